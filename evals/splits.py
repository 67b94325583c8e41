"""Public and sealed cases: a quarter of the clusters is not read by who writes prompts and rules.

A score that is better on the cases an author has read than on those nobody read has learnt the cases. Which part a
cluster is in follows from its name, so that nothing moves when cases are added, and translations stay together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from evals.cases import Case
from evals.compare import Comparison
from evals.errors import SuiteError
from evals.gate import Verdict
from evals.run import Result, Run, Split, split_of
from evals.statistics import Interval, difference_of_means
from evals.summary import Row, means, row

WITHHELD = "withheld: the case is sealed"


class Gap(NamedTuple):
    """A suite on its public and its sealed cases."""

    name: str
    public: Row
    sealed: Row
    gap: Interval
    """Mean score of the sealed clusters less that of the public ones."""


def chosen(cases: Sequence[Case], split: Split | Literal["all"]) -> tuple[Case, ...]:
    """The cases of one part, or all of them."""
    return tuple(c for c in cases if split in ("all", split_of(c.cluster)))


def require_open(case: Case, sealed: bool) -> None:
    """Raises SuiteError for a sealed case, unless it was asked for as such."""
    if split_of(case.cluster) == "sealed" and not sealed:
        raise SuiteError(
            f"{case.id} is sealed: whoever writes prompts or rules does not read it",
            fix="choose a public case; if you write neither, add --sealed",
        )


def withheld(comparison: Comparison) -> Comparison:
    """The comparison without the words of sealed cases: which flipped stays, what they say does not."""
    flips = tuple(
        f.model_copy(update={"old_reason": WITHHELD, "new_reason": WITHHELD, "rationale": WITHHELD})
        if split_of(f.cluster) == "sealed"
        else f
        for f in comparison.flips
    )
    return comparison.model_copy(update={"flips": flips})


def closed(verdict: Verdict) -> Verdict:
    """The verdict without the words of sealed cases."""
    return verdict.model_copy(update={"comparison": withheld(verdict.comparison)})


def gaps(run: Run) -> list[Gap]:
    """Public beside sealed, a suite a line and one for all; suites that have only one of the two are left out."""
    found = []
    for name in (*run.suites, "all"):
        results = [r for r in run.results if name in ("all", r.suite)]
        public, sealed = (_part(results, split) for split in ("public", "sealed"))
        if public and sealed:
            gap = difference_of_means(_by_cluster(sealed), _by_cluster(public))
            found.append(Gap(name, row("public", public), row("sealed", sealed), gap))
    return found


def _part(results: Sequence[Result], split: str) -> list[Result]:
    return [r for r in results if split_of(r.cluster) == split]


def _by_cluster(results: Sequence[Result]) -> list[float]:
    """The mean score of each cluster."""
    held: dict[str, list[float]] = {}
    clusters = {r.case: r.cluster for r in results}
    for id, (_, score) in means(results).items():
        held.setdefault(clusters[id], []).append(score)
    return [sum(scores) / len(scores) for scores in held.values()]
