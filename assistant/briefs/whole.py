"""The brief with everything that the coaching made of the draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from assistant.briefs.asked import commitments, questions, reframed, takeaways
from assistant.briefs.brief import write_brief
from assistant.briefs.coached import Sections
from assistant.coaching.coach import Coaching
from assistant.domain import Brief, Conversation, Judgement, Lang, Passage, Section
from assistant.programme import Programme
from assistant.questions import open_questions
from assistant.words import Words

TAKEAWAYS = "booklet/takeaways"


@dataclass(frozen=True)
class BriefMaker:
    """Writes the whole brief: the use case, its verdicts, and what the coaching adds."""

    programme: Programme
    words: Words
    coaching: Coaching
    passage: Callable[[str, Lang], Passage] | None = None
    """The passage of an id; without it the brief does not end with what a city takes away."""

    def __call__(self, conversation: Conversation, judgement: Judgement, *, today: date) -> Brief:
        """The brief of everything said so far."""
        sections = self._sections(conversation, judgement)
        return write_brief(
            conversation, judgement, self.programme, self.words, today=today, sections=sections
        )

    def _sections(self, conversation: Conversation, judgement: Judgement) -> Iterator[Section]:
        lang = judgement.lang
        to = Sections(self.programme, self.words, lang)
        if conversation.choice is not None:
            yield reframed(to, conversation.choice, judgement)
        if judgement.capability is not None:
            yield to.capability_map(judgement.capability)
        yield to.data_probe(self.coaching.probe(conversation, lang))
        yield to.test_plan(self.coaching.plan(conversation, judgement, lang))
        yield to.clock(self.coaching.clock(conversation, lang))
        if judgement.commitments:
            yield commitments(to, judgement.commitments)
        yield to.clinic(self.coaching.rehearse(conversation, judgement, lang))
        if self.passage is not None:
            yield takeaways(to, self.passage(TAKEAWAYS, lang))
        left = open_questions(conversation, judgement.fit.flags, self.programme, lang)
        yield questions(to, left, conversation, judgement.eligibility, self.coaching.bank)
