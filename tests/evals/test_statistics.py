"""The statistics agree with independent oracles, and their intervals hold what they promise."""

from __future__ import annotations

import itertools
import os

import numpy as np
import pytest
from scipy import stats

from evals.statistics import (
    adjusted,
    bootstrap_mean,
    confirmed_drop,
    mcnemar,
    sign_flip,
    single_power,
    smallest_drop,
    two_stage,
    wilson,
)

TABLES = 1_000
PAIRS = int(os.environ.get("SIMULATED_PAIRS", "60"))


def random_tables() -> list[tuple[int, int]]:
    """Discordant counts of 1,000 tables, small ones and lopsided ones among them."""
    rng = np.random.default_rng(7)
    return [
        (int(a), int(b))
        for a, b in zip(rng.integers(0, 60, TABLES), rng.integers(0, 25, TABLES), strict=True)
    ]


def test_mcnemar_equals_statsmodels() -> None:
    """The exact p-value is statsmodels' on 1,000 random tables."""
    from statsmodels.stats.contingency_tables import mcnemar as oracle

    for lost, won in random_tables():
        expected = 1.0 if lost + won == 0 else oracle([[50, lost], [won, 50]], exact=True).pvalue

        assert mcnemar(lost, won) == pytest.approx(expected, abs=1e-9)


def test_wilson_equals_statsmodels() -> None:
    """The interval of a share is statsmodels' on 1,000 random counts."""
    from statsmodels.stats.proportion import proportion_confint

    for right, wrong in random_tables():
        if right + wrong:
            low, high = proportion_confint(right, right + wrong, 0.05, method="wilson")

            assert wilson(right, right + wrong)[1:] == pytest.approx((low, high), abs=1e-9)


def test_the_correction_equals_statsmodels() -> None:
    """Benjamini and Hochberg's correction is statsmodels' on 1,000 random families of p-values."""
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(8)
    for size in rng.integers(1, 40, TABLES):
        p = rng.random(size) ** 2

        assert adjusted(list(p)) == pytest.approx(multipletests(p, method="fdr_bh")[1], abs=1e-9)


def test_sign_flips_equal_every_pattern_tried() -> None:
    """With few clusters the p-value is the share of all sign patterns that fall as far, counted one by one."""
    rng = np.random.default_rng(9)
    for size in rng.integers(1, 8, 100):
        gaps = rng.choice([-1.0, -0.5, 0.25, 1.0], size)
        sums = [
            sum(s * g for s, g in zip(signs, gaps, strict=True))
            for signs in itertools.product((1, -1), repeat=size)
        ]
        expected = np.mean([s <= gaps.sum() + 1e-9 for s in sums])

        assert sign_flip(gaps.tolist(), [str(i) for i in range(size)]) == pytest.approx(expected, abs=1e-9)


def test_drawn_sign_flips_agree_with_scipy() -> None:
    """With many clusters the drawn p-value is that of scipy's own permutation test, within its error."""
    rng = np.random.default_rng(10)
    for shift in (-0.3, -0.1, 0.0, 0.2):
        gaps = rng.normal(shift, 1, 60)
        oracle = stats.permutation_test(
            (gaps,),
            lambda x, axis: x.sum(axis=axis),
            permutation_type="samples",
            alternative="less",
            n_resamples=5_000,
            vectorized=True,
            rng=1,
        )

        assert sign_flip(gaps.tolist(), [str(i) for i in range(60)]) == pytest.approx(oracle.pvalue, abs=0.03)


def test_a_cluster_counts_once() -> None:
    """Five translations of one text that all fall prove no more than one text that falls."""
    assert sign_flip([-1.0] * 5, ["one"] * 5) == 0.5
    assert sign_flip([-1.0] * 5, list("abcde")) == 1 / 32


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_wilson_intervals_hold_the_truth(share: float) -> None:
    """Over all that 300 cases can show, the 95 % interval holds the true share 94 to 96 times in a hundred."""
    counts = np.arange(301)
    holding = [k for k in counts if wilson(int(k), 300)[1] <= share <= wilson(int(k), 300)[2]]

    coverage = stats.binom.pmf(holding, 300, share).sum()

    assert 0.94 <= coverage <= 0.96


def test_bootstrap_intervals_hold_the_truth() -> None:
    """The clustered BCa interval of a mean holds the truth about 95 times in a hundred (simulated)."""
    rng = np.random.default_rng(11)
    rounds = 2 * PAIRS
    held = 0
    for _ in range(rounds):
        centres = rng.normal(0.6, 0.1, 120)
        values = (centres[:, None] + rng.normal(0, 0.05, (120, 2))).ravel()
        got = bootstrap_mean(values.tolist(), [str(i // 2) for i in range(240)], draws=300)
        held += got.low <= 0.6 <= got.high

    tolerance = 3 * (0.95 * 0.05 / rounds) ** 0.5
    assert held / rounds == pytest.approx(0.95, abs=tolerance + 0.01)


def test_two_stages_see_two_points_where_one_run_does_not() -> None:
    """At 300 cases a true 2-point drop is confirmed 8 times in 10 for under 300 calls; one run seldom sees it."""
    rng = np.random.default_rng(12)

    found = [two_stage(rng, 300, lost=6, noise=0.065) for _ in range(PAIRS)]

    power = np.mean([p <= 0.05 for p, _ in found])
    assert power >= 0.8 - 2 * (0.16 / PAIRS) ** 0.5
    assert np.mean([calls for _, calls in found]) <= 300
    assert single_power(300, 6, 0.065) < 0.4


def test_two_stages_seldom_accuse_an_unchanged_engine() -> None:
    """An unchanged engine is called worse in about 5 of 100 comparisons, not more."""
    rng = np.random.default_rng(13)

    accused = np.mean([two_stage(rng, 300, lost=0, noise=0.065)[0] <= 0.05 for _ in range(PAIRS)])

    assert accused <= 0.05 + 2 * (0.05 * 0.95 / PAIRS) ** 0.5


def test_the_smallest_drop_of_a_noiseless_engine_is_five_clusters() -> None:
    """Without noise five lost cases are the fewest that an exact one-sided test at 5 % calls a fall: 1/32."""
    assert smallest_drop(100, 0.0) == 0.05
    assert smallest_drop(4, 0.0) == 1.0
    assert smallest_drop(0, 0.0) == 1.0


def test_noise_hides_drops_from_one_run_and_less_from_two_stages() -> None:
    """With noise the smallest visible drop grows, and confirming shrinks it again."""
    one_run = smallest_drop(300, 0.065)

    assert one_run > smallest_drop(300, 0.0)
    assert confirmed_drop(300, 0.065) < one_run


def test_bootstrap_of_what_does_not_vary_is_a_point() -> None:
    """A mean of equal values, or of one cluster, has no width and raises no warning."""
    assert bootstrap_mean([1.0, 1.0, 1.0], list("abc")) == (1.0, 1.0, 1.0)
    assert bootstrap_mean([0.2, 0.4], ["a", "a"]).value == pytest.approx(0.3)
    assert bootstrap_mean([], []).value == 0.0
