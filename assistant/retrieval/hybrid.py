"""Search by words and by meaning together. How the two are joined was measured: docs/decisions/0002."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from assistant.domain import Hit, Lang
from assistant.retrieval.base import Encoder, Vectors
from assistant.retrieval.index import Entry, Index, open_chroma, open_index
from assistant.retrieval.lexical import READ_CHARACTERS, Lexical
from assistant.retrieval.vectors import ExactVectors, VectorDoor, read_vectors
from assistant.settings import Settings

Kind = Literal["passage", "case"]

NEAREST = 300
"""Vectors looked at; what is further away counts as near as the last of them."""
HALF = 10.0
"""The BM25 score that counts as half of a perfect match in words."""
WORDS_SHARE = 0.5
"""How much the match in words counts beside the match in meaning."""


class HybridRetriever:
    """Finds passages and cases over an open index; any text is a query."""

    def __init__(self, index: Index, encoder: Encoder, door: VectorDoor) -> None:
        self._index = index
        self._door = door
        self._lexical = Lexical(index.db)
        self._encode = lru_cache(maxsize=256)(lambda text: encoder.encode([text])[0])

    def passages(self, query: str, lang: Lang, k: int = 5, *, tiers: Sequence[int] = ()) -> list[Hit]:
        """The k passages that answer the query best, best first, in `lang`; `tiers` limits them."""
        best = self._best(query, lang, "passage", tiers=tiers)[:k]
        return [
            Hit(id=id, kind="passage", score=score, passage=self._index.passage(id, lang))
            for id, score in best
        ]

    def cases(self, query: str, lang: Lang, k: int = 3, *, type_id: str | None = None) -> list[Hit]:
        """The k past cases nearest to the query, nearest first, shown in `lang`, found across languages."""
        ranked = self._best(query, lang, "case")
        shown = ((id, score, self._index.case(id, lang)) for id, score in ranked)
        fitting = (found for found in shown if type_id is None or found[2].primary_type == type_id)
        return [
            Hit(id=id, kind="case", score=score, case=case)
            for (id, score, case), _ in zip(fitting, range(k), strict=False)
        ]

    def close(self) -> None:
        """Lets go of the index."""
        self._door.close()
        self._index.close()

    def _best(
        self, query: str, lang: Lang, kind: Kind, *, tiers: Sequence[int] = ()
    ) -> list[tuple[str, float]]:
        text = query[:READ_CHARACTERS]
        if not text.strip():
            return []
        meaning = self._meaning(self._encode(text), kind, tiers)
        words = self._words(text, lang, kind, tiers)
        scores = {
            id: joined(meaning.get(id), words.get(id, 0.0), meaning) for id in meaning.keys() | words.keys()
        }
        return sorted(scores.items(), key=lambda found: (-found[1], found[0]))

    def _meaning(self, vector: Vectors, kind: Kind, tiers: Sequence[int]) -> dict[str, float]:
        found: dict[str, float] = {}
        for near in self._door.nearest(vector, kind, NEAREST, tiers=tiers):
            id = self._entry(near.row).id
            found[id] = max(found.get(id, 0.0), near.score)
        return found

    def _words(self, query: str, lang: Lang, kind: Kind, tiers: Sequence[int]) -> dict[str, float]:
        found = self._lexical.search(query, lang, kind, limit=1_000)
        entries = ((self._entry(f.row), f.score) for f in found)
        return {e.id: score / (score + HALF) for e, score in entries if not tiers or e.tier in tiers}

    def _entry(self, row: int) -> Entry:
        return self._index.entries[row]


def joined(meaning: float | None, words: float, others: Mapping[str, float]) -> float:
    """One score between 0 and 1 for an entry's match in meaning and in words."""
    near = min(others.values(), default=0.0) if meaning is None else meaning
    return min(1.0, max(0.0, (1 - WORDS_SHARE) * near + WORDS_SHARE * words))


def open_retriever(settings: Settings, encoder: Encoder, *, light: bool) -> HybridRetriever:
    """The retriever over the index in use; `light` leaves Chroma out. Raises CorpusError for an unusable index."""
    index = open_index(settings, encoder)
    door: VectorDoor = ExactVectors(read_vectors(index.db)) if light else open_chroma(settings, index)
    return HybridRetriever(index, encoder, door)
