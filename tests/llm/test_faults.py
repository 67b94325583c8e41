"""The adapter meets every fault: a whole reply or the right error, in time, after two calls at most."""

from __future__ import annotations

import time
from typing import Any

import pytest

from assistant.errors import LLMError
from assistant.llm.base import Reply
from assistant.llm.openai import StructuredOutput
from tests.faults.server import FAULTS, POSITIONS, FaultServer, Position
from tests.llm.endpoint import REQUEST, SECONDS, TEXT, model_at, name_of, outcome, readers
from tests.llm.services import SOUND, said, serving

pytestmark = pytest.mark.usefixtures("loaded", "no_thread_left")

SLOW = {"hang", "slow_first", "drip", "keepalive"}
"""Faults that bring no text at all; a limit of their own keeps the tests short."""

RESULTS: dict[str, tuple[str, int]] = {
    "rate_limited": ("llm_rate_limited", 2),
    "rate_limited_long": ("llm_rate_limited", 1),
    "rate_limited_short": ("llm_rate_limited", 2),
    "server_error": ("llm_unavailable", 2),
    "unavailable": ("llm_unavailable", 2),
    "wrong_key": ("llm_wrong_key", 1),
    "unknown_model": ("llm_unknown_model", 1),
    "not_an_api": ("llm_not_an_api", 1),
    "hang": ("llm_too_slow", 1),
    "reset": ("llm_unreachable", 2),
    "slow_first": ("llm_too_slow", 1),
    "drip": ("llm_too_slow", 1),
    "keepalive": ("llm_too_slow", 1),
    "cut": ("llm_cut_off", 1),
    "html": ("llm_proxy_page", 1),
    "empty": ("llm_empty", 1),
    "no_structured": ("llm_no_structured_output", 1),
    "filtered_400": ("llm_filtered", 1),
    "bad_encoding": ("llm_broken", 1),
    "no_finish": ("llm_cut_off", 1),
    "error_mid": ("llm_unavailable", 1),
    "endless": ("llm_too_slow", 1),
    "malformed_sse": ("llm_broken", 1),
    "truncated_json": ("reply", 1),
    "no_choices": ("llm_empty", 1),
    "null_content": ("llm_empty", 1),
    "refusal": ("llm_refused", 1),
    "filtered": ("llm_filtered", 1),
    "length": ("llm_cut_off", 1),
    "wrong_schema": ("reply", 1),
    "prose": ("reply", 1),
    "too_long": ("llm_too_long", 1),
    "invented_quotes": ("reply", 1),
    "wrong_language": ("reply", 1),
}
"""Each fault, how it ends when it always strikes, and how many calls that takes."""


def test_every_fault_has_a_result() -> None:
    """The table below covers each fault of the server."""
    assert set(RESULTS) == set(FAULTS)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_a_reply_or_its_own_error(
    server: FaultServer, fault: str, position: Position
) -> None:
    """Whatever goes wrong, and whenever: a whole reply or the right error, in time, after two calls at most."""
    options: dict[str, Any] = {"first_text": 0.8} if fault in SLOW else {}
    seconds = 0.6 if fault == "endless" else SECONDS
    model = model_at(server.url(fault, position), **options)
    key, calls = RESULTS[fault]
    if position == "mid":
        assert name_of(outcome(model)) == "reply"

    result = outcome(model, seconds)

    prefix = fault if position == "always" else f"{fault}@{position}"
    if position == "first" and calls == 2:
        key = "reply"
    assert name_of(result) == key
    assert server.hits(prefix) == calls + (position == "mid")


@pytest.mark.parametrize("mode", ["tools", "json_mode"])
@pytest.mark.parametrize("fault", sorted(set(FAULTS) - SLOW - {"endless"}))
def test_faults_end_alike_in_every_mode(server: FaultServer, fault: str, mode: StructuredOutput) -> None:
    """The form of reply that is asked for changes nothing about failures."""
    key, calls = RESULTS[fault]
    if (fault, mode) == ("no_structured", "json_mode"):
        key = "reply"

    result = outcome(model_at(server.url(fault), mode))

    assert (name_of(result), server.hits(fault)) == (key, calls)


def test_a_late_first_word_in_time_is_a_reply() -> None:
    """Slowness within the limits is no fault."""
    with FaultServer(lambda body: TEXT, slow=0.3) as server:
        result = outcome(model_at(server.url("slow_first"), first_text=1.5))

    assert isinstance(result, Reply)
    assert 0.3 <= result.spent.first_text <= result.spent.seconds


def test_the_whole_call_is_bounded_too(server: FaultServer) -> None:
    """A reply that begins in time and does not end is over when its seconds are."""
    start = time.monotonic()

    result = outcome(model_at(server.url("endless")), seconds=0.5)

    assert name_of(result) == "llm_too_slow"
    assert 0.5 <= time.monotonic() - start < 1.0


def test_no_second_try_without_time_for_it(server: FaultServer) -> None:
    """A wait of a second is not worth it when the first word is due in one."""
    result = outcome(model_at(server.url("rate_limited_short"), first_text=1.0))

    assert name_of(result) == "llm_rate_limited"
    assert server.hits("rate_limited_short") == 1


def test_a_long_wait_is_not_waited_for() -> None:
    """A service that asks for more patience than we have is given up at once, however much time is left."""
    start = time.monotonic()
    with serving(said(429, {}, **{"Retry-After": "8"}), SOUND) as script:
        result = outcome(model_at(script.url, first_text=60), seconds=60)

    assert (name_of(result), len(script.seen)) == ("llm_rate_limited", 1)
    assert time.monotonic() - start < 2


def test_an_idle_reader_does_not_keep_the_thread(server: FaultServer) -> None:
    """A caller who takes one piece and never comes back: the thread still ends with the call's time."""
    pieces = model_at(server.url("endless")).stream(REQUEST, seconds=0.5)
    next(pieces)

    assert not readers(within=1.5)
    with pytest.raises(LLMError) as caught:
        list(pieces)
    assert caught.value.key == "llm_too_slow"
