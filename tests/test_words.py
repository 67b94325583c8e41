"""Every text the code asks for exists, in each language, with the slots it is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.domain import LANGS
from assistant.errors import InputError, ScopingError
from assistant.wiring import Product

ROOT = Path(__file__).resolve().parent.parent
KEY = re.compile(
    r"""["']((?:reply|say|case|readiness|page|brief|verdict|state|error|desk|told|handover)\.[a-z_]+)["']"""
)


def test_every_key_the_code_names_exists(product: Product) -> None:
    """No reply or page can fail for a text that nobody wrote."""
    used = {
        (path.name, key)
        for path in (ROOT / "assistant").rglob("*.py")
        for key in KEY.findall(path.read_text(encoding="utf-8"))
        if not key.endswith((".css", ".js", ".typ"))
    }

    assert len(used) > 50
    assert not [u for u in used if not product.words.has(u[1])]


def test_slots_are_the_same_in_the_three_languages(product: Product) -> None:
    """A slot in one language is in the others too."""
    differing = []
    for key in product.words.keys:
        slots = {lang: sorted(set(re.findall(r"{(\w+)}", product.words.say(lang, key)))) for lang in LANGS}
        if len({tuple(s) for s in slots.values()}) > 1:
            differing.append((key, slots))
    assert not differing


@pytest.mark.parametrize("lang", LANGS)
def test_errors_speak_the_readers_language(product: Product, lang: str) -> None:
    """A known error is told in the reader's language with its remedy; an unknown one in its own words."""
    known = InputError("x", fix="y", key="empty")
    unknown = ScopingError("something odd", fix="do this")

    assert product.words.error(lang, known) == (
        product.words.say(lang, "error.empty.message"),
        product.words.say(lang, "error.empty.fix"),
    )
    assert product.words.error(lang, unknown) == ("something odd", "do this")
