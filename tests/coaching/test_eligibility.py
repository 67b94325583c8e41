"""Eligibility facts: numbers and dates as people write them, the borderline discussed, nothing a gate."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.coaching.eligibility import findings, number_in, residents_in
from assistant.coaching.terms import term_end
from assistant.domain import CriterionFinding, Evidence, Lang
from assistant.wiring import Product
from tests.conftest import TODAY


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("240,000 residents", 240_000),
        ("unos 180 mil habitantes", 180_000),
        ("1.2 million people", 1_200_000),
        ("1,2 millones", 1_200_000),
        ("2,3 milhões de moradores", 2_300_000),
        ("95.000 habitantes", 95_000),
        ("100 000", 100_000),
        ("about 98k", 98_000),
        ("12", 12),
        ("we are many", None),
    ],
)
def test_numbers_as_people_write_them(text: str, number: float | None) -> None:
    """Thousands with commas, points, spaces or words come out as the same number."""
    assert number_in(text) == number


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("In the 2022 census we counted 240,000 in 12 districts.", 240_000, 240_000),
        ("Entre 90 mil y 110 mil habitantes", 90_000, 110_000),
        ("1 millón 200 mil", 1_200_000, 1_200_000),
        ("1'200.000", 1_200_000, 1_200_000),
        ("meio milhão", 500_000, 500_000),
        ("two hundred thousand", 200_000, 200_000),
    ],
)
def test_the_number_of_residents_stands_among_other_numbers(text: str, least: float, most: float) -> None:
    """Years and small counts are passed over, a range keeps both ends, spelt and joined numbers are read."""
    assert residents_in(text) == (least, most)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("December 2028", date(2028, 12, 1), date(2028, 12, 28)),
        ("en marzo de 2029", date(2029, 3, 1), date(2029, 3, 28)),
        ("até o fim de 2028", date(2028, 1, 1), date(2028, 12, 31)),
        ("12/2028", date(2028, 12, 1), date(2028, 12, 28)),
        ("31/12/2028", date(2028, 12, 1), date(2028, 12, 28)),
        ("03/04/2028", date(2028, 3, 1), date(2028, 4, 28)),
    ],
)
def test_the_end_of_a_term_is_a_span_of_days(text: str, earliest: date, latest: date) -> None:
    """A month or a year is kept as vague as it was said."""
    assert term_end(text) == (earliest, latest)


@pytest.mark.parametrize("lang", ["en", "es", "pt"])
@pytest.mark.parametrize(
    ("id", "value", "state", "note"),
    [
        ("population", "240.000", "met", "met"),
        ("population", "95.000", "unknown", "discuss"),
        ("population", "40.000", "not_met", "not_met"),
        ("population", "almost 100,000", "unknown", "discuss"),
        ("population", "90 mil a 120 mil", "unknown", "discuss"),
        ("mayor_term_end", "three years", "met", "met"),
        ("mayor_term_end", "um ano", "not_met", "not_met"),
        ("mayor_term_end", "2029-12", "met", "met"),
        ("mayor_term_end", "2028", "unknown", "discuss"),
        ("mayor_term_end", "2027", "not_met", "not_met"),
    ],
)
def test_a_borderline_is_discussed_and_never_rejected(
    product: Product, lang: Lang, id: str, value: str, state: str, note: str
) -> None:
    """Below the typical mark the note sends people to the programme team; near it, the state stays open."""
    record = {id: Evidence(state="stated", value=value, quote=value, turn=1)}

    finding = _of(id, record, product, lang)

    assert finding.state == state
    assert finding.note == getattr(product.programme.criterion(id), note).at(lang)
    assert "reject" not in finding.note.lower()
    assert finding.rule.quote in product.passages(finding.rule.id, lang).text


def test_enthusiasm_is_no_foundation(product: Product) -> None:
    """Nothing said about data foundations means unknown, whatever else was said with conviction."""
    record = {"executive_sponsor": Evidence(state="stated", value="The mayor loves data", quote="x", turn=1)}

    assert _of("data_foundations", record, product, "en").state == "unknown"
    assert _of("leadership_commitment", record, product, "en").state == "met"


def _of(id: str, record: dict[str, Evidence], product: Product, lang: Lang) -> CriterionFinding:
    every = findings(record, product.programme, product.passages, product.cues, lang, TODAY)
    return next(f for f in every if f.id == id)
