"""Every row of the sources is answered, in three languages, from the passage that holds it."""

from __future__ import annotations

import pytest

from assistant.domain import LANGS
from assistant.retrieval.sources import PassageRecord, load_passages, passage_in
from assistant.safety import fold
from assistant.wiring import Product
from tests.knowledge.table import CONFLICTS, Row, every_row, table


@pytest.fixture(scope="module")
def records(product: Product) -> dict[str, PassageRecord]:
    """Every passage by its id."""
    return {r.id: r for r in load_passages(product.settings.corpus / "passages")}


def lacking(text: str, wordings: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    """The facts of which no wording stands in the text."""
    told = fold(text)
    return [fact for fact in wordings if not any(fold(word) in told for word in fact)]


def test_the_table_asks_for_every_row_in_every_language() -> None:
    """No row of the five sources is left out, in English, Spanish or Portuguese."""
    asked = {(row.row, row.asked.lang) for row in table()}

    assert asked == {(row, lang) for row in every_row() for lang in LANGS}


@pytest.mark.parametrize("row", table(), ids=lambda row: row.asked.id)
def test_a_row_is_answered_from_its_passage(
    row: Row, product: Product, records: dict[str, PassageRecord]
) -> None:
    """The answer cites the row's passage word for word, holds its facts, and says nothing it must not."""
    answer = product.ask(row.asked.question, row.asked.lang)

    cited = {citation.id for citation in answer.citations}
    assert answer.found == row.asked.found, answer.text
    assert cited & set(row.asked.passages), cited
    assert lacking(answer.text, row.asked.facts) == []
    assert not [word for word in row.never if fold(word) in fold(answer.text)]
    for citation in answer.citations:
        assert citation.quote in passage_in(records[citation.id], row.asked.lang).text


@pytest.mark.parametrize(
    "row", [r for r in table() if r.asked.dated and r.asked.found], ids=lambda row: row.asked.id
)
def test_history_is_named_as_history(row: Row, product: Product, records: dict[str, PassageRecord]) -> None:
    """What comes from dated history or context stands under the name of its source, with what is known of its date."""
    answer = product.ask(row.asked.question, row.asked.lang)

    labels = {records[c.id].label.at(row.asked.lang) for c in answer.citations if records[c.id].tier > 2}
    assert labels
    assert all(label in answer.text for label in labels)


@pytest.mark.parametrize("row", table(CONFLICTS), ids=lambda row: row.asked.id)
def test_a_conflict_of_the_sources_is_disclosed(row: Row, product: Product) -> None:
    """Where the sources disagree or can mislead, the answer gives both sides and promises neither."""
    answer = product.ask(row.asked.question, row.asked.lang)

    assert answer.found == row.asked.found, answer.text
    assert lacking(answer.text, row.asked.facts) == []
    assert not [word for word in row.never if fold(word) in fold(answer.text)]
