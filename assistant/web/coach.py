"""The coach desk at /coach: the inbox, and everything that is mounted beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from assistant.domain import LANGS, Verdict
from assistant.store.reviews import Waiting
from assistant.web import auth, desk
from assistant.web.coach_batches import add_batches
from assistant.web.coach_cases import add_cases
from assistant.web.coach_portfolio import add_portfolio
from assistant.web.coach_review import add_reviews
from assistant.web.coach_words import day, navigation, reason_name, type_name, value_badge
from assistant.web.desk import Column, Field, Seat, Sort
from assistant.wiring import Product

STATES = ("contested", "changed", "undecided", "decided", "handed_back")
ROWS = 100
"""Drafts on one page of the inbox."""
COLUMNS = ("draft", "fit", "type", "language", "attention", "since")
SORTABLE = ("fit", "type", "language", "since")
SEARCH = 200
"""Characters of a search that are looked at."""


def create_coach(product: Product) -> FastAPI:
    """The application to mount at /coach; every route is for coaches alone."""
    app = auth.surface("coach", product)
    _add_inbox(app, product)
    add_reviews(app, product)
    add_cases(app, product)
    add_batches(app, product)
    add_portfolio(app, product)
    return app


@dataclass(frozen=True)
class Filters:
    """What the inbox is asked for."""

    fit: str = ""
    type: str = ""
    lang: str = ""
    state: str = ""
    q: str = ""

    def keeps(self, item: Waiting, containing: set[str] | None) -> bool:
        """Whether a draft is among what was asked for."""
        return (
            (not self.fit or item.verdict == self.fit)
            and (not self.type or item.type == self.type)
            and (not self.lang or item.lang == self.lang)
            and (not self.state or self.state in states(item))
            and (containing is None or item.draft_id in containing)
        )


def states(item: Waiting) -> tuple[str, ...]:
    """What makes a draft need attention, or not."""
    found = {
        "contested": bool(item.contested),
        "changed": item.changed,
        "undecided": not item.decided,
        "decided": item.decided,
        "handed_back": item.handed_back,
    }
    return tuple(name for name in STATES if found[name])


def _add_inbox(app: FastAPI, product: Product) -> None:
    reviews = product.store.reviews

    @app.get("/")
    def inbox(request: Request) -> Response:
        seat = desk.seat(request, product, "coach")
        asked = dict(seat.query)
        filters = Filters(
            *(asked.get(name, "")[:SEARCH] for name in ("fit", "type", "language", "state", "q"))
        )
        every = reviews.inbox(seat.who)
        found = reviews.containing(filters.q) if filters.q.strip() else None
        kept = [item for item in every if filters.keeps(item, found)]
        body = _inbox_body(seat, kept, len(every), filters)
        title = seat.say("coach.nav_inbox")
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body))


def _inbox_body(seat: Seat, kept: Sequence[Waiting], total: int, filters: Filters) -> Markup:
    columns = [Column(id, seat.say(f"coach.col_{id}"), id in SORTABLE) for id in COLUMNS]
    sort = desk.sort_of(seat, columns, Sort(""))
    ordered = _sorted(kept, sort)
    number = desk.page_number(seat)
    shown = ordered[(number - 1) * ROWS : number * ROWS]
    count = seat.say("coach.count", shown=len(kept), total=total)
    by = Markup('<p class="small">{}</p>').format(seat.say("coach.by_attention")) if not sort.column else ""
    clear = (
        Markup('<p><a href="/coach/">{}</a></p>').format(seat.say("coach.by_attention_link"))
        if sort.column
        else ""
    )
    return (
        _filters(seat, filters)
        + Markup("<p><strong>{}</strong></p>{}{}").format(count, by, clear)
        + desk.table(
            seat,
            seat.say("coach.nav_inbox"),
            columns,
            [_row(seat, item) for item in shown],
            sort=sort,
            hidden_caption=True,
        )
        + desk.page_links(seat, number, len(kept), ROWS)
    )


def _sorted(kept: Sequence[Waiting], sort: Sort) -> list[Waiting]:
    if not sort.column:
        return list(kept)
    keys = {
        "fit": lambda w: w.verdict or "",
        "type": lambda w: w.type or "",
        "language": lambda w: w.lang or "",
        "since": lambda w: w.since.isoformat(),
    }
    return sorted(kept, key=keys[sort.column], reverse=sort.down)


def _filters(seat: Seat, filters: Filters) -> Markup:
    every = ("", seat.say("desk.all"))
    reader = seat.reader
    return desk.asking(
        "/coach/",
        desk.text_field("q", seat.say("coach.search"), Field(value=filters.q, kind="search", longest=SEARCH)),
        desk.select(
            "fit",
            seat.say("coach.fit"),
            [every, *((v, seat.say(f"verdict.{v}")) for v in get_args(Verdict))],
            filters.fit,
        ),
        desk.select(
            "type",
            seat.say("coach.type"),
            [every, *((k.id, k.name.at(reader.lang)) for k in reader.programme.types)],
            filters.type,
        ),
        desk.select(
            "language",
            seat.say("coach.col_language"),
            [every, *((v, desk.NAMES[v]) for v in LANGS)],
            filters.lang,
        ),
        desk.select(
            "state",
            seat.say("coach.state"),
            [every, *((s, seat.say(f"coach.state_{s}")) for s in STATES)],
            filters.state,
        ),
        desk.button(seat.say("desk.show"), main=False),
    )


def _row(seat: Seat, item: Waiting) -> tuple[str, ...]:
    reader = seat.reader
    link = Markup('<a href="/coach/drafts/{}" lang="{}" dir="auto">{}</a>').format(
        item.draft_id, item.lang or "en", item.opening or item.draft_id[:8]
    )
    reasons = [reason_name(reader, r) for r in item.contested]
    attention = [desk.badge(seat.say(f"coach.state_{s}"), _kind(s)) for s in states(item)]
    return (
        link,
        value_badge(reader, "fit", item.verdict) if item.verdict else "–",
        type_name(reader, item.type) if item.verdict else "–",
        desk.NAMES.get(item.lang or "", "–"),
        Markup(" ").join(attention) + Markup(" {}").format("; ".join(reasons)),
        day(item.since),
    )


def _kind(state: str) -> str:
    return {"contested": "stop", "changed": "care", "decided": "good"}.get(state, "")
