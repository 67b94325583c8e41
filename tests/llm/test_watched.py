"""The switch of the language model: off at once, for every process, and every call counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.domain import Conversation, Usage
from assistant.errors import LLMError
from assistant.llm.base import Delta, Reply, Request, Spent
from assistant.llm.budget import Prices
from assistant.llm.scripted import ScriptedLLM
from assistant.llm.watched import WatchedLLM
from assistant.settings import Settings
from assistant.store.accounts import Account
from assistant.wiring import MODEL_SWITCH, Product, build
from tests.llm.test_contract import REQUEST

TEXT = "Families wait months for a repair. Each Monday the supervisor picks which twenty flats come first."


class EndlessLLM:
    """A model that goes on writing for as long as it is listened to."""

    model = "endless"

    def __init__(self) -> None:
        self.closed = False

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """Word after word, for ten seconds at most."""
        try:
            for _ in range(500):
                time.sleep(0.02)
                yield Delta(text="word ")
        finally:
            self.closed = True
        yield Reply(
            text="words", model="endless", spent=Spent(tokens_in=1, tokens_out=1, seconds=1, first_text=0)
        )


def process(folder: Path) -> Product:
    """One process of a city that uses a language model, on the folder that all share."""
    settings = Settings(data_dir=folder, engine="llm", llm_model="m-1", _env_file=None)  # type: ignore[call-arg]
    made = build(settings, light=True)
    made.__dict__["llm"] = ScriptedLLM(lambda request: "{}", model="m-1")
    return made


@pytest.fixture
def two(settings: Settings, tmp_path: Path) -> tuple[Product, Product]:
    """Two processes that share a database and an index."""
    (tmp_path / "index").symlink_to(settings.index_dir)
    return process(tmp_path), process(tmp_path)


def staff(product: Product) -> Account:
    """A member of staff."""
    return product.store.accounts.add("cleo@city.example", ["staff"], password=None)


def test_a_switch_in_one_process_holds_in_the_next_turn_of_another(two: tuple[Product, Product]) -> None:
    """Off: no call is made, the local engine reads and the turn says so. On again: the model is asked."""
    here, there = two
    cleo = staff(here)
    model: ScriptedLLM = there.llm  # type: ignore[assignment]

    here.store.switches.set(MODEL_SWITCH, "off", cleo, "odd answers")
    off = there.assistant.respond(Conversation(lang="en"), TEXT)
    calls_off = len(model.requests)
    here.store.switches.set(MODEL_SWITCH, "on", cleo, "mended")
    there.assistant.respond(Conversation(lang="en"), TEXT)

    assert calls_off == 0
    assert off.judgement.engine.name == "local"
    assert "staff have turned the language model off" in " ".join(off.notices)
    assert "The local engine read this message instead." in off.reply
    assert len(model.requests) > 0


def test_a_reply_in_the_making_is_abandoned_within_a_second() -> None:
    """Shutting the door stops a call that goes on, and counts it under why it ended."""
    model, counted = EndlessLLM(), []
    shut_at = time.monotonic() + 0.3
    door = WatchedLLM(
        model,
        lambda: "llm_off" if time.monotonic() > shut_at else "",
        lambda *told: counted.append(told),
        Prices(),
    )

    with pytest.raises(LLMError) as stopped:
        list(door.stream(REQUEST, seconds=30))

    assert time.monotonic() - shut_at < 1.0
    assert stopped.value.key == "llm_off"
    assert model.closed
    assert counted == [("endless", "llm_off", Usage())]


def test_calls_and_failures_are_counted_with_what_they_cost(two: tuple[Product, Product]) -> None:
    """A whole reply counts as ok with its tokens and money; an error counts under its key."""
    product, _ = two
    slow = LLMError("too slow", fix="wait", key="llm_too_slow")
    script = ScriptedLLM(["some words", slow], model="m-1")
    door = WatchedLLM(script, product.model_is_shut, product._count_call, Prices(1_000_000.0, 0.0))

    *_, reply = door.stream(REQUEST, seconds=5)
    with pytest.raises(LLMError):
        list(door.stream(REQUEST, seconds=5))

    assert isinstance(reply, Reply)
    rows = {r.outcome: r for r in product.store.usage.days(1)}
    assert set(rows) == {"ok", "llm_too_slow"}
    assert (rows["ok"].calls, rows["ok"].tokens_in, rows["ok"].model) == (1, reply.spent.tokens_in, "m-1")
    assert rows["ok"].cost_usd == pytest.approx(reply.spent.tokens_in)
    assert (rows["llm_too_slow"].calls, rows["llm_too_slow"].tokens_in) == (1, 0)


def test_a_switch_that_cannot_be_read_leaves_the_model_off(tmp_path: Path) -> None:
    """With a database that nobody can open, no call goes out; the turn is read by the local engine and says why."""
    (tmp_path / "drafts.sqlite").write_bytes(b"no database" * 100)
    product = process(tmp_path)

    assert product.model_is_shut() == "llm_unchecked"
    product._count_call("m-1", "ok", Usage())  # what cannot be counted stops nobody
