"""How far two readers agree beyond what chance would give: Cohen's kappa with its asymptotic interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt

from assistant.domain import Frozen

Z95 = 1.959963984540054
FEWEST = 10
"""Pairs below which no interval is given: the approximation says nothing then."""


class Agreement(Frozen):
    """Kappa over pairs of readings."""

    pairs: int
    same: int
    """How many pairs agree."""
    kappa: float | None
    """From -1 to 1; None without pairs, and when both readers gave one and the same value throughout."""
    low: float | None = None
    high: float | None = None
    """Bounds of the 95 % interval."""


def agreement(pairs: Sequence[tuple[str, str]]) -> Agreement:
    """The agreement of two readers; each pair holds what the one and the other said of one thing.

    The variance is that of Fleiss, Cohen and Everitt (1969) for a kappa that need not be 0.
    """
    count, same = len(pairs), sum(one == other for one, other in pairs)
    if not pairs:
        return Agreement(pairs=0, same=0, kappa=None)
    share = {cell: n / count for cell, n in Counter(pairs).items()}
    first, second = (_margin(share, side) for side in (0, 1))
    chance = sum(first[v] * second[v] for v in first.keys() & second.keys())
    if chance >= 1:
        return Agreement(pairs=count, same=same, kappa=None)
    kappa = (same / count - chance) / (1 - chance)
    if count < FEWEST:
        return Agreement(pairs=count, same=same, kappa=kappa)
    spread = Z95 * sqrt(max(0.0, _variance(share, first, second, chance, kappa) / count))
    return Agreement(
        pairs=count, same=same, kappa=kappa, low=max(-1.0, kappa - spread), high=min(1.0, kappa + spread)
    )


def _margin(share: dict[tuple[str, str], float], side: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, part in share.items():
        found[cell[side]] += part  # type: ignore[assignment]  # a Counter adds fractions as well as whole numbers
    return found


def _variance(
    share: dict[tuple[str, str], float],
    first: Counter[str],
    second: Counter[str],
    chance: float,
    kappa: float,
) -> float:
    """The variance of kappa times the number of pairs."""
    total = 0.0
    for (one, other), part in share.items():
        if one == other:
            total += part * (1 - (first[one] + second[one]) * (1 - kappa)) ** 2
        else:
            total += part * (1 - kappa) ** 2 * (second[one] + first[other]) ** 2
    return (total - (kappa - chance * (1 - kappa)) ** 2) / (1 - chance) ** 2
