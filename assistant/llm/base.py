"""The door to language models: a request goes in, the text of one structured reply comes out as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pydantic import BaseModel

from assistant.domain import Frozen

LONGEST = 20_000
"""Characters of a reply; more is a fault, not an answer."""


class Request(Frozen):
    """One call: instructions and untrusted material apart, and the type that the reply must have."""

    prompt: str
    """The prompt's label: name, version and content hash, as in `turn@1:3fa9c1d2`."""
    system: str
    """Our instructions; the part that never changes comes first, so that providers can cache it."""
    material: str
    """What others wrote, as JSON inside a random fence; a message of its own."""
    reply: type[BaseModel]
    """Small and without defaults; its JSON schema goes with the call."""


class Delta(Frozen):
    """The next piece of the reply's text, which is JSON in the making."""

    text: str


class Spent(Frozen):
    """What one call cost."""

    tokens_in: int
    tokens_out: int
    seconds: float
    """From the request to the last word."""
    first_text: float
    """Seconds to the first word."""
    estimated: bool = False
    """True when the endpoint reported no tokens and they were estimated."""


class Reply(Frozen):
    """The whole reply, not parsed yet: whoever asked checks it."""

    text: str
    model: str
    """As the endpoint names it."""
    spent: Spent


class LLM(Protocol):
    """A language model; passes the contract test in tests/llm."""

    @property
    def model(self) -> str:
        """The configured model's name."""
        ...

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """The reply in pieces, then whole; raises LLMError within the given seconds when there is none.

        Closing the iterator abandons the call at once.
        """
        ...
