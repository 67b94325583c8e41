"""The first page of the staff desk: what state everything is in, and the switch of the language model."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.datastructures import FormData

from assistant.errors import InputError, ScopingError
from assistant.retrieval.manifest import status
from assistant.retrieval.waiting import all_waiting
from assistant.store.switches import LONGEST
from assistant.web import desk
from assistant.web.auth import FORM_SENT
from assistant.web.desk import Seat
from assistant.web.staff import HOME, Shown, StaffDesk, day, problem
from assistant.wiring import MODEL_SWITCH


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes."""

    @app.get("/")
    def home(request: Request) -> Response:
        return of.show(request, lambda seat: _home(of, seat))

    @app.post("/model")
    def switch(request: Request, form: FormData = FORM_SENT) -> Response:
        why = str(form.get("why", ""))
        return of.act(
            request,
            lambda seat: _switch(of, seat, str(form.get("to", "")), why),
            lambda seat, error: _home(of, seat, error, why),
            HOME,
        )


def _switch(of: StaffDesk, seat: Seat, to: str, why: str) -> Response:
    if to not in ("on", "off"):
        raise InputError("on or off", fix="load the page again", key="value")
    if not why.strip():
        raise InputError("a reason is needed", fix="say why", key="reason")
    of.product.store.switches.set(MODEL_SWITCH, to, seat.who, why)
    return desk.done(HOME, f"model_{to}")


def _home(of: StaffDesk, seat: Seat, error: ScopingError | None = None, why: str = "") -> Shown:
    parts = [
        problem(seat, error) if error else desk.NOTHING,
        _model(of, seat, why),
        desk.section(seat.say("staff.state"), desk.facts(_state(of, seat))),
    ]
    return Shown(seat.say("staff.title"), Markup("").join(parts))


def _model(of: StaffDesk, seat: Seat, why: str) -> Markup:
    """The switch: what is set, by whom, why, and the form that sets the other."""
    settings, switches = of.product.settings, of.product.store.switches
    changes = switches.history(MODEL_SWITCH)
    off = bool(changes) and changes[0].value == "off"
    state = "staff.model_off" if off else "staff.model_on"
    kind = "stop" if off else "good"
    shown = [Markup("<p>{} {}</p>").format(desk.badge(seat.say(f"{state}_short"), kind), seat.say(state))]
    if settings.engine == "local":
        shown.append(Markup("<p>{}</p>").format(seat.say("staff.model_local")))
    shown.append(
        desk.form(
            seat,
            "/staff/model",
            desk.hidden("to", "on" if off else "off"),
            desk.text_field(
                "why", seat.say("staff.why"), desk.Field(value=why, required=True, longest=LONGEST)
            ),
            desk.button(seat.say("staff.model_turn_on" if off else "staff.model_turn_off"), danger=not off),
        )
    )
    if changes:
        shown.append(switch_history(of, seat))
    return desk.section(seat.say("staff.model"), *shown, id="model")


def switch_history(of: StaffDesk, seat: Seat, *, hidden_caption: bool = False) -> Markup:
    """Every change of the switch."""
    say = seat.say
    columns = [
        desk.Column("at", say("staff.when")),
        desk.Column("value", say("staff.set_to")),
        desk.Column("by", say("staff.by")),
        desk.Column("why", say("staff.why")),
    ]
    rows = [
        (day(c.at), say(f"staff.model_{c.value}_short"), of.person(seat, c.set_by), c.why or "")
        for c in of.product.store.switches.history(MODEL_SWITCH)[:20]
    ]
    return desk.table(seat, say("staff.model_changes"), columns, rows, hidden_caption=hidden_caption)


def _state(of: StaffDesk, seat: Seat) -> list[tuple[str, str]]:
    """What stands how, each with the page that says more."""
    product, say = of.product, seat.say
    index = status(product.settings)
    kind = "good" if index.state == "ready" else "stop"
    waiting = len(all_waiting(product.settings))
    candidates = product.store.candidates
    accepted, unread = len(candidates.all("accepted")), len(candidates.all("quarantine"))
    used = product.store.usage.days(1)
    calls = sum(u.calls for u in used if u.engine == "llm")
    cost = sum(u.cost_usd for u in used)
    link = Markup('<a href="/staff/{}">{}</a>')
    return [
        (
            say("staff.index"),
            desk.badge(say(f"staff.index_{index.state}"), kind)
            + " "
            + link.format("sources", say("staff.sources")),
        ),
        (say("staff.waiting"), link.format("sources#waiting", say("staff.count_files", count=waiting))),
        (
            say("staff.cases"),
            link.format("cases", say("staff.count_cases", accepted=accepted, unread=unread)),
        ),
        (say("staff.today"), link.format("usage", say("staff.count_calls", calls=calls, cost=f"{cost:.2f}"))),
    ]
