"""What the heads learn to say, in the order of their outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from assistant.judging.model import ATTACK, VERDICTS
from assistant.programme import Programme
from training.examples import Example

NOWHERE = -100
"""The gold of a head that an example says nothing about."""


class Gold(NamedTuple):
    """Places of an example's labels among the outputs, or NOWHERE."""

    fit: int
    type: int
    reason: int


@dataclass(frozen=True)
class Labels:
    """The label sets."""

    elements: tuple[str, ...]
    types: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """Element ids, then T:<type id>, then R:<reason id>, then X:attack."""
        kinds = (*(f"T:{t}" for t in self.types), *(f"R:{r}" for r in self.reasons))
        return (*self.elements, *kinds, ATTACK)

    def quotes(self, example: Example, tag: str) -> tuple[str, ...]:
        """The clauses of the example that speak for a tag."""
        if tag == ATTACK:
            return example.attacks
        key = tag
        if tag.startswith("T:"):
            key = "type_evidence" if example.primary_type == tag[2:] else ""
        elif tag.startswith("R:"):
            key = "poor_fit_evidence" if tag[2:] in example.reasons else ""
        return (example.quotes[key],) if key in example.quotes else ()

    def gold(self, example: Example) -> Gold:
        """The example's fit, its type when it is a fit, and its first reason."""
        fit = VERDICTS.index(example.fit)  # type: ignore[arg-type]
        typed = example.primary_type is not None and example.fit == "fit"
        return Gold(
            fit,
            self.types.index(example.primary_type) if typed and example.primary_type else NOWHERE,
            self.reasons.index(example.reasons[0]) if example.reasons else NOWHERE,
        )


def labels_of(programme: Programme) -> Labels:
    """The programme's elements, types and reasons."""
    return Labels(
        tuple(programme.proposal_element_ids),
        tuple(t.id for t in programme.types),
        tuple(r.id for r in programme.reasons),
    )
