"""The evaluations pages: runs, one run's scores, what flipped between two, and how suites went over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from assistant import runs
from assistant.runs import Flip, Found, Interval, Point, Run
from assistant.web import desk
from assistant.web.desk import Seat
from assistant.web.staff import Shown, StaffDesk, day, percent

SHOWN = 200
"""Flips and wrong cases on one page."""
WIDTH, HEIGHT, LEFT, TOP = 320, 150, 52, 14


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes."""

    @app.get("/runs")
    def all_runs(request: Request) -> Response:
        return of.show(request, lambda seat: _all(of, seat))

    @app.get("/runs/{name}")
    def one(name: str, request: Request, against: str = "") -> Response:
        return of.show(request, lambda seat: _one(of, seat, name, against))


# --- all of them -----------------------------------------------------------------------------------------


def _all(of: StaffDesk, seat: Seat) -> Shown:
    say, settings = seat.say, of.product.settings
    found, broken = runs.find_runs(settings)
    parts = [Markup("<p>{}</p>").format(say("staff.runs_note")), _list(seat, found)]
    if broken:
        lines = Markup("").join(Markup("<li><code>{}</code>: {}</li>").format(*b) for b in broken)
        told = Markup("<p>{}</p><ul>{}</ul>").format(say("staff.broken_fix"), lines)
        parts.append(desk.section(say("staff.broken"), told))
    trends = runs.trends(settings, found)
    if trends:
        shown = [_trend(seat, f"{suite} · {engine}", points) for (suite, engine), points in trends.items()]
        parts.append(desk.section(say("staff.trends"), *shown))
    return Shown(say("staff.runs"), Markup("").join(parts))


def _list(seat: Seat, found: Sequence[Found]) -> Markup:
    say = seat.say
    columns = [
        desk.Column("run", say("staff.run")),
        desk.Column("began", say("staff.when")),
        desk.Column("engine", say("staff.engine")),
        desk.Column("git", say("staff.revision")),
        desk.Column("cases", say("staff.cases_count"), numeric=True),
        desk.Column("right", say("staff.right"), numeric=True),
        desk.Column("errors", say("staff.errors"), numeric=True),
    ]
    rows = []
    for name, run in found:
        total = next((r for r in runs.figures(run) if r.suite == "all"), None)
        blessed = " " + desk.badge(say("staff.baseline"), "good") if run.blessed else desk.NOTHING
        rows.append(
            (
                Markup('<a href="/staff/runs/{}">{}</a>{}').format(name, run.id, blessed),
                run.began[:16].replace("T", " "),
                f"{run.engine} {run.engine_version} {run.model}".strip(),
                Markup("<code>{}</code>").format(run.git),
                str(run.cases),
                _interval(total.right) if total else "–",
                str(total.errors) if total else "–",
            )
        )
    return desk.table(seat, say("staff.runs"), columns, rows, hidden_caption=True)


def _interval(of: Interval) -> str:
    return f"{percent(of.value)} ({100 * of.low:.1f}–{100 * of.high:.1f})"


def _trend(seat: Seat, suite: str, points: Sequence[Point]) -> Markup:
    say = seat.say
    columns = [
        desk.Column("on", say("staff.day")),
        desk.Column("run", say("staff.run")),
        desk.Column("right", say("staff.right_share"), numeric=True),
        desk.Column("cases", say("staff.cases_count"), numeric=True),
    ]
    rows = [
        (
            p.on,
            Markup("{} {}").format(p.run, desk.badge(say("staff.baseline"), "good") if p.blessed else ""),
            percent(p.right),
            str(p.cases),
        )
        for p in reversed(points)
    ]
    table = desk.table(seat, say("staff.trend_of", suite=suite), columns, rows, hidden_caption=True)
    return Markup(
        '<section><h3>{}</h3><div class="columns"><figure>{}</figure><div>{}</div></div></section>'
    ).format(suite, line_chart(points, say("staff.trend_of", suite=suite)), table)


def line_chart(points: Sequence[Point], title: str) -> Markup:
    """The share that is right, run after run; filled marks are blessed runs. The table beside it says the same."""
    low = min(0.9, *(p.right for p in points)) if points else 0.0
    bottom = int(low * 10) / 10
    spots = [(_x(n, len(points)), _y(p.right, bottom), p) for n, p in enumerate(points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in spots)
    marks = Markup("").join(
        Markup('<circle cx="{}" cy="{}" r="5" class="{}"><title>{}: {}</title></circle>').format(
            f"{x:.1f}", f"{y:.1f}", "bar" if p.blessed else "rest", p.run, percent(p.right)
        )
        for x, y, p in spots
    )
    ticks = Markup("").join(
        Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" class="axis"/><text x="4" y="{}">{} %</text>').format(
            LEFT, WIDTH, y, y, f"{y + 5:.1f}", f"{100 * share:.0f}"
        )
        for share in (bottom, (1 + bottom) / 2, 1.0)
        for y in [round(_y(share, bottom), 1)]
    )
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<polyline points="{}" class="line"/>{}</svg>'
    ).format(WIDTH, HEIGHT, title, ticks, line, marks)


def _x(number: int, of: int) -> float:
    room = WIDTH - LEFT - 24
    return LEFT + 12 + (room * number / (of - 1) if of > 1 else room / 2)


def _y(share: float, bottom: float) -> float:
    room = HEIGHT - 2 * TOP
    return TOP + room * (1 - (share - bottom) / (1 - bottom))


# --- one of them -----------------------------------------------------------------------------------------


def _one(of: StaffDesk, seat: Seat, name: str, against: str) -> Shown:
    say, settings = seat.say, of.product.settings
    run = runs.find_run(settings, name)
    found, _ = runs.find_runs(settings)
    others = [f for f in found if f.name != name]
    chosen = against or _usual(run, others)
    parts = [desk.section(say("staff.run"), desk.facts(_about(seat, run))), _scores(seat, run)]
    if others:
        options = [("", say("staff.nothing")), *((f.name, f"{f.run.id} ({f.name})") for f in others)]
        parts.append(
            desk.asking(
                f"/staff/runs/{name}",
                desk.select("against", say("staff.against"), options, chosen),
                desk.button(say("desk.show"), main=False),
            )
        )
    if chosen:
        parts.append(_flips(seat, runs.find_run(settings, chosen), run))
    parts.append(_wrong(seat, run))
    return Shown(run.id, Markup("").join(parts))


def _usual(run: Run, others: Sequence[Found]) -> str:
    """What a run is compared with unless something else is chosen: the baseline of its engine."""
    name = f"baseline-{run.engine}"
    return name if any(f.name == name for f in others) else ""


def _about(seat: Seat, run: Run) -> list[tuple[str, str]]:
    say = seat.say
    told = [
        (say("staff.when"), day(datetime.fromisoformat(run.began))),
        (say("staff.engine"), f"{run.engine} {run.engine_version} {run.model}".strip()),
        (say("staff.revision"), run.git),
        (say("staff.prompts"), ", ".join(run.prompts.values()) or "–"),
        (say("staff.cases_count"), f"{run.cases} × {run.repeat}"),
        (say("staff.seconds"), f"{run.seconds:.1f}"),
    ]
    if run.blessed:
        told.append((say("staff.baseline"), f"{run.blessed.by}, {run.blessed.on}: {run.blessed.why}"))
    return told


def _scores(seat: Seat, run: Run) -> Markup:
    say = seat.say
    columns = [
        desk.Column("suite", say("staff.suite")),
        desk.Column("cases", say("staff.cases_count"), numeric=True),
        desk.Column("right", say("staff.right_interval"), numeric=True),
        desk.Column("score", say("staff.score_interval"), numeric=True),
        desk.Column("errors", say("staff.errors"), numeric=True),
    ]
    rows = [
        (
            say("desk.all") if r.suite == "all" else r.suite,
            str(r.cases),
            _interval(r.right),
            f"{r.score.value:.3f} ({r.score.low:.3f}–{r.score.high:.3f})",
            str(r.errors),
        )
        for r in runs.figures(run)
    ]
    return desk.table(seat, say("staff.scores"), columns, rows)


def _flips(seat: Seat, base: Run, run: Run) -> Markup:
    say = seat.say
    found = runs.flips(base, run)
    counts = {way: sum(f.direction == way for f in found) for way in ("worse", "better", "other")}
    told = Markup("<p>{}</p>").format(say("staff.flips_told", base=base.id, **counts))
    columns = [
        desk.Column("case", say("staff.case")),
        desk.Column("way", say("staff.direction")),
        desk.Column("labels", say("staff.old_new")),
        desk.Column("expected", say("staff.expected")),
        desk.Column("old", say("staff.old_reason")),
        desk.Column("new", say("staff.new_reason")),
    ]
    rows = [_flip(seat, f) for f in found[:SHOWN]]
    table = desk.table(seat, say("staff.flips"), columns, rows, hidden_caption=True)
    more = Markup("<p>{}</p>").format(say("staff.more_flips", count=len(found) - SHOWN))
    return desk.section(say("staff.flips"), told, table, more if len(found) > SHOWN else "", id="flips")


def _flip(seat: Seat, flip: Flip) -> tuple[str, ...]:
    kind = {"worse": "stop", "better": "good", "other": "care"}[flip.direction]
    return (
        Markup("{}<br><span class='small'>{}</span>").format(flip.case, flip.suite),
        desk.badge(seat.say(f"staff.way_{flip.direction}"), kind),
        Markup("<del>{}</del> → <ins>{}</ins>").format(flip.old or "–", flip.new or "–"),
        flip.expected or "–",
        flip.old_reason or "–",
        flip.new_reason or "–",
    )


def _wrong(seat: Seat, run: Run) -> Markup:
    """The cases that came out wrong, with the reason that the run gives."""
    say = seat.say
    wrong = [r for r in run.results if not r.right]
    columns = [
        desk.Column("case", say("staff.case")),
        desk.Column("suite", say("staff.suite")),
        desk.Column("got", say("staff.got")),
        desk.Column("expected", say("staff.expected")),
        desk.Column("reason", say("staff.reason")),
    ]
    rows = [
        (r.case, r.suite, r.got or "–", r.expected or "–", r.error or r.reason or "–") for r in wrong[:SHOWN]
    ]
    table = desk.table(seat, say("staff.wrong"), columns, rows, hidden_caption=True)
    more = Markup("<p>{}</p>").format(say("staff.more_wrong", count=len(wrong) - SHOWN))
    parts = [table, more if len(wrong) > SHOWN else ""]
    return desk.section(say("staff.wrong"), desk.folded(say("staff.wrong_count", count=len(wrong)), *parts))
