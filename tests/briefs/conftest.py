"""A conversation and its judgement to write briefs from, in the programme's own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assistant.briefs.brief import write_brief
from assistant.domain import (
    Brief,
    Citation,
    Conversation,
    CriterionFinding,
    ElementFinding,
    Engine,
    Evidence,
    Fit,
    Flag,
    Judgement,
    Lang,
    Readiness,
    Reframing,
    Signal,
    SimilarCase,
    UseCaseType,
)
from assistant.programme import Programme, load_programme
from assistant.words import Words, load_words

CORPUS = Path(__file__).parents[2] / "corpus"
TODAY = date(2026, 11, 20)

Judged = Callable[..., Judgement]


@pytest.fixture(scope="session")
def programme() -> Programme:
    """The programme that this repository comes with."""
    return load_programme(CORPUS / "programme")


@pytest.fixture(scope="session")
def words() -> Words:
    """The words that this repository comes with."""
    return load_words(CORPUS / "locale")


@pytest.fixture
def conversation() -> Conversation:
    """A draft with every state an element can have, and a correction."""
    problem = "families in the low flats wait nine weeks for a crew. Nobody tells them when."
    return Conversation(
        id="0123456789abcdef0123456789abcdef",
        lang="en",
        turn=4,
        record={
            "resident_problem": Evidence(state="stated", value=problem, quote=problem, turn=1),
            "decision": Evidence(
                state="stated",
                value="which flats the crews visit first on Monday",
                quote="which flats the crews visit first on Monday",
                turn=3,
                basis="corrected",
                earlier=("which flats to visit",),
            ),
            "decision_maker": Evidence(
                state="stated", value="repairs supervisor", quote="repairs supervisor", turn=3
            ),
            "users": Evidence(state="stated", value="repairs supervisor", quote="repairs supervisor", turn=3),
            "data_sources": Evidence(state="vague", value="our records", quote="our records", turn=2),
            "executive_sponsor": Evidence(state="unknown", turn=4),
            "population": Evidence(state="stated", value="240,000", quote="240,000", turn=4),
        },
    )


@pytest.fixture
def judged(programme: Programme) -> Judged:
    """A function that gives the judgement of that conversation in a language."""

    def judge(lang: Lang = "en", *, quote: str = "We want a dashboard", flagged: bool = True) -> Judgement:
        rule = Citation(
            id="b/1", source="Booklet", locator="page 4", quote="A dashboard alone changes no decision."
        )
        reason, kind, criterion = programme.reasons[0], programme.types[0], programme.criteria[0]
        flag = Flag(
            reason=reason.id,
            confidence=0.8,
            applicant_quote=quote,
            rule=rule,
            explanation=reason.explanation.at(lang),
            reframings=(
                Reframing(
                    decision="which flats come first",
                    user="repairs supervisor",
                    smallest_test="one district for a month",
                    kept=("the repair log",),
                    dropped=("the screen",),
                ),
            ),
        )
        return Judgement(
            lang=lang,
            fit=Fit(
                verdict="poor_fit" if flagged else "fit", confidence=0.8, flags=(flag,) if flagged else ()
            ),
            type=UseCaseType(
                primary=kind.id,
                secondary=(programme.types[1].id,),
                decision_sentence="Repairs supervisor decides: “which flats the crews visit first”.",
                evidence=("visit first",),
                would_change_if=kind.would_change[programme.types[1].id].at(lang),
            ),
            elements=(ElementFinding(id="decision", state="stated", quote="which flats", turn=3),),
            missing=("test_plan",),
            eligibility=(
                CriterionFinding(
                    id=criterion.id,
                    state="met",
                    note=criterion.met.at(lang),
                    rule=Citation(id="b/2", source="Booklet", locator="page 9", quote="100,000 or above"),
                ),
            ),
            readiness=Readiness(
                pathway="unclear",
                signals=(Signal(id="decision_ready", state="met", why="The choice is clear."),),
                notice=programme.about.readiness_notice.at(lang),
            ),
            next_question=None,
            similar_cases=(
                SimilarCase(
                    id="c1",
                    title="Fire inspections by risk",
                    city="New Orleans",
                    why_similar="A queue of homes.",
                    differs="Alarms, not repairs.",
                    source_url="https://example.org/case",
                ),
            ),
            citations=(rule,),
            engine=Engine(name="local", version="7", prompts={}, model=""),
        )

    return judge


@pytest.fixture
def brief(programme: Programme, words: Words, judged: Judged, conversation: Conversation) -> Brief:
    """A brief with everything in it."""
    return write_brief(conversation, judged(), programme, words, today=TODAY)
