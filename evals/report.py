"""The page of a run: everything a person needs to decide about it, in one file that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from evals import figures, plots
from evals.compare import Flip
from evals.coverage import Cell, Grid
from evals.figures import Confusion
from evals.gate import Verdict
from evals.history import Blessed
from evals.lock import digest_of
from evals.run import Run
from evals.splits import gaps
from evals.summary import Row, Told, families, row, rows, slices
from evals.wording import Words

STATIC = Path(__file__).resolve().parent / "static"
MOST_FLIPS = 200
"""Flips on a page; a run that changes more is another product."""
MOST_BLESSED = 24
"""Blessed runs in the trend, the newest."""
LONGEST = 400
"""Characters of a text from a run."""
Head = tuple[str, str]
"""The head of a column, and `n` where it holds numbers."""


class Section(NamedTuple):
    """A part of the page: a plot, if any, with its table beside it."""

    id: str
    title: str
    told: str
    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    plot: Markup | None = None


@dataclass(frozen=True)
class Report:
    """What a page is made of."""

    run: Run
    told: Told
    types: Sequence[str]
    """The programme's decision types, in its order."""
    least: int
    """Cases from which a slice decides."""
    blessed: Sequence[Blessed]
    verdict: Verdict | None = None
    base: Run | None = None
    stale: Sequence[str] = ()
    """Fields of the lock that changed since the run."""


def page(report: Report, words: Words) -> str:
    """The whole page as HTML; what comes from runs and cases is escaped."""
    scores = [
        by_suite(report, words),
        by_slice(report, words),
        held_together(report, words),
        *confusions(report, words),
        *calibration(report, words),
    ]
    later = [
        *failures(report, words),
        *over_time(report, words),
        *split(report, words),
        spending(report, words),
    ]
    names = [("what", words["what"]), ("gate", words["gate"]), *((s.id, s.title) for s in scores)]
    names += [("flips", words["flips"]), *((s.id, s.title) for s in later)]
    verdict = report.verdict
    kind, said = banner(report, words)
    flips = [shortened(f) for f in verdict.comparison.flips[:MOST_FLIPS]] if verdict else []
    return _rendered(
        "report.html",
        lang=words.lang,
        t=words,
        run=report.run,
        verdict_class=kind,
        verdict_told=said,
        blocked=verdict.blocked_by if verdict else (),
        stale=report.stale,
        contents=names,
        what=what_ran(report, words),
        checks=verdict.checks if verdict else (),
        scores=scores,
        comparison=verdict.comparison if verdict else None,
        flips=flips,
        flips_told=flips_told(report, words, len(flips)),
        later=later,
    )


def _rendered(name: str, **values: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(loader=FileSystemLoader(STATIC), autoescape=True, undefined=StrictUndefined)
    return templates.get_template(name).render(**values)


def coverage_page(grids: Sequence[Grid], words: Words) -> str:
    """The page of what the suites cover."""
    lacking = sum(len(grid.short) for grid in grids)
    parts = []
    for grid in grids:
        lines = [(name, *(_cell(c, words) for c in cells)) for name, cells in grid.rows.items()]
        parts.append(
            Section(
                id=grid.name,
                title=words[grid.name],
                told="",
                caption=words[grid.name],
                heads=((words["group"], ""), *((column, "n") for column in grid.columns)),
                rows=tuple(lines),
            )
        )
    told = words.told("lacking", count=lacking) if lacking else words["enough"]
    return _rendered("coverage.html", lang=words.lang, t=words, grids=parts, lacking=lacking, told=told)


def _cell(cell: Cell, words: Words) -> str:
    return f"{cell.clusters} ({words.told('short', least=cell.least)})" if cell.short else str(cell.clusters)


# --- the head ------------------------------------------------------------------------------------------------


def banner(report: Report, words: Words) -> tuple[str, str]:
    """The class and the sentence of the verdict."""
    if report.verdict is not None and report.verdict.code:
        return "no", words.told("blocked", code=report.verdict.code)
    if report.stale:
        return "no", words["stale_told"]
    return ("", words["ships"]) if report.verdict is not None else ("unknown", words["undecided"])


def what_ran(report: Report, words: Words) -> list[tuple[str, str]]:
    """Everything that explains the figures next year."""
    run = report.run
    prompts = ", ".join(run.prompts.values()) or words["none"]
    part = words[f"part_{run.split}"]
    tags = f" [{', '.join(run.tags)}]" if run.tags else ""
    return [
        (words["began"], run.began),
        (words["revision"], run.git),
        (words["engine"], f"{run.engine} {run.engine_version}"),
        (words["model"], run.model or words["none"]),
        (words["prompts"], prompts),
        (words["corpus"], run.corpus),
        (words["programme"], run.programme),
        (words["lock"], words.told("lock_value", digest=digest_of(run.lock), count=len(run.lock))),
        (words["suites"], ", ".join(run.suites)),
        (words["asked"], words.told("asked_value", cases=run.cases, repeat=run.repeat, split=part) + tags),
        (words["base"], report.base.id if report.base else words["none"]),
    ]


def flips_told(report: Report, words: Words, shown: int) -> str:
    """How much flipped."""
    if report.verdict is None:
        return ""
    found = report.verdict.comparison
    return words.told(
        "flips_told",
        count=len(found.flips),
        base=found.base,
        lost=len(found.lost),
        won=len(found.won),
        p=words.number(found.fell, 4),
        shown=shown,
    )


def shortened(flip: Flip) -> Flip:
    """The flip with texts of a length that a page can hold."""
    texts = {name: _short(getattr(flip, name)) for name in ("old_reason", "new_reason", "rationale")}
    return flip.model_copy(update=texts)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


# --- scores --------------------------------------------------------------------------------------------------


def by_suite(report: Report, words: Words) -> Section:
    """A line a suite, and one for all."""
    lines = [_named(r, words["all"]) if r.name == "all" else r for r in rows(report.run)]
    return _scores("by_suite", "suite", lines, words, words["by_suite_told"])


def by_slice(report: Report, words: Words) -> Section:
    """A line a slice that is no suite: language, type, reason, verdict."""
    found = slices(report.run, report.told)
    lines = []
    for name, results in found.items():
        kind, _, value = name.partition(" ")
        if kind != "suite":
            lines.append(row(f"{words[f'slice_{kind}']} {value}", results))
    return _scores("by_slice", "slice", lines, words, words.told("by_slice_told", least=report.least))


def _named(line: Row, name: str) -> Row:
    return line.model_copy(update={"name": name})


def _scores(id: str, first: str, lines: Sequence[Row], words: Words, told: str) -> Section:
    heads = [(words[first], "")]
    heads += [(words[k], "n") for k in ("cases", "right", "interval", "score", "interval", "errors")]
    bars = [plots.Bar(r.name, r.right / max(1, r.cases), r.low, r.high) for r in lines]
    return Section(
        id=id,
        title=words[id],
        told=told,
        caption=words[id],
        heads=tuple(heads),
        rows=tuple(
            (
                r.name,
                str(r.cases),
                words.share(r.right / max(1, r.cases)),
                words.between(r.low, r.high),
                words.number(r.score),
                f"{words.number(r.score_low)}–{words.number(r.score_high)}",
                str(r.errors),
            )
            for r in lines
        ),
        plot=plots.intervals(id, bars, words[id], words["plot_shares"]) if bars else None,
    )


def held_together(report: Report, words: Words) -> Section:
    """Invariance, direction and contrast."""
    heads = [(words["kind"], ""), (words["suite"], "")]
    heads += [(words["hold"], "n"), (words["of"], "n"), (words["interval"], "n"), (words["broken"], "")]
    return Section(
        id="families",
        title=words["families"],
        told=words["families_told"],
        caption=words["families"],
        heads=tuple(heads),
        rows=tuple(
            (f.kind, f.suite, str(f.held), str(f.of), words.between(f.low, f.high), ", ".join(f.broken))
            for f in families(report.run, report.told)
        ),
    )


def confusions(report: Report, words: Words) -> list[Section]:
    """The confusion of types and of verdicts, where the run asked for them."""
    found = [
        ("types", figures.type_confusion(report.run, report.told, (*report.types, figures.NONE))),
        ("fits", figures.fit_confusion(report.run, report.told)),
    ]
    return [_confusion(id, confusion, words) for id, confusion in found if confusion.labels]


def _confusion(id: str, confusion: Confusion, words: Words) -> Section:
    heads = [(words["expected"], ""), *((label, "n") for label in confusion.labels)]
    heads += [(words["recall"], "n"), (words["precision"], "n")]
    lines = [
        (
            label,
            *(str(count) for count in confusion.counts[n]),
            words.share(confusion.recall[n]),
            words.share(confusion.precision[n]),
        )
        for n, label in enumerate(confusion.labels)
    ]
    plot = plots.heat(id, confusion.labels, confusion.counts, words[id], words["plot_confusion"])
    return Section(id, words[id], words[f"{id}_told"], words[id], tuple(heads), tuple(lines), plot)


def calibration(report: Report, words: Words) -> list[Section]:
    """Whether it is as often right as it is sure; nothing for a run that kept no confidence."""
    found = figures.reliability(report.run)
    if not found.cases:
        return []
    heads = [(words["confidence"], "")]
    heads += [(words[k], "n") for k in ("cases", "mean_confidence", "right", "interval")]
    told = words.told("reliability_told", count=found.cases, error=words.number(found.error))
    points = [(b.said, plots.Bar("", *b.right)) for b in found.bins]
    lines = [
        (
            f"{words.number(b.low, 1)}–{words.number(b.high, 1)}",
            str(b.cases),
            words.share(b.said),
            words.share(b.right.value),
            words.between(b.right.low, b.right.high),
        )
        for b in found.bins
    ]
    plot = plots.reliability("reliability", points, words["reliability"], words["plot_reliability"])
    title = words["reliability"]
    return [Section("reliability", title, told, title, tuple(heads), tuple(lines), plot)]


# --- what came before, and what it took ----------------------------------------------------------------------


def failures(report: Report, words: Words) -> list[Section]:
    """The errors, when there are any."""
    lines = tuple((r.case, _short(r.error)) for r in report.run.errors)
    heads = ((words["case"], ""), (words["message"], ""))
    title = words["failures"]
    return [Section("failures", title, words["failures_told"], title, heads, lines)] if lines else []


def over_time(report: Report, words: Words) -> list[Section]:
    """The blessed runs, oldest first; nothing before the first."""
    blessed = list(report.blessed)[-MOST_BLESSED:]
    if not blessed:
        return []
    suites = [s for s in report.run.suites if all(s in b.figures for b in blessed)]
    lines = [plots.Line(s, tuple(b.figures[s].share for b in blessed)) for s in suites]
    days = [b.on[5:] for b in blessed]
    heads = [(words["blessed_run"], ""), (words["on"], ""), *((s, "n") for s in suites)]
    heads += [(words["by"], ""), (words["why"], "")]
    table = tuple(
        (b.run, b.on, *(words.share(b.figures[s].share) for s in suites), b.by, b.why) for b in blessed
    )
    plot = plots.trend("trend", days, lines, words["trend"], words["plot_trend"])
    return [Section("trend", words["trend"], words["trend_told"], words["trend"], tuple(heads), table, plot)]


def split(report: Report, words: Words) -> list[Section]:
    """The public cases beside the sealed ones."""
    heads = [(words["suite"], "")]
    heads += [(words[k], "n") for k in ("public", "cases", "sealed", "cases", "gap", "interval")]
    lines = tuple(
        (
            g.name,
            words.number(g.public.score),
            str(g.public.cases),
            words.number(g.sealed.score),
            str(g.sealed.cases),
            words.number(g.gap.value),
            f"{words.number(g.gap.low)} – {words.number(g.gap.high)}",
        )
        for g in gaps(report.run)
    )
    title = words["split"]
    return [Section("split", title, words["split_told"], title, tuple(heads), lines)] if lines else []


def spending(report: Report, words: Words) -> Section:
    """Time, tokens and cost."""
    found = figures.spent(report.run)
    cost = found[-1].cost_usd if found else 0.0
    heads = [(words["suite"], "")]
    keys = ("results", "seconds", "median", "slowest", "tokens_in", "tokens_out", "cost")
    heads += [(words[k], "n") for k in keys]
    told = words.told("spent_told", seconds=words.number(report.run.seconds, 1), cost=words.number(cost, 2))
    lines = tuple(
        (
            s.suite,
            str(s.results),
            words.number(s.seconds, 1),
            words.number(s.median),
            words.number(s.slowest),
            str(s.tokens_in),
            str(s.tokens_out),
            words.number(s.cost_usd, 2),
        )
        for s in found
    )
    return Section("spent", words["spent"], told, words["spent"], tuple(heads), lines)
