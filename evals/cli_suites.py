"""`scoping eval coverage`, `agreement` and `candidates`: what the suites hold and how sure their labels are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assistant.settings import read_settings
from evals.errors import SuiteError
from evals.execute import Plan
from evals.options import Language
from evals.run import write_whole

INVALID = 2
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Give the commands to the command line."""
    for command in (coverage, agreement, candidates):
        app.command()(command)


def coverage(
    html: Annotated[Path | None, typer.Option(help="Write a page here.")] = None,
    lang: Annotated[Language, typer.Option(help="The language of the page.")] = Language.en,
) -> None:
    """Clusters of cases by type, reason, kind, language and suite; exit 2 when a cell of the policy falls short."""
    from evals import coverage as covered
    from evals.tables import out, show_grid

    settings = read_settings()
    plan = Plan(settings)
    grids = covered.coverage(plan.cases, plan.product.programme, covered.load_least())
    for grid in grids:
        show_grid(grid, out())
    if html is not None:
        from evals.report import coverage_page
        from evals.wording import load_texts

        write_whole(
            html, coverage_page(grids, load_texts(settings.corpus / "locale", lang.value, "coverage"))
        )
        typer.echo(f"page: {html}")
    short = [cell for grid in grids for cell in grid.short]
    if short:
        said = "; ".join(f"{c.row} {c.column} has {c.clusters}, least {c.least}" for c in short)
        typer.echo(f"error: the suites fall short: {said}\nfix: write cases for these", err=True)
        raise typer.Exit(INVALID)
    typer.echo("every cell of the policy has enough")


def agreement(as_json: AsJson = False) -> None:
    """How far two readers agree, by suite and language, and how many cases only one person has read."""
    from evals.agreement import agreement as agreed
    from evals.agreement import read_labels
    from evals.tables import out, show_agreement

    cases = Plan(read_settings()).cases
    labels = read_labels(cases)
    lines = agreed(cases, labels)
    if as_json:
        rows = [{**a._asdict(), "kappa": a.kappa._asdict() if a.kappa else None} for a in lines]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    show_agreement(lines, out())
    alone = [c for c in cases if len(labels[c.id]) < 2]
    for suite in dict.fromkeys(c.suite for c in alone):
        typer.echo(f"{suite}: {sum(c.suite == suite for c in alone)} cases have one reader only")


def candidates(
    candidate: Annotated[
        str | None, typer.Argument(help="A released one, to be written into its suite.")
    ] = None,
    rationale: Annotated[str, typer.Option(help="Why the label is right.")] = "",
    fit: Annotated[
        str | None, typer.Option(help="The verdict, where only something else was decided.")
    ] = None,
    type_: Annotated[str | None, typer.Option("--type", help="The decision type, where it matters.")] = None,
    reason: Annotated[list[str] | None, typer.Option(help="A reason for a poor fit.")] = None,
    quote: Annotated[str | None, typer.Option(help="The words of the text that state an element.")] = None,
    as_json: AsJson = False,
) -> None:
    """Candidates that wait or were released; a named one is written into its suite, unless it repeats a known text."""
    from assistant.store.store import open_store
    from evals.candidates import Said, case_id, take, texts

    settings = read_settings()
    held = open_store(settings).candidates.all()
    plan = Plan(settings)
    if candidate is None:
        taken = {case.id for case in plan.cases}
        waiting = [c for c in held if c.state != "rejected" and case_id(c) not in taken]
        if as_json:
            typer.echo(json.dumps([c.to_data() for c in waiting], ensure_ascii=False))
            return
        for c in waiting:
            typer.echo(
                f"{c.id} {c.state}: {c.target} {c.was} → {c.now}, {c.lang}: {' '.join(c.text.split())[:80]}"
            )
        typer.echo(f"{len(waiting)} candidates wait")
        return
    found = next((c for c in held if c.id == candidate), None)
    if found is None:
        raise SuiteError(f"there is no candidate {candidate!r}", fix="see them: scoping eval candidates")
    said = Said(rationale=rationale, fit=fit, type=type_, reasons=tuple(reason or ()), quote=quote)
    case = take(found, said, plan.product.programme, [*texts(plan.cases, settings.corpus / "training")])
    typer.echo(f"{case.id} is in {case.suite}.jsonl; next: scoping eval run {case.suite}")
