"""Makes a run the baseline: results and lock move together, with who decided it and why; nothing else moves them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from evals.cases import SUITES
from evals.errors import IncompleteError, SuiteError
from evals.execute import BASELINES
from evals.history import remember
from evals.lock import Fields, require_fresh
from evals.run import Blessing, Run, write_run


def bless(run: Run, now: Fields, *, by: str, why: str, folder: Path = BASELINES) -> Path:
    """Write the baseline, which holds its lock; raises EvalError for a run that is partial, has errors or is stale."""
    if not by.strip() or not why.strip():
        raise SuiteError("a baseline needs a name and a reason", fix='say both: --by "…" --why "…"')
    if run.suites != SUITES or run.tags or run.split != "all":
        tags = f", tags {', '.join(run.tags)}" if run.tags else ""
        part = f", {run.split} cases only" if run.split != "all" else ""
        raise SuiteError(
            f"the run is of {', '.join(run.suites)}{tags}{part}",
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
    remember(run, blessed, folder)
    return path
