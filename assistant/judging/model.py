"""The local model's heads: n-gram weights over sentences and proposals, and a second layer over both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LANGS, Lang, Verdict
from assistant.errors import ModelError
from assistant.judging.features import Span, Vocabulary, ngrams, sentences

Floats = NDArray[np.float32]
VERDICTS: tuple[Verdict, ...] = ("fit", "needs_work", "poor_fit")
FIX = "install the package again, or run: make train"


@dataclass(frozen=True)
class Scores:
    """What the heads say of one text."""

    spans: tuple[Span, ...]
    tags: Floats
    """Sentences × tags, each a probability."""
    fit: Floats
    """Probabilities of fit, needs_work, poor_fit."""
    types: Floats
    reasons: Floats


class Heads:
    """The trained weights, read from corpus/model."""

    def __init__(self, folder: Path) -> None:
        manifest = _manifest(folder)
        self.version: str = manifest["version"]
        self.tags: tuple[str, ...] = tuple(manifest["tags"])
        """Element ids, then T:<type id>, then R:<reason id>."""
        self.types: tuple[str, ...] = tuple(manifest["types"])
        self.reasons: tuple[str, ...] = tuple(manifest["reasons"])
        self.thresholds: dict[str, float] = manifest["thresholds"]
        try:
            with np.load(folder / "heads.npz", allow_pickle=False) as arrays:
                self._arrays = {name: arrays[name] for name in arrays.files}
        except (OSError, ValueError, BadZipFile) as error:
            raise ModelError(f"heads.npz cannot be read: {error}", fix=FIX) from None
        grams = self._arrays["grams"].tobytes().decode("utf-8").split("\n")
        self.vocabulary = Vocabulary(grams, self._arrays["idf"])

    def score(self, text: str) -> Scores:
        """The heads' probabilities for one proposal and each of its sentences."""
        spans = tuple(sentences(text)) or (Span(0, len(text), text),)
        tags = self.tag([s.text for s in spans])
        whole = self._linear("proposal", text)
        parts = np.split(whole, [3, 3 + len(self.types)])
        first = np.concatenate([softmax(p) for p in parts])
        features = np.concatenate([logit(tags.max(axis=0)), logit(first)])
        second = features @ self._arrays["second_weights"] + self._arrays["second_bias"]
        fit, types, reasons = np.split(second, [3, 3 + len(self.types)])
        return Scores(spans, tags, softmax(fit), softmax(types), softmax(reasons))

    def tag(self, texts: Sequence[str]) -> Floats:
        """Texts × tags: how probable it is that a sentence speaks for each tag."""
        return np.stack([sigmoid(self._linear("sentence", t)) for t in texts])

    def language(self, text: str) -> tuple[Lang, float, float]:
        """The likeliest of the three languages, its probability, and the share of known words."""
        counts = ngrams(text)
        words = [g for g in counts if g.startswith("w:") and " " not in g]
        known = sum(g in self.vocabulary.index for g in words) / len(words) if words else 0.0
        chances = softmax(self._linear("language", text))
        best = int(chances.argmax())
        return LANGS[best], float(chances[best]), known

    def _linear(self, name: str, text: str) -> Floats:
        columns, values = self.vocabulary.row(ngrams(text))
        weights = self._arrays[f"{name}_weights"][columns].astype(np.float32)
        return cast(Floats, values @ weights + self._arrays[f"{name}_bias"])


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return cast(dict[str, Any], json.loads((folder / "manifest.json").read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ModelError(f"manifest.json cannot be read: {error}", fix=FIX) from None


def sigmoid(x: Floats) -> Floats:
    """Logits as probabilities."""
    return cast(Floats, 1.0 / (1.0 + np.exp(-x)))


def softmax(x: Floats) -> Floats:
    """Logits of exclusive choices as probabilities that add up to 1."""
    e = np.exp(x - x.max())
    return cast(Floats, e / e.sum())


def logit(p: Floats) -> Floats:
    """Probabilities as logits, kept finite; the form the second layer reads."""
    q = np.clip(p, 1e-4, 1 - 1e-4)
    return cast(Floats, np.log(q / (1 - q)))


def normalised(p: Floats) -> Floats:
    """Weights as probabilities that add up to 1."""
    return cast(Floats, p / p.sum())
