"""The contract every judge keeps: quotes are the applicant's, probabilities add up, the same text reads the same."""

from __future__ import annotations

import pytest

from assistant.domain import Conversation, Message
from assistant.judging.base import Judge
from assistant.judging.local import LocalJudge
from assistant.wiring import Product

PROPOSALS = {
    "en": "Older people in the hill district wait five months for a nurse. Every Monday the clinic coordinator picks "
    "whom the two nurses visit first, from the discharge list. We have one car.",
    "es": "Las personas mayores del cerro esperan cinco meses por una enfermera. Cada lunes la coordinadora elige a "
    "quién se visita primero, con la lista de altas. Hay un solo vehículo.",
    "pt": "Os idosos do morro esperam cinco meses por uma enfermeira. Toda segunda a coordenadora escolhe quem é "
    "visitado primeiro, pela lista de altas. Há um carro só.",
    "noise": "!!! 123 ### ¿¿ مرحبا 你好 🙂 \u202eabc",
}


@pytest.fixture(params=["local"])
def judge(request: pytest.FixtureRequest, product: Product) -> Judge:
    """Each judge there is."""
    return {"local": LocalJudge(product.model)}[request.param]


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
    """Fit, types and reasons each add up to one."""
    reading = judge.read(heard(text))

    for chances in (reading.fit, reading.types, reading.reasons):
        assert sum(chances.values()) == pytest.approx(1, abs=1e-4)
        assert all(0 <= p <= 1 for p in chances.values())


def test_the_same_text_reads_the_same(judge: Judge) -> None:
    """Reading twice gives one answer."""
    assert judge.read(heard(PROPOSALS["es"])) == judge.read(heard(PROPOSALS["es"]))


def test_only_the_newest_message_is_heard(judge: Judge) -> None:
    """Elements come from the newest message; what was said before is already in the record."""
    reading = judge.read(heard(PROPOSALS["en"], "We would try it for a month in two streets."))

    assert {h.turn for h in reading.heard} == {2}


@pytest.mark.parametrize("lang", ["en", "es", "pt"])
def test_a_plain_proposal_reads_alike_in_each_language(judge: Judge, lang: str) -> None:
    """The same proposal is a fit about whom to focus on, with the same elements heard, in three languages."""
    reading = judge.read(heard(PROPOSALS[lang]))

    assert max(reading.fit, key=lambda v: reading.fit[v]) == "fit"
    assert max(reading.types, key=lambda t: reading.types[t]) == "who_to_focus_on"
    assert {"resident_problem", "affected_residents", "decision", "constraints"} <= {
        h.id for h in reading.heard
    }
