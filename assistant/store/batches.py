"""Tables of proposals that a coach sent: kept with their results, so that any process can go on with them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from pydantic import Field
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from assistant.domain import Frozen, Judgement, Lang
from assistant.errors import AccessError, InputError
from assistant.store.accounts import Account
from assistant.store.audit import note
from assistant.store.schema import batch_rows, batches
from assistant.store.tables import forget_deleted, reading, writing

STALE = timedelta(seconds=45)
"""How long whoever judges a batch may be silent before somebody else goes on with it."""
TOGETHER = 200
"""Results that are read from the database at once; they are long."""
Order = Literal["place", "row_id", "verdict", "confidence", "type", "missing", "error"]


class Batch(Frozen):
    """One table of proposals."""

    id: str
    account_id: str
    name: str
    """What the file was called."""
    created_at: datetime
    total: int
    judged: int
    failed: int

    @property
    def done(self) -> bool:
        """Whether every row has its result."""
        return self.judged + self.failed >= self.total


class Trouble(Frozen):
    """Why a row was not judged, with what an error says of itself."""

    error: str
    fix: str
    key: str = "unknown"
    details: dict[str, str] = Field(default_factory=dict)


class Given(Frozen):
    """One row as it was sent; with `trouble`, one that cannot be judged."""

    row_id: str
    text: str = ""
    document: str | None = None
    """The name of a file; then `text` holds its bytes in base 64, to be read when the row's turn comes."""
    lang: Lang | None = None
    trouble: Trouble | None = None


class Result(Frozen):
    """What came of one row."""

    place: int
    row_id: str
    verdict: str | None = None
    confidence: float | None = None
    type: str | None = None
    reasons: tuple[str, ...] = ()
    missing: int | None = None
    """How many elements are missing."""
    trouble: Trouble | None = None


class Batches:
    """The batches of one database. A coach sees their own and no other's."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def add(self, coach: Account, name: str, rows: Iterable[Given]) -> str:
        """Keep a table; its id. Raises InputError for a table without rows."""
        _must_be(coach)
        given = [{"place": n, **_kept(row)} for n, row in enumerate(rows, start=1)]
        if not given:
            raise InputError("the table has no rows", fix="send a header and rows", key="empty")
        id, now = secrets.token_hex(16), self._now()
        with writing(self._engine) as connection:
            row = {
                "id": id,
                "account_id": coach.id,
                "name": name[:200],
                "created_at": now,
                "total": len(given),
            }
            connection.execute(insert(batches).values(**row))
            for start in range(0, len(given), 500):
                part = [{"batch_id": id, **r} for r in given[start : start + 500]]
                connection.execute(insert(batch_rows), part)
            note(connection, now, coach.id, "batch.added", id, rows=len(given))
        return id

    def get(self, batch_id: str, coach: Account) -> Batch:
        """One's own batch; raises InputError `no_batch` for any other, as if it were not there."""
        _must_be(coach)
        with reading(self._engine) as connection:
            found = _found(connection, batches.c.id == batch_id, batches.c.account_id == coach.id)
        if not found:
            raise InputError("there is no such batch", fix="go back to your batches", key="no_batch")
        return found[0]

    def of(self, coach: Account) -> list[Batch]:
        """One's own batches, the newest first."""
        _must_be(coach)
        with reading(self._engine) as connection:
            return _found(connection, batches.c.account_id == coach.id)

    def results(
        self, batch_id: str, *, order: Order = "place", down: bool = False, offset: int = 0, limit: int = 100
    ) -> list[Result]:
        """Some rows of a batch that have their result, in an order; for callers that asked `get` first."""
        column = batch_rows.c[order if order in get_args(Order) else "place"]
        ordered = (column.desc() if down else column.asc()).nulls_last()
        query = (
            select(*(c for c in batch_rows.c if c.name not in ("text", "result")))
            .where(batch_rows.c.batch_id == batch_id, batch_rows.c.ended_at.is_not(None))
            .order_by(ordered, batch_rows.c.place)
            .offset(offset)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_result(row) for row in connection.execute(query)]

    def written(self, batch_id: str) -> Iterator[str]:
        """Every result as a line of JSON, in the form of `scoping check --batch` and the order of the table."""
        last = 0
        while True:
            query = (
                select(batch_rows.c.place, batch_rows.c.result)
                .where(batch_rows.c.batch_id == batch_id, batch_rows.c.place > last)
                .where(batch_rows.c.result.is_not(None))
                .order_by(batch_rows.c.place)
                .limit(TOGETHER)
            )
            with reading(self._engine) as connection:
                rows = list(connection.execute(query))
            if not rows:
                return
            yield from (row.result for row in rows)
            last = rows[-1].place

    def erase(self, batch_id: str, coach: Account) -> None:
        """Delete one's own batch with everything in it."""
        self.get(batch_id, coach)
        self._erase([batch_id], coach.id)

    def held_by(self, account_id: str) -> list[Batch]:
        """The batches of an account, whatever it may do now; for a request about a person's data."""
        with reading(self._engine) as connection:
            return _found(connection, batches.c.account_id == account_id)

    def rows(self, batch_id: str) -> list[dict[str, str | None]]:
        """Every row as it is kept: its text until it is judged, and what came of it; for a request about data."""
        names = ("row_id", "document", "text", "result", "error")
        query = select(*(batch_rows.c[name] for name in names)).where(batch_rows.c.batch_id == batch_id)
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(batch_rows.c.place))
            return [dict(zip(names, row, strict=True)) for row in found]

    def forget(self, account_id: str, *, actor: str) -> None:
        """Delete every batch of an account, which nobody else could open."""
        self._erase([batch.id for batch in self.held_by(account_id)], actor)

    def purge(self, retention_days: int) -> int:
        """Delete batches that are older than so many days; how many there were."""
        oldest = self._now() - timedelta(days=retention_days)
        with reading(self._engine) as connection:
            ids = list(
                connection.execute(select(batches.c.id).where(batches.c.created_at < oldest)).scalars()
            )
        self._erase(ids, "retention")
        return len(ids)

    def _erase(self, ids: list[str], actor: str) -> None:
        if not ids:
            return
        with writing(self._engine) as connection:
            connection.execute(delete(batch_rows).where(batch_rows.c.batch_id.in_(ids)))
            connection.execute(delete(batches).where(batches.c.id.in_(ids)))
            for id in ids:
                note(connection, self._now(), actor, "batch.erased", id)
        forget_deleted(self._engine)

    # --- judging ---

    def waiting(self) -> list[str]:
        """Batches with rows to judge that nobody is working on, the oldest first."""
        silent = (batches.c.beat_at.is_(None)) | (batches.c.beat_at < self._now() - STALE)
        query = (
            select(batches.c.id).where(silent, batches.c.ended_at.is_(None)).order_by(batches.c.created_at)
        )
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def claim(self, batch_id: str, worker: str) -> bool:
        """Take a batch to judge it, or go on doing so; False when somebody else works on it."""
        now = self._now()
        free = batches.c.beat_at.is_(None) | (batches.c.beat_at < now - STALE) | (batches.c.worker == worker)
        mine = update(batches).where(batches.c.id == batch_id, free).values(worker=worker, beat_at=now)
        with writing(self._engine) as connection:
            return connection.execute(mine).rowcount == 1

    def finish(self, batch_id: str) -> None:
        """Note that nothing is left to judge; whoever has claimed the batch says so."""
        ended = update(batches).where(batches.c.id == batch_id).values(ended_at=self._now())
        with writing(self._engine) as connection:
            connection.execute(ended)

    def unjudged(self, batch_id: str, limit: int) -> list[tuple[int, Given]]:
        """The next rows to judge, with their places."""
        query = (
            select(batch_rows)
            .where(batch_rows.c.batch_id == batch_id, batch_rows.c.ended_at.is_(None))
            .order_by(batch_rows.c.place)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [(row.place, _given(row)) for row in connection.execute(query)]

    def keep(self, batch_id: str, results: Iterable[tuple[int, str, Judgement | Trouble]]) -> None:
        """Keep what came of some rows by place and id; their text is needed no more and is not kept."""
        with writing(self._engine) as connection:
            for place, row_id, result in results:
                mine = (batch_rows.c.batch_id == batch_id) & (batch_rows.c.place == place)
                values = _columns(row_id, result)
                connection.execute(
                    update(batch_rows).where(mine).values(text="", ended_at=self._now(), **values)
                )


def _kept(row: Given) -> dict[str, Any]:
    return {
        "row_id": row.row_id[:200],
        "text": row.text,
        "document": row.document[-200:] if row.document else None,
        "lang": row.lang,
        **_troubled(row.trouble),
    }


def _troubled(trouble: Trouble | None) -> dict[str, Any]:
    if trouble is None:
        return {"error": None, "fix": None, "error_key": None, "error_details": None}
    details = json.dumps(trouble.details, ensure_ascii=False)
    named = {"error_key": trouble.key, "error_details": details}
    return {"error": trouble.error, "fix": trouble.fix, **named}


def _trouble(row: Row[Any]) -> Trouble | None:
    if row.error is None:
        return None
    details = json.loads(row.error_details or "{}")
    return Trouble(error=row.error, fix=row.fix or "", key=row.error_key or "unknown", details=details)


def _given(row: Row[Any]) -> Given:
    fields = {"row_id": row.row_id, "text": row.text, "document": row.document, "lang": row.lang}
    return Given(**fields, trouble=_trouble(row))


def _columns(row_id: str, result: Judgement | Trouble) -> dict[str, Any]:
    if isinstance(result, Trouble):
        written = {"id": row_id, "error": result.error, "fix": result.fix}
        return {"result": json.dumps(written, ensure_ascii=False), **_troubled(result)}
    return {
        "result": json.dumps({"id": row_id, **result.to_data()}, ensure_ascii=False),
        "verdict": result.fit.verdict,
        "confidence": result.fit.confidence,
        "type": result.type.primary,
        "reasons": ",".join(f.reason for f in result.fit.flags),
        "missing": len(result.missing),
    }


def _found(connection: Connection, *conditions: Any) -> list[Batch]:
    ended, failed = batch_rows.c.ended_at.is_not(None), batch_rows.c.error.is_not(None)
    counts = (
        select(
            batch_rows.c.batch_id,
            func.count().filter(ended & ~failed).label("judged"),
            func.count().filter(ended & failed).label("failed"),
        )
        .where(batch_rows.c.batch_id.in_(select(batches.c.id).where(*conditions)))
        .group_by(batch_rows.c.batch_id)
        .subquery()
    )
    query = (
        select(batches, counts.c.judged, counts.c.failed)
        .join(counts, counts.c.batch_id == batches.c.id)
        .where(*conditions)
        .order_by(batches.c.created_at.desc(), batches.c.id)
    )
    return [_batch(row) for row in connection.execute(query)]


def _batch(row: Row[Any]) -> Batch:
    return Batch(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        created_at=row.created_at,
        total=row.total,
        judged=row.judged,
        failed=row.failed,
    )


def _result(row: Row[Any]) -> Result:
    return Result(
        place=row.place,
        row_id=row.row_id,
        verdict=row.verdict,
        confidence=row.confidence,
        type=row.type,
        reasons=tuple(filter(None, (row.reasons or "").split(","))),
        missing=row.missing,
        trouble=_trouble(row),
    )


def _must_be(coach: Account) -> None:
    if not coach.may("coach"):
        raise AccessError("only a coach may do this", fix="sign in as a coach", key="forbidden")
