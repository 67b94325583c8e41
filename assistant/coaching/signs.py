"""Words that the coaching looks for in a draft, and the sentence they stand in. The words are in corpus/locale."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from assistant.domain import LANGS, Conversation, Evidence
from assistant.errors import ProgrammeError
from assistant.judging.features import Span, clauses, sentences
from assistant.programme import read_toml
from assistant.safety import fold

QUOTE_LENGTH = 220
"""Characters of a quote; of a longer sentence, the clause that carries the sign is quoted."""


REMEMBERED = 16_384
"""Answers that are kept: a brief is written anew each turn, and most of its sentences are those of the turn before."""
STRETCH = 8
"""Words by which the stretch that is looked at moves on."""


class Signs:
    """Compiled patterns by name; each is looked for in all languages, for a draft may mix them."""

    def __init__(self, patterns: dict[str, dict[str, list[str]]]) -> None:
        self._patterns = {
            name: [re.compile(p) for lang in LANGS for p in by_lang[lang]]
            for name, by_lang in patterns.items()
        }
        self._heard = lru_cache(REMEMBERED)(self._hears)

    @property
    def names(self) -> frozenset[str]:
        """Every sign there is."""
        return frozenset(self._patterns)

    def hears(self, name: str, text: str) -> bool:
        """Whether the text gives the sign; KeyError for an unknown one."""
        return self._heard(name, text)

    def _hears(self, name: str, text: str) -> bool:
        folded = fold(text)
        return any(p.search(folded) for p in self._patterns[name])

    def find(self, name: str, texts: Iterable[str]) -> str:
        """The first sentence that gives the sign, word for word as it stands; empty when none does."""
        return next(iter(self._found(name, texts)), "")

    def all(self, name: str, texts: Iterable[str]) -> tuple[str, ...]:
        """Every sentence that gives the sign, word for word, none twice."""
        return tuple(dict.fromkeys(self._found(name, texts)))

    def _found(self, name: str, texts: Iterable[str]) -> Iterable[str]:
        for text in texts:
            for sentence in sentences(text):
                if self.hears(name, sentence.text):
                    yield self._around(name, sentence)

    def _around(self, name: str, sentence: Span) -> str:
        """The sentence, or of a long one the clause or stretch of words that gives the sign."""
        if len(sentence.text) <= QUOTE_LENGTH:
            return sentence.text
        parts = [c.text for c in clauses(sentence) if len(c.text) <= QUOTE_LENGTH]
        starts = [m.start() for m in re.finditer(r"\S+", sentence.text)][::STRETCH]
        parts += [sentence.text[at : at + QUOTE_LENGTH].rpartition(" ")[0] for at in starts]
        return next((p for p in parts if p and self.hears(name, p)), sentence.text[:QUOTE_LENGTH])


def load_signs(folder: Path) -> Signs:
    """The signs in corpus/locale; raises ProgrammeError when a pattern is not a regular expression."""
    path = folder / "signs.toml"
    try:
        return Signs(read_toml(path))
    except (re.error, KeyError) as error:
        raise ProgrammeError(f"{path.name}: {error}", fix=f"correct {path}") from None


def said(conversation: Conversation) -> tuple[str, ...]:
    """Every text of the draft: messages about the proposal, then what only the record holds."""
    messages = [m.text for m in conversation.messages if m.counts]
    held = [words_of(e) for e in conversation.record.values() if e.state in ("stated", "vague")]
    own = [text for text in dict.fromkeys(held) if text and not any(text in m for m in messages)]
    return (*messages, *own)


def words_of(evidence: Evidence) -> str:
    """The words that an element rests on, word for word: the whole answer where it is kept, else the clause."""
    quote, value = evidence.quote or "", evidence.value or ""
    return value if quote in value and "→" not in value else quote


def stands(conversation: Conversation, quote: str, texts: Iterable[str]) -> bool:
    """Whether a quote is in one of the draft's texts, word for word, and was not taken back since."""
    if not any(quote in text for text in texts):
        return False
    gone = [v.strip() for e in conversation.record.values() for v in e.earlier if v.strip()]
    return not any(quote in g or g in quote for g in gone)


def quoted(conversation: Conversation, element: str) -> str:
    """The words that an element rests on, word for word, when it is stated; empty otherwise."""
    evidence = conversation.record.get(element)
    return words_of(evidence) if evidence is not None and evidence.state == "stated" else ""


def is_open(conversation: Conversation, element: str) -> bool:
    """Whether nothing clear was said about an element."""
    evidence = conversation.record.get(element)
    return evidence is None or evidence.state != "stated"


def quote_of(text: str) -> str:
    """A stretch of the text that is short enough to be quoted, and word for word as it stands."""
    if len(text) <= QUOTE_LENGTH:
        return text.strip()
    pieces = [c.text for s in sentences(text) for c in ([s] if len(s.text) <= QUOTE_LENGTH else clauses(s))]
    first = next((p for p in pieces if len(p) <= QUOTE_LENGTH), text)
    return (
        first
        if len(first) <= QUOTE_LENGTH
        else first[:QUOTE_LENGTH].rpartition(" ")[0] or first[:QUOTE_LENGTH]
    )
