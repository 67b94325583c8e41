"""Simulated applicants: who they are is data, how they talk is one small door that a model can answer too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from assistant.conversation import Assistant
from assistant.domain import Conversation, Lang, Turn
from evals.cases import ConversationCase

MOST_TURNS = 45
"""An interview that is not over by then is not going to end."""
DONT_KNOW: dict[Lang, str] = {
    "en": "We do not know yet.",
    "es": "Todavía no lo sabemos.",
    "pt": "Ainda não sabemos.",
}


class Said(NamedTuple):
    """What an applicant says next, and which question it answers, if any."""

    text: str
    answers: str | None = None


class Applicant(Protocol):
    """Somebody who opens a conversation and goes on until there is a brief."""

    @property
    def opening(self) -> str:
        """The first message."""
        ...

    def reply(self, turns: Sequence[Turn]) -> Said | None:
        """What they say after these turns; None when they leave."""
        ...


class ScriptedApplicant:
    """Answers what the case holds an answer for, says so when nobody knows, and throws in what the case says."""

    def __init__(self, case: ConversationCase) -> None:
        self.opening = case.opening
        self._answers, self._lang = case.answers, case.lang
        self._left = list(case.interjections)

    def reply(self, turns: Sequence[Turn]) -> Said | None:
        """The interjection that is due, or the answer to what was asked."""
        if self._left and len(turns) >= self._left[0].after:
            return Said(self._left.pop(0).text)
        asked = turns[-1].asked
        if asked is None:
            return Said(DONT_KNOW[self._lang])
        return Said(self._answers.get(asked, DONT_KNOW[self._lang]), asked)


class Talk(NamedTuple):
    """A conversation as it went."""

    turns: tuple[Turn, ...]
    said: tuple[Said, ...]
    """What the applicant said; turn n answers said n."""

    @property
    def repeats(self) -> tuple[str, ...]:
        """Questions asked again although they had been answered."""
        answered: set[str] = set()
        again: list[str] = []
        for turn, said in zip(self.turns, self.said, strict=True):
            if said.answers:
                answered.add(said.answers)
            if turn.asked in answered:
                again.append(turn.asked)
        return tuple(again)

    @property
    def questions(self) -> int:
        """How many different questions were asked."""
        return len({t.asked for t in self.turns if t.asked})


def talk(assistant: Assistant, applicant: Applicant) -> Talk:
    """The conversation from the opening to the brief, or until the applicant leaves."""
    said = [Said(applicant.opening)]
    turns = [assistant.respond(Conversation(), applicant.opening)]
    while turns[-1].outcome != "brief" and len(turns) < MOST_TURNS:
        following = applicant.reply(turns)
        if following is None:
            break
        said.append(following)
        turns.append(assistant.respond(turns[-1].conversation, following.text))
    return Talk(tuple(turns), tuple(said))
