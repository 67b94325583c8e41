"""How a reader opens each form of a brief: the text a person sees, in reading order."""

from __future__ import annotations

import html.parser
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import docx
import pypdf
from docx.document import Document
from docx.oxml.ns import qn
from markdown_it import MarkdownIt

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


def pages(data: bytes) -> Iterator[str]:
    """The text of each page of a PDF."""
    for page in pypdf.PdfReader(io.BytesIO(data)).pages:
        yield page.extract_text()


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
