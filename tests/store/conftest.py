"""Values that the tests of the store put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from assistant.domain import (
    Citation,
    Conversation,
    Engine,
    Fit,
    Judgement,
    Message,
    Readiness,
    Turn,
    UseCaseType,
)
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from assistant.store.tables import open_database, sqlite_url

Answered = Callable[[Conversation, str], Turn]


@dataclass(frozen=True)
class Database:
    """An empty database of either kind, seen from outside."""

    url: str
    folder: Path
    """Where its files are."""

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours."""
        return self.url.startswith("sqlite")

    def run(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        """What one statement gives, run by somebody who does not use our code."""
        engine = open_database(self.url)
        with engine.begin() as connection:
            result = connection.execute(text(statement), values)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        engine.dispose()
        return rows

    def read(self) -> bytes:
        """The bytes of all its files."""
        if not self.is_sqlite:
            self.run("CHECKPOINT")
        return stored_bytes(self.folder)


def stored_bytes(folder: Path) -> bytes:
    """The bytes of every file in a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        yield Database(sqlite_url(tmp_path), tmp_path)
        return
    cluster = request.getfixturevalue("postgres")
    with cluster.database() as url:
        yield Database(url, cluster.folder / "data" / "base")


@pytest.fixture
def drafts(database: Database) -> Iterator[Drafts]:
    """An empty store on either database."""
    store = Drafts(database.url)
    yield store
    store.close()


class Clock:
    """A time that moves when told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.time

    def pass_(self, **time: int) -> None:
        """Let some days, hours or minutes pass."""
        self.time += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    """The clock of the test's store."""
    return Clock()


@pytest.fixture
def store(database: Database, clock: Clock) -> Iterator[Store]:
    """Everything there is to keep, on either database, with passwords that are hashed quickly."""
    made = Store(Drafts(database.url, now=clock), now=clock)
    made.accounts._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield made
    made.drafts.close()


@pytest.fixture
def in_file(tmp_path: Path) -> Iterator[Drafts]:
    """An empty store in a SQLite file, for what only that has."""
    store = Drafts(sqlite_url(tmp_path))
    yield store
    store.close()


@pytest.fixture
def answered() -> Answered:
    """A function that answers a message and takes it into the conversation."""
    return answer


def answer(conversation: Conversation, said: str) -> Turn:
    """A turn that heard one more message."""
    turn = conversation.turn + 1
    heard = (*conversation.messages, Message(turn=turn, text=said))
    return Turn(
        outcome="question",
        reply=f"Thank you for “{said}”",
        judgement=judgement(),
        conversation=conversation.model_copy(update={"turn": turn, "messages": heard}),
    )


def judgement() -> Judgement:
    """The judgement of a proposal about which nothing is known."""
    return Judgement(
        lang="en",
        fit=Fit(verdict="needs_work", confidence=0.5),
        type=UseCaseType(),
        elements=(),
        missing=(),
        eligibility=(),
        readiness=Readiness(pathway="unclear", signals=(), notice=""),
        next_question=None,
        similar_cases=(),
        citations=(),
        engine=Engine(name="local", version="1"),
    )


def citation() -> Citation:
    """A line of some source."""
    return Citation(id="p1", source="Booklet", locator="page 1", quote="a line")
