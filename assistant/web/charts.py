"""Charts as inline SVG, each with the table of its figures beside it. Their meaning is never in colour alone."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from assistant.web.desk import Column, Seat, folded, table
from assistant.web.reader import joined

WIDTH, LABEL, ROW = 640, 300, 34
LETTERS = 36
"""Characters of a label that fit beside its bar; the table has the whole of it."""


def bars(seat: Seat, title: str, items: Sequence[tuple[str, int]], *, unit: str) -> Markup:
    """Counts as horizontal bars, with a table of the same counts and their shares; `unit` says what is counted."""
    total = sum(count for _, count in items)
    if not total:
        return Markup("<p>{}</p>").format(seat.say("desk.nothing"))
    rows = [(label, str(count), f"{round(100 * count / total)} %") for label, count in items]
    columns = [
        Column("label", title),
        Column("count", unit, numeric=True),
        Column("share", seat.say("desk.share"), numeric=True),
    ]
    figures = folded(
        seat.say("desk.figures"), table(seat, title, columns, rows, hidden_caption=True), open=True
    )
    return Markup('<div class="columns"><div>{}</div><div>{}</div></div>').format(
        _bars(title, items), figures
    )


def _bars(title: str, items: Sequence[tuple[str, int]]) -> Markup:
    most = max(count for _, count in items)
    height = ROW * len(items) + 8
    lines = joined(_bar(n, label, count, most) for n, (label, count) in enumerate(items))
    told = "; ".join(f"{label}: {count}" for label, count in items)
    return Markup(
        '<svg class="chart" role="img" viewBox="0 0 {} {}" aria-label="{}"><g aria-hidden="true">{}'
        '<line class="axis" x1="{}" y1="0" x2="{}" y2="{}"/></g></svg>'
    ).format(WIDTH, height, f"{title}. {told}", lines, LABEL, LABEL, height)


def _bar(place: int, label: str, count: int, most: int) -> Markup:
    length = round((WIDTH - LABEL - 60) * count / most, 1) if most else 0
    top = place * ROW + 6
    short = label if len(label) <= LETTERS else label[: LETTERS - 1] + "…"
    return Markup(
        '<text x="{}" y="{}" text-anchor="end">{}</text><rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="3"/>'
        '<text x="{}" y="{}">{}</text>'
    ).format(LABEL - 10, top + 16, short, LABEL, top, length, ROW - 12, LABEL + length + 8, top + 16, count)
