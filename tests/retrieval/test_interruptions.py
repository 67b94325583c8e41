"""Sources are added whole or not at all: two at once, a full disk, a crash at any moment."""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from assistant.errors import CorpusError, StoreError
from assistant.retrieval.added import catalogue_in_use, files_dir, sources_dir
from assistant.retrieval.building import build_index, current_catalogue
from assistant.retrieval.hybrid import open_retriever
from assistant.retrieval.ingest import About, add_sources, remove_source
from assistant.retrieval.manifest import read_manifest, status
from assistant.settings import Settings
from tests.retrieval.adding import HERONS, OTTERS, add, english, found, passages_of, written
from tests.retrieval.conftest import StemEncoder

KILLS = max(3, int(os.environ.get("KILL_ROUNDS", "0")) // 10)
CRASHING = Path(__file__).with_name("crashing.py")


def test_two_builders_at_once(small: Settings, tmp_path: Path) -> None:
    """While one adds, another is told to wait, and afterwards both can have added."""
    build_index(small, StemEncoder())
    reading, finish = threading.Event(), threading.Event()

    def hold(done: int, total: int, label: str) -> None:
        reading.set()
        finish.wait(30)

    first = threading.Thread(
        target=add_sources,
        args=(small, StemEncoder(), [written(tmp_path / "a.txt", OTTERS)], About()),
        kwargs={"language": english, "approved_by": "one", "progress": hold},
    )
    first.start()
    reading.wait(30)
    with pytest.raises(CorpusError) as told:
        add(small, written(tmp_path / "b.txt", HERONS), wait_s=0.3)
    finish.set()
    first.join(120)
    add(small, tmp_path / "b.txt")

    assert told.value.key == "index_busy"
    assert [s.id for s in current_catalogue(small).sources] == ["a", "b"]


@contextlib.contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """No file of this process may grow beyond a size: to whoever writes it is a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [2_000, 20_000, 60_000, 150_000])
def test_a_full_disk_leaves_the_old_index(small: Settings, tmp_path: Path, size: int) -> None:
    """Wherever the room runs out, the error says what to do and the old sources answer as before."""
    add(small, written(tmp_path / "a.txt", OTTERS))
    before = found(small, "otters"), (small.index_dir / "manifest.json").read_bytes()
    path = written(tmp_path / "b.txt", HERONS + " x" * 1_000)

    with no_file_beyond(size), pytest.raises((StoreError, CorpusError)) as told:
        add(small, path)

    assert told.value.fix
    assert (found(small, "otters"), (small.index_dir / "manifest.json").read_bytes()) == before
    assert [s.id for s in current_catalogue(small).sources] == ["a"]
    assert len(list((small.index_dir / "builds").iterdir())) == 1
    add(small, path)
    assert found(small, "herons")[0][0] == "added/b/1"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_killed_at_any_moment_the_old_or_the_new_index_is_whole(small: Settings, tmp_path: Path) -> None:
    """A process that is killed while it adds leaves the index and the list of sources in step, and usable."""
    seed = int(os.environ.get("KILL_SEED", secrets.randbelow(10**6)))
    print(f"KILL_SEED={seed}")
    moments = Random(seed)  # noqa: S311 - moments to be had again, not secrets
    add(small, written(tmp_path / "a.txt", OTTERS))
    began = time.monotonic()
    _killed(small, written(tmp_path / "whole.txt", HERONS), None)
    whole = time.monotonic() - began
    remove_source(small, StemEncoder(), "whole")

    for round in range(KILLS):
        path = written(tmp_path / f"b{round}.txt", f"{HERONS} Round {round}.")
        _killed(small, path, moments.uniform(0.3, 1.0) * whole)

        manifest = read_manifest(small.index_dir)
        assert status(small, StemEncoder.name).state == "ready"
        sources = catalogue_in_use(small, manifest.catalogue).sources
        assert manifest.sources == len(sources) == len(current_catalogue(small).sources)
        assert "added/a/1" in [id for id, _ in found(small, "otters")]
        listed = f"b{round}" in [s.id for s in sources]
        assert (f"added/b{round}/1" in [id for id, _ in found(small, f"herons round {round}")]) == listed

    add(small, written(tmp_path / "last.txt", "Kingfishers hover."))
    assert found(small, "kingfishers")[0][0] == "added/last/1"


def _killed(settings: Settings, path: Path, after: float | None) -> None:
    """Adds a file in a process of its own and kills that so many seconds later; never when None."""
    command = [sys.executable, str(CRASHING), str(settings.home), str(settings.data_dir), str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("step", ["pending", "in use"])
def test_a_crash_between_the_steps_of_a_swap_is_finished_by_the_next(
    small: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Died just before the index was put into use: the old sources. Just after: the new ones, found and listed."""
    from assistant.retrieval import building

    add(small, written(tmp_path / "a.txt", OTTERS))
    really_use = building.use

    class PowerCutError(BaseException):
        """Nothing after it runs in a real one; clearing up is kept from running too."""

    def use(folder: Path, manifest: object) -> None:
        if step == "in use":
            really_use(folder, manifest)  # type: ignore[arg-type]
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
        raise PowerCutError

    monkeypatch.setattr(building, "use", use)
    with pytest.raises(PowerCutError):
        add(small, written(tmp_path / "b.txt", HERONS))
    monkeypatch.undo()

    there = ["a"] if step == "pending" else ["a", "b"]
    assert status(small, StemEncoder.name).state == "ready"
    assert [s.id for s in current_catalogue(small).sources] == there
    assert ("added/b/1" in [id for id, _ in found(small, "herons")]) == (step == "in use")
    add(small, written(tmp_path / "c.txt", "Kingfishers hover over the lock."))
    assert [s.id for s in current_catalogue(small).sources] == [*there, "c"]
    assert len(list(files_dir(small).iterdir())) == len(there) + 1


def test_an_index_of_other_sources_is_refused(small: Settings, tmp_path: Path) -> None:
    """A list of sources that is not the index's own makes it stale, with the remedy; so does a lost passage."""
    add(small, written(tmp_path / "a.txt", OTTERS))
    catalogue = sources_dir(small) / "catalogue.json"
    whole = catalogue.read_text(encoding="utf-8")

    catalogue.write_text(whole.replace('"tier": 3', '"tier": 2'), encoding="utf-8")
    other = status(small, StemEncoder.name)
    catalogue.write_text("{", encoding="utf-8")
    damaged = status(small, StemEncoder.name)
    with pytest.raises(CorpusError, match="list of added sources"):
        open_retriever(small, StemEncoder(), light=True)
    catalogue.write_text(whole, encoding="utf-8")
    passages_of(small, "a").write_text("{}", encoding="utf-8")
    with pytest.raises(CorpusError) as lost:
        build_index(small, StemEncoder())

    assert (other.state, other.fix) == ("stale", "run: scoping index build")
    assert damaged.state == "damaged"
    assert "catalogue.json" in damaged.fix
    assert "index remove a" in lost.value.fix
    assert add(small, tmp_path / "a.txt")[0].change != "refused"
    assert found(small, "otters")[0][0] == "added/a/1"
