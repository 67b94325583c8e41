"""The cases page: what coaches overruled, on its way to the suites of the evaluations."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.datastructures import FormData

from assistant.errors import InputError, ScopingError
from assistant.store.candidates import SUITES, Candidate
from assistant.suites import VERDICTS, Completion, asked, suite_line
from assistant.web import desk
from assistant.web.auth import FORM_SENT
from assistant.web.desk import Field, Seat
from assistant.web.staff import Shown, StaffDesk, day, problem

PAGE = "/staff/cases"
STATES = ("accepted", "quarantine", "released", "rejected")
LINES = "application/x-ndjson"


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes."""

    @app.get("/cases")
    def cases(request: Request) -> Response:
        return of.show(request, lambda seat: _all(of, seat))

    @app.get("/cases/suite/{suite}.jsonl")
    def suite(suite: str, request: Request) -> Response:
        of.seat(request)
        return _download(of, suite)

    @app.get("/cases/{id}")
    def case(id: str, request: Request) -> Response:
        return of.show(request, lambda seat: _one(of, seat, _find(of, id)))

    @app.post("/cases/{id}/release")
    def release(id: str, request: Request, form: FormData = FORM_SENT) -> Response:
        return of.act(
            request,
            lambda seat: _release(of, seat, id, form),
            lambda seat, error: _one(of, seat, _find(of, id), error, _completion(form)),
            f"{PAGE}/{id}",
        )


def _find(of: StaffDesk, id: str) -> Candidate:
    found = next((c for c in of.product.store.candidates.all() if c.id == id), None)
    if found is None:
        raise InputError("there is no such candidate", fix="load the list again", key="no_candidate")
    return found


def _completion(form: FormData) -> Completion:
    return Completion(
        fit=str(form.get("fit", "")),
        reasons=tuple(str(value) for value in form.getlist("reasons")),
        quote=str(form.get("quote", "")),
    )


def _release(of: StaffDesk, seat: Seat, id: str, form: FormData) -> Response:
    found, version = _find(of, id), str(form.get("version", ""))
    line = suite_line(found, _completion(form), of.product.programme)
    of.product.store.candidates.release(
        id, seat.who, version=int(version) if version.isdigit() else 0, case=line
    )
    return desk.done(f"{PAGE}/{id}", "case_released")


def _download(of: StaffDesk, suite: str) -> Response:
    released = of.product.store.candidates.all("released")
    lines = [c.released_case for c in released if c.suite == suite and c.released_case]
    if suite not in SUITES.values() or not lines:
        raise InputError(
            "nothing was released for this suite", fix="release a case first", key="no_candidate"
        )
    name = f'attachment; filename="{suite}-released.jsonl"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    return Response("".join(f"{line}\n" for line in lines), media_type=LINES, headers=headers)


# --- pages -----------------------------------------------------------------------------------------------


def _all(of: StaffDesk, seat: Seat) -> Shown:
    say = seat.say
    found = of.product.store.candidates.all()
    parts = [Markup("<p>{}</p>").format(say("staff.cases_note"))]
    for state in STATES:
        of_state = [c for c in found if c.state == state]
        parts.append(desk.section(say(f"staff.case_{state}"), _table(seat, of_state, state), id=state))
    suites = sorted({c.suite for c in found if c.suite and c.released_case})
    if suites:
        links = Markup("").join(
            Markup('<li><a href="{}/suite/{}.jsonl" download>{}</a></li>').format(
                PAGE, s, say("staff.download", name=f"{s}-released.jsonl")
            )
            for s in suites
        )
        told = Markup("<p>{}</p><ul>{}</ul>").format(say("staff.download_note"), links)
        parts.append(desk.section(say("staff.for_suites"), told, id="download"))
    return Shown(say("staff.cases"), Markup("").join(parts))


def _table(seat: Seat, found: list[Candidate], state: str) -> Markup:
    say = seat.say
    columns = [
        desk.Column("at", say("staff.when")),
        desk.Column("target", say("staff.target")),
        desk.Column("was", say("staff.was_now")),
        desk.Column("lang", say("sign.language")),
        desk.Column("suite", say("staff.suite")),
    ]
    rows = [
        (
            Markup('<a href="{}/{}">{}</a>').format(PAGE, c.id, day(c.made_at)),
            _target(seat, c.target),
            Markup("{} → {}").format(_value(seat, c, c.was), _value(seat, c, c.now)),
            desk.NAMES[c.lang],
            SUITES[c.target.partition(":")[0]],
        )
        for c in found
    ]
    return desk.table(seat, say(f"staff.case_{state}"), columns, rows, hidden_caption=True)


def _one(
    of: StaffDesk,
    seat: Seat,
    found: Candidate,
    error: ScopingError | None = None,
    typed: Completion | None = None,
) -> Shown:
    say = seat.say
    first: list[tuple[str, str]] = [
        (say("staff.target"), _target(seat, found.target)),
        (say("staff.was"), _value(seat, found, found.was)),
        (say("staff.first_says"), _value(seat, found, found.now)),
        (say("staff.reason"), found.reason),
        (say("staff.by"), of.person(seat, found.made_by)),
        (say("staff.when"), day(found.made_at)),
    ]
    parts = [
        problem(seat, error) if error else desk.NOTHING,
        Markup("<p>{}</p>").format(desk.badge(say(f"staff.case_{found.state}"))),
        desk.section(say("staff.first"), desk.facts(first)),
        desk.section(say("staff.second"), _second(of, seat, found)),
        desk.section(
            say("staff.masked_text"),
            Markup('<blockquote lang="{}">{}</blockquote>').format(found.lang, found.text),
        ),
    ]
    if found.state == "accepted":
        parts.append(_form(of, seat, found, typed or Completion()))
    if found.released_case:
        parts.append(_released(seat, found))
    title = f"{_target(seat, found.target)}, {day(found.made_at)}"
    return Shown(title, Markup("").join(parts))


def _second(of: StaffDesk, seat: Seat, found: Candidate) -> Markup:
    if found.second_by is None:
        return Markup("<p>{}</p>").format(seat.say("staff.not_read"))
    facts = [
        (seat.say("staff.second_says"), _value(seat, found, found.second_value)),
        (seat.say("staff.reason"), found.second_reason or ""),
        (seat.say("staff.by"), of.person(seat, found.second_by)),
    ]
    return desk.facts(facts)


def _form(of: StaffDesk, seat: Seat, found: Candidate, typed: Completion) -> Markup:
    """What a case of the suite says beside what both coaches settled."""
    say, programme, need = seat.say, of.product.programme, asked(found)
    parts: list[str] = [desk.hidden("version", str(found.version))]
    if need.fit:
        options = [("", "–"), *((v, say(f"verdict.{v}")) for v in VERDICTS)]
        parts.append(desk.select("fit", say("staff.complete_fit"), options, typed.fit))
    if need.reasons:
        boxes = Markup("").join(
            desk.checkbox(
                "reasons",
                r.name.at(seat.reader.lang),
                value=r.id,
                id=f"r-{r.id}",
                checked=r.id in typed.reasons or (found.target == f"flag:{r.id}" and found.now == "raised"),
            )
            for r in programme.reasons
        )
        parts.append(
            Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(say("staff.complete_reasons"), boxes)
        )
    if need.quote:
        parts.append(
            desk.text_field(
                "quote",
                say("staff.complete_quote"),
                Field(value=typed.quote, hint=say("staff.quote_hint"), required=True, lines=2),
            )
        )
    parts.append(desk.button(say("staff.release")))
    note = Markup("<p>{}</p>").format(say("staff.release_note", suite=SUITES[found.target.partition(":")[0]]))
    return desk.section(say("staff.release"), note, desk.form(seat, f"{PAGE}/{found.id}/release", *parts))


def _released(seat: Seat, found: Candidate) -> Markup:
    line = Markup('<pre tabindex="0">{}</pre>').format(found.released_case)
    link = Markup('<p><a class="button" href="{}/suite/{}.jsonl" download>{}</a></p>').format(
        PAGE, found.suite, seat.say("staff.download", name=f"{found.suite}-released.jsonl")
    )
    return desk.section(seat.say("staff.line"), line, link)


def _target(seat: Seat, target: str) -> str:
    kind, _, id = target.partition(":")
    if kind == "element":
        return seat.say("staff.target_element", name=seat.reader.name(id))
    if kind == "flag":
        return seat.say("staff.target_flag", name=_reason(seat, id))
    return seat.say(f"staff.target_{kind}")


def _reason(seat: Seat, id: str) -> str:
    names = {r.id: r.name.at(seat.reader.lang) for r in seat.reader.programme.reasons}
    return names.get(id, id)


def _value(seat: Seat, found: Candidate, value: str | None) -> str:
    """A value in the reader's words: a verdict, a type, a state, whether a flag was raised."""
    if value is None:
        return "–"
    types = {t.id: t.name.at(seat.reader.lang) for t in seat.reader.programme.types}
    for key in (f"verdict.{value}", f"state.{value}", f"staff.flag_{value}"):
        if seat.reader.words.has(key):
            return seat.say(key)
    return types.get(value, value)
