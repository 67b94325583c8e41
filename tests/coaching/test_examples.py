"""The booklet's fifteen examples, from one line to a complete brief."""

from __future__ import annotations

import pytest

from assistant.domain import Lang
from assistant.wiring import Product
from tests.applicants import Applicant, play

COMMON: dict[Lang, dict[str, str]] = {
    "en": {
        "constraints": "Four people, one vehicle, and a privacy rule that keeps the records in the department.",
        "test_plan": "For six weeks two of them work from the list and two as before, and we compare.",
        "success_indicators": "Fewer residents who wait longer than a month.",
        "delivery_owner": "The deputy head of the department coordinates the project two days a week.",
        "executive_sponsor": "The city manager asked for it and freed staff time.",
        "risks": "People who leave no trace in the records could be missed.",
        "problem_expertise": "Two officers who have worked in that service for ten years take part.",
        "data_capability": "An analyst of the department who knows those records.",
    },
    "es": {
        "constraints": "Cuatro personas, un vehículo y una norma de privacidad que impide sacar los registros.",
        "test_plan": "Durante seis semanas dos trabajan con la lista y dos como siempre, y comparamos.",
        "success_indicators": "Menos residentes que esperan más de un mes.",
        "delivery_owner": "La subdirectora de la dependencia coordina el proyecto dos días por semana.",
        "executive_sponsor": "La gerenta municipal lo pidió y liberó horas del personal.",
        "risks": "Quienes no dejan rastro en los registros podrían quedar fuera.",
        "problem_expertise": "Participan dos funcionarias que llevan diez años en ese servicio.",
        "data_capability": "Un analista de la dependencia que conoce esos registros.",
    },
    "pt": {
        "constraints": "Quatro pessoas, um veículo e uma norma de privacidade que impede tirar os registros do setor.",
        "test_plan": "Durante seis semanas duas trabalham com a lista e duas como sempre, e comparamos.",
        "success_indicators": "Menos moradores que esperam mais de um mês.",
        "delivery_owner": "A vice-diretora da secretaria coordena o projeto dois dias por semana.",
        "executive_sponsor": "O secretário de Governo pediu e liberou horas da equipe.",
        "risks": "Quem não deixa rastro nos registros pode ficar de fora.",
        "problem_expertise": "Participam duas servidoras que trabalham há dez anos nesse serviço.",
        "data_capability": "Um analista da secretaria que conhece esses registros.",
    },
}
EXAMPLES: tuple[tuple[str, Lang, str, str, str, str, str, str], ...] = (
    (
        "eviction",
        "en",
        "We want to find the households most at risk of eviction.",
        "Families on the east side are put out of their homes before anyone at the city hears of it.",
        "Renting families in three east side postcodes.",
        "Which thirty households the prevention team phones first each week.",
        "The head of the prevention team.",
        "Court filings and the arrears file of the housing authority.",
    ),
    (
        "property-safety",
        "es",
        "Queremos detectar las propiedades con más riesgo para revisarlas antes.",
        "Las familias de casas viejas del centro viven con techos que se caen y nadie las revisa.",
        "Familias que viven en casas de más de sesenta años del centro.",
        "Qué veinte casas revisan primero los inspectores cada semana.",
        "El jefe de inspección de edificios.",
        "El registro de permisos y las denuncias del 147.",
    ),
    (
        "benefits",
        "pt",
        "Queremos procurar moradores que têm direito a benefícios e não estão inscritos.",
        "Idosos sozinhos passam o mês sem dinheiro para remédio porque não sabem que têm direito ao benefício.",
        "Idosos que moram sozinhos na zona norte.",
        "Quais quarenta idosos as assistentes sociais visitam primeiro cada semana.",
        "A coordenadora do CRAS da zona norte.",
        "O Cadastro Único e a lista de remédios do posto.",
    ),
    (
        "inspection-routes",
        "en",
        "We want better inspection routes so that we respond sooner.",
        "Diners fall ill while kitchens with complaints wait two months for an inspector.",
        "People who eat at the food stalls of the harbour district.",
        "How the six inspectors are spread over the nine districts each morning.",
        "The inspection supervisor.",
        "The complaint log and the inspection tablets.",
    ),
    (
        "outreach-staff",
        "es",
        "Queremos repartir al personal de calle según la demanda que se espera en cada barrio.",
        "Las personas que duermen en la calle pasan noches heladas sin que nadie llegue a su barrio.",
        "Personas sin techo de los barrios del sur.",
        "Cómo se reparten los ocho equipos de calle entre los barrios cada noche.",
        "La jefa del turno de noche.",
        "El registro de recorridos y las llamadas al 108.",
    ),
    (
        "caseloads",
        "pt",
        "Queremos equilibrar os casos entre as equipes.",
        "Crianças em risco esperam semanas pela visita porque uma equipe tem o dobro de casos da outra.",
        "Crianças acompanhadas pelo conselho na zona leste.",
        "Como os casos novos são distribuídos entre as cinco equipes toda segunda-feira.",
        "A supervisora do serviço de proteção.",
        "O sistema de casos e as fichas de visita.",
    ),
    (
        "caseworker-tasks",
        "en",
        "We want to help caseworkers see which tasks come first each day.",
        "Mothers with newborns miss help because urgent messages sink in a caseworker's list.",
        "Mothers with newborns in the family service.",
        "Which task each caseworker takes up next during the day.",
        "Each caseworker, with the shift supervisor.",
        "The case system and the message log.",
    ),
    (
        "backlogs",
        "es",
        "Queremos que las jefaturas vean a tiempo dónde se acumulan los expedientes.",
        "Los comerciantes del mercado esperan cuatro meses por su licencia y pierden la temporada.",
        "Comerciantes del mercado central que piden licencia.",
        "Qué expedientes pasa la supervisora a otra mesa cada mediodía.",
        "La supervisora de licencias.",
        "El sistema de expedientes.",
    ),
    (
        "shared-cases",
        "pt",
        "Queremos que duas equipes que atendem a mesma família trabalhem juntas.",
        "Famílias contam a mesma história três vezes e desistem do acompanhamento.",
        "Famílias atendidas ao mesmo tempo pela saúde e pela assistência.",
        "O que cada atendente faz em seguida quando a outra equipe já visitou a família.",
        "As atendentes das duas equipes.",
        "O prontuário e o sistema da assistência.",
    ),
    (
        "intake",
        "en",
        "We want to redesign intake and referral so that people wait less.",
        "People who ask for home care fill in the same form at three desks and wait ten weeks.",
        "Older people who ask for home care after a hospital stay.",
        "Which steps of the referral are joined at one desk and which are dropped.",
        "The head of the intake service.",
        "The referral register and the desk queue system.",
    ),
    (
        "drop-off",
        "es",
        "Queremos saber en qué paso la gente abandona el programa y por qué.",
        "Las jóvenes dejan el curso de oficios al segundo mes porque el horario choca con la guardería.",
        "Madres jóvenes inscritas en el curso municipal de oficios.",
        "Qué paso del recorrido se cambia primero para que sigan en el curso.",
        "La directora del programa de empleo.",
        "Las planillas de asistencia y las fichas de inscripción.",
    ),
    (
        "languages",
        "pt",
        "Queremos facilitar o acesso de quem fala outra língua.",
        "Imigrantes haitianos saem do posto sem vacina porque ninguém entende o que pedem.",
        "Imigrantes haitianos do bairro do porto.",
        "Como o acolhimento recebe quem não fala português, da fila à consulta.",
        "A gerente do posto de saúde.",
        "O registro de atendimentos do posto.",
    ),
    (
        "shelter-model",
        "en",
        "We want to model how different shelter sites would change the flow.",
        "Families wait eleven nights in a corridor before a shelter place comes free.",
        "Families with children who ask for shelter.",
        "Which of two shelter sites opens first, or neither, after the model is compared with last winter.",
        "The director of homeless services.",
        "The shelter nights register and the hotline log.",
    ),
    (
        "eligibility-pilot",
        "es",
        "Queremos probar un cambio de requisito con un grupo pequeño antes de aplicarlo a todos.",
        "Las familias que venden en la feria pierden la beca de comedor por un papel que no tienen.",
        "Familias de feriantes con hijos en la escuela.",
        "Si se mantiene el requisito nuevo, se ajusta o se vuelve al anterior después de la prueba.",
        "La secretaria de Educación.",
        "El padrón de becas y las solicitudes rechazadas.",
    ),
    (
        "strategies",
        "pt",
        "Queremos comparar formas de organizar a coleta simulando cada uma.",
        "O lixo fica três dias na calçada das ruas estreitas e atrai ratos para dentro das casas.",
        "Moradores das ruas estreitas do morro.",
        "Qual dos dois modelos de coleta a cidade adota depois da simulação e do teste.",
        "O secretário de Serviços Urbanos.",
        "O GPS dos caminhões e as reclamações do 156.",
    ),
)
"""Name, language, the one line, then problem, residents, decision, who decides, and data."""


@pytest.mark.parametrize("example", EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_an_example_of_the_booklet_becomes_a_brief(product: Product, example: tuple[str, ...]) -> None:
    """B63-B67: from one line to a brief with nothing missing in at most fourteen questions, and it is a fit."""
    name, lang, line, problem, residents, decision, decider, data = example
    said: Lang = lang  # type: ignore[assignment]
    answers = {
        **COMMON[said],
        "resident_problem": problem,
        "affected_residents": residents,
        "decision": decision,
        "decision_maker": decider,
        "users": decider,
        "data_sources": data,
    }

    turns = play(product.assistant, Applicant(name=name, lang=said, opening=line, answers=answers))

    asked = [t.asked for t in turns if t.asked]
    assert turns[-1].outcome == "brief"
    assert turns[-1].brief is not None
    assert len(asked) == len(set(asked)) <= 14
    assert turns[-1].judgement.missing == ()
    assert turns[-1].judgement.fit.verdict == "fit"
