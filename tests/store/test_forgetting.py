"""What the store forgets: on request, in time, and to the last byte."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.errors import InputError, StoreError
from assistant.store.drafts import Drafts
from assistant.store.tables import sqlite_url
from tests.store.conftest import Database, stored_bytes

WRITTEN = "Zacatlán families wait nine weeks"


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
