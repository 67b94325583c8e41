"""A poor fit that was contested, and turned by a chosen version: the brief alone tells the whole story."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import get_args

import pytest

from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Brief, Conversation, Evidence, Lang
from assistant.wiring import Product
from tests.briefs.opening import text_of
from tests.conftest import TODAY

SAID: dict[Lang, tuple[str, ...]] = {
    "en": (
        "We want to buy 400 cameras with facial recognition. The tender is ready and everything will be installed in "
        "one go, without a trial period. Passengers are robbed at the terminals at night.",
        "I disagree because the cameras are only a part of the plan.",
        "The head of the guard decides every Friday at which three terminals the two night crews stand.",
        "I choose version 1.",
        "Police reports and 311 calls. We do not have permission to use the police records yet.",
    ),
    "es": (
        "Queremos comprar 400 cámaras con reconocimiento facial. La licitación está lista y todo se instalará de una "
        "vez, sin período de prueba. Asaltan a los pasajeros en las terminales de noche.",
        "No estoy de acuerdo porque las cámaras son solo una parte del plan.",
        "La jefa de la guardia decide cada viernes en qué tres terminales están las dos cuadrillas de la noche.",
        "Elijo la versión 1.",
        "Partes de la policía y llamadas al 156. Todavía no tenemos el permiso para usar los registros de la policía.",
    ),
    "pt": (
        "Queremos comprar 400 câmeras com reconhecimento facial. O edital já está pronto e a instalação será feita de "
        "uma só vez, sem período de teste. Passageiros são assaltados nos terminais à noite.",
        "Discordo porque as câmeras são só uma parte do plano.",
        "A chefe da guarda decide toda sexta em quais três terminais ficam as duas equipes da noite.",
        "Escolho a versão 1.",
        "Boletins da polícia e chamadas ao 156. Ainda não temos a autorização para usar os registros da polícia.",
    ),
}
PARTS: dict[Lang, dict[str, str]] = {
    "en": {"why": "only a part of the plan", "who": "head of the guard", "no": "do not have permission"},
    "es": {"why": "solo una parte del plan", "who": "jefa de la guardia", "no": "no tenemos el permiso"},
    "pt": {"why": "só uma parte do plano", "who": "chefe da guarda", "no": "não temos a autorização"},
}
Written = Callable[[Lang], tuple[Conversation, Brief]]


@pytest.fixture(scope="module")
def written(product: Product) -> Written:
    """A function that gives the draft in one language and its brief."""
    made: dict[Lang, tuple[Conversation, Brief]] = {}
    for lang in LANGS:
        conversation = Conversation()
        for text in SAID[lang]:
            turn = product.assistant.respond(conversation, text)
            conversation = turn.conversation
        made[lang] = (conversation, product.write_brief(conversation, turn.judgement, today=TODAY))
    return lambda lang: made[lang]


@pytest.mark.parametrize("form", ["docx", "pdf", "html", "md"])
@pytest.mark.parametrize("lang", LANGS)
def test_the_brief_alone_tells_the_whole_story(
    product: Product, written: Written, lang: Lang, form: str
) -> None:
    """Beyond 3, 19, 20, 21, B53 to B56, B68, B75: reason, version with before and after, roles, conditions, refusal."""
    conversation, brief = written(lang)
    say = product.words.say

    text = " ".join(text_of(write_form(brief, form, product.programme, product.words), form).split())

    choice = conversation.choice
    assert choice is not None
    assert choice.before is not None
    wanted = [
        *PARTS[lang].values(),
        choice.version.decision,
        choice.version.smallest_test,
        *choice.version.kept,
        say(lang, f"verdict.{choice.before.verdict}"),
        *(product.programme.reason(id).name.at(lang) for id in choice.before.flags),
        say(lang, "reframe.before"),
        say(lang, "reframe.after"),
        say(lang, "brief.basis_chosen"),
        say(lang, "team.residents"),
        say(lang, "team.ai"),
        say(lang, "brief.capabilities"),
    ]
    asked = {question.element for question in brief.open_questions}
    wanted += [r.name.at(lang) for r in product.coaching.bank.roles if asked & set(r.elements)]
    wanted += [question.text for question in brief.open_questions]
    squeezed = re.sub(r"\s+", "", text)
    assert [one for one in wanted if re.sub(r"\s+", "", one) not in squeezed] == []
    assert brief.untraced == ()


@pytest.mark.parametrize("lang", LANGS)
def test_every_way_of_knowing_has_its_words(product: Product, lang: Lang) -> None:
    """Beyond 7: no origin that a field can have is without a name in the brief, nor any state."""
    bases = get_args(Evidence.model_fields["basis"].annotation)
    states = get_args(Evidence.model_fields["state"].annotation)

    assert [b for b in bases if b != "stated" and not product.words.has(f"brief.basis_{b}")] == []
    assert all(product.words.say(lang, f"state.{state}") for state in states)
