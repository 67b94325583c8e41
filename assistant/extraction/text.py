"""Plain text, in whatever encoding an office saved it."""

from __future__ import annotations

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.safety import clean_text, decode_raw, looks_binary

LINES = 40
"""Lines after which a part ends at the next empty line, so that a place in a long text can be found again."""


def read_text(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The text with its lines."""
    if looks_binary(data):
        raise RefusalError("binary")
    raw = decode_raw(data)
    if not clean_text(raw):
        raise RefusalError("empty_file")
    return Extract(text=raw, pages=None, hidden=0, parts=tuple(_parts(raw)))


def _parts(text: str) -> list[Part]:
    parts: list[Part] = []
    held: list[str] = []
    start = 1
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        held.append(line)
        if (not line.strip() and len(held) >= LINES) or number == len(lines):
            parts.append(Part("lines", "\n".join(held), first=start, last=number))
            held, start = [], number + 1
    return parts
