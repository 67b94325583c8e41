"""Reads the suites and checks them whole: an error names file, line, case and remedy."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from assistant.domain import LANGS
from assistant.programme import Programme
from evals.cases import (
    BOOKLET,
    CASE,
    SUITES,
    Case,
    ConversationCase,
    ElementsCase,
    FitCase,
    ReadinessCase,
    SafetyCase,
    SuiteName,
    TypologyCase,
)
from evals.errors import SuiteError

FOLDER = Path(__file__).resolve().parent / "suites"


class Place:
    """Where a case stands."""

    def __init__(self, path: Path, line: int, case: str = "") -> None:
        self.path, self.line, self.case = path, line, case

    def refuse(self, problem: str, fix: str) -> NoReturn:
        """Raise SuiteError for this place."""
        raise SuiteError(f"{self.path.name}:{self.line}: {self.case or 'no case'}: {problem}", fix=fix)


def load_suites(programme: Programme, names: Sequence[str] = (), folder: Path = FOLDER) -> tuple[Case, ...]:
    """The cases of the named suites, or of all; raises SuiteError for the first that cannot be used."""
    for name in names:
        if name not in SUITES:
            raise SuiteError(f"there is no suite {name!r}", fix=f"choose of: {', '.join(SUITES)}")
    known = Known(programme)
    cases: list[Case] = []
    places: dict[str, Place] = {}
    for suite in SUITES:
        if names and suite not in names:
            continue
        read = [*_read(folder / f"{suite}.jsonl", suite)]
        for case, place in read:
            if case.id in places:
                first = places[case.id]
                place.refuse(
                    f"the id stands in {first.path.name}:{first.line} too", "give each case its own id"
                )
            places[case.id] = place
            known.check(case, place)
            cases.append(case)
        _check_families([c for c, _ in read], places)
    return tuple(cases)


def _read(path: Path, suite: SuiteName) -> Iterator[tuple[Case, Place]]:
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise SuiteError(f"{path} cannot be read: {error.strerror}", fix="restore the suite's file") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _case(line, suite, Place(path, number))


def _case(line: bytes, suite: SuiteName, place: Place) -> tuple[Case, Place]:
    try:
        data = json.loads(line.decode("utf-8"))
    except ValueError as error:
        place.refuse(f"the line is broken: {error}", "write one case a line, as JSON in UTF-8")
    if not isinstance(data, dict):
        place.refuse("the line is no case", "write a JSON object with the keys of the lines beside it")
    place.case = str(data.get("id", ""))
    if data.get("suite") != suite:
        place.refuse(f"suite is {data.get('suite')!r}", f'write "suite": "{suite}", or move the case')
    try:
        return CASE.validate_python(data), place
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        place.refuse(f"{field}: {first['msg']}", f"correct {field}; the lines beside it show the form")


class Known:
    """The words that labels may use, from the programme's data."""

    def __init__(self, programme: Programme) -> None:
        self.types = {t.id for t in programme.types}
        self.reasons = {r.id for r in programme.reasons}
        self.elements = set(programme.element_ids)
        self.facts = set(programme.fact_ids)
        self.criteria = {c.id for c in programme.criteria}

    def check(self, case: Case, place: Place) -> None:
        """Raises SuiteError for a label that the programme does not have."""
        for what, allowed, used in self._used(case):
            for word in used:
                if word not in allowed:
                    place.refuse(f"unknown {what} {word!r}", f"use one of: {', '.join(sorted(allowed))}")
        if isinstance(case, ElementsCase) and (both := set(case.expect.stated) & set(case.expect.missing)):
            place.refuse(f"{sorted(both)[0]} is both stated and missing", "decide for one")
        if isinstance(case, ReadinessCase) and bool(case.text) == bool(case.turns):
            place.refuse("a case has a text or turns", "write one of the two")

    def _used(self, case: Case) -> Iterator[tuple[str, Collection[str], Iterable[str]]]:
        types, reasons = set(case.accept.type), set(case.accept.reasons)
        elements: set[str] = set()
        for label in case.labels:
            types |= {*label.secondary, *([label.type] if label.type else [])}
            reasons |= set(label.reasons)
            elements |= {*label.stated, *label.missing}
        if isinstance(case, TypologyCase):
            types |= {*case.expect.secondary, *([case.expect.type] if case.expect.type else [])}
        elif isinstance(case, FitCase | SafetyCase | ConversationCase):
            types |= {case.expect.type} if case.expect.type else set()
            reasons |= set(case.expect.reasons)
        if isinstance(case, ElementsCase):
            elements |= {*case.expect.stated, *case.expect.missing}
        elif isinstance(case, ConversationCase):
            elements |= {*case.answers, *case.expect.stated, *case.expect.corrected}
        elif isinstance(case, ReadinessCase):
            elements |= {t.about for t in case.turns if t.about}
            yield "criterion", self.criteria, case.expect.eligibility
        yield "type", self.types, types
        yield "reason", self.reasons, reasons
        yield "element", self.elements | self.facts, elements


def _check_families(cases: Sequence[Case], places: Mapping[str, Place]) -> None:
    """Bases, pairs and language twins are there, whole."""
    by_id = {c.id: c for c in cases}
    pairs: defaultdict[str, list[Case]] = defaultdict(list)
    booklet: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        _check_base(case, by_id, places[case.id])
        if case.pair:
            pairs[case.pair].append(case)
        if BOOKLET in case.tags:
            booklet[case.cluster].append(case)
    for name, members in pairs.items():
        if len(members) != 2:
            places[members[0].id].refuse(
                f"pair {name!r} has {len(members)} cases", "give the pair both of its sides, and no third"
            )
    for cluster, members in booklet.items():
        if lacking := sorted(set(LANGS) - {c.lang for c in members}):
            places[members[0].id].refuse(
                f"{cluster} has no language twin in {', '.join(lacking)}", "add the translation"
            )


def _check_base(case: Case, by_id: Mapping[str, Case], place: Place) -> None:
    translated = case.change.startswith("translated")
    if case.base is None:
        if case.kind in ("INV", "DIR"):
            place.refuse(f"an {case.kind} case needs a base", "name the case it is an edit of")
        return
    base = by_id.get(case.base)
    if base is None:
        twin = "language twin" if translated else "base"
        place.refuse(f"its {twin} {case.base} is missing", f"add {case.base}, or correct `base`")
    if base.cluster != case.cluster:
        place.refuse(f"its base is of cluster {base.cluster}", "give both the same cluster")
    if translated and base.lang == case.lang:
        place.refuse(f"it is translated from {base.lang} into {case.lang}", "correct `lang` or `change`")
