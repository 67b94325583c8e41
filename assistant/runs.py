"""Runs of the evaluations, read from their files: what staff see of them on a page.

The file is the contract, `run/1`; the program that writes it is no part of what is served (docs/decisions/0047).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.domain import Frozen
from assistant.errors import InputError
from assistant.settings import PACKAGE, Settings

RUN_FILE = "run.json"
HISTORY = "history.jsonl"
NEWEST = 50
"""Runs that a page looks at; older ones stay in their folders."""
Z = 1.959964
"""Standard deviations to either side that hold 95 % of a normal distribution."""
MOVED = 1e-3
"""A score that differs by less has not moved; runs keep four decimals."""
ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


class FromRun(BaseModel):
    """Part of a run's file; what this page does not use is left unread."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Result(FromRun):
    """What came of one case, once."""

    case: str
    suite: str
    lang: str
    cluster: str
    repeat: int = 0
    expected: str = ""
    got: str = ""
    right: bool = False
    score: float = 0.0
    reason: str = ""
    error: str = ""


class Blessed(FromRun):
    """Who made a run the baseline, when and why."""

    by: str
    why: str
    on: str


class Run(FromRun):
    """One run of the suites."""

    schema_: Annotated[Literal["run/1"], Field(alias="schema")]
    id: str
    began: str
    seconds: float
    git: str
    engine: str
    engine_version: str
    model: str = ""
    prompts: dict[str, str] = Field(default_factory=dict)
    suites: tuple[str, ...]
    tags: tuple[str, ...] = ()
    """Only cases with one of these were run, when there are any."""
    cases: int
    repeat: int = 1
    blessed: Blessed | None = None
    results: tuple[Result, ...]


class Found(NamedTuple):
    """A run and what a page calls it: its folder, or `baseline-` and its engine."""

    name: str
    run: Run


class Broken(NamedTuple):
    """A run's file that cannot be read."""

    name: str
    why: str


class Interval(NamedTuple):
    """A share or mean with its 95 % interval."""

    value: float
    low: float
    high: float


class Row(Frozen):
    """The figures of one suite."""

    suite: str
    cases: int
    right: Interval
    """The share of cases that are right, by Wilson."""
    score: Interval
    """The mean score; translations and edits of one text count as one for the interval."""
    errors: int


class Flip(Frozen):
    """A case whose answer changed."""

    case: str
    suite: str
    direction: Literal["worse", "better", "other"]
    """`other`: another answer that is as right or wrong."""
    expected: str
    old: str
    new: str
    old_reason: str
    new_reason: str


class Point(Frozen):
    """The share that is right in one run, of one suite."""

    run: str
    on: str
    engine: str
    blessed: bool
    right: float
    cases: int


# --- finding them ----------------------------------------------------------------------------------------


def runs_folder(settings: Settings) -> Path:
    """Where runs made on this machine are kept."""
    return settings.data_dir / "evals" / "runs"


def baselines_folder(settings: Settings) -> Path:
    """The blessed runs: of the programme's own home, or those that came with the product."""
    own = settings.home / "evals" / "baselines"
    return own if own.is_dir() else PACKAGE.parent / "evals" / "baselines"


def find_runs(settings: Settings) -> tuple[list[Found], list[Broken]]:
    """The baselines and the newest runs, newest first, and the files among them that cannot be read."""
    baselines = [(f"baseline-{p.stem}", p) for p in sorted(baselines_folder(settings).glob("*.json"))]
    made = [(p.parent.name, p) for p in runs_folder(settings).glob(f"*/{RUN_FILE}")]
    found: list[Found] = []
    broken: list[Broken] = []
    for name, path in [*baselines, *sorted(made, reverse=True)[:NEWEST]]:
        try:
            found.append(Found(name, _read(path)))
        except InputError as error:
            broken.append(Broken(name, str(error)))
    return sorted(found, key=lambda f: f.run.began, reverse=True), broken


def find_run(settings: Settings, name: str) -> Run:
    """The run of a name; raises InputError `no_run` when there is none, or it cannot be read."""
    if not ID.fullmatch(name):
        raise _no_run("there is no such run")
    if name.startswith("baseline-"):
        return _read(baselines_folder(settings) / f"{name.removeprefix('baseline-')}.json")
    return _read(runs_folder(settings) / name / RUN_FILE)


def _read(path: Path) -> Run:
    try:
        about = path.stat()
        return _parsed(path, about.st_mtime_ns, about.st_size)
    except OSError:
        raise _no_run("there is no such run") from None
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise _no_run(f"{at or RUN_FILE}: {first['msg']}") from None


@lru_cache(maxsize=NEWEST + 10)
def _parsed(path: Path, changed: int, size: int) -> Run:
    """The run of a file, read again only when the file changed."""
    return Run.model_validate_json(path.read_bytes())


def _no_run(why: str) -> InputError:
    return InputError(why, fix="choose a run from the list, or make one: scoping eval run", key="no_run")


# --- figures ---------------------------------------------------------------------------------------------


def figures(run: Run) -> list[Row]:
    """A row for each suite that has results, and one named `all`."""
    by_suite = [(s, [r for r in run.results if r.suite == s]) for s in run.suites]
    rows = [_row(suite, results) for suite, results in by_suite if results]
    return [*rows, _row("all", run.results)] if run.results else []


def _row(suite: str, results: Sequence[Result]) -> Row:
    cases = list(_by_case(results).values())
    right = sum(_share(case) for case in cases)
    scores = [(case[0].cluster, sum(r.score for r in case) / len(case)) for case in cases]
    return Row(
        suite=suite,
        cases=len(cases),
        right=wilson(right, len(cases)),
        score=clustered_mean(scores),
        errors=sum(bool(r.error) for r in results),
    )


def wilson(right: float, of: int) -> Interval:
    """A share with its Wilson interval; 0 to 1 when there is nothing to count."""
    if of == 0:
        return Interval(0.0, 0.0, 1.0)
    share, square = right / of, Z * Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = Z / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Interval(share, max(0.0, middle - reach), min(1.0, middle + reach))


def clustered_mean(values: Sequence[tuple[str, float]]) -> Interval:
    """The mean of (cluster, score) pairs; its interval follows from how far whole clusters lie from it."""
    if not values:
        return Interval(0.0, 0.0, 1.0)
    mean = sum(v for _, v in values) / len(values)
    off: dict[str, float] = {}
    for cluster, value in values:
        off[cluster] = off.get(cluster, 0.0) + value - mean
    if len(off) < 2:
        return Interval(mean, mean, mean)
    spread = sum(v * v for v in off.values()) * len(off) / (len(off) - 1)
    reach = Z * math.sqrt(spread) / len(values)
    return Interval(mean, max(0.0, mean - reach), min(1.0, mean + reach))


def _by_case(results: Iterable[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: r.repeat):
        found.setdefault(result.case, []).append(result)
    return found


def _share(results: Sequence[Result]) -> float:
    return sum(r.right for r in results) / len(results)


# --- what changed ----------------------------------------------------------------------------------------


def flips(base: Run, other: Run) -> list[Flip]:
    """The cases of both runs that are answered differently, the worse ones first."""
    old, new = _by_case(base.results), _by_case(other.results)
    found = [_flip(old[id], new[id]) for id in old if id in new and _flipped(old[id], new[id])]
    order = {"worse": 0, "better": 1, "other": 2}
    return sorted(found, key=lambda f: (order[f.direction], f.suite, f.case))


def _flipped(old: Sequence[Result], new: Sequence[Result]) -> bool:
    return _usual(old).got != _usual(new).got or (_share(old) > 0.5) != (_share(new) > 0.5)


def _usual(results: Sequence[Result]) -> Result:
    """The result whose answer came most often, the earliest of those."""
    answers = [r.got for r in results]
    return max(results, key=lambda r: (answers.count(r.got), -r.repeat))


def _flip(old: Sequence[Result], new: Sequence[Result]) -> Flip:
    before, after = _usual(old), _usual(new)
    return Flip(
        case=before.case,
        suite=before.suite,
        direction=_direction(old, new),
        expected=after.expected or before.expected,
        old=before.got,
        new=after.got,
        old_reason=before.reason or before.error,
        new_reason=after.reason or after.error,
    )


def _direction(old: Sequence[Result], new: Sequence[Result]) -> Literal["worse", "better", "other"]:
    was, now = _share(old) > 0.5, _share(new) > 0.5
    if was != now:
        return "better" if now else "worse"
    change = sum(r.score for r in new) / len(new) - sum(r.score for r in old) / len(old)
    if abs(change) <= MOVED:
        return "other"
    return "better" if change > 0 else "worse"


# --- over time -------------------------------------------------------------------------------------------


def trends(settings: Settings, found: Sequence[Found]) -> dict[tuple[str, str], list[Point]]:
    """For each suite and engine the share that is right, run after run: the blessed ones of old, then those here.

    A run of cases with some tags only measures something else and is left out.
    """
    points: dict[tuple[str, str], Point] = {}
    for suite, point in [*_history(baselines_folder(settings) / HISTORY), *_here(found)]:
        points[suite, point.run] = point
    lines: dict[tuple[str, str], list[Point]] = {}
    for (suite, _), point in sorted(points.items(), key=lambda item: item[1].run):
        lines.setdefault((suite, point.engine), []).append(point)
    return dict(sorted(lines.items()))


class _Remembered(FromRun):
    run: str
    on: str
    engine: str
    figures: Mapping[str, Mapping[str, float]]


def _history(path: Path) -> list[tuple[str, Point]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        told = [_Remembered.model_validate(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError):
        return []
    return [
        (
            suite,
            Point(
                run=line.run,
                on=line.on,
                engine=line.engine,
                blessed=True,
                right=values["right"] / values["results"],
                cases=int(values["results"]),
            ),
        )
        for line in told
        for suite, values in line.figures.items()
        if values.get("results") and "right" in values
    ]


def _here(found: Sequence[Found]) -> list[tuple[str, Point]]:
    return [
        (
            row.suite,
            Point(
                run=run.id,
                on=run.began[:10],
                engine=run.engine,
                blessed=run.blessed is not None,
                right=row.right.value,
                cases=row.cases,
            ),
        )
        for _, run in found
        if not run.tags
        for row in figures(run)
        if row.suite != "all"
    ]
