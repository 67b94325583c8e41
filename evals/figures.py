"""What a report says in figures beyond the tables of a run: confusion, reliability, cost and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from evals.cases import Case, FitCase, SafetyCase, TypologyCase
from evals.run import Result, Run
from evals.statistics import Interval, wilson
from evals.summary import Told

BINS = 10
NONE = "none"


class Confusion(NamedTuple):
    """How often what was expected was answered as what."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    """A row an expected label, a column an answered one."""
    precision: tuple[float | None, ...]
    """Of the answers of each label, the share that was expected; None where it was never answered."""
    recall: tuple[float | None, ...]
    """Of the cases of each label, the share that was answered so; None where it was never expected."""


class Bin(NamedTuple):
    """The verdicts of about one confidence."""

    low: float
    high: float
    cases: int
    said: float
    """Mean confidence."""
    right: Interval
    """Share that was right."""


class Reliability(NamedTuple):
    """Whether the assistant is as often right as it is sure."""

    bins: tuple[Bin, ...]
    cases: int
    error: float
    """Expected calibration error: the mean distance of confidence and share, weighted by cases."""


class Spent(NamedTuple):
    """What a suite took."""

    suite: str
    results: int
    seconds: float
    median: float
    """Seconds of a case."""
    slowest: float
    """The 95th percentile of the seconds of a case."""
    tokens_in: int
    tokens_out: int
    cost_usd: float


def type_confusion(run: Run, told: Told, order: Sequence[str]) -> Confusion:
    """Decision types of the typology suite; one that is accepted beside the expected one counts as that."""

    def pair(result: Result, case: Case | None) -> tuple[str, str] | None:
        if not isinstance(case, TypologyCase):
            return None
        wanted = case.expect.type or NONE
        return wanted, wanted if result.right else result.got

    return _confusion(run, told, order, pair)


def fit_confusion(run: Run, told: Told) -> Confusion:
    """Verdicts of the suites on fit and safety."""

    def pair(result: Result, case: Case | None) -> tuple[str, str] | None:
        if not isinstance(case, FitCase | SafetyCase):
            return None
        answered = verdict_of(result.got)
        return case.expect.fit, case.expect.fit if answered in case.accept.fit else answered

    return _confusion(run, told, ("fit", "needs_work", "poor_fit"), pair)


def verdict_of(label: str) -> str:
    """The verdict in a label as the scorers write it: `poor_fit: reason, type`."""
    return label.partition(":")[0].partition(",")[0]


def _confusion(
    run: Run,
    told: Told,
    order: Sequence[str],
    pair: Callable[[Result, Case | None], tuple[str, str] | None],
) -> Confusion:
    pairs = [found for r in run.results if (found := pair(r, told.get(r.case)))]
    counted = Counter(pairs)
    seen = {label for found in pairs for label in found}
    labels = tuple(dict.fromkeys([*(o for o in order if o in seen), *sorted(seen - set(order))]))
    counts = tuple(tuple(counted[row, column] for column in labels) for row in labels)
    down = [sum(row[n] for row in counts) for n in range(len(labels))]
    return Confusion(
        labels=labels,
        counts=counts,
        precision=tuple(counts[n][n] / down[n] if down[n] else None for n in range(len(labels))),
        recall=tuple(counts[n][n] / sum(counts[n]) if sum(counts[n]) else None for n in range(len(labels))),
    )


def reliability(run: Run) -> Reliability:
    """The verdicts with a confidence, in ten bins of equal width; errors have none and are left out."""
    sure = [
        (r.confidence, r.checks["verdict"])
        for r in run.results
        if r.confidence is not None and "verdict" in r.checks
    ]
    held: dict[int, list[tuple[float, float]]] = {}
    for confidence, right in sure:
        held.setdefault(min(BINS - 1, int(confidence * BINS)), []).append((confidence, right))
    bins = tuple(_bin(place, held[place]) for place in sorted(held))
    error = sum(b.cases * abs(b.said - b.right.value) for b in bins) / max(1, len(sure))
    return Reliability(bins, len(sure), error)


def _bin(place: int, sure: Sequence[tuple[float, float]]) -> Bin:
    return Bin(
        low=place / BINS,
        high=(place + 1) / BINS,
        cases=len(sure),
        said=sum(confidence for confidence, _ in sure) / len(sure),
        right=wilson(round(sum(right for _, right in sure)), len(sure)),
    )


def spent(run: Run) -> list[Spent]:
    """Time, tokens and cost: a line a suite, and one for all."""
    found = []
    for suite in (*run.suites, "all"):
        results = [r for r in run.results if suite in ("all", r.suite)]
        if not results:
            continue
        seconds = [r.seconds for r in results]
        found.append(
            Spent(
                suite=suite,
                results=len(results),
                seconds=sum(seconds),
                median=float(np.median(seconds)),
                slowest=float(np.quantile(seconds, 0.95)),
                tokens_in=sum(r.tokens_in for r in results),
                tokens_out=sum(r.tokens_out for r in results),
                cost_usd=sum(r.cost_usd for r in results),
            )
        )
    return found
