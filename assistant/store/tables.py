"""The tables that drafts are kept in, and the way to a database that has them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from assistant.errors import StoreError

BUSY_SECONDS = 10
"""How long a writer waits for another before it gives up."""
MIGRATION_LOCK = 7_266_453
"""The number under which PostgreSQL lets one process at a time change the tables."""


class Moment(TypeDecorator[datetime]):
    """A time in UTC, on databases that keep the time zone and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as it is written."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The time as it is read."""
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


# The names that migrations give to constraints, so that later versions can find them again.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

drafts = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("token_hash", String(64), nullable=False),
    Column("lang", String(2)),  # the language the applicant chose, if any
    Column("lang_since", Integer, nullable=False),  # the message after which they chose it
    Column("created_at", Moment, nullable=False),
    Column("touched_at", Moment, nullable=False),
    UniqueConstraint("token_hash"),
)
Index("ix_drafts_touched_at", drafts.c.touched_at)

messages = Table(
    "messages",
    metadata,
    Column("draft_id", String(32), ForeignKey("drafts.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("document", Text),
    Column("element", String(64)),  # the field of the record that the text rewrites, when it does
    Column("received_at", Moment, nullable=False),
)

# `place` counts the answers of a draft in the order given: of two writers who build on the same
# conversation, only one can have the next place. What lists of drafts show of a judgement stands beside it, so that
# they need not read it.
turns = Table(
    "turns",
    metadata,
    Column("draft_id", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
    Column("turn", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("answered_at", Moment, nullable=False),
    Column("judged_lang", String(2)),
    Column("verdict", String(16)),
    Column("type", String(80)),
    Column("pathway", String(24)),
    Column("reasons", Text),  # ids of the flags, with commas between them
    ForeignKeyConstraint(["draft_id", "seq"], ["messages.draft_id", "messages.seq"]),
    UniqueConstraint("draft_id", "place"),
)


# What colleagues are asked through a link of its own, and what they answered; see store/sheets.py.
sheets = Table(
    "sheets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("draft_id", String(32), ForeignKey("drafts.id"), nullable=False),
    Column("token_hash", String(64), nullable=False),
    Column("lang", String(2), nullable=False),
    Column("role", String(64), nullable=False),
    Column("elements", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    UniqueConstraint("token_hash"),
)
Index("ix_sheets_draft_id", sheets.c.draft_id)

sheet_answers = Table(
    "sheet_answers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sheet_id", String(32), ForeignKey("sheets.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("element", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("answered_at", Moment, nullable=False),
    UniqueConstraint("sheet_id", "place"),
)

# What the applicant decided beside the conversation, in the order they did.
marks = Table(
    "marks",
    metadata,
    Column("draft_id", String(32), ForeignKey("drafts.id"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("mark", Text, nullable=False),
    Column("marked_at", Moment, nullable=False),
)


def sqlite_url(folder: Path) -> str:
    """The address of the database that a data folder holds."""
    return URL.create("sqlite", database=str(folder / "drafts.db")).render_as_string()


def open_database(url: str) -> Engine:
    """A database with all tables in their newest form; raises StoreError when there can be none."""
    engine = _engine(url)
    with translated(engine):
        _make_place(engine.url)
        _migrate(engine)
    return engine


def _engine(url: str) -> Engine:
    try:
        address = _with_driver(make_url(url))
        engine = create_engine(address, hide_parameters=True, **_driver_options(address))
    except (ArgumentError, NoSuchModuleError) as error:
        fix = "set ASSISTANT_DATABASE_URL to an address such as sqlite:////srv/scoping/drafts.db, or unset it"
        raise StoreError(f"the database address cannot be used: {error}", fix=fix, key="storage") from None
    except ModuleNotFoundError as error:
        fix = f"install {error.name}, or unset ASSISTANT_DATABASE_URL"
        raise StoreError(f"the database needs {error.name}", fix=fix, key="storage") from None
    if _is_sqlite(address):
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
    return engine


def _with_driver(address: URL) -> URL:
    """Addresses of PostgreSQL as everybody writes them, for the driver that is installed."""
    plain = address.drivername in ("postgres", "postgresql")
    return address.set(drivername="postgresql+psycopg") if plain else address


def _is_sqlite(address: URL) -> bool:
    return address.get_backend_name() == "sqlite"


def _driver_options(address: URL) -> dict[str, Any]:
    if _is_sqlite(address):
        return {"connect_args": {"timeout": BUSY_SECONDS}}
    return {"pool_pre_ping": True}


def _configure(connection: Any, record: object) -> None:
    """Set up each new SQLite connection; transactions are begun by us, not by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another writer came in between;
    # one that takes the lock at its start waits for its turn.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database throughout."""
    if not _is_sqlite(engine.url):
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with translated(engine), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection whose changes are on disk when the block ends, or not made at all."""
    with translated(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


def _make_place(address: URL) -> None:
    """Make the folder and file of a SQLite database, readable by their owner alone."""
    if not _is_sqlite(address) or address.database in (None, "", ":memory:") or "uri" in address.query:
        return
    path = Path(str(address.database))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _migrate(engine: Engine) -> None:
    """Bring the tables to their newest form, in one transaction that other processes wait for."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with writing(engine) as connection:
        if not _is_sqlite(engine.url):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")


def forget_deleted(engine: Engine) -> None:
    """Remove the bytes of what was deleted from the database's files; raises StoreError when it cannot.

    SQLite overwrites deleted text itself and keeps it only in its journal. PostgreSQL keeps it in the tables until
    they are written anew; its write-ahead log forgets it when the server recycles the log.
    """
    if not _is_sqlite(engine.url):
        _write_anew(engine)
        return
    with translated(engine):
        connection = engine.raw_connection()
        try:
            busy = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except Exception as error:
            raise DBAPIError("PRAGMA wal_checkpoint", None, error) from error
        finally:
            connection.close()
    if busy:
        fix = "close what else has the database open, such as a backup, then erase again"
        raise StoreError("deleted text is still in the journal", fix=fix, key="storage")


def _write_anew(engine: Engine) -> None:
    with translated(engine), engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f'VACUUM FULL "{table.name}"')


# --- errors ----------------------------------------------------------------------------------------------

_FIXES = (
    (("readonly", "read-only", "unable to open", "permission"), "give this account write access to {place}"),
    (("full", "disk i/o", "no space", "file too large"), "free some disk space for {place}, then try again"),
    (("locked", "busy"), "wait a moment and try again; if it stays so, stop what else has {place} open"),
    (("malformed", "not a database", "corrupt"), "restore {place} from a backup, or move it away"),
    (("can't locate revision",), "upgrade this program: {place} was written by a newer version"),
)
_OTHER_FIX = "check that the database at {place} can be reached, then try again"


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Raise whatever the database says as a StoreError that tells what to do about it."""
    try:
        yield
    except (SQLAlchemyError, CommandError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise StoreError(f"drafts cannot be kept: {cause}", fix=_fix(cause, engine), key="storage") from error


def _fix(cause: BaseException, engine: Engine) -> str:
    said = str(cause).lower()
    if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
        said += " unable to open" if cause.errno != 28 else " no space"
    fix = next((fix for signs, fix in _FIXES if any(sign in said for sign in signs)), _OTHER_FIX)
    return fix.format(place=engine.url.database or engine.url.render_as_string(hide_password=True))
