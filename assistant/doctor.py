"""What is configured and in order, and how to mend what is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from assistant.domain import Frozen
from assistant.errors import ScopingError
from assistant.wiring import Product


class Finding(Frozen):
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def examine(product: Product) -> list[Finding]:
    """Every part the product needs, looked at in turn; one that fails does not hide the next."""
    return [
        _look("engine", lambda: product.settings.engine),
        _look(
            "programme",
            lambda: f"{len(product.programme.types)} types, {len(product.programme.elements)} elements",
        ),
        _look("words", lambda: product.words.say("en", "page.title")),
        _look("local model", lambda: product.heads.version),
        _look("encoder", lambda: product.encoder.name),
        _look("index", lambda: _index(product)),
        _look("data folder", lambda: _writable(product.settings.data_dir)),
    ]


def _look(name: str, part: Callable[[], str]) -> Finding:
    try:
        return Finding(name=name, ok=True, detail=part())
    except ScopingError as error:
        return Finding(name=name, ok=False, detail=str(error), fix=error.fix)


def _index(product: Product) -> str:
    _ = product.retriever
    return str(product.settings.index_dir)


def _writable(folder: Path) -> str:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return str(folder)
        reason = "it cannot be written"
    except OSError as error:
        reason = error.strerror or str(error)
    raise ScopingError(
        f"{folder}: {reason}", fix="set ASSISTANT_DATA_DIR to a folder you can write", key="storage"
    )
