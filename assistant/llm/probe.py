"""Looks at a language model's endpoint for `scoping doctor`: does it answer, know the model, keep to a form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

from pydantic import BaseModel

from assistant.domain import Finding
from assistant.errors import LLMError
from assistant.llm.base import Reply, Request
from assistant.llm.openai import MODES, OpenAIModel, StructuredOutput
from assistant.llm.parsing import parse
from assistant.llm.troubles import trouble


class Yes(BaseModel):
    """The one-word reply that a probe asks for."""

    answer: str


PROBE = Request(
    prompt="doctor",
    system='Reply in JSON. Put the word "yes" into the field "answer".',
    material="{}",
    reply=Yes,
)
ABOUT_FORM = {
    "llm_no_structured_output",
    "llm_bad_request",
    "llm_broken",
    "llm_empty",
    "llm_cut_off",
    "llm_too_long",
    "llm_filtered",
    "llm_refused",
}
"""Troubles after which another way of asking may still work."""


def probe(model: OpenAIModel, *, seconds: float = 20.0) -> list[Finding]:
    """Whether the endpoint answers, knows the model and keeps to a form, with the remedy for what it lacks."""
    found: dict[StructuredOutput, LLMError | None] = {}
    for mode in sorted(MODES, key=lambda mode: mode != model.structured_output):
        found[mode] = _try(model.using(mode), seconds)
        if (error := found[mode]) and error.key not in ABOUT_FORM:
            return [*_of_service(model, error, seconds)] if len(found) == 1 else _of_modes(model, found)
    return _of_modes(model, found)


def _try(model: OpenAIModel, seconds: float) -> LLMError | None:
    """The error that asking in this way ends with, if any."""
    try:
        *_, last = model.stream(PROBE, seconds=seconds)
        parse(cast(Reply, last).text, Yes)
    except LLMError as error:
        return error
    except ValueError:
        return trouble("llm_no_structured_output")
    return None


def _of_service(model: OpenAIModel, error: LLMError, seconds: float) -> Iterator[Finding]:
    if error.key != "llm_unknown_model":
        yield Finding(name="language model endpoint", ok=False, detail=str(error), fix=error.fix)
        return
    yield Finding(name="language model endpoint", ok=True, detail="answers")
    with suppress(LLMError):
        if names := model.offered(seconds=seconds)[:8]:
            error.fix = f"set ASSISTANT_LLM_MODEL to one of: {', '.join(names)}"
    yield Finding(name="language model", ok=False, detail=str(error), fix=error.fix)


def _of_modes(model: OpenAIModel, found: dict[StructuredOutput, LLMError | None]) -> list[Finding]:
    works = [mode for mode in MODES if mode in found and not found[mode]]
    detail = "; ".join(f"{mode}: {error or 'works'}" for mode, error in found.items())
    fix = "choose a model that supports structured output or tools"
    if works:
        fix = f"set ASSISTANT_STRUCTURED_OUTPUT={works[0]}"
    ok = model.structured_output in works
    return [
        Finding(name="language model endpoint", ok=True, detail="answers"),
        Finding(name="language model", ok=True, detail=model.model),
        Finding(name="structured output", ok=ok, detail=detail, fix="" if ok else fix),
    ]
