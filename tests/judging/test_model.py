"""The local model's files: tied to their data, read whole or refused."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from assistant.encoder import OnnxEncoder
from assistant.errors import ModelError
from assistant.judging.model import Model
from assistant.language import language_of
from assistant.settings import Settings
from assistant.wiring import Product
from training.examples import fingerprint


def test_the_weights_belong_to_the_training_data(settings: Settings) -> None:
    """The manifest names the data, encoder and heads that are there; else: make train."""
    folder = settings.corpus / "model"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    assert manifest["training_data_sha256"] == fingerprint(settings.corpus / "training")
    for name, key in (
        ("encoder.onnx", "encoder_sha256"),
        ("tokenizer.json", "tokenizer_sha256"),
        ("heads.npz", "heads_sha256"),
    ):
        assert manifest[key] == hashlib.sha256((folder / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["manifest.json", "heads.npz"])
@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_damaged_weights_are_refused_with_a_remedy(
    settings: Settings, tmp_path: Path, name: str, damage: str
) -> None:
    """A missing or truncated file is one clear error, not a wrong judgement."""
    folder = tmp_path / "model"
    shutil.copytree(settings.corpus / "model", folder)
    path = folder / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(ModelError) as caught:
        Model(folder, OnnxEncoder(folder))

    assert "make train" in caught.value.fix


def test_a_missing_encoder_is_refused_with_a_remedy(tmp_path: Path) -> None:
    """Without the encoder's file there is an error that says what to do."""
    with pytest.raises(ModelError) as caught:
        OnnxEncoder(tmp_path)

    assert caught.value.fix


def test_vectors_do_not_depend_on_their_neighbours(product: Product) -> None:
    """A text's vector has length one and is nearly the same alone and beside much longer texts."""
    texts = ["mould in flats", "snow on the hill " * 60, "crianças chegam atrasadas à escola"]

    together = product.encoder.encode(texts)
    alone = np.vstack([product.encoder.encode([t]) for t in texts])

    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    assert float((together * alone).sum(axis=1).min()) > 0.97


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The night shift has nobody to phone when a pipe bursts in the old quarter.", "en"),
        ("De noche no hay a quién llamar cuando revienta un caño en el casco viejo.", "es"),
        ("À noite não há para quem ligar quando estoura um cano no centro antigo.", "pt"),
        ("Wenn nachts in der Altstadt ein Rohr platzt, weiß niemand, wen man anrufen soll.", "other"),
        ("La nuit, personne ne sait qui appeler quand un tuyau éclate dans la vieille ville.", "other"),
        ("ok", None),
    ],
)
def test_the_language_is_told(product: Product, text: str, lang: str | None) -> None:
    """English, Spanish and Portuguese are told apart, others are known as others, and little is left open."""
    assert language_of(text, product.model) == lang
