"""What the pages of the evaluations say, in the reader's language, from corpus/locale/report.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from assistant.domain import LANGS, Lang
from evals.errors import SuiteError


class Words:
    """The page's texts in one language, and its numbers."""

    def __init__(self, lang: Lang, texts: Mapping[str, str]) -> None:
        self.lang, self._texts = lang, texts

    def __getitem__(self, key: str) -> str:
        """A text without slots."""
        return self._texts[key]

    def told(self, key: str, **slots: object) -> str:
        """A text with its slots filled."""
        return self._texts[key].format(**slots)

    def number(self, value: float | None, places: int = 3) -> str:
        """A number as it is written in the language; a dash for none."""
        if value is None:
            return "–"
        text = f"{value:.{places}f}"
        return text if self.lang == "en" else text.replace(".", ",")

    def share(self, value: float | None) -> str:
        """A share in per cent."""
        return "–" if value is None else f"{self.number(100 * value, 1)} %"

    def between(self, low: float, high: float) -> str:
        """An interval of shares in per cent."""
        return f"{self.number(100 * low, 1)}–{self.number(100 * high, 1)}"


def load_texts(folder: Path, lang: Lang, part: str = "report") -> Words:
    """The texts of a page; raises SuiteError when a language lacks one."""
    path = folder / "report.toml"
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))[part]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SuiteError(f"{path} cannot be read: {error}", fix="restore the file") from None
    for key, said in table.items():
        if lacking := [other for other in LANGS if other not in said]:
            raise SuiteError(
                f"{path}: {key} lacks {', '.join(lacking)}", fix="write the text in that language"
            )
    return Words(lang, {key: said[lang] for key, said in table.items()})
