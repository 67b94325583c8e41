"""What the store keeps, gives back, forgets and refuses."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from assistant.domain import Conversation
from assistant.errors import InputError, ScopingError, StoreError
from assistant.store.drafts import Drafts
from assistant.store.tables import metadata, sqlite_url
from tests.store.conftest import Database, stored_bytes

WRITTEN = "Zacatlán families wait nine weeks"


# --- keeping and finding -----------------------------------------------------------------------------------


def test_a_draft_is_resumed_where_its_last_answer_left_it(
    drafts: Drafts, database: Database, answered
) -> None:
    """Another process that opens the token sees the same exchanges and the same conversation."""
    token, draft = drafts.create("es")
    seq = drafts.receive(draft.id, "Las familias esperan meses")
    turn = answered(draft.conversation, "Las familias esperan meses")
    drafts.complete(draft.id, seq, turn)
    drafts.close()

    found = Drafts(database.url).find(token)

    assert found is not None
    assert found.conversation == turn.conversation
    assert [(e.seq, e.text, e.turn) for e in found.exchanges] == [(1, "Las familias esperan meses", turn)]
    assert found.lang == "es"
    assert found.created_at.tzinfo is not None


def test_a_token_that_nobody_was_given_opens_nothing(drafts: Drafts) -> None:
    """Neither a made-up token nor a draft's id or stored hash is a way in."""
    token, draft = drafts.create("en")

    assert drafts.find("guess") is None
    assert drafts.find(draft.id) is None
    assert drafts.find(token + "x") is None
    assert drafts.find("\ud800") is None


def test_tokens_are_not_stored(drafts: Drafts, database: Database) -> None:
    """No file of the database contains a token; ids and tokens are long and never repeat."""
    made = [drafts.create("en") for _ in range(20)]

    data = database.read()

    assert all(draft.id.encode() in data for _, draft in made)
    assert all(token.encode() not in data and len(token) >= 43 for token, _ in made)
    assert len({draft.id for _, draft in made}) == 20
    assert all(len(draft.id) == 32 and int(draft.id, 16) >= 0 for _, draft in made)


def test_a_message_whose_answer_failed_stays_and_can_be_answered_later(drafts: Drafts, answered) -> None:
    """A received message waits for its answer, even behind a later one that got its own first."""
    token, draft = drafts.create("en")
    failed = drafts.receive(draft.id, "first", "draft.docx")
    later = drafts.receive(draft.id, "second")
    drafts.complete(draft.id, later, answered(draft.conversation, "second"))
    waiting = drafts.find(token)
    assert waiting is not None
    assert [(e.text, e.document) for e in waiting.unanswered] == [("first", "draft.docx")]

    last = answered(waiting.conversation, "first")
    drafts.complete(draft.id, failed, last)

    done = drafts.find(token)
    assert done is not None
    assert done.unanswered == ()
    assert done.latest == last
    assert [m.text for m in done.conversation.messages] == ["second", "first"]


def test_an_edit_remembers_the_field_it_rewrites(drafts: Drafts) -> None:
    """A rewritten field can be tried again as what it was."""
    token, draft = drafts.create("en")

    drafts.receive(draft.id, "crews of the water office", element="decision_maker")

    found = drafts.find(token)
    assert found is not None
    assert found.exchanges[0].element == "decision_maker"


def test_text_that_no_database_takes_is_kept_without_its_unseen_characters(drafts: Drafts) -> None:
    """Lone surrogates and null characters from a browser do not break the store."""
    token, draft = drafts.create("en")

    drafts.receive(draft.id, "mould\ud800 in\x00 flats", "dra\udfffft.txt")

    found = drafts.find(token)
    assert found is not None
    assert (found.exchanges[0].text, found.exchanges[0].document) == ("mould in flats", "draft.txt")


def test_a_chosen_language_outlives_answers_under_way(drafts: Drafts, answered) -> None:
    """The language chosen last counts until a later message is answered."""
    token, draft = drafts.create(None)
    seq = drafts.receive(draft.id, "hello")
    drafts.set_language(draft.id, "pt")
    drafts.complete(draft.id, seq, answered(Conversation(id=draft.id, lang="en"), "hello"))
    chosen = drafts.find(token)
    assert chosen is not None
    assert (chosen.lang, chosen.conversation.lang) == ("pt", "pt")

    seq = drafts.receive(draft.id, "hola")
    next_turn = answered(chosen.conversation.model_copy(update={"lang": "es"}), "hola")
    drafts.complete(draft.id, seq, next_turn)

    found = drafts.find(token)
    assert found is not None
    assert (found.lang, found.conversation.lang) == ("es", "es")


# --- two writers -------------------------------------------------------------------------------------------


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


# --- forgetting --------------------------------------------------------------------------------------------


def test_erasing_leaves_no_byte_of_the_text(drafts: Drafts, database: Database, answered) -> None:
    """P4: after erasing, no file of the database contains what was written, and the others' drafts are whole."""
    kept_token, kept = drafts.create("en")
    drafts.receive(kept.id, "somebody else's draft")
    token, draft = drafts.create("en")
    conversation = draft.conversation
    for number in range(12):
        text = f"{WRITTEN} {number} " * 200
        seq = drafts.receive(draft.id, text, f"{WRITTEN}.docx")
        turn = answered(conversation, text)
        drafts.complete(draft.id, seq, turn)
        conversation = turn.conversation
    assert WRITTEN.encode() in database.read()

    assert drafts.erase(draft.id)

    data = database.read()
    assert WRITTEN.encode() not in data
    assert json.dumps(WRITTEN)[1:-1].encode() not in data
    assert drafts.find(token) is None
    assert drafts.find(kept_token) is not None
    assert not drafts.erase(draft.id)


def test_erasing_says_so_when_a_reader_keeps_the_text_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that holds the database open is no reason to claim that everything is gone."""
    monkeypatch.setattr("assistant.store.tables.BUSY_SECONDS", 0.05)
    store = Drafts(sqlite_url(tmp_path))
    _, draft = store.create("en")
    store.receive(draft.id, WRITTEN)
    backup = sqlite3.connect(tmp_path / "drafts.db", isolation_level=None)
    backup.execute("BEGIN")
    backup.execute("SELECT count(*) FROM messages").fetchone()

    with pytest.raises(StoreError, match="journal") as told:
        store.erase(draft.id)

    assert "backup" in told.value.fix
    backup.close()
    store.erase(draft.id)
    assert WRITTEN.encode() not in stored_bytes(tmp_path)


def test_drafts_nobody_touches_expire(database: Database) -> None:
    """Purging erases what was last touched before the retention time, and nothing newer."""
    today = datetime(2026, 11, 20, tzinfo=UTC)
    moment = today - timedelta(days=200)
    store = Drafts(database.url, now=lambda: moment)
    old_token, old = store.create("en")
    store.receive(old.id, WRITTEN)
    alive_token, alive = store.create("en")
    moment = today - timedelta(days=179)
    store.receive(alive.id, "we are still at it")
    moment = today

    assert store.purge(180) == 1

    assert store.find(old_token) is None
    assert store.find(alive_token) is not None
    assert WRITTEN.encode() not in database.read()
    assert store.purge(180) == 0


def test_a_person_gets_everything_held_about_them(drafts: Drafts, answered) -> None:
    """The export holds each text, answer, conversation and time of a draft, and none of another's."""
    _, other = drafts.create("en")
    drafts.receive(other.id, WRITTEN)
    token, draft = drafts.create("pt")
    seq = drafts.receive(draft.id, "as famílias esperam", "rascunho.pdf")
    turn = answered(draft.conversation, "as famílias esperam")
    drafts.complete(draft.id, seq, turn)
    drafts.receive(draft.id, "ainda sem resposta")

    data = json.loads(json.dumps(drafts.export(draft.id), ensure_ascii=False))

    first, second = data["exchanges"]
    assert (first["text"], first["document"]) == ("as famílias esperam", "rascunho.pdf")
    assert first["turn"]["reply"] == turn.reply
    assert first["conversation"]["messages"][0]["text"] == "as famílias esperam"
    assert (second["text"], second["turn"]) == ("ainda sem resposta", None)
    assert data["conversation"]["id"] == draft.id
    assert data["created_at"].startswith(str(draft.created_at.year))
    assert WRITTEN not in json.dumps(data)
    assert token not in json.dumps(data)


@pytest.mark.parametrize("use", ["receive", "complete", "set_language", "export"])
def test_a_draft_that_is_gone_is_named_as_such(drafts: Drafts, answered, use: str) -> None:
    """Whoever still holds an erased draft is told that it is gone, whatever they do with it."""
    _, draft = drafts.create("en")
    drafts.receive(draft.id, "one")
    drafts.erase(draft.id)
    arguments = {
        "receive": ("two",),
        "complete": (1, answered(draft.conversation, "one")),
        "set_language": ("es",),
        "export": (),
    }

    with pytest.raises(InputError) as told:
        getattr(drafts, use)(draft.id, *arguments[use])

    assert told.value.key == "draft_gone"


# --- when it cannot ----------------------------------------------------------------------------------------


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


# --- the database ------------------------------------------------------------------------------------------


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
