"""Who may see what. A desk asks `require("coach")` at its door and `person(request, "coach")` in every handler."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.domain import LANGS, Lang
from assistant.errors import AccessError, InputError, ScopingError
from assistant.store.accounts import Account, Role
from assistant.store.store import Store
from assistant.web import pages
from assistant.web.reader import Library, Reader
from assistant.web.visit import preferred
from assistant.wiring import Product

SESSION = "scoping_session"
FORM = "scoping_form"
"""The cookie that ties a form to its browser before anybody has signed in."""
LANGUAGE = "scoping_lang"
"""The cookie with the language that somebody chose on a desk."""
INSIDE = re.compile(r"/(?![/\\])[A-Za-z0-9/_.=&?-]{0,200}")


class Doorkeeper:
    """Puts the store where `person` and `require` find it, in every mounted application."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self.app = app
        self.store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["accounts"] = self.store.accounts
        await self.app(scope, receive, send)


def signed_in(request: Any) -> Account | None:
    """Whose session the request carries, looked up anew each time, so that it ends when it is ended elsewhere.

    `request` is FastAPI's or Gradio's.
    """
    inner = getattr(request, "request", None) or request
    token = inner.cookies.get(SESSION)
    accounts = inner.scope["state"]["accounts"]
    found: Account | None = accounts.session(token) if token else None
    return found


def person(request: Any, role: Role) -> Account:
    """Who is asking, when they have the role; for every handler that shows or changes anything.

    Raises AccessError `sign_in_first` without a session and `forbidden` for another role. Nothing that the request
    says about a role or an account counts, only its session.
    """
    account = signed_in(request)
    if account is None:
        raise AccessError("nobody is signed in", fix="sign in at /signin", key="sign_in_first")
    if not account.may(role):
        raise AccessError(f"{role} only", fix="sign in with an account that may", key="forbidden")
    return account


def require(role: Role) -> Callable[[Request], Account]:
    """A FastAPI dependency that lets a role in and gives its account."""

    def check(request: Request) -> Account:
        return person(request, role)

    return check


def gradio_user(role: Role) -> Callable[[Request], str | None]:
    """The `auth_dependency` of a mounted Gradio page: the account's id, which its handlers see as `username`."""

    def check(request: Request) -> str | None:
        account = signed_in(request)
        return account.id if account is not None and account.may(role) else None

    return check


def surface(role: Role, product: Product) -> FastAPI:
    """An application for one role alone, to be mounted at a path of its own.

    Every route is behind `require(role)`; a form's handler takes `form: FormData = FORM_SENT`.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(require(role))])
    explain_refusals(app, product)

    async def missing(request: Request, error: Exception) -> Response:
        unknown = InputError("there is no such page", fix="check the address", key="no_page")
        text = await run_in_threadpool(pages.problem_page, reader(product, language(request)), unknown)
        return HTMLResponse(text, 404)

    app.add_exception_handler(404, missing)
    return app


def csrf(request: Request) -> str:
    """What a form of this browser carries in its hidden field `csrf`; no other site can know it."""
    secret = request.cookies.get(SESSION) or request.cookies.get(FORM) or ""
    return form_token(secret)


def form_token(secret: str) -> str:
    """The hidden field of forms that belong to a cookie."""
    return hashlib.sha256(f"form {secret}".encode("utf-8", "replace")).hexdigest()


async def checked_form(request: Request) -> FormData:
    """The form that was sent, when it came from a page of ours in this browser; raises AccessError `stale_form`."""
    form = await request.form(max_files=0, max_fields=100)
    _check_form(request, form)
    return form


UPLOADS = 200
"""Files of one form."""


async def checked_upload(request: Request) -> FormData:
    """A form with files, checked as `checked_form` does; raises InputError `too_many_uploads` beyond its limit."""
    try:
        form = await request.form(max_files=UPLOADS, max_fields=20)
    except HTTPException as error:
        raise InputError(
            f"the form cannot be read: {error.detail}",
            fix=f"send {UPLOADS} files at most",
            key="too_many_uploads",
            limit=UPLOADS,
        ) from None
    _check_form(request, form)
    return form


def _check_form(request: Request, form: FormData) -> None:
    sent, has_cookie = str(form.get("csrf", "")), {SESSION, FORM} & request.cookies.keys()
    if not has_cookie or not hmac.compare_digest(sent.encode(), csrf(request).encode()):
        raise AccessError("the form is not from this browser", fix="load the page again", key="stale_form")


FORM_SENT = Depends(checked_form)
"""The default of a handler's `form: FormData`."""
FILES_SENT = Depends(checked_upload)
"""The same for a form with files."""


# --- cookies -----------------------------------------------------------------------------------------------


def begin(request: Request, response: Response, token: str, hours: int) -> None:
    """Give the browser a new session in place of any other."""
    _set(response, request, SESSION, token, hours * 3600)
    response.delete_cookie(FORM)


def end(response: Response) -> None:
    """Take the session from the browser."""
    response.delete_cookie(SESSION)


def form_cookie(request: Request, response: Response) -> str:
    """The hidden field for a form on this response, with the cookie that goes with it."""
    held = request.cookies.get(SESSION) or request.cookies.get(FORM)
    secret = held or secrets.token_urlsafe(32)
    if held is None:
        _set(response, request, FORM, secret, 3600)
    return form_token(secret)


def remember_language(response: Response, lang: Lang) -> None:
    """Let the desks speak this language from now on."""
    response.set_cookie(LANGUAGE, lang, max_age=365 * 24 * 3600, httponly=True, samesite="lax")


def _set(response: Response, request: Request, name: str, value: str, seconds: int) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


# --- what a refused browser sees ---------------------------------------------------------------------------


def language(request: Request) -> Lang:
    """The language that the address asks for, or else the one chosen earlier, or else the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE)
    return next((lang for lang in LANGS if lang == asked), None) or preferred(
        request.headers.get("accept-language", "")
    )


def reader(product: Product, lang: Lang) -> Reader:
    """Whom a page speaks to."""
    return Reader(product.words, product.programme, lang, Library(product.passages))


def inside(path: str) -> str:
    """A path of ours to go on to; the account page for anything else."""
    return path if INSIDE.fullmatch(path) else "/account"


def explain_refusals(app: FastAPI, product: Product) -> None:
    """Lead whoever is not signed in to the sign-in page, and tell everybody else in their language what is wrong."""

    async def refused(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, ScopingError) else AccessError("refused", fix="sign in")
        if known.key == "sign_in_first" and request.method == "GET":
            return RedirectResponse(f"/signin?next={inside(request.scope['path'])}", 303)
        text = await run_in_threadpool(pages.problem_page, reader(product, language(request)), known)
        refusal = 401 if known.key == "sign_in_first" else 403
        known_wrong = {"too_many_uploads": 413}
        return HTMLResponse(
            text, refusal if isinstance(error, AccessError) else known_wrong.get(known.key, 404)
        )

    app.add_exception_handler(InputError, refused)
