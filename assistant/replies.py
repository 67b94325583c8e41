"""The assistant's words: what was written down, what it means, what comes next. Markdown, in one language."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from assistant.domain import (
    AINote,
    Answer,
    Assignment,
    Contest,
    Conversation,
    Evidence,
    Flag,
    Judgement,
    Lang,
    NextQuestion,
    Rejudged,
    Standing,
)
from assistant.programme import Programme
from assistant.words import Words

_LEADS = {"chosen": "say.chosen", "corrected": "say.corrected"}
QUOTED = 160
"""Characters of a sentence that is shown only to be recognised."""


class Replies:
    """Writes the parts of a reply."""

    def __init__(self, programme: Programme, words: Words) -> None:
        self.programme = programme
        self.words = words

    def noted(self, changed: Mapping[str, Evidence], lang: Lang) -> str:
        """The fields this turn filled or corrected, with the words they rest on."""
        unknown = [id for id, e in changed.items() if e.state == "unknown"]
        parts = []
        if unknown:
            parts.append(self.words.say(lang, "reply.ack_unknown"))
        if fresh := {id: e for id, e in changed.items() if e.state == "stated" and (e.quote or e.value)}:
            bases = {e.basis for e in fresh.values()}
            key = next((k for b, k in _LEADS.items() if b in bases), "say.heard")
            lead = self.words.say(lang, key)
            parts.append("\n".join([lead, "", *self._noted(fresh, lang)]))
        return "\n\n".join(parts)

    def _noted(self, fresh: Mapping[str, Evidence], lang: Lang) -> Iterator[str]:
        """A line for each value; fields that rest on the same words share one, so that they are read once."""
        told: dict[str, list[str]] = {}
        for id, evidence in fresh.items():
            told.setdefault(_told(evidence), []).append(self.name(id, lang))
        for value, names in told.items():
            yield f"- **{' · '.join(names)}**: {value}"

    def name(self, id: str, lang: Lang) -> str:
        """How an element or a fact is called."""
        if id in self.programme.fact_ids:
            return self.programme.criterion(id).name.at(lang)
        if id in self.programme.commitment_ids:
            return self.programme.commitment(id).name.at(lang)
        return self.programme.element(id).name.at(lang)

    def verdict(self, judgement: Judgement, lang: Lang, *, with_case: bool) -> str:
        """The first-pass fit with both sides' words, the type, and a project nearby."""
        verdict = judgement.fit.verdict
        label = self.words.say(lang, f"verdict.{verdict}")
        text = self.words.say(lang, f"verdict.{verdict}_text")
        parts = [self.words.say(lang, "say.fit_line", verdict=label, text=text)]
        parts += self.flags(judgement.fit.flags, lang)
        if with_case and judgement.ai_note is not None:
            parts.append(self.ai(judgement.ai_note, lang))
        if judgement.type.primary is not None:
            parts.append(self.type(judgement, lang))
        if with_case and judgement.similar_cases:
            near = judgement.similar_cases[0]
            parts.append(
                self.words.say(
                    lang,
                    "say.similar_line",
                    title=plain(near.title),
                    city=plain(near.city),
                    differs=plain(near.differs),
                )
            )
        return "\n\n".join(parts)

    def flags(self, flags: Iterable[Flag], lang: Lang) -> list[str]:
        """Each flag, with the testable versions numbered through all of them."""
        shown, first = [], 1
        for flag in flags:
            shown.append(self.flag(flag, lang, first=first))
            first += len(flag.reframings)
        return shown

    def flag(self, flag: Flag, lang: Lang, *, first: int = 1) -> str:
        """One flag: the reason, the applicant's words beside the booklet's, and what could be tried instead."""
        reason = self.programme.reason(flag.reason)
        lines = [
            self.words.say(lang, "say.flag_line", name=reason.name.at(lang), explanation=flag.explanation),
            "> " + self.words.say(lang, "say.you_wrote", quote=plain(flag.applicant_quote)),
            "> "
            + self.words.say(
                lang,
                "say.source_says",
                source=flag.rule.source,
                locator=flag.rule.locator,
                quote=flag.rule.quote,
            ),
        ]
        if flag.reframings:
            only = "_one" if first == len(flag.reframings) == 1 else ""
            lines.append(self.words.say(lang, f"say.reframe_intro{only}"))
            items = [
                self.words.say(
                    lang, "say.reframe_item", decision=plain(r.decision), test=plain(r.smallest_test)
                )
                for r in flag.reframings
            ]
            lines.append("\n".join(f"{n}. {item}" for n, item in enumerate(items, start=first)))
            lines.append(self.words.say(lang, f"say.reframe_pick{only}"))
        elif flag.lacks is not None:
            lines.append(self.words.say(lang, "say.reframe_lacks", question=flag.lacks.text))
        if flag.contested is not None:
            lines.append(self.words.say(lang, "say.contested", why=plain(flag.contested.why)))
        return "\n\n".join(lines)

    def ai(self, note: AINote, lang: Lang) -> str:
        """What the programme asks of work with AI, and which of it has not been said yet."""
        open_ = [f"- {c.note}" for c in note.checks if c.state != "met"]
        source = self.words.say(
            lang,
            "say.source_says",
            source=note.rule.source,
            locator=note.rule.locator,
            quote=note.rule.quote,
        )
        return "\n\n".join([note.text, *(["\n".join(open_)] if open_ else []), f"> {source}"])

    def rejudged(self, anew: Rejudged, lang: Lang) -> str:
        """The fit before and after the choice, side by side, and what the version still needs."""

        def told(where: Standing) -> str:
            flags = ", ".join(self.programme.reason(r).name.at(lang) for r in where.flags)
            label = self.words.say(lang, f"verdict.{where.verdict}")
            return f"{label} ({flags})" if flags else label

        before, after = (self.words.say(lang, f"reframe.{k}") for k in ("before", "after"))
        lines = [f"| {before} | {after} |", "| --- | --- |", f"| {told(anew.before)} | {told(anew.after)} |"]
        parts = ["\n".join(lines)]
        if anew.lacks:
            names = ", ".join(self.name(id, lang) for id in anew.lacks)
            parts.append(self.words.say(lang, "reframe.still_lacks", names=names))
        return "\n\n".join(parts)

    def contested(self, contest: Contest, lang: Lang) -> str:
        """That the disagreement is kept, and with which flag it stays."""
        name = self.programme.reason(contest.reason).name.at(lang)
        return self.words.say(lang, "say.contest_noted", name=name, why=plain(contest.why))

    def team(self, judgement: Judgement, conversation: Conversation, lang: Lang) -> str:
        """What the newest message put on the capability map, and what is open or heaped there."""
        found = judgement.capability
        if found is None:
            return ""
        texts = {r.id: r.text.at(lang) for f in self.programme.functions for r in f.responsibility}
        fresh = [a for a in conversation.team if a.turn == conversation.turn]
        parts = ["\n".join([self.words.say(lang, "team.noted"), "", *(_assigned(a, texts) for a in fresh)])]
        parts.append(self.words.say(lang, "team.unowned", open=len(found.unowned), total=len(found.duties)))
        parts += [
            self.words.say(lang, "team.overload", owner=plain(o.owner), count=len(o.duties))
            for o in found.overloaded
        ]
        return "\n\n".join(parts)

    def type(self, judgement: Judgement, lang: Lang) -> str:
        """The type that comes first, the decision sentence, and the booklet's line on that type."""
        kind = self.programme.type(judgement.type.primary or "")
        line = self.words.say(lang, "say.type_line", name=kind.name.at(lang))
        if judgement.type.decision_sentence:
            line += " " + plain(judgement.type.decision_sentence)
        rules = [c for c in judgement.citations if c.id == kind.passage]
        cited = [
            "> " + self.words.say(lang, "say.source_says", source=c.source, locator=c.locator, quote=c.quote)
            for c in rules[:1]
        ]
        return "\n\n".join([line, *cited])

    def answer(self, answer: Answer, lang: Lang) -> str:
        """An answer from the sources with its citations underneath."""
        lines = [answer.text]
        places = dict.fromkeys(f"{c.source}, {c.locator}" for c in answer.citations)
        if places:
            lines.append("_" + "; ".join(places) + "_")
        return "\n\n".join(lines)

    def question(self, question: NextQuestion, lang: Lang, *, example: bool = True) -> str:
        """The next question, why it is asked, and an example of a good answer."""
        lines = [f"**{plain(question.text)}**", f"{self.words.say(lang, 'reply.why_label')}: {question.why}"]
        if example and question.element in self.programme.element_ids:
            sample = self.programme.element(question.element).example.at(lang)
            lines.append(f"{self.words.say(lang, 'reply.example_label')}: _{sample}_")
        return "\n\n".join(lines)


def _told(evidence: Evidence) -> str:
    """A value as it is shown: the applicant's own words in quotation marks, a version's words without."""
    value = plain(evidence.value or "")
    return value if evidence.quote is None else f"“{value}”"


def _assigned(one: Assignment, texts: Mapping[str, str]) -> str:
    who = " · ".join(
        plain(part) for part in (one.owner or "–", ", ".join(one.contributors), one.time) if part
    )
    return f"- {texts[one.duty]}: **{who}**"


def plain(text: str) -> str:
    """Text of the applicant's or of a source inside Markdown: shown as it is, on one line, never as markup."""
    escaped = "".join("\\" + c if c in "\\`*_{}[]<>#|!~$" else c for c in text)
    return " ".join(escaped.split())


def shortened(text: str) -> str:
    """The beginning of a long text, cut between words."""
    return textwrap.shorten(text, QUOTED, placeholder=" …")


def join(parts: Iterable[str]) -> str:
    """The parts that say something, as paragraphs."""
    return "\n\n".join(p for p in parts if p)
