"""The reframing bridge: versions from stated facts alone, a pick that is judged again, and poor fits that stay."""

from __future__ import annotations

import re

import pytest

from assistant.coaching.contest import contested
from assistant.domain import LANGS, Conversation, Evidence, Lang, Message, Turn
from assistant.wiring import Product

PICK: dict[Lang, str] = {"en": "The first one", "es": "Elijo la primera", "pt": "Escolho a versão 1."}
TURNED = {
    "dashboard-en": (
        "en",
        "We want a public dashboard with all our street lighting indicators on a big screen in the lobby. It is for "
        "transparency; nobody's work will change because of it. Women on the river path walk home in the dark for "
        "weeks when lamps are out.",
        "The supervisor of the lighting crew.",
    ),
    "dashboard-es": (
        "es",
        "Queremos un tablero público con todos los indicadores de alumbrado en una pantalla grande. Es por "
        "transparencia; nadie va a cambiar su trabajo. Las mujeres del sendero del río caminan a oscuras por semanas "
        "cuando se apagan las luminarias.",
        "La jefa de cuadrilla de alumbrado.",
    ),
    "purchase-pt": (
        "pt",
        "Queremos comprar 400 câmeras com reconhecimento facial. O edital já está pronto e a instalação será feita de "
        "uma só vez, sem período de teste. Passageiros são assaltados nos terminais à noite.",
        "O inspetor de plantão da guarda municipal.",
    ),
    "strategy-en": (
        "en",
        "We are writing a citywide data strategy with principles, governance and a maturity model for council to "
        "adopt. Families in the east side lose their homes before anyone at the city hears that they are behind on "
        "rent.",
        "The head of the housing prevention team.",
    ),
    "city-ai-es": (
        "es",
        "La intendencia quiere una estrategia de inteligencia artificial para toda la ciudad, que abarque todas las "
        "áreas. Las personas mayores que viven solas en San Martín esperan meses por una visita de la enfermera.",
        "La coordinadora del centro de salud.",
    ),
    "research-pt": (
        "pt",
        "A universidade quer estudar durante dois anos a evasão escolar, com entrevistas e artigos científicos ao "
        "final; nenhuma secretaria participa. As crianças da zona rural chegam atrasadas à escola porque o ônibus "
        "não passa onde deveria.",
        "A diretora de transporte escolar da Secretaria de Educação.",
    ),
}
"""Poor fits with a problem inside: the language, the opening, and who would make the choice."""
STAYING = {
    "dashboard-en": (
        "en",
        "We want a public dashboard with all our indicators in green, amber and red on a big screen in the lobby, so "
        "that everybody can see how the city is doing.",
        ("Nobody would do anything differently.", "There is no decision, so nobody.", "No test is foreseen."),
    ),
    "strategy-es": (
        "es",
        "Necesitamos redactar la estrategia municipal de datos: visión, principios y gobernanza, para que el concejo "
        "la apruebe en diciembre.",
        ("Nadie haría nada distinto.", "Nadie en particular.", "No se prueba nada."),
    ),
    "city-ai-pt": (
        "pt",
        "A prefeitura propõe um plano de inteligência artificial em todos os órgãos, com meta de automatizar todos os "
        "serviços até 2032 e um centro de inovação.",
        ("Ninguém faria nada diferente.", "Ninguém.", "Testar pequeno seria perder o impacto."),
    ),
}
"""Poor fits with nothing that could carry a test, and the denials they answer with."""
ASKED = ("decision", "decision_maker", "test_plan")


def opened(product: Product, opening: str) -> Turn:
    """The first turn of a conversation."""
    return product.assistant.respond(Conversation(), opening)


def asked_for(turn: Turn, id: str) -> Conversation:
    """The conversation as if an element had just been asked for."""
    conversation = turn.conversation
    return conversation.model_copy(update={"pending": id, "asked": (*conversation.asked, id)})


@pytest.mark.parametrize(("lang", "opening", "decider"), TURNED.values(), ids=TURNED)
def test_a_poor_fit_is_reframed_and_judged_again(
    product: Product, lang: Lang, opening: str, decider: str
) -> None:
    """B69-B74: picking a version, and naming who decides, turns the poor fit into a fit, before and after in sight."""
    first = opened(product, opening)
    assert first.judgement.fit.verdict == "poor_fit"
    assert first.conversation.offered

    pick = product.assistant.respond(first.conversation, PICK[lang])
    assert pick.rejudged is not None
    assert pick.record["decision"].basis == pick.record["test_plan"].basis == "chosen"
    last = pick
    if pick.rejudged.after.verdict != "fit":
        assert pick.rejudged.lacks == ("decision_maker",)
        last = product.assistant.respond(asked_for(pick, "decision_maker"), decider)

    assert last.rejudged is not None
    assert last.rejudged.before.verdict == "poor_fit"
    assert last.rejudged.after.verdict == last.judgement.fit.verdict == "fit"
    assert not last.judgement.fit.flags


@pytest.mark.parametrize(("lang", "opening", "denials"), STAYING.values(), ids=STAYING)
def test_a_poor_fit_without_anybody_to_act_stays_one(
    product: Product, lang: Lang, opening: str, denials: tuple[str, ...]
) -> None:
    """B69-B74: who insists that nobody decides, acts or tests keeps the flag, and is asked the one fact that helps."""
    turn = opened(product, opening)
    for id, denial in zip(ASKED, denials, strict=True):
        turn = product.assistant.respond(asked_for(turn, id), denial)
        assert turn.record[id].state != "stated"
        assert turn.record[id].denied

    flags = turn.judgement.fit.flags
    assert turn.judgement.fit.verdict == "poor_fit"
    assert flags
    assert flags[0].lacks is not None
    assert not flags[0].reframings
    pick = product.assistant.respond(turn.conversation, PICK[lang])
    assert pick.judgement.fit.verdict == "poor_fit"
    assert pick.conversation.choice is None


def test_versions_invent_no_number_and_no_source(product: Product) -> None:
    """Beyond 3, B70-B74: a version's own words hold no figure beyond one and two, and no duration, in any language."""
    figures = re.compile(
        r"\d|\b(three|four|five|six|seven|eight|ten|twelve|twenty|thirty|month|months|tres|cuatro|cinco|seis|diez|veinte"
        r"|treinta|mes|meses|três|quatro|sete|dez|vinte|trinta|mês)\b",
        re.IGNORECASE,
    )
    texts = [
        text.at(lang)
        for reason in product.programme.reasons
        for version in reason.reframing
        for text in (version.decision, version.user, version.smallest_test)
        for lang in LANGS
    ]

    assert len(texts) == 15 * 3 * 3
    assert not [t for t in texts if figures.search(t)]


def test_a_version_keeps_stated_words_and_drops_the_flagged_ones(product: Product) -> None:
    """Everything a version keeps is in the message, and what it drops begins with the flagged phrase."""
    _, opening, _ = TURNED["dashboard-en"]

    turn = opened(product, opening)

    flag = turn.judgement.fit.flags[0]
    assert flag.reframings
    for version in flag.reframings:
        assert all(kept in opening for kept in version.kept)
        assert version.dropped[0] == flag.applicant_quote


@pytest.mark.parametrize(
    ("lang", "text", "why"),
    [
        ("en", "I disagree because the crews act on it every Monday.", "The crews act on it every Monday."),
        ("es", "No estoy de acuerdo porque la cuadrilla lo usa.", "La cuadrilla lo usa."),
        ("pt", "Discordo porque a equipe usa toda segunda.", "A equipe usa toda segunda."),
    ],
)
def test_a_contested_flag_stays_and_is_handed_on(product: Product, lang: Lang, text: str, why: str) -> None:
    """Beyond 20: disagreeing records the reason and turn, changes no verdict, and goes into judgement and brief."""
    opening = {
        "en": "We want a public dashboard with all our park indicators on a big screen. Nobody's work will change.",
        "es": "Queremos un tablero público con todos los indicadores de parques. Nadie cambiará su trabajo por eso.",
        "pt": "Queremos um painel público com todos os indicadores de parques. O trabalho de ninguém vai mudar.",
    }[lang]
    first = opened(product, opening)
    assert first.judgement.fit.flags

    turn = product.assistant.respond(first.conversation, text)
    brief = product.assistant.respond(
        turn.conversation, {"en": "brief", "es": "resumen", "pt": "resumo"}[lang]
    )

    flag = turn.judgement.fit.flags[0]
    assert turn.judgement.fit.verdict == "poor_fit"
    assert flag.contested is not None
    assert (flag.contested.why, flag.contested.turn) == (why, 2)
    assert turn.record == first.record
    assert brief.brief is not None
    assert why in brief.brief.to_json()


def test_a_contest_names_its_flag_or_means_the_first(product: Product) -> None:
    """With two flags, the one whose name is given is contested, and the first when none is."""
    names = [r.name.en for r in product.programme.reasons[:2]]
    flagged = {r.id: "x" for r in product.programme.reasons[:2]}

    def about(text: str) -> str:
        message = Message(turn=2, text=text, counts=False)
        said = Conversation(turn=2, messages=(message,), flagged=flagged)
        return contested(said, product.programme, "en").contests[-1].reason

    assert about(f"I disagree with “{names[1]}” because we test it") == list(flagged)[1]
    assert about("I disagree because we test it") == next(iter(flagged))


@pytest.mark.parametrize(
    ("lang", "id", "text", "denied"),
    [
        ("en", "decision", "Nobody would do anything differently.", True),
        ("en", "test_plan", "We would publish it all on one day. No test is foreseen.", True),
        ("en", "data_capability", "Nobody on the team works with data.", True),
        ("en", "chief_data_officer", "No.", True),
        ("en", "constraints", "No new staff can be hired until June.", False),
        ("en", "decision", "Today nobody; but the foreman would pick which five parks come first.", False),
        ("es", "decision", "Nadie haría nada distinto.", True),
        ("es", "delivery_owner", "Ninguna dependencia está involucrada por ahora.", True),
        ("es", "chief_data_officer", "No.", True),
        ("es", "resident_problem", "No hay vereda y los niños caminan por la calle entre los autos.", False),
        ("pt", "decision", "Ninguém faria nada diferente.", True),
        ("pt", "test_plan", "Testar pequeno seria perder o impacto. O lançamento é de uma vez.", True),
        ("pt", "chief_data_officer", "Não.", True),
        ("pt", "data_capability", "Um analista da secretaria que extrai os chamados.", False),
    ],
)
def test_a_denial_states_nothing(product: Product, lang: Lang, id: str, text: str, denied: bool) -> None:
    """A "nobody", "nothing" or "no" is noted as none; a limit, a problem or a turn of phrase is heard as content."""
    begun = Conversation(lang=lang, pending=id, asked=(id,), turn=1)

    turn = product.assistant.respond(begun, text)

    assert turn.record[id].denied == denied
    assert (turn.record[id].state == "stated") == (not denied)
    if id == "chief_data_officer":
        found = next(c for c in turn.judgement.eligibility if c.id == id)
        assert found.state == "not_met"


@pytest.mark.parametrize(
    ("lang", "text", "who"),
    [
        (
            "en",
            "I was wrong: the one who decides is not the mayor, it is the transport council.",
            "transport council",
        ),
        (
            "es",
            "Me equivoqué: quien elige no es el alcalde, es el Consejo de Transporte.",
            "Consejo de Transporte",
        ),
        ("pt", "Errei: quem escolhe não é o prefeito, é o Conselho de Transporte.", "Conselho de Transporte"),
    ],
)
@pytest.mark.parametrize("held", ["stated", "unknown"])
def test_a_correction_of_who_decides_arrives(
    product: Product, lang: Lang, text: str, who: str, held: str
) -> None:
    """Naming another decider reaches the decision maker, whether one was stated before or nobody was known."""
    value = "the mayor" if held == "stated" else None
    before = Evidence.model_validate({"state": held, "value": value, "quote": value, "turn": 1})
    decision = {"en": "the mayor decides which fare stays", "es": "el alcalde elige qué tarifa queda"}
    words = decision.get(lang, "o prefeito escolhe qual tarifa fica")
    choice = Evidence(state="stated", value=words, quote=words, turn=1)
    begun = Conversation(
        lang=lang,
        turn=1,
        pending="constraints",
        asked=("constraints",),
        messages=(Message(turn=1, text="the mayor"),),
        record={"decision_maker": before, "decision": choice},
    )

    turn = product.assistant.respond(begun, text)

    assert turn.record["decision_maker"].state == "stated"
    assert who in (turn.record["decision_maker"].value or "")
    assert turn.record["decision"] == choice
