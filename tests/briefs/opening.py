"""How a reader opens each form of a brief: the text a person sees, in reading order."""

from __future__ import annotations

import html.parser
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import docx
import pypdf
from docx.document import Document
from docx.oxml.ns import qn
from markdown_it import MarkdownIt

from assistant.briefs.blocks import Heading
from assistant.briefs.outline import paper
from assistant.domain import Brief
from assistant.programme import Programme
from assistant.words import Words

READABLE = ("docx", "pdf", "html", "md")
"""The forms that lay the whole brief out for a reader."""
VOID = {"meta", "br", "hr", "img", "link", "input"}


def opened(data: bytes) -> Document:
    """The Word file as a word processor opens it."""
    return docx.Document(io.BytesIO(data))


def everything(document: Document) -> str:
    """All text of a Word file, with what stands at the bottom of its pages."""
    section = document.sections[0]
    roots = (document.element, section.footer._element, section.first_page_footer._element)
    return "\n".join(
        "".join("\t" if e.tag == qn("w:tab") else e.text or "" for e in p.iter(qn("w:t"), qn("w:tab")))
        for root in roots
        for p in root.iter(qn("w:p"))
    )


@lru_cache(maxsize=2)
def rendered(markdown: str) -> str:
    """The Markdown as HTML, with the extensions that common viewers have."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


class Page(html.parser.HTMLParser):
    """A page taken apart: its tags with their attributes, and its text; every tag must be closed where it should."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.pieces: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a tag."""
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes the tag that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keeps what a person sees."""
        if not {"style", "title"} & set(self.open):
            self.pieces.append(data)

    @property
    def text(self) -> str:
        """What a person sees."""
        return re.sub(r"[ \t]+", " ", "\n".join(self.pieces))


@dataclass(frozen=True)
class Pdf:
    """A PDF that was read once, whole: what every check of its pages looks at."""

    reader: pypdf.PdfReader
    texts: tuple[str, ...]
    """The text of each page."""
    without_shape: int
    """How often a page shows glyph 0, which every typeface draws as an empty box."""


@lru_cache(maxsize=2)
def read_pdf(data: bytes) -> Pdf:
    """The PDF read; the text and the glyphs of a page come from the same pass over it."""
    reader = pypdf.PdfReader(io.BytesIO(data))
    missing = 0

    def note(operator: bytes, operands: Any, *_: Any) -> None:
        nonlocal missing
        pieces = operands if operator == b"Tj" else operands[0] if operator == b"TJ" else ()
        for piece in pieces:
            if hasattr(piece, "original_bytes"):
                codes = piece.original_bytes
                missing += sum(codes[n : n + 2] == b"\0\0" for n in range(0, len(codes), 2))

    texts = tuple(page.extract_text(visitor_operand_before=note) for page in reader.pages)
    return Pdf(reader, texts, missing)


def pages(data: bytes) -> Iterator[str]:
    """The text of each page of a PDF."""
    yield from read_pdf(data).texts


def text_of(data: bytes, form: str) -> str:
    """What somebody reads who has only this file, on one line."""
    if form == "docx":
        text = everything(opened(data))
    elif form in ("pdf", "workshop"):
        text = "\n".join(pages(data))
    elif form == "html":
        text = Page(data.decode()).text
    elif form == "md":
        text = Page(rendered(data.decode())).text
    else:
        text = "\n".join(_strings(json.loads(data)))
    return " ".join(text.replace("-\n", "-").split())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, held in value.items():
            yield key
            yield from _strings(held)
    elif isinstance(value, list):
        for held in value:
            yield from _strings(held)
    elif value is not None:
        yield str(value)


def parts(brief: Brief, programme: Programme, words: Words, level: int) -> list[str]:
    """The headings of one level, in order."""
    blocks = paper(brief, programme, words).blocks
    return [block.text for block in blocks if isinstance(block, Heading) and block.level == level]
