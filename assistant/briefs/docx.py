"""The brief as a Word file: real headings, lists and tables, in the language it is written in."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import datetime
from functools import cache
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from assistant.briefs.blocks import (
    Block,
    Bullets,
    Cards,
    Entries,
    Entry,
    Heading,
    Line,
    PageEnd,
    Pairs,
    Paper,
    Paragraph,
    Span,
    Table,
    Tone,
)
from assistant.domain import Lang

LOCALES: dict[Lang, str] = {"en": "en-US", "es": "es-419", "pt": "pt-BR"}
INK = RGBColor(0x1F, 0x4E, 0x79)
"""Of headings: dark enough to be read by everyone."""
SOFT = RGBColor(0x4A, 0x53, 0x66)
SHADE = "F3F5F9"
"""Behind notices and the header row of a table."""
HAIR = "CFD5E0"
TONES: dict[Tone, str] = {"plain": "8B93A5", "good": "2E6B4A", "open": "8A5A00", "poor": "96302A"}
WIDTH = 16.4
"""Centimetres of text between the margins."""
HANG = 5.2
"""Centimetres from the margin to the answer beside a name."""
_FACES = {"ascii": "Calibri", "hAnsi": "Calibri", "cs": "Arial", "eastAsia": "MS Gothic"}
_SLOTS = re.compile(r"\{(n|total)\}")


def to_docx(paper: Paper, lang: Lang, made_on: str, author: str) -> bytes:
    """The whole document; what an applicant wrote is text and nothing else."""
    document = docx.Document(io.BytesIO(_template(lang)))
    _set_up(document, paper, lang, made_on, author)
    for block in paper.blocks:
        _add(document, block)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


@cache
def _template(lang: Lang) -> bytes:
    """An empty document in our styles, made once for each language."""
    document = docx.Document()
    _set_language(document, LOCALES[lang])
    _set_styles(document)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


# --- the page ----------------------------------------------------------------------------------------------


def _set_up(document: Document, paper: Paper, lang: Lang, made_on: str, author: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21 - WIDTH) / 2)
    section.top_margin = section.bottom_margin = Cm(2.2)
    section.different_first_page_header_footer = True
    section.header.paragraphs[0].text = paper.head
    for footer in (section.footer, section.first_page_footer):
        _footer(footer.paragraphs[0], paper)
    for part in (section.header, section.footer, section.first_page_footer):
        for run in part.paragraphs[0].runs:
            run.font.size, run.font.color.rgb = Pt(8.5), SOFT
    properties = document.core_properties
    properties.title = paper.title[:255]
    properties.subject = paper.head[:255]
    properties.author = author
    properties.last_modified_by = properties.keywords = ""
    properties.comments = paper.foot[:255]
    properties.language = LOCALES[lang]
    properties.created = properties.modified = datetime.fromisoformat(made_on)


def _footer(paragraph: WordParagraph, paper: Paper) -> None:
    """The notice, and the number of the page: the only fields in the file."""
    paragraph.add_run(paper.foot + " ")
    for n, piece in enumerate(_SLOTS.split(paper.page_of)):
        if n % 2 == 0:
            paragraph.add_run(piece)
        else:
            _field(paragraph, "PAGE" if piece == "n" else "NUMPAGES")


def _field(paragraph: WordParagraph, name: str) -> None:
    for kind in ("begin", "instruction", "separate", "text", "end"):
        if kind == "instruction":
            element: Any = OxmlElement("w:instrText")
            element.text = name
        elif kind == "text":
            element = OxmlElement("w:t")
            element.text = "1"
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        paragraph.add_run()._r.append(element)


def _set_language(document: Document, locale: str) -> None:
    """What spelling checkers and screen readers take the text for."""
    defaults: Any = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
    language = defaults.find(qn("w:lang"))
    if language is None:
        language = OxmlElement("w:lang")
        defaults.append(language)
    language.set(qn("w:val"), locale)


def _set_styles(document: Document) -> None:
    sizes = {"Title": 22, "Heading 1": 16, "Heading 2": 13, "Heading 3": 11}
    for name in ("Normal", *sizes):
        style: Any = document.styles[name]
        _set_face(style)
        if name in sizes:
            style.font.size, style.font.color.rgb, style.font.bold = Pt(sizes[name]), INK, True
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(10.5)
    normal.paragraph_format.space_after = Pt(5)
    for name, before in (("Heading 1", 20), ("Heading 2", 14), ("Heading 3", 10)):
        style = document.styles[name]
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(5)


def _set_face(style: Any) -> None:
    """A typeface for each kind of script, so that no word processor is left without one."""
    faces = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [name for name in faces.attrib if name.endswith("Theme")]:
        del faces.attrib[name]
    for script, face in _FACES.items():
        faces.set(qn(f"w:{script}"), face)


# --- the parts ---------------------------------------------------------------------------------------------


def _add(document: Document, block: Block) -> None:
    match block:
        case Heading(text, level):
            _heading(document, text, level)
        case Paragraph():
            _paragraph(document, block)
        case Bullets():
            _list(document, block)
        case Table(name, head, rows):
            _table(document, name, head, rows)
        case Pairs(pairs):
            _pairs(document, pairs)
        case Cards():
            _cards(document, block)
        case Entries(items):
            for item in items:
                _entry(document, item)
        case PageEnd():
            document.paragraphs[-1].add_run().add_break(WD_BREAK.PAGE)


def _heading(document: Document, text: str, level: int) -> None:
    paragraph = _styled(document, f"Heading{level}" if level else "Title")
    paragraph.add_run(text)
    _direct(paragraph, text)


def _styled(document: Document, style: str) -> WordParagraph:
    """A paragraph in a style of the template by its id, which is there without a search by its name."""
    paragraph = document.add_paragraph()
    paragraph._p.get_or_add_pPr().style = style
    return paragraph


def _paragraph(document: Document, block: Paragraph) -> None:
    paragraph = document.add_paragraph()
    _write(paragraph, block.line)
    if block.look == "notice":
        _edge(paragraph, "1F4E79", shaded=True)
    elif block.look in ("kicker", "small"):
        for run in paragraph.runs:
            run.font.size, run.font.color.rgb = Pt(9.5), SOFT


def _edge(paragraph: WordParagraph, colour: str, *, shaded: bool = False) -> None:
    """A coloured line along the left side."""
    properties: Any = paragraph._p.get_or_add_pPr()
    border = OxmlElement("w:pBdr")
    left = OxmlElement("w:left")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "8"), ("color", colour)):
        left.set(qn(f"w:{name}"), value)
    border.append(left)
    properties.insert_element_before(
        border, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr", "w:pPrChange"
    )
    if shaded:
        shade = _shade()
        properties.insert_element_before(
            shade, "w:tabs", "w:bidi", "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr", "w:pPrChange"
        )
    paragraph.paragraph_format.left_indent = Cm(0.35)


def _write(paragraph: WordParagraph, line: Line) -> None:
    for span in line:
        _run(paragraph, span)
    _direct(paragraph, "".join(span.text for span in line))


def _run(paragraph: WordParagraph, span: Span) -> None:
    run = paragraph.add_run(span.text)
    run.bold = span.style == "strong" or None
    run.font.strike = span.style == "struck" or None
    if _leftwards(span.text):
        run.font.rtl = True


def _direct(paragraph: WordParagraph, text: str) -> None:
    """A paragraph that begins in a script read from the right is laid out from the right."""
    strong = next((b for c in text if (b := unicodedata.bidirectional(c)) in ("L", "R", "AL")), "L")
    if strong != "L":
        properties: Any = paragraph._p.get_or_add_pPr()
        properties.insert_element_before(
            OxmlElement("w:bidi"), "w:spacing", "w:ind", "w:jc", "w:rPr", "w:sectPr", "w:pPrChange"
        )


def _leftwards(text: str) -> bool:
    kinds = [unicodedata.bidirectional(c) for c in text]
    return "L" not in kinds and any(kind in ("R", "AL") for kind in kinds)


def _list(document: Document, bullets: Bullets) -> None:
    numbering = _restarted(document) if bullets.numbered else None
    for item in bullets.items:
        paragraph = _styled(document, "ListNumber" if bullets.numbered else "ListBullet")
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


def _entry(document: Document, entry: Entry) -> None:
    head = document.add_paragraph()
    _write(head, (Span(entry.title, "strong"),))
    if entry.state:
        run = head.add_run(f" — {entry.state}")
        run.font.size, run.font.color.rgb = Pt(9.5), SOFT
    paragraphs = [head]
    for line in entry.lines:
        paragraphs.append(document.add_paragraph())
        _write(paragraphs[-1], line)
    for paragraph in paragraphs:
        _edge(paragraph, TONES[entry.tone])
        paragraph.paragraph_format.space_after = Pt(0)
    head.paragraph_format.keep_with_next = len(paragraphs) > 1
    paragraphs[-1].paragraph_format.space_after = Pt(9)


# --- tables ------------------------------------------------------------------------------------------------


def _table(document: Document, name: str, head: tuple[str, ...], rows: tuple[tuple[Line, ...], ...]) -> None:
    table = _grid(document, name, len(head))
    for cell, text in zip(table.add_row().cells, head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
        cell._tc.get_or_add_tcPr().append(_shade())
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in rows:
        for cell, line in zip(table.add_row().cells, row, strict=True):
            _write(cell.paragraphs[0], line)
    _after(document)


def _pairs(document: Document, rows: tuple[tuple[str, Line], ...]) -> None:
    """A name and its answer a paragraph, the answer hanging beside the name."""
    for name, line in rows:
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.left_indent = Cm(HANG)
        paragraph.paragraph_format.first_line_indent = Cm(-HANG)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Cm(HANG))
        paragraph.paragraph_format.space_after = Pt(4)
        label = paragraph.add_run(f"{name}\t")
        label.font.color.rgb = SOFT
        _write(paragraph, line)


def _cards(document: Document, block: Cards) -> None:
    table = _grid(document, block.name, len(block.cards))
    for cell, card in zip(table.add_row().cells, block.cards, strict=True):
        cell.paragraphs[0].add_run(card.name).bold = True
        cell._tc.get_or_add_tcPr().append(_shade())
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for cell, card in zip(table.add_row().cells, block.cards, strict=True):
        verdict = cell.paragraphs[0].add_run(card.verdict)
        verdict.bold, verdict.font.color.rgb = True, RGBColor.from_string(TONES[card.tone])
        _write(cell.add_paragraph(), card.line)
    _after(document)


def _grid(document: Document, name: str, columns: int) -> Any:
    table = document.add_table(rows=0, cols=columns, style="Table Grid")
    table.autofit = False
    for column in table.columns:
        column.width = Cm(WIDTH / columns)
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), name)
    properties: Any = table._tbl.tblPr
    properties.append(caption)
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        edge = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", HAIR)):
            edge.set(qn(f"w:{key}"), value)
        borders.append(edge)
    layout = properties.find(qn("w:tblLayout"))
    layout.addprevious(borders)
    return table


def _after(document: Document) -> None:
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _shade() -> Any:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), SHADE)
    return shade
