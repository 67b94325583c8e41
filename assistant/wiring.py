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
from assistant.errors import CorpusError, StoreError
from assistant.hearing import Hearing
from assistant.judging.local import LocalJudge
from assistant.judging.model import Heads
from assistant.judging.rules import Rulebook
from assistant.language import language_of
from assistant.programme import Programme, load_programme
from assistant.record import Recorder
from assistant.replies import Replies
from assistant.retrieval.base import Encoder, Retriever
from assistant.settings import Settings
from assistant.words import Words, load_words

if TYPE_CHECKING:
    from assistant.store.drafts import Drafts


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
    def heads(self) -> Heads:
        """The local judge's weights."""
        return Heads(self.settings.corpus / "model")

    @cached_property
    def encoder(self) -> Encoder:
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
    def assistant(self) -> Assistant:
        """The conversation."""
        from assistant.briefs.brief import write_brief

        return Assistant(
            judge=LocalJudge(self.heads),
            rules=self.rules,
            hearing=Hearing(self.cues, partial(language_of, heads=self.heads)),
            retriever=lambda: self.retriever,
            answer=self.ask,
            write_brief=partial(write_brief, programme=self.programme, words=self.words),
            replies=Replies(self.programme, self.words),
            recorder=Recorder(self.programme, self.cues, self.heads.thresholds),
            today=self.today,
        )

    def language_of(self, text: str) -> Lang:
        """The language to answer a short text in; English when it cannot be told."""
        lang, _, _ = self.heads.language(text)
        return lang

    def ask(self, question: str, lang: Lang) -> Answer:
        """An answer from the sources, or that they do not say."""
        from assistant.answers import ask

        return ask(question, lang, self.retriever, self.programme, self.words)

    @cached_property
    def drafts(self) -> Drafts:
        """Where drafts are kept."""
        from assistant.store.drafts import Drafts

        return Drafts(self.settings.database)


def build(settings: Settings, *, light: bool = False) -> Product:
    """The product of these settings; nothing is loaded until it is used."""
    return Product(settings, light=light)
