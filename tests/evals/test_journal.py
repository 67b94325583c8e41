"""What was paid for is kept: a run that is killed anywhere loses and doubles nothing."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from evals.errors import SuiteError
from evals.journal import Journal
from evals.runner import run_items
from tests.evals.made import a_result, a_score, items, some_cases

ROUNDS = int(os.environ.get("EVAL_KILLS", "20"))
CASES = 60


def keep_all(path: Path) -> None:
    """A run in a process of its own: every case it has not kept yet."""
    with Journal(path, "made") as journal:
        for case in some_cases(CASES):
            journal.keep(a_result(case))
            time.sleep(0.0005)


def test_a_kill_at_any_point_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """After kill -9 at random points the resumed journal holds every case once, as an unbroken one does."""
    rng = random.Random(5)  # noqa: S311  # where to kill, not a secret
    unbroken = [a_result(c) for c in some_cases(CASES)]
    path = tmp_path / "journal.jsonl"
    for _ in range(ROUNDS):
        path.unlink(missing_ok=True)
        child = multiprocessing.get_context("fork").Process(target=keep_all, args=(path,))
        child.start()
        at = rng.randrange(1, CASES - 5)
        while not path.exists() or path.read_bytes().count(b"\n") <= at:
            time.sleep(0.0002)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()

        with Journal(path, "made") as journal:
            before = len(journal.results)
            run_items(items(some_cases(CASES)), lambda item: a_score(), journal)
            after = [journal.results[c.id, 0] for c in some_cases(CASES)]

        lines = [json.loads(line)["case"] for line in path.read_text("utf-8").splitlines()[1:]]
        assert before >= at
        assert len(lines) == len(set(lines)) == CASES
        assert [r.model_copy(update={"seconds": 0.0}) for r in after] == unbroken


@pytest.mark.parametrize("cut", range(1, 120, 7))
def test_a_torn_last_line_is_dropped_and_its_case_runs_again(tmp_path: Path, cut: int) -> None:
    """A journal cut anywhere in its last line keeps the others, and what is appended begins on a line of its own."""
    one, two, three = some_cases(3)
    path = tmp_path / "journal.jsonl"
    with Journal(path, "made") as journal:
        for case in (one, two):
            journal.keep(a_result(case))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) - cut])

    with Journal(path, "made") as journal:
        kept, broken = set(journal.results), journal.broken
        for case in (two, three):
            journal.keep(a_result(case))
    with Journal(path, "made") as journal:
        whole = set(journal.results)

    assert kept == {(one.id, 0)}
    assert broken == [3]
    assert whole == {(c.id, 0) for c in (one, two, three)}


def test_a_broken_line_in_the_middle_costs_that_case_alone(tmp_path: Path) -> None:
    """Junk inside a journal is counted and skipped; the rest counts."""
    path = tmp_path / "journal.jsonl"
    with Journal(path, "made") as journal:
        for case in some_cases(3):
            journal.keep(a_result(case))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = b'{"case": "made-001", "suite": "nowhere"}\n'
    path.write_bytes(b"".join(lines))

    with Journal(path, "made") as journal:
        assert set(journal.results) == {("made-000", 0), ("made-002", 0)}
        assert journal.broken == [3]


def test_another_run_s_journal_is_refused(tmp_path: Path) -> None:
    """A journal of other suites or files is not mixed into this run, and the error says what to do."""
    path = tmp_path / "journal.jsonl"
    with Journal(path, "local typology"):
        pass

    with pytest.raises(SuiteError, match=r"journal\.jsonl:1.*local typology") as caught:
        Journal(path, "local fit")

    assert "--resume" in caught.value.fix


def test_only_errors_run_again(tmp_path: Path) -> None:
    """Six of 300 cases fail at the endpoint: they are recorded as wrong, and a resumed run asks those six alone."""
    from assistant.errors import LLMError

    cases = some_cases(300)
    asked: list[str] = []
    down = {c.id for c in cases[::50]}

    def play(item):  # type: ignore[no-untyped-def]
        asked.append(item.case.id)
        if item.case.id in down:
            raise LLMError("the endpoint answers 503", fix="wait", key="llm_unreachable")
        return a_score()

    with Journal(tmp_path / "j.jsonl", "made") as journal:
        run_items(items(cases), play, journal, workers=8)
        failed = [r for r in journal.results.values() if r.error]
    first, down = len(asked), set()
    with Journal(tmp_path / "j.jsonl", "made") as journal:
        run_items(items(cases), play, journal, workers=8)
        healed = list(journal.results.values())

    assert (first, len(failed), len(asked) - first) == (300, 6, 6)
    assert all("503" in r.error and not r.right for r in failed)
    assert len(healed) == 300
    assert not [r for r in healed if r.error]


def test_a_failing_model_is_tried_again(tmp_path: Path) -> None:
    """With two tries a case whose model fails once comes out right."""
    from assistant.errors import LLMError

    calls: list[int] = []

    def play(item):  # type: ignore[no-untyped-def]
        calls.append(1)
        if len(calls) == 1:
            raise LLMError("slow", fix="wait", key="llm_timeout")
        return a_score()

    with Journal(tmp_path / "j.jsonl", "made") as journal:
        run_items(items(some_cases(1)), play, journal, tries=2)

        assert [r.error for r in journal.results.values()] == [""]
    assert len(calls) == 2


def test_a_run_stops_where_its_money_ends(tmp_path: Path) -> None:
    """Once told to stop, nothing more is begun, and what was paid for is in the journal."""
    with Journal(tmp_path / "j.jsonl", "made") as journal:
        run_items(
            items(some_cases(20)), lambda item: a_score(), journal, stop=lambda: len(journal.results) >= 7
        )

        assert len(journal.results) == 7


def test_five_hundred_cases_cost_next_to_nothing(tmp_path: Path) -> None:
    """500 cases with a model that takes no time use at most a millisecond of processor time each."""
    cases = items(some_cases(500))
    with Journal(tmp_path / "warm.jsonl", "made") as journal:
        run_items(cases[:1], lambda item: a_score(), journal)  # libraries load once
    with Journal(tmp_path / "j.jsonl", "made") as journal:
        began = time.process_time()
        run_items(cases, lambda item: a_score(), journal, workers=16)
        took = time.process_time() - began

        assert len(journal.results) == 500
    assert took <= 1.0
