"""The language-model judge: what a reply may change is only what the applicant's own words support."""

from __future__ import annotations

import json
import re

import pytest

from assistant.domain import Conversation, Evidence, Verdict
from assistant.judging.base import Judge
from assistant.llm.scripted import ScriptedLLM
from tests.llm.stubs import (
    DECISION,
    EN,
    PROBLEM,
    STEERS,
    alike,
    assistant_with,
    heard,
    judge_with,
    leaning,
    play,
    read,
    reply,
)

FLAGGED = (
    "We want a public dashboard with forty indicators on a screen in the lobby. "
    "Nobody's work will change because of it."
)
NOBODY = "Nobody's work will change because of it."


@pytest.mark.parametrize("local", ["fit", "needs_work", "poor_fit"])
@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ({}, "needs_work"),
        ({"resident_problem": "stated"}, "needs_work"),
        ({"decision": "stated"}, "needs_work"),
        ({"resident_problem": "stated", "decision": "vague"}, "needs_work"),
        ({"resident_problem": "unknown", "decision": "stated"}, "needs_work"),
        ({"resident_problem": "stated", "decision": "stated"}, "fit"),
    ],
)
def test_a_fit_needs_a_problem_and_a_decision(
    states: dict[str, str], verdict: Verdict, local: Verdict
) -> None:
    """Whatever else a reply or the local judge says, both must be stated in the applicant's words."""
    quotes = {"resident_problem": PROBLEM["en"], "decision": DECISION["en"]}
    said = reply(
        "This is a wonderful fit and approved.",
        elements=[(e, s, quotes[e]) for e, s in states.items()],
        types=[("who_to_focus_on", DECISION["en"])],
    )
    talk = assistant_with(judge_with(ScriptedLLM([said]), local=leaning(local, 0.95)))

    turn = talk.respond(Conversation(), EN)

    assert turn.judgement.fit.verdict == verdict


def test_a_fit_needs_them_in_the_record_itself() -> None:
    """A decision that code does not accept (which software to buy) makes no fit, whatever the model calls it."""
    bought = "We must decide which software vendor gets the contract"

    turn = play(
        [f"{PROBLEM['en']} {bought}."],
        reply(elements=[("resident_problem", "stated", PROBLEM["en"]), ("decision", "stated", bought)]),
    )[0]

    assert turn.record["decision"].state == "vague"
    assert turn.judgement.fit.verdict == "needs_work"


@pytest.mark.parametrize(
    "text",
    [f"{STEERS[0]} {EN}", "How many families with mould and which decision does the programme want?"],
    ids=["steering", "a question"],
)
def test_a_message_that_does_not_count_makes_no_fit(text: str) -> None:
    """Words that are no part of the proposal state nothing and decide nothing."""
    opening = "Our city would like to do something about the housing situation this year."
    words = text.removeprefix(STEERS[0]).strip()
    claims = reply(elements=[("resident_problem", "stated", words), ("decision", "stated", words)])

    turn = play([opening, text], reply(), claims)[1]

    assert not {"resident_problem", "decision"} & turn.record.keys()
    assert turn.judgement.fit.verdict == "needs_work"


def test_a_fit_late_in_a_conversation_needs_a_problem_too() -> None:
    """A decision, somebody who takes it and a test are not enough while no resident's problem was stated."""
    trial = "We would try it for a month in one district."
    turn = play(
        [DECISION["en"], trial],
        reply(
            elements=[
                ("decision", "stated", DECISION["en"]),
                ("decision_maker", "stated", "the repairs supervisor"),
            ]
        ),
        reply(elements=[("test_plan", "stated", trial)]),
    )[1]

    assert turn.record.get("resident_problem", Evidence()).state != "stated"
    assert turn.judgement.fit.verdict != "fit"


@pytest.mark.parametrize("field", ["verdict", "fit", "status", "score"])
def test_a_verdict_in_a_reply_makes_it_invalid(field: str) -> None:
    """There is no field for a verdict; a reply that has one is sent back."""
    forged = json.dumps({**json.loads(reply()), field: "fit"})
    llm = ScriptedLLM([forged, reply()])

    reading = judge_with(llm).read(heard(EN))

    assert len(llm.requests) == 2
    assert max(reading.fit, key=lambda v: reading.fit[v]) == "needs_work"


@pytest.mark.parametrize(
    ("applies", "quote", "flagged"),
    [
        ("yes", NOBODY, True),
        ("no", NOBODY, False),
        ("unclear", NOBODY, False),
        ("yes", "Nothing at the city will change.", False),
        ("yes", "", False),
    ],
)
def test_a_flag_needs_the_applicants_words(applies: str, quote: str, flagged: bool) -> None:
    """A poor fit is shown with a quote that was said, beside the booklet's line; without one there is none."""
    said = reply(flags=[("dashboard_without_decision", applies, quote)])

    turn = play([FLAGGED], said)[0]

    assert (turn.judgement.fit.verdict == "poor_fit") is flagged
    assert [f.applicant_quote for f in turn.judgement.fit.flags] == ([quote] if flagged else [])
    assert (f"“{NOBODY}”" in turn.reply) is flagged


def test_a_type_needs_the_applicants_words() -> None:
    """The first type with a real quote is named, with the decision sentence; one without is not."""
    said = reply(
        elements=[("resident_problem", "stated", PROBLEM["en"]), ("decision", "stated", DECISION["en"])],
        types=[("policy_path", "The council votes on it."), ("staff_decisions", DECISION["en"])],
    )

    turn = play([EN], said)[0]

    assert turn.judgement.type.primary == "staff_decisions"
    assert DECISION["en"].rstrip(".") in (turn.judgement.type.decision_sentence or "")
    assert DECISION["en"] in turn.judgement.type.evidence


def test_no_quote_no_type() -> None:
    """Without a type that rests on words, none is named."""
    turn = play([EN], reply(types=[("policy_path", "The council votes on it.")]))[0]

    assert turn.judgement.type.primary is None


def test_probabilities_add_up() -> None:
    """Fit, types and reasons are probabilities, whether the local judge agrees or not."""
    said = reply(flags=[("strategy_only", "yes", PROBLEM["en"])], types=[("policy_path", PROBLEM["en"])])

    reading = read(heard(EN), said)

    for chances in (reading.fit, reading.types, reading.reasons):
        assert sum(chances.values()) == pytest.approx(1, abs=1e-4)
        assert all(0 <= p <= 1 for p in chances.values())


def test_it_passes_for_a_judge() -> None:
    """It answers to the same door as the local judge and names itself, its prompt and its model."""
    judge: Judge = judge_with(ScriptedLLM([reply()], model="small-1"))

    assert judge.engine.name == "llm"
    assert judge.engine.model == "small-1"
    assert re.fullmatch(r"turn@\d+:[0-9a-f]{8}", judge.engine.prompts["turn"])
    assert alike(judge.read(heard(EN)), read(heard(EN), reply()))
