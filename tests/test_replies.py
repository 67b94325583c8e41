"""What a reply says once and says in the right number."""

from __future__ import annotations

import pytest

from assistant.domain import LANGS, Evidence, Flag, Lang, Reframing
from assistant.replies import Replies
from assistant.wiring import Product

TEST = Reframing(
    decision="Which lamps come first?", user="The crew", smallest_test="Six weeks", kept=(), dropped=()
)


@pytest.fixture
def replies(product: Product) -> Replies:
    """The assistant's words."""
    return Replies(product.programme, product.words)


def test_words_that_state_several_fields_are_read_once(replies: Replies) -> None:
    """Fields on the same words share a line; a field on words of its own has its own."""
    same = Evidence(state="stated", value="lamps stay dark", quote="lamps stay dark")
    changed = {
        "resident_problem": same,
        "data_sources": Evidence(state="stated", value="the reports", quote="the reports"),
        "affected_residents": same,
    }

    told = replies.noted(changed, "en")

    assert told.splitlines()[2:] == [
        "- **Resident problem · Residents affected**: “lamps stay dark”",
        "- **Data sources**: “the reports”",
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_a_single_version_is_not_offered_as_one_of_several(
    replies: Replies, product: Product, lang: Lang
) -> None:
    """With one version the reply does not ask which; with two it does."""
    passage = product.assistant.rules.passage("booklet/poor_fit/dashboard_without_decision", lang)

    def told(*ways: Reframing) -> str:
        flag = Flag(
            reason="dashboard_without_decision",
            confidence=0.9,
            applicant_quote="a dashboard",
            rule=passage.citation(),
            explanation="…",
            reframings=ways,
        )
        return replies.flag(flag, lang)

    one, two = told(TEST), told(TEST, TEST)

    assert product.words.say(lang, "say.reframe_pick_one") in one
    assert product.words.say(lang, "say.reframe_pick") not in one
    assert product.words.say(lang, "say.reframe_pick") in two
