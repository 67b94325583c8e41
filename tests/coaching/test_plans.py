"""A plan is asked what is there already; a number that picks nothing changes nothing."""

from __future__ import annotations

import pytest

from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Conversation, Lang, Turn
from assistant.wiring import Product
from tests.conftest import TODAY

PLAN: dict[Lang, str] = {
    "en": "We want to write a citywide data strategy with principles, standards and a governance board for all "
    "departments, and publish it next year.",
    "es": "Queremos elaborar una estrategia de datos para toda la ciudad, con principios, estándares y un consejo de "
    "gobernanza para todas las dependencias, y publicarla el próximo año.",
    "pt": "Queremos elaborar uma estratégia de dados para toda a cidade, com princípios, padrões e um conselho de "
    "governança para todas as secretarias, e publicá-la no próximo ano.",
}
TRIAL: dict[Lang, str] = {
    "en": "Families in the rental towers wait nine weeks before anybody looks at the mould. The head of repairs "
    "decides every Monday which thirty flats the two crews visit first. For six weeks one crew "
    "works from the new list.",
    "es": "Las familias de las torres de alquiler esperan nueve semanas antes de que alguien revise la humedad. La "
    "jefa de reparaciones decide cada lunes qué treinta viviendas visitan primero las dos cuadrillas. Durante seis "
    "semanas una cuadrilla trabaja con la lista nueva.",
    "pt": "As famílias das torres de aluguel esperam nove semanas até que alguém veja o mofo. A chefe de reparos "
    "decide toda segunda-feira quais trinta apartamentos as duas equipes visitam primeiro. Por seis semanas uma equipe "
    "trabalha com a lista nova.",
}
THERE: dict[Lang, str] = {
    "en": "We built a map of burst pipes last spring and showed it to one crew.",
    "es": "Hicimos un mapa de tuberías rotas en marzo y lo mostramos a una cuadrilla.",
    "pt": "Fizemos um mapa de canos rompidos em março e mostramos a uma equipe.",
}
PICKS: dict[Lang, tuple[str, ...]] = {
    "en": ("I choose version 1", "Version 1.", "We take the first version", "Okay, the second option"),
    "es": (
        "Elijo la versión 1",
        "Versión 1.",
        "Nos quedamos con la primera versión",
        "Bueno, la segunda opción",
    ),
    "pt": ("Escolho a versão 1", "Versão 1.", "Ficamos com a primeira versão", "Bom, a segunda opção"),
}
ANSWERS: dict[Lang, str] = {
    "en": "We choose the first twenty households on the list.",
    "es": "Elegimos los primeros veinte hogares de la lista.",
    "pt": "Escolhemos as primeiras vinte famílias da lista.",
}


def asked_for(product: Product, text: str) -> tuple[list[str], list[Turn]]:
    """What a conversation asks for when nobody ever knows, and its turns."""
    turns = [product.assistant.respond(Conversation(), text)]
    dont_know = {"en": "We do not know.", "es": "No lo sabemos.", "pt": "Não sabemos."}
    for _ in range(8):
        conversation = turns[-1].conversation
        if turns[-1].asked is None:
            break
        turns.append(product.assistant.respond(conversation, dont_know[conversation.lang or "en"]))
    return [t.asked for t in turns if t.asked is not None], turns


@pytest.mark.parametrize("lang", LANGS)
def test_a_plan_is_asked_what_is_there_already(product: Product, lang: Lang) -> None:
    """B05: a plan is asked once, with the booklet's line as the reason; a proposal with a trial is not."""
    line = product.passages("booklet/programme/why_practice", lang).citation()

    asked, turns = asked_for(product, PLAN[lang])
    others, _ = asked_for(product, TRIAL[lang])

    assert asked.count("already_built") == 1
    turn = next(t for t in turns if t.asked == "already_built")
    assert line.quote in turn.reply
    assert line.locator in turn.reply
    assert "already_built" not in others


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_there_is_kept_and_never_missing(product: Product, lang: Lang) -> None:
    """B05: the answer stands in the record and in the brief; who skips it has no gap, and nothing shows."""
    _, turns = asked_for(product, PLAN[lang])
    at = next(t for t in turns if t.asked == "already_built")
    name = product.programme.element("already_built").name.at(lang)

    told = product.assistant.respond(at.conversation, THERE[lang])
    silent = turns[0]

    assert told.record["already_built"].quote == THERE[lang]
    assert told.record["already_built"].state == "stated"
    assert "already_built" not in told.judgement.missing
    for turn, shown in ((told, True), (silent, False)):
        brief = product.write_brief(turn.conversation, turn.judgement, today=TODAY)
        page = write_form(brief, "html", product.programme, product.words).decode()
        assert (name in page) is shown
        assert "already_built" not in {q.element for q in brief.open_questions}


@pytest.mark.parametrize("lang", LANGS)
def test_a_version_that_was_not_offered_is_not_chosen(product: Product, lang: Lang) -> None:
    """Beyond 3: with nothing on offer a choice is answered kindly, records nothing and leaves the question standing."""
    before = product.assistant.respond(Conversation(), TRIAL[lang]).conversation
    assert before.offered == ()
    assert before.pending is not None

    for text in PICKS[lang]:
        turn = product.assistant.respond(before, text)

        assert product.words.say(lang, "say.no_versions") in turn.reply
        assert turn.record == before.record
        assert turn.conversation.choice is None
        assert turn.asked == before.pending
    begun = product.assistant.respond(Conversation(lang=lang), PICKS[lang][0])
    assert product.words.say(lang, "say.no_versions") in begun.reply
    assert begun.record == {}


@pytest.mark.parametrize("lang", LANGS)
def test_a_number_beyond_what_was_offered_is_asked_back(product: Product, lang: Lang) -> None:
    """Beyond 3: of the versions on offer none has that number; the choice stays open and they stay on offer."""
    text = f"{PLAN[lang]} {TRIAL[lang].split('.')[0]}."
    before = product.assistant.respond(Conversation(), text).conversation
    assert 0 < len(before.offered) < 6
    number = {"en": "Version 6", "es": "Versión 6", "pt": "Versão 6"}[lang]

    turn = product.assistant.respond(before, number)

    assert product.words.say(lang, "say.which_version", count=len(before.offered)) in turn.reply
    assert turn.conversation.choice is None
    assert turn.conversation.offered == before.offered


@pytest.mark.parametrize("lang", LANGS)
def test_an_answer_that_chooses_something_else_is_an_answer(product: Product, lang: Lang) -> None:
    """Beyond 3: "we choose the first twenty households" picks no version."""
    before = product.assistant.respond(Conversation(), PLAN[lang]).conversation
    before = replace_pending(before, "decision")

    turn = product.assistant.respond(before, ANSWERS[lang])

    assert turn.record["decision"].value == ANSWERS[lang]


def replace_pending(conversation: Conversation, id: str) -> Conversation:
    """The conversation with another question standing and nothing on offer."""
    return conversation.model_copy(update={"pending": id, "offered": ()})
