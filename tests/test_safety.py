"""What is taken out of text, what is put right, and what is left alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.safety import cell, clean_text, decode, looks_binary, repair

SPANISH = "El 40 % de los niños de Ñuñoa espera más de «nueve» semanas — ¿por qué? Él cuesta 3 €…"
PORTUGUESE = "As famílias não têm água às terças; a ação começa «AMANHÃ»."


@pytest.mark.parametrize(
    ("unseen", "name"),
    [
        ("\x00", "null"),
        ("\x07", "control"),
        ("\x9b", "C1 control"),
        ("\u200b", "zero-width space"),
        ("\u200d", "zero-width joiner"),
        ("\ufeff", "byte order mark"),
        ("\u00ad", "soft hyphen"),
        ("\u202e", "direction override"),
        ("\u2067", "direction isolate"),
        ("\U000e0041", "tag letter"),
        ("\U000e01ef", "variation selector"),
        ("\ufe0f", "emoji selector"),
        ("\u3164", "filler"),
        ("\u2800", "blank braille cell"),
        ("\ud800", "lone surrogate"),
        ("\ue000", "private character"),
    ],
)
def test_unseen_characters_are_taken_out(unseen: str, name: str) -> None:
    """What no reader sees cannot carry a message past them."""
    assert clean_text(f"mou{unseen}ld") == "mould"


@pytest.mark.parametrize(
    "text",
    [
        SPANISH,
        PORTUGUESE,
        "العائلات تنتظر",
        "משפחות ממתינות",
        "家庭が待つ",
        "🏠🌧",
        "a\n\n\nb\tc",
        "x = y + 2 - 3 @ noon",
    ],
)
def test_visible_text_is_left_alone(text: str) -> None:
    """Accents, other scripts, emoji, tabs and paragraphs survive."""
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("one\r\ntwo\rthree\u2028four\x0cfive", "one\ntwo\nthree\nfour\nfive"),
        ("one\u00a0two\u3000three", "one two three"),
        ("agu\u0301a", "agúa"),
        ("\uf0b7 a bullet", "• a bullet"),
        ("  \n ends \n\n\n\n\n\nmore  \n", "ends\n\n\nmore"),
    ],
)
def test_the_same_sight_is_written_in_one_way(text: str, seen: str) -> None:
    """Line ends, spaces, accents and bullets that look alike become alike."""
    assert clean_text(text) == seen


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    """Clean text has no unseen character left, and is clean."""
    once = clean_text(text)

    assert clean_text(once) == once
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") for c in once if c not in "\n\t")


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "\ufeff=1", "＝1", "＠x"],
)
def test_no_cell_begins_as_a_formula(formula: str) -> None:
    """A spreadsheet takes an applicant's text for text."""
    assert cell(formula).startswith("'")


@given(st.text())
def test_a_cell_never_begins_with_a_formula_sign(text: str) -> None:
    """Whatever is written, the first character is none that starts a formula."""
    assert cell(text)[:1] not in tuple("=+-@\t\r\n＝＋－＠")


def test_a_plain_cell_is_left_alone() -> None:
    """Ordinary text is not decorated."""
    assert cell("2 crews = 4 people") == "2 crews = 4 people"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("text", [SPANISH, PORTUGUESE])
def test_every_office_encoding_is_read(text: str, encoding: str) -> None:
    """The encodings that editors save in give back the words that were typed."""
    assert decode(text.encode(encoding)) == text


def test_bytes_that_windows_leaves_undefined_still_give_text() -> None:
    """A file is never lost for one odd byte."""
    assert decode(b"caf\xe9 \x81").startswith("café")


@pytest.mark.parametrize("text", [SPANISH, PORTUGUESE, "🏠 Ó à Ò “comillas” ‘simples’"])
def test_doubly_encoded_text_is_put_right(text: str) -> None:
    """Text that was saved as UTF-8 after being misread as Windows-1252 comes back, also beside sound text."""
    broken = "".join(
        bytes([b]).decode("cp1252", "ignore") or chr(b) for b in text.replace("«", "").encode("utf-8")
    )

    assert repair(broken) == text.replace("«", "")
    assert repair(f"{broken} y más") == text.replace("«", "") + " y más"


@pytest.mark.parametrize(
    "text", [SPANISH, PORTUGUESE, "AMANHÃ… “AMANHÃ” AMANHÃ\u00a0CEDO", "CAFÉ» ÂNGULO", "naïve Å°"]
)
def test_sound_text_is_not_put_right(text: str) -> None:
    """Letters that could be a misreading but need not be are left as they are."""
    assert repair(text) == text


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 text",
        b"PK\x03\x04rest",
        b"\x89PNG\r\n",
        b"text with a null \x00 in it",
        bytes(range(256)) * 4,
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        b"\xff\xfe\x00\xd8\x00",
    ],
)
def test_binary_data_is_told_from_text(data: bytes) -> None:
    """A picture or a program that is named .txt is not taken for a proposal."""
    assert looks_binary(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_is_not_taken_for_binary(encoding: str) -> None:
    """Accents do not make a file binary, in any encoding."""
    assert not looks_binary(SPANISH.encode(encoding))
    assert not looks_binary(b"")
