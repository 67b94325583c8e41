"""Cohen's kappa against other people's code, and at its edges."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.coaching.agreement import agreement


@pytest.mark.parametrize("seed", range(6))
def test_kappa_and_its_interval_are_those_of_scikit_learn_and_statsmodels(seed: int) -> None:
    """On drawn readings of two to five values, kappa and its interval are what two libraries compute."""
    from sklearn.metrics import cohen_kappa_score
    from statsmodels.stats.inter_rater import cohens_kappa

    dice = np.random.default_rng(seed)
    values = [f"v{n}" for n in range(2 + seed % 4)]
    first = [str(v) for v in dice.choice(values, 60)]
    second = [one if dice.random() < 0.6 else str(dice.choice(values)) for one in first]
    table = np.array(
        [[sum((a, b) == (x, y) for a, b in zip(first, second, strict=True)) for y in values] for x in values]
    )

    found = agreement(list(zip(first, second, strict=True)))

    theirs = cohens_kappa(table)
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second))
    assert found.kappa == pytest.approx(theirs.kappa)
    assert (found.low, found.high) == pytest.approx((theirs.kappa_low, theirs.kappa_upp), abs=1e-9)


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([], None),
        ([("a", "a")] * 12, None),
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        ([("a", "a"), ("a", "b"), ("b", "a"), ("b", "b")], 0.0),
    ],
)
def test_kappa_by_hand(pairs: list[tuple[str, str]], kappa: float | None) -> None:
    """Nothing read, one value throughout, full agreement, full disagreement, and chance; too few for an interval."""
    found = agreement(pairs)

    assert found.kappa == (None if kappa is None else pytest.approx(kappa))
    assert found.low is None
    assert found.pairs == len(pairs)
