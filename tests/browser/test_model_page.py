"""The page while a language model writes: what comes is shown as it comes, and whoever will not wait stops it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.words import load_words
from tests.browser.conftest import Server, Sit, running
from tests.faults.server import FaultServer
from tests.llm.stubs import DECISION, PROBLEM, reply

WORDS = load_words(Path(__file__).parents[2] / "corpus" / "locale")
FIRST = "Thank you for telling me about the flats."
SAID = f"{FIRST} What the supervisor picks on Mondays is exactly the kind of choice that can be tested."


SILENCE = "Take your time."
"""What makes the model think for longer than anybody waits."""


@pytest.fixture(scope="module")
def server(data_dir: Path) -> Iterator[Server]:
    """The product with a model that writes slowly enough to be watched, or not at all when it is told so."""
    text = reply(
        SAID,
        elements=[
            ("resident_problem", "stated", PROBLEM["en"]),
            ("decision", "stated", DECISION["en"]),
        ],
    )
    over = threading.Event()

    def answer(body: dict[str, Any]) -> str:
        if SILENCE in str(body["messages"]):
            over.wait(60)
        return text

    with FaultServer(answer, chunk_delay=0.12) as model:
        settings = {"ENGINE": "llm", "LLM_BASE_URL": model.url(), "LLM_MODEL": "test-model"}
        with running(data_dir, **{f"ASSISTANT_{name}": value for name, value in settings.items()}) as started:
            yield started
        over.set()


def test_the_reply_appears_while_it_is_written(sit: Sit) -> None:
    """A stage is named before the first word, then the beginning of the reply stands there without its end."""
    seat = sit()
    seat.open()
    seat.box.fill(f"{PROBLEM['en']} {DECISION['en']}")

    seat.box.press("Enter")
    seat.page.locator("#status .working").wait_for()
    begun = seat.page.locator("#chat .reply", has_text=FIRST[:24])
    begun.wait_for()
    early = begun.inner_text()
    seat.page.locator("#status .told").wait_for()

    assert SAID not in early
    assert SAID in " ".join(seat.replies[-1].split())
    assert seat.stated >= 2
    assert not seat.page.locator("#stop").is_visible()


@pytest.mark.parametrize("key", ["click", "keyboard"])
def test_stopping_the_model_ends_the_wait(sit: Sit, key: str) -> None:
    """The button stands there while the model is silent; the answer then comes from the local engine."""
    seat = sit()
    seat.open()
    seat.box.fill(f"{PROBLEM['en']} {SILENCE}")
    seat.box.press("Enter")
    button = seat.page.locator("#stop")
    button.wait_for()

    if key == "click":
        button.click()
    else:
        button.focus()
        seat.page.keyboard.press("Enter")
    seat.page.locator("#status .told").wait_for(timeout=12_000)

    assert WORDS.say("en", "error.llm_stopped.message") in seat.replies[-1]
    assert seat.said[-1].startswith(PROBLEM["en"])
    assert not button.is_visible()
