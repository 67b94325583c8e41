"""A draft that somebody uploads: its text, or what to do so that it can be read."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any, Literal

from assistant.domain import Frozen
from assistant.errors import DocumentError
from assistant.extraction.child import ChildError, Effort, extract
from assistant.extraction.package import OLD_OFFICE
from assistant.safety import DOCUMENT_LIMIT, clean_text, decode, looks_binary, repair

KINDS = (".txt", ".md", ".docx", ".pdf")


class Limits(Frozen):
    """What reading one file may take."""

    file_mb: int = 5
    characters: int = DOCUMENT_LIMIT
    cpu_seconds: int = 10
    wall_seconds: float = 12
    memory_mb: int = 700


LIMITS = Limits()


class Notice(Frozen):
    """Something about a file that its owner should know."""

    key: Literal["hidden_text"]
    count: int

    def __str__(self) -> str:
        return f"{self.count} characters that no reader of the file can see were left out"


class Document(Frozen):
    """A file's text, as it is judged and shown."""

    name: str
    text: str
    pages: int | None = None
    """None for kinds of files without fixed pages."""
    notices: tuple[Notice, ...] = ()


# For each key of a DocumentError: what is wrong, and what to do.
_ERRORS = {
    "empty": ("{name} contains no text", "choose a file with the proposal in it"),
    "too_big": ("{name} is larger than {limit_mb} MB", "take out the pictures, or send the text alone"),
    "too_long": ("{name} is longer than {limit}", "send the part that describes the problem and the idea"),
    "binary": ("{name} is not a text file", "save it as .docx, .pdf, .txt or .md"),
    "encrypted": ("{name} is protected by a password", "save a copy without the password"),
    "encrypted_pdf": ("{name} is protected by a password", "save a copy without the password"),
    "empty_pdf": (
        "{name} has no text that a reader sees, only pictures",
        "send the text, or a file made from it",
    ),
    "broken_docx": (
        "{name} cannot be opened as a Word file",
        "open it in a word processor and save it as .docx again",
    ),
    "unsupported_type": ("files of the type “{type}” cannot be read", "save it as .docx, .pdf, .txt or .md"),
    "unreadable": ("{name} cannot be read: {reason}", "save it again, or paste its text"),
}


def read_document(path: Path, *, name: str | None = None, limits: Limits = LIMITS) -> Document:
    """The text of a .txt, .md, .docx or .pdf file, called `name` by its owner. Raises DocumentError."""
    name = _plain_name(name or path.name)
    kind = Path(name).suffix.lower()
    if kind not in KINDS:
        raise _error("unsupported_type", name, type=kind or name)
    data = _content(path, name, limits)
    if kind in (".txt", ".md"):
        if looks_binary(data):
            raise _error("binary", name)
        return _document(name, decode(data), None, 0, limits)
    _check_magic(kind, name, data)
    reply = _extracted(kind, name, data, limits)
    return _document(name, repair(reply["text"]), reply["pages"], reply["hidden"], limits)


def _plain_name(name: str) -> str:
    return clean_text(re.split(r"[/\\]", name)[-1]).replace("\n", " ")[-120:]


def _content(path: Path, name: str, limits: Limits) -> bytes:
    most = limits.file_mb * 2**20
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise _error("unreadable", name, reason=error.strerror or "it cannot be opened") from None
    if len(data) > most:
        raise _error("too_big", name, limit_mb=limits.file_mb)
    if not data.strip():
        raise _error("empty", name)
    return data


def _document(name: str, text: str, pages: int | None, hidden: int, limits: Limits) -> Document:
    text = clean_text(text)
    if not text:
        raise _error("empty", name)
    if len(text) > limits.characters:
        raise _error("too_long", name, limit=f"{limits.characters:,} characters", count=len(text))
    notices = (Notice(key="hidden_text", count=hidden),) if hidden else ()
    return Document(name=name, text=text, pages=pages, notices=notices)


def _check_magic(kind: str, name: str, data: bytes) -> None:
    if kind == ".pdf" and b"%PDF" not in data[:1024]:
        raise _error("unreadable", name, reason="it is not a PDF")
    if kind == ".docx" and not data.startswith((b"PK", OLD_OFFICE)):
        raise _error("broken_docx", name)


def _extracted(kind: str, name: str, data: bytes, limits: Limits) -> dict[str, Any]:
    effort = Effort(limits.cpu_seconds, limits.wall_seconds, limits.memory_mb)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        try:
            reply = extract(kind, file, effort)
        except ChildError as error:
            raise _error("unreadable", name, reason=str(error)) from None
    if "refused" in reply:
        details = {"reason": "it is damaged", **reply["details"]}
        raise _error(reply["refused"], name, **details)
    return reply


def _error(key: str, name: str, **details: object) -> DocumentError:
    message, fix = _ERRORS[key]
    return DocumentError(message.format(name=name, **details), fix=fix, key=key, name=name, **details)
