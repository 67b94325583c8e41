"""What a question asks for, as far as its words show it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.domain import Lang
from assistant.retrieval.lexical import READ_CHARACTERS
from assistant.safety import fold

# Compared with folded text: lower case, no accents.
_FOR_ALL: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(list|all|every|which|what (are|(kind|sort|type)s?)|two|three|four|five|six|seven)\b"
    ),
    "es": re.compile(r"\b(cuales|tod[oa]s|lista|que \w+s|dos|tres|cuatro|cinco|seis|siete)\b"),
    "pt": re.compile(r"\b(quais|tod[oa]s|lista|que \w+s|dois|duas|tres|quatro|cinco|seis|sete)\b"),
}
_PAST: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(was|were|did|used to|originally|at (the )?(launch|start|beginning)|first (year|group|cohort)|earlier"
        r"|before|history|changed?|planned)\b"
    ),
    "es": re.compile(
        r"\b(antes|eran?|fue|fueron|hacian?|funcionaba|al (inicio|principio|comienzo)|original|historia"
        r"|primer ano|cambiado|cambio|queria)\b"
    ),
    "pt": re.compile(
        r"\b(antes|eram?|foi|foram|faziam?|funcionava|no (inicio|comeco)|original|historia|primeiro ano|mudou"
        r"|queria)\b"
    ),
}
# Compared with the text as typed.
_THE_PROGRAMME: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(r"\b(the|this|your|our) (program(me)?|alliance|initiative)\b(?! for)", re.IGNORECASE),
    "es": re.compile(r"\b(el|del|al|este|la|esta|de la) (programa|alianza|iniciativa)\b", re.IGNORECASE),
    "pt": re.compile(
        r"\b(o|do|ao|no|(d|n)?este|a|da|na|esta) (programa|alian[cç]a|iniciativa)\b", re.IGNORECASE
    ),
}


def in_one_name(question: str, lang: Lang, aliases: Sequence[str]) -> str:
    """The question with the programme called by one of its names, whichever it used, or "the programme"."""
    if not aliases:
        return question
    longest_first = sorted(aliases, key=len, reverse=True)
    every = re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)
    used = {name.lower() for name in every.findall(question)}
    if len(used) > 1:  # a question about the names themselves
        return question
    return (every if used else _THE_PROGRAMME[lang]).sub(_plain(longest_first), question)


def _plain(aliases: Sequence[str]) -> str:
    """The shortest name that is part of the longest: short enough to read, long enough to be told apart."""
    return min((alias for alias in aliases if alias in aliases[0]), key=len)


def asks_for_all(question: str, lang: Lang) -> bool:
    """Whether the question asks for a list rather than for one thing."""
    return bool(_FOR_ALL[lang].search(_bare(question)))


def asks_about_past(question: str, lang: Lang) -> bool:
    """Whether the question is about how things once were."""
    return bool(_PAST[lang].search(_bare(question)))


def _bare(question: str) -> str:
    return fold(question[:READ_CHARACTERS])
