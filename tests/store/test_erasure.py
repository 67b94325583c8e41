"""P4: whatever is added to the product, erasing a person reaches it, and what is handed to them holds it."""

from __future__ import annotations

import io
import json
import os
import secrets
import subprocess
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from assistant.cli import app
from assistant.domain import ProbeAnswer
from assistant.errors import DocumentError
from assistant.retrieval import waiting
from assistant.retrieval.added import sources_dir
from assistant.retrieval.ingest import About
from assistant.settings import Settings
from assistant.store.accounts import Account
from assistant.store.batches import Given, Trouble
from assistant.store.drafts import Drafts
from assistant.store.schema import metadata
from assistant.store.store import Store
from assistant.store.tables import reading
from tests.postgres import programs
from tests.store.conftest import Answered, Database, stored_bytes

KEEP_A_BARE_ID = {
    "reviews.decided_by",
    "looks.account_id",
    "candidates.made_by",
    "candidates.second_by",
    "switches.set_by",
    "jobs.started_by",
}
"""Where a person's own work goes on without them, under an id that leads to nobody."""
EMPTIED = {"sessions.account_id", "api_tokens.account_id", "holdings.account_id", "batches.account_id"}
"""Where nothing of an erased account stays, not even its id."""


@pytest.fixture
def canary() -> str:
    """A word that occurs nowhere else, not even in the database of another test."""
    return f"Zacatlan{secrets.token_hex(8)}"


def everywhere(store: Store, answered: Answered, canary: str) -> Account:
    """Somebody who applied, coached and was staff, with the word wherever they can leave one; their account."""
    accounts = store.accounts
    eva = accounts.add(
        f"{canary}@city.example",
        ["applicant", "coach", "staff"],
        password=None,
        name=canary,
    )
    other = accounts.add("other@city.example", ["coach", "staff"], password=None)
    accounts._begin(eva.id)
    accounts.add_token(eva.id, ["check"], label=canary)
    accounts.limits.take({f"account {canary}": 3}, seconds=60)
    _, draft = store.drafts.create("en")
    store.drafts.own(draft.id, eva.id)
    store.drafts.key(draft.id, eva.id, days=7)
    store.drafts.receive(draft.id, canary, f"{canary}.docx")
    store.drafts.complete(draft.id, 1, answered(draft.conversation, canary))
    sheet = store.drafts.sheets.make(draft.id, "legal", ("resident_problem",), canary, "en")
    store.drafts.sheets.answer(sheet, {"resident_problem": canary}, canary, canary)
    store.drafts.sheets.mark(draft.id, ProbeAnswer(source=canary, field="owner", text=canary))
    store.reviews.hand_over(draft.id)
    store.reviews.look(draft.id, eva, turn_seq=1, place=1)
    review = store.reviews.decide(draft.id, other, "fit", "fit", canary, seen=1, turn_seq=1)
    case = store.candidates.make(review.id, other)
    store.candidates.read(case.id, eva, "fit", canary, version=1)
    rows = (Given(row_id=canary, text=canary), Given(row_id="b", trouble=Trouble(error=canary, fix=canary)))
    batch = store.batches.add(eva, f"{canary}.csv", rows)
    judgement = answered(draft.conversation, canary).judgement
    store.batches.keep(batch, [(1, canary, judgement), (2, "b", Trouble(error=canary, fix=canary))])
    job = store.jobs.begin("index", eva, "add")
    store.jobs.finish(job.id, DocumentError(f"{canary}.pdf is locked", fix=f"unlock {canary}.pdf"))
    store.switches.set("model", "off", eva)
    store.usage.add("llm", "m", "ok")
    return eva


def counts(store: Store) -> dict[str, int]:
    """How many rows each table has."""
    with reading(store.engine) as connection:
        return {
            t.name: connection.execute(select(func.count()).select_from(t)).scalar_one()
            for t in metadata.sorted_tables
        }


def dump(database: Database) -> bytes:
    """What PostgreSQL's own copy of the database says, or nothing on SQLite, whose files are all there is."""
    folder = programs()
    if database.is_sqlite or folder is None:
        return b""
    return subprocess.run([folder / "pg_dump", database.url], capture_output=True, check=True).stdout


def test_erasing_somebody_reaches_every_table_there_is(store, answered, database: Database, canary) -> None:
    """P4: with something of theirs in every table, no file, no journal and no dump holds a word of it afterwards."""
    eva = everywhere(store, answered, canary)
    empty = [name for name, count in counts(store).items() if not count]
    held = canary.encode() in database.read()

    store.held.erase(store.held.find(f"{canary}@city.example"))

    left = counts(store)
    assert empty == []  # whoever adds a table shows here that erasing reaches it
    assert held
    assert canary.encode() not in database.read()
    assert canary.encode() not in dump(database)
    assert [left[t] for t in ("batches", "batch_rows", "drafts", "messages", "sheets", "sheet_answers")] == [
        0
    ] * 6
    assert store.audit.verify().broken_at is None
    assert store.accounts.get(eva.id).email is None


def test_every_column_that_names_an_account_is_known_to_erasure(store, answered, canary) -> None:
    """A new column for an account has to say whether erasing empties it or leaves an id that leads to nobody."""
    naming = {
        f"{table.name}.{key.parent.name}"
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "accounts"
    }
    eva = everywhere(store, answered, canary)

    store.held.erase(store.held.find(eva.id))

    assert naming == KEEP_A_BARE_ID | EMPTIED
    with reading(store.engine) as connection:
        for name in EMPTIED:
            column = metadata.tables[name.partition(".")[0]].c[name.partition(".")[2]]
            assert connection.execute(select(column).where(column == eva.id)).all() == [], name


def test_the_export_holds_what_was_left_in_every_table(store, answered, canary) -> None:
    """What is handed to a person who did everything names their drafts, sheets, batches, jobs, cases and switches."""
    eva = everywhere(store, answered, canary)

    data = store.held.export(store.held.find(eva.id), {"sources/x/notes.md": b"as it was sent"})

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = json.loads(archive.read("account.json"))
        [draft] = [json.loads(archive.read(n)) for n in archive.namelist() if n.startswith("drafts/")]
        sent = archive.read("sources/x/notes.md")
    assert sent == b"as it was sent"
    assert held["name"] == canary
    assert [token["label"] for token in held["tokens"]] == [canary]
    assert [row["row_id"] for row in held["batches"][0]["rows"]] == [canary, "b"]
    assert held["batches"][0]["rows"][1]["error"] == canary
    assert held["jobs"][0]["message"] == f"{canary}.pdf is locked"
    assert [case["second_reason"] for case in held["cases_read"]] == [canary]
    assert [(s["name"], s["value"]) for s in held["switches"]] == [("model", "off")]
    assert len(held["looks"]) == 1
    assert draft["exchanges"][0]["text"] == canary
    assert [(sheet["role"], sheet["summary"]) for sheet in draft["sheets"]] == [("legal", canary)]
    assert canary in json.dumps(draft["conversation"]["contributions"])


def test_the_command_erases_what_lies_beside_the_database_too(tmp_path: Path, answered, canary) -> None:
    """P4: after `scoping data delete`, no file of the data folder holds a word of theirs; others' files stay."""
    settings = Settings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    store = Store(Drafts(settings.database))
    eva = everywhere(store, answered, canary)
    for name, by in ((f"{canary}.md", eva.id), ("others.md", "0" * 32)):
        file = io.BytesIO(f"# Repairs\n\n{name} is read each Monday.\n".encode())
        waiting.stage(settings, name, file, About(), language=lambda _: "en", sent_by=by)
    store.drafts.close()
    environment = {"ASSISTANT_DATA_DIR": str(tmp_path)}

    exported = CliRunner().invoke(
        app, ["data", "export", eva.id, "-o", str(tmp_path / "p.zip")], env=environment
    )
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        files = [name for name in archive.namelist() if name.startswith("sources/")]
    (tmp_path / "p.zip").unlink()
    erased = CliRunner().invoke(app, ["data", "delete", eva.id, "--yes"], env=environment)

    assert (exported.exit_code, erased.exit_code) == (0, 0), erased.output
    assert [name.rpartition("/")[2] for name in files] == [f"{canary}.md"]
    assert canary.encode() not in stored_bytes(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if canary in path.name]
    assert [told.file for told in waiting.all_waiting(settings)] == ["others.md"]


def test_what_a_crash_left_of_a_file_goes_by_itself(tmp_path: Path) -> None:
    """A file that was never read to its end is deleted after a day, and not while it may still be read."""
    settings = Settings(data_dir=tmp_path, _env_file=None)  # type: ignore[call-arg]
    folders = [sources_dir(settings) / "waiting" / name for name in ("0" * 32, "1" * 32)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "half.pdf").write_bytes(b"half a file")
    os.utime(folders[0], (0, 0))

    waiting.purge(settings)

    assert [folder.exists() for folder in folders] == [False, True]
