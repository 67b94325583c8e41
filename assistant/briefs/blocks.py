"""What a brief is made of before any form of export lays it out: headings, lines, lists, tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from assistant.safety import clean_text

Style = Literal["plain", "strong", "struck", "address"]
Look = Literal["plain", "notice", "lead", "kicker", "small"]
Tone = Literal["plain", "good", "open", "poor"]

ADDRESS = re.compile(r"https?://[\w.~:/?#\[\]@!$&'()*+,;=%-]+")
"""What may become a link."""


@dataclass(frozen=True)
class Span:
    """A stretch of text in one style."""

    text: str
    style: Style = "plain"
    """An address is where a source can be found; forms with links may make one of it."""


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 0 is the title."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph in one of a few looks."""

    line: Line
    look: Look = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list, numbered where the order says something."""

    items: tuple[Line, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under one header row; `name` says what they are for those who cannot see the table."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class Pairs:
    """Short answers, each beside the name of what it answers."""

    rows: tuple[tuple[str, Line], ...]


@dataclass(frozen=True)
class Card:
    """One verdict: what it is about, the verdict in words, and what it rests on."""

    name: str
    verdict: str
    line: Line
    tone: Tone = "plain"
    """A colour beside the words, never instead of them."""


@dataclass(frozen=True)
class Cards:
    """Verdicts side by side."""

    name: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Entry:
    """One thing under its name, with its state in words and the lines that belong to it."""

    title: str
    state: str
    lines: tuple[Line, ...]
    tone: Tone = "plain"


@dataclass(frozen=True)
class Entries:
    """Things of one kind, one after the other."""

    items: tuple[Entry, ...]


@dataclass(frozen=True)
class PageEnd:
    """What follows begins on a new page, where there are pages."""


Block = Heading | Paragraph | Bullets | Table | Pairs | Cards | Entries | PageEnd


@dataclass(frozen=True)
class Paper:
    """A whole document: its parts, and what stands around every page."""

    title: str
    blocks: tuple[Block, ...]
    head: str
    """At the top of every page after the first: the city, when it is known, and the day."""
    foot: str
    page_of: str
    """With the slots {n} and {total}."""


def line(text: str, label: str = "") -> Line:
    """A line of text after a label in bold; every text goes through here, so that nothing unseen goes out."""
    spans = [Span(one_line(label), "strong"), Span(" "), Span(one_line(text))]
    return tuple(spans) if label and text else (spans[0],) if label else (spans[2],)


def one_line(text: str) -> str:
    """Text without line ends or unseen characters."""
    return " ".join(clean_text(text).split())


def joined(*lines: Line) -> Line:
    """Several lines as one."""
    spans: list[Span] = []
    for each in lines:
        if any(span.text for span in each):
            spans += [*([Span(" ")] if spans else []), *each]
    return tuple(span for span in spans if span.text)


def plain(line: Line) -> str:
    """The text of a line without its styles."""
    return "".join(span.text for span in line)


def shortened(text: str, length: int) -> str:
    """The text up to the last word that fits, with a mark where it was cut."""
    if len(text) <= length:
        return text
    whole = text[: length - 1].rpartition(" ")[0]
    return (whole or text[: length - 1]).rstrip(" ,;:.") + "…"
