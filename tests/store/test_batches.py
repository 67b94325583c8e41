"""Batches on either database: kept whole, judged once, seen by their owner, gone when deleted."""

from __future__ import annotations

import json
import secrets

import pytest

from assistant.errors import AccessError, InputError
from assistant.store.accounts import Account
from assistant.store.batches import STALE, Given, Trouble
from assistant.store.store import Store
from tests.store.conftest import Answered, Clock, Database

WRONG = Trouble(error="line 3 has no text", fix="fill it in", key="row_no_text", details={"line": "3"})


@pytest.fixture
def ana(store: Store) -> Account:
    """A coach."""
    return store.accounts.add("ana@city.example", ["coach"], password=None, name="Ana")


@pytest.fixture
def canary() -> str:
    """Words that occur nowhere else, not even in the database of another test."""
    return f"Canary {secrets.token_hex(8)}"


@pytest.fixture
def batch(store: Store, ana: Account, canary: str) -> str:
    """Three rows, the last of which cannot be judged."""
    rows = (Given(row_id="a", text=canary, lang="es"), Given(row_id="b", text="B"))
    return store.batches.add(ana, "table.csv", [*rows, Given(row_id="c", trouble=WRONG)])


def test_rows_are_taken_in_order_and_kept_with_what_came_of_them(
    store, ana, batch, canary, answered: Answered
) -> None:
    """What is judged is counted, sorted and written; its text is no longer held; a problem keeps its details."""
    judgement = answered(store.drafts.create("en")[1].conversation, "x").judgement
    left = store.batches.unjudged(batch, 2)

    store.batches.keep(batch, [(1, "a", judgement)])
    store.batches.keep(batch, [(3, "c", WRONG)])

    assert [(place, row.row_id, row.text, row.lang) for place, row in left] == [
        (1, "a", canary, "es"),
        (2, "b", "B", None),
    ]
    found = store.batches.get(batch, ana)
    assert (found.total, found.judged, found.failed, found.done) == (3, 1, 1, False)
    assert [row.row_id for _, row in store.batches.unjudged(batch, 9)] == ["b"]
    results = store.batches.results(batch, order="row_id", down=True)
    assert [(r.row_id, r.verdict, r.trouble) for r in results] == [
        ("c", None, WRONG),
        ("a", judgement.fit.verdict, None),
    ]
    written = [json.loads(line) for line in store.batches.written(batch)]
    assert written[0] == {"id": "a", **judgement.to_data()}
    assert written[1] == {"id": "c", "error": WRONG.error, "fix": WRONG.fix}


def test_one_process_at_a_time_judges_a_batch(store, batch, clock: Clock) -> None:
    """A claim holds while its owner gives signs of life, and passes on when they stop."""
    first = store.batches.claim(batch, "one")
    second = store.batches.claim(batch, "two")
    again = store.batches.claim(batch, "one")
    waiting = store.batches.waiting()
    clock.pass_(seconds=STALE.total_seconds() + 1)

    assert (first, second, again, waiting) == (True, False, True, [])
    assert store.batches.waiting() == [batch]
    assert store.batches.claim(batch, "two")
    clock.pass_(seconds=STALE.total_seconds() + 1)
    store.batches.finish(batch)
    assert store.batches.waiting() == []


def test_only_its_owner_and_only_a_coach_sees_a_batch(store, ana, batch) -> None:
    """S4: for another coach it is not there; who is no coach is refused."""
    bia = store.accounts.add("bia@city.example", ["coach"], password=None)
    kim = store.accounts.add("kim@city.example", ["staff"], password=None)

    for act in (store.batches.get, store.batches.erase):
        with pytest.raises(InputError) as told:
            act(batch, bia)
        assert told.value.key == "no_batch"
    for refused in (lambda: store.batches.of(kim), lambda: store.batches.add(kim, "t", [Given(row_id="a")])):
        with pytest.raises(AccessError):
            refused()
    assert store.batches.of(bia) == []
    assert [b.id for b in store.batches.of(ana)] == [batch]


@pytest.mark.parametrize("way", ["owner", "retention", "account"])
def test_a_batch_that_is_deleted_leaves_no_byte(
    store, ana, batch, canary, database: Database, clock: Clock, way
) -> None:
    """G3: its owner, its age and the erasure of its owner's account each delete it from every file."""
    assert canary.encode() in database.read()

    if way == "owner":
        store.batches.erase(batch, ana)
    elif way == "retention":
        clock.pass_(days=31)
        assert store.batches.purge(32) == 0
        assert store.batches.purge(30) == 1
    else:
        store.held.erase(store.held.find("ana@city.example"))

    assert canary.encode() not in database.read()
    assert store.batches.waiting() == []
    assert store.audit.links(subject=batch)[0].action == "batch.erased"


def test_a_table_without_rows_is_no_batch(store, ana) -> None:
    """Nothing to judge is told."""
    with pytest.raises(InputError) as told:
        store.batches.add(ana, "t.csv", [])

    assert told.value.key == "empty"
