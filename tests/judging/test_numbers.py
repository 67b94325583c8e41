"""Probabilities of two readers joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.judging.numbers import one_ahead

NAMES = ("fit", "needs_work", "poor_fit")
chances = st.tuples(*[st.floats(0.01, 1)] * 3).map(
    lambda p: {n: x / sum(p) for n, x in zip(NAMES, p, strict=True)}
)


@given(st.permutations(NAMES).flatmap(lambda p: st.integers(1, 3).map(lambda n: p[:n])), chances)
def test_the_first_choice_leads_and_all_adds_up(chosen: list[str], other: dict[str, float]) -> None:
    """Whatever the other reader says, the first choice is ahead and the probabilities add up to one."""
    joined = one_ahead(chosen, other, 0.85, 0.55)

    assert max(joined, key=lambda k: joined[k]) == chosen[0]
    assert sum(joined.values()) == pytest.approx(1)
    alone = 0.85 if max(other, key=lambda k: other[k]) == chosen[0] else 0.55
    assert joined[chosen[0]] == (alone if len(chosen) == 1 else min(alone, 0.6))


def test_a_second_choice_comes_second() -> None:
    """What was named besides the first stands clearly before what only the other reader thinks of."""
    joined = one_ahead(["fit", "poor_fit"], {"fit": 0.1, "needs_work": 0.8, "poor_fit": 0.1}, 0.85, 0.55)

    assert joined["poor_fit"] > 0.35 > joined["needs_work"]


def test_no_choice_is_no_probability() -> None:
    """Without a choice nothing is said."""
    assert one_ahead([], {"fit": 1.0}, 0.85, 0.55) == {}
