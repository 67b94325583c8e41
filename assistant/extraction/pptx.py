"""The text on the slides of a PowerPoint file that its audience sees."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pptx import Presentation

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.extraction.package import CONTRAST, check_package, contrast, is_rgb

TINY = 300
"""Hundredths of a point below which text is not meant to be read."""
FAINT = 5_000
"""Thousandths of a percent of opacity below which nothing shows."""
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_OPEN = "open"
"""A background that only a program that draws can tell: a picture, a gradient, a theme."""
Box = tuple[int, int, int, int]


def read_pptx(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The visible text, slide by slide. Hidden slides, speaker's notes and comments are left out and counted."""
    check_package(data, bounds, broken="broken_file")
    try:
        deck = Presentation(io.BytesIO(data))
        slides = list(deck.slides)
        if len(slides) > bounds.pages:
            raise RefusalError("too_long", pages=len(slides), limit=f"{bounds.pages} slides")
        reader = Reader((int(deck.slide_width or 0), int(deck.slide_height or 0)))
        found = [(number, *reader.slide(slide)) for number, slide in enumerate(slides, start=1)]
    except (MemoryError, RefusalError):
        raise
    except Exception as error:  # python-pptx and lxml raise whatever a damaged file leads them to
        raise RefusalError("broken_file", cause=type(error).__name__) from error
    parts = tuple(Part("slide", text, title, first=number) for number, title, text in found if text)
    if not parts:
        raise RefusalError("empty_file", hidden=reader.hidden)
    text = "\n\n".join(part.text for part in parts)
    return Extract(text=text, pages=len(slides), hidden=reader.hidden, parts=parts)


@dataclass
class Reader:
    """Reads slide by slide and counts what it leaves out."""

    size: tuple[int, int]
    hidden: int = 0

    def slide(self, slide: Any) -> tuple[str, str]:
        """The title and the visible text of a slide."""
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            self.hidden += len(slide.notes_slide.notes_text_frame.text.strip())
        shapes = list(_flat(slide.shapes))
        if slide.element.get("show") in ("0", "false"):
            self.hidden += sum(len(t) for shape in shapes for t in _all_text(shape))
            return "", ""
        lines: list[str] = []
        beneath: list[tuple[Box, str]] = [((0, 0, *self.size), _background(slide))]
        for shape in shapes:
            lines += self._shape(shape, beneath)
            if (paint := _paint(shape)) and (box := _box(shape)):
                beneath.append((box, paint))
        title = slide.shapes.title
        name = " ".join(title.text_frame.text.split()) if title is not None else ""
        text = "\n".join(line for line in lines if line.strip())
        return (name if name and name in " ".join(text.split()) else ""), text

    def _shape(self, shape: Any, beneath: list[tuple[Box, str]]) -> Iterator[str]:
        if self._unseen(shape):
            self.hidden += sum(len(text) for text in _all_text(shape))
            return
        if getattr(shape, "has_table", False) and shape.has_table:
            for row in shape.table.rows:
                cells = (self._body(cell._tc.txBody, _fill(cell._tc.tcPr) or _OPEN) for cell in row.cells)
                yield " | ".join(" ".join(cell.split()) for cell in cells)
        elif shape.has_text_frame:
            yield self._body(shape.text_frame._txBody, _paint(shape) or _below(_box(shape), beneath))

    def _unseen(self, shape: Any) -> bool:
        properties = next(shape.element.iter(f"{_P}cNvPr"), None)
        if properties is not None and properties.get("hidden") in ("1", "true"):
            return True
        box = _box(shape)
        if box is None or not all(self.size):
            return False
        left, top, right, bottom = box
        return right <= 0 or bottom <= 0 or left >= self.size[0] or top >= self.size[1]

    def _body(self, body: Any, paper: str) -> str:
        lines = []
        for paragraph in body.iter(f"{_A}p"):
            pieces = []
            for piece in paragraph:
                if piece.tag in (f"{_A}r", f"{_A}fld"):
                    text = "".join(t.text or "" for t in piece.iter(f"{_A}t"))
                    if _invisible(piece.find(f"{_A}rPr"), paper):
                        self.hidden += len(text.strip())
                    else:
                        pieces.append(text)
                elif piece.tag == f"{_A}br":
                    pieces.append("\n")
            lines.append("".join(pieces))
        return "\n".join(lines)


def _flat(shapes: Any) -> Iterator[Any]:
    """Every shape in the order of drawing, those of groups among them."""
    for shape in shapes:
        if shape.element.tag == f"{_P}grpSp":
            yield from _flat(shape.shapes)
        else:
            yield shape


def _all_text(shape: Any) -> Iterator[str]:
    for text in shape.element.iter(f"{_A}t"):
        yield (text.text or "").strip()


def _box(shape: Any) -> Box | None:
    # A shape in a group is placed in the group's own measure, which says nothing about the slide.
    if shape.element.getparent().tag == f"{_P}grpSp" or None in (shape.left, shape.top):
        return None
    left, top = int(shape.left), int(shape.top)
    return (left, top, left + int(shape.width or 0), top + int(shape.height or 0))


def _paint(shape: Any) -> str:
    """The colour that a shape covers what is beneath it with; empty when it covers nothing."""
    if shape.element.tag in (f"{_P}pic", f"{_P}graphicFrame"):
        return _OPEN
    properties = shape.element.find(f"{_P}spPr")
    own = _fill(properties)
    if own or (properties is not None and properties.find(f"{_A}noFill") is not None):
        return own
    style = shape.element.find(f"{_P}style")
    reference = None if style is None else style.find(f"{_A}fillRef")
    return _OPEN if reference is not None and reference.get("idx", "0") != "0" else ""


def _fill(properties: Any) -> str:
    if properties is None:
        return ""
    for child in properties:
        if child.tag == f"{_A}solidFill":
            return _colour(child) or _OPEN
        if child.tag in (f"{_A}gradFill", f"{_A}blipFill", f"{_A}pattFill", f"{_A}grpFill"):
            return _OPEN
    return ""


def _below(box: Box | None, beneath: list[tuple[Box, str]]) -> str:
    """The colour of what lies beneath the middle of a shape; open when it cannot be told."""
    if box is None:
        return _OPEN if len(beneath) > 1 else beneath[0][1]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    for (left, top, right, bottom), paint in reversed(beneath):
        if left <= x <= right and top <= y <= bottom:
            return paint
    return beneath[0][1]


def _background(slide: Any) -> str:
    """The colour of a slide's background: its own, its layout's or its master's; white when none names one."""
    for level in (slide, slide.slide_layout, slide.slide_layout.slide_master):
        background = level.element.find(f"{_P}cSld/{_P}bg")
        if background is None:
            continue
        properties = background.find(f"{_P}bgPr")
        if properties is not None:
            return _fill(properties) or _OPEN
        reference = background.find(f"{_P}bgRef")
        scheme = None if reference is None else reference.find(f"{_A}schemeClr")
        return _theme(level, scheme.get("val")) if scheme is not None else _OPEN
    return "FFFFFF"


def _theme(level: Any, name: str) -> str:
    """White where the theme's background is the usual white; open for any other."""
    return "FFFFFF" if name in ("bg1", "lt1") and _light_is_white(level) else _OPEN


def _light_is_white(level: Any) -> bool:
    for relation in level.part.rels.values():
        if relation.reltype.endswith("/theme") and not relation.is_external:
            blob = bytes(relation.target_part.blob)
            light = blob.partition(b"<a:lt1>")[2].partition(b"</a:lt1>")[0].lower()
            return b"ffffff" in light
    return False


def _invisible(properties: Any, paper: str) -> bool:
    if properties is None:
        return False
    size = properties.get("sz", "")
    if size.isdigit() and int(size) < TINY:
        return True
    fill = properties.find(f"{_A}solidFill")
    if fill is None:
        return properties.find(f"{_A}noFill") is not None
    for alpha in fill.iter(f"{_A}alpha"):
        if alpha.get("val", "").isdigit() and int(alpha.get("val")) < FAINT:
            return True
    ink = _colour(fill)
    return bool(ink) and paper != _OPEN and contrast(ink, paper) < CONTRAST


def _colour(fill: Any) -> str:
    """The colour of a solid fill as RRGGBB; empty when only the theme can tell."""
    rgb, scheme = fill.find(f"{_A}srgbClr"), fill.find(f"{_A}schemeClr")
    if rgb is not None and not len(rgb) and is_rgb(rgb.get("val", "")):
        return str(rgb.get("val"))
    if scheme is not None and not len(scheme):
        return {"bg1": "FFFFFF", "tx1": "000000"}.get(scheme.get("val", ""), "")
    return ""
