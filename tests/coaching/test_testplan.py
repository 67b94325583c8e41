"""The test plan: ranked assumptions, competing tests with both groups, a stop rule, indicators, three loops."""

from __future__ import annotations

import pytest

from assistant.coaching.clinic import decide
from assistant.coaching.coach import Coaching
from assistant.coaching.testplan import TestPlan
from assistant.domain import LANGS, Contribution, Conversation, Evidence, Lang
from tests.coaching.conftest import SAID, draft, judged

KINDS = ("who_to_focus_on", "where_to_invest", "staff_decisions", "service_pathways", "policy_path")


def planned(
    coaching: Coaching, conversation: Conversation, lang: Lang = "en", kind: str | None = None
) -> TestPlan:
    """The plan for a draft."""
    return coaching.plan(conversation, judged(lang, kind=kind))


@pytest.mark.parametrize("lang", LANGS)
def test_b07_b25_a_full_draft_gets_competing_tests_with_both_groups(coaching: Coaching, lang: Lang) -> None:
    """Beyond 9, B07, B25: the applicant's own test and two rivals; residents and front-line staff are in the plan."""
    plan = planned(coaching, draft(lang), lang)

    people = {p for idea in plan.ideas for p in idea.people}
    assert [i.origin for i in plan.ideas] == ["applicant", "proposal", "proposal"]
    assert plan.ideas[0].quote == SAID[lang]["test_plan"]
    assert plan.ideas[0].people == ("residents", "frontline")
    assert people == {"residents", "frontline"}
    assert plan.residents == SAID[lang]["affected_residents"]
    assert plan.frontline == SAID[lang]["users"]
    assert any(i.id == "simplest_rule" for i in plan.ideas)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", LANGS)
def test_w06_w12_without_a_test_of_their_own_each_type_gets_ideas(
    coaching: Coaching, lang: Lang, kind: str
) -> None:
    """W06, W12: whatever the type, at least two ideas compete, both groups take part, each says what would end it."""
    plan = planned(coaching, draft(lang, without=("test_plan",)), lang, kind)

    assert len(plan.ideas) >= 2
    assert len({i.idea for i in plan.ideas}) == len(plan.ideas)
    assert all(i.origin == "proposal" and i.quote is None and i.stop and i.checks for i in plan.ideas)
    assert {p for i in plan.ideas for p in i.people} == {"residents", "frontline"}
    assert coaching.programme.element("test_plan").question.at(lang) in plan.open_questions


def test_w06_w12_w20_methods_cite_the_passages_they_come_from(coaching: Coaching) -> None:
    """W06, W12, W20: quick cheap evaluations and public engagement are methods, with passages that exist."""
    from assistant.retrieval.sources import load_passages

    held = {p.id for p in load_passages(coaching.corpus / "passages")}

    cited = {p for m in coaching.bank.methods for p in m.passages}
    assert cited <= held
    assert {
        "wwc-launch/practices/evaluations",
        "wwc-launch/partners/behavioral_insights_team",
        "wwc-launch/study/goal_public_engagement",
    } <= cited


@pytest.mark.parametrize("lang", LANGS)
def test_b22_action_evidence_and_iteration_are_there_or_noted(coaching: Coaching, lang: Lang) -> None:
    """B22: a full draft has all three; each one that is missing raises its own note."""
    full = planned(coaching, draft(lang), lang)
    bare = planned(coaching, draft(lang, without=("test_plan", "success_indicators")), lang)

    say = coaching.words.say
    assert full.principles == {"action": True, "evidence": True, "iteration": True}
    assert full.notes == ()
    assert full.stop is not None
    assert full.stop in SAID[lang]["test_plan"]
    assert bare.principles == {"action": False, "evidence": False, "iteration": False}
    assert {say(lang, f"plan.no_{p}") for p in ("action", "evidence", "iteration")} <= set(bare.notes)
    assert bare.stop is None
    assert say(lang, "plan.ask_stop") in bare.open_questions


@pytest.mark.parametrize("lang", LANGS)
def test_b23_b24_b27_b30_the_loops_hold_what_was_said(coaching: Coaching, lang: Lang) -> None:
    """B23, B24, B27, B30: three loops with their months as printed, each with the draft's own words or a gap."""
    plan = planned(coaching, draft(lang), lang)

    printed = {
        "en": ("September–October", "November–January", "February–March"),
        "es": ("Septiembre–octubre", "Noviembre–enero", "Febrero–marzo"),
        "pt": ("Setembro–outubro", "Novembro–janeiro", "Fevereiro–março"),
    }
    words = "\n".join(SAID[lang].values())
    assert tuple(loop.months for loop in plan.loops) == printed[lang]
    assert all(held in words for loop in plan.loops for _, held in loop.holds if held)
    assert (coaching.words.say(lang, "plan.loop_delivery_owner"), None) in plan.loops[2].holds


@pytest.mark.parametrize(
    ("lang", "left_out"),
    [
        ("en", "We will not build a new app."),
        ("es", "No vamos a construir una app nueva."),
        ("pt", "Não vamos construir um aplicativo novo."),
    ],
)
def test_b28_what_will_not_be_built_is_quoted_or_asked(coaching: Coaching, lang: Lang, left_out: str) -> None:
    """B08, B28: a trade-off that was stated is quoted; otherwise it is an open question."""
    told = planned(coaching, draft(lang, constraints=left_out), lang)
    untold = planned(coaching, draft(lang), lang)

    question = coaching.words.say(lang, "plan.ask_not_built")
    assert told.not_built == left_out
    assert question not in told.open_questions
    assert untold.not_built is None
    assert question in untold.open_questions


@pytest.mark.parametrize(
    ("lang", "said", "baseline"),
    [
        ("en", "Fewer filings: today 40 a month.", True),
        ("es", "Menos caídas: hoy son 12 al mes.", True),
        ("pt", "Menos atrasos: hoje são 80 por dia.", True),
        ("en", "Fewer filings that end in an eviction.", False),
        ("es", "Menos caídas.", False),
        ("pt", "Menos atrasos.", False),
    ],
)
def test_b31_an_indicator_has_a_baseline_or_it_is_unknown(
    coaching: Coaching, lang: Lang, said: str, baseline: bool
) -> None:
    """B31: a starting value is quoted where it was said, and asked for where it was not; none is made up."""
    plan = planned(coaching, draft(lang, success_indicators=said), lang)

    assert [i.quote for i in plan.indicators] == [said]
    assert [i.baseline for i in plan.indicators] == [said if baseline else None]
    assert (
        coaching.words.say(lang, "plan.ask_baseline", indicator=said) in plan.open_questions
    ) is not baseline


def test_assumptions_are_ranked_by_impact_times_uncertainty(coaching: Coaching) -> None:
    """Unknown counts three times stated, vague twice, and what is contested counts one step more."""
    conversation = draft(without=("decision_maker",))
    record = {
        **conversation.record,
        "users": Evidence(state="vague", value="staff", quote="staff", turn=4),
        "decision": conversation.record["decision"].model_copy(update={"earlier": ("something else",)}),
    }
    conversation = conversation.model_copy(update={"record": record})

    ranked = planned(coaching, conversation).assumptions

    risk = {a.id: a.risk for a in ranked}
    assert [a.risk for a in ranked] == sorted((a.risk for a in ranked), reverse=True)
    assert risk["decider_free"] == 9  # impact 3, never said
    assert risk["users_act"] == 6  # impact 3, vague
    assert risk["decision_changes"] == 6  # impact 3, stated, once taken back
    assert risk["problem_real"] == 3  # impact 3, stated
    assert {a.id: a.contested for a in ranked}["decision_changes"]


def test_what_the_clinic_accepted_and_colleagues_dispute_moves_up(coaching: Coaching) -> None:
    """An accepted assumption joins the list at the top; a colleague's other answer makes an element contested."""
    conversation = draft()
    made = coaching.rehearse(conversation, judged())
    accepted = next(o for o in made.undecided if o.yields == "assumption")
    conversation = decide(conversation, accepted, "accepted")
    dispute = Contribution(id="1", element="resident_problem", text="No.", role="nurse", state="conflict")

    before = {a.id: a.risk for a in planned(coaching, draft()).assumptions}
    plan = planned(coaching, conversation.model_copy(update={"contributions": (dispute,)}))

    assert plan.assumptions[0].id == accepted.id
    assert plan.assumptions[0].origin == "clinic"
    assert before["problem_real"] == 3
    assert {a.id: a.risk for a in plan.assumptions}["problem_real"] == 6


@pytest.mark.parametrize("lang", LANGS)
def test_a_draft_with_nothing_stated_is_all_questions(coaching: Coaching, lang: Lang) -> None:
    """Nothing is invented for an empty draft: no quote, no indicator, open questions instead."""
    plan = planned(coaching, Conversation(lang=lang), lang)

    assert not any(a.quote for a in plan.assumptions)
    assert not any(i.origin == "applicant" for i in plan.ideas)
    assert plan.indicators == ()
    assert all(held is None for loop in plan.loops for _, held in loop.holds)
    assert len(plan.open_questions) >= 5


def test_a_missing_group_is_shown_as_a_gap(coaching: Coaching) -> None:
    """B25: where residents or staff were not named, the plan says so instead of filling them in."""
    plan = planned(coaching, draft(without=("affected_residents", "users"), test_plan="Six weeks on paper."))

    say = coaching.words.say
    assert plan.residents is None
    assert plan.frontline is None
    assert {
        say("en", key)
        for key in (
            "plan.no_residents",
            "plan.no_frontline",
            "plan.own_without_residents",
            "plan.own_without_frontline",
        )
    } <= set(plan.notes)
