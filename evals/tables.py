"""What a person at a terminal sees of runs, comparisons and verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from evals.agreement import Agreement
from evals.compare import Comparison, Flip
from evals.coverage import Grid
from evals.gate import Verdict
from evals.run import Run
from evals.summary import Told, families, parity, rows

MARK = {"worse": "−", "better": "+", "other": "~"}
SHOWN = 40
LONGEST = 160


def out() -> Console:
    """Where tables go; wide enough for a log that has no width."""
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=140)


def show_run(run: Run, told: Told, console: Console) -> None:
    """A run: suites with their intervals, families, language parity."""
    console.print(f"run {run.id}: {run.engine} engine {run.engine_version} {run.model}".rstrip())
    console.print(f"revision {run.git}, {run.cases} cases × {run.repeat}, {run.seconds:.1f} s")
    table = _table(None, "suite", "cases", "right", "95 %", "score", "95 %", "errors")
    for row in rows(run):
        table.add_row(
            row.name,
            str(row.cases),
            f"{100 * row.right / max(1, row.cases):.1f} %",
            f"{100 * row.low:.1f}–{100 * row.high:.1f}",
            f"{row.score:.3f}",
            f"{row.score_low:.3f}–{row.score_high:.3f}",
            str(row.errors),
        )
    console.print(table)
    console.print(_families(run, told))
    console.print(_parity(run, told))
    for result in run.errors[:SHOWN]:
        console.print(f"error in {result.case}: {result.error}")


def _families(run: Run, told: Told) -> Table:
    table = _table("pairs that hold together", "kind", "suite", "hold", "from", "broken")
    for family in families(run, told):
        broken = ", ".join(family.broken[:4]) + (" …" if len(family.broken) > 4 else "")
        table.add_row(family.kind, family.suite, f"{family.held} of {family.of}", f"{family.low:.2f}", broken)
    return table


def _parity(run: Run, told: Told) -> Table:
    table = _table("language beside its twins", "suite", "language", "difference", "p that it is behind")
    for suite, lang, gap, p in parity(run, told):
        table.add_row(suite, lang, f"{gap:+.3f}", f"{p:.3f}")
    return table


def show_grid(grid: Grid, console: Console) -> None:
    """A table of the coverage: clusters of cases, and the least where a cell falls short."""
    table = _table(f"{grid.name}: clusters of cases", grid.name, *grid.columns)
    for name, cells in grid.rows.items():
        table.add_row(
            name, *(f"{c.clusters} (least {c.least})" if c.short else str(c.clusters) for c in cells)
        )
    console.print(table)


def show_agreement(lines: Sequence[Agreement], console: Console) -> None:
    """How far two readers agree."""
    table = _table(None, "suite", "label", "language", "read twice", "once", "same", "kappa", "95 %", "alpha")
    for a in lines:
        table.add_row(
            a.suite,
            a.what,
            a.lang,
            str(a.units),
            str(a.alone),
            "–" if a.same is None else f"{100 * a.same:.1f} %",
            "–" if a.kappa is None else f"{a.kappa.value:.3f}",
            "–" if a.kappa is None else f"{a.kappa.low:.3f}–{a.kappa.high:.3f}",
            "–" if a.alpha is None else f"{a.alpha:.3f}",
        )
    console.print(table)


def show_comparison(comparison: Comparison, console: Console) -> None:
    """The flips, then the slices."""
    console.print(f"{comparison.base} → {comparison.candidate}: {comparison.cases} cases in both")
    if comparison.missing:
        console.print(f"missing: {_listed(comparison.missing)}")
    if comparison.added:
        console.print(f"not in the base: {', '.join(comparison.added[:SHOWN])}")
    for flip in comparison.flips[:SHOWN]:
        show_flip(flip, console)
    if len(comparison.flips) > SHOWN:
        console.print(f"… and {len(comparison.flips) - SHOWN} more: scoping eval report --summary holds all")
    console.print(
        f"{len(comparison.flips)} flips: {len(comparison.lost)} lost, {len(comparison.won)} won; "
        f"exact McNemar p {comparison.p:.4f}, scores fell p {comparison.fell:.4f}"
    )
    table = _table(None, "slice", "cases", "old", "new", "lost", "won", "corrected p")
    for part in comparison.slices:
        if part.lost or part.won or part.old != part.new:
            table.add_row(
                part.name,
                str(part.cases),
                f"{part.old:.3f}",
                f"{part.new:.3f}",
                str(part.lost),
                str(part.won),
                f"{part.corrected:.4f}",
            )
    if table.row_count:
        console.print(table)


def show_flip(flip: Flip, console: Console) -> None:
    """One changed answer: old and new side by side, what each rests on, and what the case says."""
    marks = " anchor" if flip.anchor else ""
    noise = " (noise: one run gave both)" if flip.noise else ""
    console.print(
        f"{MARK[flip.direction]} {flip.case}{marks}: {flip.old}  →  {flip.new}{noise}", style="bold"
    )
    if flip.old_reason:
        console.print(f"    old: {_short(flip.old_reason)}")
    if flip.new_reason:
        console.print(f"    new: {_short(flip.new_reason)}")
    console.print(f"    case: {_short(flip.rationale)} [{', '.join(flip.tags)}]")


def show_verdict(verdict: Verdict, console: Console) -> None:
    """What the gate says, rule by rule, the refusals with their cases."""
    table = _table(None, "", "rule", "what came of it")
    for check in verdict.checks:
        if not check.ok or not check.name.startswith("slice "):
            table.add_row("ok" if check.ok else "NO", check.name, check.told)
    console.print(table)
    for check in verdict.blocked_by:
        if check.cases:
            console.print(f"{check.name}: {_listed(check.cases)}")
    console.print(f"these cases can show a drop of {100 * verdict.smallest:.1f} points")
    console.print("may ship" if verdict.code == 0 else f"may not ship (exit {verdict.code})", style="bold")


def _listed(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - SHOWN} more" if len(cases) > SHOWN else ""
    return ", ".join(cases[:SHOWN]) + more


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _table(title: str | None, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right" if column in ("cases", "errors", "lost", "won") else "left")
    return table
