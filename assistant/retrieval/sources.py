"""Passages of the programme's sources and past cases, read from the corpus and checked line by line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from assistant.domain import LANGS, Case, Frozen, Lang, Passage, Text
from assistant.errors import CorpusError, ProgrammeError
from assistant.programme import read_toml

CASE_TIER = 4
SOURCES_FILE = "sources.toml"

R = TypeVar("R", "PassageRecord", "CaseRecord")
Place = tuple[Path, int]
"""A file and a line of it, counted from 1."""


class Questions(Frozen):
    """Questions that a passage answers, in each language."""

    en: tuple[str, ...]
    es: tuple[str, ...]
    pt: tuple[str, ...]

    def at(self, lang: Lang) -> tuple[str, ...]:
        """The questions in one language."""
        return tuple(getattr(self, lang))


class PassageRecord(Frozen):
    """One line of corpus/passages: a passage in all its languages."""

    id: str = Field(pattern=r"^[a-z0-9_/-]+$")
    source: str
    section: str
    locator: str
    tier: int = Field(ge=1, le=3)
    date: str | None
    date_note: str
    status: Literal["current", "historical", "superseded"]
    superseded_by: tuple[str, ...]
    conflicts_with: tuple[str, ...]
    conflict_note: Text
    rows: tuple[str, ...]
    """What of the sources this passage covers."""
    title: Text
    text: Text
    quote: Text
    questions: Questions
    asked: Questions
    """The same as people ask it: in blunt, formal or other words; never shown."""
    label: Text
    """How the source is called in a citation; comes from sources.toml, not from the line."""

    @field_validator("title", "text", "quote")
    @classmethod
    def says_something(cls, words: Text) -> Text:
        """The words, unless a language is empty."""
        if empty := [lang for lang in LANGS if not words.at(lang).strip()]:
            raise ValueError(f"empty in {empty[0]}")
        return words

    @model_validator(mode="after")
    def quotes_itself(self) -> PassageRecord:
        """The record, unless a quote is not in its text or a conflict has no note."""
        for lang in LANGS:
            if self.quote.at(lang) not in self.text.at(lang):
                raise ValueError(f"quote.{lang} does not occur in text.{lang}")
            if self.conflicts_with and not self.conflict_note.at(lang):
                raise ValueError(f"conflict_note.{lang} is empty though conflicts_with is not")
        return self


class CaseText(Frozen):
    """What of a case is told again in another language."""

    title: str
    resident_problem: str
    users: str
    decision: str
    intervention: str
    outcome: str
    risks_or_lessons: str


class CaseRecord(CaseText):
    """One line of corpus/cases: a past project, in English and translated."""

    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    city: str
    country: str
    population: int | None
    year: str
    data: tuple[str, ...]
    method: str
    status: str
    primary_type: str | None
    secondary_types: tuple[str, ...]
    fit: Literal["fit", "poor_fit", "unclear"]
    poor_fit_reasons: tuple[str, ...]
    language: str
    source_title: str
    source_url: str = Field(pattern=r"^https?://")
    confidence: Literal["sourced", "recalled"]
    evidence: str
    text_es: CaseText
    text_pt: CaseText
    keywords: Questions
    problems: Questions
    """How residents and officials elsewhere would put the same problem."""

    @field_validator("year", mode="before")
    @classmethod
    def as_words(cls, year: object) -> str:
        """The year as printed, empty when unknown."""
        return "" if year is None else str(year)

    def told_in(self, lang: Lang) -> CaseText:
        """The telling in one language; the record itself is the English one."""
        return {"en": self, "es": self.text_es, "pt": self.text_pt}[lang]


def load_passages(folder: Path) -> tuple[PassageRecord, ...]:
    """The passages in corpus/passages; raises CorpusError naming the file, line and field that is wrong."""
    labels = _labels(folder)
    records = _load(folder, partial(_passage, labels=labels))
    known = {record.id for record, _ in records}
    for record, place in records:
        if record.source not in labels:
            raise _wrong(place, "source", f"{record.source} is not in {SOURCES_FILE}")
        if record.tier != labels[record.source][0]:
            raise _wrong(place, "tier", f"the source is of tier {labels[record.source][0]}")
        for field in ("superseded_by", "conflicts_with"):
            if strangers := set(getattr(record, field)) - known:
                raise _wrong(place, field, f"there is no passage {min(strangers)}")
    return tuple([record for record, _ in records])


def load_cases(folder: Path) -> tuple[CaseRecord, ...]:
    """The cases in corpus/cases; raises CorpusError naming the file, line and field that is wrong."""
    cases = _load(folder, CaseRecord.model_validate)
    return tuple([record for record, _ in cases])


def passage_in(record: PassageRecord, lang: Lang) -> Passage:
    """The passage in one language, ready to be cited."""
    return Passage(
        id=record.id,
        lang=lang,
        source=record.source,
        source_label=record.label.at(lang),
        section=record.section,
        locator=record.locator,
        tier=record.tier,
        date=record.date,
        status=record.status,
        title=record.title.at(lang),
        text=record.text.at(lang),
        quote=record.quote.at(lang),
        conflict_note=record.conflict_note.at(lang),
    )


def case_in(record: CaseRecord, lang: Lang) -> Case:
    """The case told in one language; data, names and source stay as in the source."""
    told = record.told_in(lang)
    return Case(
        id=record.id,
        lang=lang,
        city=record.city,
        country=record.country,
        population=record.population,
        year=record.year,
        **{name: getattr(told, name) for name in CaseText.model_fields},
        data=record.data,
        status=record.status,
        primary_type=record.primary_type,
        secondary_types=record.secondary_types,
        fit=record.fit,
        source_title=record.source_title,
        source_url=record.source_url,
        confidence=record.confidence,
    )


def fingerprint(corpus: Path) -> str:
    """A hash of every byte of the passages, sources and cases under the corpus folder."""
    digest = hashlib.sha256()
    for path in [corpus / "passages" / SOURCES_FILE, *_files(corpus / "passages"), *_files(corpus / "cases")]:
        content = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.parent.name}/{path.name}:{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _load(folder: Path, parse: Callable[[dict[str, Any]], R]) -> list[tuple[R, Place]]:
    records: list[tuple[R, Place]] = []
    seen: set[str] = set()
    for place, data in _lines(folder):
        try:
            record = parse(data)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise _wrong(place, field, first["msg"].removeprefix("Value error, ")) from None
        if record.id in seen:
            raise _wrong(place, "id", f"{record.id} occurs twice")
        seen.add(record.id)
        records.append((record, place))
    return records


def _lines(folder: Path) -> Iterator[tuple[Place, dict[str, Any]]]:
    files = _files(folder)
    if not files:
        raise CorpusError(
            f"there are no .jsonl files in {folder}", fix="point ASSISTANT_HOME at a folder with corpus/"
        )
    for path in files:
        for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
            if line.strip():
                yield (path, number), _object((path, number), line)


def _object(place: Place, line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as error:  # broken JSON and broken UTF-8 alike
        raise _wrong(place, "", str(error)) from None
    if not isinstance(data, dict):
        raise _wrong(place, "", "not a JSON object")
    return data


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def _passage(data: dict[str, Any], labels: dict[str, tuple[int, Text]]) -> PassageRecord:
    _, label = labels.get(str(data.get("source")), (0, _NO_LABEL))
    return PassageRecord.model_validate({**data, "label": label})


_NO_LABEL = Text(en="", es="", pt="")


def _labels(folder: Path) -> dict[str, tuple[int, Text]]:
    try:
        tables = read_toml(folder / SOURCES_FILE)
    except ProgrammeError as error:
        raise CorpusError(str(error), fix=error.fix) from None
    try:
        return {name: (int(t["tier"]), Text.model_validate(t["how_cited"])) for name, t in tables.items()}
    except (KeyError, TypeError, ValueError):  # ValidationError is a ValueError
        message = f"{SOURCES_FILE}: a source lacks its tier or how_cited"
        raise CorpusError(message, fix=f"correct {folder / SOURCES_FILE}") from None


def _wrong(place: Place, field: str, why: str) -> CorpusError:
    path, line = place
    where = f"{path.name}, line {line}" + (f", {field}" if field else "")
    return CorpusError(
        f"{where}: {why}",
        fix=f"correct line {line} of {path}",
        key="corpus_line",
        file=path.name,
        line=line,
        field=field,
    )
