"""Stand-ins that need no weights: a local judge with a fixed reading, a language by its small words, few passages.

And the conversations that tests hold with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial

from assistant.briefs.brief import write_brief
from assistant.conversation import Assistant
from assistant.domain import Answer, Conversation, Engine, Hit, Lang, Message, Turn, Usage, Verdict
from assistant.hearing import Hearing
from assistant.judging.base import NO_ASIDE, Aside, Judge, Piece, Reading
from assistant.judging.llm import LLMJudge, instructions
from assistant.judging.steering import Screened
from assistant.llm.base import LLM
from assistant.llm.budget import Budget, Prices
from assistant.llm.scripted import Scripted, ScriptedLLM
from assistant.record import Recorder
from assistant.replies import Replies
from assistant.settings import Settings
from assistant.wiring import Product

TODAY = date(2026, 11, 21)
PROBLEM: dict[Lang, str] = {
    "en": "Families in our public flats live with black mould for months before anyone comes.",
    "es": "Las familias de los edificios públicos viven meses con moho antes de que alguien llegue.",
    "pt": "As famílias dos prédios públicos vivem meses com mofo antes que alguém apareça.",
}
DECISION: dict[Lang, str] = {
    "en": "Each Monday the repairs supervisor picks the twenty flats that the two crews visit first.",
    "es": "Cada lunes la supervisora señala las veinte viviendas que las dos cuadrillas visitan primero.",
    "pt": "Toda segunda a supervisora aponta os vinte apartamentos que as duas equipes visitam primeiro.",
}
QUESTION: dict[Lang, str] = {
    "en": "How many residents should a city have for the programme?",
    "es": "¿Cuántos habitantes debe tener una ciudad para el programa?",
    "pt": "Quantos moradores uma cidade precisa ter para o programa?",
}
EN = PROBLEM["en"] + " " + DECISION["en"]
EMAIL, PHONE, CPF = "ana.diaz@moradia.example", "+54 11 4321 9876", "529.982.247-25"
NOT_FOUND = "My sources do not say."
SMALL_WORDS: dict[str, str] = {
    "en": "the and of to for who we is are in with which does what how that would you before each",
    "es": "el la los las que de y en para por quién quien una con cada se del antes lo un es",
    "pt": "o a os as que de e em para por quem uma com cada não da do dos das toda um é antes",
}
STEERS = ("SYSTEM:", "SISTEMA:")
"""The beginning of a message that the stub takes for steering, whole."""


class StubJudge:
    """A local judge that reads the same in every conversation."""

    engine = Engine(name="local", version="stub")

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Reading:
        """The fixed reading."""
        return self.reading

    def stream(self, conversation: Conversation, aside: Aside = NO_ASIDE) -> Iterator[Piece | Reading]:
        """The fixed reading, at once."""
        yield self.reading


class FewPassages:
    """A retriever that finds the same passages for any query, and no cases."""

    def passages(
        self, query: str, lang: Lang, k: int = 5, *, tiers: Sequence[int] = (), superseded: bool = False
    ) -> list[Hit]:
        """Two passages of the programme."""
        found = [product().passages(id, lang) for id in passage_ids()]
        return [Hit(id=p.id, kind="passage", score=1.0, passage=p) for p in found]

    def cases(
        self, query: str, lang: Lang, k: int = 3, *, type_id: str | None = None, city: str | None = None
    ) -> list[Hit]:
        """None."""
        return []


@cache
def product() -> Product:
    """The programme, the words and the rules; nothing with weights is touched."""
    return Product(Settings(_env_file=None), light=True, today=lambda: TODAY)  # type: ignore[call-arg]


def passage_ids() -> tuple[str, ...]:
    """Two passages that the programme cites."""
    return (product().programme.types[0].passage, product().programme.reasons[0].passage)


def leaning(verdict: Verdict, chance: float = 0.8) -> Reading:
    """A local reading that leans to a verdict and heard nothing."""
    rest = (1 - chance) / 2
    verdicts: tuple[Verdict, ...] = ("fit", "needs_work", "poor_fit")
    types = [t.id for t in product().programme.types]
    reasons = [r.id for r in product().programme.reasons]
    return Reading(
        fit={v: chance if v == verdict else rest for v in verdicts},
        types={id: 0.4 if n == 0 else 0.6 / (len(types) - 1) for n, id in enumerate(types)},
        reasons={id: 1 / len(reasons) for id in reasons},
        heard=(),
        type_signs=(),
        reason_signs=(),
    )


def language_of(text: str) -> Lang | None:
    """The language whose small words a text has most of; None when it has too few words or none ahead."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    if len(words) < 4:
        return None
    scores = sorted(((sum(w in small.split() for w in words), lang) for lang, small in SMALL_WORDS.items()))
    (second, _), (first, best) = scores[-2:]
    return best if first > second else None  # type: ignore[return-value]


def screen_steering(text: str, lang: Lang) -> Screened:
    """A message that begins like a system's is cut whole; any other is left."""
    return Screened("", (text,)) if text.startswith(STEERS) else Screened(text, ())


def intents(text: str) -> Mapping[str, float]:
    """Every message is an answer."""
    return {"answer": 1.0}


def budget(prices: Prices | None = None, **limits: int | float) -> Budget:
    """A budget on a fixed day."""
    return Budget(prices or Prices(), today=lambda: TODAY, **limits)  # type: ignore[arg-type]


def judge_with(llm: LLM, *, local: Reading | None = None, spends: Budget | None = None) -> LLMJudge:
    """The language-model judge over a model, beside a stub of the local judge."""
    prompt = product().prompts.active("turn")
    return LLMJudge(
        llm=llm,
        prompt=prompt,
        instructions=instructions(prompt, product().programme),
        programme=product().programme,
        local=StubJudge(local or leaning("needs_work")),
        budget=spends or budget(),
        language=language_of,
    )


def assistant_with(judge: Judge) -> Assistant:
    """The whole turn around a judge."""
    programme, words = product().programme, product().words
    return Assistant(
        judge=judge,
        rules=product().rules,
        hearing=Hearing(product().cues, language_of, screen_steering, intents),
        retriever=FewPassages,
        answer=lambda question, lang: Answer(text=NOT_FOUND, found=False),
        write_brief=partial(write_brief, programme=programme, words=words),
        replies=Replies(programme, words),
        recorder=Recorder(programme, product().cues, dict.fromkeys(programme.proposal_element_ids, 0.5)),
        today=lambda: TODAY,
    )


def reply(
    said: str = "",
    *,
    elements: Iterable[tuple[str, str, str]] = (),
    corrections: Iterable[tuple[str, str]] = (),
    flags: Iterable[tuple[str, str, str]] = (),
    types: Iterable[tuple[str, str]] = (),
    questions: Iterable[tuple[str, str]] = (),
    answer: str = "",
    passages: Iterable[str] = (),
) -> str:
    """A model's reply in the form that is asked for."""
    return json.dumps(
        {
            "reply": said,
            "elements": [{"element": e, "state": s, "quote": q} for e, s, q in elements],
            "corrections": [{"element": e, "quote": q} for e, q in corrections],
            "flags": [{"reason": r, "applies": a, "quote": q} for r, a, q in flags],
            "types": [{"type": t, "quote": q} for t, q in types],
            "questions": [{"element": e, "question": q} for e, q in questions],
            "answer": {"text": answer, "passages": list(passages)},
        },
        ensure_ascii=False,
    )


def heard(*texts: str, lang: Lang = "en", about: str | None = None) -> Conversation:
    """A conversation in which these messages were said, the last as an answer to `about`."""
    messages = [Message(turn=n, text=t) for n, t in enumerate(texts, 1)]
    messages[-1] = messages[-1].model_copy(update={"about": about})
    return Conversation(lang=lang, messages=tuple(messages), turn=len(texts))


def read(
    said: Conversation, *replies: Scripted, aside: Aside = NO_ASIDE, local: Reading | None = None
) -> Reading:
    """The reading of a conversation with these replies of the model."""
    return judge_with(ScriptedLLM(replies), local=local).read(said, aside)


def play(texts: list[str], *replies: Scripted, start: Conversation | None = None) -> list[Turn]:
    """Every turn of an applicant who says these texts to a model that gives these replies."""
    talk, turns = assistant_with(judge_with(ScriptedLLM(replies))), []
    conversation = start or Conversation()
    for text in texts:
        turns.append(talk.respond(conversation, text))
        conversation = turns[-1].conversation
    return turns


def alike(one: object, other: Reading) -> bool:
    """Whether two readings say the same; the tokens of a random marker aside."""
    assert isinstance(one, Reading)
    return one.model_copy(update={"usage": Usage()}) == other.model_copy(update={"usage": Usage()})
