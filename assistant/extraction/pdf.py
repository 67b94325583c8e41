"""The text of a PDF as its reader sees it."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import DictionaryObject

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.extraction.sight import Page, Sight

_HIDDEN_FIELD = 2 | 32
"""Flags of a form field that is not shown."""


def read_pdf(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The visible text and the filled-in form fields, page by page."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)  # it remarks on every oddity of a file
    try:
        reader = _opened(data)
        count = len(reader.pages)
        if count > bounds.pages:
            raise RefusalError("too_long", pages=count, limit=f"{bounds.pages} pages")
        return _read(reader)
    except (MemoryError, RefusalError):
        raise
    except DependencyError as error:  # the cipher of a protected file
        raise RefusalError("encrypted_pdf") from error
    except Exception as error:  # pypdf raises whatever a damaged file leads it to
        raise RefusalError("unreadable", cause=type(error).__name__) from error


def _opened(data: bytes) -> PdfReader:
    try:
        reader = PdfReader(io.BytesIO(data))
    except PyPdfError as error:
        raise RefusalError("unreadable", cause=type(error).__name__) from error
    # A file that only forbids printing or copying opens with an empty password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise RefusalError("encrypted_pdf")
    return reader


def _read(reader: PdfReader) -> Extract:
    switched_off = _layers_switched_off(reader)
    texts: list[str] = []
    hidden = 0
    for page in reader.pages:
        sight = Sight(_look(page), switched_off)
        text = page.extract_text(visitor_operand_before=sight.before, visitor_operand_after=sight.after)
        fields, unseen = _fields(page)
        texts.append(joined_lines("\n".join([text, *fields])))
        hidden += sight.hidden + unseen
    text = "\n\n".join(texts)
    if not text.strip():
        raise RefusalError("empty_pdf", pages=len(texts), hidden=hidden)
    parts = tuple(Part("page", told, first=number) for number, told in enumerate(texts, start=1))
    return Extract(text=text, pages=len(texts), hidden=hidden, parts=parts)


def _look(page: PageObject) -> Page:
    box = page.cropbox
    resources = page.get("/Resources")
    return Page(
        left=float(box.left),
        bottom=float(box.bottom),
        right=float(box.right),
        top=float(box.top),
        resources=resources.get_object() if resources is not None else DictionaryObject(),
    )


def _layers_switched_off(reader: PdfReader) -> frozenset[int]:
    """The object numbers of the layers that are not shown when the file is opened."""
    root: Any = reader.trailer["/Root"]
    properties = root.get_object().get("/OCProperties")
    default = None if properties is None else properties.get_object().get("/D")
    off = None if default is None else default.get_object().get("/OFF")
    layers = [] if off is None else off.get_object()
    return frozenset(layer.idnum for layer in layers if hasattr(layer, "idnum"))


def _fields(page: PageObject) -> tuple[list[str], int]:
    """What is filled in on a page's form, and how many characters of it are not shown."""
    shown: list[str] = []
    unseen = 0
    annotations = page.get("/Annots")
    for reference in [] if annotations is None else annotations.get_object():
        widget = reference.get_object()
        if widget.get("/Subtype") != "/Widget" or _inherited(widget, "/FT") not in ("/Tx", "/Ch"):
            continue
        value = _inherited(widget, "/V")
        if not isinstance(value, str):
            continue
        if int(widget.get("/F", 0)) & _HIDDEN_FIELD:
            unseen += len(value)
        else:
            label = _inherited(widget, "/TU")
            shown.append(f"{label}: {value}" if isinstance(label, str) else value)
    return shown, unseen


def _inherited(field: Any, key: str) -> Any:
    for _ in range(8):  # a field seldom has more than one parent; a hostile one may be its own
        if key in field:
            return field[key]
        if "/Parent" not in field:
            return None
        field = field["/Parent"].get_object()
    return None


def joined_lines(text: str) -> str:
    """The text with the lines of a paragraph put together, where a line clearly goes on in the next."""
    return "\n".join(_paragraphs(text))


def _paragraphs(text: str) -> Iterator[str]:
    held = ""
    for line in (line.strip() for line in text.split("\n")):
        if held and line and line[0].islower() and not held.endswith((".", ":", ";", "!", "?")):
            held += line if held.endswith("-") and held[-2:-1].isalpha() else f" {line}"
        else:
            yield held
            held = line
    yield held
