"""What a brief says and in which order, before any form of export lays it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.briefs.blocks import (
    Block,
    Bullets,
    Entries,
    Entry,
    Heading,
    Line,
    PageEnd,
    Pairs,
    Paper,
    Paragraph,
    Span,
    Table,
    Tone,
    joined,
    line,
    one_line,
)
from assistant.briefs.grounds import (
    ai_note,
    capabilities,
    checks,
    cited,
    contested,
    contested_before,
    quoted,
    resident_line,
    signals,
    supports,
)
from assistant.briefs.said import said
from assistant.briefs.sections import section_blocks
from assistant.briefs.summary import TONES, Speaker, summary
from assistant.domain import (
    Brief,
    Citation,
    CriterionFinding,
    CriterionState,
    Evidence,
    Flag,
    NextQuestion,
    Reframing,
    SimilarCase,
)
from assistant.programme import Programme
from assistant.words import Words

SURE = 0.85
LIKELY = 0.65
"""Confidence from which a verdict is called clear, and likely."""
WHOLE_ANSWER = 600
"""Characters up to which an answer is shown whole, not only the words that were judged."""
GROUPS = ("problem", "decision", "delivery", "team")
BY_ROLE = "questions_by_role"
"""The section that says whom to ask what; without it the questions stand by part of the use case."""
ROLES = (
    "decision_maker",
    "users",
    "delivery_owner",
    "executive_sponsor",
    "problem_expertise",
    "data_capability",
)
"""Elements that name a role to talk to."""
_EVIDENCE_TONES: dict[str, Tone] = {"stated": "good", "vague": "open", "unknown": "open", "missing": "plain"}
_CRITERION_TONES: dict[CriterionState, Tone] = {"met": "good", "not_met": "open", "unknown": "plain"}


def paper(brief: Brief, programme: Programme, words: Words) -> Paper:
    """The whole brief as a document: its parts in reading order, and what stands around every page."""
    outline = Outline(brief, programme, words)
    return Paper(
        title=outline.title,
        blocks=tuple(outline.blocks()),
        head=" · ".join(outline.place_and_day()),
        foot=outline.say("brief.running", lead=programme.about.lead.at(brief.lang)),
        page_of=outline.say("brief.page_of"),
    )


class Outline(Speaker):
    """The parts of one brief."""

    @property
    def title(self) -> str:
        """The brief's title on one line; what the paper is, when nothing of it can be shown."""
        return one_line(self.brief.title) or self.say("brief.title")

    def place_and_day(self) -> tuple[str, ...]:
        """What kind of paper this is, for which city when it is known, and of which day."""
        city = filter(None, (one_line(self.brief.contact.city or ""),))
        return (self.say("brief.kicker"), *city, self.day)

    def blocks(self) -> Iterator[Block]:
        """Every part in its order."""
        yield Paragraph(line(" · ".join(self.place_and_day())), "kicker")
        yield Heading(self.title, 0)
        yield Paragraph(line(self.programme.about.notice.at(self.lang)), "notice")
        yield from self.figures()
        yield from summary(self)
        yield PageEnd()
        yield from self.use_case()
        yield from resident_line(self)
        yield from self.contact()
        yield Heading(self.say("brief.verdicts"), 1)
        yield from self.fit()
        yield from self.type()
        yield from self.eligibility()
        yield from self.readiness()
        yield from capabilities(self)
        yield from ai_note(self)
        for section in self.brief.sections:
            if section.id != BY_ROLE:
                yield from section_blocks(section)
        yield from self.cases()
        yield from self.questions()
        yield from self.sources()
        yield from self.closing()

    def figures(self) -> Iterator[Block]:
        """A warning of figures without an origin, when there are any."""
        if self.brief.untraced:
            listed = "; ".join(self.brief.untraced)
            yield Paragraph(line(self.say("brief.untraced", figures=listed)), "notice")

    # --- the record ----------------------------------------------------------------------------------------

    def use_case(self) -> Iterator[Block]:
        """Every element in the programme's order, with its state and the message it comes from."""
        yield Heading(self.say("brief.use_case"), 1)
        elements = self.programme.elements_of(self.brief.record)
        for group in GROUPS:
            held = [e.id for e in elements if e.group == group and e.id in self.brief.record]
            if held:
                yield Heading(self.say(f"page.group_{group}"), 2)
                yield Entries(tuple(self._entry(id) for id in held))

    def _entry(self, id: str) -> Entry:
        evidence = self.evidence(id)
        words = said(evidence, WHOLE_ANSWER)
        lines = [line(f"“{one_line(words)}”")] if words else []
        lines += [self._struck(value) for value in evidence.earlier if value] if words else []
        return Entry(self.name(id), self._state(evidence), tuple(lines), _EVIDENCE_TONES[evidence.state])

    def _state(self, evidence: Evidence) -> str:
        """How it is known and from which message."""
        if evidence.role:
            return f"{self.state(evidence)} ({one_line(evidence.role)})"
        if evidence.turn is None or evidence.state == "missing":
            return self.state(evidence)
        return f"{self.state(evidence)}, {self.say('brief.in_message', n=evidence.turn)}"

    def _struck(self, value: str) -> Line:
        return (Span(self.say("brief.before")), Span(" "), Span(one_line(value), "struck"))

    def contact(self) -> Iterator[Block]:
        """The city, the channel and the roles that were named."""
        contact = self.brief.contact
        not_stated = self.say("brief.not_stated")
        rows = [
            (self.say("brief.city"), line(contact.city or not_stated)),
            (self.say("brief.channel"), line(contact.channel or not_stated)),
        ]
        for id in ROLES:
            if id in self.brief.record:
                rows.append((self.name(id), line(said(self.evidence(id)) or not_stated)))
        yield Heading(self.say("brief.contact"), 1)
        yield Pairs(tuple(rows))

    # --- the verdicts --------------------------------------------------------------------------------------

    def fit(self) -> Iterator[Block]:
        """The verdict on fit, and each flag with the applicant's words beside the booklet's."""
        fit = self.brief.judgement.fit
        yield Heading(self.say("brief.fit"), 2)
        sure = "high" if fit.confidence >= SURE else "medium" if fit.confidence >= LIKELY else "low"
        verdict = self.say(f"verdict.{fit.verdict}")
        yield Entries((Entry(verdict, self.say(f"page.sure_{sure}"), (), TONES[fit.verdict]),))
        yield Paragraph(line(self.say(f"verdict.{fit.verdict}_text")))
        flagged = {flag.reason for flag in fit.flags}
        if rests_on := [check for check in fit.checks if check.id not in flagged]:
            yield Heading(self.say("brief.points"), 3)
            yield checks(self, rests_on)
        for flag in fit.flags:
            yield from self._flag(flag)
        yield from contested_before(self)
        for notice in self.brief.judgement.notices:
            yield Paragraph(line(notice))

    def _flag(self, flag: Flag) -> Iterator[Block]:
        reasons = {reason.id: reason.name.at(self.lang) for reason in self.programme.reasons}
        name = one_line(reasons.get(flag.reason, flag.reason))
        yield Heading(name, 3)
        yield Paragraph(line(flag.explanation))
        head = (self.say("brief.city_said"), self.say("brief.source_says"))
        yield Table(name, head, ((line(f"“{one_line(flag.applicant_quote)}”"), quoted(flag.rule)),))
        yield from contested(self, flag.contested)
        if flag.reframings:
            yield Heading(self.say("page.reframings"), 3)
            yield Bullets(tuple(self._reframing(r) for r in flag.reframings), numbered=True)

    def _reframing(self, reframing: Reframing) -> Line:
        parts = [
            line(reframing.decision),
            line(reframing.user, self.say("page.reframing_user")),
            line(reframing.smallest_test, self.say("page.reframing_test")),
        ]
        for key, listed in (("kept", reframing.kept), ("dropped", reframing.dropped)):
            if listed:
                parts.append(line("; ".join(listed), self.say(f"page.reframing_{key}")))
        return joined(*parts)

    def type(self) -> Iterator[Block]:
        """The type that comes first, the decision it rests on, and what would change it."""
        kind = self.brief.judgement.type
        yield Heading(self.say("page.type"), 2)
        yield Paragraph((Span(self.type_name(kind.primary), "strong" if kind.primary else "plain"),))
        decision = said(self.evidence("decision"))
        if decision:
            yield Paragraph(line(f"“{one_line(decision)}”", self.say("brief.decision")))
        if kind.secondary:
            also = "; ".join(self.type_name(id) for id in kind.secondary)
            yield Paragraph(line(also, self.say("page.type_also")))
        led = [quote for quote in kind.evidence if one_line(quote) != one_line(decision)]
        if led:
            quotes = " ".join(f"“{one_line(quote)}”" for quote in led)
            yield Paragraph(line(quotes, self.say("page.type_evidence")))
        if kind.primary and kind.would_change_if:
            yield Paragraph(line(kind.would_change_if, self.say("page.would_change")))

    def eligibility(self) -> Iterator[Block]:
        """What cities typically have, and what was said of it; never a gate."""
        findings = self.brief.judgement.eligibility
        if not findings:
            return
        yield Heading(self.say("brief.eligibility"), 2)
        yield Paragraph(line(self.say("page.eligibility_note")))
        yield Entries(tuple(self._criterion(finding) for finding in findings))

    def _criterion(self, finding: CriterionFinding) -> Entry:
        evidence = self.evidence(finding.id)
        lines = [line(finding.note)]
        if words := said(evidence):
            source = f"“{one_line(words)}” ({self._state(evidence)})"
            lines.append(line(source, self.say("brief.city_said") + ":"))
        lines.append(joined(line("", self.say("brief.source_says") + ":"), quoted(finding.rule)))
        state = self.say("criterion.discuss" if finding.discuss else f"criterion.{finding.state}")
        return Entry(self.name(finding.id), state, tuple(lines), _CRITERION_TONES[finding.state])

    def readiness(self) -> Iterator[Block]:
        """The pathway that the signs point to, with the notice that somebody else decides."""
        readiness = self.brief.judgement.readiness
        yield Heading(self.say("brief.readiness"), 2)
        yield Paragraph((Span(self.say(f"pathway.{readiness.pathway}"), "strong"),))
        if readiness.notice:
            yield Paragraph(line(readiness.notice), "notice")
        if readiness.signals:
            yield signals(self, readiness.signals)
        yield from supports(self, readiness.supports)

    # --- the rest ------------------------------------------------------------------------------------------

    def cases(self) -> Iterator[Block]:
        """Past projects nearby, each with its source, and no promise that it works here."""
        yield Heading(self.say("brief.cases"), 1)
        cases = self.brief.judgement.similar_cases
        yield Paragraph(line(self.say("page.cases_note" if cases else "page.no_cases")))
        if cases:
            yield Entries(tuple(self._case(case) for case in cases))

    def _case(self, case: SimilarCase) -> Entry:
        sourced = case.source_url.startswith(("https://", "http://"))
        lines = [
            line(case.why_similar, self.say("page.case_alike")),
            line(case.differs, self.say("page.differs") + ":"),
        ]
        if sourced:
            lines.append(self._case_source(case.source_url))
        label = self.say("page.documented" if sourced else "page.illustrative")
        return Entry(one_line(f"{case.title} ({case.city})"), label, tuple(lines))

    def _case_source(self, address: str) -> Line:
        before, _, after = self.say("page.case_source", host="\n").partition("\n")
        return (Span(before), Span(one_line(address), "address"), Span(after))

    def questions(self) -> Iterator[Block]:
        """What is still open by whom to ask, the most valuable question first."""
        held = next((s for s in self.brief.sections if s.id == BY_ROLE and s.parts), None)
        if held is not None:
            yield from section_blocks(held)
            return
        if not self.brief.open_questions:
            return
        yield Heading(self.say("brief.questions"), 1)
        for heading, asked in self._by_group():
            yield Heading(heading, 2)
            yield Bullets(tuple(self._question(question) for question in asked), numbered=True)

    def _by_group(self) -> Iterator[tuple[str, list[NextQuestion]]]:
        groups = {element.id: element.group for element in self.programme.elements}
        for group in GROUPS:
            if asked := [q for q in self.brief.open_questions if groups.get(q.element) == group]:
                yield self.say(f"page.group_{group}"), asked
        if asked := [q for q in self.brief.open_questions if q.element not in groups]:
            yield self.say("brief.other_facts"), asked

    def _question(self, question: NextQuestion) -> Line:
        return joined(line(question.text, self.name(question.element) + ":"), line(question.why))

    def sources(self) -> Iterator[Block]:
        """Every line of a source that this brief rests on, once, under its source with the date."""
        rules = list(cited(self.brief.judgement))
        rules += [citation for section in self.brief.sections for citation in section.sources]
        if not rules:
            return
        yield Heading(self.say("brief.sources"), 1)
        by_source: dict[str, dict[str, Citation]] = {}
        for citation in rules:
            by_source.setdefault(citation.source, {})[f"{citation.locator}\n{citation.quote}"] = citation
        for source, lines in by_source.items():
            yield Heading(one_line(source), 2)
            if note := self._dated(next(iter(lines.values()))):
                yield Paragraph(line(note))
            yield Bullets(tuple(line(f"“{c.quote}”", f"{c.locator}:") for c in lines.values()))

    def _dated(self, citation: Citation) -> str:
        """What the source says of its date; empty for one this programme does not know."""
        key = f"source_date.{citation.id.partition('/')[0]}"
        return self.say(key) if self.words.has(key) else ""

    def closing(self) -> Iterator[Block]:
        """Who judged, with which versions, when, and who decides."""
        about, engine = self.programme.about, self.brief.judgement.engine
        yield Heading(self.say("brief.closing"), 1)
        yield Paragraph(
            line(f"{about.notice.at(self.lang)} {about.readiness_notice.at(self.lang)}"), "notice"
        )
        versions = [engine.version, *_pairs(engine.prompts), *([engine.model] if engine.model else [])]
        made = [
            line(self.say(f"page.engine_{engine.name}"), self.say("brief.engine") + ":"),
            line(", ".join(versions), self.say("brief.version") + ":"),
            line(self.day, self.say("brief.made_on") + ":"),
        ]
        yield Bullets(tuple(made))


def _pairs(prompts: Mapping[str, str]) -> list[str]:
    return [f"{name} {version}" for name, version in prompts.items()]
