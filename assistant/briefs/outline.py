"""What a brief says and in which order, before any form of export lays it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.briefs.brief import said
from assistant.domain import Brief, Citation, Evidence, Flag, Reframing, SimilarCase
from assistant.programme import Programme
from assistant.safety import clean_text
from assistant.words import Words

SURE = 0.85
LIKELY = 0.65
"""Confidence from which a verdict is called clear, and likely."""


@dataclass(frozen=True)
class Span:
    """A stretch of text in one style."""

    text: str
    style: Literal["plain", "strong", "struck", "address"] = "plain"
    """An address is where a source can be found; forms with links may make one of it."""


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 0 is the title."""

    text: str
    level: int


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or a notice that stands out."""

    line: Line
    notice: bool = False


@dataclass(frozen=True)
class Bullets:
    """A list, numbered where the order says something."""

    items: tuple[Line, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under one header row; `name` says what they are for those who cannot see the table."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class PageEnd:
    """What follows begins on a new page, where there are pages."""


Block = Heading | Paragraph | Bullets | Table | PageEnd


def outline(brief: Brief, programme: Programme, words: Words) -> tuple[Block, ...]:
    """The whole brief in reading order, in its language."""
    return tuple(Outline(brief, programme, words).blocks())


def line(text: str, label: str = "") -> Line:
    """A line of text after a label in bold; every text goes through here, so that nothing unseen goes out."""
    spans = [Span(one_line(label), "strong"), Span(" "), Span(one_line(text))]
    return tuple(spans) if label and text else (spans[0],) if label else (spans[2],)


def one_line(text: str) -> str:
    """Text without line ends or unseen characters."""
    return " ".join(clean_text(text).split())


@dataclass(frozen=True)
class Outline:
    """The parts of one brief."""

    brief: Brief
    programme: Programme
    words: Words

    def blocks(self) -> Iterator[Block]:
        """Every part in its order."""
        yield Heading(one_line(self.brief.title), 0)
        yield Paragraph(line(self.programme.about.notice.at(self.brief.lang)), notice=True)
        yield from self.summary()
        yield PageEnd()
        yield from self.use_case()
        yield Heading(self.say("brief.verdicts"), 1)
        yield from self.fit()
        yield from self.type()
        yield from self.eligibility()
        yield from self.readiness()
        yield from self.cases()
        yield from self.questions()
        yield from self.sources()
        yield from self.engine()

    def say(self, key: str, **slots: object) -> str:
        """A label in the brief's language."""
        return self.words.say(self.brief.lang, key, **slots)

    def name(self, id: str) -> str:
        """How an element or a fact is called; its id when this programme does not have it."""
        names = {item.id: item.name for item in self.programme.elements}
        names |= {item.id: item.name for item in self.programme.criteria}
        return names[id].at(self.brief.lang) if id in names else one_line(id)

    # --- the first page ------------------------------------------------------------------------------------

    def summary(self) -> Iterator[Block]:
        """What the use case is, what was made of it, and what to ask next, on one page."""
        judgement = self.brief.judgement
        yield Heading(self.say("brief.summary"), 1)
        yield Paragraph(line(self.brief.summary))
        items = [
            line(
                self.say(f"verdict.{judgement.fit.verdict}"), self.say("page.fit") + self._colon("page.fit")
            ),
            line(self._type_name(judgement.type.primary), self.say("page.type") + ":"),
            line(self.say(f"pathway.{judgement.readiness.pathway}"), self.say("brief.readiness") + ":"),
        ]
        if self.brief.open_questions:
            items.append(line(self.brief.open_questions[0].text, self.say("page.next_question") + ":"))
        yield Bullets(tuple(items))

    def _colon(self, key: str) -> str:
        return "" if self.say(key).endswith("?") else ":"

    def _type_name(self, id: str | None) -> str:
        if id is None:
            return self.say("page.type_open")
        return next((t.name.at(self.brief.lang) for t in self.programme.types if t.id == id), one_line(id))

    # --- the record ----------------------------------------------------------------------------------------

    def use_case(self) -> Iterator[Block]:
        """Every element in the programme's order, with its state and the message it comes from."""
        yield Heading(self.say("brief.use_case"), 1)
        head = (self.say("page.edit_field"), self.say("brief.evidence"), self.say("page.progress"))
        ids = [id for id in self.programme.element_ids if id in self.brief.record]
        rows = tuple(self._row(id, self.brief.record[id]) for id in ids)
        yield Table(self.say("brief.use_case"), head, rows)

    def _row(self, id: str, evidence: Evidence) -> tuple[Line, ...]:
        name = (Span(self.name(id), "strong"),)
        return (name, self._said(evidence), line(self.say(f"state.{evidence.state}")))

    def _said(self, evidence: Evidence) -> Line:
        """The applicant's words and the message they stand in, after what they replaced."""
        words = said(evidence)
        if not words:
            return line("—")
        earlier = [Span(f"{one_line(value)} ", "struck") for value in evidence.earlier if value]
        place = "" if evidence.turn is None else f" ({self.say('page.your_message')} {evidence.turn})"
        return (*earlier, *line(f"“{words}”{place}"))

    # --- the verdicts --------------------------------------------------------------------------------------

    def fit(self) -> Iterator[Block]:
        """The verdict on fit, and each flag with the applicant's words beside the booklet's."""
        fit = self.brief.judgement.fit
        yield Heading(self.say("page.fit"), 2)
        sure = "high" if fit.confidence >= SURE else "medium" if fit.confidence >= LIKELY else "low"
        yield Paragraph(line(self.say(f"page.sure_{sure}") + ".", self.say(f"verdict.{fit.verdict}") + "."))
        yield Paragraph(line(self.say(f"verdict.{fit.verdict}_text")))
        for flag in fit.flags:
            yield from self._flag(flag)
        for notice in self.brief.judgement.notices:
            yield Paragraph(line(notice))

    def _flag(self, flag: Flag) -> Iterator[Block]:
        reasons = {reason.id: reason.name.at(self.brief.lang) for reason in self.programme.reasons}
        name = one_line(reasons.get(flag.reason, flag.reason))
        yield Heading(name, 3)
        yield Paragraph(line(flag.explanation))
        head = (self.say("page.you_said"), self.say("page.booklet_says"))
        yield Table(name, head, ((line(f"“{flag.applicant_quote}”"), self._quoted(flag.rule)),))
        if flag.reframings:
            yield Heading(self.say("page.reframings"), 3)
            yield Bullets(tuple(self._reframing(r) for r in flag.reframings), numbered=True)

    def _quoted(self, citation: Citation) -> Line:
        return line(f"“{citation.quote}” ({citation.source}, {citation.locator})")

    def _reframing(self, reframing: Reframing) -> Line:
        parts = [
            line(reframing.decision),
            line(reframing.user, self.say("page.reframing_user")),
            line(reframing.smallest_test, self.say("page.reframing_test")),
        ]
        for key, listed in (("kept", reframing.kept), ("dropped", reframing.dropped)):
            if listed:
                parts.append(line("; ".join(listed), self.say(f"page.reframing_{key}")))
        return _joined(parts)

    def type(self) -> Iterator[Block]:
        """The type that comes first, the decision it rests on, and what would change it."""
        kind = self.brief.judgement.type
        yield Heading(self.say("page.type"), 2)
        yield Paragraph((Span(self._type_name(kind.primary), "strong" if kind.primary else "plain"),))
        if kind.decision_sentence:
            yield Paragraph(line(kind.decision_sentence))
        if kind.secondary:
            also = "; ".join(self._type_name(id) for id in kind.secondary)
            yield Paragraph(line(also, self.say("page.type_also")))
        if kind.evidence:
            led = " ".join(f"“{quote}”" for quote in kind.evidence)
            yield Paragraph(line(led, self.say("page.type_evidence")))
        if kind.primary and kind.would_change_if:
            yield Paragraph(line(kind.would_change_if, self.say("page.would_change")))

    def eligibility(self) -> Iterator[Block]:
        """What cities typically have, and what was said of it; never a gate."""
        findings = self.brief.judgement.eligibility
        if not findings:
            return
        yield Heading(self.say("brief.eligibility"), 2)
        yield Paragraph(line(self.say("page.eligibility_note")))
        head = (
            self.say("page.edit_field"),
            self.say("brief.evidence"),
            self.say("page.progress"),
            self.say("page.booklet_says"),
        )
        rows = tuple(
            (
                (Span(self.name(finding.id), "strong"),),
                self._said(self.brief.record.get(finding.id, Evidence())),
                _joined([line("", self.say(f"criterion.{finding.state}") + "."), line(finding.note)]),
                self._quoted(finding.rule),
            )
            for finding in findings
        )
        yield Table(self.say("brief.eligibility"), head, rows)

    def readiness(self) -> Iterator[Block]:
        """The pathway that the signs point to, with the notice that somebody else decides."""
        readiness = self.brief.judgement.readiness
        yield Heading(self.say("brief.readiness"), 2)
        yield Paragraph((Span(self.say(f"pathway.{readiness.pathway}"), "strong"),))
        if readiness.notice:
            yield Paragraph(line(readiness.notice), notice=True)
        if readiness.signals:
            yield Bullets(tuple(line(signal.why) for signal in readiness.signals))

    # --- the rest ------------------------------------------------------------------------------------------

    def cases(self) -> Iterator[Block]:
        """Past projects nearby, each with its source, and no promise that it works here."""
        yield Heading(self.say("brief.cases"), 1)
        cases = self.brief.judgement.similar_cases
        yield Paragraph(line(self.say("page.cases_note" if cases else "page.no_cases")))
        for case in cases:
            yield from self._case(case)

    def _case(self, case: SimilarCase) -> Iterator[Block]:
        yield Heading(one_line(f"{case.title} ({case.city})"), 2)
        sourced = case.source_url.startswith(("https://", "http://"))
        label = self.say("page.documented" if sourced else "page.illustrative")
        items = [
            line(case.why_similar, self.say("page.case_alike")),
            line(case.differs, self.say("page.differs") + ":"),
        ]
        source = self._case_source(case.source_url) if sourced else ()
        yield Bullets((_joined([line("", label + "."), source]), *items))

    def _case_source(self, address: str) -> Line:
        before, _, after = self.say("page.case_source", host="\n").partition("\n")
        return (Span(before), Span(one_line(address), "address"), Span(after))

    def questions(self) -> Iterator[Block]:
        """What is still open, the most valuable question first."""
        if not self.brief.open_questions:
            return
        yield Heading(self.say("brief.questions"), 1)
        items = [
            _joined([line(q.text, self.name(q.element) + ":"), line(q.why)])
            for q in self.brief.open_questions
        ]
        yield Bullets(tuple(items), numbered=True)

    def sources(self) -> Iterator[Block]:
        """Every line of a source that this brief rests on, once."""
        judgement = self.brief.judgement
        cited = [flag.rule for flag in judgement.fit.flags]
        cited += [*judgement.citations, *(finding.rule for finding in judgement.eligibility)]
        if not cited:
            return
        yield Heading(self.say("brief.sources"), 1)
        yield Bullets(tuple(dict.fromkeys(self._source(citation) for citation in cited)))

    def _source(self, citation: Citation) -> Line:
        return line(f"“{citation.quote}”", f"{citation.source}, {citation.locator}:")

    def engine(self) -> Iterator[Block]:
        """Who judged, with which versions, when, and of which draft."""
        engine = self.brief.judgement.engine
        yield Heading(self.say("brief.engine"), 1)
        versions = ", ".join(
            [engine.version, *_pairs(engine.prompts), *([engine.model] if engine.model else [])]
        )
        items = [
            line(self.say(f"page.engine_{engine.name}")),
            line(versions, self.say("brief.version") + ":"),
            line(self.brief.made_on, self.say("brief.made_on") + ":"),
        ]
        yield Bullets(tuple(items))


def _joined(lines: list[Line]) -> Line:
    """Several lines as one."""
    spans: list[Span] = []
    for each in lines:
        spans += [*([Span(" ")] if spans else []), *each]
    return tuple(span for span in spans if span.text)


def _pairs(prompts: Mapping[str, str]) -> list[str]:
    return [f"{name} {version}" for name, version in prompts.items()]
