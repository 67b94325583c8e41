"""The text of a Markdown file as its reader sees it once it is shown, under its headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.extraction.html import read_html
from assistant.safety import decode_raw, looks_binary

_BREAKS = {"softbreak": " ", "hardbreak": "\n"}


def read_markdown(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The text, heading by heading, without the signs of Markdown; comments in it are left out and counted."""
    if looks_binary(data):
        raise RefusalError("binary")
    reader = Reader()
    tokens = MarkdownIt("commonmark").enable("table").parse(decode_raw(data))
    parts = tuple(reader.parts(tokens))
    if not parts:
        raise RefusalError("empty_file", hidden=reader.hidden)
    text = "\n\n".join(part.text for part in parts)
    return Extract(text=text, pages=None, hidden=reader.hidden, parts=parts)


class Reader:
    """Walks the tokens of a file and counts what it leaves out."""

    def __init__(self) -> None:
        self.hidden = 0
        self._name = ""
        self._held: list[str] = []

    def parts(self, tokens: Sequence[Token]) -> Iterator[Part]:
        """The text under each heading."""
        heading = False
        for token in tokens:
            if token.type == "heading_open":
                yield from self._part()
                heading = True
            elif token.type == "inline":
                text = self._inline(token.children or ())
                if heading:
                    self._name = " ".join(text.split())
                self._held.append(text)
                heading = False
            elif token.type in ("fence", "code_block"):
                self._held.append(token.content.strip("\n"))
            elif token.type == "html_block":
                self._held.append(self._html(token.content))
        yield from self._part()

    def _part(self) -> Iterator[Part]:
        text = "\n\n".join(held for held in self._held if held.strip())
        if text:
            yield Part("heading", text, self._name)
        self._held = []

    def _inline(self, children: Sequence[Token]) -> str:
        if any(child.type == "html_inline" for child in children):
            return self._html("".join(_shown(c) if c.type != "html_inline" else c.content for c in children))
        return "".join(_shown(child) for child in children)

    def _html(self, content: str) -> str:
        try:
            found = read_html(content.encode())
        except RefusalError as nothing:
            self.hidden += int(str(nothing.details.get("hidden", 0)))
            return ""
        self.hidden += found.hidden
        return found.text


def _shown(token: Token) -> str:
    if token.type == "image":
        return token.content
    return _BREAKS.get(token.type, token.content if token.type in ("text", "code_inline") else "")
