"""Long texts cut into passages, at the end of a paragraph, a line or a sentence wherever one is near."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

CHARACTERS = 900
"""Of a passage, at most: what a person reads at a glance, and the encoder in two stretches."""
_SEPARATORS = ("\n\n", "\n", ". ", "? ", "! ", "… ", "; ", ", ", " ", "")


class Piece(NamedTuple):
    """A stretch of a text."""

    text: str
    line: int
    """Lines of the text before it."""


def split(text: str, characters: int = CHARACTERS) -> Iterator[Piece]:
    """The text in pieces of at most so many characters; pieces do not overlap, and nothing is lost but spaces."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=characters,
        chunk_overlap=0,
        separators=list(_SEPARATORS),
        keep_separator="end",
        add_start_index=True,
    )
    for found in splitter.create_documents([text]):
        start = int(found.metadata["start_index"])
        yield Piece(found.page_content, text.count("\n", 0, max(start, 0)))
