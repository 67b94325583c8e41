"""The peer clinic, the test plan and the clock as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.coaching.bank import Bank
from assistant.coaching.clinic import Raised, Rehearsal
from assistant.coaching.clock import Clock
from assistant.coaching.dataprobe import Probe
from assistant.coaching.testplan import TestIdea, TestPlan
from assistant.domain import Lang
from assistant.words import Words


def show(lines: Iterator[str]) -> None:
    """Print the lines as they stand; what others wrote is no markup."""
    from rich.console import Console

    console = Console()
    for line in lines:
        console.print(line, markup=False, highlight=False)


def clinic_lines(rehearsal: Rehearsal, bank: Bank, words: Words) -> Iterator[str]:
    """Voice by voice what they hold against the draft, then the three lists."""
    lang = rehearsal.lang
    yield words.say(lang, "clinic.title").upper()
    yield words.say(lang, "clinic.practice")
    yield from rehearsal.notices
    if not rehearsal.raised:
        yield words.say(lang, "clinic.nothing")
        return
    spoken = ""
    for raised in rehearsal.raised:
        if raised.objection.voice != spoken:
            spoken = raised.objection.voice
            yield f"\n{bank.voice(spoken).name.at(lang)}"
        yield from _objection(raised, words, lang)
    yield f"\n{words.say(lang, 'clinic.lists')}"
    for name, held in (
        ("risk", rehearsal.risks),
        ("assumption", rehearsal.assumptions),
        ("readiness", rehearsal.readiness),
    ):
        yield f"\n{words.say(lang, f'clinic.{name}')}"
        yield from (f"- {r.objection.text} [{_decision(r, words, lang)}]" for r in held)
        if not held:
            yield words.say(lang, "clinic.none_in_list")


def _objection(raised: Raised, words: Words, lang: Lang) -> Iterator[str]:
    told = raised.objection
    about = f"“{told.quote}”" if told.quote else f"({words.say(lang, 'clinic.missing')})"
    yield f"- {told.text}"
    yield f"  {about}"
    if told.case is not None:
        yield f"  {words.say(lang, 'clinic.case', city=told.case.city, title=told.case.title)}: {told.case.lesson}"
        yield f"  {told.case.source_url}"
    yield f"  {words.say(lang, 'clinic.settles')} {told.settles}"


def _decision(raised: Raised, words: Words, lang: Lang) -> str:
    return words.say(lang, f"clinic.{raised.decision or 'undecided'}")


def plan_lines(plan: TestPlan, words: Words) -> Iterator[str]:
    """The test plan: assumptions, ideas, indicators, loops, and what is open."""
    lang = plan.lang
    open_ = words.say(lang, "plan.not_said")
    yield words.say(lang, "plan.title").upper()
    yield f"\n{words.say(lang, 'plan.assumptions')}"
    for a in plan.assumptions:
        risk = words.say(lang, "plan.risk", risk=a.risk, impact=a.impact, uncertainty=a.uncertainty)
        yield f"- {a.text} {risk}{', ' + words.say(lang, 'plan.contested') if a.contested else ''}"
        yield f"  “{a.quote}”" if a.quote else f"  {open_}"
    yield f"\n{words.say(lang, 'plan.ideas')}"
    for idea in plan.ideas:
        yield from _idea(idea, words, lang)
    yield f"\n{words.say(lang, 'plan.stop')}: {_or(plan.stop, open_)}"
    yield f"\n{words.say(lang, 'plan.indicators')}"
    for i in plan.indicators:
        yield f"- “{i.quote}”"
        yield f"  {words.say(lang, 'plan.baseline')} {_or(i.baseline, words.say(lang, 'plan.unknown'))}"
    if not plan.indicators:
        yield open_
    yield f"\n{words.say(lang, 'plan.loops')}"
    for loop in plan.loops:
        yield f"- {loop.name} ({loop.months}). {loop.goal}"
        yield from (f"  {name}: {_or(held, open_)}" for name, held in loop.holds)
    for key, items in (("notes", plan.notes), ("open", plan.open_questions)):
        yield f"\n{words.say(lang, f'plan.{key}')}" if items else ""
        yield from (f"- {item}" for item in items)


def _idea(idea: TestIdea, words: Words, lang: Lang) -> Iterator[str]:
    yield f"- {idea.name}. {idea.idea}"
    yield f"  “{idea.quote}”" if idea.quote else f"  {idea.how}"
    if idea.people:
        people = ", ".join(words.say(lang, f"plan.{p}") for p in idea.people)
        yield f"  {words.say(lang, 'plan.people')} {people}"
    if idea.stop:
        yield f"  {words.say(lang, 'plan.proposed_stop')} {idea.stop}"
    if idea.origin == "proposal":
        yield f"  {words.say(lang, 'plan.proposal')}"


def clock_lines(clock: Clock, words: Words) -> Iterator[str]:
    """The clock: step by step, then the events as printed."""
    lang = clock.lang
    yield words.say(lang, "clock.title").upper()
    yield clock.notice
    for step in clock.steps:
        yield f"\n{step.name}: {step.text}"
        yield from ([f"  “{step.lead.quote}”"] if step.lead else [])
        yield from (f"  {words.say(lang, 'clock.also')} “{other}”" for other in step.others)
        yield from ([f"  {step.question}"] if step.question else [])
    yield f"\n{words.say(lang, 'clock.events')}"
    for event in clock.events:
        during = words.say(lang, "clock.during", phases=", ".join(event.during)) if event.during else ""
        year = words.say(lang, "clock.no_year") if event.printed == "no_year" else ""
        notes = "; ".join(filter(None, [year, during]))
        yield f"- {event.when}: {event.name}, {event.place}" + (f" ({notes})" if notes else "")


def probe_lines(probe: Probe, words: Words, lang: Lang) -> Iterator[str]:
    """Every source with what is known of it, and the next question."""
    yield f"\n{words.say(lang, 'probe.title')}"
    if not probe.sources:
        yield words.say(lang, "probe.none")
    for source in probe.sources:
        yield f"- {source.name}"
        yield from (f"  {s.name}: {_or(s.quote, words.say(lang, 'probe.unknown'))}" for s in source.sides)
    if probe.next_question is not None:
        yield probe.next_question.text


def _or(quote: str | None, otherwise: str) -> str:
    return f"“{quote}”" if quote else otherwise
