"""What is being tested: the product's own doors, wired as the product wires them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from assistant.conversation import Assistant
from assistant.domain import Answer, Engine, Lang, Passage
from assistant.llm.base import LLM
from assistant.prompts import Prompts
from assistant.retrieval.base import Retriever
from assistant.wiring import Product

EngineName = Literal["local", "llm"]
DAY = date(2026, 6, 1)
"""The day every case is judged on unless it names another, so that a run is the same next year."""


@dataclass(frozen=True)
class Subject:
    """The doors that cases go through."""

    assistant: Assistant
    ask: Callable[[str, Lang], Answer]
    retriever: Callable[[], Retriever]
    passage: Callable[[str, Lang], Passage]
    engine: EngineName = "local"

    def on(self, day: date | None) -> Assistant:
        """The assistant on a given day."""
        return self.assistant if day is None else replace(self.assistant, today=lambda: day)


@dataclass(frozen=True)
class Tested(Product):
    """The product, with other versions of prompts than the pinned ones when they are to be tried."""

    today: Callable[[], date] = lambda: DAY
    pins: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def prompts(self) -> Prompts:
        """The prompts with the versions under test in use."""
        from assistant.prompts import load_prompts

        prompts = load_prompts(self.settings.prompts)
        for name, version in self.pins.items():
            prompts = prompts.with_version(name, version)
        return prompts

    def subject(self, llm: LLM | None = None) -> Subject:
        """The doors on the local engine, or with a language model behind the judge."""
        local = replace(self.settings_local, today=self.today)
        assistant = local.assistant
        if llm is not None:
            assistant = replace(assistant, judge=self.judge_with(llm))
        return Subject(
            assistant=assistant,
            ask=local.ask,
            retriever=lambda: local.retriever,
            passage=local.passages,
            engine="local" if llm is None else "llm",
        )

    @cached_property
    def settings_local(self) -> Product:
        """The same product on the local engine: everything but the judge is shared."""
        return Product(self.settings.model_copy(update={"engine": "local"}), light=True, today=self.today)

    def engine_of(self, llm: LLM | None) -> Engine:
        """Who judges."""
        return self.settings_local.local_judge.engine if llm is None else self.judge_with(llm).engine
