"""Batches at the coach desk: any table or folder in, judged in the background, to read, sort and download."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import threading
import time
from datetime import timedelta

import pytest
from openpyxl import Workbook, load_workbook
from starlette.routing import Mount

from assistant.web.batching import CHUNK, Batching
from tests.web.coaches import account, browser, desk_app, open_page

LIMIT = 12
"""Rows of one batch in these tests."""


@pytest.fixture
def product(product):
    """With fewer rows allowed."""
    object.__setattr__(product, "settings", product.settings.model_copy(update={"batch_rows": LIMIT}))
    return product


@pytest.fixture
def client(product):
    """A coach's browser."""
    return browser(desk_app(product), product, account(product, "Ana"))


def send(client, *files: tuple[str, bytes]):
    """Send files with the page's form."""
    csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/coach/batches").text)[1]
    parts = [("files", (name, content, "application/octet-stream")) for name, content in files]
    return client.post("/coach/batches", data={"csrf": csrf}, files=parts)


def finished(client, answer) -> str:
    """The page of a batch once it is done."""
    assert answer.status_code == 303, answer.text[:600]
    path, until = answer.headers["location"], time.monotonic() + 20
    while "data-watch" in (page := open_page(client, path).text):
        assert time.monotonic() < until
        time.sleep(0.05)
    return html.unescape(page)


def workbook(*rows: tuple[str, ...]) -> bytes:
    """An .xlsx of these rows."""
    book, buffer = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(buffer)
    return buffer.getvalue()


CSV = "id;text;lang\r\ná1;As famílias esperam à espera;pt\r\nb2;;en\r\nc3;A dashboard;fr\r\ná1;again;\r\n"


@pytest.mark.parametrize(
    "file",
    [
        ("table.csv", CSV.encode("latin-1")),
        (
            "table.xlsx",
            workbook(
                ("id", "text", "lang"),
                ("á1", "As famílias esperam", "pt"),
                ("b2", "", ""),
                ("c3", "A", "fr"),
                ("á1", "again", ""),
            ),
        ),
        (
            "table.jsonl",
            '{"id": "á1", "text": "As famílias esperam", "lang": "pt"}\n{"id": "b2"}\nnot json\n'
            '{"id": "á1", "text": "again"}\n'.encode(),
        ),
    ],
    ids=["csv", "xlsx", "jsonl"],
)
def test_every_kind_of_table_is_judged_and_broken_rows_say_why(client, file):
    """One row of four is judged; the others are rows with their reason and its remedy, in a table in Latin-1 too."""
    page = finished(client, send(client, file))

    assert "4 of 4 rows are done." in page
    assert "Rows with a problem: 3." in page
    assert '<th scope="row">á1</th>' in page
    assert "Needs work" in page
    assert "has no text." in page
    assert "occurs more than once." in page
    assert ("names a language" in page) != ("is not valid JSON" in page)


def test_a_folder_of_files_is_a_batch_and_what_cannot_be_read_is_told(client):
    """Texts of a folder are judged one by one; a picture is a row with its reason; hidden files are left out."""
    files = [
        ("in/one.txt", b"Families wait"),
        ("in/two.md", b"A dashboard"),
        ("in/x.png", b"\x89PNG"),
        ("in/.DS_Store", b"x"),
    ]

    page = finished(client, send(client, *files))

    assert "3 of 3 rows are done." in page
    assert page.count('<th scope="row">') == 3
    assert "Typically not a good fit" in page
    assert "This kind of file cannot be read here." in page


def test_the_table_sorts_and_downloads_in_three_forms(client, product):
    """Each heading sorts both ways; the downloads hold every row; a cell can be no formula."""
    answer = send(client, ("t.csv", b"id,text\n=1+1,A dashboard\nb,Families wait\nc,\n"))
    finished(client, answer)
    path = answer.headers["location"]

    up, down = (client.get(f"{path}?sort={sort}").text for sort in ("row_id", "-row_id"))
    table = client.get(f"{path}/results.csv")
    lines = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(client.get(f"{path}/results.xlsx").content)).active
    results = [json.loads(line) for line in client.get(f"{path}/results.jsonl").text.splitlines()]

    assert [re.findall(r'<th scope="row">([^<]+)<', page) for page in (up, down)] == [
        ["=1+1", "b", "c"],
        ["c", "b", "=1+1"],
    ]
    assert 'filename="t-' in table.headers["content-disposition"]
    assert [line["id"] for line in lines] == ["'=1+1", "b", "c"]
    assert [line["verdict"] for line in lines] == ["poor_fit", "needs_work", ""]
    assert sheet.max_row == 4
    assert sheet["A2"].value == "'=1+1"
    assert [r["id"] for r in results] == ["=1+1", "b", "c"]
    assert results[0]["fit"]["verdict"] == "poor_fit"
    assert set(results[2]) == {"id", "error", "fix"}
    assert client.get(f"{path}/results.pdf").status_code == 404


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (("t.csv", b"id,text\n" + b"".join(b"%d,words\n" % n for n in range(LIMIT + 1))), "too many rows"),
        (("t.csv", b"id,text\n"), "nothing to read"),
        (("t.xlsx", b"PK not a workbook"), "cannot be read"),
    ],
    ids=["too many", "empty", "no workbook"],
)
def test_a_table_that_cannot_be_taken_is_told_on_the_page(client, product, file, told):
    """Too many rows, none, or no table at all: told with a remedy, and nothing is kept."""
    answer = send(client, file)

    assert answer.status_code == 400
    assert told in answer.text
    assert 'role="alert"' in answer.text
    assert send(client).status_code == 400
    assert product.store.batches.of(product.store.accounts.by_email("ana@city.example")) == []


def test_another_coach_cannot_open_download_or_delete_a_batch(client, product):
    """S4: a batch answers to its owner alone; for others it is not there."""
    answer = send(client, ("t.csv", b"id,text\na,secret words\n"))
    finished(client, answer)
    path = answer.headers["location"]
    hers = browser(desk_app(product), product, account(product, "Bia"))
    csrf = re.search(r'name="csrf" value="(\w+)"', hers.get("/coach/batches").text)[1]

    answers = [
        hers.get(path),
        hers.get(f"{path}/results.jsonl"),
        hers.post(f"{path}/delete", data={"csrf": csrf}),
    ]

    assert [a.status_code for a in answers] == [404, 404, 404]
    assert path not in hers.get("/coach/batches").text
    assert "1 of 1" in client.get(path).text


def test_a_deleted_batch_leaves_nothing(client, product):
    """Deleting takes the rows and results along."""
    answer = send(client, ("t.csv", b"id,text\na,Canary words\n"))
    finished(client, answer)
    path = answer.headers["location"]

    gone = open_page(client, path).send(f"{path}/delete")

    assert gone.status_code == 303
    assert client.get(path).status_code == 404
    assert b"Canary" not in b"".join(
        f.read_bytes() for f in product.settings.data_dir.rglob("drafts.sqlite*")
    )


def test_progress_shows_and_another_process_goes_on_where_one_stopped(client, product, monkeypatch):
    """While rows wait the page has a bar and a link; what one process left is judged by the next, no row twice."""
    product.assistant.gate = threading.Event()
    rows = b"".join(b"r%d,Families wait %d\n" % (n, n) for n in range(10))
    answer = send(client, ("t.csv", b"id,text\n" + rows))
    path = answer.headers["location"]
    page = client.get(path).text
    desk = next(route.app for route in client.app.routes if isinstance(route, Mount))

    desk.state.batching.stop()
    product.assistant.gate.set()
    until = time.monotonic() + 20
    while len(product.store.batches.results(path.rpartition("/")[2])) < CHUNK:
        assert time.monotonic() < until
        time.sleep(0.02)
    left = product.store.batches.waiting()
    monkeypatch.setattr("assistant.store.batches.STALE", timedelta(0))
    Batching(product).wake()

    done = finished(client, answer)
    assert "data-watch" in page
    assert "<progress" in page
    assert left == []  # for a while nobody takes over from a process that may still be at work
    assert "10 of 10 rows are done." in done
    assert sorted(product.assistant.seen) == sorted(f"Families wait {n}" for n in range(10))


def test_a_row_that_breaks_the_judge_is_a_row_with_a_problem(client, product):
    """A failure of ours on one row is told there, and the others are judged."""
    judge = product.assistant.judge_text

    def fail_once(text, lang=None):
        if "odd" in text:
            raise ZeroDivisionError
        return judge(text, lang)

    product.assistant.judge_text = fail_once

    page = finished(client, send(client, ("t.csv", b"id,text\na,odd\nb,Families wait\n")))

    assert "2 of 2 rows are done." in page
    assert "Something went wrong on our side." in page
    assert "Needs work" in page
