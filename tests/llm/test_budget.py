"""What a model may cost: counted as the price list says, stopped at the limit, forgotten at midnight."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from assistant.domain import LANGS, Usage
from assistant.errors import LLMError
from assistant.llm.base import Reply, Spent
from assistant.llm.budget import Budget, Prices
from tests.llm.stubs import product


def spent(tokens_in: int = 100, tokens_out: int = 20) -> Reply:
    """A reply that cost so much."""
    cost = Spent(tokens_in=tokens_in, tokens_out=tokens_out, seconds=1.0, first_text=0.5)
    return Reply(text="{}", model="small", spent=cost)


def test_a_reply_costs_what_the_price_list_says() -> None:
    """Prices are for a million tokens, one for what goes in and one for what comes out."""
    usage = Prices(tokens_in=2.0, tokens_out=10.0).of(spent(500_000, 100_000))

    assert (usage.tokens_in, usage.tokens_out) == (500_000, 100_000)
    assert usage.cost_usd == pytest.approx(2.0)


def test_a_model_of_ones_own_costs_nothing() -> None:
    """Without prices there are tokens and no money."""
    assert Prices().of(spent()) == Usage(tokens_in=100, tokens_out=20, cost_usd=0.0)


def test_the_day_adds_up() -> None:
    """Every reply counts towards the day, and what one cost is given back."""
    budget = Budget(Prices(tokens_in=1.0), today=lambda: date(2026, 11, 21))

    first, second = budget.note(spent(1_000, 10)), budget.note(spent(2_000, 20))

    assert first.tokens_in == 1_000
    assert budget.spent_today.tokens_in == 3_000
    assert budget.spent_today.tokens_out == 30
    assert budget.spent_today.cost_usd == pytest.approx(first.cost_usd + second.cost_usd)


@pytest.mark.parametrize(
    ("limits", "session", "noted", "key"),
    [
        ({}, 10**9, 10**9, None),
        ({"session_tokens": 120}, 119, 0, None),
        ({"session_tokens": 120}, 120, 0, "llm_session_budget"),
        ({"session_tokens": 120}, 0, 500, None),
        ({"day_tokens": 120}, 0, 100, None),
        ({"day_tokens": 120}, 0, 120, "llm_day_budget"),
        ({"day_tokens": 120}, 500, 0, None),
        ({"day_cost_usd": 1.0}, 0, 99_999, None),
        ({"day_cost_usd": 1.0}, 0, 100_000, "llm_cost_cap"),
        ({"session_tokens": 1, "day_tokens": 1}, 1, 1, "llm_session_budget"),
    ],
)
def test_a_limit_stops_the_next_call(
    limits: dict[str, float], session: int, noted: int, key: str | None
) -> None:
    """From the limit on there is an LLMError with its own key and a remedy; below it, and without one, nothing."""
    budget = Budget(Prices(tokens_in=10.0), today=lambda: date(2026, 11, 21), **limits)  # type: ignore[arg-type]
    budget.note(spent(noted, 0))

    if key is None:
        budget.check(Usage(tokens_in=session))
        return
    with pytest.raises(LLMError) as caught:
        budget.check(Usage(tokens_in=session))
    assert caught.value.key == key
    assert caught.value.fix


def test_tokens_in_and_out_both_count() -> None:
    """A session that is all replies reaches its limit too."""
    with pytest.raises(LLMError):
        Budget(Prices(), session_tokens=100).check(Usage(tokens_in=40, tokens_out=60))


def test_a_new_day_begins_at_nothing() -> None:
    """At midnight the day's count and its limit begin again."""
    days = [date(2026, 11, 21)]
    budget = Budget(Prices(), day_tokens=100, today=lambda: days[-1])
    budget.note(spent(100, 0))
    with pytest.raises(LLMError):
        budget.check(Usage())

    days.append(date(2026, 11, 22))

    budget.check(Usage())
    assert budget.spent_today == Usage()
    budget.note(spent(7, 0))
    assert budget.spent_today.tokens_in == 7


def test_many_at_once_lose_nothing() -> None:
    """Threads that note at the same time are all counted."""
    budget = Budget(Prices(), today=lambda: date(2026, 11, 21))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: budget.note(spent(1, 1)), range(2_000)))

    assert budget.spent_today == Usage(tokens_in=2_000, tokens_out=2_000)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("key", ["llm_session_budget", "llm_day_budget", "llm_cost_cap"])
def test_each_limit_is_told_in_the_applicants_language(key: str, lang: str) -> None:
    """The locale files say what was reached and what can be done."""
    for part in ("message", "fix"):
        assert product().words.has(f"error.{key}.{part}")
        assert product().words.say(lang, f"error.{key}.{part}")  # type: ignore[arg-type]
