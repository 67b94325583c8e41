"""A past project beside the proposal: what is the same, what differs, and what nobody has said yet.

It says nothing about whether the project worked: how near a case is and how it ended are kept apart, so that one
that failed is shown as readily as one that succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from assistant.domain import Case, Difference, Evidence, Lang
from assistant.words import Words

FROM_RECORD: dict[str, tuple[str, ...]] = {
    "decision": ("decision",),
    "size": ("population",),
    "data": ("data_sources",),
    "owner": ("delivery_owner", "decision_maker", "users"),
}
"""Where the record tells the applicant's side of an aspect: the first of these that was said."""
SOURCED = "sourced"


def differences(
    case: Case, record: Mapping[str, Evidence], words: Words, lang: Lang, *, today: date
) -> tuple[Difference, ...]:
    """The aspects of a case side by side with the proposal's; what a side does not say reads as unknown."""
    unsaid, unrecorded = (words.say(lang, f"case.{key}") for key in ("unsaid", "unrecorded"))
    theirs = {
        "decision": case.decision,
        "size": residents(case, words, lang),
        "data": ", ".join(case.data),
        "owner": case.users,
        "country": country(case, words, lang),
        "year": case.year,
    }
    yours = {aspect: _said(record, ids) for aspect, ids in FROM_RECORD.items()} | {"year": str(today.year)}
    return tuple(
        Difference(
            aspect=words.say(lang, f"case.aspect_{aspect}"),
            yours=yours.get(aspect) or unsaid,
            theirs=told or unrecorded,
        )
        for aspect, told in theirs.items()
    )


def basis(case: Case) -> Literal["documented", "illustrative"]:
    """Whether somebody read the case's source, or it is told from memory and only illustrates."""
    return "documented" if case.confidence == SOURCED else "illustrative"


def country(case: Case, words: Words, lang: Lang) -> str:
    """The case's country in the reader's language, as far as the locale files know it."""
    key = f"country.{case.country.casefold().replace(' ', '_')}"
    return words.say(lang, key) if words.has(key) else case.country


def residents(case: Case, words: Words, lang: Lang) -> str:
    """How many people the case's city has, in the reader's way of writing numbers; empty when not recorded."""
    if not case.population:
        return ""
    size = f"{case.population:,}".replace(",", "," if lang == "en" else ".")
    return words.say(lang, "case.residents", population=size)


def _said(record: Mapping[str, Evidence], ids: tuple[str, ...]) -> str:
    """The applicant's words about the first of these that was said."""
    held = (record.get(id) for id in ids)
    said = (e.quote or e.value for e in held if e is not None and e.state in ("stated", "vague"))
    return next((words.strip() for words in said if words), "")
