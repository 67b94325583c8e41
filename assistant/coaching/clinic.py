"""The peer clinic in rehearsal: six voices object to this draft, in its own words; the applicant answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from assistant.coaching.bank import Bank, BankObjection, Yields
from assistant.coaching.signs import Signs, is_open, quote_of, quoted, said, stands, words_of
from assistant.domain import (
    Case,
    Conversation,
    Decided,
    Frozen,
    Judgement,
    Lang,
    Objection,
    PastCase,
)
from assistant.errors import InputError

PER_VOICE = 2
REASON_LIMIT = 1_000
"""Characters of the reason for which an objection is rejected."""
Choice = Literal["accepted", "rejected", "parked"]
CHOICES: tuple[Choice, ...] = ("accepted", "rejected", "parked")


class Raised(Frozen):
    """An objection and what the applicant made of it so far."""

    objection: Objection
    decision: Choice | None = None
    reason: str = ""


class Rehearsal(Frozen):
    """What the clinic holds against a draft; at most two objections a voice besides those already decided."""

    lang: Lang
    raised: tuple[Raised, ...]
    made_by: Literal["rules", "llm"] = "rules"
    notices: tuple[str, ...] = ()

    @property
    def risks(self) -> tuple[Raised, ...]:
        """What could go wrong, as far as the applicant has not rejected it."""
        return self._list("risk")

    @property
    def assumptions(self) -> tuple[Raised, ...]:
        """What is taken for granted and has to be tested."""
        return self._list("assumption")

    @property
    def readiness(self) -> tuple[Raised, ...]:
        """What shows how ready the city is, or what is still missing."""
        return self._list("readiness")

    @property
    def undecided(self) -> tuple[Objection, ...]:
        """The objections that wait for an answer."""
        return tuple(r.objection for r in self.raised if r.decision is None)

    def _list(self, yields: Yields) -> tuple[Raised, ...]:
        return tuple(r for r in self.raised if r.objection.yields == yields and r.decision != "rejected")


def rehearse(
    conversation: Conversation,
    judgement: Judgement,
    bank: Bank,
    signs: Signs,
    cases: Sequence[Case] = (),
    lang: Lang | None = None,
) -> Rehearsal:
    """The objections that fit this draft, by rules alone; `cases` are past ones that the search found near."""
    spoken = lang or judgement.lang
    draft = _Draft(conversation, judgement, signs, tuple(cases), spoken)
    fresh = [
        o for voice in bank.voices for o in _two([f for f in _fitting(draft, bank) if f[1].voice == voice.id])
    ]
    return gathered(conversation, fresh, bank, spoken)


def gathered(
    conversation: Conversation,
    fresh: Sequence[Objection],
    bank: Bank,
    lang: Lang,
    made_by: Literal["rules", "llm"] = "rules",
    notices: tuple[str, ...] = (),
) -> Rehearsal:
    """Fresh objections together with those that were decided; nobody is asked twice about the same words."""
    decided = {(d.objection.id, d.objection.quote): d for d in conversation.clinic}
    told = [Raised(objection=o) for o in fresh if (o.id, o.quote) not in decided]
    held = [Raised(objection=d.objection, decision=d.decision, reason=d.reason) for d in decided.values()]
    order = {voice.id: place for place, voice in enumerate(bank.voices)}
    ranked = sorted([*held, *told], key=lambda r: order.get(r.objection.voice, len(order)))
    return Rehearsal(lang=lang, raised=tuple(ranked), made_by=made_by, notices=notices)


def decide(
    conversation: Conversation, objection: Objection, decision: Choice, reason: str = ""
) -> Conversation:
    """The conversation with one objection decided; a later decision replaces an earlier one.

    Raises InputError when an objection is rejected without a reason, or with too long a one.
    """
    why = reason.strip()
    if decision == "rejected" and not why:
        raise InputError(
            "an objection is rejected with a reason",
            fix="say in a sentence why it does not apply",
            key="no_reason",
        )
    if len(why) > REASON_LIMIT:
        raise InputError(
            f"the reason has {len(why)} characters; {REASON_LIMIT} are kept",
            fix="say it in a few sentences",
            key="long_reason",
            limit=REASON_LIMIT,
        )
    fresh = Decided(objection=objection, decision=decision, reason=why)
    same = (objection.id, objection.quote)
    kept = tuple(d for d in conversation.clinic if (d.objection.id, d.objection.quote) != same)
    return conversation.model_copy(update={"clinic": (*kept, fresh)})


# --- which objections fit --------------------------------------------------------------------------------------


class _Draft:
    """A draft as the rules of the clinic look at it."""

    def __init__(
        self,
        conversation: Conversation,
        judgement: Judgement,
        signs: Signs,
        cases: tuple[Case, ...],
        lang: Lang,
    ) -> None:
        self.conversation, self.judgement, self.signs = conversation, judgement, signs
        self.cases, self.lang = cases, lang
        self.texts = said(conversation)
        self.types = {judgement.type.primary, *judgement.type.secondary} - {None}
        self.flags = {f.reason: f.applicant_quote for f in judgement.fit.flags}
        self._heard: dict[str, bool] = {}
        self._told: dict[tuple[str, str | None], tuple[str, ...]] = {}

    def hears(self, sign: str) -> bool:
        """Whether the sign is given anywhere in the draft."""
        if sign not in self._heard:
            self._heard[sign] = any(self.signs.hears(sign, text) for text in self.texts)
        return self._heard[sign]

    def telling(self, sign: str, element: str | None) -> tuple[str, ...]:
        """The sentences that give the sign, in the words of an element or anywhere in the draft."""
        key = (sign, element)
        if key not in self._told:
            texts = [quoted(self.conversation, element)] if element else self.texts
            self._told[key] = self.signs.all(sign, texts)
        return self._told[key]

    def stands(self, quote: str) -> bool:
        """Whether a quote is in the draft, word for word, and was not taken back since."""
        return stands(self.conversation, quote, self.texts)


def _fitting(draft: _Draft, bank: Bank) -> Iterator[tuple[int, BankObjection, Objection]]:
    """Every objection whose conditions hold, with how closely it is tailored to the draft."""
    if not draft.texts:  # with nothing said, there is nothing yet to hold a clinic about
        return
    for item in bank.objections:
        case = _case(item, draft)
        if not _applies(item, draft) or (item.lesson is not None and case is None):
            continue
        quote = _quote(item, draft)
        if not quote and item.state == "stated":
            continue
        yield (
            _closeness(item),
            item,
            Objection(
                id=item.id,
                voice=item.voice,
                yields=item.yields,
                element=item.element,
                text=item.text.at(draft.lang),
                quote=quote or None,
                settles=item.settles.at(draft.lang),
                case=case,
            ),
        )


def _applies(item: BankObjection, draft: _Draft) -> bool:
    if item.types and not draft.types.intersection(item.types):
        return False
    if item.flags and not draft.flags.keys() & set(item.flags):
        return False
    if any(draft.hears(sign) for sign in item.unless):
        return False
    if item.element is None:
        return True
    open_ = is_open(draft.conversation, item.element)
    if (item.state == "open") != open_:
        return False
    return item.without is None or not draft.signs.hears(
        item.without, quoted(draft.conversation, item.element)
    )


def _quote(item: BankObjection, draft: _Draft) -> str:
    """The words of the draft that an objection is about; empty when there are none that still stand."""
    if item.state == "open":
        held = draft.conversation.record.get(item.element or "")
        vague = words_of(held) if held is not None and held.state == "vague" else ""
        found = [quote_of(vague)] if vague else []
    elif item.flags:
        found = [draft.flags[f] for f in item.flags if f in draft.flags]
    elif item.words is not None:
        found = [*draft.telling(item.words, item.element)]
    else:
        found = [quote_of(quoted(draft.conversation, item.element or ""))]
    return next((q for q in found if q and draft.stands(q)), "")


def _case(item: BankObjection, draft: _Draft) -> PastCase | None:
    """The first near case whose lesson is about this."""
    if item.lesson is None:
        return None
    for case in draft.cases:
        if case.risks_or_lessons and draft.signs.hears(item.lesson, case.risks_or_lessons):
            return PastCase(
                id=case.id,
                title=case.title,
                city=case.city,
                lesson=case.risks_or_lessons,
                source_url=case.source_url,
            )
    return None


def _closeness(item: BankObjection) -> int:
    """How many things about this draft an objection rests on; the general ones come last."""
    score = 4 * bool(item.flags) + 3 * bool(item.words) + 3 * bool(item.lesson) + 2 * bool(item.types)
    return (
        score
        + 2 * (item.state == "open")
        + bool(item.without)
        + bool(item.unless)
        + bool(item.element and not item.words)
    )


def _two(fitting: list[tuple[int, BankObjection, Objection]]) -> list[Objection]:
    """The closest objection of a voice, and the next one that is about other words, preferably of another list."""
    ranked = [o for _, _, o in sorted(fitting, key=lambda f: -f[0])]
    if not ranked:
        return []
    first = ranked[0]
    others = [o for o in ranked[1:] if (o.quote or o.element) != (first.quote or first.element)]
    others.sort(key=lambda o: o.yields == first.yields)
    return [first, *others[: PER_VOICE - 1]]
