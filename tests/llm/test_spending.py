"""What the model's part of a conversation costs, and what happens when the budget is spent."""

from __future__ import annotations

import pytest

from assistant.domain import LANGS, Conversation, Lang, Usage
from assistant.llm.budget import Prices
from assistant.llm.scripted import ScriptedLLM
from tests.llm.stubs import DECISION, PROBLEM, assistant_with, budget, judge_with, product, reply


def test_tokens_and_money_add_up() -> None:
    """A turn counts its repair, and a conversation all of its turns."""
    llm = ScriptedLLM([reply("One."), "no", reply("Two."), reply("Three.")])
    spends = budget(Prices(tokens_in=2.0, tokens_out=8.0))
    talk, conversation, turns = assistant_with(judge_with(llm, spends=spends)), Conversation(), []
    for text in (PROBLEM["en"], DECISION["en"], "Two crews of four people."):
        turns.append(talk.respond(conversation, text))
        conversation = turns[-1].conversation

    usage = sum((t.usage for t in turns), Usage())
    assert len(llm.requests) == 4
    assert turns[1].usage.tokens_in > 1.8 * turns[0].usage.tokens_in
    assert conversation.usage == usage
    assert spends.spent_today.tokens_in == usage.tokens_in
    assert spends.spent_today.cost_usd == pytest.approx(usage.cost_usd)
    assert usage.cost_usd == pytest.approx((2 * usage.tokens_in + 8 * usage.tokens_out) / 1e6)


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        ({"session_tokens": 10}, "llm_session_budget"),
        ({"day_tokens": 10}, "llm_day_budget"),
        ({"day_cost_usd": 0.000001}, "llm_cost_cap"),
    ],
)
@pytest.mark.parametrize("lang", LANGS)
def test_a_spent_budget_goes_on_without_the_model(limits: dict[str, float], key: str, lang: Lang) -> None:
    """The turn that finds a limit reached makes no call, is read locally and says so in the right language."""
    llm = ScriptedLLM([reply()])
    talk = assistant_with(judge_with(llm, spends=budget(Prices(tokens_in=1.0), **limits)))
    first = talk.respond(Conversation(), PROBLEM[lang])

    turn = talk.respond(first.conversation, DECISION[lang])

    assert len(llm.requests) == 1
    assert turn.judgement.engine.name == "local"
    assert turn.usage == Usage()
    assert any(product().words.say(lang, f"error.{key}.message") in notice for notice in turn.notices)
