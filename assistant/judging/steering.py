"""Text that tells its reader what to conclude, instead of describing a proposal: found, cut and reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from assistant.cues import Cues
from assistant.domain import Lang
from assistant.judging.features import sentences
from assistant.judging.model import ATTACK, Model

FEWEST_WORDS = 4
"""Shorter texts are answers and commands of a conversation."""


class Screened(NamedTuple):
    """A text without what tries to steer its reader, and what that was."""

    text: str
    cut: tuple[str, ...]


@dataclass(frozen=True)
class Steering:
    """Sorts sentences by patterns that leave no doubt, and by what the model learnt from attacks."""

    model: Model
    cues: Cues

    def screen(self, text: str, lang: Lang) -> Screened:
        """The text without its instructing sentences; all of it when there are none."""
        if len(text.split()) < FEWEST_WORDS:
            return Screened(text, ())
        scores = self.model.score(text)
        chances = scores.tags[:, self.model.tags.index(ATTACK)]
        threshold = self.model.thresholds[ATTACK]
        bad = [
            span
            for span, chance in zip(scores.spans, chances, strict=True)
            if chance >= threshold or self.cues.hears("steers", span.text, lang)
        ]
        left, at = "", 0
        for span in bad:
            left += text[at : span.start]
            at = span.end
        kept = (left + text[at:]).strip()
        return Screened(kept, tuple(s.text for s in bad)) if sentences(kept) else Screened("", (text,))
