"""The door to judging: a judge reads and proposes, the rules in `rules.py` decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pydantic import Field

from assistant.domain import (
    Answer,
    Conversation,
    Engine,
    FieldHeard,
    Frozen,
    Passage,
    ReplyText,
    Usage,
    Verdict,
)


class Heard(Frozen):
    """A clause of the applicant's that speaks for an element."""

    id: str
    quote: str
    """Word for word as it stands in the message."""
    confidence: float
    turn: int


class Sign(Frozen):
    """A clause that speaks for a type or for a poor-fit reason."""

    id: str
    quote: str
    confidence: float


class Reading(Frozen):
    """What a judge makes of everything the applicant said. Proposals only: code checks every quote."""

    fit: dict[Verdict, float]
    """Probabilities that add up to 1."""
    types: dict[str, float]
    """Probability of each decision type, given that a decision can be made out."""
    reasons: dict[str, float]
    """Probability of each poor-fit reason."""
    heard: tuple[Heard, ...]
    type_signs: tuple[Sign, ...]
    reason_signs: tuple[Sign, ...]
    engine: Engine | None = None
    """Who read it, when that is not the judge that was asked."""
    notices: tuple[str, ...] = ()
    """What went otherwise than planned, as entries of `[error]` in corpus/locale."""
    unknown: tuple[str, ...] = ()
    """Elements of which the message says that nobody knows yet."""
    corrections: tuple[Heard, ...] = ()
    """Elements of the record that the message takes back or changes."""
    reply: str = ""
    """A sentence or two to the applicant; plain text."""
    wording: dict[str, str] = Field(default_factory=dict)
    """Element → a question for it in the applicant's own situation."""
    answer: Answer | None = None
    """An answer to the question the applicant asked, resting on passages that were given."""
    usage: Usage = Usage()


NOTHING = Reading(
    fit={"fit": 0.0, "needs_work": 1.0, "poor_fit": 0.0},
    types={},
    reasons={},
    heard=(),
    type_signs=(),
    reason_signs=(),
)
"""The reading of a conversation that holds no word about a proposal yet."""


class Aside(Frozen):
    """What a message asks about the programme, and the passages that may answer it."""

    questions: tuple[str, ...] = ()
    passages: tuple[Passage, ...] = ()


NO_ASIDE = Aside()
Piece = FieldHeard | ReplyText
"""What can be shown while a reading is still being made."""


class Judge(Protocol):
    """Reads a conversation; passes the contract test in tests/judging."""

    @property
    def engine(self) -> Engine:
        """Who judges."""
        ...

    def read(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Reading:
        """What the applicant's words say, element by element."""
        ...

    def stream(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Iterator[Piece | Reading]:
        """What can be shown as it comes, and at last the whole reading."""
        ...
