"""What the applicant has said, element by element: what is new, what was corrected, what nobody knows yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.cues import Cues
from assistant.domain import Conversation, Evidence, Lang, Message
from assistant.judging.base import Heard, Reading
from assistant.judging.features import sentences
from assistant.programme import Programme
from assistant.safety import fold

VALUE_LIMIT = 600
"""Characters of an answer that the record keeps as its value; the whole message stays in the conversation."""
BARE = 2
"""A yes or no of this many words names nothing."""
IN_PASSING = 0.5
"""In an answer to one question, a clause speaks for another element only from this probability on."""
BESIDE = 0.8
"""An answer that speaks this clearly for something else, and hardly for what was asked, leaves that vague."""
HARDLY = 0.25

NEEDS_SOMEBODY = frozenset(
    {
        "resident_problem",
        "decision",
        "decision_maker",
        "users",
        "data_sources",
        "success_indicators",
        "test_plan",
        "delivery_owner",
        "executive_sponsor",
        "problem_expertise",
        "data_capability",
    }
)
"""Elements that "nobody" or "nothing" leaves empty; a limit or a risk may well begin with such a word."""
PEOPLE = frozenset(
    {
        "decision_maker",
        "users",
        "delivery_owner",
        "executive_sponsor",
        "problem_expertise",
        "data_capability",
    }
)
"""Elements that a role alone answers: which of them it is, only the question tells."""
MAY_BEGIN_SO = frozenset({"resident_problem", "success_indicators", "data_sources"})
"""Here "no bus comes" or "nobody waits" can be the content itself, where the judge hears it."""
WHOLE = 0.6
"""A correction shorter than this share of what it corrects says only what changed."""

Record = dict[str, Evidence]


@dataclass(frozen=True)
class Update:
    """The record after a message."""

    record: Record
    corrected: bool = False
    """True when the message was a correction and no answer to the question that was asked."""


@dataclass(frozen=True)
class Recorder:
    """Writes down what messages say; nothing the applicant did not say enters the record."""

    programme: Programme
    cues: Cues
    thresholds: Mapping[str, float]
    """Per element, the probability from which a clause states it."""

    def update(
        self, conversation: Conversation, reading: Reading, lang: Lang, *, corrects: bool = False
    ) -> Update:
        """The record after the newest message; `corrects` when it sounded like a correction."""
        message = conversation.messages[-1]
        heard = {h.id: h for h in reading.heard if h.turn == message.turn and h.quote in message.text}
        heard = self._decider_named(heard, message, lang)
        heard = {id: h for id, h in heard.items() if not _is_role_asked_for(h, message)}
        held = conversation.record
        if not message.counts:
            return Update(held)
        if reading.corrections:
            heard.update({c.id: c for c in reading.corrections})
            targets = [c.id for c in reading.corrections if c.id in held]
            record = self._corrected(held, targets, message, heard)
            for id in self.programme.proposal_element_ids:
                if id in heard and id not in targets:
                    self._note(record, id, heard[id], message, lang)
            return Update(_shared_roles(record), corrected=True)
        if targets := self._corrects(message, heard, conversation, lang, corrects):
            return Update(self._corrected(held, targets, message, heard), corrected=True)
        record = dict(held)
        if message.about is not None:
            answer = self._answer(message, heard, lang)
            record[message.about] = _replaced(held.get(message.about), answer, answer.basis)
        for id in self.programme.proposal_element_ids:
            if id != message.about and id in heard:
                self._note(record, id, heard[id], message, lang)
        return Update(_shared_roles(record))

    def _corrects(
        self,
        message: Message,
        heard: Mapping[str, Heard],
        conversation: Conversation,
        lang: Lang,
        sounds: bool,
    ) -> list[str]:
        """What a correction is about: the stated element it speaks of most clearly, else the one it resembles."""
        if message.document is not None:
            return []
        if not sounds and not self.cues.hears("correction", message.text, lang):
            return []
        held, about = conversation.record, message.about
        certain = self.cues.hears("rectify", message.text, lang)
        if about in (*self.programme.fact_ids, *self.programme.commitment_ids) and not certain:
            return []  # such questions are answered with yes or no: "no, we…" is an answer
        own = heard.get(about) if about is not None else None
        if own is not None and own.confidence >= self.thresholds[own.id] and not certain:
            return []
        stated = {id: e for id, e in held.items() if e.state == "stated"}
        named = heard.get("decision_maker")
        if named is not None and self.cues.hears("who_decides", named.quote, lang):
            before = held.get("decision_maker")
            return [
                "decision_maker",
                *(id for id in stated if id != "decision_maker" and stated[id] == before),
            ]
        clear = [h for id, h in heard.items() if id in stated and h.confidence >= self.thresholds[id]]
        if clear:
            target = max(clear, key=lambda h: h.confidence).id
        elif stated and certain:
            target = max(
                stated, key=lambda id: (_shared_words(message.text, stated[id]), stated[id].turn or 0)
            )
        else:
            return []
        return [id for id in stated if id == target or _same_words(stated[id], stated[target])]

    def _corrected(
        self, held: Record, targets: list[str], message: Message, heard: Mapping[str, Heard]
    ) -> Record:
        """The record with the targets replaced; a correction that says only what changed keeps the rest in sight."""
        record = dict(held)
        for id in targets:
            quote = heard[id].quote if id in heard else message.text.strip()
            before = (held[id].value if id in held else "") or ""
            whole = len(quote) >= WHOLE * len(before)
            value = quote if whole else f"{before} → {quote}"
            fresh = Evidence(state="stated", value=value[:VALUE_LIMIT], quote=quote, turn=message.turn)
            record[id] = _replaced(held.get(id), fresh, "corrected")
        return record

    def _answer(self, message: Message, heard: Mapping[str, Heard], lang: Lang) -> Evidence:
        """A direct answer: content makes it stated; a bare yes, or words about something else, leave it vague."""
        about = message.about or ""
        value = message.text.strip()[:VALUE_LIMIT]
        if about in self.programme.commitment_ids:
            no = self.cues.hears("no", message.text, lang)
            return Evidence(state="stated", value=value, quote=value, turn=message.turn, denied=no)
        if self._denied(about, message.text, heard, lang):
            return Evidence(state="vague", value=value, quote=value, turn=message.turn, denied=True)
        own = heard[about].confidence if about in heard else 0.0
        mark = self.thresholds.get(about)
        same = PEOPLE if about in PEOPLE else {about}
        elsewhere = max((h.confidence for id, h in heard.items() if id not in same), default=0.0)
        beside = mark is not None and own < HARDLY * mark and elsewhere >= BESIDE
        stated = has_content(message.text, self.cues, lang) and not beside
        stated = stated and self._operational(about, message.text, lang)
        clear = mark is not None and own >= mark
        return Evidence(
            state="stated" if stated else "vague",
            value=value,
            quote=heard[about].quote if clear else value,
            turn=message.turn,
        )

    def _denied(self, about: str, text: str, heard: Mapping[str, Heard], lang: Lang) -> bool:
        """Whether an answer says that there is none, and no other sentence of it says more."""
        if about not in NEEDS_SOMEBODY and about not in self.programme.fact_ids:
            return False
        spans = [s.text for s in sentences(text)] or [text]
        denials = [s for s in spans if denies(s, self.cues, lang)]
        if about in self.programme.fact_ids:
            return bool(denials) and len(denials) == len(spans)
        own = heard.get(about)
        told = own is not None and own.confidence >= self.thresholds.get(about, 1)
        if own is not None and told and (about in MAY_BEGIN_SO or not any(own.quote in d for d in denials)):
            return False
        return bool(denials)

    def _decider_named(self, heard: dict[str, Heard], message: Message, lang: Lang) -> dict[str, Heard]:
        """What was heard, with the sentence that says in so many words who makes the choice."""
        named = [s.text for s in sentences(message.text) if self.cues.hears("who_decides", s.text, lang)]
        named = [s for s in named if "?" not in s]
        if not named or message.document is not None:
            return heard
        fresh = Heard(id="decision_maker", quote=named[0], confidence=1.0, turn=message.turn)
        return {**heard, "decision_maker": fresh}

    def _operational(self, id: str, words: str, lang: Lang) -> bool:
        """False for a decision about which supplier, document or indicator to have."""
        return id != "decision" or not self.cues.hears("not_operational", words, lang)

    def _note(self, record: Record, id: str, heard: Heard, message: Message, lang: Lang) -> None:
        """A clause heard in passing: it fills a gap and never replaces what was stated."""
        mark = self.thresholds[id] if message.about is None else max(self.thresholds[id], IN_PASSING)
        if id in NEEDS_SOMEBODY - MAY_BEGIN_SO and denies(heard.quote, self.cues, lang):
            return
        stated = heard.confidence >= mark and self._operational(id, heard.quote, lang)
        held = record.get(id)
        if held is not None and (held.state == "stated" or not stated):
            return
        if not stated and message.about is not None:
            return
        fresh = Evidence(
            state="stated" if stated else "vague",
            value=heard.quote[:VALUE_LIMIT],
            quote=heard.quote,
            turn=message.turn,
        )
        record[id] = _replaced(held, fresh, "document" if message.document else "stated")


def _is_role_asked_for(heard: Heard, message: Message) -> bool:
    """Whether a clause is the whole answer to a question about people, heard as another of their parts."""
    if message.about not in PEOPLE or heard.id not in PEOPLE or heard.id == message.about:
        return False
    return fold(heard.quote).strip(" .") == fold(message.text).strip(" .")


def set_unknown(record: Record, id: str, turn: int) -> Record:
    """The record with one element marked as not known, which is an answer in its own right."""
    held = record.get(id)
    if held is not None and held.state == "stated":
        return record
    return {**record, id: Evidence(state="unknown", turn=turn)}


def edited(record: Record, id: str, text: str, turn: int) -> Record:
    """The record after the applicant rewrote one field."""
    value = text.strip()[:VALUE_LIMIT]
    fresh = Evidence(state="stated", value=value, quote=value, turn=turn)
    return {**record, id: _replaced(record.get(id), fresh, "corrected" if id in record else "stated")}


def denies(sentence: str, cues: Cues, lang: Lang) -> bool:
    """Whether a sentence says that there is none, and does not go on to say what there is."""
    return cues.hears("denial", sentence, lang) and not cues.hears("turns", sentence, lang)


def has_content(text: str, cues: Cues, lang: Lang) -> bool:
    """Whether an answer says more than yes, no or a filler."""
    words = re.findall(r"\w+", fold(text))
    if cues.hears("yes", text, lang) or cues.hears("no", text, lang):
        return len(words) > BARE
    return any(len(w) > 1 or w.isdigit() for w in words)


def _shared_words(text: str, held: Evidence) -> int:
    """How many telling words a text has in common with a value: numbers, and words of four letters or more."""

    def telling(words: str) -> set[str]:
        return {w for w in re.findall(r"\w+", fold(words)) if len(w) > 3 or w.isdigit()}

    return len(telling(text) & telling(held.value or ""))


def _same_words(one: Evidence, other: Evidence) -> bool:
    """Whether two elements rest on the same words, as a role does that both decides and acts."""
    return (one.value, one.quote, one.turn) == (other.value, other.quote, other.turn)


def _replaced(held: Evidence | None, fresh: Evidence, basis: str) -> Evidence:
    earlier = held.earlier if held is not None else ()
    if held is not None and held.value and held.value != fresh.value:
        earlier = (*earlier, held.value)
    return fresh.model_copy(update={"earlier": earlier, "basis": basis})


def _shared_roles(record: Record) -> Record:
    """The role that decides also acts on the output unless somebody else was named, and the reverse."""
    for known, open_ in (("decision_maker", "users"), ("users", "decision_maker")):
        held, other = record.get(known), record.get(open_)
        if held is not None and held.state == "stated" and (other is None or other.state == "missing"):
            record = {**record, open_: held.model_copy(update={"basis": "inferred"})}
    return record
