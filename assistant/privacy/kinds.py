"""The kinds of personal identifier, and a place in a text that may hold one."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "email",
    "phone",
    "tax id",
    "national id",
    "health id",
    "social security",
    "voter id",
    "card number",
    "bank account",
    "vehicle plate",
    "passport",
    "birth date",
    "ip address",
    "gps point",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Candidate(NamedTuple):
    """A place that reads as an identifier, before it is weighed against those it overlaps."""

    doubt: int
    """0 for what proves itself, otherwise how far its label is."""
    start: int
    end: int
    kind: Kind
