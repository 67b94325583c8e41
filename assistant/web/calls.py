"""What a browser may call the chat's handlers with: a session of its own, and files that were uploaded here.

Gradio sends a handler's results to whoever knows the session id that a browser made up. Here every id that arrives
is made one with the sender's cookie, so that the same id from another browser is another session. And it takes the
path of any file of the server, or any web address, for an upload; here only the upload folder counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.visit import COOKIE

DATA = "/gradio_api/queue/data"
HEARTBEAT = "/gradio_api/heartbeat/"
BODIES = frozenset({"/gradio_api/queue/join", "/gradio_api/cancel", "/gradio_api/reset"})


class Calls:
    """Ties session ids to the cookie and refuses calls that name a file nobody uploaded."""

    def __init__(self, app: ASGIApp, uploads: Path) -> None:
        self.app = app
        self.uploads = uploads.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on as one of the sender's own."""
        path = scope.get("path", "") if scope["type"] == "http" else ""
        if path in BODIES:
            await self._call(scope, receive, send)
            return
        if path == DATA:
            scope = {**scope, "query_string": _tied_query(scope)}
        elif path.startswith(HEARTBEAT):
            tied = HEARTBEAT + _tied(path.removeprefix(HEARTBEAT), scope)
            scope = {**scope, "path": tied, "raw_path": tied.encode()}
        await self.app(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        if body is None:
            return
        try:
            call = json.loads(body)
        except ValueError:
            call = None
        if not isinstance(call, dict):
            await PlainTextResponse("this is no call", 400)(scope, receive, send)
            return
        if not all(self._was_uploaded(path) for path in _paths(call)):
            await PlainTextResponse("this file was not uploaded", 403)(scope, receive, send)
            return
        call["session_hash"] = _tied(str(call.get("session_hash", "")), scope)
        body = json.dumps(call).encode()
        headers = [(name, value) for name, value in scope["headers"] if name != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.app({**scope, "headers": headers}, _once(body, receive), send)

    def _was_uploaded(self, path: object) -> bool:
        try:
            return Path(str(path)).resolve().is_relative_to(self.uploads)
        except (OSError, ValueError):
            return False


def _paths(value: object) -> Iterator[object]:
    """Everything that a call names as the path of a file, however deep."""
    if isinstance(value, dict):
        if "path" in value:
            yield value["path"]
        for inner in value.values():
            yield from _paths(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner)


def _tied(session: str, scope: Scope) -> str:
    token = Request(scope).cookies.get(COOKIE, "")
    return hashlib.sha256(f"{token}\n{session}".encode("utf-8", "replace")).hexdigest()[:32]


def _tied_query(scope: Scope) -> bytes:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tied = [(name, _tied(value, scope) if name == "session_hash" else value) for name, value in pairs]
    return urlencode(tied).encode()


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when the sender is gone or was sent away, so that what came of it is not read."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = bool(message.get("more_body"))
    return b"".join(parts)


def _once(body: bytes, receive: Receive) -> Receive:
    rest = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def read() -> Message:
        return next(rest, None) or await receive()

    return read
