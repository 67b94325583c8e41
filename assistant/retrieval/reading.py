"""A source file read into passages: in a child process within limits, cleaned, repaired and cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.domain import Frozen
from assistant.errors import DocumentError
from assistant.extraction.base import Bounds
from assistant.extraction.child import ChildError, Effort, extract
from assistant.retrieval.added import AddedPassage
from assistant.retrieval.splitting import split
from assistant.safety import clean_text, count_hidden, fold, repair

KINDS = (".pdf", ".docx", ".pptx", ".xlsx", ".html", ".htm", ".md", ".txt")
VERSION = 1
"""Goes up whenever a file would be read or cut differently."""


class Limits(Frozen):
    """What reading one source may take; larger than for an upload, as staff chose the file."""

    file_mb: int = 50
    effort: Effort = Effort(cpu_seconds=60, wall_seconds=120, memory_mb=1_500, output_mb=64)
    bounds: Bounds = Bounds(pages=2_000, entries=5_000, unpacked_mb=300, characters=10_000_000)


LIMITS = Limits()


class Read(Frozen):
    """What was read of a file."""

    passages: tuple[AddedPassage, ...]
    pages: int | None
    hidden: int
    """Characters that no reader of the file sees, which were left out."""

    @property
    def repaired(self) -> int:
        """Passages in which broken accents were put right."""
        return sum(p.original is not None for p in self.passages)


# For each key of a DocumentError: what is wrong, and what to do.
_ERRORS = {
    "empty_file": ("{name} contains no text that a reader sees", "choose a file with text in it"),
    "too_big": ("{name} is larger than {limit_mb} MB", "take out the pictures, or add it in parts"),
    "too_long": ("{name} is longer than {limit}", "add it in parts"),
    "binary": ("{name} is not a text file", "save it as one of: {kinds}"),
    "encrypted_pdf": (
        "{name} is protected by a password",
        "save a copy without the password and add that one",
    ),
    "encrypted": ("{name} is protected by a password", "save a copy without the password and add that one"),
    "empty_pdf": (
        "{name} has no text that a reader sees, only pictures",
        "have its text recognised (OCR) and add the file that this makes",
    ),
    "broken_docx": (
        "{name} cannot be opened as a Word file",
        "open it in a word processor and save it again",
    ),
    "broken_file": (
        "{name} is damaged and cannot be opened",
        "open it in the program it comes from and save it again",
    ),
    "unsupported_type": ("files of the type “{type}” cannot be read", "save it as one of: {kinds}"),
    "unreadable": ("{name} cannot be read: {reason}", "save it again, or in another format"),
}


def refused(key: str, name: str, **details: object) -> DocumentError:
    """The error of a file that is not taken."""
    message, fix = _ERRORS[key]
    told = {"kinds": " ".join(KINDS), "reason": "it is damaged", "name": name, **details}
    return DocumentError(message.format(**told), fix=fix.format(**told), key=key, **told)


def check_file(path: Path, limits: Limits = LIMITS) -> None:
    """Refuses, before a byte of it is read, what is no file, is of another kind, or is too large."""
    name, kind = path.name, path.suffix.lower()
    if kind not in KINDS:
        raise refused("unsupported_type", name, type=kind or name)
    try:
        about = path.stat()
    except OSError as error:
        raise refused("unreadable", name, reason=error.strerror or "it cannot be opened") from None
    if not path.is_file():
        raise refused("unreadable", name, reason="it is not a file")
    if about.st_size > limits.file_mb * 2**20:
        raise refused("too_big", name, limit_mb=limits.file_mb)
    if about.st_size == 0:
        raise refused("empty_file", name)


def read_source(path: Path, name: str, limits: Limits = LIMITS) -> Read:
    """The passages of a file that is called `name`; raises DocumentError when it cannot be read."""
    try:
        with path.open("rb") as file:
            reply = extract(Path(name).suffix.lower(), file, limits.effort, limits.bounds, parts=True)
    except ChildError as error:
        raise refused("unreadable", name, reason=str(error)) from None
    if "refused" in reply:
        raise refused(reply["refused"], name, **reply["details"])
    parts = reply["parts"]
    passages = tuple(_once(passage for part in parts for passage in _passages(part)))
    if not passages:
        raise refused("empty_file", name)
    hidden = reply["hidden"] + sum(count_hidden(part["text"]) for part in parts)
    return Read(passages=passages, pages=reply["pages"], hidden=hidden)


def _passages(part: Mapping[str, Any]) -> Iterator[AddedPassage]:
    for piece in split(part["text"]):
        # The accents first: half of a broken one may be a character that cleaning takes away.
        whole = repair(piece.text)
        text = clean_text(whole)
        if not any(c.isalnum() for c in text):
            continue
        lines = part["place"] == "lines"
        yield AddedPassage(
            place=part["place"],
            name=clean_text(repair(part["name"])).replace("\n", " ")[:200],
            first=part["first"] + piece.line if lines else part["first"],
            last=part["first"] + piece.line + piece.text.count("\n") if lines else part["last"],
            text=text,
            original=piece.text if whole != piece.text else None,
        )


def _once(passages: Iterator[AddedPassage]) -> Iterator[AddedPassage]:
    """The passages without those that say again, word for word, what one before them said."""
    seen: set[str] = set()
    for passage in passages:
        told = fold(passage.text)
        if told not in seen:
            seen.add(told)
            yield passage
