"""From a released candidate to a case: two coaches said the same, staff says the rest, nothing is repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from assistant.programme import Programme
from assistant.store.candidates import NEAR, Candidate, nearest
from evals.cases import CASE, Case, ConversationCase, ReadinessCase
from evals.catalogue import FOLDER, Known, Place
from evals.errors import SuiteError
from evals.run import write_whole

READERS = ("coach", "second coach")
TAG = "candidate"


class Said(NamedTuple):
    """What a candidate does not say of itself and a case needs."""

    rationale: str
    fit: str | None = None
    type: str | None = None
    reasons: tuple[str, ...] = ()
    quote: str | None = None
    """The words that state an element."""


def texts(cases: Sequence[Case], training: Path) -> Iterator[tuple[str, str]]:
    """Every text that a new case must not repeat, by id: suites and training examples."""
    for case in cases:
        yield case.id, said_in(case)
    for path in sorted(training.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            example = json.loads(line) if line.strip() else {}
            if text := example.get("text"):
                yield f"{path.name} {example.get('id', '')}".strip(), str(text)


def said_in(case: Case) -> str:
    """All that a person says in a case."""
    if isinstance(case, ConversationCase):
        return " ".join([case.opening, *case.answers.values()])
    if isinstance(case, ReadinessCase) and case.turns:
        return " ".join(turn.text for turn in case.turns)
    for name in ("text", "query", "question"):
        if words := getattr(case, name, ""):
            return str(words)
    return ""


def take(
    candidate: Candidate,
    said: Said,
    programme: Programme,
    known: Sequence[tuple[str, str]],
    folder: Path = FOLDER,
) -> Case:
    """Write a released candidate as the last line of its suite, and return it.

    Raises SuiteError when it is not released, repeats a known text, or lacks something that its suite needs.
    """
    if candidate.state != "released" or candidate.suite is None:
        raise SuiteError(
            f"{candidate.id} is {candidate.state}", fix="two coaches agree first, then staff releases it"
        )
    alike = nearest(candidate.text, known, limit=1)
    if alike and alike[0].share >= NEAR:
        raise SuiteError(
            f"this repeats {alike[0].id} ({alike[0].share:.2f} alike)", fix="keep the older case"
        )
    path = folder / f"{candidate.suite}.jsonl"
    lines = path.read_text(encoding="utf-8")
    case = _case(candidate, said, Place(path, lines.count("\n") + 1, case_id(candidate)), programme)
    line = json.dumps(case.to_data(), ensure_ascii=False)
    write_whole(path, lines + ("" if lines.endswith("\n") else "\n") + line + "\n")
    return case


def case_id(candidate: Candidate) -> str:
    """The id of the case: the same text always gives the same."""
    return f"{candidate.suite}-c{candidate.fingerprint[:8]}-{candidate.lang}"


def _case(candidate: Candidate, said: Said, place: Place, programme: Programme) -> Case:
    if not said.rationale.strip():
        place.refuse("it has no rationale", 'say in a sentence why the label is right: --rationale "…"')
    expect = _expected(candidate, said, place)
    labels = [{"by": by} | {k: v for k, v in expect.items() if v is not None} for by in READERS]
    data = {
        "id": place.case,
        "suite": candidate.suite,
        "lang": candidate.lang,
        "kind": "MFT",
        "cluster": place.case.rpartition("-")[0],
        "pair": None,
        "base": None,
        "change": "",
        "tags": [TAG],
        "text": candidate.text,
        "expect": expect,
        "accept": {},
        "rationale": said.rationale.strip(),
        "source": f"overruled in a review, candidate {candidate.id[:8]}",
        "labels": labels,
        "settled": "",
    }
    try:
        case = CASE.validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        place.refuse(f"{field}: {first['msg']}", f"correct {field}")
    Known(programme).check(case, place)
    return case


def _expected(candidate: Candidate, said: Said, place: Place) -> Mapping[str, object]:
    """The expectation: what the coaches decided, and what staff says of the rest."""
    target, _, id = candidate.target.partition(":")
    if candidate.suite == "elements":
        if candidate.now != "stated":
            return {"stated": {}, "missing": [id]}
        if not said.quote or said.quote not in candidate.text:
            place.refuse("the words that state it are not in the text", 'copy them from it: --quote "…"')
        return {"stated": {id: said.quote}, "missing": []}
    fit = candidate.now if target == "fit" else said.fit
    if fit is None:
        place.refuse(
            f"only its {target} was decided", "say the verdict too: --fit fit, needs_work or poor_fit"
        )
    if candidate.suite == "typology":
        return {"fit": fit, "type": None if candidate.now == "none" else candidate.now, "secondary": []}
    raised = [id] if target == "flag" and candidate.now == "raised" else []
    reasons = list(dict.fromkeys([*raised, *said.reasons]))
    if (fit == "poor_fit") != bool(reasons):
        place.refuse(
            "a poor fit has reasons and nothing else has", "say them, or correct the verdict: --reason, --fit"
        )
    return {"fit": fit, "type": said.type, "reasons": reasons}
