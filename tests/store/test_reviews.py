"""What coaches say: decided by a person, with a reason, never lost and never overwritten."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from assistant.domain import ElementFinding, Flag, Turn
from assistant.errors import AccessError, InputError, StoreError
from assistant.store.accounts import Account
from assistant.store.reviews import Review
from assistant.store.store import Store
from tests.store.conftest import Answered, Clock, Database, citation

CHANGES = int(os.environ.get("CONCURRENT_CHANGES", "200"))


@pytest.fixture
def ana(store: Store) -> Account:
    """A coach."""
    return store.accounts.add("ana@city.example", ["coach"], password=None, name="Ana")


@pytest.fixture
def bia(store: Store) -> Account:
    """Another coach."""
    return store.accounts.add("bia@city.example", ["coach"], password=None, name="Bia")


def judged(turn: Turn) -> Turn:
    """The turn, with a poor fit, one flag and one element in its judgement."""
    flag = Flag(reason="no_data", confidence=0.8, applicant_quote="x", rule=citation(), explanation="because")
    fit = turn.judgement.fit.model_copy(update={"verdict": "poor_fit", "flags": (flag,)})
    elements = (ElementFinding(id="decision", state="vague"),)
    judgement = turn.judgement.model_copy(update={"fit": fit, "elements": elements})
    return turn.model_copy(update={"judgement": judgement})


@pytest.fixture
def handed(store: Store, answered: Answered) -> Callable[..., str]:
    """A function that makes a draft with one judged answer, handed over to coaches."""

    def make(text: str = "Families wait nine weeks for a repair") -> str:
        _, draft = store.drafts.create("en")
        seq = store.drafts.receive(draft.id, text)
        store.drafts.complete(draft.id, seq, judged(answered(draft.conversation, text)))
        store.reviews.hand_over(draft.id)
        return draft.id

    return make


def decide(store: Store, draft: str, coach: Account, value: str = "fit", **other: object) -> Review:
    """A decision on the first answer by a coach who saw nothing but the hand-over."""
    given = {"target": "fit", "value": value, "reason": "They name who decides.", "seen": 1, "turn_seq": 1}
    return store.reviews.decide(draft, coach, **{**given, **other})  # type: ignore[arg-type]


# --- deciding ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "value", "kind", "was"),
    [
        ("fit", "poor_fit", "agree", "poor_fit"),
        ("fit", "fit", "overrule", "poor_fit"),
        ("type", "staff_time", "overrule", "none"),
        ("type", "none", "agree", "none"),
        ("flag:no_data", "none", "overrule", "raised"),
        ("flag:no_data", "raised", "agree", "raised"),
        ("flag:strategy", "raised", "overrule", "none"),
        ("element:decision", "stated", "overrule", "vague"),
    ],
)
def test_a_decision_is_set_against_what_the_engine_said(store, handed, ana, target, value, kind, was) -> None:
    """The same value agrees, another overrules, and what the engine said is read from the answer itself."""
    review = decide(store, handed(), ana, target=target, value=value)

    assert (review.kind, review.was, review.now, review.decided_by) == (kind, was, value, ana.id)
    assert review.engine == "local 1"
    assert store.reviews.get(review.id) == review


@pytest.mark.parametrize(
    ("other", "key"),
    [
        ({"reason": " \n "}, "reason"),
        ({"reason": "x" * 4_001}, "note_too_long"),
        ({"value": "perfect"}, "value"),
        ({"target": "element:nothing", "value": "stated"}, "value"),
        ({"target": "element:decision", "value": "fit"}, "value"),
        ({"target": "mayor"}, "target"),
        ({"target": "flag:no_data", "value": "maybe"}, "value"),
        ({"target": "type", "value": "<b>"}, "value"),
    ],
)
def test_a_decision_without_reason_or_sense_is_refused(store, handed, ana, other, key) -> None:
    """No reason, too long a one, an unknown target or value: each is refused with its remedy and kept nowhere."""
    draft = handed()

    with pytest.raises(InputError) as told:
        decide(store, draft, ana, **other)

    assert told.value.key == key
    assert [r.kind for r in store.reviews.of(draft, "coach")] == ["hand_over"]


def acts_of_a_coach(store: Store, draft: str, who: Account) -> list[Callable[[], object]]:
    """Everything that only coaches do, tried by somebody."""
    return [
        lambda: decide(store, draft, who),
        lambda: store.reviews.second(draft, who, "fit", "fit", "why", turn_seq=1),
        lambda: store.reviews.note(draft, who, "hello", open=True),
        lambda: store.reviews.hand_back(draft, who, "who decides?", seen=1),
        lambda: store.reviews.look(draft, who, turn_seq=1, place=1),
        lambda: store.reviews.inbox(who),
        lambda: store.reviews.sample(who, "fit", 1.0),
    ]


@pytest.mark.parametrize("role", ["applicant", "staff"])
def test_only_a_coach_decides(store, handed, ana, role) -> None:
    """G2: no way of saying something as a coach is open to applicants, to staff, or to a coach who was disabled."""
    draft = handed()
    person = store.accounts.add(f"{role}@city.example", [role], password=None)
    store.accounts.disable(ana.id)
    gone = store.accounts.get(ana.id)

    for act in [act for who in (person, gone) for act in acts_of_a_coach(store, draft, who)]:
        with pytest.raises(AccessError):
            act()

    assert [r.kind for r in store.reviews.of(draft, "coach")] == ["hand_over"]


def test_the_database_takes_no_decision_without_a_person_and_a_reason(store, handed, ana, database) -> None:
    """G2: whatever program writes, a decision without a coach, a reason or a value is refused by the database."""
    draft = handed()
    row = (
        "INSERT INTO reviews (id, draft_id, place, kind, decided_by, target, now, text, at)"
        " VALUES ('r', :draft, 9, :kind, :by, 'fit', :now, :text, '2026-01-01')"
    )
    whole = {"draft": draft, "kind": "overrule", "by": ana.id, "now": "fit", "text": "because"}

    for lacking in ({"by": None}, {"text": None}, {"text": "  "}, {"now": None}, {"kind": "final"}):
        with pytest.raises(IntegrityError):
            database.run(row, **{**whole, **lacking})
    database.run(row, **whole)


def test_what_was_said_cannot_be_changed(store, handed, ana, database) -> None:
    """T13: the database refuses to change a review, even for another program."""
    decide(store, handed(), ana)

    with pytest.raises(DBAPIError, match="append-only"):
        database.run("UPDATE reviews SET now = 'poor_fit' WHERE kind = 'overrule'")


# --- at once -----------------------------------------------------------------------------------------------


def test_of_two_coaches_who_decide_at_once_the_second_is_told(store, handed, ana, bia) -> None:
    """Whoever decides on a page that another decided on meanwhile is told, and can decide once the news is read."""
    draft = handed()
    store.reviews.note(draft, bia, "I am reading this one.", open=False)
    first = decide(store, draft, ana)

    with pytest.raises(StoreError) as told:
        decide(store, draft, bia, "needs_work")
    second = decide(store, draft, bia, "needs_work", seen=first.place)

    assert told.value.key == "review_conflict"
    assert [r.now for r in store.reviews.of(draft, "coach") if r.target] == ["fit", "needs_work"]
    assert store.reviews.decisions() == [second]


def test_a_decision_on_an_answer_that_is_not_the_last_is_refused(store, handed, ana, answered) -> None:
    """A coach who reads an older judgement than the one that stands is told to read again."""
    draft = handed()
    seq = store.drafts.receive(draft, "more")
    found = store.drafts.get(draft)
    store.drafts.complete(draft, seq, answered(found.conversation, "more"))

    with pytest.raises(StoreError) as told:
        decide(store, draft, ana)

    assert told.value.key == "review_conflict"
    assert decide(store, draft, ana, turn_seq=seq).was == "needs_work"


DECIDE = """
import random, sys
from assistant.errors import StoreError
from assistant.store.drafts import Drafts
from assistant.store.store import Store
url, email, rounds, seed, *ids = sys.argv[1:]
store, dice = Store(Drafts(url)), random.Random(seed)
coach = store.accounts.by_email(email)
done = refused = 0
for number in range(int(rounds)):
    draft = dice.choice(ids)
    seen = store.reviews.of(draft, "coach")[-1].place
    try:
        if dice.random() < 0.7:
            value = dice.choice(["fit", "needs_work", "poor_fit"])
            store.reviews.decide(draft, coach, "fit", value, f"{email} {number}", seen=seen, turn_seq=1)
        else:
            store.reviews.note(draft, coach, f"{email} {number}", open=False)
        done += 1
    except StoreError as error:
        assert error.key == "review_conflict", error
        refused += 1
print(done, refused)
"""


def test_many_coaches_at_once_lose_nothing(store, handed, ana, bia, database: Database) -> None:
    """R3: of all that two processes say at once nothing is lost, no place is taken twice, and no lock is an error."""
    ids = [handed(f"draft {n}") for n in range(max(3, CHANGES // 500))]
    seed = os.environ.get("CONCURRENT_SEED", str(secrets.randbelow(10**6)))
    print(f"CONCURRENT_SEED={seed}")
    options = {"cwd": Path(__file__).parents[2], "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", DECIDE, database.url]

    people = [
        subprocess.Popen([*command, who.email, str(CHANGES // 2), f"{seed} {who.email}", *ids], **options)
        for who in (ana, bia)
    ]
    counts = [[int(n) for n in p.communicate(timeout=600)[0].split()] for p in people]

    said = [r for id in ids for r in store.reviews.of(id, "coach") if r.kind != "hand_over"]
    assert [sum(c) for c in counts] == [CHANGES // 2] * 2
    assert len(said) == sum(done for done, _ in counts)
    assert len({r.text for r in said}) == len(said)
    for id in ids:
        assert [r.place for r in store.reviews.of(id, "coach")] == list(
            range(1, 1 + len(store.reviews.of(id, "coach")))
        )
    assert store.audit.verify().broken_at is None


# --- who sees what -----------------------------------------------------------------------------------------


def test_a_draft_that_was_not_handed_over_is_not_there_for_coaches(store, ana, answered) -> None:
    """S4: knowing the id of another city's draft opens nothing before its applicant hands it over."""
    _, draft = store.drafts.create("en")
    seq = store.drafts.receive(draft.id, "ours alone")
    store.drafts.complete(draft.id, seq, judged(answered(draft.conversation, "ours alone")))

    for act in (
        lambda: decide(store, draft.id, ana),
        lambda: store.reviews.note(draft.id, ana, "hello", open=False),
        lambda: store.reviews.hand_back(draft.id, ana, "who?", seen=0),
        lambda: store.reviews.second(draft.id, ana, "fit", "fit", "why", turn_seq=1),
        lambda: store.reviews.look(draft.id, ana, turn_seq=1, place=1),
        lambda: decide(store, "0" * 32, ana),
    ):
        with pytest.raises(InputError) as told:
            act()
        assert told.value.key == "no_draft"
    assert not store.reviews.handed_over(draft.id)
    assert store.reviews.inbox(ana) == []


def test_the_applicant_sees_what_is_open_and_nothing_else(store, handed, ana) -> None:
    """Notes among coaches and their decisions stay with coaches; no coach's account is named to an applicant."""
    draft = handed()
    store.reviews.contest(draft, "no_data", "We do have the repair requests.")
    store.reviews.note(draft, ana, "They sound unsure.", open=False)
    store.reviews.note(draft, ana, "Thank you, we are reading.", open=True)
    last = decide(store, draft, ana, seen=4)
    store.reviews.hand_back(draft, ana, "Who decides on Mondays?", seen=last.place)

    seen = store.reviews.of(draft, "applicant")

    assert [r.kind for r in seen] == ["hand_over", "contest", "note_open", "hand_back"]
    assert {r.decided_by for r in seen} == {None}
    assert [r.kind for r in store.reviews.of(draft, "blind")] == ["hand_over", "contest"]
    assert len(store.reviews.of(draft, "coach")) == 6


def test_only_a_flag_that_stands_can_be_contested(store, handed) -> None:
    """An objection needs words and a flag that the last answer raised."""
    draft = handed()

    for reason, text, key in (("strategy", "why", "no_flag"), ("no_data", " ", "reason")):
        with pytest.raises(InputError) as told:
            store.reviews.contest(draft, reason, text)
        assert told.value.key == key


def test_the_inbox_begins_with_what_needs_attention_most(store, handed, ana, bia, clock: Clock) -> None:
    """Contested first, then changed since my last look, then waiting longest, and handed back at the end."""
    seen_old, seen_new, changed, contested, back = (handed(f"draft {n}") for n in range(5))
    for number, draft in enumerate((seen_new, changed, contested, back)):
        clock.pass_(hours=1)
        store.reviews.hand_over(draft)
        assert store.reviews.of(draft, "coach")[-1].place == 2, number
    store.reviews.contest(contested, "no_data", "We have it.")
    store.reviews.hand_back(back, bia, "Who decides?", seen=2)
    for draft in (seen_old, seen_new, changed):
        store.reviews.look(draft, ana, turn_seq=1, place=store.reviews.of(draft, "coach")[-1].place)
    store.reviews.note(changed, bia, "Look here.", open=False)

    inbox = store.reviews.inbox(ana)

    assert [w.draft_id for w in inbox] == [contested, changed, seen_old, seen_new, back]
    assert [w.changed for w in inbox] == [True, True, False, False, True]
    first = inbox[0]
    assert (first.contested, first.verdict, first.lang, first.decided) == (
        ("no_data",),
        "poor_fit",
        "en",
        False,
    )
    decide(store, contested, ana, "none", target="flag:no_data", seen=3)
    assert store.reviews.inbox(bia)[0].contested == ()


def test_a_second_reading_is_blind_and_by_another_coach(store, handed, ana, bia) -> None:
    """What others decided alone is drawn for a second reading once, and both readings are set side by side."""
    drafts = [handed(f"draft {n}") for n in range(4)]
    for draft in drafts:
        decide(store, draft, ana)

    assert store.reviews.sample(ana, "fit", 1.0) == []
    assert sorted(store.reviews.sample(bia, "fit", 1.0)) == sorted(drafts)
    assert set(store.reviews.sample(bia, "fit", 0.5)) <= set(drafts)
    assert store.reviews.sample(bia, "fit", 0.0) == []
    with pytest.raises(InputError) as told:
        store.reviews.second(drafts[0], ana, "fit", "fit", "why", turn_seq=1)
    store.reviews.second(drafts[0], bia, "fit", "needs_work", "No test yet.", turn_seq=1)

    assert told.value.key == "second_reader"
    assert drafts[0] not in store.reviews.sample(bia, "fit", 1.0)
    [pair] = store.reviews.pairs()
    assert (pair.engine_said, pair.first, pair.second) == ("poor_fit", "fit", "needs_work")
    assert (pair.first_by, pair.second_by) == (ana.id, bia.id)


def test_a_look_is_the_coachs_own_and_words_are_found_without_accents(store, handed, ana, bia) -> None:
    """What one coach saw says nothing of another; a search finds whole phrases, in any case, in handed drafts alone."""
    draft = handed("Famílias esperam em São Tomé")
    _, other = store.drafts.create("pt")
    store.drafts.receive(other.id, "Famílias esperam em São Tomé")
    store.reviews.look(draft, ana, turn_seq=1, place=1)

    mine, hers = (store.reviews.last_look(draft, who) for who in (ana, bia))

    assert mine is not None
    assert (mine.turn_seq, mine.place) == (1, 1)
    assert hers is None
    assert store.reviews.containing("SAO TOME") == {draft}
    assert store.reviews.containing("são paulo") == set()
    assert store.reviews.inbox(ana)[0].opening == "Famílias esperam em São Tomé"
