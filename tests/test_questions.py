"""Which question comes next: the gap that can change most, once, and never beyond the limit."""

from __future__ import annotations

from assistant.domain import Citation, Conversation, Evidence, Flag
from assistant.questions import next_question, open_questions
from assistant.wiring import Product


def stated(*ids: str) -> dict[str, Evidence]:
    """A record in which these elements are stated."""
    return {id: Evidence(state="stated", value="x", quote="x", turn=1) for id in ids}


def flag(product: Product, number: int) -> Flag:
    """A flag for one of the programme's reasons."""
    reason = product.programme.reasons[number]
    rule = Citation(id="x", source="x", locator="x", quote="x")
    return Flag(reason=reason.id, confidence=1, applicant_quote="x", rule=rule, explanation="x")


def test_the_problem_and_the_decision_come_first(product: Product) -> None:
    """With nothing said the problem is asked for, then the decision."""
    first = next_question(Conversation(), (), product.programme, "en", limit=14)
    second = next_question(
        Conversation(record=stated("resident_problem")), (), product.programme, "en", limit=14
    )

    assert first is not None
    assert second is not None
    assert (first.element, second.element) == ("resident_problem", "decision")
    assert first.why


def test_a_flag_brings_its_own_question_first(product: Product) -> None:
    """While a flag stands, the question that could lift it comes before every other gap."""
    for number, reason in enumerate(product.programme.reasons):
        question = next_question(Conversation(), (flag(product, number),), product.programme, "es", limit=14)

        assert question is not None
        assert question.element == reason.turning_element
        assert question.text == reason.turning_question.es


def test_nothing_is_asked_twice_and_unknown_is_final(product: Product) -> None:
    """What was asked, stated or declared unknown is not asked for."""
    conversation = Conversation(
        record={**stated("resident_problem"), "decision": Evidence(state="unknown", turn=2)},
        asked=("decision", "test_plan"),
    )

    question = next_question(conversation, (), product.programme, "pt", limit=14)

    assert question is not None
    assert question.element not in ("resident_problem", "decision", "test_plan")


def test_the_limit_ends_the_questions(product: Product) -> None:
    """At the limit there is no next question, however much is open, and the open gaps are still listed."""
    conversation = Conversation(asked=("decision", "users"))

    assert next_question(conversation, (), product.programme, "en", limit=2) is None
    assert len(open_questions(conversation, (), product.programme, "en")) == 20


def test_facts_of_the_city_come_after_the_use_case(product: Product) -> None:
    """Eligibility is asked for only when every element of the use case is dealt with."""
    record = stated(*product.programme.element_ids)

    question = next_question(Conversation(record=record), (), product.programme, "en", limit=14)

    assert question is not None
    assert question.element in product.programme.fact_ids
