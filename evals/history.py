"""What was blessed, line by line: the trend needs the figures of a baseline long after its run is gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from assistant.domain import Frozen
from evals.cases import SuiteName
from evals.errors import SuiteError
from evals.run import Blessing, Result, Run

NAME = "history.jsonl"


class Figures(Frozen):
    """What a suite came to."""

    results: int
    right: int
    score: float
    """The mean, from 0 to 1."""

    @property
    def share(self) -> float:
        """The share that was right."""
        return self.right / self.results if self.results else 0.0


class Blessed(Frozen):
    """One line of the history."""

    by: str
    why: str
    on: str
    run: str
    engine: str
    version: str
    figures: dict[SuiteName, Figures]


def remember(run: Run, blessed: Blessing, folder: Path) -> None:
    """Append a blessing; nothing that stands there is ever changed."""
    line = {
        **blessed.to_data(),
        "run": run.id,
        "engine": run.engine,
        "version": run.engine_version,
        "figures": {suite: _figures([r for r in run.results if r.suite == suite]) for suite in run.suites},
    }
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def history(folder: Path, engine: str) -> list[Blessed]:
    """The blessings of an engine, oldest first; empty without a history, SuiteError for a line that is broken."""
    path = folder / NAME
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(Blessed.model_validate_json(line))
        except ValidationError as error:
            raise SuiteError(
                f"{path}:{number}: {error.errors()[0]['msg']}",
                fix="restore the line from the history of the repository",
            ) from None
    return [blessed for blessed in found if blessed.engine == engine]


def _figures(results: Sequence[Result]) -> dict[str, float]:
    """How many results, how many right, and the mean score."""
    count = len(results)
    mean = sum(r.score for r in results) / count if count else 0.0
    return {"results": count, "right": sum(r.right for r in results), "score": round(mean, 4)}
