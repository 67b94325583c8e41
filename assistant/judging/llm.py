"""The language-model judge: one call reads a message; code checks every word of it before anything counts."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from assistant.domain import (
    Answer,
    Conversation,
    Engine,
    Evidence,
    FieldHeard,
    Lang,
    Message,
    ReplyText,
    Usage,
    Verdict,
)
from assistant.errors import LLMError
from assistant.judging.base import NO_ASIDE, Aside, Heard, Judge, Piece, Reading, Sign
from assistant.judging.numbers import one_ahead
from assistant.judging.replies import TurnReply
from assistant.llm.base import LLM, Delta, Reply, Request
from assistant.llm.budget import Budget
from assistant.llm.parsing import InvalidReplyError, fenced, parse, partial
from assistant.llm.stopping import heeding
from assistant.privacy import mask, unmask
from assistant.programme import Programme
from assistant.prompts import Prompt
from assistant.questions import open_questions
from assistant.safety import clean_text

log = logging.getLogger(__name__)

SECONDS = 45.0
"""What a turn may wait for its model, both tries together."""
LEAST_SECONDS = 2.0
SURE, SPLIT = 0.85, 0.55
"""Confidence when the local judge reads the same verdict or type, and when it reads another."""
VAGUE, STATED = 0.0, 1.0
MESSAGE_SHARE = 24_000
"""Characters of a message or draft that are sent; the local judge reads all of it."""
VALUE_SHARE = 150
"""Characters of an earlier value: the record replaces the transcript, so a late turn costs what an early one did."""
GAPS = 5
GLANCE = 24
"""Characters that must have come before a reply in the making is looked at again."""
LONGEST_REPLY, LONGEST_QUESTION, LONGEST_ANSWER = 600, 300, 1_500
SHORTEST_QUOTE = 3
"""Letters and digits; a shorter scrap stands in any text."""
_LINK = re.compile(
    r"(?:\w[\w+.-]{0,30}:)?//\S*"
    r"|(?:\w[\w-]{0,62}\.){1,8}[a-z]{2,24}\b\S*"
    r"|(?:data|javascript|vbscript|file|blob|mailto|tel):\S+"
    r"|\S{1,64}@\S{1,255}",
    re.IGNORECASE,
)
"""Addresses of any kind; every repetition is bounded, for the text is a stranger's and may be long."""
_MARKUP = re.compile(r"[<>`*_\[\]{}|#~$\\]")


@dataclass(frozen=True)
class LLMJudge:
    """Proposes with a model's reading beside the local judge's, and gives way to that one when the model fails."""

    llm: LLM
    prompt: Prompt
    instructions: str
    """The prompt with the programme's ids and meanings filled in; the same for every call."""
    programme: Programme
    local: Judge
    budget: Budget
    language: Callable[[str], str | None]
    """The language a text is written in, when it can be told."""
    seconds: float = SECONDS

    @property
    def engine(self) -> Engine:
        """This prompt with this model."""
        labels = {self.prompt.name: self.prompt.label}
        return Engine(name="llm", version=self.local.engine.version, prompts=labels, model=self.llm.model)

    def read(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Reading:
        """The reading alone."""
        *_, reading = self.stream(conversation, aside)
        assert isinstance(reading, Reading)  # noqa: S101  # the last piece is the reading
        return reading

    def stream(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Iterator[Piece | Reading]:
        """Fields and text as the model writes them, then the whole reading; the local one when the model fails."""
        spent: list[Usage] = []
        with ThreadPoolExecutor(1) as beside:  # the local judge reads while the model writes
            local = beside.submit(self.local.read, conversation)
            try:
                self.budget.check(conversation.usage)
                reply = yield from self._ask(conversation, aside, spent)
            except LLMError as error:
                known = {"engine": self.local.engine, "notices": (error.key,), "usage": sum(spent, Usage())}
                yield local.result().model_copy(update=known)
                return
            own = local.result()
        yield self._checked(conversation, aside, reply, own, sum(spent, Usage()))

    # --- asking -------------------------------------------------------------------------------------------

    def _ask(
        self, conversation: Conversation, aside: Aside, spent: list[Usage]
    ) -> Generator[Piece, None, TurnReply]:
        """The reply, after one repair when it cannot be read. Raises LLMError."""
        began, problem = time.monotonic(), ""
        material = self._material(conversation, aside)
        watch = _Watch(conversation.messages[-1], self.programme.proposal_element_ids)
        for _ in range(2):
            left = self.seconds - (time.monotonic() - began)
            if left < LEAST_SECONDS:
                break
            text = ""
            for piece in heeding(self.llm.stream(self._request(material, problem), seconds=left)):
                if isinstance(piece, Delta):
                    text += piece.text
                    yield from watch.fresh(text)
                else:
                    text = piece.text
                    spent.append(self._noted(piece))
            try:
                return parse(text, TurnReply)
            except InvalidReplyError as error:
                problem = str(error)
        raise LLMError(
            "the model's reply is not in the form asked for", fix="choose another model", key="llm_invalid"
        )

    def _noted(self, reply: Reply) -> Usage:
        """What the call cost, counted and logged: never a word of what was said."""
        usage = self.budget.note(reply)
        log.info(
            "model call: prompt=%s model=%s tokens_in=%d tokens_out=%d cost_usd=%.4f first_text=%.2f seconds=%.2f",
            self.prompt.label,
            reply.model,
            usage.tokens_in,
            usage.tokens_out,
            usage.cost_usd,
            reply.spent.first_text,
            reply.spent.seconds,
        )
        return usage

    def _request(self, material: dict[str, Any], problem: str) -> Request:
        text = fenced(material)
        if problem:
            text += f"\nYour last reply could not be used ({problem}). Give the whole reply again."
        return Request(prompt=self.prompt.label, system=self.instructions, material=text, reply=TurnReply)

    def _material(self, conversation: Conversation, aside: Aside) -> dict[str, Any]:
        """What goes out: the newest message and the record, with personal identifiers masked."""
        lang = conversation.lang or "en"
        newest = conversation.messages[-1]
        hide = _hiding(conversation)
        gaps = open_questions(conversation, (), self.programme, lang)[:GAPS]
        return {
            "language": lang,
            "asked": newest.about,
            "message": mask(newest.text).text[:MESSAGE_SHARE],
            "record": {
                id: _told(e, hide)
                for id, e in conversation.record.items()
                if e.state != "missing" and id in self.programme.element_ids
            },
            "flags": [{"reason": r, "quote": hide(q)} for r, q in conversation.flagged.items()],
            "questions": [mask(q).text for q in aside.questions],
            "passages": [{"id": p.id, "text": p.text} for p in aside.passages],
            "gaps": [g.element for g in gaps],
        }

    # --- checking -----------------------------------------------------------------------------------------

    def _checked(
        self, conversation: Conversation, aside: Aside, reply: TurnReply, own: Reading, usage: Usage
    ) -> Reading:
        """The parts of a reply that rest on words the applicant wrote, and nothing else."""
        lang = conversation.lang or "en"
        newest = conversation.messages[-1]
        elements = self.programme.proposal_element_ids
        heard = tuple(
            Heard(id=s.element, quote=quote, confidence=_certainty(s.state), turn=newest.turn)
            for s in reply.elements
            if s.element in elements and s.state != "unknown" and (quote := verbatim(s.quote, newest.text))
        )
        unknown = tuple(
            s.element for s in reply.elements if s.state == "unknown" and s.element == newest.about
        )
        corrections = tuple(
            Heard(id=c.element, quote=quote, confidence=STATED, turn=newest.turn)
            for c in reply.corrections
            if c.element in conversation.record and (quote := verbatim(c.quote, newest.text))
        )
        flags = self._flags(reply, conversation)
        types = self._types(reply, conversation)
        return Reading(
            fit=self._fit(conversation, heard, flags, own),
            types=one_ahead([t.id for t in types], own.types, SURE, SPLIT),
            reasons=one_ahead([f.id for f in flags], own.reasons, SURE, SPLIT) or own.reasons,
            heard=heard,
            type_signs=types,
            reason_signs=flags,
            unknown=unknown,
            corrections=corrections,
            reply=self._spoken(reply.reply, lang, LONGEST_REPLY),
            wording={q.element: text for q in reply.questions if (text := self._question(q.question, lang))},
            answer=self._answer(reply, aside, lang),
            usage=usage,
        )

    def _fit(
        self, conversation: Conversation, heard: Iterable[Heard], flags: Iterable[Sign], own: Reading
    ) -> dict[Verdict, float]:
        """Code's verdict over what was verified: the model reports words, it does not decide."""
        stated = {h.id for h in heard if h.confidence == STATED}
        stated |= {id for id, e in conversation.record.items() if e.state == "stated"}
        verdict: Verdict = "needs_work"
        if any(flags):
            verdict = "poor_fit"
        elif {"resident_problem", "decision"} <= stated:
            verdict = "fit"
        return one_ahead([verdict], own.fit, SURE, SPLIT)

    def _flags(self, reply: TurnReply, conversation: Conversation) -> tuple[Sign, ...]:
        """The reasons the reply shows words for, and those that stood and were not taken back in words."""
        known = {r.id for r in self.programme.reasons}
        seen = {f.reason: (f.applies, _said(f.quote, conversation)) for f in reply.flags if f.reason in known}
        raised = {id: quote for id, (applies, quote) in seen.items() if applies == "yes" and quote}
        settled = {id for id, (applies, quote) in seen.items() if applies == "no" and quote}
        standing = {id: q for id, q in conversation.flagged.items() if id not in settled}
        return tuple(Sign(id=id, quote=q, confidence=SURE) for id, q in {**standing, **raised}.items())

    def _types(self, reply: TurnReply, conversation: Conversation) -> tuple[Sign, ...]:
        known = {t.id for t in self.programme.types}
        found = {
            k.type: Sign(id=k.type, quote=quote, confidence=SURE)
            for k in reversed(reply.types)
            if k.type in known and (quote := _said(k.quote, conversation))
        }
        return tuple(reversed(found.values()))

    def _answer(self, reply: TurnReply, aside: Aside, lang: Lang) -> Answer | None:
        given = {p.id: p for p in aside.passages}
        used = [given[id] for id in dict.fromkeys(reply.answer.passages) if id in given]
        text = self._spoken(reply.answer.text, lang, LONGEST_ANSWER)
        if not aside.questions or not used or not text:
            return None
        return Answer(text=text, citations=tuple(p.citation() for p in used))

    def _question(self, text: str, lang: Lang) -> str:
        asked = self._spoken(text, lang, LONGEST_QUESTION)
        return asked if asked.count("?") == 1 and asked.endswith("?") else ""

    def _spoken(self, text: str, lang: Lang, longest: int) -> str:
        """Plain text in the conversation's language, or nothing."""
        said = plain_words(text)
        if not said or len(said) > longest or self.language(said) not in (lang, None):
            return ""
        return said


def instructions(prompt: Prompt, programme: Programme) -> str:
    """The prompt with what the programme means by its elements, types and reasons."""
    elements = (programme.element(id) for id in programme.proposal_element_ids)
    return prompt.fill(
        programme=programme.about.name.en,
        elements="\n".join(f"- `{e.id}`: {e.meaning.en}" for e in elements),
        types="\n".join(f"- `{t.id}`: {t.decision.en} {t.description.en}" for t in programme.types),
        reasons="\n".join(f"- `{r.id}`: {r.name.en}. Not when: {r.not_when.en}" for r in programme.reasons),
    )


class _Watch:
    """Shows the parts of a reply that are whole while the rest is being written."""

    def __init__(self, message: Message, elements: Iterable[str]) -> None:
        self._message, self._elements = message, set(elements)
        self._told, self._seen, self._looked = "", 0, 0

    def fresh(self, text: str) -> Iterator[Piece]:
        """What has come since the last look; little by little is not looked at."""
        if len(text) - self._looked < GLANCE:
            return
        self._looked = len(text)
        data = partial(text)
        said = plain_words(data.get("reply")) if isinstance(data.get("reply"), str) else ""
        if len(self._told) < len(said) <= LONGEST_REPLY and said.startswith(self._told):
            yield ReplyText(text=said[len(self._told) :])
            self._told = said
        parts = data.get("elements")
        if isinstance(parts, list):
            whole = parts[: len(parts) - 1] if next(reversed(data)) == "elements" else parts
            yield from self._fields(whole[self._seen :])
            self._seen = max(self._seen, len(whole))

    def _fields(self, parts: Iterable[Any]) -> Iterator[Piece]:
        for part in parts:
            if (
                isinstance(part, dict)
                and part.get("state") == "stated"
                and isinstance(part.get("element"), str)
                and part["element"] in self._elements
            ):
                quote = verbatim(str(part.get("quote", "")), self._message.text)
                if quote:
                    held = Evidence(state="stated", value=quote, quote=quote, turn=self._message.turn)
                    yield FieldHeard(id=part["element"], evidence=held)


def verbatim(quote: str, text: str) -> str:
    """The quote as it stands in the text, whatever its spacing and masked identifiers; empty when it does not."""
    words = clean_text(quote).strip("\"'“”«» \n")
    if sum(c.isalnum() for c in words) < SHORTEST_QUOTE:
        return ""
    return _whole(words, text) or _whole(unmask(words, text) or "", text)


def _whole(words: str, text: str) -> str:
    """The words where they stand in the text, whatever their spacing, and cut from within no word."""
    if not words:
        return ""
    start, end = (r"\b" if re.match(r"\w", c) else "" for c in (words[0], words[-1]))
    found = re.search(start + r"\s+".join(map(re.escape, words.split())) + end, text)
    return found.group() if found else ""


def _said(quote: str, conversation: Conversation) -> str:
    """The quote as it stands in one message about the proposal; empty when it stands in none."""
    return next((q for m in conversation.messages if m.counts and (q := verbatim(quote, m.text))), "")


def plain_words(text: object) -> str:
    """A model's text without markup, links and addresses, on one line."""
    return " ".join(_LINK.sub("", _MARKUP.sub("", clean_text(str(text)))).split())


def _hiding(conversation: Conversation) -> Callable[[str], str]:
    """Masks what was said before: a number that a label gave away in its message has no label in a quote."""
    found = {m.text[f.start : f.end]: f.kind for m in conversation.messages for f in mask(m.text).found}

    def hide(words: str) -> str:
        for identifier in sorted(found, key=len, reverse=True):
            words = words.replace(identifier, f"[{found[identifier]}]")
        return mask(words).text

    return hide


def _told(held: Evidence, hide: Callable[[str], str]) -> dict[str, str]:
    return {"state": held.state, "words": hide(held.value or "")[:VALUE_SHARE]}


def _certainty(state: str) -> float:
    return STATED if state == "stated" else VAGUE
