"""The doctor's questions to an endpoint, and the remedy where it finds something missing."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.llm.openai import MODES, StructuredOutput
from assistant.llm.probe import probe
from tests.faults.server import FaultServer
from tests.llm.endpoint import model_at

pytestmark = pytest.mark.usefixtures("loaded", "no_thread_left")


def yes_or(mode: str | None) -> Any:
    """A model that keeps to the form in one mode only, or in every one."""

    def reply(body: dict[str, Any]) -> str:
        kind = str((body.get("response_format") or {}).get("type"))
        asked = {"json_schema": "json_schema", "json_object": "json_mode"}.get(kind, "tools")
        return '{"answer": "yes"}' if mode in (None, asked) else "Yes, of course."

    return reply


def test_the_doctor_finds_everything_in_order() -> None:
    """A sound endpoint gets three good findings that name the model and each mode."""
    with FaultServer(yes_or(None)) as server:
        found = probe(model_at(server.url()), seconds=5)

    assert [check.ok for check in found] == [True, True, True]
    assert "test-model" in found[1].detail
    assert all(f"{mode}: works" in found[2].detail for mode in MODES)


@pytest.mark.parametrize("works", MODES)
@pytest.mark.parametrize("configured", MODES)
def test_the_doctor_names_the_mode_that_works(works: StructuredOutput, configured: StructuredOutput) -> None:
    """Where only one mode works, the remedy is to set that one."""
    with FaultServer(yes_or(works)) as server:
        found = probe(model_at(server.url(), configured), seconds=5)

    assert [check.ok for check in found] == [True, True, works == configured]
    assert found[2].fix == ("" if works == configured else f"set ASSISTANT_STRUCTURED_OUTPUT={works}")


@pytest.mark.parametrize(
    ("fault", "states", "remedy"),
    [
        ("html", [False], "ASSISTANT_LLM_BASE_URL"),
        ("wrong_key", [False], "ASSISTANT_LLM_API_KEY"),
        ("not_an_api", [False], "/v1"),
        ("hang", [False], "faster model"),
        ("unknown_model", [True, False], "set ASSISTANT_LLM_MODEL to one of: not-test-model"),
        ("no_structured", [True, True, False], "set ASSISTANT_STRUCTURED_OUTPUT=json_mode"),
        ("wrong_schema", [True, True, False], "choose a model"),
    ],
)
def test_the_doctor_tells_what_is_missing(fault: str, states: list[bool], remedy: str) -> None:
    """What stands in the way comes with its remedy, and nothing is asked in vain after it."""
    with FaultServer(yes_or(None)) as server:
        found = probe(model_at(server.url(fault), first_text=1.0), seconds=2)
        calls = server.hits(fault, "chat")

    assert [check.ok for check in found] == states
    assert remedy in found[-1].fix
    assert calls == (3 if len(states) == 3 else 1)
