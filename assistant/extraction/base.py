"""What passes between the process that asks for a file's text and the one that reads the file."""

from __future__ import annotations

from dataclasses import dataclass

PAGES = 60
ENTRIES = 200
UNPACKED_MB = 30


@dataclass(frozen=True)
class Extract:
    """The text that a reader of the file sees."""

    text: str
    pages: int | None
    """None for files whose pages exist only once they are laid out."""
    hidden: int
    """How many characters were left out because no reader sees them."""


class RefusalError(Exception):
    """The file is not read; `key` and `details` are those of the DocumentError to raise."""

    def __init__(self, key: str, **details: object) -> None:
        super().__init__(key)
        self.key = key
        self.details = details
