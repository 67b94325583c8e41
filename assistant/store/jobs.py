"""Work that goes on after its page was answered: how far it is and what came of it, for every process to show."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Engine, Row, delete, insert, select, update

from assistant.domain import Frozen
from assistant.errors import InputError, ScopingError
from assistant.store.accounts import Account
from assistant.store.audit import note
from assistant.store.schema import jobs
from assistant.store.tables import reading, writing

State = Literal["running", "done", "failed", "lost"]
LOST = timedelta(seconds=180)
"""A job that told nothing for so long ended with its process; the longest step is the reading of one file."""
KEPT = timedelta(days=30)


class Job(Frozen):
    """One piece of work."""

    id: str
    kind: str
    state: State
    step: str
    """A word for what is being done."""
    done: int
    total: int
    started_by: str
    began_at: datetime
    seen_at: datetime
    subject: str
    key: str
    """Of the error that ended it; empty when there was none."""
    message: str
    fix: str


class Jobs:
    """The jobs of one database."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def begin(self, kind: str, by: Account, subject: str = "") -> Job:
        """A new job; raises InputError `job_running` while another one of its kind goes on."""
        now = self._now()
        job = Job(
            id=secrets.token_hex(16),
            kind=kind,
            state="running",
            step="begun",
            done=0,
            total=1,
            started_by=by.id,
            began_at=now,
            seen_at=now,
            subject=subject[:80],
            key="",
            message="",
            fix="",
        )
        alive = (jobs.c.kind == kind) & (jobs.c.state == "running") & (jobs.c.seen_at > now - LOST)
        with writing(self._engine) as connection:
            # First, so that of two processes that begin at once the second one sees the first one's job.
            note(connection, now, by.id, "job.began", job.id, kind=kind, work=job.subject)
            if connection.execute(select(jobs.c.id).where(alive)).first():
                raise InputError("this is being done already", fix="wait for it to end", key="job_running")
            connection.execute(delete(jobs).where(jobs.c.began_at < now - KEPT))
            connection.execute(insert(jobs).values(job.model_dump()))
        return job

    def tell(self, id: str, done: int, total: int, step: str) -> None:
        """How far it is."""
        self._set(id, done=done, total=max(total, 1), step=step[:16])

    def finish(self, id: str, error: Exception | None = None) -> None:
        """What came of it."""
        if error is None:
            self._set(id, state="done")
            return
        known = isinstance(error, ScopingError)
        told = {"key": error.key, "message": str(error), "fix": error.fix} if known else {}  # type: ignore[attr-defined]
        self._set(id, state="failed", **{"key": "unknown", **told})

    def get(self, id: str) -> Job:
        """The job of an id; raises InputError when there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == id)).first()
        if row is None:
            raise InputError("there is no such job", fix="go back to the list", key="no_job")
        return self._job(row)

    def latest(self, limit: int = 10) -> list[Job]:
        """The newest jobs, newest first."""
        query = select(jobs).order_by(jobs.c.began_at.desc(), jobs.c.id).limit(limit)
        with reading(self._engine) as connection:
            return [self._job(row) for row in connection.execute(query)]

    def of(self, account_id: str) -> list[Job]:
        """The jobs that somebody began, newest first."""
        query = select(jobs).where(jobs.c.started_by == account_id).order_by(jobs.c.began_at.desc())
        with reading(self._engine) as connection:
            return [self._job(row) for row in connection.execute(query)]

    def forget(self, account_id: str) -> None:
        """Empty what errors said in somebody's jobs: it may name their files."""
        mine = update(jobs).where(jobs.c.started_by == account_id)
        with writing(self._engine) as connection:
            connection.execute(mine.values(message="", fix=""))

    def _set(self, id: str, **values: str | int) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(jobs).where(jobs.c.id == id).values(seen_at=self._now(), **values))

    def _job(self, row: Row[Any]) -> Job:
        values = dict(row._mapping)
        if row.state == "running" and row.seen_at <= self._now() - LOST:
            values["state"] = "lost"
        return Job.model_validate(values)
