"""Drafts made by hand: what was said, element by element, and a judgement to go with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.coaching.coach import Coaching
from assistant.domain import (
    Citation,
    Conversation,
    Engine,
    Evidence,
    Fit,
    Flag,
    Judgement,
    Lang,
    Message,
    Readiness,
    SimilarCase,
    UseCaseType,
)
from assistant.programme import load_programme
from assistant.words import load_words

CORPUS = Path(__file__).parents[2] / "corpus"

SAID: dict[Lang, dict[str, str]] = {
    "en": {
        "resident_problem": "Tenants in the east side are evicted before anyone at the city hears about it.",
        "affected_residents": "Families renting in the three east side postcodes.",
        "decision": "Which thirty households the prevention team phones first each week.",
        "decision_maker": "The head of the housing prevention team.",
        "users": "The four prevention caseworkers.",
        "data_sources": "Court filings and the rent arrears file. "
        "The court takes three months to sign an agreement for the records.",
        "constraints": "Four caseworkers, and a privacy rule that keeps arrears data inside the housing authority.",
        "success_indicators": "Fewer filings that end in an eviction: today 40 a month, to 25 a month.",
        "test_plan": "For six weeks two caseworkers use the list with tenants and two work as before. "
        "If it finds no more cases we stop.",
    },
    "es": {
        "resident_problem": "Las personas mayores que viven solas esperan meses por una visita de la enfermera.",
        "affected_residents": "Personas mayores de 75 años de San Martín.",
        "decision": "A qué veinte personas visita primero cada enfermera el lunes.",
        "decision_maker": "La coordinadora del centro de salud.",
        "users": "Las seis enfermeras de terreno.",
        "data_sources": "La ficha clínica y las altas del hospital. "
        "El hospital tarda cuatro meses en firmar el convenio por los registros.",
        "constraints": "Seis enfermeras y un solo vehículo.",
        "success_indicators": "Menos caídas: hoy 12 al mes, a 6 al mes.",
        "test_plan": "Durante seis semanas tres enfermeras usan la lista con las familias y tres siguen como siempre. "
        "Si no mejora, volvemos a lo de antes.",
    },
    "pt": {
        "resident_problem": "As crianças da zona rural chegam atrasadas à escola porque o ônibus não passa.",
        "affected_residents": "Alunos das comunidades do Ribeirão e da Serra.",
        "decision": "Como distribuir os nove ônibus entre as quatorze rotas a cada mês.",
        "decision_maker": "O gerente de transporte escolar.",
        "users": "O gerente de transporte e os motoristas.",
        "data_sources": "O GPS dos ônibus e a lista de matrículas. A secretaria leva dois meses para liberar os dados.",
        "constraints": "Nove ônibus e doze motoristas.",
        "success_indicators": "Menos alunos atrasados: hoje 80 por dia, para 40 por dia.",
        "test_plan": "Por seis semanas, nova distribuição em quatro rotas com motoristas e alunos, outras como hoje. "
        "Se não melhora, paramos.",
    },
}
TYPES: dict[Lang, str] = {"en": "who_to_focus_on", "es": "who_to_focus_on", "pt": "where_to_invest"}


def draft(lang: Lang = "en", without: tuple[str, ...] = (), **said: str) -> Conversation:
    """A draft in which everything was said, less what is left out and with what is said otherwise."""
    words = {id: text for id, text in {**SAID[lang], **said}.items() if id not in without}
    messages = tuple(Message(turn=turn, text=text) for turn, text in enumerate(words.values(), start=1))
    record = {
        id: Evidence(state="stated", value=text, quote=text, turn=turn)
        for turn, (id, text) in enumerate(words.items(), start=1)
    }
    return Conversation(lang=lang, messages=messages, record=record, turn=len(messages))


def judged(
    lang: Lang = "en",
    *,
    kind: str | None = None,
    flag: tuple[str, str] | None = None,
    cases: tuple[str, ...] = (),
) -> Judgement:
    """A judgement of that draft; `flag` is a reason and the words it rests on, `cases` are ids of near ones."""
    rule = Citation(id="booklet/x", source="s", locator="l", quote="q")
    flags = (
        (Flag(reason=flag[0], confidence=0.9, applicant_quote=flag[1], rule=rule, explanation="e"),)
        if flag
        else ()
    )
    return Judgement(
        lang=lang,
        fit=Fit(verdict="poor_fit" if flag else "fit", confidence=0.9, flags=flags),
        type=UseCaseType() if flag else UseCaseType(primary=kind or TYPES[lang], scores={}),
        elements=(),
        missing=(),
        eligibility=(),
        readiness=Readiness(pathway="unclear", signals=(), notice=""),
        next_question=None,
        similar_cases=tuple(
            SimilarCase(id=id, title="", city="", why_similar="", differs="", source_url="") for id in cases
        ),
        citations=(),
        engine=Engine(name="local", version="1"),
    )


@pytest.fixture(scope="session")
def coaching() -> Coaching:
    """The coaching on the corpus that this repository comes with."""
    return Coaching(CORPUS, load_programme(CORPUS / "programme"), load_words(CORPUS / "locale"))
