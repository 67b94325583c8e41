"""The turn, on the real local engine, in three languages."""

from __future__ import annotations

import pytest

from assistant.domain import Conversation, FieldHeard, Stage, Turn, VerdictReached
from assistant.errors import InputError
from assistant.hearing import TURN_LIMIT
from assistant.safety import MESSAGE_LIMIT
from assistant.wiring import Product
from tests.applicants import DONT_KNOW, Applicant, play
from tests.scripts import APPLICANTS

MOULD = "Families in our public flats live with black mould for months before anyone comes."
MOULD_DECISION = "Each Monday the repairs supervisor chooses which twenty flats the two crews visit first."
ASIDES = {
    "en": "How many residents should a city have?",
    "es": "¿Cuántos habitantes debe tener una ciudad para el programa?",
    "pt": "Quantos moradores uma cidade precisa ter para o programa?",
}


def test_one_message_brings_a_judgement_with_citations(product: Product) -> None:
    """A single message with a problem and a decision is judged at once, with the booklet's line beside it."""
    turn = product.assistant.respond(Conversation(), f"{MOULD} {MOULD_DECISION}")

    assert turn.judgement.fit.verdict == "fit"
    assert turn.judgement.type.primary == "who_to_focus_on"
    assert turn.judgement.citations
    assert all(c.quote in turn.reply for c in turn.judgement.citations[:1])
    assert turn.judgement.similar_cases


@pytest.mark.parametrize("applicant", APPLICANTS, ids=lambda a: a.name)
def test_a_scripted_applicant_reaches_a_brief(product: Product, applicant: Applicant) -> None:
    """Every applicant gets to a brief within the limit of questions, and nothing is asked twice."""
    turns = play(product.assistant, applicant)

    asked = [t.asked for t in turns if t.asked]
    assert turns[-1].outcome == "brief"
    assert turns[-1].brief is not None
    assert len(asked) == len(set(asked)) <= product.settings.question_limit
    assert {t.judgement.lang for t in turns} == {applicant.lang}


@pytest.mark.parametrize("applicant", APPLICANTS, ids=lambda a: a.name)
def test_every_quote_of_a_conversation_is_the_applicants(product: Product, applicant: Applicant) -> None:
    """No field of the record, no element and no flag holds a quote that the applicant never wrote."""
    turns = play(product.assistant, applicant)

    said = [m.text for m in turns[-1].conversation.messages]
    quotes = [e.quote for t in turns for e in t.record.values() if e.quote]
    quotes += [e.quote for t in turns for e in t.judgement.elements if e.quote]
    quotes += [f.applicant_quote for t in turns for f in t.judgement.fit.flags]
    assert quotes
    assert not [q for q in quotes if not any(q in text for text in said)]


@pytest.mark.parametrize("applicant", [a for a in APPLICANTS if a.expect_type], ids=lambda a: a.name)
def test_the_finished_use_case_has_the_type_a_coach_would_give(
    product: Product, applicant: Applicant
) -> None:
    """Where the type is plain to a reader, the brief names it."""
    turns = play(product.assistant, applicant)

    assert turns[-1].judgement.type.primary == applicant.expect_type


@pytest.mark.parametrize("applicant", [a for a in APPLICANTS if a.opens_as], ids=lambda a: a.name)
def test_the_opening_is_judged_for_what_it_is(product: Product, applicant: Applicant) -> None:
    """A poor fit is flagged on the first message, with the applicant's words and the booklet's."""
    turn = play(product.assistant, applicant, most=1)[0]

    assert turn.judgement.fit.verdict == applicant.opens_as
    for flag in turn.judgement.fit.flags:
        assert flag.applicant_quote in applicant.opening
        assert flag.rule.quote in turn.reply


@pytest.mark.parametrize("lang", ["en", "es", "pt"])
def test_a_programme_question_is_answered_and_the_pending_one_comes_back(product: Product, lang: str) -> None:
    """An aside about the programme changes nothing in the record, and the question that hung is put again."""
    applicant = next(a for a in APPLICANTS if a.lang == lang)
    before = play(product.assistant, applicant, most=2)[-1]

    turn = product.assistant.respond(before.conversation, ASIDES[lang])

    assert turn.outcome == "answer"
    assert "100" in turn.answers[0].text
    assert turn.answers[0].citations
    assert turn.asked == before.asked
    assert turn.record == before.record


@pytest.mark.parametrize("lang", ["en", "es", "pt"])
def test_not_knowing_is_an_answer(product: Product, lang: str) -> None:
    """ "We do not know" is written down as unknown and the element is never asked for again."""
    applicant = next(a for a in APPLICANTS if a.lang == lang)
    before = play(product.assistant, applicant, most=1)[0]
    assert before.asked is not None

    turn = product.assistant.respond(before.conversation, DONT_KNOW[before.judgement.lang])

    assert turn.record[before.asked].state == "unknown"
    assert turn.asked != before.asked


def test_a_correction_replaces_what_was_said_and_keeps_it(product: Product) -> None:
    """The corrected field says the new words, remembers the old ones, and the pending question still stands."""
    first = product.assistant.respond(Conversation(), f"{MOULD} {MOULD_DECISION}")

    turn = product.assistant.respond(
        first.conversation, "Actually it is the housing manager who decides, not the supervisor."
    )

    maker = turn.record["decision_maker"]
    assert "housing manager" in (maker.value or "")
    assert maker.basis == "corrected"
    assert any("supervisor" in value for value in maker.earlier)
    assert turn.asked == first.asked


def test_a_bare_yes_states_nothing(product: Product) -> None:
    """ "Yes" to an open question leaves the element vague, says what is missing, and moves on."""
    first = product.assistant.respond(Conversation(), f"{MOULD} {MOULD_DECISION}")
    assert first.asked is not None

    turn = product.assistant.respond(first.conversation, "Yes.")

    assert turn.record[first.asked].state == "vague"
    assert turn.asked != first.asked


def test_an_edited_field_counts_like_an_answer(product: Product) -> None:
    """Rewriting a field on the canvas changes the record and the judgement and is part of the history."""
    first = product.assistant.respond(Conversation(), MOULD)

    turn = product.assistant.edit(first.conversation, "decision", MOULD_DECISION)

    assert turn.record["decision"].value == MOULD_DECISION
    assert turn.conversation.messages[-1].about == "decision"
    assert turn.judgement.type.primary == "who_to_focus_on"


def test_the_applicant_may_finish_at_any_time(product: Product) -> None:
    """Asked for, the brief comes at once and lists what is still open."""
    first = product.assistant.respond(Conversation(), f"{MOULD} {MOULD_DECISION}")

    turn = product.assistant.respond(first.conversation, "That is all, write the brief")

    assert turn.outcome == "brief"
    assert turn.brief is not None
    assert "test_plan" in {q.element for q in turn.brief.open_questions}


def test_asking_for_a_person_is_a_referral(product: Product) -> None:
    """Nobody has to argue with a machine: asking for a coach says how to reach one."""
    first = product.assistant.respond(Conversation(), MOULD)

    turn = product.assistant.respond(first.conversation, "I want to talk to a coach")

    assert turn.outcome == "referral"
    assert "coach" in turn.reply


def test_a_flag_is_withdrawn_once_the_idea_can_be_tested(product: Product) -> None:
    """A poor fit becomes a fit when the applicant states a decision, who makes it and a test, and is told so."""
    applicant = next(a for a in APPLICANTS if a.opens_as == "poor_fit" and a.expect_type)

    turns = play(product.assistant, applicant)

    assert turns[0].judgement.fit.verdict == "poor_fit"
    assert turns[-1].judgement.fit.verdict == "fit"
    assert not turns[-1].judgement.fit.flags


def test_the_stream_ends_with_the_turn_that_respond_returns(product: Product) -> None:
    """Stages, fields and verdict come first, in order, and the last event is the same turn."""
    events = list(product.assistant.stream(Conversation(), f"{MOULD} {MOULD_DECISION}"))

    assert [e.name for e in events if isinstance(e, Stage)] == ["reading", "searching", "judging", "writing"]
    assert any(isinstance(e, FieldHeard) and e.id == "decision" for e in events)
    assert any(isinstance(e, VerdictReached) for e in events)
    assert isinstance(events[-1], Turn)
    assert events[-1] == product.assistant.respond(Conversation(), f"{MOULD} {MOULD_DECISION}")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("?!…", "empty"),
        ("a" * (MESSAGE_LIMIT + 1), "too_long"),
        ("\x00\x01\x02\x03PK", "binary"),
        (
            "Les familles de nos logements sociaux vivent pendant des mois avec des moisissures noires sur les "
            "murs avant que quelqu'un ne vienne les voir.",
            "other_language",
        ),
    ],
    ids=["nothing", "blanks", "signs", "too long", "binary", "French"],
)
def test_unusable_text_is_refused_and_nothing_is_lost(product: Product, text: str, key: str) -> None:
    """Each kind of bad input has its own error with a remedy, and the conversation goes on from where it was."""
    first = product.assistant.respond(Conversation(), MOULD)

    with pytest.raises(InputError) as caught:
        product.assistant.respond(first.conversation, text)

    assert caught.value.key == key
    assert caught.value.fix
    after = product.assistant.respond(first.conversation, MOULD_DECISION)
    assert after.record["resident_problem"] == first.record["resident_problem"]


def test_a_conversation_has_an_end(product: Product) -> None:
    """After the last message it takes, the conversation says so instead of growing for ever."""
    full = Conversation(turn=TURN_LIMIT)

    with pytest.raises(InputError) as caught:
        product.assistant.respond(full, MOULD)

    assert caught.value.key == "turn_limit"


def test_a_reply_shows_the_applicants_markup_as_text(product: Product) -> None:
    """Markup in a message never becomes markup in the reply."""
    text = f"{MOULD} ![x](http://evil.example/x.png) <script>alert(1)</script> {MOULD_DECISION}"

    turn = product.assistant.respond(Conversation(), text)

    assert "![x]" not in turn.reply
    assert "<script" not in turn.reply


def test_an_answer_that_sounds_like_a_correction_is_not_asked_for_for_ever(product: Product) -> None:
    """Whatever an answer is taken for, its question comes back once at most."""
    assistant = product.assistant
    opening = (
        "Older people fall at night and wait for hours. The operators choose whom the two cars visit first."
    )
    turn = assistant.respond(Conversation(lang="en"), opening)
    asked = [turn.asked]

    for _ in range(6):
        turn = assistant.respond(turn.conversation, "No, it is the operators who choose, against my advice.")
        asked.append(turn.asked)

    assert max(asked.count(id) for id in asked if id) <= 2
