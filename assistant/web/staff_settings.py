"""The settings page: what is in force, without secrets, what was changed by whom, and whether the record is whole."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup
from pydantic import SecretStr
from starlette.datastructures import FormData

from assistant.errors import InputError, ScopingError
from assistant.settings import Settings
from assistant.store.audit import Link, Verified
from assistant.web import desk
from assistant.web.auth import FORM_SENT
from assistant.web.desk import Field, Seat
from assistant.web.staff import Shown, StaffDesk, problem
from assistant.web.staff_home import switch_history

PAGE = "/staff/settings"
SHOWN = 200
KINDS = ("setting", "source", "index", "job", "account", "session", "token", "review", "candidate", "draft")
"""How the names of actions begin."""
_HASH = re.compile(r"[0-9a-f]{64}")
_NOTED = re.compile(r"(\d{1,12})[ :]+([0-9a-f]{64})")


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes."""

    @app.get("/settings")
    def settings(request: Request, kind: str = "setting") -> Response:
        return of.show(request, lambda seat: _page(of, seat, kind))

    @app.post("/settings/verify")
    def verify(request: Request, form: FormData = FORM_SENT) -> Response:
        known = str(form.get("known", ""))
        return of.show(request, lambda seat: _verify(of, seat, known), PAGE)


def _verify(of: StaffDesk, seat: Seat, known: str) -> Shown:
    noted = _NOTED.fullmatch(known.strip())
    if known.strip() and noted is None:
        wrong = InputError("this is no noted link", fix="write number and hash", key="noted_link")
        return _page(of, seat, "setting", error=wrong, known=known)
    found = of.product.store.audit.verify((int(noted[1]), noted[2]) if noted else None)
    return _page(of, seat, "setting", found=found, known=known)


def _page(
    of: StaffDesk,
    seat: Seat,
    kind: str,
    *,
    found: Verified | None = None,
    error: ScopingError | None = None,
    known: str = "",
) -> Shown:
    say = seat.say
    chosen = kind if kind in KINDS else ""
    parts = [
        problem(seat, error) if error else desk.NOTHING,
        desk.section(say("staff.verify"), _chain(seat, found, known), id="verify"),
        desk.section(say("staff.audit"), _audit(of, seat, chosen), id="audit"),
        desk.section(say("staff.model_changes"), switch_history(of, seat, hidden_caption=True)),
        desk.section(say("staff.effective"), _effective(of, seat), id="effective"),
    ]
    return Shown(say("staff.settings"), Markup("").join(parts))


def _chain(seat: Seat, found: Verified | None, known: str) -> Markup:
    say = seat.say
    parts = [Markup("<p>{}</p>").format(say("staff.verify_note"))]
    if found is not None and found.broken_at is None:
        told = say("staff.chain_whole", links=found.links)
        parts.append(
            Markup('<p role="status">{} {}</p>').format(desk.badge(say("staff.whole"), "good"), told)
        )
        noted = Markup("<code>{} {}</code>").format(found.links, found.head)
        parts.append(desk.facts([(say("staff.note_this"), noted)]))
    if found is not None and found.broken_at is not None:
        told = say("staff.chain_broken", link=found.broken_at)
        shown = Markup('<div class="problem" role="alert"><p>{} {}</p><p lang="en">{}</p><p>{}</p></div>')
        state = desk.badge(say("staff.broken_badge"), "stop")
        parts.append(shown.format(state, told, found.why, say("staff.chain_fix")))
    field = Field(value=known, hint=say("staff.known_hint"), longest=90)
    parts.append(
        desk.form(
            seat,
            f"{PAGE}/verify",
            desk.text_field("known", say("staff.known"), field),
            desk.button(say("staff.verify_now")),
        )
    )
    return Markup("").join(parts)


def _audit(of: StaffDesk, seat: Seat, kind: str) -> Markup:
    say = seat.say
    links = of.product.store.audit.links(action=f"{kind}." if kind else None, limit=SHOWN)
    options = [("all", say("desk.all")), *((k, say(f"staff.kind_{k}")) for k in KINDS)]
    choice = desk.asking(
        PAGE,
        desk.select("kind", say("staff.what"), options, kind or "all"),
        desk.button(say("desk.show"), main=False),
    )
    columns = [
        desk.Column("seq", say("staff.link"), numeric=True),
        desk.Column("at", say("staff.when")),
        desk.Column("actor", say("staff.by")),
        desk.Column("action", say("staff.action")),
        desk.Column("subject", say("staff.subject")),
        desk.Column("details", say("staff.details")),
    ]
    rows = [_link(of, seat, link) for link in links]
    return choice + desk.table(seat, say("staff.audit"), columns, rows, hidden_caption=True)


def _link(of: StaffDesk, seat: Seat, link: Link) -> tuple[str, ...]:
    details = ", ".join(f"{name}: {_short(value)}" for name, value in link.details.items())
    subject = (
        of.person(seat, link.subject) if link.action.startswith(("account.", "session.")) else link.subject
    )
    code = Markup("<code>{}</code>")
    at = f"{link.at[:19].replace('T', ' ')} UTC"
    return str(link.seq), at, of.person(seat, link.actor), code.format(link.action), subject, details


def _short(value: str | int | None) -> str:
    """A value of the record; of a hash the beginning, which is enough to compare by eye."""
    text = "–" if value is None else str(value)
    return f"{text[:12]}…" if _HASH.fullmatch(text) else text


def _effective(of: StaffDesk, seat: Seat) -> Markup:
    say = seat.say
    columns = [
        desk.Column("name", say("staff.setting")),
        desk.Column("value", say("staff.value")),
        desk.Column("source", say("staff.set_or_default")),
    ]
    settings = of.product.settings
    rows = [
        (
            Markup("<code>ASSISTANT_{}</code>").format(name.upper()),
            shown_setting(getattr(settings, name), say("staff.secret_set")),
            say("staff.is_set" if name in settings.model_fields_set else "staff.is_default"),
        )
        for name in Settings.model_fields
    ]
    note = Markup("<p>{}</p>").format(say("staff.settings_note"))
    return note + desk.table(seat, say("staff.effective"), columns, rows, hidden_caption=True)


def shown_setting(value: object, secret: str) -> str:
    """A setting as it may be shown: of a secret only that it is set, of an address no password."""
    if value is None or value == "":
        return "–"
    if isinstance(value, SecretStr):
        return secret
    text = str(value)
    return without_password(text) if "://" in text else text


def without_password(address: str) -> str:
    """An address without user, password and query, which may carry secrets."""
    try:
        parts = urlsplit(address)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "–"
    mark = "…@" if "@" in parts.netloc else ""
    return urlunsplit((parts.scheme, mark + host, parts.path, "…" if parts.query else "", ""))
