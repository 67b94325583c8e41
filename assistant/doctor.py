"""What is configured and in order, and how to mend what is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from assistant.domain import Finding
from assistant.errors import ScopingError
from assistant.wiring import Product


def examine(product: Product) -> list[Finding]:
    """Every part the product needs, looked at in turn; one that fails does not hide the next."""
    return [
        _look("engine", lambda: product.settings.engine),
        *_model(product),
        _look(
            "programme",
            lambda: f"{len(product.programme.types)} types, {len(product.programme.elements)} elements",
        ),
        _look("words", lambda: product.words.say("en", "page.title")),
        _look("local model", lambda: product.model.version),
        _look("encoder", lambda: product.encoder.name),
        _look("index", lambda: _index(product)),
        _look("data folder", lambda: _writable(product.settings.data_dir)),
    ]


def _model(product: Product) -> list[Finding]:
    """The language model's endpoint, prompts and limits; nothing when the local engine is in use."""
    if product.settings.engine == "local":
        return []
    from assistant.llm.probe import probe

    try:
        found = probe(product.llm)
    except ScopingError as error:
        return [Finding(name="language model", ok=False, detail=str(error), fix=error.fix)]
    return [
        *found,
        _look("prompts", lambda: product.prompts.active("turn").label),
        _look("limits", lambda: _limits(product)),
    ]


def _limits(product: Product) -> str:
    of = product.settings
    if of.cost_cap_usd is not None and not (of.llm_price_in or of.llm_price_out):
        raise ScopingError(
            "ASSISTANT_COST_CAP_USD has no effect without prices",
            fix="set ASSISTANT_LLM_PRICE_IN and ASSISTANT_LLM_PRICE_OUT, in US dollars for a million tokens",
        )
    limits: dict[str, float | None] = {
        "tokens a conversation": of.token_budget,
        "tokens a day": of.token_budget_day,
    }
    limits["dollars a day"] = of.cost_cap_usd
    return ", ".join(f"{name}: {limit or 'no limit'}" for name, limit in limits.items())


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
