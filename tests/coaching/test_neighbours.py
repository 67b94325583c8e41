"""A past project beside the proposal: both sides told, what nobody said left unknown, the outcome no argument."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.coaching.neighbours import basis, differences
from assistant.domain import LANGS, Case, Difference, Evidence, Lang
from assistant.retrieval.sources import case_in, load_cases
from assistant.wiring import Product

TODAY = date(2026, 11, 21)


def flint(product: Product, lang: Lang) -> Case:
    """The case of the lead pipes."""
    records = load_cases(product.settings.corpus / "cases")
    return case_in(next(r for r in records if r.id == "flint-lead-pipes"), lang)


def table(product: Product, case: Case, record: dict[str, Evidence]) -> dict[str, Difference]:
    """The rows by the English name of their aspect."""
    rows = differences(case, record, product.words, "en", today=TODAY)
    return {row.aspect: row for row in rows}


def test_both_sides_stand_in_the_table(product: Product) -> None:
    """What the applicant said is given in their words, what the case says in its own."""
    case = flint(product, "en")
    record = {
        "decision": Evidence(state="stated", quote="which forty streets are dug up first"),
        "population": Evidence(state="stated", quote="310,000 residents"),
        "data_sources": Evidence(state="stated", quote="tap samples"),
        "delivery_owner": Evidence(state="stated", quote="the water utility"),
    }

    rows = table(product, case, record)

    assert rows["Decision"] == Difference(
        aspect="Decision", yours="which forty streets are dug up first", theirs=case.decision
    )
    assert rows["Size"].yours == "310,000 residents"
    assert rows["Data"].yours == "tap samples"
    assert rows["Data"].theirs == ", ".join(case.data)
    assert rows["Who acts or owns it"].yours == "the water utility"
    assert (rows["Year"].yours, rows["Year"].theirs) == ("2026", case.year)
    assert rows["Country"].theirs == "United States"


@pytest.mark.parametrize("state", ["missing", "unknown"])
def test_what_was_not_said_is_unknown(product: Product, state: str) -> None:
    """A side that nobody has told reads as unknown, never as a guess."""
    record = {"decision": Evidence(state=state)}  # type: ignore[arg-type]

    rows = table(product, flint(product, "en").model_copy(update={"population": None}), record)

    assert rows["Decision"].yours == rows["Country"].yours == "Unknown: not said yet"
    assert rows["Size"].theirs == "Unknown: not recorded"


@pytest.mark.parametrize("lang", LANGS)
def test_the_table_is_in_the_readers_language(product: Product, lang: Lang) -> None:
    """Beyond 11: Headings and the unknown are told in each language, with the case in that language too."""
    case = flint(product, lang)

    rows = differences(case, {}, product.words, lang, today=TODAY)

    first = {"en": "Decision", "es": "Decisión", "pt": "Decisão"}[lang]
    assert rows[0].aspect == first
    assert rows[0].theirs == case.decision


def test_a_case_nobody_read_the_source_of_only_illustrates(product: Product) -> None:
    """Documented is a case whose source somebody read; what is told from memory illustrates."""
    case = flint(product, "en")

    assert basis(case.model_copy(update={"confidence": "sourced"})) == "documented"
    assert basis(case.model_copy(update={"confidence": "recalled"})) == "illustrative"


def test_a_judgement_carries_the_table(product: Product) -> None:
    """Each similar case of a judgement has its table, its source address, and the applicant's decision in it."""
    text = (
        "Old lead pipes poison children's drinking water. Each month the water engineers decide which streets "
        "to dig up first. They use tap sample records and parcel data."
    )

    near = product.assistant.judge_text(text, "en").similar_cases

    assert near
    assert all(len(case.differences) == 6 and case.source_url.startswith("http") for case in near)
    assert "which streets" in near[0].differences[0].yours


def test_how_a_case_ended_does_not_move_it(product: Product) -> None:
    """A table is made of the same aspects and none of them is the outcome, whatever the outcome was."""
    case = flint(product, "en")
    failed = case.model_copy(update={"outcome": "It failed and was stopped.", "status": "ended"})

    ours, theirs = (differences(c, {}, product.words, "en", today=TODAY) for c in (case, failed))

    assert ours == theirs
