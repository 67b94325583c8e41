"""Ten applicants from ten services: who they are, how they open, what they answer."""

from __future__ import annotations

from tests.applicants import Applicant

APPLICANTS = (
    Applicant(
        name="eviction-en",
        lang="en",
        opening="Tenants in the east side are evicted before anyone at the city hears about it.",
        answers={
            "decision": "Which thirty households the prevention team phones first each week, instead of waiting for "
            "them to walk in.",
            "decision_maker": "The head of the housing prevention team.",
            "users": "The four prevention caseworkers.",
            "data_sources": "Court filings, water shut-off notices and the rent arrears file of the housing authority.",
            "constraints": "Four caseworkers, and a privacy rule that keeps arrears data inside the housing authority.",
            "test_plan": "For six weeks two caseworkers use the list and two work as before, and we compare.",
            "success_indicators": "Fewer filings that end in an eviction among the households we phoned.",
            "affected_residents": "Families renting in the three east side postcodes.",
            "delivery_owner": "The deputy head of housing coordinates it two days a week.",
            "executive_sponsor": "The city manager asked for it and freed the caseworkers' time.",
            "risks": "A family might feel watched, and landlords could learn who is on the list.",
            "problem_expertise": "Two caseworkers with fifteen years on that service.",
            "data_capability": "One analyst who knows the arrears file.",
            "population": "About 240,000 residents.",
        },
        expect_type="who_to_focus_on",
    ),
    Applicant(
        name="snow-en",
        lang="en",
        opening=(
            "After each storm people on the hill cannot get out for three days. Every night the duty manager splits "
            "eleven ploughs between six districts by habit. We would like the split to follow road sensors and "
            "ambulance calls, within the overtime limit."
        ),
        answers={
            "success_indicators": "Hours until the last hill street is passable.",
            "test_plan": "Two storms with the new split in three districts and the old split in the others.",
            "delivery_owner": "The winter operations office runs it.",
            "affected_residents": "Older people in the hill districts.",
            "executive_sponsor": "The public works director backs it.",
            "mayor_term_end": "December 2029",
        },
        expect_type="where_to_invest",
    ),
    Applicant(
        name="dashboard-turned-en",
        lang="en",
        opening=(
            "We want a public dashboard with all our park indicators in green, amber and red on a big screen in the "
            "lobby. It is for transparency; nobody's work will change because of it."
        ),
        answers={
            "decision": "The park foreman would pick which five playgrounds get repaired this week instead of going "
            "by complaints.",
            "decision_maker": "The park foreman.",
            "users": "Two repair crews.",
            "resident_problem": "Children are hurt on broken swings that wait for months.",
            "test_plan": "Try the weekly pick in one district for two months against the usual order.",
            "data_sources": "Inspection tablets and the clinic's injury notes.",
            "constraints": "Two crews and one van.",
            "delivery_owner": "The parks department's maintenance office leads it.",
        },
        opens_as="poor_fit",
        expect_type="who_to_focus_on",
    ),
    Applicant(
        name="knows-little-en",
        lang="en",
        opening="People in our town are unhappy with the buses and we would like to use data to help.",
        answers={"resident_problem": "Night-shift workers wait over an hour at the depot stop."},
    ),
    Applicant(
        name="nurse-visits-es",
        lang="es",
        opening="En el barrio San Martín las personas mayores que viven solas esperan meses por una visita de la "
        "enfermera.",
        answers={
            "decision": "A qué veinte personas visita primero cada enfermera el lunes.",
            "decision_maker": "La coordinadora del centro de salud.",
            "users": "Las seis enfermeras de terreno.",
            "data_sources": "La ficha clínica electrónica, las altas del hospital y el padrón municipal.",
            "constraints": "Seis enfermeras y un solo vehículo, y la ficha no puede salir del centro.",
            "test_plan": "Durante un mes, tres enfermeras usan la lista y tres siguen como siempre.",
            "success_indicators": "Menos personas mayores internadas por heridas o caídas.",
            "affected_residents": "Personas mayores de 75 años que viven solas en San Martín.",
            "delivery_owner": "La Dirección de Salud municipal coordina el proyecto.",
            "executive_sponsor": "La alcaldesa lo pidió y liberó horas del equipo.",
            "risks": "Quien no está en la ficha quedaría invisible.",
            "problem_expertise": "Dos enfermeras que llevan diez años en el barrio.",
            "data_capability": "Un analista del hospital.",
            "population": "Unos 180 mil habitantes.",
        },
        expect_type="who_to_focus_on",
    ),
    Applicant(
        name="policy-test-es",
        lang="es",
        opening=(
            "Las familias que venden en la feria pierden el puesto cuando se atrasan un mes con la tasa. Queremos "
            "probar con cuarenta familias el cobro semanal hasta junio, y después el Concejo resuelve si se queda "
            "el cobro semanal o se vuelve al mensual."
        ),
        answers={
            "data_sources": "El registro de cobros de la feria y las bajas de puestos.",
            "success_indicators": "Cuántas familias conservan el puesto al cabo de seis meses.",
            "constraints": "La ordenanza pide treinta días de aviso.",
            "delivery_owner": "La oficina de ferias lleva el proyecto.",
        },
        expect_type="policy_path",
    ),
    Applicant(
        name="city-ai-es",
        lang="es",
        opening=(
            "La intendencia quiere una estrategia de inteligencia artificial para toda la ciudad, que abarque todas "
            "las áreas y convierta al municipio en referente. El documento estará listo en diciembre."
        ),
        opens_as="poor_fit",
    ),
    Applicant(
        name="school-transport-pt",
        lang="pt",
        opening="As crianças da zona rural chegam atrasadas à escola porque o ônibus não passa onde deveria.",
        answers={
            "decision": "Como distribuir os nove ônibus entre as quatorze rotas a cada mês.",
            "decision_maker": "O gerente de transporte escolar da Secretaria de Educação.",
            "users": "O gerente de transporte e os motoristas.",
            "data_sources": "O GPS dos ônibus e a lista de matrículas com endereço.",
            "constraints": "Nove ônibus, doze motoristas e o contrato de combustível.",
            "test_plan": "Um mês com a nova distribuição em quatro rotas e a antiga nas outras.",
            "success_indicators": "Menos alunos que chegam depois do sinal.",
            "affected_residents": "Alunos das comunidades do Ribeirão e da Serra.",
            "delivery_owner": "A coordenação de transporte da Secretaria conduz o projeto.",
            "executive_sponsor": "A secretária de Educação apoia e liberou horas da equipe.",
            "risks": "Rotas pequenas podem ficar sem ônibus.",
            "mayor_term_end": "dezembro de 2028",
        },
        expect_type="where_to_invest",
    ),
    Applicant(
        name="drop-off-pt",
        lang="pt",
        opening=(
            "Mães com bebê de colo desistem do Bolsa Creche porque o cadastro tem seis etapas em três prédios. A "
            "equipe do CRAS quer redesenhar o caminho do pedido, com um único guichê, e ver em qual etapa as mães "
            "param."
        ),
        answers={
            "data_sources": "O sistema de protocolos e as fichas do CRAS.",
            "test_plan": "Dois CRAS com guichê único por dois meses, os outros como hoje.",
            "success_indicators": "Quantos pedidos começados chegam ao fim.",
            "decision_maker": "A diretora de Assistência Social.",
            "delivery_owner": "A diretoria de Assistência Social coordena o projeto.",
            "constraints": "Duas atendentes por CRAS.",
        },
        expect_type="service_pathways",
    ),
    Applicant(
        name="camera-purchase-pt",
        lang="pt",
        opening=(
            "Queremos comprar 400 câmeras com reconhecimento facial. O edital já está pronto e a instalação será "
            "feita de uma só vez em todos os bairros, sem período de teste."
        ),
        answers={
            "test_plan": "Antes de comprar, testar por dois meses dez câmeras emprestadas em dois terminais.",
            "resident_problem": "Passageiros são assaltados nos terminais à noite.",
            "decision": "Se a guarda manda a ronda ao terminal quando a câmera avisa, ou segue a escala fixa.",
            "decision_maker": "O inspetor de plantão da guarda municipal.",
            "users": "As duplas de ronda.",
            "delivery_owner": "A Secretaria de Segurança conduz o teste.",
        },
        opens_as="poor_fit",
    ),
)
