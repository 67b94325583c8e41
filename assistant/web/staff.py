"""The staff desk: its application, and what its pages share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from logging import getLogger

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from assistant.errors import AccessError, InputError, ScopingError
from assistant.web import auth, desk
from assistant.web.desk import Nav, Seat
from assistant.wiring import Product

log = getLogger(__name__)

HOME = "/staff/"
PAGES = ("sources", "prompts", "runs", "cases", "usage", "settings", "accounts")


@dataclass(frozen=True)
class Shown:
    """The title and body of one page."""

    title: str
    body: Markup
    status: int = 200


@dataclass(frozen=True)
class StaffDesk:
    """What every page of the desk is made with."""

    product: Product
    names: dict[str, str] = field(default_factory=dict)

    def seat(self, request: Request, page: str = "") -> Seat:
        """Who is asking; raises AccessError for everybody but staff."""
        return desk.seat(request, self.product, "staff", page=page)

    def show(self, request: Request, make: Callable[[Seat], Shown], page: str = "") -> Response:
        """A page; what goes wrong while it is made is told on a page of the desk, with its remedy."""
        seat = self.seat(request, page)
        try:
            made = make(seat)
        except AccessError:
            raise
        except ScopingError as error:
            made = self.trouble(seat, error)
        html = desk.page(seat, made.title, nav(seat), made.body)
        return desk.answer(seat, html, made.status)

    def act(
        self,
        request: Request,
        work: Callable[[Seat], Response],
        again: Callable[[Seat, ScopingError], Shown],
        page: str,
    ) -> Response:
        """What a form asks for; after a mistake `again` makes the page once more, with what was typed."""
        seat = self.seat(request, page)
        try:
            return work(seat)
        except AccessError:
            raise
        except ScopingError as error:
            mistake = error
        try:
            made = again(seat, mistake)
        except ScopingError:
            made = self.trouble(seat, mistake)
        html = desk.page(seat, made.title, nav(seat), made.body)
        return desk.answer(seat, html, status_of(mistake))

    def trouble(self, seat: Seat, error: ScopingError) -> Shown:
        """A page that tells of nothing but an error."""
        if not isinstance(error, InputError):
            log.error("a staff page failed; reference %s: %s", secrets.token_hex(4), type(error).__name__)
        return Shown(seat.say("staff.trouble"), problem(seat, error), status_of(error))

    def person(self, seat: Seat, id: str) -> str:
        """Who an account id, or the account of the machine, is."""
        try:
            account = self.product.store.accounts.get(id)
        except InputError:
            return id
        return account.name or account.email or seat.say("staff.erased")


def add_staff(app: FastAPI, product: Product) -> None:
    """Mount the desk at /staff."""
    app.mount("/staff", create_staff(product))

    @app.get("/staff")
    def without_slash() -> Response:
        return RedirectResponse(HOME, 303)


def create_staff(product: Product) -> FastAPI:
    """The desk's application; every route of it is for staff alone."""
    from assistant.web import (
        staff_accounts,
        staff_cases,
        staff_home,
        staff_prompts,
        staff_runs,
        staff_settings,
        staff_sources,
        staff_usage,
    )

    app = auth.surface("staff", product)
    made = StaffDesk(product)
    for part in (
        staff_home,
        staff_sources,
        staff_prompts,
        staff_runs,
        staff_cases,
        staff_usage,
        staff_settings,
        staff_accounts,
    ):
        part.add(app, made)
    return app


def nav(seat: Seat) -> Nav:
    """The pages of the desk."""
    return [
        (HOME, seat.say("staff.home")),
        *((f"/staff/{name}", seat.say(f"staff.{name}")) for name in PAGES),
    ]


def status_of(error: ScopingError) -> int:
    """The status of a page that tells of an error."""
    missing = error.key.startswith("no_") or error.key in ("source_unknown",)
    if isinstance(error, InputError):
        return 404 if missing else 400
    return 409 if error.key in ("review_conflict", "index_busy") else 500


def problem(seat: Seat, error: ScopingError) -> Markup:
    """What went wrong and its remedy, with the operator's own words for what only they can mend."""
    known = seat.reader.words.has(f"error.{error.key}.fix") and error.key != "unknown"
    if isinstance(error, InputError):
        return desk.problem(seat, error)
    told = desk.problem(seat, error) if known else desk.NOTHING
    detail = Markup(
        '<div class="problem" role="alert"><p lang="en">{}</p><p lang="en"><strong>{}</strong></p></div>'
    )
    return told + detail.format(str(error), error.fix)


def day(moment: datetime) -> str:
    """A moment as staff read it, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def percent(share: float) -> str:
    """A share, with one decimal."""
    return f"{100 * share:.1f} %"
