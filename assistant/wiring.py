"""The only place that picks implementations and reads settings."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.coaching.facts import Facts
from assistant.coaching.team import Team
from assistant.conversation import Assistant
from assistant.cues import Cues, load_cues
from assistant.domain import Answer, Conversation, Judgement, Lang, Passage, Usage
from assistant.errors import ConfigError, CorpusError, ScopingError, StoreError
from assistant.hearing import Hearing
from assistant.judging.base import Judge
from assistant.judging.city import CityReader
from assistant.judging.local import LocalJudge
from assistant.judging.model import Model
from assistant.judging.rules import Rulebook
from assistant.judging.steering import Steering
from assistant.language import language_of
from assistant.programme import Programme, load_programme
from assistant.record import Recorder
from assistant.replies import Replies
from assistant.retrieval.base import Encoder, Retriever
from assistant.settings import Settings
from assistant.words import Words, load_words

if TYPE_CHECKING:
    from assistant.briefs.opening import ModelOpening
    from assistant.briefs.whole import BriefMaker
    from assistant.coaching.clinic import Rehearsal
    from assistant.coaching.clinic_llm import ModelClinic
    from assistant.coaching.coach import Coaching
    from assistant.encoder import OnnxEncoder
    from assistant.llm.base import LLM
    from assistant.llm.budget import Budget
    from assistant.llm.openai import OpenAIModel
    from assistant.llm.watched import WatchedLLM
    from assistant.prompts import Prompts
    from assistant.retrieval.added import AddedSource
    from assistant.retrieval.glossary import Glossary
    from assistant.retrieval.ingest import About, Outcome
    from assistant.store.drafts import Drafts
    from assistant.store.store import Store

OPENAI = "https://api.openai.com/v1"
WARM = "Families wait for months."
MODEL_SWITCH = "model"
"""The switch that staff set to `off` to go on without the language model."""

log = logging.getLogger(__name__)


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
    def city(self) -> CityReader:
        """Hears what a text tells of its city."""
        model = self.model
        return CityReader(
            self.settings.corpus / "model", model.ngrams.vocabulary, self.encoder, model.version
        )

    @cached_property
    def search_encoder(self) -> Encoder:
        """The encoder of the index: the local one, or that of an OpenAI-compatible service."""
        if self.settings.embeddings == "local":
            return self.encoder
        from assistant.llm.embeddings import OpenAIEncoder

        of = self.settings
        return OpenAIEncoder(of.llm_base_url or OPENAI, of.embeddings_model, api_key=of.llm_api_key)

    @cached_property
    def retriever(self) -> Retriever:
        """Search over the index, built on first use; raises CorpusError when it is stale or damaged."""
        return self._search(light=self.light)

    def _search(self, *, light: bool) -> Retriever:
        from assistant.retrieval.following import Following
        from assistant.retrieval.manifest import is_missing

        if is_missing(self.settings):
            self.build_index()
        return Following(self.settings, self.search_encoder, light=light)

    @cached_property
    def exact_search(self) -> Retriever:
        """The same search without a Chroma server, quicker for one search after the other."""
        return self._search(light=True) if self.settings.chroma_url else self.retriever

    @cached_property
    def batch_assistant(self) -> Assistant:
        """The conversation for many proposals in a row."""
        return replace(self.assistant, retriever=lambda: self.exact_search)

    def build_index(self) -> None:
        """Build the knowledge index, with a progress bar on standard error."""
        from assistant.retrieval.building import build_index

        with progress_bar() as show:
            built = build_index(self.settings, self.search_encoder, progress=show)
        counts = f"{built.passages} passages, {built.cases} past cases, {built.added} added passages"
        print(f"index built: {counts}, in {self.settings.index_dir}", file=sys.stderr)

    def add_sources(self, paths: Sequence[Path], about: About) -> list[Outcome]:
        """Add files to the index, with a progress bar; whoever runs this approves them."""
        from assistant.retrieval.ingest import add_sources

        with progress_bar() as show:
            return add_sources(
                self.settings,
                self.search_encoder,
                paths,
                about,
                language=self.language_of,
                approved_by=_who(),
                progress=show,
            )

    def remove_source(self, id: str) -> AddedSource:
        """Take an added source out of the index, with a progress bar."""
        from assistant.retrieval.ingest import remove_source

        with progress_bar() as show:
            return remove_source(self.settings, self.search_encoder, id, progress=show)

    @cached_property
    def glossary(self) -> Glossary:
        """Words of municipal life that mean the same."""
        from assistant.retrieval.glossary import load_glossary

        return load_glossary(self.settings.corpus / "locale")

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
            obstacles=lambda conversation, lang: self.coaching.obstacles(conversation, lang),
            city=self.city,
        )

    @cached_property
    def team(self) -> Team:
        """Hears who owns which responsibility."""
        return Team(self.programme, self.words)

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

    @cached_property
    def watched_llm(self) -> WatchedLLM:
        """The configured language model behind the switch of staff; each of its calls is counted."""
        from assistant.llm.watched import WatchedLLM

        return WatchedLLM(self.llm, self.model_is_shut, self._count_call, self.budget.prices)

    def model_is_shut(self) -> str:
        """The key of the error that says why no model may be asked now; empty when it may."""
        try:
            return "llm_off" if self.store.switches.get(MODEL_SWITCH) == "off" else ""
        except StoreError:
            log.warning("the model's switch cannot be read: the model stays off")
            return "llm_unchecked"

    def _count_call(self, model: str, outcome: str, used: Usage) -> None:
        try:
            self.store.usage.add("llm", model, outcome, used)
        except StoreError:  # the turn counts for more than the statistics
            log.warning("a model call could not be counted")

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
        return self.local_judge if self.settings.engine == "local" else self.judge_with(self.watched_llm)

    @cached_property
    def assistant(self) -> Assistant:
        """The conversation."""
        return Assistant(
            judge=self.judge,
            rules=self.rules,
            hearing=Hearing(
                self.cues,
                partial(language_of, model=self.model),
                Steering(self.model, self.cues).screen,
                self.model.intent,
                self.team.nothing_else,
            ),
            retriever=lambda: self.retriever,
            answer=self.ask,
            write_brief=self.write_brief,
            open_brief=None if self.settings.engine == "local" else self.opening_with(self.watched_llm),
            replies=Replies(self.programme, self.words),
            recorder=Recorder(self.programme, self.cues, self.model.thresholds),
            team=self.team,
            facts=Facts(self.settings.corpus / "locale" / "facts.toml", self.city),
            today=self.today,
        )

    @cached_property
    def write_brief(self) -> BriefMaker:
        """Writes the brief with everything that the coaching makes of a draft."""
        from assistant.briefs.whole import BriefMaker

        return BriefMaker(self.programme, self.words, self.coaching, self.passages)

    def opening_with(self, llm: LLM) -> ModelOpening:
        """The first paragraph of briefs by any model behind the door."""
        from assistant.briefs.opening import ModelOpening

        return ModelOpening(
            llm=llm,
            prompt=self.prompts.active("brief"),
            budget=self.budget,
            programme=self.programme.about.name.en,
            language=partial(language_of, model=self.model),
        )

    @cached_property
    def coaching(self) -> Coaching:
        """The peer clinic, the test plan, the clock and the data probe."""
        from assistant.coaching.coach import Coaching

        return Coaching(self.settings.corpus, self.programme, self.words)

    def clinic_with(self, llm: LLM) -> ModelClinic:
        """The peer clinic held by any model behind the door."""
        from assistant.coaching.clinic_llm import ModelClinic

        return ModelClinic(
            llm=llm,
            prompt=self.prompts.active("clinic"),
            budget=self.budget,
            programme=self.programme.about.name.en,
            bank=self.coaching.bank,
            signs=self.coaching.signs,
            words=self.words,
            language=partial(language_of, model=self.model),
            seconds=self.settings.llm_seconds,
        )

    def rehearse(
        self, conversation: Conversation, judgement: Judgement, lang: Lang | None = None
    ) -> Rehearsal:
        """The peer clinic on a draft, held by the configured engine."""
        if self.settings.engine == "local":
            return self.coaching.rehearse(conversation, judgement, lang)
        return self.coaching.rehearse_with(self.clinic_with(self.watched_llm), conversation, judgement, lang)

    def language_of(self, text: str) -> Lang:
        """The language to answer a short text in; English when it cannot be told."""
        lang, _, _ = self.model.language(text)
        return lang

    def ask(self, question: str, lang: Lang) -> Answer:
        """An answer from the sources, or that they do not say."""
        from assistant.answers import ask

        return ask(question, lang, self.retriever, self.programme, self.words, self.glossary)

    def warm(self) -> None:
        """Load now what the first visitor would otherwise wait for; what is wrong is told to them in time."""
        with suppress(ScopingError):
            alone = replace(self.assistant, judge=self.local_judge, open_brief=None)
            turn = alone.respond(Conversation(), WARM)
            self.write_brief(turn.conversation, turn.judgement, today=self.today())
        with suppress(ScopingError):
            if self.settings.engine == "llm":
                self.llm.warm()

    @cached_property
    def drafts(self) -> Drafts:
        """Where drafts are kept."""
        return self.store.drafts

    @cached_property
    def store(self) -> Store:
        """Where everything is kept."""
        from assistant.store.store import open_store

        return open_store(self.settings)


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int, str], None]]:
    """A progress bar on standard error, and the function that moves it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("index")

        def show(done: int, total: int, label: str) -> None:
            bar.update(task, total=total, completed=done, description=label)

        yield show


def _who() -> str:
    """The account that runs this, for the record of who approved what."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown account"


def build(settings: Settings, *, light: bool = False) -> Product:
    """The product of these settings; nothing is loaded until it is used."""
    return Product(settings, light=light)
