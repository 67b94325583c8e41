"""The capability map: what the team is able to do, who owns each responsibility, and where that is open."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from assistant.domain import (
    Assignment,
    CapabilityMap,
    Check,
    CriterionState,
    Duty,
    Evidence,
    Lang,
    Overload,
    Passage,
)
from assistant.programme import Capability, Programme, Responsibility
from assistant.safety import fold
from assistant.words import Words

OVERLOAD = 5
"""One name that is primary on so many responsibilities gets a note; it is a note and never a failure."""
_ARTICLE = re.compile(r"^(the|our|a|an|el|la|los|las|un|una|nuestr[oa]s?|o|os|as|um|uma|noss[oa]s?)\s+")


def capability_map(
    record: Mapping[str, Evidence],
    team: Sequence[Assignment],
    programme: Programme,
    rule: Callable[[str, Lang], Passage],
    words: Words,
    lang: Lang,
) -> CapabilityMap:
    """The map of everything said and entered so far; nobody is put on it who was not named."""
    said = {a.duty: a for a in team}
    duties = tuple(
        _duty(item, function.id, said.get(item.id), record)
        for function in programme.functions
        for item in function.responsibility
    )
    return CapabilityMap(
        capabilities=tuple(_capability(c, record, rule, words, lang) for c in programme.capabilities),
        duties=duties,
        unowned=tuple(d.id for d in duties if not d.owner),
        overloaded=_overloads(duties),
    )


def _capability(
    capability: Capability,
    record: Mapping[str, Evidence],
    rule: Callable[[str, Lang], Passage],
    words: Words,
    lang: Lang,
) -> Check:
    """A capability with the booklet's own sign of its absence beside it until somebody is named."""
    held = record.get(capability.element)
    state = state_of(held)
    quote = held.quote if held is not None and state != "unknown" else None
    signal = capability.failure_signal.at(lang)
    note = words.say(lang, "readiness.met", quote=quote) if state == "met" and quote else signal
    return Check(
        id=capability.id,
        state=state,
        note=note,
        quote=quote,
        turn=held.turn if held is not None and quote else None,
        rule=rule(capability.passage, lang).citation(),
    )


def state_of(held: Evidence | None) -> CriterionState:
    """Stated is met, a denial is not met, everything else is unknown."""
    if held is None or held.state == "missing":
        return "unknown"
    if held.denied:
        return "not_met"
    return "met" if held.state == "stated" else "unknown"


def _duty(
    item: Responsibility, function: str, said: Assignment | None, record: Mapping[str, Evidence]
) -> Duty:
    if said is not None:
        return Duty(
            id=item.id,
            function=function,
            owner=said.owner,
            contributors=said.contributors,
            time=said.time,
            basis="stated" if said.owner else "open",
            quote=said.quote,
            turn=said.turn,
        )
    held = record.get(item.follows_from) if item.follows_from else None
    if held is None or held.state != "stated" or not held.quote:
        return Duty(id=item.id, function=function)
    return Duty(
        id=item.id, function=function, owner=held.quote, basis="inferred", quote=held.quote, turn=held.turn
    )


def _overloads(duties: Sequence[Duty]) -> tuple[Overload, ...]:
    by_name: dict[str, list[Duty]] = {}
    for duty in duties:
        if duty.owner:
            by_name.setdefault(_ARTICLE.sub("", fold(duty.owner)), []).append(duty)
    return tuple(
        Overload(owner=held[0].owner, duties=tuple(d.id for d in held))
        for held in by_name.values()
        if len(held) >= OVERLOAD
    )
