"""What the data probe finds in the way reaches readiness and the clock, with the applicant's words."""

from __future__ import annotations

import pytest

from assistant.coaching.coach import Coaching
from assistant.coaching.dataprobe import answered
from assistant.coaching.readiness import readiness
from assistant.domain import LANGS, Conversation, Lang, Message, Signal
from assistant.wiring import Product
from tests.coaching.conftest import draft

REFUSED: dict[Lang, str] = {
    "en": "We do not have permission to use the court records yet.",
    "es": "Todavía no tenemos el permiso para usar los registros del hospital.",
    "pt": "Ainda não temos a autorização para usar os registros da secretaria.",
}
ALLOWED: dict[Lang, str] = {
    "en": "We have a signed agreement for the court records.",
    "es": "Tenemos un convenio firmado para los registros del hospital.",
    "pt": "Temos um convênio assinado para os registros da secretaria.",
}
LATE: dict[Lang, str] = {
    "en": "The court takes eight months to release the records.",
    "es": "El hospital tarda ocho meses en entregar los registros.",
    "pt": "A secretaria leva oito meses para liberar os registros.",
}


def saying(lang: Lang, words: str) -> Conversation:
    """A draft with one more message."""
    conversation = draft(lang)
    return conversation.model_copy(
        update={"messages": (*conversation.messages, Message(turn=30, text=words))}
    )


def found(coaching: Coaching, conversation: Conversation, lang: Lang) -> dict[str, Signal]:
    """The obstacles of a draft by id."""
    return {signal.id: signal for signal in coaching.obstacles(conversation, lang)}


@pytest.mark.parametrize("lang", LANGS)
def test_permission_that_is_not_had_is_a_signal_with_its_quote(coaching: Coaching, lang: Lang) -> None:
    """Beyond 22, B61: a refusal is not met and quoted from its message; a signed agreement is no obstacle."""
    refused = found(coaching, saying(lang, REFUSED[lang]), lang)["source_permission"]
    allowed = found(coaching, saying(lang, ALLOWED[lang]), lang)

    assert (refused.state, refused.quote, refused.turn) == ("not_met", REFUSED[lang], 30)
    assert REFUSED[lang] in refused.why
    assert "source_permission" not in allowed


@pytest.mark.parametrize("lang", LANGS)
def test_data_that_come_too_late_are_a_signal_and_do_not_fit_the_clock(
    coaching: Coaching, lang: Lang
) -> None:
    """Beyond 10 and 22: eight months are longer than the thirteen weeks of scoping, on the clock and in readiness."""
    conversation = saying(lang, LATE[lang])

    late = found(coaching, conversation, lang)["source_lead_time"]
    step = next(s for s in coaching.clock(conversation, lang).steps if s.step == "data_access")

    assert late.quote == LATE[lang]
    assert step.fits == "does_not_fit"


@pytest.mark.parametrize(
    ("field", "text", "id"),
    [
        ("permission", "No, not yet.", "source_permission"),
        ("lead_time", "Nine months.", "source_lead_time"),
        ("gaps", "Half of the addresses are missing.", "source_gaps"),
    ],
)
def test_an_answer_to_the_probe_becomes_a_signal(coaching: Coaching, field: str, text: str, id: str) -> None:
    """Beyond 22: what is answered on the data page reaches readiness word for word."""
    conversation = draft("en", data_sources="Court filings and the rent arrears file.")
    conversation = answered(conversation, "Court filings", field, text, coaching.bank)

    signals = found(coaching, conversation, "en")

    assert signals[id].quote == text
    assert set(signals) == {id}


def test_no_gap_and_no_refusal_is_no_obstacle(coaching: Coaching) -> None:
    """Beyond 22: "nothing is missing" is good news."""
    conversation = draft("en", data_sources="Court filings and the rent arrears file.")
    conversation = answered(conversation, "Court filings", "gaps", "None.", coaching.bank)
    conversation = answered(conversation, "Court filings", "permission", "Yes, it is signed.", coaching.bank)

    assert found(coaching, conversation, "en") == {}


@pytest.mark.parametrize("lang", LANGS)
def test_what_blocks_the_data_holds_back_the_implementation_pathway(product: Product, lang: Lang) -> None:
    """B19, beyond 22: with every sign there a refusal leaves the pathway open and maps to a support of the sources."""
    everything = draft(lang).record["data_sources"]
    record = dict.fromkeys(product.programme.element_ids, everything)
    blocked = product.coaching.obstacles(saying(lang, REFUSED[lang]), lang)

    free = readiness(record, product.programme, product.words, product.passages, lang)
    held = readiness(record, product.programme, product.words, product.passages, lang, (), blocked)

    assert free.pathway == "implementation"
    assert held.pathway == "unclear"
    assert {s.gap for s in held.supports} - {s.gap for s in free.supports} == {"data_sources"}


@pytest.mark.parametrize("lang", LANGS)
def test_the_judgement_carries_the_obstacle(product: Product, lang: Lang) -> None:
    """Beyond 22: a refusal told in the chat is among the readiness signals of the very next judgement."""
    turn = product.assistant.respond(draft(lang), REFUSED[lang])

    assert any(
        s.quote == REFUSED[lang] for s in turn.judgement.readiness.signals if s.id == "source_permission"
    )
