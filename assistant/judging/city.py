"""What a text tells of its city: how large it is, when the mayor's term ends, and six facts that bear on readiness.

Regressions over n-grams and the encoder's token vectors, learnt by training/city.py on corpus/facts. They say where a
fact is told and how; numbers and days are read by code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError
from assistant.judging.features import Span, Vocabulary, clauses, sentences
from assistant.judging.network import TokenEncoder
from assistant.judging.numbers import Floats, sigmoid, softmax
from assistant.judging.tokens import windows
from assistant.safety import MESSAGE_LIMIT

State = Literal["met", "not_met", "discuss"]
STATES: tuple[State, ...] = ("met", "not_met", "discuss")
FACTS = (
    "chief_data_officer",
    "data_foundations",
    "leadership_commitment",
    "dedicated_team",
    "problem_expertise",
    "data_capability",
)
"""Facts that are there, not there, or in between."""
TERM = "mayor_term_end"
FILE, CARD = "city.npz", "city.json"
USUAL = np.array([2.0, 1.2, 1.0], dtype=np.float32)
"""How much oftener each state is told in an interview than in corpus/facts, where hard denials are as many as plain
affirmations."""
VECTORS = 0.3
"""How much the vectors of a sentence count beside its n-grams."""
NEAR_VECTORS = 0.5
"""The same for a number and its neighbourhood."""
ASKED = 2.0
"""How much it counts that the fact was asked for."""
AROUND = 40
"""Characters on either side that a number's vectors cover; its words are looked at a little further."""
WORDS_AROUND = 60
BESIDE = 5
"""Words on either side of a number that are looked at."""
REMEMBERED, REMEMBERED_LONG = 64, 1
"""Messages and documents whose vectors are kept: an answer is looked at again in every turn, a document three times in
its own. The vectors of the longest document that is taken are 80 MB."""
_YEARS = range(1900, 2101)
_WORD = re.compile(r"\w+|[^\w\s]")


class Heard(NamedTuple):
    """A fact in a text."""

    told: float
    """How probable it is that the text tells it at all."""
    states: Mapping[State, float]
    """How probable each state is, if it does."""
    sentence: Span
    """Where it is told, if it is."""


class Number(NamedTuple):
    """A number in a text, with its place and the amount it means."""

    start: int
    end: int
    amount: float


class Vectors(NamedTuple):
    """A text as the encoder sees it."""

    states: Floats
    """Tokens × width."""
    places: NDArray[np.int64]
    """Tokens × 2: where each token stands in the text."""

    def mean(self, start: int, end: int) -> Floats:
        """The mean vector of a stretch; zeros when it holds no token."""
        inside = (self.places[:, 0] < end) & (self.places[:, 1] > start)
        if not inside.any():
            return np.zeros(self.states.shape[1], dtype=np.float32)
        return cast(Floats, self.states[inside].mean(axis=0))


def vectors(text: str, encoder: TokenEncoder) -> Vectors:
    """The token vectors of a whole text."""
    some = windows(text, encoder.tokens(text), encoder.ends)
    places = np.array([place for w in some for place in w.offsets], dtype=np.int64)
    return Vectors(np.concatenate(encoder.states([w.ids for w in some])), places)


def sentence_vector(seen: Vectors, span: Span, asked: str | None) -> Floats:
    """What is known of a sentence beside its words: its vector, that of the whole text, and what was asked."""
    question = np.array([ASKED * (asked == id) for id in FACTS], dtype=np.float32)
    both = np.concatenate([seen.mean(span.start, span.end), seen.states.mean(axis=0)])
    return np.concatenate([VECTORS * both, question])


def kind(id: str) -> Floats:
    """Which fact a state is asked of, as the last features of that layer."""
    return np.array([float(id == other) for other in FACTS], dtype=np.float32)


def beside(text: str, number: Number) -> tuple[str, str]:
    """The words before a number and after it, the nearest only."""
    before = _WORD.findall(text[max(0, number.start - WORDS_AROUND) : number.start])[-BESIDE:]
    after = _WORD.findall(text[number.end : number.end + WORDS_AROUND])[:BESIDE]
    return " ".join(before), " ".join(after)


def number_vector(seen: Vectors, number: Number) -> Floats:
    """What is known of a number beside the words around it."""
    both = [
        seen.mean(number.start, number.end),
        seen.mean(max(0, number.start - AROUND), number.end + AROUND),
    ]
    size = [np.log10(max(number.amount, 1.0)), float(number.amount in _YEARS)]
    return np.concatenate([NEAR_VECTORS * np.concatenate(both), np.array(size, dtype=np.float32)])


class CityReader:
    """Hears facts of a city, in the words of training; raises ModelError when its weights are missing or damaged."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, encoder: TokenEncoder, version: str) -> None:
        self._arrays = _arrays(folder, version)
        self._words = vocabulary
        self._encoder = encoder
        self._short: Callable[[str], Vectors] = lru_cache(REMEMBERED)(self._vectors)
        self._long: Callable[[str], Vectors] = lru_cache(REMEMBERED_LONG)(self._vectors)

    def facts(self, text: str, asked: str | None = None) -> dict[str, Heard]:
        """Each of FACTS, as far as the text tells it; `asked` is the one that a question was about."""
        spans = self._spans(text)
        seen = self._seen(text)
        beside_words = [sentence_vector(seen, span, asked) for span in spans]
        told = np.stack([self._linear("told", [s.text], v) for s, v in zip(spans, beside_words, strict=True)])
        found = {}
        for column, id in enumerate(FACTS):
            best = int(told[:, column].argmax())
            features = np.concatenate([beside_words[best], kind(id)])
            logits = self._linear("state", [spans[best].text], features)
            chances = softmax(logits + np.log(USUAL))
            states = dict(zip(STATES, map(float, chances), strict=True))
            found[id] = Heard(float(sigmoid(told[best, column])), states, spans[best])
        return found

    def term(self, text: str, readable: Callable[[str], bool]) -> tuple[float, Span] | None:
        """The sentence or clause that most probably tells when the mayor's term ends, with its probability.

        Only what is `readable` counts; None when nothing is.
        """
        found = []
        for sentence in self._spans(text):
            parts = [p for p in (sentence, *clauses(sentence)) if readable(p.text)]
            if parts:
                whole = self._tells_term(text, sentence)
                found += [((whole + self._tells_term(text, part)) / 2, part) for part in parts]
        return max(found, key=lambda item: (item[0], -len(item[1].text)), default=None)

    def _tells_term(self, text: str, span: Span) -> float:
        features = sentence_vector(self._seen(text), span, None)
        return float(sigmoid(self._linear("term", [span.text], features))[0])

    def population(self, text: str, numbers: Sequence[Number]) -> tuple[float, Number] | None:
        """Which of the numbers most probably is the city's population, with its probability; None without numbers."""
        if not numbers:
            return None
        seen = self._seen(text)
        chances = [
            float(sigmoid(self._linear("population", beside(text, n), number_vector(seen, n)))[0])
            for n in numbers
        ]
        best = int(np.argmax(chances))
        return chances[best], numbers[best]

    def _seen(self, text: str) -> Vectors:
        return self._short(text) if len(text) <= MESSAGE_LIMIT else self._long(text)

    def _vectors(self, text: str) -> Vectors:
        return vectors(text, self._encoder)

    def _spans(self, text: str) -> Sequence[Span]:
        return sentences(text) or [Span(0, len(text), text)]

    def _linear(self, name: str, texts: Sequence[str], dense: Floats) -> Floats:
        """Logits from the n-grams of each text, each with weights of its own, and the features that follow them."""
        weights, size = self._arrays[f"{name}_weights"], len(self._words.index)
        total = self._arrays[f"{name}_bias"].astype(np.float32)
        for place, text in enumerate(texts):
            columns, values = self._words.row(text)
            total = total + values @ weights[columns + place * size].astype(np.float32)
        return cast(Floats, total + dense @ weights[len(texts) * size :].astype(np.float32))


def _arrays(folder: Path, version: str) -> dict[str, Any]:
    fix = "install the package again, or run: make train"
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        with np.load(folder / FILE, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise ModelError(f"{FILE} cannot be read: {error}", fix=fix) from None
    if card["model"] != version:
        raise ModelError(f"{FILE} belongs to model {card['model']}, not {version}", fix=fix)
    return found
