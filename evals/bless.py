"""Makes a run the baseline: results and lock move together, with who decided it and why; nothing else moves them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from evals.cases import SUITES
from evals.errors import IncompleteError, SuiteError
from evals.execute import BASELINES
from evals.lock import Fields, require_fresh
from evals.run import Blessing, Result, Run, write_run

HISTORY = "history.jsonl"


def bless(run: Run, now: Fields, *, by: str, why: str, folder: Path = BASELINES) -> Path:
    """Write the baseline, which holds its lock; raises EvalError for a run that is partial, has errors or is stale."""
    if not by.strip() or not why.strip():
        raise SuiteError("a baseline needs a name and a reason", fix='say both: --by "…" --why "…"')
    if run.suites != SUITES or run.tags:
        raise SuiteError(
            f"the run is of {', '.join(run.suites)}" + (f", tags {', '.join(run.tags)}" if run.tags else ""),
            fix="bless a run of all suites: scoping eval run",
        )
    there = len({r.key for r in run.results})
    if there < run.cases * run.repeat or run.errors:
        raise IncompleteError(
            f"{there} of {run.cases * run.repeat} results are there, {len(run.errors)} of them errors",
            fix="finish it: scoping eval run --resume",
        )
    require_fresh(run.lock, now, "make a fresh run: scoping eval run")
    blessed = Blessing(by=by.strip(), why=why.strip(), on=f"{datetime.now(UTC):%Y-%m-%d}")
    path = folder / f"{run.engine}.json"
    write_run(run.slim().model_copy(update={"blessed": blessed}), path)
    _remember(run, blessed, folder)
    return path


def _remember(run: Run, blessed: Blessing, folder: Path) -> None:
    """One line a blessing: the trend over blessed runs needs the figures, not the runs."""
    line = {
        **blessed.to_data(),
        "run": run.id,
        "engine": run.engine,
        "version": run.engine_version,
        "figures": {suite: _figures([r for r in run.results if r.suite == suite]) for suite in run.suites},
    }
    with (folder / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _figures(results: Sequence[Result]) -> dict[str, float]:
    """How many results, how many right, and the mean score."""
    count = len(results)
    mean = sum(r.score for r in results) / count if count else 0.0
    return {"results": count, "right": sum(r.right for r in results), "score": round(mean, 4)}
