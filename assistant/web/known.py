"""The texts that a new case of the evaluations must not repeat: those of the suites and of the training data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=2)
def known_texts(home: Path) -> tuple[tuple[str, str], ...]:
    """The id and text of every case and training example that this installation has; read once."""
    suites = Path(__file__).resolve().parents[2] / "evals" / "suites"  # beside the product, installed or not
    folders = (suites, home / "corpus" / "training")
    files = [file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.jsonl"))]
    return tuple(found for file in files for found in _texts(file))


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        data = json.loads(line) if line.strip() else {}
        text = data.get("text") or data.get("opening")
        if isinstance(text, str) and text:
            yield str(data.get("id", file.stem)), text
