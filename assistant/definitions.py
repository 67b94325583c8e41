"""Words of the programme, explained when somebody asks what one of them means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.domain import Answer, Lang, Passage
from assistant.programme import Programme, Term
from assistant.retrieval.lexical import stems
from assistant.safety import fold

PRESENT_TIERS = (1, 2)
"""The sources that speak for the programme today."""

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


def definition(term: Term, lang: Lang, passages: Sequence[Passage]) -> Answer:
    """The plain meaning, and the line of the best passage that speaks of it in its title."""
    wanted = [set(name) for name in _names(term, lang)]
    titled = [p for p in passages if any(name <= set(stems(p.title, lang)) for name in wanted)]
    cited = tuple(passage.citation() for passage in titled[:1] if passage.tier in PRESENT_TIERS)
    text = "\n\n".join([f"{term.name.at(lang)}: {term.definition.at(lang)}", *(c.quote for c in cited)])
    return Answer(text=text, citations=cited)
