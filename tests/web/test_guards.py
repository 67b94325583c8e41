"""Paths, origins, bodies and headers: what is checked before a page sees a request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount, Route

from assistant.web.app import create_app
from assistant.web.guards import BODY_LIMIT, is_open


@pytest.fixture
def client(product) -> Iterator[TestClient]:
    """A browser that has not been here."""
    with TestClient(create_app(product), follow_redirects=False) as browser:
        yield browser


def routes_of(app) -> list[tuple[str, str]]:
    """Every method and path that the application and what is mounted in it answer to."""
    found: list[tuple[str, str]] = []
    for route in app.routes:
        inside = getattr(route, "original_router", None) or (route.app if isinstance(route, Mount) else None)
        if inside is not None:
            found += routes_of(inside) if hasattr(inside, "routes") else []
        elif isinstance(route, Route):
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            found += [(method, path) for method in route.methods or ()]
    return found


def test_what_the_pages_do_not_use_is_shut(client):
    """A route of the mounted chat that the page does not need answers nobody, on any method."""
    shut = [(method, path) for method, path in routes_of(client.app) if not is_open(path)]

    assert {"/gradio_api/file=x", "/gradio_api/info", "/gradio_api/call/x", "/monitoring"} <= {
        p for _, p in shut
    }
    for method, path in sorted(shut, key=lambda route: "info" not in route[1]):
        assert client.request(method, path).status_code == 404, (method, path)


@pytest.mark.parametrize("path", ["/", "/healthz", "/d/none", "/nowhere", "/page/page.css", "/brief/md"])
def test_every_answer_carries_the_security_headers(client, path):
    """No answer, a refusal among them, goes out without the policy."""
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-eval'" not in policy
    assert "script-src 'self' 'nonce-" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_nonce_is_used_once(client):
    """Two answers never share the word that lets inline code run."""
    first, second = (client.get("/").headers["content-security-policy"] for _ in range(2))

    assert first != second


def test_a_body_that_says_it_is_too_large_is_refused(client):
    """A declared length over the limit is answered before anything is read."""
    answer = client.post("/gradio_api/upload", content=b"x", headers={"content-length": str(BODY_LIMIT + 1)})

    assert answer.status_code == 413
    assert "content-security-policy" in answer.headers


def test_a_body_that_grows_too_large_is_refused(client):
    """Without a declared length, the bytes are counted as they arrive."""

    def body() -> Iterator[bytes]:
        yield b'{"data": ["'
        for _ in range(13):
            yield b"x" * 1024 * 1024
        yield b'"], "fn_index": 0, "session_hash": "s"}'

    answer = client.post(
        "/gradio_api/queue/join", content=body(), headers={"content-type": "application/json"}
    )

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_request_sent_from_another_site_is_refused(client, headers):
    """Another site cannot make a browser begin a draft or send a message here."""
    answer = client.post("/new", headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers", [{"origin": "http://testserver"}, {"origin": "null", "sec-fetch-site": "same-origin"}, {}]
)
def test_a_request_from_our_own_page_passes(client, headers):
    """The page's own origin is no stranger, by whatever header the browser tells it."""
    assert client.post("/new", headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/", "/config", "/healthz"])
def test_no_other_site_may_read_an_answer(client, path):
    """Cross-origin reading stays closed, for the mounted chat too."""
    headers = client.get(path, headers={"origin": "https://evil.example"}).headers

    assert "access-control-allow-origin" not in headers
    assert "access-control-allow-credentials" not in headers


def test_methods_that_nothing_needs_are_refused(client):
    """Only GET, HEAD and POST reach a page."""
    assert client.request("DELETE", "/").status_code == 405


def test_the_pages_own_files_name_no_other_host():
    """Style and script load nothing from elsewhere."""
    static = Path(create_app.__code__.co_filename).parent / "static"

    for path in static.iterdir():
        assert not re.search(r"(?:https?:)?//[a-z0-9]+\.", path.read_text("utf-8")), path.name
        assert "@import" not in path.read_text("utf-8")
