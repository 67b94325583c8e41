"""Text files that people upload, and what is refused of any kind, with a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.documents import KINDS, read_document
from tests.documents.files import SENTENCE, refusal
from tests.extraction.files import locked


@pytest.mark.parametrize("suffix", [".txt", ".md", ".TXT"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_read_in_the_encodings_of_offices(tmp_path: Path, suffix: str, encoding: str) -> None:
    """Accents come through whichever editor saved the file."""
    path = tmp_path / f"propuesta{suffix}"
    path.write_bytes("Los niños esperan más de «nueve» semanas".encode(encoding))

    document = read_document(path)

    assert document.text == "Los niños esperan más de «nueve» semanas"
    assert (document.name, document.pages, document.notices) == (path.name, None, ())


def test_other_scripts_and_emoji_survive_and_unseen_characters_do_not(tmp_path: Path) -> None:
    """Right-to-left text keeps its letters and loses the signs that reorder or hide."""
    path = tmp_path / "draft.md"
    path.write_text("العائلات تنتظر \u202eאבג 🏠\u200b\U000e0041\n", encoding="utf-8")

    assert read_document(path).text == "العائلات تنتظر אבג 🏠"


def test_the_name_is_the_owners_and_decides_the_kind(tmp_path: Path) -> None:
    """An upload that was stored under another name is read by the name it came with, without its folders."""
    path = tmp_path / "upload-1234"
    path.write_text(SENTENCE)

    assert read_document(path, name="C:\\Mine\\dr\u202eaft.txt").name == "draft.txt"
    assert read_document(path, name="../../etc/notes.md").name == "notes.md"


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b" \n\t ", "empty"),
        ("a.md", "\u200b\u2060".encode(), "empty"),
        ("a.txt", b"%PDF-1.7\n%binary", "binary"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("a.md", bytes(range(256)), "binary"),
        ("a.txt", b"x" * (5 * 2**20 + 1), "too_big"),
        ("a.txt", b"x" * 200_001, "too_long"),
        ("a.odt", b"text", "unsupported_type"),
        ("a.doc", b"text", "unsupported_type"),
        ("a", b"text", "unsupported_type"),
        ("a.pdf", b"plain text", "unreadable"),
        ("a.pdf", b"%PDF-1.7 and then nothing", "unreadable"),
        ("a.docx", b"plain text", "broken_docx"),
        ("a.docx", b"PK\x03\x04 and then nothing", "broken_docx"),
        ("a.docx", b"\xd0\xcf\x11\xe0 a file of an older Word", "broken_docx"),
        ("a.docx", locked(), "encrypted"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(
    tmp_path: Path, name: str, data: bytes, key: str
) -> None:
    """Each kind of refusal has its own key, so that it can be said in the reader's language."""
    (tmp_path / name).write_bytes(data)

    error = refusal(tmp_path / name)

    assert error.key == key
    assert error.details["name"] == name


def test_the_longest_text_is_read_whole(tmp_path: Path) -> None:
    """What is within the limits is not cut."""
    (tmp_path / "a.txt").write_text("x" * 200_000)

    assert len(read_document(tmp_path / "a.txt").text) == 200_000


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path, kind: str) -> None:
    """A wrong path gives an error with a remedy, not a traceback."""
    assert refusal(tmp_path / f"none{kind}").key == "unreadable"
    (tmp_path / f"folder{kind}").mkdir()
    assert refusal(tmp_path / f"folder{kind}").key == "unreadable"
