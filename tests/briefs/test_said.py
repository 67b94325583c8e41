"""What a brief reads out of the applicant's words by itself: city, channel, how often."""

from __future__ import annotations

import pytest

from assistant.briefs.said import contact_of, how_often, said
from assistant.domain import Evidence, Lang, Message
from assistant.words import Words


@pytest.mark.parametrize(
    ("lang", "text", "city"),
    [
        ("en", "We are the city of North Bend. Families wait.", "North Bend"),
        ("en", "In the City of Port Arden people wait.", "City of Port Arden"),
        ("en", "I have worked at Paisley council for years.", "Paisley"),
        ("en", "our city waits for rain and the city of tomorrow needs data", ""),
        ("en", "The council has met; council tax is due.", ""),
        (
            "es",
            "Soy de la municipalidad de San Pedro de la Paz y las familias esperan.",
            "San Pedro de la Paz",
        ),
        ("es", "En la Ciudad de México el agua no llega.", "Ciudad de México"),
        ("es", "En el municipio de al lado esperan menos.", ""),
        ("pt", "Trabalho na prefeitura de São João da Serra.", "São João da Serra"),
        ("pt", "A cidade de amanhã precisa de dados.", ""),
    ],
)
def test_a_city_is_named_only_when_it_was_stated(words: Words, lang: Lang, text: str, city: str) -> None:
    """A name in capitals after what a city is called, and nothing that merely looks like one."""
    contact = contact_of([Message(turn=3, text=text)], words, lang)

    assert contact.city == city
    assert contact.city_turn == (3 if city else None)


@pytest.mark.parametrize(
    ("lang", "text", "channel"),
    [
        ("en", "Between sessions we prefer Slack.", "Slack"),
        ("en", "Microsoft Teams suits us to stay in touch, WhatsApp does not.", "Microsoft Teams"),
        ("en", "Residents report potholes by WhatsApp and e-mail.", ""),
        ("en", "Two maintenance teams share one van.", ""),
        ("es", "Preferimos comunicarnos por WhatsApp.", "WhatsApp"),
        ("es", "Los avisos llegan por WhatsApp.", ""),
        ("pt", "Para manter contato, usamos o Teams.", "Teams"),
        ("pt", "As queixas chegam pelo WhatsApp.", ""),
    ],
)
def test_a_channel_is_one_that_was_said_to_be_for_staying_in_touch(
    words: Words, lang: Lang, text: str, channel: str
) -> None:
    """B17, B38: A service that residents use is no preference of the city's."""
    assert contact_of([Message(turn=1, text=text)], words, lang).channel == channel


def test_the_latest_message_counts(words: Words) -> None:
    """Who changes the channel is believed."""
    said_so = [
        Message(turn=1, text="We prefer Slack."),
        Message(turn=5, text="We prefer WhatsApp after all."),
    ]

    contact = contact_of(said_so, words, "en")

    assert (contact.channel, contact.channel_turn) == ("WhatsApp", 5)


@pytest.mark.parametrize(
    ("lang", "decision", "often"),
    [
        ("en", "Which thirty households the team phones first each week", "each week"),
        ("en", "Every Monday the supervisor picks", "Every Monday"),
        ("en", "The operator chooses twice a day whom to call", "twice a day"),
        ("en", "Which crew goes where", ""),
        ("es", "A qué veinte personas visita primero cada enfermera el lunes", "el lunes"),
        ("es", "Cada viernes se reparten los auxiliares", "Cada viernes"),
        ("es", "Todos los días el jefe elige", "Todos los días"),
        ("pt", "Como distribuir os nove ônibus a cada mês", "a cada mês"),
        ("pt", "Toda segunda-feira o chefe escolhe", "Toda segunda-feira"),
        ("pt", "Quem vai primeiro", ""),
    ],
)
def test_how_often_is_read_from_the_decision(words: Words, lang: Lang, decision: str, often: str) -> None:
    """The applicant's own words for it, or nothing."""
    record = {"decision": Evidence(state="stated", value=decision, quote=decision, turn=1)}

    assert how_often(record, words, lang) == often


def test_the_whole_answer_is_shown_where_it_fits() -> None:
    """The judge's quote may leave out a part of the answer; a correction is told by its words alone."""
    answer = Evidence(
        state="stated", value="Court filings, and the arrears file.", quote="the arrears file.", turn=1
    )
    corrected = answer.model_copy(update={"basis": "corrected", "value": "filings → the arrears file."})

    assert said(answer) == "the arrears file."
    assert said(answer, 100) == "Court filings, and the arrears file."
    assert said(answer, 20) == "the arrears file."
    assert said(corrected, 100) == "the arrears file."
    assert said(Evidence(state="unknown", quote="x")) == ""
