"""A product for the web's tests: the real words, programme and store around a scripted assistant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import pytest

from assistant.briefs.whole import BriefMaker
from assistant.coaching.coach import Coaching
from assistant.domain import (
    Conversation,
    CriterionFinding,
    CriterionState,
    ElementFinding,
    Engine,
    Event,
    Evidence,
    FieldHeard,
    Fit,
    Flag,
    Judgement,
    Lang,
    Message,
    NextQuestion,
    Passage,
    Readiness,
    Reframing,
    ReplyText,
    Signal,
    SimilarCase,
    Stage,
    Turn,
    UseCaseType,
    VerdictReached,
)
from assistant.errors import CorpusError
from assistant.programme import Programme, load_programme
from assistant.retrieval.sources import load_passages, passage_in
from assistant.settings import Settings
from assistant.store.drafts import Drafts
from assistant.store.store import Store, store_of
from assistant.words import Words, load_words

CRITERIA: tuple[CriterionState, ...] = ("met", "not_met", *["unknown"] * 9)  # type: ignore[assignment]
CORPUS = Path(__file__).resolve().parents[2] / "corpus"


@dataclass
class FakeAssistant:
    """Answers every message with a plausible turn; `error` makes it fail, `gate` makes it wait."""

    programme: Programme
    passages: Callable[[str, Lang], Passage]
    error: Exception | None = None
    gate: threading.Event | None = None
    seen: list[str] = field(default_factory=list)

    def stream(
        self, conversation: Conversation, text: str, *, document: str | None = None
    ) -> Iterator[Event]:
        """The turn as it happens."""
        self.seen.append(text)
        yield Stage(name="reading")
        if self.gate:
            self.gate.wait(10)
        if self.error:
            raise self.error
        turn = self.respond(conversation, text, document=document)
        yield FieldHeard(id="resident_problem", evidence=turn.record["resident_problem"])
        yield Stage(name="judging")
        yield VerdictReached(judgement=turn.judgement)
        yield Stage(name="writing")
        yield ReplyText(text=turn.reply)
        yield turn

    def respond(self, conversation: Conversation, text: str, *, document: str | None = None) -> Turn:
        """The turn."""
        number = conversation.turn + 1
        lang: Lang = conversation.lang or "en"
        message = Message(turn=number, text=text, document=document)
        record = {
            **conversation.record,
            "resident_problem": Evidence(state="stated", value=text, quote=text, turn=number),
            "decision": Evidence(state="vague", value="who goes first", quote=text[:20], turn=number),
            "risks": Evidence(state="unknown", turn=number),
        }
        after = conversation.model_copy(
            update={
                "turn": number,
                "lang": lang,
                "messages": (*conversation.messages, message),
                "record": record,
            }
        )
        return Turn(
            outcome="question",
            reply=f"Noted: “{text[:60]}”.\n\n**Who decides** which case comes first?",
            asked="decision",
            record=record,
            judgement=self.judgement(lang, text),
            conversation=after,
        )

    def edit(self, conversation: Conversation, element_id: str, text: str) -> Turn:
        """The turn after one field was rewritten."""
        turn = self.respond(conversation, text)
        record = {**conversation.record, element_id: Evidence(state="stated", value=text, basis="corrected")}
        after = turn.conversation.model_copy(update={"record": record})
        return turn.model_copy(update={"record": record, "conversation": after})

    def judge_text(self, text: str, lang: Lang | None = None) -> Judgement:
        """The judgement of one proposal of a batch."""
        self.seen.append(text)
        if self.gate:
            self.gate.wait(10)
        if self.error:
            raise self.error
        return self.judgement(lang or "en", text)

    def judgement(self, lang: Lang, text: str) -> Judgement:
        """A poor fit with every part of a judgement filled in."""
        reason, kind = self.programme.reasons[1], self.programme.types[0]
        rule = self.passages(reason.passage, lang).citation()
        way = Reframing(
            decision="Which flats are visited first each Monday?",
            user="The two repair crews",
            smallest_test="Four weeks in one district, on paper",
            kept=(text[:40],),
            dropped=("the dashboard",),
        )
        return Judgement(
            lang=lang,
            fit=Fit(
                verdict="poor_fit" if "dashboard" in text else "needs_work",
                confidence=0.7,
                flags=(
                    Flag(
                        reason=reason.id,
                        confidence=0.8,
                        applicant_quote=text[:200],
                        rule=rule,
                        explanation=reason.explanation.at(lang),
                        reframings=(way,),
                    ),
                )
                if "dashboard" in text
                else (),
            ),
            type=UseCaseType(
                primary=kind.id,
                secondary=(self.programme.types[1].id,),
                decision_sentence="The repair desk decides each Monday which flats come first.",
                evidence=(text[:40],),
                would_change_if=kind.would_change["where_to_invest"].at(lang),
            ),
            elements=tuple(ElementFinding(id=e.id, state="missing") for e in self.programme.elements),
            missing=("decision",),
            eligibility=tuple(
                CriterionFinding(id=c.id, state=state, note=c.unknown.at(lang), rule=rule)
                for c, state in zip(self.programme.criteria, CRITERIA, strict=False)
            ),
            readiness=Readiness(
                pathway="unclear",
                signals=(
                    Signal(id="problem_expertise", state="met", why="Somebody knows the problem."),
                    Signal(id="data_capability", state="unknown", why="Nobody works with the data yet."),
                ),
                notice=self.programme.about.readiness_notice.at(lang),
            ),
            next_question=NextQuestion(
                element="decision",
                text=self.programme.element("decision").question.at(lang),
                why=self.programme.element("decision").why.at(lang),
            ),
            similar_cases=(
                SimilarCase(
                    id="one",
                    title="Inspectors go first where mould is most likely",
                    city="Riverton",
                    why_similar="Both put flats in order before a visit.",
                    differs="There the list came from sensors.",
                    source_url="https://cases.example/riverton",
                ),
            ),
            citations=(rule,),
            engine=Engine(name="local", version="1"),
        )


@dataclass(frozen=True)
class FakeProduct:
    """What the web needs of a product."""

    settings: Settings
    programme: Programme
    words: Words
    passages: Callable[[str, Lang], Passage]
    assistant: FakeAssistant
    drafts: Drafts
    coaching: Coaching
    write_brief: BriefMaker
    today: Callable[[], date] = date.today
    warmed: threading.Event = field(default_factory=threading.Event)

    @property
    def batch_assistant(self) -> FakeAssistant:
        """The same one: nothing is looked up here."""
        return self.assistant

    def warm(self) -> None:
        """Nothing to load; that it was asked for."""
        self.warmed.set()

    @cached_property
    def store(self) -> Store:
        """Everything else that is kept."""
        return store_of(self.drafts, self.settings)


def make_product(folder: Path) -> FakeProduct:
    """A product that keeps its drafts in a folder."""
    programme = load_programme(CORPUS / "programme")
    records = {record.id: record for record in load_passages(CORPUS / "passages")}

    def passages(id: str, lang: Lang) -> Passage:
        if id not in records:
            raise CorpusError(f"no passage {id}", fix="cite another")
        return passage_in(records[id], lang)

    settings = Settings(data_dir=folder, home=CORPUS.parent, _env_file=None)  # type: ignore[call-arg]
    words = load_words(CORPUS / "locale")
    return FakeProduct(
        settings=settings,
        programme=programme,
        words=words,
        passages=passages,
        assistant=FakeAssistant(programme, passages),
        drafts=Drafts(settings.database),
        coaching=(coaching := Coaching(CORPUS, programme, words)),
        write_brief=BriefMaker(programme, words, coaching),
    )


@pytest.fixture
def product(tmp_path: Path) -> Iterator[FakeProduct]:
    """A product of its own for each test."""
    made = make_product(tmp_path)
    yield made
    made.drafts.close()
