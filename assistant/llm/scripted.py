"""A model that says what it is told to: for tests, demonstrations and a model that means harm."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from assistant.errors import LLMError
from assistant.llm.base import LONGEST, Delta, Reply, Request, Spent
from assistant.tokens import count

PIECE = 24
"""Characters of a piece: a few words, as endpoints send them."""
Scripted = str | Exception


class ScriptedLLM:
    """Gives queued replies in turn, or those of a function; an exception among them is raised. Keeps the requests."""

    def __init__(
        self, replies: Iterable[Scripted] | Callable[[Request], Scripted], *, model: str = "scripted"
    ) -> None:
        self._reply = replies if callable(replies) else _queue(replies)
        self._model = model
        self.requests: list[Request] = []
        """Every request, in the order of the calls."""

    @property
    def model(self) -> str:
        """The name it goes by."""
        return self._model

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """The scripted reply in small pieces, then whole."""
        began = time.perf_counter()
        self.requests.append(request)
        reply = self._reply(request)
        if isinstance(reply, Exception):
            raise reply
        if len(reply) > LONGEST:
            fix = "shorten the scripted reply"
            raise LLMError("the language model's reply was far too long", fix=fix, key="llm_too_long")
        first = time.perf_counter() - began
        yield from pieces(reply)
        took = time.perf_counter() - began
        yield Reply(text=reply, model=self._model, spent=self._spent(request, reply, first, took))

    def _spent(self, request: Request, reply: str, first: float, took: float) -> Spent:
        asked = [count(text, self._model) for text in (request.system, request.material)]
        given = count(reply, self._model)
        return Spent(
            tokens_in=sum(c.tokens for c in asked),
            tokens_out=given.tokens,
            seconds=took,
            first_text=first,
            estimated=given.estimated,
        )


def pieces(text: str) -> Iterator[Delta]:
    """A text cut as an endpoint would send it."""
    for start in range(0, len(text), PIECE):
        yield Delta(text=text[start : start + PIECE])


def _queue(replies: Iterable[Scripted]) -> Callable[[Request], Scripted]:
    """The replies in turn; one call too many is a mistake of the script and no failure of a model."""
    queue = list(replies)
    left = iter(queue)

    def following(request: Request) -> Scripted:
        for reply in left:
            return reply
        raise AssertionError(f"the script has {len(queue)} replies and {request.prompt} asks for one more")

    return following
