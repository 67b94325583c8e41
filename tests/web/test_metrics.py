"""What a process counts and writes down: numbers and routes, and nothing that anybody wrote."""

from __future__ import annotations

import io
import json
import logging
import sys
import traceback
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from assistant import logs
from assistant.errors import StoreError
from assistant.web.app import create_app
from assistant.web.metrics import route_of
from tests.machines.browser import Browser

CANARIES = ("Quetzalcoatl Fernández", "canary@city.example", "+55 11 91234-5678")


@pytest.fixture
def client(product) -> Iterator[TestClient]:
    """A program on this machine."""
    with TestClient(create_app(product), client=("127.0.0.1", 50000)) as opened:
        yield opened


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log of a server that writes JSON, as text."""
    root, print_trace, stderr = logging.getLogger(), traceback.print_exc, sys.stderr
    before, levels = root.handlers[:], (root.level, logging.getLogger("assistant").level)
    sys.stderr = stream = io.StringIO()
    logs.set_up("json")
    yield stream
    sys.stderr, root.handlers[:], traceback.print_exc = stderr, before, print_trace
    root.setLevel(levels[0])
    logging.getLogger("assistant").setLevel(levels[1])


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Every figure of a page for Prometheus by its name and the values of its labels, in the order of their names."""
    found = [s for family in text_string_to_metric_families(text) for s in family.samples]
    return {(s.name, *(value for _, value in sorted(s.labels.items()))): s.value for s in found}


def test_requests_are_counted_by_route_and_status(client, product):
    """A link counts under its route alone; the next look shows one more of each."""
    link = "/d/" + "x" * 43
    before = samples(client.get("/metrics").text)

    client.get("/healthz")
    client.get(link)
    after = client.get("/metrics").text

    found = samples(after)
    for route, status in (("/healthz", "200"), ("/d/…", "404")):
        key = ("scoping_requests_total", "GET", route, status)
        assert found[key] == before.get(key, 0) + 1
    assert "xxxx" not in after


def test_a_turn_is_timed_and_drafts_are_counted(client, product):
    """One answered message over the API's door or the page's is one observation; two drafts are two."""
    token, _ = product.drafts.create("en")
    product.drafts.create("en")
    key = ("scoping_turn_seconds_count", "page", "answered")
    before = samples(client.get("/metrics").text).get(key, 0)
    chat = Browser("", token)
    chat.__dict__["client"] = client

    assert chat.say("Families wait for months")["success"]

    found = samples(client.get("/metrics").text)
    assert found[key] == before + 1
    assert found[("scoping_drafts",)] == 2
    assert found[("scoping_turns_running",)] == 0
    assert found[("scoping_queue_events",)] == 0


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("203.0.113.9", {"Authorization": "Bearer the metrics token"}, 200),
        ("203.0.113.9", {"Authorization": "Bearer another"}, 404),
    ],
)
def test_figures_are_for_this_machine_or_for_a_token(product, address, headers, status):
    """A proxy on the same machine asks for somebody else and is refused like anybody from outside."""
    token = SecretStr("the metrics token")
    object.__setattr__(product, "settings", product.settings.model_copy(update={"metrics_token": token}))
    with TestClient(create_app(product), client=(address, 50000)) as client:
        assert client.get("/metrics", headers=headers).status_code == status


def test_a_database_that_is_down_is_a_figure_not_a_failure(client, product, monkeypatch):
    """Whoever watches the site sees it there."""

    def down() -> int:
        raise StoreError("no answer", fix="start it", key="storage")

    monkeypatch.setattr(type(product.drafts), "count", lambda _: down())
    answer = client.get("/metrics")

    assert answer.status_code == 200
    assert samples(answer.text)[("scoping_database_up",)] == 0


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/d/secret", "/d/…"),
        ("/sheet/secret", "/sheet/…"),
        ("/api/v1/drafts/0123/messages", "/api/v1/drafts"),
        ("/api/v1/secret", "/api/v1/…"),
        ("/wp-login.php", "other"),
    ],
)
def test_a_route_never_holds_what_a_path_may_hide(path, route):
    """Links, ids and what strangers try are told by their kind."""
    assert route_of(path) == route


def test_the_log_tells_what_was_asked_and_nothing_that_was_said(client, product, written):
    """Canaries in a message, a forged choice, a link, a query and a failure are in no line; each line is JSON."""
    token, _ = product.drafts.create("en")
    chat = Browser("", token)
    chat.__dict__["client"] = client
    for canary in CANARIES:
        chat.say(f"We are {canary} and wait")
        chat.call("edit", [canary, canary])
        client.get(f"/d/{canary}", params={"q": canary})
        client.post("/signin", data={"email": canary, "password": canary})
        client.post(
            "/api/v1/check", json={"text": canary}, headers={"Authorization": f"Bearer {canary}".encode()}
        )
    product.assistant.error = RuntimeError(CANARIES[0])
    chat.say(f"Again {CANARIES[0]}")
    logging.getLogger("some.library").warning("cannot reach %s at https://x.example/?q=1", CANARIES[1])

    text = written.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    for secret in (*CANARIES, *(c.split()[0] for c in CANARIES), token, "x.example"):
        assert secret not in text
    requests = [line for line in lines if line["message"] == "request"]
    assert {"/d/…", "/signin", "/api/v1/check", "/gradio_api/queue/join"} <= {r["route"] for r in requests}
    assert all(len(r["request"]) >= 16 and r["status"] and r["ms"] >= 0 for r in requests)
    assert any("a request failed; reference" in line["message"] for line in lines)
    assert [line["message"] for line in lines if line["logger"] == "some.library"] == ["cannot reach %s at …"]


def test_a_request_keeps_the_number_that_its_proxy_gave_it(client, written):
    """The answer and the line carry it; what is no number is replaced."""
    given = "0123456789abcdef0123456789abcdef"

    kept = client.get("/healthz", headers={"X-Request-ID": given})
    made = client.get("/healthz", headers={"X-Request-ID": "<script>"})

    assert kept.headers["x-request-id"] == given
    assert len(made.headers["x-request-id"]) == 32
    numbers = [json.loads(line)["request"] for line in written.getvalue().splitlines()]
    assert numbers == [given, made.headers["x-request-id"]]


def test_the_text_form_says_the_same(written):
    """For people: one line, with the kind and place of an error and not its message."""
    line = logs.TextLines()
    try:
        raise ValueError(CANARIES[0])
    except ValueError:
        record = logging.LogRecord("assistant.x", 40, "f", 1, "it failed", (), sys.exc_info())

    text = line.format(record)

    assert "error assistant.x it failed\nValueError at " in text
    assert CANARIES[0] not in text
