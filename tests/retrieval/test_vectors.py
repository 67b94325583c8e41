"""Both doors to the vectors: the same contract, and the same findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ConfigError, CorpusError
from assistant.retrieval.vectors import (
    ChromaVectors,
    ExactVectors,
    Stored,
    ToStore,
    VectorDoor,
    fill_chroma,
    in_parts,
    server_client,
    store,
)


def unit_vectors(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Random vectors of length one."""
    values = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def in_order(items: list[ToStore], seed: int) -> Stored:
    """Random vectors for the items, as a build stores them."""
    order, parts = in_parts(items)
    return store(unit_vectors(len(items), seed), [items[i] for i in order], parts)


STORED = in_order([ToStore(n // 2, "passage" if n % 3 else "case", 1 + n % 4) for n in range(600)], seed=1)
CASES = next(part for part in STORED.parts if part.group == "case")
QUERIES = unit_vectors(20, seed=2)


@pytest.fixture(scope="module")
def chroma(chroma_url: str) -> Iterator[VectorDoor]:
    """The vectors on a Chroma server."""
    client = server_client(chroma_url)
    list(fill_chroma(client, "b1", STORED))
    door = ChromaVectors(client, "b1", STORED)
    yield door
    door.close()


@pytest.fixture(params=["exact", "chroma"])
def door(request: pytest.FixtureRequest) -> VectorDoor:
    """Each door in turn."""
    if request.param == "exact":
        return ExactVectors(STORED)
    chroma: VectorDoor = request.getfixturevalue("chroma")
    return chroma


def test_a_vector_is_nearest_to_itself(door: VectorDoor) -> None:
    """Every stored vector finds its own entry first, with a score of one."""
    for part in STORED.parts:
        for number in range(part.start, part.stop, 40):
            found = door.nearest(STORED.values[number], part.group, 3)

            assert found[0].row == STORED.rows[number]
            assert found[0].score == pytest.approx(1.0, abs=1e-4)


def test_nearest_come_first_and_no_more_than_asked(door: VectorDoor) -> None:
    """Scores fall, and n is the most that comes back."""
    for query in QUERIES:
        scores = [near.score for near in door.nearest(query, "passage", 25)]

        assert len(scores) == 25
        assert scores == sorted(scores, reverse=True)


def test_tiers_and_groups_limit_the_search(door: VectorDoor) -> None:
    """Only vectors of the group and the tiers asked for are found, and all of them when n allows."""
    numbers = range(CASES.start, CASES.stop)
    wanted = sorted(int(STORED.rows[n]) for n in numbers if STORED.tiers[n] in (2, 3))

    found = door.nearest(QUERIES[0], "case", 1_000, tiers=(2, 3))

    assert sorted(near.row for near in found) == wanted


def test_asking_for_more_than_there_is_gives_what_there_is(door: VectorDoor) -> None:
    """A large n is no error."""
    assert len(door.nearest(QUERIES[0], "case", 900)) == CASES.stop - CASES.start


def test_both_doors_find_the_same(chroma: VectorDoor) -> None:
    """Chroma finds what an exact search finds, with the same scores."""
    exact = ExactVectors(STORED)
    for query in QUERIES:
        ours, theirs = exact.nearest(query, "passage", 50), chroma.nearest(query, "passage", 50)

        assert [n.row for n in ours] == [n.row for n in theirs]
        assert [n.score for n in ours] == pytest.approx([n.score for n in theirs], abs=1e-5)


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://127.0.0.1", "http://"])
def test_wrong_server_address_is_a_wrong_setting(address: str) -> None:
    """An address that is none is refused before anything is tried."""
    with pytest.raises(ConfigError, match="ASSISTANT_CHROMA_URL"):
        server_client(address)


def test_silent_server_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Nothing listens there: the error says what to do."""
    with pytest.raises(CorpusError) as caught:
        server_client("http://127.0.0.1:9")

    assert "CHROMA_URL" in caught.value.fix
