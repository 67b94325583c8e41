"""`scoping eval`: thin, every line of work is elsewhere. The product loads it by name when it is asked for."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from assistant.domain import Lang
from assistant.settings import Settings, read_settings
from evals.cases import SUITES, Case, SuiteName
from evals.cli_suites import register
from evals.errors import IncompleteError, SuiteError
from evals.execute import Plan, baseline_path, execute, find_run, fresh_folder, unfinished
from evals.gate import Verdict
from evals.lock import changed, lock, require_fresh
from evals.offline import offline
from evals.options import Engine, EngineOption, Language, Part, SealedOption
from evals.run import Run, write_whole
from evals.splits import closed, require_open, withheld
from evals.subject import EngineName

app = typer.Typer(
    name="eval",
    help="The evaluation suites: run them, see what flips, decide whether a change may ship.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
WORKERS = {"local": 2, "llm": 16}
register(app)


@app.command()
def run(
    suites: Annotated[list[str] | None, typer.Argument(metavar="[SUITE]…")] = None,
    engine: EngineOption = Engine.local,
    prompt: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VERSION", help="Try another version of a prompt.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, max=50, help="Run every case so many times.")] = 1,
    tag: Annotated[list[str] | None, typer.Option(help="Only cases with this tag.")] = None,
    split: Annotated[
        Part, typer.Option(help="All cases, the public ones, or the sealed quarter.")
    ] = Part.all,
    replay: Annotated[bool, typer.Option(help="Answer from the recordings, without a network.")] = False,
    record: Annotated[bool, typer.Option(help="Keep what the model says as recordings.")] = False,
    resume: Annotated[bool, typer.Option(help="Go on with a run that was broken off.")] = False,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Stop at so many US dollars.")] = None,
    detect: Annotated[
        float | None, typer.Option(min=0, max=100, help="Refuse if a drop of so many points cannot be seen.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Cases at once.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="The folder of the run.")] = None,
) -> None:
    """Run suites: says first what it costs and what it can see, then shows progress, and writes run.json."""
    plan = Plan(
        settings=read_settings(),
        suites=_suites(suites or ()),
        tags=tuple(tag or ()),
        split=split.value,
        repeat=repeat,
        engine=_engine(engine),
        pins=_pins(prompt or ()),
        replay=replay,
        record=record,
        max_cost=max_cost,
        workers=workers or WORKERS[engine.value],
    )
    _foretell(plan, detect)
    folder = (
        unfinished(plan, lambda line: typer.echo(line, err=True)) if resume else out or fresh_folder(plan)
    )
    done = _executed(plan, folder)
    from evals.tables import out as console
    from evals.tables import show_run

    show_run(done, _told(plan.cases), console())
    typer.echo(f"run: {folder / 'run.json'}")
    require_complete(done, plan.max_cost)


def require_complete(done: Run, max_cost: float | None) -> None:
    """Raises IncompleteError for a run that stopped at its price, or has more than one error in a hundred."""
    missing = done.cases * done.repeat - len(done.results)
    if missing:
        raise IncompleteError(
            f"{missing} results are missing: the run stopped at {max_cost} US dollars",
            fix="go on with: scoping eval run --resume, and a higher --max-cost",
        )
    if len(done.errors) > 0.01 * done.cases * done.repeat:
        raise IncompleteError(
            f"{len(done.errors)} of {len(done.results)} results are errors, the first in {done.errors[0].case}: "
            f"{done.errors[0].error}",
            fix="mend the cause; scoping eval run --resume runs only those again",
        )


def _executed(plan: Plan, folder: Path) -> Run:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    guard = offline() if plan.engine == "local" or plan.replay else nullcontext()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar, guard:
        task = bar.add_task("cases", total=len(plan.items))
        return execute(plan, folder, lambda: bar.advance(task))


def _foretell(plan: Plan, detect: float | None) -> None:
    """What the run costs and what it can show, before anything is spent."""
    from evals.execute import estimate
    from evals.gate import UNDER_POWERED
    from evals.statistics import confirmed_drop, smallest_drop

    calls, price = estimate(plan)
    count = len(plan.cases)
    fixed = plan.engine == "local" or plan.replay
    seen = smallest_drop(count, 0.0) if fixed else confirmed_drop(count, 0.05)
    said = "no model calls, no cost" if not calls else f"about {calls} model calls, {price:.2f} US dollars"
    if calls and not plan.settings.llm_price_in:
        said = f"about {calls} model calls; set ASSISTANT_LLM_PRICE_IN and _OUT to see the cost"
    typer.echo(f"{count} cases × {plan.repeat}: {said}; can show a drop of {100 * seen:.1f} points", err=True)
    if detect is not None and 100 * seen > detect:
        typer.echo(
            f"error: {count} cases cannot show a drop of {detect} points\nfix: run more suites",
            err=True,
        )
        raise typer.Exit(UNDER_POWERED)


@app.command()
def compare(
    base: str,
    candidate: str,
    engine: EngineOption = Engine.local,
    sealed: SealedOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """What flipped between two runs: paths, ids, `baseline` or `latest`."""
    from evals.compare import compare as compared
    from evals.tables import out, show_comparison

    settings = read_settings()
    old, new = (find_run(name, settings, _engine(engine)) for name in (base, candidate))
    found = compared(_of_suites(old, new), new, _told(_cases(settings)))
    found = found if sealed else withheld(found)
    if as_json:
        typer.echo(found.to_json())
    else:
        show_comparison(found, out())


@app.command()
def gate(
    candidate: Annotated[
        str | None, typer.Argument(help="A run; without one, the baseline itself must still be fresh.")
    ] = None,
    base: Annotated[str, typer.Option(help="The run to beat: a path, an id or baseline.")] = "baseline",
    engine: EngineOption = Engine.local,
    confirm: Annotated[
        bool, typer.Option(help="Run the changed cases again under both, which sees smaller drops.")
    ] = False,
    detect: Annotated[float | None, typer.Option(help="Points of a drop that must be visible.")] = None,
    sealed: SealedOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Whether a run may ship: 0 yes, 1 regression, 2 invalid, 3 stale, 4 incomplete, 5 not recorded, 6 too few."""
    settings = read_settings()
    now = lock(settings.home)
    old = find_run(base, settings, _engine(engine))
    if candidate is None:
        fix = "make a run and bless it: scoping eval run, scoping eval gate RUN, scoping eval bless RUN"
        require_fresh(old.lock, now, fix)
        typer.echo(f"nothing that decides a judgement has changed since {old.id}", err=True)
        return
    new = find_run(candidate, settings, _engine(engine))
    require_fresh(new.lock, now, "make a fresh run: scoping eval run")
    from evals.confirm import confirmation
    from evals.gate import gate as decide
    from evals.gate import load_policy
    from evals.tables import out, show_comparison, show_verdict

    policy = load_policy()
    told = _told(_cases(settings, new))
    again = confirmation(old, new, settings, policy.confirmations) if confirm else None
    verdict = decide(
        _of_suites(old, new), new, told, policy, confirm=again, detect=detect / 100 if detect else None
    )
    verdict = verdict if sealed else closed(verdict)
    if as_json:
        typer.echo(verdict.to_json())
    else:
        show_comparison(verdict.comparison, out())
        show_verdict(verdict, out())
    raise typer.Exit(verdict.code)


@app.command()
def bless(
    run: Annotated[str, typer.Argument(help="The run that becomes the baseline.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    why: Annotated[str, typer.Option(help="Why it is better, or why the loss is worth it.")],
    engine: EngineOption = Engine.local,
) -> None:
    """Make a run the baseline, with its lock; nothing else ever does."""
    from evals.bless import bless as blessed

    settings = read_settings()
    path = blessed(
        find_run(run, settings, _engine(engine)),
        lock(settings.home),
        by=by,
        why=why,
        folder=baseline_path(_engine(engine)).parent,
    )
    typer.echo(f"the baseline is {path}; commit it with the change that it belongs to")


@app.command("list")
def list_all() -> None:
    """The suites with their cases, and the runs on this machine."""
    settings = read_settings()
    cases = _cases(settings)
    for suite in SUITES:
        inside = [c for c in cases if c.suite == suite]
        clusters = len({c.cluster for c in inside})
        typer.echo(
            f"{suite}: {len(inside)} cases in {clusters} clusters, {sum(c.anchor for c in inside)} anchors"
        )
    for path in sorted(Plan(settings).runs.glob("*/run.json")):
        try:
            done = find_run(str(path), settings)
        except SuiteError as error:
            typer.echo(f"{path.parent.name}: {error}")
            continue
        right = sum(r.right for r in done.results)
        typer.echo(
            f"{path.parent.name}: {done.engine} {done.engine_version}, {right} of {len(done.results)} right"
        )


@app.command()
def show(
    case: str,
    run: Annotated[str, typer.Option(help="A run that answered it.")] = "latest",
    sealed: SealedOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """A case whole, with what came of it."""
    settings = read_settings()
    found = next((c for c in _cases(settings) if c.id == case), None)
    if found is None:
        raise SuiteError(f"there is no case {case!r}", fix="see them in evals/suites/*.jsonl")
    require_open(found, sealed)
    try:
        results = [r for r in find_run(run, settings).results if r.case == case]
    except SuiteError:
        results = []
    data = {"case": found.to_data(), "results": [r.to_data() for r in results]}
    typer.echo(json.dumps(data, ensure_ascii=False, indent=None if as_json else 2))


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="A run.")] = "latest",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write one HTML page here.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML here.")] = None,
    summary: Annotated[Path | None, typer.Option(help="Write a Markdown summary here; - prints it.")] = None,
    base: Annotated[
        str | None, typer.Option(help="Compare with this run; without it, the page takes the baseline.")
    ] = None,
    engine: EngineOption = Engine.local,
    lang: Annotated[Language, typer.Option(help="The language of the page.")] = Language.en,
    sealed: SealedOption = False,
) -> None:
    """A run on a page (-o report.html), and for other tools: --junit, --summary."""
    from evals.exports import summary as written
    from evals.exports import write_junit

    settings = read_settings()
    done = find_run(run, settings, _engine(engine))
    if out is None and junit is None and summary is None:
        fix = "name a file: -o report.html, --junit tests.xml or --summary summary.md"
        raise SuiteError("nothing to write", fix=fix)
    if junit is not None:
        write_junit(done, junit)
    if out is not None:
        path = base or (str(baseline_path(done.engine)) if baseline_path(done.engine).exists() else None)
        old = find_run(path, settings, done.engine) if path else None
        _write_page(done, old, settings, out, lang=lang.value, sealed=sealed)
    if summary is not None:
        old = find_run(base, settings, _engine(engine)) if base else None
        text = written(done, _told(_cases(settings)), _decided(old, done, settings, sealed=sealed))
        if str(summary) == "-":
            typer.echo(text)
        else:
            summary.write_text(text, encoding="utf-8")


def _decided(old: Run | None, done: Run, settings: Settings, *, sealed: bool) -> Verdict | None:
    """The gate's verdict, without the words of sealed cases unless they are asked for; None without a base."""
    from evals.gate import gate as decide
    from evals.gate import load_policy

    if old is None:
        return None
    verdict = decide(_of_suites(old, done), done, _told(_cases(settings)), load_policy())
    return verdict if sealed else closed(verdict)


def _write_page(
    done: Run, old: Run | None, settings: Settings, out: Path, *, lang: Lang, sealed: bool
) -> None:
    from evals.gate import load_policy
    from evals.history import history
    from evals.report import Report, page
    from evals.wording import load_texts

    plan = Plan(settings)
    written = page(
        Report(
            run=done,
            told=_told(plan.cases),
            types=[t.id for t in plan.product.programme.types],
            least=load_policy().slice_cases,
            blessed=history(baseline_path(done.engine).parent, done.engine),
            verdict=_decided(old, done, settings, sealed=sealed),
            base=old,
            stale=changed(done.lock, lock(settings.home)),
        ),
        load_texts(settings.corpus / "locale", lang),
    )
    write_whole(out, written)
    typer.echo(f"page: {out}")


# --- options -----------------------------------------------------------------------------------------------


def _suites(names: tuple[str, ...] | list[str]) -> tuple[SuiteName, ...]:
    for name in names:
        if name not in SUITES:
            raise SuiteError(f"there is no suite {name!r}", fix=f"choose of: {', '.join(SUITES)}")
    return tuple(s for s in SUITES if not names or s in names)


def _engine(engine: Engine) -> EngineName:
    return "llm" if engine is Engine.llm else "local"


def _pins(given: tuple[str, ...] | list[str]) -> dict[str, int]:
    pins = {}
    for pin in given:
        name, _, version = pin.partition("=")
        if not version.isdigit():
            raise SuiteError(f"{pin!r} names no version", fix="write it as --prompt turn=2")
        pins[name] = int(version)
    return pins


def _cases(settings: Settings, run: Run | None = None) -> tuple[Case, ...]:
    """All cases, or those that a run was to answer."""
    if run is None:
        return Plan(settings).cases
    return Plan(settings, suites=run.suites, tags=run.tags, split=run.split).cases


def _told(cases: tuple[Case, ...]) -> dict[str, Case]:
    return {case.id: case for case in cases}


def _of_suites(base: Run, candidate: Run) -> Run:
    """The base without the cases that the candidate was not asked: a run of one suite is compared on that suite."""
    part = bool(candidate.tags) or candidate.split != "all"
    if base.suites == candidate.suites and not part:
        return base
    asked = {r.case for r in candidate.results} if part else None
    kept = tuple(
        r for r in base.results if r.suite in candidate.suites and (asked is None or r.case in asked)
    )
    return base.model_copy(update={"results": kept})
