"""Eligibility facts from what was said: each met, not met or unknown, none of them a gate."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

from assistant.coaching.numerals import SPELT, spelt
from assistant.coaching.terms import MONTH_NAME, ends_between, term_end
from assistant.cues import Cues
from assistant.domain import CriterionFinding, Evidence, Lang, Passage
from assistant.judging.city import FACTS, CityReader
from assistant.programme import Criterion, Programme
from assistant.safety import fold

Standing = Literal["met", "not_met", "unknown", "discuss"]
NEAR = 0.9
"""A city with nine tenths of the typical population is a borderline worth discussing."""
SMALL = 1_000
HARDLY = 0.15
"""Below this probability an answer does not speak of the fact that was asked for."""
SURE = 0.75
"""From this probability on, the learnt reader says whether a fact is there."""
LEAST_WORDS = 4
"""Shorter answers are a yes, a no or a name."""
_YEARS = range(1900, 2101)
_SHORT = r"no (?:llega|alcanza)\w*|nao cheg\w+|not|short of|almost|nearly|close to|under|less than|casi|menos de|quase"
ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|approximately|unos|unas|cerca de|alrededor de|aproximadamente|uns|umas"
    rf"|por volta de|{_SHORT})\b"
)
_SHORT_OF = re.compile(rf"\b(?:{_SHORT})\b")
_SCALE = {
    "thousand": 1e3,
    "k": 1e3,
    "mil": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "m": 1e6,
    "mi": 1e6,
    "millon": 1e6,
    "millones": 1e6,
    "milhao": 1e6,
    "milhoes": 1e6,
}
_SCALES = "|".join(sorted(_SCALE, key=len, reverse=True))
_DIGITS = r"(?:\d{1,3}(?:[.,'’]\d{3})+|\d{1,3}(?: \d{3})+(?!\d)|\d+(?:[.,]\d+)?)"
_SPELT_SCALES = r"(?:thousand|millions?|mil|millon(?:es)?|milhao|milhoes)"
_AMOUNT = rf"(?:{_DIGITS}(?:\s*(?:{_SCALES})\b)?|\b{SPELT}\s+{_SPELT_SCALES}\b)"
NUMBER = rf"(?:{_AMOUNT}(?:\s+(?:y |e )?\d{{1,3}} mil\b)?(?:\s*(?:-|–|to|and|a|y|e)\s*{_AMOUNT})?)"
"""A number or a range of numbers as people write them, in lower case without accents."""
_BETWEEN = re.compile(rf"{_AMOUNT}\s*(?:-|–|to|and|a|y|e)\s*{_AMOUNT}")
_FOUR_DIGITS = re.compile(r"\b\d{4}\b")
_ONE = re.compile(
    rf"(?P<digits>{_DIGITS})(?:\s*(?P<scale>{_SCALES})\b)?|\b(?P<words>{SPELT})\s+(?P<of>{_SPELT_SCALES})\b"
)


def numbers_in(text: str) -> tuple[float, ...]:
    """Every number of a text with its scale: "1.2 million", "1 millón 200 mil", "98,000", "half a million"."""
    found: list[float] = []
    ended, scale_before = -1, 0.0
    folded = fold(text)
    for match in _ONE.finditer(folded):
        scale = _SCALE.get(match["scale"] or match["of"] or "", 1.0)
        value = spelt(match["words"]) * scale if match["words"] else _digits(match["digits"]) * scale
        joined_on = folded[ended : match.start()].strip() in ("", "y", "e") if ended >= 0 else False
        if joined_on and scale_before == 1e6 and scale == 1e3:
            found[-1] += value
        else:
            found.append(value)
        ended, scale_before = match.end(), scale
    return tuple(found)


def number_in(text: str) -> float | None:
    """The first number of a text, with its scale; None when there is none."""
    return next(iter(numbers_in(text)), None)


def residents_in(text: str) -> tuple[float, float] | None:
    """The least and the most residents that an answer gives; years and small counts beside it are passed over."""
    found = numbers_in(text)
    years = {float(year) for year in _FOUR_DIGITS.findall(text)}
    sizes = [n for n in found if n >= SMALL and not (n in _YEARS and n in years)]
    between = _BETWEEN.search(fold(text))
    if between is not None and len(sizes) > 1:
        return min(sizes[:2]), max(sizes[:2])
    first = (sizes or list(found))[:1]
    return (first[0], first[0]) if first else None


def exact(value: str) -> bool:
    """Whether a number or a day is as precise as anybody would give it: to ask again would bring nothing."""
    size = residents_in(value)
    if term_end(value) is not None:
        return MONTH_NAME.search(fold(value)) is not None
    return size is not None and size[0] == size[1] and not ABOUT.search(fold(value))


def _digits(written: str) -> float:
    if re.fullmatch(r"\d{1,3}(?:[.,'’ ]\d{3})+", written):
        return float(re.sub(r"\D", "", written))
    return float(written.replace(",", "."))


def findings(
    record: Mapping[str, Evidence],
    programme: Programme,
    rule: Callable[[str, Lang], Passage],
    cues: Cues,
    lang: Lang,
    today: date,
    reader: CityReader | None = None,
) -> tuple[CriterionFinding, ...]:
    """Every criterion with its state, a note in the applicant's language and the line it rests on.

    Without the learnt reader, words alone tell whether a fact is there.
    """
    found = []
    for criterion in programme.criteria:
        standing = _standing(criterion, record, cues, lang, today, reader)
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
    criterion: Criterion,
    record: Mapping[str, Evidence],
    cues: Cues,
    lang: Lang,
    today: date,
    reader: CityReader | None,
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
    if held.denied:
        return "not_met"
    by_words = _by_words(held, cues, lang)
    own = held is record.get(criterion.id)  # a sponsor's words answer another question
    heard = _by_likeness(criterion.id, held.value, reader) if own and reader is not None else None
    if heard is None or (by_words == "not_met" and heard == "unknown"):
        return by_words
    return heard


def _by_words(held: Evidence, cues: Cues, lang: Lang) -> Standing:
    """What single words say of an answer that is no plain "partly" and no denial."""
    said = held.value or ""
    if cues.hears("no", said, lang):
        return "not_met"
    if cues.hears("lacks", said, lang):
        return "not_met" if not cues.hears("turns", said, lang) else "discuss"
    return "met" if held.state == "stated" else "discuss"


def _by_likeness(id: str, value: str, reader: CityReader) -> Standing | None:
    """What the learnt reader makes of an answer; None when it is too short or the reader is not sure."""
    if id not in FACTS or len(value.split()) < LEAST_WORDS:
        return None
    heard = reader.facts(value, asked=id)[id]
    if heard.told < HARDLY:
        return "unknown"
    state, chance = max(heard.states.items(), key=lambda item: item[1])
    return state if chance >= SURE else None


def _by_size(criterion: Criterion, value: str) -> Standing:
    size, mark = residents_in(value), criterion.threshold or 0
    if size is None:
        return "unknown"
    if size[0] >= mark:
        return "discuss" if _SHORT_OF.search(fold(value)) and NEAR * size[0] < mark else "met"
    return "discuss" if size[1] >= NEAR * mark else "not_met"


def _by_term(criterion: Criterion, value: str, today: date) -> Standing:
    end, years = ends_between(value, today), criterion.threshold or 0
    if end is None:
        return "unknown"
    mark = date(today.year + years, today.month, min(today.day, 28))
    if end[0] >= mark:
        return "met"
    return "discuss" if end[1] >= mark else "not_met"
