"""Three verdicts side by side, the questions by what they could change, residents, AI, and words that never decide."""

from __future__ import annotations

import re

import pytest

from assistant.coaching.checks import ai_note, staff_only
from assistant.coaching.readiness import indicated, readiness
from assistant.coaching.value import values
from assistant.domain import LANGS, Conversation, CriterionFinding, Evidence, Fit, Lang, Message, Text
from assistant.judging.base import NOTHING
from assistant.questions import next_question
from assistant.wiring import Product

NO_FLAG = Fit(verdict="fit", confidence=1.0)


def stated(*ids: str) -> dict[str, Evidence]:
    """A record in which these elements are stated."""
    return {id: Evidence(state="stated", value="x", quote="x", turn=1) for id in ids}


def denied() -> Evidence:
    """An answer that says there is none."""
    return Evidence(state="vague", value="None.", quote="None.", turn=2, denied=True)


def saying(text: str, lang: Lang) -> Conversation:
    """A conversation of one message."""
    return Conversation(lang=lang, turn=1, messages=(Message(turn=1, text=text),))


# --- three verdicts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Older people in the hills wait five months for a nurse.",
        "Small shops wait ninety days for a permit and give up.",
        "Los vecinos del cerro pasan tres días sin agua cada semana.",
        "La gente hace fila desde las cuatro de la mañana para un turno y muchos se vuelven sin atención.",
        "Os ônibus da zona norte passam lotados e as mães chegam atrasadas ao trabalho.",
        "As famílias da baixada perdem móveis a cada chuva e ninguém decide nada.",
    ],
)
def test_a_problem_alone_is_no_fit_yet(product: Product, text: str) -> None:
    """Most conversations begin so; a fit is what has a decision that somebody would make differently."""
    turn = product.assistant.respond(Conversation(), text)

    assert turn.judgement.fit.verdict == "needs_work"
    assert turn.judgement.type.primary is None
    assert turn.asked == "decision"


@pytest.mark.parametrize(
    ("words", "sure", "verdict"), [(12, 0.9, "needs_work"), (80, 0.3, "needs_work"), (80, 0.9, "fit")]
)
def test_only_a_long_text_can_hide_the_decision_of_a_fit(
    product: Product, words: int, sure: float, verdict: str
) -> None:
    """A fit without a decision on record is a proposal whose type is plain."""
    rules = product.assistant.rules
    first, *others = (t.id for t in rules.programme.types)
    reading = NOTHING.model_copy(
        update={
            "fit": {"fit": 0.7, "needs_work": 0.25, "poor_fit": 0.05},
            "types": {first: sure, **{id: (1 - sure) / len(others) for id in others}},
        }
    )
    said = saying("wait " * words, "en")

    judgement = rules.judge(
        said, reading, (), product.assistant.judge.engine, "en", today=product.assistant.today()
    )

    assert judgement.fit.verdict == verdict
    assert (judgement.type.primary == first) == (verdict == "fit")


@pytest.mark.parametrize("lang", LANGS)
def test_each_verdict_shows_what_it_rests_on(product: Product, lang: Lang) -> None:
    """Beyond 2 and 4, B06, B19, B40: fit, eligibility and readiness stand apart, each with a state and a source."""
    text = {
        "en": "Families wait months for a repair. Each Monday the supervisor picks which twenty flats come first.",
        "es": "Las familias esperan meses por un arreglo. Cada lunes la jefa elige qué veinte viviendas van primero.",
        "pt": "As famílias esperam meses por um reparo. Toda segunda a chefe escolhe quais vinte casas vêm primeiro.",
    }[lang]

    judgement = product.assistant.respond(Conversation(), text).judgement

    checks = {c.id: c for c in judgement.fit.checks}
    assert list(checks) == ["problem", "decision", "owner_or_test"]
    assert checks["problem"].state == checks["decision"].state == "met"
    assert (checks["decision"].quote or "") in text
    assert len(judgement.eligibility) == 7
    assert {c.state for c in judgement.eligibility} == {"unknown"}
    rules = [c.rule for c in (*judgement.fit.checks, *judgement.eligibility)]
    rules += [s.rule for s in judgement.readiness.signals if s.rule is not None]
    assert len(rules) == 3 + 7 + 7
    assert all(r.quote in product.passages(r.id, lang).text for r in rules)
    assert not hasattr(judgement, "score")


@pytest.mark.parametrize("lang", LANGS)
def test_each_gap_maps_to_a_support_the_sources_name(product: Product, lang: Lang) -> None:
    """B20, B76, G05, G06: every gap of a city that builds capacity gets what the sources name, word for word cited."""
    gaps = ("data_sources", "data_capability", "delivery_owner", "executive_sponsor", "success_indicators")
    record = dict.fromkeys(gaps, denied())

    found = readiness(record, product.programme, product.words, product.passages, lang)

    assert found.pathway == "capacity_building"
    assert {s.gap for s in found.supports} == set(gaps)
    for support in found.supports:
        passage = product.passages(support.rule.id, lang)
        assert support.rule.quote in passage.text
        assert passage.tier == 1 or passage.status != "superseded"
    named = {s.rule.id.split("/")[-1] for s in found.supports}
    assert {"capacity_building", "innovation_teams", "harvard_leadership"} <= named


def test_what_the_sources_name_nothing_for_gets_nothing(product: Product) -> None:
    """B20: a gap without a named support is left without one, and what is met needs none."""
    record = {"chief_data_officer": denied(), **stated("data_sources")}

    found = readiness(record, product.programme, product.words, product.passages, "en")

    assert not found.supports


def test_a_denial_points_to_capacity_building(product: Product) -> None:
    """B19, B20: "nobody" to three of seven signals points away from implementation; five stated ones towards it."""
    lacking = dict.fromkeys(("data_sources", "data_capability", "delivery_owner"), denied())
    ready = stated("decision", "test_plan", "data_sources", "delivery_owner", "executive_sponsor")

    assert indicated(lacking, product.programme) == "capacity_building"
    assert indicated(ready, product.programme) == "implementation"
    assert indicated({}, product.programme) == "unclear"


PROMISES = re.compile(
    r"\b(you are (admitted|accepted|assigned|approved|selected|eligible|rejected)|you (have been|will be) (admitted"
    r"|accepted|assigned|selected)|we (admit|assign|accept|promise|guarantee)|guaranteed|is not eligible"
    r"|(ha|ha sido|fue|queda|ser[áa]) (admitid|asignad|aceptad|seleccionad|rechazad)\w+|le (asignamos|garantizamos"
    r"|prometemos)|no es elegible|garantizad\w+"
    r"|(foi|fica|ser[áa]) (admitid|designad|aceit|selecionad|recusad|rejeitad)\w+|(garantimos|prometemos)"
    r"|n[ãa]o [ée] eleg[íi]vel|garantid\w+)\b",
    re.IGNORECASE,
)


def test_no_text_admits_assigns_or_promises(product: Product) -> None:
    """B18: of every text of the locale and the programme, in three languages, none decides in the programme's place."""
    texts = [product.words.say(lang, key) for key in product.words.keys for lang in LANGS]
    texts += [t.at(lang) for t in _texts(product.programme) for lang in LANGS]

    assert len(texts) > 1_500
    assert not [t for t in texts if PROMISES.search(t)]
    assert PROMISES.search("You are admitted")
    assert PROMISES.search("Sua cidade foi selecionada")


def _texts(value: object) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [t for item in value for t in _texts(item)]
    if isinstance(value, dict):
        return [t for item in value.values() for t in _texts(item)]
    if hasattr(value, "__pydantic_fields__"):
        return [t for name in type(value).model_fields for t in _texts(getattr(value, name))]
    return []


# --- the next question by value ---------------------------------------------------------------------------


def test_two_near_types_bring_the_fact_that_separates_them(product: Product) -> None:
    """Beyond 6: with two types close together the element that tells them apart comes first, and says so."""
    record = stated("resident_problem", "decision", "decision_maker", "users", "affected_residents")
    near = {"who_to_focus_on": 0.45, "where_to_invest": 0.40, "staff_decisions": 0.15}
    clear = {"who_to_focus_on": 0.80, "where_to_invest": 0.10, "staff_decisions": 0.10}

    def first(types: dict[str, float]) -> tuple[str, tuple[str, ...]]:
        said = Conversation(record=record)
        worth = values(said, NO_FLAG, types, (), product.programme, product.words, "en")
        asked = next_question(said, (), product.programme, "en", limit=14, values=worth)
        assert asked is not None
        return asked.element, asked.could_change

    assert first(near) == ("constraints", ("type",))
    assert first(clear)[0] == "test_plan"


def test_a_borderline_fact_is_asked_before_the_rest(product: Product) -> None:
    """Beyond 6: a population said in passing that lies near the mark is asked for, once, before weaker gaps."""
    rule = product.passages("booklet/eligibility/population", "en").citation()
    near = CriterionFinding(id="population", state="unknown", note="", rule=rule, discuss=True)
    record = stated(*[e for e in product.programme.element_ids if e != "risks"], "population")

    def first(asked: tuple[str, ...]) -> str:
        said = Conversation(record=record, asked=asked)
        worth = values(said, NO_FLAG, {}, (near,), product.programme, product.words, "en")
        question = next_question(said, (), product.programme, "en", limit=14, values=worth)
        assert question is not None
        return question.element

    assert first(()) == "population"
    assert first(("population",)) == "risks"


@pytest.mark.parametrize(
    ("lang", "more"),
    [("en", "Ask me more questions"), ("es", "Más preguntas, por favor"), ("pt", "Mais perguntas")],
)
def test_depth_on_demand_goes_on_past_the_cap(product: Product, lang: Lang, more: str) -> None:
    """Lessons 13, 14: at the cap the questions end; asked for more they go on: what stayed vague, then commitments."""
    ids = (*product.programme.element_ids, *product.programme.fact_ids)
    record = {**stated(*ids), "risks": Evidence(state="vague", value="some", quote="some", turn=1)}
    at_cap = Conversation(lang=lang, turn=15, asked=ids[:14], record=record)

    turn = product.assistant.respond(at_cap, more)
    after = product.assistant.respond(turn.conversation.model_copy(update={"pending": None}), more)

    assert next_question(at_cap, (), product.programme, lang, limit=14) is None
    assert (turn.outcome, turn.asked) == ("question", "risks")
    assert turn.conversation.again == ("risks",)
    assert (after.outcome, after.asked) == ("question", product.programme.commitment_ids[0])


# --- residents and AI -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "only"),
    [
        (
            "en",
            "We want to save our staff time: the clerks waste hours copying forms between two systems.",
            True,
        ),
        ("en", "We want to save staff time so that families get their permit sooner.", False),
        (
            "es",
            "Queremos un proceso interno más rápido: los funcionarios pierden horas copiando planillas.",
            True,
        ),
        ("es", "Los funcionarios pierden horas y las familias esperan semanas por el permiso.", False),
        (
            "pt",
            "Queremos menos papelada: os servidores perdem horas copiando planilhas entre dois sistemas.",
            True,
        ),
        ("pt", "Os servidores perdem horas e as famílias esperam semanas pela licença.", False),
    ],
)
def test_a_gain_of_the_staffs_alone_brings_the_question_of_residents(
    product: Product, lang: Lang, text: str, only: bool
) -> None:
    """Beyond 21, B10: a draft that helps staff alone is asked how a resident would notice."""
    assert staff_only(text, product.cues, lang) == only

    if only:
        turn = product.assistant.respond(Conversation(lang=lang), text)
        question = turn.judgement.next_question
        assert turn.judgement.resident_line is not None
        assert turn.judgement.resident_line.staff_only
        assert question is not None
        if not turn.judgement.fit.flags:
            assert question.text == product.programme.about.resident_line.question.at(lang)


@pytest.mark.parametrize(
    ("lang", "with_ai", "without"),
    [
        ("en", "We would use AI to sort the calls.", "We need no AI for this."),
        ("es", "Usaríamos inteligencia artificial para ordenar las llamadas.", "Lo haremos sin IA."),
        ("pt", "Usaríamos inteligência artificial para ordenar as ligações.", "Faremos sem IA."),
    ],
)
def test_ai_meets_three_conditions_or_is_not_needed(
    product: Product, lang: Lang, with_ai: str, without: str
) -> None:
    """B68: each condition is met or unknown with the booklet's line; doing without AI is a fine answer."""
    programme, cues, rule = product.programme, product.cues, product.passages
    bare = ai_note(saying(with_ai, lang), programme, cues, rule, lang)
    said = saying(with_ai, lang).model_copy(update={"record": stated("decision", "users")})
    fuller = ai_note(said, programme, cues, rule, lang)
    none = ai_note(saying(without, lang), programme, cues, rule, lang)

    assert bare is not None
    assert fuller is not None
    assert none is not None
    assert [c.state for c in bare.checks] == ["unknown"] * 3
    assert [c.state for c in fuller.checks] == ["met", "met", "unknown"]
    assert bare.rule.quote in rule("booklet/types/ai_note", lang).text
    assert (none.checks, none.text) == ((), programme.about.ai.without.at(lang))
    assert ai_note(saying("Families wait.", lang), programme, cues, rule, lang) is None
