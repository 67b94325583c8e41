"""Errors of the HTTP API as problem details (RFC 9457), in the caller's language."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.domain import Frozen
from assistant.errors import AccessError, InputError, LLMError, ScopingError, StoreError
from assistant.web.auth import language, reader
from assistant.web.guards import API, BODY_LIMIT
from assistant.wiring import Product

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS = {
    "api_token": 401,
    "api_scope": 403,
    "forbidden": 403,
    "draft_gone": 404,
    "no_draft": 404,
    "no_review": 404,
    "api_path": 404,
    "api_method": 405,
    "conflict": 409,
    "review_conflict": 409,
    "answered": 409,
    "api_size": 413,
    "batch_rows": 413,
    "too_long": 413,
    "batch_kind": 415,
    "api_rate": 429,
}
"""The status of each error that is not simply a wrong request (422) or our failure (503)."""


class Wrong(Frozen):
    """One thing in a request that does not have its form."""

    where: str
    what: str


class Problem(Frozen):
    """What went wrong and what to do about it."""

    type: str
    """`urn:scoping:error:` and the error's key."""
    title: str
    status: int
    detail: str
    fix: str
    errors: tuple[Wrong, ...] = ()
    reference: str | None = None
    """To be given to whoever runs the site, when the failure is ours."""


def problem(
    product: Product, request: Request, error: ScopingError, errors: tuple[Wrong, ...] = ()
) -> Response:
    """The response that tells of an error."""
    ours = isinstance(error, (StoreError, LLMError)) or not isinstance(error, InputError)
    status = STATUS.get(error.key, 503 if ours else 422)
    message, fix = reader(product, language(request)).explain(error)
    reference = secrets.token_hex(4) if status >= 500 else None
    if reference:
        log.error("request failed (%s): %s %s", reference, type(error).__name__, error.key)
    told = Problem(
        type=f"urn:scoping:error:{error.key}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=message,
        fix=fix,
        errors=errors,
        reference=reference,
    )
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "seconds" in error.details:
        headers["Retry-After"] = str(error.details["seconds"])
    data = told.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return JSONResponse(data, status, headers, media_type=MEDIA_TYPE)


def tell_problems(api: FastAPI, product: Product) -> None:
    """Make every failure of an application a problem document."""

    def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, ScopingError)  # noqa: S101  # registered for these alone
        return problem(product, request, error)

    def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        # What was sent stays out of the answer: it may be anything.
        wrong = tuple(
            Wrong(where=".".join(str(part) for part in e["loc"])[:200], what=str(e["type"]))
            for e in error.errors()
        )
        told = InputError("the request is malformed", fix="see /api/v1/openapi.json", key="api_form")
        return problem(product, request, told, wrong)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        keys = {404: "api_path", 405: "api_method"}
        key = keys.get(error.status_code, "api_form")
        told = problem(product, request, InputError("refused", fix="see /api/v1/openapi.json", key=key))
        told.headers.update(error.headers or {})
        return told

    def unknown(request: Request, error: Exception) -> Response:
        log.error("request failed: %s", type(error).__name__)
        return problem(product, request, ScopingError(type(error).__name__, fix="try again"))

    api.add_exception_handler(ScopingError, known)
    api.add_exception_handler(RequestValidationError, malformed)
    api.add_exception_handler(HTTPException, refused)
    api.add_exception_handler(Exception, unknown)


def too_large(product: Product) -> ASGIApp:
    """What answers a body over the limit: a problem document for machines, a line for browsers."""

    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = PlainTextResponse("the body is too large", 413)
        if scope["path"].startswith(API):
            told = AccessError("too large", fix="send it in parts", key="api_size", limit=BODY_LIMIT)
            response = problem(product, Request(scope), told)
        response.headers["Connection"] = "close"
        await response(scope, receive, send)

    return refuse
