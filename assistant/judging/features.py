"""Text as the local judge sees it: sentences, the clauses inside them, and n-grams."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.safety import MESSAGE_LIMIT, fold

_ABBREVIATIONS = (
    r"(?<!\bDr)(?<!\bSr)(?<!\bSra)(?<!\bDra)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bNo)(?<!\bArt)(?<!\bAv)"
)
_SENTENCE_END = re.compile(rf"{_ABBREVIATIONS}[.!?…]+[\"'”’»)\]]*\s+|\n+|;\s+")
_CLAUSE_END = re.compile(r",\s+|:\s+|\s[–—-]\s+|\s\(|\)\s*")
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r"[^\W_]+")
SHORTEST = 3
"""Letters below which a piece carries nothing."""
REMEMBERED_WORDS = 50_000
"""Words whose letters are looked up once."""
REMEMBERED_TEXTS = 64
"""Texts that are cut into sentences once: every step of a turn looks at the same few."""
REMEMBERED_ROWS = 512
"""Texts, no longer than a message, whose columns are kept: the judge's heads and the city's read the same sentences."""
NO_COLUMNS = np.array([], dtype=np.int64)


class Span(NamedTuple):
    """A stretch of a text: text[start:end]."""

    start: int
    end: int
    text: str


def _split(text: str, marks: re.Pattern[str], offset: int = 0) -> list[Span]:
    spans, start = [], 0
    for end, after in [(m.start(), m.end()) for m in marks.finditer(text)] + [(len(text), len(text))]:
        stop = end + len(re.match(r"[.!?…\"'”’»)\]]*", text[end:after])[0])  # type: ignore[index]
        piece = text[start:stop]
        left = len(piece) - len(piece.lstrip())
        body = piece.strip()
        if _letters(body) >= SHORTEST:
            at = offset + start + left
            spans.append(Span(at, at + len(body), body))
        start = after
    return spans


def _letters(body: str) -> int:
    """How many letters and digits a piece has, counted no further than is needed."""
    return sum(1 for _ in islice(filter(str.isalnum, body), SHORTEST))


def sentences(text: str) -> list[Span]:
    """The sentences and lines of a text, in order, with their places."""
    return list(_sentences(text))


@lru_cache(maxsize=REMEMBERED_TEXTS)
def _sentences(text: str) -> tuple[Span, ...]:
    return tuple(_split(text, _SENTENCE_END))


def clauses(sentence: Span) -> list[Span]:
    """The clauses of a sentence, in order, with their places in the whole text."""
    return _split(sentence.text, _CLAUSE_END, sentence.start)


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in order; every digit is a 0, so that figures look alike."""
    return _TOKEN.findall(_DIGIT.sub("0", fold(text)))


def letters_of(word: str) -> list[str]:
    """The 3- to 5-grams of a word and its edges, each with the prefix c:."""
    padded = f" {word} "
    return [f"c:{padded[i : i + n]}" for n in (3, 4, 5) for i in range(len(padded) - n + 1)]


def ngrams(text: str) -> Counter[str]:
    """Word 1- and 2-grams (prefix w:) and 3- to 5-grams inside words (prefix c:), with their counts."""
    words = words_of(text)
    found: Counter[str] = Counter(f"w:{w}" for w in words)
    found.update(f"w:{a} {b}" for a, b in pairwise(words))
    for word in words:
        found.update(letters_of(word))
    return found


class Vocabulary:
    """Turns texts into sparse TF-IDF rows of unit length, with the weights learnt in training."""

    def __init__(self, grams: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.index = {g: i for i, g in enumerate(grams)}
        self.idf = idf
        self._letters = lru_cache(maxsize=REMEMBERED_WORDS)(self._letter_columns)
        self._kept = lru_cache(maxsize=REMEMBERED_ROWS)(self._row)

    def row(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Column numbers and values of one text; words and characters are scaled apart, each to length 1."""
        return self._kept(text) if len(text) <= MESSAGE_LIMIT else self._row(text)

    def _row(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        words = words_of(text)
        grams = [f"w:{w}" for w in words] + [f"w:{a} {b}" for a, b in pairwise(words)]
        letters = [self._letters(w) for w in words]
        parts = [
            self._part(np.array([self.index[g] for g in grams if g in self.index], dtype=np.int64)),
            self._part(np.concatenate(letters) if letters else NO_COLUMNS),
        ]
        return np.concatenate([at for at, _ in parts]), np.concatenate([values for _, values in parts])

    def _letter_columns(self, word: str) -> NDArray[np.int64]:
        return np.array([self.index[g] for g in letters_of(word) if g in self.index], dtype=np.int64)

    def _part(self, columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        at, counts = np.unique(columns, return_counts=True)
        weights = (1.0 + np.log(counts)).astype(np.float32) * self.idf[at]
        return at, weights / (float(np.linalg.norm(weights)) or 1.0)
