"""The first page of a brief: what a mayor reads before a meeting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assistant.briefs.blocks import (
    Block,
    Bullets,
    Card,
    Cards,
    Heading,
    Line,
    Pairs,
    Paragraph,
    Tone,
    line,
    one_line,
    shortened,
)
from assistant.briefs.said import how_often, said
from assistant.domain import Brief, CriterionState, Evidence, Lang, Verdict
from assistant.programme import Programme
from assistant.words import Words

SAID_LENGTH = 170
"""Characters of one element on the first page, so that it stays one page."""
FIRST_OPEN = 3
"""Open questions on the first page."""
TONES: dict[Verdict, Tone] = {"fit": "good", "needs_work": "open", "poor_fit": "poor"}

ANSWERS = (
    ("success_indicators", "brief.for_residents"),
    ("affected_residents", "brief.for_whom"),
    ("decision_maker", "brief.who"),
    ("decision", "brief.what"),
    ("data_sources", "brief.with_data"),
    ("constraints", "brief.limits"),
    ("test_plan", "brief.tested"),
    ("risks", "brief.missed"),
)
"""Element → how the first page calls the answer; how often comes after what."""


@dataclass(frozen=True)
class Speaker:
    """The words of one brief: labels in its language and the names of the programme's things."""

    brief: Brief
    programme: Programme
    words: Words

    @property
    def lang(self) -> Lang:
        """The brief's language."""
        return self.brief.lang

    def say(self, key: str, **slots: object) -> str:
        """A label in the brief's language."""
        return self.words.say(self.lang, key, **slots)

    def name(self, id: str) -> str:
        """How an element or a fact is called; its id when this programme does not have it."""
        names = {item.id: item.name for item in (*self.programme.elements, *self.programme.optional)}
        names |= {item.id: item.name for item in self.programme.criteria}
        return names[id].at(self.lang) if id in names else one_line(id)

    def type_name(self, id: str | None) -> str:
        """How a type of decision is called; that it is open when there is none."""
        if id is None:
            return self.say("page.type_open")
        return next((t.name.at(self.lang) for t in self.programme.types if t.id == id), one_line(id))

    def evidence(self, id: str) -> Evidence:
        """What is known of an element."""
        return self.brief.record.get(id, Evidence())

    def state(self, evidence: Evidence) -> str:
        """The state of an element in words: how it came to be known, or that it is not."""
        if evidence.state == "stated" and evidence.basis != "stated":
            return self.say(f"brief.basis_{evidence.basis}")
        return self.say(f"state.{evidence.state}")

    @property
    def day(self) -> str:
        """The day the brief was made, as this language writes it."""
        made = date.fromisoformat(self.brief.made_on)
        month = self.say("brief.months").split()[made.month - 1]
        return self.say("brief.day", day=made.day, month=month, year=made.year)


def summary(speaker: Speaker) -> Iterator[Block]:
    """Who decides what, how often, with which data, tested how; three verdicts; what is open."""
    yield Heading(speaker.say("brief.at_a_glance"), 1)
    if speaker.brief.opening:
        yield Paragraph(line(one_line(speaker.brief.opening)))
        yield Paragraph(line(speaker.say("brief.opening_by")))
    yield Pairs(tuple(_answers(speaker)))
    yield Heading(speaker.say("brief.three_verdicts"), 2)
    yield Cards(
        speaker.say("brief.three_verdicts"), (_eligibility(speaker), _fit(speaker), _readiness(speaker))
    )
    yield Heading(speaker.say("brief.open"), 2)
    yield from _open(speaker)


def _answers(speaker: Speaker) -> Iterator[tuple[str, Line]]:
    for id, key in ANSWERS:
        yield speaker.say(key), _answer(speaker, id)
        if id == "decision":
            often = how_often(speaker.brief.record, speaker.words, speaker.lang)
            yield speaker.say("brief.how_often"), line(often or speaker.say("brief.not_stated"))


def _answer(speaker: Speaker, id: str) -> Line:
    """The applicant's words; a state that is not plainly stated stands beside them."""
    evidence = speaker.evidence(id)
    words = said(evidence, SAID_LENGTH)
    if not words:
        return line(speaker.say("state.unknown" if evidence.state == "unknown" else "brief.not_stated"))
    text = shortened(words, SAID_LENGTH)
    if evidence.state == "stated" and evidence.basis in ("stated", "corrected"):
        return line(text)
    return line(f"{text} ({speaker.state(evidence)})")


def _eligibility(speaker: Speaker) -> Card:
    states: list[CriterionState] = [finding.state for finding in speaker.brief.judgement.eligibility]
    met, differs = states.count("met"), states.count("not_met")
    counted = speaker.say(
        "brief.eligibility_line",
        met=met,
        total=len(states),
        differs=differs,
        unknown=states.count("unknown"),
    )
    state: CriterionState = "not_met" if differs else "met" if states and met == len(states) else "unknown"
    tone: Tone = "good" if state == "met" else "open"
    return Card(speaker.say("brief.eligibility"), speaker.say(f"criterion.{state}"), line(counted), tone)


def _fit(speaker: Speaker) -> Card:
    fit = speaker.brief.judgement.fit
    count = len(fit.flags)
    key = "brief.fit_none" if not count else "brief.fit_one" if count == 1 else "brief.fit_line"
    return Card(
        speaker.say("brief.fit"),
        speaker.say(f"verdict.{fit.verdict}"),
        line(speaker.say(key, count=count) + "."),
        TONES[fit.verdict],
    )


def _readiness(speaker: Speaker) -> Card:
    readiness = speaker.brief.judgement.readiness
    met = sum(signal.state == "met" for signal in readiness.signals)
    counted = speaker.say("brief.signals_line", met=met, total=len(readiness.signals))
    return Card(
        speaker.say("brief.readiness"),
        speaker.say(f"pathway.{readiness.pathway}"),
        line(counted),
        "good" if readiness.pathway == "implementation" else "open",
    )


def _open(speaker: Speaker) -> Iterator[Block]:
    questions = speaker.brief.open_questions
    if not questions:
        yield Paragraph(line(speaker.say("brief.nothing_open")))
        return
    key = "brief.open_one" if len(questions) == 1 else "brief.open_count"
    yield Paragraph(line(speaker.say(key, count=len(questions))))
    first = questions[:FIRST_OPEN]
    yield Bullets(
        tuple(line(shortened(one_line(q.text), SAID_LENGTH), speaker.name(q.element) + ":") for q in first)
    )
