"""What a run says in figures: per suite, per slice, and per family of cases that only count together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from assistant.domain import LANGS, Frozen
from evals.cases import Case, FitCase, SafetyCase, TypologyCase
from evals.run import Result, Run, by_case
from evals.statistics import Interval, bootstrap_mean, sign_flip, wilson

Told = Mapping[str, Case]
"""Case id → the case."""


class Row(Frozen):
    """One line of a table: how many cases, how many right, and the mean score with its interval."""

    name: str
    cases: int
    right: float
    """Cases that are right; with repeats, the share of the times."""
    low: float
    high: float
    """The Wilson interval of the share that is right, clusters not considered."""
    score: float
    score_low: float
    score_high: float
    errors: int = 0


class Family(Frozen):
    """Invariance, direction and contrast: how many of the pairs hold together."""

    kind: str
    suite: str
    held: int
    of: int
    low: float
    high: float
    broken: tuple[str, ...]
    """The cases whose pairs do not hold."""


def means(results: Iterable[Result]) -> dict[str, tuple[float, float]]:
    """Case → the share of its repeats that are right, and its mean score."""
    return {
        id: (float(np.mean([r.right for r in rs])), float(np.mean([r.score for r in rs])))
        for id, rs in by_case(results).items()
    }


def row(name: str, results: Sequence[Result]) -> Row:
    """The line of some results."""
    held = means(results)
    clusters = {r.case: r.cluster for r in results}
    right = sum(share for share, _ in held.values())
    share = wilson(round(right), len(held))
    scored = bootstrap_mean([s for _, s in held.values()], [clusters[id] for id in held])
    return Row(
        name=name,
        cases=len(held),
        right=round(right, 2),
        low=share.low,
        high=share.high,
        score=scored.value,
        score_low=scored.low,
        score_high=scored.high,
        errors=sum(bool(r.error) for r in results),
    )


def rows(run: Run) -> list[Row]:
    """A line a suite, and one for all."""
    found = [row(s, [r for r in run.results if r.suite == s]) for s in run.suites]
    return [*(r for r in found if r.cases), row("all", run.results)]


def slices(run: Run, told: Told) -> dict[str, list[Result]]:
    """The results by language, expected type and expected reason, each within the suite that measures it."""
    found: defaultdict[str, list[Result]] = defaultdict(list)
    for result in run.results:
        for name in slices_of(result, told.get(result.case)):
            found[name].append(result)
    return dict(sorted(found.items()))


def slices_of(result: Result, case: Case | None) -> list[str]:
    """The slices that a result belongs to."""
    names = [f"suite {result.suite}", f"language {result.lang}"]
    if isinstance(case, TypologyCase) and case.expect.type:
        names.append(f"type {case.expect.type}")
    if isinstance(case, FitCase | SafetyCase):
        names += [f"reason {reason}" for reason in case.expect.reasons]
        names.append(f"verdict {case.expect.fit}")
    return names


def families(run: Run, told: Told) -> list[Family]:
    """Per suite: translations and edits that must not change the answer, edits that must, pairs that count whole."""
    held = by_case(run.results)
    tests: dict[str, Callable[[Case], bool]] = {
        "INV": lambda c: {r.got for r in held[c.id]} == {r.got for r in held[c.base or ""]},
        "DIR": lambda c: right(held[c.id]) and right(held[c.base or ""]),
    }
    found: defaultdict[tuple[str, str], list[tuple[str, bool]]] = defaultdict(list)
    pairs: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for id in held:
        case = told.get(id)
        if case is None:
            continue
        if case.kind in tests and case.base in held:
            found[case.kind, case.suite].append((id, tests[case.kind](case)))
        if case.pair:
            pairs[case.suite, case.pair].append(id)
    for (suite, _), ids in pairs.items():
        if len(ids) == 2:
            found["PAIR", suite].append((ids[1], all(right(held[id]) for id in ids)))
    return [_family(kind, suite, holds) for (kind, suite), holds in sorted(found.items())]


def _family(kind: str, suite: str, holds: Sequence[tuple[str, bool]]) -> Family:
    good = sum(ok for _, ok in holds)
    share = wilson(good, len(holds))
    broken = tuple(id for id, ok in holds if not ok)
    return Family(
        kind=kind, suite=suite, held=good, of=len(holds), low=share.low, high=share.high, broken=broken
    )


def right(results: Sequence[Result]) -> bool:
    """Whether a case is right most of the times."""
    return float(np.mean([r.right for r in results])) > 0.5


def measured(run: Run, suites: Sequence[str], check: str) -> tuple[Interval, list[str]]:
    """The share of cases that pass one check, with its Wilson interval, and those that fail it."""
    held: dict[str, list[float]] = defaultdict(list)
    for r in run.results:
        if r.suite in suites and check in r.checks:
            held[r.case].append(r.checks[check])
    good = [id for id, values in held.items() if float(np.mean(values)) > 0.5]
    return wilson(len(good), len(held)), sorted(set(held) - set(good))


def parity(run: Run, told: Told) -> list[tuple[str, str, float, float]]:
    """Suite, language, mean difference to its twins in other languages, p-value that it is behind them."""
    held = means(run.results)
    found: list[tuple[str, str, float, float]] = []
    for suite in run.suites:
        for lang in LANGS:
            pairs = [p for p in _twins(told, held, suite) if lang in (p[0].lang, p[1].lang)]
            gaps = [_gap(p, held, lang) for p in pairs]
            if gaps:
                p = sign_flip(gaps, [pair[0].cluster for pair in pairs])
                found.append((suite, lang, float(np.mean(gaps)), p))
    return found


def _twins(told: Told, held: Mapping[str, object], suite: str) -> list[tuple[Case, Case]]:
    """Cases with the one they are translated from, both of them run."""
    return [
        (case, told[case.base])
        for case in told.values()
        if case.suite == suite
        and case.base is not None
        and case.base in told
        and case.lang != told[case.base].lang
        and case.id in held
        and case.base in held
    ]


def _gap(pair: tuple[Case, Case], held: Mapping[str, tuple[float, float]], lang: str) -> float:
    one, other = pair if pair[0].lang == lang else pair[::-1]
    return held[one.id][1] - held[other.id][1]
