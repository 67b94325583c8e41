"""Which text of a PDF page can be seen: told by following the page's drawing operators."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]

IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
TINY = 3.0
"""Points below which text is not meant to be read."""
PALE = 0.79
"""Luminance from which text on white cannot be told from it: a contrast under 1.25."""
FAINT = 0.05
"""Opacity below which nothing shows."""
_UNSEEN_MODES = (3, 7)
_SHOWING = (b"Tj", b"TJ", b"'", b'"')
_FILLING = (b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*")
_PATH_ENDS = (*_FILLING, b"S", b"s", b"n")


@dataclass(frozen=True)
class Page:
    """What of a page decides what is seen on it."""

    left: float
    bottom: float
    right: float
    top: float
    resources: Any


@dataclass(frozen=True)
class Ink:
    """The part of the graphics state that decides whether text is seen."""

    mode: int = 0
    size: float = 12.0
    wide: bool = False
    """The font writes a character in two bytes."""
    unit: float = 1.0
    """How much larger than usual the font's own units are; only drawn fonts have their own."""
    luminance: float | None = 0.0
    """Of the colour that fills; None for a pattern or a colour that cannot be told."""
    space: str = ""
    """The colour space that was chosen by name, if any."""
    opacity: float = 1.0

    @property
    def pale(self) -> bool:
        """Whether this colour cannot be told from white."""
        return self.luminance is not None and self.luminance > PALE


@dataclass
class Drawing:
    """A drawing that the page contains, with its own resources, place and graphics state."""

    resources: Any
    base: Matrix
    before: Ink
    depth: int
    switched_off: bool


@dataclass
class Sight:
    """Follows the operators of one page, blanks the text that nobody sees, and counts it."""

    page: Page
    switched_off: frozenset[int]
    """The object numbers of the layers that are not shown."""
    hidden: int = 0
    ink: Ink = Ink()
    _saved: list[Ink] = field(default_factory=list)
    _drawings: list[Drawing] = field(default_factory=list)
    _marks: list[bool] = field(default_factory=list)
    """For each marked stretch that is open, whether its layer is switched off."""
    _points: list[tuple[float, float]] = field(default_factory=list)
    _areas: list[tuple[Box, bool]] = field(default_factory=list)
    """What has been painted so far, and whether it is pale."""

    def before(self, operator: bytes, operands: Any, cm: Sequence[float], tm: Sequence[float]) -> None:
        """Take in one operator; pypdf calls this before it reads the operator itself."""
        here = times(_matrix(cm), self._drawings[-1].base if self._drawings else IDENTITY)
        if operator == b"Do":
            self._drawings.append(self._drawing(operands, here))
            return
        # As viewers do, pass over an operator whose operands make no sense.
        with contextlib.suppress(IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
            if operator in _SHOWING:
                self._show(operands, times(_matrix(tm), here))
            else:
                self._note(operator, operands, here)

    def after(self, operator: bytes, operands: Any, cm: Sequence[float], tm: Sequence[float]) -> None:
        """Leave a drawing as it was entered."""
        if operator == b"Do" and self._drawings:
            drawing = self._drawings.pop()
            self.ink = drawing.before
            del self._saved[drawing.depth :]

    # --- text ----------------------------------------------------------------------------------------------

    def _show(self, operands: Any, here: Matrix) -> None:
        texts = [item for operand in operands for item in _strings(operand)]
        length = sum(map(len, texts)) // (2 if self.ink.wide else 1)
        if length and self._unseen(here, length):
            self.hidden += length
            operands[-1] = b""

    def _unseen(self, here: Matrix, length: int) -> bool:
        size = abs(self.ink.size) * self.ink.unit * math.hypot(here[2], here[3])
        if self.ink.mode in _UNSEEN_MODES or self.ink.opacity < FAINT or size < TINY:
            return True
        if any(self._marks) or any(drawing.switched_off for drawing in self._drawings):
            return True
        return self._off_page(here, size, length) or (self.ink.pale and self._on_pale(here, size))

    def _off_page(self, here: Matrix, size: float, length: int) -> bool:
        """Whether a line of text neither starts, nor ends, nor passes on the page."""
        ahead = math.hypot(here[0], here[1]) or 1.0
        reach = size * length * 0.6 / ahead
        ends = [(here[4], here[5]), (here[4] + here[0] * reach, here[5] + here[1] * reach)]
        left, bottom, right, top = _around(ends)
        page = self.page
        beside = right + size < page.left or left > page.right
        return beside or top + size < page.bottom or bottom > page.top

    def _on_pale(self, here: Matrix, size: float) -> bool:
        """Whether what was painted last where a line of text starts is as good as white."""
        x, y = here[4] + here[2] * self.ink.size / 4, here[5] + here[3] * self.ink.size / 4
        for (left, bottom, right, top), pale in reversed(self._areas):
            if left <= x + size and x <= right and bottom <= y <= top:
                return pale
        return True

    # --- everything else -----------------------------------------------------------------------------------

    def _note(self, operator: bytes, operands: Any, here: Matrix) -> None:
        if operator == b"q":
            self._saved.append(self.ink)
        elif operator == b"Q":
            if len(self._saved) > (self._drawings[-1].depth if self._drawings else 0):
                self.ink = self._saved.pop()
        elif operator in (b"BDC", b"BMC"):
            self._marks.append(operator == b"BDC" and self._off(operands))
        elif operator == b"EMC":
            self._marks.pop()
        elif operator in (b"Tr", b"Tf", b"gs"):
            self._set(operator, operands)
        elif operator in _COLOURS:
            self._colour(operator, operands)
        else:
            self._paint(operator, operands, here)

    def _set(self, operator: bytes, operands: Any) -> None:
        if operator == b"Tr":
            self.ink = replace(self.ink, mode=int(operands[0]))
        elif operator == b"Tf":
            wide, unit = _font(self._resource("/Font", operands[0]))
            self.ink = replace(self.ink, size=float(operands[1]), wide=wide, unit=unit)
        else:
            state = self._resource("/ExtGState", operands[0])
            if "/ca" in state:
                self.ink = replace(self.ink, opacity=float(state["/ca"]))

    def _colour(self, operator: bytes, operands: Any) -> None:
        if operator == b"cs":
            # Every space starts with black, or with something that cannot be told.
            self.ink = replace(self.ink, space=str(operands[0]), luminance=0.0)
            return
        values = [float(operand) for operand in operands if isinstance(operand, int | float)]
        if operator in (b"sc", b"scn") and not self._is_plain(self.ink.space, len(values)):
            self.ink = replace(self.ink, luminance=None)
        elif len(values) == len(operands):
            self.ink = replace(self.ink, luminance=luminance(values))

    def _is_plain(self, space: str, components: int) -> bool:
        """Whether the components of a colour space are grey, red-green-blue or process inks."""
        if space in ("/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/CalRGB", "/CalGray"):
            return True
        try:
            return self._resource("/ColorSpace", space)[0] in ("/ICCBased", "/CalRGB", "/CalGray")
        except (KeyError, IndexError, TypeError, AttributeError):
            return False

    def _paint(self, operator: bytes, operands: Any, here: Matrix) -> None:
        if operator == b"re":
            x, y, width, height = map(float, operands)
            self._points += _corners(here, x, y, width, height)
        elif operator in (b"m", b"l", b"c", b"v", b"y"):
            values = [float(operand) for operand in operands]
            self._points += [_at(here, x, y) for x, y in zip(values[::2], values[1::2], strict=True)]
        elif operator in _PATH_ENDS:
            if operator in _FILLING and self._points and self.ink.opacity >= FAINT:
                self._areas.append((_around(self._points), self.ink.pale))
            self._points.clear()
        elif operator == b"sh":
            self._areas.append(((self.page.left, self.page.bottom, self.page.right, self.page.top), False))
        elif operator == b"INLINE IMAGE":
            self._areas.append((_around(_corners(here, 0, 0, 1, 1)), False))

    def _drawing(self, operands: Any, here: Matrix) -> Drawing:
        """Enter what `Do` draws: an image paints an area, a form is followed in its turn."""
        resources, base, off = self._resources, here, False
        with contextlib.suppress(IndexError, KeyError, TypeError, ValueError, AttributeError):
            drawn = self._resource("/XObject", operands[0])
            off = "/OC" in drawn and self._is_off(drawn.raw_get("/OC"))
            if drawn.get("/Subtype") == "/Image":
                self._areas.append((_around(_corners(here, 0, 0, 1, 1)), False))
            else:
                resources = drawn["/Resources"].get_object() if "/Resources" in drawn else resources
                base = times(_matrix(drawn.get("/Matrix", IDENTITY)), here)
        return Drawing(resources, base, self.ink, len(self._saved), off)

    def _off(self, operands: Any) -> bool:
        properties = self._resources.get("/Properties")
        if operands[0] != "/OC" or properties is None:
            return False
        return self._is_off(properties.get_object().raw_get(operands[1]))

    def _is_off(self, reference: Any) -> bool:
        """Whether a layer is not shown, or all the layers of a group."""
        if getattr(reference, "idnum", None) in self.switched_off:
            return True
        group = reference.get_object()
        layers = group.raw_get("/OCGs") if "/OCGs" in group else []
        layers = [layers] if hasattr(layers, "idnum") else layers
        return bool(layers) and all(getattr(layer, "idnum", None) in self.switched_off for layer in layers)

    @property
    def _resources(self) -> Any:
        return self._drawings[-1].resources if self._drawings else self.page.resources

    def _resource(self, kind: str, name: str) -> Any:
        return self._resources[kind].get_object()[name].get_object()


_COLOURS = (b"g", b"rg", b"k", b"cs", b"sc", b"scn")


def luminance(values: Sequence[float]) -> float | None:
    """How light a grey, red-green-blue or process colour is, from 0 to 1; None for anything else."""
    if len(values) == 4:
        black = values[3]
        values = [(1 - ink) * (1 - black) for ink in values[:3]]
    if len(values) == 1:
        values = [values[0]] * 3
    if len(values) != 3:
        return None
    clipped = (min(max(v, 0.0), 1.0) for v in values)
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in clipped)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does `first`, then `then`."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _matrix(values: Any) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return (a, b, c, d, e, f)


def _at(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return (a * x + c * y + e, b * x + d * y + f)


def _corners(matrix: Matrix, x: float, y: float, width: float, height: float) -> list[tuple[float, float]]:
    return [_at(matrix, x + right * width, y + up * height) for right in (0, 1) for up in (0, 1)]


def _around(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return (min(xs), min(ys), max(xs), max(ys))


def _strings(operand: Any) -> list[bytes | str]:
    if isinstance(operand, list):
        return [item for item in operand if isinstance(item, bytes | str)]
    return [operand] if isinstance(operand, bytes | str) else []


def _font(font: Any) -> tuple[bool, float]:
    """Whether a font writes two bytes a character, and how large its own units are."""
    if font.get("/Subtype") == "/Type3" and "/FontMatrix" in font:
        matrix = _matrix(font["/FontMatrix"])
        return False, max(math.hypot(matrix[2], matrix[3]) * 1000, 1e-6)
    return font.get("/Subtype") == "/Type0", 1.0
