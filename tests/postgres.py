"""A PostgreSQL of the tests' own: a cluster in a temporary folder, and an empty database for whoever asks."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from assistant.store.tables import open_database

SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB")


@dataclass
class Cluster:
    """A running server that only this machine can reach."""

    folder: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        """The address of a database, as an operator would write it."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """Run one statement as the server's owner."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def prepare(self) -> None:
        """Make the database that the others are copies of."""
        self.run("CREATE DATABASE model")
        open_database(self.url("model")).dispose()

    @contextmanager
    def database(self, *, empty: bool = False) -> Iterator[str]:
        """The address of a database with all tables and nothing in them; without tables when `empty`."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}" + ("" if empty else " TEMPLATE model"))
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


def programs() -> Path | None:
    """The folder of PostgreSQL's own programs, the newest version's; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    plain = shutil.which("initdb")
    return found[-1].parent if found else Path(plain).parent if plain else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server for the whole run; skipped where PostgreSQL is not installed, unless REQUIRE_POSTGRES is set."""
    found = programs()
    if found is None:
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail("REQUIRE_POSTGRES is set and PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="scoping-pg-"))
    # PostgreSQL refuses to run as root.
    owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if owner:
        shutil.chown(folder, "postgres", "postgres")
    cluster = Cluster(folder, _free_port())
    command = {"cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
    make = ["initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    subprocess.run([*owner, str(found / make[0]), *make[1:]], **command)  # type: ignore[call-overload]
    options = " ".join(f"-c {setting}" for setting in SPEED)
    options += f" -c listen_addresses=127.0.0.1 -p {cluster.port} -k {folder}"
    control = [*owner, str(found / "pg_ctl"), "-D", "data", "-l", "log", "-w"]
    try:
        subprocess.run([*control, "-o", options, "start"], **command)  # type: ignore[call-overload]
        cluster.prepare()
        yield cluster
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], cwd=folder, check=False, stdout=subprocess.DEVNULL
        )
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
