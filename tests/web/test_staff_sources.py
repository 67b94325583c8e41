"""The sources page: nothing enters the index before a person has seen what was read and approved it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from assistant.retrieval.building import current_catalogue
from assistant.retrieval.manifest import in_use
from assistant.retrieval.waiting import all_waiting
from assistant.store.accounts import Account
from assistant.wiring import Product
from tests.web.staff_desk import client, csrf, indexed, product, staff, text_of

__all__ = ["client", "indexed", "product", "staff"]

NOTE = "# Bin lifts\n\nMissed bins in Harrow Lane fell by a third once crews saw the list.\n\nThe hid\u202eden one.\n"


def send(client: TestClient, name: str = "bins.md", text: str | bytes = NOTE, **fields: str):
    """Send a file by the page's form."""
    data = {"csrf": csrf(client, "/staff/sources"), "tier": "3", **fields}
    content = text.encode() if isinstance(text, str) else text
    return client.post("/staff/sources", data=data, files={"file": (name, content)})


def ended(client: TestClient, page: str) -> str:
    """The words of a job's page once it is no longer going on."""
    (link,) = set(re.findall(r"/staff/jobs/[0-9a-f]{32}", page)) or {""}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        shown = client.get(link).text if link else page
        if "data-watch" not in shown:
            return text_of(shown)
        time.sleep(0.2)
    raise AssertionError("the job does not end")


def test_a_file_enters_the_index_only_once_it_is_approved(
    client: TestClient, indexed: Product, staff: Account
) -> None:
    """T4: what was read and cut is shown first; approval puts it in force under a name; removal ends it."""
    before = in_use(indexed.settings)

    preview = send(client, title="Bins <b>2025</b>", tier="2", date="2025-06").text
    (waiting,) = all_waiting(indexed.settings)
    unchanged = in_use(indexed.settings)
    job = client.post(
        f"/staff/sources/waiting/{waiting.id}", data={"csrf": csrf(client), "do": "approve"}
    ).text
    added = ended(client, job)
    (source,) = current_catalogue(indexed.settings).sources
    listed = client.get("/staff/sources").text
    hit = next(h for h in indexed.retriever.passages("missed bins Harrow Lane", "en", 5) if "bins" in h.id)

    assert "Missed bins in Harrow Lane fell by a third" in preview
    assert "Hidden characters left out: 1" in preview
    assert "Bins &lt;b&gt;2025&lt;/b&gt;" in preview
    assert unchanged == before
    assert "Done" in added
    assert (source.tier, source.date, source.approved_by) == (2, "2025-06", staff.id)
    assert all_waiting(indexed.settings) == []
    assert "Approved by" in listed
    assert "Staff" in text_of(listed.split("Approved by")[1])
    assert "Harrow Lane" in (hit.passage.text if hit.passage else "")

    form = {"csrf": csrf(client)}
    unsure = client.post(f"/staff/sources/remove/{source.id}", data=form)
    gone = ended(client, client.post(f"/staff/sources/remove/{source.id}", data={**form, "sure": "yes"}).text)

    assert unsure.status_code == 400
    assert "the box was not ticked" in unsure.text
    assert "Done" in gone
    assert current_catalogue(indexed.settings).sources == ()
    done = [link.action for link in indexed.store.audit.links(action="source.")]
    assert done == ["source.removed", "source.added", "source.sent"]


def test_a_discarded_file_leaves_nothing(client: TestClient, product: Product) -> None:
    """Discarding deletes the file and what was read of it."""
    send(client)
    (waiting,) = all_waiting(product.settings)

    answer = client.post(f"/staff/sources/waiting/{waiting.id}", data={"csrf": csrf(client), "do": "discard"})

    assert "The file was discarded." in answer.text
    assert not [p for p in (product.settings.data_dir / "sources").rglob("*") if p.is_file()]
    assert client.get(f"/staff/sources/waiting/{waiting.id}").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "fields", "said"),
    [
        ("a.exe", b"MZ", {}, "This kind of file cannot be read here."),
        ("a.md", b"", {}, "The file has no text that a reader sees."),
        ("a.pdf", b"%PDF-1.7 broken", {}, "The file could not be read."),
        ("a.md", b"Text", {"date": "soon"}, "This is no date."),
        ("a.md", b"Text", {"id": "Not An Id"}, "This cannot be an identifier."),
        ("../../a.exe", b"MZ", {}, "This kind of file cannot be read here."),
    ],
)
def test_what_cannot_be_taken_is_told_and_keeps_what_was_typed(
    client: TestClient, product: Product, name: str, content: bytes, fields: dict[str, str], said: str
) -> None:
    """A refusal names its cause and remedy, keeps nothing, and leaves the form as it was filled in."""
    answer = send(client, name, content, title="My title", **fields)

    assert answer.status_code == 400
    assert said in answer.text
    assert 'value="My title"' in answer.text
    assert all_waiting(product.settings) == []
    assert not [p for p in (product.settings.data_dir / "sources").rglob("*") if p.is_file()]


def test_a_form_without_a_file_says_so(client: TestClient) -> None:
    """The form sent without a file comes back with the remedy."""
    answer = client.post(
        "/staff/sources", data={"csrf": csrf(client), "title": "T"}, files={"other": ("", b"")}
    )

    assert answer.status_code == 400
    assert "No file was chosen." in answer.text


def test_a_damaged_list_of_sources_is_shown_with_its_remedy(client: TestClient, product: Product) -> None:
    """The page still opens when the list of added sources cannot be read, and says what to do."""
    folder = product.settings.data_dir / "sources"
    folder.mkdir(parents=True)
    (folder / "catalogue.json").write_text("{broken")

    page = client.get("/staff/sources")

    assert page.status_code == 200
    assert "the list of added sources is damaged" in page.text
    assert "from a backup, or delete it and add the files again" in page.text


def test_the_index_is_rebuilt_with_progress_and_one_at_a_time(
    client: TestClient, indexed: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another build is put into use; while it goes on a second one is refused and its page refreshes without script."""
    from assistant.retrieval import building

    build, before = building.build_index, in_use(indexed.settings)
    seen: list[str] = []

    def watched(settings, encoder, *, progress):
        progress(1, 4, "encoding")
        (job,) = indexed.store.jobs.latest()
        seen.append(client.get(f"/staff/jobs/{job.id}").text)
        seen.append(client.post("/staff/sources/rebuild", data={"csrf": csrf(client)}).text)
        return build(settings, encoder, progress=progress)

    monkeypatch.setattr(building, "build_index", watched)

    told = ended(client, client.post("/staff/sources/rebuild", data={"csrf": csrf(client)}).text)

    assert "Done" in told
    after = in_use(indexed.settings)
    assert before is not None
    assert after is not None
    assert after.build != before.build
    assert 'http-equiv="refresh"' in seen[0]
    assert "Encoding the texts: 25 %" in seen[0]
    assert "The index is being changed right now." in seen[1]


def test_a_failed_job_tells_why_and_an_abandoned_one_is_not_waited_for(
    client: TestClient, product: Product, staff: Account, tmp_path: Path
) -> None:
    """A failed job shows the remedy; one whose process ended is called broken off, and may begin anew."""
    (product.settings.data_dir / "index").write_text("in the way")
    page = client.post("/staff/sources/rebuild", data={"csrf": csrf(client)}).text
    failed = ended(client, page)
    product.store.jobs.begin("index", staff, "build")
    with product.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE jobs SET seen_at = '2026-01-01 00:00:00.000000' WHERE state = 'running'"
        )
    (lost,) = [j for j in product.store.jobs.latest() if j.state == "lost"]

    assert "Failed; nothing was changed" in failed
    assert "ASSISTANT_DATA_DIR" in failed
    assert "Broken off" in client.get(f"/staff/jobs/{lost.id}").text
    assert product.store.jobs.begin("index", staff).state == "running"


def test_an_uploads_record_holds_no_text(client: TestClient, product: Product) -> None:
    """The audit keeps the hash of a file that was sent, and none of its words."""
    send(client)

    (link,) = product.store.audit.links(action="source.")
    assert set(link.details) == {"content"}
    assert "Harrow" not in json.dumps([k.to_data() for k in product.store.audit.links()])
