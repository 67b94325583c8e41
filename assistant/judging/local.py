"""The local judge: trained heads read the text, nothing leaves the machine, the same text reads the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from assistant.domain import Conversation, Engine, Message
from assistant.judging.base import Heard, Reading, Sign
from assistant.judging.features import Span, clauses, sentences
from assistant.judging.model import VERDICTS, Heads, Scores, normalised

ENOUGH = 0.85
"""A clause that keeps this share of its sentence's probability says it as well, and quotes better."""
FAINT = 0.02
"""Below this, a sentence says nothing for a tag."""
SHORTEST_QUOTE = 12
CLEARLY = 0.5
DECISION_SHARE = 2 / 3
"""How much the decision's own words count for the type, beside everything else that was said."""


class LocalJudge:
    """Judges with the weights in corpus/model."""

    def __init__(self, heads: Heads) -> None:
        self.heads = heads
        self.engine = Engine(name="local", version=heads.version)

    def read(self, conversation: Conversation) -> Reading:
        """What the applicant's words say, element by element."""
        scores = self.heads.score(conversation.text)
        newest = [m for m in conversation.messages if m.turn == conversation.turn and m.counts]
        heard = tuple(self._heard(newest))
        types = scores.types
        if decision := _decision_given(conversation, newest, heard):
            own = self.heads.score(decision).types
            types = normalised(np.power(scores.types, 1 - DECISION_SHARE) * np.power(own, DECISION_SHARE))
        return Reading(
            fit=dict(zip(VERDICTS, map(float, scores.fit), strict=True)),
            types=dict(zip(self.heads.types, map(float, types), strict=True)),
            reasons=dict(zip(self.heads.reasons, map(float, scores.reasons), strict=True)),
            heard=heard,
            type_signs=tuple(self._signs(scores, "T:", self.heads.types)),
            reason_signs=tuple(self._signs(scores, "R:", self.heads.reasons)),
        )

    def _heard(self, messages: Iterable[Message]) -> Iterable[Heard]:
        for message in messages:
            spans = sentences(message.text)
            if not spans:
                continue
            tags = self.heads.tag([s.text for s in spans])
            for column, tag in enumerate(self.heads.tags):
                if ":" in tag:
                    continue
                best = int(tags[:, column].argmax())
                chance = float(tags[best, column])
                if chance >= self.heads.thresholds[tag] / 2:
                    quote = self._narrow(spans[best], column, chance)
                    yield Heard(id=tag, quote=quote, confidence=chance, turn=message.turn)

    def _signs(self, scores: Scores, prefix: str, ids: Iterable[str]) -> Iterable[Sign]:
        for id in ids:
            column = self.heads.tags.index(prefix + id)
            best = int(scores.tags[:, column].argmax())
            chance = float(scores.tags[best, column])
            if chance >= FAINT:
                quote = self._narrow(scores.spans[best], column, chance)
                yield Sign(id=id, quote=quote, confidence=chance)

    def _narrow(self, span: Span, column: int, chance: float) -> str:
        """The shortest clause of the sentence that speaks for the tag nearly as clearly as the whole."""
        pieces = [c for c in clauses(span) if len(c.text) >= SHORTEST_QUOTE]
        if len(pieces) < 2:
            return span.text
        tags = self.heads.tag([p.text for p in pieces])[:, column]
        best = int(tags.argmax())
        return pieces[best].text if tags[best] >= ENOUGH * chance else span.text


def _decision_given(
    conversation: Conversation, newest: Sequence[Message], heard: Sequence[Heard]
) -> str | None:
    """The decision as it was put once the conversation had begun: its own words say more of the type."""
    if conversation.turn < 2:
        return None
    answer = next((m.text for m in newest if m.about == "decision"), None)
    held = conversation.record.get("decision")
    said = next((h.quote for h in heard if h.id == "decision" and h.confidence >= CLEARLY), None)
    return answer or (held.value if held is not None and held.state == "stated" else None) or said
