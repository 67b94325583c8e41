"""Plots as inline SVG that takes its colours from the page, so that it reads in light and dark; matplotlib draws."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, MAIN, SECOND = "#010203", "#040506", "#070809", "#0a0b0c"
"""Colours that nobody would choose, each replaced by a variable of the page."""
VARIABLES = {INK: "var(--ink)", FAINT: "var(--line)", MAIN: "var(--mark)", SECOND: "var(--second)"}
WIDTH = 7.2
"""Inches; the page scales it."""


class Bar(NamedTuple):
    """A share with its interval."""

    name: str
    value: float
    low: float
    high: float


class Line(NamedTuple):
    """A line of a plot over time."""

    name: str
    values: tuple[float, ...]


def intervals(name: str, bars: Sequence[Bar], title: str, told: str) -> Markup:
    """Shares with their intervals, one a line, the first at the top."""
    figure, axes = _figure(0.9 + 0.27 * len(bars))
    places = range(len(bars))
    lows = [max(0.0, b.value - b.low) for b in bars]
    highs = [max(0.0, b.high - b.value) for b in bars]
    axes.errorbar(
        [b.value for b in bars], places, xerr=[lows, highs], fmt="o", color=MAIN, ecolor=MAIN, markersize=5
    )
    axes.set_yticks(list(places), [b.name for b in bars])
    axes.set_ylim(len(bars) - 0.5, -0.5)
    axes.set_xlim(0, 1.02)
    _percents(axes, "x")
    return _svg(figure, name, title, told)


def heat(name: str, labels: Sequence[str], counts: Sequence[Sequence[int]], title: str, told: str) -> Markup:
    """A confusion matrix: expected down, answered across, darker where more of the expected ones went."""
    side = 1.5 + 0.45 * len(labels)
    figure, axes = _figure(side)
    for y, line in enumerate(counts):
        for x, count in enumerate(line):
            share = count / max(1, sum(line))
            axes.fill_between(
                [x - 0.5, x + 0.5], y - 0.5, y + 0.5, color=MAIN, alpha=round(0.55 * share, 3), linewidth=0
            )
            axes.text(x, y, str(count), ha="center", va="center", color=INK, fontsize=10)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xticks(range(len(labels)), [label.replace("_", "\n") for label in labels], fontsize=8)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(length=0)
    return _svg(figure, name, title, told)


def reliability(name: str, points: Sequence[tuple[float, Bar]], title: str, told: str) -> Markup:
    """How often a confidence was right, beside the line on which it would always be as right as it says."""
    figure, axes = _figure(4.2)
    axes.plot([0, 1], [0, 1], linestyle="--", color=INK, linewidth=1)
    xs = [said for said, _ in points]
    values = [bar.value for _, bar in points]
    lows = [max(0.0, bar.value - bar.low) for _, bar in points]
    highs = [max(0.0, bar.high - bar.value) for _, bar in points]
    axes.errorbar(xs, values, yerr=[lows, highs], fmt="o-", color=MAIN, ecolor=MAIN, markersize=5)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    _percents(axes, "x")
    _percents(axes, "y")
    return _svg(figure, name, title, told)


def trend(name: str, days: Sequence[str], lines: Sequence[Line], title: str, told: str) -> Markup:
    """Shares over the blessed runs, each line named at its end."""
    figure, axes = _figure(4.6)
    places = range(len(days))
    shapes = "osD^vPX*"
    for n, line in enumerate(lines):
        style, colour = ("-", MAIN) if n % 2 == 0 else ("--", SECOND)
        axes.plot(
            places,
            line.values,
            style,
            marker=shapes[n % len(shapes)],
            color=colour,
            markersize=5,
            label=line.name,
        )
    axes.set_xticks(list(places), list(days))
    axes.set_xlim(-0.3, max(1, len(days)) - 0.7)
    axes.set_ylim(0, 1.02)
    _percents(axes, "y")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, labelcolor=INK, fontsize=9)
    return _svg(figure, name, title, told)


# --- drawing -------------------------------------------------------------------------------------------------


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.patch.set_visible(False)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.grid(visible=False)
    return figure, axes


def _percents(axes: Axes, which: str) -> None:
    from matplotlib.ticker import PercentFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axis.grid(visible=True, color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)


def _svg(figure: Figure, name: str, title: str, told: str) -> Markup:
    """The figure as an element of the page: named, described, with ids of its own and the page's colours."""
    import matplotlib as mpl

    held = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "text.parse_math": False}):
        figure.savefig(held, format="svg", transparent=True, metadata={"Date": None})
    text = held.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'href="#', f'href="#{name}-', text)
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, variable)
    head = f'<svg role="img" aria-labelledby="{name}-title {name}-told" focusable="false" class="plot" '
    text = text.replace("<svg ", head, 1)
    at = text.index(">") + 1
    said = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-told">{escape(told)}</desc>'
    return Markup(text[:at] + said + text[at:])  # noqa: S704  # ours; titles are escaped, texts by matplotlib
