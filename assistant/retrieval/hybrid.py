"""Search by words and by meaning together. How the two are joined was measured: docs/decisions/0002."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Literal, NamedTuple

from assistant.domain import Hit, Lang
from assistant.programme import read_toml
from assistant.retrieval.added import ADDED
from assistant.retrieval.base import Encoder, Vectors
from assistant.retrieval.glossary import Glossary, load_glossary
from assistant.retrieval.index import Index, open_chroma, open_index
from assistant.retrieval.lexical import READ_CHARACTERS, Lexical, stems
from assistant.retrieval.questions import asks_about_past, asks_for_all, in_one_name
from assistant.retrieval.vectors import ExactVectors, Group, VectorDoor
from assistant.safety import fold
from assistant.settings import Settings

Kind = Literal["passage", "case"]
Scores = Mapping[str, float]
"""By the id of a passage or case."""


class Join(NamedTuple):
    """How much each way of searching counts; found on the development questions."""

    words: float
    """The share of the match in words; the rest is the match in meaning."""
    others: float
    """What a synonym of the glossary counts beside a word of the query."""
    english: float
    """The share, in the match in meaning, of the query's ideas put into English."""


JOINS: dict[Kind, Join] = {
    "passage": Join(words=0.4, others=0.3, english=0.3),
    "case": Join(words=0.3, others=0.3, english=0.15),
}
PROBLEMS = 0.4
"""For cases, the share of how others would put the same problem, in the match in meaning."""
GROUPS: dict[Kind, tuple[Group, Group]] = {"passage": ("passage", "question"), "case": ("case", "keywords")}
NEAREST = 300
"""Vectors of a group, and entries by words, that are looked at; a vector further away counts as the last of them."""
STRONG = 20.0
"""The BM25 score from which the best match in words counts in full; a long query collects more without saying more."""
LOWER_TIER = 0.03
"""What a passage below the booklet loses, so that of two that say the same the booklet comes first."""
REPLACED = 0.02
"""What a passage loses beside a superseded one that it takes the place of."""
WHOLE_LIST = 0.05
"""What a passage that covers several facts gains when the question asks for all of them."""
SEVERAL = 3
SAME = 0.8
"""The share of stems that two passages have in common when one of them is as good as both."""


class HybridRetriever:
    """Finds passages and cases over an open index; any text is a query."""

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        door: VectorDoor,
        *,
        aliases: Sequence[str] = (),
        glossary: Glossary | None = None,
    ) -> None:
        self._glossary = glossary or Glossary()
        self._aliases = aliases
        self._index = index
        self._door = door
        self._lexical = Lexical(index.db, {row: entry.tier for row, entry in index.entries.items()})
        self._encode = lru_cache(maxsize=256)(lambda *texts: encoder.encode(texts))
        # Most turns of a draft look for the cases of the turn before again.
        self._near_cases = lru_cache(maxsize=64)(
            lambda query, lang: _ranked(self._scores(query, lang, "case", ()))
        )
        self._facts = {e.id: e for e in index.entries.values()}
        self._ids = {row: e.id for row, e in index.entries.items()}

    def passages(
        self, query: str, lang: Lang, k: int = 5, *, tiers: Sequence[int] = (), superseded: bool = False
    ) -> list[Hit]:
        """The k passages that answer the query best, best first, in `lang`; `tiers` limits them.

        What was superseded gives its place to what replaced it, unless the past is asked about or `superseded`.
        """
        query = in_one_name(query[:READ_CHARACTERS], lang, self._aliases)
        scores = self._scores(query, lang, "passage", tiers)
        past, whole = asks_about_past(query, lang), asks_for_all(query, lang)
        if not (superseded or past):
            scores = self._brought_up_to_date(scores)
        ranked = _ranked({id: score + self._standing(id, whole, past) for id, score in scores.items()})
        hits = (
            Hit(id=id, kind="passage", score=score, passage=self._index.passage(id, lang))
            for id, score in ranked
        )
        return list(islice(_unlike(hits, lang), k))

    def cases(
        self, query: str, lang: Lang, k: int = 3, *, type_id: str | None = None, city: str | None = None
    ) -> list[Hit]:
        """The k past cases nearest to the query, nearest first, shown in `lang`, found across languages.

        `type_id` keeps cases of one type; `city` those of one city, whatever its accents and capitals.
        """
        hits: list[Hit] = []
        for id, score in self._near_cases(query, lang):
            if len(hits) == k:
                break
            case = self._index.case(id, lang)
            if type_id in (None, case.primary_type) and (city is None or fold(city) == fold(case.city)):
                hits.append(Hit(id=id, kind="case", score=score, case=case))
        return hits

    def close(self) -> None:
        """Lets go of the index."""
        self._door.close()
        self._index.close()

    def _scores(self, query: str, lang: Lang, kind: Kind, tiers: Sequence[int]) -> Scores:
        text = query[:READ_CHARACTERS]
        if not text.strip():
            return {}
        join, reading = JOINS[kind], self._glossary.read(text, lang)
        words = self._words(text, reading.others, lang, kind, tiers)
        texts = (text, reading.english) if reading.english and lang != "en" else (text,)
        meaning, *english = [self._meaning(vector, kind, tiers) for vector in self._encode(*texts)]
        if english:
            meaning = _mixed(meaning, english[0], join.english)
        floor = min(meaning.values(), default=0.0)
        return {
            id: (1 - join.words) * meaning.get(id, floor) + join.words * words.get(id, 0.0)
            for id in meaning.keys() | words.keys()
        }

    def _words(self, query: str, others: str, lang: Lang, kind: Kind, tiers: Sequence[int]) -> Scores:
        found: defaultdict[str, float] = defaultdict(float)
        for text, share in ((query, 1.0), (others, JOINS[kind].others)):
            for row, score in self._lexical.search(text, lang, kind, NEAREST, tiers=tiers):
                found[self._ids[row]] += share * score
        full = max(STRONG, max(found.values(), default=0.0))
        return {id: score / full for id, score in found.items()}

    def _meaning(self, vector: Vectors, kind: Kind, tiers: Sequence[int]) -> Scores:
        said, called = (self._nearest(vector, group, tiers) for group in GROUPS[kind])
        # Nobody wrote questions for an added source: what it says stands for them.
        added = {id: score for id, score in said.items() if id.startswith(ADDED)}
        found = _mixed(said, {**called, **added}, 0.5)
        return (
            found if kind == "passage" else _mixed(found, self._nearest(vector, "problem", tiers), PROBLEMS)
        )

    def _nearest(self, vector: Vectors, group: Group, tiers: Sequence[int]) -> dict[str, float]:
        near = self._door.nearest(vector, group, NEAREST, tiers=tiers)
        # Nearest first: read backwards, what stays of an entry with several vectors is its nearest.
        return {self._ids[row]: max(0.0, score) for row, score in reversed(near)}

    def _brought_up_to_date(self, scores: Scores) -> Scores:
        """The scores with every superseded passage replaced by those that took its place."""
        current = {id: score for id, score in scores.items() if not self._facts[id].superseded_by}
        for id, score in scores.items():
            for successor in self._facts[id].superseded_by.split():
                if successor in current:
                    current[successor] = max(current[successor], score - REPLACED)
        return current

    def _standing(self, id: str, whole: bool, past: bool) -> float:
        entry = self._facts[id]
        gain = WHOLE_LIST if whole and entry.facts >= SEVERAL else 0.0
        return gain - (LOWER_TIER if entry.tier > 1 and not past else 0.0)


def _unlike(hits: Iterable[Hit], lang: Lang) -> Iterator[Hit]:
    """The hits without those that say again what a better one has said, in the same words."""
    told: list[set[str]] = []
    for hit in hits:
        said = set(stems(hit.passage.text, lang)) if hit.passage is not None else set()
        if not any(len(said & other) >= SAME * len(said | other) for other in told):
            told.append(said)
            yield hit


def _mixed(one: Scores, other: Scores, share: float) -> Scores:
    """Both together, `share` of it the other; who is missing from one of them has its lowest score there."""
    low_one, low_other = min(one.values(), default=0.0), min(other.values(), default=0.0)
    return {
        id: (1 - share) * one.get(id, low_one) + share * other.get(id, low_other)
        for id in one.keys() | other.keys()
    }


def _ranked(scores: Scores) -> list[tuple[str, float]]:
    clipped = {id: round(min(1.0, max(0.0, score)), 6) for id, score in scores.items()}
    return sorted(clipped.items(), key=lambda found: (-found[1], found[0]))


def open_retriever(settings: Settings, encoder: Encoder, *, light: bool) -> HybridRetriever:
    """The retriever over the index in use; `light` leaves a Chroma server out. Raises CorpusError for a bad index."""
    index = open_index(settings, encoder)
    try:
        url = None if light else settings.chroma_url
        door: VectorDoor = open_chroma(url, index) if url else ExactVectors(index.vectors)
    except BaseException:
        index.close()
        raise
    glossary = load_glossary(settings.corpus / "locale")
    return HybridRetriever(index, encoder, door, aliases=_aliases(settings), glossary=glossary)


def _aliases(settings: Settings) -> tuple[str, ...]:
    about = read_toml(settings.corpus / "programme" / "programme.toml")
    return tuple(str(alias) for alias in about.get("aliases", ()))
