"""Who is asking: the draft that the browser's cookie opens, and the language to speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain import LANGS, Lang
from assistant.store.drafts import Draft, Drafts

COOKIE = "scoping_draft"


@dataclass(frozen=True)
class Visit:
    """One request, seen by its cookie and its headers alone."""

    token: str | None
    draft: Draft | None
    lang: Lang


def visit(drafts: Drafts, cookies: Mapping[str, str], headers: Mapping[str, str]) -> Visit:
    """The draft of the cookie, if it opens one, and the reader's language."""
    token = cookies.get(COOKIE)
    draft = drafts.find(token) if token else None
    chosen = draft.lang if draft else None
    return Visit(token if draft else None, draft, chosen or preferred(headers.get("accept-language", "")))


def preferred(accepted: str) -> Lang:
    """The language of an Accept-Language header that we have and the reader likes best; English otherwise."""
    wishes: list[tuple[float, int, Lang]] = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, weight = part.strip().partition(";q=")
        for lang in LANGS:
            if tag.lower().split("-")[0] == lang:
                wishes.append((-_weight(weight), place, lang))
    return min(wishes)[2] if wishes else "en"


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
