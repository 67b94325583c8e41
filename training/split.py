"""What is held out to measure the judge: authors, styles and cities, never examples at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.examples import Example

SAME_STYLE = ("a2-en", "a4-es", "a6-pt")
"""Other authors' texts of the registers that most training texts have."""
ATTACKS = ("a8-mixed",)
STYLES = (
    *("press_article", "radio_script", "web_news", "speech", "petition", "press", "long_article"),
    *("tender", "consultant_report", "technical_note", "academic_abstract", "it_ticket", "long_tender"),
)
"""The registers of the press and of technical papers, whoever wrote them."""
OTHER_STYLES = ("b2-public", "b5-technical")
TWINS = ("b15-twins", "b16-flips")
"""Pairs of nearly the same words with different labels."""
FRESH = ("b14-reports", *TWINS, "b17-decoys")
"""Whole authors with purposes of their own."""
CITIES = ("cases-0", "cases-1")
"""Real projects of half of the cities."""

_AUTHORS = frozenset((*SAME_STYLE, *ATTACKS, *OTHER_STYLES, *FRESH, *CITIES))


def held_out(example: Example) -> bool:
    """Whether the example is kept from training when the judge is measured."""
    return example.author in _AUTHORS or example.style in STYLES


def slices(examples: Sequence[Example]) -> Mapping[str, list[int]]:
    """Name → places of the held-out examples it covers."""
    found: dict[str, list[int]] = {}
    for i, e in enumerate(examples):
        if held_out(e):
            for name in _names(e):
                found.setdefault(name, []).append(i)
    return found


def _names(e: Example) -> list[str]:
    names = [e.lang]
    if e.author in SAME_STYLE:
        names.append("same style")
    if e.author in ATTACKS:
        names.append("attacks")
    if e.style in STYLES:
        names.append("other styles")
    if e.author in TWINS:
        names.append("twins")
    if e.author in FRESH and e.author not in TWINS:
        names.append(e.author)
    if e.author in CITIES:
        names.append("real projects")
    return names
