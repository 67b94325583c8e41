"""What passes between the process that asks for a file's text and the one that reads the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Bounds:
    """What a file may contain; the defaults are those of an applicant's upload."""

    pages: int = 60
    """Pages, slides or sheets."""
    entries: int = 200
    """Files in a package."""
    unpacked_mb: int = 30
    characters: int = 2_000_000
    """Of text handed over; what the text is used for may allow less."""


UPLOAD = Bounds()


@dataclass(frozen=True)
class Part:
    """A stretch of a file that a reader can find again."""

    place: Literal["page", "slide", "rows", "heading", "lines"]
    text: str
    name: str = ""
    """The heading or sheet it stands under."""
    first: int = 0
    """The page, the slide, or the first row or line; 0 when only the heading tells."""
    last: int = 0


@dataclass(frozen=True)
class Extract:
    """The text that a reader of the file sees."""

    text: str
    pages: int | None
    """None for files whose pages exist only once they are laid out."""
    hidden: int
    """How many characters were left out because no reader sees them."""
    parts: tuple[Part, ...] = ()
    """The same text with its places."""


class RefusalError(Exception):
    """The file is not read; `key` and `details` are those of the DocumentError to raise."""

    def __init__(self, key: str, **details: object) -> None:
        super().__init__(key)
        self.key = key
        self.details = details
