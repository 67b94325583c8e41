"""The web application: health, resume links, downloads, and the applicant's page at the root."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import re
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import logs
from assistant.briefs.forms import FORMS, ending, write_form
from assistant.domain import Brief, Lang
from assistant.errors import AccessError, InputError, ScopingError, StoreError
from assistant.retrieval import waiting
from assistant.retrieval.manifest import in_use
from assistant.store.drafts import Draft
from assistant.web import auth, links, pages
from assistant.web.api import create_api
from assistant.web.applicant import build_page, mount_page, prepare_uploads
from assistant.web.calls import Calls
from assistant.web.clinic import add_clinic
from assistant.web.coach import create_coach
from assistant.web.guards import BodyLimit, Guard
from assistant.web.handover import add_handover
from assistant.web.metrics import Watched, add_metrics
from assistant.web.problems import too_large
from assistant.web.reader import Library, Reader
from assistant.web.signin import add_sign_in
from assistant.web.staff import add_staff
from assistant.web.visit import COOKIE, Visit, preferred, visit
from assistant.wiring import Product

log = logging.getLogger(__name__)

STATIC = Path(__file__).resolve().parent / "static"
DAY = 24 * 60 * 60


def create_app(product: Product) -> FastAPI:
    """The whole application around one product."""
    uploads = prepare_uploads(product.settings.data_dir / "uploads")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_retention(product, uploads))
    app.mount("/page", StaticFiles(directory=STATIC))
    page = build_page(product)
    add_metrics(app, product, lambda: len(page._queue))  # Gradio tells it nowhere else
    _add_routes(app, product)
    add_clinic(app, product)
    add_handover(app, product)
    add_sign_in(app, product, _remember)
    auth.explain_refusals(app, product)
    app.mount("/api/v1", create_api(product))
    app.mount("/coach", coach := create_coach(product))
    app.state.batching = coach.state.batching
    add_staff(app, product)
    # The last one added is the first one that a request meets.
    app.add_middleware(FrontPage, product=product)
    app.add_middleware(Calls, uploads=uploads)
    app.add_middleware(auth.Doorkeeper, store=product.store)
    app.add_middleware(CORSMiddleware, allow_origins=())
    app.add_middleware(BodyLimit, refuse=too_large(product))
    app.add_middleware(Guard)
    app.add_middleware(Watched)
    mount_page(app, page)
    return app


def _retention(product: Product, uploads: Path) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Loads the models when the application starts; erases what has expired then, and once a day."""

    async def daily() -> None:
        while True:
            await run_in_threadpool(_purge, product, uploads)
            await asyncio.sleep(DAY)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(daily()), asyncio.create_task(run_in_threadpool(product.warm))]
        app.state.batching.wake()
        yield
        app.state.batching.stop()
        for task in tasks:
            task.cancel()

    return lifespan


def _purge(product: Product, uploads: Path) -> None:
    for path in uploads.rglob("*"):  # what was uploaded and never sent, or left behind by a crash
        if path.is_file() and path.stat().st_mtime < time.time() - DAY:
            path.unlink(missing_ok=True)
    waiting.purge(product.settings)
    try:
        product.drafts.purge(product.settings.retention_days)
        product.store.accounts.purge()
        product.store.batches.purge(product.settings.retention_days)
    except StoreError:
        log.exception("expired drafts could not be erased")


def serve(product: Product, host: str, port: int) -> None:
    """Serves until interrupted; raises InputError when the address cannot be used."""
    listener = _listen(host, port)
    logs.set_up(product.settings.log)
    app = create_app(product)
    sys.stdout.write(f"http://{host}:{port}/ (Ctrl+C stops it)\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        # Resume links are in the paths: our own line for each request has its route instead.
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Two sockets may share a bound port until one of them listens.
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"cannot listen on {host}:{port}: {reason}",
            fix=f"stop the program that uses port {port}, or choose another: scoping serve --port {port + 1}",
            key="port",
            host=host,
            port=port,
            next_port=port + 1,
        ) from None
    return listener


# --- routes ----------------------------------------------------------------------------------------------


def _add_routes(app: FastAPI, product: Product) -> None:
    @app.get("/healthz")
    def health() -> JSONResponse:
        index = in_use(product.settings)
        fingerprint = index.corpus if index else None
        return JSONResponse({"ok": True, "engine": product.settings.engine, "index": fingerprint})

    @app.get("/coach")
    def coach_desk() -> Response:
        return RedirectResponse("/coach/", 303)

    @app.get("/d/{token}")
    def resume(token: str, request: Request) -> Response:
        try:
            links.check(product.store, request)
        except AccessError as error:
            return _problem(product, _visit(product, request).lang, error, 429)
        if product.drafts.find(token) is None:
            links.wrong(product.store, request)
            unknown = InputError(
                "this link opens no draft", fix="check the link, or begin a new draft", key="link"
            )
            return _problem(product, _visit(product, request).lang, unknown, 404)
        return _to_page(product, request, token)

    @app.post("/new")
    def new(request: Request) -> Response:
        token, _ = product.drafts.create(None)
        return _to_page(product, request, token)

    @app.get("/brief/{form}")
    def brief(form: str, request: Request) -> Response:
        who = _visit(product, request)
        try:
            made = _brief_of(who.draft, product)
            content = write_form(made, form, product.programme, product.words)
        except ScopingError as error:
            return _problem(product, who.lang, error, 404 if isinstance(error, InputError) else 500)
        name = pages.file_name(made.draft, made.title, ending(form))
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(content, media_type=FORMS[form], headers=headers)


def _to_page(product: Product, request: Request, token: str) -> Response:
    response = RedirectResponse("/", 303)
    _remember(response, token, request, product)
    return response


def _brief_of(draft: Draft | None, product: Product) -> Brief:
    done = [e.turn for e in draft.exchanges if e.turn] if draft else []
    if draft is None or not done:
        raise InputError("there is nothing to download yet", fix="send a message first", key="no_brief")
    return product.write_brief(draft.conversation, done[-1].judgement, today=product.today())


def _visit(product: Product, request: Request) -> Visit:
    return visit(product.drafts, request.cookies, request.headers)


def _problem(product: Product, lang: Lang, error: ScopingError, status: int) -> HTMLResponse:
    reader = Reader(product.words, product.programme, lang, Library(product.passages))
    return HTMLResponse(pages.problem_page(reader, error), status)


def _remember(response: Response, token: str, request: Request, product: Product) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=product.settings.retention_days * DAY,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


# --- the front page --------------------------------------------------------------------------------------


class FrontPage:
    """Gives a first visitor a draft of their own, and the page a head of our own."""

    def __init__(self, app: ASGIApp, product: Product) -> None:
        self.app = app
        self.product = product

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything but the page itself through untouched."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            token, lang = await run_in_threadpool(self._visit, request)
        except StoreError as error:
            lang = preferred(request.headers.get("accept-language", ""))
            await _problem(self.product, lang, error, 500)(scope, receive, send)
            return
        response = await _collect(self.app, _uncompressed(scope), receive)
        reader = Reader(self.product.words, self.product.programme, lang, Library(self.product.passages))
        page = dress(response.body.decode(), reader, scope["state"]["nonce"])
        dressed = HTMLResponse(page, response.status_code, {"Cache-Control": "no-store"})
        _remember(dressed, token, request, self.product)
        await dressed(scope, receive, send)

    def _visit(self, request: Request) -> tuple[str, Lang]:
        who = _visit(self.product, request)
        # A draft's language stays open until the applicant has written or chosen one.
        return who.token or self.product.drafts.create(None)[0], who.lang


class _Collected:
    status_code = 200

    def __init__(self) -> None:
        self.body = b""


async def _collect(app: ASGIApp, scope: Scope, receive: Receive) -> _Collected:
    collected = _Collected()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            collected.status_code = message["status"]
        else:
            collected.body += message.get("body", b"")

    await app(scope, receive, keep)
    return collected


def _uncompressed(scope: Scope) -> Scope:
    changed = dict(scope, headers=list(scope["headers"]))
    del MutableHeaders(scope=changed)["accept-encoding"]
    return changed


def dress(page: str, reader: Reader, nonce: str) -> str:
    """Gradio's page in the reader's language, with our style and script, and a nonce for its inline code."""
    page = re.sub(r"<base\b[^>]*>", "", page, count=1)
    page = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>', "", page)
    page = re.sub(r'(<html\b[^>]*?\blang=)"[^"]*"', rf'\1"{reader.lang}"', page, count=1, flags=re.DOTALL)
    head = pages.page_head(reader, _version("page.css"), _version("page.js"))
    page = page.replace("</head>", f"{head}</head>", 1)
    page = re.sub(r"(<body\b[^>]*>)", lambda m: m[1] + str(pages.without_script(reader)), page, count=1)
    return page.replace("<script", f'<script nonce="{nonce}"')


def _version(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
