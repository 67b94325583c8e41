"""When a mayor's term ends, by a day, by when it began and how long it lasts, or by what is left of it."""

from __future__ import annotations

import re
from datetime import date

from assistant.safety import fold

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january enero janeiro jan ene",
            "february febrero fevereiro feb fev",
            "march marzo marco",
            "april abril apr abr",
            "may mayo maio",
            "june junio junho jun",
            "july julio julho jul",
            "august agosto aug ago",
            "september septiembre setiembre setembro sep sept",
            "october octubre outubro oct",
            "november noviembre novembro nov",
            "december diciembre dezembro dec dic dez",
        ),
        start=1,
    )
    for name in names.split()
}
MONTH_NAME = re.compile(rf"\b(?:{'|'.join(MONTHS)})\b")
"""The name of a month in a folded text."""
_COUNTS = {
    name: number
    for number, names in (
        (1, "a an one first un uno una primer primero primeiro um"),
        (2, "two second dos segundo dois"),
        (3, "three third tres tercer tercero terceiro"),
        (4, "four fourth cuatro cuarto quatro quarto"),
        (5, "five fifth cinco quinto"),
        (6, "six sixth seis sexto"),
        (7, "seven siete sete"),
        (8, "eight ocho oito"),
        (9, "nine nueve nove"),
        (10, "ten diez dez"),
        (11, "eleven once onze"),
        (12, "twelve doce doze"),
        (13, "thirteen trece treze"),
        (14, "fourteen catorce catorze quatorze"),
        (15, "fifteen quince quinze"),
        (16, "sixteen dieciseis dezesseis"),
        (18, "eighteen dieciocho dezoito"),
        (20, "twenty veinte vinte"),
        (24, "twenty-four veinticuatro"),
        (30, "thirty treinta trinta"),
        (36, "thirty-six"),
    )
    for name in names.split()
} | {"treinta y seis": 36, "trinta e seis": 36, "vinte e quatro": 24}
_NUMBER = r"(?:\d{1,2}|" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + ")"
_HALF = r"(?:\s+(?:and a half|y medio|e meio))?"
_LEFT = re.compile(
    rf"\b(?P<n>{_NUMBER})(?P<half>{_HALF})\s+(?:more |full |further )?"
    rf"(?P<unit>years?|anos?|months?|mes(?:es)?)\b(?P<after>{_HALF})"
)
_HALF_YEAR = re.compile(r"\b(?:half a year|medio ano|meio ano)\b")
_YEARS = rf"(?P<length>{_NUMBER})(?:[- ]years?|\s+anos?)"
_TERM = r"(?:terms?|mandates?|mandatos?|periodos?)"
_LENGTH = re.compile(rf"\b(?:for|por|of|de|a|an|un|um)?\s*{_YEARS}\b")
_WHOLE = re.compile(
    rf"\b{_TERM}\s+(?:of|de|is|lasts|dura|es de|e de)\s+{_YEARS}\b|\b{_YEARS.replace('length', 'l')}\s+{_TERM}\b"
)
_BEGAN = re.compile(
    r"\b(?:took office|takes office|sworn in|in office since|inaugurated|began|begins|started|starts|since"
    r"|(?:re-?)?elected|asumio|juro|tomo posesion|inicio|comenzo|empezo|desde|(?:re)?elect[oa]|(?:re)?elegid[oa]|gano"
    r"|posesionad[oa]|empossad[oa]|tomou posse|assumiu|comecou|iniciou|(?:re)?eleit[oa])\b"
)
_NTH = re.compile(
    rf"\b(?P<nth>{_NUMBER})(?:st|nd|rd|th)?\s+(?:(?:year|ano)\s+)?(?:of|in|de|do|dos|d[eo]l?)\b.{{0,20}}?\b{_YEARS}\b"
    rf"|\b(?P<spanish>{_NUMBER})\s+ano de (?:un|su|um|seu|uma)\s+mandato de (?P<of>{_NUMBER})\b"
)
_MIDWAY = re.compile(
    rf"\b(?:half ?way|midway|(?:a(?: la)?|en la) mitad|(?:na|pela) metade)\b.{{0,30}}?\b{_YEARS}\b"
)
_NEXT = re.compile(r"\b(?:next year|proximo ano|ano proximo|ano que v(?:iene|em))\b")
_THIS = re.compile(r"\b(?:this year|n?este ano)\b")
_YEAR = re.compile(r"\b(20\d\d)\b")
_FROM_TO = re.compile(r"\b20\d\d\s*(?:[-–—/]|to|until|through|a|al|ate|hasta)\s*(20\d\d)\b(?![-/]\d)")
"""Two years that a term runs between."""


def ends_between(text: str, today: date) -> tuple[date, date] | None:
    """The earliest and latest day on which a term ends, however that is told; None when it is not."""
    folded = fold(text)
    if (span := _from_its_beginning(folded)) is not None:
        return span
    if (span := term_end(text)) is not None:
        return span
    if (span := _by_its_year(folded, today)) is not None:
        return span
    if (left := years_left(text)) is not None:
        return _after(today, left), _after(today, left)
    for pattern, year in ((_NEXT, today.year + 1), (_THIS, today.year)):
        if pattern.search(folded):
            return date(year, 1, 1), date(year, 12, 31)
    return None


def term_end(text: str) -> tuple[date, date] | None:
    """The earliest and latest day that "December 2028" or "2028" can mean; None without a year."""
    folded = fold(text)
    if (years := _FROM_TO.search(folded)) is not None:
        return _span(int(years[1]), None)
    year = _YEAR.search(folded)
    if year is None:
        return None
    if (either := _either_month(folded)) and _month(folded) is None:
        return _span(int(year[1]), either[0])[0], _span(int(year[1]), either[1])[1]
    return _span(int(year[1]), _month(folded))


def years_left(text: str) -> float | None:
    """The years in "two and a half years left" or "18 months to go"; None when it does not say.

    How long a whole term lasts is not what is left of it.
    """
    folded = _WHOLE.sub(" ", fold(text))
    match = _LEFT.search(folded)
    if match is None:
        return 0.5 if _HALF_YEAR.search(folded) else None
    count = _count(match["n"]) + (0.5 if match["half"] or match["after"] else 0.0)
    return count / 12 if match["unit"].startswith("m") else count


def meaning(text: str) -> object:
    """What a text says of an end, in a form in which two spellings of the same are equal; None when nothing."""
    return _from_its_beginning(fold(text)) or term_end(text) or years_left(text)


def _from_its_beginning(folded: str) -> tuple[date, date] | None:
    """When a term ends that began in the one year that is named, and lasts as long as is said."""
    length = _LENGTH.search(folded)
    years = set(_YEAR.findall(folded))
    began = _BEGAN.search(folded)
    if length is None or began is None or len(years) != 1:
        return None
    return _span(int(years.pop()) + int(_count(length["length"])), _month(folded))


def _by_its_year(folded: str, today: date) -> tuple[date, date] | None:
    """When a term ends whose second of four years, or whose middle, is now."""
    if (match := _MIDWAY.search(folded)) is not None:
        left = _count(match["length"]) / 2
        return _after(today, left), _after(today, left)
    if (match := _NTH.search(folded)) is None:
        return None
    nth = _count(match["nth"] or match["spanish"])
    length = _count(match["length"] or match["of"])
    if not 0 < nth <= length:
        return None
    return _after(today, length - nth), _after(today, length - nth + 1)


def _span(year: int, month: int | None) -> tuple[date, date]:
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    return date(year, month, 1), date(year, month, 28)


def _month(folded: str) -> int | None:
    named = set(MONTH_NAME.findall(folded))
    found = next((number for name, number in MONTHS.items() if name in named), None)
    return found or _month_in_figures(folded)


def _month_in_figures(folded: str) -> int | None:
    """The month of "2028-12" or "12/2028"; None where figures leave it open, as 3/4/2028 does."""
    match = re.search(r"\b20\d\d-(\d\d)\b", folded) or re.search(r"(?<![\d/])(\d{1,2})/20\d\d\b", folded)
    if match is not None:
        return int(match[1]) if 1 <= int(match[1]) <= 12 else None
    first, last = _either_month(folded) or (0, 1)
    return first if first == last else None


def _either_month(folded: str) -> tuple[int, int] | None:
    """The earlier and the later month that "3/4/2028" can mean, which are the same for "31/12/2028"."""
    full = re.search(r"\b(\d{1,2})/(\d{1,2})/20\d\d\b", folded)
    months = sorted(n for n in (int(full[1]), int(full[2])) if 1 <= n <= 12) if full is not None else []
    return (months[0], months[-1]) if months else None


def _after(today: date, years: float) -> date:
    """The day that many years from today, by whole months; the 28th stands for the end of every month."""
    months = today.month - 1 + round(years * 12)
    return date(today.year + months // 12, months % 12 + 1, min(today.day, 28))


def _count(word: str) -> float:
    return float(word) if word.isdigit() else float(_COUNTS[word])
