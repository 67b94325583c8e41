"""The nouns: what is said, what is known, what is judged. Frozen values, no behaviour beyond looking things up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Lang = Literal["en", "es", "pt"]
LANGS: tuple[Lang, ...] = ("en", "es", "pt")
Verdict = Literal["fit", "needs_work", "poor_fit"]
ElementState = Literal["stated", "vague", "missing", "unknown"]
CriterionState = Literal["met", "not_met", "unknown"]
Stake = Literal["flag", "fit", "type", "eligibility", "pathway"]
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
    basis: Literal["stated", "corrected", "document", "colleague", "inferred", "chosen"] = "stated"
    """How it came to be known: `inferred` follows from words about another element, `chosen` is a testable version
    that the applicant picked and not a sentence of their own."""
    denied: bool = False
    """True when the answer says that there is none: nobody, nothing, no."""
    earlier: tuple[str, ...] = ()
    """Values that a correction replaced, oldest first."""
    role: str | None = None
    """Whose words they are, when a colleague of the applicant said them."""


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


class Reframing(Frozen):
    """A testable version of a poor fit, made only of what the applicant said."""

    decision: str
    user: str
    smallest_test: str
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    id: str = ""
    reason: str = ""
    """The poor-fit reason that it answers."""
    acts: str = ""
    """The words that say who would act on it; empty when nobody has been named."""


class Standing(Frozen):
    """Where a proposal stood at one moment."""

    verdict: Verdict
    flags: tuple[str, ...] = ()
    """Poor-fit reasons that stood."""
    type: str | None = None


class Choice(Frozen):
    """The testable version that the applicant picked."""

    version: Reframing
    turn: int
    before: Standing | None = None
    """Where the proposal stood when it was picked."""


class Contest(Frozen):
    """The applicant's disagreement with a flag: it is shown and handed on, and the flag stays."""

    reason: str
    """The poor-fit reason of the flag."""
    why: str
    turn: int


class Assignment(Frozen):
    """Who owns one responsibility, as it was said or entered; the latest one counts."""

    duty: str
    owner: str
    contributors: tuple[str, ...] = ()
    time: str = ""
    turn: int = 0
    quote: str = ""
    """The sentence it rests on."""


class PastCase(Frozen):
    """What a past project met, with the address of its source."""

    id: str
    title: str
    city: str
    lesson: str
    source_url: str


class Objection(Frozen):
    """What one voice of the peer clinic holds against a draft."""

    id: str
    voice: str
    yields: Literal["risk", "assumption", "readiness"]
    """The list of the clinic it goes to."""
    element: str | None = None
    text: str
    quote: str | None = None
    """The applicant's words it is about, word for word; None when it is about something that was not said."""
    settles: str
    """What would settle it."""
    case: PastCase | None = None


class Decided(Frozen):
    """What the applicant made of an objection; holds for the words that the objection quotes."""

    objection: Objection
    decision: Literal["accepted", "rejected", "parked"]
    reason: str = ""
    """Why it was rejected, in the applicant's words."""


class ProbeAnswer(Frozen):
    """What the applicant said about one side of one data source; no text means that nobody knows."""

    source: str
    field: str
    text: str = ""


class Contribution(Frozen):
    """A colleague's answer to an open question, and what came of it in the record."""

    id: str
    element: str
    text: str
    role: str
    name: str = ""
    state: Literal["merged", "agrees", "conflict", "taken", "kept"] = "merged"
    """`conflict` waits for the applicant, who takes the colleague's words or keeps their own."""


class Opening(Frozen):
    """The first paragraph of a brief, as a language model wrote it from the record."""

    title: str
    """Empty when it could not be used."""
    text: str
    of: str
    """Which record it was written of; a record that says something else is opened anew."""


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
    offered: tuple[Reframing, ...] = ()
    """The testable versions the applicant was last shown, in the order of their numbers."""
    choice: Choice | None = None
    contests: tuple[Contest, ...] = ()
    team: tuple[Assignment, ...] = ()
    extra: int = 0
    """Questions asked for beyond the usual number."""
    again: tuple[str, ...] = ()
    """Ids asked for once more, because the applicant wanted more questions."""
    clinic: tuple[Decided, ...] = ()
    """Objections of the peer clinic that were accepted, rejected or parked."""
    probes: tuple[ProbeAnswer, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    """What colleagues answered, in the order it came."""
    opening: Opening | None = None

    @property
    def text(self) -> str:
        """The applicant's words about the proposal, in the order given."""
        return "\n\n".join(m.text for m in self.messages if m.counts)


# --- what is judged --------------------------------------------------------------------------------------


class NextQuestion(Frozen):
    """The gap that could change a verdict, as a question."""

    element: str
    text: str
    why: str
    could_change: tuple[Stake, ...] = ()
    """What the answer could change as things stand."""


class Check(Frozen):
    """One thing a verdict rests on: whether it is met, the applicant's words, and the source's line."""

    id: str
    state: CriterionState
    note: str
    quote: str | None = None
    turn: int | None = None
    rule: Citation


class Flag(Frozen):
    """A reason why the work is typically a poor fit, with both sides' words."""

    reason: str
    confidence: float
    applicant_quote: str
    rule: Citation
    explanation: str
    reframings: tuple[Reframing, ...] = ()
    lacks: NextQuestion | None = None
    """With no reframing: the one fact that could carry a test."""
    contested: Contest | None = None


class Fit(Frozen):
    """First-pass fit; a coach decides."""

    verdict: Verdict
    confidence: float
    flags: tuple[Flag, ...] = ()
    checks: tuple[Check, ...] = ()


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
    discuss: bool = False
    """True when what was said is a borderline: the state stays unknown and the note says what to discuss."""
    quote: str | None = None
    turn: int | None = None


class Signal(Frozen):
    """One sign of readiness and why it counts."""

    id: str
    state: CriterionState
    why: str
    element: str = ""
    quote: str | None = None
    turn: int | None = None
    rule: Citation | None = None


class Support(Frozen):
    """What the sources name for one gap; nothing is offered that they do not name."""

    gap: str
    """The element or fact that is open."""
    name: str
    text: str
    rule: Citation


class Readiness(Frozen):
    """An indicative pathway and what it rests on."""

    pathway: Literal["implementation", "capacity_building", "unclear"]
    signals: tuple[Signal, ...]
    notice: str
    supports: tuple[Support, ...] = ()


class Duty(Frozen):
    """One of the responsibilities on the capability map."""

    id: str
    function: str
    owner: str = ""
    contributors: tuple[str, ...] = ()
    time: str = ""
    basis: Literal["open", "stated", "inferred"] = "open"
    """`inferred` when it follows from an element of the use case and nobody has said it of this responsibility."""
    quote: str = ""
    turn: int | None = None


class Overload(Frozen):
    """One name that is primary on many responsibilities."""

    owner: str
    duties: tuple[str, ...]


class CapabilityMap(Frozen):
    """Who owns what: the capabilities, the responsibilities, and where ownership is open or heaped on one name."""

    capabilities: tuple[Check, ...] = ()
    duties: tuple[Duty, ...] = ()
    unowned: tuple[str, ...] = ()
    overloaded: tuple[Overload, ...] = ()


class Line(Frozen):
    """One part of the resident line, as it was said; empty when it was not."""

    id: str
    said: str = ""
    turn: int | None = None


class ResidentLine(Frozen):
    """What residents get, how they would notice, who could be missed, and for whom access matters."""

    lines: tuple[Line, ...] = ()
    staff_only: bool = False
    """True when the only gain that was named is the staff's own."""
    rule: Citation | None = None


class AINote(Frozen):
    """The three conditions under which the programme supports AI, when the proposal speaks of it."""

    text: str
    checks: tuple[Check, ...] = ()
    rule: Citation


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
    capability: CapabilityMap | None = None
    resident_line: ResidentLine | None = None
    ai_note: AINote | None = None
    contests: tuple[Contest, ...] = ()
    """Every flag the applicant disagreed with, whether it still stands or not."""
    commitments: tuple[Check, ...] = ()
    """What cities commit to: met when the city said yes, unknown until it is asked."""


class Rejudged(Frozen):
    """The fit before and after a testable version was picked."""

    version: Reframing
    before: Standing
    after: Standing
    lacks: tuple[str, ...] = ()
    """Elements that the version still needs before the flag can go."""


class Answer(Frozen):
    """An answer from the sources, with the lines it rests on; `found` is False when they do not say."""

    text: str
    citations: tuple[Citation, ...] = ()
    found: bool = True


# --- what is written down ---------------------------------------------------------------------------------


class SectionText(Frozen):
    """A paragraph of a section, after a label when it has one; a label without text is a heading."""

    kind: Literal["text"] = "text"
    text: str = ""
    label: str = ""


class SectionList(Frozen):
    """A list, numbered where the order says something."""

    kind: Literal["list"] = "list"
    items: tuple[str, ...]
    numbered: bool = False


class SectionTable(Frozen):
    """Rows under one header row, each as long as the header; `name` says what they are."""

    kind: Literal["table"] = "table"
    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class SectionEntry(Frozen):
    """One thing under its name, with its state in words and lines of label and text."""

    kind: Literal["entry"] = "entry"
    title: str
    state: str = ""
    lines: tuple[tuple[str, str], ...] = ()


SectionPart = Annotated[
    SectionText | SectionList | SectionTable | SectionEntry,
    Field(discriminator="kind"),
]


class Section(Frozen):
    """A part of the brief that a step of the coaching adds, in the brief's language and ready to be laid out."""

    id: str
    title: str
    intro: str = ""
    parts: tuple[SectionPart, ...] = ()
    sources: tuple[Citation, ...] = ()
    """The lines of the sources that it rests on; they join the brief's list."""
    computed: tuple[str, ...] = ()
    """Texts with the figures that code worked out for it or took from the corpus: counts, weeks, lessons of cases.
    No other figure may stand in it untraced."""


class Contact(Frozen):
    """Whom to write to, as far as it was said."""

    city: str = ""
    city_turn: int | None = None
    channel: str = ""
    channel_turn: int | None = None


class Brief(Frozen):
    """The use case on paper: one source for every form of export."""

    schema_: Annotated[Literal["brief/2"], Field(alias="schema")] = "brief/2"
    lang: Lang
    draft: str
    made_on: str
    title: str
    opening: str = ""
    """The first paragraph, where a language model wrote one."""
    contact: Contact = Contact()
    record: dict[str, Evidence]
    judgement: Judgement
    open_questions: tuple[NextQuestion, ...]
    sections: tuple[Section, ...] = ()
    """What the coaching adds: capability map, test plan, clock, clinic and the like, in reading order."""
    untraced: tuple[str, ...] = ()
    """Figures that stand in neither the applicant's words nor a source; shown as such."""


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
    rejudged: Rejudged | None = None
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
