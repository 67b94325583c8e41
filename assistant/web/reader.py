"""Who the page speaks to, what it can look up, and the smallest pieces of HTML.

Gradio's Markdown shows what is made here. It leaves a single line that starts with a tag as it stands, and
`block` makes that line. Its sanitizer drops `aria-*` and `data-*`, so meaning is in elements, text and roles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from markupsafe import Markup

from assistant.domain import Lang, Passage
from assistant.errors import CorpusError, InputError, ScopingError
from assistant.programme import Programme
from assistant.retrieval.sources import CaseRecord
from assistant.words import Words


@dataclass(frozen=True)
class Library:
    """What a citation or a case opens."""

    passages: Callable[[str, Lang], Passage]
    """Raises CorpusError for an id that is no passage."""
    records: tuple[CaseRecord, ...] = ()

    def passage(self, id: str, lang: Lang) -> Passage | None:
        """The passage of a citation in one language, if there is one."""
        try:
            return self.passages(id, lang)
        except CorpusError:
            return None

    def case(self, id: str) -> CaseRecord | None:
        """The past project of an id, if there is one."""
        return self._cases.get(id)

    @cached_property
    def hosts(self) -> frozenset[str]:
        """Where links in replies may lead, besides our own pages: the hosts of the cases' sources."""
        return frozenset(filter(None, (host(record.source_url) for record in self.records)))

    @cached_property
    def _cases(self) -> dict[str, CaseRecord]:
        return {record.id: record for record in self.records}


@dataclass(frozen=True)
class Reader:
    """A language, and where its words, names and passages come from."""

    words: Words
    programme: Programme
    lang: Lang
    library: Library

    def say(self, key: str, **slots: object) -> str:
        """The words for a key of the locale files."""
        return self.words.say(self.lang, key, **slots)

    def name(self, id: str) -> str:
        """What an element or eligibility fact is called."""
        every = (*self.programme.elements, *self.programme.optional)
        elements = {element.id: element.name for element in every}
        names = elements | {criterion.id: criterion.name for criterion in self.programme.criteria}
        names |= {commitment.id: commitment.name for commitment in self.programme.commitments}
        return names[id].at(self.lang) if id in names else id

    def explain(self, error: Exception) -> tuple[str, str]:
        """An error and its remedy in the reader's words; what only we can mend is not explained further."""
        known = isinstance(error, ScopingError) and self.words.has(f"error.{error.key}.fix")
        if isinstance(error, ScopingError) and (known or isinstance(error, InputError)):
            return self.words.error(self.lang, error)
        return self.say("error.unknown.message"), self.say("error.unknown.fix")


def host(url: str) -> str:
    """The host of an http(s) address; empty for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return (parts.hostname or "") if parts.scheme in ("http", "https") else ""


def block(*parts: str, name: str = "") -> Markup:
    """The parts as one line of HTML, which Markdown leaves alone."""
    html = Markup('<div class="piece {}">{}</div>').format(name, joined(parts))
    return html.replace("\r", "").replace("\n", Markup("&#10;"))


def joined(parts: Iterable[str]) -> Markup:
    """The parts one after the other; plain text among them is escaped."""
    return Markup("").join(parts)


# Every state is told by a word and a shape, never by colour alone.
_RING = '<circle cx="10" cy="10" r="8" class="edge"/>'
_TICKED = '<circle cx="10" cy="10" r="9" class="full"/><path d="M5.5 10.5l3 3 6-7" class="line"/>'
_SHAPES = {
    "stated": _TICKED,
    "met": _TICKED,
    "fit": _TICKED,
    "missing": _RING,
    "vague": _RING + '<path d="M10 2a8 8 0 0 0 0 16z" class="full"/>',
    "unknown": _RING
    + '<path d="M7.5 8a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .7-1 1.7" class="mark"/>'
    + '<circle cx="10" cy="14.6" r="1.1" class="full"/>',
    "not_met": '<rect x="2" y="2" width="16" height="16" rx="2" class="edge"/>'
    '<path d="M6 6l8 8M14 6l-8 8" class="mark"/>',
    "needs_work": '<path d="M10 1.8 19 18H1z" class="full"/><path d="M10 8v4.5M10 15v.6" class="line"/>',
    "poor_fit": '<path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" class="full"/>'
    '<path d="M5.5 10h9" class="line"/>',
}


def shape(name: str) -> Markup:
    """A small drawing that goes with a state's word."""
    drawing = Markup(_SHAPES[name])  # noqa: S704 (a constant of this module)
    return Markup('<svg class="shape {}" width="20" height="20">{}</svg>').format(name, drawing)
