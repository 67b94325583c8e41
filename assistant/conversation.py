"""The turn: an applicant's text in, judgement plus next question, answer or brief out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from assistant.briefs.opened import Opened, mark
from assistant.coaching.contest import contested
from assistant.coaching.facts import Facts, aside, only_facts, with_facts, without_facts
from assistant.coaching.reframe import chosen, offered, picked, rejudged
from assistant.coaching.team import Team
from assistant.domain import (
    Answer,
    Brief,
    Conversation,
    Event,
    Evidence,
    FieldHeard,
    Hit,
    Judgement,
    Lang,
    Message,
    NextQuestion,
    Outcome,
    ReplyText,
    Stage,
    Turn,
    Usage,
    VerdictReached,
)
from assistant.errors import CorpusError, InputError
from assistant.hearing import Heard, Hearing, screen
from assistant.judging.base import NOTHING, Aside, Judge, Reading
from assistant.judging.rules import Rulebook
from assistant.questions import ask
from assistant.record import Recorder, edited, set_unknown
from assistant.replies import Replies, join, plain, shortened
from assistant.retrieval.base import Retriever
from assistant.safety import MESSAGE_LIMIT

CASES = 3
PASSAGES = 4
"""Passages given to a judge for each question that is asked."""
QUERY_LIMIT = 1_500
"""Characters of the proposal that look for similar cases."""
QUERY_WHOLE = 900
"""A first message of at most so many characters is looked up as it stands: its vector is there already, and the cases
found for the same proposal in two languages agree more often (.48 against .39 of three, on sixty proposals)."""
QUERY_ENOUGH = 40
"""Fewer characters of record than this say less than the whole text."""
SHOWN_CUTS = 3
"""A notice a sentence that was cut, and no more than this."""
MORE_QUESTIONS = 5
"""How many questions beyond the usual number each wish for more brings."""
STEPS = frozenset({"chooses", "contests", "assigns", "more"})
"""Messages that do one thing and tell nothing of the proposal."""
LEAST_WORDS = 4
"""Fewer words are no proposal to judge."""


class BriefWriter(Protocol):
    """Turns what was said into a brief."""

    def __call__(self, conversation: Conversation, judgement: Judgement, *, today: date) -> Brief:
        """The brief of everything said so far."""
        ...


@dataclass(frozen=True)
class Assistant:
    """One way in for chat, terminal, HTTP, batch and evals."""

    judge: Judge
    rules: Rulebook
    hearing: Hearing
    retriever: Callable[[], Retriever]
    """Opened on first use: what a turn does not look up, it does not wait for."""
    answer: Callable[[str, Lang], Answer]
    write_brief: BriefWriter
    replies: Replies
    recorder: Recorder
    today: Callable[[], date] = date.today
    open_brief: Callable[[Conversation, Lang], Opened] | None = None
    """Has the first paragraph of a brief written; without it a brief begins with what was said."""
    team: Team | None = None
    """Hears who owns which responsibility; without it the map is filled from the record alone."""
    facts: Facts | None = None
    """Hears facts of the city told in passing; without it they are known only when asked for."""

    def start(self, conversation: Conversation, lang: Lang) -> Conversation:
        """The conversation with its language chosen."""
        return conversation.model_copy(update={"lang": lang})

    def respond(self, conversation: Conversation, text: str, *, document: str | None = None) -> Turn:
        """The whole turn; `document` names the file the text came from. Raises InputError for unusable text."""
        *_, turn = self.stream(conversation, text, document=document)
        assert isinstance(turn, Turn)  # noqa: S101  # the last event is the turn
        return turn

    def stream(
        self, conversation: Conversation, text: str, *, document: str | None = None
    ) -> Iterator[Event]:
        """The same turn as it happens; the last event is the Turn that `respond` returns."""
        yield Stage(name="reading")
        heard = self.hearing.hear(conversation, text, document)
        if heard.intent in STEPS:
            fresh = self._stepped(heard)
            yield from self._finish(conversation, fresh, heard, self._read(fresh))
            return
        reading = yield from self._reading(heard)
        fresh, heard = self._recorded(heard, reading)
        fresh = self._with_team(fresh)
        yield from self._finish(conversation, fresh, heard, reading)

    def edit(self, conversation: Conversation, element: str, text: str) -> Turn:
        """The turn after the applicant rewrote one field of the record; raises InputError for unusable text."""
        programme = self.rules.programme
        facts = (*programme.fact_ids, *programme.commitment_ids)
        if element not in (*programme.element_ids, *programme.optional_ids, *facts):
            raise InputError(f"there is no field {element!r}", fix="choose a field of the use case")
        said = screen(conversation, text, None)
        message = Message(turn=conversation.turn + 1, text=said, about=element)
        fresh = conversation.model_copy(
            update={
                "turn": message.turn,
                "messages": (*conversation.messages, message),
                "record": edited(conversation.record, element, said, message.turn),
                "pending": None if conversation.pending == element else conversation.pending,
            }
        )
        *_, turn = self._finish(conversation, fresh, Heard(fresh, "tells"), self._read(fresh))
        assert isinstance(turn, Turn)  # noqa: S101  # the last event is the turn
        return turn

    def judge_text(self, text: str, lang: Lang | None = None) -> Judgement:
        """The judgement of one whole proposal; raises InputError for text that is no proposal."""
        if 0 < len(text.split()) < LEAST_WORDS:
            raise InputError(
                "the text is too short to judge",
                fix="say what residents go through and what somebody would decide differently",
                key="too_short",
            )
        document = "proposal" if len(text) > MESSAGE_LIMIT else None
        begun = Conversation(lang=lang)
        return self.respond(begun, text, document=document).judgement

    # --- the steps ----------------------------------------------------------------------------------------

    def _stepped(self, heard: Heard) -> Conversation:
        """The conversation after a message that picks, contests, assigns or wants more, and tells nothing else."""
        fresh, lang = heard.conversation, heard.conversation.lang or "en"
        match heard.intent:
            case "chooses":
                version = picked(fresh.messages[-1].text, fresh.offered, self.hearing.cues, lang)
                assert version is not None  # noqa: S101  # it was heard as a choice
                settled = fresh.pending in ("decision", "test_plan", "users", "decision_maker")
                fresh = chosen(fresh, version)
                return fresh.model_copy(update={"pending": None}) if settled else fresh
            case "contests":
                return contested(fresh, self.rules.programme, lang)
            case "assigns":
                return self._with_team(fresh, aside=True)
            case _:
                return fresh.model_copy(update={"extra": fresh.extra + MORE_QUESTIONS})

    def _with_team(self, fresh: Conversation, *, aside: bool = False) -> Conversation:
        """The conversation with what its newest message says of who owns what."""
        message = fresh.messages[-1]
        if self.team is None or not (message.counts or aside):
            return fresh
        found = self.team.heard(message.text, fresh.lang or "en", message.turn)
        kept = [a for a in fresh.team if a.duty not in {f.duty for f in found}]
        return fresh.model_copy(update={"team": (*kept, *found)}) if found else fresh

    def _reading(self, heard: Heard) -> Generator[Event, None, Reading]:
        """The judge's reading, and on the way what it can show already."""
        said = heard.conversation
        if not said.text and not heard.questions:
            return NOTHING
        for piece in self.judge.stream(said, self._aside(heard)):
            if isinstance(piece, Reading):
                return piece if said.text else NOTHING.model_copy(update=_spoken(piece))
            yield piece
        raise AssertionError("a judge ends with a reading")

    def _aside(self, heard: Heard) -> Aside:
        """The programme questions of a message with passages that may answer them, for a judge that reads them."""
        if not heard.questions or self.judge.engine.name == "local":
            return Aside(questions=heard.questions)
        lang = heard.conversation.lang or "en"
        try:
            hits = [h for q in heard.questions for h in self.retriever().passages(q, lang, PASSAGES)]
        except CorpusError:
            hits = []
        passages = {h.id: h.passage for h in hits if h.passage is not None}
        return Aside(questions=heard.questions, passages=tuple(passages.values()))

    def _read(self, conversation: Conversation) -> Reading:
        return self.judge.read(conversation) if conversation.text else NOTHING

    def _recorded(self, heard: Heard, reading: Reading) -> tuple[Conversation, Heard]:
        """The conversation with its record brought up to date, and the message, now known for what it is."""
        fresh = heard.conversation
        if self.facts is not None and only_facts(fresh, self.facts):
            return with_facts(aside(fresh), self.facts, corrects=heard.corrects), replace(
                heard, intent="corrects"
            )
        if self.facts is not None:
            reading = without_facts(reading, fresh.messages[-1], self.facts)
        nobody_knows = heard.intent == "unknown" or fresh.pending in reading.unknown
        if nobody_knows and fresh.pending is not None:
            record = set_unknown(fresh.record, fresh.pending, fresh.turn)
        else:
            update = self.recorder.update(fresh, reading, fresh.lang or "en", corrects=heard.corrects)
            record = update.record
            if update.corrected and not _asked_again(fresh):
                heard = replace(heard, intent="corrects")
        answered = heard.intent in ("tells", "unknown")
        pending = None if answered else fresh.pending
        fresh = fresh.model_copy(update={"record": record, "pending": pending})
        if self.facts is not None:
            fresh = with_facts(fresh, self.facts, corrects=heard.intent == "corrects")
        return fresh, heard

    def _finish(
        self, before: Conversation, fresh: Conversation, heard: Heard, reading: Reading
    ) -> Iterator[Event]:
        """From the record to the reply: look up, judge, ask, write."""
        lang = fresh.lang or "en"
        changed = {id: e for id, e in fresh.record.items() if before.record.get(id) != e}
        for id, evidence in changed.items():
            yield FieldHeard(id=id, evidence=evidence)
        yield Stage(name="searching")
        cases, notices = self._cases(fresh, lang)
        notices = (*self._screened(heard, lang), *self._troubles(reading, lang), *notices)
        answers = self._answers(heard, reading, lang)
        yield Stage(name="judging")
        judgement = self.rules.judge(
            fresh,
            reading,
            cases,
            reading.engine or self.judge.engine,
            lang,
            today=self.today(),
            notices=notices,
        )
        yield VerdictReached(judgement=judgement)
        yield Stage(name="writing")
        turn = self._turn(before, fresh, heard, changed, answers, judgement, reading)
        yield ReplyText(text=turn.reply, whole=True)
        yield turn

    def _troubles(self, reading: Reading, lang: Lang) -> tuple[str, ...]:
        """Why the local judge read this message instead of the model, in the applicant's language."""
        words = self.rules.words
        return tuple(
            words.say(lang, "say.local_instead", why=words.say(lang, f"error.{key}.message"))
            for key in reading.notices
        )

    def _answers(self, heard: Heard, reading: Reading, lang: Lang) -> tuple[Answer, ...]:
        if reading.answer is not None:
            return (reading.answer,)
        return tuple(self.answer(question, lang) for question in heard.questions)

    def _screened(self, heard: Heard, lang: Lang) -> tuple[str, ...]:
        """What was left out of the message, in the applicant's language."""
        words = self.rules.words
        cut = heard.conversation.messages[-1].cut
        told = [
            words.say(lang, "say.instructions_ignored", quote=plain(shortened(c))) for c in cut[:SHOWN_CUTS]
        ]
        return (*(words.say(lang, f"say.{n}") for n in heard.notices), *told)

    def _cases(self, conversation: Conversation, lang: Lang) -> tuple[list[Hit], tuple[str, ...]]:
        """Past cases near the proposal; without a usable index none, and a notice that says how to mend it."""
        held = [conversation.record.get(id) for id in ("resident_problem", "affected_residents", "decision")]
        said = " ".join(e.quote for e in held if e is not None and e.quote)
        short = len(conversation.messages) == 1 and len(conversation.text) <= QUERY_WHOLE
        query = said if len(said) >= QUERY_ENOUGH and not short else conversation.text
        if not query.strip():
            return [], ()
        try:
            return self.retriever().cases(query[:QUERY_LIMIT], lang, CASES), ()
        except CorpusError as error:
            return [], (" ".join(self.rules.words.error(lang, error)),)

    def _turn(
        self,
        before: Conversation,
        fresh: Conversation,
        heard: Heard,
        changed: dict[str, Evidence],
        answers: tuple[Answer, ...],
        judgement: Judgement,
        reading: Reading,
    ) -> Turn:
        lang = fresh.lang or "en"
        outcome, question = self._next(fresh, heard, judgement)
        question = _worded(question, reading)
        shown = _shown(judgement) if fresh.text else ""
        after = fresh.model_copy(
            update={
                "asked": _asked(fresh, question),
                "again": _again(fresh, question),
                "offered": offered(judgement.fit.flags),
                "pending": question.element if question else None,
                "finished": outcome == "brief",
                "shown": shown,
                "flagged": {f.reason: f.applicant_quote for f in judgement.fit.flags},
                "usage": before.usage + reading.usage,
            }
        )
        opened = self._opened(after, outcome, lang)
        if opened is not None:
            after = after.model_copy(update={"opening": opened.opening, "usage": after.usage + opened.usage})
        brief = self.write_brief(after, judgement, today=self.today()) if outcome == "brief" else None
        told = shown and shown != before.shown
        anew = rejudged(before, after, judgement)
        parts = [
            plain(reading.reply),
            self.replies.noted(changed, lang),
            self._hint(fresh, changed, lang),
            *(self.replies.answer(a, lang) for a in answers),
            self._said(heard, fresh, lang),
            self.replies.rejudged(anew, lang) if anew is not None else "",
            self.replies.team(judgement, after, lang) if heard.intent == "assigns" else "",
            self.replies.verdict(judgement, lang, with_case=not before.shown) if told else "",
            *judgement.notices,
            self.rules.words.say(lang, "say.no_opening") if opened and opened.why else "",
            self._closing(fresh, heard, outcome, question, judgement, lang),
        ]
        return Turn(
            outcome=outcome,
            reply=join(parts),
            asked=question.element if question else None,
            answers=answers,
            record=after.record,
            judgement=judgement.model_copy(update={"next_question": question}),
            brief=brief,
            usage=reading.usage + (opened.usage if opened else Usage()),
            notices=judgement.notices,
            rejudged=anew,
            conversation=after,
        )

    def _opened(self, after: Conversation, outcome: Outcome, lang: Lang) -> Opened | None:
        """The opening of a brief that is about to be written; None when none is wanted or the last one holds."""
        if self.open_brief is None or outcome != "brief":
            return None
        if after.opening is not None and after.opening.of == mark(after.record):
            return None
        return self.open_brief(after, lang)

    def _next(
        self, fresh: Conversation, heard: Heard, judgement: Judgement
    ) -> tuple[Outcome, NextQuestion | None]:
        """What the turn ends with; a question left hanging is asked again after an aside."""
        hanging = fresh.pending
        if heard.intent == "finish":
            return "brief", None
        question = judgement.next_question
        if hanging is not None and heard.intent != "more":
            question = ask(hanging, fresh, judgement.fit.flags, self.rules.programme, fresh.lang or "en")
        if heard.intent == "coach":
            return "referral", question
        if heard.intent in ("asks", "request", "aside", "contests", "assigns", "names_none"):
            return "answer", question
        if heard.intent == "more":
            return ("question", question) if question is not None else ("answer", None)
        return ("question", question) if question is not None else ("brief", None)

    def _said(self, heard: Heard, fresh: Conversation, lang: Lang) -> str:
        if heard.intent == "coach":
            return self.rules.words.say(lang, "say.referral")
        if heard.intent == "request":
            return self.rules.words.say(lang, "say.cannot_do")
        if heard.intent == "names_none":
            key, count = (
                ("say.which_version", len(fresh.offered)) if fresh.offered else ("say.no_versions", 0)
            )
            return self.rules.words.say(lang, key, count=count)
        if heard.intent == "contests":
            return self.replies.contested(fresh.contests[-1], lang)
        return ""

    def _hint(self, fresh: Conversation, changed: dict[str, Evidence], lang: Lang) -> str:
        """What would make a vague answer clear, so that nobody has to be asked twice."""
        about = fresh.messages[-1].about
        if about is None or about not in changed or changed[about].state != "vague":
            return ""
        if changed[about].denied:
            return self.rules.words.say(lang, "say.noted_none")
        programme = self.rules.programme
        if about in programme.commitment_ids:
            return ""
        item = None if about in programme.fact_ids else programme.element(about)
        text = (item.question_again if item else programme.criterion(about).question).at(lang)
        return self.rules.words.say(lang, "say.vague_hint", question=text)

    def _closing(
        self,
        fresh: Conversation,
        heard: Heard,
        outcome: Outcome,
        question: NextQuestion | None,
        judgement: Judgement,
        lang: Lang,
    ) -> str:
        words = self.rules.words
        if question is not None:
            back = fresh.pending is not None and heard.intent not in ("tells", "unknown", "more")
            lead = words.say(lang, "reply.back_to_question") if back else ""
            return join([lead, self.replies.question(question, lang)])
        if outcome == "brief":
            most = self.rules.question_limit + fresh.extra
            open_ = len(fresh.asked) + len(fresh.again) >= most and judgement.missing
            return words.say(lang, "reply.limit_reached" if open_ else "reply.brief_ready")
        return words.say(lang, "say.no_more_questions") if heard.intent == "more" else ""


def _asked_again(fresh: Conversation) -> bool:
    """Whether the message before was given to the same question: then this one is its answer, whatever it seems.

    Otherwise an answer that sounds like a correction would bring its question back for ever.
    """
    before = [m.about for m in fresh.messages[-2:-1]]
    return fresh.pending is not None and before == [fresh.pending]


def _worded(question: NextQuestion | None, reading: Reading) -> NextQuestion | None:
    """The question in the applicant's own situation, when the judge worded it."""
    if question is None or question.element not in reading.wording:
        return question
    return question.model_copy(update={"text": reading.wording[question.element]})


def _spoken(reading: Reading) -> dict[str, object]:
    """What a reading of an aside may say: nothing about a proposal that is not there."""
    return {
        "reply": reading.reply,
        "answer": reading.answer,
        "usage": reading.usage,
        "engine": reading.engine,
        "notices": reading.notices,
    }


def _asked(fresh: Conversation, question: NextQuestion | None) -> tuple[str, ...]:
    if question is None or question.element in fresh.asked:
        return fresh.asked
    return (*fresh.asked, question.element)


def _again(fresh: Conversation, question: NextQuestion | None) -> tuple[str, ...]:
    """Ids asked for a second time: this question's too, when it had been asked and answered before."""
    if question is None or question.element not in fresh.asked or question.element == fresh.pending:
        return fresh.again
    return (*fresh.again, question.element)


def _shown(judgement: Judgement) -> str:
    flags = ",".join(f.reason for f in judgement.fit.flags)
    return f"{judgement.fit.verdict}|{flags}|{judgement.type.primary or ''}"
