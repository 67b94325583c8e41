"""Testable versions of a poor fit, made only of what the applicant has said, and what picking one writes down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.cues import Cue, Cues
from assistant.domain import (
    Choice,
    Conversation,
    Evidence,
    Flag,
    Judgement,
    Lang,
    Reframing,
    Rejudged,
    Standing,
    Text,
)
from assistant.programme import PoorFitReason, Programme, ReframingTemplate
from assistant.words import Words

OFFERED = 6
"""Versions that are shown and numbered at once."""
ACTS = ("users", "decision_maker")
"""Who would act on a version, in the order in which they are looked for."""
UNUSED = ("decision", "test_plan", "success_indicators")
"""What a version leaves out when it does not build on it."""
NUMBERS: tuple[Cue, ...] = ("choice_1", "choice_2", "choice_3", "choice_4", "choice_5", "choice_6")


def reframings(
    reason: PoorFitReason,
    record: Mapping[str, Evidence],
    programme: Programme,
    words: Words,
    lang: Lang,
    *,
    flagged: str = "",
) -> tuple[Reframing, ...]:
    """The versions of a reason whose every slot the applicant has stated; none when nothing can carry a test.

    `flagged` is the applicant's phrase that the flag rests on: every version drops it.
    """
    said = stated(record)
    return tuple(
        _fill(template, reason.id, said, programme, words, lang, flagged)
        for template in reason.reframing
        if all(need in said for need in template.needs)
    )


def stated(record: Mapping[str, Evidence]) -> dict[str, str]:
    """The applicant's own words for each element that was stated."""
    return {id: e.quote for id, e in record.items() if e.state == "stated" and e.quote}


def lacking(reason: PoorFitReason, record: Mapping[str, Evidence]) -> str:
    """The one element that would carry a version soonest, when nothing stated carries one yet."""
    said = stated(record)
    gaps = [[need for need in template.needs if need not in said] for template in reason.reframing]
    return min(gaps, key=len)[0]


def _fill(
    template: ReframingTemplate,
    reason: str,
    said: Mapping[str, str],
    programme: Programme,
    words: Words,
    lang: Lang,
    flagged: str,
) -> Reframing:
    who = next((id for id in ACTS if id in said), None)
    user = _slots(template.user, said, lang)
    if who is not None and not any(id in template.needs for id in ACTS):
        user = words.say(lang, "reframe.those_named", who=_bare(said[who]))
    named = [id for id in (*template.needs, who) if id is not None]
    dropped = [flagged] if flagged else []
    dropped += [programme.element(id).name.at(lang) for id in UNUSED if id in said and id not in named]
    return Reframing(
        id=template.id,
        reason=reason,
        decision=_slots(template.decision, said, lang),
        user=user,
        smallest_test=_slots(template.smallest_test, said, lang),
        kept=tuple(dict.fromkeys(said[id] for id in named)),
        dropped=tuple(dropped),
        acts=said[who] if who is not None else "",
    )


def _slots(text: Text, said: Mapping[str, str], lang: Lang) -> str:
    words = text.at(lang)
    for id, quote in said.items():
        words = words.replace("{" + id + "}", _bare(quote))
    return words


def _bare(quote: str) -> str:
    return quote.strip(' .,;:“”"')


# --- picking one ------------------------------------------------------------------------------------------


def offered(flags: Sequence[Flag]) -> tuple[Reframing, ...]:
    """The versions under the flags, in the order of their numbers."""
    return tuple(version for flag in flags for version in flag.reframings)[:OFFERED]


def picked(text: str, versions: Sequence[Reframing], cues: Cues, lang: Lang) -> Reframing | None:
    """The version that a message picks by its number, or None when it picks none of them."""
    if not versions or not cues.hears("chooses", text, lang):
        return None
    heard = [place for place, cue in enumerate(NUMBERS) if cues.hears(cue, text, lang)]
    if len(heard) != 1 or heard[0] >= len(versions):
        return None
    return versions[heard[0]]


def chosen(conversation: Conversation, version: Reframing) -> Conversation:
    """The conversation with a version written down as the applicant's choice: who, what, and how it is tried."""
    turn = conversation.turn
    values = {"decision": version.decision, "test_plan": version.smallest_test}
    record = dict(conversation.record)
    for id, value in values.items():
        record[id] = _written(record.get(id), value, None, turn)
    if version.acts:
        for id in ACTS:
            held = record.get(id)
            words = held.quote if held is not None and held.state == "stated" and held.quote else version.acts
            record[id] = _written(held, words, words, turn)
    choice = Choice(version=version, turn=turn, before=standing(conversation.shown))
    return conversation.model_copy(update={"record": record, "choice": choice, "offered": ()})


def _written(held: Evidence | None, value: str, quote: str | None, turn: int) -> Evidence:
    earlier = held.earlier if held is not None else ()
    if held is not None and held.value and held.value != value:
        earlier = (*earlier, held.value)
    return Evidence(state="stated", value=value, quote=quote, turn=turn, basis="chosen", earlier=earlier)


def standing(shown: str) -> Standing | None:
    """Where a proposal stood, from what the applicant was last told; None before the first verdict."""
    verdict, _, rest = shown.partition("|")
    reasons, _, kind = rest.partition("|")
    if not verdict:
        return None
    flags = tuple(r for r in reasons.split(",") if r)
    return Standing.model_validate({"verdict": verdict, "flags": flags, "type": kind or None})


def rejudged(before: Conversation, after: Conversation, judgement: Judgement) -> Rejudged | None:
    """The fit before and after, on the turn of the choice and whenever the verdict on it changes later."""
    choice, was = after.choice, standing(before.shown)
    if choice is None or was is None:
        return None
    now = Standing(
        verdict=judgement.fit.verdict,
        flags=tuple(f.reason for f in judgement.fit.flags),
        type=judgement.type.primary,
    )
    if choice.turn != after.turn and (was.verdict, was.flags) == (now.verdict, now.flags):
        return None
    lacks = ("decision_maker",) if now.flags and not choice.version.acts else ()
    return Rejudged(version=choice.version, before=was, after=now, lacks=lacks)
