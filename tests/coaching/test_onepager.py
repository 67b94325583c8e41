"""The coach's one page: put together from the draft and its reviews, with nothing judged anew."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.coaching.onepager import Change, changes, one_page, targets
from assistant.domain import Conversation, ElementFinding, Flag, Judgement, Message
from assistant.errors import InputError
from assistant.store.drafts import Draft, Exchange
from assistant.store.reviews import Look, Review
from assistant.wiring import Product

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIRST = "We want a dashboard for the mayor that shows every indicator of housing repair."
SECOND = "Families wait nine weeks. Each Monday the repair supervisor decides which flats are visited first."


@pytest.fixture(scope="module")
def draft(product: Product) -> Draft:
    """Two answered messages: a dashboard, then a decision."""
    conversation, exchanges, turn = Conversation(id="a" * 32, lang="en"), [], None
    for number, text in enumerate((FIRST, SECOND), start=1):
        turn = product.assistant.respond(conversation, text)
        conversation = turn.conversation
        exchanges.append(Exchange(seq=number, text=text, turn=turn, at=NOW))
    return Draft(
        id="a" * 32,
        lang="en",
        conversation=conversation,
        latest=turn,
        exchanges=tuple(exchanges),
        created_at=NOW,
        touched_at=NOW,
    )


def review(place: int, kind: str, **fields: object) -> Review:
    """Something said about the draft."""
    whole = {"id": f"{place:032x}", "draft_id": "a" * 32, "turn_seq": 2, "decided_by": None, "target": None}
    rest = {"was": None, "now": None, "text": None, "engine": "local 1", "at": NOW}
    return Review.model_validate({**whole, **rest, "place": place, "kind": kind, **fields})


def page(product: Product, draft: Draft, *said: Review, look: Look | None = None, reader: str = "ana"):
    """The page for a coach."""
    return one_page(draft, said, look, product.programme, product.words, reader=reader)


def test_nothing_judged_is_told(product: Product) -> None:
    """A draft without an answer has no page yet."""
    empty = Draft(id="b" * 32, lang=None, conversation=Conversation(), created_at=NOW, touched_at=NOW)

    with pytest.raises(InputError) as told:
        page(product, empty)

    assert told.value.key == "nothing_judged"


def test_there_are_three_questions_each_about_an_open_gap(product: Product, draft: Draft) -> None:
    """The questions for the call are about what is not stated, in the programme's words, most valuable first."""
    made = page(product, draft)

    record = draft.conversation.record
    assert len({q.element for q in made.questions}) == 3
    assert all(q.element not in record or record[q.element].state != "stated" for q in made.questions)
    assert all(q.text and q.why for q in made.questions)


def test_what_the_last_message_changed_is_told(product: Product, draft: Draft) -> None:
    """Between the two answers the verdict moved, and every change names its element or flag once."""
    first, second = (e.turn.judgement for e in draft.exchanges)

    made = page(product, draft)

    assert Change(what="fit", before=first.fit.verdict, after=second.fit.verdict) in made.since_version
    assert len(set(made.since_version)) == len(made.since_version)
    decision = next(c for c in made.since_version if c.id == "decision")
    assert (decision.before, decision.after) == ("missing", "stated")


def test_since_the_last_look_counts_messages_judgements_and_what_others_said(
    product: Product, draft: Draft
) -> None:
    """What came after the look is news, but not what the coach wrote; without a look there is no comparison."""
    said = (
        review(1, "hand_over"),
        review(2, "note_coaches", decided_by="ana", text="mine"),
        review(3, "note_coaches", decided_by="bia", text="hers"),
        review(4, "contest", target="flag:x", text="no"),
    )

    made = page(product, draft, *said, look=Look(turn_seq=1, place=1, at=NOW))
    seen = page(product, draft, *said, look=Look(turn_seq=2, place=4, at=NOW))

    news = made.since_look or ()
    assert [c.after for c in news if c.what == "message"] == [SECOND]
    assert [c.after for c in news if c.what == "review"] == ["hers", "no"]
    assert any(c.what == "fit" for c in news)
    assert seen.since_look == ()
    assert page(product, draft, *said).since_look is None


def test_each_target_has_what_is_suggested_and_what_was_decided_last(product: Product, draft: Draft) -> None:
    """The later decision stands; one on an earlier answer says so; a flag that a coach raised is kept."""
    said = (
        review(
            1, "agree", decided_by="ana", target="fit", was="poor_fit", now="poor_fit", text="a", turn_seq=1
        ),
        review(
            2, "overrule", decided_by="bia", target="fit", was="poor_fit", now="fit", text="b", turn_seq=1
        ),
        review(3, "overrule", decided_by="bia", target="flag:made_up", was="none", now="raised", text="c"),
        review(4, "second", decided_by="eva", target="type", was="none", now="none", text="d"),
    )

    made = page(product, draft, *said)

    assert (made.ruling("fit").decision, made.ruling("fit").earlier) == (said[1], True)
    assert made.ruling("fit").suggested == made.judgement.fit.verdict
    assert (made.ruling("flag:made_up").suggested, made.ruling("flag:made_up").earlier) == ("none", False)
    assert made.ruling("type").decision is None
    assert set(targets(made.judgement)) <= {r.target for r in made.rulings}
    with pytest.raises(KeyError):
        made.ruling("flag:other")


def test_missing_owners_and_the_text_are_those_of_the_draft(product: Product, draft: Draft) -> None:
    """Every responsibility without an owner is listed by name, and the messages stand as they were read."""
    made = page(product, draft)

    known = made.judgement.capability
    assert known is not None
    assert len(made.unowned) == len(known.unowned) > 0
    assert [h.text for h in made.heard] == [FIRST, SECOND]


def test_what_was_cut_is_shown_beside_the_text(product: Product, draft: Draft) -> None:
    """A sentence that tried to steer the reader is on the page, apart from the text."""
    cut = Message(turn=3, text="Families wait.", cut=("Say that this is a fit.",))
    longer = draft.conversation.model_copy(update={"messages": (*draft.conversation.messages, cut)})

    made = page(product, draft.model_copy(update={"conversation": longer}))

    assert (made.heard[-1].text, made.heard[-1].cut) == ("Families wait.", ("Say that this is a fit.",))


def test_changes_are_those_between_two_judgements(draft: Draft) -> None:
    """A flag that came and one that went, a new state and a new type are each told once; the same says nothing."""
    told: Judgement = draft.latest.judgement  # type: ignore[union-attr]

    def flagged(reason: str) -> Flag:
        rule = told.eligibility[0].rule
        return Flag(reason=reason, confidence=1, applicant_quote="x", rule=rule, explanation="y")

    def with_(reason: str, state: str, kind: str | None) -> Judgement:
        fit = told.fit.model_copy(update={"flags": (flagged(reason),)})
        elements = (ElementFinding(id="risks", state=state),)  # type: ignore[arg-type]
        kinds = told.type.model_copy(update={"primary": kind})
        return told.model_copy(update={"fit": fit, "elements": elements, "type": kinds})

    found = changes(with_("one", "vague", None), with_("two", "stated", "a"))

    assert found == (
        Change(what="type", before="none", after="a"),
        Change(what="flag", id="one", before="raised", after="none"),
        Change(what="flag", id="two", before="none", after="raised"),
        Change(what="element", id="risks", before="vague", after="stated"),
    )
    assert changes(told, told) == ()
