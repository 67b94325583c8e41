"""Runs and cases made for tests: small, and right or wrong exactly where a test says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.cases import CASE, Case
from evals.run import Result, Run
from evals.runner import Item
from evals.scorers import Score


def a_case(number: int, *, cluster: str = "", tags: Sequence[str] = (), lang: str = "en") -> Case:
    """A typology case; its text does not matter where its answer is made."""
    expect = {"fit": "fit", "type": "who_to_focus_on"}
    return CASE.validate_python(
        {
            "id": f"made-{number:03}",
            "suite": "typology",
            "lang": lang,
            "kind": "MFT",
            "cluster": cluster or f"cluster-{number:03}",
            "pair": None,
            "base": None,
            "change": "",
            "tags": list(tags),
            "text": f"proposal {number}",
            "expect": expect,
            "accept": {},
            "rationale": f"because of {number}",
            "source": "made",
            "labels": [],
            "settled": "",
        }
    )


def some_cases(count: int) -> list[Case]:
    """Cases, each in a cluster of its own."""
    return [a_case(n) for n in range(count)]


def told(cases: Sequence[Case]) -> dict[str, Case]:
    """The cases by id."""
    return {c.id: c for c in cases}


def a_score(right: bool = True, got: str = "") -> Score:
    """What came of a case."""
    return Score(
        "who_to_focus_on", got or ("who_to_focus_on" if right else "policy_path"), right, float(right), {}, ""
    )


def a_result(case: Case, right: bool = True, *, repeat: int = 0, got: str = "", error: str = "") -> Result:
    """A result on paper."""
    scored = a_score(right and not error, "error" if error else got)
    return Result(
        case=case.id,
        suite=case.suite,
        lang=case.lang,
        kind=case.kind,
        cluster=case.cluster,
        repeat=repeat,
        expected=scored.expected,
        got=scored.got,
        right=scored.right,
        score=scored.score,
        error=error,
    )


def a_run(
    cases: Sequence[Case],
    wrong: Sequence[int] = (),
    *,
    errors: Sequence[int] = (),
    missing: Sequence[int] = (),
    lock: Mapping[str, str] | None = None,
    deterministic: bool = True,
    id: str = "made",
) -> Run:
    """A run that is right but for the cases at these places."""
    results = [
        a_result(c, n not in wrong, error="TimeoutError: no answer" if n in errors else "")
        for n, c in enumerate(cases)
        if n not in missing
    ]
    return Run(
        id=id,
        began="2026-06-01T00:00:00+00:00",
        seconds=1.0,
        git="unknown",
        engine="local",
        engine_version="made",
        corpus="c",
        programme="p",
        suites=("typology",),
        cases=len(cases),
        deterministic=deterministic,
        lock=dict(lock or {}),
        results=tuple(results),
    )


def items(cases: Sequence[Case]) -> list[Item]:
    """The cases, to be run once."""
    return [Item(c) for c in cases]
