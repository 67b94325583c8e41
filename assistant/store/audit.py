"""What was done, by whom and when: a chain in which every link carries the hash of the one before.

It holds ids, short words and hashes, never what anybody wrote, so that it can outlive what it speaks of.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from assistant.domain import Frozen
from assistant.store.schema import audit, audit_head, reviews
from assistant.store.tables import reading, writing

PLAIN = re.compile(r"[A-Za-z0-9_.,:/+=-]{0,80}")
REVIEWED = ("draft_id", "place", "turn_seq", "kind", "decided_by", "target", "was", "now", "text", "engine")


class Link(Frozen):
    """One thing that was done."""

    seq: int
    at: str
    actor: str
    """The id of an account, or `operator`, `applicant`, `retention`."""
    action: str
    subject: str
    details: dict[str, str | int | None]


class Verified(Frozen):
    """What a look at the whole chain found."""

    links: int
    head: str
    """The hash of the last link: noted elsewhere, it proves later that nothing before it was changed."""
    broken_at: int | None = None
    why: str = ""


class Audit:
    """The chain of one database."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def add(self, actor: str, action: str, subject: str, **details: str | int | None) -> None:
        """Note something that changed no table of its own."""
        with writing(self._engine) as connection:
            note(connection, self._now(), actor, action, subject, **details)

    def links(self, *, subject: str | None = None, action: str | None = None, limit: int = 200) -> list[Link]:
        """What was done last, newest first; of one subject, or whose action starts so, when they are named."""
        query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if subject is not None:
            query = query.where(audit.c.subject == subject)
        if action is not None:
            query = query.where(audit.c.action.startswith(action, autoescape=True))
        with reading(self._engine) as connection:
            return [_link(row) for row in connection.execute(query)]

    def verify(self, known: tuple[int, str] | None = None) -> Verified:
        """Follow the chain from its first link and compare what it says with the reviews that are kept.

        `known` is the number and hash of a link noted at an earlier look; without it, a chain that somebody computed
        anew from a changed link to its end looks whole.
        """
        with reading(self._engine) as connection:
            rows = iter(connection.execute(select(audit).order_by(audit.c.seq)))
            head = connection.execute(select(audit_head)).one()
            walk = _Walk(known)
            fault = walk.follow(rows) or walk.compare_head(head) or walk.compare_reviews(connection)
        broken_at, why = fault or (None, "")
        return Verified(links=walk.seq, head=walk.hash, broken_at=broken_at, why=why)


def note(
    connection: Connection, at: datetime, actor: str, action: str, subject: str, **details: str | int | None
) -> None:
    """Add a link in the transaction that does what it tells of; call it last, since others wait for the chain.

    Raises ValueError for details that are not ids, short words, numbers or hashes.
    """
    for value in (actor, action, subject, *details, *details.values()):
        if isinstance(value, str) and not PLAIN.fullmatch(value):
            raise ValueError("the audit takes ids, short words and hashes only")
    head = connection.execute(select(audit_head).with_for_update()).one()
    values: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": at.isoformat(timespec="microseconds"),
        "actor": actor,
        "action": action,
        "subject": subject,
        "details": json.dumps(details, sort_keys=True),
        "previous": head.hash,
    }
    link = _hash(values)
    connection.execute(insert(audit).values(**values, hash=link))
    connection.execute(update(audit_head).values(seq=values["seq"], hash=link))


def digest(text: str | None) -> str:
    """What the audit keeps of a text."""
    return hashlib.sha256((text or "").encode("utf-8", "replace")).hexdigest()


def review_digest(values: Mapping[str, Any]) -> str:
    """What the audit keeps of a review."""
    return digest(json.dumps([values[name] for name in REVIEWED]))


def erased_drafts(connection: Connection) -> list[str]:
    """The ids of all drafts that were ever erased, for whoever restores an older database."""
    query = select(audit.c.subject).where(audit.c.action == "draft.erased").order_by(audit.c.seq)
    return list(connection.execute(query).scalars())


def _hash(values: Mapping[str, Any]) -> str:
    fields = ("seq", "at", "actor", "action", "subject", "details", "previous")
    return hashlib.sha256(json.dumps([values[name] for name in fields]).encode()).hexdigest()


def _link(row: Row[Any]) -> Link:
    fields = {name: getattr(row, name) for name in ("seq", "at", "actor", "action", "subject")}
    return Link(**fields, details=json.loads(row.details))


Fault = tuple[int, str]


class _Walk:
    """One look along the chain."""

    def __init__(self, known: tuple[int, str] | None) -> None:
        self.known = known
        self.seq, self.hash = 0, ""
        self.noted: dict[str, tuple[int, str, str]] = {}
        self.erased: set[str] = set()

    def follow(self, rows: Iterator[Row[Any]]) -> Fault | None:
        for row in rows:
            values = dict(row._mapping)
            if row.seq != self.seq + 1:
                return self.seq + 1, "a link is missing"
            if row.previous != self.hash:
                return row.seq, "it does not follow from the link before"
            if _hash(values) != row.hash:
                return row.seq, "it was changed"
            if self.known and self.known[0] == row.seq and self.known[1] != row.hash:
                return row.seq, "it is not the link that was noted"
            self.seq, self.hash = row.seq, row.hash
            self._gather(_link(row))
        if self.known and self.known[0] > self.seq:
            return self.seq + 1, "links up to the one that was noted are missing"
        return None

    def compare_head(self, head: Row[Any]) -> Fault | None:
        if (head.seq, head.hash) == (self.seq, self.hash):
            return None
        return self.seq + 1, "links at the end are missing"

    def compare_reviews(self, connection: Connection) -> Fault | None:
        faults: list[Fault] = []
        left = dict(self.noted)
        for row in connection.execute(select(reviews)):
            seq, said, _ = left.pop(row.id, (self.seq, "", ""))
            if said != review_digest(dict(row._mapping)):
                faults.append((seq, f"review {row.id} is not what was written"))
        gone = [(id, seq) for id, (seq, _, draft) in left.items() if draft not in self.erased]
        faults += [(seq, f"review {id} is gone") for id, seq in gone]
        return min(faults, default=None)

    def _gather(self, link: Link) -> None:
        if link.action == "draft.erased":
            self.erased.add(link.subject)
        if link.action.startswith("review."):
            told = str(link.details["digest"])
            self.noted[link.subject] = (link.seq, told, str(link.details["draft"]))
