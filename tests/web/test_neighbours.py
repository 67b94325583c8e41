"""The table beside a past project, as the page shows it."""

from __future__ import annotations

import pytest

from assistant.domain import Difference
from assistant.web.neighbours import side_by_side
from assistant.web.reader import Library, Reader
from assistant.wiring import Product


@pytest.fixture
def reader(product: Product) -> Reader:
    """A reader of English."""
    return Reader(product.words, product.programme, "en", Library(product.passages))


def test_a_table_names_its_columns_and_escapes_its_cells(reader: Reader) -> None:
    """A screen reader hears which side a cell belongs to, and an applicant's words stay words."""
    rows = (Difference(aspect="Decision", yours="<script>x</script>", theirs="which streets first"),)

    html = side_by_side(reader, rows)

    assert html.count('scope="col"') == 3
    assert '<th scope="row">Decision</th>' in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert reader.say("page.case_yours") in html


def test_without_differences_there_is_no_table(reader: Reader) -> None:
    """An older draft, saved before there were tables, shows none."""
    assert side_by_side(reader, ()) == ""
