"""Ask-a-colleague sheets: gaps by role, answers with the role, conflicts shown and settled by the applicant."""

from __future__ import annotations

import pytest

from assistant.coaching.coach import Coaching
from assistant.coaching.colleagues import merged, one_line, settled, sheets
from assistant.domain import LANGS, Contribution, Conversation, Evidence, Lang
from assistant.errors import InputError
from tests.coaching.conftest import SAID, draft


@pytest.mark.parametrize("lang", LANGS)
def test_b75_every_gap_is_asked_of_one_role(coaching: Coaching, lang: Lang) -> None:
    """Beyond 19, B75: with nothing said, each element and fact is on exactly one sheet, in the reader's language."""
    made = sheets(Conversation(lang=lang), coaching.programme, coaching.bank, lang)

    asked = [q.element for s in made for q in s.questions]
    assert len(asked) == len(set(asked))
    assert set(asked) == {*coaching.programme.element_ids, *coaching.programme.fact_ids}
    assert [s.role for s in made] == [role.id for role in coaching.bank.roles if role.id != "coach"]
    assert made[0].role_name == coaching.bank.roles[0].name.at(lang)


@pytest.mark.parametrize("lang", LANGS)
def test_what_was_said_is_not_asked(coaching: Coaching, lang: Lang) -> None:
    """A stated element is on no sheet; the one line about the project is the applicant's own."""
    made = sheets(draft(lang), coaching.programme, coaching.bank, lang)

    asked = {q.element for s in made for q in s.questions}
    assert not asked & set(SAID[lang])
    assert "executive_sponsor" in asked
    assert one_line(draft(lang), coaching.words, lang) == SAID[lang]["resident_problem"]
    assert one_line(Conversation(), coaching.words, lang) == coaching.words.say(lang, "page.not_said_yet")


def test_an_answer_fills_a_gap_with_the_colleagues_role() -> None:
    """An open element becomes stated on the colleague's word; a vague one keeps what was said before."""
    vague = Evidence(state="vague", value="some files", quote="some files", turn=2)
    conversation = Conversation(record={"data_sources": vague, "risks": Evidence(state="unknown", turn=3)})
    answers = (
        Contribution(
            id="a", element="data_sources", text="The arrears file.", role="data analyst", name="Ana"
        ),
        Contribution(id="b", element="risks", text="Sub-tenants are not on file.", role="legal office"),
        Contribution(id="c", element="executive_sponsor", text="   ", role="mayor's office"),
    )

    after = merged(conversation, answers)

    source = after.record["data_sources"]
    assert (source.state, source.value, source.basis, source.role) == (
        "stated",
        "The arrears file.",
        "colleague",
        "data analyst",
    )
    assert source.earlier == ("some files",)
    assert after.record["risks"].role == "legal office"
    assert "executive_sponsor" not in after.record
    assert [c.state for c in after.contributions] == ["merged", "merged"]
    assert merged(after, answers) == after


def test_nothing_stated_is_overwritten() -> None:
    """Other words on a stated element are a conflict, the same words agree, and two colleagues can differ too."""
    said = Evidence(state="stated", value="The head of housing.", quote="The head of housing.", turn=1)
    conversation = Conversation(record={"decision_maker": said})

    after = merged(
        conversation,
        (
            Contribution(id="a", element="decision_maker", text="The mayor.", role="clerk"),
            Contribution(id="b", element="decision_maker", text="the HEAD of housing.", role="nurse"),
            Contribution(id="c", element="users", text="Nurses.", role="nurse"),
            Contribution(id="d", element="users", text="Drivers.", role="driver"),
        ),
    )

    assert after.record["decision_maker"] == said
    assert after.record["users"].value == "Nurses."
    assert [c.state for c in after.contributions] == ["conflict", "agrees", "merged", "conflict"]


@pytest.mark.parametrize(
    ("take", "value", "state"), [(True, "The mayor.", "taken"), (False, "The head of housing.", "kept")]
)
def test_the_applicant_settles_a_conflict(take: bool, value: str, state: str) -> None:
    """Either side can stand; what gave way stays in sight, and a conflict is settled once."""
    said = Evidence(state="stated", value="The head of housing.", quote="The head of housing.", turn=1)
    answer = Contribution(id="a", element="decision_maker", text="The mayor.", role="clerk")
    conversation = merged(Conversation(record={"decision_maker": said}), (answer,))

    after = settled(conversation, "a", take=take)

    assert after.record["decision_maker"].value == value
    assert after.record["decision_maker"].earlier == (("The head of housing.",) if take else ())
    assert after.contributions[0].state == state
    with pytest.raises(InputError):
        settled(after, "a", take=take)
