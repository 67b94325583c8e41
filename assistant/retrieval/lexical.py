"""Search by words: BM25 over stems, in each language on its own."""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import Stemmer  # type: ignore[import-not-found]  # an extension module without stubs

from assistant.domain import LANGS, Lang
from assistant.safety import fold

KINDS = ("passage", "case")
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


def create_tables(db: sqlite3.Connection) -> None:
    """Makes the word tables, one for each kind and language, so that rarity is counted among its own."""
    for kind in KINDS:
        for lang in LANGS:
            db.execute(
                f"CREATE VIRTUAL TABLE {_table(kind, lang)} USING fts5(title, body, extra, tokenize='ascii')"
            )


def add_words(
    db: sqlite3.Connection, row: int, kind: str, lang: Lang, *, title: str, body: str, extra: Iterable[str]
) -> None:
    """Adds the words of one entry."""
    columns = [" ".join(stems(text, lang)) for text in (title, body, " ".join(extra))]
    db.execute(
        f"INSERT INTO {_table(kind, lang)}(rowid, title, body, extra) VALUES (?, ?, ?, ?)",  # noqa: S608 - our names
        (row, *columns),
    )


class Lexical:
    """BM25 over the word tables of a knowledge file."""

    def __init__(
        self, db: sqlite3.Connection, *, weights: tuple[float, float, float] = (2.0, 1.0, 1.0)
    ) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._weights = weights

    def search(self, query: str, lang: Lang, kind: str, limit: int) -> list[Found]:
        """The entries of a kind that share words with the query, best first; any text is a query."""
        wanted = query_stems(query, lang)
        if not wanted:
            return []
        table = _table(kind, lang)
        statement = (
            f"SELECT rowid, -bm25({table}, ?, ?, ?) AS score FROM {table} "  # noqa: S608 - our names
            f"WHERE {table} MATCH ? ORDER BY score DESC, rowid LIMIT ?"
        )
        with self._lock:
            rows = self._db.execute(statement, (*self._weights, _match(wanted), limit)).fetchall()
        return [Found(row, score) for row, score in rows]


def query_stems(query: str, lang: Lang) -> list[str]:
    """The different stems of a query, in order, as many as are looked up."""
    return list(dict.fromkeys(stems(query[:READ_CHARACTERS], lang)))[:QUERY_STEMS]


def _match(wanted: Sequence[str]) -> str:
    # Every stem is a quoted string of letters and digits, so nothing of the query reaches the query language.
    return " OR ".join(f'"{stem}"' for stem in wanted)


def _table(kind: str, lang: Lang) -> str:
    return f"words_{kind}_{lang}"
