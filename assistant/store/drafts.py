"""Drafts: what applicants have written and been answered, kept so that nothing acknowledged is lost."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from assistant.domain import Conversation, Frozen, Judgement, Lang, Turn
from assistant.errors import InputError, StoreError
from assistant.safety import clean_text
from assistant.store.audit import note
from assistant.store.schema import draft_keys, holdings, of_a_draft
from assistant.store.sheets import Sheets, beside, caught_up, forget, rows_beside
from assistant.store.tables import drafts, forget_deleted, messages, open_database, reading, turns, writing
from assistant.store.usage import NO_USAGE, OK, count


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


def utc_now() -> datetime:
    """The time, with its zone."""
    return datetime.now(UTC)


class Drafts:
    """Every draft in one database. Safe to share between threads; several processes can hold one each."""

    def __init__(
        self, database: str | Engine, *, now: Callable[[], datetime] = utc_now, link_days: int | None = None
    ) -> None:
        self._engine = open_database(database) if isinstance(database, str) else database
        self._now = now
        self._link_days = link_days
        """Days after the last change in which a draft's link opens it; None: as long as the draft is kept."""

    @property
    def engine(self) -> Engine:
        """The database, for the other stores that share it."""
        return self._engine

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
        row = {"id": id, "token_hash": hashed(token), "lang": lang, "lang_since": 0}
        with writing(self._engine) as connection:
            connection.execute(insert(drafts).values(**row, created_at=now, touched_at=now))
            connection.execute(insert(holdings).values(draft_id=id, link_ends_at=self._link_end()))
        conversation = Conversation(id=id, lang=lang)
        return token, Draft(id=id, lang=lang, conversation=conversation, created_at=now, touched_at=now)

    def find(self, token: str) -> Draft | None:
        """The draft that a token opens, or None; a link that was closed or whose time is over opens nothing."""
        hash, now = hashed(token), self._now()
        key = select(draft_keys.c.draft_id).where(draft_keys.c.token_hash == hash, draft_keys.c.ends_at > now)
        over = select(holdings.c.draft_id).where(holdings.c.link_ends_at <= now)
        by_link = (drafts.c.token_hash == hash) & drafts.c.id.not_in(over)
        return self._draft(select(drafts).where(or_(by_link, drafts.c.id.in_(key))))

    def get(self, draft_id: str) -> Draft | None:
        """The draft of an id, or None. For callers that have checked who is asking."""
        return self._draft(select(drafts).where(drafts.c.id == draft_id))

    def renew_link(self, draft_id: str) -> str:
        """The token of a new link; every older link and key to the draft opens nothing from now on."""
        token = secrets.token_urlsafe(32)
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            renewed = update(drafts).where(drafts.c.id == draft_id).values(token_hash=hashed(token))
            connection.execute(renewed)
            connection.execute(delete(draft_keys).where(draft_keys.c.draft_id == draft_id))
        return token

    def receive(
        self,
        draft_id: str,
        text: str,
        document: str | None = None,
        *,
        element: str | None = None,
        after: int | None = None,
    ) -> int:
        """Keep what the applicant wrote, on disk by the time this returns; the number to answer it under.

        With `after`, the number of the last message the writer knew of, a message sent twice or from a stale page is
        refused: raises StoreError `conflict`.
        """
        row = {"draft_id": draft_id, "text": clean_text(text), "element": element, "received_at": self._now()}
        row["document"] = None if document is None else clean_text(document)
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            last = select(func.max(messages.c.seq)).where(messages.c.draft_id == draft_id)
            seq = (connection.execute(last).scalar() or 0) + 1
            if after is not None and seq != after + 1:
                raise _conflict("another message came in the meantime")
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
            connection.execute(insert(turns).values(**row, **texts, **_glance(turn.judgement)))
            if turn.judgement.engine.name == "local":
                count(connection, self._now().date(), "local", "", OK, NO_USAGE)

    def owned(self, account_id: str) -> list[str]:
        """The ids of somebody's drafts, the one touched last first."""
        mine = select(drafts.c.id).join(holdings).where(holdings.c.account_id == account_id)
        with reading(self._engine) as connection:
            return list(connection.execute(mine.order_by(drafts.c.touched_at.desc(), drafts.c.id)).scalars())

    def count(self) -> int:
        """How many drafts are kept."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.count()).select_from(drafts)).scalar_one())

    def own(self, draft_id: str, account_id: str) -> None:
        """Make a draft somebody's, unless it is somebody else's; for callers that have checked the draft's link."""
        free = or_(holdings.c.account_id.is_(None), holdings.c.account_id == account_id)
        mine = (holdings.c.draft_id == draft_id) & free
        with writing(self._engine) as connection:
            self._touch(connection, draft_id)
            if connection.execute(select(holdings).where(holdings.c.draft_id == draft_id)).first() is None:
                connection.execute(insert(holdings).values(draft_id=draft_id, link_ends_at=self._link_end()))
            if connection.execute(update(holdings).where(mine).values(account_id=account_id)).rowcount == 0:
                raise _gone()

    def key(self, draft_id: str, account_id: str, days: int) -> str:
        """A token that opens a draft of one's own for some days; raises InputError for anybody else's."""
        token = secrets.token_urlsafe(32)
        row = {
            "token_hash": hashed(token),
            "draft_id": draft_id,
            "ends_at": self._now() + timedelta(days=days),
        }
        mine = (holdings.c.draft_id == draft_id) & (holdings.c.account_id == account_id)
        with writing(self._engine) as connection:
            if connection.execute(select(holdings.c.draft_id).where(mine)).first() is None:
                raise _gone()
            connection.execute(insert(draft_keys).values(row))
        return token

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

    def erase(self, *draft_ids: str, actor: str = "applicant") -> bool:
        """Delete drafts and all said about them, so that their text is in no file; False when there was none.

        The audit keeps that a draft of this id was erased, and nothing of what it said.
        """
        return self._erase(drafts.c.id.in_(draft_ids), actor) > 0

    def purge(self, retention_days: int) -> int:
        """Erase the drafts that nobody has touched for so many days; how many there were."""
        oldest = self._now() - timedelta(days=retention_days)
        return self._erase(drafts.c.touched_at < oldest, "retention")

    def _erase(self, condition: ColumnElement[bool], actor: str) -> int:
        chosen = select(drafts.c.id).where(condition).order_by(drafts.c.id).with_for_update()
        with writing(self._engine) as connection:
            ids = list(connection.execute(chosen).scalars())
            forget(connection, ids)
            for id in ids:
                for table in of_a_draft():
                    connection.execute(delete(table).where(table.c.draft_id == id))
                connection.execute(delete(drafts).where(drafts.c.id == id))
            for id in ids:
                note(connection, self._now(), actor, "draft.erased", id)
        # Even when there was nothing: an earlier attempt may have left the text in a journal.
        if ids or actor != "retention":
            forget_deleted(self._engine)
        return len(ids)

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
        if self._link_days is not None:
            mine = holdings.c.draft_id == draft_id
            connection.execute(update(holdings).where(mine).values(link_ends_at=self._link_end()))

    def _link_end(self) -> datetime | None:
        return None if self._link_days is None else self._now() + timedelta(days=self._link_days)


def hashed(token: str) -> str:
    """What is kept of a token that is drawn at random."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _messages_of(draft_id: str) -> Select[Any]:
    return select(messages).where(messages.c.draft_id == draft_id).order_by(messages.c.seq)


def _turns_of(draft_id: str) -> Select[Any]:
    return select(turns).where(turns.c.draft_id == draft_id).order_by(turns.c.place)


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


def _glance(judgement: Judgement) -> dict[str, str | None]:
    """What lists of drafts show of a judgement."""
    return {
        "judged_lang": judgement.lang,
        "verdict": judgement.fit.verdict,
        "type": judgement.type.primary,
        "pathway": judgement.readiness.pathway,
        "reasons": ",".join(flag.reason for flag in judgement.fit.flags),
    }


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
