"""Passages and cases, as read from the corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.domain import LANGS
from assistant.errors import CorpusError
from assistant.retrieval.sources import case_in, fingerprint, load_cases, load_passages, passage_in
from assistant.settings import default_home
from tests.retrieval.conftest import read_lines, write_lines

CORPUS = default_home() / "corpus"


def test_every_passage_can_be_cited_in_every_language() -> None:
    """The quote beside a verdict stands word for word in the text, and the source has a name."""
    for record in load_passages(CORPUS / "passages"):
        for lang in LANGS:
            citation = passage_in(record, lang).citation()

            assert citation.quote
            assert citation.source


def test_cases_are_told_in_the_readers_language() -> None:
    """The telling is translated; the data, the city and the source stay as in the source."""
    records = {r.id: r for r in load_cases(CORPUS / "cases")}
    record = records["flint-lead-pipes"]

    english, spanish = case_in(record, "en"), case_in(record, "es")

    assert spanish.resident_problem == record.text_es.resident_problem != english.resident_problem
    assert (spanish.data, spanish.city, spanish.source_url) == (
        english.data,
        english.city,
        english.source_url,
    )


def test_no_case_lacks_a_source_or_a_translation() -> None:
    """All 203 cases name a public address and are told in three languages."""
    records = load_cases(CORPUS / "cases")

    assert len(records) == 203
    assert all(case_in(r, lang).resident_problem.strip() for r in records for lang in LANGS)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quote": {"en": "never said", "es": "nunca dicho", "pt": "nunca dito"}}, "quote.en"),
        ({"superseded_by": ["booklet/nowhere"]}, "superseded_by"),
        ({"conflicts_with": ["booklet/nowhere"]}, "conflict_note"),
        ({"source": "hearsay"}, "source"),
        ({"tier": 2}, "tier"),
        ({"status": "doubtful"}, "status"),
        ({"title": {"en": "x", "es": " ", "pt": "x"}}, "title"),
        ({"id": "Booklet Lead"}, "id"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_wrong_passage_names_file_line_and_field(home: Path, change: dict[str, Any], field: str) -> None:
    """A mistake in a line of passages is found, and the error says where."""
    path = home / "corpus" / "passages" / "booklet.jsonl"
    lines = read_lines(path)
    write_lines(path, [lines[0], {**lines[1], **change}])

    with pytest.raises(CorpusError) as caught:
        load_passages(path.parent)

    assert str(caught.value).startswith("booklet.jsonl, line 2")
    assert field in str(caught.value)
    assert caught.value.fix


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source_url": "ask around"}, "source_url"),
        ({"fit": "perhaps"}, "fit"),
        ({"text_pt": {"title": "só um título"}}, "text_pt"),
        ({"city": None}, "city"),
    ],
)
def test_wrong_case_names_file_line_and_field(home: Path, change: dict[str, Any], field: str) -> None:
    """A mistake in a line of cases is found, and the error says where."""
    path = home / "corpus" / "cases" / "part-1.jsonl"
    lines = read_lines(path)
    write_lines(path, [lines[0], {**lines[1], **change}])

    with pytest.raises(CorpusError) as caught:
        load_cases(path.parent)

    assert str(caught.value).startswith("part-1.jsonl, line 2")
    assert field in str(caught.value)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe", b'"words"'])
def test_broken_line_is_named(home: Path, content: bytes) -> None:
    """What is not a JSON object in UTF-8 is refused with its line."""
    path = home / "corpus" / "cases" / "part-1.jsonl"
    path.write_bytes(path.read_bytes() + content)

    with pytest.raises(CorpusError, match=r"part-1\.jsonl, line 3"):
        load_cases(path.parent)


def test_same_id_twice_is_refused(home: Path) -> None:
    """An id stands for one passage."""
    path = home / "corpus" / "passages" / "booklet.jsonl"
    lines = read_lines(path)
    write_lines(path, [*lines, lines[0]])

    with pytest.raises(CorpusError, match=r"line 4, id: .* occurs twice"):
        load_passages(path.parent)


def test_missing_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Without files there is no corpus, and the error says what to do."""
    with pytest.raises(CorpusError) as caught:
        load_cases(tmp_path)

    assert caught.value.fix


def test_fingerprint_changes_with_any_byte(home: Path) -> None:
    """One character more in a line is another corpus; reading it is not."""
    path = home / "corpus" / "cases" / "part-1.jsonl"
    before = fingerprint(home / "corpus")
    load_cases(path.parent)
    unread = fingerprint(home / "corpus")

    path.write_text(path.read_text(encoding="utf-8").replace("Flint", "Flynt", 1), encoding="utf-8")

    assert before == unread != fingerprint(home / "corpus")
