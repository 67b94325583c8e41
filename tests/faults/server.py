"""A model server that fails on purpose: the shape of the OpenAI API, on this machine, one fault per path prefix.

`/ok/v1` answers properly, `/drip/v1` drips, `/drip@first/v1` drips on the first call only and `/drip@mid/v1`
from the second call on. A fault is a function from what was asked to an `Answer`: what goes on the wire, at
what pace and how it ends. Faults of the connection and of the service hit every route; faults of what a model
says hit chat completions alone.
"""

from __future__ import annotations

import json
import os
import re
import socket
import socketserver
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, get_args
from urllib.parse import unquote

from tests.faults.answers import Answer, Ask, Json, Reply, Route, problem, whole
from tests.faults.faults import FAULTS, LONG, TABLE, perform, server_error, strikes

__all__ = ["FAULTS", "LONG", "POSITIONS", "FaultServer", "Json", "Position"]

Position = Literal["first", "always", "mid"]

POSITIONS: tuple[Position, ...] = get_args(Position)
ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/v1/chat/completions"): "chat",
    ("GET", "/v1/models"): "models",
    ("POST", "/v1/embeddings"): "embeddings",
}
PREFIX = re.compile(r"/(?P<fault>\w+)(?:@(?P<position>\w+))?(?P<rest>/[^?]*)?")


@dataclass(frozen=True)
class Call:
    """One request, as the server keeps it for the tests."""

    prefix: str
    fault: str
    """The fault that took effect; `ok` when its position spared this call."""
    method: str
    path: str
    route: Route
    headers: dict[str, str]
    raw: bytes
    body: Json


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Http

    def do_POST(self) -> None:
        """Answer a request, well or badly."""
        self.close_connection = not self.respond()

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the calls are kept, and a test that fails shows them."""

    def respond(self) -> bool:
        """Read, answer; returns whether the connection can be used again."""
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return self.deliver(self.server.owner.consider(self.command, self.path, dict(self.headers), raw))

    def deliver(self, answer: Answer) -> bool:
        """Put the answer on the wire; a client that leaves, or the end of the server, breaks it off."""
        owner = self.server.owner
        if owner.stopped(owner.delay + answer.before):
            return False
        with suppress(ConnectionError):
            self.head(answer)
            return self.pieces(answer, max(answer.gap, owner.chunk_delay)) and self.finish_off(answer)
        return False

    def head(self, answer: Answer) -> None:
        """Send the status and the headers."""
        if answer.status is None:
            return
        self.send_response(answer.status)
        sent = {"Content-Type": answer.content_type, "Transfer-Encoding": "chunked", **answer.headers}
        for name, value in sent.items():
            self.send_header(name, value)
        self.end_headers()

    def pieces(self, answer: Answer, gap: float) -> bool:
        """Send the pieces at their pace; returns false when the server stops meanwhile."""
        for number, piece in enumerate(filter(None, answer.pieces)):
            if self.server.owner.stopped(gap if number else 0.0):
                return False
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        return True

    def finish_off(self, answer: Answer) -> bool:
        """End as the answer ends."""
        if answer.ending == "whole":
            self.wfile.write(b"0\r\n\r\n")
            return True
        if answer.ending == "hang":
            self.server.owner.stopped(None)
        if answer.ending == "reset":
            self.tear_down()
        return False

    def tear_down(self) -> None:
        """Close at once and without a farewell, so that the client's system reports a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


class Http(ThreadingHTTPServer):
    """The listening socket; it knows its open connections, so that it can end them."""

    daemon_threads = False  # closing then waits for every handler
    request_queue_size = 128

    def __init__(self, owner: FaultServer) -> None:
        self.owner = owner
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), Handler)

    def server_bind(self) -> None:
        """Bind without looking up the machine's name, which could ask a name server."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection before its handler starts."""
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection when its handler is done."""
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that leave; keep anything else, so that the test fails."""
        error = sys.exception()
        if isinstance(error, Exception) and not isinstance(error, ConnectionError):
            self.owner.failures.append(error)

    def hang_up(self) -> None:
        """Wake the handlers that wait for a client to send or to read."""
        for connection in tuple(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class FaultServer:
    """A context manager: a model server that answers with `reply`, or with the fault that the path names."""

    def __init__(
        self,
        reply: Reply,
        *,
        delay: float = 0.0,
        chunk_delay: float = 0.0,
        slow: float = 5.0,
        drip: float = 0.05,
        models: tuple[str, ...] = ("test-model",),
    ) -> None:
        """Seconds: `delay` before each answer, `chunk_delay` between pieces, `slow` and `drip` for those faults."""
        self.reply, self.models = reply, models
        self.delay, self.chunk_delay, self.slow, self.drip = delay, chunk_delay, slow, drip
        self.calls: list[Call] = []
        self.failures: list[Exception] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._http = Http(self)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> FaultServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._http.shutdown()
        self._thread.join()
        self._http.hang_up()
        self._http.server_close()
        if error is None and self.failures:
            raise self.failures[0]

    def url(self, fault: str = "ok", position: Position = "always") -> str:
        """The base address that a client with this fault uses."""
        if fault not in TABLE or position not in POSITIONS:
            raise ValueError(f"there is no fault {fault!r} at {position!r}")
        prefix = fault if position == "always" else f"{fault}@{position}"
        return f"http://127.0.0.1:{self._http.server_port}/{prefix}/v1"

    def hits(self, prefix: str, route: Route | None = None) -> int:
        """How many calls came in under a prefix, such as `drip` or `drip@first`."""
        return sum(call.prefix == prefix and route in (None, call.route) for call in tuple(self.calls))

    def forget(self) -> None:
        """Drop the calls, so that the next one is again the first."""
        with self._lock:
            self.calls.clear()

    def stopped(self, seconds: float | None) -> bool:
        """Wait so long, or for ever; returns true as soon as the server stops."""
        return self._stopping.wait(seconds)

    def consider(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Answer:
        """Keep the call and find its answer; a `reply` that fails fails the test when the server closes."""
        found = PREFIX.match(unquote(path))
        position = (found and found["position"]) or "always"
        if not found or found["fault"] not in TABLE or position not in POSITIONS:
            return whole(problem(f"no fault is called {path}", "invalid_request_error"), 404)
        call = self._keep(found, Call("", found["fault"], method, path, "unknown", headers, raw, {}))
        ask = Ask(method, path, call.route, call.body, self._reply(call), self.models, self.slow, self.drip)
        try:
            return perform(call.fault, ask)
        except Exception as error:  # noqa: BLE001  # kept, and raised when the server closes
            self.failures.append(error)
            return server_error(ask)

    def _keep(self, found: re.Match[str], call: Call) -> Call:
        """The call with what its path and body say, now among the calls."""
        prefix = "@".join(part for part in (found["fault"], found["position"]) if part)
        route = ROUTES.get((call.method, found["rest"] or ""), "unknown")
        headers = {name.lower(): value for name, value in call.headers.items()}
        with self._lock:
            struck = strikes(found["position"] or "always", self.hits(prefix, route))
            fault = call.fault if struck else "ok"
            kept = replace(
                call, prefix=prefix, fault=fault, route=route, headers=headers, body=parsed(call.raw)
            )
            self.calls.append(kept)
        return kept

    def _reply(self, call: Call) -> Reply:
        """The caller's reply, told which fault is at work."""
        return lambda body: self.reply({**body, "_fault": call.fault})


def parsed(raw: bytes) -> Json:
    """The body of a request; empty when it is not a JSON object."""
    with suppress(ValueError):
        body = json.loads(raw)
        return body if isinstance(body, dict) else {}
    return {}
