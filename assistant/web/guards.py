"""What every request passes before a page sees it, and the headers that every answer carries."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 12 * 1024 * 1024

API = "/api/v1/"
OPEN = frozenset(
    {
        "/",
        "/clinic",
        "/handover",
        "/account",
        "/account/keep",
        "/coach",
        "/config",
        "/favicon.ico",
        "/healthz",
        "/manifest.json",
        "/metrics",
        "/new",
        "/robots.txt",
        "/signin",
        "/signin/callback",
        "/signin/provider",
        "/signout",
        "/staff",
        "/theme.css",
        "/gradio_api/cancel",
        "/gradio_api/queue/data",
        "/gradio_api/queue/join",
        "/gradio_api/reset",
        "/gradio_api/startup-events",
        "/gradio_api/upload",
        "/gradio_api/upload_progress",
    }
)
OPEN_BELOW = (
    "/account/open/",
    "/api/v1/",
    "/assets/",
    "/brief/",
    "/clinic/",
    "/coach/",
    "/d/",
    "/gradio_api/heartbeat/",
    "/page/",
    "/sheet/",
    "/staff/",
    "/static/",
)

POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; media-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


class BodyLimit:
    """Refuses a body over the limit, by its declared length or as it arrives, before anybody reads it."""

    def __init__(self, app: ASGIApp, limit: int = BODY_LIMIT, refuse: ASGIApp | None = None) -> None:
        self.app = app
        self.limit = limit
        self.refuse = refuse or _too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, counting."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _declared(scope) > self.limit:
            await self.refuse(scope, receive, send)
        else:
            await _Counted(self, scope, receive, send).run()


class _Counted:
    """One request whose body is counted as it arrives."""

    def __init__(self, door: BodyLimit, scope: Scope, receive: Receive, send: Send) -> None:
        self.app, self.limit, self.refuse, self.scope = door.app, door.limit, door.refuse, scope
        self._receive, self._send = receive, send
        self.seen = 0
        self.started = False
        self.refused = False

    async def run(self) -> None:
        try:
            await self.app(self.scope, self.receive, self.send)
        except Exception:
            # Whoever was reading the body stumbled over its end; the refusal is already on its way.
            if not self.refused:
                raise

    async def receive(self) -> Message:
        message = await self._receive()
        self.seen += len(message.get("body", b""))
        if self.seen <= self.limit:
            return message
        if not self.started and not self.refused:
            await self.refuse(self.scope, self._receive, self._send)
        self.refused = True
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self.refused:
            self.started = True
            await self._send(message)


class Guard:
    """Closes every path that the pages do not use, refuses foreign origins, and sets the security headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on when it may pass."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # the pages use no web socket
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _protect(MutableHeaders(scope=message), nonce)
            await send(message)

        refusal = _refusal(scope)
        await (refusal or self.app)(scope, receive, guarded)


def is_open(path: str) -> bool:
    """Whether a path belongs to the pages; everything else that a mounted app offers stays shut."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    if not is_open(scope["path"]):
        return PlainTextResponse("not found", 404)
    if scope["path"].startswith(API):
        return None  # has its own tokens instead of cookies, and tells methods apart by itself
    if scope["method"] not in ("GET", "HEAD", "POST"):
        return PlainTextResponse("method not allowed", 405)
    if scope["method"] == "POST" and _is_foreign(Headers(scope=scope)):
        return PlainTextResponse("sent from another site", 403)
    return None


def _is_foreign(headers: Headers) -> bool:
    # What the browser itself says of the sender counts first: under our referrer policy, a form of our own
    # page sends the origin "null".
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _protect(headers: MutableHeaders, nonce: str) -> None:
    headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdigit() else 0


async def _too_large(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("the body is too large", 413, {"Connection": "close"})(scope, receive, send)
