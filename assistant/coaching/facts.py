"""Facts of the city told in passing: its size, the mayor's term, who is in charge of its data. Heard, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from assistant.coaching.eligibility import ABOUT, NUMBER, residents_in
from assistant.coaching.signs import QUOTE_LENGTH
from assistant.coaching.terms import meaning
from assistant.domain import Conversation, Evidence, Frozen, Message
from assistant.errors import ProgrammeError
from assistant.judging.base import Reading
from assistant.judging.city import TERM, CityReader, Number
from assistant.judging.features import Span, clauses, sentences
from assistant.programme import read_toml

LEAST = 1_000
"""No city that writes to us has fewer residents: such a number counts something else."""
MOST = 40_000_000
"""And none has more."""
LEAST_WORDS = 4
"""Fewer words are compared with nothing."""
SURE = 0.5
"""From this probability on, a number or an end that is like those of other cities counts as the city's."""
TOLD = 0.4
"""And from this on, one of the other facts counts as told."""
TOLD_BESIDE = 0.8
"""The same in an answer to a question about something else."""
SURE_OF_STATE = 0.6
"""And from this on, as there or not there; below, as something to talk about."""
WORD_BEFORE = 24
"""Characters before a number in which "almost" or "about" may stand."""
MEASURED = ("population", "mayor_term_end")
"""Facts that are a number or a day; a later one puts an earlier one right."""
WHOM = "affected_residents"
OUR_SCRIPTS = 0x3000
"""Characters from here on are met too seldom to be kept."""
_LIKE = re.compile(
    r"\b(?i:like|unlike|como|a diferencia de|diferente de|ao contrário de)\s+[A-ZÁÉÍÓÚÂÊÔÃÕÇ]\w+"
)
_NUMERIC = re.compile(NUMBER)


class Fact(Frozen):
    """One fact of the city, with the sentence it stands in."""

    id: str
    value: str
    quote: str
    state: Literal["stated", "vague"] = "stated"
    denied: bool = False
    sure: bool = True
    """False for what was heard by likeness alone: that fills a gap and never replaces anything."""


@dataclass(frozen=True)
class _Patterns:
    hint: tuple[re.Pattern[str], ...]
    told: tuple[re.Pattern[str], ...]
    again: tuple[re.Pattern[str], ...]
    lacks: tuple[re.Pattern[str], ...]
    several: tuple[re.Pattern[str], ...]
    not_before: tuple[re.Pattern[str], ...]
    not_inside: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Facts:
    """Hears facts in the words of corpus/locale/facts.toml, in all languages at once, and in others by likeness."""

    path: Path
    reader: CityReader | None = None

    @cached_property
    def _patterns(self) -> dict[str, _Patterns]:
        try:
            return _compiled(read_toml(self.path))
        except (re.error, KeyError) as error:
            raise ProgrammeError(f"{self.path.name}: {error}", fix=f"correct {self.path}") from None

    def heard(self, text: str, known: Mapping[str, Evidence] | None = None) -> tuple[Fact, ...]:
        """The facts in a text, the last of each kind; one that is known may be put right in fewer words."""
        found: dict[str, Fact] = {}
        for sentence in sentences(text):
            for fact in self._sentence(sentence, known or {}):
                found[fact.id] = fact
        return tuple(found.values())

    def likely(self, text: str, about: str | None = None) -> tuple[Fact, ...]:
        """The facts that a text tells in words like those of other cities, none of them sure.

        An answer to a question `about` something else tells them only when it does so clearly.
        """
        if self.reader is None or len(text.split()) < LEAST_WORDS:
            return ()
        told = TOLD if about is None else TOLD_BESIDE
        return tuple(_by_likeness(text, self.reader, told))

    def nothing_else(self, text: str, known: Mapping[str, Evidence] | None = None) -> bool:
        """Whether every sentence of a text tells the city's size or the mayor's term and nothing else."""
        told = [
            any(fact.id in MEASURED for fact in self._sentence(sentence, known or {}))
            for sentence in sentences(text)
        ]
        return bool(told) and all(told)

    def _sentence(self, sentence: Span, known: Mapping[str, Evidence]) -> list[Fact]:
        if sentence.text.rstrip().endswith("?"):
            return []
        level = _level(sentence.text)
        found = []
        for id, patterns in self._patterns.items():
            again = patterns.again if id in known else ()
            if not again and not all(hint.search(level) for hint in patterns.hint):
                continue
            fact = _told(id, sentence, level, patterns, again)
            if fact is not None:
                found.append(fact)
        held = known.get("population")
        if held is not None and not any(f.id == "population" for f in found):
            found += _instead(sentence, level, held)
        return found


def with_facts(conversation: Conversation, facts: Facts, *, corrects: bool = False) -> Conversation:
    """The conversation with the facts of its newest message in the record.

    A direct answer to a question about a fact is left as it is. In the chat a later number or day replaces an earlier
    one, and what is said to be there or not replaces the opposite; a document fills only what is open. What was heard
    by likeness fills only what is open too, unless the message `corrects` something.
    """
    message = conversation.messages[-1]
    if not message.counts:
        return conversation
    record = dict(conversation.record)
    sure = facts.heard(message.text, record)
    found = {fact.id: fact for fact in (*facts.likely(message.text, message.about), *sure)}
    for fact in found.values():
        held = record.get(fact.id)
        settled = fact.id == message.about or not (corrects or _is_open(held))
        if not fact.sure and settled:
            continue
        if fact.id == message.about and not _clearer(fact, record[fact.id]):
            continue
        if fact.id == message.about or _replaces(fact, held, message):
            before = None if held is not None and held.turn == message.turn else held
            record[fact.id] = _evidence(fact, before, message)
    return conversation.model_copy(update={"record": record})


def without_facts(reading: Reading, message: Message, facts: Facts) -> Reading:
    """The reading without what was heard, in passing, in sentences that tell the size or the term and no more."""
    if not any(fact.id in MEASURED for fact in facts.heard(message.text)):
        return reading
    kept = tuple(h for h in reading.heard if h.id == message.about or not facts.nothing_else(h.quote))
    return reading.model_copy(update={"heard": kept})


def only_facts(conversation: Conversation, facts: Facts) -> bool:
    """Whether the newest message tells the city's size or the mayor's term while something else was asked.

    Then it is no answer, and the question stands. A question about whom the problem affects may be answered so.
    """
    message = conversation.messages[-1]
    if not message.counts or message.document is not None or message.about in (None, WHOM):
        return False
    if not facts.nothing_else(message.text, conversation.record):
        return False
    return message.about not in {fact.id for fact in facts.heard(message.text, conversation.record)}


def aside(conversation: Conversation) -> Conversation:
    """The conversation with its newest message taken for no answer to what was asked."""
    message = conversation.messages[-1].model_copy(update={"about": None})
    return conversation.model_copy(update={"messages": (*conversation.messages[:-1], message)})


def _clearer(fact: Fact, answer: Evidence) -> bool:
    """Whether a number or day heard in a direct answer is not the one that a reader of the whole answer takes."""
    return fact.id in MEASURED and _meaning(fact.value) != _meaning(answer.value or "")


def _is_open(held: Evidence | None) -> bool:
    return held is None or held.state in ("missing", "unknown")


def _replaces(fact: Fact, held: Evidence | None, message: Message) -> bool:
    if held is None or _is_open(held):
        return True
    if message.document is not None:
        return held.state != "stated" and not held.denied
    if fact.id in MEASURED:
        return _meaning(fact.value) != _meaning(held.value or "")
    return fact.denied != held.denied or (fact.state == "stated" and held.state != "stated")


def _meaning(value: str) -> object:
    """What a number or a day comes to, so that another spelling of the same is no correction."""
    return meaning(value) or residents_in(value) or value


def _evidence(fact: Fact, held: Evidence | None, message: Message) -> Evidence:
    before = held.value if held is not None else None
    earlier = held.earlier if held is not None else ()
    corrected = bool(before) and before != fact.value
    return Evidence.model_validate(
        {
            "state": fact.state,
            "value": fact.value,
            "quote": fact.quote,
            "turn": message.turn,
            "basis": "document" if message.document else ("corrected" if corrected else "stated"),
            "denied": fact.denied,
            "earlier": (*earlier, before) if corrected else earlier,
        }
    )


def tells_an_end(text: str) -> bool:
    """Whether a stretch is short enough to be quoted and has a day, a month, a year or a time that is left."""
    return len(text) <= QUOTE_LENGTH and meaning(text) is not None


def numbers_of(text: str) -> list[Number]:
    """Every number of a text that could be how many residents a city has; of a range, its middle."""
    level, found = _level(text), []
    for match in _NUMERIC.finditer(level):
        size = residents_in(text[match.start() : match.end()])
        if size is not None and size[1] >= LEAST and size[0] <= MOST:
            found.append(Number(match.start(), match.end(), (size[0] + size[1]) / 2))
    return found


# --- by likeness ------------------------------------------------------------------------------------------


def _by_likeness(text: str, reader: CityReader, told: float) -> Iterator[Fact]:
    """What the learnt reader hears in a text that asks nothing."""
    size = reader.population(text, numbers_of(text))
    if size is not None and size[0] >= SURE:
        yield _size(text, size[1])
    term = reader.term(text, tells_an_end)
    end = term[1] if term is not None and term[0] >= SURE and not _asks(term[1]) else None
    if end is not None:
        yield Fact(id=TERM, value=end.text, quote=_quote(end, end.text), sure=False)
    for id, heard in reader.facts(text).items():
        # A sentence about the mayor's last day speaks of the mayor, and seldom of what the mayor backs.
        least = TOLD_BESIDE if end is not None and _overlap(end, heard.sentence) else told
        if heard.told < least or _asks(heard.sentence):
            continue
        state, chance = max(heard.states.items(), key=lambda item: item[1])
        settled = state if chance >= SURE_OF_STATE else "discuss"
        yield Fact(
            id=id,
            value=_quote(heard.sentence, ""),
            quote=_quote(heard.sentence, ""),
            state="stated" if settled == "met" else "vague",
            denied=settled == "not_met",
            sure=False,
        )


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _asks(sentence: Span) -> bool:
    return sentence.text.rstrip().endswith("?")


def _size(text: str, number: Number) -> Fact:
    """The number, with "almost" or "about" when it stands before."""
    start = number.start
    before = _level(text[max(0, start - WORD_BEFORE) : start])
    if (match := list(ABOUT.finditer(before))) and not before[match[-1].end() :].strip():
        start -= len(before) - match[-1].start()
    whole = Span(0, len(text), text)  # a piece as short as "2m" is no sentence
    sentence = next((s for s in sentences(text) if s.start <= number.start and s.end >= number.end), whole)
    value = text[start : number.end]
    quote = _quote(sentence, value) if value in sentence.text else value
    return Fact(id="population", value=value, quote=quote, sure=False)


# --- one sentence -----------------------------------------------------------------------------------------


def _told(
    id: str, sentence: Span, level: str, patterns: _Patterns, again: tuple[re.Pattern[str], ...]
) -> Fact | None:
    """The fact that a sentence tells, or None: it speaks of something else, another place or another time."""
    for pattern in patterns.lacks:
        if (match := pattern.search(level)) and not _spoilt(sentence.text, level, match, patterns):
            value = sentence.text[match.start() : match.end()]
            return Fact(id=id, value=value, quote=_quote(sentence, value), state="vague", denied=True)
    for pattern in (*patterns.told, *again):
        for match in pattern.finditer(level):
            start, end = match.span("v") if "v" in pattern.groupindex else match.span()
            value = sentence.text[start:end].strip()
            if _spoilt(sentence.text, level, match, patterns) or not _plausible(id, value):
                continue
            vague = patterns.several and not any(p.search(level) for p in patterns.several)
            state: Literal["stated", "vague"] = "vague" if vague else "stated"
            return Fact(id=id, value=value, quote=_quote(sentence, value), state=state)
    return None


def _spoilt(text: str, level: str, match: re.Match[str], patterns: _Patterns) -> bool:
    """Whether the words before a match, or inside it before its value, make it tell something else."""
    start = match.start("v") if "v" in match.re.groupindex else match.start()
    before, inside = level[: match.start()], level[match.start() : start]
    return (
        any(p.search(before) for p in patterns.not_before)
        or any(p.search(inside) for p in patterns.not_inside)
        or bool(_LIKE.search(text[:start]))
    )


def _plausible(id: str, value: str) -> bool:
    if id == "population":
        size = residents_in(value)
        return size is not None and size[0] >= LEAST
    return True


def _instead(sentence: Span, level: str, held: Evidence) -> list[Fact]:
    """A population put right by naming the wrong number beside the right one: "80,000, not 95,000"."""
    before = residents_in(held.value or "")
    if before is None or not re.search(r"\b(?:not|no|nao|sino|mas sim|e nao)\b", level):
        return []
    numbers = [m[0].strip() for m in _NUMERIC.finditer(level)]
    sizes = {n: size for n in numbers if (size := residents_in(n)) is not None and size[0] >= LEAST}
    others = [n for n, size in sizes.items() if size != before]
    if len(others) != 1 or len(sizes) != 2:
        return []
    at = level.index(others[0])
    value = sentence.text[at : at + len(others[0])]
    return [Fact(id="population", value=value, quote=_quote(sentence, value))]


def _quote(sentence: Span, value: str) -> str:
    """The sentence, or of a long one the clause or stretch with the value, word for word."""
    if len(sentence.text) <= QUOTE_LENGTH:
        return sentence.text
    for clause in clauses(sentence):
        if value in clause.text and len(clause.text) <= QUOTE_LENGTH:
            return clause.text
    at = sentence.text.index(value)
    start = max(0, at - QUOTE_LENGTH // 2)
    stretch = sentence.text[start : start + QUOTE_LENGTH]
    if start:
        stretch = stretch.partition(" ")[2]
    return stretch.rpartition(" ")[0] if start + QUOTE_LENGTH < len(sentence.text) else stretch


def _level(text: str) -> str:
    """The text in lower case without accents, letter for letter, so that places in it are places in the text."""
    return text.translate(_PLAIN)


class _Plain(dict[int, str]):
    """Each character in lower case without its accent, kept once met; one that would become several stays."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if code < OUR_SCRIPTS:
            self[code] = plain
        return plain


_PLAIN = _Plain()


def _plain(character: str) -> str:
    if character.isspace():
        return " "
    folded = [c for c in unicodedata.normalize("NFKD", character.casefold()) if not unicodedata.combining(c)]
    return folded[0] if len(folded) == 1 else character


def _compiled(data: Mapping[str, Mapping[str, object]]) -> dict[str, _Patterns]:
    words = {name: str(pattern) for name, pattern in data["word"].items()}
    words["n"] = NUMBER

    def pattern(text: str) -> re.Pattern[str]:
        filled = text
        for _ in range(5):  # a word may hold a word
            filled = re.sub(r"\{([a-z]+)\}", lambda m: words[m[1]], filled)
        return re.compile(filled)

    def listed(id: str, key: str) -> tuple[re.Pattern[str], ...]:
        found = data[id].get(key, ())
        return tuple(pattern(str(one)) for one in found) if isinstance(found, list) else ()

    return {
        id: _Patterns(
            **{
                key: listed(id, key)
                for key in ("hint", "told", "again", "lacks", "several", "not_before", "not_inside")
            }
        )
        for id in data
        if id != "word"
    }
