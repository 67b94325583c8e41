"""The assistant's words: what was written down, what it means, what comes next. Markdown, in one language."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from assistant.domain import Answer, Evidence, Flag, Judgement, Lang, NextQuestion
from assistant.programme import Programme
from assistant.words import Words

QUOTED = 160
"""Characters of a sentence that is shown only to be recognised."""


class Replies:
    """Writes the parts of a reply."""

    def __init__(self, programme: Programme, words: Words) -> None:
        self.programme = programme
        self.words = words

    def noted(self, changed: Mapping[str, Evidence], lang: Lang) -> str:
        """The fields this turn filled or corrected, with the words they rest on."""
        fresh = {id: e for id, e in changed.items() if e.state == "stated" and e.quote}
        unknown = [id for id, e in changed.items() if e.state == "unknown"]
        parts = []
        if unknown:
            parts.append(self.words.say(lang, "reply.ack_unknown"))
        corrected = any(e.basis == "corrected" for e in fresh.values())
        if fresh:
            lead = self.words.say(lang, "say.corrected" if corrected else "say.heard")
            lines = [f"- **{self.name(id, lang)}**: “{plain(e.value or '')}”" for id, e in fresh.items()]
            parts.append("\n".join([lead, "", *lines]))
        return "\n\n".join(parts)

    def name(self, id: str, lang: Lang) -> str:
        """How an element or a fact is called."""
        if id in self.programme.fact_ids:
            return self.programme.criterion(id).name.at(lang)
        return self.programme.element(id).name.at(lang)

    def verdict(self, judgement: Judgement, lang: Lang, *, with_case: bool) -> str:
        """The first-pass fit with both sides' words, the type, and a project nearby."""
        verdict = judgement.fit.verdict
        label = self.words.say(lang, f"verdict.{verdict}")
        text = self.words.say(lang, f"verdict.{verdict}_text")
        parts = [self.words.say(lang, "say.fit_line", verdict=label, text=text)]
        parts += [self.flag(flag, lang) for flag in judgement.fit.flags]
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

    def flag(self, flag: Flag, lang: Lang) -> str:
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
            lines.append(self.words.say(lang, "say.reframe_intro"))
            items = [
                self.words.say(
                    lang, "say.reframe_item", decision=plain(r.decision), test=plain(r.smallest_test)
                )
                for r in flag.reframings
            ]
            lines.append("\n".join(f"- {item}" for item in items))
        return "\n\n".join(lines)

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
