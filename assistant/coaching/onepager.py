"""One page about a draft for the coach's next call: what is suggested, what people decided, what changed, what to ask.

Nothing here judges anew. The page puts together what the draft, its answers and its reviews hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from assistant.coaching.value import values
from assistant.domain import Contest, Frozen, Judgement, Lang, NextQuestion
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.questions import open_questions
from assistant.store.drafts import Draft
from assistant.store.reviews import DECISIONS, Look, Review, engine_said
from assistant.words import Words

QUESTIONS = 3
"""Questions for the next call."""


class Change(Frozen):
    """One thing that is not as it was."""

    what: Literal["fit", "type", "pathway", "flag", "element", "message", "review"]
    id: str = ""
    """The element, the flag's reason, the message's number, or the kind of the review."""
    before: str = ""
    after: str = ""


class Ruling(Frozen):
    """One target: what the engine suggests, and what a person decided last."""

    target: str
    suggested: str
    decision: Review | None = None
    earlier: bool = False
    """Whether the decision was on an earlier answer than the one that stands."""


class Heard(Frozen):
    """One message as it was read."""

    turn: int
    text: str
    document: str | None = None
    counts: bool = True
    """False for what is no part of the proposal, such as a question about the programme."""
    cut: tuple[str, ...] = ()
    """Sentences that were left out because they tried to steer the reader."""


class OpenDuty(Frozen):
    """A responsibility that nobody owns yet."""

    function: str
    duty: str


class OnePage(Frozen):
    """Everything a coach needs of one draft."""

    draft_id: str
    lang: Lang
    turn_seq: int
    """The number of the message whose answer is shown."""
    place: int
    """The number of the last review that is shown."""
    judgement: Judgement
    rulings: tuple[Ruling, ...]
    since_look: tuple[Change, ...] | None
    """What changed since this coach's last look; None when there was none."""
    looked_at: datetime | None
    since_version: tuple[Change, ...]
    """What the last answer changed in the judgement before it."""
    questions: tuple[NextQuestion, ...]
    unowned: tuple[OpenDuty, ...]
    contests: tuple[Contest, ...]
    heard: tuple[Heard, ...]
    reviews: tuple[Review, ...]

    def ruling(self, target: str) -> Ruling:
        """What stands on a target; KeyError when the page has no such target."""
        for ruling in self.rulings:
            if ruling.target == target:
                return ruling
        raise KeyError(target)


def one_page(
    draft: Draft,
    said: Sequence[Review],
    look: Look | None,
    programme: Programme,
    words: Words,
    *,
    reader: str = "",
) -> OnePage:
    """The page for a coach whose account is `reader`; raises InputError when nothing was judged yet."""
    if draft.latest is None:
        raise InputError("nothing was judged yet", fix="wait for the first answer", key="nothing_judged")
    judgement = draft.latest.judgement
    answered = [(e.seq, e.turn.judgement) for e in draft.exchanges if e.turn is not None]
    seq = next(e.seq for e in draft.exchanges if e.turn is not None and e.turn == draft.latest)
    earlier = [(number, told) for number, told in answered if number != seq]
    return OnePage(
        draft_id=draft.id,
        lang=judgement.lang,
        turn_seq=seq,
        place=said[-1].place if said else 0,
        judgement=judgement,
        rulings=tuple(_rulings(judgement, said, seq)),
        since_look=None if look is None else _since(look, draft, judgement, answered, said, reader),
        looked_at=look.at if look else None,
        since_version=changes(earlier[-1][1], judgement) if earlier else (),
        questions=_questions(draft, judgement, programme, words),
        unowned=_unowned(judgement, programme, judgement.lang),
        contests=judgement.contests,
        heard=tuple(
            Heard(turn=m.turn, text=m.text, document=m.document, counts=m.counts, cut=m.cut)
            for m in draft.conversation.messages
        ),
        reviews=tuple(said),
    )


def changes(before: Judgement, after: Judgement) -> tuple[Change, ...]:
    """What one judgement says otherwise than an earlier one."""
    return tuple(_changes(before, after))


def targets(judgement: Judgement) -> tuple[str, ...]:
    """Everything about a judgement that a coach can agree with or overrule."""
    flags = [f"flag:{f.reason}" for f in judgement.fit.flags]
    return ("fit", "type", *flags, *(f"element:{e.id}" for e in judgement.elements))


def _changes(before: Judgement, after: Judgement) -> Iterable[Change]:
    if before.fit.verdict != after.fit.verdict:
        yield Change(what="fit", before=before.fit.verdict, after=after.fit.verdict)
    if before.type.primary != after.type.primary:
        yield Change(what="type", before=before.type.primary or "none", after=after.type.primary or "none")
    if before.readiness.pathway != after.readiness.pathway:
        yield Change(what="pathway", before=before.readiness.pathway, after=after.readiness.pathway)
    old, new = ([f.reason for f in j.fit.flags] for j in (before, after))
    yield from (Change(what="flag", id=id, before="raised", after="none") for id in old if id not in new)
    yield from (Change(what="flag", id=id, before="none", after="raised") for id in new if id not in old)
    states = {e.id: e.state for e in before.elements}
    for element in after.elements:
        was = states.get(element.id, "missing")
        if was != element.state:
            yield Change(what="element", id=element.id, before=was, after=element.state)


def _since(
    look: Look,
    draft: Draft,
    judgement: Judgement,
    answered: Sequence[tuple[int, Judgement]],
    said: Sequence[Review],
    reader: str,
) -> tuple[Change, ...]:
    seen = [told for number, told in answered if number <= look.turn_seq]
    fresh = [e for e in draft.exchanges if e.seq > look.turn_seq]
    return (
        *(changes(seen[-1], judgement) if seen else ()),
        *(Change(what="message", id=str(e.seq), after=e.text) for e in fresh),
        *(
            Change(what="review", id=r.kind, after=r.text or "")
            for r in said
            if r.place > look.place and r.decided_by != (reader or None)
        ),
    )


def _rulings(judgement: Judgement, said: Sequence[Review], seq: int) -> Iterable[Ruling]:
    decided = {r.target: r for r in said if r.kind in DECISIONS}
    known = targets(judgement)
    # A flag that a coach raised, or that has gone since it was decided, keeps its place on the page.
    others = [t for t in decided if t is not None and t.startswith("flag:") and t not in known]
    for target in (*known, *others):
        found = decided.get(target)
        yield Ruling(
            target=target,
            suggested=str(engine_said(judgement, target)),
            decision=found,
            earlier=found is not None and found.turn_seq != seq,
        )


def _questions(
    draft: Draft, judgement: Judgement, programme: Programme, words: Words
) -> tuple[NextQuestion, ...]:
    """The open gaps whose answers could change most, as questions in the applicant's language."""
    said, lang = draft.conversation, judgement.lang
    worth = values(said, judgement.fit, judgement.type.scores, judgement.eligibility, programme, words, lang)
    found = open_questions(said, judgement.fit.flags, programme, lang, values=worth)
    return found[:QUESTIONS]


def _unowned(judgement: Judgement, programme: Programme, lang: Lang) -> tuple[OpenDuty, ...]:
    open_ids = set(judgement.capability.unowned) if judgement.capability else set()
    return tuple(
        OpenDuty(function=function.name.at(lang), duty=duty.text.at(lang))
        for function in programme.functions
        for duty in function.responsibility
        if duty.id in open_ids
    )
