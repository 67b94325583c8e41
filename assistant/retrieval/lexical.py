"""Search by words: BM25 over stems, in each language on its own."""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from math import log
from typing import NamedTuple

import numpy as np
import Stemmer  # type: ignore[import-not-found]  # an extension module without stubs

from assistant.domain import Lang
from assistant.safety import fold

WEIGHTS = (2, 1, 1)
"""What a word counts in a title, a text, and what else an entry may be called."""
K1, B = 1.2, 0.75
LEAST_RARITY = 1e-6
"""What a word counts that most entries have."""
QUERY_STEMS = 96
"""Different stems of a query that are looked up; a pasted page names its subject long before that."""
READ_CHARACTERS = 8_000

_WORD = re.compile(r"[^\W_]+")
_STEMMERS: dict[Lang, str] = {"en": "english", "es": "spanish", "pt": "portuguese"}
# One spelling for each word. English: American. Spanish and Portuguese are often typed without accents, and the
# stemmers only know the endings that carry them.
_SPELLINGS: dict[Lang, tuple[tuple[re.Pattern[str], str], ...]] = {
    "en": (
        (re.compile(r"^programme(s?)$"), r"program\1"),
        (re.compile(r"^(cent|met)re(s?)$"), r"\1er\2"),
        (re.compile(r"(?<=....)is(e|ed|es|ing|ations?)$"), r"iz\1"),
        (re.compile(r"(?<=...)our(s|ed|ing|al|hoods?)?$"), r"or\1"),
    ),
    "es": ((re.compile(r"([cs])ion$"), r"\1ión"), (re.compile(r"(?<=..)ia(s?)$"), r"ía\1")),
    "pt": ((re.compile(r"[cç](ao|oes|ões)$"), "ção"), (re.compile(r"s(ao|oes|ões)$"), "são")),
}
_STOP_WORDS: dict[Lang, str] = {
    "en": """
        a about all also am an and any are as at be because been being both but by can could
        did do does doing done each for from get give had has have having he her here him his how i if in
        into is it its just like make many may me might more most much must my need no nor not of on once
        only or other our out over own per please same she should so some such tell than that the their them
        then there these they this those through to too up us use very want was we were what when where
        which while who whom whose why will with would you your yours kind sort s t re ve ll d m
    """,
    "es": """
        a al algo algun alguna algunas alguno algunos ante asi aun bajo bien cada como con cual cuales
        cuando cuanta cuantas cuanto cuantos de del donde dos durante e el ella ellas ellos en
        entre era eran es esa esas ese eso esos esta estaba estan estar estas este esto estos fue fueron ha
        hace hacer hacen hacia han hasta hay haya hemos la las le les lo los mas me mi mis mismo mucho
        muchos muy nada ni no nos nosotros nuestra nuestras nuestro nuestros o otra otras otro otros para
        pero poco por porque pueda puede pueden podemos puedo pues que quien quienes se sea sean segun ser
        si sobre solo son su sus tal tambien tanto tengo tenemos tener tiene tienen toda todas todo
        todos tu tus un una unas uno unos usted ustedes va van y ya yo clase
    """,
    "pt": """
        a ao aos as ate cada com como da das de dela delas dele deles do dos e ela elas ele eles em
        entre era eram essa essas esse esses esta estao estas estamos este estes eu faz fazem fazer foi
        foram ha isso isto ja la lhe lhes mais mas me mesmo meu meus minha minhas muito muitos na nao nas
        nem no nos nossa nossas nosso nossos num numa o onde os ou para pela pelas pelo pelos podem pode
        podemos poder por porque pra qual quais quando quanta quantas quanto quantos que quem se seja sem
        ser sera serao seu seus so sobre sua suas tal tambem tem temos tenho ter toda todas todo todos um
        uma umas uns vai vao voce voces tipo existe existem
    """,
}


class Found(NamedTuple):
    """An entry that shares words with the query."""

    row: int
    score: float
    """BM25, higher is better; comparable within one query only."""


def stems(text: str, lang: Lang) -> list[str]:
    """The stems of the text's words in order, accents folded, stop words left out."""
    words = _WORD.findall(unicodedata.normalize("NFC", text.casefold()))
    return [stem for word in words if (stem := _stem(word, lang))]


@lru_cache(maxsize=50_000)
def _stem(word: str, lang: Lang) -> str:
    if fold(word) in _stop_words(lang):
        return ""
    for other, usual in _SPELLINGS[lang]:
        word = other.sub(usual, word)
    return fold(_stemmer(lang).stemWord(word))


@cache
def _stop_words(lang: Lang) -> frozenset[str]:
    return frozenset(_STOP_WORDS[lang].split())


def _stemmer(lang: Lang) -> Stemmer.Stemmer:
    # A stemmer must not be shared between threads; making one costs microseconds, and stems are remembered.
    return Stemmer.Stemmer(_STEMMERS[lang])


class WordTable:
    """The words of entries while an index is built; `write` turns them into what is searched."""

    def __init__(self) -> None:
        self._corpora: dict[tuple[str, Lang], _Words] = defaultdict(_Words)

    def add(
        self, row: int, kind: str, lang: Lang, *, title: str, body: str, extra: Iterable[str] = ()
    ) -> None:
        """Adds the words of one entry; rows must come in rising order."""
        counts: Counter[str] = Counter()
        length = 0
        for text, weight in zip((title, body, " ".join(extra)), WEIGHTS, strict=True):
            found = stems(text, lang)
            length += len(found)
            for stem in found:
                counts[stem] += weight
        self._corpora[kind, lang].add(row, length, counts)

    def write(self, db: sqlite3.Connection) -> None:
        """Writes the table of postings: for each stem the entries that have it, and what it counts in each."""
        db.execute(
            "CREATE TABLE posting (kind TEXT, lang TEXT, stem TEXT, rows BLOB, scores BLOB, "
            "UNIQUE (kind, lang, stem))"
        )
        for (kind, lang), words in self._corpora.items():
            db.executemany(
                "INSERT INTO posting VALUES (?, ?, ?, ?, ?)",
                ((kind, lang, stem, rows, scores) for stem, rows, scores in words.postings()),
            )


class _Words:
    """The words of one kind of entry in one language, so that rarity is counted among its own."""

    def __init__(self) -> None:
        self._rows: array[int] = array("I")
        self._lengths: array[int] = array("I")
        self._places: dict[str, array[int]] = defaultdict(lambda: array("I"))
        self._counts: dict[str, array[int]] = defaultdict(lambda: array("I"))

    def add(self, row: int, length: int, counts: Mapping[str, int]) -> None:
        for stem, count in counts.items():
            self._places[stem].append(len(self._rows))
            self._counts[stem].append(count)
        self._rows.append(row)
        self._lengths.append(length)

    def postings(self) -> Iterator[tuple[str, bytes, bytes]]:
        rows, lengths = np.array(self._rows, dtype="<u4"), np.array(self._lengths, dtype=np.float64)
        penalty = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9))
        for stem, listed in self._places.items():
            places, count = np.array(listed), np.array(self._counts[stem], dtype=np.float64)
            rarity = max(log((len(rows) - len(places) + 0.5) / (len(places) + 0.5)), LEAST_RARITY)
            scores = rarity * count * (K1 + 1) / (count + penalty[places])
            yield stem, rows[places].tobytes(), scores.astype("<f4").tobytes()


class Lexical:
    """BM25 over the postings of a knowledge file: what each word counts in each entry was worked out by the build."""

    def __init__(self, db: sqlite3.Connection, tiers: Mapping[int, int] | None = None) -> None:
        """`tiers` gives the tier of each entry's row; without it no search can be limited to tiers."""
        self._db = db
        self._lock = threading.Lock()
        self._tiers = np.zeros(max(tiers, default=0) + 1 if tiers else 0, dtype=np.int8)
        for row, tier in (tiers or {}).items():
            self._tiers[row] = tier

    def search(
        self, query: str, lang: Lang, kind: str, limit: int, *, tiers: Sequence[int] = ()
    ) -> list[Found]:
        """The entries of a kind that share words with the query, best first; any text is a query."""
        wanted = query_stems(query, lang)
        if not wanted:
            return []
        marks = ", ".join("?" for _ in wanted)
        statement = f"SELECT rows, scores FROM posting WHERE kind = ? AND lang = ? AND stem IN ({marks})"  # noqa: S608
        with self._lock:
            lists = self._db.execute(statement, (kind, lang, *wanted)).fetchall()
        if not lists:
            return []
        rows = np.frombuffer(b"".join(rows for rows, _ in lists), dtype="<u4")
        totals = np.bincount(rows, weights=np.frombuffer(b"".join(s for _, s in lists), dtype="<f4"))
        if tiers:  # before the limit: the best of a small tier may stand far behind those of a large one
            totals[~np.isin(self._tiers[: len(totals)], list(tiers))] = 0
        found = np.flatnonzero(totals)
        if len(found) > limit:
            found = found[np.argpartition(-totals[found], limit - 1)[:limit]]
        best = found[np.lexsort((found, -totals[found]))]
        return [Found(row, score) for row, score in zip(best.tolist(), totals[best].tolist(), strict=True)]


def query_stems(query: str, lang: Lang) -> list[str]:
    """The different stems of a query, in order, as many as are looked up."""
    return list(dict.fromkeys(stems(query[:READ_CHARACTERS], lang)))[:QUERY_STEMS]
