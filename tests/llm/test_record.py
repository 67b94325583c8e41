"""What a reply brings into the record: the applicant's own words, as they were written, and nothing else."""

from __future__ import annotations

import pytest

from assistant.domain import LANGS, Evidence, Lang
from tests.llm.stubs import DECISION, EMAIL, EN, PHONE, PROBLEM, heard, play, product, read, reply


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_said_enters_the_record_with_the_applicants_words(lang: Lang) -> None:
    """Each element that a reply reports with a real quote is stated, in those words, in three languages."""
    said = reply(
        elements=[("resident_problem", "stated", PROBLEM[lang]), ("decision", "stated", DECISION[lang])]
    )

    turn = play([f"{PROBLEM[lang]} {DECISION[lang]}"], said)[0]

    assert turn.judgement.lang == lang
    assert turn.record["resident_problem"].quote == PROBLEM[lang]
    assert turn.record["decision"].quote == DECISION[lang]
    assert turn.judgement.fit.verdict == "fit"
    assert turn.judgement.engine.name == "llm"


SAID = f"Families wait.  The repairs\nsupervisor (reach her at {EMAIL}, {PHONE}) picks   the flats."


@pytest.mark.parametrize(
    ("quote", "kept"),
    [
        ("Families wait.", "Families wait."),
        ("“Families wait.”", "Families wait."),
        ("\u200bFamilies\u00a0wait.\u202e", "Families wait."),
        ("The repairs supervisor", "The repairs\nsupervisor"),
        ("picks the flats", "picks   the flats"),
        ("(reach her at [email], [phone]) picks the", f"(reach her at {EMAIL}, {PHONE}) picks   the"),
        ("supervisor (reach her at [email]", f"supervisor (reach her at {EMAIL}"),
    ],
)
def test_a_quote_is_kept_as_the_applicant_wrote_it(quote: str, kept: str) -> None:
    """Other spacing, quotation marks and masked identifiers are tolerated; what is kept stands in the message."""
    reading = read(heard(SAID), reply(elements=[("decision_maker", "stated", quote)]))

    assert [h.quote for h in reading.heard] == [kept]
    assert kept in SAID


@pytest.mark.parametrize(
    "quote",
    [
        "Tenants wait.",
        "Las familias esperan.",
        "Families picks",
        "Families wait … picks the flats",
        "families wait",
        "[card number]",
        "",
        " \n ",
        "”“",
        "...",
        "a",
        "wai",
        "amilies wait",
        ".*",
    ],
    ids=repr,
)
def test_a_quote_that_was_not_said_counts_for_nothing(quote: str) -> None:
    """Invented, translated, joined, changed or empty quotes, and scraps of a word, are dropped."""
    reading = read(
        heard(SAID),
        reply(
            elements=[("decision", "stated", quote)],
            corrections=[("decision", quote)],
            flags=[("strategy_only", "yes", quote)],
            types=[("policy_path", quote)],
        ),
    )

    assert (reading.heard, reading.reason_signs, reading.type_signs) == ((), (), ())
    assert (reading.corrections, reading.types) == ((), {})


def test_only_the_newest_message_is_heard() -> None:
    """What was said before is in the record already and is not heard again."""
    said = heard(PROBLEM["en"], DECISION["en"])

    reading = read(said, reply(elements=[("resident_problem", "stated", PROBLEM["en"])]))

    assert reading.heard == ()


def test_a_quote_is_not_put_together_from_two_messages() -> None:
    """The end of one message and the beginning of the next are no quote of a flag or a type."""
    said = heard("Families wait for months.", "Nobody comes before spring.")
    joined = "for months. Nobody comes"

    reading = read(said, reply(flags=[("strategy_only", "yes", joined)], types=[("policy_path", joined)]))

    assert (reading.reason_signs, reading.type_signs) == ((), ())


def test_unknown_ids_are_dropped() -> None:
    """Elements, corrections, reasons, types and questions that the programme does not have change nothing."""
    quote = PROBLEM["en"]
    said = reply(
        elements=[("verdict", "stated", quote), ("population", "stated", quote)],
        corrections=[("fit", quote)],
        flags=[("approved", "yes", quote)],
        types=[("../../etc/passwd", quote)],
        questions=[("nothing", "Why?")],
    )

    turn = play([EN], said)[0]

    assert turn.record == {}
    assert turn.judgement.fit.flags == ()
    assert set(turn.judgement.type.scores) <= {t.id for t in product().programme.types}


def test_a_vague_word_does_not_state_an_element() -> None:
    """What the model calls vague is vague in the record, with its quote."""
    turn = play([EN], reply(elements=[("decision", "vague", "picks the twenty flats")]))[0]

    assert turn.record["decision"].state == "vague"
    assert turn.judgement.fit.verdict == "needs_work"


# --- corrections and what nobody knows ---------------------------------------------------------------------

MANAGER = "it is the housing manager who picks"


def test_a_correction_changes_the_record_and_keeps_what_was_said() -> None:
    """The corrected element has the new words, remembers the old ones, and the question still stands."""
    turns = play(
        [EN, f"Oh, {MANAGER} the flats now."],
        reply(elements=[("decision_maker", "stated", "the repairs supervisor")]),
        reply(corrections=[("decision_maker", MANAGER)]),
    )

    held = turns[1].record["decision_maker"]
    assert held.quote == MANAGER
    assert held.basis == "corrected"
    assert held.earlier == ("the repairs supervisor",)
    assert turns[1].asked == turns[0].asked


@pytest.mark.parametrize(
    ("element", "quote"),
    [("users", MANAGER), ("decision_maker", "the mayor picks"), ("decision_maker", "the repairs supervisor")],
    ids=["nothing to correct", "invented", "said before"],
)
def test_a_correction_without_ground_changes_nothing(element: str, quote: str) -> None:
    """Only what is in the record can be corrected, and only by words of this message."""
    said = heard(EN, f"Oh, {MANAGER} the flats now.").model_copy(
        update={"record": {"decision_maker": Evidence(state="stated", value="x", quote="x", turn=1)}}
    )

    assert read(said, reply(corrections=[(element, quote)])).corrections == ()


def test_what_comes_with_a_correction_is_written_down_too() -> None:
    """A message that corrects one element and states another does both."""
    trial = "we would try it for a month in one district"
    turns = play(
        [EN, f"Oh, {MANAGER} the flats now, and {trial}."],
        reply(elements=[("decision_maker", "stated", "the repairs supervisor")]),
        reply(corrections=[("decision_maker", MANAGER)], elements=[("test_plan", "stated", trial)]),
    )

    assert turns[1].record["decision_maker"].quote == MANAGER
    assert turns[1].record["test_plan"].quote == trial


def test_not_known_is_written_down_for_what_was_asked() -> None:
    """When the model reads the answer as "nobody knows", the element is unknown and another is asked for."""
    first = play([EN], reply())[0]
    assert first.asked is not None

    turn = play(
        ["That has never been looked at by anybody here."],
        reply(elements=[(first.asked, "unknown", "")]),
        start=first.conversation,
    )[0]

    assert turn.record[first.asked].state == "unknown"
    assert turn.asked != first.asked


def test_not_known_counts_for_nothing_but_what_was_asked() -> None:
    """An element that nobody asked for does not become unknown."""
    said = heard(EN, DECISION["en"], about="decision")

    reading = read(said, reply(elements=[("users", "unknown", ""), ("risks", "unknown", "")]))

    assert reading.unknown == ()
