"""Every figure of a brief comes from somewhere."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.briefs.brief import write_brief
from assistant.briefs.figures import Figure, figures, untraced
from assistant.domain import (
    Citation,
    Conversation,
    Evidence,
    Message,
    Section,
    SectionEntry,
    SectionTable,
    SectionText,
)
from assistant.programme import Programme
from assistant.words import Words

TODAY = date(2026, 11, 20)
PROBLEM = "1,200 families wait 9 weeks, and 3.5 % of homes have mould."


@pytest.fixture
def draft() -> Conversation:
    """A draft with figures in two messages."""
    problem = Evidence(state="stated", value=PROBLEM, quote=PROBLEM, turn=1)
    data = Evidence(state="stated", value="the log since 2014", quote="the log since 2014", turn=2)
    return Conversation(
        turn=2,
        messages=(Message(turn=1, text=PROBLEM), Message(turn=2, text="We have the log since 2014.")),
        record={"resident_problem": problem, "data_sources": data},
    )


def test_a_figure_is_traced_to_the_message_it_stands_in(
    programme: Programme, words: Words, judged, draft: Conversation
) -> None:
    """The first message that has it, in whatever way thousands are written."""
    brief = write_brief(draft, judged(flagged=False), programme, words, today=TODAY)

    found = figures(brief, draft.messages, programme)

    assert {f for f in found if f.place.startswith("record.")} == {
        Figure("1,200", "record.resident_problem", "message", 1),
        Figure("9", "record.resident_problem", "message", 1),
        Figure("3.5", "record.resident_problem", "message", 1),
        Figure("2014", "record.data_sources", "message", 2),
    }
    assert brief.untraced == ()


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("1.200 families", ()),
        ("1200 families", ()),
        ("2,400 families", ("2,400",)),
        ("35 % of homes", ("35",)),
        ("saves 40 % in 6 months", ("40", "6")),
        ("since 2014", ()),
        ("100,000 or above", ()),
    ],
)
def test_a_figure_that_nobody_said_is_found(
    programme: Programme, words: Words, judged, draft: Conversation, text: str, lost: tuple[str, ...]
) -> None:
    """A sentence with a figure of its own is caught wherever it stands; one of a cited source is not."""
    section = Section(id="ai_note", title="AI", parts=(SectionText(text=text),))

    brief = write_brief(draft, judged(flagged=False), programme, words, today=TODAY, sections=[section])

    assert brief.untraced == lost


def test_counts_and_sources_of_a_section_are_its_own(
    programme: Programme, words: Words, judged, draft: Conversation
) -> None:
    """What code counted is declared with the section, and what a source prints is cited."""
    rule = Citation(id="booklet/x", source="Booklet", locator="page 4", quote="Scoping takes 92 days.")
    parts = (
        SectionTable(name="n", head=("a",), rows=(("17 of 20 owned",),)),
        SectionEntry(title="t", lines=(("", "92 days, 81 of them gone"),)),
    )
    section = Section(id="clock", title="Clock", parts=parts, sources=(rule,), computed=("17 of 20",))

    brief = write_brief(draft, judged(flagged=False), programme, words, today=TODAY, sections=[section])

    assert brief.untraced == ("81",)


@pytest.mark.parametrize(
    "change",
    [
        {"decision_sentence": "The crew visits 77 homes"},
        {"evidence": ("77 homes",)},
        {"would_change_if": "there were 77 homes"},
    ],
)
def test_a_model_cannot_bring_in_a_figure(
    programme: Programme, words: Words, judged, draft: Conversation, change: dict[str, object]
) -> None:
    """Whatever part of a judgement says a number that nobody said, the brief warns of it."""
    judgement = judged(flagged=False)
    kind = judgement.type.model_copy(update=change)
    brief = write_brief(draft, judgement.model_copy(update={"type": kind}), programme, words, today=TODAY)

    assert brief.untraced == ("77",)


def test_a_loaded_brief_is_checked_against_its_own_quotes(
    programme: Programme, words: Words, judged, draft: Conversation
) -> None:
    """Without messages the quotes of the record stand for them."""
    brief = write_brief(draft, judged(flagged=False), programme, words, today=TODAY)

    assert untraced(brief, (), programme) == ()
    assert untraced(brief.model_copy(update={"title": "50 families"}), (), programme) == ("50",)
