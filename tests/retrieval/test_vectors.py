"""Both doors to the vectors: the same contract, and the same findings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import ConfigError, CorpusError
from assistant.retrieval.vectors import (
    SIZE,
    ChromaVectors,
    ExactVectors,
    Stored,
    VectorDoor,
    embedded_client,
    fill_chroma,
    server_client,
)


def unit_vectors(count: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Random vectors of length one."""
    values = np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32)
    return values / np.linalg.norm(values, axis=1, keepdims=True)


STORED = [
    Stored(
        number=n, row=n // 2, group="passage" if n % 3 else "case", lang="en", tier=1 + n % 4, values=vector
    )
    for n, vector in enumerate(unit_vectors(600, seed=1))
]
QUERIES = unit_vectors(20, seed=2)


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorDoor]:
    """The vectors in an embedded Chroma."""
    client = embedded_client(tmp_path_factory.mktemp("chroma"))
    fill_chroma(client, "b1", STORED)
    door = ChromaVectors(client, "b1")
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
    for stored in STORED[::50]:
        found = door.nearest(stored.values, stored.group, 3)

        assert found[0].row == stored.row
        assert found[0].score == pytest.approx(1.0, abs=1e-4)


def test_nearest_come_first_and_no_more_than_asked(door: VectorDoor) -> None:
    """Scores fall, and n is the most that comes back."""
    for query in QUERIES:
        scores = [near.score for near in door.nearest(query, "passage", 25)]

        assert len(scores) == 25
        assert scores == sorted(scores, reverse=True)


def test_tiers_and_groups_limit_the_search(door: VectorDoor) -> None:
    """Only vectors of the group and the tiers asked for are found, and all of them when n allows."""
    wanted = sorted(s.row for s in STORED if s.group == "case" and s.tier in (2, 3))

    found = door.nearest(QUERIES[0], "case", 1_000, tiers=(2, 3))

    assert sorted(near.row for near in found) == wanted


def test_asking_for_more_than_there_is_gives_what_there_is(door: VectorDoor) -> None:
    """A large n is no error."""
    assert len(door.nearest(QUERIES[0], "case", 900)) == sum(s.group == "case" for s in STORED)


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
