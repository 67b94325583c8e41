"""What coaches and applicants say about a judgement. Nothing said is ever changed: what comes later stands."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from textwrap import shorten
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.domain import Conversation, Judgement
from assistant.errors import InputError
from assistant.safety import fold
from assistant.store.accounts import Account
from assistant.store.audit import note, review_digest
from assistant.store.review_checks import (
    LONGEST,
    check_answer,
    check_second,
    check_seen,
    check_value,
    checked_text,
    engine_said,
    gone,
    must_be_coach,
)
from assistant.store.review_inbox import OPENING, Waiting, first_messages, latest_turns, waiting
from assistant.store.review_records import (
    DECISIONS,
    FOR_APPLICANTS,
    Audience,
    Kind,
    Look,
    Pair,
    Review,
    pair_of,
    review_of,
)
from assistant.store.schema import looks, reviews
from assistant.store.tables import drafts, messages, reading, turns, writing

__all__ = [
    "DECISIONS",
    "FOR_APPLICANTS",
    "LONGEST",
    "Audience",
    "Kind",
    "Look",
    "Pair",
    "Review",
    "Reviews",
    "Waiting",
    "engine_said",
    "judged_conversation",
]


class Reviews:
    """Everything said about the drafts of one database."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    # --- the applicant ---------------------------------------------------------------------------------------

    def hand_over(self, draft_id: str) -> Review:
        """Let coaches see a draft. For callers that have checked whose draft it is; so is `contest`."""
        return self._say(draft_id, "hand_over", None)

    def contest(self, draft_id: str, reason: str, text: str) -> Review:
        """An applicant's objection to a flag; raises InputError when it says nothing or there is no such flag."""
        return self._say(draft_id, "contest", None, target=f"flag:{reason}", text=text)

    # --- coaches ---------------------------------------------------------------------------------------------

    def decide(
        self,
        draft_id: str,
        coach: Account,
        target: str,
        value: str,
        reason: str,
        *,
        seen: int,
        turn_seq: int,
        form: str = "",
    ) -> Review:
        """Agree with the engine on a target, by giving its own value, or overrule it.

        `seen` is the `place` of the last review and `turn_seq` the number of the last answer that the coach looked
        at: when somebody decided or an answer came in the meantime, raises StoreError `review_conflict`. `form` names
        the form that was filled in: the same words from the same form raise InputError `sent_already`.
        """
        said = {"target": target, "now": value, "text": reason}
        return self._say(
            draft_id, "overrule", coach, seen=seen, turn_seq=turn_seq, id=_form_id(form, said), **said
        )

    def second(
        self, draft_id: str, coach: Account, target: str, value: str, reason: str, *, turn_seq: int
    ) -> Review:
        """A second reading by a coach who has not seen the first decision; raises InputError for who made it."""
        return self._say(draft_id, "second", coach, target=target, now=value, text=reason, turn_seq=turn_seq)

    def note(self, draft_id: str, coach: Account, text: str, *, open: bool, form: str = "") -> Review:
        """A note, for the applicant to see too when it is open, else among coaches; `form` as for `decide`."""
        kind: Kind = "note_open" if open else "note_coaches"
        return self._say(draft_id, kind, coach, text=text, id=_form_id(form, {"kind": kind, "text": text}))

    def hand_back(
        self, draft_id: str, coach: Account, questions: str, *, seen: int, form: str = ""
    ) -> Review:
        """Give the draft back to the applicant with the coach's questions; `form` as for `decide`."""
        id = _form_id(form, {"kind": "hand_back", "text": questions})
        return self._say(draft_id, "hand_back", coach, text=questions, seen=seen, id=id)

    def look(self, draft_id: str, coach: Account, *, turn_seq: int, place: int) -> None:
        """Note what a coach has seen of a draft, so that what comes later shows as changed."""
        must_be_coach(coach)
        mine = (looks.c.draft_id == draft_id) & (looks.c.account_id == coach.id)
        seen = {"turn_seq": turn_seq, "place": place, "at": self._now()}
        with writing(self._engine) as connection:
            _hold(connection, draft_id)
            if not _is_handed_over(connection, draft_id):
                raise gone()
            if connection.execute(update(looks).where(mine).values(**seen)).rowcount == 0:
                connection.execute(insert(looks).values(draft_id=draft_id, account_id=coach.id, **seen))

    # --- reading ---------------------------------------------------------------------------------------------

    def last_look(self, draft_id: str, coach: Account) -> Look | None:
        """What a coach saw last of a draft, if they have looked at it."""
        mine = (looks.c.draft_id == draft_id) & (looks.c.account_id == coach.id)
        with reading(self._engine) as connection:
            row = connection.execute(select(looks).where(mine)).first()
        return None if row is None else Look(turn_seq=row.turn_seq, place=row.place, at=row.at)

    def containing(self, words: str) -> set[str]:
        """The drafts handed over in which the applicant wrote these words, in any case and with or without accents."""
        wanted = fold(words)
        handed = select(reviews.c.draft_id).where(reviews.c.kind == "hand_over")
        query = select(messages.c.draft_id, messages.c.text).where(messages.c.draft_id.in_(handed))
        with reading(self._engine) as connection:
            return {row.draft_id for row in connection.execute(query) if wanted in fold(row.text)}

    def handed_over(self, draft_id: str) -> bool:
        """Whether coaches may see a draft."""
        with reading(self._engine) as connection:
            return _is_handed_over(connection, draft_id)

    def of(self, draft_id: str, audience: Audience) -> tuple[Review, ...]:
        """What was said about a draft, in order, as far as the audience may know it."""
        query = select(reviews).where(reviews.c.draft_id == draft_id).order_by(reviews.c.place)
        with reading(self._engine) as connection:
            said = tuple(review_of(row) for row in connection.execute(query))
        if audience == "applicant":
            return tuple(r.model_copy(update={"decided_by": None}) for r in said if r.kind in FOR_APPLICANTS)
        if audience == "blind":
            return tuple(r for r in said if r.kind in ("hand_over", "contest"))
        return said

    def get(self, review_id: str) -> Review:
        """The review of an id; raises InputError when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(select(reviews).where(reviews.c.id == review_id)).first()
        if row is None:
            raise InputError("there is no such review", fix="open the draft again", key="no_review")
        return review_of(row)

    def inbox(self, coach: Account) -> list[Waiting]:
        """Every draft handed over, the one that needs attention most first.

        Contested flags come first, then what changed since this coach's last look, then what waits longest; what was
        handed back comes last.
        """
        must_be_coach(coach)
        handed = select(reviews.c.draft_id).where(reviews.c.kind == "hand_over")
        with reading(self._engine) as connection:
            chosen = select(reviews).where(reviews.c.draft_id.in_(handed)).order_by(reviews.c.place)
            said: dict[str, list[Review]] = defaultdict(list)
            for row in connection.execute(chosen):
                said[row.draft_id].append(review_of(row))
            mine = connection.execute(select(looks).where(looks.c.account_id == coach.id))
            seen = {row.draft_id: (row.turn_seq, row.place) for row in mine}
            langs = {row.id: row.lang for row in connection.execute(select(drafts.c.id, drafts.c.lang))}
            latest = {row.draft_id: row for row in connection.execute(latest_turns(handed))}
            begun = {row.draft_id: row.text for row in connection.execute(first_messages(handed))}
        items = [
            waiting(id, langs.get(id), those, latest.get(id), seen.get(id)).model_copy(
                update={"opening": shorten(begun.get(id, ""), OPENING, placeholder="\u00a0…")}
            )
            for id, those in said.items()
        ]
        return sorted(
            items, key=lambda w: (w.handed_back, not w.contested, not w.changed, w.since, w.draft_id)
        )

    def sample(self, coach: Account, target: str, share: float) -> list[str]:
        """Drafts for this coach to read a second time: a fixed share of those that others decided alone."""
        must_be_coach(coach)
        with reading(self._engine) as connection:
            query = (
                select(reviews).where(reviews.c.target == target).order_by(reviews.c.at, reviews.c.draft_id)
            )
            said: dict[str, list[Row[Any]]] = defaultdict(list)
            for row in connection.execute(query):
                said[row.draft_id].append(row)
        open_for_me = [
            id
            for id, rows in said.items()
            if any(r.kind in DECISIONS for r in rows)
            and not any(r.kind == "second" or r.decided_by == coach.id for r in rows)
        ]
        return [id for id in open_for_me if _draw(id) < share]

    def decisions(self) -> list[Review]:
        """The decision that stands on each target of each answer: for counts of what is overruled, from and to."""
        query = select(reviews).where(reviews.c.kind.in_(DECISIONS)).order_by(reviews.c.at, reviews.c.place)
        with reading(self._engine) as connection:
            said = [review_of(row) for row in connection.execute(query)]
        return list({(r.draft_id, r.turn_seq, r.target): r for r in said}.values())

    def pairs(self) -> list[Pair]:
        """First and second readings side by side: for the agreement between coaches."""
        first = {(r.draft_id, r.turn_seq, r.target): r for r in self.decisions()}
        query = select(reviews).where(reviews.c.kind == "second").order_by(reviews.c.at, reviews.c.place)
        with reading(self._engine) as connection:
            seconds = [review_of(row) for row in connection.execute(query)]
        found = [(first.get((s.draft_id, s.turn_seq, s.target)), s) for s in seconds]
        return [pair_of(one, other) for one, other in found if one is not None]

    # --- writing ---------------------------------------------------------------------------------------------

    def _say(
        self,
        draft_id: str,
        kind: Kind,
        coach: Account | None,
        *,
        seen: int | None = None,
        turn_seq: int | None = None,
        target: str | None = None,
        now: str | None = None,
        text: str | None = None,
        id: str | None = None,
    ) -> Review:
        if kind not in ("hand_over", "contest"):
            must_be_coach(coach)
        said = checked_text(kind, text)
        with writing(self._engine) as connection:
            _hold(connection, draft_id)
            if kind not in ("hand_over", "contest") and not _is_handed_over(connection, draft_id):
                raise gone()
            before = _before(connection, draft_id)
            if id is not None and any(row.id == id for row in before):
                raise InputError("this was sent already", fix="nothing is to be done", key="sent_already")
            answer = connection.execute(_last_turn(draft_id)).first()
            check_seen(before, seen)
            judgement = _judged(answer)
            was = None if target is None else engine_said(judgement, target)
            if kind in ("overrule", "second"):
                check_answer(answer, turn_seq)
                check_value(judgement, str(target), now)
            if kind == "contest" and was != "raised":
                raise InputError("there is no such flag", fix="load the page again", key="no_flag")
            if kind == "overrule":
                kind = "agree" if was == now else "overrule"
            if kind == "second":
                check_second(before, coach, str(target))
            review = Review(
                id=id or secrets.token_hex(16),
                draft_id=draft_id,
                place=(before[-1].place if before else 0) + 1,
                turn_seq=answer.seq if answer else None,
                kind=kind,
                decided_by=coach.id if coach else None,
                target=target,
                was=was,
                now=now,
                text=said,
                engine=f"{judgement.engine.name} {judgement.engine.version}"[:80] if judgement else None,
                at=self._now(),
            )
            self._keep(connection, review)
        return review

    def _keep(self, connection: Connection, review: Review) -> None:
        values = review.model_dump()
        try:
            connection.execute(insert(reviews).values(values))
        except IntegrityError as error:
            raise InputError(
                "a decision needs a person and a reason", fix="write a reason", key="reason"
            ) from error
        note(
            connection,
            review.at,
            review.decided_by or "applicant",
            f"review.{review.kind}",
            review.id,
            draft=review.draft_id,
            digest=review_digest(values),
            target=review.target,
            was=review.was,
            now=review.now,
        )


def judged_conversation(connection: Connection, draft_id: str, seq: int | None) -> Conversation:
    """The conversation as it was when an answer was given; raises InputError when it is gone."""
    query = select(turns.c.conversation).where(turns.c.draft_id == draft_id, turns.c.seq == seq)
    found = connection.execute(query).scalar()
    if found is None:
        raise gone()
    return Conversation.model_validate_json(found)


def _form_id(form: str, said: Mapping[str, str]) -> str | None:
    """The id that the same words from the same form always get; None for whoever fills in no form."""
    if not form:
        return None
    return hashlib.sha256(json.dumps([form, sorted(said.items())]).encode()).hexdigest()[:32]


def _hold(connection: Connection, draft_id: str) -> None:
    """Let nobody else say anything about a draft until this transaction ends."""
    mine = select(drafts.c.id).where(drafts.c.id == draft_id).with_for_update()
    if connection.execute(mine).first() is None:
        raise gone()


def _is_handed_over(connection: Connection, draft_id: str) -> bool:
    handed = select(reviews.c.id).where(reviews.c.draft_id == draft_id, reviews.c.kind == "hand_over")
    return connection.execute(handed.limit(1)).first() is not None


def _before(connection: Connection, draft_id: str) -> list[Row[Any]]:
    query = select(reviews).where(reviews.c.draft_id == draft_id).order_by(reviews.c.place)
    return list(connection.execute(query))


def _last_turn(draft_id: str) -> Any:
    return select(turns).where(turns.c.draft_id == draft_id).order_by(turns.c.place.desc()).limit(1)


def _judged(answer: Row[Any] | None) -> Judgement | None:
    return None if answer is None else Judgement.model_validate(json.loads(answer.turn)["judgement"])


def _draw(draft_id: str) -> float:
    """A number between 0 and 1 that a draft always has, so that a sample stays the same as it grows."""
    return int.from_bytes(hashlib.sha256(f"second {draft_id}".encode()).digest()[:8]) / 2**64
