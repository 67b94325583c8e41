"""The cases of the suites: what is put to the assistant, what is expected, and who says so."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from assistant.domain import CriterionState, Frozen, Lang, Verdict

SuiteName = Literal[
    "typology", "fit", "safety", "elements", "retrieval", "answers", "conversation", "readiness"
]
SUITES: tuple[SuiteName, ...] = (
    "typology",
    "fit",
    "safety",
    "elements",
    "retrieval",
    "answers",
    "conversation",
    "readiness",
)
Kind = Literal["MFT", "INV", "DIR", "PAIR"]
"""Plain capability; the label must not move; it must move in a stated direction; one edit flips it."""
Pathway = Literal["implementation", "capacity_building", "unclear"]
MUST_PASS, BOOKLET, INJECTION, DAY = "must_pass", "booklet", "injection", "today:"


class Label(Frozen):
    """What one reader says of a case; only the fields of its suite are filled."""

    by: str
    fit: Verdict | None = None
    type: str | None = None
    secondary: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    stated: dict[str, str] | tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    found: bool | None = None
    facts: tuple[tuple[str, ...], ...] = ()
    conflict: bool = False
    dated: bool = False
    corrected: dict[str, str] = Field(default_factory=dict)
    eligibility: dict[str, CriterionState] = Field(default_factory=dict)
    pathway: Pathway | None = None
    max_questions: int | None = None
    never_twice: bool | None = None
    ends_with_brief: bool | None = None
    doubt: str | dict[str, str] = ""


class Accept(Frozen):
    """Answers that are right as well, or in a search neither right nor wrong."""

    fit: tuple[Verdict, ...] = ()
    type: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


class TypeExpected(Frozen):
    """The verdict and the decision that comes first."""

    fit: Verdict
    type: str | None
    secondary: tuple[str, ...] = ()


class FitExpected(Frozen):
    """The verdict and the reasons for a poor fit."""

    fit: Verdict
    reasons: tuple[str, ...]
    type: str | None = None


class ElementsExpected(Frozen):
    """What is stated, with the words that state it, and what is missing; others are not scored."""

    stated: dict[str, str]
    missing: tuple[str, ...]


class FoundExpected(Frozen):
    """What a search should bring up: past cases or passages."""

    cases: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()


class AnswerExpected(Frozen):
    """What an answer must say, or that the sources do not say."""

    found: bool
    facts: tuple[tuple[str, ...], ...] = ()
    """Each fact as the wordings that count as saying it."""
    passages: tuple[str, ...] = ()
    conflict: bool = False
    """True where the sources disagree, which the answer must disclose."""
    dated: bool = False
    """True where the answer is history and must say so."""


class ConversationExpected(Frozen):
    """How an interview should go and end."""

    fit: Verdict
    type: str | None
    reasons: tuple[str, ...]
    stated: tuple[str, ...]
    corrected: dict[str, str]
    max_questions: int
    never_twice: bool
    ends_with_brief: bool


class ReadinessExpected(Frozen):
    """The state of every criterion and the pathway."""

    eligibility: dict[str, CriterionState]
    pathway: Pathway


class CaseBase(Frozen):
    """What every case has."""

    id: str
    lang: Lang
    kind: Kind
    cluster: str
    """Translations and edits of one proposal are one cluster: they count once for the statistics."""
    pair: str | None
    base: str | None
    """The case that this one is a translation or an edit of."""
    change: str
    """What was edited."""
    tags: tuple[str, ...]
    accept: Accept
    rationale: str
    source: str
    labels: tuple[Label, ...]
    settled: str
    """How a difference between the readers was settled."""

    @property
    def anchor(self) -> bool:
        """Whether a change may never lose it: booklet examples, the five reasons, the injection pack."""
        return MUST_PASS in self.tags or INJECTION in self.tags

    @property
    def today(self) -> date | None:
        """The day the case is judged on, where that matters."""
        day = next((t.removeprefix(DAY) for t in self.tags if t.startswith(DAY)), None)
        return date.fromisoformat(day) if day else None


class TypologyCase(CaseBase):
    """A proposal and the type of its decision."""

    suite: Literal["typology"]
    text: str
    expect: TypeExpected


class FitCase(CaseBase):
    """A proposal and whether it fits."""

    suite: Literal["fit"]
    text: str
    expect: FitExpected


class SafetyCase(CaseBase):
    """A proposal with an attack or with words that look like one, beside its clean twin."""

    suite: Literal["safety"]
    text: str
    expect: FitExpected


class ElementsCase(CaseBase):
    """A proposal and the elements it states."""

    suite: Literal["elements"]
    text: str
    expect: ElementsExpected


class RetrievalCase(CaseBase):
    """A query and what it should find."""

    suite: Literal["retrieval"]
    query: str
    expect: FoundExpected


class AnswersCase(CaseBase):
    """A question about the programme."""

    suite: Literal["answers"]
    question: str
    expect: AnswerExpected


class Interjection(Frozen):
    """Something an applicant says without being asked, once that many turns have been answered."""

    after: int
    text: str


class ConversationCase(CaseBase):
    """An applicant to talk with: an opening, what they would answer, and what they throw in."""

    suite: Literal["conversation"]
    persona: str
    opening: str
    answers: dict[str, str]
    interjections: tuple[Interjection, ...]
    expect: ConversationExpected


class ScriptedTurn(Frozen):
    """A message, and the element or fact it answers."""

    about: str | None
    text: str


class ReadinessCase(CaseBase):
    """A proposal, or the turns of an interview, and what they say of eligibility and readiness."""

    suite: Literal["readiness"]
    text: str = ""
    turns: tuple[ScriptedTurn, ...] = ()
    expect: ReadinessExpected


Case = (
    TypologyCase
    | FitCase
    | SafetyCase
    | ElementsCase
    | RetrievalCase
    | AnswersCase
    | ConversationCase
    | ReadinessCase
)
CASE: TypeAdapter[Case] = TypeAdapter(Annotated[Case, Field(discriminator="suite")])
