"""What the coaching makes of a draft, in one place: clinic, test plan, clock and data probe of the same words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from assistant.coaching.bank import Bank, load_bank
from assistant.coaching.clinic import Rehearsal, rehearse
from assistant.coaching.clock import Clock, clock, to_ics
from assistant.coaching.dataprobe import Probe, probe, probe_signals
from assistant.coaching.obstacles import LOOKED_AT, obstacles, possible
from assistant.coaching.signs import Signs
from assistant.coaching.testplan import TestPlan, plan_test
from assistant.domain import Case, Conversation, Judgement, Lang, Signal
from assistant.programme import Programme
from assistant.retrieval.sources import CaseRecord, case_in, load_cases
from assistant.words import Words

ClinicMaker = Callable[[Conversation, Judgement, tuple[Case, ...], Lang], Rehearsal]
"""Another way to hold the clinic, such as with a language model."""


@dataclass(frozen=True)
class Coaching:
    """Everything the coaching needs; what it reads from disk is read when it is first used."""

    corpus: Path
    programme: Programme
    words: Words

    @cached_property
    def _loaded(self) -> tuple[Bank, Signs]:
        return load_bank(self.corpus, self.programme)

    @property
    def bank(self) -> Bank:
        """Objections, methods, questions and roles; raises ProgrammeError when a file is wrong."""
        return self._loaded[0]

    @property
    def signs(self) -> Signs:
        """The words that are looked for in a draft."""
        return self._loaded[1]

    @cached_property
    def _telling(self) -> Bank:
        """The bank with only those sides of a source that can tell an obstacle, for every turn looks at them."""
        return self.bank.model_copy(update={"probe": tuple(f for f in self.bank.probe if f.id in LOOKED_AT)})

    @cached_property
    def _cases(self) -> dict[str, CaseRecord]:
        return {record.id: record for record in load_cases(self.corpus / "cases")}

    def near_cases(self, judgement: Judgement, lang: Lang) -> tuple[Case, ...]:
        """The past cases that the search found near the draft, whole; ids that no library holds are passed over."""
        known = (self._cases.get(c.id) for c in judgement.similar_cases)
        return tuple(case_in(record, lang) for record in known if record is not None)

    def rehearse(
        self, conversation: Conversation, judgement: Judgement, lang: Lang | None = None
    ) -> Rehearsal:
        """The peer clinic on this draft, by rules."""
        spoken = lang or judgement.lang
        cases = self.near_cases(judgement, spoken)
        return rehearse(conversation, judgement, self.bank, self.signs, cases, spoken)

    def rehearse_with(
        self, clinic: ClinicMaker, conversation: Conversation, judgement: Judgement, lang: Lang | None = None
    ) -> Rehearsal:
        """The peer clinic on this draft, held in another way."""
        spoken = lang or judgement.lang
        return clinic(conversation, judgement, self.near_cases(judgement, spoken), spoken)

    def plan(self, conversation: Conversation, judgement: Judgement, lang: Lang | None = None) -> TestPlan:
        """The test plan that can be made of what was said."""
        return plan_test(conversation, judgement, self.programme, self.bank, self.signs, self.words, lang)

    def clock(self, conversation: Conversation, lang: Lang) -> Clock:
        """The time that was stated against the programme's."""
        return clock(conversation, self.programme, self.signs, self.words, lang)

    def ics(self, lang: Lang) -> bytes:
        """The calendar file of the events whose year is printed."""
        return to_ics(self.programme, self.words, lang)

    def probe(self, conversation: Conversation, lang: Lang) -> Probe:
        """What is known of each data source."""
        return probe(conversation, self.bank, self.signs, lang)

    def obstacles(self, conversation: Conversation, lang: Lang) -> tuple[Signal, ...]:
        """What stands in the way of the data, as readiness signals that are not met."""
        if not possible(conversation, self.signs):
            return ()
        found = probe(conversation, self._telling, self.signs, lang)
        time = self.clock(conversation, lang)
        return obstacles(conversation, found, time, self.signs, self.words, lang)

    def source_signals(self, conversation: Conversation, lang: Lang) -> tuple[Signal, ...]:
        """A readiness signal for each data source."""
        told = (
            self.words.say(lang, "probe.met", source="{source}", known="{known}"),
            self.words.say(lang, "probe.not_met", source="{source}", known="{known}"),
            self.words.say(lang, "probe.open", source="{source}"),
        )
        return probe_signals(self.probe(conversation, lang), told)
