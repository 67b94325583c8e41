"""What coaches and applicants say about a judgement. Nothing said is ever changed: what comes later stands."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from textwrap import shorten
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.domain import Conversation, ElementState, Frozen, Judgement, Lang, Verdict
from assistant.errors import AccessError, InputError, StoreError
from assistant.safety import clean_text, fold
from assistant.store.accounts import Account
from assistant.store.audit import note, review_digest
from assistant.store.schema import looks, reviews
from assistant.store.tables import drafts, messages, reading, turns, writing

Kind = Literal[
    "hand_over", "contest", "agree", "overrule", "second", "note_open", "note_coaches", "hand_back"
]
DECISIONS: tuple[Kind, ...] = ("agree", "overrule")
FOR_APPLICANTS: tuple[Kind, ...] = ("hand_over", "contest", "note_open", "hand_back")
Audience = Literal["coach", "applicant", "blind"]
"""Who reads: `blind` is a coach who gives a second reading and must not know the first."""
TARGET = re.compile(r"fit|type|(?:flag|element):[a-z0-9_]{1,60}")
LONGEST = 4_000
"""Characters of a reason, a note or a coach's questions."""
OPENING = 120
"""Characters of a draft's first message that the inbox shows."""


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


class Pair(Frozen):
    """The decision of one coach and the blind second reading of another, on the same target and answer."""

    draft_id: str
    target: str
    engine_said: str | None
    first: str
    first_by: str
    second: str
    second_by: str


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
        _must_be(coach)
        mine = (looks.c.draft_id == draft_id) & (looks.c.account_id == coach.id)
        seen = {"turn_seq": turn_seq, "place": place, "at": self._now()}
        with writing(self._engine) as connection:
            _hold(connection, draft_id)
            if not _is_handed_over(connection, draft_id):
                raise _gone()
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
            said = tuple(_review(row) for row in connection.execute(query))
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
        return _review(row)

    def inbox(self, coach: Account) -> list[Waiting]:
        """Every draft handed over, the one that needs attention most first.

        Contested flags come first, then what changed since this coach's last look, then what waits longest; what was
        handed back comes last.
        """
        _must_be(coach)
        handed = select(reviews.c.draft_id).where(reviews.c.kind == "hand_over")
        with reading(self._engine) as connection:
            chosen = select(reviews).where(reviews.c.draft_id.in_(handed)).order_by(reviews.c.place)
            said: dict[str, list[Review]] = defaultdict(list)
            for row in connection.execute(chosen):
                said[row.draft_id].append(_review(row))
            mine = connection.execute(select(looks).where(looks.c.account_id == coach.id))
            seen = {row.draft_id: (row.turn_seq, row.place) for row in mine}
            langs = {row.id: row.lang for row in connection.execute(select(drafts.c.id, drafts.c.lang))}
            latest = {row.draft_id: row for row in connection.execute(_latest_turns(handed))}
            begun = {row.draft_id: row.text for row in connection.execute(_first_messages(handed))}
        items = [
            _waiting(id, langs.get(id), those, latest.get(id), seen.get(id)).model_copy(
                update={"opening": shorten(begun.get(id, ""), OPENING, placeholder="\u00a0…")}
            )
            for id, those in said.items()
        ]
        return sorted(
            items, key=lambda w: (w.handed_back, not w.contested, not w.changed, w.since, w.draft_id)
        )

    def sample(self, coach: Account, target: str, share: float) -> list[str]:
        """Drafts for this coach to read a second time: a fixed share of those that others decided alone."""
        _must_be(coach)
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
            said = [_review(row) for row in connection.execute(query)]
        return list({(r.draft_id, r.turn_seq, r.target): r for r in said}.values())

    def pairs(self) -> list[Pair]:
        """First and second readings side by side: for the agreement between coaches."""
        first = {(r.draft_id, r.turn_seq, r.target): r for r in self.decisions()}
        query = select(reviews).where(reviews.c.kind == "second").order_by(reviews.c.at, reviews.c.place)
        with reading(self._engine) as connection:
            seconds = [_review(row) for row in connection.execute(query)]
        found = [(first.get((s.draft_id, s.turn_seq, s.target)), s) for s in seconds]
        return [_pair(one, other) for one, other in found if one is not None]

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
            _must_be(coach)
        said = _checked(kind, text)
        with writing(self._engine) as connection:
            _hold(connection, draft_id)
            if kind not in ("hand_over", "contest") and not _is_handed_over(connection, draft_id):
                raise _gone()
            before = _before(connection, draft_id)
            if id is not None and any(row.id == id for row in before):
                raise InputError("this was sent already", fix="nothing is to be done", key="sent_already")
            answer = connection.execute(_last_turn(draft_id)).first()
            _check_seen(before, seen)
            judgement = _judged(answer)
            was = None if target is None else engine_said(judgement, target)
            if kind in ("overrule", "second"):
                _check_answer(answer, turn_seq)
                _check_value(judgement, str(target), now)
            if kind == "contest" and was != "raised":
                raise InputError("there is no such flag", fix="load the page again", key="no_flag")
            if kind == "overrule":
                kind = "agree" if was == now else "overrule"
            if kind == "second":
                _check_second(before, coach, str(target))
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


def judged_conversation(connection: Connection, draft_id: str, seq: int | None) -> Conversation:
    """The conversation as it was when an answer was given; raises InputError when it is gone."""
    query = select(turns.c.conversation).where(turns.c.draft_id == draft_id, turns.c.seq == seq)
    found = connection.execute(query).scalar()
    if found is None:
        raise _gone()
    return Conversation.model_validate_json(found)


def _form_id(form: str, said: Mapping[str, str]) -> str | None:
    """The id that the same words from the same form always get; None for whoever fills in no form."""
    if not form:
        return None
    return hashlib.sha256(json.dumps([form, sorted(said.items())]).encode()).hexdigest()[:32]


def _must_be(coach: Account | None) -> None:
    if coach is None or not coach.may("coach"):
        raise AccessError("only a coach may do this", fix="sign in as a coach", key="forbidden")


def _hold(connection: Connection, draft_id: str) -> None:
    """Let nobody else say anything about a draft until this transaction ends."""
    mine = select(drafts.c.id).where(drafts.c.id == draft_id).with_for_update()
    if connection.execute(mine).first() is None:
        raise _gone()


def _is_handed_over(connection: Connection, draft_id: str) -> bool:
    handed = select(reviews.c.id).where(reviews.c.draft_id == draft_id, reviews.c.kind == "hand_over")
    return connection.execute(handed.limit(1)).first() is not None


def _before(connection: Connection, draft_id: str) -> list[Row[Any]]:
    query = select(reviews).where(reviews.c.draft_id == draft_id).order_by(reviews.c.place)
    return list(connection.execute(query))


def _last_turn(draft_id: str) -> Any:
    return select(turns).where(turns.c.draft_id == draft_id).order_by(turns.c.place.desc()).limit(1)


def _latest_turns(ids: Any) -> Any:
    last = (
        select(turns.c.draft_id, func.max(turns.c.place).label("place")).group_by(turns.c.draft_id).subquery()
    )
    same = (turns.c.draft_id == last.c.draft_id) & (turns.c.place == last.c.place)
    glance = [c for c in turns.c if c.name not in ("turn", "conversation")]  # both are long
    return select(*glance).join(last, same).where(turns.c.draft_id.in_(ids))


def _first_messages(ids: Any) -> Any:
    first = select(messages.c.draft_id, func.min(messages.c.seq).label("seq")).group_by(messages.c.draft_id)
    found = first.subquery()
    same = (messages.c.draft_id == found.c.draft_id) & (messages.c.seq == found.c.seq)
    query = select(messages.c.draft_id, messages.c.text).join(found, same)
    return query.where(messages.c.draft_id.in_(ids))


def _judged(answer: Row[Any] | None) -> Judgement | None:
    return None if answer is None else Judgement.model_validate(json.loads(answer.turn)["judgement"])


def _checked(kind: Kind, text: str | None) -> str | None:
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


def _check_seen(before: Iterable[Row[Any]], seen: int | None) -> None:
    news = (*DECISIONS, "hand_back")
    if seen is not None and any(row.place > seen and row.kind in news for row in before):
        raise _conflict("another coach decided in the meantime")


def _check_answer(answer: Row[Any] | None, turn_seq: int | None) -> None:
    if answer is None:
        raise InputError("nothing was judged yet", fix="wait for the first answer", key="nothing_judged")
    if answer.seq != turn_seq:
        raise _conflict("the draft was judged anew in the meantime")


def _check_value(judgement: Judgement | None, target: str, value: str | None) -> None:
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


def _check_second(before: Iterable[Row[Any]], coach: Account | None, target: str) -> None:
    involved = [r for r in before if r.target == target and r.kind in (*DECISIONS, "second")]
    if coach is not None and any(r.decided_by == coach.id for r in involved):
        raise InputError(
            "you have decided this already", fix="leave it to another coach", key="second_reader"
        )


def _waiting(
    id: str, lang: str | None, said: list[Review], answer: Row[Any] | None, seen: tuple[int, int] | None
) -> Waiting:
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


def _pair(first: Review, second: Review) -> Pair:
    return Pair(
        draft_id=first.draft_id,
        target=str(first.target),
        engine_said=first.was,
        first=str(first.now),
        first_by=str(first.decided_by),
        second=str(second.now),
        second_by=str(second.decided_by),
    )


def _draw(draft_id: str) -> float:
    """A number between 0 and 1 that a draft always has, so that a sample stays the same as it grows."""
    return int.from_bytes(hashlib.sha256(f"second {draft_id}".encode()).digest()[:8]) / 2**64


def _review(row: Row[Any]) -> Review:
    return Review.model_validate(dict(row._mapping))


def _conflict(message: str) -> StoreError:
    return StoreError(message, fix="read what is new, then decide again", key="review_conflict")


def _gone() -> InputError:
    fix = "go back to the list; it may have been erased, or was never handed over"
    return InputError("there is no such draft", fix=fix, key="no_draft")
