"""The local model: n-gram heads and the fine-tuned network, weighed together as held-out authors showed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np

from assistant.domain import Lang, Verdict
from assistant.errors import ModelError
from assistant.judging.features import Span, sentences
from assistant.judging.network import Network, Read, TokenEncoder
from assistant.judging.ngrams import NgramHeads
from assistant.judging.numbers import Floats, log_softmax, sigmoid, softmax

VERDICTS: tuple[Verdict, ...] = ("fit", "needs_work", "poor_fit")
ATTACK = "X:attack"
"""The tag of a sentence that tries to steer its reader."""
INTENTS = ("answer", "unknown", "correction", "question", "aside", "finish", "refusal", "coach")
"""What a message of an interview can be."""
REMEMBERED = 16
"""Texts whose scores are kept."""
FIX = "install the package again, or run: make train"


@dataclass(frozen=True)
class Scores:
    """What the model says of one text."""

    text: str
    spans: tuple[Span, ...]
    tags: Floats
    """Sentences × tags, each a probability."""
    fit: Floats
    """Probabilities of fit, needs_work, poor_fit."""
    types: Floats
    reasons: Floats
    read: Read


class Model:
    """The trained weights, read from corpus/model; raises ModelError when they are missing or damaged."""

    def __init__(self, folder: Path, encoder: TokenEncoder) -> None:
        manifest = _manifest(folder)
        self.version: str = manifest["version"]
        self.tags: tuple[str, ...] = tuple(manifest["tags"])
        """Element ids, then T:<type id>, then R:<reason id>, then X:attack."""
        self.types: tuple[str, ...] = tuple(manifest["types"])
        self.reasons: tuple[str, ...] = tuple(manifest["reasons"])
        self.thresholds: dict[str, float] = manifest["thresholds"]
        self._arrays = _arrays(folder)
        self.ngrams = NgramHeads(self._arrays)
        self._encoder = encoder
        self.score = lru_cache(maxsize=REMEMBERED)(self._score)
        """The probabilities for one proposal and each of its sentences. A turn asks more than once."""

    @cached_property
    def network(self) -> Network:
        """The network, loaded when something is judged; the language can be told without it."""
        return Network(self._arrays, self._encoder)

    def _score(self, text: str) -> Scores:
        spans = tuple(sentences(text)) or (Span(0, len(text), text),)
        read = self.network.read(text)
        words = self.ngrams.sentences([s.text for s in spans])
        network = np.stack([read.best(s) for s in spans])
        features = second_features(text, words, network, self.ngrams.proposal(text), read, self._cuts)
        types, reasons = np.split(
            features @ self._arrays["second_weights"] + self._arrays["second_bias"], [len(self.types)]
        )
        return Scores(
            text,
            spans,
            self._weighed(words, network),
            softmax(self._fit(features)),
            softmax(types),
            softmax(reasons),
            read,
        )

    def _fit(self, features: Floats) -> Floats:
        """Logits of the verdicts: a few hundred units, for what one sign says hangs on the others."""
        hidden = np.tanh(features @ self._arrays["fit_hidden_weights"] + self._arrays["fit_hidden_bias"])
        return cast(Floats, hidden @ self._arrays["fit_unit_weights"] + self._arrays["fit_unit_bias"])

    def pieces(self, scores: Scores, pieces: Sequence[Span]) -> Floats:
        """Stretches × tags: how probable it is that each stretch of a scored text speaks for each tag."""
        words = self.ngrams.sentences([p.text for p in pieces])
        return self._weighed(words, np.stack([scores.read.best(p) for p in pieces]))

    def intent(self, text: str) -> dict[str, float]:
        """How probable it is that a message of an interview is each of INTENTS."""
        columns, values = self.ngrams.vocabulary.row(text)
        weights = self._arrays["intent_weights"]
        size = len(self.ngrams.vocabulary.index)
        logits = values @ weights[columns].astype(np.float32)
        logits += self._encoder.encode([text])[0] @ weights[size:].astype(np.float32)
        chances = softmax(logits + self._arrays["intent_bias"])
        return dict(zip(INTENTS, map(float, chances), strict=True))

    def language(self, text: str) -> tuple[Lang, float, float]:
        """The likeliest of the three languages, its probability, and the share of known words."""
        return self.ngrams.language(text)

    @property
    def _cuts(self) -> tuple[int, int]:
        return len(VERDICTS), len(VERDICTS) + len(self.types)

    def _weighed(self, words: Floats, network: Floats) -> Floats:
        ngram, net, bias = self._arrays["tag_mix"]
        return sigmoid(words * ngram + network * net + bias)


def second_features(
    text: str, words: Floats, network: Floats, whole: Floats, read: Read, cuts: tuple[int, int]
) -> Floats:
    """What the second layer reads: of each reader its best tags and its log probabilities of fit, type and reason;
    then how long the text is, and of each reader the mean of its tags.

    `words` and `network` are the readers' logits of the sentences, `whole` those of the n-grams for the proposal.
    """
    size = np.log1p([len(text.split()), len(words)])
    best = [words.max(axis=0), _choices(whole, cuts), read.best(), _choices(read.whole, cuts)]
    parts = [*best, size, words.mean(axis=0), network.mean(axis=0)]
    return np.concatenate([np.clip(p, -10, 10) for p in parts])


def _choices(logits: Floats, cuts: tuple[int, int]) -> Floats:
    return np.concatenate([log_softmax(p) for p in np.split(logits, cuts)])


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return cast(dict[str, Any], json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(f"manifest.json cannot be read: {error}", fix=FIX) from None


def _arrays(folder: Path) -> dict[str, Any]:
    try:
        with np.load(folder / "heads.npz", allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, BadZipFile) as error:
        raise ModelError(f"heads.npz cannot be read: {error}", fix=FIX) from None
