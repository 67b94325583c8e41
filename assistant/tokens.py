"""How many tokens a text has: counted by the model's own table when it is on this machine, else estimated.

The estimate prices what can be seen of a text. Its weights are least squares of the relative error over 6,200
texts of corpus/training (whole proposals, single sentences, JSON) counted by tiktoken's published tables. Error
over 3,200 texts of other files, mean and 95th percentile, in percent:

             o200k_base              cl100k_base
             en     es     pt        en     es     pt
proposals    4, 8   5, 13  5, 15     5, 12  5, 13  5, 15
sentences    6, 19  7, 20  8, 21     7, 22  8, 20  8, 21
JSON         2, 5   3, 8   3, 7      2, 6   3, 7   3, 7
2,000 tokens 2, 4   1, 2   1, 3      3, 5   1, 3   1, 3

A model whose table is not known is estimated as cl100k_base; DeepSeek's own tokenizer, as one such, is then met
within 5 to 8, 20. tests/test_tokens.py measures again wherever the tables are at hand.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.domain import Frozen

if TYPE_CHECKING:
    from tiktoken import Encoding

LONGEST_WORD = 24
"""Letters; a longer run is a key or a hash and no word."""
LETTERS_IN_KEYS, BYTES_IN_OTHER_SCRIPTS = 2, 3
"""How many make a token, roughly: tried on a few of each, within a factor of four."""
_WORD = re.compile(r"[^\W\d_]+")
_ACCENTED = re.compile("[\u00c0-\u024f]")
_CAPITAL = re.compile("[A-Z\u00c0-\u00d6\u00d8-\u00de]")
_SIGN = re.compile(r"[^\w\s]+|_+|\d{1,3}|\n\s*")
_NUMBER_APART = re.compile(r" \d")
_OTHER_SCRIPTS = re.compile("[^\u0000-\u024f\u2000-\u20cf]+")
_SOFT = ("a", "o", "as", "os", "ó")


class Table(Frozen):
    """A published table: its file's name in tiktoken's cache folder, and the checksum of what it must hold."""

    file: str
    sha256: str


class Weights(Frozen):
    """What each feature of a text costs in tokens."""

    word: float
    letter: float
    """A letter after a word's fifth."""
    soft: float
    """A word that ends as most Spanish and Portuguese ones do."""
    accent: float
    capital: float
    sign: float
    """A run of punctuation, up to three digits, a line break, or the space before a number."""


class Count(Frozen):
    """Tokens of a text for one model."""

    tokens: int
    estimated: bool


O200K = Table(
    file="fb374d419588a4632f3f557e76b4b70aebbca790",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
)
CL100K = Table(
    file="9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
)
TABLES = {"o200k_base": O200K, "o200k_harmony": O200K, "cl100k_base": CL100K}
NEWER = Weights(word=0.928, letter=0.079, soft=0.365, accent=0.136, capital=0.216, sign=0.934)
OLDER = Weights(word=0.891, letter=0.127, soft=0.734, accent=0.687, capital=0.243, sign=0.916)


def count(text: str, model: str) -> Count:
    """The tokens of a text, counted or else estimated; never downloads a table."""
    name = encoding_name(model)
    encoding = _encoding(name)
    if encoding is None:
        return Count(tokens=estimate(text, name or "cl100k_base"), estimated=True)
    return Count(tokens=len(encoding.encode_ordinary(text)), estimated=False)


def encoding_name(model: str) -> str | None:
    """The table a model counts with, as far as tiktoken knows."""
    from tiktoken.model import encoding_name_for_model

    try:
        return encoding_name_for_model(model.rsplit("/", 1)[-1])
    except KeyError:
        return None


def estimate(text: str, encoding: str) -> int:
    """About how many tokens a text has by a table that is not at hand."""
    weights = NEWER if encoding.startswith("o200k") else OLDER
    plain = _OTHER_SCRIPTS.sub("", text)
    words = _WORD.findall(plain)
    tokens: float = sum(f * w for (_, w), f in zip(weights, _features(plain, words), strict=True))
    tokens += sum([len(w) - LONGEST_WORD for w in words if len(w) > LONGEST_WORD]) / LETTERS_IN_KEYS
    tokens += (_size(text) - _size(plain)) / BYTES_IN_OTHER_SCRIPTS
    return max(round(tokens), 1 if text else 0)


def _features(text: str, words: list[str]) -> tuple[int, ...]:
    """What Weights prices, in its order."""
    return (
        len(words),
        sum([min(len(w), LONGEST_WORD) - 5 for w in words if len(w) > 5]),
        sum([w.endswith(_SOFT) for w in words]),
        len(_ACCENTED.findall(text)),
        len(_CAPITAL.findall(text)),
        len(_SIGN.findall(text)) + len(_NUMBER_APART.findall(text)),
    )


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _encoding(name: str | None) -> Encoding | None:
    table, folder = TABLES.get(name or ""), _cache_folder()
    if name is None or table is None or folder is None:
        return None
    return _load(name, folder / table.file, table.sha256)


def _cache_folder() -> Path | None:
    """Where tiktoken keeps its tables, by its own rule; None when it is told to keep none."""
    default = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR", default))
    return Path(folder) if folder else None


@lru_cache
def _load(name: str, path: Path, sha256: str) -> Encoding | None:
    """The encoding whose table is whole in the cache; tiktoken would delete and fetch any other."""
    try:
        whole = hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return None
    if not whole:
        return None
    import tiktoken

    return tiktoken.get_encoding(name)
