"""Which gap to ask about next, and why. Plain rules over the record; no model has a say."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.domain import Conversation, Evidence, Flag, Lang, NextQuestion
from assistant.programme import Criterion, Element, Programme

TURNING = ("decision", "decision_maker", "users", "resident_problem", "test_plan")
"""What turns a flagged proposal into a testable one; asked first while a flag stands."""
TURNING_BONUS = 5
FIRST_BONUS = 10
"""The element that the first flag's own question asks for."""
FACT_WEIGHT = 2
"""Eligibility facts come after every element of the use case."""


def next_question(
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    lang: Lang,
    *,
    limit: int,
) -> NextQuestion | None:
    """The open gap that could change most, or None when nothing is left to ask or the limit is reached."""
    if len(conversation.asked) >= limit:
        return None
    gaps = [(w, -i, id) for i, (id, w) in enumerate(_gaps(conversation, flags, programme).items())]
    if not gaps:
        return None
    return ask(max(gaps)[2], conversation, flags, programme, lang)


def ask(
    id: str, conversation: Conversation, flags: tuple[Flag, ...], programme: Programme, lang: Lang
) -> NextQuestion:
    """The question for one element or fact, in words that fit what is known of it."""
    if id in programme.fact_ids:
        fact = programme.criterion(id)
        return NextQuestion(element=id, text=fact.question.at(lang), why=fact.why.at(lang))
    element = programme.element(id)
    turning = programme.reason(flags[0].reason) if flags else None
    if turning is not None and id == turning.turning_element:
        return NextQuestion(element=id, text=turning.turning_question.at(lang), why=element.why.at(lang))
    text = element.question_again if _vague(conversation.record, id) else element.question
    return NextQuestion(element=id, text=text.at(lang), why=element.why.at(lang))


def open_questions(
    conversation: Conversation, flags: tuple[Flag, ...], programme: Programme, lang: Lang
) -> tuple[NextQuestion, ...]:
    """Every gap that is left, the most valuable first, whether or not it was asked about."""
    every = conversation.model_copy(update={"asked": ()})
    gaps = _gaps(every, flags, programme, answered=("stated",))
    ranked = sorted(gaps, key=lambda id: -gaps[id])
    return tuple(ask(id, every, flags, programme, lang) for id in ranked)


def _gaps(
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    *,
    answered: tuple[str, ...] = ("stated", "unknown"),
) -> dict[str, int]:
    """What may still be asked → its weight, in the programme's order."""
    items: list[Element | Criterion] = [*programme.elements, *(c for c in programme.criteria if c.scored)]
    found = {}
    for item in items:
        held = conversation.record.get(item.id)
        if held is not None and held.state in answered:
            continue
        if item.id in conversation.asked:
            continue
        weight = item.weight if isinstance(item, Element) else FACT_WEIGHT
        if flags and item.id in TURNING:
            weight += TURNING_BONUS
        if flags and item.id == programme.reason(flags[0].reason).turning_element:
            weight += FIRST_BONUS
        found[item.id] = weight
    return found


def _vague(record: Mapping[str, Evidence], id: str) -> bool:
    held = record.get(id)
    return held is not None and held.state == "vague"
