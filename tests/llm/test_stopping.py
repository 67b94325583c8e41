"""A person stops the model: the call ends at once, the local engine finishes the turn, and nothing said is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from assistant.domain import LANGS, Conversation, Lang, Turn
from assistant.llm.openai import OpenAIModel
from assistant.llm.scripted import ScriptedLLM
from assistant.llm.stopping import Stop, stoppable
from tests.faults.server import FaultServer
from tests.llm.stubs import PROBLEM, assistant_with, judge_with, product, reply


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """A model that never gets to its end."""
    with FaultServer(lambda body: reply(), slow=30.0, drip=0.05) as running:
        yield running


@pytest.mark.parametrize(
    ("fault", "lang"),
    [("hang", "en"), ("drip", "es"), ("keepalive", "pt")],
    ids=["hang", "drip", "keepalive"],
)
def test_stopping_ends_the_call_and_not_the_turn(server: FaultServer, fault: str, lang: Lang) -> None:
    """However the model keeps one waiting, the turn goes on with the local reading and says why."""
    server.forget()
    talk = assistant_with(judge_with(OpenAIModel(server.url(fault), "test-model", estimate=len)))
    stop, turns = Stop(), []

    def answer() -> None:
        with stoppable(stop):
            turns.append(talk.respond(Conversation(lang=lang), PROBLEM[lang]))

    thread = threading.Thread(target=answer)
    thread.start()
    while not server.hits(fault):
        time.sleep(0.01)
    asked = time.monotonic()
    stop.ask()
    thread.join(timeout=20)

    (turn,) = turns
    assert isinstance(turn, Turn)
    assert time.monotonic() - asked < 10  # the model would have had 45 seconds
    assert turn.judgement.engine.name == "local"
    assert any(product().words.say(lang, "error.llm_stopped.message") in n for n in turn.notices)
    assert turn.conversation.text == PROBLEM[lang]


@pytest.mark.parametrize("lang", LANGS)
def test_once_stopped_no_other_call_begins(lang: Lang) -> None:
    """The wish holds for the whole turn: neither a repair nor the brief asks the model again."""
    llm = ScriptedLLM([])
    stop = Stop()
    stop.ask()

    with stoppable(stop):
        turn = assistant_with(judge_with(llm)).respond(Conversation(lang=lang), PROBLEM[lang])

    assert llm.requests == []
    assert turn.judgement.engine.name == "local"


def test_a_wish_ends_with_its_turn() -> None:
    """The next turn asks the model as ever."""
    llm = ScriptedLLM([reply()])
    stop = Stop()
    with stoppable(stop):
        pass
    stop.ask()

    turn = assistant_with(judge_with(llm)).respond(Conversation(lang="en"), PROBLEM["en"])

    assert turn.judgement.engine.name == "llm"
