"""The sheet for the scoping workshop: one page with what was said, and room for what the team settles."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.briefs.blocks import one_line, shortened
from assistant.briefs.pdf import set_in_type
from assistant.briefs.said import said
from assistant.briefs.summary import Speaker
from assistant.domain import Brief
from assistant.programme import Programme
from assistant.words import Words

FRAME = (
    "resident_problem",
    "affected_residents",
    "decision",
    "decision_maker",
    "users",
    "success_indicators",
)
FEASIBLE = ("data_sources", "constraints", "test_plan", "risks", "delivery_owner", "executive_sponsor")
"""The two things the workshop does, by the elements they are about."""
SAID_LENGTH = 150
"""Characters of one answer, so that the sheet stays one page."""


def workshop_sheet(brief: Brief, programme: Programme, words: Words) -> bytes:
    """One page of A4 as PDF/UA, in the brief's language."""
    speaker = Speaker(brief, programme, words)
    city = f"{one_line(brief.contact.city)} · " if brief.contact.city else ""
    document: dict[str, object] = {
        "lang": brief.lang,
        "author": programme.about.name.at(brief.lang),
        "title": speaker.say("brief.workshop"),
        "subject": one_line(brief.title),
        "place": f"{city}{speaker.day}",
        "note": speaker.say("brief.workshop_note"),
        "head": [speaker.say(f"brief.workshop_{key}") for key in ("question", "so_far", "agreed")],
        "parts": [
            {"name": speaker.say("brief.workshop_frame"), "rows": list(_rows(speaker, FRAME))},
            {"name": speaker.say("brief.workshop_feasible"), "rows": list(_rows(speaker, FEASIBLE))},
        ],
        "foot": speaker.say("brief.running", lead=programme.about.lead.at(brief.lang)),
        "not_shown": "",
    }
    return set_in_type("workshop.typ", document, brief.made_on, speaker.say("brief.not_shown"))


def _rows(speaker: Speaker, ids: tuple[str, ...]) -> Iterator[list[str]]:
    """Name, question and what was said so far of each element this programme has."""
    for element in speaker.programme.elements:
        if element.id in ids:
            words = said(speaker.evidence(element.id), SAID_LENGTH)
            so_far = shortened(one_line(words), SAID_LENGTH) if words else speaker.say("brief.not_stated")
            yield [element.name.at(speaker.lang), element.question.at(speaker.lang), so_far]
