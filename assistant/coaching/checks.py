"""What a verdict rests on, line by line: the fit's own checks, the resident line, and the three conditions for AI."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from assistant.coaching.capability import state_of
from assistant.cues import Cues
from assistant.domain import (
    AINote,
    Check,
    Conversation,
    CriterionState,
    Evidence,
    Flag,
    Lang,
    Line,
    Passage,
    ResidentLine,
)
from assistant.judging.features import sentences
from assistant.programme import Programme

Rule = Callable[[str, Lang], Passage]


def fit_checks(
    record: Mapping[str, Evidence], flags: Iterable[Flag], programme: Programme, rule: Rule, lang: Lang
) -> tuple[Check, ...]:
    """What a fit rests on, each met, not met or unknown with both sides' words; then each flag that stands."""
    found = []
    for check in programme.about.fit.check:
        state, held = _best(record, check.any_of)
        found.append(
            Check(
                id=check.id,
                state=state,
                note=check.name.at(lang),
                quote=(held.quote or held.value) if held is not None else None,
                turn=held.turn if held is not None else None,
                rule=rule(check.passage, lang).citation(),
            )
        )
    against = [
        Check(
            id=flag.reason,
            state="not_met",
            note=programme.reason(flag.reason).name.at(lang),
            quote=flag.applicant_quote,
            rule=flag.rule,
        )
        for flag in flags
    ]
    return (*found, *against)


def _best(record: Mapping[str, Evidence], ids: Iterable[str]) -> tuple[CriterionState, Evidence | None]:
    """The strongest of several elements: one that is stated, else one that is denied, else nothing."""
    held = [record[id] for id in ids if id in record]
    wanted: tuple[CriterionState, ...] = ("met", "not_met")
    for state in wanted:
        for evidence in held:
            if state_of(evidence) == state:
                return state, evidence
    return "unknown", None


# --- the resident line ------------------------------------------------------------------------------------


def resident_line(
    conversation: Conversation, programme: Programme, cues: Cues, rule: Rule, lang: Lang
) -> ResidentLine:
    """What the draft says of residents so far, in the applicant's words."""
    texts = programme.about.resident_line
    lines = []
    for part in texts.part:
        held = [conversation.record[id] for id in part.elements if id in conversation.record]
        said = next((e for e in held if e.state == "stated" and e.quote), None)
        lines.append(
            Line(id=part.id, said=said.quote or "" if said else "", turn=said.turn if said else None)
        )
    return ResidentLine(
        lines=tuple(lines),
        staff_only=staff_only(conversation.text, cues, lang),
        rule=rule(texts.passage, lang).citation(),
    )


def staff_only(text: str, cues: Cues, lang: Lang) -> bool:
    """Whether a text names a gain of the staff's own and nobody outside the administration."""
    spans = [s.text for s in sentences(text)]
    return any(cues.hears("staff_gain", s, lang) for s in spans) and not any(
        cues.hears("residents", s, lang) for s in spans
    )


# --- AI ---------------------------------------------------------------------------------------------------


def ai_note(
    conversation: Conversation, programme: Programme, cues: Cues, rule: Rule, lang: Lang
) -> AINote | None:
    """The three conditions when AI came up, a word of assurance when none is wanted, None when neither."""
    texts = programme.about.ai
    spans = [s.text for s in sentences(conversation.text)]
    citation = rule(texts.passage, lang).citation()
    without = any(cues.hears("no_ai", s, lang) for s in spans)
    proposed = any(cues.hears("proposes_ai", s, lang) and not cues.hears("no_ai", s, lang) for s in spans)
    if not proposed:
        return AINote(text=texts.without.at(lang), rule=citation) if without else None
    checks = []
    for condition in texts.condition:
        state, held = _best(conversation.record, condition.needs)
        met = state == "met"
        checks.append(
            Check(
                id=condition.id,
                state="met" if met else "unknown",
                note=(condition.met if met else condition.unknown).at(lang),
                quote=(held.quote or held.value) if met and held is not None else None,
                turn=held.turn if met and held is not None else None,
                rule=citation,
            )
        )
    return AINote(text=texts.note.at(lang), checks=tuple(checks), rule=citation)
