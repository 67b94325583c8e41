"""Scripted applicants: an opening, and what each would answer when asked for an element or a fact."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.conversation import Assistant
from assistant.domain import Conversation, Lang, Turn

DONT_KNOW: dict[Lang, str] = {
    "en": "We do not know yet.",
    "es": "Todavía no lo sabemos.",
    "pt": "Ainda não sabemos.",
}


@dataclass(frozen=True)
class Applicant:
    """Somebody who answers what is asked, and says so when they do not know."""

    name: str
    lang: Lang
    opening: str
    answers: dict[str, str] = field(default_factory=dict)
    expect_type: str | None = None
    """The type a coach would give the finished use case, where that is plain."""
    opens_as: str | None = None
    """The verdict on the opening alone, where that is plain."""


def play(assistant: Assistant, applicant: Applicant, *, most: int = 30) -> list[Turn]:
    """Every turn from the opening to the brief, or the first `most`."""
    turns = [assistant.respond(Conversation(), applicant.opening)]
    while turns[-1].outcome != "brief" and len(turns) < most:
        asked = turns[-1].asked or ""
        answer = applicant.answers.get(asked, DONT_KNOW[applicant.lang])
        turns.append(assistant.respond(turns[-1].conversation, answer))
    return turns
