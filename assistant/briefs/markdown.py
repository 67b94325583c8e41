"""The brief as Markdown."""

from __future__ import annotations

import re

from assistant.briefs.blocks import (
    ADDRESS,
    Block,
    Bullets,
    Cards,
    Entries,
    Entry,
    Heading,
    Line,
    Pairs,
    Paper,
    Paragraph,
    Span,
    Table,
)

_MARKS = {"plain": "", "strong": "**", "struck": "~~", "address": ""}
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~$&{}@]|(?<=!)(?=\[)|(?<=[a-zA-Z]):(?=//)|(?<=www)\.", re.IGNORECASE)
_LIST_START = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))")


def to_markdown(paper: Paper) -> str:
    """The whole document; nothing that an applicant wrote is taken for markup or made into a link."""
    return "\n\n".join([*filter(None, map(_block, paper.blocks)), escape(paper.foot)]) + "\n"


def escape(text: str) -> str:
    """Text that shows as it is written, wherever it stands."""
    escaped = _SPECIAL.sub(lambda match: "\\" + match.group(), " ".join(text.split()))
    return _LIST_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", escaped)


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * (level + 1)} {escape(text)}"
        case Paragraph(line, look):
            return ("> " if look == "notice" else "") + _line(line)
        case Bullets(items, numbered):
            marks = (f"{n}." if numbered else "-" for n in range(1, len(items) + 1))
            return "\n".join(f"{mark} {_line(item)}" for mark, item in zip(marks, items, strict=True))
        case Table():
            return _table(block)
        case Pairs(rows):
            return "\n".join(f"- **{escape(name)}:** {_line(line)}" for name, line in rows)
        case Cards(_, cards):
            return "\n".join(
                f"- **{escape(card.name)}:** {escape(card.verdict)}. {_line(card.line)}" for card in cards
            )
        case Entries(items):
            return "\n".join(map(_entry, items))
        case _:
            return ""


def _entry(entry: Entry) -> str:
    head = f"- **{escape(entry.title)}**" + (f" — {escape(entry.state)}" if entry.state else "")
    return "\n".join([head, *(f"  - {_line(line)}" for line in entry.lines)])


def _table(table: Table) -> str:
    rows = [
        " | ".join(map(escape, table.head)),
        " | ".join("---" for _ in table.head),
        *(" | ".join(map(_line, row)) for row in table.rows),
    ]
    return "\n".join(f"| {row} |" for row in rows)


def _line(line: Line) -> str:
    return "".join(map(_span, line)).strip()


def _span(span: Span) -> str:
    text = span.text.strip()
    if not text:
        return " " if span.text else ""
    if span.style == "address" and ADDRESS.fullmatch(text):
        return f"<{text}>"
    mark = _MARKS[span.style]
    before, after = span.text[: len(span.text) - len(span.text.lstrip())], " " if span.text[-1] == " " else ""
    return f"{before}{mark}{escape(text)}{mark}{after}"
