"""Answers that say there is none, beside answers that only begin, or sound, like one."""

from __future__ import annotations

import pytest

from assistant.domain import LANGS, Lang
from assistant.record import denies
from assistant.wiring import Product

DENIALS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Not a soul here would act on the map.",
        "It would make no difference to how the crews plan their week.",
        "The list would just sit on a server.",
        "Whatever it shows, we carry on exactly as before.",
        "We haven't anyone who could take this on.",
        "There's no intention to try it out first.",
        "No one has been named to run it.",
        "It is purely for information.",
        "We would not do anything with the result.",
        "Everyone would keep working the way they do today.",
        "We would do nothing with the figures.",
        "Things would go on as they are.",
        "There isn't a person we could name.",
        "The report would be filed and that is it.",
        "It changes nothing for the crews.",
    ),
    "es": (
        "A ninguna persona le serviría para su trabajo.",
        "Todo seguiría exactamente como hoy.",
        "El listado quedaría guardado y ya.",
        "No habría ninguna diferencia para las cuadrillas.",
        "Es solo para informar.",
        "No se ha designado a nadie.",
        "No haríamos nada distinto con el resultado.",
        "No está previsto probarlo antes.",
        "Carecemos de alguien que pueda encargarse.",
        "Eso no lo va a usar nadie.",
        "No se haría nada con las cifras.",
        "Las cosas quedarían tal como están.",
        "No contamos con una persona que lo lleve.",
        "El informe se archivaría y listo.",
        "Para las cuadrillas no cambia nada.",
    ),
    "pt": (
        "Para nenhuma pessoa isso mudaria o trabalho.",
        "Tudo continuaria exatamente como hoje.",
        "A lista ficaria guardada e pronto.",
        "Não faria nenhuma diferença para as equipes.",
        "É só para informar.",
        "Não se designou ninguém.",
        "Não faríamos nada diferente com o resultado.",
        "Não está previsto testar antes.",
        "Falta alguém que possa assumir isso.",
        "Isso não vai ser usado por ninguém.",
        "Não se faria nada com os números.",
        "As coisas ficariam como estão.",
        "Não contamos com uma pessoa que conduza isso.",
        "O relatório seria arquivado e pronto.",
        "Para as equipes não muda nada.",
    ),
}
ANSWERS: dict[Lang, tuple[str, ...]] = {
    "en": (
        "Nora Vance, who heads the night shift.",
        "The north depot's foreman picks the first street.",
        "Streets with no lighting go first on Monday's list.",
        "Residents without a car would get the first appointments.",
        "We stop if the crews find no more leaks than last month.",
        "The nurse decides whom to call when nobody opens the door.",
        "Fewer households that never get a visit.",
        "A note on the door where nothing was found.",
        "Two clerks try it for a month in the south office.",
        "The inspector changes the order whenever a report says so.",
        "Crews keep a log that says which doors stayed shut.",
        "The duty officer, as before, but with the new order in hand.",
        "Ten addresses that no list has had so far.",
        "We compare it with a week in which nothing was changed.",
        "Whoever is on shift tells the family the same day.",
    ),
    "es": (
        "Noelia Nadal, que dirige el turno de la noche.",
        "El capataz del norte elige la primera calle.",
        "Las calles sin alumbrado van primero en la lista del lunes.",
        "Los vecinos que no tienen auto recibirían las primeras citas.",
        "Paramos si las cuadrillas no encuentran más fugas que el mes pasado.",
        "La enfermera decide a quién llama cuando nadie abre la puerta.",
        "Menos hogares que nunca reciben una visita.",
        "Un aviso en la puerta donde no se encontró nada.",
        "Dos funcionarias lo prueban un mes en la oficina del sur.",
        "La inspectora cambia el orden cada vez que un informe lo pide.",
        "Las cuadrillas anotan qué puertas no se abrieron.",
        "La oficial de guardia, como antes, pero con el nuevo orden.",
        "Diez direcciones que ninguna lista tenía.",
        "Lo comparamos con una semana en la que no se cambió el orden.",
        "Quien está de turno avisa a la familia ese mismo día.",
    ),
    "pt": (
        "Nádia Nunes, que chefia o turno da noite.",
        "O encarregado do norte escolhe a primeira rua.",
        "As ruas sem iluminação vêm primeiro na lista de segunda.",
        "Os moradores que não têm carro receberiam os primeiros horários.",
        "Paramos se as equipes não acharem mais vazamentos que no mês passado.",
        "A enfermeira decide para quem liga quando ninguém abre a porta.",
        "Menos famílias que nunca recebem uma visita.",
        "Um aviso na porta onde nada foi encontrado.",
        "Duas servidoras testam por um mês na unidade do sul.",
        "A fiscal muda a ordem sempre que um relatório pede.",
        "As equipes anotam quais portas não se abriram.",
        "A oficial de plantão, como antes, mas com a nova ordem.",
        "Dez endereços que nenhuma lista tinha.",
        "Comparamos com uma semana em que a ordem não mudou.",
        "Quem está no turno avisa a família no mesmo dia.",
    ),
}


@pytest.mark.parametrize("lang", LANGS)
def test_denials_are_heard_and_answers_are_not(product: Product, lang: Lang) -> None:
    """Beyond 3, B69-B74: fifteen ways to say that nothing would change, fifteen answers that sound alike."""
    assert [s for s in DENIALS[lang] if not denies(s, product.cues, lang)] == []
    assert [s for s in ANSWERS[lang] if denies(s, product.cues, lang)] == []
