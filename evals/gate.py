"""Whether a run may ship: integrity, anchors, a paired test, floors and families, each naming its cases."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import Field, ValidationError

from assistant.domain import Frozen
from evals.compare import Comparison, compare, share
from evals.errors import SuiteError
from evals.run import Result, Run, by_case
from evals.statistics import adjusted, confirmed_drop, sign_flip, smallest_drop, wilson
from evals.summary import Told, families, measured, slices_of

POLICY = Path(__file__).resolve().parent / "policy.toml"
SHIP, REGRESSION, INVALID, STALE, INCOMPLETE, NOT_RECORDED, UNDER_POWERED = range(7)
ORDER = (INVALID, STALE, INCOMPLETE, NOT_RECORDED, REGRESSION, UNDER_POWERED)
"""What is told first when several things are wrong."""


class Floor(Frozen):
    """A share that may not fall: the bound of its Wilson interval is compared."""

    name: str
    suites: tuple[str, ...]
    check: str
    least: float | None = None
    """The lower bound must reach this."""
    most: float | None = None
    """The upper bound may not exceed this."""


class FamilyFloor(Frozen):
    """The least share of invariance, direction or contrast pairs that must hold, by its lower bound."""

    kind: Literal["INV", "DIR", "PAIR"]
    suite: str
    least: float


class Policy(Frozen):
    """What may ship, as evals/policy.toml says it."""

    alpha: float
    most_errors: float
    """Share of results that may be errors; more is incomplete."""
    slice_cases: int
    """Fewer cases are reported and decide nothing."""
    confirmations: int
    """Fresh runs of each discordant case under both."""
    floor: tuple[Floor, ...] = Field(default=())
    family: tuple[FamilyFloor, ...] = Field(default=())


class Check(Frozen):
    """One rule of the policy and what came of it."""

    name: str
    ok: bool
    code: int
    """The exit code when it is not."""
    told: str
    cases: tuple[str, ...] = ()


class Verdict(Frozen):
    """What the gate says."""

    checks: tuple[Check, ...]
    comparison: Comparison
    code: int
    smallest: float
    """The smallest true drop that these cases can show, as a share."""

    @property
    def blocked_by(self) -> tuple[Check, ...]:
        """The rules that say no."""
        return tuple(c for c in self.checks if not c.ok)


class Fresh(NamedTuple):
    """Fresh runs of the discordant cases: the second stage."""

    base: Sequence[Result]
    candidate: Sequence[Result]


Confirm = Callable[[Sequence[str]], Fresh]
"""Runs these cases again under both engines."""


def load_policy(path: Path = POLICY) -> Policy:
    """The policy; raises SuiteError when the file is wrong."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Policy.model_validate({key: value for key, value in data.items() if key != "coverage"})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SuiteError(f"{path}: {error}", fix="restore or correct the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{path.name}: {at}: {first['msg']}", fix=f"correct {at}") from None


def gate(
    base: Run,
    candidate: Run,
    told: Told,
    policy: Policy,
    *,
    confirm: Confirm | None = None,
    detect: float | None = None,
) -> Verdict:
    """The verdict of the policy on a candidate; `detect` asks for the power to see a drop of that share."""
    comparison = compare(base, candidate, told)
    seen = smallest(base, candidate, comparison)
    discordant = (*comparison.lost, *comparison.won)
    noisy = not (base.deterministic and candidate.deterministic)
    fresh = (confirm(discordant) if discordant else Fresh((), ())) if noisy and confirm else None
    checks = [
        *integrity(base, candidate, comparison, told, policy),
        anchors(base, candidate, told),
        paired(comparison, policy, noisy, fresh),
        *sliced(comparison, policy, noisy, fresh, told),
        *floors(candidate, policy),
        *family_floors(candidate, told, policy),
    ]
    if detect is not None:
        checks.append(powered(seen, detect))
    failed = {c.code for c in checks if not c.ok}
    code = next((c for c in ORDER if c in failed), SHIP)
    return Verdict(checks=tuple(checks), comparison=comparison, code=code, smallest=seen)


def integrity(base: Run, candidate: Run, comparison: Comparison, told: Told, policy: Policy) -> list[Check]:
    """Every case is there, as often as promised, and hardly any is an error."""
    wanted = candidate.cases * candidate.repeat
    there = len({r.key for r in candidate.results})
    unknown = tuple(id for id in by_case(candidate.results) if id not in told)
    errors = candidate.errors
    most = policy.most_errors * wanted
    return [
        Check(
            name="every case is there",
            ok=there == wanted and not comparison.missing,
            code=INCOMPLETE,
            told=f"{there} of {wanted} results; {len(comparison.missing)} of the baseline's cases are missing",
            cases=comparison.missing,
        ),
        Check(
            name="every case is in the suites",
            ok=not unknown,
            code=INVALID,
            told=f"{len(unknown)} cases of the run are not in the suites",
            cases=unknown,
        ),
        Check(
            name="errors",
            ok=len(errors) <= most,
            code=INCOMPLETE,
            told=f"{len(errors)} errors, counted as wrong; {most:.1f} may be",
            cases=tuple(r.case for r in errors),
        ),
    ]


def anchors(base: Run, candidate: Run, told: Told) -> Check:
    """No anchor that the baseline passes is lost; those that it fails too are owed and named."""
    old, new = by_case(base.results), by_case(candidate.results)
    held = [id for id, case in told.items() if case.anchor and id in new]
    failing = [id for id in held if share(new[id]) <= 0.5]
    lost = tuple(id for id in failing if id not in old or share(old[id]) > 0.5)
    owed = [id for id in failing if id not in lost]
    still = f"; still owed from the baseline: {', '.join(owed)}" if owed else ""
    return Check(
        name="anchors",
        ok=not lost,
        code=REGRESSION,
        told=f"{len(held) - len(failing)} of {len(held)} pass, {len(lost)} lost{still}",
        cases=lost,
    )


def paired(comparison: Comparison, policy: Policy, noisy: bool, fresh: Fresh | None) -> Check:
    """The paired test on all cases; where runs differ by themselves, on fresh runs of the discordant ones."""
    p, how = comparison.fell, "no noise: both engines always answer alike"
    if noisy and fresh is None:
        how = "one run each, unconfirmed: `eval gate --confirm` sees far smaller drops"
    elif fresh is not None:
        count = len(by_case(fresh.base))
        p, how = fell(gaps(fresh)), f"fresh runs of {count} cases, {policy.confirmations} each under both"
    worse = tuple(f.case for f in comparison.flips if f.direction == "worse")
    return Check(
        name="no fall over all cases",
        ok=p > policy.alpha,
        code=REGRESSION,
        told=f"{len(comparison.lost)} lost, {len(comparison.won)} won, p {p:.4f} ({how})",
        cases=worse if p <= policy.alpha else (),
    )


def gaps(fresh: Fresh) -> list[tuple[Result, float]]:
    """How much each case moved in the fresh runs alone: the first runs chose the cases and may not vote again."""
    old, new = by_case(fresh.base), by_case(fresh.candidate)
    return [
        (old[id][0], float(np.mean([r.score for r in new[id]]) - np.mean([r.score for r in old[id]])))
        for id in old
        if id in new
    ]


def fell(moved: Sequence[tuple[Result, float]]) -> float:
    """The p-value that they did not fall."""
    return sign_flip([gap for _, gap in moved], [result.cluster for result, _ in moved])


def sliced(
    comparison: Comparison, policy: Policy, noisy: bool, fresh: Fresh | None, told: Told
) -> list[Check]:
    """The slices with enough cases, after correction for their number; unconfirmed noise decides nothing."""
    parts = [part for part in comparison.slices if part.cases >= policy.slice_cases]
    chances = [part.corrected for part in parts]
    if fresh is not None:
        moved = gaps(fresh)
        inside = [[m for m in moved if p.name in slices_of(m[0], told.get(m[0].case))] for p in parts]
        chances = adjusted([fell(members) for members in inside])
    checks = []
    for part, p in zip(parts, chances, strict=True):
        ok = p > policy.alpha or part.new >= part.old or (noisy and fresh is None)
        said = f"{part.old:.3f} → {part.new:.3f}, {part.lost} lost, {part.won} won, corrected p {p:.4f}"
        checks.append(Check(name=f"slice {part.name}", ok=ok, code=REGRESSION, told=said))
    return checks


def floors(candidate: Run, policy: Policy) -> list[Check]:
    """The shares that have a floor or a ceiling; what so few cases could never reach is asked of the kinder bound."""
    checks = []
    for floor in policy.floor:
        got, failing = measured(candidate, floor.suites, floor.check)
        there = {r.case for r in candidate.results if r.suite in floor.suites and floor.check in r.checks}
        if not there:
            continue
        least, most = floor.least, floor.most
        ok = (least is None or got.low >= least) and (most is None or got.high <= most)
        best = wilson(len(there) if least is not None else 0, len(there))
        few = (least is not None and best.low < least) or (most is not None and best.high > most)
        if few:  # the kinder bound: a handful that all fail still decides
            ok = (least is None or got.high >= least) and (most is None or got.low <= most)
        bound = f"at least {least}" if least is not None else f"at most {most}"
        told = f"{got.value:.3f} ({got.low:.3f} to {got.high:.3f}), {bound} by its bound"
        cases = failing if least is not None else sorted(there - set(failing))
        checks.append(_floor(floor.name, ok, few, told, cases))
    return checks


def family_floors(candidate: Run, told: Told, policy: Policy) -> list[Check]:
    """Invariance, direction and contrast."""
    found = {(f.kind, f.suite): f for f in families(candidate, told)}
    checks = []
    for floor in policy.family:
        family = found.get((floor.kind, floor.suite))
        if family is None:
            continue
        few = wilson(family.of, family.of).low < floor.least
        held = wilson(family.held, family.of)
        ok = (held.high if few else held.low) >= floor.least
        said = f"{family.held} of {family.of} hold (from {family.low:.3f}), at least {floor.least}"
        checks.append(_floor(f"{floor.kind} {floor.suite}", ok, few, said, family.broken))
    return checks


def _floor(name: str, ok: bool, few: bool, told: str, cases: Sequence[str]) -> Check:
    if few:
        told = f"{told}; too few cases for that, so by the other bound"
    return Check(name=name, ok=ok, code=REGRESSION, told=told, cases=() if ok else tuple(cases))


def smallest(base: Run, candidate: Run, comparison: Comparison) -> float:
    """The smallest true drop that this comparison can show, as a share of its cases."""
    if base.deterministic and candidate.deterministic:
        return smallest_drop(comparison.cases, 0.0)
    noise = min(0.2, len(comparison.flips) / max(1, comparison.cases))
    return confirmed_drop(comparison.cases, noise)


def powered(seen: float, wanted: float) -> Check:
    """Whether the cases can show what was asked for."""
    return Check(
        name="power",
        ok=seen <= wanted,
        code=UNDER_POWERED,
        told=f"these cases show a drop of {100 * seen:.1f} points, {100 * wanted:.1f} were asked for",
    )
