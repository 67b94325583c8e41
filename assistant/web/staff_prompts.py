"""The prompts page: every version, which one is in use, and what differs between two."""

from __future__ import annotations

import difflib

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from assistant.errors import InputError
from assistant.prompts import Prompt, Prompts, load_prompts
from assistant.web import desk
from assistant.web.desk import Seat
from assistant.web.staff import Shown, StaffDesk


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes. Nothing here writes: prompts are pinned in the repository."""

    @app.get("/prompts")
    def prompts(request: Request) -> Response:
        return of.show(request, lambda seat: _all(_load(of), seat))

    @app.get("/prompts/{name}")
    def prompt(name: str, request: Request, version: int = 0, against: int = 0) -> Response:
        return of.show(request, lambda seat: _one(_load(of), seat, name, version, against))


def _load(of: StaffDesk) -> Prompts:
    """The files as they are now; what is in use is read when the program starts."""
    return load_prompts(of.product.settings.prompts)


def _all(prompts: Prompts, seat: Seat) -> Shown:
    say = seat.say
    columns = [
        desk.Column("name", say("staff.prompt")),
        desk.Column("version", say("staff.version"), numeric=True),
        desk.Column("pinned", say("staff.pinned")),
        desk.Column("purpose", say("staff.purpose")),
        desk.Column("changed", say("staff.changed")),
        desk.Column("sha", say("staff.hash")),
    ]
    rows = [
        (
            Markup('<a href="/staff/prompts/{}?version={}">{}</a>').format(name, p.version, p.file),
            str(p.version),
            _pin(prompts, p, seat),
            p.purpose,
            p.changed,
            Markup("<code>{}</code>").format(p.sha[:12]),
        )
        for name in prompts.names
        for p in prompts.versions(name)
    ]
    how = Markup("<p>{}</p><ol>{}</ol>").format(
        say("staff.pin_how"),
        Markup("").join(Markup("<li>{}</li>").format(say(f"staff.pin_step_{n}")) for n in (1, 2, 3, 4)),
    )
    body = desk.table(seat, say("staff.prompts"), columns, rows, hidden_caption=True)
    return Shown(say("staff.prompts"), body + desk.section(say("staff.pin"), how))


def _pin(prompts: Prompts, prompt: Prompt, seat: Seat) -> str:
    pinned = prompts.pinned(prompt.name) == prompt.version
    return desk.badge(seat.say("staff.in_use"), "good") if pinned else "–"


def _one(prompts: Prompts, seat: Seat, name: str, version: int, against: int) -> Shown:
    say = seat.say
    known = {p.version: p for p in prompts.versions(name)}
    if not known:
        raise InputError("there is no such prompt", fix="choose one from the list", key="no_prompt")
    shown = known.get(version) or known[prompts.pinned(name) or max(known)]
    facts: list[tuple[str, str]] = [
        (say("staff.pinned"), _pin(prompts, shown, seat)),
        (say("staff.purpose"), shown.purpose),
        (say("staff.changed"), shown.changed),
        (say("staff.reply_type"), Markup("<code>{}</code>").format(shown.reply)),
        (say("staff.slots"), ", ".join(shown.slots) or "–"),
        (say("staff.hash"), Markup("<code>{}</code>").format(shown.sha)),
    ]
    parts = [desk.section(say("staff.header"), desk.facts(facts))]
    if len(known) > 1:
        parts.append(_choice(seat, name, known, shown, against))
    if against in known and against != shown.version:
        parts.append(_difference(seat, known[against], shown))
    text = Markup('<pre tabindex="0" lang="en">{}</pre>').format(shown.body)
    parts.append(desk.section(say("staff.text"), text))
    return Shown(shown.file, Markup("").join(parts))


def _choice(seat: Seat, name: str, known: dict[int, Prompt], shown: Prompt, against: int) -> Markup:
    versions = [(str(v), known[v].file) for v in sorted(known, reverse=True)]
    return desk.asking(
        f"/staff/prompts/{name}",
        desk.select("version", seat.say("staff.version"), versions, str(shown.version)),
        desk.select(
            "against", seat.say("staff.against"), [("0", seat.say("staff.nothing")), *versions], str(against)
        ),
        desk.button(seat.say("desk.show"), main=False),
    )


def _difference(seat: Seat, old: Prompt, new: Prompt) -> Markup:
    """The lines that went and came; who hears the page is told which is which."""
    title = seat.say("staff.difference", old=old.file, new=new.file)
    lines = difflib.unified_diff(old.body.split("\n"), new.body.split("\n"), lineterm="", n=3)
    told = [_line(seat, line) for line in list(lines)[2:]]
    if not told:
        return desk.section(title, Markup("<p>{}</p>").format(seat.say("staff.no_difference")))
    return desk.section(
        title, Markup('<pre class="diff" tabindex="0">{}</pre>').format(Markup("\n").join(told))
    )


def _line(seat: Seat, line: str) -> Markup:
    sign, text = line[:1], line[1:]
    if sign == "+":
        return Markup("<ins>+ {}</ins>").format(text)
    if sign == "-":
        return Markup("<del>− {}</del>").format(text)
    if sign == "@":
        return Markup('<span class="small">{}</span>').format(line)
    return Markup("  {}").format(text)
