"""The n-gram heads: linear weights over words and letters, for a sentence and for a whole proposal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LANGS, Lang
from assistant.judging.features import Vocabulary, words_of
from assistant.judging.numbers import Floats, softmax

REMEMBERED = 512
"""Sentences whose logits are kept: a reading asks for the same clauses once a tag."""


class NgramHeads:
    """Weights learnt over n-grams: quick, and sure of wordings they have met."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        grams = arrays["grams"].tobytes().decode("utf-8").split("\n")
        self.vocabulary = Vocabulary(grams, arrays["idf"])
        self._arrays = arrays
        self._sentence = lru_cache(maxsize=REMEMBERED)(lambda text: self._linear("sentence", text))

    def sentences(self, texts: Sequence[str]) -> Floats:
        """Texts × tags, as logits: how much a sentence speaks for each tag."""
        return np.stack([self._sentence(t) for t in texts])

    def proposal(self, text: str) -> Floats:
        """Logits of fit, then type, then reason of a whole proposal."""
        return self._linear("proposal", text)

    def language(self, text: str) -> tuple[Lang, float, float]:
        """The likeliest of the three languages, its probability, and the share of known words."""
        words = set(words_of(text))
        known = sum(f"w:{w}" in self.vocabulary.index for w in words) / len(words) if words else 0.0
        chances = softmax(self._linear("language", text))
        best = int(chances.argmax())
        return LANGS[best], float(chances[best]), known

    def _linear(self, name: str, text: str) -> Floats:
        columns, values = self.vocabulary.row(text)
        weights = self._arrays[f"{name}_weights"][columns].astype(np.float32)
        return cast(Floats, values @ weights + self._arrays[f"{name}_bias"])
