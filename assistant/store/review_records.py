"""What was said about a draft, as it is kept: reviews, who may read them, and readings side by side."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row

from assistant.domain import Frozen

Kind = Literal[
    "hand_over", "contest", "agree", "overrule", "second", "note_open", "note_coaches", "hand_back"
]
DECISIONS: tuple[Kind, ...] = ("agree", "overrule")
FOR_APPLICANTS: tuple[Kind, ...] = ("hand_over", "contest", "note_open", "hand_back")
Audience = Literal["coach", "applicant", "blind"]
"""Who reads: `blind` is a coach who gives a second reading and must not know the first."""


class Review(Frozen):
    """One thing said about a draft."""

    id: str
    draft_id: str
    place: int
    """Its number among all that was said about the draft, from 1."""
    turn_seq: int | None
    """The message whose answer was looked at."""
    kind: Kind
    decided_by: str | None
    """The account of the coach; None for the applicant."""
    target: str | None
    """`fit`, `type`, `flag:<reason id>` or `element:<element id>`."""
    was: str | None
    """The engine's value: a verdict, a type id, `raised` or `none` of a flag, the state of an element."""
    now: str | None
    """The coach's value."""
    text: str | None
    """The reason, note, questions or objection."""
    engine: str | None
    at: datetime


class Look(Frozen):
    """What a coach saw last of a draft."""

    turn_seq: int
    place: int
    at: datetime


class Pair(Frozen):
    """The decision of one coach and the blind second reading of another, on the same target and answer."""

    draft_id: str
    target: str
    engine_said: str | None
    first: str
    first_by: str
    second: str
    second_by: str


def review_of(row: Row[Any]) -> Review:
    """The review that a row holds."""
    return Review.model_validate(dict(row._mapping))


def pair_of(first: Review, second: Review) -> Pair:
    """A decision and its second reading side by side."""
    return Pair(
        draft_id=first.draft_id,
        target=str(first.target),
        engine_said=first.was,
        first=str(first.now),
        first_by=str(first.decided_by),
        second=str(second.now),
        second_by=str(second.decided_by),
    )
