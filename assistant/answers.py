"""Answers to questions about the programme: lines of the sources put together, or "my sources do not say"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.definitions import asked_term, definition
from assistant.domain import Answer, Citation, Hit, Lang, Passage
from assistant.programme import Programme
from assistant.retrieval.base import Retriever
from assistant.retrieval.glossary import Glossary
from assistant.retrieval.lexical import stems
from assistant.retrieval.questions import asks_about_past, in_one_name
from assistant.silence import (
    ENOUGH,
    absent_lines,
    is_limit,
    kinds_asked,
    passage_of,
    prints_what_is_asked,
    said_absent,
    sentences,
    speaks_of,
    trust,
)
from assistant.words import Words

LOOKED_AT = 40
"""Passages looked at, so that the nearest note on what is left open is among them."""
PASSAGES = 3
"""Passages an answer is made of, at most, a conflicting one aside."""
NEARLY = 0.9
"""How near to the best, as a share of its score, a passage must come to give the answer whole as well."""
LINES = 0.8
"""How near a passage must come to add a line on something asked that the others leave out."""
DISPUTED = 8
"""Hits among which the other side of a conflict is looked for."""
DATED_TIER = 3
PART_WORDS = 2
"""Words that a part of a question needs to be looked up by itself."""


@dataclass(frozen=True)
class Asked:
    """A question and what was found for it, best first."""

    question: str
    lang: Lang
    hits: tuple[Hit, ...]
    """What holds today, or held when the question is about the past; notes on what is left open among them."""
    history: Passage | None
    """What the question is really about, when that no longer holds."""
    glossary: Glossary

    @property
    def saying(self) -> list[Hit]:
        """The hits that say something, notes on what is left open aside."""
        return [hit for hit in self.hits if not is_limit(hit)]


def ask(
    question: str, lang: Lang, retriever: Retriever, programme: Programme, words: Words, glossary: Glossary
) -> Answer:
    """What the sources say, sentence by sentence with citations; `found` is False when they do not say."""
    term = asked_term(question, lang, programme)
    asked = _looked_up(in_one_name(question, lang, programme.about.aliases), lang, retriever, glossary)
    if term is not None:
        return definition(term, lang, [passage_of(hit) for hit in asked.saying[:10]])
    if not asked.saying or trust(asked.question, lang, asked.hits, glossary) < ENOUGH:
        return _refusal(lang, words, _pointers(asked))
    best = passage_of(asked.saying[0])
    if not prints_what_is_asked(asked.question, best):
        return _refusal(lang, words, _on_the_subject(best))
    if not kinds_asked(asked.question) and (line := said_absent(asked.question, lang, best)):
        return _refusal(lang, words, (best.citation(line),))
    return _assembled(asked, retriever)


def _looked_up(question: str, lang: Lang, retriever: Retriever, glossary: Glossary) -> Asked:
    hits = retriever.passages(question, lang, LOOKED_AT)
    history = None
    if not asks_about_past(question, lang):
        every = retriever.passages(question, lang, PASSAGES, superseded=True)
        first = next((passage_of(h) for h in every if not is_limit(h)), None)
        history = first if first is not None and first.status == "superseded" else None
    return Asked(question, lang, tuple(_authority_first(hits, question, lang)), history, glossary)


def _authority_first(hits: Sequence[Hit], question: str, lang: Lang) -> list[Hit]:
    """The hits, with the higher source first where two of the best are in conflict."""
    saying = [hit for hit in hits if not is_limit(hit)]
    if not saying or not passage_of(saying[0]).conflict_note or asks_about_past(question, lang):
        return list(hits)
    tier = passage_of(saying[0]).tier
    rivals = [h for h in saying[1:3] if passage_of(h).conflict_note and passage_of(h).tier < tier]
    if not rivals:
        return list(hits)
    raised = rivals[0].model_copy(update={"score": saying[0].score})
    return [raised, *(hit for hit in hits if hit is not rivals[0])]


# --- refusing --------------------------------------------------------------------------------------------


def _pointers(asked: Asked) -> tuple[Citation, ...]:
    """The note on what is left open, when it is about as near to the question as the best that is said."""
    best = asked.saying[0].score if asked.saying else 0.0
    note = next((hit for hit in asked.hits if is_limit(hit) and hit.score > best - ENOUGH), None)
    return tuple(passage_of(note).citation(line) for line in sentences(passage_of(note).text)) if note else ()


def _on_the_subject(passage: Passage) -> tuple[Citation, ...]:
    """The passage's first line and the one in which it says itself what is not printed, when it says so."""
    lines = absent_lines(passage)[:1]
    first = [line for line in sentences(passage.text)[:1] if lines and line not in lines]
    return tuple(passage.citation(line) for line in (*first, *lines))


def _refusal(lang: Lang, words: Words, pointers: tuple[Citation, ...]) -> Answer:
    """That the sources do not say, and where to ask instead."""
    text = "\n\n".join([words.say(lang, "reply.not_in_sources"), " ".join(p.quote for p in pointers)]).strip()
    return Answer(text=text, citations=pointers, found=False)


# --- answering -------------------------------------------------------------------------------------------


class _Draft:
    """An answer in the making: parts, the notes on conflicts, and the lines cited."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang
        self.parts: list[str] = []
        self.notes: list[str] = []
        self.citations: list[Citation] = []
        self.told: set[str] = set()
        self.cited: set[str] = set()

    def add(self, passage: Passage, lines: Sequence[str], *, named: bool = False) -> None:
        """The lines of a passage, under the name of its source when it is history, context or one side of two."""
        text = " ".join(lines)
        label = named or passage.tier >= DATED_TIER
        self.parts.append(f"{passage.source_label}: {text}" if label else text)
        self.notes.append(passage.conflict_note)
        self.citations.extend(passage.citation(line) for line in lines)
        self.cited.add(passage.id)
        self.told.update(stems(text, self.lang))
        self.told.update(stems(passage.title, self.lang))

    def answer(self) -> Answer:
        """The parts and, each once, the notes."""
        notes = dict.fromkeys(note for note in self.notes if note)
        return Answer(text="\n\n".join([*self.parts, *notes]), citations=tuple(self.citations))


def _assembled(asked: Asked, retriever: Retriever) -> Answer:
    """The best passage whole, others as near to it whole, and lines that speak of something asked they leave out."""
    draft, best = _Draft(asked.lang), passage_of(asked.saying[0])
    draft.add(best, sentences(best.text))
    if asked.history is not None:
        draft.add(asked.history, sentences(asked.history.text))
    elif other := _other_side(asked, best):
        draft.add(other, sentences(other.text), named=True)
    for passage, lines in (*_parts(asked, retriever), *_more(asked, draft)):
        if len(draft.cited) < PASSAGES and passage.id not in draft.cited:
            draft.add(passage, lines)
    return draft.answer()


def _other_side(asked: Asked, best: Passage) -> Passage | None:
    """A passage on the same question that is in conflict too, of another source or over the same point."""
    if not best.conflict_note:
        return None
    near = (passage_of(hit) for hit in asked.saying[1:DISPUTED])
    return next((p for p in near if _against(p, best)), None)


def _against(passage: Passage, best: Passage) -> bool:
    note = passage.conflict_note
    return bool(note) and (passage.source != best.source or note == best.conflict_note)


def _parts(asked: Asked, retriever: Retriever) -> Iterator[tuple[Passage, list[str]]]:
    """The best passage for each part of a question that asks for several things."""
    for part in parts_of(asked.question, asked.lang):
        hits = _looked_up(part, asked.lang, retriever, asked.glossary)
        if hits.saying and trust(part, asked.lang, hits.hits, asked.glossary) >= ENOUGH:
            passage = passage_of(hits.saying[0])
            yield passage, sentences(passage.text)


def _more(asked: Asked, draft: _Draft) -> Iterator[tuple[Passage, list[str]]]:
    best, past = asked.saying[0], asks_about_past(asked.question, asked.lang)
    for hit in asked.saying[1:]:
        passage = passage_of(hit)
        if hit.score < LINES * best.score:
            return
        if passage.tier > passage_of(best).tier and not past:
            continue
        if hit.score >= NEARLY * best.score:
            yield passage, sentences(passage.text)
        elif line := next((s for s in sentences(passage.text) if _adds(s, asked, draft.told)), None):
            yield passage, [line]


def _adds(line: str, asked: Asked, told: set[str]) -> bool:
    """Whether the line is on the question and speaks of something asked that has not been told."""
    said = set(stems(line, asked.lang))
    on_it = said.intersection(stems(asked.question, asked.lang))
    return len(on_it) > 1 and any(not speaks_of(stem, told, asked.lang, asked.glossary) for stem in on_it)


_JOINTS = re.compile(r"(?<=[?.!;])\s+|,?\s+(?:and|y|e)\s+", re.IGNORECASE)


def parts_of(question: str, lang: Lang) -> list[str]:
    """The parts of a question that asks for several things; none when it asks for one."""
    parts = [part.strip() for part in _JOINTS.split(question) if part.strip(" ?!¿¡.,;")]
    told = [part for part in parts if len(set(stems(part, lang))) >= PART_WORDS]
    return told if len(told) > 1 else []


__all__ = ["ask", "parts_of", "sentences"]
