"""A copy of the SQLite database while it is in use, and the way back from it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.engine import make_url

from assistant.domain import Frozen
from assistant.errors import InputError, ScopingError, StoreError
from assistant.store.accounts import Accounts
from assistant.store.audit import erased_drafts
from assistant.store.drafts import Drafts, utc_now
from assistant.store.schema import audit, sessions
from assistant.store.tables import forget_deleted, open_database, reading, writing


class Restored(Frozen):
    """What a restore did."""

    drafts_erased_again: int
    closed_again: int
    """Accounts and tokens that were closed since the backup, and are closed again."""
    knew_the_present: bool
    """False when the database in use could not be read, so that nothing could be erased or closed again."""


def backup(url: str, out: Path) -> None:
    """Copy the database to a new file while others write to it; raises StoreError when the copy is not whole."""
    source = _file(url)
    if not source.exists():
        raise InputError(
            f"there is no database at {source}", fix="check ASSISTANT_DATA_DIR", key="no_database"
        )
    if out.exists():
        raise InputError(f"{out} is there already", fix="name a new file", key="file_exists")
    part = out.with_name(out.name + ".part")
    with _told(out):
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy)
        _check(part)
        part.rename(out)


def restore(source: Path, url: str) -> Restored:
    """Put a backup in the database's place, even while others have it open.

    What was erased or closed since the backup was made is erased and closed again, as far as the database in use still
    says so; everybody has to sign in again. Raises InputError for a file that is no backup of ours.
    """
    with _told(source):
        _check(source)
    since = _closed_since(url)
    target = _file(url)
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(target, os.O_CREAT | os.O_RDWR, 0o600))
        with closing(sqlite3.connect(source)) as kept, closing(sqlite3.connect(target, timeout=30)) as live:
            kept.backup(live)
    return _apply(url, since)


class _Since(Frozen):
    """What the database in use knows and the backup may not."""

    drafts: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    revoked: tuple[str, ...] = ()
    known: bool = True


def _closed_since(url: str) -> _Since:
    if not _file(url).exists():
        return _Since(known=False)
    try:
        engine = open_database(url)
        with reading(engine) as connection:

            def subjects(action: str) -> tuple[str, ...]:
                query = select(audit.c.subject).where(audit.c.action == action)
                return tuple(connection.execute(query).scalars())

            found = _Since(
                drafts=tuple(erased_drafts(connection)),
                erased=subjects("account.erased"),
                disabled=tuple(set(subjects("account.disabled")) - set(subjects("account.enabled"))),
                revoked=subjects("token.revoked"),
            )
        engine.dispose()
    except StoreError:  # what is to be replaced may well be broken
        _move_aside(_file(url))
        return _Since(known=False)
    return found


def _move_aside(damaged: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path = damaged.with_name(damaged.name + suffix)
        if path.exists():
            path.rename(path.with_name(path.name + ".damaged"))


def _apply(url: str, since: _Since) -> Restored:
    engine = open_database(url)
    people, closed = Accounts(engine, utc_now), 0
    with writing(engine) as connection:
        connection.execute(delete(sessions))
    steps = (
        (people.erase, since.erased),
        (people.disable, since.disabled),
        (people.revoke_token, since.revoked),
    )
    for step, ids in steps:
        for id in ids:
            try:
                step(id, actor="restore")
                closed += 1
            except InputError:  # it was made, or erased, after the backup
                continue
    store = Drafts(engine)
    there = [id for id in since.drafts if store.get(id) is not None]
    store.erase(*there, actor="restore")
    forget_deleted(engine)
    engine.dispose()
    return Restored(drafts_erased_again=len(there), closed_again=closed, knew_the_present=since.known)


def _file(url: str) -> Path:
    address = make_url(url)
    if address.get_backend_name() != "sqlite":
        raise InputError(
            "PostgreSQL has its own tools for this",
            fix='pg_dump --format=custom "$ASSISTANT_DATABASE_URL" -f backup.dump; see docs/operations.md',
            key="use_pg_dump",
        )
    return Path(str(address.database))


def _check(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} is not there", fix="name a backup file", key="no_database")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as copy:
        whole = copy.execute("PRAGMA integrity_check").fetchone()
        ours = copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if whole != ("ok",) or ours != (1,):
        raise InputError(f"{path} is no backup of this program", fix="choose another file", key="no_backup")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except ScopingError:
        raise
    except sqlite3.DatabaseError as error:
        fix = "choose another file; a backup is made with: scoping data backup OUT"
        raise InputError(f"{path}: {error}", fix=fix, key="no_backup") from None
    except OSError as error:
        fix = "check the folder, its permissions and the free space"
        raise StoreError(f"{path}: {error.strerror}", fix=fix, key="storage") from None
