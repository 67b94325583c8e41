"""Whether a difference is more than noise. Everything is scipy's; tests hold it against statsmodels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
EXACT = 14
"""Clusters up to which every sign pattern is tried; beyond, patterns are drawn."""
DRAWS = 10_000
QUICK = 1_000
"""Draws of one simulated comparison: many are simulated."""
SEED = 20_260_601
ALPHA = 0.05
POWER = 0.8


class Interval(NamedTuple):
    """A share or mean with its interval."""

    value: float
    low: float
    high: float


def mcnemar(lost: int, won: int) -> float:
    """Two-sided exact p-value that as many cases are lost as won by chance; 1 when nothing changed."""
    if lost + won == 0:
        return 1.0
    return float(_scipy().binomtest(lost, lost + won, 0.5).pvalue)


def wilson(right: int, of: int, confidence: float = 0.95) -> Interval:
    """A share with its Wilson interval; 0 to 1 when there is nothing to count."""
    if of == 0:
        return Interval(0.0, 0.0, 1.0)
    ends = _scipy().binomtest(right, of).proportion_ci(confidence, method="wilson")
    return Interval(right / of, float(ends.low), float(ends.high))


def bootstrap_mean(
    values: Sequence[float], clusters: Sequence[str], confidence: float = 0.95, draws: int = 2_000
) -> Interval:
    """The mean with its BCa bootstrap interval; clusters are drawn whole, since their members are alike."""
    sums, sizes = _by_cluster(values, clusters)
    mean = float(sums.sum() / sizes.sum()) if len(sums) else 0.0
    if len(sums) < 2 or np.ptp(sums / sizes) == 0:
        return Interval(mean, mean, mean)

    def ratio(s: Values, n: Values, axis: int = -1) -> Values:
        return np.asarray(s.sum(axis=axis) / n.sum(axis=axis), dtype=np.float64)

    ends = (
        _scipy()
        .bootstrap(
            (sums, sizes),
            ratio,
            paired=True,
            vectorized=True,
            n_resamples=draws,
            confidence_level=confidence,
            method="BCa",
            rng=np.random.default_rng(SEED),
        )
        .confidence_interval
    )
    return Interval(mean, float(ends.low), float(ends.high))


def difference_of_means(one: Sequence[float], other: Sequence[float], draws: int = 2_000) -> Interval:
    """The mean of `one` less that of `other`, two independent samples, with its BCa bootstrap interval."""
    gap = float(np.mean(one) - np.mean(other))
    if min(len(one), len(other)) < 2 or max(np.ptp(one), np.ptp(other)) == 0:
        return Interval(gap, gap, gap)

    def less(a: Values, b: Values, axis: int = -1) -> Values:
        return np.asarray(a.mean(axis=axis) - b.mean(axis=axis), dtype=np.float64)

    ends = (
        _scipy()
        .bootstrap(
            (np.asarray(one), np.asarray(other)),
            less,
            vectorized=True,
            n_resamples=draws,
            confidence_level=0.95,
            method="BCa",
            rng=np.random.default_rng(SEED),
        )
        .confidence_interval
    )
    return Interval(gap, float(ends.low), float(ends.high))


def sign_flip(differences: Sequence[float], clusters: Sequence[str], draws: int = DRAWS) -> float:
    """One-sided p-value that the differences (candidate − base) are not below zero.

    The sign of a whole cluster is flipped at a time: translations of one text rise and fall together.
    """
    sums, _ = _by_cluster(differences, clusters)
    sums = sums[np.abs(sums) > 1e-12]
    if len(sums) == 0:
        return 1.0
    total = sums.sum() + 1e-9
    if len(sums) <= EXACT:
        patterns = 1 - 2 * ((np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))) & 1)
        return float(np.mean(patterns @ sums <= total))
    signs = 1.0 - 2.0 * np.random.default_rng(SEED).integers(0, 2, size=(draws, len(sums)), dtype=np.int8)
    return float((np.sum(signs @ sums <= total) + 1) / (draws + 1))


def adjusted(p_values: Sequence[float]) -> list[float]:
    """The p-values after Benjamini and Hochberg's correction for looking at many slices."""
    return [float(p) for p in _scipy().false_discovery_control(p_values, method="bh")] if p_values else []


def smallest_drop(cases: int, noise: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """The smallest true drop, as a share of the cases, that a single run's exact test sees with this power.

    `noise` is the share of cases that an unchanged engine answers differently when asked again: half of them
    fall, half of them rise. 1 when no drop can be seen.
    """
    return _search(cases, lambda lost: single_power(cases, lost, noise, alpha) >= power)


def single_power(cases: int, lost: int, noise: float, alpha: float = ALPHA) -> float:
    """How often an exact test of one run sees `lost` cases lost for good beside the noise, one-sided."""
    of = _scipy()
    noisy = round(cases * noise)
    chance = 0.0
    for fallen in range(noisy + 1):
        down, up = lost + fallen, noisy - fallen
        p = of.binom.sf(down - 1, down + up, 0.5) if down + up else 1.0
        if p <= alpha:
            chance += float(of.binom.pmf(fallen, noisy, 0.5))
    return chance


def confirmed_drop(cases: int, noise: float, *, repeats: int = 5, alpha: float = ALPHA) -> float:
    """The smallest true drop that re-running the discordant cases sees with power 0.8; by simulation."""
    rng = np.random.default_rng(SEED)

    def seen(lost: int) -> bool:
        found = [two_stage(rng, cases, lost, noise, repeats=repeats)[0] <= alpha for _ in range(60)]
        return float(np.mean(found)) >= POWER

    return _search(cases, seen)


def two_stage(
    rng: np.random.Generator, cases: int, lost: int, noise: float, *, repeats: int = 5
) -> tuple[float, int]:
    """One simulated comparison: the p-value of the fresh runs, and how many extra calls they took.

    `lost` cases were always right and are now always wrong. Of the rest, enough are toss-ups for `noise` of all
    cases to come out differently when an unchanged engine is asked again.
    """
    tossed = min(cases - lost, round(2 * noise * cases))
    first_base, first_new = (rng.random(tossed) < 0.5 for _ in range(2))
    discordant = int(np.sum(first_base != first_new))
    fresh_base, fresh_new = (rng.binomial(repeats, 0.5, discordant) / repeats for _ in range(2))
    differences = np.concatenate([np.full(lost, -1.0), fresh_new - fresh_base])
    p = sign_flip(differences.tolist(), [str(i) for i in range(len(differences))], QUICK)
    return p, 2 * repeats * (lost + discordant)


def _scipy() -> Any:
    """scipy.stats, which takes a while to load and carries no types."""
    from scipy import stats  # type: ignore[import-untyped]

    return stats


def _search(cases: int, seen: Callable[[int], bool]) -> float:
    """The smallest number of cases, as a share, that is seen; by halving."""
    low, high = 1, cases
    if not cases or not seen(high):
        return 1.0
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if seen(middle) else (middle + 1, high)
    return low / cases


def _by_cluster(values: Sequence[float], clusters: Sequence[str]) -> tuple[Values, Values]:
    """The sum and the number of values of each cluster."""
    names = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    places = np.array([names[c] for c in clusters], dtype=np.int64)
    sums = np.bincount(places, weights=np.asarray(values, dtype=np.float64), minlength=len(names))
    return sums.astype(np.float64), np.bincount(places, minlength=len(names)).astype(np.float64)
