"""What code decides: the judge's reading becomes a judgement only where words on both sides support it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from assistant.coaching.capability import capability_map
from assistant.coaching.checks import ai_note, fit_checks, resident_line
from assistant.coaching.commitments import commitments
from assistant.coaching.contest import marked
from assistant.coaching.eligibility import findings
from assistant.coaching.neighbours import basis, country, differences
from assistant.coaching.plans import plans_only, with_line
from assistant.coaching.readiness import readiness
from assistant.coaching.reframe import lacking, reframings
from assistant.coaching.value import values
from assistant.cues import Cues
from assistant.domain import (
    Case,
    Citation,
    Conversation,
    ElementFinding,
    Engine,
    Evidence,
    Fit,
    Flag,
    Hit,
    Judgement,
    Lang,
    NextQuestion,
    Passage,
    Signal,
    SimilarCase,
    UseCaseType,
    Verdict,
)
from assistant.judging.base import Reading, Sign
from assistant.judging.city import CityReader
from assistant.programme import PoorFitReason, Programme
from assistant.questions import ask, next_question
from assistant.words import Words

SECONDARY = 0.25
"""A second type is named from this probability on, if a clause speaks for it."""
SECONDARY_SIGN = 0.3
TYPE_UNSURE = 0.45
"""Below this the first type is not named unless a decision was stated."""
PROPOSAL_WORDS = 50
"""Words from which one message can hold a decision that was not heard."""
FLAG_SHARE = 0.35
"""A second reason is flagged beside the first from this probability on."""
UNSURE = 0.6
"""Below this confidence the verdict is given as a doubt between two; at 0.6, two in five are wrong."""
FEW_WORDS = 8
"""Fewer words than this cannot be judged; they need work."""


LONGEST_ROLE = 8
"""Words; a longer quote is a clause with the role inside it, which reads badly as the subject of a sentence."""


@dataclass(frozen=True)
class Rulebook:
    """What deciding needs besides the reading."""

    programme: Programme
    words: Words
    cues: Cues
    passage: Callable[[str, Lang], Passage]
    """The passage of an id, in one language."""
    question_limit: int
    obstacles: Callable[[Conversation, Lang], tuple[Signal, ...]] = lambda conversation, lang: ()
    """What stands in the way of the data that were named."""
    city: CityReader | None = None
    """Tells whether a fact of the city that was told is there or not."""

    def judge(
        self,
        conversation: Conversation,
        reading: Reading,
        cases: Sequence[Hit],
        engine: Engine,
        lang: Lang,
        *,
        today: date,
        notices: tuple[str, ...] = (),
    ) -> Judgement:
        """The judgement of everything said so far."""
        record = conversation.record
        fit, more = self._fit(conversation, reading, lang)
        kind = self._type(conversation, reading, fit, lang)
        if fit.verdict == "fit" and not _decided(conversation, kind, engine):
            fit = Fit(verdict="needs_work", confidence=round(1 - reading.fit["poor_fit"], 3))
            kind = self._type(conversation, reading, fit, lang)
        eligibility = findings(record, self.programme, self.passage, self.cues, lang, today, self.city)
        named = record.get("data_sources")
        blocked = self.obstacles(conversation, lang) if named is not None and named.state == "stated" else ()
        ready = readiness(record, self.programme, self.words, self.passage, lang, eligibility, blocked)
        line = resident_line(conversation, self.programme, self.cues, self.passage, lang)
        worth = values(conversation, fit, reading.types, eligibility, self.programme, self.words, lang)
        question = next_question(
            conversation,
            fit.flags,
            self.programme,
            lang,
            limit=self.question_limit,
            values=worth,
            staff_only=line.staff_only,
            plans_only=plans_only(conversation, fit.flags, self.programme, self.cues, lang),
        )
        question = with_line(question, self.programme, self.passage, lang)
        checks = fit_checks(record, fit.flags, self.programme, self.passage, lang)
        fit = fit.model_copy(update={"checks": checks})
        elements = tuple(_element(id, record.get(id)) for id in self.programme.proposal_element_ids)
        return Judgement(
            lang=lang,
            fit=fit,
            type=kind,
            elements=elements,
            missing=tuple(e.id for e in elements if e.state in ("missing", "vague")),
            eligibility=eligibility,
            readiness=ready,
            next_question=question,
            similar_cases=tuple(
                self._similar(h.case, kind, record, lang, today) for h in cases if h.case is not None
            ),
            citations=self._citations(fit, kind, lang),
            engine=engine,
            capability=capability_map(
                record, conversation.team, self.programme, self.passage, self.words, lang
            ),
            resident_line=line,
            ai_note=ai_note(conversation, self.programme, self.cues, self.passage, lang),
            contests=conversation.contests,
            commitments=commitments(record, self.programme, self.passage, self.cues, lang),
            notices=(*notices, *more, *self._doubts(reading, fit, kind, question, lang)),
        )

    def _doubts(
        self, reading: Reading, fit: Fit, kind: UseCaseType, question: NextQuestion | None, lang: Lang
    ) -> tuple[str, ...]:
        """What the reading is not sure of, between which answers, and the one thing to tell that would settle it."""
        said = []
        if fit.confidence < UNSURE and sum(reading.fit.values()) > 0:
            other = max((v for v in reading.fit if v != fit.verdict), key=lambda v: reading.fit[v])
            settles = question.text if question is not None else self.words.say(lang, "say.settles_fit")
            names = {
                k: self.words.say(lang, f"verdict.{v}") for k, v in (("first", fit.verdict), ("other", other))
            }
            said.append(self.words.say(lang, "say.unsure_fit", settles=settles, **names))
        if kind.primary is not None and kind.scores[kind.primary] < TYPE_UNSURE:
            said.append(
                self.words.say(
                    lang,
                    "say.unsure_type",
                    name=self.programme.type(kind.primary).name.at(lang),
                    settles=kind.would_change_if,
                )
            )
        return tuple(said)

    def _fit(self, conversation: Conversation, reading: Reading, lang: Lang) -> tuple[Fit, tuple[str, ...]]:
        verdict = max(reading.fit, key=lambda v: reading.fit[v])
        if len(conversation.text.split()) < FEW_WORDS:
            verdict = "needs_work"
        confidence = reading.fit[verdict]
        notices: tuple[str, ...] = ()
        flags: tuple[Flag, ...] = ()
        if verdict == "poor_fit":
            flags = self._flags(conversation, reading, lang)
            standing = tuple(f for f in flags if not _turned(conversation, f))
            notices = tuple(
                self.words.say(lang, "say.flag_withdrawn", name=self.programme.reason(f.reason).name.at(lang))
                for f in flags
                if f not in standing and f.reason in conversation.flagged
            )
            if not flags:
                notices = (self.words.say(lang, "say.judged_without_quote"),)
            if not standing:
                verdict = self._without_poor_fit(conversation, reading)
                confidence = reading.fit[verdict] / (1 - reading.fit["poor_fit"] or 1)
            flags = marked(standing, conversation.contests)
        elif verdict == "needs_work" and conversation.turn > 1 and _testable(conversation):
            verdict = "fit"
        return Fit(verdict=verdict, confidence=round(confidence, 3), flags=flags), notices

    def _without_poor_fit(self, conversation: Conversation, reading: Reading) -> Verdict:
        if _testable(conversation) or reading.fit["fit"] > reading.fit["needs_work"]:
            return "fit"
        return "needs_work"

    def _flags(self, conversation: Conversation, reading: Reading, lang: Lang) -> tuple[Flag, ...]:
        """The reasons that rest on a line of the applicant's and a line of the booklet, the likeliest first."""
        signs = {s.id: s for s in reading.reason_signs if s.quote and s.quote in conversation.text}
        ranked = sorted(reading.reasons, key=lambda id: -reading.reasons[id])
        chosen = [
            id
            for place, id in enumerate(ranked)
            if id in signs and (place == 0 or reading.reasons[id] >= FLAG_SHARE)
        ]
        return tuple(self._flag(id, signs[id], reading.reasons[id], conversation, lang) for id in chosen)

    def _flag(self, id: str, sign: Sign, chance: float, conversation: Conversation, lang: Lang) -> Flag:
        reason = self.programme.reason(id)
        ways = reframings(reason, conversation.record, self.programme, self.words, lang, flagged=sign.quote)
        return Flag(
            reason=id,
            confidence=round(chance, 3),
            applicant_quote=sign.quote,
            rule=self.passage(reason.passage, lang).citation(),
            explanation=reason.explanation.at(lang),
            reframings=ways,
            lacks=None if ways else self._lacks(reason, conversation, lang),
        )

    def _lacks(self, reason: PoorFitReason, conversation: Conversation, lang: Lang) -> NextQuestion:
        """The one fact that could carry a test, when nothing stated can."""
        return ask(lacking(reason, conversation.record), conversation, (), self.programme, lang)

    def _type(self, conversation: Conversation, reading: Reading, fit: Fit, lang: Lang) -> UseCaseType:
        scores = {id: round(p, 3) for id, p in reading.types.items()}
        if not reading.types:
            return UseCaseType()
        ranked = sorted(reading.types, key=lambda id: -reading.types[id])
        decision = conversation.record.get("decision")
        stated = decision is not None and decision.state == "stated"
        sure = reading.types[ranked[0]] >= TYPE_UNSURE and fit.verdict == "fit"
        if fit.verdict == "poor_fit" or not (stated or sure):
            return UseCaseType(scores=scores)
        first = ranked[0]
        signs = {s.id: s for s in reading.type_signs if s.quote in conversation.text}
        secondary = tuple(
            id
            for id in ranked[1:]
            if reading.types[id] >= SECONDARY and id in signs and signs[id].confidence >= SECONDARY_SIGN
        )
        return UseCaseType(
            primary=first,
            secondary=secondary,
            scores=scores,
            decision_sentence=self.decision_sentence(conversation, lang) if stated else None,
            evidence=tuple(signs[id].quote for id in (first, *secondary) if id in signs),
            would_change_if=self.programme.type(first).would_change[ranked[1]].at(lang),
        )

    def decision_sentence(self, conversation: Conversation, lang: Lang) -> str | None:
        """WHO decides WHAT under WHICH limit, from the applicant's words alone; None without a stated decision."""
        said = {
            id: (e.quote or e.value or "").strip(" .;,")
            for id, e in conversation.record.items()
            if e.state == "stated" and (e.quote or e.value)
        }
        what = said.get("decision")
        if what is None:
            return None
        if conversation.record["decision"].basis == "chosen":
            return self.words.say(lang, "say.decision_chosen", what=what)
        who, limit = said.get("decision_maker"), said.get("constraints")
        if who is None or len(who.split()) > LONGEST_ROLE or who in what:
            return self.words.say(lang, "say.decision_only", what=what)
        if limit is None or limit in (what, who):
            return self.words.say(lang, "say.decision_who", who=who, what=what)
        return self.words.say(lang, "say.decision_who_limit", who=who, what=what, limit=limit)

    def _citations(self, fit: Fit, kind: UseCaseType, lang: Lang) -> tuple[Citation, ...]:
        found = [f.rule for f in fit.flags]
        ids = [kind.primary, *kind.secondary] if kind.primary else []
        found += [self.passage(self.programme.type(id).passage, lang).citation() for id in ids if id]
        return tuple(found)

    def _similar(
        self, case: Case, kind: UseCaseType, record: Mapping[str, Evidence], lang: Lang, today: date
    ) -> SimilarCase:
        alike = self.words.say(lang, "case.near_problem", problem=case.resident_problem)
        if kind.primary is not None and case.primary_type == kind.primary:
            name = self.programme.type(kind.primary).name.at(lang)
            alike = f"{self.words.say(lang, 'case.same_type', type=name)} {alike}"
        return SimilarCase(
            id=case.id,
            title=case.title,
            city=case.city,
            why_similar=alike,
            differs=self._differs(case, lang),
            source_url=case.source_url,
            differences=differences(case, record, self.words, lang, today=today),
            basis=basis(case),
        )

    def _differs(self, case: Case, lang: Lang) -> str:
        about = {
            "where": ", ".join(filter(None, (country(case, self.words, lang), case.year))),
            "users": case.users.rstrip(". "),
        }
        if case.population:
            size = f"{case.population:,}".replace(",", "," if lang == "en" else ".")
            facts = self.words.say(lang, "case.differs", population=size, **about)
        else:
            facts = self.words.say(lang, "case.differs_unknown_size", **about)
        return f"{facts} {self.words.say(lang, 'case.outcome', outcome=case.outcome)}"


def _element(id: str, held: Evidence | None) -> ElementFinding:
    if held is None or held.state == "missing":
        return ElementFinding(id=id, state="missing")
    return ElementFinding(id=id, state=held.state, quote=held.quote, turn=held.turn)


def _turned(conversation: Conversation, flag: Flag) -> bool:
    """Whether the applicant has since stated what turns the flagged idea into a testable one."""
    flagged = next((m.turn for m in conversation.messages if flag.applicant_quote in m.text), 0)
    return _testable(conversation, since=flagged)


def _decided(conversation: Conversation, kind: UseCaseType, engine: Engine) -> bool:
    """Whether there is a decision to test: one on record, or a plain type of a text long enough to hide one.

    The local judge misses one decision in ten, in proposals of fifty words and more. A shorter message whose decision
    was not heard is a problem so far. An answer taken for "nobody knows" is now and then the decision itself, so with
    one on record the type speaks.
    """
    if engine.name == "llm":
        return _grounded(conversation)
    held = conversation.record.get("decision")
    told = held is not None and held.state != "missing"
    hides = any(len(m.text.split()) >= PROPOSAL_WORDS for m in conversation.messages if m.counts)
    return kind.primary is not None and (told or hides)


def _grounded(conversation: Conversation) -> bool:
    """Whether a resident's problem and a decision stand in the record."""
    held = [conversation.record.get(id) for id in ("resident_problem", "decision")]
    return all(e is not None and e.state == "stated" for e in held)


def _testable(conversation: Conversation, *, since: int = 0) -> bool:
    """Whether a decision, somebody who makes or uses it, and a test or owner were stated after a turn."""

    def said(*ids: str) -> bool:
        held = [conversation.record.get(id) for id in ids]
        return any(e is not None and e.state == "stated" and (e.turn or 0) > since for e in held)

    return said("decision") and said("decision_maker", "users") and said("test_plan", "delivery_owner")
