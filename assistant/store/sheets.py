"""Sheets for colleagues and the applicant's marks: what is kept beside the conversation, and folded into it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from assistant.coaching.clinic import decide
from assistant.coaching.colleagues import merged, settled
from assistant.domain import Contribution, Conversation, Decided, Frozen, Lang, ProbeAnswer
from assistant.errors import InputError
from assistant.safety import clean_text
from assistant.store.tables import drafts, marks, reading, sheet_answers, sheets, writing

DAYS = 14
"""How long a sheet's link works."""
MOST_SHEETS = 40
"""Sheets that one draft may have."""
MOST_ANSWERS = 60
"""Answers that one sheet takes."""
ANSWER_LIMIT = 2_000
ROLE_LIMIT = 120


class Settled(Frozen):
    """What the applicant did about a colleague's other answer."""

    contribution: str
    take: bool


Mark = Decided | ProbeAnswer | Settled
_KINDS: dict[str, type[Mark]] = {"clinic": Decided, "probe": ProbeAnswer, "settled": Settled}


class OpenSheet(Frozen):
    """What a colleague's link opens: questions and one line about the project, and nothing else of the draft."""

    id: str
    role: str
    lang: Lang
    elements: tuple[str, ...]
    summary: str
    expires_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class Sheets:
    """The sheets and marks of every draft, in the database of the drafts."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = _now) -> None:
        self._engine = engine
        self._now = now

    def make(self, draft_id: str, role: str, elements: tuple[str, ...], summary: str, lang: Lang) -> str:
        """A new sheet for a role; the secret token of its link, which is kept nowhere.

        Raises InputError when the draft is gone or has as many sheets as one may have.
        """
        token, now = secrets.token_urlsafe(32), self._now()
        row = {
            "id": secrets.token_hex(16),
            "draft_id": draft_id,
            "token_hash": _hash(token),
            "lang": lang,
            "role": role,
            "elements": json.dumps(elements),
            "summary": clean_text(summary),
            "created_at": now,
            "expires_at": now + timedelta(days=DAYS),
        }
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            connection.execute(_expired(draft_id, now))
            held = select(func.count()).select_from(sheets).where(sheets.c.draft_id == draft_id)
            if (connection.execute(held).scalar() or 0) >= MOST_SHEETS:
                raise InputError(
                    "the draft has too many sheets", fix="use a link made before", key="sheet_full"
                )
            connection.execute(insert(sheets).values(**row))
        return token

    def find(self, token: str) -> OpenSheet | None:
        """The sheet that a token opens; None for an unknown or expired one."""
        query = select(sheets).where(sheets.c.token_hash == _hash(token))
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None or row.expires_at <= self._now():
            return None
        return OpenSheet(
            id=row.id,
            role=row.role,
            lang=row.lang,
            elements=tuple(json.loads(row.elements)),
            summary=row.summary,
            expires_at=row.expires_at,
        )

    def answer(self, token: str, answers: Mapping[str, str], role: str, name: str = "") -> int:
        """Keep a colleague's answers; how many there were.

        Raises InputError when the link opens nothing, nothing was answered, no role is named, or a text is too long.
        """
        sheet = self.find(token)
        if sheet is None:
            raise gone()
        said = {id: clean_text(text) for id, text in answers.items() if id in sheet.elements}
        said = {id: text for id, text in said.items() if text}
        who, called = clean_text(role), clean_text(name)
        _check(said, who, called)
        with writing(self._engine) as connection:
            self._touch(connection, self._draft_of(connection, sheet.id))
            last = select(func.max(sheet_answers.c.place)).where(sheet_answers.c.sheet_id == sheet.id)
            place = connection.execute(last).scalar() or 0
            if place + len(said) > MOST_ANSWERS:
                raise InputError(
                    "the sheet takes no more answers", fix="ask for a new link", key="sheet_full"
                )
            for number, (element, text) in enumerate(said.items(), start=place + 1):
                row = {"id": secrets.token_hex(16), "sheet_id": sheet.id, "place": number, "element": element}
                row |= {"text": text, "role": who, "name": called}
                connection.execute(insert(sheet_answers).values(**row, answered_at=self._now()))
        return len(said)

    def mark(self, draft_id: str, mark: Mark) -> None:
        """Keep something the applicant decided beside the conversation, on disk by the time this returns."""
        kind = next(name for name, made in _KINDS.items() if isinstance(mark, made))
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            last = select(func.max(marks.c.place)).where(marks.c.draft_id == draft_id)
            place = (connection.execute(last).scalar() or 0) + 1
            row = {"draft_id": draft_id, "place": place, "kind": kind, "mark": mark.to_json()}
            connection.execute(insert(marks).values(**row, marked_at=self._now()))

    def _touch(self, connection: Connection, draft_id: str) -> None:
        touched = update(drafts).where(drafts.c.id == draft_id).values(touched_at=self._now())
        if connection.execute(touched).rowcount == 0:
            raise gone()

    def _draft_of(self, connection: Connection, sheet_id: str) -> str:
        query = select(sheets.c.draft_id).where(sheets.c.id == sheet_id)
        return str(connection.execute(query).scalar())


Rows = Sequence[Row[Any]]


def rows_beside(connection: Connection, draft_id: str) -> tuple[Rows, Rows]:
    """What is kept beside a draft's conversation: colleagues' answers and marks, in the order they came."""
    answers = (
        select(sheet_answers)
        .join(sheets, sheets.c.id == sheet_answers.c.sheet_id)
        .where(sheets.c.draft_id == draft_id)
        .order_by(sheet_answers.c.answered_at, sheet_answers.c.place)
    )
    kept = select(marks).where(marks.c.draft_id == draft_id).order_by(marks.c.place)
    return connection.execute(answers).all(), connection.execute(kept).all()


def beside(answers: Rows, kept: Rows) -> tuple[tuple[Contribution, ...], tuple[Mark, ...]]:
    """Those rows as values; raises ValidationError for one of another make."""
    fields = ("id", "element", "text", "role", "name")
    given = tuple(Contribution(**{f: getattr(row, f) for f in fields}) for row in answers)
    return given, tuple(_KINDS[row.kind].model_validate_json(row.mark) for row in kept)


def caught_up(
    conversation: Conversation, contributions: tuple[Contribution, ...], kept: tuple[Mark, ...]
) -> Conversation:
    """The conversation with everything beside it folded in; what it already holds is not folded in twice."""
    conversation = merged(conversation, contributions)
    for mark in kept:
        if isinstance(mark, Decided):
            conversation = decide(conversation, mark.objection, mark.decision, mark.reason)
        elif isinstance(mark, ProbeAnswer):
            others = tuple(a for a in conversation.probes if (a.source, a.field) != (mark.source, mark.field))
            conversation = conversation.model_copy(update={"probes": (*others, mark)})
        elif any(c.id == mark.contribution and c.state == "conflict" for c in conversation.contributions):
            conversation = settled(conversation, mark.contribution, take=mark.take)
    return conversation


def forget(connection: Connection, draft_ids: Any) -> None:
    """Delete what is kept beside drafts; `draft_ids` selects their ids."""
    own = select(sheets.c.id).where(sheets.c.draft_id.in_(draft_ids))
    connection.execute(delete(sheet_answers).where(sheet_answers.c.sheet_id.in_(own)))
    for table in (sheets, marks):
        connection.execute(delete(table).where(table.c.draft_id.in_(draft_ids)))


def gone() -> InputError:
    """The error for a link that opens nothing."""
    fix = "ask the colleague who sent it for a new one"
    return InputError("this link opens no questions", fix=fix, key="sheet_gone")


def _check(said: Mapping[str, str], role: str, name: str) -> None:
    if not said:
        raise InputError("no question was answered", fix="write at least one answer", key="sheet_empty")
    if not role:
        raise InputError("the role is missing", fix="say what you do in the city", key="sheet_no_role")
    longest = [(len(text), ANSWER_LIMIT) for text in said.values()] + [
        (len(role), ROLE_LIMIT),
        (len(name), ROLE_LIMIT),
    ]
    for length, limit in longest:
        if length > limit:
            raise InputError(
                f"a text has {length:,} characters; {limit:,} are kept",
                fix=f"shorten it to {limit} characters",
                key="sheet_long",
                limit=limit,
            )


def _expired(draft_id: str, now: datetime) -> Any:
    """Deletes sheets that can no longer be opened and were never answered."""
    answered = select(sheet_answers.c.sheet_id)
    return delete(sheets).where(
        sheets.c.draft_id == draft_id, sheets.c.expires_at <= now, sheets.c.id.not_in(answered)
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
