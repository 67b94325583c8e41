"""The same clinic held by a language model: one structured call, of which only what rests on the draft is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from assistant.coaching.bank import Bank
from assistant.coaching.clinic import PER_VOICE, Rehearsal, gathered, rehearse
from assistant.coaching.signs import Signs, said, stands
from assistant.domain import Case, Conversation, Judgement, Lang, Objection, PastCase
from assistant.errors import LLMError
from assistant.judging.llm import plain_words, verbatim
from assistant.judging.replies import ClinicReply
from assistant.llm.base import LLM, Reply, Request
from assistant.llm.budget import Budget
from assistant.llm.parsing import InvalidReplyError, fenced, parse
from assistant.privacy import mask
from assistant.prompts import Prompt
from assistant.words import Words

SECONDS = 60.0
LONGEST = 500
"""Characters of an objection."""
VALUE_SHARE = 400
"""Characters of one element of the record that are sent."""


@dataclass(frozen=True)
class ModelClinic:
    """Holds the clinic with a language model, and by rules, with a notice, when the model is of no use."""

    llm: LLM
    prompt: Prompt
    budget: Budget
    programme: str
    """What the programme is called."""
    bank: Bank
    signs: Signs
    words: Words
    language: Callable[[str], str | None]
    seconds: float = SECONDS

    def __call__(
        self, conversation: Conversation, judgement: Judgement, cases: tuple[Case, ...], lang: Lang
    ) -> Rehearsal:
        """The objections of one call; those of the rules when there was no call or nothing in it could be checked."""
        if not said(conversation):
            return rehearse(conversation, judgement, self.bank, self.signs, cases, lang)
        try:
            self.budget.check(conversation.usage)
            fresh = self._checked(self._asked(conversation, cases, lang), conversation, cases, lang)
            why = "" if fresh else self.words.say(lang, "clinic.no_verified")
        except LLMError as error:
            fresh, why = (), self.words.error(lang, error)[0]
        if fresh:
            return gathered(conversation, fresh, self.bank, lang, "llm")
        ruled = rehearse(conversation, judgement, self.bank, self.signs, cases, lang)
        notice = self.words.say(lang, "clinic.rules_instead", why=why.rstrip("."))
        return ruled.model_copy(update={"notices": (notice,)})

    def _asked(self, conversation: Conversation, cases: tuple[Case, ...], lang: Lang) -> ClinicReply:
        """The model's reply; raises LLMError when there is none or it is not in the form asked for."""
        voices = "\n".join(f"- `{v.id}`: {v.name.en}. {v.cares.en}" for v in self.bank.voices)
        request = Request(
            prompt=self.prompt.label,
            system=self.prompt.fill(programme=self.programme, voices=voices),
            material=self._material(conversation, cases, lang),
            reply=ClinicReply,
        )
        ends, text = time.monotonic() + self.seconds, ""
        for piece in self.llm.stream(request, seconds=max(1.0, ends - time.monotonic())):
            if isinstance(piece, Reply):
                self.budget.note(piece)
                text = piece.text
        try:
            return parse(text, ClinicReply)
        except InvalidReplyError as error:
            fix = "choose another model"
            raise LLMError(f"the reply cannot be read: {error}", fix=fix, key="llm_invalid") from None

    def _material(self, conversation: Conversation, cases: tuple[Case, ...], lang: Lang) -> str:
        """The record and the near cases, with personal identifiers masked."""
        held = {
            id: mask(e.value or e.quote or "").text[:VALUE_SHARE]
            for id, e in conversation.record.items()
            if e.state in ("stated", "vague")
        }
        near = [{"id": c.id, "outcome": c.outcome, "went_wrong": c.risks_or_lessons} for c in cases]
        return fenced({"language": lang, "record": held, "cases": near})

    def _checked(
        self, reply: ClinicReply, conversation: Conversation, cases: tuple[Case, ...], lang: Lang
    ) -> tuple[Objection, ...]:
        """The objections whose voice is known, whose quote stands in the draft and whose words can be shown."""
        texts, known = said(conversation), {c.id: c for c in cases}
        kept: list[Objection] = []
        for part in reply.objections:
            voice = next((v for v in self.bank.voices if v.id == part.voice), None)
            quote = next((q for t in texts if (q := verbatim(part.quote, t))), "")
            text = plain_words(part.objection)
            if voice is None or not quote or not stands(conversation, quote, texts):
                continue
            if not 0 < len(text) <= LONGEST or self.language(text) not in (lang, None):
                continue
            if sum(o.voice == voice.id for o in kept) >= PER_VOICE:
                continue
            case = known.get(part.case)
            kept.append(
                Objection(
                    id=f"llm:{json.dumps([voice.id, text], ensure_ascii=False)[:200]}",
                    voice=voice.id,
                    yields=voice.yields,
                    text=text,
                    quote=quote,
                    settles=voice.settles.at(lang),
                    case=_past(case) if case is not None and case.risks_or_lessons else None,
                )
            )
        return tuple(kept)


def _past(case: Case) -> PastCase:
    return PastCase(
        id=case.id,
        title=case.title,
        city=case.city,
        lesson=case.risks_or_lessons,
        source_url=case.source_url,
    )
