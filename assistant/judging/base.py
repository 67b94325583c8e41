"""The door to judging: a judge reads and proposes, the rules in `rules.py` decide."""

from __future__ import annotations

from typing import Protocol

from assistant.domain import Conversation, Engine, Frozen, Verdict


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


NOTHING = Reading(
    fit={"fit": 0.0, "needs_work": 1.0, "poor_fit": 0.0},
    types={},
    reasons={},
    heard=(),
    type_signs=(),
    reason_signs=(),
)
"""The reading of a conversation that holds no word about a proposal yet."""


class Judge(Protocol):
    """Reads a conversation; passes the contract test in tests/judging."""

    engine: Engine

    def read(self, conversation: Conversation) -> Reading:
        """What the applicant's words say, element by element."""
        ...
