"""Many applicants at once on a slow language model: how long each waits, and how much of that is ours.

    python -m bench.load --people 50 --turns 3 --model-seconds 3

Starts the product as an operator would, on its language-model engine, with a model on this machine that answers
after a fixed time. Each applicant opens the page, thinks for a while, sends a message, reads the answer, thinks, and
sends the next. What is measured is what a browser sees: from the click to the end of the answer. Everything runs on
one machine, the applicants and the model too.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.turns import MESSAGES, answer
from tests.faults.server import FaultServer
from tests.machines.browser import Browser, LostError
from tests.machines.site import Machine


@dataclass
class Load:
    """What the applicants saw; seconds."""

    pages: list[float] = field(default_factory=list)
    turns: list[float] = field(default_factory=list)
    lost: int = 0

    def report(self, model: float) -> str:
        """The figures as lines of text."""
        lines = [f"{len(self.turns)} turns, {self.lost} without an answer, model {model:g} s"]
        for name, seconds in (("page", self.pages), ("turn", self.turns)):
            shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
            told = "  ".join(f"{label} {share_of(seconds, at):6.2f} s" for label, at in shares.items())
            lines.append(f"{name:5} {told}")
        return "\n".join(lines)


def share_of(seconds: list[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def play(base: str, people: int, turns: int, think: float, seed: int) -> Load:
    """All applicants, each on a thread of its own; they begin within the time one takes to think."""
    load, lock = Load(), threading.Lock()

    def one(number: int) -> None:
        chance = random.Random(f"{seed}-{number}")  # noqa: S311  # pauses, not secrets
        time.sleep(chance.uniform(0, think))
        began = time.perf_counter()
        person = Browser(base)
        try:
            person.load()
            person.call("open", [])
            with lock:
                load.pages.append(time.perf_counter() - began)
            for text in MESSAGES[:turns]:
                time.sleep(chance.uniform(0, think))
                began = time.perf_counter()
                person.say(text)
                with lock:
                    load.turns.append(time.perf_counter() - began)
        except LostError:
            with lock:
                load.lost += 1
        finally:
            person.close()

    with ThreadPoolExecutor(people) as pool:
        list(pool.map(one, range(people)))
    return load


def measure(people: int, turns: int, model_s: float, think: float, data_dir: Path) -> Load:
    """One run against a fresh process with a warm model."""
    with FaultServer(lambda body: answer(body), delay=model_s, models=("example",)) as model:
        settings = {
            "ENGINE": "llm",
            "LLM_BASE_URL": model.url(),
            "LLM_MODEL": "example",
            "DATABASE_URL": f"sqlite:///{data_dir / 'load.sqlite'}",
        }
        machine = Machine(data_dir, settings)
        machine.start()
        try:
            machine.wait()
            warm = Browser(machine.url)
            warm.load()
            warm.say(MESSAGES[0])
            warm.close()
            return play(machine.url, people, turns, think, seed=1)
        finally:
            machine.kill()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--model-seconds", type=float, default=3.0)
    parser.add_argument("--think", type=float, default=15.0, help="seconds that an applicant thinks, at most")
    parser.add_argument("--data-dir", type=Path, help="a data folder with an index; a new one by default")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        data_dir = given.data_dir or Path(folder)
        load = measure(given.people, given.turns, given.model_seconds, given.think, data_dir)
    print(load.report(given.model_seconds))


if __name__ == "__main__":
    main()
