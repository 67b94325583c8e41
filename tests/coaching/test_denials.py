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
NEGATED: dict[Lang, tuple[str, ...]] = {
    "en": (
        "No such person exists.",
        "There is nobody on staff for that.",
        "Not one department has volunteered.",
        "We lack a person for this.",
        "We are without an owner.",
        "None of the crews would alter their round.",
        "It will not be used.",
        "The list has no reader.",
        "That is not planned.",
        "At present the role stands empty.",
        "Nothing of the kind exists.",
        "No budget line covers a trial.",
        "The result would stay unread.",
        "Not any of our managers would look at it.",
        "We have yet to name a lead.",
        "The map would have no effect on their day.",
        "This has never been tested.",
    ),
    "es": (
        "No existe tal persona.",
        "No hay nadie en la planta para eso.",
        "Ninguna dependencia se ha ofrecido.",
        "Nos falta una persona para esto.",
        "Estamos sin responsable.",
        "Ninguna de las cuadrillas cambiaría su recorrido.",
        "No se va a usar.",
        "La lista no tiene quién la lea.",
        "Eso no está planeado.",
        "Por ahora el cargo está vacío.",
        "No existe nada parecido.",
        "Ninguna partida cubre una prueba.",
        "El resultado quedaría sin leer.",
        "Eso no le toca a nadie.",
        "Todavía falta nombrar a un responsable.",
        "El mapa no tendría efecto en su jornada.",
        "Eso no se ha probado nunca.",
    ),
    "pt": (
        "Não existe essa pessoa.",
        "Não há ninguém na equipe para isso.",
        "Nenhuma secretaria se ofereceu.",
        "Falta-nos uma pessoa para isso.",
        "Estamos sem responsável.",
        "Nenhuma das equipes mudaria o roteiro.",
        "Não vai ser usada.",
        "A lista não tem quem leia.",
        "Isso não está planejado.",
        "No momento o cargo está vazio.",
        "Não existe nada parecido.",
        "Não encontramos um só voluntário.",
        "Nenhuma verba cobre um teste.",
        "O resultado ficaria sem leitura.",
        "Nem um dos nossos chefes olharia.",
        "Isso não é função de ninguém.",
        "Ainda falta nomear um responsável.",
        "O mapa não teria efeito no dia deles.",
    ),
}
QUALIFIED: dict[Lang, tuple[str, ...]] = {
    "en": (
        "The crew without a van walks the first street.",
        "Homes that have no heating come first.",
        "Fewer calls that are not answered.",
        "We do not open a case twice; the clerk checks the number.",
        "Posts that stand empty are listed first.",
        "Tenants who are without heating get a visit the same day.",
        "The foreman reads the list no later than eight.",
        "Unused flats are checked before used ones.",
    ),
    "es": (
        "La cuadrilla sin camioneta recorre la primera calle.",
        "Las casas que no tienen calefacción van primero.",
        "Menos llamadas que no se contestan.",
        "El equipo que no está de guardia visita las viviendas.",
        "El caso que no tiene responsable pasa a la funcionaria de turno.",
        "Los puestos que están sin cubrir van primero en la lista.",
        "Los inquilinos que están sin calefacción reciben visita el mismo día.",
        "El capataz lee la lista a más tardar a las ocho.",
        "Las viviendas sin uso se revisan primero.",
    ),
    "pt": (
        "A equipe sem carro percorre a primeira rua.",
        "As casas que não têm aquecimento vêm primeiro.",
        "Menos ligações que não são atendidas.",
        "A equipe que não está de plantão visita as moradias.",
        "O caso que não tem responsável vai para a servidora de plantão.",
        "Os postos que estão sem titular vêm primeiro na lista.",
        "Os inquilinos que estão sem aquecimento recebem visita no mesmo dia.",
        "O encarregado lê a lista até as oito.",
        "Os imóveis sem uso são vistoriados primeiro.",
    ),
}


@pytest.mark.parametrize("lang", LANGS)
def test_denials_are_heard_and_answers_are_not(product: Product, lang: Lang) -> None:
    """Beyond 3, B69-B74: fifteen ways to say that nothing would change, fifteen answers that sound alike."""
    assert [s for s in DENIALS[lang] if not denies(s, product.cues, lang)] == []
    assert [s for s in ANSWERS[lang] if denies(s, product.cues, lang)] == []


@pytest.mark.parametrize("lang", LANGS)
def test_what_does_not_exist_is_denied_and_who_has_none_is_not(product: Product, lang: Lang) -> None:
    """Beyond 3: "no such person" says that there is none, "homes that have no heating" says whose."""
    assert [s for s in NEGATED[lang] if not denies(s, product.cues, lang)] == []
    assert [s for s in QUALIFIED[lang] if denies(s, product.cues, lang)] == []
