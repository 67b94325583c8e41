"""A model behind an address of this machine, one request to it, and how a call of it ends."""

from __future__ import annotations

import json
import threading
import time
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr

from assistant.errors import LLMError
from assistant.llm.base import Delta, Reply, Request
from assistant.llm.openai import OpenAIModel, StructuredOutput

KEY = "sk-canary-key-0451"
CANARY = "canary-material-0451"
TEXT = json.dumps({"problem": "Inundación en la calle 8 ☔😀", "parts": [{"kind": "a", "note": None}]})
SECONDS = 2.0


class Part(BaseModel):
    """Something inside the reply."""

    kind: Literal["a", "b"]
    note: str | None


class Note(BaseModel):
    """A reply with everything that a reply type uses."""

    problem: str = Field(description="What residents go through.")
    parts: list[Part]


REQUEST = Request(prompt="test@1", system="Reply as JSON.", material=f'{{"text": "{CANARY}"}}', reply=Note)


def readers(within: float = 0.0) -> list[threading.Thread]:
    """The reading threads that are still there after so many seconds, or none as soon as there is none."""
    until = time.monotonic() + within
    while True:
        alive = [thread for thread in threading.enumerate() if thread.name == "llm-call"]
        if not alive or time.monotonic() >= until:
            return alive
        time.sleep(0.01)


def model_at(url: str, mode: StructuredOutput = "json_schema", **options: Any) -> OpenAIModel:
    """A model behind the address, with a key."""
    return OpenAIModel(
        url,
        "test-model",
        estimate=len,
        structured_output=mode,
        **{"api_key": SecretStr(KEY), **options},
    )


def outcome(model: OpenAIModel, seconds: float = SECONDS) -> Reply | LLMError:
    """How one call ends; a reply's text is the sum of its pieces, and the time is kept."""
    start = time.monotonic()
    try:
        *pieces, last = model.stream(REQUEST, seconds=seconds)
    except LLMError as error:
        assert time.monotonic() - start < seconds + 0.5
        return error
    assert isinstance(last, Reply)
    assert last.text == "".join(piece.text for piece in pieces if isinstance(piece, Delta))
    return last


def name_of(result: Reply | LLMError) -> str:
    """`reply`, or the error's key."""
    return "reply" if isinstance(result, Reply) else result.key
