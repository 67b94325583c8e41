"""What a replay costs: python -m bench.eval_replay [--cases 500] [--out bench/out].

Recorded replies through the runner alone, and through the whole product, which reads, searches and judges beside the
model. A model that says nothing is recorded first; that is not counted. Sockets are refused and counted.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from assistant.llm.base import LLM
from assistant.llm.replay import RecordingLLM, ReplayLLM
from assistant.llm.scripted import ScriptedLLM
from assistant.settings import read_settings
from evals import execute as execution
from evals.execute import Plan, execute, only
from evals.journal import Journal
from evals.offline import offline
from evals.runner import Item, run_items
from evals.scorers import Score
from tests.evals.made import a_score, items, some_cases
from tests.evals.test_replay import EMPTY, asked, whole

SUITES = ("typology", "fit", "safety", "elements", "answers")


def replies(count: int, folder: Path) -> tuple[float, int]:
    """Seconds that so many recorded replies take through the runner, and the sockets that were tried."""
    cases = items(some_cases(count))
    recorder = RecordingLLM(ScriptedLLM(lambda _: EMPTY), folder / "replies.jsonl")
    for item in cases:
        whole(recorder, asked(item))
    with Journal(folder / "warm.jsonl", "bench") as journal:
        run_items(cases[:1], lambda item: a_score(), journal)  # libraries load once
    began = time.perf_counter()
    replay: LLM = ReplayLLM(folder / "replies.jsonl")

    def play(item: Item) -> Score:
        return a_score(whole(replay, asked(item)) == EMPTY)

    with offline() as tried, Journal(folder / "replies-journal.jsonl", "bench") as journal:
        run_items(cases, play, journal, workers=16)
    return time.perf_counter() - began, len(tried)


def product(count: int, folder: Path) -> tuple[int, float, int]:
    """How many cases of the suites were replayed, the seconds, and the sockets that were tried."""
    settings = read_settings().model_copy(update={"llm_model": "scripted"})
    plan = Plan(settings, suites=SUITES, engine="llm", replay=True, recordings=folder, workers=2)  # type: ignore[arg-type]
    chosen = only(plan, plan.cases[:count])
    door = execution.Models.door
    recorder = RecordingLLM(ScriptedLLM(lambda _: EMPTY), plan.tape)
    execution.Models.door = lambda self, repeat: recorder  # type: ignore[method-assign]
    execute(chosen, folder / "recorded")
    execution.Models.door = door  # type: ignore[method-assign]
    began = time.perf_counter()
    with offline() as tried:
        run = execute(only(plan, chosen.cases), folder / "replayed")
    return len(run.results), time.perf_counter() - began, len(tried)


def main() -> None:
    """Print the figures and write them under bench/out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--out", type=Path, default=Path("bench/out"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        alone, tried = replies(options.cases, Path(folder))
        print(f"{options.cases} recorded replies through the runner: {alone:.2f} s, {tried} sockets")
        count, took, more = product(options.cases, Path(folder))
        print(
            f"{count} cases through the whole product: {took:.1f} s, {1000 * took / count:.0f} ms each, {more} sockets"
        )
    options.out.mkdir(parents=True, exist_ok=True)
    figures = {"replies_s": alone, "cases": count, "product_s": took, "sockets": tried + more}
    (options.out / "eval_replay.json").write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
