"""Proposals that only plan: heard by their flag or their words, and asked what has been built or tried already."""

from __future__ import annotations

from collections.abc import Callable

from assistant.cues import Cues
from assistant.domain import Conversation, Flag, Lang, NextQuestion, Passage
from assistant.programme import Programme

TRIED = ("decision", "test_plan")
"""What a proposal states that goes from the plan to practice."""


def plans_only(
    conversation: Conversation, flags: tuple[Flag, ...], programme: Programme, cues: Cues, lang: Lang
) -> bool:
    """Whether a proposal is a plan: flagged as one, or worded as one with no decision and no test stated."""
    if any(programme.reason(flag.reason).plan for flag in flags):
        return True
    held = (conversation.record.get(id) for id in TRIED)
    if any(e is not None and e.state == "stated" for e in held):
        return False
    return any(m.counts and cues.hears("plans", m.text, lang) for m in conversation.messages)


def with_line(
    question: NextQuestion | None, programme: Programme, rule: Callable[[str, Lang], Passage], lang: Lang
) -> NextQuestion | None:
    """The question; one about what is there already with the line of the sources that it rests on."""
    already = programme.about.already
    if question is None or already is None or question.element != already.id:
        return question
    cited = rule(already.passage, lang).citation()
    why = f"{question.why} “{cited.quote}” ({cited.source}, {cited.locator})"
    return question.model_copy(update={"why": why})
