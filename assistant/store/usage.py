"""What the engines were used for: sums by day, engine, model and outcome, never a word of what was said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from assistant.domain import Frozen, Usage
from assistant.store.schema import model_calls
from assistant.store.tables import reading, writing

OK = "ok"
NO_USAGE = Usage()


class UsageRow(Frozen):
    """One day of one model, and one outcome."""

    day: date
    """In UTC."""
    engine: str
    model: str
    """Empty for the local engine."""
    outcome: str
    """`ok`, or the key of the error that the calls ended with."""
    calls: int
    """Calls of a language model; of the local engine, messages in drafts that it read."""
    tokens_in: int
    tokens_out: int
    cost_usd: float


class UsageLog:
    """The sums of one database, which every process that shares it adds to."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def add(self, engine: str, model: str, outcome: str, used: Usage = NO_USAGE) -> None:
        """Count one call."""
        with writing(self._engine) as connection:
            count(connection, self._now().date(), engine, model, outcome, used)

    def days(self, days: int = 30) -> list[UsageRow]:
        """The sums of the last so many days, today among them, newest first."""
        since = (self._now().date() - timedelta(days=days - 1)).isoformat()
        query = (
            select(model_calls)
            .where(model_calls.c.day >= since)
            .order_by(
                model_calls.c.day.desc(), model_calls.c.engine, model_calls.c.model, model_calls.c.outcome
            )
        )
        with reading(self._engine) as connection:
            return [UsageRow.model_validate(dict(row._mapping)) for row in connection.execute(query)]


def count(connection: Connection, day: date, engine: str, model: str, outcome: str, used: Usage) -> None:
    """Count one call in the transaction that it belongs to."""
    insert: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(model_calls)
    key = {"day": day.isoformat(), "engine": engine, "model": model[:120], "outcome": outcome[:40]}
    sums = {"calls": 1, "tokens_in": used.tokens_in, "tokens_out": used.tokens_out, "cost_usd": used.cost_usd}
    connection.execute(
        insert.values(**key, **sums).on_conflict_do_update(
            index_elements=list(key), set_={name: model_calls.c[name] + value for name, value in sums.items()}
        )
    )
