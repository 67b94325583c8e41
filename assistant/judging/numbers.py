"""Small functions between logits and probabilities."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
K = TypeVar("K", bound=Hashable)
SHARED = 0.6
"""How far ahead the first of several choices is, at most."""
FURTHER = 0.9
"""Share of what is left that goes to further choices."""


def sigmoid(x: Floats) -> Floats:
    """Logits as probabilities."""
    return cast(Floats, 1.0 / (1.0 + np.exp(-x)))


def softmax(x: Floats) -> Floats:
    """Logits of exclusive choices, along the last axis, as probabilities that add up to 1."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return cast(Floats, e / e.sum(axis=-1, keepdims=True))


def log_softmax(x: Floats) -> Floats:
    """Logits of exclusive choices as log probabilities, none below a floor."""
    return cast(Floats, np.log(np.clip(softmax(x), 1e-4, 1.0)))


def normalised(p: Floats) -> Floats:
    """Weights as probabilities that add up to 1."""
    return cast(Floats, p / p.sum())


def one_ahead(chosen: Sequence[K], other: Mapping[K, float], sure: float, split: float) -> dict[K, float]:
    """Probabilities with the first choice ahead: by `sure` when the other reader agrees, by `split` when not.

    Further choices share most of what is left, and the rest goes as the other reader has it. Empty without a choice.
    """
    if not chosen:
        return {}
    first, further = chosen[0], chosen[1:]
    agreed = bool(other) and max(other, key=lambda k: other[k]) == first
    ahead = sure if agreed else split
    if further:
        ahead = min(ahead, SHARED)
    left = 1 - ahead
    weights = {k: other.get(k, 0.0) + 1e-6 for k in {*other, *chosen} - {first}}
    total = sum(weights.values())
    named = left * FURTHER / len(further) if further else 0.0
    rest = left - named * len(further)
    return (
        {
            first: ahead,
            **{k: named * (k in further) + rest * w / total for k, w in sorted(weights.items(), key=str)},
        }
        if weights
        else {first: 1.0}
    )
