"""Each way to fail is told in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.domain import LANGS
from assistant.llm import troubles
from assistant.llm.troubles import TROUBLES
from assistant.words import Words, load_words

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def words() -> Words:
    """The texts of the three languages."""
    return load_words(ROOT / "corpus" / "locale")


@pytest.mark.parametrize("key", TROUBLES)
@pytest.mark.parametrize("lang", LANGS)
def test_every_error_speaks_the_readers_language(words: Words, lang: Any, key: str) -> None:
    """Each way to fail has its message and remedy in each language, whole without any value filled in."""
    message, fix = words.error(lang, troubles.trouble(key))

    assert message != TROUBLES[key][0]
    assert message.endswith(".")
    assert fix
    assert "{" not in message + fix
