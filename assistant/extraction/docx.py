"""The text of a Word file as its reader sees it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import docx
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.extraction.package import CONTRAST, check_package, contrast, is_rgb

TINY = 6
"""Half-points of text under 3 points."""


def read_docx(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The visible text of the body and its notes, paragraph by paragraph, a table's row in one line."""
    check_package(data, bounds, broken="broken_docx")
    try:
        document = docx.Document(io.BytesIO(data))
        reader = Reader(Styles(document))
        parts = [part for root in _roots(document) for part in _parts(reader, root)]
    except MemoryError:
        raise
    except Exception as error:  # python-docx and lxml raise whatever a damaged file leads them to
        raise RefusalError("broken_docx", cause=type(error).__name__) from error
    text = "\n".join(part.text for part in parts)
    return Extract(text=text, pages=None, hidden=reader.hidden, parts=tuple(parts))


def _parts(reader: Reader, root: Any) -> Iterator[Part]:
    """The lines of a body or of notes, under the heading that each stands under."""
    held: list[str] = []
    name = ""
    for element in root:
        lines = list(reader.lines([element]))
        if element.tag == qn("w:p") and reader.styles.is_heading(element) and "".join(lines).strip():
            if held:
                yield Part("heading", "\n".join(held), name)
            held, name = [], " ".join(line.strip() for line in lines)
        held += lines
    if held:
        yield Part("heading", "\n".join(held), name)


def _roots(document: WordDocument) -> Iterator[Any]:
    yield document.element.body
    for relation in document.part.rels.values():
        if relation.reltype.endswith(("/footnotes", "/endnotes")) and not relation.is_external:
            yield from parse_xml(relation.target_part.blob)


# --- how text looks ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """What decides whether a run of text is seen; None where nothing is said."""

    vanish: bool | None = None
    size: int | None = None
    colour: str | None = None
    fill: str | None = None

    def over(self, below: Look) -> Look:
        """This look, completed by the one it is laid over."""
        return Look(
            below.vanish if self.vanish is None else self.vanish,
            below.size if self.size is None else self.size,
            below.colour if self.colour is None else self.colour,
            below.fill if self.fill is None else self.fill,
        )

    @property
    def hidden(self) -> bool:
        """Whether no reader sees the text."""
        if self.vanish or (self.size is not None and self.size < TINY):
            return True
        return self.colour is not None and contrast(self.colour, self.fill or "FFFFFF") < CONTRAST


PLAIN = Look()
_HIGHLIGHTS = {
    "black": "000000",
    "blue": "0000FF",
    "cyan": "00FFFF",
    "darkBlue": "00008B",
    "darkCyan": "008B8B",
    "darkGray": "A9A9A9",
    "darkGreen": "006400",
    "darkMagenta": "8B008B",
    "darkRed": "8B0000",
    "darkYellow": "808000",
    "green": "00FF00",
    "lightGray": "D3D3D3",
    "magenta": "FF00FF",
    "red": "FF0000",
    "white": "FFFFFF",
    "yellow": "FFFF00",
}


def look_of(properties: Any) -> Look:
    """What an element of run, paragraph, cell or table properties says about looks."""
    if properties is None:
        return PLAIN
    return Look(
        vanish=_switch(properties.find(qn("w:vanish"))),
        size=_size(properties.find(qn("w:sz"))),
        colour=_colour(properties.find(qn("w:color"))),
        fill=_highlight(properties.find(qn("w:highlight"))) or _fill(properties.find(qn("w:shd"))),
    )


def _switch(element: Any) -> bool | None:
    return None if element is None else element.get(qn("w:val"), "1") not in ("0", "false", "off")


def _size(element: Any) -> int | None:
    value = "" if element is None else element.get(qn("w:val"), "")
    return int(value) if value.isdigit() else None


def _colour(element: Any) -> str | None:
    if element is None:
        return None
    value: str = element.get(qn("w:val"), "")
    if is_rgb(value):
        return value
    return "FFFFFF" if element.get(qn("w:themeColor")) in ("background1", "light1") else None


def _highlight(element: Any) -> str | None:
    return None if element is None else _HIGHLIGHTS.get(element.get(qn("w:val"), ""))


def _fill(element: Any) -> str | None:
    if element is None:
        return None
    # A solid pattern shows its own colour, any other pattern mostly the fill behind it.
    solid = element.get(qn("w:val")) == "solid"
    value: str = element.get(qn("w:color") if solid else qn("w:fill"), "")
    return value if is_rgb(value) else None


class Styles:
    """The looks of a document's styles, each with what it is based on."""

    def __init__(self, document: WordDocument) -> None:
        root = document.styles.element
        self._elements = {s.get(qn("w:styleId")): s for s in root.findall(qn("w:style"))}
        self._looks: dict[str, Look] = {}
        defaults = root.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
        self.base = look_of(defaults)
        is_default = (s for s in self._elements.values() if s.get(qn("w:default")) in ("1", "true"))
        self.paragraph = next(
            (s.get(qn("w:styleId")) for s in is_default if s.get(qn("w:type")) == "paragraph"), None
        )

    def look(self, id: str | None) -> Look:
        """The look of a style; plain when there is none of that id."""
        if id is None or id not in self._elements:
            return PLAIN
        if id not in self._looks:
            self._looks[id] = PLAIN  # where a style is based on itself
            style = self._elements[id]
            based_on = style.find(qn("w:basedOn"))
            own = look_of(style.find(qn("w:rPr"))).over(look_of(style.find(qn("w:pPr"))))
            self._looks[id] = own.over(self.look(None if based_on is None else based_on.get(qn("w:val"))))
        return self._looks[id]

    def is_heading(self, paragraph: Any) -> bool:
        """Whether a paragraph has a place in the outline, by itself or by its style."""
        properties = paragraph.find(qn("w:pPr"))
        if properties is None:
            return False
        if properties.find(qn("w:outlineLvl")) is not None:
            return True
        style = properties.find(qn("w:pStyle"))
        found = self._elements.get(None if style is None else style.get(qn("w:val")))
        if found is None:
            return False
        name = found.find(qn("w:name"))
        called = "" if name is None else str(name.get(qn("w:val"), "")).lower()
        return called.startswith("heading ") or found.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}") is not None

    def shades(self, id: str | None) -> bool:
        """Whether a table style, or one that it is based on, gives cells a colour of their own."""
        seen: set[str] = set()
        while id is not None and id in self._elements and id not in seen:
            seen.add(id)
            style = self._elements[id]
            if any(_fill(shade) not in (None, "FFFFFF", "ffffff") for shade in style.iter(qn("w:shd"))):
                return True
            based_on = style.find(qn("w:basedOn"))
            id = None if based_on is None else based_on.get(qn("w:val"))
        return False


# --- the text ----------------------------------------------------------------------------------------------

_BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
# Deleted or moved away, or the same drawing once more for older programs.
_SKIPPED = {
    qn("w:del"),
    qn("w:moveFrom"),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback",
}
_TEXT_BOX = qn("w:txbxContent")


@dataclass
class Reader:
    """Walks a document in reading order and counts what it leaves out."""

    styles: Styles
    hidden: int = 0
    _boxes: list[Any] = field(default_factory=list)

    def lines(self, container: Any, below: Look = PLAIN) -> Iterator[str]:
        """The visible lines of whatever holds paragraphs and tables."""
        for element in container:
            if element.tag == qn("w:p"):
                yield self._paragraph(element, below)
                boxes, self._boxes = self._boxes, []
                for box in boxes:
                    yield from self.lines(box)
            elif element.tag == qn("w:tbl"):
                yield from self._table(element, below)
            elif element.tag not in _SKIPPED and isinstance(element.tag, str):
                yield from self.lines(element, below)

    def _table(self, table: Any, below: Look) -> Iterator[str]:
        look = look_of(table.find(qn("w:tblPr"))).over(below)
        style = table.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}")
        if style is not None and look.fill is None and self.styles.shades(style.get(qn("w:val"))):
            look = Look(fill="808080").over(look)  # a colour on which both white and black are seen
        for row in table.iter(qn("w:tr")):
            if next(row.iterancestors(qn("w:tbl"))) is table:
                yield " | ".join(self._cell(cell, look) for cell in _cells(row))

    def _cell(self, cell: Any, below: Look) -> str:
        look = look_of(cell.find(qn("w:tcPr"))).over(below)
        return " ".join(line.strip() for line in self.lines(cell, look) if line.strip())

    def _paragraph(self, paragraph: Any, below: Look) -> str:
        properties = paragraph.find(qn("w:pPr"))
        style = None if properties is None else properties.find(qn("w:pStyle"))
        id = self.styles.paragraph if style is None else style.get(qn("w:val"))
        own = Look(fill=look_of(properties).fill)
        return self._text(paragraph, own.over(self.styles.look(id)).over(below).over(self.styles.base))

    def _text(self, element: Any, look: Look) -> str:
        parts = []
        for child in element:
            if child.tag == qn("w:r"):
                parts.append(self._run(child, look))
            elif child.tag not in _SKIPPED and isinstance(child.tag, str):
                parts.append(self._text(child, look))
        return "".join(parts)

    def _run(self, run: Any, below: Look) -> str:
        properties = run.find(qn("w:rPr"))
        style = None if properties is None else properties.find(qn("w:rStyle"))
        named = self.styles.look(None if style is None else style.get(qn("w:val")))
        look = look_of(properties).over(named).over(below)
        text = "".join(self._pieces(run))
        if not look.hidden:
            return text
        self.hidden += len(text.strip())
        return ""

    def _pieces(self, run: Any) -> Iterator[str]:
        for child in run:
            if child.tag == qn("w:t"):
                yield child.text or ""
            elif child.tag in _BREAKS:
                yield _BREAKS[child.tag]
            elif child.tag not in _SKIPPED and isinstance(child.tag, str):
                self._boxes.extend(_boxes(child))


def _cells(row: Any) -> Iterator[Any]:
    for child in row:
        if child.tag == qn("w:tc"):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
            yield from _cells(child)


def _boxes(element: Any) -> Iterator[Any]:
    """The text boxes in a drawing, without the copies for older programs and without boxes in boxes."""
    for child in element:
        if child.tag == _TEXT_BOX:
            yield child
        elif child.tag not in _SKIPPED and isinstance(child.tag, str):
            yield from _boxes(child)
