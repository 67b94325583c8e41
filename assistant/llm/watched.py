"""A model's door that staff can shut at any moment, and that counts what passes through it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.domain import Usage
from assistant.errors import LLMError
from assistant.llm.base import LLM, Delta, Reply, Request
from assistant.llm.budget import Prices

LOOK_EVERY = 0.5
"""Seconds between two looks at the switch while a reply is being written."""


class Pieces:
    """The pieces of a reply; any thread may close it, also while another waits for the next piece."""

    def __init__(self, pieces: Iterator[Delta | Reply], close: Callable[[], None]) -> None:
        self._pieces = pieces
        self.close = close
        """Abandons the call."""

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> Delta | Reply:
        return next(self._pieces)


@dataclass(frozen=True)
class WatchedLLM:
    """The model behind another door, as long as it is not switched off."""

    llm: LLM
    shut: Callable[[], str]
    """The key of the error that says why no call may be made now; empty when it may."""
    note: Callable[[str, str, Usage], None]
    """Gets the model, `ok` or the key of an error, and what the call cost; called once for each call that was made."""
    prices: Prices
    look_every: float = LOOK_EVERY

    @property
    def model(self) -> str:
        """The model's name."""
        return self.llm.model

    def stream(self, request: Request, *, seconds: float) -> Pieces:
        """The reply as it comes; raises LLMError when the door is shut, or as soon as it is shut on the way."""
        inner = self.llm.stream(request, seconds=seconds)
        close = getattr(inner, "close", lambda: None)
        return Pieces(self._watched(inner, close), close)

    def _watched(self, inner: Iterator[Delta | Reply], close: Callable[[], None]) -> Iterator[Delta | Reply]:
        if why := self.shut():
            raise _off(why)
        looked = time.monotonic()
        try:
            for piece in inner:
                if isinstance(piece, Reply):
                    self.note(self.model, "ok", self.prices.of(piece))
                elif time.monotonic() - looked >= self.look_every:
                    looked = time.monotonic()
                    if why := self.shut():
                        raise _off(why)
                yield piece
        except LLMError as error:
            self.note(self.model, error.key, Usage())
            raise
        finally:
            close()


def _off(key: str) -> LLMError:
    fix = "go on with the local engine; staff can switch the model on again"
    return LLMError("the language model is switched off", fix=fix, key=key)
