"""A model's text as data: found, checked, never trusted."""

from __future__ import annotations

import json
import secrets
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from assistant.safety import clean_text

T = TypeVar("T", bound=BaseModel)
MOST_PROBLEMS = 3
MOST_STARTS = 1_000
"""Braces that begin no object before the search is given up."""


class InvalidReplyError(ValueError):
    """The text is not the reply that was asked for; says what is wrong in words that a model can act on."""


def parse(text: str, kind: type[T]) -> T:
    """The reply inside a text, which may be fenced or stand between prose; raises InvalidReplyError."""
    data = _object(text)
    if data is None:
        raise InvalidReplyError("there is no JSON object in it")
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        ours = _names(kind.model_json_schema())
        found = [f"{_place(e['loc'], ours)}: {e['msg'][:120]}" for e in error.errors()[:MOST_PROBLEMS]]
        raise InvalidReplyError(clean_text("; ".join(found))) from None


def _place(path: tuple[int | str, ...], ours: set[str]) -> str:
    """Where in a reply; a key of the model's own is not repeated, for what is wrong goes back with our words."""
    return ".".join(str(part) if isinstance(part, int) or part in ours else "another key" for part in path)


def _names(schema: object) -> set[str]:
    """The fields of a type and of those inside it."""
    if isinstance(schema, list):
        return {name for part in schema for name in _names(part)}
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own | {name for part in schema.values() for name in _names(part)}


def partial(text: str) -> dict[str, Any]:
    """What can be read so far of a reply that is still being written; empty when nothing can."""
    start = text.find("{")
    if start < 0:
        return {}
    try:
        data = from_json(text[start:], allow_partial="trailing-strings")
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def _object(text: str) -> dict[str, Any] | None:
    """The last whole JSON object of the text that no other object holds."""
    decoder, at, last, failed = json.JSONDecoder(), text.find("{"), None, 0
    while at >= 0 and failed < MOST_STARTS:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end, failed = at + 1, failed + 1
        else:
            last = found
        at = text.find("{", end)
    return last


def fenced(material: dict[str, Any]) -> str:
    """Material that others wrote, as JSON between two lines with a random marker that does not occur in it."""
    body = json.dumps(material, ensure_ascii=False)
    marker = secrets.token_hex(8)
    while marker in body:
        marker = secrets.token_hex(8)
    return f"<material {marker}>\n{body}\n</material {marker}>"
