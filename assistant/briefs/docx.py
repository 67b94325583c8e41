"""The brief as a Word file: real headings, lists and tables, in the language it is written in."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from assistant.briefs.outline import (
    Block,
    Bullets,
    Heading,
    Line,
    PageEnd,
    Paragraph,
    Table,
    one_line,
    outline,
)
from assistant.domain import Brief, Lang
from assistant.programme import Programme
from assistant.words import Words

LOCALES: dict[Lang, str] = {"en": "en-US", "es": "es-419", "pt": "pt-BR"}
INK = RGBColor(0x1F, 0x2A, 0x44)
"""Of headings: dark enough to be read by everyone."""
SHADE = "E8ECF3"
"""Behind the header row of a table."""


def to_docx(brief: Brief, programme: Programme, words: Words) -> bytes:
    """The whole brief; what an applicant wrote is text and nothing else."""
    document = docx.Document()
    _set_up(document, brief, programme, words)
    for block in outline(brief, programme, words):
        _add(document, block)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _set_up(document: Document, brief: Brief, programme: Programme, words: Words) -> None:
    _set_language(document, LOCALES[brief.lang])
    _set_styles(document)
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    notice = section.footer.paragraphs[0]
    notice.text = f"{words.say(brief.lang, 'brief.first_pass')} {brief.made_on}"
    made = datetime.fromisoformat(brief.made_on)
    properties = document.core_properties
    properties.title = one_line(brief.title)[:255]
    properties.subject = words.say(brief.lang, "brief.title")
    properties.author = programme.about.name.at(brief.lang)
    properties.last_modified_by = ""
    properties.comments = words.say(brief.lang, "brief.first_pass")
    properties.keywords = ""
    properties.language = LOCALES[brief.lang]
    properties.created = properties.modified = made


def _set_language(document: Document, locale: str) -> None:
    """What spelling checkers and screen readers take the text for."""
    defaults: Any = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    language = defaults.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        defaults.append(language)
    language.set(qn("w:val"), locale)


def _set_styles(document: Document) -> None:
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    for name in ("Title", "Heading 1", "Heading 2", "Heading 3"):
        style: Any = document.styles[name]
        style.font.color.rgb = INK


def _add(document: Document, block: Block) -> None:
    match block:
        case Heading(text, level):
            document.add_heading(text, level)
        case Paragraph(line, notice):
            _write(document.add_paragraph(style="Intense Quote" if notice else None), line)
        case Bullets():
            _list(document, block)
        case Table():
            _table(document, block)
        case PageEnd():
            document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)


def _write(paragraph: WordParagraph, line: Line) -> None:
    for span in line:
        run = paragraph.add_run(span.text)
        run.bold = span.style == "strong" or None
        run.font.strike = span.style == "struck" or None


def _list(document: Document, bullets: Bullets) -> None:
    numbering = _restarted(document) if bullets.numbered else None
    for item in bullets.items:
        paragraph = document.add_paragraph(style="List Number" if bullets.numbered else "List Bullet")
        _write(paragraph, item)
        if numbering is not None:
            properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_numId().val = numbering
            properties.get_or_add_ilvl().val = 0


def _restarted(document: Document) -> int:
    """The id of a numbering like that of the style, beginning at 1 again."""
    style: Any = document.styles["List Number"]
    numbering: Any = document.part.numbering_part.element
    used = style.element.pPr.numPr.numId.val
    abstract = numbering.num_having_numId(used).abstractNumId.val
    fresh = numbering.add_num(abstract)
    fresh.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(fresh.numId)


def _table(document: Document, block: Table) -> None:
    table = document.add_table(rows=1, cols=len(block.head), style="Table Grid")
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), block.name)
    table._tbl.tblPr.append(caption)
    for cell, text in zip(table.rows[0].cells, block.head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
        _shade(cell)
    repeated = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for row in block.rows:
        for cell, line in zip(table.add_row().cells, row, strict=True):
            _write(cell.paragraphs[0], line)
    document.add_paragraph()


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), SHADE)
    cell._tc.get_or_add_tcPr().append(shade)
