"""Search by meaning: the vectors of a build, and two doors to them, NumPy and Chroma.

Vectors lie in parts: those of one group, or of one tier of it where the group is large, so that a search limited
to tiers looks at the parts of those tiers and never has to pass over the others (docs/decisions/0031).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ConfigError, CorpusError
from assistant.retrieval.base import Vectors

Group = Literal["passage", "question", "case", "keywords", "problem"]
"""What a vector stands for: the text of a passage or a case, or what a person might call it."""
GROUPS: tuple[Group, ...] = ("passage", "question", "case", "keywords", "problem")
SPLIT_FROM = 10_000
"""Vectors from which a group is kept in one part for each tier."""
SHORTLIST_FROM = 5_000
"""Vectors from which a part is searched by the signs of its numbers first."""
SHORTLIST = 2_000
CHROMA_BATCH = 1_000
LARGE = 5_000
EF_SEARCH = 1_000
"""How widely Chroma looks; far above what is asked for, so that it finds what an exact search finds."""


class Near(NamedTuple):
    """A vector near the query: the entry it belongs to, and the cosine."""

    row: int
    score: float


class ToStore(NamedTuple):
    """What a vector belongs to."""

    row: int
    group: Group
    tier: int


class Part(NamedTuple):
    """A stretch of the vectors: those of a group, or of one tier of it."""

    group: Group
    tiers: tuple[int, ...]
    start: int
    stop: int

    @property
    def name(self) -> str:
        """Its name among the parts of a build."""
        return self.group if len(self.tiers) > 1 else f"{self.group}-{self.tiers[0]}"


class Stored(NamedTuple):
    """The vectors of a build."""

    values: NDArray[np.float32]
    """One unit vector a row."""
    signs: NDArray[np.uint64]
    """Which numbers of each vector are positive, 64 to a word; words × vectors, for the search of large parts."""
    rows: NDArray[np.int32]
    """For each vector the entry it belongs to."""
    tiers: NDArray[np.int8]
    parts: tuple[Part, ...]


class VectorDoor(Protocol):
    """Finds the vectors nearest to a query."""

    def nearest(self, vector: Vectors, group: Group, n: int, *, tiers: Sequence[int] = ()) -> list[Near]:
        """The n vectors of a group nearest to a unit vector, nearest first; `tiers` limits them."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


# --- the vectors of a build ------------------------------------------------------------------------------

FILES = ("vectors.npy", "signs.npy", "rows.npy", "tiers.npy", "parts.json")


def in_parts(items: Sequence[ToStore]) -> tuple[list[int], tuple[Part, ...]]:
    """The order in which vectors are stored, as positions among `items`, and the parts they then lie in."""
    sizes = {group: sum(item.group == group for item in items) for group in GROUPS}

    def part_of(i: int) -> tuple[int, int]:
        item = items[i]
        return GROUPS.index(item.group), item.tier if sizes[item.group] >= SPLIT_FROM else 0

    order = sorted(range(len(items)), key=lambda i: (part_of(i), i))
    parts, start = [], 0
    for _, members in groupby(order, key=part_of):
        numbers = list(members)
        tiers = tuple(sorted({items[i].tier for i in numbers}))
        parts.append(Part(items[numbers[0]].group, tiers, start, start + len(numbers)))
        start += len(numbers)
    return order, tuple(parts)


def store(values: NDArray[np.float32], items: Sequence[ToStore], parts: Sequence[Part]) -> Stored:
    """The vectors, each with what it belongs to; both already in the order of the parts."""
    return Stored(
        values=values,
        signs=np.ascontiguousarray(_signs(values).T),
        rows=np.array([item.row for item in items], dtype=np.int32),
        tiers=np.array([item.tier for item in items], dtype=np.int8),
        parts=tuple(parts),
    )


def _signs(values: NDArray[np.float32]) -> NDArray[np.uint64]:
    packed = np.packbits(values > 0, axis=-1)
    lacking = -packed.shape[-1] % 8
    if lacking:
        packed = np.concatenate([packed, np.zeros((*packed.shape[:-1], lacking), np.uint8)], axis=-1)
    return np.ascontiguousarray(packed).view(np.uint64)


def write_vectors(folder: Path, stored: Stored) -> None:
    """Writes the vectors into the folder of a build; raises OSError when there is no room."""
    arrays: tuple[NDArray[Any], ...] = (stored.values, stored.signs, stored.rows, stored.tiers)
    for name, array in zip(FILES, arrays, strict=False):
        with (folder / name).open("wb") as file:
            np.lib.format.write_array(file, array, allow_pickle=False)
    (folder / FILES[4]).write_text(json.dumps(stored.parts), encoding="utf-8")


def read_vectors(folder: Path) -> Stored:
    """The vectors in the folder of a build, read from the disk as far as they are looked at."""
    values, signs, rows, tiers = (
        # Seen as plain arrays, whose slices are made much faster.
        np.asarray(np.load(folder / name, mmap_mode="r", allow_pickle=False))
        for name in FILES[:4]
    )
    listed = json.loads((folder / FILES[4]).read_text(encoding="utf-8"))
    parts = tuple(Part(group, tuple(of), start, stop) for group, of, start, stop in listed)
    return Stored(values, signs, rows, tiers, parts)


# --- NumPy -----------------------------------------------------------------------------------------------


class ExactVectors:
    """Every dot product: exact for thousands of vectors, and nearly so for more, over files that processes share."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored

    def nearest(self, vector: Vectors, group: Group, n: int, *, tiers: Sequence[int] = ()) -> list[Near]:
        """The n vectors of a group nearest to a unit vector, nearest first; `tiers` limits them."""
        numbers, scores = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        for part in _asked(self._stored.parts, group, tiers):
            number, score = self._scored(vector, part, max(SHORTLIST, 5 * n))
            if _mixed(part, tiers):
                kept = np.isin(self._stored.tiers[number], list(tiers))
                number, score = number[kept], score[kept]
            numbers.append(number)
            scores.append(score)
        number, score = np.concatenate(numbers), np.concatenate(scores)
        if len(number) > 4 * n:  # sorting all of them would take longer than scoring them
            best = np.argpartition(-score, n - 1)[:n]
            number, score = number[best], score[best]
        best = np.lexsort((number, -score))[:n]
        rows = self._stored.rows[number[best]]
        return [Near(row, score) for row, score in zip(rows.tolist(), score[best].tolist(), strict=True)]

    def _scored(self, vector: Vectors, part: Part, n: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """All of a small part; of a large one those that agree with the query in the most signs."""
        size = part.stop - part.start
        # Not @: BLAS threads cost milliseconds when the machine is busy.
        if size < SHORTLIST_FROM or size <= n:
            scores = np.vecdot(self._stored.values[part.start : part.stop], vector)
            return np.arange(part.start, part.stop), scores
        apart = np.zeros(size, dtype=np.uint16)
        signs = _signs(np.asarray(vector, dtype=np.float32))
        for word, asked in zip(self._stored.signs[:, part.start : part.stop], signs, strict=True):
            apart += np.bitwise_count(word ^ asked)
        short = np.sort(np.argpartition(apart, n)[:n]) + part.start
        return short, np.vecdot(self._stored.values[short], vector)

    def close(self) -> None:
        """Nothing is held open."""


def _asked(parts: Sequence[Part], group: Group, tiers: Sequence[int]) -> list[Part]:
    return [p for p in parts if p.group == group and (not tiers or not set(tiers).isdisjoint(p.tiers))]


def _mixed(part: Part, tiers: Sequence[int]) -> bool:
    """Whether a part also holds vectors of other tiers than those asked for."""
    return bool(tiers) and not set(part.tiers) <= set(tiers)


# --- Chroma ----------------------------------------------------------------------------------------------


class ChromaVectors:
    """The same vectors on a Chroma server: a collection for each part."""

    def __init__(self, client: Any, build: str, stored: Stored) -> None:
        self._client = client
        self._stored = stored
        self._collections = {
            part: client.get_collection(_name(build, part), embedding_function=None) for part in stored.parts
        }

    def nearest(self, vector: Vectors, group: Group, n: int, *, tiers: Sequence[int] = ()) -> list[Near]:
        """The n vectors of a group nearest to a unit vector, nearest first; `tiers` limits them."""
        found: list[tuple[float, int]] = []
        for part in _asked(self._stored.parts, group, tiers):
            with chroma_errors("the vectors cannot be read", fix="see that the Chroma server runs"):
                reply = self._collections[part].query(
                    query_embeddings=[vector],
                    n_results=min(n, part.stop - part.start),
                    where={"tier": {"$in": list(tiers)}} if _mixed(part, tiers) else None,
                    include=["distances"],
                )
            found += zip(reply["distances"][0], map(int, reply["ids"][0]), strict=True)
        found.sort()  # ties in the order of the index, as in the exact search
        return [Near(int(self._stored.rows[number]), 1.0 - distance) for distance, number in found[:n]]

    def count(self) -> int:
        """How many vectors it holds."""
        return sum(int(collection.count()) for collection in self._collections.values())

    def close(self) -> None:
        """Closes the client's files and connections."""
        self._client.close()


def fill_chroma(client: Any, build: str, stored: Stored) -> Iterator[int]:
    """Writes the vectors into fresh collections of that build, and tells how many are written so far."""
    for part in stored.parts:
        # A wide graph costs little when it is small, and finds exactly what an exact search finds.
        width = 32 if part.stop - part.start < LARGE else 16
        collection = client.create_collection(
            _name(build, part),
            embedding_function=None,
            configuration={
                "hnsw": {
                    "space": "ip",
                    "ef_construction": width * 12,
                    "ef_search": EF_SEARCH,
                    "max_neighbors": width,
                }
            },
        )
        for start in range(part.start, part.stop, CHROMA_BATCH):
            stop = min(start + CHROMA_BATCH, part.stop)
            collection.add(
                ids=[str(number) for number in range(start, stop)],
                embeddings=list(np.asarray(stored.values[start:stop])),
                metadatas=[{"tier": tier} for tier in stored.tiers[start:stop].tolist()],
            )
            yield stop


def drop_chroma(client: Any, builds: Sequence[str]) -> None:
    """Removes the collections of these builds, and of no others: another machine may keep its own on the server."""
    mine = tuple(f"{_PREFIX}{build}-" for build in builds)
    for collection in client.list_collections():
        if collection.name.startswith(mine):
            client.delete_collection(collection.name)


def server_client(url: str) -> Any:
    """Chroma on a server; raises ConfigError for a wrong address, CorpusError when nothing answers.

    Reads no environment file and sends nothing anywhere else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fix = "set it to an address such as http://127.0.0.1:8000, or unset it"
        raise ConfigError(f"ASSISTANT_CHROMA_URL is not an http address: {url}", fix=fix)
    ssl = parts.scheme == "https"
    import chromadb  # 1 s, only paid by those who search through it

    with chroma_errors("the Chroma server does not answer", fix="start it, or unset ASSISTANT_CHROMA_URL"):
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if ssl else 80),
            ssl=ssl,
            settings=chromadb.config.Settings(_env_file=None, anonymized_telemetry=False),
        )


@contextmanager
def chroma_errors(message: str, *, fix: str) -> Iterator[None]:
    """Turns whatever Chroma raises inside into a CorpusError; its errors share no base class."""
    try:
        yield
    except (CorpusError, ConfigError):
        raise
    except Exception as error:
        raise CorpusError(f"{message}: {error}", fix=fix, key="index_missing") from error


_PREFIX = "scoping-"


def _name(build: str, part: Part) -> str:
    return f"{_PREFIX}{build}-{part.name}"
