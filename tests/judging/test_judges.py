"""The contract every judge keeps: quotes are the applicant's, probabilities add up, the same text reads the same."""

from __future__ import annotations

import json

import pytest

from assistant.domain import Conversation, Message
from assistant.errors import LLMError
from assistant.judging.base import Judge
from assistant.judging.local import LocalJudge
from assistant.llm.base import Request
from assistant.llm.scripted import ScriptedLLM
from assistant.wiring import Product
from tests.llm.stubs import reply

PROPOSALS = {
    "en": "Older people in the hill district wait five months for a nurse. Every Monday the clinic coordinator picks "
    "whom the two nurses visit first, from the discharge list. We have one car.",
    "es": "Las personas mayores del cerro esperan cinco meses por una enfermera. Cada lunes la coordinadora elige a "
    "quién se visita primero, con la lista de altas. Hay un solo vehículo.",
    "pt": "Os idosos do morro esperam cinco meses por uma enfermeira. Toda segunda a coordenadora escolhe quem é "
    "visitado primeiro, pela lista de altas. Há um carro só.",
    "noise": "!!! 123 ### ¿¿ مرحبا 你好 🙂 \u202eabc",
}


def obedient(request: Request) -> str:
    """A model that hears a decision, a type and a flag in the message's first words, and one thing nobody said."""
    material = json.loads(request.material.split("\n")[1])
    first = " ".join(material["message"].split()[:9])
    invented = "Nobody ever wrote these words"
    return reply(
        elements=[("decision", "stated", first), ("users", "stated", invented)],
        flags=[("dashboard_without_decision", "yes", invented)],
        types=[("who_to_focus_on", first), ("policy_path", invented)],
    )


def out_of_order(request: Request) -> str:
    """A model that writes anything but the reply."""
    return "I would rather talk about the weather."


def failing(request: Request) -> Exception:
    """A model that cannot be reached."""
    return LLMError("the model does not answer", fix="wait", key="llm_unreachable")


MODELS = {"llm": obedient, "llm talking": out_of_order, "llm away": failing}


@pytest.fixture(params=["local", *MODELS])
def judge(request: pytest.FixtureRequest, product: Product) -> Judge:
    """Each judge there is, the one with a language model in good and in bad company."""
    if request.param == "local":
        return LocalJudge(product.model)
    return product.judge_with(ScriptedLLM(MODELS[request.param]))


def heard(*texts: str) -> Conversation:
    """A conversation in which these messages were said."""
    messages = tuple(Message(turn=i, text=t) for i, t in enumerate(texts, start=1))
    return Conversation(messages=messages, turn=len(texts))


@pytest.mark.parametrize("text", PROPOSALS.values(), ids=PROPOSALS)
def test_every_quote_is_the_applicants(judge: Judge, text: str) -> None:
    """Each clause a judge hears stands word for word in what was said."""
    reading = judge.read(heard(text))

    quotes = [q.quote for q in (*reading.heard, *reading.type_signs, *reading.reason_signs)]
    assert all(q and q in text for q in quotes)


@pytest.mark.parametrize("text", PROPOSALS.values(), ids=PROPOSALS)
def test_probabilities_are_probabilities(judge: Judge, text: str) -> None:
    """Fit and reasons each add up to one, and types too unless the judge names none."""
    reading = judge.read(heard(text))

    for chances in (reading.fit, reading.reasons, *([reading.types] if reading.types else [])):
        assert sum(chances.values()) == pytest.approx(1, abs=1e-4)
        assert all(0 <= p <= 1 for p in chances.values())


def test_the_same_text_reads_the_same(judge: Judge) -> None:
    """Reading twice gives one answer, whatever it cost."""
    first, second = (judge.read(heard(PROPOSALS["es"])) for _ in range(2))

    assert first.model_copy(update={"usage": second.usage}) == second


def test_only_the_newest_message_is_heard(judge: Judge) -> None:
    """Elements come from the newest message; what was said before is already in the record."""
    reading = judge.read(heard(PROPOSALS["en"], "We would try it for a month in two streets."))

    assert {h.turn for h in reading.heard} == {2}


@pytest.mark.parametrize("lang", ["en", "es", "pt"])
def test_a_plain_proposal_reads_alike_in_each_language(product: Product, lang: str) -> None:
    """The local judge calls one proposal a fit about whom to focus on, and hears its parts, in three languages."""
    reading = LocalJudge(product.model).read(heard(PROPOSALS[lang]))

    assert max(reading.fit, key=lambda v: reading.fit[v]) == "fit"
    assert max(reading.types, key=lambda t: reading.types[t]) == "who_to_focus_on"
    assert {"resident_problem", "affected_residents", "decision", "constraints"} <= {
        h.id for h in reading.heard
    }
