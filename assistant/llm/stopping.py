"""Lets somebody end a model call that another thread is waiting for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from assistant.errors import LLMError

T = TypeVar("T")
_wish: ContextVar[Stop | None] = ContextVar("stop", default=None)


class Stop:
    """A wish to go on without the model; any thread may express it, before or during a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._close: Callable[[], None] | None = None
        self.asked = False

    def ask(self) -> None:
        """End the call that is under way, and begin no other."""
        with self._lock:
            self.asked, close = True, self._close
        if close:
            with suppress(ValueError):  # a plain generator that is running cannot be closed from here
                close()

    def attach(self, close: Callable[[], None] | None) -> None:
        """What ends the call that begins now, or None when it has ended."""
        with self._lock:
            self._close = close


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Every model call of this thread in the block ends when `stop` is asked."""
    token = _wish.set(stop)
    try:
        yield
    finally:
        _wish.reset(token)


def heeding(stream: Iterable[T]) -> Iterator[T]:
    """The pieces of a call, as long as nobody wants it stopped; raises LLMError when somebody does."""
    stop = _wish.get()
    if stop is None:
        yield from stream
        return
    made: Any = stream
    stop.attach(getattr(made, "close", None))
    try:
        if not stop.asked:
            for piece in stream:
                if stop.asked:
                    break
                yield piece
    finally:
        stop.attach(None)
    if stop.asked:
        fix = "send it again to have the model read it"
        raise LLMError("the language model was stopped", fix=fix, key="llm_stopped")
