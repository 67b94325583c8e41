"""Search by meaning: two doors to the same vectors, exact NumPy and Chroma."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from assistant.domain import Lang
from assistant.errors import ConfigError, CorpusError
from assistant.retrieval.base import Vectors

Group = Literal["passage", "question", "case", "keywords"]
"""What a vector stands for: the text of a passage or a case, or what a person might call it."""
GROUPS: tuple[Group, ...] = ("passage", "question", "case", "keywords")
SIZE = 384
CHROMA_BATCH = 1_000
EF_SEARCH = 1_000
"""How widely Chroma looks; far above what is asked for, so that it finds what an exact search finds."""


class Near(NamedTuple):
    """A vector near the query: the entry it belongs to, and the cosine."""

    row: int
    score: float


class Stored(NamedTuple):
    """A vector as the index holds it."""

    number: int
    row: int
    group: Group
    lang: Lang
    tier: int
    values: NDArray[np.float32]


class VectorDoor(Protocol):
    """Finds the vectors nearest to a query."""

    def nearest(self, vector: Vectors, group: Group, n: int, *, tiers: Sequence[int] = ()) -> list[Near]:
        """The n vectors of a group nearest to a unit vector, nearest first; `tiers` limits them."""
        ...

    def close(self) -> None:
        """Lets go of files and connections."""
        ...


class ExactVectors:
    """Every dot product, in memory: exact, and fast for thousands of entries."""

    def __init__(self, stored: Sequence[Stored]) -> None:
        self._parts = {group: _matrix([s for s in stored if s.group == group]) for group in GROUPS}

    def nearest(self, vector: Vectors, group: Group, n: int, *, tiers: Sequence[int] = ()) -> list[Near]:
        """The n vectors of a group nearest to a unit vector, nearest first; `tiers` limits them."""
        matrix, rows, tier = self._parts[group]
        scores = np.vecdot(matrix, vector)  # not @: BLAS threads cost milliseconds when the machine is busy
        allowed = np.flatnonzero(np.isin(tier, list(tiers))) if tiers else np.arange(len(rows))
        best = allowed[np.argsort(-scores[allowed], kind="stable")[:n]]
        return [Near(int(rows[i]), float(scores[i])) for i in best]

    def close(self) -> None:
        """Nothing is held open."""


def _matrix(stored: Sequence[Stored]) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    values = np.stack([s.values for s in stored]) if stored else np.zeros((0, SIZE), dtype=np.float32)
    rows = np.array([s.row for s in stored], dtype=np.int64)
    return values, rows, np.array([s.tier for s in stored], dtype=np.int64)


def create_vectors(db: sqlite3.Connection) -> None:
    """Makes the table of vectors."""
    db.execute("CREATE TABLE vector (number INTEGER PRIMARY KEY, row INTEGER, grouped TEXT, embedding BLOB)")


def read_vectors(db: sqlite3.Connection) -> list[Stored]:
    """Every vector of a knowledge file."""
    rows = db.execute(
        "SELECT number, vector.row, grouped, lang, tier, embedding FROM vector "
        "JOIN entry ON entry.row = vector.row ORDER BY number"
    )
    return [
        Stored(number, row, group, lang, tier, np.frombuffer(blob, dtype="<f4"))
        for number, row, group, lang, tier, blob in rows
    ]


class ChromaVectors:
    """The same vectors in Chroma: embedded in a folder, or on a server."""

    def __init__(self, client: Any, build: str) -> None:
        self._client = client
        self._collections = {
            group: client.get_collection(_name(build, group), embedding_function=None) for group in GROUPS
        }

    def nearest(self, vector: Vectors, group: Group, n: int, *, tiers: Sequence[int] = ()) -> list[Near]:
        """The n vectors of a group nearest to a unit vector, nearest first; `tiers` limits them."""
        reply = self._collections[group].query(
            query_embeddings=[vector],
            n_results=n,
            where={"tier": {"$in": list(tiers)}} if tiers else None,
            include=["metadatas", "distances"],
        )
        found = zip(reply["ids"][0], reply["metadatas"][0], reply["distances"][0], strict=True)
        ordered = sorted(found, key=lambda f: (f[2], int(f[0])))  # ties in the order of the index, as exactly
        return [Near(int(data["row"]), 1.0 - float(distance)) for _, data, distance in ordered]

    def count(self) -> int:
        """How many vectors it holds."""
        return sum(int(collection.count()) for collection in self._collections.values())

    def close(self) -> None:
        """Closes the client's files and connections."""
        self._client.close()


def fill_chroma(client: Any, build: str, stored: Sequence[Stored]) -> None:
    """Writes the vectors into fresh collections of that build."""
    for group in GROUPS:
        collection = client.create_collection(
            _name(build, group),
            embedding_function=None,
            configuration={
                "hnsw": {"space": "ip", "ef_construction": 400, "ef_search": EF_SEARCH, "max_neighbors": 32}
            },
        )
        part = [s for s in stored if s.group == group]
        for start in range(0, len(part), CHROMA_BATCH):
            batch = part[start : start + CHROMA_BATCH]
            collection.add(
                ids=[str(s.number) for s in batch],
                embeddings=[s.values for s in batch],
                metadatas=[{"row": s.row, "lang": s.lang, "tier": s.tier} for s in batch],
            )


def drop_chroma(client: Any, keep: Sequence[str]) -> None:
    """Removes this product's collections of every build but the ones to keep."""
    kept = {_name(build, group) for build in keep for group in GROUPS}
    for collection in client.list_collections():
        if collection.name.startswith(_PREFIX) and collection.name not in kept:
            client.delete_collection(collection.name)


def embedded_client(folder: Path) -> Any:
    """Chroma in a folder of its own; sends nothing anywhere and reads no environment file."""
    chromadb = _chromadb()
    return chromadb.PersistentClient(str(folder), settings=_settings(chromadb))


def server_client(url: str) -> Any:
    """Chroma on a server; raises ConfigError for a wrong address, CorpusError when nothing answers."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        fix = "set it to an address such as http://127.0.0.1:8000, or unset it"
        raise ConfigError(f"ASSISTANT_CHROMA_URL is not an http address: {url}", fix=fix)
    ssl = parts.scheme == "https"
    chromadb = _chromadb()
    with chroma_errors("the Chroma server does not answer", fix="start it, or unset ASSISTANT_CHROMA_URL"):
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if ssl else 80),
            ssl=ssl,
            settings=_settings(chromadb),
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


def _name(build: str, group: Group) -> str:
    return f"{_PREFIX}{build}-{group}"


def _chromadb() -> Any:
    import chromadb  # 1 s, only paid by those who search through it

    return chromadb


def _settings(chromadb: Any) -> Any:
    return chromadb.config.Settings(_env_file=None, anonymized_telemetry=False)
