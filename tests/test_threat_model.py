"""docs/threat-model.md promises nothing without a test."""

from __future__ import annotations

import pytest

from docs import threats
from docs.threats import Promise


def test_every_promise_names_tests_that_there_are() -> None:
    """The page is what its data say, and each test and each variable it names exists."""
    assert threats.PAGE.read_text(encoding="utf-8") == threats.page(), "run: python -m docs.threats"
    assert list(threats.absent()) == []


def test_a_promise_whose_test_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A renamed test, a missing file and a variable that the nightly run does not set are each named."""
    real = "store/test_erasure.py::test_erasing_somebody_reaches_every_table_there_is"
    promise = Promise("X1", "x", (real, "store/test_erasure.py::test_gone", "none.py::test_x"), "NEVER_SET")
    monkeypatch.setattr(threats, "PROMISES", (promise,))

    found = list(threats.absent())

    assert found == ["X1: store/test_erasure.py::test_gone", "X1: none.py::test_x", "X1: NEVER_SET"]
