"""Two runs side by side: what flipped, in which direction, and whether it is more than noise."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.domain import Frozen
from evals.run import Result, Run, by_case
from evals.statistics import adjusted, mcnemar, sign_flip
from evals.summary import Told, means, slices_of

MOVED = 1e-3
"""A score that differs by less has not moved; runs keep four decimals."""


class Flip(Frozen):
    """A case whose answer changed."""

    case: str
    suite: str
    cluster: str
    direction: str
    """worse, better, or other: another answer that is as right or wrong."""
    old: str
    new: str
    expected: str
    old_reason: str
    new_reason: str
    change: float
    """How much its mean score moved."""
    noise: bool
    """Whether one of the two runs gave both answers by itself, so that this says nothing."""
    anchor: bool
    tags: tuple[str, ...]
    rationale: str


class SliceTest(Frozen):
    """How a slice moved, with the p-value corrected for looking at many."""

    name: str
    cases: int
    old: float
    new: float
    """Mean scores."""
    lost: int
    won: int
    p: float
    """One-sided, that it did not fall; clusters flip whole."""
    corrected: float


class Comparison(Frozen):
    """Everything that differs between two runs."""

    base: str
    candidate: str
    cases: int
    """Cases that both have."""
    flips: tuple[Flip, ...]
    lost: tuple[str, ...]
    won: tuple[str, ...]
    p: float
    """Exact McNemar, two-sided, on one run of each."""
    fell: float
    """Clustered sign flips, one-sided, that scores did not fall."""
    missing: tuple[str, ...]
    """Cases of the base that the candidate lacks."""
    added: tuple[str, ...]
    slices: tuple[SliceTest, ...]


def compare(base: Run, candidate: Run, told: Told) -> Comparison:
    """The comparison of two runs; cases that only one of them has are named and not compared."""
    old, new = by_case(base.results), by_case(candidate.results)
    shared = [id for id in old if id in new]
    flips = [flip(old[id], new[id], told) for id in shared if flipped(old[id], new[id])]
    lost = [id for id in shared if share(old[id]) > 0.5 >= share(new[id])]
    won = [id for id in shared if share(new[id]) > 0.5 >= share(old[id])]
    clusters = [old[id][0].cluster for id in shared]
    gaps = differences(base, candidate, shared)
    order = {"worse": 0, "better": 1, "other": 2}
    return Comparison(
        base=base.id,
        candidate=candidate.id,
        cases=len(shared),
        flips=tuple(sorted(flips, key=lambda f: (not f.anchor, order[f.direction], f.case))),
        lost=tuple(lost),
        won=tuple(won),
        p=mcnemar(len(lost), len(won)),
        fell=sign_flip(gaps, clusters),
        missing=tuple(id for id in old if id not in new),
        added=tuple(id for id in new if id not in old),
        slices=tuple(slice_tests(base, candidate, shared, told)),
    )


def share(results: Sequence[Result]) -> float:
    """How often a case is right."""
    return sum(r.right for r in results) / len(results)


def flipped(old: Sequence[Result], new: Sequence[Result]) -> bool:
    """Whether a case is answered differently: another label most of the times, or right and wrong swapped."""
    return usual(old).got != usual(new).got or (share(old) > 0.5) != (share(new) > 0.5)


def usual(results: Sequence[Result]) -> Result:
    """The result whose answer came most often, the earliest of those."""
    answers = [r.got for r in results]
    return max(results, key=lambda r: (answers.count(r.got), -r.repeat))


def flip(old: Sequence[Result], new: Sequence[Result], told: Told) -> Flip:
    """A changed answer, with what explains it."""
    before, after, case = usual(old), usual(new), told.get(old[0].case)
    was, now = share(old) > 0.5, share(new) > 0.5
    change = sum(r.score for r in new) / len(new) - sum(r.score for r in old) / len(old)
    worse = (was and not now) or (was == now and change < -MOVED)
    better = (now and not was) or (was == now and change > MOVED)
    return Flip(
        case=before.case,
        suite=before.suite,
        cluster=before.cluster,
        direction="worse" if worse else "better" if better else "other",
        old=before.got,
        new=after.got,
        expected=after.expected or before.expected,
        old_reason=before.reason,
        new_reason=after.reason,
        change=round(change, 4),
        noise={r.got for r in old} >= {before.got, after.got}
        or {r.got for r in new} >= {before.got, after.got},
        anchor=case.anchor if case is not None else False,
        tags=case.tags if case is not None else (),
        rationale=case.rationale if case is not None else "",
    )


def differences(base: Run, candidate: Run, ids: Sequence[str]) -> list[float]:
    """How much each case's mean score moved; what is within rounding has not."""
    old, new = means(base.results), means(candidate.results)
    gaps = [new[id][1] - old[id][1] for id in ids]
    return [gap if abs(gap) > MOVED else 0.0 for gap in gaps]


def slice_tests(base: Run, candidate: Run, ids: Sequence[str], told: Told) -> list[SliceTest]:
    """Every slice, the ones that fell most clearly first."""
    old, new = by_case(base.results), by_case(candidate.results)
    members: dict[str, list[str]] = {}
    for id in ids:
        for name in slices_of(old[id][0], told.get(id)):
            members.setdefault(name, []).append(id)
    was, now = means(base.results), means(candidate.results)
    found = []
    for name, inside in members.items():
        gaps = differences(base, candidate, inside)
        found.append(
            SliceTest(
                name=name,
                cases=len(inside),
                old=sum(was[id][1] for id in inside) / len(inside),
                new=sum(now[id][1] for id in inside) / len(inside),
                lost=sum(share(old[id]) > 0.5 >= share(new[id]) for id in inside),
                won=sum(share(new[id]) > 0.5 >= share(old[id]) for id in inside),
                p=sign_flip(gaps, [old[id][0].cluster for id in inside]),
                corrected=1.0,
            )
        )
    corrected = adjusted([s.p for s in found])
    named = [s.model_copy(update={"corrected": p}) for s, p in zip(found, corrected, strict=True)]
    return sorted(named, key=lambda s: (s.corrected, s.new - s.old))
