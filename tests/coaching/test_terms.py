"""The end of a mayor's term, worked out from when it began, how long it lasts, or what is left of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.coaching.facts import Facts
from assistant.coaching.terms import ends_between
from assistant.domain import Conversation
from assistant.wiring import Product
from tests.briefs.conftest import CORPUS
from tests.conftest import TODAY

NOW = date(2026, 11, 20)
YEAR_2029 = (date(2029, 1, 1), date(2029, 12, 31))
JANUARY_2029 = (date(2029, 1, 1), date(2029, 1, 28))
TWO_YEARS = (date(2028, 11, 20), date(2028, 11, 20))
EIGHTEEN_MONTHS = (date(2028, 5, 20), date(2028, 5, 20))
NEXT_YEAR = (date(2027, 1, 1), date(2027, 12, 31))
SECOND_OF_FOUR = (date(2028, 11, 20), date(2029, 11, 20))

TOLD = [
    ("Our mayor was elected in 2025 for four years.", YEAR_2029),
    ("The mayor took office in January 2025 for a four-year term.", JANUARY_2029),
    ("She took office in January 2025, four-year term.", JANUARY_2029),
    ("The mayor's four-year term began in January 2025.", JANUARY_2029),
    ("The mayor has two years left.", TWO_YEARS),
    ("There are 18 months left in the mayor's term.", EIGHTEEN_MONTHS),
    ("The mayor's term ends in two years.", TWO_YEARS),
    ("The mayor's term ends next year.", NEXT_YEAR),
    ("Our mayor is in the second year of a four-year term.", SECOND_OF_FOUR),
    ("Our mayor is halfway through her four-year term.", TWO_YEARS),
    ("La alcaldesa fue electa en 2025 por cuatro años.", YEAR_2029),
    ("El alcalde asumió en enero de 2025 por un período de cuatro años.", JANUARY_2029),
    ("Asumió en enero de 2025, con un mandato de cuatro años.", JANUARY_2029),
    ("El mandato de cuatro años de la alcaldesa comenzó en enero de 2025.", JANUARY_2029),
    ("A la alcaldesa le quedan dos años.", TWO_YEARS),
    ("Faltan 18 meses para que termine el mandato del alcalde.", EIGHTEEN_MONTHS),
    ("El mandato del alcalde termina en dos años.", TWO_YEARS),
    ("El mandato de la alcaldesa termina el próximo año.", NEXT_YEAR),
    ("El alcalde está en el segundo año de un mandato de cuatro años.", SECOND_OF_FOUR),
    ("La alcaldesa va a mitad de su mandato de cuatro años.", TWO_YEARS),
    ("A prefeita foi eleita em 2025 por quatro anos.", YEAR_2029),
    ("O prefeito tomou posse em janeiro de 2025 para um mandato de quatro anos.", JANUARY_2029),
    ("Tomou posse em janeiro de 2025, com mandato de quatro anos.", JANUARY_2029),
    ("O mandato de quatro anos da prefeita começou em janeiro de 2025.", JANUARY_2029),
    ("A prefeita ainda tem dois anos pela frente.", TWO_YEARS),
    ("Faltam 18 meses para o fim do mandato do prefeito.", EIGHTEEN_MONTHS),
    ("O mandato do prefeito termina daqui a dois anos.", TWO_YEARS),
    ("O mandato da prefeita termina no próximo ano.", NEXT_YEAR),
    ("O prefeito está no segundo ano de um mandato de quatro anos.", SECOND_OF_FOUR),
    ("A prefeita está na metade do seu mandato de quatro anos.", TWO_YEARS),
]


@pytest.fixture(scope="module")
def facts() -> Facts:
    """The words that this repository comes with."""
    return Facts(Path(CORPUS) / "locale" / "facts.toml")


@pytest.mark.parametrize(("text", "end"), TOLD)
def test_the_end_of_a_term_is_worked_out(facts: Facts, text: str, end: tuple[date, date]) -> None:
    """B41: from its beginning and length, from what is left of it, or from where it stands."""
    fact = next((f for f in facts.heard(text) if f.id == "mayor_term_end"), None)

    assert fact is not None
    assert ends_between(fact.value, NOW) == end
    assert ends_between(text, NOW) == end


@pytest.mark.parametrize(
    "text",
    [
        "The mayor has two children and a four-year plan.",
        "The mayor launched a project in 2025 for four years.",
        "The contract began in January 2025 and runs for four years.",
        "The governor was elected in 2025 for four years.",
        "The council has two years left in its term.",
        "The mayor's term lasts four years.",
        "El alcalde inauguró el hospital en 2025.",
        "El gobernador asumió en enero de 2025 por cuatro años.",
        "El convenio con la alcaldía comenzó en enero de 2025 y dura cuatro años.",
        "El mandato del alcalde es de cuatro años.",
        "O prefeito lançou um projeto em 2025 por quatro anos.",
        "O governador tomou posse em janeiro de 2025 por quatro anos.",
        "O contrato com a prefeitura começou em janeiro de 2025 e dura quatro anos.",
        "O mandato do prefeito é de quatro anos.",
    ],
)
def test_other_beginnings_and_lengths_are_no_end_of_a_term(facts: Facts, text: str) -> None:
    """B41: projects, contracts, other offices and the length alone say nothing of when the term ends."""
    assert not any(fact.id == "mayor_term_end" for fact in facts.heard(text))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Our mayor was elected in 2025 for four years.", "met"),
        ("There are 18 months left in the mayor's term.", "not_met"),
        ("La alcaldesa fue electa en 2025 por cuatro años.", "met"),
        ("Faltan 18 meses para que termine el mandato del alcalde.", "not_met"),
        ("A prefeita foi eleita em 2025 por quatro anos.", "met"),
        ("Faltam 18 meses para o fim do mandato do prefeito.", "not_met"),
    ],
)
def test_two_years_from_the_assistants_day_are_the_mark(product: Product, text: str, state: str) -> None:
    """B41: the day that the assistant goes by decides, and the sentence is quoted."""
    assert product.assistant.today() == TODAY

    turn = product.assistant.respond(Conversation(), text)

    found = next(f for f in turn.judgement.eligibility if f.id == "mayor_term_end")
    assert found.state == state
    assert found.quote == text
