"""Testable versions of a poor fit, made only of what the applicant has said."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.domain import Evidence, Lang, Reframing, Text
from assistant.programme import PoorFitReason, Programme, ReframingTemplate


def reframings(
    reason: PoorFitReason, record: Mapping[str, Evidence], programme: Programme, lang: Lang
) -> tuple[Reframing, ...]:
    """The versions of a reason whose every slot the applicant has stated; none when nothing can carry a test."""
    said = {id: e.quote for id, e in record.items() if e.state == "stated" and e.quote}
    return tuple(
        _fill(template, said, programme, lang)
        for template in reason.reframing
        if all(need in said for need in template.needs)
    )


def _fill(
    template: ReframingTemplate, said: Mapping[str, str], programme: Programme, lang: Lang
) -> Reframing:
    kept = tuple(said[id] for id in template.needs)
    dropped = tuple(
        programme.element(id).name.at(lang)
        for id in said
        if id not in template.needs and id in ("decision", "test_plan", "success_indicators")
    )
    return Reframing(
        decision=_slots(template.decision, said, lang),
        user=_slots(template.user, said, lang),
        smallest_test=_slots(template.smallest_test, said, lang),
        kept=kept,
        dropped=dropped,
    )


def _slots(text: Text, said: Mapping[str, str], lang: Lang) -> str:
    words = text.at(lang)
    for id, quote in said.items():
        words = words.replace("{" + id + "}", quote.strip(" .,;:"))
    return words
