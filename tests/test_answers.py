"""Answers from the sources: verbatim, cited, complete, dated, and silent where the sources are."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.answers import sentences
from assistant.domain import LANGS, Answer, Lang
from assistant.retrieval.sources import PassageRecord, load_passages, passage_in
from assistant.wiring import Product
from tests.retrieval.measures import questions, unanswerable


@pytest.fixture(scope="module")
def records(product: Product) -> dict[str, PassageRecord]:
    """Every passage by its id."""
    return {r.id: r for r in load_passages(product.settings.corpus / "passages")}


def sources_of(answer: Answer) -> list[str]:
    """The passages an answer cites, each once."""
    return list(dict.fromkeys(citation.id for citation in answer.citations))


def test_every_line_of_an_answer_stands_in_its_passage(
    product: Product, records: dict[str, PassageRecord]
) -> None:
    """Each citation is a verbatim line of the passage it names, and is shown in the answer."""
    for asked in questions("dev"):
        answer = product.ask(asked.question, asked.lang)

        for citation in answer.citations:
            passage = passage_in(records[citation.id], asked.lang)
            assert citation.quote in passage.text
            assert citation.quote in answer.text
            assert (citation.source, citation.locator) == (passage.source_label, passage.locator)


def test_nothing_is_said_but_lines_labels_and_notes(
    product: Product, records: dict[str, PassageRecord]
) -> None:
    """What remains of an answer without its citations is the name of the source or a note on a conflict."""
    for asked in questions("dev"):
        answer = product.ask(asked.question, asked.lang)
        cited = [passage_in(records[id], asked.lang) for id in sources_of(answer)]
        rest = answer.text
        known = [c.quote for c in answer.citations] + [p.conflict_note for p in cited]
        for line in sorted(known, key=len, reverse=True):
            rest = rest.replace(line, "") if line else rest
        for passage in cited:
            rest = rest.replace(f"{passage.source_label}:", "")

        defined = asked.kind == "definition" and ":" in rest
        assert not answer.found or defined or not rest.strip(), rest


@pytest.mark.parametrize(
    ("question", "lang", "parts"),
    [
        ("What are all the types of projects?", "en", ("1.", "2.", "3.", "4.", "5.")),
        ("¿Cuáles son todos los requisitos?", "es", ("100.000", "mandato", "Chief Data Officer", "equipo")),
        (
            "Quais são todas as datas?",
            "pt",
            ("27 de maio", "1º de junho", "16 de outubro", "janeiro de 2027"),
        ),
        (
            "Which cities were in the first cohort?",
            "en",
            ("Tulsa", "Renca", "Montevideo", "San Pedro Garza García"),
        ),
    ],
)
def test_a_list_is_given_whole(product: Product, question: str, lang: Lang, parts: tuple[str, ...]) -> None:
    """Who asks for all of something is given all of it."""
    answer = product.ask(question, lang)

    assert all(part in answer.text for part in parts), answer.text


@pytest.mark.parametrize("lang", LANGS)
def test_what_is_not_in_the_sources_is_not_answered(product: Product, lang: Lang) -> None:
    """A question about something else gets the refusal, and nothing is cited but a note on what is left open."""
    asked = {
        "en": "What is the tax rate in Texas?",
        "es": "¿Quién ganó el mundial?",
        "pt": "Vai chover amanhã?",
    }

    answer = product.ask(asked[lang], lang)

    assert not answer.found
    assert answer.text.startswith(product.words.say(lang, "reply.not_in_sources"))
    assert all(citation.id.startswith("limits/") for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("In which year is the May 27 call?", "en"),
        ("¿En qué año es la llamada de bienvenida del 27 de mayo?", "es"),
        ("Em que ano é a chamada de boas-vindas?", "pt"),
    ],
)
def test_a_year_that_is_not_printed_is_not_given(product: Product, question: str, lang: Lang) -> None:
    """The year of an event without one stays unsaid; the line that says so may be cited."""
    answer = product.ask(question, lang)

    assert not answer.found
    assert "202" not in answer.text
    assert all(citation.quote in answer.text for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("How much money will our city get?", "en"),
        ("¿Cuánto dinero va a recibir nuestra ciudad?", "es"),
        ("Quanto dinheiro a nossa cidade vai receber?", "pt"),
    ],
)
def test_money_is_history_and_no_promise(
    product: Product, records: dict[str, PassageRecord], question: str, lang: Lang
) -> None:
    """How much a city gets is not said: the refusal names whom to ask, and sums are history under their date."""
    answer = product.ask(question, lang)

    cited = [passage_in(records[id], lang) for id in sources_of(answer)]
    assert not answer.found
    assert [passage.id for passage in cited] == ["limits/money"]
    assert product.words.say(lang, "reply.not_in_sources") in answer.text
    assert "$" not in answer.text


def test_a_conflict_is_disclosed(product: Product) -> None:
    """The number of cities comes with the note that an older article says otherwise."""
    answer = product.ask("How many cities take part?", "en")

    assert "80" in answer.text
    assert "22" in answer.text
    assert sources_of(answer)[0] == "booklet/programme/scale"


def test_a_superseded_plan_never_answers_for_the_present(
    product: Product, records: dict[str, PassageRecord]
) -> None:
    """A present question gets what holds; what no longer does comes behind it, under its source and date."""
    present = [
        ("Are there 100 cities in the Alliance?", "en"),
        ("¿El programa ofrece formación ejecutiva para alcaldes?", "es"),
        ("O programa treina primeiro os prefeitos?", "pt"),
    ]
    for question, lang in present:
        answer = product.ask(question, lang)  # type: ignore[arg-type]

        cited = sources_of(answer)
        assert records[cited[0]].status == "current"
        for old in (records[id] for id in cited if records[id].status == "superseded"):
            label = old.label.at(lang)  # type: ignore[arg-type]
            assert f"{label}: " in answer.text
            assert old.conflict_note.at(lang) in answer.text  # type: ignore[arg-type]

    past = product.ask("How did the programme work at launch?", "en")
    assert "first-cohort/launch/earlier_model" in sources_of(past)


@pytest.mark.parametrize(
    ("question", "lang", "term"),
    [
        ("What is an MVP?", "en", "mvp"),
        ("what does baseline mean", "en", "baseline"),
        ("¿Qué es un prototipo?", "es", "prototype"),
        ("¿Qué significa sesgo?", "es", "bias"),
        ("O que é uma clínica entre pares?", "pt", "peer_clinic"),
        ("O que quer dizer MVP?", "pt", "mvp"),
    ],
)
def test_words_of_the_programme_are_explained(product: Product, question: str, lang: Lang, term: str) -> None:
    """Who asks what a word means is told in plain words."""
    meaning = next(t.definition.at(lang) for t in product.programme.glossary if t.id == term)

    answer = product.ask(question, lang)

    assert answer.found
    assert meaning in answer.text


def test_a_question_about_a_word_is_not_taken_for_its_meaning(product: Product) -> None:
    """A question that only contains a word of the glossary is answered from the sources."""
    answer = product.ask("What is the MVP workshop for?", "en")

    assert "booklet/loops/solution_build_support" in sources_of(answer)


def test_any_name_of_the_programme_gets_the_same_answer(product: Product) -> None:
    """The long name, the short name, the initials and "the programme" are one."""
    names = (
        "the Bloomberg Philanthropies City Data Alliance",
        "the City Data Alliance",
        "the CDA",
        "the programme",
    )

    answers = {product.ask(f"Who leads {name}?", "en") for name in names}

    assert len(answers) == 1


def test_a_lower_source_does_not_overrule_the_booklet(product: Product) -> None:
    """Where the about page and the booklet differ, the booklet comes first and the difference is told."""
    answer = product.ask("Is an in-person convening held, and where?", "en")

    assert sources_of(answer)[0] == "booklet/calendar/lead_convening"
    assert "senior leaders" in answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(max_size=300), lang=st.sampled_from(LANGS))
def test_any_text_gets_an_answer_or_a_refusal(product: Product, question: str, lang: Lang) -> None:
    """No text breaks the answer, and nothing found means nothing cited but the lines that say so."""
    answer = product.ask(question, lang)

    assert answer.text
    assert answer.found or len({citation.id for citation in answer.citations}) <= 1


def test_refusals_and_answers_are_right_nine_times_in_ten(product: Product) -> None:
    """Over all questions written from the sources, and all on which they are silent."""
    asked = [*questions("dev"), *questions("test")]
    silent = [*unanswerable("dev"), *unanswerable("test")]

    answered = sum(product.ask(q.question, q.lang).found for q in asked)
    refused = sum(not product.ask(q.question, q.lang).found for q in silent)

    assert answered / len(asked) >= 0.9
    assert refused / len(silent) >= 0.87


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Five types. 1. Who first: a. 2. Where: b.", ["Five types.", "1. Who first: a.", "2. Where: b."]),
        ("Hay 100.000 residentes. ¿Y menos? Depende.", ["Hay 100.000 residentes.", "¿Y menos?", "Depende."]),
        ("No end", ["No end"]),
        ("", []),
    ],
)
def test_sentences_are_found(text: str, parts: list[str]) -> None:
    """A text is cut where its sentences end, not at numbers."""
    assert sentences(text) == parts
