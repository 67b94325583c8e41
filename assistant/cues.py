"""How people steer a conversation: questions, corrections, "we do not know". The words are in corpus/locale."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from assistant.domain import LANGS, Lang
from assistant.errors import ProgrammeError
from assistant.programme import read_toml
from assistant.safety import fold

Cue = Literal[
    "dont_know",
    "correction",
    "rectify",
    "question",
    "open_question",
    "programme",
    "yes",
    "no",
    "partly",
    "finish",
    "coach",
    "request",
    "steers",
    "not_operational",
    "denial",
    "turns",
    "lacks",
    "who_decides",
    "chooses",
    "names_version",
    "choice_1",
    "choice_2",
    "choice_3",
    "choice_4",
    "choice_5",
    "choice_6",
    "contests",
    "more",
    "staff_gain",
    "residents",
    "proposes_ai",
    "no_ai",
    "plans",
]


class Cues:
    """Compiled patterns by cue and language."""

    def __init__(self, patterns: dict[str, dict[str, list[str]]]) -> None:
        self._patterns = {
            (cue, lang): [re.compile(p) for p in by_lang[lang]]
            for cue, by_lang in patterns.items()
            for lang in LANGS
        }

    def hears(self, cue: Cue, text: str, lang: Lang) -> bool:
        """Whether the text gives the cue, in the conversation's language."""
        folded = fold(text)
        return any(p.search(folded) for p in self._patterns[cue, lang])


def load_cues(folder: Path) -> Cues:
    """The cues in corpus/locale; raises ProgrammeError when a pattern is not a regular expression."""
    path = folder / "cues.toml"
    try:
        return Cues(read_toml(path))
    except (re.error, KeyError) as error:
        raise ProgrammeError(f"{path.name}: {error}", fix=f"correct {path}") from None
