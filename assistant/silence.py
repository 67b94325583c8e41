"""Whether the sources say what is asked, or are silent; and where to ask instead.

What the sources leave open is written down like everything else, in the notes of the source `limits`: fees, hotels,
hours, law, other people's calls. A question nearer to such a note than to any passage is refused with the note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assistant.domain import Hit, Lang, Passage
from assistant.retrieval.glossary import Glossary
from assistant.retrieval.lexical import stems
from assistant.safety import fold

LIMITS = "limits"
"""The source whose passages say what the others leave open."""
KNOWN_BY = 10
"""Passages looked at for a word of the question; what none of them has is taken for unknown."""
UNKNOWN = 0.19
"""What it costs when every word of the question is unknown; found, like ENOUGH, by ten-fold cross-validation."""
ENOUGH = 0.06
"""How much nearer than any note on what is left open the best passage must be."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])(?<!\b\d\.)(?<!\b[A-Z]\.)[”»\"]?\s+(?=[^\W_a-z]|[¿¡“«\"(])")


def sentences(text: str) -> list[str]:
    """The sentences of a text, each as it stands there."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def passage_of(hit: Hit) -> Passage:
    """The passage of a hit that is one; ValueError when it is a case."""
    if hit.passage is None:
        raise ValueError(f"not a passage: {hit.id}")
    return hit.passage


def is_limit(hit: Hit) -> bool:
    """Whether the hit is a note on what the sources leave open."""
    return passage_of(hit).source == LIMITS


def trust(question: str, lang: Lang, hits: Sequence[Hit], glossary: Glossary) -> float:
    """How far the best passage can be taken for an answer: its lead over any note, less the words nobody knows."""
    saying = [hit for hit in hits if not is_limit(hit)]
    asked = list(dict.fromkeys(stems(question, lang)))
    if not asked or not saying:
        return -1.0
    told = [stems_of(passage_of(hit)) for hit in saying[:KNOWN_BY]]
    unknown = [stem for stem in asked if not any(speaks_of(stem, text, lang, glossary) for text in told)]
    nearest = max((hit.score for hit in hits if is_limit(hit)), default=hits[-1].score)
    return saying[0].score - nearest - UNKNOWN * len(unknown) / len(asked)


def speaks_of(stem: str, told: set[str], lang: Lang, glossary: Glossary) -> bool:
    """Whether a text, by its stems, has the word or another word for it."""
    return stem in told or any(told.issuperset(other) for other in glossary.synonyms(stem, lang))


def stems_of(passage: Passage) -> set[str]:
    """The stems of a passage's title and text."""
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
            r"\b(salary|earns?|wages?|(?<!low-)(?<!low )costs?|prices?|fees?|pays?|money|dollars"
            r"|cuesta|(?<!bajo )costo|precios?|sueldo|salario|gana|paga|dinero|dolares"
            r"|custa|(?<!baixo )custo|precos?|ganha|dinheiro)\b"
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


def kinds_asked(question: str) -> bool:
    """Whether the question is for a year, an hour, a sum, a deadline or a number to call."""
    return bool(_kinds(question))


def prints_what_is_asked(question: str, passage: Passage) -> bool:
    """Whether the passage prints the year, hour, sum, deadline or number that is asked for, if one is."""
    told = fold(passage.text)
    return all(kind.prints.search(told) for kind in _kinds(question))


def _kinds(question: str) -> list[_Asks]:
    asked = fold(question)
    return [kind for kind in _KINDS if kind.asks.search(asked)]


# How our passages say that a source leaves something open.
_ABSENT = re.compile(
    r"no year is printed|gives none|not stated here|not part of this library|only the titles|can be said about"
    r"|no se imprime|no da ninguno|no consta|no forman parte de esta biblioteca|nada puede decirse"
    r"|nao (e|foi|vem|esta) impresso|nao informa|nao (da|traz) nenhum|nao consta"
    r"|nao fazem parte desta biblioteca|nada se pode dizer"
)


def said_absent(question: str, lang: Lang, passage: Passage) -> str | None:
    """The line that says what is asked is not in the sources, if that is what the passage has to say about it."""
    lines, absent = sentences(passage.text), absent_lines(passage)
    asked = set(stems(question, lang))
    best = max(lines, key=lambda line: len(asked.intersection(stems(line, lang))))
    if best in absent:
        return best
    return absent[0] if absent and 2 * len(absent) >= len(lines) else None


def absent_lines(passage: Passage) -> list[str]:
    """The lines of a passage that say what its source does not."""
    return [line for line in sentences(passage.text) if _ABSENT.search(fold(line))]
