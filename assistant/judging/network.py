"""The fine-tuned network: which words speak for which element, type or reason, and the proposal as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from assistant.encoder import Tokens
from assistant.judging.features import Span
from assistant.judging.numbers import Floats, softmax
from assistant.judging.tokens import windows

SILENT = -12.0
"""The logit of a stretch that holds no token."""


class TokenEncoder(Protocol):
    """Turns texts into tokens and tokens into vectors."""

    @property
    def ends(self) -> tuple[int, int]:
        """The tokens before and after every text."""
        ...

    def tokens(self, text: str) -> Tokens:
        """The tokens of a whole text."""
        ...

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, one row a text."""
        ...

    def states(self, batch: Sequence[Sequence[int]]) -> list[Floats]:
        """Per row of tokens, tokens × width."""
        ...


@dataclass(frozen=True)
class Read:
    """What the network says of one text."""

    places: NDArray[np.int64]
    """Tokens × 2: where each token stands in the text."""
    tags: Floats
    """Tokens × tags, as logits."""
    whole: Floats
    """Logits of fit, then type, then reason."""

    def best(self, span: Span | None = None) -> Floats:
        """Per tag, the highest logit of any token, in the whole text or in a stretch of it."""
        if span is None:
            return cast(Floats, self.tags.max(axis=0))
        inside = (self.places[:, 0] < span.end) & (self.places[:, 1] > span.start)
        if not inside.any():
            return np.full(self.tags.shape[1], SILENT, dtype=np.float32)
        return cast(Floats, self.tags[inside].max(axis=0))


class Network:
    """Linear heads over the encoder's token vectors, as training/finetune.py learns them."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]], encoder: TokenEncoder) -> None:
        self._arrays = arrays
        self._encoder = encoder

    def read(self, text: str) -> Read:
        """One forward pass over the text."""
        some = windows(text, self._encoder.tokens(text), self._encoder.ends)
        states = np.concatenate(self._encoder.states([w.ids for w in some]))
        tags = states @ self._arrays["tag_weights"] + self._arrays["tag_bias"]
        top = tags.max(axis=0)
        mean = states.mean(axis=0)
        looks = softmax((states @ self._arrays["look_weights"] + self._arrays["look_bias"]).T) @ states
        whole = [
            np.concatenate([mean, look, top]) @ self._arrays[f"{name}_weights"] + self._arrays[f"{name}_bias"]
            for name, look in zip(("fit", "type", "reason"), looks, strict=True)
        ]
        places = np.array([place for w in some for place in w.offsets], dtype=np.int64)
        return Read(places, tags.astype(np.float32), np.concatenate(whole).astype(np.float32))
