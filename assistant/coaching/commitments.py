"""What cities commit to when they take part: yes, no or not known, as it was said. Nothing here is a gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.cues import Cues
from assistant.domain import Check, CriterionState, Evidence, Lang, Passage
from assistant.programme import Programme


def commitments(
    record: Mapping[str, Evidence],
    programme: Programme,
    rule: Callable[[str, Lang], Passage],
    cues: Cues,
    lang: Lang,
) -> tuple[Check, ...]:
    """Every commitment that can be answered, with what was said of it and the line it rests on.

    The note is the commitment's name; an attitude, which no answer can settle, is left out.
    """
    found = []
    for item in programme.commitments:
        if not item.scored:
            continue
        held = record.get(item.id)
        said = (held.quote or held.value) if held is not None and held.state in ("stated", "vague") else None
        found.append(
            Check(
                id=item.id,
                state=answered(held, cues, lang),
                note=item.name.at(lang),
                quote=said,
                turn=held.turn if held is not None and said else None,
                rule=rule(item.passage, lang).citation(),
            )
        )
    return tuple(found)


def answered(held: Evidence | None, cues: Cues, lang: Lang) -> CriterionState:
    """Yes is met, no is not met; nothing said, "we do not know" and half a yes are unknown."""
    words = held.value if held is not None and held.state in ("stated", "vague") else None
    if held is None or not words:
        return "unknown"
    if held.denied or cues.hears("no", words, lang):
        return "not_met"
    if cues.hears("partly", words, lang):
        return "unknown"
    if cues.hears("yes", words, lang):
        return "met"
    return "not_met" if cues.hears("lacks", words, lang) else "met"
