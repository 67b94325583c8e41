"""Where each figure of a brief comes from: a message, a source, or a count; what has no origin is found out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.domain import Brief, Message, Section
from assistant.programme import Programme

_FIGURE = re.compile(r"\d(?:[\d.,'’]*\d)?")
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’]\d{3})+")


@dataclass(frozen=True)
class Figure:
    """A figure in the prose of a brief, and where it was found first."""

    text: str
    place: str
    """The field of the brief it stands in."""
    origin: Literal["message", "source", "count", "nowhere"]
    turn: int | None = None
    """The message, where it comes from one."""


def figures(brief: Brief, messages: Iterable[Message], programme: Programme) -> tuple[Figure, ...]:
    """Every figure in what the brief says of the use case, with its origin.

    Sentences that the programme's data hold word for word are the programme's own, and past cases carry their source:
    their figures are not the applicant's and are left out. Without messages, as in a brief that was loaded, the quotes
    of the record stand for them.
    """
    spoken = _spoken(brief, messages)
    own = _sentences(programme)
    cited = set(numbers(" ".join(_cited(brief))))
    found = []
    for place, text, counts in _prose(brief):
        if text in own:
            continue
        for number, shown in numbers(text).items():
            found.append(_traced(number, shown, place, spoken, cited, set(counts)))
    return tuple(found)


def untraced(brief: Brief, messages: Iterable[Message], programme: Programme) -> tuple[str, ...]:
    """The figures that come from nowhere, as they are written, each once."""
    lost = (f.text for f in figures(brief, messages, programme) if f.origin == "nowhere")
    return tuple(dict.fromkeys(lost))


def _traced(
    number: str,
    shown: str,
    place: str,
    spoken: Mapping[int, set[str]],
    cited: set[str],
    counts: set[str],
) -> Figure:
    turn = next((turn for turn, numbers in spoken.items() if number in numbers), None)
    if turn is not None:
        return Figure(shown, place, "message", turn)
    if number in counts:
        return Figure(shown, place, "count")
    return Figure(shown, place, "source" if number in cited else "nowhere")


def numbers(text: str) -> dict[str, str]:
    """Each figure of a text in one spelling ("1,200" and "1.200" are the same) → as it is written."""
    return {_plain(match[0]): match[0] for match in _FIGURE.finditer(text)}


def _plain(figure: str) -> str:
    if _GROUPED.fullmatch(figure):
        return re.sub(r"\D", "", figure)
    return figure.replace(",", ".").replace("’", "'")


def _spoken(brief: Brief, messages: Iterable[Message]) -> dict[int, set[str]]:
    said = [(message.turn, message.text) for message in messages]
    said = said or [(e.turn or 0, e.quote or e.value or "") for e in brief.record.values()]
    spoken: dict[int, set[str]] = {}
    for turn, text in sorted(said):
        spoken.setdefault(turn, set()).update(numbers(text))
    return spoken


def _sentences(programme: Programme) -> set[str]:
    """Every text of the programme's data."""
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, dict):
            for item in value.values():
                collect(item)
        elif isinstance(value, list):
            for item in value:
                collect(item)

    collect(programme.to_data())
    return found


def _cited(brief: Brief) -> Iterator[str]:
    judgement = brief.judgement
    rules = [*(f.rule for f in judgement.fit.flags), *(f.rule for f in judgement.eligibility)]
    for citation in (*rules, *judgement.citations, *(c for s in brief.sections for c in s.sources)):
        yield f"{citation.quote} {citation.source} {citation.locator}"
    for case in judgement.similar_cases:
        yield f"{case.title} {case.why_similar} {case.differs}"


def _prose(brief: Brief) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Place, text and computed figures of everything the brief says in sentences of its own."""
    judgement = brief.judgement
    yield "title", brief.title, ()
    yield "opening", brief.opening, ()
    for id, evidence in brief.record.items():
        for text in (evidence.quote, evidence.value, *evidence.earlier):
            yield f"record.{id}", text or "", ()
    yield "decision", judgement.type.decision_sentence or "", ()
    for text in (*judgement.type.evidence, judgement.type.would_change_if):
        yield "type", text, ()
    for flag in judgement.fit.flags:
        yield f"flag.{flag.reason}", flag.applicant_quote, ()
        yield f"flag.{flag.reason}", flag.explanation, ()
        for version in flag.reframings:
            parts = (version.decision, version.user, version.smallest_test, *version.kept, *version.dropped)
            yield f"reframing.{flag.reason}", " ".join(parts), ()
    for finding in judgement.eligibility:
        yield f"eligibility.{finding.id}", finding.note, ()
    for signal in judgement.readiness.signals:
        yield f"readiness.{signal.id}", signal.why, ()
    for question in brief.open_questions:
        yield f"question.{question.element}", question.text, ()
        yield f"question.{question.element}", question.why, ()
    for section in brief.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    counts = tuple(number for figure in section.computed for number in numbers(figure))
    for text in (section.title, section.intro):
        yield f"section.{section.id}", text, counts
    for part in section.parts:
        match part.kind:
            case "text":
                texts: tuple[str, ...] = (part.label, part.text)
            case "list":
                texts = part.items
            case "table":
                texts = (*part.head, *(cell for row in part.rows for cell in row))
            case "entry":
                texts = (part.title, part.state, *(text for pair in part.lines for text in pair))
        for text in texts:
            yield f"section.{section.id}", text, counts
