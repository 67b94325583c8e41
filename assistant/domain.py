"""The nouns: what is said, what is known, what is judged. Frozen values, no behaviour beyond looking things up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Lang = Literal["en", "es", "pt"]
LANGS: tuple[Lang, ...] = ("en", "es", "pt")
Verdict = Literal["fit", "needs_work", "poor_fit"]
ElementState = Literal["stated", "vague", "missing", "unknown"]
CriterionState = Literal["met", "not_met", "unknown"]
Outcome = Literal["question", "answer", "brief", "referral"]


class Frozen(BaseModel):
    """A value that never changes once made."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, extra="forbid")

    def to_json(self) -> str:
        """The value as the contract's JSON."""
        return self.model_dump_json(by_alias=True)

    def to_data(self) -> dict[str, Any]:
        """The value as plain JSON data, for doors that write JSON themselves."""
        return self.model_dump(mode="json", by_alias=True)


class Text(Frozen):
    """The same words in the three languages."""

    en: str
    es: str
    pt: str

    def at(self, lang: Lang) -> str:
        """The words in one language."""
        return str(getattr(self, lang))


# --- knowledge -------------------------------------------------------------------------------------------


class Citation(Frozen):
    """A line of a source, word for word as it stands in the passage it names."""

    id: str
    source: str
    locator: str
    quote: str


class Passage(Frozen):
    """A stretch of a source in one language, ready to be cited."""

    id: str
    lang: Lang
    source: str
    source_label: str
    """How the source is called in a citation, in `lang`."""
    section: str
    locator: str
    tier: int
    """1 the booklet, 2 the about page, 3 dated history, 4 past use cases."""
    date: str | None = None
    status: Literal["current", "historical", "superseded"] = "current"
    title: str
    text: str
    quote: str
    """The line to show beside a verdict; occurs word for word in `text`."""
    conflict_note: str = ""

    def citation(self, quote: str | None = None) -> Citation:
        """A citation of this passage; raises ValueError for words it does not contain."""
        line = self.quote if quote is None else quote
        if line not in self.text:
            raise ValueError(f"not in passage {self.id}: {line[:60]!r}")
        return Citation(id=self.id, source=self.source_label, locator=self.locator, quote=line)


class Case(Frozen):
    """A real past project, in one language, with its source."""

    id: str
    lang: Lang
    city: str
    country: str
    population: int | None
    year: str
    title: str
    resident_problem: str
    users: str
    decision: str
    intervention: str
    outcome: str
    risks_or_lessons: str
    data: tuple[str, ...]
    status: str
    primary_type: str | None
    secondary_types: tuple[str, ...]
    fit: str
    source_title: str
    source_url: str
    confidence: str
    """`sourced` when somebody read the page, `recalled` when not."""


class Hit(Frozen):
    """One search result: a passage or a case, and how well it answers the query."""

    id: str
    kind: Literal["passage", "case"]
    score: float
    """Between 0 and 1; comparable within one index."""
    passage: Passage | None = None
    case: Case | None = None


# --- what is said ----------------------------------------------------------------------------------------


class Message(Frozen):
    """One thing the applicant gave us: a chat message or an uploaded draft."""

    turn: int
    text: str
    about: str | None = None
    """The element or fact that had just been asked for."""
    document: str | None = None
    """The name of the uploaded file, when it is one."""
    counts: bool = True
    """False for text that is not about the proposal: a programme question, "we do not know"."""
    cut: tuple[str, ...] = ()
    """Sentences that tried to steer the reader; they are no part of `text` when it counts."""


class Evidence(Frozen):
    """What is known about one element, and the words it rests on."""

    state: ElementState = "missing"
    value: str | None = None
    quote: str | None = None
    turn: int | None = None
    basis: Literal["stated", "corrected", "document", "colleague"] = "stated"
    earlier: tuple[str, ...] = ()
    """Values that a correction replaced, oldest first."""


class Usage(Frozen):
    """Tokens and money spent; zero for the local engine."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cost_usd=self.cost_usd + other.cost_usd,
        )


class Conversation(Frozen):
    """Everything one applicant has said, and what has been asked. Whoever calls keeps it."""

    id: str = "local"
    lang: Lang | None = None
    """The language of replies; None until the applicant has written or chosen."""
    messages: tuple[Message, ...] = ()
    record: dict[str, Evidence] = Field(default_factory=dict)
    asked: tuple[str, ...] = ()
    """Ids in the order asked; none is asked twice."""
    pending: str | None = None
    """The id whose answer the next message may be."""
    shown: str = ""
    """The verdict, flags and type that the applicant was last told; a change is told again."""
    flagged: dict[str, str] = Field(default_factory=dict)
    """Reasons that stand → the applicant's words they rest on."""
    usage: Usage = Usage()
    """What the whole conversation has cost so far."""
    turn: int = 0
    finished: bool = False

    @property
    def text(self) -> str:
        """The applicant's words about the proposal, in the order given."""
        return "\n\n".join(m.text for m in self.messages if m.counts)


# --- what is judged --------------------------------------------------------------------------------------


class Reframing(Frozen):
    """A testable version of a poor fit, made only of what the applicant said."""

    decision: str
    user: str
    smallest_test: str
    kept: tuple[str, ...]
    dropped: tuple[str, ...]


class Flag(Frozen):
    """A reason why the work is typically a poor fit, with both sides' words."""

    reason: str
    confidence: float
    applicant_quote: str
    rule: Citation
    explanation: str
    reframings: tuple[Reframing, ...] = ()


class Fit(Frozen):
    """First-pass fit; a coach decides."""

    verdict: Verdict
    confidence: float
    flags: tuple[Flag, ...] = ()


class UseCaseType(Frozen):
    """Which of the programme's decision types comes first."""

    primary: str | None = None
    secondary: tuple[str, ...] = ()
    scores: dict[str, float] = Field(default_factory=dict)
    decision_sentence: str | None = None
    evidence: tuple[str, ...] = ()
    would_change_if: str = ""


class ElementFinding(Frozen):
    """Whether one element of a testable use case is stated, and where."""

    id: str
    state: ElementState
    quote: str | None = None
    turn: int | None = None


class CriterionFinding(Frozen):
    """One eligibility criterion, never a gate."""

    id: str
    state: CriterionState
    note: str
    rule: Citation


class Signal(Frozen):
    """One sign of readiness and why it counts."""

    id: str
    state: CriterionState
    why: str


class Readiness(Frozen):
    """An indicative pathway and what it rests on."""

    pathway: Literal["implementation", "capacity_building", "unclear"]
    signals: tuple[Signal, ...]
    notice: str


class NextQuestion(Frozen):
    """The gap that could change a verdict, as a question."""

    element: str
    text: str
    why: str


class Difference(Frozen):
    """One aspect of a past project beside the same aspect of the proposal."""

    aspect: str
    yours: str
    theirs: str


class SimilarCase(Frozen):
    """A past project near this one, what is alike and what differs; never proof that it will work."""

    id: str
    title: str
    city: str
    why_similar: str
    differs: str
    source_url: str
    differences: tuple[Difference, ...] = ()
    basis: Literal["documented", "illustrative"] = "documented"
    """Illustrative when nobody read the source."""


class Engine(Frozen):
    """Who made a judgement."""

    name: Literal["local", "llm"]
    version: str
    prompts: dict[str, str] = Field(default_factory=dict)
    model: str = ""


class Judgement(Frozen):
    """A first-pass judgement of one proposal: the contract of `scoping check --json`."""

    schema_: Annotated[Literal["judgement/1"], Field(alias="schema")] = "judgement/1"
    lang: Lang
    fit: Fit
    type: UseCaseType
    elements: tuple[ElementFinding, ...]
    missing: tuple[str, ...]
    eligibility: tuple[CriterionFinding, ...]
    readiness: Readiness
    next_question: NextQuestion | None
    similar_cases: tuple[SimilarCase, ...]
    citations: tuple[Citation, ...]
    engine: Engine
    notices: tuple[str, ...] = ()


class Answer(Frozen):
    """An answer from the sources, with the lines it rests on; `found` is False when they do not say."""

    text: str
    citations: tuple[Citation, ...] = ()
    found: bool = True


class Brief(Frozen):
    """The use case on paper: one source for every form of export."""

    schema_: Annotated[Literal["brief/1"], Field(alias="schema")] = "brief/1"
    lang: Lang
    draft: str
    made_on: str
    title: str
    summary: str
    record: dict[str, Evidence]
    judgement: Judgement
    open_questions: tuple[NextQuestion, ...]


class Turn(Frozen):
    """One answered message: the contract of `scoping interview --jsonl`, and the conversation after it."""

    schema_: Annotated[Literal["turn/1"], Field(alias="schema")] = "turn/1"
    outcome: Outcome
    reply: str
    asked: str | None = None
    answers: tuple[Answer, ...] = ()
    record: dict[str, Evidence] = Field(default_factory=dict)
    judgement: Judgement
    brief: Brief | None = None
    usage: Usage = Usage()
    notices: tuple[str, ...] = ()
    conversation: Conversation = Field(exclude=True)


# --- what is in order --------------------------------------------------------------------------------------


class Finding(Frozen):
    """One thing that `scoping doctor` looked at, and its remedy when it is not in order."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


# --- events of a turn in the making ----------------------------------------------------------------------


class Stage(Frozen):
    """What is being done now."""

    name: Literal["reading", "searching", "judging", "writing"]


class FieldHeard(Frozen):
    """An element of the record that this turn changed."""

    id: str
    evidence: Evidence


class VerdictReached(Frozen):
    """The judgement, before the reply is written."""

    judgement: Judgement


class ReplyText(Frozen):
    """The next piece of the reply, as plain text, or at last the whole of it as Markdown."""

    text: str
    whole: bool = False


Event = Stage | FieldHeard | VerdictReached | ReplyText | Turn
