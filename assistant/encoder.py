"""The sentence encoder: texts in, vectors out, from the files in corpus/model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError
from assistant.safety import MESSAGE_LIMIT

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]

MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 was trained on, its two end marks included."""
WORTH_THREADS = 16
"""Texts from which every processor reads some of them, as when an index is built."""
REMEMBERED = 64
"""Texts whose states are kept, at most 25 MB: a proposal is judged, looked up and heard for facts in one turn."""


class Tokens(NamedTuple):
    """A text as the encoder's tokens, without end marks."""

    ids: list[int]
    offsets: list[tuple[int, int]]
    """Per token, its place in the text."""


def tokens_of(text: str, tokenizer: Tokenizer) -> Tokens:
    """The tokens of a whole text."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    return Tokens(encoded.ids, encoded.offsets)


def ends_of(tokenizer: Tokenizer) -> tuple[int, int]:
    """The tokens before and after every text."""
    first, last = tokenizer.encode("").ids
    return first, last


class OnnxEncoder:
    """The fine-tuned all-MiniLM-L6-v2 with 8-bit weights, 384 numbers a token; needs no network and no key."""

    size = 384

    def __init__(self, folder: Path) -> None:
        self._model, self._words = folder / "encoder.onnx", folder / "tokenizer.json"
        for path in (self._model, self._words):
            if not path.is_file():
                raise ModelError(f"{path.name} is missing from {folder}", fix="install the package again")

    @cached_property
    def name(self) -> str:
        """Which encoder made a vector: the file's hash."""
        digest = hashlib.sha256(self._model.read_bytes() + self._words.read_bytes())
        return "minilm-" + digest.hexdigest()[:12]

    @cached_property
    def _session(self) -> Any:
        import onnxruntime  # 0.1 s, only paid by those who encode

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # One text is short work: a second thread costs more than it brings, and callers judge several at once.
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(
            str(self._model),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=["SkipLayerNormFusion"],  # the joined step takes six times as long as the two
        )

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._words))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def ends(self) -> tuple[int, int]:
        """The tokens before and after every text."""
        return ends_of(self._tokenizer)

    def tokens(self, text: str) -> Tokens:
        """The tokens of a whole text."""
        # A document has too many to keep 64 of.
        return self._tokens(text) if len(text) <= MESSAGE_LIMIT else tokens_of(text, self._tokenizer)

    @cached_property
    def _tokens(self) -> Callable[[str], Tokens]:
        return lru_cache(maxsize=REMEMBERED)(lambda text: tokens_of(text, self._tokenizer))

    def states(self, batch: Sequence[Sequence[int]]) -> list[Vectors]:
        """Per row of tokens, tokens × size."""
        return [self._run(tuple(ids)) for ids in batch]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text, in the order given; longer texts than MAX_TOKENS are cut, so callers split."""
        if len(texts) < WORTH_THREADS:
            found = [self._vector(text) for text in texts]
        else:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                found = list(pool.map(self._vector, texts))
        return np.array(found, dtype=np.float32).reshape(len(texts), self.size)

    def _vector(self, text: str) -> Vectors:
        first, last = self.ends
        ids = self.tokens(text).ids[: MAX_TOKENS - 2]
        mean = self._run((first, *ids, last)).mean(axis=0)
        return cast(Vectors, mean / np.linalg.norm(mean))

    @cached_property
    def _run(self) -> Callable[[tuple[int, ...]], Vectors]:
        return lru_cache(maxsize=REMEMBERED)(self._states)

    def _states(self, ids: tuple[int, ...]) -> Vectors:
        # One text at a time: read together they are padded, and on a processor that costs more than it saves.
        (states,) = self._session.run(None, {"input_ids": np.array([ids], dtype=np.int64)})
        return cast(Vectors, states[0])
