"""The indicative pathway: which signs of readiness are there, and what they point to. Nobody is admitted here."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.domain import Evidence, Lang, Readiness, Signal
from assistant.programme import PathwaySignal, Programme
from assistant.words import Words

READY_SHARE = 0.7
"""Share of the implementation signals that must rest on something said."""
OPEN_SHARE = 0.4
"""Share of signals answered "we do not know" or left vague that points to building capacity first."""


def readiness(record: Mapping[str, Evidence], programme: Programme, words: Words, lang: Lang) -> Readiness:
    """The signals of the implementation pathway, and the pathway they indicate."""
    pathway = programme.pathways[0]
    signals = tuple(_signal(s, record, words, lang) for s in pathway.signals)
    met = sum(s.state == "met" for s in signals)
    open_ = sum(s.state == "not_met" for s in signals)
    if met >= READY_SHARE * len(signals):
        name = pathway.id
    elif open_ >= OPEN_SHARE * len(signals):
        name = programme.pathways[1].id
    else:
        name = "unclear"
    return Readiness.model_validate(
        {"pathway": name, "signals": signals, "notice": programme.about.readiness_notice.at(lang)}
    )


def _signal(signal: PathwaySignal, record: Mapping[str, Evidence], words: Words, lang: Lang) -> Signal:
    held = record.get(signal.element)
    text = signal.text.at(lang)
    if held is None or held.state == "missing":
        return Signal(id=signal.id, state="unknown", why=f"{text} {words.say(lang, 'readiness.missing')}")
    if held.state == "stated":
        why = words.say(lang, "readiness.met", quote=held.quote)
        return Signal(id=signal.id, state="met", why=f"{text} {why}")
    return Signal(id=signal.id, state="not_met", why=f"{text} {words.say(lang, 'readiness.unknown')}")
