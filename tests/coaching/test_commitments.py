"""What cities commit to: asked of those who want more, answered yes, no or not known, and never a gate."""

from __future__ import annotations

import pytest

from assistant.briefs.forms import write_form
from assistant.coaching.commitments import answered
from assistant.domain import LANGS, Conversation, Evidence, Lang, Message, Turn
from assistant.wiring import Product
from tests.briefs.opening import text_of
from tests.conftest import TODAY

MORE: dict[Lang, str] = {"en": "Ask me more.", "es": "Hágame más preguntas.", "pt": "Faça mais perguntas."}
IDS = (
    "data_snapshot",
    "cross_functional_team",
    "cross_city_learning",
    "site_visit",
    "progress_check_ins",
    "momentum",
)
ANSWERS: dict[Lang, tuple[tuple[str, str, str], ...]] = {
    "en": (
        ("data_snapshot", "Yes", "met"),
        ("cross_functional_team", "Two analysts and a nurse, one day a week.", "met"),
        ("cross_city_learning", "Yes, we would take part.", "met"),
        ("site_visit", "No, we cannot host a visit.", "not_met"),
        ("progress_check_ins", "We do not know yet.", "unknown"),
        ("momentum", "Yes, on WhatsApp.", "met"),
    ),
    "es": (
        ("data_snapshot", "Sí", "met"),
        ("cross_functional_team", "Dos analistas y una enfermera, un día a la semana.", "met"),
        ("cross_city_learning", "Sí, participaríamos.", "met"),
        ("site_visit", "No, no podemos recibir una visita.", "not_met"),
        ("progress_check_ins", "Todavía no lo sabemos.", "unknown"),
        ("momentum", "Sí, por WhatsApp.", "met"),
    ),
    "pt": (
        ("data_snapshot", "Sim", "met"),
        ("cross_functional_team", "Dois analistas e uma enfermeira, um dia por semana.", "met"),
        ("cross_city_learning", "Sim, participaríamos.", "met"),
        ("site_visit", "Não, não podemos receber uma visita.", "not_met"),
        ("progress_check_ins", "Ainda não sabemos.", "unknown"),
        ("momentum", "Sim, pelo WhatsApp.", "met"),
    ),
}


def told(product: Product, lang: Lang) -> Conversation:
    """A draft in which every element and fact is stated, so that only commitments are left to ask."""
    ids = (*product.programme.element_ids, *product.programme.fact_ids)
    record = {id: Evidence(state="stated", value="x", quote="x", turn=1) for id in ids}
    facts = {"population": "240,000", "mayor_term_end": "2030"}
    record |= {id: Evidence(state="stated", value=text, quote=text, turn=1) for id, text in facts.items()}
    return Conversation(
        lang=lang, record=record, turn=1, messages=(Message(turn=1, text="x, 240,000, 2030"),)
    )


def interview(product: Product, lang: Lang) -> list[Turn]:
    """Asks for more until nothing is left, answering each commitment from the table."""
    answers = {id: text for id, text, _ in ANSWERS[lang]}
    turns = [product.assistant.respond(told(product, lang), MORE[lang])]
    while turns[-1].asked in answers:
        turns.append(product.assistant.respond(turns[-1].conversation, answers[turns[-1].asked or ""]))
        if turns[-1].asked is None and len(turns) < 8:
            turns.append(product.assistant.respond(turns[-1].conversation, MORE[lang]))
    return turns


@pytest.mark.parametrize("lang", LANGS)
def test_b33_to_b38_are_asked_on_demand_and_answered(product: Product, lang: Lang) -> None:
    """B33-B38: each commitment is asked once, with why, and is met, not met or unknown with its source's line."""
    turns = interview(product, lang)

    asked = [t.asked for t in turns if t.asked in IDS]
    checks = {check.id: check for check in turns[-1].judgement.commitments}
    assert sorted(asked) == sorted(IDS)
    assert {id: checks[id].state for id in IDS} == {id: state for id, _, state in ANSWERS[lang]}
    assert checks["site_visit"].quote == ANSWERS[lang][3][1]
    for check in checks.values():
        assert check.rule.quote in product.passages(check.rule.id, lang).text
    first = next(t for t in turns if t.asked in IDS).judgement.next_question
    assert first is not None
    assert first.why == product.programme.about.commitment_why.at(lang)


@pytest.mark.parametrize("lang", LANGS)
def test_nobody_is_asked_about_commitments_unbidden(product: Product, lang: Lang) -> None:
    """B33-B38: without the wish for more the interview ends in the brief, and every commitment is a to-do in it."""
    begun = told(product, lang)

    turn = product.assistant.respond(
        begun, {"en": "That's all.", "es": "Eso es todo.", "pt": "É tudo."}[lang]
    )

    assert turn.outcome == "brief"
    assert {check.state for check in turn.judgement.commitments} == {"unknown"}


@pytest.mark.parametrize("form", ["docx", "pdf", "html", "md"])
@pytest.mark.parametrize("lang", LANGS)
def test_the_brief_shows_commitments_as_to_dos_with_their_source(
    product: Product, lang: Lang, form: str
) -> None:
    """B33, B36: what is open is a to-do with the booklet's line; the visit has the days that are printed."""
    turn = interview(product, lang)[-1]
    brief = product.write_brief(turn.conversation, turn.judgement, today=TODAY)

    text = " ".join(text_of(write_form(brief, form, product.programme, product.words), form).split())

    programme, say = product.programme, product.words.say
    for check in turn.judgement.commitments:
        assert check.rule.quote in text
        item = programme.commitment(check.id)
        to_do = (
            f"{say(lang, f'section.to_do_{check.state}')} {item.question.at(lang)}"
            if check.state != "met"
            else ""
        )
        assert to_do in text
    assert next(e.when.at(lang) for e in programme.events if e.id == "site_visits") in text
    assert brief.untraced == ()


def test_the_attitude_is_mentioned_and_never_scored(product: Product) -> None:
    """B39: curiosity is no commitment that an answer could settle."""
    turn = product.assistant.respond(Conversation(), "Families wait months for a repair in our towers.")

    assert "curiosity" not in {check.id for check in turn.judgement.commitments}


@pytest.mark.parametrize(
    ("lang", "words", "state"),
    [
        ("en", "Yes, but only part of the team.", "unknown"),
        ("en", "The mayor does not attend such meetings.", "not_met"),
        ("es", "En parte.", "unknown"),
        ("pt", "Talvez em parte da equipe.", "unknown"),
    ],
)
def test_half_a_yes_is_not_known(product: Product, lang: Lang, words: str, state: str) -> None:
    """B35: what is said with a reserve stays open."""
    held = Evidence(state="stated", value=words, quote=words, turn=2)

    assert answered(held, product.cues, lang) == state
