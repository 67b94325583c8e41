"""What the coaching found, as sections of the brief: capability map, data probe, test plan, clock and clinic.

Each function takes anything that has the parts it reads, so the coaching's values can be given as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.briefs.shapes import (
    CapabilityMapLike,
    ClockLike,
    DutyLike,
    IdeaLike,
    LoopLike,
    ProbeLike,
    RaisedLike,
    RehearsalLike,
    TestPlanLike,
)
from assistant.domain import Lang, Section, SectionEntry, SectionPart, SectionTable, SectionText
from assistant.programme import Programme
from assistant.words import Words


@dataclass(frozen=True)
class Sections:
    """Writes sections in one language."""

    programme: Programme
    words: Words
    lang: Lang

    def say(self, key: str, **slots: object) -> str:
        """A label of `[section]` in the corpus."""
        return self.words.say(self.lang, f"section.{key}", **slots)

    def capability_map(self, found: CapabilityMapLike) -> Section:
        """Every responsibility with its owner, function by function; then what is open or heaped on one name."""
        owned = {duty.id: duty for duty in found.duties}
        head = tuple(self.say(key) for key in ("duty", "owner", "contributors", "time"))
        parts: list[SectionPart] = []
        for function in self.programme.functions:
            rows: tuple[tuple[str, ...], ...] = tuple(
                (item.text.at(self.lang), *self._owner(owned.get(item.id)))
                for item in function.responsibility
            )
            name = function.name.at(self.lang)
            told = (
                4 if any(row[2] or row[3] for row in rows) else 2
            )  # empty columns only make the others narrow
            rows = tuple(row[:told] for row in rows)
            parts += [SectionText(label=name), SectionTable(name=name, head=head[:told], rows=rows)]
        count, total = len(found.unowned), len(found.duties)
        computed = [str(count), str(total)]
        parts.append(SectionText(text=self.say("unowned", count=count, total=total)))
        for heap in found.overloaded:
            computed.append(str(len(heap.duties)))
            text = self.say("overload", owner=heap.owner, count=len(heap.duties))
            parts.append(SectionText(text=text))
        return self._section("capability_map", parts, intro=self.say("map_intro"), computed=computed)

    def _owner(self, duty: DutyLike | None) -> tuple[str, str, str]:
        if duty is None or not duty.owner:
            return self.say("open"), "", ""
        inferred = self.words.say(self.lang, "brief.basis_inferred")
        owner = f"{duty.owner} ({inferred})" if duty.basis == "inferred" else duty.owner
        return owner, "; ".join(duty.contributors), duty.time

    def data_probe(self, found: ProbeLike) -> Section:
        """Each source with its sides, told or not."""
        entries = []
        computed: list[str] = []
        for source in found.sources:
            counts = (str(source.known), str(len(source.sides)))
            computed += counts
            lines = tuple((f"{side.name}:", side.quote or self.say("unknown")) for side in source.sides)
            state = self.say("said_of", known=counts[0], total=counts[1])
            entries.append(SectionEntry(title=source.name, state=state, lines=lines))
        return self._section("data_probe", entries, computed=computed)

    def test_plan(self, plan: TestPlanLike) -> Section:
        """Assumptions by risk, the ways to find out, who takes part, what would end it, and how it is judged."""
        parts: list[SectionPart] = [SectionText(label=self.say("ranked"))]
        for guess in plan.assumptions:
            lines = ((self.say("about"), f"“{guess.quote}”"),) if guess.quote else ()
            state = self.say("risk", risk=guess.risk)
            parts.append(SectionEntry(title=guess.text, state=state, lines=lines))
        parts.append(SectionText(label=self.say("ideas")))
        parts += [self._idea(idea) for idea in plan.ideas]
        unknown = self.say("unknown")
        for key, told in (
            ("residents", plan.residents),
            ("frontline", plan.frontline),
            ("stop", plan.stop),
            ("not_built", plan.not_built),
        ):
            parts.append(SectionText(label=self.say(key), text=told or unknown))
        head = tuple(self.say(key) for key in ("indicator", "baseline", "target"))
        rows = tuple((i.quote, i.baseline or unknown, i.target or unknown) for i in plan.indicators)
        parts.append(SectionTable(name=head[0], head=head, rows=rows or ((unknown, unknown, unknown),)))
        parts += [SectionText(text=note) for note in plan.notes]
        parts.append(SectionText(label=self.say("loops")))
        parts += [self._loop(loop) for loop in plan.loops]
        computed = [
            *(str(guess.risk) for guess in plan.assumptions),
            "9",
            *(loop.name for loop in plan.loops),
        ]
        for idea in plan.ideas:  # the methods of the corpus; the city's own idea is in its own words
            computed += [idea.how, idea.idea, idea.stop or ""] if idea.origin == "proposal" else [idea.how]
        return self._section("test_plan", parts, computed=computed)

    def _idea(self, idea: IdeaLike) -> SectionEntry:
        told = (
            ("", f"“{idea.quote}”" if idea.quote else idea.idea),
            (self.say("how"), idea.how),
            (self.say("checks"), "; ".join(idea.checks)),
            (self.say("stop"), idea.stop or ""),
        )
        lines = tuple((label, text) for label, text in told if text)
        return SectionEntry(title=idea.name, state=self.say(idea.origin), lines=lines)

    def _loop(self, loop: LoopLike) -> SectionEntry:
        held = tuple((f"{name}:", told or self.say("unknown")) for name, told in loop.holds)
        return SectionEntry(title=loop.name, state=loop.months, lines=(("", loop.goal), *held))

    def clock(self, found: ClockLike) -> Section:
        """Each step beside its phase with how it fits, and the dates as far as they are printed."""
        head = tuple(self.say(key) for key in ("step", "phase", "said", "reading"))
        rows = tuple(
            (
                step.name,
                f"{step.phase_name}, {step.months}",
                step.lead.quote if step.lead else self.say("unknown"),
                step.text,
            )
            for step in found.steps
        )
        dates = [
            SectionEntry(title=event.name, state=event.when, lines=(("", event.what), ("", event.place)))
            for event in found.events
        ]
        table = SectionTable(name=self.say("clock"), head=head, rows=rows)
        heading = SectionText(label=self.say("events"))
        # Weeks and months of a step are worked out from its phase; the events are printed in the sources.
        computed = [*(step.text for step in found.steps), *(step.months for step in found.steps)]
        computed += [*(step.phase_name for step in found.steps), *(event.when for event in found.events)]
        return self._section("clock", [table, heading, *dates], intro=found.notice, computed=computed)

    def clinic(self, found: RehearsalLike) -> Section:
        """The clinic's three lists: what was held against the draft, in which words, and what became of it."""
        parts: list[SectionPart] = []
        for key, listed in (
            ("risks", found.risks),
            ("assumptions", found.assumptions),
            ("readiness", found.readiness),
        ):
            parts.append(SectionText(label=self.say(key)))
            if not listed:
                parts.append(SectionText(text=self.say("nothing")))
            parts += [self._objection(raised) for raised in listed]
        lists = (*found.risks, *found.assumptions, *found.readiness)
        lessons = [raised.objection.case.lesson for raised in lists if raised.objection.case]
        return self._section("clinic", parts, intro=self.say("clinic_intro"), computed=lessons)

    def _objection(self, raised: RaisedLike) -> SectionEntry:
        objection = raised.objection
        told = (
            (self.say("about"), f"“{objection.quote}”" if objection.quote else ""),
            (self.say("settles"), objection.settles),
            (self.say("past"), f"{objection.case.lesson} ({objection.case.city})" if objection.case else ""),
            (self.say("reason"), raised.reason),
        )
        lines = tuple((label, text) for label, text in told if text)
        return SectionEntry(title=objection.text, state=self.say(raised.decision or "undecided"), lines=lines)

    def _section(
        self,
        id: str,
        parts: Sequence[SectionPart],
        *,
        intro: str = "",
        computed: list[str] | None = None,
    ) -> Section:
        return Section(
            id=id, title=self.say(id), intro=intro, parts=tuple(parts), computed=tuple(computed or ())
        )
