"""The portfolio at the coach desk: what was handed over, what is overruled, and how far coaches agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import get_args

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup

from assistant.coaching.agreement import FEWEST, Agreement, agreement
from assistant.domain import LANGS, Verdict
from assistant.store.reviews import Pair, Review, Waiting
from assistant.web import desk
from assistant.web.charts import bars
from assistant.web.coach_words import navigation, reason_name, target_name, type_name, value_name
from assistant.web.desk import Column, Seat
from assistant.web.reader import joined
from assistant.wiring import Product

PATHWAYS = ("implementation", "capacity_building", "unclear")
KINDS = ("fit", "type", "flag", "element")


def add_portfolio(app: FastAPI, product: Product) -> None:
    """Add the route to the desk."""
    reviews = product.store.reviews

    @app.get("/portfolio")
    def portfolio(request: Request) -> Response:
        seat = desk.seat(request, product, "coach")
        decisions, pairs = reviews.decisions(), reviews.pairs()
        items = [item for item in reviews.inbox(seat.who) if item.verdict is not None]
        body = joined((_charts(seat, items), _overrides(seat, decisions), _agreement(seat, pairs)))
        title = seat.say("coach.nav_portfolio")
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body))


# --- what was handed over ----------------------------------------------------------------------------------


def _charts(seat: Seat, items: Sequence[Waiting]) -> Markup:
    reader, unit = seat.reader, seat.say("coach.drafts")
    intro = Markup("<p>{}</p>").format(seat.say("coach.portfolio_intro", count=len(items)))
    fits = Counter(str(i.verdict) for i in items)
    types = Counter(i.type or "none" for i in items)
    reasons = Counter(r for i in items for r in i.reasons)
    paths = Counter(str(i.pathway) for i in items)
    langs = Counter(str(i.lang) for i in items)
    kinds = [*(t.id for t in reader.programme.types), "none"]
    drawn = (
        ("fit", [(seat.say(f"verdict.{v}"), fits[v]) for v in get_args(Verdict)]),
        ("type", [(type_name(reader, id), types[id]) for id in kinds]),
        ("reason", [(reason_name(reader, id), n) for id, n in reasons.most_common()]),
        ("readiness", [(seat.say(f"pathway.{p}"), paths[p]) for p in PATHWAYS]),
        ("language", [(desk.NAMES[lang], langs[lang]) for lang in LANGS]),
    )
    return intro + joined(
        desk.section(
            seat.say(f"coach.by_{name}"),
            bars(seat, seat.say(f"coach.by_{name}"), counted, unit=unit),
            id=f"by-{name}",
        )
        for name, counted in drawn
    )


# --- what is overruled -------------------------------------------------------------------------------------


def _overrides(seat: Seat, decisions: Sequence[Review]) -> Markup:
    intro = Markup("<p>{}</p>").format(seat.say("coach.overrides_intro"))
    by_kind = (
        (seat.say(f"coach.{'flags' if k == 'flag' else 'elements' if k == 'element' else k}"), k)
        for k in KINDS
    )
    kinds = [(label, [d for d in decisions if _kind(d) == kind]) for label, kind in by_kind]
    engines = sorted({d.engine or "" for d in decisions})
    labels = sorted({(str(d.target), str(d.was)) for d in decisions})
    return desk.section(
        seat.say("coach.overrides"),
        intro,
        _shares(seat, "coach.by_kind", kinds),
        _moves(seat, decisions),
        _shares(
            seat,
            "coach.by_label",
            [
                (_label(seat, target, was), [d for d in decisions if (d.target, str(d.was)) == (target, was)])
                for target, was in labels
            ],
        ),
        _shares(
            seat,
            "coach.by_engine",
            [(e or "–", [d for d in decisions if (d.engine or "") == e]) for e in engines],
        ),
        id="overrides",
    )


def _kind(decision: Review) -> str:
    return str(decision.target).partition(":")[0]


def _label(seat: Seat, target: str, value: str) -> str:
    return f"{target_name(seat.reader, target)}: {value_name(seat.reader, target, value)}"


def _shares(seat: Seat, key: str, groups: Iterable[tuple[str, Sequence[Review]]]) -> Markup:
    """How many decisions there are in each group, and what share of them overruled."""
    columns = [
        Column("group", seat.say(key)),
        Column("decided", seat.say("coach.decisions"), numeric=True),
        Column("overruled", seat.say("coach.overruled"), numeric=True),
        Column("share", seat.say("desk.share"), numeric=True),
    ]
    rows = []
    for label, made in groups:
        overruled = sum(d.kind == "overrule" for d in made)
        if made:
            rows.append((label, str(len(made)), str(overruled), f"{round(100 * overruled / len(made))} %"))
    return desk.table(seat, seat.say(key), columns, rows)


def _moves(seat: Seat, decisions: Sequence[Review]) -> Markup:
    """From what to what, most often first."""
    moves = Counter((str(d.target), d.was, d.now) for d in decisions if d.kind == "overrule")
    columns = [
        Column("target", seat.say("coach.col_target")),
        Column("from", seat.say("coach.from")),
        Column("to", seat.say("coach.to")),
        Column("count", seat.say("coach.times"), numeric=True),
    ]
    rows = [
        (
            target_name(seat.reader, target),
            value_name(seat.reader, target, was),
            value_name(seat.reader, target, now),
            str(count),
        )
        for (target, was, now), count in sorted(moves.items(), key=lambda m: (-m[1], str(m[0])))
    ]
    return desk.table(seat, seat.say("coach.from_to"), columns, rows)


# --- how far coaches agree ---------------------------------------------------------------------------------


def _agreement(seat: Seat, pairs: Sequence[Pair]) -> Markup:
    columns = [
        Column("what", seat.say("coach.col_target")),
        Column("who", seat.say("coach.between")),
        Column("pairs", seat.say("coach.readings"), numeric=True),
        Column("same", seat.say("coach.same"), numeric=True),
        Column("kappa", seat.say("coach.kappa"), numeric=True),
        Column("interval", seat.say("coach.interval"), numeric=True),
    ]
    rows = []
    for target in ("fit", "type"):
        mine = [p for p in pairs if p.target == target]
        coaches = agreement([(p.first, p.second) for p in mine])
        engine = agreement([(p.engine_said or "", p.second) for p in mine])
        for key, found in (("coaches", coaches), ("engine", engine)):
            rows.append((seat.say(f"coach.{target}"), seat.say(f"coach.between_{key}"), *_figures(found)))
    return desk.section(
        seat.say("coach.agreement"),
        Markup("<p>{}</p>").format(seat.say("coach.agreement_intro", fewest=FEWEST)),
        desk.table(seat, seat.say("coach.agreement"), columns, rows, hidden_caption=True),
        id="agreement",
    )


def _figures(found: Agreement) -> tuple[str, str, str, str]:
    share = f"{round(100 * found.same / found.pairs)} %" if found.pairs else "–"
    kappa = "–" if found.kappa is None else f"{found.kappa:.2f}"
    interval = "–" if found.low is None else f"{found.low:.2f} – {found.high:.2f}"
    return str(found.pairs), share, kappa, interval
