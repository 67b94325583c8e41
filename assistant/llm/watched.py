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
OFF = "llm_off"


@dataclass(frozen=True)
class WatchedLLM:
    """The model behind another door, as long as it is not switched off."""

    llm: LLM
    is_off: Callable[[], bool]
    note: Callable[[str, str, Usage], None]
    """Gets the model, `ok` or the key of an error, and what the call cost; called once for each call that was made."""
    prices: Prices = Prices()
    look_every: float = LOOK_EVERY

    @property
    def model(self) -> str:
        """The model's name."""
        return self.llm.model

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """The reply as it comes; raises LLMError `llm_off` when the model is off, or as soon as it is switched off."""
        if self.is_off():
            raise _off()
        looked = time.monotonic()
        try:
            for piece in self.llm.stream(request, seconds=seconds):
                if isinstance(piece, Reply):
                    self.note(self.model, "ok", self.prices.of(piece))
                elif time.monotonic() - looked >= self.look_every:
                    looked = time.monotonic()
                    if self.is_off():
                        raise _off()
                yield piece
        except LLMError as error:
            self.note(self.model, error.key, Usage())
            raise


def _off() -> LLMError:
    fix = "go on with the local engine; staff can switch the model on again"
    return LLMError("the language model is switched off", fix=fix, key=OFF)
