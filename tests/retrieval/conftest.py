"""A corpus of a few lines and an encoder of a few lines, for tests that build their own index."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.retrieval.base import Vectors
from assistant.retrieval.lexical import stems
from assistant.settings import Settings, default_home
from tests.machines.site import ChromaServer

PASSAGES = ("booklet/programme/lead", "booklet/scoping/cadence", "booklet/eligibility/population")
CASES = ("flint-lead-pipes", "boston-school-bus-routing")


class StemEncoder:
    """An encoder that only sees which stems a text has: quick, and the same everywhere."""

    name = "stems-1"
    size = 384

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, one row a text."""
        return np.stack([self._encode(text) for text in texts])

    def _encode(self, text: str) -> Vectors:
        vector = np.full(self.size, 1e-3, dtype=np.float32)
        for stem in stems(text, "en"):
            vector[int(hashlib.sha256(stem.encode()).hexdigest(), 16) % self.size] += 1
        return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


@pytest.fixture(scope="module")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Chroma server, started as an operator starts it."""
    if not (Path(sys.executable).parent / "chroma").exists():
        pytest.skip("the chroma command is not installed")
    server = ChromaServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def encoder() -> StemEncoder:
    """The encoder that sees stems."""
    return StemEncoder()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a corpus of three passages and two cases."""
    folder = tmp_path / "home"
    write_corpus(folder / "corpus")
    return folder


@pytest.fixture
def small(home: Path, tmp_path: Path) -> Settings:
    """Settings for the small corpus, with a data folder of its own."""
    return Settings(home=home, data_dir=tmp_path / "data", _env_file=None)  # type: ignore[call-arg]


def write_corpus(corpus: Path) -> None:
    """Writes the small corpus: real lines, without references to lines that are not there."""
    real = default_home() / "corpus"
    for folder in ("passages", "cases", "programme"):
        (corpus / folder).mkdir(parents=True)
    shutil.copy(real / "passages" / "sources.toml", corpus / "passages")
    shutil.copy(real / "programme" / "programme.toml", corpus / "programme")
    shutil.copytree(real / "locale", corpus / "locale")
    passages = [{**p, "conflicts_with": [], "superseded_by": []} for p in _real(real / "passages", PASSAGES)]
    write_lines(corpus / "passages" / "booklet.jsonl", passages)
    write_lines(corpus / "cases" / "part-1.jsonl", list(_real(real / "cases", CASES)))


def write_lines(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Writes one JSON object a line."""
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file, one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _real(folder: Path, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    records = {r["id"]: r for path in sorted(folder.glob("*.jsonl")) for r in read_lines(path)}
    return (records[id] for id in ids)
