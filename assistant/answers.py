"""Answers to questions about the programme: lines of the sources put together, or "my sources do not say"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.domain import Answer, Citation, Hit, Lang, Passage
from assistant.programme import Programme, Term
from assistant.retrieval import glossary
from assistant.retrieval.base import Retriever
from assistant.retrieval.lexical import fold, stems
from assistant.words import Words

LOOKED_AT = 10
"""Passages looked at; a word that none of them has is taken for one the sources do not know."""
PASSAGES = 3
"""Passages an answer is made of, at most."""
NEARLY = 0.9
"""How near to the best another passage must come, as a share of its score, to be part of the answer."""
DATED_TIER = 3

ENOUGH = 0.465
"""The trust below which the sources do not say; this and the two shares come from the development questions."""
COVERED = 0.15
UNKNOWN = 0.20


class Weighed(NamedTuple):
    """How well the found passages answer a question."""

    hits: tuple[Hit, ...]
    trust: float


def ask(question: str, lang: Lang, retriever: Retriever, programme: Programme, words: Words) -> Answer:
    """What the sources say, sentence by sentence with citations; `found` is False when they do not say."""
    hits = _usable(retriever.passages(question, lang, LOOKED_AT), question, lang)
    term = asked_term(question, lang, programme)
    if term is not None:
        return _definition(term, lang, hits)
    if not hits or trust(question, lang, hits) < ENOUGH or not _of_the_kind_asked(question, lang, hits[0]):
        return _not_said(hits, question, lang, words)
    if pointer := _said_absent(question, lang, _passage(hits[0])):
        return _refusal(lang, words, (pointer,))
    return _assembled(_chosen(question, lang, hits))


# --- whether the sources say -----------------------------------------------------------------------------


def trust(question: str, lang: Lang, hits: Sequence[Hit]) -> float:
    """How far the best passage can be taken for an answer: its score, and whether it speaks of what is asked."""
    asked = list(dict.fromkeys(stems(question, lang)))
    if not asked or not hits:
        return 0.0
    told = [_stems_of(_passage(hit)) for hit in hits]
    covered = [stem for stem in asked if _speaks_of(stem, told[0], lang)]
    unknown = [stem for stem in asked if not any(_speaks_of(stem, text, lang) for text in told)]
    return hits[0].score + (COVERED * len(covered) - UNKNOWN * len(unknown)) / len(asked)


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
        re.compile(r"\b((tele)?phone number|telefono|telefone|celular)\b"), re.compile(r"\+?\d[\d ()-]{6,}")
    ),
)


def _of_the_kind_asked(question: str, lang: Lang, hit: Hit) -> bool:
    asked, told = fold(question), fold(_passage(hit).text)
    return all(kind.prints.search(told) for kind in _KINDS if kind.asks.search(asked))


# How our passages say that a source leaves something open.
_ABSENT = re.compile(
    r"no year is printed|gives none|not stated here|not part of this library|only the titles|can be said about"
    r"|no se imprime|no da ninguno|no consta|no forman parte de esta biblioteca|nada puede decirse"
    r"|nao (e|foi|vem) impresso|nao (da|traz) nenhum|nao consta|nao fazem parte desta biblioteca|nada se pode dizer"
)


def _said_absent(question: str, lang: Lang, passage: Passage) -> Citation | None:
    """The line in which the passage says that what is asked is not in the sources, if that is its best answer."""
    absent = [line for line in sentences(passage.text) if _ABSENT.search(fold(line))]
    asked = set(stems(question, lang))
    best = max(sentences(passage.text), key=lambda line: len(asked.intersection(stems(line, lang))))
    return passage.citation(best) if best in absent else None


def _not_said(hits: Sequence[Hit], question: str, lang: Lang, words: Words) -> Answer:
    lines = [] if not hits else [s for s in sentences(_passage(hits[0]).text) if _ABSENT.search(fold(s))]
    near = bool(hits) and trust(question, lang, hits) >= ENOUGH
    pointers = (_passage(hits[0]).citation(lines[0]),) if lines and near else ()
    return _refusal(lang, words, pointers)


def _refusal(lang: Lang, words: Words, pointers: tuple[Citation, ...]) -> Answer:
    text = "\n\n".join([words.say(lang, "reply.not_in_sources"), *(p.quote for p in pointers)])
    return Answer(text=text, citations=pointers, found=False)


# --- which passages answer -------------------------------------------------------------------------------

_PAST: dict[Lang, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(was|were|did|used to|originally|at (the )?(launch|start|beginning)|first (year|group|cohort)|earlier"
        r"|before|history|changed?|planned)\b"
    ),
    "es": re.compile(
        r"\b(antes|eran?|fue|fueron|hacian?|funcionaba|al (inicio|principio|comienzo)|original|historia|primer ano"
        r"|cambiado|cambio|queria)\b"
    ),
    "pt": re.compile(
        r"\b(antes|eram?|foi|foram|faziam?|funcionava|no (inicio|comeco)|original|historia|primeiro ano|mudou|queria)\b"
    ),
}


def asks_about_past(question: str, lang: Lang) -> bool:
    """Whether the question is about how things once were."""
    return bool(_PAST[lang].search(fold(question)))


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


def _chosen(question: str, lang: Lang, hits: Sequence[Hit]) -> list[Passage]:
    """The best passage, and others that speak of something asked which it leaves out."""
    best = _passage(hits[0])
    chosen, told = [best], _stems_of(best)
    for hit in hits[1:]:
        passage = _passage(hit)
        if len(chosen) == PASSAGES or hit.score < NEARLY * hits[0].score or passage.tier > best.tier:
            continue
        open_ = [stem for stem in set(stems(question, lang)) if not _speaks_of(stem, told, lang)]
        if any(_speaks_of(stem, _stems_of(passage), lang) for stem in open_):
            chosen.append(passage)
            told |= _stems_of(passage)
    return chosen


def _assembled(passages: Sequence[Passage]) -> Answer:
    best, *others = passages
    lines = [best.citation(line) for line in sentences(best.text)]
    parts = [_named(best, best.text), *(_named(other, other.quote) for other in others)]
    notes = dict.fromkeys(passage.conflict_note for passage in passages if passage.conflict_note)
    return Answer(
        text="\n\n".join([*parts, *notes]), citations=(*lines, *(other.citation() for other in others))
    )


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
