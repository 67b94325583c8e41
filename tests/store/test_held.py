"""A person's data: handed over whole, erased to the last byte, and not brought back by a backup."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from assistant.errors import InputError, StoreError
from assistant.store.backup import backup, restore
from assistant.store.drafts import Drafts
from assistant.store.schema import of_a_draft
from assistant.store.store import Store
from assistant.store.tables import metadata, sqlite_url
from tests.store.conftest import Answered, Database

CANARY = "Zacatlán families wait nine weeks"


def lived_in(store: Store, answered: Answered) -> tuple[str, str]:
    """A draft of an applicant with an account, reviewed and made into a released case; its id and link."""
    owner = store.accounts.add("eva@city.example", ["applicant"], password=None, name="Eva Rojas")
    ana = store.accounts.add("ana@city.example", ["coach"], password=None)
    bia = store.accounts.add("bia@city.example", ["coach"], password=None)
    cleo = store.accounts.add("cleo@city.example", ["staff"], password=None)
    token, draft = store.drafts.create("en")
    store.drafts.own(draft.id, owner.id)
    store.drafts.key(draft.id, owner.id, days=7)
    seq = store.drafts.receive(draft.id, CANARY, f"{CANARY}.docx")
    store.drafts.complete(draft.id, seq, answered(draft.conversation, CANARY))
    store.reviews.hand_over(draft.id)
    store.reviews.look(draft.id, ana, turn_seq=1, place=1)
    store.reviews.note(draft.id, ana, f"{CANARY}, they say", open=False)
    review = store.reviews.decide(draft.id, ana, "fit", "fit", f"because {CANARY}", seen=2, turn_seq=1)
    case = store.candidates.make(review.id, ana)
    store.candidates.read(case.id, bia, "fit", f"yes, {CANARY}", version=1)
    store.candidates.release(case.id, cleo, version=2)
    return draft.id, token


def test_the_export_holds_everything_about_a_person(store, answered) -> None:
    """The zip of an account holds who they are, each draft, all said about it and what was made of it."""
    draft, _ = lived_in(store, answered)

    data = store.held.export(store.held.find("eva@city.example"))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    assert sorted(files) == ["account.json", f"drafts/{draft}.json"]
    account, held = files["account.json"], files[f"drafts/{draft}.json"]
    assert (account["email"], account["name"], account["roles"]) == (
        "eva@city.example",
        "Eva Rojas",
        ["applicant"],
    )
    assert held["exchanges"][0]["text"] == CANARY
    assert [r["kind"] for r in held["reviews"]] == ["hand_over", "note_coaches", "overrule"]
    assert [r["decided_by"] for r in held["reviews"]] == ["you", "a coach", "a coach"]
    assert held["candidates"][0]["text"] == CANARY
    assert "review.overrule" not in [link["action"] for link in held["audit"]]
    assert [link["action"] for link in account["audit"]] == ["account.added"]
    ana = store.held.export(store.held.find("ana@city.example"))
    with zipfile.ZipFile(io.BytesIO(ana)) as archive:
        [mine] = [json.loads(archive.read(name)) for name in archive.namelist()]
    assert [r["kind"] for r in mine["reviews"]] == ["note_coaches", "overrule"]


def test_a_draft_is_found_by_its_link_or_id_and_nothing_else(store, answered) -> None:
    """Whoever asks with the private link, however copied, gets that draft; a made-up name gets nothing."""
    draft, token = lived_in(store, answered)

    for who in (draft, token, f"https://city.example/d/{token}", f" /d/{token}/ "):
        assert store.held.find(who).drafts == (draft,)
    with pytest.raises(InputError) as told:
        store.held.find("nobody@city.example")
    assert told.value.key == "nobody"


def test_erasing_a_person_reaches_every_byte(store, answered, database: Database) -> None:
    """P4: after erasing, no file of the database holds the person's words, address or name, in any table."""
    draft, token = lived_in(store, answered)
    assert CANARY.encode() in database.read()

    erased = store.held.erase(store.held.find("eva@city.example"))

    data = database.read()
    for trace in (CANARY, json.dumps(CANARY)[1:-1], "eva@city.example", "Eva Rojas"):
        assert trace.encode() not in data, trace
    assert (erased.drafts, erased.account, len(erased.released)) == (1, True, 1)
    assert store.drafts.find(token) is None
    assert store.audit.verify().broken_at is None
    assert store.audit.links(subject=draft)[0].action == "draft.erased"


def test_what_a_coach_decided_outlives_the_coach(store, answered) -> None:
    """Erasing a coach forgets who it was and keeps the decision, its reason and the whole record."""
    draft, _ = lived_in(store, answered)
    ana = store.accounts.by_email("ana@city.example")

    store.held.erase(store.held.find("ana@city.example"))

    assert [r.decided_by for r in store.reviews.of(draft, "coach")][-1] == ana.id
    assert store.accounts.get(ana.id).email is None
    assert ana.id not in [a.id for a in store.accounts.all()]
    assert store.audit.verify().broken_at is None


def test_every_table_about_a_draft_is_erased_with_it(store) -> None:
    """A table that points to drafts says so in a column `draft_id`, by which it is emptied."""
    pointing = {
        table.name
        for table in metadata.sorted_tables
        if any(key.column.table.name == "drafts" for key in table.foreign_keys)
    }

    emptied = [table.name for table in of_a_draft()]

    assert {"messages", "reviews", "candidates", "looks", "holdings", "draft_keys"} <= pointing
    assert pointing <= set(emptied)
    assert emptied.index("candidates") < emptied.index("reviews")
    assert emptied.index("turns") < emptied.index("messages")


def test_a_backup_brings_everything_back(tmp_path: Path, answered) -> None:
    """R8: what was there at the backup is there again after a restore into nothing, and the record is whole."""
    url = sqlite_url(tmp_path / "live")
    store = Store(Drafts(url))
    draft, token = lived_in(store, answered)
    before = store.drafts.get(draft)
    said = store.reviews.of(draft, "coach")

    backup(url, tmp_path / "copy.sqlite")
    store.drafts.close()
    elsewhere = sqlite_url(tmp_path / "new")
    restored = restore(tmp_path / "copy.sqlite", elsewhere)

    again = Store(Drafts(elsewhere))
    assert again.drafts.find(token) == before
    assert again.reviews.of(draft, "coach") == said
    assert again.audit.verify().broken_at is None
    assert (restored.drafts_erased_again, restored.knew_the_present) == (0, False)
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o077 == 0


def test_a_restore_does_not_undo_what_was_erased_or_closed(tmp_path: Path, answered) -> None:
    """A draft, an account, a token and a session that ended after the backup stay ended, to the last byte."""
    url = sqlite_url(tmp_path / "live")
    store = Store(Drafts(url))
    lived_in(store, answered)
    bia = store.accounts.by_email("bia@city.example")
    secret, token = store.accounts.add_token(store.accounts.by_email("cleo@city.example").id, ["check"])
    session = store.accounts._begin(bia.id)
    _, kept = store.drafts.create("es")
    backup(url, tmp_path / "copy.sqlite")
    store.held.erase(store.held.find("eva@city.example"))
    store.accounts.disable(bia.id)
    store.accounts.revoke_token(token.id)
    store.drafts.create("pt")

    restored = restore(tmp_path / "copy.sqlite", url)

    again = Store(Drafts(url))
    assert (restored.drafts_erased_again, restored.closed_again, restored.knew_the_present) == (1, 3, True)
    data = b"".join(p.read_bytes() for p in (tmp_path / "live").iterdir())
    assert CANARY.encode() not in data
    assert b"eva@city.example" not in data
    assert again.drafts.get(kept.id) is not None
    assert again.accounts.bearer(secret) is None
    assert again.accounts.session(session) is None
    assert not again.accounts.get(bia.id).may("coach")
    assert again.audit.verify().broken_at is None


def test_a_backup_is_made_while_others_write(tmp_path: Path) -> None:
    """Copying does not wait for a writer that is under way, and holds what was on disk before it."""
    url = sqlite_url(tmp_path / "live")
    store = Store(Drafts(url))
    token, draft = store.drafts.create("en")
    store.drafts.receive(draft.id, "before")

    with store.engine.execution_options(writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE drafts SET lang = 'pt'")
        backup(url, tmp_path / "copy.sqlite")

    found = Drafts(sqlite_url(tmp_path / "new").replace("new/drafts.db", "copy.sqlite")).find(token)
    assert found is not None
    assert (found.lang, [e.text for e in found.exchanges]) == ("en", ["before"])


@pytest.mark.parametrize("content", [b"", b"not a database " * 500, None])
def test_what_is_no_backup_is_refused_and_changes_nothing(tmp_path: Path, content: bytes | None) -> None:
    """An empty, a foreign and a missing file are named with their remedy, and the database stays as it is."""
    url = sqlite_url(tmp_path / "live")
    token, _ = Drafts(url).create("en")
    if content is not None:
        (tmp_path / "copy").write_bytes(content)

    with pytest.raises(InputError) as told:
        restore(tmp_path / "copy", url)

    assert told.value.key in ("no_backup", "no_database")
    assert Drafts(url).find(token) is not None


def test_a_damaged_database_is_moved_aside_by_a_restore(tmp_path: Path) -> None:
    """A backup replaces a file that no longer opens, and the damaged one is kept beside it."""
    url = sqlite_url(tmp_path / "live")
    token, _ = Drafts(url).create("en")
    backup(url, tmp_path / "copy")
    (tmp_path / "live" / "drafts.db-wal").unlink(missing_ok=True)
    (tmp_path / "live" / "drafts.db").write_bytes(b"lost " * 4000)

    restored = restore(tmp_path / "copy", url)

    assert not restored.knew_the_present
    assert Drafts(url).find(token) is not None
    assert (tmp_path / "live" / "drafts.db.damaged").read_bytes().startswith(b"lost ")


def test_a_backup_never_replaces_a_file(tmp_path: Path) -> None:
    """A name that is taken, a folder that is not there and a server's database are each refused."""
    url = sqlite_url(tmp_path / "live")
    Drafts(url).create("en")
    (tmp_path / "taken").write_text("mine")

    for place, address, key in (
        (tmp_path / "taken", url, "file_exists"),
        (tmp_path / "x", sqlite_url(tmp_path / "none"), "no_database"),
        (tmp_path / "x", "postgresql://u@h/d", "use_pg_dump"),
    ):
        with pytest.raises(InputError) as told:
            backup(address, place)
        assert told.value.key == key
    with pytest.raises(StoreError):
        backup(url, tmp_path / "no" / "such" / "folder")
    assert (tmp_path / "taken").read_text() == "mine"
