"""Disagreeing with a flag: what the applicant says against it is kept and handed on, and the flag stays."""

from __future__ import annotations

import re

from assistant.domain import Contest, Conversation, Flag, Lang
from assistant.programme import Programme
from assistant.safety import fold

WHY_LIMIT = 2_000
"""Characters of a reason that are kept; the whole message stays in the conversation."""
_BECAUSE = re.compile(
    r"\b(?:because|since|porque|ya que|pois|já que|por cuanto|given that|dado que)\b[:,]?\s*", re.IGNORECASE
)


def contested(conversation: Conversation, programme: Programme, lang: Lang) -> Conversation:
    """The conversation with the newest message kept as a reason against a flag that stands."""
    message = conversation.messages[-1]
    text = message.text.strip()
    contest = Contest(
        reason=_about(text, tuple(conversation.flagged), programme, lang),
        why=_why(text)[:WHY_LIMIT],
        turn=message.turn,
    )
    return conversation.model_copy(update={"contests": (*conversation.contests, contest)})


def marked(flags: tuple[Flag, ...], contests: tuple[Contest, ...]) -> tuple[Flag, ...]:
    """The flags, each with what was last said against it."""
    latest = {c.reason: c for c in contests}
    return tuple(f.model_copy(update={"contested": latest.get(f.reason)}) for f in flags)


def _about(text: str, standing: tuple[str, ...], programme: Programme, lang: Lang) -> str:
    """The flag whose name the message gives, else the first that stands."""
    named = [id for id in standing if fold(programme.reason(id).name.at(lang)) in fold(text)]
    return (named or list(standing))[0]


def _why(text: str) -> str:
    because = _BECAUSE.search(text)
    if because is None or not text[because.end() :].strip():
        return text
    reason = text[because.end() :].strip()
    return reason[:1].upper() + reason[1:]
