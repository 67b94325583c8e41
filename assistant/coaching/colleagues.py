"""Ask-a-colleague sheets: open questions by role, and what comes back from them into the draft."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.coaching.bank import Bank, Role
from assistant.coaching.signs import quote_of, quoted
from assistant.domain import Contribution, Conversation, Evidence, Frozen, Lang, NextQuestion
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.questions import open_questions
from assistant.record import VALUE_LIMIT
from assistant.safety import fold
from assistant.words import Words


class SheetQuestion(Frozen):
    """One open gap as a question."""

    element: str
    text: str
    why: str


class Sheet(Frozen):
    """The open questions that one role could answer."""

    role: str
    role_name: str
    questions: tuple[SheetQuestion, ...]


def sheets(conversation: Conversation, programme: Programme, bank: Bank, lang: Lang) -> tuple[Sheet, ...]:
    """The open gaps grouped by who could close them, in the order of the roles; roles with none are left out."""
    made = []
    for role, own in by_role(open_questions(conversation, (), programme, lang), bank):
        questions = tuple(SheetQuestion(element=q.element, text=q.text, why=q.why) for q in own)
        made.append(Sheet(role=role.id, role_name=role.name.at(lang), questions=questions))
    return tuple(made)


def by_role(open_: Iterable[NextQuestion], bank: Bank) -> Iterator[tuple[Role, tuple[NextQuestion, ...]]]:
    """Each role with the questions it could answer, every question once; roles with none are left out."""
    gaps = {question.element: question for question in open_}
    for role in bank.roles:
        own = tuple(gaps.pop(id) for id in role.elements if id in gaps)
        if own:
            yield role, own


def one_line(conversation: Conversation, words: Words, lang: Lang) -> str:
    """The project in one line, in the applicant's words: its problem, or that it was not said yet."""
    problem = " ".join(quote_of(quoted(conversation, "resident_problem")).split())
    return problem or words.say(lang, "page.not_said_yet")


def merged(conversation: Conversation, contributions: Iterable[Contribution]) -> Conversation:
    """The conversation with colleagues' answers in its record, each once.

    An answer fills what is open. Where something was stated it overwrites nothing: other words become a conflict
    that waits for the applicant.
    """
    record, held = dict(conversation.record), list(conversation.contributions)
    known = {c.id for c in held}
    for fresh in contributions:
        if fresh.id in known or not fresh.text.strip():
            continue
        known.add(fresh.id)
        before = record.get(fresh.element)
        if before is None or before.state != "stated":
            record[fresh.element] = _from_colleague(fresh, before)
            held.append(fresh.model_copy(update={"state": "merged"}))
        else:
            same = fold(before.value or before.quote or "") == fold(fresh.text)
            held.append(fresh.model_copy(update={"state": "agrees" if same else "conflict"}))
    return conversation.model_copy(update={"record": record, "contributions": tuple(held)})


def settled(conversation: Conversation, id: str, *, take: bool) -> Conversation:
    """The conversation with one conflict settled; raises InputError when there is no such conflict."""
    found = next((c for c in conversation.contributions if c.id == id and c.state == "conflict"), None)
    if found is None:
        raise InputError("there is no such conflict", fix="load the page again", key="no_objection")
    after = found.model_copy(update={"state": "taken" if take else "kept"})
    record = dict(conversation.record)
    if take:
        record[found.element] = _from_colleague(found, record.get(found.element))
    others = tuple(after if c.id == id else c for c in conversation.contributions)
    return conversation.model_copy(update={"record": record, "contributions": others})


def _from_colleague(fresh: Contribution, before: Evidence | None) -> Evidence:
    value = fresh.text.strip()[:VALUE_LIMIT]
    earlier = before.earlier if before is not None else ()
    if before is not None and before.value:
        earlier = (*earlier, before.value)
    return Evidence(
        state="stated", value=value, quote=value, basis="colleague", role=fresh.role, earlier=earlier
    )
