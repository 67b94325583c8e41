"""What stands in the way of the data: permission not had, time that the programme does not give, gaps."""

from __future__ import annotations

from assistant.coaching.clock import Clock
from assistant.coaching.dataprobe import Probe, Side, Source
from assistant.coaching.durations import durations
from assistant.coaching.signs import Signs, said, stands
from assistant.domain import Conversation, Lang, Signal
from assistant.judging.features import sentences
from assistant.words import Words

DATA = "data_sources"
LOOKED_AT = ("permission", "gaps")
"""The sides of a source that can tell an obstacle; the time that it takes is the clock's."""
BLOCKING = ("source_permission", "source_lead_time")
"""Obstacles that keep a draft from being ready for the implementation pathway; a gap alone does not."""


def obstacles(
    conversation: Conversation, found: Probe, time: Clock, signs: Signs, words: Words, lang: Lang
) -> tuple[Signal, ...]:
    """A readiness signal that is not met for each obstacle, with the words that tell it; none where nothing does."""
    told: list[tuple[str, str, str]] = []
    for source in found.sources:
        if quote := _refused(source, conversation, signs):
            told.append((BLOCKING[0], quote, source.name))
    if not told and (quote := _refused_at_all(conversation, signs)):
        told.append((BLOCKING[0], quote, ""))
    access = next((step for step in time.steps if step.step == "data_access"), None)
    if access is not None and access.lead is not None and access.fits == "does_not_fit":
        told.append((BLOCKING[1], access.lead.quote, access.phase_name))
    for source in found.sources:
        gap = _side(source, "gaps")
        if gap.quote and not signs.hears("probe_no", gap.quote):
            told.append(("source_gaps", gap.quote, source.name))
    return tuple(_signal(id, quote, name, conversation, words, lang) for id, quote, name in told)


def possible(conversation: Conversation, signs: Signs) -> bool:
    """Whether a draft holds any word that could tell an obstacle: a cheap look before the close one."""
    if conversation.probes:
        return True
    text = "\n".join(said(conversation))
    return bool(durations(text)) or signs.hears("probe_refused", text) or signs.hears("probe_gaps", text)


def _side(source: Source, field: str) -> Side:
    return next(side for side in source.sides if side.field == field)


def _refused(source: Source, conversation: Conversation, signs: Signs) -> str:
    """The words that say a source may not be used yet; an answer to that very question may just say no."""
    quote = _side(source, "permission").quote or ""
    asked = any(a.text == quote for a in conversation.probes if a.field == "permission")
    no = signs.hears("probe_refused", quote) or (asked and signs.hears("probe_no", quote))
    return quote if quote and no else ""


def _refused_at_all(conversation: Conversation, signs: Signs) -> str:
    """A sentence that says so of data that it does not name."""
    texts = said(conversation)
    for text in texts:
        for sentence in sentences(text):
            heard = signs.hears("probe_refused", sentence.text) and signs.hears("step_data", sentence.text)
            if heard and "?" not in sentence.text and stands(conversation, sentence.text, texts):
                return sentence.text
    return ""


def _signal(id: str, quote: str, name: str, conversation: Conversation, words: Words, lang: Lang) -> Signal:
    key = "source_any_permission" if id == BLOCKING[0] and not name else id
    turn = next((m.turn for m in conversation.messages if m.counts and quote in m.text), None)
    return Signal(
        id=id,
        state="not_met",
        why=words.say(lang, f"probe.{key}", name=name, quote=quote),
        element=DATA,
        quote=quote,
        turn=turn,
    )
