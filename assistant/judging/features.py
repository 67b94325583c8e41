"""Text as the local judge sees it: sentences, the clauses inside them, and n-grams."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.safety import fold

_ABBREVIATIONS = (
    r"(?<!\bDr)(?<!\bSr)(?<!\bSra)(?<!\bDra)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bSt)(?<!\bNo)(?<!\bArt)(?<!\bAv)"
)
_SENTENCE_END = re.compile(rf"{_ABBREVIATIONS}[.!?…]+[\"'”’»)\]]*\s+|\n+|;\s+")
_CLAUSE_END = re.compile(r",\s+|:\s+|\s[–—-]\s+|\s\(|\)\s*")
_TOKEN = re.compile(r"[^\W_]+")
SHORTEST = 3
"""Letters below which a piece carries nothing."""


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
        if sum(c.isalnum() for c in body) >= SHORTEST:
            at = offset + start + left
            spans.append(Span(at, at + len(body), body))
        start = after
    return spans


def sentences(text: str) -> list[Span]:
    """The sentences and lines of a text, in order, with their places."""
    return _split(text, _SENTENCE_END)


def clauses(sentence: Span) -> list[Span]:
    """The clauses of a sentence, in order, with their places in the whole text."""
    return _split(sentence.text, _CLAUSE_END, sentence.start)


def ngrams(text: str) -> Counter[str]:
    """Word 1- and 2-grams (prefix w:) and 3- to 5-grams inside words (prefix c:), with their counts."""
    words = _TOKEN.findall("".join("0" if c.isdigit() else c for c in fold(text)))
    found: Counter[str] = Counter(f"w:{w}" for w in words)
    found.update(f"w:{a} {b}" for a, b in pairwise(words))
    for word in words:
        padded = f" {word} "
        for n in (3, 4, 5):
            found.update(f"c:{padded[i : i + n]}" for i in range(len(padded) - n + 1))
    return found


class Vocabulary:
    """Turns n-gram counts into sparse TF-IDF rows of unit length, with the weights learnt in training."""

    def __init__(self, grams: Sequence[str], idf: NDArray[np.float32]) -> None:
        self.index = {g: i for i, g in enumerate(grams)}
        self.idf = idf

    def row(self, counts: Counter[str]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Column numbers and values of one text; words and characters are scaled apart, each to length 1."""
        columns: list[int] = []
        values: list[float] = []
        for kind in "wc":
            at, weights = self._part(kind, counts)
            length = float(np.linalg.norm(weights)) or 1.0
            columns.extend(at)
            values.extend(weights / length)
        return np.array(columns, dtype=np.int64), np.array(values, dtype=np.float32)

    def _part(self, kind: str, counts: Counter[str]) -> tuple[list[int], NDArray[np.float32]]:
        known = [(self.index[g], n) for g, n in counts.items() if g[0] == kind and g in self.index]
        at = [i for i, _ in known]
        weights = np.array([1.0 + np.log(n) for _, n in known], dtype=np.float32) * self.idf[at]
        return at, weights
