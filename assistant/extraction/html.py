"""The text of a web page as its reader sees it, under its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import Comment, NavigableString, PreformattedString, Tag

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.extraction.package import CONTRAST, contrast, is_rgb
from assistant.safety import decode_raw

_NO_TEXT = {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "select"}
_BLOCKS = frozenset(
    """
    address article aside blockquote body br caption dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol option p pre section summary table
    tbody tfoot thead tr ul
    """.split()  # noqa: SIM905 - a list to be read, not a tower
)
_HEADING = re.compile(r"h[1-6]$")
_RULE = re.compile(r"([^{}@;]+)\{([^{}]*)\}")
_PRINT = re.compile(r"@media\s+print[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", re.IGNORECASE)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AWAY = re.compile(r"-\d{3,}(\.\d+)?(px|em|rem|pt|vw|vh|%)|-\d{2,}(\.\d+)?(em|rem)")
_NAMED = {"white": "FFFFFF", "black": "000000", "transparent": "transparent"}
_SELECTORS = 2_000


def read_html(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The visible text, heading by heading. What comments and styles hide is left out and counted."""
    declared = EncodingDetector.find_declared_encoding(data, is_html=True)
    page = BeautifulSoup(_decoded(data, declared), "lxml")
    reader = Reader(_hidden_by_rules(page))
    parts = tuple(reader.parts(page))
    text = "\n".join(part.text for part in parts)
    if not text.strip():
        raise RefusalError("empty_file", hidden=reader.hidden)
    return Extract(text=text, pages=None, hidden=reader.hidden, parts=parts)


def _decoded(data: bytes, declared: str | None) -> str:
    if declared:
        try:
            return data.decode(declared)
        except (LookupError, UnicodeDecodeError):
            pass  # a page that is wrong about itself is read like one that says nothing
    return decode_raw(data)


@dataclass
class Reader:
    """Walks a page in reading order and counts what it leaves out."""

    unseen: set[int]
    """The identities of elements that rules of the page's own style sheets hide."""
    hidden: int = 0
    _name: str = ""
    _held: list[str] = field(default_factory=list)

    def parts(self, page: Tag) -> Iterator[Part]:
        """The visible text under each heading."""
        for piece, heading in self._pieces(page):
            if heading:
                yield from self._part()
                self._name = " ".join(piece.split())
            self._held.append(piece)
        yield from self._part()

    def _part(self) -> Iterator[Part]:
        text = _tidy("".join(self._held))
        if text:
            yield Part("heading", text, self._name)
        self._held = []

    def _pieces(self, top: Tag) -> Iterator[tuple[str, bool]]:
        """Each stretch of text, and whether it is a whole heading. A loop, as pages may be nested very deeply."""
        waiting: list[Any] = [top]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str) and not isinstance(node, NavigableString):
                yield node, False  # the end of a block
            elif isinstance(node, PreformattedString):
                self.hidden += len(node.strip()) if isinstance(node, Comment) else 0
            elif isinstance(node, NavigableString):
                yield re.sub(r"\s+", " ", node), False
            elif self._skips(node):
                continue
            elif _HEADING.match(node.name):
                yield f"\n{self._line(node)}\n", True
            else:
                block = "\n" if node.name in _BLOCKS else " | " if node.name in ("td", "th") else ""
                if block and node.name not in ("td", "th"):
                    yield block, False
                waiting.append(block)
                waiting.extend(reversed(node.contents))

    def _line(self, heading: Tag) -> str:
        return "".join(piece for child in heading.children for piece, _ in self._pieces_of(child))

    def _pieces_of(self, node: Any) -> Iterator[tuple[str, bool]]:
        return self._pieces(node) if isinstance(node, Tag) else iter([(str(node), False)])

    def _skips(self, node: Tag) -> bool:
        if node.name in _NO_TEXT:
            return True
        if id(node) in self.unseen or _hides_itself(node):
            self.hidden += len(" ".join(node.get_text(" ").split()))
            return True
        return False


def _hides_itself(node: Tag) -> bool:
    if node.has_attr("hidden") or (node.name == "input" and node.get("type") == "hidden"):
        return True
    style = node.get("style")
    return isinstance(style, str) and hides(style)


def hides(style: str) -> bool:
    """Whether declarations of a style make a reader see nothing."""
    said = {}
    for declaration in _CSS_COMMENT.sub("", style).lower().split(";"):
        key, _, value = declaration.partition(":")
        said[key.strip()] = value.replace("!important", "").strip()
    if said.get("display") == "none" or said.get("visibility") in ("hidden", "collapse"):
        return True
    if _number(said.get("opacity")) < 0.05 or _points(said.get("font-size", "")) < 3:
        return True
    if said.get("position") in ("absolute", "fixed") and any(
        _AWAY.match(said.get(side, "")) for side in ("left", "top", "right", "bottom")
    ):
        return True
    clipped = said.get("overflow") == "hidden" and 0 in (
        _points(said.get(k, "")) for k in ("height", "width")
    )
    return clipped or bool(_AWAY.match(said.get("text-indent", ""))) or _same_colour(said)


def _same_colour(said: dict[str, str]) -> bool:
    ink = _colour(said.get("color", ""))
    paper = _colour(said.get("background-color", "") or said.get("background", "")) or "FFFFFF"
    if ink == "transparent":
        return True
    return bool(ink) and paper != "transparent" and contrast(ink, paper) < CONTRAST


def _colour(value: str) -> str:
    """The colour as RRGGBB; "transparent", or empty when it cannot be told."""
    value = value.strip()
    if value in _NAMED:
        return _NAMED[value]
    if value.startswith("#"):
        digits = value[1:]
        digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
        return digits if is_rgb(digits) else ""
    found = re.fullmatch(r"rgba?\(\s*(\d+)\D+(\d+)\D+(\d+)(?:\D+?([\d.]+%?))?\s*\)", value)
    if found is None:
        return ""
    if found[4] is not None and _number(found[4].rstrip("%")) == 0:
        return "transparent"
    return "".join(f"{min(int(part), 255):02X}" for part in found.groups()[:3])


def _number(value: str | None) -> float:
    try:
        return float(value or "nan")
    except ValueError:
        return float("nan")  # compares as false with everything


def _points(value: str) -> float:
    """A length in points; not a number where it cannot be told."""
    found = re.fullmatch(r"([\d.]+)(px|pt|em|rem|)", value.strip())
    if found is None:
        return float("nan")
    return _number(found[1]) * {"px": 0.75, "pt": 1, "em": 12, "rem": 12, "": 1}[found[2]]


def _hidden_by_rules(page: BeautifulSoup) -> set[int]:
    """The elements that the page's own style sheets hide on a screen."""
    hidden: set[int] = set()
    rules = 0
    for sheet in page.find_all("style"):
        css = _PRINT.sub("", _CSS_COMMENT.sub("", sheet.get_text()))
        for selector, declarations in _RULE.findall(css):
            if ":" in selector or not hides(declarations):
                continue  # a state such as :hover hides nothing at rest
            rules += 1
            if rules > _SELECTORS:
                raise RefusalError("unreadable", reason="its style sheets hide too much")
            try:
                hidden.update(id(node) for node in page.select(selector.strip()))
            except Exception:  # noqa: S112, BLE001 - soupsieve's errors for selectors that it does not know
                continue
    return hidden


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()).removesuffix(" |") for line in text.split("\n"))
    return re.sub(r"\n+", "\n", "\n".join(lines)).strip()
