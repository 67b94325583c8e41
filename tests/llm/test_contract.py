"""What every language model keeps to, whichever implementation stands behind the door."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import BaseModel

from assistant.errors import LLMError
from assistant.llm.base import LLM, LONGEST, Delta, Reply, Request
from assistant.llm.openai import MODES, OpenAIModel, StructuredOutput
from assistant.llm.replay import RecordingLLM, ReplayLLM
from assistant.llm.scripted import ScriptedLLM
from tests.faults.server import FaultServer


class Note(BaseModel):
    """A small reply."""

    problem: str


REQUEST = Request(prompt="turn@1:0", system="Reply as JSON.", material='{"text": "agua"}', reply=Note)
TEXT = json.dumps({"problem": "Las calles del barrio se inundan cada vez que llueve"}, ensure_ascii=False)
SECONDS = 10.0

Maker = Callable[[str | None], AbstractContextManager[LLM]]
"""Opens a model that answers REQUEST once or twice with the text; with None, one that has no answer."""


def openai(mode: StructuredOutput) -> Maker:
    """The adapter in one of its modes, against a server on this machine."""

    @contextmanager
    def made(text: str | None) -> Iterator[LLM]:
        with FaultServer(lambda body: text or "") as server:
            url = server.url("ok" if text is not None else "unknown_model")
            yield OpenAIModel(url, "test-model", estimate=len, structured_output=mode)

    return made


def scripted(text: str | None) -> AbstractContextManager[LLM]:
    """The model that says what it is told to."""
    return nullcontext(ScriptedLLM(lambda _: NO_ANSWER if text is None else text))


@contextmanager
def recording(text: str | None) -> Iterator[LLM]:
    """A model whose replies are kept."""
    with TemporaryDirectory() as folder, scripted(text) as inner:
        yield RecordingLLM(inner, Path(folder) / "calls.jsonl")


@contextmanager
def replayed(text: str | None) -> Iterator[LLM]:
    """The model of a recording, which does not hold a request that had no answer."""
    with TemporaryDirectory() as folder, scripted(text) as inner:
        path = Path(folder) / "calls.jsonl"
        with suppress(LLMError):
            list(RecordingLLM(inner, path).stream(REQUEST, seconds=SECONDS))
        yield ReplayLLM(path, model=inner.model)


NO_ANSWER = LLMError("there is no answer", fix="ask again", key="llm_empty")
MAKERS: dict[str, Maker] = {
    **{f"openai-{mode}": openai(mode) for mode in MODES},
    "scripted": scripted,
    "recording": recording,
    "replay": replayed,
}
"""Every implementation answers to this test: a new one adds its maker here."""


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> Maker:
    """One implementation after the other."""
    return MAKERS[request.param]


def test_pieces_come_first_and_the_reply_last(maker: Maker) -> None:
    """There is at least one piece, one reply at the end, and the pieces are its text."""
    with maker(TEXT) as llm:
        *pieces, last = llm.stream(REQUEST, seconds=SECONDS)

    assert pieces
    assert all(isinstance(piece, Delta) for piece in pieces)
    assert isinstance(last, Reply)
    assert "".join(piece.text for piece in pieces if isinstance(piece, Delta)) == last.text == TEXT


def test_a_reply_says_who_made_it_and_what_it_cost(maker: Maker) -> None:
    """The model has a name, tokens are counted and the first word does not come after the last."""
    with maker(TEXT) as llm:
        *_, last = llm.stream(REQUEST, seconds=SECONDS)

    assert llm.model
    assert isinstance(last, Reply)
    assert last.model
    assert last.spent.tokens_in > 0
    assert last.spent.tokens_out > 0
    assert 0 <= last.spent.first_text <= last.spent.seconds < SECONDS


def test_the_same_model_answers_again(maker: Maker) -> None:
    """One call leaves nothing behind that disturbs the next."""
    with maker(TEXT) as llm:
        replies = [list(llm.stream(REQUEST, seconds=SECONDS))[-1] for _ in range(2)]

    assert all(isinstance(reply, Reply) and reply.text == TEXT for reply in replies)


def test_no_answer_is_an_error_with_a_remedy(maker: Maker) -> None:
    """Without an answer there is an LLMError in time, with its key and remedy, and no reply."""
    got: list[Delta | Reply] = []
    start = time.monotonic()
    with maker(None) as llm, pytest.raises(LLMError) as caught:
        got.extend(llm.stream(REQUEST, seconds=SECONDS))

    assert time.monotonic() - start < SECONDS
    assert caught.value.key.startswith("llm_")
    assert caught.value.fix
    assert not any(isinstance(item, Reply) for item in got)


def test_a_reply_beyond_the_limit_is_an_error(maker: Maker) -> None:
    """More than LONGEST characters are a fault, however well they are formed; so no recording has them."""
    with maker(json.dumps({"problem": "x" * LONGEST})) as llm, pytest.raises(LLMError) as caught:
        list(llm.stream(REQUEST, seconds=SECONDS))

    assert caught.value.key in ("llm_too_long", "llm_not_recorded")


@pytest.mark.parametrize("taken", [0, 1])
def test_a_stream_can_be_closed_at_any_time(maker: Maker, taken: int) -> None:
    """Closing is quick, before the first piece or after it, ends the stream and may be repeated."""
    with maker(TEXT) as llm:
        stream = llm.stream(REQUEST, seconds=SECONDS)
        for _ in range(taken):
            next(stream)
        start = time.monotonic()

        stream.close()  # type: ignore[attr-defined]  # the door promises it in words
        stream.close()  # type: ignore[attr-defined]

        assert time.monotonic() - start < 1.0
        assert list(stream) == []
