"""A site of two processes that share a PostgreSQL and a Chroma server and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.settings import Settings
from assistant.store.drafts import Draft
from assistant.store.store import Store, open_store
from tests.machines.browser import Browser
from tests.machines.site import ROOT, ChromaServer, Machine, environment, nginx, nginx_program
from tests.postgres import Cluster


@dataclass
class Site:
    """Two processes, and the store they share as a third one sees it."""

    machines: list[Machine]
    store: Store
    folder: Path
    browsers: list[Browser] = field(default_factory=list)

    def browser(self, base: str = "") -> Browser:
        """A person who has the page open."""
        opened = Browser(base or self.machines[0].url)
        self.browsers.append(opened)
        opened.load()
        return opened

    def draft(self, browser: Browser) -> Draft:
        """The draft of this person, as it is kept."""
        found = self.store.drafts.find(browser.token)
        assert found is not None
        return found

    @contextmanager
    def front(self, *, sticky: bool = True) -> Iterator[str]:
        """nginx before the processes; its address."""
        if nginx_program() is None:
            if os.environ.get("REQUIRE_NGINX"):
                pytest.fail("REQUIRE_NGINX is set and nginx is not installed")
            pytest.skip("nginx is not installed")
        with nginx(self.folder / f"nginx-{sticky}", self.machines, sticky=sticky) as url:
            yield url


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """The Chroma server that both machines ask."""
    if not (Path(sys.executable).parent / "chroma").exists():
        pytest.skip("the chroma command is not installed")
    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared(
    postgres: Cluster, vectors: ChromaServer, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, str], list[Path]]]:
    """The settings that both machines have, and their data folders with the index in place."""
    folder = tmp_path_factory.mktemp("machines")
    homes = [folder / name for name in ("a", "b")]
    with postgres.database(empty=True) as database:
        settings = {"DATABASE_URL": database, "CHROMA_URL": vectors.url}
        shutil.copytree(data_dir / "index", homes[0] / "index")
        command = [sys.executable, "-m", "assistant", "index", "build"]
        subprocess.run(
            command, env=environment(DATA_DIR=str(homes[0]), **settings), cwd=ROOT, check=True, timeout=300
        )
        # Built once and copied, as docs/operations.md tells.
        shutil.copytree(homes[0] / "index", homes[1] / "index")
        yield settings, homes


@pytest.fixture(scope="module")
def started(shared: tuple[dict[str, str], list[Path]]) -> Iterator[Site]:
    """The site, running."""
    settings, homes = shared
    machines = [Machine(home, settings) for home in homes]
    keeper = Settings(data_dir=homes[0], database_url=settings["DATABASE_URL"], _env_file=None)  # type: ignore[call-arg]
    for machine in machines:
        machine.start()
    store = open_store(keeper)
    try:
        for machine in machines:
            machine.wait()
        yield Site(machines, store, homes[0].parent)
    finally:
        for machine in machines:
            machine.kill()
        store.drafts.close()


@pytest.fixture
def site(started: Site) -> Iterator[Site]:
    """The site with both processes up, whatever the test before did."""
    for machine in started.machines:
        if machine.process is None or machine.process.poll() is not None:
            machine.start()
            machine.wait()
    yield started
    for browser in started.browsers:
        browser.close()
    started.browsers.clear()


@pytest.fixture
def other(site: Site) -> Callable[[Browser], None]:
    """Moves a person to the other process, with nothing but the cookie, as a proxy would."""

    def move(browser: Browser) -> None:
        urls = [machine.url for machine in site.machines]
        browser.base = urls[1 - urls.index(browser.base)]

    return move
