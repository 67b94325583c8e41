"""The brief as Markdown."""

from __future__ import annotations

import re

from assistant.briefs.outline import Block, Bullets, Heading, Line, Paragraph, Span, Table, outline
from assistant.domain import Brief
from assistant.programme import Programme
from assistant.words import Words

_MARKS = {"plain": "", "strong": "**", "struck": "~~", "address": ""}
_ADDRESS = re.compile(r"https?://[\w.~:/?#\[\]@!$&'()*+,;=%-]+")
_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~$&{}@]|(?<=!)(?=\[)|(?<=[a-zA-Z]):(?=//)|(?<=www)\.", re.IGNORECASE)
_LIST_START = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))")


def to_markdown(brief: Brief, programme: Programme, words: Words) -> str:
    """The whole brief; nothing that an applicant wrote is taken for markup or made into a link."""
    return "\n\n".join(filter(None, map(_block, outline(brief, programme, words)))) + "\n"


def escape(text: str) -> str:
    """Text that shows as it is written, wherever it stands."""
    escaped = _SPECIAL.sub(lambda match: "\\" + match.group(), " ".join(text.split()))
    return _LIST_START.sub(lambda m: f"{m[1]}\\{m[2]}" if m[2] else f"{m[1]}{m[3]}\\{m[4]}", escaped)


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * (level + 1)} {escape(text)}"
        case Paragraph(line, notice):
            return ("> " if notice else "") + _line(line)
        case Bullets(items, numbered):
            marks = (f"{n}." if numbered else "-" for n in range(1, len(items) + 1))
            return "\n".join(f"{mark} {_line(item)}" for mark, item in zip(marks, items, strict=True))
        case Table():
            return _table(block)
        case _:
            return ""


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
    if span.style == "address" and _ADDRESS.fullmatch(text):
        return f"<{text}>"
    mark = _MARKS[span.style]
    before, after = span.text[: len(span.text) - len(span.text.lstrip())], " " if span.text[-1] == " " else ""
    return f"{before}{mark}{escape(text)}{mark}{after}"
