"""What a language model may cost: a session, a day, in tokens and in money. Reaching a limit stops politely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from assistant.domain import Usage
from assistant.errors import LLMError
from assistant.llm.base import Reply

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens; as the provider's price list says, zero for a model of one's own."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def of(self, reply: Reply) -> Usage:
        """The tokens and money of one reply."""
        spent = reply.spent
        cost = (spent.tokens_in * self.tokens_in + spent.tokens_out * self.tokens_out) / MILLION
        return Usage(tokens_in=spent.tokens_in, tokens_out=spent.tokens_out, cost_usd=cost)


@dataclass
class Budget:
    """Counts what this process spends; None means no limit."""

    prices: Prices
    session_tokens: int | None = None
    day_tokens: int | None = None
    day_cost_usd: float | None = None
    today: Callable[[], date] = date.today
    _day: date | None = None
    _spent: Usage = field(default_factory=Usage)
    _in_all: Usage = field(default_factory=Usage)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def check(self, session: Usage) -> None:
        """Raises LLMError when the session or the day has used what it may."""
        day = self.spent_today
        if self.session_tokens is not None and _tokens(session) >= self.session_tokens:
            raise _reached("llm_session_budget", "this conversation has used its tokens")
        if self.day_tokens is not None and _tokens(day) >= self.day_tokens:
            raise _reached("llm_day_budget", "today's tokens are used")
        if self.day_cost_usd is not None and day.cost_usd >= self.day_cost_usd:
            raise _reached("llm_cost_cap", "today's money for the model is spent")

    def note(self, reply: Reply) -> Usage:
        """What one reply cost, added to the day."""
        usage = self.prices.of(reply)
        with self._lock:
            self._turn_day()
            self._spent = self._spent + usage
            self._in_all = self._in_all + usage
        return usage

    @property
    def spent(self) -> Usage:
        """Everything since the process began."""
        with self._lock:
            return self._in_all

    @property
    def spent_today(self) -> Usage:
        """Everything since midnight."""
        with self._lock:
            self._turn_day()
            return self._spent

    def _turn_day(self) -> None:
        if self._day != self.today():
            self._day, self._spent = self.today(), Usage()


def _tokens(usage: Usage) -> int:
    return usage.tokens_in + usage.tokens_out


def _reached(key: str, message: str) -> LLMError:
    return LLMError(message, fix="go on with the local engine, or raise the limit in the settings", key=key)
