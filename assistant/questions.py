"""Which gap to ask about next, and why. Plain rules over the record; no model has a say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from assistant.domain import Conversation, Evidence, Flag, Lang, NextQuestion, Stake
from assistant.programme import Criterion, Element, Programme

NO_VALUES: Mapping[str, Worth] = {}

TURNING = ("decision", "decision_maker", "users", "resident_problem", "test_plan")
"""What turns a flagged proposal into a testable one; asked first while a flag stands."""
TURNING_BONUS = 5
LACKS_BONUS = 5
"""The one fact that would carry a testable version."""
FIRST_BONUS = 10
"""The element that the first flag's own question asks for."""
RESIDENTS = "resident_problem"
"""What a draft that speaks of staff alone is asked for, even if a sentence of it seemed to state it."""
RESIDENTS_BONUS = 10
FACT_WEIGHT = 2
"""Eligibility facts come after every element of the use case."""


class Worth(Protocol):
    """What the answer to a question could change; coaching/value.py works it out."""

    @property
    def stakes(self) -> tuple[Stake, ...]:
        """What could change."""
        ...

    @property
    def why(self) -> str:
        """The strongest of them in words."""
        ...

    @property
    def weight(self) -> int:
        """What it adds to the question's place."""
        ...


def next_question(
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    lang: Lang,
    *,
    limit: int,
    values: Mapping[str, Worth] = NO_VALUES,
    staff_only: bool = False,
    plans_only: bool = False,
) -> NextQuestion | None:
    """The open gap that could change most, or None when nothing is left to ask or the limit is reached.

    `values` says what each answer could change as things stand; with `staff_only` a draft that names a gain of the
    staff's alone is first asked what residents would notice, and with `plans_only` one that only plans is asked what
    is there already. Once more questions were wanted, what stayed vague is
    asked for a second time, and then what cities commit to.
    """
    if len(conversation.asked) + len(conversation.again) >= limit + conversation.extra:
        return None
    found = _gaps(conversation, flags, programme, values=values, staff_only=staff_only)
    found |= _already(conversation, programme) if plans_only else {}
    if not found and conversation.extra:
        found = _vague_gaps(conversation, programme) or _commitment_gaps(conversation, programme)
    gaps = [(w, -i, id) for i, (id, w) in enumerate(found.items())]
    if not gaps:
        return None
    return ask(max(gaps)[2], conversation, flags, programme, lang, values=values, staff_only=staff_only)


def ask(
    id: str,
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    lang: Lang,
    *,
    values: Mapping[str, Worth] = NO_VALUES,
    staff_only: bool = False,
) -> NextQuestion:
    """The question for one element or fact, in words that fit what is known of it, and why it is asked now."""
    text, why = _text(id, conversation, flags, programme, lang, staff_only=staff_only)
    worth = values.get(id)
    if worth is None:
        return NextQuestion(element=id, text=text, why=why)
    return NextQuestion(element=id, text=text, why=f"{worth.why} {why}".strip(), could_change=worth.stakes)


def _text(
    id: str,
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    lang: Lang,
    *,
    staff_only: bool,
) -> tuple[str, str]:
    """A question's text and its general reason."""
    if id in programme.fact_ids:
        fact = programme.criterion(id)
        return fact.question.at(lang), fact.why.at(lang)
    if id in programme.commitment_ids:
        return programme.commitment(id).question.at(lang), programme.about.commitment_why.at(lang)
    element = programme.element(id)
    turning = programme.reason(flags[0].reason) if flags else None
    if turning is not None and id == turning.turning_element:
        return turning.turning_question.at(lang), element.why.at(lang)
    if id == RESIDENTS and staff_only:
        line = programme.about.resident_line
        return line.question.at(lang), line.why.at(lang)
    text = element.question_again if _vague(conversation.record, id) else element.question
    return text.at(lang), element.why.at(lang)


def open_questions(
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    lang: Lang,
    *,
    values: Mapping[str, Worth] = NO_VALUES,
) -> tuple[NextQuestion, ...]:
    """Every gap that is left, the most valuable first, whether or not it was asked about."""
    every = conversation.model_copy(update={"asked": ()})
    gaps = _gaps(every, flags, programme, answered=("stated",), values=values)
    ranked = sorted(gaps, key=lambda id: -gaps[id])
    return tuple(ask(id, every, flags, programme, lang, values=values) for id in ranked)


def _gaps(
    conversation: Conversation,
    flags: tuple[Flag, ...],
    programme: Programme,
    *,
    answered: tuple[str, ...] = ("stated", "unknown"),
    values: Mapping[str, Worth] = NO_VALUES,
    staff_only: bool = False,
) -> dict[str, int]:
    """What may still be asked → its weight, in the programme's order."""
    items: list[Element | Criterion] = [*programme.elements, *(c for c in programme.criteria if c.scored)]
    found = {}
    for item in items:
        held = conversation.record.get(item.id)
        reopened = (staff_only and item.id == RESIDENTS) or _borderline(values.get(item.id))
        if held is not None and held.state in answered and not reopened:
            continue
        if item.id in conversation.asked:
            continue
        weight = item.weight if isinstance(item, Element) else FACT_WEIGHT
        if flags and item.id in TURNING:
            weight += TURNING_BONUS
        if flags and item.id == programme.reason(flags[0].reason).turning_element:
            weight += FIRST_BONUS
        if staff_only and item.id == RESIDENTS:
            weight += RESIDENTS_BONUS
        if item.id in values:
            weight += values[item.id].weight
        if flags and flags[0].lacks is not None and item.id == flags[0].lacks.element:
            weight += LACKS_BONUS
        found[item.id] = weight
    return found


def _already(conversation: Conversation, programme: Programme) -> dict[str, int]:
    """What is there already, if it was not asked and nothing was said of it."""
    done = {*conversation.asked, *conversation.record}
    return {e.id: e.weight for e in programme.optional if e.id not in done}


def _vague_gaps(conversation: Conversation, programme: Programme) -> dict[str, int]:
    """What was asked, stayed vague, and has not been asked a second time."""
    return {
        e.id: e.weight
        for e in programme.elements
        if _vague(conversation.record, e.id) and e.id not in conversation.again
    }


def _commitment_gaps(conversation: Conversation, programme: Programme) -> dict[str, int]:
    """What cities commit to and nothing was said of yet; asked only of those who want more questions."""
    done = {*conversation.asked, *conversation.record}
    return {id: FACT_WEIGHT for id in programme.commitment_ids if id not in done}


def _borderline(worth: Worth | None) -> bool:
    """A fact that was said in passing and lies near the mark is worth a question of its own."""
    return worth is not None and "eligibility" in worth.stakes


def _vague(record: Mapping[str, Evidence], id: str) -> bool:
    held = record.get(id)
    return held is not None and held.state == "vague"
