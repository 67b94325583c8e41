"""Files to be read: made by the libraries that offices' programs are closest to, then changed where needed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
from openpyxl import Workbook
from pptx import Presentation
from pptx.util import Inches


def word(*paragraphs: tuple[str, str]) -> bytes:
    """A Word file of paragraphs, each with the name of its style."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style=style)
    return saved(document.save)


def deck(*slides: tuple[str, str]) -> bytes:
    """A PowerPoint file of slides with a title and a text."""
    shown = Presentation()
    for title, text in slides:
        slide = shown.slides.add_slide(shown.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    return saved(shown.save)


def box(slide: object, text: str, left: float = 1, top: float = 1) -> object:
    """A text box on a slide, placed in inches; gives its run."""
    shape = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(3), Inches(1))  # type: ignore[attr-defined]
    shape.text_frame.text = text
    return shape.text_frame.paragraphs[0].runs[0]


def book(rows: list[list[object]], title: str = "Budget") -> Workbook:
    """A workbook with one sheet."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return made


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    """What a library writes."""
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def repacked(
    data: bytes, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None
) -> bytes:
    """A package with its entries changed, and others added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, change(entry.filename, old.read(entry)))
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return file.getvalue()


def bomb(data: bytes, megabytes: int) -> bytes:
    """A package that unpacks into so many megabytes more."""
    return repacked(data, lambda _, content: content, {"docProps/pad.xml": b" " * (megabytes * 2**20)})


def locked() -> bytes:
    """What a password makes of an Office file: an older container that holds an encrypted package."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )
