"""Answers to the questions about the city that are neither a plain yes nor a plain no."""

from __future__ import annotations

import pytest

from assistant.coaching.eligibility import findings, residents_in
from assistant.domain import Evidence, Lang
from assistant.wiring import Product
from tests.conftest import TODAY


@pytest.mark.parametrize(
    ("lang", "id", "answer", "state", "discuss"),
    [
        ("en", "dedicated_team", "Perhaps two analysts, it depends on the budget.", "unknown", True),
        ("en", "dedicated_team", "Two analysts, three days a week.", "met", False),
        ("en", "chief_data_officer", "Our CDO resigned in May.", "not_met", False),
        ("en", "chief_data_officer", "We used to have one, the post stands empty.", "not_met", False),
        ("en", "chief_data_officer", "Yes, Paula Reyes.", "met", False),
        ("es", "dedicated_team", "Quizás dos analistas, depende del presupuesto.", "unknown", True),
        ("es", "dedicated_team", "Dos analistas, tres días por semana.", "met", False),
        ("es", "chief_data_officer", "La directora de datos renunció en mayo.", "not_met", False),
        ("es", "chief_data_officer", "Ya no, el puesto está vacío.", "not_met", False),
        ("es", "chief_data_officer", "Sí, Paula Reyes.", "met", False),
        ("pt", "dedicated_team", "Talvez duas analistas, depende do orçamento.", "unknown", True),
        ("pt", "dedicated_team", "Duas analistas, três dias por semana.", "met", False),
        ("pt", "chief_data_officer", "A diretora de dados saiu em maio.", "not_met", False),
        ("pt", "chief_data_officer", "Já não, o cargo está vazio.", "not_met", False),
        ("pt", "chief_data_officer", "Sim, Paula Reis.", "met", False),
    ],
)
def test_a_maybe_is_discussed_and_a_leaver_is_gone(
    product: Product, lang: Lang, id: str, answer: str, state: str, discuss: bool
) -> None:
    """B42, B45: "perhaps" settles nothing, who left is not there, and a plain answer counts."""
    record = {id: Evidence(state="stated", value=answer, quote=answer, turn=1)}

    found = findings(record, product.programme, product.passages, product.cues, lang, TODAY)

    one = next(f for f in found if f.id == id)
    assert (one.state, one.discuss) == (state, discuss)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("four hundred and twenty thousand", 420_000),
        ("seventy-two thousand", 72_000),
        ("two hundred thousand", 200_000),
        ("ciento ochenta mil", 180_000),
        ("trescientos cuarenta y cinco mil", 345_000),
        ("cien mil", 100_000),
        ("duzentos e trinta mil", 230_000),
        ("noventa e oito mil", 98_000),
        ("cem mil", 100_000),
    ],
)
def test_a_size_in_words_is_a_number(text: str, size: int) -> None:
    """B40: hundreds, tens and ones in three languages."""
    assert residents_in(text) == (size, size)


def test_a_term_and_a_size_in_a_list_are_heard(product: Product) -> None:
    """B40, B41, B42: notes give a name, a colon and a value."""
    heard = product.assistant.facts
    assert heard is not None

    for text, told in (
        ("Population: 240k\nCDO: yes\nEnd of term: December 2029", {}),
        (
            "Habitantes: 310 mil\nDirector de datos: no\nFin del mandato: diciembre de 2029",
            {"chief_data_officer"},
        ),
        (
            "População: 230 mil\nDiretor de dados: vago\nFim do mandato: dezembro de 2029",
            {"chief_data_officer"},
        ),
    ):
        facts = heard.heard(text)

        assert {f.id for f in facts} == {"population", "chief_data_officer", "mayor_term_end"}
        assert {f.id for f in facts if f.denied} == set(told)
