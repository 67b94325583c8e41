"""The local judge: trained heads read the text, nothing leaves the machine, the same text reads the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from assistant.domain import Conversation, Engine, Message
from assistant.judging.base import NO_ASIDE, Aside, Heard, Piece, Reading, Sign
from assistant.judging.features import clauses
from assistant.judging.model import VERDICTS, Model, Scores
from assistant.judging.numbers import normalised

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

    def __init__(self, model: Model) -> None:
        self.model = model
        self.engine = Engine(name="local", version=model.version)

    def stream(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Iterator[Piece | Reading]:
        """The reading, which is there at once."""
        yield self.read(conversation, aside)

    def read(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Reading:
        """What the applicant's words say, element by element; questions are answered elsewhere."""
        scores = self.model.score(conversation.text)
        newest = [m for m in conversation.messages if m.turn == conversation.turn and m.counts]
        heard = tuple(self._heard(newest, scores))
        types = scores.types
        if decision := _decision_given(conversation, newest, heard):
            own = self.model.score(decision).types
            types = normalised(np.power(scores.types, 1 - DECISION_SHARE) * np.power(own, DECISION_SHARE))
        return Reading(
            fit=dict(zip(VERDICTS, map(float, scores.fit), strict=True)),
            types=dict(zip(self.model.types, map(float, types), strict=True)),
            reasons=dict(zip(self.model.reasons, map(float, scores.reasons), strict=True)),
            heard=heard,
            type_signs=tuple(self._signs(scores, "T:", self.model.types)),
            reason_signs=tuple(self._signs(scores, "R:", self.model.reasons)),
        )

    def _heard(self, messages: Iterable[Message], whole: Scores) -> Iterable[Heard]:
        for message in messages:
            alone = whole.text == message.text
            scores = whole if alone else self.model.score(message.text)
            for column, tag in enumerate(self.model.tags):
                if ":" in tag:
                    continue
                best = int(scores.tags[:, column].argmax())
                chance = float(scores.tags[best, column])
                if chance >= self.model.thresholds[tag] / 2:
                    quote = self._narrow(scores, best, column)
                    yield Heard(id=tag, quote=quote, confidence=chance, turn=message.turn)

    def _signs(self, scores: Scores, prefix: str, ids: Iterable[str]) -> Iterable[Sign]:
        for id in ids:
            column = self.model.tags.index(prefix + id)
            best = int(scores.tags[:, column].argmax())
            chance = float(scores.tags[best, column])
            if chance >= FAINT:
                yield Sign(id=id, quote=self._narrow(scores, best, column), confidence=chance)

    def _narrow(self, scores: Scores, sentence: int, column: int) -> str:
        """The clause of the sentence that speaks for the tag nearly as clearly as the whole."""
        span = scores.spans[sentence]
        pieces = [c for c in clauses(span) if len(c.text) >= SHORTEST_QUOTE]
        if len(pieces) < 2:
            return span.text
        tags = self.model.pieces(scores, pieces)[:, column]
        best = int(tags.argmax())
        return pieces[best].text if tags[best] >= ENOUGH * scores.tags[sentence, column] else span.text


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
