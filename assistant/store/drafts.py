"""Drafts: what applicants have written and been answered, kept so that nothing acknowledged is lost."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from assistant.domain import Conversation, Frozen, Lang, Turn
from assistant.errors import InputError, StoreError
from assistant.safety import clean_text
from assistant.store.sheets import Sheets, beside, caught_up, forget, rows_beside
from assistant.store.tables import drafts, forget_deleted, messages, open_database, reading, turns, writing


class Exchange(Frozen):
    """One message of the applicant's and its answer; no answer yet means that it can be tried again."""

    seq: int
    text: str
    document: str | None = None
    """The name of the uploaded file that the text came from."""
    element: str | None = None
    """The field of the record that the text rewrites, when it is no message of the chat."""
    turn: Turn | None = None
    at: datetime


class Draft(Frozen):
    """A use case in the making: the fold of its exchanges."""

    id: str
    lang: Lang | None
    conversation: Conversation
    """As the last answer left it."""
    latest: Turn | None = None
    """The answer given last, which need not be the one to the newest message."""
    exchanges: tuple[Exchange, ...] = ()
    created_at: datetime
    touched_at: datetime

    @property
    def unanswered(self) -> tuple[Exchange, ...]:
        """What was received and not answered, because something failed or is still under way."""
        return tuple(e for e in self.exchanges if e.turn is None)


def _now() -> datetime:
    return datetime.now(UTC)


class Drafts:
    """Every draft in one database. Safe to share between threads; several processes can hold one each."""

    def __init__(self, url: str, *, now: Callable[[], datetime] = _now) -> None:
        self._engine = open_database(url)
        self._now = now

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @property
    def sheets(self) -> Sheets:
        """What is kept beside the conversations: colleagues' sheets and the applicant's marks."""
        return Sheets(self._engine, now=self._now)

    def create(self, lang: Lang | None) -> tuple[str, Draft]:
        """A new draft, and the secret token that opens it, which is kept nowhere."""
        token, id, now = secrets.token_urlsafe(32), secrets.token_hex(16), self._now()
        row = {"id": id, "token_hash": _hash(token), "lang": lang, "lang_since": 0}
        with writing(self._engine) as connection:
            connection.execute(insert(drafts).values(**row, created_at=now, touched_at=now))
        conversation = Conversation(id=id, lang=lang)
        return token, Draft(id=id, lang=lang, conversation=conversation, created_at=now, touched_at=now)

    def find(self, token: str) -> Draft | None:
        """The draft that a token opens, or None."""
        return self._draft(select(drafts).where(drafts.c.token_hash == _hash(token)))

    def get(self, draft_id: str) -> Draft | None:
        """The draft of an id, or None. For callers that have checked who is asking."""
        return self._draft(select(drafts).where(drafts.c.id == draft_id))

    def receive(
        self, draft_id: str, text: str, document: str | None = None, *, element: str | None = None
    ) -> int:
        """Keep what the applicant wrote, on disk by the time this returns; the number to answer it under."""
        row = {"draft_id": draft_id, "text": clean_text(text), "element": element, "received_at": self._now()}
        row["document"] = None if document is None else clean_text(document)
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            last = select(func.max(messages.c.seq)).where(messages.c.draft_id == draft_id)
            seq = (connection.execute(last).scalar() or 0) + 1
            connection.execute(insert(messages).values(seq=seq, **row))
        return seq

    def complete(self, draft_id: str, seq: int, turn: Turn) -> None:
        """Keep the answer to a message; raises StoreError `conflict` when somebody else's came first."""
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            given = connection.execute(_turns_of(draft_id)).all()
            if any(row.seq == seq for row in given):
                raise _conflict("this message has an answer already")
            if given and not _builds_on(turn.conversation, _conversation(given[-1])):
                raise _conflict("another message was answered in the meantime")
            row = {"draft_id": draft_id, "seq": seq, "place": len(given) + 1, "answered_at": self._now()}
            texts = {"turn": turn.to_json(), "conversation": turn.conversation.to_json()}
            connection.execute(insert(turns).values(**row, **texts))

    def set_language(self, draft_id: str, lang: Lang) -> None:
        """Reply in this language from now on, whatever language earlier answers were in."""
        last = select(func.max(messages.c.seq)).where(messages.c.draft_id == draft_id)
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            since = connection.execute(last).scalar() or 0
            chosen = update(drafts).where(drafts.c.id == draft_id).values(lang=lang, lang_since=since)
            connection.execute(chosen)

    def export(self, draft_id: str) -> dict[str, Any]:
        """Everything held about a draft, as plain data; raises InputError when there is no such draft."""
        draft = self.get(draft_id)
        if draft is None:
            raise _gone()
        return {
            "schema": "draft/1",
            **draft.model_dump(mode="json", by_alias=True, exclude={"exchanges", "latest"}),
            "exchanges": [_exported(exchange) for exchange in draft.exchanges],
        }

    def erase(self, draft_id: str) -> bool:
        """Delete a draft so that its text is in no file of the database; False when there was none."""
        with writing(self._engine) as connection:
            erased = _delete(connection, drafts.c.id == draft_id)
        forget_deleted(self._engine)
        return erased > 0

    def purge(self, retention_days: int) -> int:
        """Erase the drafts that nobody has touched for so many days; how many there were."""
        oldest = self._now() - timedelta(days=retention_days)
        with writing(self._engine) as connection:
            erased = _delete(connection, drafts.c.touched_at < oldest)
        if erased:
            forget_deleted(self._engine)
        return erased

    def _draft(self, query: Select[Any]) -> Draft | None:
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            received = connection.execute(_messages_of(row.id)).all()
            given = connection.execute(_turns_of(row.id)).all()
            extra = rows_beside(connection, row.id)
        try:
            draft = _fold(row, received, given)
            whole = caught_up(draft.conversation, *beside(*extra))
            return draft.model_copy(update={"conversation": whole})
        except (ValidationError, json.JSONDecodeError) as error:
            fix = "upgrade this program, or restore the database from a backup"
            # The error itself would quote what the applicant wrote.
            raise StoreError(
                f"draft {row.id} cannot be read ({type(error).__name__})", fix=fix, key="storage"
            ) from None

    def _touch(self, connection: Connection, draft_id: str) -> None:
        """Note the time of a change. Other writers to this draft wait until the change is made."""
        touched = update(drafts).where(drafts.c.id == draft_id).values(touched_at=self._now())
        if connection.execute(touched).rowcount == 0:
            raise _gone()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _messages_of(draft_id: str) -> Select[Any]:
    return select(messages).where(messages.c.draft_id == draft_id).order_by(messages.c.seq)


def _turns_of(draft_id: str) -> Select[Any]:
    return select(turns).where(turns.c.draft_id == draft_id).order_by(turns.c.place)


def _delete(connection: Connection, condition: ColumnElement[bool]) -> int:
    ids = select(drafts.c.id).where(condition)
    forget(connection, ids)
    for table in (turns, messages):
        connection.execute(delete(table).where(table.c.draft_id.in_(ids)))
    return connection.execute(delete(drafts).where(condition)).rowcount


def _fold(row: Row[Any], received: Sequence[Row[Any]], given: Sequence[Row[Any]]) -> Draft:
    answers = {answer.seq: _turn(answer) for answer in given}
    conversation, latest = Conversation(id=row.id, lang=row.lang), None
    if given:
        latest = answers[given[-1].seq]
        conversation = latest.conversation
        # A language chosen after the message that was answered last has not reached its conversation.
        if row.lang is not None and row.lang_since >= given[-1].seq:
            conversation = conversation.model_copy(update={"lang": row.lang})
    return Draft(
        id=row.id,
        lang=conversation.lang,
        conversation=conversation,
        latest=latest,
        exchanges=tuple(_exchange(message, answers.get(message.seq)) for message in received),
        created_at=row.created_at,
        touched_at=row.touched_at,
    )


def _exchange(row: Row[Any], turn: Turn | None) -> Exchange:
    fields = {"seq": row.seq, "text": row.text, "document": row.document, "element": row.element}
    return Exchange(**fields, turn=turn, at=row.received_at)


def _conversation(row: Row[Any]) -> Conversation:
    return Conversation.model_validate_json(row.conversation)


def _turn(row: Row[Any]) -> Turn:
    return Turn.model_validate({**json.loads(row.turn), "conversation": json.loads(row.conversation)})


def _builds_on(new: Conversation, old: Conversation) -> bool:
    """Whether `new` goes on from `old`: it comes later, and misses nothing that had been said by then."""
    said = [(message.turn, message.text) for message in old.messages]
    return new.turn > old.turn and [(m.turn, m.text) for m in new.messages[: len(said)]] == said


def _exported(exchange: Exchange) -> dict[str, Any]:
    data = exchange.model_dump(mode="json", by_alias=True)
    if exchange.turn is not None:
        data["conversation"] = exchange.turn.conversation.to_data()
    return data


def _conflict(message: str) -> StoreError:
    return StoreError(message, fix="open the draft again, then send the message once more", key="conflict")


def _gone() -> InputError:
    fix = "check the link; a draft that was erased or has expired cannot be brought back"
    return InputError("there is no such draft", fix=fix, key="draft_gone")
