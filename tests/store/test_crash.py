"""What was acknowledged survives the sudden end of the process that acknowledged it."""

from __future__ import annotations

import os
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.store.drafts import Drafts
from assistant.store.tables import sqlite_url

ROUNDS = int(os.environ.get("KILL_ROUNDS", "20"))
WRITER = Path(__file__).parent / "writer.py"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """Every id a writer printed after a commit is found again, whole, however often writers are killed."""
    seed = int(os.environ.get("KILL_SEED", secrets.randbelow(10**6)))
    print(f"KILL_SEED={seed}")
    moments = random.Random(seed)  # noqa: S311 - moments to be had again, not secrets
    url = sqlite_url(tmp_path)

    notes = kill_writers(url, tmp_path, [moments.uniform(0.0, 0.25) for _ in range(ROUNDS)])

    assert_all_kept(Drafts(url), notes)
    assert any(note.startswith("complete") for note in notes)
    whole = sqlite3.connect(tmp_path / "drafts.db").execute("PRAGMA integrity_check").fetchone()
    assert whole == ("ok",)


def kill_writers(url: str, folder: Path, delays: list[float]) -> list[str]:
    """Kill one writer after the other, each so long after its first note; all their notes."""
    command = [sys.executable, str(WRITER), url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        for number, delay in enumerate(delays):
            file = folder / f"notes-{number}"
            print(file, file=nursery.stdin, flush=True)
            pid = int(nursery.stdout.readline())
            wait_for(file)
            time.sleep(delay)
            os.kill(pid, signal.SIGKILL)
            assert nursery.stdout.readline() == "ended\n"
        nursery.stdin.close()
    return [note for file in folder.glob("notes-*") for note in file.read_text().splitlines()]


def wait_for(file: Path) -> None:
    """Return once a writer has noted something."""
    deadline = time.monotonic() + 10
    while not (file.exists() and file.stat().st_size):
        assert time.monotonic() < deadline, "the writer does not write"
        time.sleep(0.002)


def assert_all_kept(store: Drafts, notes: list[str]) -> None:
    """Each noted message and answer is there, and the drafts hold no half of anything."""
    drafts = {note.split()[1]: store.get(note.split()[1]) for note in notes}
    for note in notes:
        kind, id, *number = note.split()
        draft = drafts[id]
        assert draft is not None
        if kind == "create":
            continue
        exchange = draft.exchanges[int(number[0]) - 1]
        assert exchange.text == f"message {number[0]}"
        assert kind == "receive" or exchange.turn is not None
    for draft in drafts.values():
        assert draft is not None
        assert [e.seq for e in draft.exchanges] == list(range(1, len(draft.exchanges) + 1))
        assert len(draft.unanswered) <= 1
        answered = [e.text for e in draft.exchanges if e.turn is not None]
        assert [m.text for m in draft.conversation.messages] == answered
