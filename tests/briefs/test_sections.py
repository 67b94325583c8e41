"""What the coaching adds to a brief: it reaches every form, in its place, as text."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.briefs.blocks import Heading
from assistant.briefs.brief import load_brief, write_brief
from assistant.briefs.forms import write_form
from assistant.briefs.outline import paper
from assistant.domain import (
    Brief,
    Citation,
    Conversation,
    Section,
    SectionEntry,
    SectionList,
    SectionTable,
    SectionText,
)
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.opening import text_of

RULE = Citation(id="booklet/z", source="Booklet", locator="page 12", quote="Ownership has to be clear.")
PARTS = (
    SectionText(label="Owner:", text="the repairs office"),
    SectionTable(
        name="Who owns what", head=("Duty", "Owner", "Time"), rows=(("Momentum", "=SUM(A1)", "two days"),)
    ),
    SectionEntry(
        title="Frontline worker", state="Accepted", lines=(("Objection:", "the list comes too late"),)
    ),
    SectionEntry(title="Data steward", lines=(("", "<b>who</b> may read it"),)),
    SectionList(items=("first the paper test", "then the [phone](https://evil.example) test"), numbered=True),
)


@pytest.fixture
def brief(programme: Programme, words: Words, judged, conversation: Conversation) -> Brief:
    """A brief with one section of every kind of part."""
    section = Section(id="map", title="Capability map", intro="Who owns what.", parts=PARTS, sources=(RULE,))
    return write_brief(
        conversation, judged(), programme, words, today=date(2026, 11, 20), sections=(section,)
    )


@pytest.mark.parametrize("form", ["docx", "pdf", "html", "md"])
def test_a_section_reaches_every_form(brief: Brief, programme: Programme, words: Words, form: str) -> None:
    """Texts, tables, entries and lists, letter by letter; its source joins the list of sources."""
    text = text_of(write_form(brief, form, programme, words), form)

    for wanted in (
        "Who owns what.",
        "Owner: the repairs office",
        "=SUM(A1)",
        "Frontline worker — Accepted",
        "Objection: the list comes too late",
        "<b>who</b> may read it",
        "then the [phone](https://evil.example) test",
        "“Ownership has to be clear.”",
    ):
        assert wanted in text


def test_a_section_stands_between_the_verdicts_and_the_cases(
    brief: Brief, programme: Programme, words: Words
) -> None:
    """It is a part of its own in the order of the brief."""
    parts = [b.text for b in paper(brief, programme, words).blocks if isinstance(b, Heading) and b.level == 1]

    place = parts.index("Capability map")
    assert parts[place - 1 : place + 2] == [
        words.say("en", "brief.verdicts"),
        "Capability map",
        words.say("en", "brief.cases"),
    ]


def test_sections_are_saved_with_the_brief(brief: Brief) -> None:
    """A file with sections loads back the same."""
    assert load_brief(brief.to_json()) == brief


def test_a_row_that_is_too_short_or_too_long_keeps_the_table_whole(
    programme: Programme, words: Words, judged, conversation: Conversation
) -> None:
    """Every row has as many cells as the header, so that every form opens."""
    table = SectionTable(name="n", head=("a", "b"), rows=(("only",), ("one", "two", "three")))
    section = Section(id="x", title="X", parts=(table,))
    brief = write_brief(conversation, judged(), programme, words, sections=(section,))

    for form in ("docx", "pdf", "html", "md"):
        text = text_of(write_form(brief, form, programme, words), form)

        assert "only" in text
        assert "three" not in text
