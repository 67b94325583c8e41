"""The sentence encoder: texts in, unit vectors out, from the files in corpus/model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.errors import ModelError

if TYPE_CHECKING:
    from tokenizers import Encoding

Vectors = NDArray[np.float32]

MAX_TOKENS = 256
"""The length all-MiniLM-L6-v2 was trained for; longer texts are cut, so callers split them."""
BATCH = 32


class OnnxEncoder:
    """all-MiniLM-L6-v2 with 8-bit weights, 384 numbers a text; needs no network and no key."""

    size = 384

    def __init__(self, folder: Path) -> None:
        import onnxruntime  # 0.1 s, only paid by those who encode
        from tokenizers import Tokenizer

        model, words = folder / "encoder.onnx", folder / "tokenizer.json"
        for path in (model, words):
            if not path.is_file():
                raise ModelError(f"{path.name} is missing from {folder}", fix="install the package again")
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(words))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self.name = "minilm-" + hashlib.sha256(model.read_bytes()).hexdigest()[:12]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text, in the order given."""
        out = np.zeros((len(texts), self.size), dtype=np.float32)
        encoded = self._tokenizer.encode_batch(list(texts))
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i].ids))  # like lengths pad least
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            out[rows] = self._run([encoded[i] for i in rows])
        return out

    def _run(self, batch: Sequence[Encoding]) -> Vectors:
        width = max(len(e.ids) for e in batch)
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, e in enumerate(batch):
            ids[row, : len(e.ids)] = e.ids
            mask[row, : len(e.ids)] = 1
        (vectors,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)
