"""Everything held about one person: to hand over, and to erase."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Row, Select, Table, select

from assistant.domain import Frozen
from assistant.errors import InputError
from assistant.store.accounts import Account
from assistant.store.schema import accounts, candidates, holdings, looks, reviews, sessions, switches
from assistant.store.tables import forget_deleted, reading, sheets

if TYPE_CHECKING:
    from assistant.store.store import Store


class Person(Frozen):
    """Whom a request for data is about: an account, drafts, or both."""

    account: Account | None
    drafts: tuple[str, ...]


class Erased(Frozen):
    """What was erased."""

    drafts: int
    account: bool
    released: tuple[str, ...] = ()
    """Masked cases that had already been written to the evaluations, for staff to decide about."""


class Held:
    """What one database holds about people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, who: str) -> Person:
        """The person of an e-mail address, an account's or a draft's id, or a private link.

        Raises InputError when there is nothing of that name.
        """
        text = who.strip()
        with reading(self._store.engine) as connection:
            same = (accounts.c.email == text.lower()) | (accounts.c.id == text)
            id = connection.execute(select(accounts.c.id).where(same)).scalar()
        if id is not None:
            account = self._store.accounts.get(id)
            return Person(account=account, drafts=tuple(self._store.drafts.owned(id)))
        token = text.rstrip("/").rpartition("/d/")[2] or text
        draft = self._store.drafts.get(text) or self._store.drafts.find(token)
        if draft is None:
            raise InputError(
                "nothing is held under this name",
                fix="give an e-mail address, a draft's private link, or the id of a draft or account",
                key="nobody",
            )
        return Person(account=None, drafts=(draft.id,))

    def export(self, person: Person, files: Mapping[str, bytes] | None = None) -> bytes:
        """A zip of JSON files with everything held: drafts with all said about them, and the account.

        `files` are what is kept outside the database, by the name they get.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for id in person.drafts:
                _add(archive, f"drafts/{id}.json", self._draft(id))
            if person.account is not None:
                _add(archive, "account.json", self._account(person.account))
            for name, content in (files or {}).items():
                archive.writestr(name, content)
        return buffer.getvalue()

    def erase(self, person: Person, *, actor: str = "operator") -> Erased:
        """Delete a person's drafts and everything about them, and who the person is, from every file.

        What a coach decided about other people's drafts stays, under an id that leads to nobody. Raises StoreError
        when the text is still in a journal; then call it again.
        """
        released = [
            candidate.id
            for id in person.drafts
            for candidate in self._store.candidates.of(id)
            if candidate.state == "released"
        ]
        if person.account is not None:
            self._store.batches.forget(person.account.id, actor=actor)
            self._store.jobs.forget(person.account.id)
            self._store.accounts.erase(person.account.id, actor=actor)
        if person.drafts:
            self._store.drafts.erase(*person.drafts, actor=actor)
        else:
            forget_deleted(self._store.engine)
        return Erased(drafts=len(person.drafts), account=person.account is not None, released=tuple(released))

    def _draft(self, id: str) -> dict[str, Any]:
        said = [r.model_dump(mode="json") for r in self._store.reviews.of(id, "coach")]
        # Which coach it was is about the coach; what was said is about the applicant.
        for review in said:
            review["decided_by"] = "a coach" if review["decided_by"] else "you"
        hidden = {"made_by", "second_by"}
        cases = [c.model_dump(mode="json", exclude=hidden) for c in self._store.candidates.of(id)]
        with reading(self._store.engine) as connection:
            held = select(holdings.c.link_ends_at).where(holdings.c.draft_id == id)
            ends = connection.execute(held).scalar()
            asked = [
                _plain(row) for row in connection.execute(select(*_ASKED).where(sheets.c.draft_id == id))
            ]
        return {
            **self._store.drafts.export(id),
            "link_ends_at": ends.isoformat() if ends else None,
            "reviews": said,
            "sheets": asked,
            "candidates": cases,
            "audit": self._audit(id),
        }

    def _account(self, account: Account) -> dict[str, Any]:
        with reading(self._store.engine) as connection:
            open_sessions = select(sessions.c.created_at, sessions.c.seen_at).where(
                sessions.c.account_id == account.id
            )
            times = [[at.isoformat() for at in row] for row in connection.execute(open_sessions)]
            mine = select(reviews).where(reviews.c.decided_by == account.id).order_by(reviews.c.at)
            said = [_plain(row) for row in connection.execute(mine)]
            seen = [_plain(row) for row in connection.execute(_of(looks, looks.c.account_id, account))]
            switched = [_plain(row) for row in connection.execute(_of(switches, switches.c.set_by, account))]
            made = connection.execute(_of(candidates, candidates.c.made_by, account, *_CASE)).all()
            read = connection.execute(_of(candidates, candidates.c.second_by, account, *_READ)).all()
        return {
            "schema": "account/1",
            **account.model_dump(mode="json"),
            "sessions": times,
            "tokens": [t.model_dump(mode="json") for t in self._store.accounts.tokens(account.id)],
            "reviews": said,
            "batches": [
                {**batch.model_dump(mode="json"), "rows": self._store.batches.rows(batch.id)}
                for batch in self._store.batches.held_by(account.id)
            ],
            "jobs": [job.model_dump(mode="json") for job in self._store.jobs.of(account.id)],
            "looks": seen,
            "switches": switched,
            "cases_made": [_plain(row) for row in made],
            "cases_read": [_plain(row) for row in read],
            "audit": self._audit(account.id),
        }

    def _audit(self, subject: str) -> list[dict[str, Any]]:
        links = self._store.audit.links(subject=subject, limit=10_000)
        return [link.model_dump(mode="json", exclude={"actor"}) for link in reversed(links)]


_ASKED = (sheets.c.id, sheets.c.lang, sheets.c.role, sheets.c.elements, sheets.c.summary, sheets.c.created_at)
_CASE = (candidates.c.id, candidates.c.target, candidates.c.state)
_READ = (*_CASE, candidates.c.second_value, candidates.c.second_reason)


def _of(table: Table, whose: Column[Any], account: Account, *columns: Column[Any]) -> Select[tuple[Any, ...]]:
    return select(*(columns or table.c)).where(whose == account.id)


def _plain(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """A row with its times as text."""
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row._mapping.items()}


def _add(archive: zipfile.ZipFile, name: str, data: dict[str, Any]) -> None:
    archive.writestr(name, json.dumps(data, ensure_ascii=False, indent=1))
