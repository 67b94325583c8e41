"""The coverage page is what the data says, and no row lacks a passage or a test."""

from __future__ import annotations

from docs import coached, coverage
from tests.knowledge.table import every_row


def test_the_page_is_up_to_date() -> None:
    """Who adds a passage, a row or a test writes the page again."""
    assert coverage.PAGE.read_text(encoding="utf-8") == coverage.page(), "run: python -m docs.coverage"


def test_every_row_has_a_passage_and_a_test() -> None:
    """Each row of the five sources lives in a passage at least, and a test names it."""
    held, proved = coverage.passages(), coverage.tests()

    assert [row for row in every_row() if not held.get(row)] == []
    assert [row for row in every_row() if not proved.get(row)] == []
    assert [n for n in range(1, 13) if f"3.6-{n}" not in proved] == []


def test_every_row_of_the_coaching_is_named_by_a_test_in_three_languages() -> None:
    """Features beyond the sources and each row that is asked, checked, shown or dated; what is open is said to be."""
    proved = coached.proofs()

    wanted = [*(f"beyond {number}" for number in coached.FEATURES), *coached.ROWS]
    lacking = [row for row in wanted if not any("en, es, pt" in test for test in proved.get(row, []))]
    assert lacking == sorted(coached.OPEN)
