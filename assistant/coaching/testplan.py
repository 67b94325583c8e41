"""The test plan: what has to be true, two or more ways to find out cheaply, and what would end it.

It holds what was said, in the applicant's words. Ideas from the bank of methods are marked as proposals, and what
nobody has said stays open as a question.
"""

from __future__ import annotations

from typing import Literal

from assistant.coaching.bank import Bank, BankAssumption, Method
from assistant.coaching.durations import durations
from assistant.coaching.signs import Signs, is_open, quote_of, quoted, said, stands, words_of
from assistant.domain import Conversation, Evidence, Frozen, Judgement, Lang
from assistant.judging.features import sentences
from assistant.programme import Phase, Programme
from assistant.words import Words

MOST_ASSUMPTIONS = 8
MOST_IDEAS = 3
UNCERTAIN = {"stated": 1, "vague": 2, "unknown": 3, "missing": 3}
Principle = Literal["action", "evidence", "iteration"]
OPEN_KEYS = ("test_plan", "success_indicators", "users", "affected_residents")
"""Elements without which a test cannot be planned."""


class RankedAssumption(Frozen):
    """Something that has to be true, and how much it matters to find out soon."""

    id: str
    text: str
    element: str | None
    quote: str | None
    impact: int
    uncertainty: int
    contested: bool = False
    """Whether it was taken back, doubted at the clinic or answered in two ways."""
    origin: Literal["record", "clinic"] = "record"

    @property
    def risk(self) -> int:
        """Impact times uncertainty, 1 to 9."""
        return self.impact * self.uncertainty


class TestIdea(Frozen):
    """One way to find out, with the people it needs."""

    __test__ = False  # no test of pytest's

    id: str
    name: str
    idea: str
    how: str
    origin: Literal["applicant", "proposal"]
    quote: str | None = None
    """The applicant's words, when it is their own idea."""
    people: tuple[Literal["residents", "frontline"], ...] = ()
    checks: tuple[str, ...] = ()
    """The assumptions it can overturn, by their text."""
    stop: str | None = None
    """A proposed result on which to end it."""
    passages: tuple[str, ...] = ()


class Indicator(Frozen):
    """A result by which the test is judged, in the applicant's words."""

    quote: str
    baseline: str | None = None
    """The words that say where it stands today; None when nobody said."""
    target: str | None = None


class LoopStep(Frozen):
    """What one learning loop is for, and what of this draft goes into it."""

    loop: str
    name: str
    months: str
    goal: str
    holds: tuple[tuple[str, str | None], ...]
    """A heading and the applicant's words under it; None where nothing was said."""


class TestPlan(Frozen):
    """A plan to try the idea before anything is built."""

    __test__ = False

    lang: Lang
    assumptions: tuple[RankedAssumption, ...]
    """The riskiest first."""
    ideas: tuple[TestIdea, ...]
    residents: str | None
    frontline: str | None
    stop: str | None
    """The applicant's words on what result would end it."""
    not_built: str | None
    """The applicant's words on what will be left out."""
    indicators: tuple[Indicator, ...]
    loops: tuple[LoopStep, ...]
    principles: dict[Principle, bool]
    notes: tuple[str, ...]
    open_questions: tuple[str, ...]


def plan_test(
    conversation: Conversation,
    judgement: Judgement,
    programme: Programme,
    bank: Bank,
    signs: Signs,
    words: Words,
    lang: Lang | None = None,
) -> TestPlan:
    """The plan that can be made of what was said so far."""
    spoken = lang or judgement.lang
    stop, not_built = _stop(conversation, signs), _not_built(conversation, signs)
    indicators = _indicators(conversation, signs)
    ideas = _ideas(conversation, judgement, bank, signs, words, spoken)
    residents, frontline = _words(conversation, "affected_residents"), _words(conversation, "users")
    principles: dict[Principle, bool] = {
        "action": not is_open(conversation, "test_plan"),
        "evidence": bool(indicators),
        "iteration": stop is not None,
    }
    return TestPlan(
        lang=spoken,
        assumptions=_assumptions(conversation, bank, spoken),
        ideas=ideas,
        residents=residents,
        frontline=frontline,
        stop=stop,
        indicators=indicators,
        loops=tuple(
            _loop(place, loop, conversation, (stop, not_built), words, spoken)
            for place, loop in enumerate(programme.loops)
        ),
        principles=principles,
        notes=_notes(principles, residents, frontline, ideas, words, spoken),
        not_built=not_built,
        open_questions=_questions(conversation, programme, stop, not_built, indicators, words, spoken),
    )


# --- assumptions -------------------------------------------------------------------------------------------------


def _assumptions(conversation: Conversation, bank: Bank, lang: Lang) -> tuple[RankedAssumption, ...]:
    doubted = {d.objection.element for d in conversation.clinic if d.decision == "accepted"}
    disputed = {c.element for c in conversation.contributions if c.state == "conflict"}
    own = [_assumption(a, conversation, a.element in doubted | disputed, lang) for a in bank.assumptions]
    raised = [
        RankedAssumption(
            id=d.objection.id,
            text=d.objection.text,
            element=d.objection.element,
            quote=d.objection.quote,
            impact=3,
            uncertainty=3,
            contested=True,
            origin="clinic",
        )
        for d in conversation.clinic
        if d.decision == "accepted" and d.objection.yields == "assumption"
    ]
    ranked = sorted([*raised, *own], key=lambda a: -a.risk)
    return tuple(ranked[:MOST_ASSUMPTIONS])


def _assumption(
    item: BankAssumption, conversation: Conversation, doubted: bool, lang: Lang
) -> RankedAssumption:
    held = conversation.record.get(item.element, Evidence())
    contested = doubted or bool(held.earlier)
    quote = quote_of(words_of(held)) if held.state in ("stated", "vague") else ""
    return RankedAssumption(
        id=item.id,
        text=item.text.at(lang),
        element=item.element,
        quote=quote or None,
        impact=item.impact,
        uncertainty=min(3, UNCERTAIN[held.state] + contested),
        contested=contested,
    )


# --- ways to test ------------------------------------------------------------------------------------------------


def _ideas(
    conversation: Conversation, judgement: Judgement, bank: Bank, signs: Signs, words: Words, lang: Lang
) -> tuple[TestIdea, ...]:
    """The applicant's own test and at least one that competes with it; both groups take part in some of them."""
    own = _words(conversation, "test_plan")
    ideas = [_own_idea(own, signs, words, lang)] if own else []
    kinds = {judgement.type.primary, *judgement.type.secondary} - {None}
    fitting = [m for m in bank.methods if not m.rival and kinds.intersection(m.types)]
    general = [m for m in bank.methods if not m.rival and not m.types]
    fitting.sort(key=lambda m: not (m.types and m.types[0] == judgement.type.primary))
    for method in [*fitting, *general]:
        if len(ideas) >= MOST_IDEAS - 1:
            break
        missing = {"residents", "frontline"} - {p for idea in ideas for p in idea.people}
        last = len(ideas) == MOST_IDEAS - 2
        if last and missing and not missing.issubset(method.people):
            continue
        ideas.append(_proposal(method, bank, lang))
    rivals = [m for m in bank.methods if m.rival]
    ideas += [_proposal(m, bank, lang) for m in rivals[: MOST_IDEAS - len(ideas)]]
    return tuple(ideas)


def _own_idea(words_said: str, signs: Signs, words: Words, lang: Lang) -> TestIdea:
    groups: tuple[Literal["residents", "frontline"], ...] = ("residents", "frontline")
    return TestIdea(
        id="own",
        name=words.say(lang, "plan.own_test"),
        idea=words.say(lang, "plan.own_idea"),
        how="",
        origin="applicant",
        quote=words_said,
        people=tuple(g for g in groups if signs.hears(g, words_said)),
    )


def _proposal(method: Method, bank: Bank, lang: Lang) -> TestIdea:
    texts = {a.id: a.text.at(lang) for a in bank.assumptions}
    return TestIdea(
        id=method.id,
        name=method.name.at(lang),
        idea=method.idea.at(lang),
        how=method.how.at(lang),
        origin="proposal",
        people=method.people,
        checks=tuple(texts[c] for c in method.checks),
        stop=method.stop.at(lang),
        passages=method.passages,
    )


def _stop(conversation: Conversation, signs: Signs) -> str | None:
    """What the applicant said would end the test, among what they said of the test and of success."""
    own = [quoted(conversation, id) for id in ("test_plan", "success_indicators", "constraints")]
    texts = said(conversation)
    tested = [t for t in texts if signs.hears("step_prototype", t)]
    found = [*signs.all("stop", own), *signs.all("stop", tested)]
    near = (q for q in found if q in "\n".join(own) or signs.hears("step_prototype", q))
    return next((q for q in near if stands(conversation, q, texts)), None)


# --- indicators ----------------------------------------------------------------------------------------------------


def _indicators(conversation: Conversation, signs: Signs) -> tuple[Indicator, ...]:
    """Each result named, with the words that say where it stands today and where it should go, if any do."""
    return tuple(
        Indicator(
            quote=sentence.text,
            baseline=_with_number("baseline", sentence.text, signs),
            target=_with_number("target", sentence.text, signs),
        )
        for sentence in sentences(quoted(conversation, "success_indicators"))
    )


def _not_built(conversation: Conversation, signs: Signs) -> str | None:
    texts = said(conversation)
    return next((q for q in signs.all("not_built", texts) if stands(conversation, q, texts)), None)


def _with_number(sign: str, text: str, signs: Signs) -> str | None:
    counts = any(c.isdigit() for c in text) or bool(durations(text))
    return text if counts and signs.hears(sign, text) else None


# --- loops, notes, questions -------------------------------------------------------------------------------------


def _loop(
    place: int,
    loop: Phase,
    conversation: Conversation,
    limits: tuple[str | None, str | None],
    words: Words,
    lang: Lang,
) -> LoopStep:
    """The first loop tries, the second builds within the limits, the third watches results and hands over."""
    parts = (
        ("test_plan", "affected_residents", "users"),
        ("constraints", "users", "success_indicators"),
        ("success_indicators", "delivery_owner", "executive_sponsor"),
    )
    ids = parts[min(place, len(parts) - 1)]
    holds = [(words.say(lang, f"plan.loop_{id}"), _words(conversation, id)) for id in ids]
    if place == 0:
        holds.append((words.say(lang, "plan.stop"), limits[0]))
    if place == 1:
        holds.append((words.say(lang, "plan.not_built"), limits[1]))
    return LoopStep(
        loop=loop.id,
        name=loop.name.at(lang),
        months=loop.months.at(lang),
        goal=loop.goal.at(lang),
        holds=tuple(holds),
    )


def _notes(
    principles: dict[Principle, bool],
    residents: str | None,
    frontline: str | None,
    ideas: tuple[TestIdea, ...],
    words: Words,
    lang: Lang,
) -> tuple[str, ...]:
    keys = [f"plan.no_{name}" for name, there in principles.items() if not there]
    keys += ["plan.no_residents"] if residents is None else []
    keys += ["plan.no_frontline"] if frontline is None else []
    own = next((i for i in ideas if i.origin == "applicant"), None)
    if own is not None:
        keys += [f"plan.own_without_{g}" for g in ("residents", "frontline") if g not in own.people]
    return tuple(words.say(lang, key) for key in keys)


def _questions(
    conversation: Conversation,
    programme: Programme,
    stop: str | None,
    not_built: str | None,
    indicators: tuple[Indicator, ...],
    words: Words,
    lang: Lang,
) -> tuple[str, ...]:
    asked = [programme.element(id).question.at(lang) for id in OPEN_KEYS if is_open(conversation, id)]
    if stop is None:
        asked.append(words.say(lang, "plan.ask_stop"))
    asked += [
        words.say(lang, "plan.ask_baseline", indicator=i.quote) for i in indicators if i.baseline is None
    ]
    if not_built is None:
        asked.append(words.say(lang, "plan.ask_not_built"))
    return tuple(asked)


def _words(conversation: Conversation, element: str) -> str | None:
    return quoted(conversation, element) or None
