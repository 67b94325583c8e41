"""The brief as one web page that needs nothing else: no script, no other file, ready to print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markupsafe import Markup, escape

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
from assistant.domain import Lang

STYLE = Path(__file__).parent / "static" / "brief.css"
LOCALES: dict[Lang, str] = {"en": "en", "es": "es-419", "pt": "pt-BR"}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_JOIN = Markup("").join


def to_html(paper: Paper, lang: Lang, contents: str) -> str:
    """The whole page; what an applicant wrote is text and nothing else. `contents` names the list of parts."""
    page = _Page()
    body = page.body(paper.blocks)
    return str(
        Markup(
            '<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
            '<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n<title>{title}</title>\n'
            "<style>\n{style}</style>\n</head>\n<body>\n{body}\n"
            "<footer><p>{foot}</p></footer>\n</body>\n</html>\n"
        ).format(
            lang=LOCALES[lang],
            policy=_POLICY,
            title=paper.title,
            style=Markup(STYLE.read_text(encoding="utf-8")),  # noqa: S704  # our own file
            body=page.dressed(body, contents),
            foot=paper.foot,
        )
    )


@dataclass
class _Page:
    """A page in the making: its parts get numbers to be reached by."""

    parts: list[str] = field(default_factory=list)

    def body(self, blocks: tuple[Block, ...]) -> tuple[Markup, Markup]:
        """What stands before the first part, and the parts, each a section under its heading."""
        before: list[Markup] = []
        sections: list[Markup] = []
        for block in blocks:
            if isinstance(block, Heading) and block.level == 1:
                self.parts.append(block.text)
                n = len(self.parts)
                close = Markup("</section>\n") if n > 1 else Markup("")
                opened = Markup('{}<section aria-labelledby="part-{}"><h2 id="part-{}">{}</h2>\n')
                sections.append(opened.format(close, n, n, block.text))
            else:
                (sections if self.parts else before).append(_block(block))
        if self.parts:
            sections.append(Markup("</section>\n"))
        return _JOIN(before), _JOIN(sections)

    def dressed(self, body: tuple[Markup, Markup], contents: str) -> Markup:
        """The body with its header, its list of contents and its main part."""
        items = _JOIN(
            Markup('<li><a href="#part-{}">{}</a></li>').format(n, text)
            for n, text in enumerate(self.parts, start=1)
        )
        return Markup(
            '<header>\n{}</header>\n<nav aria-label="{}"><ol>{}</ol></nav>\n<main>\n{}</main>'
        ).format(body[0], contents, items, body[1])


def _block(block: Block) -> Markup:
    match block:
        case Heading(text, level):
            tag = f"h{level + 1}"
            return Markup("<{}>{}</{}>\n").format(tag, text, tag)
        case Paragraph(line, look):
            return Markup('<p class="{}" dir="auto">{}</p>\n').format(look, _line(line))
        case Bullets(items, numbered):
            tag = "ol" if numbered else "ul"
            listed = _JOIN(Markup('<li dir="auto">{}</li>').format(_line(item)) for item in items)
            return Markup("<{}>{}</{}>\n").format(tag, listed, tag)
        case Table():
            return _table(block)
        case Pairs(rows):
            listed = _JOIN(
                Markup('<div><dt>{}</dt><dd dir="auto">{}</dd></div>').format(name, _line(line))
                for name, line in rows
            )
            return Markup('<dl class="pairs">{}</dl>\n').format(listed)
        case Cards(_, cards):
            listed = _JOIN(
                Markup(
                    '<div class="{}"><dt>{}</dt><dd><strong>{}</strong> <span>{}</span></dd></div>'
                ).format(card.tone, card.name, card.verdict, _line(card.line))
                for card in cards
            )
            return Markup('<dl class="cards">{}</dl>\n').format(listed)
        case Entries(items):
            return Markup('<dl class="entries">{}</dl>\n').format(_JOIN(map(_entry, items)))
        case _:
            return Markup("")


def _entry(entry: Entry) -> Markup:
    state = Markup(' <span class="state">— {}</span>').format(entry.state) if entry.state else ""
    lines = _JOIN(Markup('<dd dir="auto">{}</dd>').format(_line(line)) for line in entry.lines)
    empty = "" if lines else Markup('<dd class="none">—</dd>')
    name = Markup('<span dir="auto">{}</span>').format(entry.title)
    return Markup('<div class="{}"><dt>{}{}</dt>{}{}</div>').format(entry.tone, name, state, lines, empty)


def _table(table: Table) -> Markup:
    # The roles are written out, because a phone's layout of the rows would take them away.
    head = _JOIN(Markup('<th scope="col" role="columnheader">{}</th>').format(text) for text in table.head)
    rows = _JOIN(Markup('<tr role="row">{}</tr>').format(_JOIN(_cells(table, row))) for row in table.rows)
    return Markup(
        '<table role="table"><caption>{}</caption><thead role="rowgroup"><tr role="row">{}</tr></thead>'
        '<tbody role="rowgroup">{}</tbody></table>\n'
    ).format(table.name, head, rows)


def _cells(table: Table, row: tuple[Line, ...]) -> Iterator[Markup]:
    for name, line in zip(table.head, row, strict=True):
        yield Markup('<td role="cell" data-name="{}" dir="auto">{}</td>').format(name, _line(line))


def _line(line: Line) -> Markup:
    return _JOIN(map(_span, line))


def _span(span: Span) -> Markup:
    text = span.text.strip()
    if span.style == "strong":
        return Markup("<strong>{}</strong>").format(span.text)
    if span.style == "struck":
        return Markup("<s>{}</s>").format(span.text)
    if span.style == "address" and ADDRESS.fullmatch(text):
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(text, text)
    return escape(span.text)
