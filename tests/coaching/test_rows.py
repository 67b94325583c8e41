"""Rows of the booklet that one whole draft shows in each language: what is asked, checked and written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Conversation, Lang, Turn
from assistant.wiring import Product
from tests.briefs.opening import text_of
from tests.conftest import TODAY

SAID: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Families in the rental towers wait nine weeks before anybody looks at the mould. The head of repairs decides "
        "every Monday which thirty flats the two crews visit first, from the repair log and the humidity readings.",
        "We have no chief data officer.",
    ),
    "es": (
        "Las familias de las torres de alquiler esperan nueve semanas antes de que alguien revise la humedad. La jefa "
        "de reparaciones decide cada lunes qué treinta viviendas visitan primero las dos cuadrillas, con el registro "
        "de reparaciones y las lecturas de humedad.",
        "No tenemos director de datos.",
    ),
    "pt": (
        "As famílias das torres de aluguel esperam nove semanas até que alguém veja o mofo. A chefe de reparos decide "
        "toda segunda-feira quais trinta apartamentos as duas equipes visitam primeiro, com o registro de reparos e as "
        "leituras de umidade.",
        "Não temos diretor de dados.",
    ),
}
WHO: dict[Lang, str] = {"en": "head of repairs", "es": "jefa de reparaciones", "pt": "chefe de reparos"}


Told = Callable[[Lang], Turn]


@pytest.fixture(scope="module")
def told(product: Product) -> Told:
    """A function that gives the last turn of the draft in one language."""
    turns: dict[Lang, Turn] = {}
    for lang in LANGS:
        conversation = Conversation()
        for text in SAID[lang]:
            turns[lang] = product.assistant.respond(conversation, text)
            conversation = turns[lang].conversation
    return lambda lang: turns[lang]


@pytest.mark.parametrize("lang", LANGS)
def test_the_type_follows_from_a_decision_sentence(product: Product, told: Told, lang: Lang) -> None:
    """Beyond 1, B62, B63 to B67: who decides what is quoted, and what would make it another type; never one alone."""
    kind = told(lang).judgement.type

    assert WHO[lang] in (kind.decision_sentence or "")
    assert kind.primary in {t.id for t in product.programme.types}
    assert kind.primary not in kind.secondary
    assert all(quote in SAID[lang][0] for quote in kind.evidence)
    assert kind.would_change_if in {
        text.at(lang) for t in product.programme.types for text in t.would_change.values()
    }


@pytest.mark.parametrize("lang", LANGS)
def test_every_field_says_how_it_is_known_and_from_which_message(
    product: Product, told: Told, lang: Lang
) -> None:
    """Beyond 7, B12: each block has its fields, each with a state; what is stated has a quote and a turn."""
    turn = told(lang)

    groups = {element.group for element in product.programme.elements}
    assert groups >= {"problem", "decision", "delivery"}
    for finding in turn.judgement.elements:
        assert finding.state in ("stated", "vague", "missing", "unknown")
        if finding.state == "stated":
            assert finding.turn is not None
            assert finding.quote in SAID[lang][finding.turn - 1]
    brief = product.write_brief(turn.conversation, turn.judgement, today=TODAY)
    assert brief.untraced == ()


@pytest.mark.parametrize("lang", LANGS)
def test_facts_of_the_city_are_checked_and_never_a_gate(product: Product, told: Told, lang: Lang) -> None:
    """B40 to B45, beyond 4: what is lacking differs from the typical, what was not said is unknown; fit stays."""
    judgement = told(lang).judgement

    states = {f.id: f.state for f in judgement.eligibility}
    assert states["chief_data_officer"] == "not_met"
    assert states["population"] == states["mayor_term_end"] == "unknown"
    assert judgement.fit.verdict != "poor_fit"
    for finding in judgement.eligibility:
        assert finding.rule.quote in product.passages(finding.rule.id, lang).text


@pytest.mark.parametrize("lang", LANGS)
def test_an_owner_and_a_team_with_time_are_asked_for(product: Product, told: Told, lang: Lang) -> None:
    """B09, B16, B34, B45: a missing owner is a gap of readiness; who could give which time is a question of its own."""
    judgement = told(lang).judgement

    owner = next(s for s in judgement.readiness.signals if s.element == "delivery_owner")
    team = product.programme.criterion("dedicated_team")
    assert owner.state == "unknown"
    assert {f.id: f.state for f in judgement.eligibility}["dedicated_team"] == "unknown"
    assert team.question.at(lang)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("form", ["md", "html"])
def test_the_brief_holds_every_part_that_coaching_adds(
    product: Product, told: Told, lang: Lang, form: str
) -> None:
    """B06, B19, B24, B31, B51, B53 to B56, B75, beyond 5, 6, 8, 9, 10, 19, 21 and 22: each has its heading."""
    turn = told(lang)
    brief = product.write_brief(turn.conversation, turn.judgement, today=TODAY)

    text = text_of(write_form(brief, form, product.programme, product.words), form)

    keys = ("capability_map", "data_probe", "test_plan", "clock", "commitments", "clinic")
    headings = [product.words.say(lang, f"section.{key}") for key in keys]
    headings += [product.words.say(lang, key) for key in ("team.residents", "brief.capabilities")]
    asked = {q.element for q in brief.open_questions}
    roles = [r.name.at(lang) for r in product.coaching.bank.roles if asked & set(r.elements)]
    assert [wanted for wanted in (*headings, *roles) if wanted not in text] == []
    assert product.passages("booklet/takeaways", lang).text in text
    signs = [capability.failure_signal.at(lang) for capability in product.programme.capabilities]
    assert [sign for sign in signs if sign not in text] == []
