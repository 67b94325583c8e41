"""Defects to plant: bad weights, rules and answers around the product's own parts. A gate never seen to block is
decoration, so a test plants each of them and asks whether the gate says no and names the cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from assistant.domain import Answer, Conversation, Engine, Evidence, Hit, Judgement, Lang
from assistant.judging.base import NO_ASIDE, Aside, Judge, Piece, Reading, Sign
from assistant.judging.rules import Rulebook
from assistant.judging.steering import Screened
from assistant.record import Recorder, Update
from assistant.retrieval.base import Retriever
from evals.cases import SuiteName
from evals.subject import Subject, Tested

PROPOSALS: tuple[SuiteName, ...] = ("typology", "fit", "safety")


class Defect(NamedTuple):
    """Something wrong, and the suites where it shows."""

    name: str
    told: str
    suites: tuple[SuiteName, ...]
    plant: Callable[[Subject], Subject]


# --- a product that is quick to ask again ------------------------------------------------------------------


def remembering(product: Tested) -> Subject:
    """The product's own doors, with readings and searches kept: a defect changes what is made of them."""
    model = product.settings_local.model
    model.score = lru_cache(maxsize=None)(model.score)
    subject = product.subject()
    kept = Searched(subject.retriever())
    assistant = replace(subject.assistant, judge=Remembered(subject.assistant.judge), retriever=lambda: kept)
    return replace(subject, assistant=assistant, retriever=lambda: kept)


class Remembered:
    """A judge that reads the same conversation once."""

    def __init__(self, inner: Judge) -> None:
        self._inner = inner
        self._read: dict[object, Reading] = {}

    @property
    def engine(self) -> Engine:
        """Who judges."""
        return self._inner.engine

    def read(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Reading:
        """The reading, made once."""
        key = (conversation.messages, conversation.turn, conversation.record.get("decision"))
        if key not in self._read:
            self._read[key] = self._inner.read(conversation, aside)
        return self._read[key]

    def stream(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Iterator[Piece | Reading]:
        """The reading, which is there at once."""
        yield self.read(conversation, aside)


class Searched:
    """A retriever that looks the same up once; `shown` changes what it gives."""

    def __init__(
        self,
        inner: Retriever,
        asked: Callable[[str], str] = str,
        shown: Callable[[list[Hit], int], list[Hit]] | None = None,
    ) -> None:
        self._asked, self._shown = asked, shown
        self._passages = lru_cache(maxsize=None)(
            lambda query, lang, k, tiers, superseded: inner.passages(
                query, lang, k, tiers=tiers, superseded=superseded
            )
        )
        self._cases = lru_cache(maxsize=None)(
            lambda query, lang, k, type, city: inner.cases(query, lang, k, type_id=type, city=city)
        )

    def passages(
        self, query: str, lang: Lang, k: int = 5, *, tiers: Sequence[int] = (), superseded: bool = False
    ) -> list[Hit]:
        """The passages, kept."""
        return self._given(lambda n: self._passages(self._asked(query), lang, n, tuple(tiers), superseded), k)

    def cases(
        self, query: str, lang: Lang, k: int = 3, *, type_id: str | None = None, city: str | None = None
    ) -> list[Hit]:
        """The cases, kept."""
        return self._given(lambda n: self._cases(self._asked(query), lang, n, type_id, city), k)

    def _given(self, search: Callable[[int], list[Hit]], k: int) -> list[Hit]:
        return list(search(k)) if self._shown is None else self._shown(list(search(4 * k)), k)


# --- bad weights: what is read comes out otherwise ----------------------------------------------------------


class Misread(Remembered):
    """A judge whose readings are changed."""

    def __init__(self, inner: Judge, change: Callable[[Reading, Conversation], Reading]) -> None:
        self._judge, self._change = inner, change

    @property
    def engine(self) -> Engine:
        """Who judges."""
        return self._judge.engine

    def read(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Reading:
        """The reading, changed."""
        return self._change(self._judge.read(conversation, aside), conversation)


def misread(change: Callable[[Reading, Conversation], Reading]) -> Callable[[Subject], Subject]:
    """Plants a change of every reading."""
    return lambda s: with_(s, judge=Misread(s.assistant.judge, change))


def with_(subject: Subject, **parts: Any) -> Subject:
    """The subject with other parts of its assistant."""
    return replace(subject, assistant=replace(subject.assistant, **parts))


def verdicts(fit: float, needs_work: float, poor_fit: float) -> dict[str, dict[str, float]]:
    """An update of a reading's verdicts."""
    return {"fit": {"fit": fit, "needs_work": needs_work, "poor_fit": poor_fit}}


def collapsed(reading: Reading, conversation: Conversation) -> Reading:
    """One type swallowed by another."""
    first, second, *_ = reading.types or ("", "")
    types = {**reading.types, first: 0.0, second: reading.types.get(first, 0) + reading.types.get(second, 0)}
    return reading.model_copy(update={"types": types}) if reading.types else reading


def swapped(reading: Reading, conversation: Conversation) -> Reading:
    """Two types taken for each other."""
    if not reading.types:
        return reading
    first, _, third, *_ = reading.types
    types = {**reading.types, first: reading.types[third], third: reading.types[first]}
    return reading.model_copy(update={"types": types})


def last_lost(reading: Reading, conversation: Conversation) -> Reading:
    """The last type is never given."""
    if not reading.types:
        return reading
    return reading.model_copy(update={"types": {**reading.types, list(reading.types)[-1]: 0.0}})


def silenced(reading: Reading, conversation: Conversation) -> Reading:
    """No poor fit is ever seen."""
    rest = 1 - reading.fit["poor_fit"] or 1.0
    return reading.model_copy(
        update=verdicts(reading.fit["fit"] / rest, reading.fit["needs_work"] / rest, 0.0)
    )


def everywhere(reading: Reading, conversation: Conversation) -> Reading:
    """Every proposal is a poor fit, with some quote."""
    if not reading.reasons:
        return reading
    top = max(reading.reasons, key=lambda id: reading.reasons[id])
    sign = Sign(id=top, quote=conversation.text[:60], confidence=0.9)
    return reading.model_copy(
        update={**verdicts(0.02, 0.01, 0.97), "reason_signs": (*reading.reason_signs, sign)}
    )


def first_reason_lost(reading: Reading, conversation: Conversation) -> Reading:
    """One reason is never seen, and what it would have flagged fits."""
    if not reading.reasons:
        return reading
    first, top = next(iter(reading.reasons)), max(reading.reasons, key=lambda id: reading.reasons[id])
    return reading.model_copy(update=verdicts(0.9, 0.08, 0.02)) if top == first else reading


def reasons_swapped(reading: Reading, conversation: Conversation) -> Reading:
    """The second reason is told as the third, with its quote."""
    if not reading.reasons:
        return reading
    _, second, third, *_ = reading.reasons
    names = {second: third, third: second}
    return reading.model_copy(
        update={
            "reasons": {names.get(id, id): chance for id, chance in reading.reasons.items()},
            "reason_signs": tuple(
                s.model_copy(update={"id": names.get(s.id, s.id)}) for s in reading.reason_signs
            ),
        }
    )


def strict(reading: Reading, conversation: Conversation) -> Reading:
    """A poor fit needs near certainty."""
    return silenced(reading, conversation) if reading.fit["poor_fit"] < 0.995 else reading


def lax(reading: Reading, conversation: Conversation) -> Reading:
    """A poor fit needs hardly any probability."""
    return everywhere(reading, conversation) if reading.fit["poor_fit"] > 0.004 else reading


def doubts_lost(reading: Reading, conversation: Conversation) -> Reading:
    """What needs work passes for a fit."""
    fit = reading.fit
    return reading.model_copy(update=verdicts(fit["fit"] + fit["needs_work"], 0.0, fit["poor_fit"]))


def only_in(lang: Lang, change: Callable[[Reading, Conversation], Reading]) -> Callable[[Subject], Subject]:
    """Plants a change in one language alone."""
    return misread(lambda r, c: change(r, c) if c.lang == lang else r)


def obeyed(subject: Subject) -> Subject:
    """Instructions in a proposal are followed: what they are found in, fits."""
    screen = subject.assistant.hearing.steering

    def obey(reading: Reading, conversation: Conversation) -> Reading:
        cut = screen(conversation.text, conversation.lang or "en").cut
        return reading.model_copy(update=verdicts(0.97, 0.02, 0.01)) if cut else reading

    hearing = replace(subject.assistant.hearing, steering=lambda text, lang: Screened(text, ()))
    return with_(subject, hearing=hearing, judge=Misread(subject.assistant.judge, obey))


def overcut(subject: Subject) -> Subject:
    """Half of every proposal is cut as if it were an attack."""

    def cut(text: str, lang: Lang) -> Screened:
        return (
            Screened(text[: len(text) // 2], (text[len(text) // 2 :],))
            if len(text) > 300
            else Screened(text, ())
        )

    return with_(subject, hearing=replace(subject.assistant.hearing, steering=cut))


# --- bad rules: what is decided ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed(Rulebook):
    """Rules whose judgement is changed at the end, and which may forget what was asked."""

    change: Callable[[Judgement], Judgement] = lambda judgement: judgement
    forgets: bool = False

    def judge(self, conversation: Conversation, *args: Any, **kwargs: Any) -> Judgement:
        """The judgement, changed."""
        if self.forgets:
            record = {id: e for id, e in conversation.record.items() if e.state == "stated"}
            conversation = conversation.model_copy(
                update={"asked": conversation.asked[-1:], "record": record}
            )
        return self.change(super().judge(conversation, *args, **kwargs))


def ruled(
    change: Callable[[Judgement], Judgement] = lambda j: j, *, forgets: bool = False, **parts: Any
) -> Callable[[Subject], Subject]:
    """Plants a change of every judgement, or of what the rules are given."""

    def plant(subject: Subject) -> Subject:
        r = subject.assistant.rules
        given = {
            name: getattr(r, name) for name in ("programme", "words", "cues", "passage", "question_limit")
        }
        return with_(subject, rules=Changed(**{**given, **parts}, change=change, forgets=forgets))

    return plant


def suggestive(judgement: Judgement) -> Judgement:
    """Questions that want a yes."""
    tags = {"en": "Surely that is so, right?", "es": "Es así, ¿no? Seguramente.", "pt": "É assim, certo?"}
    question = judgement.next_question
    if question is None:
        return judgement
    text = f"{question.text} {tags[judgement.lang]}"
    return judgement.model_copy(update={"next_question": question.model_copy(update={"text": text})})


def all_ready(judgement: Judgement) -> Judgement:
    """Everybody is ready to implement."""
    ready = judgement.readiness.model_copy(update={"pathway": "implementation"})
    return judgement.model_copy(update={"readiness": ready})


def all_eligible(judgement: Judgement) -> Judgement:
    """Every criterion is met."""
    met = tuple(c.model_copy(update={"state": "met"}) for c in judgement.eligibility)
    return judgement.model_copy(update={"eligibility": met})


class Stubborn(Recorder):
    """Writes down everything but corrections."""

    def update(
        self, conversation: Conversation, reading: Reading, lang: Lang, *, corrects: bool = False
    ) -> Update:
        """The record, as if nothing had been corrected."""
        update = super().update(conversation, reading, lang, corrects=corrects)
        return Update(conversation.record) if update.corrected else update


def stubborn(subject: Subject) -> Subject:
    """Corrections are not heard."""
    r = subject.assistant.recorder
    return with_(subject, recorder=Stubborn(r.programme, r.cues, r.thresholds))


def thresholds(value: float) -> Callable[[Subject], Subject]:
    """Plants one threshold for all elements."""

    def plant(subject: Subject) -> Subject:
        r = subject.assistant.recorder
        return with_(subject, recorder=replace(r, thresholds=dict.fromkeys(r.thresholds, value)))

    return plant


class Forgetting(Recorder):
    """Loses an element whatever is said of it."""

    def update(
        self, conversation: Conversation, reading: Reading, lang: Lang, *, corrects: bool = False
    ) -> Update:
        """The record without what was lost."""
        update = super().update(conversation, reading, lang, corrects=corrects)
        lost: Mapping[str, Evidence] = {
            id: e
            for id, e in update.record.items()
            if id not in ("decision_maker", "data_sources", "test_plan")
        }
        return Update(dict(lost), update.corrected)


def forgetting(subject: Subject) -> Subject:
    """Three elements are never written down."""
    r = subject.assistant.recorder
    return with_(subject, recorder=Forgetting(r.programme, r.cues, r.thresholds))


# --- bad answers and searches --------------------------------------------------------------------------------


def answering(change: Callable[[Answer, str, Lang, Subject], Answer]) -> Callable[[Subject], Subject]:
    """Plants a change of every answer from the sources."""

    def plant(subject: Subject) -> Subject:
        def ask(question: str, lang: Lang) -> Answer:
            return change(subject.ask(question, lang), question, lang, subject)

        return replace(subject, ask=ask)

    return plant


def invented(answer: Answer, question: str, lang: Lang, subject: Subject) -> Answer:
    """Citations that no passage contains."""
    made = tuple(c.model_copy(update={"quote": c.quote[::-1]}) for c in answer.citations)
    return answer.model_copy(update={"citations": made})


def never_refuses(answer: Answer, question: str, lang: Lang, subject: Subject) -> Answer:
    """An answer to everything, from whatever is nearest."""
    if answer.found:
        return answer
    nearest = subject.retriever().passages(question, lang, 1)[0].passage
    if nearest is None:
        return answer
    return Answer(text=nearest.text, citations=(nearest.citation(),), found=True)


def refuses(answer: Answer, question: str, lang: Lang, subject: Subject) -> Answer:
    """The sources never say anything."""
    return Answer(text="", found=False)


def cut_short(answer: Answer, question: str, lang: Lang, subject: Subject) -> Answer:
    """The first sixty characters of an answer."""
    return answer.model_copy(update={"text": answer.text[:60]})


def one_sided(answer: Answer, question: str, lang: Lang, subject: Subject) -> Answer:
    """Conflicts between the sources are kept quiet."""
    first = [c for c in answer.citations if c.source == answer.citations[0].source]
    text = answer.text
    for citation in first:
        if note := subject.passage(citation.id, lang).conflict_note:
            text = text.replace(note, "")
    return answer.model_copy(update={"citations": tuple(first), "text": text})


def searching(
    asked: Callable[[str], str] = str, shown: Callable[[list[Hit], int], list[Hit]] | None = None
) -> Callable[[Subject], Subject]:
    """Plants a search that is asked, or that answers, otherwise."""

    def plant(subject: Subject) -> Subject:
        bad = Searched(subject.retriever(), asked, shown)
        return replace(with_(subject, retriever=lambda: bad), retriever=lambda: bad)

    return plant


DEFECTS: tuple[Defect, ...] = (
    Defect("type collapsed", "the first type is told as the second", PROPOSALS, misread(collapsed)),
    Defect("types swapped", "two types are taken for each other", PROPOSALS, misread(swapped)),
    Defect("type lost", "the last type is never given", PROPOSALS, misread(last_lost)),
    Defect("flags silenced", "no poor fit is seen", ("fit",), misread(silenced)),
    Defect("flags everywhere", "every proposal is a poor fit", PROPOSALS, misread(everywhere)),
    Defect("reason lost", "one reason is never seen", ("fit",), misread(first_reason_lost)),
    Defect("reasons swapped", "two reasons are taken for each other", ("fit",), misread(reasons_swapped)),
    Defect("threshold strict", "a poor fit needs near certainty", ("fit", "safety"), misread(strict)),
    Defect("threshold lax", "a poor fit needs hardly any probability", PROPOSALS, misread(lax)),
    Defect("doubts lost", "what needs work passes for a fit", ("fit", "typology"), misread(doubts_lost)),
    Defect("Spanish broken", "types are swapped in Spanish alone", PROPOSALS, only_in("es", swapped)),
    Defect(
        "Portuguese flags lost",
        "no poor fit is seen in Portuguese",
        ("fit", "safety"),
        only_in("pt", silenced),
    ),
    Defect("injection obeyed", "instructions in a proposal are followed", ("safety",), obeyed),
    Defect("clean text cut", "half of every proposal is cut", ("elements", "fit"), overcut),
    Defect("question asked twice", "what was asked is forgotten", ("conversation",), ruled(forgets=True)),
    Defect(
        "endless questions", "thirty questions before a brief", ("conversation",), ruled(question_limit=30)
    ),
    Defect("hasty brief", "a brief after two questions", ("conversation",), ruled(question_limit=2)),
    Defect("leading questions", "questions that want a yes", ("conversation",), ruled(suggestive)),
    Defect("corrections ignored", "what was corrected stays", ("conversation",), stubborn),
    Defect("all stated", "a hint states an element", ("elements",), thresholds(0.0)),
    Defect("nothing heard", "no clause states an element", ("elements",), thresholds(1.1)),
    Defect(
        "elements lost", "three elements are never written down", ("elements", "conversation"), forgetting
    ),
    Defect("all ready", "everybody is ready to implement", ("readiness",), ruled(all_ready)),
    Defect("all eligible", "every criterion is met", ("readiness",), ruled(all_eligible)),
    Defect("citations invented", "quotes that no passage contains", ("answers",), answering(invented)),
    Defect("refusal lost", "an answer to everything", ("answers",), answering(never_refuses)),
    Defect("always refuses", "the sources never say", ("answers",), answering(refuses)),
    Defect("answers cut short", "sixty characters of an answer", ("answers",), answering(cut_short)),
    Defect("conflicts hidden", "one source where two disagree", ("answers",), answering(one_sided)),
    Defect(
        "search reversed",
        "the worst results first",
        ("retrieval",),
        searching(shown=lambda h, k: h[::-1][:k]),
    ),
    Defect(
        "search half deaf",
        "only the first two words of a query",
        ("retrieval",),
        searching(lambda q: " ".join(q.split()[:2])),
    ),
)
