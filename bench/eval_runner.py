"""How much of the ideal the evaluation runner reaches: python -m bench.eval_runner [--rounds 5] [--out bench/out].

300 cases, 16 at once, each waiting as an endpoint would, with the journal on. Ideal is rounds of 16 × the wait.
Also the processor time a case costs when nothing waits.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
import time
from pathlib import Path

from evals.journal import Journal
from evals.runner import Item, run_items
from evals.scorers import Score
from tests.evals.made import a_score, some_cases

CASES, WORKERS = 300, 16
WAITS = {0.05: 0.88, 0.2: 0.95, 0.5: 0.98}
"""Seconds → the share of the ideal to reach."""
OVERHEAD_MS = 1.0


def took(cases: int, wait: float, folder: Path) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""

    def play(item: Item) -> Score:
        time.sleep(wait)
        return a_score()

    items = [Item(c) for c in some_cases(cases)]
    with Journal(folder / "journal.jsonl", "bench") as journal:
        clock, processor = time.perf_counter(), time.process_time()
        run_items(items, play, journal, workers=WORKERS)
        return time.perf_counter() - clock, time.process_time() - processor


def main() -> None:
    """Print the table and write it under bench/out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("bench/out"))
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        took(WORKERS, 0.0, Path(folder))  # libraries load once
    for wait, least in WAITS.items():
        runs = []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(took(CASES, wait, Path(folder))[0])
        ideal = math.ceil(CASES / WORKERS) * wait
        rows.append(
            {"wait_ms": round(1000 * wait), "efficiency": ideal / statistics.median(runs), "least": least}
        )
    with tempfile.TemporaryDirectory() as folder:
        busy = took(500, 0.0, Path(folder))
    overhead = {"overhead_ms": 1000 * busy[1] / 500, "most": OVERHEAD_MS, "500_cases_s": busy[0]}
    print("| wait | efficiency | to reach |\n|---|---|---|")
    for row in rows:
        print(f"| {row['wait_ms']} ms | {row['efficiency']:.3f} | {row['least']} |")
    print(
        f"\nprocessor time a case: {overhead['overhead_ms']:.2f} ms; 500 cases without a wait: {busy[0]:.2f} s"
    )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "eval_runner.json").write_text(json.dumps({"runs": rows, **overhead}, indent=1))


if __name__ == "__main__":
    main()
