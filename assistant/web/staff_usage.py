"""The usage page: what the engines were asked for, what it cost, and how often they failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from assistant.store.usage import OK, UsageRow
from assistant.web import desk
from assistant.web.desk import Seat
from assistant.web.staff import Shown, StaffDesk

STRETCHES = (1, 7, 30, 90, 365)
"""Days to choose from."""


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the route."""

    @app.get("/usage")
    def usage(request: Request, days: int = 30) -> Response:
        chosen = days if days in STRETCHES else 30
        return of.show(request, lambda seat: _usage(of, seat, chosen))


def _usage(of: StaffDesk, seat: Seat, days: int) -> Shown:
    say = seat.say
    rows = of.product.store.usage.days(days)
    options = [(str(d), say("staff.days", count=d)) for d in STRETCHES]
    body = [
        Markup("<p>{}</p>").format(say("staff.usage_note")),
        desk.asking(
            "/staff/usage",
            desk.select("days", say("staff.stretch"), options, str(days)),
            desk.button(say("desk.show"), main=False),
        ),
        desk.facts(_sums(seat, rows)),
        _limits(of, seat),
        _by_day(seat, rows),
        _failures(seat, rows),
    ]
    return Shown(say("staff.usage"), Markup("").join(body))


def _sums(seat: Seat, rows: Sequence[UsageRow]) -> list[tuple[str, str]]:
    say = seat.say
    model = [r for r in rows if r.engine == "llm"]
    calls, failed = sum(r.calls for r in model), sum(r.calls for r in model if r.outcome != OK)
    return [
        (say("staff.calls"), _number(calls)),
        (say("staff.failures"), _number(failed)),
        (say("staff.tokens_in"), _number(sum(r.tokens_in for r in model))),
        (say("staff.tokens_out"), _number(sum(r.tokens_out for r in model))),
        (say("staff.cost"), f"{sum(r.cost_usd for r in model):.4f}"),
        (say("staff.local_turns"), _number(sum(r.calls for r in rows if r.engine == "local"))),
    ]


def _limits(of: StaffDesk, seat: Seat) -> Markup:
    say, settings = seat.say, of.product.settings
    if settings.engine != "llm":
        return desk.NOTHING
    limits = [
        ("staff.limit_session", settings.token_budget),
        ("staff.limit_day", settings.token_budget_day),
        ("staff.limit_cost", settings.cost_cap_usd),
    ]
    told = [(say(key), str(limit) if limit is not None else say("staff.no_limit")) for key, limit in limits]
    return desk.section(say("staff.limits"), desk.facts(told))


def _by_day(seat: Seat, rows: Sequence[UsageRow]) -> Markup:
    say = seat.say
    columns = [
        desk.Column("day", say("staff.day")),
        desk.Column("engine", say("staff.engine")),
        desk.Column("calls", say("staff.calls"), numeric=True),
        desk.Column("failures", say("staff.failures"), numeric=True),
        desk.Column("in", say("staff.tokens_in"), numeric=True),
        desk.Column("out", say("staff.tokens_out"), numeric=True),
        desk.Column("cost", say("staff.cost"), numeric=True),
    ]
    grouped: defaultdict[tuple[str, str, str], list[UsageRow]] = defaultdict(list)
    for row in rows:
        grouped[row.day.isoformat(), row.engine, row.model].append(row)
    lines = [
        (
            day,
            _engine(seat, engine, model),
            _number(sum(r.calls for r in group)),
            _number(sum(r.calls for r in group if r.outcome != OK)),
            _number(sum(r.tokens_in for r in group)),
            _number(sum(r.tokens_out for r in group)),
            f"{sum(r.cost_usd for r in group):.4f}",
        )
        for (day, engine, model), group in grouped.items()
    ]
    return desk.table(seat, say("staff.by_day"), columns, lines)


def _failures(seat: Seat, rows: Sequence[UsageRow]) -> Markup:
    """Which errors the calls ended with, in the reader's words."""
    counts: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        if row.outcome != OK:
            counts[row.outcome] += row.calls
    if not counts:
        return desk.NOTHING
    say, words = seat.say, seat.reader.words
    columns = [
        desk.Column("why", say("staff.what_failed")),
        desk.Column("fix", say("staff.remedy")),
        desk.Column("calls", say("staff.calls"), numeric=True),
    ]
    lines = [
        (
            say(f"error.{key}.message") if words.has(f"error.{key}.message") else key,
            say(f"error.{key}.fix") if words.has(f"error.{key}.fix") else "",
            _number(count),
        )
        for key, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    return desk.table(seat, say("staff.failures"), columns, lines)


def _engine(seat: Seat, engine: str, model: str) -> str:
    return seat.say("staff.engine_local") if engine == "local" else model or seat.say("staff.engine_llm")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")
