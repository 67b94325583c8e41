"""What the answer to each open question could change now: a flag, the fit, the type, a fact, the pathway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.coaching.eligibility import exact
from assistant.coaching.readiness import indicated
from assistant.domain import Conversation, CriterionFinding, Evidence, Fit, Lang, Stake
from assistant.programme import Programme
from assistant.words import Words

NEAR = 0.6
"""Two types are near when the second has this share of the first's probability."""
WEIGHT: dict[Stake, int] = {"eligibility": 8, "type": 4, "fit": 3, "flag": 0, "pathway": 1}
"""What a stake adds to a question's weight; a flag's own bonus is in questions.py."""


@dataclass(frozen=True)
class Value:
    """Why one question is worth asking now."""

    stakes: tuple[Stake, ...] = ()
    why: str = ""
    """The strongest stake in words, in the applicant's situation; empty when nothing particular hangs on it."""

    @property
    def weight(self) -> int:
        """What it adds to the question's place."""
        return sum(WEIGHT[s] for s in self.stakes)


def values(
    conversation: Conversation,
    fit: Fit,
    types: Mapping[str, float],
    eligibility: Sequence[CriterionFinding],
    programme: Programme,
    words: Words,
    lang: Lang,
) -> dict[str, Value]:
    """By element or fact: what its answer could change. Each stake is found by trying the answer out."""
    record = conversation.record
    reasons: dict[str, list[tuple[Stake, str]]] = {}

    def add(id: str, stake: Stake, why: str) -> None:
        reasons.setdefault(id, []).append((stake, why))

    if fit.flags:
        name = programme.reason(fit.flags[0].reason).name.at(lang)
        for id in _turning(record):
            add(id, "flag", words.say(lang, "value.flag", name=name))
    elif fit.verdict == "needs_work":
        for id in _needed(record):
            add(id, "fit", words.say(lang, "value.fit"))
    if pair := _near(types):
        first, second = (programme.type(id) for id in pair)
        id = first.separates.get(second.id, "")
        names = {"first": first.name.at(lang), "second": second.name.at(lang)}
        if id and _open(record, id) and not fit.flags:
            add(id, "type", words.say(lang, "value.type", **names))
    for finding in eligibility:
        held = record.get(finding.id)
        settled = held is not None and exact(held.value or "")
        if finding.discuss and not settled and finding.id not in conversation.asked:
            add(finding.id, "eligibility", words.say(lang, "value.eligibility"))
    now = indicated(record, programme)
    for signal in programme.pathways[0].signals:
        if _open(record, signal.element) and _could_tip(record, signal.element, now, programme):
            add(signal.element, "pathway", words.say(lang, "value.pathway"))
    return {id: Value(tuple(s for s, _ in found), found[0][1]) for id, found in reasons.items()}


def _could_tip(record: Mapping[str, Evidence], id: str, now: str, programme: Programme) -> bool:
    """Whether stating an element, or saying that it is lacking, would point to another pathway."""
    said = Evidence(state="stated", value="-", quote="-")
    lacking = Evidence(state="vague", value="-", denied=True)
    return any(indicated({**record, id: answer}, programme) != now for answer in (said, lacking))


def _near(types: Mapping[str, float]) -> tuple[str, str] | None:
    """The two likeliest types when they are near each other."""
    ranked = sorted(types, key=lambda id: -types[id])[:2]
    if len(ranked) < 2 or types[ranked[1]] < NEAR * types[ranked[0]]:
        return None
    return ranked[0], ranked[1]


def _turning(record: Mapping[str, Evidence]) -> list[str]:
    """What is still open of a decision, somebody who makes or uses it, and a test or an owner."""
    return [id for group in _GROUPS for id in group if all(_open(record, i) for i in group)]


def _needed(record: Mapping[str, Evidence]) -> list[str]:
    """What is still open of what a fit rests on."""
    return [id for id in ("resident_problem", "decision") if _open(record, id)]


_GROUPS = (("decision",), ("decision_maker", "users"), ("test_plan", "delivery_owner"))


def _open(record: Mapping[str, Evidence], id: str) -> bool:
    held = record.get(id)
    return held is None or held.state in ("missing", "vague")
