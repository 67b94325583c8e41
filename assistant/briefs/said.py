"""What a brief takes from the applicant's words by itself: a city's name, a channel, how often a decision comes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from assistant.domain import Contact, Evidence, Lang, Message
from assistant.words import Words

Cue = Literal["city", "channel", "often"]

_NAME = (
    r"[A-ZÁÉÍÓÚÑÂÊÔÃÕÇ][\w’'-]+"
    r"(?:(?: (?:de|del|da|do|das|dos|la|las|los|el|of|the)){0,2} [A-ZÁÉÍÓÚÑÂÊÔÃÕÇ][\w’'-]+){0,4}"
)
READ = 4_000
"""Characters of one message that are searched."""


def said(evidence: Evidence, at_most: int = 0) -> str:
    """The applicant's words for an element, on one line; empty when there are none.

    With `at_most`, the whole answer that the words were taken from, when it is no longer than that many characters.
    """
    if evidence.state not in ("stated", "vague"):
        return ""
    quote = " ".join((evidence.quote or evidence.value or "").split())
    answer = " ".join((evidence.value or "").split())
    return answer if quote in answer and len(answer) <= at_most and evidence.basis != "corrected" else quote


def contact_of(messages: Iterable[Message], words: Words, lang: Lang) -> Contact:
    """The city and the channel the applicant prefers, as the latest message put them."""
    found: dict[str, str | int] = {}
    for message in messages:
        if city := find("city", message.text, words, lang):
            found |= {"city": city, "city_turn": message.turn}
        if channel := find("channel", message.text, words, lang):
            found |= {"channel": channel, "channel_turn": message.turn}
    return Contact.model_validate(found)


def how_often(record: Mapping[str, Evidence], words: Words, lang: Lang) -> str:
    """How often the decision comes, in the applicant's words about the decision; empty when they do not say."""
    for id in ("decision", "decision_maker", "users"):
        if found := find("often", said(record.get(id, Evidence())), words, lang):
            return found
    return ""


def find(cue: Cue, text: str, words: Words, lang: Lang) -> str:
    """The first words of a text that a cue looks for; empty when there are none."""
    flags = 0 if cue == "city" else re.IGNORECASE
    patterns = words.say(lang, f"cue.{cue}", name=_NAME).split("\n")
    matches = [m for p in patterns if (m := re.search(p, text[:READ], flags))]
    if not matches:
        return ""
    first = min(matches, key=lambda match: match.start())
    return " ".join((first[1] if first.re.groups else first[0]).split())
