"""From an overruled judgement to a case of the evaluations, read by two people."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from assistant.errors import AccessError, InputError, StoreError
from assistant.store.accounts import Account
from assistant.store.candidates import fingerprint, nearest
from assistant.store.store import Store
from tests.store.conftest import Answered

TEXT = (
    "Families wait nine weeks for a repair, says Maria Lopez (maria@city.example). Each Monday the desk picks"
    " twenty flats from the list, and nobody knows whether those are the right ones."
)
REASON = "Maria Lopez decides each Monday."


@pytest.fixture
def people(store: Store) -> dict[str, Account]:
    """Two coaches and one of staff."""
    roles = {"ana": "coach", "bia": "coach", "cleo": "staff"}
    return {n: store.accounts.add(f"{n}@city.example", [r], password=None) for n, r in roles.items()}  # type: ignore[list-item]


def overrule(store: Store, coach: Account, answered: Answered, text: str = TEXT) -> str:
    """The id of a review that overruled a judgement of a text."""
    _, draft = store.drafts.create("en")
    seq = store.drafts.receive(draft.id, text)
    turn = answered(draft.conversation.model_copy(update={"lang": "en"}), text)
    store.drafts.complete(draft.id, seq, turn)
    store.reviews.hand_over(draft.id)
    return store.reviews.decide(draft.id, coach, "fit", "fit", REASON, seen=1, turn_seq=seq).id


def test_a_preview_shows_what_is_masked_before_anything_is_kept(store, people, answered) -> None:
    """Identifiers are masked by themselves, names when they are named, in the text and in the reason."""
    review = overrule(store, people["ana"], answered)

    shown = store.candidates.preview(review, hide=["Maria Lopez"])

    assert "says [name] ([email])." in shown.text
    assert shown.reason == "[name] decides each Monday."
    assert shown.masked == ("email", "name")
    assert shown.suite == "fit"
    assert store.candidates.all() == []


def test_a_case_is_released_after_two_people_read_it(store, people, answered) -> None:
    """Quarantine, the same value from another coach, release by staff: in this order and by these people only."""
    ana, bia, cleo = (people[n] for n in ("ana", "bia", "cleo"))
    made = store.candidates.make(overrule(store, ana, answered), ana, hide=["Maria Lopez"])
    assert (made.state, made.was, made.now) == ("quarantine", "needs_work", "fit")

    with pytest.raises(StoreError):
        store.candidates.release(made.id, cleo, version=1)
    with pytest.raises(InputError) as own:
        store.candidates.read(made.id, ana, "fit", "I said so", version=1)
    with pytest.raises(AccessError):
        store.candidates.read(made.id, cleo, "fit", "why", version=1)
    accepted = store.candidates.read(made.id, bia, "fit", "The desk decides (bia@city.example).", version=1)
    with pytest.raises(AccessError):
        store.candidates.release(made.id, ana, version=2)
    released = store.candidates.release(made.id, cleo, version=2)

    assert own.value.key == "second_reader"
    assert (accepted.state, accepted.second_reason) == ("accepted", "The desk decides ([email]).")
    assert (released.state, released.suite, released.version) == ("released", "fit", 3)
    assert store.candidates.all("released") == [released]
    actions = [link.action for link in store.audit.links(subject=made.id)]
    assert actions == ["candidate.released", "candidate.accepted", "candidate.made"]


def test_two_people_who_disagree_keep_a_case_out(store, people, answered) -> None:
    """Another value from the second reader rejects the case for good."""
    made = store.candidates.make(overrule(store, people["ana"], answered), people["ana"])

    rejected = store.candidates.read(made.id, people["bia"], "needs_work", "No test yet.", version=1)

    assert rejected.state == "rejected"
    with pytest.raises(StoreError) as told:
        store.candidates.release(made.id, people["cleo"], version=2)
    assert told.value.key == "review_conflict"


def test_a_stale_page_settles_nothing(store, people, answered) -> None:
    """A second reading of a case that somebody settled in the meantime is refused."""
    made = store.candidates.make(overrule(store, people["ana"], answered), people["ana"])
    store.candidates.read(made.id, people["bia"], "fit", "yes", version=1)

    with pytest.raises(StoreError) as told:
        store.candidates.read(made.id, people["bia"], "poor_fit", "no", version=1)

    assert told.value.key == "review_conflict"
    assert store.candidates.all()[0].state == "accepted"


def test_a_text_that_is_there_already_is_no_new_case(store, people, answered) -> None:
    """The same words in other case and spacing, and a text of the training data, are refused."""
    ana = people["ana"]
    made = store.candidates.make(overrule(store, ana, answered), ana)
    again = overrule(store, ana, answered, TEXT.upper().replace(" ", "  "))

    with pytest.raises(InputError) as told:
        store.candidates.make(again, ana)
    other = overrule(store, ana, answered, "Buses come too seldom to the hills, and clinics stay empty.")
    with pytest.raises(InputError) as trained:
        store.candidates.make(
            other, ana, known=[("example-7", "Buses come too seldom to the hills and clinics stay empty")]
        )

    assert (told.value.key, trained.value.key) == ("candidate_exists", "candidate_exists")
    assert made.id in str(told.value)
    assert "example-7" in str(trained.value)


def test_only_an_overrule_becomes_a_case(store, people, answered) -> None:
    """Neither a note nor a review that does not exist can be made into one."""
    review = overrule(store, people["ana"], answered)
    note = store.reviews.note(store.reviews.get(review).draft_id, people["ana"], "hello", open=False)

    for id in (note.id, "0" * 32):
        with pytest.raises(InputError) as told:
            store.candidates.make(id, people["ana"])
        assert told.value.key == "no_review"


def test_the_database_wants_two_readers(store, people, answered, database) -> None:
    """Whatever program writes, no case leaves quarantine unread, read by its maker, or without a suite."""
    store.candidates.make(overrule(store, people["ana"], answered), people["ana"])

    for change in (
        "state = 'accepted'",
        f"state = 'accepted', second_by = '{people['ana'].id}'",
        f"state = 'released', second_by = '{people['bia'].id}'",
    ):
        with pytest.raises(IntegrityError):
            database.run(f"UPDATE candidates SET {change}")  # noqa: S608  # ids of ours


def test_likeness_is_the_share_of_runs_of_words() -> None:
    """Worked by hand: of the runs abc bcd cde and abc bcd cdf, two of four are shared."""
    [found] = nearest("a b c d e", [("x", "A b c, d F"), ("y", "nothing of it")])

    assert (found.id, found.share) == ("x", 0.5)
    assert fingerprint("Água, limpa!") == fingerprint("agua limpa")
    assert fingerprint("agua limpa") != fingerprint("limpa agua")
