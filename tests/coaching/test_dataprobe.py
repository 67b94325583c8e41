"""The data probe: what was said of each source, side by side, and one question at a time."""

from __future__ import annotations

import pytest

from assistant.coaching.coach import Coaching
from assistant.coaching.dataprobe import MOST_SOURCES, answered, source_names
from assistant.domain import LANGS, Conversation, Lang, Message
from assistant.errors import InputError
from tests.coaching.conftest import draft

TOLD: dict[Lang, tuple[str, str, dict[str, str]]] = {
    "en": (
        "Court filings and the arrears register.",
        "The arrears register is kept by the housing authority. The arrears register lives in a spreadsheet. "
        "The arrears register is updated monthly. We may not use the arrears register without an agreement. "
        "In the arrears register half of the addresses are missing. The arrears register is skewed: sub-tenants are "
        "invisible. It takes three months to get the arrears register.",
        {
            "holder": "The arrears register is kept by the housing authority.",
            "system": "The arrears register lives in a spreadsheet.",
            "update_cycle": "The arrears register is updated monthly.",
            "permission": "We may not use the arrears register without an agreement.",
            "gaps": "In the arrears register half of the addresses are missing.",
            "bias": "The arrears register is skewed: sub-tenants are invisible.",
            "lead_time": "It takes three months to get the arrears register.",
        },
    ),
    "es": (
        "Las altas y el padrón municipal.",
        "El padrón municipal pertenece a la provincia. El padrón municipal está en una planilla. "
        "El padrón municipal se actualiza cada mes. El padrón municipal requiere un convenio. "
        "En el padrón municipal faltan domicilios. En el padrón municipal hay subregistro de quienes no llaman. "
        "Tardamos dos meses en conseguir el padrón municipal.",
        {
            "holder": "El padrón municipal pertenece a la provincia.",
            "system": "El padrón municipal está en una planilla.",
            "update_cycle": "El padrón municipal se actualiza cada mes.",
            "permission": "El padrón municipal requiere un convenio.",
            "gaps": "En el padrón municipal faltan domicilios.",
            "bias": "En el padrón municipal hay subregistro de quienes no llaman.",
            "lead_time": "Tardamos dos meses en conseguir el padrón municipal.",
        },
    ),
    "pt": (
        "O GPS e o cadastro escolar.",
        "O cadastro escolar é mantido pela Secretaria. O cadastro escolar fica em planilhas. "
        "O cadastro escolar é atualizado toda semana. O cadastro escolar exige autorização e um convênio. "
        "No cadastro escolar faltam endereços. O cadastro escolar tem viés: a zona rural fica de fora. "
        "Leva seis semanas para obter o cadastro escolar.",
        {
            "holder": "O cadastro escolar é mantido pela Secretaria.",
            "system": "O cadastro escolar fica em planilhas.",
            "update_cycle": "O cadastro escolar é atualizado toda semana.",
            "permission": "O cadastro escolar exige autorização e um convênio.",
            "gaps": "No cadastro escolar faltam endereços.",
            "bias": "O cadastro escolar tem viés: a zona rural fica de fora.",
            "lead_time": "Leva seis semanas para obter o cadastro escolar.",
        },
    ),
}


def telling(lang: Lang) -> tuple[Conversation, dict[str, str]]:
    """A draft that names two sources and tells all of the second."""
    named, talk, sides = TOLD[lang]
    conversation = draft(lang, data_sources=named)
    messages = (*conversation.messages, Message(turn=20, text=talk))
    return conversation.model_copy(update={"messages": messages}), sides


@pytest.mark.parametrize("lang", LANGS)
def test_b56_b61_every_side_of_a_source_is_read_with_its_words(coaching: Coaching, lang: Lang) -> None:
    """B56, B61: seven sides are quoted for the source that was told of, none for the other."""
    conversation, sides = telling(lang)

    first, second = coaching.probe(conversation, lang).sources

    assert {s.field: s.quote for s in second.sides} == sides
    assert all(s.state == "stated" for s in second.sides)
    assert all(s.state == "unknown" and s.quote is None for s in first.sides)


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_unknown_is_asked_one_side_at_a_time_and_never_twice(coaching: Coaching, lang: Lang) -> None:
    """Each answer, "nobody knows" too, moves on to the next side; seven answers and nothing is left to ask."""
    conversation, _ = telling(lang)
    asked = []
    while question := coaching.probe(conversation, lang).next_question:
        asked.append((question.source, question.field))
        assert question.source in question.text
        text = "" if question.field == "bias" else "The clerk on the second floor."
        conversation = answered(conversation, question.source, question.field, text, coaching.bank)

    source = coaching.probe(conversation, lang).sources[0]

    assert len(asked) == len(set(asked)) == 7
    assert {name for name, _ in asked} == {source.name}
    assert {s.field for s in source.sides if s.state == "unknown"} == {"bias"}


@pytest.mark.parametrize("lang", LANGS)
def test_sources_become_readiness_signals(coaching: Coaching, lang: Lang) -> None:
    """A source of which much is known is met, one of which nothing is known is unknown; the name is in the words."""
    conversation, _ = telling(lang)

    signals = coaching.source_signals(conversation, lang)

    assert [s.state for s in signals] == ["unknown", "met"]
    names = [s.name for s in coaching.probe(conversation, lang).sources]
    assert all(name in s.why for name, s in zip(names, signals, strict=True))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (
            "Court filings, the arrears file, and our 311 calls.",
            ("Court filings", "arrears file", "311 calls"),
        ),
        ("Las altas del hospital y el padrón.", ("altas del hospital", "padrón")),
        ("O GPS dos ônibus e a lista de matrículas.", ("GPS dos ônibus", "lista de matrículas")),
        ("", ()),
        ("🚑, ,;", ()),
        ("=cmd|'/C calc'!A0", ("=cmd|'/C calc'!A0",)),
    ],
)
def test_sources_are_told_apart_by_the_applicants_names(words: str, names: tuple[str, ...]) -> None:
    """A list is taken apart at commas and "and"; each name stands in the words as it is."""
    assert source_names(words) == names


def test_an_endless_field_names_few_sources() -> None:
    """A field of 8,000 characters gives a handful of names of readable length."""
    names = source_names("register of permits, " * 10 + "x" * 7_800)
    many = source_names(", ".join(f"register {n}" for n in range(700)))

    assert all(len(n) <= 120 for n in names)
    assert len(many) == MOST_SOURCES


@pytest.mark.parametrize(
    ("source", "field", "text", "key"),
    [
        ("another", "holder", "x", "no_source"),
        ("Court filings", "colour", "x", "no_source"),
        ("Court filings", "holder", "x" * 8_001, "too_long"),
    ],
)
def test_an_answer_to_nothing_is_refused(
    coaching: Coaching, source: str, field: str, text: str, key: str
) -> None:
    """A source or side there is not, or too long a text, is an error with its remedy."""
    with pytest.raises(InputError) as caught:
        answered(draft(data_sources="Court filings."), source, field, text, coaching.bank)

    assert caught.value.key == key
    assert caught.value.fix
