"""What was done stays on record, and whoever changes the record is found out."""

from __future__ import annotations

import os
import random
import secrets
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from assistant.errors import AccessError
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from assistant.store.tables import sqlite_url
from tests.store.conftest import Answered, Database

EDITS = int(os.environ.get("AUDIT_EDITS", "100"))
COLUMNS = ("at", "actor", "action", "subject", "details", "previous", "hash")


def busy(store: Store, answered: Answered) -> str:
    """The id of a review, in a store where a few things happened."""
    coach = store.accounts.add("ana@city.example", ["coach", "staff"], password=None)
    _, draft = store.drafts.create("en")
    seq = store.drafts.receive(draft.id, "Families wait nine weeks")
    store.drafts.complete(draft.id, seq, answered(draft.conversation, "Families wait nine weeks"))
    store.reviews.hand_over(draft.id)
    review = store.reviews.decide(
        draft.id, coach, "fit", "fit", "They name who decides", seen=1, turn_seq=seq
    )
    store.switches.set("language_model", "off", coach)
    _, gone = store.drafts.create("en")
    store.reviews.hand_over(gone.id)
    store.drafts.erase(gone.id)
    return review.id


def test_everything_that_matters_is_on_record_without_what_was_written(store, answered, database) -> None:
    """Account, review, setting and erasure are links of a whole chain, which holds ids and hashes only."""
    review = busy(store, answered)

    checked = store.audit.verify()

    links = store.audit.links()
    assert [link.action for link in reversed(links)] == [
        "account.added",
        "review.hand_over",
        "review.overrule",
        "setting.changed",
        "review.hand_over",
        "draft.erased",
    ]
    assert (checked.links, checked.broken_at) == (6, None)
    assert [link.seq for link in store.audit.links(subject=review)] == [3]
    assert "nine weeks" not in str(links)
    assert "names" not in str(links)
    assert "ana@" not in str(links)


def test_a_text_is_no_detail(store) -> None:
    """Nobody can put what somebody wrote into the record by mistake."""
    with pytest.raises(ValueError, match="ids"):
        store.audit.add("operator", "data.exported", "x", why="She asked for it by phone")

    assert store.audit.links() == []


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_the_database_refuses_changes_to_the_record(store, answered, database: Database, change: str) -> None:
    """Another program that forgets itself is stopped by the database."""
    busy(store, answered)

    with pytest.raises(DBAPIError, match="append-only"):
        database.run(change)

    assert store.audit.verify().broken_at is None


def test_random_edits_of_the_record_are_found(tmp_path: Path, answered) -> None:
    """G3: whoever removes the guards and changes, deletes, adds or swaps links is found at the place."""
    store = Store(Drafts(sqlite_url(tmp_path)))
    busy(store, answered)
    for number in range(20):
        store.audit.add("operator", "data.exported", f"draft{number}", part=number)
    links = store.audit.verify().links
    seed = int(os.environ.get("AUDIT_SEED", secrets.randbelow(10**6)))
    print(f"AUDIT_SEED={seed}")
    dice = random.Random(seed)  # noqa: S311  # edits to be had again, not secrets
    raw = sqlite3.connect(tmp_path / "drafts.db", isolation_level=None)
    for trigger in ("audit_no_update", "audit_no_delete"):
        raw.execute(f"DROP TRIGGER {trigger}")

    found = 0
    for _ in range(EDITS):
        raw.execute("BEGIN")
        where = edit(raw, dice, links)
        raw.execute("COMMIT")
        broken = store.audit.verify().broken_at
        found += broken is not None and broken <= where
        restore(raw)

    assert found == EDITS
    assert store.audit.verify().broken_at is None


def edit(raw: sqlite3.Connection, dice: random.Random, links: int) -> int:
    """Change one thing somewhere in the record; the number of the first link that it concerns."""
    raw.execute("CREATE TEMP TABLE kept AS SELECT * FROM audit")
    seq = dice.randint(1, links)
    kind = dice.choice(["change", "delete", "swap", "add"])
    if kind == "change":
        column = dice.choice(COLUMNS)
        value = raw.execute(f"SELECT {column} FROM audit WHERE seq = ?", (seq,)).fetchone()[0] or "0"  # noqa: S608
        place = dice.randrange(len(value))
        other = dice.choice([c for c in "0123456789abcdef" if c != value[place]])
        changed = value[:place] + other + value[place + 1 :]
        raw.execute(f"UPDATE audit SET {column} = ? WHERE seq = ?", (changed, seq))  # noqa: S608
        return seq
    if kind == "delete":
        raw.execute("DELETE FROM audit WHERE seq = ?", (seq,))
        return seq
    if kind == "swap":
        seq, other_seq = sorted(dice.sample(range(1, links + 1), 2))
        for old, new in ((seq, -1), (other_seq, seq), (-1, other_seq)):
            raw.execute("UPDATE audit SET seq = ? WHERE seq = ?", (new, old))
        return seq
    raw.execute(
        "INSERT INTO audit SELECT ?, at, actor, action, subject, details, previous, hash FROM audit"
        " WHERE seq = ?",
        (links + 1, seq),
    )
    return links + 1


def restore(raw: sqlite3.Connection) -> None:
    """Put the record back as it was."""
    raw.execute("DELETE FROM audit")
    raw.execute("INSERT INTO audit SELECT * FROM temp.kept")
    raw.execute("DROP TABLE temp.kept")


def test_a_review_that_was_changed_or_removed_is_found(store, answered, database: Database) -> None:
    """T13: a judgement edited in its own table no longer fits the record, and neither does one that is gone."""
    review = busy(store, answered)
    drop = "DROP TRIGGER reviews_no_update" + ("" if database.is_sqlite else " ON reviews")
    database.run(drop)

    database.run("UPDATE reviews SET now = 'poor_fit' WHERE id = :id", id=review)
    changed = store.audit.verify()
    database.run("DELETE FROM reviews WHERE id = :id", id=review)
    removed = store.audit.verify()

    assert (changed.broken_at, changed.why) == (3, f"review {review} is not what was written")
    assert (removed.broken_at, removed.why) == (3, f"review {review} is gone")


def test_a_chain_computed_anew_is_found_by_a_link_noted_before(tmp_path: Path, answered) -> None:
    """Somebody with the database alone can make a whole new chain, but not one with the link that was noted."""
    store = Store(Drafts(sqlite_url(tmp_path / "real")))
    busy(store, answered)
    noted = store.audit.verify()
    forged = Store(Drafts(sqlite_url(tmp_path / "forged")))
    for number in range(8):
        forged.audit.add("operator", "data.exported", f"draft{number}")

    assert forged.audit.verify().broken_at is None
    assert forged.audit.verify((noted.links, noted.head)).broken_at == noted.links
    assert store.audit.verify((noted.links, noted.head)).broken_at is None
    assert store.audit.verify((noted.links + 1, "0" * 64)).broken_at == noted.links + 1


def test_a_switch_is_set_by_staff_and_seen_by_every_process(store, database: Database) -> None:
    """The newest value counts everywhere, earlier ones stay on record, and a coach cannot switch."""
    staff = store.accounts.add("s@city.example", ["staff"], password=None)
    coach = store.accounts.add("c@city.example", ["coach"], password=None)
    assert store.switches.get("language_model") is None

    store.switches.set("language_model", "off", staff)
    store.switches.set("language_model", "on", staff)
    with pytest.raises(AccessError):
        store.switches.set("language_model", "off", coach)

    assert Store(Drafts(database.url)).switches.get("language_model") == "on"
    assert [(c.place, c.value, c.set_by) for c in store.switches.history("language_model")] == [
        (2, "on", staff.id),
        (1, "off", staff.id),
    ]
