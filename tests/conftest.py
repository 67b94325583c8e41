"""What every test shares: no network beyond this machine, and one product on a freshly built index."""

from __future__ import annotations

import os

# As the command does: with both processors busy, more threads only wait. Read when NumPy loads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import fcntl
import gc
import shutil
import socket
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from assistant.settings import Settings
from assistant.store import tables
from assistant.wiring import Product, build
from tests.postgres import postgres

__all__ = ["postgres"]

LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", ""}  # noqa: S104  # names looked up, nothing listens
TODAY = date(2026, 11, 21)


def pytest_collection_finish() -> None:
    """Leave what the imports made to itself: looking through it again and again takes a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any look-up of a name, or connection to an address, beyond this machine fails the test."""
    look_up = socket.getaddrinfo
    connect = socket.socket.connect

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        assert name is None or name in LOOPBACK, f"a test looked up {name}"
        return look_up(host, *args, **kwargs)

    def guarded_connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert address[0] in LOOPBACK, f"a test connected to {address[0]}"
        return connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)
    monkeypatch.setattr(socket.socket, "connect", guarded_connect)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database that went through every migration."""
    folder = tmp_path_factory.mktemp("migrated")
    tables.open_database(tables.sqlite_url(folder)).dispose()
    return folder / "drafts.db"


@pytest.fixture(autouse=True)
def quick_databases(migrated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new SQLite file of this process begins as a copy of one whose tables are made: they take 0.3 s each time."""
    make_place = tables._make_place

    def copied(address: URL) -> None:
        path = Path(str(address.database))
        fresh = address.get_backend_name() == "sqlite" and not path.exists()
        make_place(address)
        if fresh and path.exists():
            shutil.copyfile(migrated, path)

    monkeypatch.setattr(tables, "_make_place", copied)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an index in it, built once for all processes that share the tests."""
    folder = tmp_path_factory.mktemp("data")
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    built = shared / "built"
    with (shared / "built.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            build(Settings(data_dir=folder, _env_file=None)).build_index()  # type: ignore[call-arg]
            shutil.copytree(folder, shared / "half built")
            (shared / "half built").rename(built)
            return folder
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def settings(data_dir: Path) -> Settings:
    """The settings of a fresh installation."""
    return Settings(data_dir=data_dir, _env_file=None)  # type: ignore[call-arg]


@pytest.fixture(scope="session")
def product(settings: Settings) -> Product:
    """The product on the local engine, on a fixed day."""
    return Product(settings, light=True, today=lambda: TODAY)
