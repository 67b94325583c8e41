"""The accounts page: who may sign in, with which roles, and the way to end that at once."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.datastructures import FormData

from assistant.errors import InputError, ScopingError
from assistant.store.accounts import ROLES, Account, Role
from assistant.web import desk
from assistant.web.auth import FORM_SENT
from assistant.web.desk import Seat
from assistant.web.staff import Shown, StaffDesk, day, problem

PAGE = "/staff/accounts"


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes."""

    @app.get("/accounts")
    def accounts(request: Request) -> Response:
        return of.show(request, lambda seat: _page(of, seat))

    @app.post("/accounts/{id}/{action}")
    def act(id: str, action: str, request: Request, form: FormData = FORM_SENT) -> Response:
        return of.act(
            request,
            lambda seat: _act(of, seat, id, action, form),
            lambda seat, error: _page(of, seat, error),
            PAGE,
        )


def _act(of: StaffDesk, seat: Seat, id: str, action: str, form: FormData) -> Response:
    store, me = of.product.store.accounts, seat.who.id
    actions: dict[str, Callable[[], object]] = {
        "disable": lambda: store.disable(id, actor=me),
        "enable": lambda: store.enable(id, actor=me),
        "sessions": lambda: store.end_sessions(id, actor=me),
        "roles": lambda: store.set_roles(id, _roles(form), actor=me),
    }
    if action not in actions:
        raise InputError("there is no such action", fix="load the page again", key="no_action")
    if id == me and (action == "disable" or (action == "roles" and "staff" not in _roles(form))):
        raise InputError("that would shut you out", fix="ask another member of staff", key="own_account")
    actions[action]()
    return desk.done(PAGE, f"account_{action}", f"a-{id}")


def _roles(form: FormData) -> list[Role]:
    chosen = {str(value) for value in form.getlist("roles")}
    return [role for role in ROLES if role in chosen]


def _page(of: StaffDesk, seat: Seat, error: ScopingError | None = None) -> Shown:
    say, store = seat.say, of.product.store.accounts
    sessions = store.open_sessions()
    parts = [
        problem(seat, error) if error else desk.NOTHING,
        Markup("<p>{} <code>scoping users add</code></p>").format(say("staff.accounts_note")),
    ]
    parts += [_account(seat, account, sessions.get(account.id, 0)) for account in store.all()]
    return Shown(say("staff.accounts"), Markup("").join(parts))


def _account(seat: Seat, account: Account, sessions: int) -> Markup:
    say, name = seat.say, account.name or account.email or account.id
    state = say("staff.disabled" if account.disabled_at else "staff.active")
    facts: list[tuple[str, str]] = [
        (say("sign.email"), account.email or "–"),
        (say("staff.state"), desk.badge(state, "stop" if account.disabled_at else "good")),
        (say("staff.roles"), ", ".join(say(f"staff.role_{r}") for r in account.roles) or "–"),
        (say("staff.sessions"), str(sessions)),
        (say("staff.since"), day(account.created_at)),
    ]
    boxes = Markup("").join(
        desk.checkbox(
            "roles", say(f"staff.role_{r}"), checked=r in account.roles, value=r, id=f"{r}-{account.id}"
        )
        for r in ROLES
    )
    where = f"{PAGE}/{account.id}"
    roles = desk.form(
        seat,
        f"{where}/roles",
        Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(say("staff.roles_of", name=name), boxes),
        desk.button(say("staff.save_roles"), main=False),
    )
    turn = "enable" if account.disabled_at else "disable"
    buttons = [
        desk.form(seat, f"{where}/sessions", desk.button(say("staff.end_sessions", name=name), main=False)),
        desk.form(
            seat,
            f"{where}/{turn}",
            desk.button(say(f"staff.{turn}", name=name), main=False, danger=turn == "disable"),
        ),
    ]
    return desk.section(
        name, desk.facts(facts), desk.folded(say("staff.change"), roles, *buttons), id=f"a-{account.id}"
    )
