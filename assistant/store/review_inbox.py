"""The inbox of coaches: each draft handed over, with what makes it need attention."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from assistant.domain import Frozen, Lang, Verdict
from assistant.store.review_records import DECISIONS, Review
from assistant.store.tables import messages, turns

OPENING = 120
"""Characters of a draft's first message that the inbox shows."""


class Waiting(Frozen):
    """One draft in the inbox, with what makes it need attention."""

    draft_id: str
    lang: Lang | None
    since: datetime
    """When the applicant handed it over last."""
    handed_back: bool
    """Whether it lies with the applicant again."""
    contested: tuple[str, ...]
    """Reasons of flags that the applicant contested and no coach has decided since."""
    changed: bool
    """Whether anything came that this coach has not seen."""
    decided: bool
    verdict: Verdict | None
    type: str | None
    pathway: str | None
    place: int
    turn_seq: int
    reasons: tuple[str, ...] = ()
    """Flags that the last answer raised."""
    opening: str = ""
    """How the applicant's first message begins."""


def waiting(
    id: str, lang: str | None, said: list[Review], answer: Row[Any] | None, seen: tuple[int, int] | None
) -> Waiting:
    """How a draft stands, by all that was said, its last answer, and what this coach saw of both."""
    handed = [r for r in said if r.kind in ("hand_over", "hand_back")]
    contests = {r.target: r.place for r in said if r.kind == "contest"}
    decided = {r.target: r.place for r in said if r.kind in DECISIONS}
    left = [str(t).partition(":")[2] for t, place in contests.items() if decided.get(t, 0) < place]
    place, seq = said[-1].place, answer.seq if answer else 0
    glance = (
        {} if answer is None else {name: getattr(answer, name) for name in ("verdict", "type", "pathway")}
    )
    return Waiting(
        draft_id=id,
        lang=(answer.judged_lang if answer else None) or lang,
        since=max(r.at for r in handed if r.kind == "hand_over"),
        handed_back=handed[-1].kind == "hand_back",
        contested=tuple(left),
        changed=seen is None or seq > seen[0] or place > seen[1],
        decided="fit" in decided,
        verdict=glance.get("verdict"),
        type=glance.get("type"),
        pathway=glance.get("pathway"),
        place=place,
        turn_seq=seq,
        reasons=tuple(filter(None, (answer.reasons or "").split(","))) if answer else (),
    )


def latest_turns(ids: Any) -> Any:
    """A query for the last answer of each draft, without what is long."""
    last = (
        select(turns.c.draft_id, func.max(turns.c.place).label("place")).group_by(turns.c.draft_id).subquery()
    )
    same = (turns.c.draft_id == last.c.draft_id) & (turns.c.place == last.c.place)
    glance = [c for c in turns.c if c.name not in ("turn", "conversation")]  # both are long
    return select(*glance).join(last, same).where(turns.c.draft_id.in_(ids))


def first_messages(ids: Any) -> Any:
    """A query for the first message of each draft."""
    first = select(messages.c.draft_id, func.min(messages.c.seq).label("seq")).group_by(messages.c.draft_id)
    found = first.subquery()
    same = (messages.c.draft_id == found.c.draft_id) & (messages.c.seq == found.c.seq)
    query = select(messages.c.draft_id, messages.c.text).join(found, same)
    return query.where(messages.c.draft_id.in_(ids))
