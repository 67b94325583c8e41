"""Values that the tests of the store put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.domain import Conversation, Engine, Fit, Judgement, Message, Readiness, Turn, UseCaseType
from assistant.store.drafts import Drafts
from assistant.store.tables import sqlite_url

Answered = Callable[[Conversation, str], Turn]


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[Drafts]:
    """An empty store in its own folder."""
    store = Drafts(sqlite_url(tmp_path))
    yield store
    store.close()


@pytest.fixture
def answered() -> Answered:
    """A function that answers a message and takes it into the conversation."""
    return answer


def answer(conversation: Conversation, text: str) -> Turn:
    """A turn that heard one more message."""
    turn = conversation.turn + 1
    heard = (*conversation.messages, Message(turn=turn, text=text))
    return Turn(
        outcome="question",
        reply=f"Thank you for “{text}”",
        judgement=judgement(),
        conversation=conversation.model_copy(update={"turn": turn, "messages": heard}),
    )


def judgement() -> Judgement:
    """The judgement of a proposal about which nothing is known."""
    return Judgement(
        lang="en",
        fit=Fit(verdict="needs_work", confidence=0.5),
        type=UseCaseType(),
        elements=(),
        missing=(),
        eligibility=(),
        readiness=Readiness(pathway="unclear", signals=(), notice=""),
        next_question=None,
        similar_cases=(),
        citations=(),
        engine=Engine(name="local", version="1"),
    )
