"""The only place that picks implementations and reads settings."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING

from assistant.conversation import Assistant
from assistant.cues import Cues, load_cues
from assistant.domain import Answer, Lang, Passage
from assistant.errors import ConfigError, CorpusError, StoreError
from assistant.hearing import Hearing
from assistant.judging.base import Judge
from assistant.judging.local import LocalJudge
from assistant.judging.model import Model
from assistant.judging.rules import Rulebook
from assistant.judging.steering import Steering
from assistant.language import language_of
from assistant.programme import Programme, load_programme
from assistant.record import Recorder
from assistant.replies import Replies
from assistant.retrieval.base import Retriever
from assistant.settings import Settings
from assistant.words import Words, load_words

if TYPE_CHECKING:
    from assistant.encoder import OnnxEncoder
    from assistant.llm.base import LLM
    from assistant.llm.budget import Budget
    from assistant.llm.openai import OpenAIModel
    from assistant.prompts import Prompts
    from assistant.store.drafts import Drafts
    from assistant.store.store import Store

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Product:
    """Everything wired together; each part is made when it is first asked for."""

    settings: Settings
    light: bool = False
    """True for short commands: search without loading the vector database."""
    today: Callable[[], date] = date.today

    @cached_property
    def programme(self) -> Programme:
        """The programme's data."""
        return load_programme(self.settings.corpus / "programme")

    @cached_property
    def words(self) -> Words:
        """What replies and pages say."""
        return load_words(self.settings.corpus / "locale")

    @cached_property
    def cues(self) -> Cues:
        """How people steer a conversation."""
        return load_cues(self.settings.corpus / "locale")

    @cached_property
    def model(self) -> Model:
        """The local judge's weights."""
        return Model(self.settings.corpus / "model", self.encoder)

    @cached_property
    def encoder(self) -> OnnxEncoder:
        """The sentence encoder."""
        from assistant.encoder import OnnxEncoder

        return OnnxEncoder(self.settings.corpus / "model")

    @cached_property
    def retriever(self) -> Retriever:
        """Search over the index, built on first use; raises CorpusError when it is stale or damaged."""
        from assistant.retrieval.hybrid import open_retriever
        from assistant.retrieval.index import status

        if status(self.settings).state == "missing":
            self.build_index()
        return open_retriever(self.settings, self.encoder, light=self.light)

    def build_index(self) -> None:
        """Build the knowledge index, with a progress bar on standard error."""
        from rich.console import Console
        from rich.progress import Progress

        from assistant.retrieval.index import build_index

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("index")

            def show(done: int, total: int, label: str) -> None:
                bar.update(task, total=total, completed=done, description=label)

            try:
                built = build_index(self.settings, self.encoder, progress=show)
            except OSError as error:
                raise StoreError(
                    f"the index cannot be written to {self.settings.index_dir}: {error.strerror}",
                    fix="set ASSISTANT_DATA_DIR to a folder you can write, with 100 MB free",
                    key="storage",
                ) from None
        where = self.settings.index_dir
        print(
            f"index built: {built.passages} passages, {built.cases} past cases, in {where}", file=sys.stderr
        )

    @cached_property
    def passages(self) -> Callable[[str, Lang], Passage]:
        """The passage of an id, in one language."""
        from assistant.retrieval.sources import load_passages, passage_in

        records = {r.id: r for r in load_passages(self.settings.corpus / "passages")}

        def passage(id: str, lang: Lang) -> Passage:
            try:
                return passage_in(records[id], lang)
            except KeyError:
                raise CorpusError(
                    f"the programme cites {id}, which is no passage", fix="correct corpus/programme"
                ) from None

        return passage

    @cached_property
    def rules(self) -> Rulebook:
        """What code decides."""
        return Rulebook(
            programme=self.programme,
            words=self.words,
            cues=self.cues,
            passage=self.passages,
            question_limit=self.settings.question_limit,
        )

    @cached_property
    def local_judge(self) -> LocalJudge:
        """The judge that needs nothing but this machine."""
        return LocalJudge(self.model)

    @cached_property
    def prompts(self) -> Prompts:
        """The prompts and which of them are in use."""
        from assistant.prompts import load_prompts

        return load_prompts(self.settings.prompts)

    @cached_property
    def budget(self) -> Budget:
        """What a language model may cost, and what it has cost today."""
        from assistant.llm.budget import Budget, Prices

        of = self.settings
        return Budget(
            Prices(of.llm_price_in, of.llm_price_out),
            session_tokens=of.token_budget,
            day_tokens=of.token_budget_day,
            day_cost_usd=of.cost_cap_usd,
            today=self.today,
        )

    @cached_property
    def llm(self) -> OpenAIModel:
        """The configured language model; raises ConfigError when none is named."""
        from assistant.llm.openai import OpenAIModel
        from assistant.tokens import count

        model = self.settings.llm_model
        if not model:
            raise ConfigError(
                "ASSISTANT_LLM_MODEL is not set", fix="name the model, or set ASSISTANT_ENGINE=local"
            )
        return OpenAIModel(
            self.settings.llm_base_url or OPENAI,
            model,
            estimate=lambda text: count(text, model).tokens,
            api_key=self.settings.llm_api_key,
            structured_output=self.settings.structured_output,
            first_text=self.settings.llm_first_text,
            reply_tokens=self.settings.llm_reply_tokens,
        )

    def judge_with(self, llm: LLM) -> Judge:
        """The language-model judge with any model behind the door."""
        from assistant.judging.llm import LLMJudge, instructions

        prompt = self.prompts.active("turn")
        return LLMJudge(
            llm=llm,
            prompt=prompt,
            instructions=instructions(prompt, self.programme),
            programme=self.programme,
            local=self.local_judge,
            budget=self.budget,
            language=partial(language_of, model=self.model),
            seconds=self.settings.llm_seconds,
        )

    @cached_property
    def judge(self) -> Judge:
        """The judge of the configured engine."""
        return self.local_judge if self.settings.engine == "local" else self.judge_with(self.llm)

    @cached_property
    def assistant(self) -> Assistant:
        """The conversation."""
        from assistant.briefs.brief import write_brief

        return Assistant(
            judge=self.judge,
            rules=self.rules,
            hearing=Hearing(
                self.cues,
                partial(language_of, model=self.model),
                Steering(self.model, self.cues).screen,
                self.model.intent,
            ),
            retriever=lambda: self.retriever,
            answer=self.ask,
            write_brief=partial(write_brief, programme=self.programme, words=self.words),
            replies=Replies(self.programme, self.words),
            recorder=Recorder(self.programme, self.cues, self.model.thresholds),
            today=self.today,
        )

    def language_of(self, text: str) -> Lang:
        """The language to answer a short text in; English when it cannot be told."""
        lang, _, _ = self.model.language(text)
        return lang

    def ask(self, question: str, lang: Lang) -> Answer:
        """An answer from the sources, or that they do not say."""
        from assistant.answers import ask

        return ask(question, lang, self.retriever, self.programme, self.words)

    @cached_property
    def drafts(self) -> Drafts:
        """Where drafts are kept."""
        return self.store.drafts

    @cached_property
    def store(self) -> Store:
        """Where everything is kept."""
        from assistant.store.store import open_store

        return open_store(self.settings)


def build(settings: Settings, *, light: bool = False) -> Product:
    """The product of these settings; nothing is loaded until it is used."""
    return Product(settings, light=light)
