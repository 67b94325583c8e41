"""What a language model is asked to give back: small types, every field required, nothing decided in them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a reply; fields that were not asked for make it invalid."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Part):
    """An element that the message speaks of."""

    element: str
    state: Literal["stated", "vague", "unknown"]
    quote: str


class Corrected(Part):
    """An element of the record that the message takes back or changes."""

    element: str
    quote: str


class Flagged(Part):
    """A reason for a poor fit that was considered."""

    reason: str
    applies: Literal["yes", "no", "unclear"]
    quote: str


class Kind(Part):
    """A type of decision that the work is about."""

    type: str
    quote: str


class Asked(Part):
    """A question about one gap, in the applicant's own situation."""

    element: str
    question: str


class Answered(Part):
    """An answer to what the applicant asked, and the passages it rests on."""

    text: str
    passages: list[str]


class TurnReply(Part):
    """One message, read. `reply` comes first, so that the page can show it while the rest is written."""

    reply: str
    elements: list[Said]
    corrections: list[Corrected]
    flags: list[Flagged]
    types: list[Kind]
    questions: list[Asked]
    answer: Answered


class BriefReply(Part):
    """The opening of a brief."""

    title: str
    summary: str


class Objection(Part):
    """What one voice objects to, and the words it is about."""

    voice: str
    objection: str
    quote: str
    case: str


class ClinicReply(Part):
    """A rehearsal of the peer clinic."""

    objections: list[Objection]


class GraderReply(Part):
    """How well quotes support a claim."""

    supported: Literal["yes", "no", "unclear"]
    complete: Literal["yes", "no", "unclear"]
    fair: Literal["yes", "no", "unclear"]
    why: str
