"""Lengths of time as people write them in three languages."""

from __future__ import annotations

import pytest

from assistant.coaching.durations import durations


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("It takes three months to get the data agreement", [90]),
        ("2 to 3 weeks", [21]),
        ("10 working days", [10]),
        ("within a month", [30]),
        ("half a year", [182]),
        ("El convenio tarda cuatro meses", [120]),
        ("un mes, o quizás seis semanas", [30, 42]),
        ("leva de dois a três meses", [90]),
        ("por seis semanas", [42]),
        ("updated every two weeks", []),
        ("cada dos semanas", []),
        ("a cada três meses", []),
        ("20 homes a week", []),
        ("two days", [2]),
        ("the last three years", []),
        ("soon", []),
    ],
)
def test_lengths_are_read_and_frequencies_are_not(text: str, days: list[int]) -> None:
    """A range counts its longer end; "every two weeks" is no length."""
    assert [d.days for d in durations(text)] == days
