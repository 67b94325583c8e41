"""What replies and pages say, in the reader's language, from corpus/locale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.domain import LANGS, Lang
from assistant.errors import ProgrammeError, ScopingError
from assistant.programme import read_toml


class Words:
    """The texts of the three languages; every key exists in each of them."""

    def __init__(self, texts: dict[Lang, dict[str, str]]) -> None:
        self._texts = texts

    def say(self, lang: Lang, key: str, **slots: object) -> str:
        """The text of a key such as `page.title`, with its slots filled; KeyError for an unknown key."""
        text = self._texts[lang][key]
        return text.format(**slots) if slots else text

    def has(self, key: str) -> bool:
        """Whether there is such a key."""
        return key in self._texts["en"]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key there is."""
        return tuple(self._texts["en"])

    def error(self, lang: Lang, error: ScopingError) -> tuple[str, str]:
        """An error's message and remedy in the reader's language, as far as the locale files know it."""
        key = f"error.{error.key}"
        if error.key == "unknown" or not self.has(f"{key}.message"):
            return str(error), error.fix
        return self.say(lang, f"{key}.message", **error.details), self.say(
            lang, f"{key}.fix", **error.details
        )


def load_words(folder: Path) -> Words:
    """The words in corpus/locale; raises ProgrammeError when a language lacks a key of another."""
    texts = {lang: dict(_flat(read_toml(folder / f"{lang}.toml"))) for lang in LANGS}
    every = set().union(*texts.values())
    for lang in LANGS:
        if lacking := sorted(every - texts[lang].keys()):
            raise ProgrammeError(f"{lang}.toml lacks {lacking[0]}", fix=f"add it to {folder / lang}.toml")
    return Words(texts)


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs.extend(_flat(value, f"{prefix}{key}."))
        else:
            pairs.append((prefix + key, str(value)))
    return pairs
