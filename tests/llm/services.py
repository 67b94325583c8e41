"""A service that gives the answers it is told to, word for word, and keeps what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.llm.endpoint import TEXT


class Scripted:
    """A server that gives the answers of a list in turn, the last one for ever, and keeps the requests."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        self.answers = list(answers)
        self.seen: list[tuple[dict[str, str], Any]] = []
        self.url = ""

    def next(self, headers: dict[str, str], raw: bytes) -> tuple[int, dict[str, str], bytes]:
        """The answer to the next request."""
        self.seen.append((headers, json.loads(raw or b"{}")))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(
    *answers: tuple[int, dict[str, str], bytes], tls: ssl.SSLContext | None = None
) -> Iterator[Scripted]:
    """A server on this machine that gives these answers."""
    script = Scripted(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = script.next({k.lower(): v for k, v in self.headers.items()}, raw)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the client hangs up
    script.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def said(status: int, value: Any, kind: str = "application/json", **headers: str) -> Any:
    """An answer in one piece."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return status, {"Content-Type": kind, **headers}, body


def streamed(*values: Any) -> Any:
    """An answer as events."""
    lines = [b"data: " + (v if isinstance(v, bytes) else json.dumps(v).encode()) + b"\n\n" for v in values]
    return said(200, b"".join(lines), "text/event-stream")


def step(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """One event of a reply."""
    return {
        "id": "1",
        "model": "m\x1bodel",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


SOUND = streamed(step({"content": TEXT}), step({}, "stop"), b"[DONE]")
PAGE = b"<!doctype html><title>Sign in</title>"
