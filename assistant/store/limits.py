"""How often something may be tried: counted in the database, so that all processes count together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Engine, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from assistant.store.schema import counters
from assistant.store.tables import reading, writing


class Limits:
    """Counters of one database."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def take(self, limits: dict[str, int], *, seconds: int) -> int:
        """Count one more try under each name. 0 when all may go on, else the seconds until the last one may.

        A name may be tried `limits[name]` times in a stretch of so many seconds. Names are kept as hashes.
        """
        now, wait = self._now(), 0
        stretch = timedelta(seconds=seconds)
        with writing(self._engine) as connection:
            # In one order, so that two processes never wait for each other.
            for hashed, limit in sorted((_hash(name), limit) for name, limit in limits.items()):
                since, count = connection.execute(self._count(hashed, now, now - stretch)).one()
                if count > limit:
                    wait = max(wait, 1, ceil((since + stretch - now).total_seconds()))
        return wait

    def over(self, limits: dict[str, int], *, seconds: int) -> int:
        """The seconds to wait where a name has been tried as often as it may; 0 when all may go on. Counts nothing."""
        now, wait = self._now(), 0
        stretch = timedelta(seconds=seconds)
        allowed = {_hash(name): limit for name, limit in limits.items()}
        query = select(counters.c.name, counters.c.since, counters.c.count).where(
            counters.c.name.in_(allowed)
        )
        with reading(self._engine) as connection:
            for name, since, count in connection.execute(query):
                if count >= allowed[name] and since > now - stretch:
                    wait = max(wait, 1, ceil((since + stretch - now).total_seconds()))
        return wait

    def _count(self, name: str, now: datetime, ended: datetime) -> ReturningInsert[Any]:
        """One more under a name, or the first one when the stretch has ended, in one statement."""
        new: Any = (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(counters)
        over = counters.c.since <= ended
        counted: ReturningInsert[Any] = (
            new.values(name=name, since=now, count=1)
            .on_conflict_do_update(
                index_elements=["name"],
                set_={
                    "since": case((over, now), else_=counters.c.since),
                    "count": case((over, 1), else_=counters.c.count + 1),
                },
            )
            .returning(counters.c.since, counters.c.count)
        )
        return counted

    def forget(self, *names: str) -> None:
        """Start to count anew under these names."""
        with writing(self._engine) as connection:
            connection.execute(delete(counters).where(counters.c.name.in_([_hash(n) for n in names])))

    def purge(self) -> None:
        """Drop the counters of yesterday and before."""
        with writing(self._engine) as connection:
            connection.execute(delete(counters).where(counters.c.since < self._now() - timedelta(days=1)))


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
