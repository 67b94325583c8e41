"""Which language a text is written in: one of the three we work in, or another."""

from __future__ import annotations

import re
from typing import Literal

from assistant.domain import Lang
from assistant.judging.model import Model

ENOUGH_WORDS = 4
SURE = 0.6
KNOWN_SHARE = 0.62
"""Below this share of known words a text may be in a language we do not work in, and is looked at again."""
LONG_ENOUGH = 8


def language_of(text: str, model: Model) -> Lang | Literal["other"] | None:
    """The text's language; "other" for one we do not work in; None when there is too little to tell."""
    words = re.findall(r"[^\W\d_]+", text)
    if len(words) < ENOUGH_WORDS:
        return None
    lang, chance, known = model.language(text)
    if known < KNOWN_SHARE and len(words) >= LONG_ENOUGH and _foreign(text):
        return "other"
    return lang if chance >= SURE else None


def _foreign(text: str) -> bool:
    import py3langid  # a second to load, so only for texts with many unknown words

    code, _ = py3langid.classify(text)
    return code not in ("en", "es", "pt", "gl", "ca", "an", "la")
