"""The first paragraph of a brief, written by a language model from the record alone; only what can be checked stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.briefs.figures import numbers
from assistant.briefs.opened import Opened, mark
from assistant.domain import Conversation, Evidence, Lang, Opening, Usage
from assistant.errors import LLMError
from assistant.judging.llm import plain_words
from assistant.judging.replies import BriefReply
from assistant.llm.base import LLM, Reply, Request
from assistant.llm.budget import Budget
from assistant.llm.parsing import InvalidReplyError, fenced, parse
from assistant.llm.stopping import heeding
from assistant.privacy import mask
from assistant.prompts import Prompt

SECONDS = 30.0
LONGEST, LONGEST_TITLE = 900, 90
"""Characters of the paragraph, and of the title."""
VALUE_SHARE = 400
"""Characters of one element of the record that are sent."""


@dataclass(frozen=True)
class ModelOpening:
    """Asks a model for the opening of a brief and keeps it when every figure in it was said."""

    llm: LLM
    prompt: Prompt
    budget: Budget
    programme: str
    """What the programme is called."""
    language: Callable[[str], str | None]
    seconds: float = SECONDS

    def __call__(self, conversation: Conversation, lang: Lang) -> Opened:
        """The opening for the record as it stands; the brief is whole without one."""
        spent = Usage()
        try:
            self.budget.check(conversation.usage)
            text = ""
            for piece in heeding(
                self.llm.stream(self._request(conversation.record, lang), seconds=self.seconds)
            ):
                if isinstance(piece, Reply):
                    spent, text = self.budget.note(piece), piece.text
            reply = parse(text, BriefReply)
        except LLMError as error:
            return Opened(None, spent, error.key)
        except InvalidReplyError:
            return Opened(None, spent, "llm_invalid")
        opening = self._checked(reply, conversation.record, lang)
        return Opened(opening, spent, "" if opening else "llm_invalid")

    def _request(self, record: Mapping[str, Evidence], lang: Lang) -> Request:
        held = {
            id: mask(e.value or e.quote or "").text[:VALUE_SHARE]
            for id, e in record.items()
            if e.state == "stated"
        }
        return Request(
            prompt=self.prompt.label,
            system=self.prompt.fill(programme=self.programme),
            material=fenced({"language": lang, "record": held}),
            reply=BriefReply,
        )

    def _checked(self, reply: BriefReply, record: Mapping[str, Evidence], lang: Lang) -> Opening | None:
        said = set(numbers(" ".join(f"{e.value or ''} {e.quote or ''}" for e in record.values())))
        text, title = plain_words(reply.summary), plain_words(reply.title)
        if not 0 < len(text) <= LONGEST or self.language(text) not in (lang, None):
            return None
        if not set(numbers(text)) <= said:
            return None
        fits = len(title) <= LONGEST_TITLE and set(numbers(title)) <= said
        return Opening(title=title if fits else "", text=text, of=mark(record))
