"""Of several writers to one draft, or to one database, none undoes another."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from assistant.errors import StoreError
from assistant.store.drafts import Drafts
from assistant.store.tables import sqlite_url
from tests.store.conftest import Database


def test_a_message_is_answered_once(drafts: Drafts, answered) -> None:
    """The second answer to a message is refused, and the first stays."""
    token, draft = drafts.create("en")
    seq = drafts.receive(draft.id, "one")
    first = answered(draft.conversation, "one")
    drafts.complete(draft.id, seq, first)

    with pytest.raises(StoreError) as refused:
        drafts.complete(draft.id, seq, answered(draft.conversation, "other"))

    assert refused.value.key == "conflict"
    found = drafts.find(token)
    assert found is not None
    assert found.exchanges[0].turn == first


def test_an_answer_that_would_undo_another_is_refused(drafts: Drafts, answered) -> None:
    """Of two windows that build on the same conversation, the second cannot drop what the first heard."""
    token, draft = drafts.create("en")
    one, two = drafts.receive(draft.id, "one"), drafts.receive(draft.id, "two")
    drafts.complete(draft.id, one, answered(draft.conversation, "one"))

    with pytest.raises(StoreError) as refused:
        drafts.complete(draft.id, two, answered(draft.conversation, "two"))

    assert refused.value.key == "conflict"
    found = drafts.find(token)
    assert found is not None
    assert [m.text for m in found.conversation.messages] == ["one"]
    assert [e.text for e in found.unanswered] == ["two"]


def test_of_two_edits_from_two_windows_one_is_refused(drafts: Drafts, answered) -> None:
    """Two answers with the same messages before them cannot both come next."""
    _, draft = drafts.create("en")
    one, two = drafts.receive(draft.id, "same"), drafts.receive(draft.id, "same")
    turn = answered(draft.conversation, "same")
    drafts.complete(draft.id, one, turn)

    with pytest.raises(StoreError) as refused:
        drafts.complete(draft.id, two, turn)

    assert refused.value.key == "conflict"


def test_the_database_itself_refuses_a_second_answer(drafts: Drafts, database: Database, answered) -> None:
    """Neither a message nor a place in the order can be taken twice, whatever program writes."""
    _, draft = drafts.create("en")
    seq = drafts.receive(draft.id, "one")
    drafts.receive(draft.id, "two")
    drafts.complete(draft.id, seq, answered(draft.conversation, "one"))
    row = (
        "INSERT INTO turns (draft_id, seq, place, turn, conversation, answered_at)"
        " VALUES (:id, :seq, :place, '{}', '{}', '2026-01-01')"
    )

    for seq, place in ((1, 2), (2, 1)):
        with pytest.raises(IntegrityError):
            database.run(row, id=draft.id, seq=seq, place=place)


WRITE_MANY = """
import sys
from assistant.store.drafts import Drafts
store = Drafts(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    print(store.receive(sys.argv[2], f"{sys.argv[3]} {number}"), flush=True)
"""


def test_two_processes_writing_to_one_draft_lose_nothing(drafts: Drafts, database: Database) -> None:
    """Both processes' messages are there, each under its own number, and none met a lock."""
    token, draft = drafts.create("en")
    command = [sys.executable, "-c", WRITE_MANY, database.url, draft.id]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([*command, name], cwd=Path(__file__).parents[2], **pipes) for name in "ab"]
    assert [writer.stdout.readline() for writer in writers] == ["ready\n", "ready\n"]

    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    printed = [writer.communicate(timeout=60)[0].split() for writer in writers]

    numbers = sorted(int(seq) for seqs in printed for seq in seqs)
    assert numbers == list(range(1, 121))
    found = drafts.find(token)
    assert found is not None
    assert {e.text for e in found.exchanges} == {f"{name} {n}" for name in "ab" for n in range(60)}


def test_threads_share_one_store(drafts: Drafts) -> None:
    """Eight threads that write at once each get their own number."""
    _, draft = drafts.create("en")
    numbers: list[int] = []

    def write() -> None:
        numbers.extend(drafts.receive(draft.id, "text") for _ in range(10))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(numbers) == list(range(1, 81))


OPEN = "import sys; from assistant.store.drafts import Drafts; Drafts(sys.argv[1]); print('opened')"


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "new")
        return
    with request.getfixturevalue("postgres").database(empty=True) as url:
        yield url


def test_processes_can_make_the_database_at_once(bare_url: str) -> None:
    """Whoever comes second waits for the tables and finds them."""
    command = [sys.executable, "-c", OPEN, bare_url]
    options = {"cwd": Path(__file__).parents[2], "stdout": subprocess.PIPE, "text": True}

    openers = [subprocess.Popen(command, **options) for _ in range(3)]

    assert [opener.communicate(timeout=60)[0] for opener in openers] == ["opened\n"] * 3
