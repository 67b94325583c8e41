"""Lengths of time as people write them: "three months", "seis semanas", "2 a 3 meses"."""

from __future__ import annotations

import re

from assistant.domain import Frozen
from assistant.safety import fold

_WORDS = {
    word: number
    for number, words in enumerate(
        (
            "one un una um uma",
            "two dos dois duas",
            "three tres",
            "four cuatro quatro",
            "five cinco",
            "six seis",
            "seven siete sete",
            "eight ocho oito",
            "nine nueve nove",
            "ten diez dez",
            "eleven once onze",
            "twelve doce doze",
        ),
        start=1,
    )
    for word in words.split()
}
_UNITS = {
    "day": 1,
    "dia": 1,
    "week": 7,
    "semana": 7,
    "month": 30,
    "mes": 30,
    "year": 365,
    "ano": 365,
}
_NUMBER = rf"\d{{1,3}}|{'|'.join(_WORDS)}"
_SPAN = re.compile(
    rf"(?<!\w)(?P<every>(?:every|each|cada|last|past|ultim[oa]s) )?"
    rf"(?:(?:{_NUMBER})(?: (?:to|or|a|o|ou|e) |\s?[-–]\s?))?(?P<number>{_NUMBER}) "
    rf"(?:full |whole |working |business )?(?P<unit>days?|dias?|weeks?|semanas?|months?|mes(?:es)?|years?|anos?)\b"
)
_ARTICLE = re.compile(r"\b(?:takes?|for|within|in|about|over|than) an? (?P<unit>day|week|month|year)\b")
_HALF = re.compile(r"\b(?:half a year|medio ano|meio ano)\b")


class Duration(Frozen):
    """A stretch of time that somebody named."""

    days: int
    """A month counts 30 days, a year 365; of a range, the longer end."""


def durations(text: str) -> tuple[Duration, ...]:
    """Every length of time in a text; how often something happens is none."""
    folded = fold(text)
    found = [_number(m["number"]) * _unit(m["unit"]) for m in _SPAN.finditer(folded) if not m["every"]]
    found += [_unit(m["unit"]) for m in _ARTICLE.finditer(folded)]
    found += [182 for _ in _HALF.finditer(folded)]
    return tuple(Duration(days=days) for days in found if days)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS[word]


def _unit(word: str) -> int:
    return next(days for unit, days in _UNITS.items() if word.startswith(unit))
