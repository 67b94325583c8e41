"""Words of municipal life that mean the same, within and across the three languages.

The encoder knows English best and a search by words knows no synonyms; the glossary lends a query both. Each line
is one idea: English | Spanish | Portuguese, the plainest English word first, because it stands for the idea when a
query is put into English. Words are compared by their stems, and short phrases count as one word.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from assistant.domain import LANGS, Lang
from assistant.retrieval.lexical import stems

Stems = tuple[str, ...]


class Idea(NamedTuple):
    """One line of the glossary."""

    en: tuple[str, ...]
    es: tuple[str, ...]
    pt: tuple[str, ...]

    def at(self, lang: Lang) -> tuple[str, ...]:
        """The words for it in one language."""
        return self.en if lang == "en" else self.es if lang == "es" else self.pt


class Reading(NamedTuple):
    """What the glossary makes of a query."""

    others: str
    """Other words of the query's language for the same ideas; empty when it knows none of them."""
    english: str
    """The ideas in English, in the order of the query; empty when it knows none of them."""


LONGEST = 3
"""Stems of the longest phrase."""


def read(query: str, lang: Lang) -> Reading:
    """The query's ideas in other words and in English."""
    wanted = stems(query, lang)
    ideas = list(
        dict.fromkeys(idea for start in range(len(wanted)) for idea in _ideas_at(wanted, start, lang))
    )
    others = [word for idea in ideas for word in idea.at(lang)]
    known = set(wanted)
    new = [word for word in others if not known.issuperset(stems(word, lang))]
    return Reading(others=" ".join(dict.fromkeys(new)), english=" ".join(idea.en[0] for idea in ideas))


@lru_cache(maxsize=5_000)
def synonyms(stem: str, lang: Lang) -> tuple[frozenset[str], ...]:
    """The stems of each other word for the ideas that a stem may stand for."""
    words = [word for idea in _table(lang).get((stem,), ()) for word in idea.at(lang)]
    return tuple(frozenset(found) for word in words if (found := stems(word, lang)))


def _ideas_at(wanted: list[str], start: int, lang: Lang) -> tuple[Idea, ...]:
    for length in range(LONGEST, 0, -1):
        phrase = tuple(wanted[start : start + length])
        if len(phrase) == length and (ideas := _table(lang).get(phrase)):
            return ideas
    return ()


@cache
def _table(lang: Lang) -> dict[Stems, tuple[Idea, ...]]:
    table: dict[Stems, tuple[Idea, ...]] = {}
    for idea in _ideas():
        for word in idea.at(lang):
            phrase = tuple(stems(word, lang))
            if phrase and idea not in table.get(phrase, ()):
                table[phrase] = (*table.get(phrase, ()), idea)
    return table


@cache
def _ideas() -> tuple[Idea, ...]:
    lines = (line.split("|") for line in _LINES.strip().splitlines())
    return tuple(Idea(*(tuple(w.strip() for w in part.split(",")) for part in line)) for line in lines)


assert len(LANGS) == 3  # noqa: S101 - a fourth language needs a fourth column

# ruff: noqa: E501 - one idea, one line
_LINES = """
child, children, kid, infant, toddler | niño, niña, chico, chica, infancia, menor, pequeño, bebé | criança, menino, menina, infância, bebê, pequeno
teenager, adolescent, youth, young people | adolescente, joven, jóvenes, juventud, muchacho, muchacha | adolescente, jovem, jovens, juventude, rapaz, moça, garoto, garota
older people, elderly, senior, pensioner, old folks | adulto mayor, persona mayor, anciano, jubilado, tercera edad, vejez | idoso, pessoa idosa, aposentado, terceira idade, velhice
woman, women | mujer, señora | mulher, senhora, moça
pregnant, pregnancy, maternal | embarazo, embarazada, gestante | gravidez, grávida, gestante
baby mortality, infant death | mortalidad infantil | mortalidade infantil
family, household | familia, hogar | família, lar, domicílio
resident, citizen, neighbour, people | residente, vecino, ciudadano, habitante, gente | morador, cidadão, munícipe, habitante, gente
poor, poverty, low-income, vulnerable, needy | pobre, pobreza, vulnerable, bajos ingresos, carenciado, humilde | pobre, pobreza, vulnerável, baixa renda, carente
migrant, immigrant, refugee, newcomer | migrante, inmigrante, refugiado | migrante, imigrante, refugiado
disability, disabled | discapacidad, discapacitado | deficiência, deficiente
language, translation, multilingual | idioma, lengua, traducción, multilingüe | idioma, língua, tradução, multilíngue
home, house, housing, dwelling, flat, apartment | vivienda, casa, hogar, techo, departamento | moradia, casa, habitação, lar, teto, apartamento
rent, tenant, renter, lease | alquiler, inquilino, arriendo, arrendatario, renta | aluguel, inquilino, locação, locatário
landlord, owner | propietario, dueño, casero, arrendador | proprietário, dono, senhorio, locador
eviction, evicted, lose home | desalojo, desahucio, perder la vivienda | despejo, perder a moradia
homeless, homelessness, rough sleeper, sleeping rough, unhoused | situación de calle, sin hogar, sin techo, indigente, personas sin hogar, dormir en la calle | situação de rua, sem-teto, morador de rua, sem moradia, dormir na rua
shelter, hostel | albergue, refugio, hogar de paso | abrigo, albergue, acolhimento
vacant, abandoned, empty, derelict, blight | abandonado, baldío, vacío, deteriorado, deterioro | abandonado, vazio, baldio, deteriorado, degradado
property, land, plot, title deed | propiedad, terreno, lote, predio, título, escritura | propriedade, terreno, lote, imóvel, título, escritura
informal settlement, slum | asentamiento, villa, barrio popular, informal | favela, comunidade, assentamento, ocupação irregular, periferia
illegal construction, irregular building, unlicensed, against the rules | construcción irregular, obra clandestina, sin licencia, fuera de norma | construção irregular, obra clandestina, sem licença, obra irregular, fora das regras
building, construction, work site | edificio, construcción, obra | prédio, edifício, construção, obra
permit, licence, license | permiso, licencia, habilitación, autorización | alvará, licença, autorização
zoning, land use, planning | zonificación, uso del suelo, planificación, urbanismo | zoneamento, uso do solo, planejamento, urbanismo
health, medical, care | salud, médico, sanitario, atención | saúde, médico, sanitário, atendimento
hospital, clinic, health centre | hospital, clínica, consultorio, centro de salud, ambulatorio | hospital, clínica, posto de saúde, unidade de saúde, ambulatório
emergency room, casualty, triage | guardia, urgencias, sala de emergencias, triaje | pronto-socorro, urgência, pronto atendimento, triagem
emergency call, 911, dispatch | llamada de emergencia, 911, despacho, auxilio | chamada de emergência, 190, 192, socorro, despacho
ambulance, paramedic | ambulancia, paramédico | ambulância, SAMU, paramédico
vaccine, vaccination, dose, immunisation, jab, shot | vacuna, vacunación, dosis, inmunización | vacina, vacinação, dose, imunização
dengue, mosquito, zika | dengue, mosquito, zancudo, zika | dengue, mosquito, Aedes, zika
outbreak, epidemic, infection, disease, illness, sick | brote, epidemia, infección, enfermedad, enfermo | surto, epidemia, infecção, doença, doente, enfermo
treatment, medicine, medication, therapy | tratamiento, medicamento, remedio, terapia | tratamento, medicamento, remédio, terapia
mental health, mental breakdown, behavioural, psychiatric | salud mental, crisis de salud mental, psiquiátrico, psicológico | saúde mental, crise psíquica, psiquiátrico, psicológico
drug, opioid, overdose, addiction, substance use | droga, opioide, sobredosis, adicción, consumo, vicio | droga, opioide, overdose, dependência, vício
asthma, air pollution, smog | asma, contaminación del aire, aire, esmog | asma, poluição do ar, ar, poluição
heat, heatwave | calor, ola de calor | calor, onda de calor
patient | paciente | paciente
doctor, nurse | médico, enfermera, doctor | médico, enfermeira, doutor
suicide | suicidio | suicídio
school, class, classroom | escuela, colegio, clase, aula, liceo | escola, colégio, aula, turma
student, pupil | estudiante, alumno | estudante, aluno
drop out, dropout, absence, absenteeism, truancy, stop attending | abandono, deserción, ausencia, ausentismo, dejar la escuela, inasistencia | evasão, abandono, ausência, faltas, deixar a escola
teacher | docente, maestro, profesor | professor, docente
daycare, nursery, childcare, creche, preschool | guardería, jardín, jardín maternal, sala cuna, preescolar | creche, pré-escola, educação infantil, berçário
school meal, food, groceries, hunger, hungry | comida, alimento, merienda, comedor, hambre | merenda, alimento, comida, alimentação, fome
university, academic, research, study | universidad, académico, investigación, estudio | universidade, acadêmico, pesquisa, estudo
bus, public transport, transit | autobús, bus, colectivo, ómnibus, micro, camión, transporte público | ônibus, transporte público, coletivo, condução
train, metro, rail | tren, metro, subte | trem, metrô
passenger, rider, commuter | pasajero, usuario, viajero | passageiro, usuário
bicycle, bike, cycling, bike share | bicicleta, bici, ciclista | bicicleta, bike, ciclista
taxi, ride | taxi, viaje | táxi, viagem, corrida
driver, motorist | conductor, chofer, automovilista | motorista, condutor
traffic, congestion, jam | tránsito, tráfico, congestión, embotellamiento, atasco, trancón | trânsito, tráfego, congestionamento, engarrafamento
traffic light, signal | semáforo, señal, luces | semáforo, sinal, farol, sinaleira
speed, speeding | velocidad, exceso de velocidad | velocidade, excesso de velocidade
crash, accident, collision, road death | choque, accidente, siniestro vial, atropello, colisión | acidente, colisão, atropelamento, batida
road, street, pavement | calle, vía, calzada, pavimento, camino | rua, via, pavimento, asfalto, estrada
pothole | bache, hueco, pozo | buraco, cratera
sidewalk, kerb, pavement | acera, vereda, banqueta, andén | calçada, passeio
pedestrian, walk, on foot | peatón, caminar, a pie, senda | pedestre, caminhar, a pé
parking | estacionamiento, aparcar | estacionamento, vaga
street light, lighting, lamp, dark | alumbrado, luminaria, iluminación, farola, oscuro | iluminação, luminária, poste, escuro
police, officer, patrol | policía, agente, patrulla, patrullaje, oficial | polícia, policial, guarda, patrulha, patrulhamento
crime, robbery, theft, offence | delito, crimen, robo, hurto, delincuencia | crime, roubo, furto, assalto, delito
violence, homicide, gun, shooting | violencia, homicidio, arma, balacera | violência, homicídio, arma, tiroteio
domestic violence, abuse, beaten, gender violence | violencia familiar, violencia de género, violencia doméstica, maltrato, golpes, golpear | violência doméstica, violência contra a mulher, agressão, maus-tratos
femicide | feminicidio, femicidio | feminicídio
harassment, bullying, intimidation | acoso, hostigamiento, intimidación | assédio, intimidação, perseguição
safe, safety, fear, afraid, unsafe | seguridad, seguro, miedo, temor, inseguro, inseguridad | segurança, seguro, medo, temor, inseguro
camera, video, surveillance | cámara, video, vigilancia | câmera, vídeo, vigilância
facial recognition, face match | reconocimiento facial | reconhecimento facial
court, judge, justice, hearing | tribunal, juzgado, juez, justicia, audiencia | tribunal, juiz, justiça, audiência, fórum
fine, ticket, penalty, summons | multa, infracción, citación | multa, infração, intimação
jail, prison, arrest | cárcel, prisión, detención, arresto | prisão, cadeia, detenção
fire, burning, smoke | incendio, fuego, humo | incêndio, fogo, fumaça
firefighter, fire department | bombero, bomberos | bombeiro, bombeiros
inspection, inspector, inspect | inspección, inspector, fiscalización, verificación | inspeção, fiscal, fiscalização, vistoria
flood, flooding, heavy rain, storm, river | inundación, creciente, crecida, lluvia, tormenta, río, anegamiento | inundação, enchente, alagamento, chuva, temporal, rio
landslide, hillside, slope, mudslide | deslizamiento, alud, derrumbe, ladera, talud, cerro | deslizamento, desabamento, barranco, encosta, morro, ladeira
collapse, roof, unsafe structure | colapso, derrumbe, techo, desplome | desabamento, desabar, telhado, colapso
warning, alert, alarm, early warning | alerta, aviso, alarma, avisar, alerta temprana | alerta, aviso, alarme, avisar, alerta precoce
forest fire, wildfire | incendio forestal | incêndio florestal, queimada
water, tap, drinking water | agua, agua potable, canilla, grifo | água, água potável, torneira
pipe, main, leak, burst, plumbing | tubería, cañería, caño, fuga, rotura, pérdida | tubulação, cano, encanamento, adutora, vazamento, ruptura
lead, toxic | plomo, tóxico | chumbo, tóxico
drought, shortage, saving | sequía, escasez, ahorro | seca, estiagem, escassez, economia
sewage, wastewater, sanitation | alcantarillado, aguas residuales, cloaca, saneamiento | esgoto, saneamento, águas residuais
energy, electricity, power, solar | energía, electricidad, luz, solar | energia, eletricidade, luz, solar
waste, rubbish, garbage, trash, litter, junk, refuse | basura, residuos, desechos, desperdicios | lixo, resíduos, entulho, dejetos
dump, dumping, fly-tipping | basural, vertedero, microbasural, tiradero, botadero | lixão, descarte irregular, despejo, vazadouro, bota-fora
collection, collect, pick-up, truck | recolección, recolectar, recogida, camión | coleta, coletar, recolhimento, caminhão
recycling, compost, organics | reciclaje, compostaje, orgánicos | reciclagem, compostagem, orgânicos
furniture, bulky items | muebles, enseres, voluminosos | móveis, volumosos, inservíveis
beach, bathing, swim, swimmer, bather | playa, baño, bañista, nadar | praia, banho, banhista, nadar
tree, pruning, park, green space | árbol, poda, parque, plaza, área verde | árvore, poda, parque, praça, área verde
snow, ice, winter | nieve, hielo, invierno | neve, gelo, inverno
animal, dog, horse | animal, perro, caballo | animal, cachorro, cão, cavalo
farmer, farming, rural, agriculture | agricultor, campesino, productor, rural, agricultura | agricultor, lavrador, produtor, rural, agricultura
benefit, welfare, social assistance, aid, allowance, entitlement, cash transfer | beneficio, subsidio, ayuda social, asistencia, bono, asignación, prestación | benefício, auxílio, assistência social, bolsa, subsídio
pension, retirement | pensión, jubilación | pensão, aposentadoria
eligible, qualify, entitled | elegible, tener derecho, cumplir requisitos | elegível, ter direito, cumprir requisitos
apply, application, form, paperwork | solicitud, solicitar, formulario, trámite, papeleo, papeles | solicitação, pedido, solicitar, formulário, papelada, requerimento
enrol, register, sign up, registration | inscribir, inscripción, registro, empadronar | inscrever, inscrição, cadastro, cadastrar, matrícula
unemployed, unemployment, jobless, lost job | desempleo, desempleado, paro, perder el empleo, sin trabajo | desemprego, desempregado, perder o emprego, sem trabalho
job, work, employment, worker, shift | empleo, trabajo, trabajador, turno | emprego, trabalho, trabalhador, turno
training, course, skills | capacitación, formación, curso, habilidades | capacitação, formação, curso, habilidades
night, midnight, dawn, early morning | noche, medianoche, madrugada | noite, meia-noite, madrugada
debt, owe, payment, bill, pay | deuda, pago, factura, cuota, pagar | dívida, pagamento, conta, fatura, pagar
tax, revenue, audit | impuesto, tributo, recaudación, fiscal | imposto, tributo, arrecadação, fiscal, IPTU
business, shop, company, commerce | negocio, empresa, comercio, tienda, local | negócio, empresa, comércio, loja
corruption, bribe, fraud | corrupción, soborno, fraude, coima | corrupção, propina, fraude, suborno
procurement, purchase, purchasing, buy, tender, vendor, supplier, contract | compra, comprar, adquisición, contratación, licitación, proveedor, contrato | compra, comprar, aquisição, contratação, licitação, fornecedor, contrato
invoice, receipt | factura, recibo, comprobante | nota fiscal, fatura, recibo
unpaid care, carer, caregiver | cuidado, cuidadora, cuidar, trabajo de cuidado | cuidado, cuidadora, cuidar, trabalho de cuidado
child protection, child welfare, neglect | protección infantil, maltrato infantil, negligencia | proteção à criança, negligência, conselho tutelar
social worker, caseworker | trabajador social, asistente social, gestor de caso | assistente social, técnico social
queue, waiting list, wait, backlog, delay | fila, lista de espera, espera, cola, atraso, demora, rezago | fila, lista de espera, espera, atraso, demora, acúmulo
complaint, request, report, claim, 311 | queja, reclamo, solicitud, denuncia, reporte, pedido | reclamação, queixa, solicitação, denúncia, chamado, pedido
appointment, counter, office | cita, turno, ventanilla, oficina, mostrador | agendamento, hora marcada, balcão, guichê, repartição
procedure, formality, red tape | trámite, procedimiento, gestión, burocracia | procedimento, trâmite, serviço, burocracia
chatbot, assistant, WhatsApp, virtual assistant | chatbot, asistente, WhatsApp, asistente virtual, bot | chatbot, assistente, WhatsApp, assistente virtual, robô
phone call, helpline, hotline, line | llamada, llamar, línea, teléfono, línea de ayuda | ligação, ligar, chamada, telefone, linha, disque
letter, message, text message, SMS, reminder | carta, mensaje, SMS, recordatorio, aviso | carta, mensagem, SMS, torpedo, lembrete
route, schedule, timetable, arrival, on time | ruta, recorrido, horario, itinerario, llegada, puntual | rota, trajeto, horário, itinerário, chegada, pontual
drone, aerial photo, satellite | dron, foto aérea, satélite, imagen aérea | drone, foto aérea, satélite, imagem aérea
sensor, meter, measurement | sensor, medidor, medición | sensor, medidor, medição
prediction, predict, forecast, anticipate | predicción, predecir, pronóstico, anticipar, prever | previsão, prever, prognóstico, antecipar
risk, danger, dangerous | riesgo, peligro, peligroso | risco, perigo, perigoso
map, location, area, place, neighbourhood, district | mapa, ubicación, zona, lugar, barrio, colonia, distrito | mapa, localização, área, lugar, bairro, região, distrito
simulation, model, scenario | simulación, modelo, escenario | simulação, modelo, cenário
experiment, randomised, trial, pilot | experimento, aleatorizado, ensayo, piloto, prueba piloto | experimento, aleatorizado, ensaio, piloto, teste-piloto
dashboard, report, indicator board, visualisation | tablero, panel, reporte, informe, visualización | painel, dashboard, relatório, visualização
data sharing, linked records, joined data | datos compartidos, cruce de datos, registros, expediente | dados compartilhados, cruzamento de dados, registros, prontuário
open data, transparency | datos abiertos, transparencia | dados abertos, transparência
artificial intelligence, AI, machine learning, algorithm | inteligencia artificial, IA, aprendizaje automático, algoritmo | inteligência artificial, IA, aprendizado de máquina, algoritmo
technology, software, system, tool, platform | tecnología, software, sistema, herramienta, plataforma, aplicación | tecnologia, software, sistema, ferramenta, plataforma, aplicativo
prioritise, priority, first, urgent | priorizar, prioridad, primero, urgente | priorizar, prioridade, primeiro, urgente
allocate, distribute, deploy, share out | asignar, distribuir, repartir, reparto | alocar, distribuir, repartir, destinar
resource, budget, scarce, limited | recurso, presupuesto, escaso, limitado | recurso, orçamento, escasso, limitado
decide, decision, choose | decidir, decisión, elegir, escoger | decidir, decisão, escolher, eleger
policy, rule, regulation, law | política, norma, regla, ley, ordenanza | política, norma, regra, lei
strategy, plan, roadmap | estrategia, plan, hoja de ruta | estratégia, plano, roteiro
lead, leads, run, runs, in charge, responsible, head, headed | dirigir, dirige, a cargo, responsable, encabezar, conducir, coordinar | liderar, lidera, conduzir, conduz, responsável, dirigir, coordenar, à frente
organisation, institution, body | organización, institución, organismo, entidad | organização, instituição, órgão, entidade
programme, program, initiative | programa, iniciativa | programa, iniciativa
mayor, mayors | alcalde, alcaldesa, intendente, alcaldía, presidente municipal | prefeito, prefeita
city manager | gerente municipal, City Manager, gerencia municipal | gestor municipal, City Manager, administrador municipal
city government, municipality, city hall, council | municipio, municipalidad, ayuntamiento, gobierno local, intendencia | prefeitura, município, governo local, câmara
senior leader, executive, leadership, management, sponsor | autoridad, dirección, liderazgo, alto cargo, patrocinio, directivo | liderança, alta gestão, direção, patrocínio, dirigente
staff, employee, civil servant, personnel | personal, empleado, funcionario, servidor público | equipe, funcionário, servidor, servidor público, pessoal
frontline, front line | primera línea, ventanilla, terreno | linha de frente, ponta
team, group | equipo, grupo | equipe, time, grupo
role, function, responsibility, task, duty | rol, función, responsabilidad, tarea, papel | papel, função, responsabilidade, tarefa, atribuição
coordinator, coordination, coordinate | coordinador, coordinación, coordinar, enlace | coordenador, coordenação, coordenar
chief data officer, data director, head of data | director de datos, jefe de datos, Chief Data Officer, responsable de datos | diretor de dados, Chief Data Officer, chefe de dados, responsável por dados
commitment, commit, obligation, obliged, required, must, mandatory | compromiso, comprometer, compromete, obligación, obligatorio, exigir | compromisso, comprometer, compromete, obrigação, obrigatório, exigir
requirement, condition, criteria, eligibility, qualify, suited, trait | requisito, condición, criterio, elegibilidad, rasgo, perfil | requisito, condição, critério, elegibilidade, traço, perfil
assessment, evaluate, evaluation, snapshot, review | evaluación, evaluar, diagnóstico, revisión, valorar | avaliação, avaliar, diagnóstico, revisão
term, mandate, office | mandato, período, gestión | mandato, gestão
population, inhabitants, residents, size | población, habitantes, residentes, tamaño | população, habitantes, moradores, tamanho
privacy, personal data, confidential, permission | privacidad, datos personales, confidencial, permiso | privacidade, dados pessoais, confidencial, permissão
step, stage, phase | paso, etapa, fase | passo, etapa, fase
loop, cycle, iteration | ciclo, iteración, vuelta | ciclo, iteração
pathway, path, route, track | ruta, camino, vía, itinerario | trilha, caminho, percurso, rota
scoping, define, narrow | scoping, delimitación, delimitar, definir, acotar | scoping, escopo, delimitar, definir
prototype, mock-up, low-fidelity | prototipo, maqueta, baja fidelidad | protótipo, maquete, baixa fidelidade
test, try, trial, testing | probar, prueba, ensayar, ensayo | testar, teste, experimentar, provar
build, develop, construct | construir, desarrollar, crear | construir, desenvolver, criar
launch, roll out, scale, expand | lanzamiento, lanzar, escalar, ampliar, expandir | lançamento, lançar, escalar, ampliar, expandir
minimum viable product, MVP | producto mínimo viable, MVP, PMV | produto mínimo viável, MVP, PMV
support, help, assistance | apoyo, ayuda, acompañamiento, asistencia | apoio, ajuda, acompanhamento, suporte
coach, coaching, mentor | coach, acompañamiento, mentor, tutor, asesor | mentor, mentoria, coach, acompanhamento, tutor
workshop, session | taller, sesión, jornada | oficina, sessão, workshop
meeting, call, meet, touchpoint | reunión, llamada, encuentro, sesión | reunião, chamada, encontro, sessão
convening, gathering, conference, event | encuentro, convocatoria, conferencia, evento | encontro, conferência, evento
peer, other cities, exchange | par, pares, otras ciudades, intercambio, colega | par, pares, outras cidades, intercâmbio, colega
visit, site visit | visita, visitar | visita, visitar
weekly, week, times a week, frequency, how often | semanal, semana, frecuencia, cada cuánto | semanal, semana, frequência, vezes por semana
date, calendar, when, month | fecha, calendario, cuándo, mes | data, calendário, quando, mês
welcome, orientation, kick-off | bienvenida, orientación, inicio, apertura | boas-vindas, orientação, início, abertura
in person, face to face | presencial, en persona, cara a cara | presencial, pessoalmente
virtual, online, remote | virtual, en línea, por internet, remoto | virtual, on-line, pela internet, remoto
contact, email, mailbox, write | contacto, correo, correo electrónico, buzón, escribir | contato, e-mail, correio, caixa postal, escrever
money, funding, grant, financing, investment, dollars | dinero, fondos, financiamiento, subvención, inversión, dólares | dinheiro, recursos, financiamento, subvenção, investimento, dólares
result, outcome, impact, success | resultado, impacto, éxito, logro | resultado, impacto, sucesso
takeaway, leave with, gain, get out | llevarse, ganar, obtener, aprendizaje | levar, ganhar, obter, aprendizado
fit, accepted, suitable, category, belong | encajar, encaja, aceptar, acepta, adecuado, sirve | encaixar, encaixa, aceitar, adequado, serve
category, type, kind | categoría, tipo, clase | categoria, tipo
example, sample, illustration | ejemplo, muestra, ilustración | exemplo, amostra
project, use case | proyecto, caso de uso | projeto, caso de uso
goal, objective, aim, purpose, target | objetivo, meta, propósito, finalidad | objetivo, meta, propósito, finalidade
recommendation, recommend, advice | recomendación, recomendar, recomienda, consejo | recomendação, recomendar, recomenda, conselho
capability, capacity, ability | capacidad, competencia | capacidade, competência
ownership, owner, sustain, maintain, continue | dueño, propiedad, sostener, mantener, continuidad | dono, responsável, sustentar, manter, continuidade
tool, communication channel, chat, Slack, Teams | canal, comunicación, mensajería, comunicar | canal, comunicação, mensageria, aplicativo
before, earlier, previous, former, originally | antes, anterior, previo, antiguo, originalmente | antes, anterior, prévio, antigo, originalmente
since, start, begin, began, beginning | desde, inicio, comienzo, comenzar, empezar, empieza | desde, início, começo, começar, iniciar
end, finish, conclude, close | fin, final, terminar, concluir, cierre | fim, final, terminar, concluir, encerramento
stop, quit, give up, interrupt, abandon | dejar, abandonar, interrumpir, parar | parar, deixar, abandonar, interromper, largar
lack, missing, absent, without, gap | faltar, falta, carecer, carencia | faltar, falta, carecer, lacuna
ready, readiness, prepared | listo, preparado, preparación | pronto, preparado, preparo
duration, last, days, how long | durar, duración, días, cuánto dura | durar, duração, dias, quanto dura
first group, cohort, first cities, initial | primer grupo, cohorte, primera generación, inicial | primeira turma, coorte, primeiro grupo, inicial
pandemic, COVID-19, coronavirus | pandemia, COVID-19, coronavirus | pandemia, COVID-19, coronavírus
volunteer, community service | voluntario, voluntariado | voluntário, voluntariado
competition, contest, challenge, award | concurso, competencia, desafío, premio | concurso, competição, desafio, prêmio
partner, partnership, ally | socio, alianza, colaboración, aliado | parceiro, parceria, colaboração
participatory, public engagement, consultation | participación, participativo, consulta | participação, participativo, consulta
cardiac arrest, heart attack | paro cardíaco, infarto | parada cardíaca, infarto
HIV, AIDS | VIH, sida | HIV, aids
maintenance, repair, breakdown | mantenimiento, reparación, avería, arreglo | manutenção, reparo, conserto, quebra
credit, income, earnings, salary | ingreso, salario, sueldo, ganar | renda, salário, rendimento
"""
