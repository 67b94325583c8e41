"""Answers to questions about the programme: lines of the sources put together, or "my sources do not say"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.domain import Answer, Citation, Hit, Lang, Passage
from assistant.programme import Programme, Term
from assistant.retrieval import glossary
from assistant.retrieval.base import Retriever
from assistant.retrieval.lexical import stems
from assistant.retrieval.questions import asks_about_past, in_one_name
from assistant.safety import fold
from assistant.words import Words

LOOKED_AT = 10
"""Passages looked at; a word that none of them has is taken for one the sources do not know."""
PASSAGES = 3
"""Passages an answer is made of, at most."""
NEARLY = 0.9
"""How near to the best another passage must come, as a share of its score, to be part of the answer."""
DATED_TIER = 3

ENOUGH = 0.505
"""The trust below which the sources do not say; this and the two shares come from the development questions."""
COVERED = 0.15
UNKNOWN = 0.15


def ask(question: str, lang: Lang, retriever: Retriever, programme: Programme, words: Words) -> Answer:
    """What the sources say, sentence by sentence with citations; `found` is False when they do not say."""
    term = asked_term(question, lang, programme)
    question = in_one_name(question, lang, programme.about.aliases)
    hits = _usable(retriever.passages(question, lang, LOOKED_AT), question, lang)
    if term is not None:
        return _definition(term, lang, hits)
    if not _answered(question, lang, hits):
        return _not_said(question, lang, hits, words)
    if not _kinds_asked(question) and (pointer := _said_absent(question, lang, _passage(hits[0]))):
        return _refusal(lang, words, (pointer,))
    return _assembled(question, lang, hits)


# --- whether the sources say -----------------------------------------------------------------------------


def trust(question: str, lang: Lang, hits: Sequence[Hit]) -> float:
    """How far the best passage can be taken for an answer: its score, and whether it speaks of what is asked."""
    asked = list(dict.fromkeys(stems(question, lang)))
    if not asked or not hits:
        return 0.0
    told = [_stems_of(_passage(hit)) for hit in hits]
    covered = [stem for stem in asked if _speaks_of(stem, told[0], lang)]
    unknown = [stem for stem in asked if not any(_speaks_of(stem, text, lang) for text in told)]
    best = max(hit.score for hit in hits)
    return best + (COVERED * len(covered) - UNKNOWN * len(unknown)) / len(asked)


def _answered(question: str, lang: Lang, hits: Sequence[Hit]) -> bool:
    return trust(question, lang, hits) >= ENOUGH and _prints_what_is_asked(question, _passage(hits[0]))


def _speaks_of(stem: str, told: set[str], lang: Lang) -> bool:
    return stem in told or any(told.issuperset(other) for other in glossary.synonyms(stem, lang))


def _stems_of(passage: Passage) -> set[str]:
    return set(stems(f"{passage.title} {passage.text}", passage.lang))


class _Asks(NamedTuple):
    """A kind of question, and what a passage must print to answer it."""

    asks: re.Pattern[str]
    prints: re.Pattern[str]


# Compared with folded text: lower case, no accents.
_KINDS = (
    _Asks(
        re.compile(r"\b((what|which) year|(que|cual) (es el )?ano|em que ano|de que ano)\b"),
        re.compile(r"\b(19|20)\d\d\b"),
    ),
    _Asks(
        re.compile(r"\b(what time|(que|cual es la) hora|horario|que horas)\b"),
        re.compile(r"\b\d{1,2}([:h]\d\d| ?(a\.?m|p\.?m)\b)"),
    ),
    _Asks(
        re.compile(
            r"\b(salary|earns?|wages?|costs?|price|fees?|pays?|money|dollars|cuesta|costo|precio|sueldo|salario|gana|paga"
            r"|dinero|dolares|custa|custo|preco|ganha|dinheiro)\b"
        ),
        re.compile(
            r"[$]|\bdollars?\b|\bdolares\b|\bmoney\b|\bdinero\b|\bdinheiro\b|\bgrants?\b|\bdebts?\b|\bdeudas?\b|\bdividas?\b"
        ),
    ),
    _Asks(
        re.compile(r"\b(deadline|closing date|fecha limite|plazo|prazo|data limite)\b"),
        re.compile(r"\b(deadline|closing date|fecha limite|plazo|prazo|data limite)\b"),
    ),
    _Asks(
        re.compile(r"\b((tele)?phone number|telefono|telefone|celular)\b"), re.compile(r"\+?\d[\d ()-]{6,}")
    ),
)


def _kinds_asked(question: str) -> list[_Asks]:
    asked = fold(question)
    return [kind for kind in _KINDS if kind.asks.search(asked)]


def _prints_what_is_asked(question: str, passage: Passage) -> bool:
    told = fold(passage.text)
    return all(kind.prints.search(told) for kind in _kinds_asked(question))


# How our passages say that a source leaves something open.
_ABSENT = re.compile(
    r"no year is printed|gives none|not stated here|not part of this library|only the titles|can be said about"
    r"|no se imprime|no da ninguno|no consta|no forman parte de esta biblioteca|nada puede decirse"
    r"|nao (e|foi|vem) impresso|nao (da|traz) nenhum|nao consta|nao fazem parte desta biblioteca|nada se pode dizer"
)


def _said_absent(question: str, lang: Lang, passage: Passage) -> Citation | None:
    """The line that says what is asked is not in the sources, if that is what the passage has to say about it."""
    lines, absent = sentences(passage.text), _absent_lines(passage)
    asked = set(stems(question, lang))
    best = max(lines, key=lambda line: len(asked.intersection(stems(line, lang))))
    if best in absent:
        return passage.citation(best)
    return passage.citation(absent[0]) if absent and 2 * len(absent) >= len(lines) else None


def _absent_lines(passage: Passage) -> list[str]:
    return [line for line in sentences(passage.text) if _ABSENT.search(fold(line))]


def _not_said(question: str, lang: Lang, hits: Sequence[Hit], words: Words) -> Answer:
    """The refusal, with the line in which a passage on the subject says so itself."""
    lines = _absent_lines(_passage(hits[0])) if trust(question, lang, hits) >= ENOUGH else []
    return _refusal(lang, words, tuple(_passage(hits[0]).citation(line) for line in lines[:1]))


def _refusal(lang: Lang, words: Words, pointers: tuple[Citation, ...]) -> Answer:
    text = "\n\n".join([words.say(lang, "reply.not_in_sources"), *(p.quote for p in pointers)])
    return Answer(text=text, citations=pointers, found=False)


# --- which passages answer -------------------------------------------------------------------------------


def _usable(hits: Sequence[Hit], question: str, lang: Lang) -> list[Hit]:
    """The hits that may answer, best first: nothing superseded unless the past is asked about, authority first."""
    past = asks_about_past(question, lang)
    usable = [hit for hit in hits if past or _passage(hit).status != "superseded"]
    if not usable or not _passage(usable[0]).conflict_note:
        return usable
    first = _passage(usable[0])
    rivals = [h for h in usable[1:3] if _passage(h).conflict_note and _passage(h).tier < first.tier]
    if past or not rivals:
        return usable
    return [rivals[0], *(hit for hit in usable if hit is not rivals[0])]


def _assembled(question: str, lang: Lang, hits: Sequence[Hit]) -> Answer:
    """The best passage whole, and a line of others that speaks of something asked which it leaves out."""
    best = _passage(hits[0])
    citations = [best.citation(line) for line in sentences(best.text)]
    parts, notes = [_named(best, best.text)], [best.conflict_note]
    told = _stems_of(best)
    for hit in hits[1:]:
        passage = _passage(hit)
        if len(parts) == PASSAGES or hit.score < NEARLY * hits[0].score or passage.tier > best.tier:
            continue
        line = next((s for s in sentences(passage.text) if _adds(s, question, told, lang)), None)
        if line is not None:
            parts.append(_named(passage, line))
            notes.append(passage.conflict_note)
            citations.append(passage.citation(line))
            told.update(stems(line, lang))
    text = "\n\n".join([*parts, *dict.fromkeys(note for note in notes if note)])
    return Answer(text=text, citations=tuple(citations))


def _adds(line: str, question: str, told: set[str], lang: Lang) -> bool:
    """Whether the line is on the question and speaks of something asked that has not been told."""
    said = set(stems(line, lang))
    on_it = said.intersection(stems(question, lang))
    return len(on_it) > 1 and any(not _speaks_of(stem, told, lang) for stem in on_it)


def _named(passage: Passage, text: str) -> str:
    """The text, under the name of its source when that is history or context and not the programme's present."""
    return f"{passage.source_label}: {text}" if passage.tier >= DATED_TIER else text


_SENTENCE_END = re.compile(r"(?<=[.!?…])(?<!\b\d\.)(?<!\b[A-Z]\.)[”»\"]?\s+(?=[^\W_a-z]|[¿¡“«\"(])")


def sentences(text: str) -> list[str]:
    """The sentences of a text, each as it stands there."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def _passage(hit: Hit) -> Passage:
    if hit.passage is None:
        raise ValueError(f"not a passage: {hit.id}")
    return hit.passage


# --- words of the programme ------------------------------------------------------------------------------

_DEFINES: dict[Lang, tuple[re.Pattern[str], ...]] = {
    "en": (
        re.compile(r"^what (is|are|s) (meant by )?(an? |the )?(?P<term>.+)$"),
        re.compile(r"^what does (an? |the )?(?P<term>.+?) mean$"),
        re.compile(r"^(define|explain|meaning of) (an? |the )?(?P<term>.+)$"),
    ),
    "es": (
        re.compile(r"^que (es|son) (eso de )?(un |una |el |la |los |las |lo de )?(?P<term>.+)$"),
        re.compile(r"^que (significa|quiere decir) (un |una |el |la |los |las )?(?P<term>.+)$"),
        re.compile(r"^(define|definir|defina|explique) (un |una |el |la |los |las )?(?P<term>.+)$"),
    ),
    "pt": (
        re.compile(r"^o que (e|sao|significa|quer dizer) (um |uma |o |a |os |as )?(?P<term>.+)$"),
        re.compile(r"^(defina|definir|explique) (um |uma |o |a |os |as )?(?P<term>.+)$"),
    ),
}


def asked_term(question: str, lang: Lang, programme: Programme) -> Term | None:
    """The word of the glossary that the question asks to have explained, if that is all it asks."""
    bare = " ".join(re.findall(r"[\w/-]+", fold(question)))
    for pattern in _DEFINES[lang]:
        if match := pattern.match(bare):
            wanted = stems(match["term"], lang)
            return next((t for t in programme.glossary if wanted in _names(t, lang)), None)
    return None


def _names(term: Term, lang: Lang) -> list[list[str]]:
    """The stems of a term's name, of its short form in brackets, and of its English name."""
    names = [term.name.at(lang), term.name.en]
    forms = [
        form for name in names for form in (re.sub(r"\s*\(.*?\)", "", name), *re.findall(r"\((.*?)\)", name))
    ]
    return [stems(form, lang) for form in forms]


def _definition(term: Term, lang: Lang, hits: Sequence[Hit]) -> Answer:
    """The plain meaning, and the line of the best passage that speaks of it in its title."""
    wanted = [set(name) for name in _names(term, lang)]
    titled = [p for p in map(_passage, hits) if any(name <= set(stems(p.title, lang)) for name in wanted)]
    cited = tuple(passage.citation() for passage in titled[:1] if passage.tier < DATED_TIER)
    text = "\n\n".join([f"{term.name.at(lang)}: {term.definition.at(lang)}", *(c.quote for c in cited)])
    return Answer(text=text, citations=cited)
