"""The indicative pathway: which signs of readiness are there, and what they point to. Nobody is admitted here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from assistant.coaching.obstacles import BLOCKING
from assistant.domain import CriterionFinding, Evidence, Lang, Passage, Readiness, Signal, Support
from assistant.programme import PathwaySignal, Programme
from assistant.words import Words

READY_SHARE = 0.7
"""Share of the implementation signals that must rest on something said."""
OPEN_SHARE = 0.4
"""Share of signals answered "we do not know", "nobody", or left vague that points to building capacity first."""


def readiness(
    record: Mapping[str, Evidence],
    programme: Programme,
    words: Words,
    rule: Callable[[str, Lang], Passage],
    lang: Lang,
    eligibility: Iterable[CriterionFinding] = (),
    obstacles: tuple[Signal, ...] = (),
) -> Readiness:
    """The signals of the implementation pathway, the pathway they indicate, and what the sources name for gaps.

    Obstacles to the data join the signals; while one of them blocks, nothing points to implementation yet.
    """
    pathway = programme.pathways[0]
    signals = tuple(_signal(s, record, programme, words, rule, lang) for s in pathway.signals)
    open_ = [s.element for s in signals if s.state == "not_met"]
    if held_back(record, "success_indicators"):
        open_.append("success_indicators")
    open_ += [c.id for c in eligibility if c.state == "not_met"]
    open_ += [signal.element for signal in obstacles]
    towards = indicated(record, programme)
    if towards == pathway.id and any(signal.id in BLOCKING for signal in obstacles):
        towards = "unclear"
    return Readiness(
        pathway=towards,
        signals=(*signals, *obstacles),
        notice=programme.about.readiness_notice.at(lang),
        supports=_supports(open_, programme, rule, lang),
    )


def indicated(record: Mapping[str, Evidence], programme: Programme) -> str:
    """The pathway that the signals point to, or `unclear`."""
    signals = programme.pathways[0].signals
    met = sum(_met(record, s.element) for s in signals)
    open_ = sum(held_back(record, s.element) for s in signals)
    if met >= READY_SHARE * len(signals):
        return programme.pathways[0].id
    return programme.pathways[1].id if open_ >= OPEN_SHARE * len(signals) else "unclear"


def held_back(record: Mapping[str, Evidence], id: str) -> bool:
    """Whether an element was touched and is not there: denied, not known, or vague."""
    held = record.get(id)
    return held is not None and held.state not in ("missing", "stated")


def _met(record: Mapping[str, Evidence], id: str) -> bool:
    held = record.get(id)
    return held is not None and held.state == "stated"


def _signal(
    signal: PathwaySignal,
    record: Mapping[str, Evidence],
    programme: Programme,
    words: Words,
    rule: Callable[[str, Lang], Passage],
    lang: Lang,
) -> Signal:
    held, text = record.get(signal.element), signal.text.at(lang)
    said = (held.quote or held.value) if held is not None and held.state in ("stated", "vague") else None
    if held is None or held.state == "missing":
        state, why = "unknown", words.say(lang, "readiness.missing")
    elif held.state == "stated":
        state, why = "met", words.say(lang, "readiness.met", quote=said)
    else:
        state, why = "not_met", words.say(lang, "readiness.unknown")
    return Signal.model_validate(
        {
            "id": signal.id,
            "state": state,
            "why": f"{text} {why}",
            "element": signal.element,
            "quote": said,
            "turn": held.turn if held is not None and said else None,
            "rule": rule(programme.element(signal.element).passage, lang).citation(),
        }
    )


def _supports(
    gaps: Iterable[str], programme: Programme, rule: Callable[[str, Lang], Passage], lang: Lang
) -> tuple[Support, ...]:
    """For each gap, what the sources name; a gap they name nothing for has none."""
    return tuple(
        Support(
            gap=gap,
            name=offer.name.at(lang),
            text=offer.text.at(lang),
            rule=rule(offer.passage, lang).citation(),
        )
        for gap in dict.fromkeys(gaps)
        for offer in programme.supports
        if gap in offer.gaps
    )
