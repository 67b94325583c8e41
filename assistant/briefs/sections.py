"""The parts that the coaching adds to a brief, laid out like the rest of it."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.briefs.blocks import Block, Bullets, Entries, Entry, Heading, Paragraph, Table, line, one_line
from assistant.domain import Section, SectionEntry, SectionPart


def section_blocks(section: Section) -> Iterator[Block]:
    """One section: its heading, what it is, and its parts; entries that follow each other stand together."""
    yield Heading(one_line(section.title), 1)
    if section.intro:
        yield Paragraph(line(section.intro))
    entries: list[Entry] = []
    for part in section.parts:
        if isinstance(part, SectionEntry):
            entries.append(_entry(part))
            continue
        if entries:
            yield Entries(tuple(entries))
            entries = []
        yield from _part(part)
    if entries:
        yield Entries(tuple(entries))


def _entry(part: SectionEntry) -> Entry:
    lines = tuple(line(text, label) for label, text in part.lines if label or text)
    return Entry(one_line(part.title), one_line(part.state), lines)


def _part(part: SectionPart) -> Iterator[Block]:
    match part.kind:
        case "text":
            if part.text:
                yield Paragraph(line(part.text, part.label))
            else:
                yield Heading(one_line(part.label), 2)
        case "list":
            yield Bullets(tuple(line(item) for item in part.items), part.numbered)
        case "table":
            width = len(part.head)
            rows = ((*row, *[""] * width)[:width] for row in part.rows)
            head = tuple(one_line(text) for text in part.head)
            yield Table(one_line(part.name), head, tuple(tuple(line(cell) for cell in row) for row in rows))
        case "entry":
            yield Entries((_entry(part),))
