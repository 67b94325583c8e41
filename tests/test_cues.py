"""How people steer a conversation, heard as they say it and not where they do not."""

from __future__ import annotations

import pytest

from assistant.cues import Cue
from assistant.domain import Lang
from assistant.wiring import Product


@pytest.mark.parametrize(
    ("cue", "lang", "text", "heard"),
    [
        ("dont_know", "en", "I don't know", True),
        ("dont_know", "en", "We haven't decided yet.", True),
        ("dont_know", "en", "not sure, maybe the water company has it", True),
        ("dont_know", "en", "No new staff can be hired until June", False),
        ("dont_know", "en", "Nobody is left out of the count", False),
        ("dont_know", "es", "La verdad no sé", True),
        ("dont_know", "es", "Todavía no lo sabemos.", True),
        ("dont_know", "es", "Por definir", True),
        ("dont_know", "es", "No se puede contratar a nadie este año.", False),
        ("dont_know", "pt", "Não faço ideia de quantos são.", True),
        ("dont_know", "pt", "Ainda não sabemos", True),
        ("dont_know", "pt", "Não há verba para contratar", False),
        ("correction", "en", "Actually it is the housing manager", True),
        ("correction", "es", "Perdón, quise decir seis meses", True),
        ("correction", "pt", "Na verdade é a diretora", True),
        ("correction", "en", "The crews correct the list by hand", False),
        ("finish", "en", "That's all", True),
        ("finish", "es", "eso es todo", True),
        ("finish", "pt", "é isso", True),
        ("finish", "en", "They finish the round by noon", False),
        ("coach", "en", "Can I talk to a person?", True),
        ("coach", "es", "Quiero hablar con un coach", True),
        ("coach", "pt", "Quero falar com uma pessoa", True),
        ("request", "en", "Please submit the application for us", True),
        ("request", "en", "Residents submit a form at the counter", False),
    ],
)
def test_a_cue_is_heard_where_it_is_given(
    product: Product, cue: Cue, lang: Lang, text: str, heard: bool
) -> None:
    """Each way of steering is recognised, and ordinary sentences with the same words are not."""
    assert product.cues.hears(cue, text, lang) == heard
