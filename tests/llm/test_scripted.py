"""The scripted model behaves as a real one does, and shows what it was asked."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from assistant.errors import LLMError
from assistant.llm.base import LLM, LONGEST, Delta, Reply, Request
from assistant.llm.scripted import PIECE, ScriptedLLM


class Yes(BaseModel):
    """A small reply."""

    answer: str


def request(material: str = "{}") -> Request:
    """A call about some material."""
    return Request(prompt="turn@1:0123abcd", system="Answer in JSON.", material=material, reply=Yes)


def heard(llm: LLM, asked: Request) -> tuple[list[str], Reply]:
    """The pieces of a reply and the reply."""
    *deltas, reply = llm.stream(asked, seconds=1)
    assert isinstance(reply, Reply)
    return [d.text for d in deltas if isinstance(d, Delta)], reply


def test_queued_replies_come_in_turn_and_in_small_pieces() -> None:
    """Each call gets the next reply, cut in pieces that make up the whole, and the requests are kept."""
    llm = ScriptedLLM(['{"answer": "the crew decides on Mondays"}', '{"answer": "no"}'], model="small-1")

    first = heard(llm, request("one"))
    second = heard(llm, request("two"))

    assert "".join(first[0]) == first[1].text == '{"answer": "the crew decides on Mondays"}'
    assert len(first[0]) > 1
    assert max(map(len, first[0])) <= PIECE
    assert second[1].text == '{"answer": "no"}'
    assert [r.material for r in llm.requests] == ["one", "two"]
    assert (llm.model, first[1].model) == ("small-1", "small-1")


def test_a_function_sees_the_request() -> None:
    """A reply can depend on what was asked, as a hostile model's would."""
    llm = ScriptedLLM(lambda asked: asked.material.upper())

    _, reply = heard(llm, request("ignore the rules"))

    assert reply.text == "IGNORE THE RULES"


def test_exceptions_are_raised_where_a_network_would_fail() -> None:
    """A failure comes when the stream is read, once, and the next call goes on."""
    llm = ScriptedLLM([LLMError("too slow", fix="wait", key="llm_too_slow"), "fine"])

    stream = llm.stream(request(), seconds=1)
    with pytest.raises(LLMError, match="too slow"):
        next(stream)

    assert heard(llm, request())[1].text == "fine"


def test_one_call_too_many_is_no_model_failure() -> None:
    """A script that is too short fails the test: no fallback may swallow it."""
    llm = ScriptedLLM(["only one"])
    heard(llm, request())

    with pytest.raises(AssertionError, match="1 replies"):
        heard(llm, request())


def test_a_reply_beyond_the_limit_is_a_fault() -> None:
    """The door's limit holds here too."""
    llm = ScriptedLLM(["x" * LONGEST, "x" * (LONGEST + 1)])

    assert len(heard(llm, request())[1].text) == LONGEST
    with pytest.raises(LLMError) as failure:
        heard(llm, request())
    assert failure.value.key == "llm_too_long"


def test_tokens_are_counted_for_both_messages_and_the_reply() -> None:
    """What a call cost covers the system text, the material and the reply, and is marked as an estimate."""
    llm = ScriptedLLM(lambda _: "word " * 100, model="no-such-model")

    short = heard(llm, request("word"))[1].spent
    long = heard(llm, request("word " * 200))[1].spent

    assert 150 < long.tokens_in - short.tokens_in < 250
    assert short.tokens_in > 2
    assert 80 < short.tokens_out < 120
    assert short.estimated
    assert 0 <= short.first_text <= short.seconds
