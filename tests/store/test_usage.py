"""What engines are used for, and work in the background, on both databases."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from assistant.domain import Usage
from assistant.errors import CorpusError, InputError
from assistant.store.jobs import LOST
from assistant.store.store import Store
from tests.store.conftest import Answered, Clock


def test_calls_of_one_day_and_outcome_are_one_row(store: Store, clock: Clock) -> None:
    """Counts and sums add up within a day; days, models and outcomes stay apart, and old days are not asked for."""
    store.usage.add("llm", "m", "ok", Usage(tokens_in=10, tokens_out=2, cost_usd=0.25))
    store.usage.add("llm", "m", "ok", Usage(tokens_in=5, tokens_out=1, cost_usd=0.5))
    store.usage.add("llm", "m", "llm_empty")
    clock.pass_(days=1)
    store.usage.add("llm", "n", "ok", Usage(tokens_in=1, tokens_out=1, cost_usd=0.0))

    rows = [
        (r.day, r.model, r.outcome, r.calls, r.tokens_in, r.tokens_out, r.cost_usd)
        for r in store.usage.days(2)
    ]

    assert rows == [
        (date(2026, 11, 21), "n", "ok", 1, 1, 1, 0.0),
        (date(2026, 11, 20), "m", "llm_empty", 1, 0, 0, 0.0),
        (date(2026, 11, 20), "m", "ok", 2, 15, 3, 0.75),
    ]
    assert [r.model for r in store.usage.days(1)] == ["n"]


def test_many_writers_lose_no_count(store: Store) -> None:
    """Four threads that count 25 calls each make 100."""

    def work() -> None:
        for _ in range(25):
            store.usage.add("llm", "m", "ok", Usage(tokens_in=1))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(r.calls, r.tokens_in) for r in store.usage.days(1)] == [(100, 100)]


def test_a_message_that_the_local_engine_read_is_counted_and_outlives_its_draft(
    store: Store, answered: Answered
) -> None:
    """A kept answer of the local engine counts once; erasing the draft leaves a number and nothing of its text."""
    _, draft = store.drafts.create("en")
    seq = store.drafts.receive(draft.id, "Families wait.")
    store.drafts.complete(draft.id, seq, answered(draft.conversation, "Families wait."))
    store.drafts.erase(draft.id)

    assert [(r.engine, r.model, r.outcome, r.calls) for r in store.usage.days(1)] == [("local", "", "ok", 1)]


def test_one_job_of_a_kind_goes_on_at_a_time(store: Store, clock: Clock) -> None:
    """A second one is refused until the first ended, or told nothing for so long that it must be gone."""
    cleo = store.accounts.add("cleo@city.example", ["staff"], password=None)
    job = store.jobs.begin("index", cleo, "build")

    with pytest.raises(InputError) as refused:
        store.jobs.begin("index", cleo)
    store.jobs.tell(job.id, 3, 10, "encoding")
    told = store.jobs.get(job.id)
    store.jobs.finish(job.id, CorpusError("no corpus", fix="restore it", key="corpus_line"))
    failed = store.jobs.get(job.id)
    second = store.jobs.begin("index", cleo)
    clock.pass_(seconds=int(LOST.total_seconds()))
    lost = store.jobs.get(second.id)
    third = store.jobs.begin("index", cleo)

    assert refused.value.key == "job_running"
    assert (told.done, told.total, told.step, told.state) == (3, 10, "encoding", "running")
    assert (failed.state, failed.key, failed.message, failed.fix) == (
        "failed",
        "corpus_line",
        "no corpus",
        "restore it",
    )
    assert (lost.state, third.state) == ("lost", "running")


def test_of_many_who_begin_a_job_at_once_one_does(store: Store) -> None:
    """Six threads that begin a job of one kind at the same moment make one job; the others are told to wait."""
    cleo = store.accounts.add("cleo@city.example", ["staff"], password=None)
    barrier, told = threading.Barrier(6), []

    def work() -> None:
        barrier.wait()
        try:
            told.append(store.jobs.begin("index", cleo).state)
        except InputError as refused:
            told.append(refused.key)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["job_running"] * 5 + ["running"]
    assert len(store.jobs.latest()) == 1
    assert store.audit.verify().broken_at is None
