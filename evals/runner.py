"""The one module that knows pydantic-evals: many cases at once, tried again when they fail, with a progress bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from assistant.errors import LLMError
from evals.cases import Case
from evals.journal import Journal
from evals.run import Result
from evals.scorers import Score

LONGEST_ERROR = 300


class Item(NamedTuple):
    """One case to run, and which time it is."""

    case: Case
    repeat: int = 0


Play = Callable[[Item], Score]
"""Plays and scores one case; an exception is an error of that case and of no other."""


def run_items(
    items: Sequence[Item],
    play: Play,
    journal: Journal,
    *,
    workers: int = 1,
    tries: int = 1,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Run every item that the journal does not hold yet, `workers` at a time; each result goes into the journal.

    A language model's failure is tried `tries` times; whatever a case runs into is that case's error and no
    other's. Once `stop` says so, nothing more is begun.
    """
    from pydantic_evals import Case as EvalCase
    from pydantic_evals import Dataset
    from tenacity import retry_if_exception_type, stop_after_attempt, wait_exponential

    def task(item: Item) -> bool:
        if stop():
            return False
        began = time.perf_counter()
        scored = play(item)
        journal.keep(result_of(item, scored, time.perf_counter() - began))
        progress()
        return True

    left = [item for item in items if (item.case.id, item.repeat) not in journal.results]
    dataset = Dataset[Item, bool, None](
        name="suites",
        cases=[EvalCase(name=f"{item.case.id} {item.repeat}", inputs=item) for item in left],
    )
    report = dataset.evaluate_sync(
        task,
        max_concurrency=workers,
        progress=False,
        retry_task={
            "stop": stop_after_attempt(tries),
            "retry": retry_if_exception_type(LLMError),
            "wait": wait_exponential(max=10),
            "reraise": True,
        }
        if tries > 1
        else None,
    )
    for failure in report.failures:
        journal.keep(error_of(failure.inputs, failure.error_message))
        progress()


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Inside, a matrix product takes one thread: cases run side by side already, and more threads only wait for
    each other, which doubles the processor time of a run."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it carries no types

    with threadpool_limits(1):
        yield


def error_of(item: Item, told: str) -> Result:
    """What came of a case that could not be judged: wrong, and in the denominator."""
    case = item.case
    return Result(
        case=case.id,
        suite=case.suite,
        lang=case.lang,
        kind=case.kind,
        cluster=case.cluster,
        repeat=item.repeat,
        got="error",
        error=told[:LONGEST_ERROR],
        reason=told[:LONGEST_ERROR],
    )


def result_of(item: Item, scored: Score, seconds: float) -> Result:
    """What came of a case that was scored."""
    case = item.case
    return Result(
        case=case.id,
        suite=case.suite,
        lang=case.lang,
        kind=case.kind,
        cluster=case.cluster,
        repeat=item.repeat,
        expected=scored.expected,
        got=scored.got,
        right=scored.right,
        score=scored.score,
        checks=scored.checks,
        confidence=scored.confidence,
        reason=scored.reason,
        seconds=round(seconds, 4),
        tokens_in=scored.usage.tokens_in,
        tokens_out=scored.usage.tokens_out,
        cost_usd=scored.usage.cost_usd,
    )
