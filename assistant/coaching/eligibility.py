"""Eligibility facts from what was said: each met, not met or unknown, none of them a gate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

from assistant.cues import Cues
from assistant.domain import CriterionFinding, Evidence, Lang, Passage
from assistant.programme import Criterion, Programme
from assistant.safety import fold

Standing = Literal["met", "not_met", "unknown", "discuss"]
NEAR = 0.9
"""A city with nine tenths of the typical population is a borderline worth discussing."""
_SCALE = {
    "thousand": 1e3,
    "k": 1e3,
    "mil": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "m": 1e6,
    "millon": 1e6,
    "millones": 1e6,
    "milhao": 1e6,
    "milhoes": 1e6,
}
_NUMBER = re.compile(r"(\d[\d.,  ]*)\s*([a-z]+)?")
_CITY_SIZE = re.compile(
    r"(?:(?:city|municipality|town|ciudad|municipio|comuna|partido|canton|distrito|cidade|alcaldia)\s+"
    r"(?:of|with|has|have|de|con|com|tem|tiene)\s+(?:about|some|around|nearly|over|unos|unas|casi|mas de|cerca de|"
    r"aproximadamente|quase)?\s*(\d[\d.,  ]*\s*[a-z]*)\s*(?:de\s+)?(?:residents|inhabitants|people|habitantes|"
    r"moradores|residentes|personas|vecinos|pessoas))"
)
_YEAR = re.compile(r"\b(20\d\d)\b")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january enero janeiro",
            "february febrero fevereiro",
            "march marzo marco",
            "april abril",
            "may mayo maio",
            "june junio junho",
            "july julio julho",
            "august agosto",
            "september septiembre setiembre setembro",
            "october octubre outubro",
            "november noviembre novembro",
            "december diciembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}


def number_in(text: str) -> float | None:
    """The first number of a text, with its scale: "1.2 million", "240 mil", "98,000"; None when there is none."""
    match = _NUMBER.search(fold(text))
    if match is None:
        return None
    digits, word = match[1].strip(" .,"), match[2] or ""
    scale = _SCALE.get(word, 1.0)
    grouped = re.fullmatch(r"\d{1,3}(?:[.,  ]\d{3})+", digits)
    plain = re.sub(r"[.,  ]", "", digits) if grouped else digits.replace(",", ".").replace(" ", "")
    try:
        return float(plain) * scale
    except ValueError:
        return None


def population_in(text: str) -> str | None:
    """The words that say how many residents the city has, when a proposal says so; never a number of cases."""
    match = _CITY_SIZE.search(fold(text))
    return match[1].strip() if match else None


def term_end(text: str) -> tuple[date, date] | None:
    """The earliest and latest day that "December 2028" or "2028" can mean; None without a year."""
    folded = fold(text)
    year = _YEAR.search(folded)
    if year is None:
        return None
    month = next((n for name, n in _MONTHS.items() if re.search(rf"\b{name}\b", folded)), None)
    if month is None:
        return date(int(year[1]), 1, 1), date(int(year[1]), 12, 31)
    return date(int(year[1]), month, 1), date(int(year[1]), month, 28)


def findings(
    record: Mapping[str, Evidence],
    programme: Programme,
    rule: Callable[[str, Lang], Passage],
    cues: Cues,
    lang: Lang,
    today: date,
) -> tuple[CriterionFinding, ...]:
    """Every criterion with its state, a note in the applicant's language and the line it rests on."""
    found = []
    for criterion in programme.criteria:
        standing = _standing(criterion, record, cues, lang, today)
        held = _held(criterion, record)
        found.append(
            CriterionFinding(
                id=criterion.id,
                state="unknown" if standing == "discuss" else standing,
                note=getattr(criterion, standing).at(lang),
                rule=rule(criterion.passage, lang).citation(),
                discuss=standing == "discuss",
                quote=held.quote if held is not None else None,
                turn=held.turn if held is not None and held.quote else None,
            )
        )
    return tuple(found)


def _held(criterion: Criterion, record: Mapping[str, Evidence]) -> Evidence | None:
    """What was said for a criterion; a sponsor who was named speaks for the leadership."""
    held = record.get(criterion.id)
    if criterion.id == "leadership_commitment" and held is None:
        return record.get("executive_sponsor")
    return held


def _standing(
    criterion: Criterion, record: Mapping[str, Evidence], cues: Cues, lang: Lang, today: date
) -> Standing:
    held = _held(criterion, record)
    if held is None or held.state in ("missing", "unknown") or not held.value or not criterion.scored:
        return "unknown"
    if criterion.unit == "residents":
        return _by_size(criterion, held.value)
    if criterion.unit == "years":
        return _by_term(criterion, held.value, today)
    if cues.hears("partly", held.value, lang) and not held.denied:
        return "discuss"
    if held.denied or cues.hears("no", held.value, lang):
        return "not_met"
    if cues.hears("lacks", held.value, lang):
        return "not_met" if not cues.hears("turns", held.value, lang) else "discuss"
    return "met" if held.state == "stated" else "discuss"


def _by_size(criterion: Criterion, value: str) -> Standing:
    size, mark = number_in(value), criterion.threshold or 0
    if size is None:
        return "unknown"
    if size >= mark:
        return "met"
    return "discuss" if size >= NEAR * mark else "not_met"


def _by_term(criterion: Criterion, value: str, today: date) -> Standing:
    end = term_end(value)
    if end is None:
        return "unknown"
    years = criterion.threshold or 0
    mark = date(today.year + years, today.month, min(today.day, 28))
    if end[0] >= mark:
        return "met"
    return "discuss" if end[1] >= mark else "not_met"
