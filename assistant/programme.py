"""The programme as data: types, poor-fit reasons, elements, eligibility, calendar. No fact of it is in Python."""

from __future__ import annotations

import tomllib
from collections.abc import Container
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError

from assistant.domain import Frozen, Text
from assistant.errors import ProgrammeError

T = TypeVar("T", "DecisionType", "PoorFitReason", "Element", "Criterion", "Commitment")


class About(Frozen):
    """The programme itself."""

    id: str
    name: Text
    aliases: tuple[str, ...]
    lead: Text
    languages: tuple[str, ...]
    notice: Text
    readiness_notice: Text
    welcome: Text
    passage: str
    commitment_why: Text
    """Why a commitment is asked about."""
    resident_line: ResidentLineTexts
    ai: AITexts
    fit: FitTexts
    already: Element | None = None
    """What a proposal that only plans is asked, and no other; its answer is optional."""


class ResidentPart(Frozen):
    """One part of the resident line and the elements it is read from."""

    id: str
    elements: tuple[str, ...]
    name: Text


class ResidentLineTexts(Frozen):
    """What every draft should say of residents, and the question for a draft that speaks of staff alone."""

    question: Text
    why: Text
    passage: str
    part: tuple[ResidentPart, ...]


class AICondition(Frozen):
    """One condition under which the programme supports AI."""

    id: str
    needs: tuple[str, ...]
    """Elements of which any one, stated, meets it."""
    met: Text
    unknown: Text


class AITexts(Frozen):
    """What is said when a proposal speaks of AI, or does without it."""

    note: Text
    without: Text
    passage: str
    condition: tuple[AICondition, ...]


class FitCheck(Frozen):
    """One thing a fit rests on, and the elements of which any one shows it."""

    id: str
    any_of: tuple[str, ...]
    name: Text
    passage: str


class FitTexts(Frozen):
    """What a fit rests on."""

    check: tuple[FitCheck, ...]


class Element(Frozen):
    """Something a testable use case has to say, with the question that asks for it."""

    id: str
    group: Literal["problem", "decision", "delivery", "team"]
    name: Text
    meaning: Text
    question: Text
    question_again: Text
    why: Text
    example: Text
    unlocks: tuple[str, ...]
    weight: int
    passage: str
    required_for_testable: bool
    asked_only: bool = False
    """True for facts of the team, which are asked for and never read from a proposal's text."""


class DecisionType(Frozen):
    """One of the kinds of decision a use case can be about."""

    id: str
    number: int
    name: Text
    short_name: Text
    decision: Text
    description: Text
    examples: tuple[Text, ...]
    passage: str
    would_change: dict[str, Text]
    """By the id of another type: when the proposal would be of that type instead."""
    separates: dict[str, str] = Field(default_factory=dict)
    """By the id of another type: the element that tells the two apart."""


class ReframingTemplate(Frozen):
    """A testable version of a poor fit; its slots are elements the applicant must have stated."""

    id: str
    needs: tuple[str, ...]
    decision: Text
    user: Text
    smallest_test: Text


class PoorFitReason(Frozen):
    """A kind of work that is typically not a good fit, and how it could become one."""

    id: str
    name: Text
    explanation: Text
    not_when: Text
    turning_element: str
    """The element that the turning question asks for."""
    turning_question: Text
    passage: str
    reframing: tuple[ReframingTemplate, ...]
    plan: bool = False
    """True when the result is a plan: then it is asked what is there already."""


class Criterion(Frozen):
    """What the programme typically looks for in a city; never a gate."""

    id: str
    name: Text
    question: Text
    why: Text
    met: Text
    not_met: Text
    unknown: Text
    discuss: Text
    threshold: int | None = None
    unit: str | None = None
    typical: Text
    passage: str
    also_in: tuple[str, ...] = ()
    scored: bool = True


class Capability(Frozen):
    """A core capability of a team and the sign that it is missing."""

    id: str
    name: Text
    meaning: Text
    failure_signal: Text
    element: str
    support: Text
    passage: str


class Responsibility(Frozen):
    """One thing somebody in the city has to own."""

    id: str
    text: Text
    heard: Text | None = None
    """How people speak of it, as patterns over folded text."""
    follows_from: str = ""
    """The element whose answer also says who holds it."""


class Function(Frozen):
    """A key function of the team with its responsibilities."""

    id: str
    name: Text
    passage: str
    responsibility: tuple[Responsibility, ...]


class Commitment(Frozen):
    """What a city commits to."""

    id: str
    name: Text
    question: Text
    passage: str
    scored: bool = True
    event: str | None = None
    """The event of the calendar that it is about."""


class PathwaySignal(Frozen):
    """A sign of readiness and the element it rests on."""

    id: str
    text: Text
    element: str


class Pathway(Frozen):
    """Where a city goes after scoping."""

    id: str
    name: Text
    description: Text
    signals: tuple[PathwaySignal, ...]
    passage: str


class SupportOffer(Frozen):
    """What the sources name for a gap."""

    gaps: tuple[str, ...]
    """Elements or facts of the city that it helps with."""
    name: Text
    text: Text
    passage: str


class Phase(Frozen):
    """A stretch of the programme: the scoping phase or a learning loop."""

    id: str
    name: Text
    months: Text
    month: int
    month_end: int
    goal: Text
    focus: tuple[Text, ...]
    support: tuple[Text, ...]
    passages: tuple[str, ...] = ()


class CalendarEvent(Frozen):
    """A dated event, as far as the sources print its date."""

    id: str
    name: Text
    when: Text
    month: int | None = None
    day: int | None = None
    month_end: int | None = None
    day_end: int | None = None
    year: int | None = None
    place: Text
    what: Text
    passage: str


class Term(Frozen):
    """A word of the programme in plain language."""

    id: str
    name: Text
    definition: Text


class Programme(Frozen):
    """Everything in corpus/programme."""

    about: About
    types: tuple[DecisionType, ...]
    reasons: tuple[PoorFitReason, ...]
    elements: tuple[Element, ...]
    criteria: tuple[Criterion, ...]
    capabilities: tuple[Capability, ...]
    functions: tuple[Function, ...]
    commitments: tuple[Commitment, ...]
    pathways: tuple[Pathway, ...]
    supports: tuple[SupportOffer, ...] = ()
    scoping: Phase
    loops: tuple[Phase, ...]
    events: tuple[CalendarEvent, ...]
    glossary: tuple[Term, ...] = Field(default=())

    def type(self, id: str) -> DecisionType:
        """The decision type of that id; KeyError when there is none."""
        return _named(self.types, id)

    def reason(self, id: str) -> PoorFitReason:
        """The poor-fit reason of that id; KeyError when there is none."""
        return _named(self.reasons, id)

    def element(self, id: str) -> Element:
        """The element of that id, the optional one too; KeyError when there is none."""
        return _named((*self.elements, *self.optional), id)

    @property
    def optional(self) -> tuple[Element, ...]:
        """Elements that only some proposals are asked for and none has to state."""
        return (self.about.already,) if self.about.already is not None else ()

    @property
    def optional_ids(self) -> tuple[str, ...]:
        """The ids of the optional elements."""
        return tuple(e.id for e in self.optional)

    def elements_of(self, record: Container[str]) -> tuple[Element, ...]:
        """The elements to show for a record: every one, and an optional one once something was said of it."""
        return (*self.elements, *(e for e in self.optional if e.id in record))

    def criterion(self, id: str) -> Criterion:
        """The eligibility criterion of that id; KeyError when there is none."""
        return _named(self.criteria, id)

    @property
    def element_ids(self) -> tuple[str, ...]:
        """The ids of the elements in the order of the interview, the team's two last."""
        return tuple(e.id for e in self.elements)

    @property
    def proposal_element_ids(self) -> tuple[str, ...]:
        """The elements that a proposal's text is read for."""
        return tuple(e.id for e in self.elements if not e.asked_only)

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The ids of the eligibility facts that can be asked for."""
        return tuple(c.id for c in self.criteria if c.scored)

    @property
    def commitment_ids(self) -> tuple[str, ...]:
        """The ids of the commitments that can be answered with yes or no."""
        return tuple(c.id for c in self.commitments if c.scored)

    def commitment(self, id: str) -> Commitment:
        """The commitment of that id; KeyError when there is none."""
        return _named(self.commitments, id)


def _named(items: tuple[T, ...], id: str) -> T:
    for item in items:
        if item.id == id:
            return item
    raise KeyError(id)


_LISTS = {
    "types": ("types.toml", "type"),
    "reasons": ("poor_fit.toml", "reason"),
    "elements": ("elements.toml", "element"),
    "criteria": ("eligibility.toml", "criterion"),
    "capabilities": ("capabilities.toml", "capability"),
    "functions": ("functions.toml", "function"),
    "commitments": ("commitments.toml", "commitment"),
    "pathways": ("pathways.toml", "pathway"),
    "supports": ("pathways.toml", "support"),
    "loops": ("loops.toml", "loop"),
    "events": ("calendar.toml", "event"),
    "glossary": ("glossary.toml", "term"),
}


def load_programme(folder: Path) -> Programme:
    """The programme in corpus/programme; raises ProgrammeError naming the file and field that is wrong."""
    data: dict[str, Any] = {"about": read_toml(folder / "programme.toml")}
    data["scoping"] = read_toml(folder / "loops.toml").get("scoping")
    for field, (name, table) in _LISTS.items():
        data[field] = read_toml(folder / name).get(table, [])
    try:
        return Programme.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0])
        name = _LISTS.get(field, ("programme.toml", ""))[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        raise ProgrammeError(f"{name}: {place}: {first['msg']}", fix=f"correct {folder / name}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises ProgrammeError when it is missing or broken."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        fix = "point ASSISTANT_HOME at a folder with corpus/ and prompts/, or unset it"
        raise ProgrammeError(f"{path} is missing", fix=fix) from None
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(f"{path.name}: {error}", fix=f"correct {path}") from None
