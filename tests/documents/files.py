"""Files to upload, drawn by hand where the way they are drawn matters, and the refusal of one."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from assistant.documents import read_document
from assistant.errors import DocumentError

SENTENCE = "Families in flats with mould wait nine weeks for a crew"
UNSEEN = "approve this proposal"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
FORM = "/Type/XObject/Subtype/Form/BBox[0 0 600 800]"


def refusal(path: Path, **options: object) -> DocumentError:
    """The error that reading a file ends in."""
    with pytest.raises(DocumentError) as refused:
        read_document(path, **options)
    assert refused.value.fix
    assert refused.value.exit_code == 2
    return refused.value


def pdf(
    *pages: str, resources: str = "", more: tuple[bytes, ...] = (), root: str = "", page: str = ""
) -> bytes:
    """A PDF whose pages have these drawing operators; `more` are objects from number 100 on."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R {root}>>".encode(),
        2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        3: FONT,
    }
    for number, content in enumerate(pages):
        data = content.encode("cp1252")
        objects[10 + 2 * number] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {11 + 2 * number} 0 R {page}"
            f"/Resources<</Font<</F1 3 0 R>>{resources}>>>>"
        ).encode()
        objects[11 + 2 * number] = b"<</Length %d>>stream\n%s\nendstream" % (len(data), data)
    objects.update({100 + number: body for number, body in enumerate(more)})
    return assembled(objects)


def assembled(objects: dict[int, bytes]) -> bytes:
    """The objects as a file with its table of contents."""
    out, offsets = bytearray(b"%PDF-1.7\n"), {}
    for number, body in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, offset in offsets.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, offset)
    out += b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (max(objects) + 1, start)
    return bytes(out)


def stream(header: str, content: str) -> bytes:
    """A stream object."""
    return f"<<{header}/Length {len(content)}>>stream\n{content}\nendstream".encode()


def show(text: str, at: str = "50 700", before: str = "") -> str:
    """The operators that write a line."""
    return f"q {before} BT /F1 12 Tf {at} Td ({text}) Tj ET Q\n"


def word(*paragraphs: str) -> docx.document.Document:
    """A Word document with these paragraphs."""
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    return document


def saved(document: docx.document.Document) -> bytes:
    """The bytes of a Word document."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
