"""Files that cannot be added: refused with a remedy, unread where that is enough to know."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

import pytest
from pypdf import PdfWriter

from assistant.extraction.base import Bounds
from assistant.extraction.child import Effort
from assistant.retrieval.added import files_dir
from assistant.retrieval.building import current_catalogue
from assistant.retrieval.reading import Limits
from assistant.settings import Settings
from tests.documents.files import pdf
from tests.extraction.files import bomb, book, deck, locked, saved, word
from tests.retrieval.adding import OTTERS, add, refusal, written


def slow_pdf() -> bytes:
    """A small PDF whose only page draws without end."""
    return pdf("q " * 10 + "BT /F1 12 Tf 10 700 Td " + "(a) Tj " * 1_500_000 + "ET")


def scanned_pdf() -> bytes:
    """A PDF with a page and no text."""
    return pdf("0 0 600 800 re f")


def locked_pdf() -> bytes:
    """A PDF that opens with a password alone."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("secret", algorithm="RC4-128")
    return saved(writer.write)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.pdf", scanned_pdf(), "only pictures"),
        ("a.pdf", locked_pdf(), "password"),
        ("a.docx", locked(), "password"),
        ("a.docx", bomb(word(("Normal", "x")), 301), "larger than"),
        ("a.pptx", bomb(deck(("x", "y")), 301), "larger than"),
        ("a.xlsx", bomb(saved(book([["x"]]).save), 301), "larger than"),
        ("a.txt", b"%PDF-1.7", "not a text file"),
        ("a.txt", b"", "no text"),
        ("a.odt", b"x", "cannot be read"),
    ],
)
def test_a_bad_file_is_refused_with_its_remedy_and_the_good_one_beside_it_is_taken(
    small: Settings, tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    """One file that cannot be read is not the end of the others."""
    bad, good = written(tmp_path / name, data), written(tmp_path / "good.txt", OTTERS)

    refused, taken = add(small, bad, good)

    assert says in refusal([refused]).why
    assert taken.change == "added"
    assert [s.id for s in current_catalogue(small).sources] == ["good"]
    assert len(list(files_dir(small).iterdir())) == 1


def test_a_file_that_takes_a_minute_is_given_up(small: Settings, tmp_path: Path) -> None:
    """The child is ended when its time is up, and the file is refused."""
    path = written(tmp_path / "a.pdf", slow_pdf())
    limits = Limits(effort=Effort(cpu_seconds=1, wall_seconds=20))
    began = time.monotonic()

    refused = refusal(add(small, path, limits=limits))

    assert "time" in refused.why or "long" in refused.why
    assert time.monotonic() - began < 60


def test_two_gigabytes_are_refused_unread(small: Settings, tmp_path: Path) -> None:
    """The size is looked at before a byte is read or copied."""
    path = tmp_path / "a.pdf"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    refused = refusal(add(small, path))

    assert "larger than 50 MB" in refused.why
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_more_text_than_allowed_is_refused(small: Settings, tmp_path: Path) -> None:
    """What the child hands over is bounded, whatever the size of the file."""
    path = written(tmp_path / "a.txt", "word " * 3_000)

    refused = refusal(add(small, path, limits=Limits(bounds=Bounds(characters=10_000))))

    assert "longer than 10,000 characters" in refused.why


def test_output_beyond_its_bound_ends_the_child(small: Settings, tmp_path: Path) -> None:
    """The system itself stops a reader that writes too much, even one that forgot its own bound."""
    path = written(tmp_path / "a.txt", "word " * 300_000)

    refused = refusal(add(small, path, limits=Limits(effort=Effort(wall_seconds=60, output_mb=1))))

    assert "too much" in refused.why


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with pipes that have names")
def test_what_is_no_file_is_refused(small: Settings, tmp_path: Path) -> None:
    """A pipe would be read for ever; a missing file is said to be missing."""
    os.mkfifo(tmp_path / "a.txt")

    assert "not a file" in refusal(add(small, tmp_path / "a.txt")).why
    assert "No such file" in refusal(add(small, tmp_path / "none.txt")).why
