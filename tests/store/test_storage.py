"""A database that cannot be used is named with its remedy; one that can is set up for safety."""

from __future__ import annotations

import contextlib
import os
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import ScopingError, StoreError
from assistant.store.drafts import Drafts
from assistant.store.tables import metadata, sqlite_url
from tests.store.conftest import Database

WRITTEN = "Zacatlán families wait nine weeks"


def assert_tells(error: ScopingError, *words: str) -> None:
    """The error is one of storage and its remedy names what to do."""
    assert isinstance(error, StoreError)
    assert error.key == "storage"
    assert any(word in error.fix for word in words), error.fix


def test_a_folder_that_cannot_be_made_is_named_with_its_remedy(tmp_path: Path) -> None:
    """A path that leads through a file gives a StoreError, not a traceback of the database."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError) as told:
        Drafts(sqlite_url(tmp_path / "file" / "folder"))

    assert_tells(told.value, "write access")


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="permissions do not bind this account")
def test_a_folder_without_write_permission_is_named_with_its_remedy(tmp_path: Path) -> None:
    """A read-only folder gives a StoreError that names it."""
    tmp_path.chmod(0o500)

    with pytest.raises(StoreError) as told:
        Drafts(sqlite_url(tmp_path))

    assert_tells(told.value, "write access")


def test_a_database_that_is_read_only_keeps_no_promise(in_file: Drafts, tmp_path: Path) -> None:
    """Where nothing can be written, nothing is acknowledged."""
    with pytest.raises(StoreError) as told:
        Drafts(f"sqlite:///file:{tmp_path / 'drafts.db'}?mode=ro&uri=true").create("en")

    assert_tells(told.value, "write access")


def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    """A file that is no database gives a StoreError, and is left as it is."""
    (tmp_path / "drafts.db").write_bytes(b"not a database at all " * 400)

    with pytest.raises(StoreError) as told:
        Drafts(sqlite_url(tmp_path))

    assert_tells(told.value, "backup")
    assert (tmp_path / "drafts.db").read_bytes().startswith(b"not a database")


def test_a_locked_database_is_named_after_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that never ends gives a StoreError that says to try again."""
    monkeypatch.setattr("assistant.store.tables.BUSY_SECONDS", 0.05)
    store = Drafts(sqlite_url(tmp_path))
    raw = sqlite3.connect(tmp_path / "drafts.db", isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError) as told:
        store.create("en")

    assert_tells(told.value, "try again")
    raw.close()
    store.create("en")


@contextlib.contextmanager
def no_room_for_more() -> Iterator[None]:
    """No file of this process may grow beyond a size that the database already has."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_loses_nothing_acknowledged_and_writing_goes_on_afterwards(in_file: Drafts) -> None:
    """R2: messages are kept until the disk is full, then refused with a remedy, and kept again once it is not."""
    token, draft = in_file.create("en")
    acknowledged: list[int] = []

    with no_room_for_more(), pytest.raises(StoreError) as told:
        acknowledged.extend(in_file.receive(draft.id, "x" * 5_000) for _ in range(200))
    last = in_file.receive(draft.id, "room again")

    assert_tells(told.value, "free some disk space")
    assert 0 < len(acknowledged) < 200
    found = in_file.find(token)
    assert found is not None
    assert [e.seq for e in found.exchanges] == [*acknowledged, last]
    assert [e.text for e in found.exchanges] == ["x" * 5_000] * len(acknowledged) + ["room again"]


def test_a_draft_of_another_make_is_refused_without_quoting_it(
    drafts: Drafts, database: Database, answered
) -> None:
    """A stored turn that this version cannot read gives a StoreError that does not leak its text."""
    token, draft = drafts.create("en")
    seq = drafts.receive(draft.id, WRITTEN)
    drafts.complete(draft.id, seq, answered(draft.conversation, WRITTEN))
    database.run("UPDATE turns SET turn = replace(turn, 'turn/1', 'turn/9')")

    with pytest.raises(StoreError) as told:
        drafts.find(token)

    assert_tells(told.value, "upgrade")
    assert WRITTEN not in str(told.value)


def test_a_database_of_a_newer_version_is_left_alone(drafts: Drafts, database: Database) -> None:
    """An older program does not write into tables it does not know."""
    database.run(
        "DELETE FROM alembic_version WHERE version_num <> (SELECT min(version_num) FROM alembic_version)"
    )
    database.run("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError) as told:
        Drafts(database.url)

    assert_tells(told.value, "upgrade")


@pytest.mark.parametrize("url", ["nonsense", "nosuchdb://host/name", "mysql+pymysql://user:pw@host/name"])
def test_an_address_that_cannot_be_used_is_named_with_its_remedy(url: str) -> None:
    """A wrong address or a driver that is not installed gives a StoreError without the password."""
    with pytest.raises(StoreError) as told:
        Drafts(url)

    assert_tells(told.value, "ASSISTANT_DATABASE_URL")
    assert "pw" not in str(told.value)


def test_sqlite_is_set_up_for_safety(in_file: Drafts, tmp_path: Path) -> None:
    """Commits reach the disk, deleted text is overwritten, and the file is its owner's alone."""
    with in_file.engine.connect() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "busy_timeout")
        }

    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }
    assert (tmp_path / "drafts.db").stat().st_mode & 0o077 == 0


def test_migrations_make_the_tables_the_code_knows(drafts: Drafts) -> None:
    """The newest version of the migrations and the tables in code do not differ."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with drafts.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)

    assert differences == []
