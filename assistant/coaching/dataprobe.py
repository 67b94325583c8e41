"""What is known of each data source: who holds it, how fresh it is, who is missing in it. Read, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from assistant.coaching.bank import Bank, ProbeField
from assistant.coaching.durations import durations
from assistant.coaching.signs import Signs, quoted, said, stands
from assistant.domain import Conversation, Frozen, Lang, ProbeAnswer, Signal
from assistant.errors import InputError
from assistant.judging.features import sentences
from assistant.safety import MESSAGE_LIMIT, clean_text, fold

MOST_SOURCES = 6
ENOUGH = 3
"""Sides of a source that must be known before it counts as looked into."""
LEAD_TIME = "lead_time"
REMEMBERED = 2_048
"""Sentences whose words are kept: every source of a draft is looked for in each."""
_BETWEEN = re.compile(
    r",\s+(?:(?:and|y|e)\s+)?|;\s+|\s+(?:and|y|e|plus|además de|além de)\s+|\n+", re.IGNORECASE
)
_ARTICLE = re.compile(
    r"^(?:the|our|an?|la|el|los|las|nuestr[oa]s?|un|una|o|a|os|as|noss[oa]s?|um|uma)\s+", re.I
)

Told = tuple[str, list[str]]
"""A sentence of the draft, and the sources it names."""


class Side(Frozen):
    """One side of a source: the words that tell it, or that nobody has said it yet."""

    field: str
    name: str
    state: Literal["stated", "unknown"]
    quote: str | None = None


class Source(Frozen):
    """One data source by the applicant's name for it."""

    name: str
    sides: tuple[Side, ...]

    @property
    def known(self) -> int:
        """How many sides are known."""
        return sum(side.state == "stated" for side in self.sides)


class ProbeQuestion(Frozen):
    """The next thing to ask about a source."""

    source: str
    field: str
    text: str


class Probe(Frozen):
    """Every source named in a draft, side by side."""

    sources: tuple[Source, ...]
    next_question: ProbeQuestion | None
    """The first side that is neither known nor asked about; None when all is said or asked."""

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Source and side of everything that is unknown."""
        return tuple((s.name, side.name) for s in self.sources for side in s.sides if side.state == "unknown")


def probe(conversation: Conversation, bank: Bank, signs: Signs, lang: Lang) -> Probe:
    """What was said of each source named among the data sources, and what to ask next."""
    names = source_names(quoted(conversation, "data_sources"))
    texts = said(conversation)
    told = [
        (s.text, [n for n in names if _speaks_of(s.text, n)])
        for text in texts
        for s in sentences(text)
        if stands(conversation, s.text, texts)
    ]
    found = tuple(
        Source(
            name=name,
            sides=tuple(_side(f, name, names, told, conversation, signs, lang) for f in bank.probe),
        )
        for name in names
    )
    return Probe(sources=found, next_question=_next(found, conversation, bank, lang))


def answered(conversation: Conversation, source: str, field: str, text: str, bank: Bank) -> Conversation:
    """The conversation with one side of a source answered; no text says that nobody knows.

    Raises InputError for a source that was not named, a side there is not, or a text that is too long.
    """
    names = source_names(quoted(conversation, "data_sources"))
    if source not in names or field not in {f.id for f in bank.probe}:
        raise InputError(
            "there is no such data source", fix="reload the page and answer again", key="no_source"
        )
    words = clean_text(text)
    if len(words) > MESSAGE_LIMIT:
        raise InputError(
            f"the text has {len(words):,} characters; {MESSAGE_LIMIT:,} can be read",
            fix="send the part that answers the question",
            key="too_long",
        )
    fresh = ProbeAnswer(source=source, field=field, text=words)
    kept = tuple(a for a in conversation.probes if (a.source, a.field) != (source, field))
    return conversation.model_copy(update={"probes": (*kept, fresh)})


def source_names(words: str) -> tuple[str, ...]:
    """The sources in the words of the data sources, each as it stands there, without its article."""
    pieces = [_ARTICLE.sub("", p.strip(" .,;:")) for p in _BETWEEN.split(words)]
    named = [p for p in dict.fromkeys(pieces) if sum(c.isalnum() for c in p) > 2]
    return tuple(p if len(p) <= 120 else p[:120].rpartition(" ")[0] or p[:120] for p in named)[:MOST_SOURCES]


def probe_signals(found: Probe, say: tuple[str, str, str]) -> tuple[Signal, ...]:
    """A readiness signal for each source; `say` holds the words for met, not met and unknown, with {source}."""
    return tuple(
        Signal(
            id=f"source_{place}",
            state="met" if s.known >= ENOUGH else ("not_met" if s.known else "unknown"),
            why=say[0 if s.known >= ENOUGH else (1 if s.known else 2)].format(source=s.name, known=s.known),
        )
        for place, s in enumerate(found.sources, start=1)
    )


def _side(
    field: ProbeField,
    name: str,
    names: tuple[str, ...],
    told: Sequence[Told],
    conversation: Conversation,
    signs: Signs,
    lang: Lang,
) -> Side:
    given = next((a for a in conversation.probes if (a.source, a.field) == (name, field.id)), None)
    quote = given.text if given is not None else _heard(field, name, names, told, signs)
    state: Literal["stated", "unknown"] = "stated" if quote else "unknown"
    return Side(field=field.id, name=field.name.at(lang), state=state, quote=quote or None)


def _heard(field: ProbeField, name: str, names: tuple[str, ...], told: Sequence[Told], signs: Signs) -> str:
    """The sentence that tells one side of a source; in one that lists several, only the source's own words."""
    for sentence, spoken_of in told:
        if name not in spoken_of and not (len(names) == 1 and signs.hears("step_data", sentence)):
            continue
        words = sentence if len(spoken_of) < 2 else name
        if field.sign is None:
            if durations(words) and signs.hears("lead", words):
                return words
        elif signs.hears(field.sign, words):
            return words
    return ""


def _speaks_of(sentence: str, name: str) -> bool:
    """Whether a sentence names a source: all the telling words of its name, or the whole of it."""
    telling = [word for word in _words(name) if len(word) > 3]
    return bool(telling) and all(word in _words(sentence) for word in telling)


@lru_cache(REMEMBERED)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", fold(text)))


def _next(
    sources: tuple[Source, ...], conversation: Conversation, bank: Bank, lang: Lang
) -> ProbeQuestion | None:
    asked = {(a.source, a.field) for a in conversation.probes}
    for field in bank.probe:
        for source in sources:
            side = next(s for s in source.sides if s.field == field.id)
            if side.state == "unknown" and (source.name, field.id) not in asked:
                text = field.question.at(lang).replace("{source}", source.name)
                return ProbeQuestion(source=source.name, field=field.id, text=text)
    return None
