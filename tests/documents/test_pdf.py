"""PDF files that people upload: what is read, what is left out, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from assistant.documents import read_document
from assistant.extraction.base import RefusalError
from assistant.extraction.pdf import joined_lines, read_pdf
from tests.documents.files import FORM, SENTENCE, UNSEEN, pdf, refusal, show, stream


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    """Lines that belong to one sentence are put together; pages and paragraphs are kept apart."""
    first = show("Los niños esperan más") + show("de nueve semanas.", "50 685") + show("Otra línea", "50 640")
    (tmp_path / "a.pdf").write_bytes(pdf(first, show("Segunda página")))

    document = read_document(tmp_path / "a.pdf")

    assert document.text.split("\n") == [
        "Los niños esperan más de nueve semanas.",
        "Otra línea",
        "",
        "",
        "Segunda página",
    ]
    assert (document.pages, document.notices) == (2, ())


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        ("families wait\nnine weeks", "families wait nine weeks"),
        ("families wait.\nnine weeks", "families wait.\nnine weeks"),
        ("Who decides\nThe water office", "Who decides\nThe water office"),
        ("a data-\ndriven city", "a data-driven city"),
        ("cost 5 -\nsix", "cost 5 - six"),
        ("one\n\ntwo", "one\n\ntwo"),
    ],
)
def test_lines_are_joined_only_where_a_sentence_goes_on(lines: str, joined: str) -> None:
    """A line end inside a sentence is a matter of layout, any other is the author's."""
    assert joined_lines(lines).strip() == joined


HIDDEN_LAYER = b"<</Type/OCG/Name(extra)>>"
HIDING = {
    "render mode": {"content": show(UNSEEN, before="3 Tr")},
    "clipping mode": {"content": show(UNSEEN, before="7 Tr")},
    "white": {"content": show(UNSEEN, before="1 g")},
    "white rgb": {"content": show(UNSEEN, before="1 1 1 rg")},
    "nearly white": {"content": show(UNSEEN, before=".97 .98 .97 rg")},
    "no ink": {"content": show(UNSEEN, before="0 0 0 0 k")},
    "white by name": {"content": show(UNSEEN, before="/DeviceRGB cs 1 1 1 scn")},
    "white on a white box": {"content": f"0 g 0 0 600 800 re f 1 g 0 600 600 200 re f {show(UNSEEN)}"},
    "tiny": {"content": f"BT /F1 1 Tf 50 700 Td ({UNSEEN}) Tj ET"},
    "tiny by matrix": {"content": f"BT /F1 12 Tf .1 0 0 .1 50 700 Tm ({UNSEEN}) Tj ET"},
    "tiny by scale": {"content": f"q .1 0 0 .1 0 0 cm BT /F1 12 Tf 500 7000 Td ({UNSEEN}) Tj ET Q"},
    "above the page": {"content": show(UNSEEN, "50 900")},
    "left of the page": {"content": show(UNSEEN, "-900 700")},
    "right of the page": {"content": show(UNSEEN, "700 700")},
    "in an array": {"content": f"3 Tr BT /F1 12 Tf 50 700 Td [({UNSEEN[:9]}) -20 ({UNSEEN[9:]})] TJ ET 0 Tr"},
    "by apostrophe": {"content": f"3 Tr BT /F1 12 Tf 12 TL 50 700 Td ({UNSEEN}) ' ET 0 Tr"},
    "by quotation mark": {"content": f'3 Tr BT /F1 12 Tf 12 TL 50 700 Td 0 0 ({UNSEEN}) " ET 0 Tr'},
    "transparent": {
        "content": show(UNSEEN, before="/G1 gs"),
        "resources": "/ExtGState<</G1<</ca 0>>>>",
    },
    "layer": {
        "content": f"/OC /L1 BDC {show(UNSEEN)} EMC",
        "resources": "/Properties<</L1 100 0 R>>",
        "more": (HIDDEN_LAYER,),
        "root": "/OCProperties<</OCGs[100 0 R]/D<</OFF[100 0 R]>>>>",
    },
    "white in a form": {
        "content": "q /X1 Do Q",
        "resources": "/XObject<</X1 100 0 R>>",
        "more": (
            stream(
                f"{FORM}/Resources<</Font<</F1 3 0 R>>>>",
                show(UNSEEN, before="1 g"),
            ),
        ),
    },
    "form painted white outside": {
        "content": "q 1 g /X1 Do Q",
        "resources": "/XObject<</X1 100 0 R>>",
        "more": (stream(f"{FORM}/Resources<</Font<</F1 3 0 R>>>>", show(UNSEEN)),),
    },
    "form made tiny": {
        "content": "q /X1 Do Q",
        "resources": "/XObject<</X1 100 0 R>>",
        "more": (
            stream(
                f"{FORM}/Matrix[.1 0 0 .1 0 0]/Resources<</Font<</F1 3 0 R>>>>",
                show(UNSEEN, "500 5000"),
            ),
        ),
    },
}


@pytest.mark.parametrize("how", HIDING)
def test_hidden_text_in_a_pdf_is_left_out_and_counted(how: str) -> None:
    """Whichever way text is hidden, it is not judged, and what stands around it is."""
    parts = dict(HIDING[how])
    content = f"{show(SENTENCE)}{parts.pop('content')}\n{show('every Monday', '50 300')}"

    extract = read_pdf(pdf(content, **parts))

    assert extract.text.split() == [*SENTENCE.split(), "every", "Monday"]
    assert extract.hidden == len(UNSEEN)


SEEN = {
    "white on a dark box": {"content": f"0 0 .4 rg 0 600 600 200 re f {show(SENTENCE, before='1 g')}"},
    "white on a drawn shape": {
        "content": f"0 g 0 600 m 600 600 l 600 800 l 0 800 l f {show(SENTENCE, before='1 g')}"
    },
    "white on a picture": {
        "content": f"q 600 0 0 800 0 0 cm /X1 Do Q {show(SENTENCE, before='1 g')}",
        "resources": "/XObject<</X1 100 0 R>>",
        "more": (
            stream(
                "/Type/XObject/Subtype/Image/Width 1/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray", "x"
            ),
        ),
    },
    "full tint of a spot colour": {
        "content": show(SENTENCE, before="/S1 cs 1 scn"),
        "resources": "/ColorSpace<</S1[/Separation/Deep/DeviceCMYK 100 0 R]>>",
        "more": (b"<</FunctionType 2/Domain[0 1]/C0[0 0 0 0]/C1[1 1 0 0]/N 1>>",),
    },
    "size in the matrix": {"content": f"BT /F1 1 Tf 12 0 0 12 50 700 Tm ({SENTENCE}) Tj ET"},
    "turned by a quarter": {"content": f"BT /F1 12 Tf 0 1 -1 0 300 50 Tm ({SENTENCE}) Tj ET"},
    "grey": {"content": show(SENTENCE, before=".5 g")},
    "mode back to normal": {"content": f"q 3 Tr Q {show(SENTENCE)}"},
    "shown layer": {
        "content": f"/OC /L1 BDC {show(SENTENCE)} EMC",
        "resources": "/Properties<</L1 100 0 R>>",
        "more": (HIDDEN_LAYER,),
        "root": "/OCProperties<</OCGs[100 0 R]/D<</OFF[]>>>>",
    },
    "after a white form": {
        "content": f"/X1 Do {show(SENTENCE)}",
        "resources": "/XObject<</X1 100 0 R>>",
        "more": (stream(FORM, "q q 1 g 3 Tr"),),
    },
    "operators that make no sense": {"content": f"Q Q (x) Tr 1 1 rg /None gs EMC 5 re f {show(SENTENCE)}"},
}


@pytest.mark.parametrize("how", SEEN)
def test_visible_text_in_a_pdf_is_read(how: str) -> None:
    """What a reader sees is never taken for hidden text."""
    parts = dict(SEEN[how])

    extract = read_pdf(pdf(parts.pop("content"), **parts))

    assert (extract.text.split(), extract.hidden) == (SENTENCE.split(), 0)


def test_hidden_text_of_a_pdf_is_reported_with_the_document(tmp_path: Path) -> None:
    """The notice reaches whoever asked for the document."""
    (tmp_path / "a.pdf").write_bytes(pdf(show(SENTENCE) + show(UNSEEN, "50 600", before="3 Tr")))

    document = read_document(tmp_path / "a.pdf")

    assert document.text == SENTENCE
    assert document.notices[0].count == len(UNSEEN)


def test_filled_in_form_fields_are_read() -> None:
    """Answers typed into a form are part of the proposal, unless the field is not shown."""
    fields = (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/TU(Who decides)/V(the water office)/Rect[0 0 9 9]>>",
        b"<</Type/Annot/Subtype/Widget/FT/Tx/V(%s)/F 2/Rect[0 0 9 9]>>" % UNSEEN.encode(),
    )

    extract = read_pdf(pdf(show(SENTENCE), more=fields, page="/Annots[100 0 R 101 0 R]"))

    assert extract.text.strip() == f"{SENTENCE}\nWho decides: the water office"
    assert extract.hidden == len(UNSEEN)


def protected(data: bytes, user: str) -> bytes:
    """A copy of a PDF that asks for a password, or with an empty one only forbids copying."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user, "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_pdf_with_a_password_is_refused_and_one_that_only_forbids_copying_is_read(tmp_path: Path) -> None:
    """Only a file that its reader could not open without a password is refused for one."""
    (tmp_path / "closed.pdf").write_bytes(protected(pdf(show(SENTENCE)), "password"))
    (tmp_path / "open.pdf").write_bytes(protected(pdf(show(SENTENCE)), ""))

    assert refusal(tmp_path / "closed.pdf").key == "encrypted_pdf"
    assert read_document(tmp_path / "open.pdf").text == SENTENCE


def test_a_scanned_pdf_is_refused_also_when_text_lies_unseen_behind_the_picture(tmp_path: Path) -> None:
    """Pages of pictures have no text to judge; what a scanner guessed at is not seen by the applicant."""
    (tmp_path / "scan.pdf").write_bytes(pdf("q 600 0 0 800 0 0 cm Q"))
    (tmp_path / "guessed.pdf").write_bytes(pdf(show(UNSEEN, before="3 Tr")))

    assert refusal(tmp_path / "scan.pdf").key == "empty_pdf"
    guessed = refusal(tmp_path / "guessed.pdf")
    assert (guessed.key, guessed.details["hidden"]) == ("empty_pdf", len(UNSEEN))


def test_a_pdf_of_too_many_pages_is_refused_and_one_within_the_limit_read() -> None:
    """Sixty pages are read, sixty-one are not, and none is cut."""
    assert read_pdf(pdf(*[show(SENTENCE)] * 60)).pages == 60
    with pytest.raises(RefusalError) as refused:
        read_pdf(pdf(*[show(SENTENCE)] * 61))
    assert refused.value.key == "too_long"
    assert refused.value.details["pages"] == 61


def test_a_pdf_that_was_cut_off_never_ends_in_a_traceback(tmp_path: Path) -> None:
    """Half an upload is read as far as it goes or refused."""
    data = pdf(show(SENTENCE), show(SENTENCE))
    (tmp_path / "a.pdf").write_bytes(data[: len(data) // 3])

    assert refusal(tmp_path / "a.pdf").key in ("unreadable", "empty_pdf")
