"""Words of municipal life that mean the same, within and across the three languages: corpus/locale/synonyms.jsonl.

The encoder knows English best and a search by words knows no synonyms; the glossary lends a query both. The plainest
English word comes first in each idea, because it stands for the idea when a query is put into English. Words are
compared by their stems, and short phrases count as one word.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from assistant.domain import LANGS, Lang, Text
from assistant.errors import ProgrammeError
from assistant.retrieval.lexical import stems

Stems = tuple[str, ...]
FILE = "synonyms.jsonl"
LONGEST = 3
"""Stems of the longest phrase."""


class Idea(NamedTuple):
    """One line of the glossary."""

    en: tuple[str, ...]
    es: tuple[str, ...]
    pt: tuple[str, ...]

    def at(self, lang: Lang) -> tuple[str, ...]:
        """The words for it in one language."""
        return self.en if lang == "en" else self.es if lang == "es" else self.pt


class Reading(NamedTuple):
    """What the glossary makes of a query."""

    others: str
    """Other words of the query's language for the same ideas; empty when it knows none of them."""
    english: str
    """The ideas in English, in the order of the query; empty when it knows none of them."""


class Glossary:
    """Ideas and the words for them; knows nothing when there are none."""

    def __init__(self, ideas: tuple[Idea, ...] = ()) -> None:
        self._ideas = ideas
        self._synonyms = lru_cache(maxsize=5_000)(self._other_words)

    def read(self, query: str, lang: Lang) -> Reading:
        """The query's ideas in other words and in English."""
        wanted = stems(query, lang)
        ideas = list(
            dict.fromkeys(idea for start in range(len(wanted)) for idea in self._at(wanted, start, lang))
        )
        others = [word for idea in ideas for word in idea.at(lang)]
        known = set(wanted)
        new = [word for word in others if not known.issuperset(stems(word, lang))]
        return Reading(others=" ".join(dict.fromkeys(new)), english=" ".join(idea.en[0] for idea in ideas))

    def synonyms(self, stem: str, lang: Lang) -> tuple[frozenset[str], ...]:
        """The stems of each other word for the ideas that a stem may stand for."""
        return self._synonyms(stem, lang)

    def _other_words(self, stem: str, lang: Lang) -> tuple[frozenset[str], ...]:
        words = [word for idea in self._tables[lang].get((stem,), ()) for word in idea.at(lang)]
        return tuple(frozenset(found) for word in words if (found := stems(word, lang)))

    def _at(self, wanted: list[str], start: int, lang: Lang) -> tuple[Idea, ...]:
        for length in range(LONGEST, 0, -1):
            phrase = tuple(wanted[start : start + length])
            if len(phrase) == length and (ideas := self._tables[lang].get(phrase)):
                return ideas
        return ()

    @cached_property
    def _tables(self) -> dict[Lang, dict[Stems, tuple[Idea, ...]]]:
        return {lang: self._table(lang) for lang in LANGS}

    def _table(self, lang: Lang) -> dict[Stems, tuple[Idea, ...]]:
        table: dict[Stems, tuple[Idea, ...]] = {}
        for idea in self._ideas:
            for word in idea.at(lang):
                phrase = tuple(stems(word, lang))
                if phrase and idea not in table.get(phrase, ()):
                    table[phrase] = (*table.get(phrase, ()), idea)
        return table


def load_glossary(folder: Path) -> Glossary:
    """The glossary in corpus/locale; empty when a programme has none. Raises ProgrammeError for a wrong line."""
    path = folder / FILE
    return _loaded(path, path.stat().st_mtime_ns) if path.is_file() else Glossary()


@lru_cache(maxsize=4)
def _loaded(path: Path, _changed: int) -> Glossary:
    ideas = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            words = Text.model_validate_json(line)
        except ValidationError:
            message = f"{path.name}, line {number}: not the words of an idea in en, es and pt"
            raise ProgrammeError(message, fix=f"correct {path}") from None
        ideas.append(Idea(*(_split(words.at(lang)) for lang in LANGS)))
    return Glossary(tuple(ideas))


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(",") if word.strip())
