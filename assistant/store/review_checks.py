"""What may be said about a judgement: who says it, of which target, with which value, and having seen what."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, get_args

from sqlalchemy import Row

from assistant.domain import ElementState, Judgement, Verdict
from assistant.errors import AccessError, InputError, StoreError
from assistant.safety import clean_text
from assistant.store.accounts import Account
from assistant.store.review_records import DECISIONS, Kind

TARGET = re.compile(r"fit|type|(?:flag|element):[a-z0-9_]{1,60}")
LONGEST = 4_000
"""Characters of a reason, a note or a coach's questions."""


def engine_said(judgement: Judgement | None, target: str) -> str | None:
    """What the engine holds of a target; raises InputError for a target that there is not."""
    if not TARGET.fullmatch(target):
        raise InputError(
            "there is no such target", fix="use fit, type, flag:<id> or element:<id>", key="target"
        )
    if judgement is None:
        return None
    name, _, id = target.partition(":")
    if name == "fit":
        return judgement.fit.verdict
    if name == "type":
        return judgement.type.primary or "none"
    if name == "flag":
        return "raised" if any(f.reason == id for f in judgement.fit.flags) else "none"
    return next((e.state for e in judgement.elements if e.id == id), "missing")


def must_be_coach(coach: Account | None) -> None:
    """Raises AccessError for whoever is no coach."""
    if coach is None or not coach.may("coach"):
        raise AccessError("only a coach may do this", fix="sign in as a coach", key="forbidden")


def checked_text(kind: Kind, text: str | None) -> str | None:
    """The text as it is kept; raises InputError when it is too long, or empty where a reason is needed."""
    said = clean_text(text or "").strip()
    if not said and kind != "hand_over":
        raise InputError("a reason is needed", fix="write in a sentence why", key="reason")
    if len(said) > LONGEST:
        raise InputError(
            "the text is too long",
            fix=f"use {LONGEST} characters at most",
            key="note_too_long",
            limit=LONGEST,
        )
    return said or None


def check_seen(before: Iterable[Row[Any]], seen: int | None) -> None:
    """Raises StoreError `review_conflict` when a coach decided or handed back after the place that was seen."""
    news = (*DECISIONS, "hand_back")
    if seen is not None and any(row.place > seen and row.kind in news for row in before):
        raise _conflict("another coach decided in the meantime")


def check_answer(answer: Row[Any] | None, turn_seq: int | None) -> None:
    """Raises InputError when nothing was judged yet, StoreError when it was judged anew since."""
    if answer is None:
        raise InputError("nothing was judged yet", fix="wait for the first answer", key="nothing_judged")
    if answer.seq != turn_seq:
        raise _conflict("the draft was judged anew in the meantime")


def check_value(judgement: Judgement | None, target: str, value: str | None) -> None:
    """Raises InputError for a value that the target cannot have."""
    name, _, id = target.partition(":")
    known: tuple[str, ...] | None = {
        "fit": get_args(Verdict),
        "flag": ("raised", "none"),
        "element": get_args(ElementState),
    }.get(name)
    elements = {e.id for e in judgement.elements} if judgement else set()
    fits = value in known if known else re.fullmatch(r"[a-z0-9_]{1,60}", value or "") is not None
    if not fits or (name == "element" and id not in elements):
        raise InputError(
            "there is no such value", fix=f"use: {', '.join(known or ('a type id',))}", key="value"
        )


def check_second(before: Iterable[Row[Any]], coach: Account | None, target: str) -> None:
    """Raises InputError for a coach who has decided on the target or read it a second time already."""
    involved = [r for r in before if r.target == target and r.kind in (*DECISIONS, "second")]
    if coach is not None and any(r.decided_by == coach.id for r in involved):
        raise InputError(
            "you have decided this already", fix="leave it to another coach", key="second_reader"
        )


def _conflict(message: str) -> StoreError:
    return StoreError(message, fix="read what is new, then decide again", key="review_conflict")


def gone() -> InputError:
    """The error for a draft that there is not, or that coaches may not see."""
    fix = "go back to the list; it may have been erased, or was never handed over"
    return InputError("there is no such draft", fix=fix, key="no_draft")
