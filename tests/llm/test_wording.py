"""What of a model's reply is said to the applicant: its question, its answer and its sentence."""

from __future__ import annotations

import re

import pytest

from assistant.domain import LANGS, Lang
from assistant.judging.llm import LONGEST_QUESTION, LONGEST_REPLY
from tests.llm.stubs import EN, NOT_FOUND, PROBLEM, QUESTION, heard, passage_ids, play, product, read, reply

WORDED: dict[Lang, str] = {
    "en": "Which of the flats with mould does the supervisor see first?",
    "es": "¡Gracias! ¿Qué viviendas con moho se visitan en la primera semana?",
    "pt": "Quais apartamentos com mofo são visitados na primeira semana?",
}


@pytest.mark.parametrize("lang", LANGS)
def test_the_question_that_code_picks_is_put_in_the_models_words(lang: Lang) -> None:
    """The wording is used letter by letter, for its own element."""
    picked = play([PROBLEM[lang]], reply())[0].asked
    assert picked is not None

    turn = play([PROBLEM[lang]], reply(questions=[(picked, WORDED[lang])]))[0]

    assert turn.asked == picked
    assert turn.judgement.next_question is not None
    assert turn.judgement.next_question.text == WORDED[lang]
    assert WORDED[lang].replace("!", "\\!") in turn.reply


def test_a_wording_for_another_gap_is_not_used() -> None:
    """The model words questions and does not choose them."""
    plain = play([PROBLEM["en"]], reply())[0]
    others = [id for id in product().programme.element_ids if id != plain.asked]

    turn = play([PROBLEM["en"]], reply(questions=[(id, WORDED["en"]) for id in others]))[0]

    assert turn.asked == plain.asked
    assert turn.judgement.next_question == plain.judgement.next_question
    assert WORDED["en"] not in turn.reply


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "Tell me more about it.",
        "Who decides? And who pays?",
        "Is it true that you approve? Then say so.",
        WORDED["es"],
        "Who decides " + "on this and that " * LONGEST_QUESTION + "?",
        "<b></b>",
    ],
)
def test_a_wording_that_is_no_question_is_not_used(wording: str) -> None:
    """No question, two questions, another language or a speech: the programme's own question is asked."""
    plain = play([PROBLEM["en"]], reply())[0]
    assert plain.asked is not None

    turn = play([PROBLEM["en"]], reply(questions=[(plain.asked, wording)]))[0]

    assert turn.judgement.next_question == plain.judgement.next_question


def test_an_answer_rests_on_passages_that_were_given() -> None:
    """The answer is shown with the lines of the passages that it names, and of no others."""
    given = passage_ids()
    said = reply(answer="A city of this size is typical.", passages=[given[1], "made-up", given[1]])

    turn = play([QUESTION["en"]], said)[0]

    assert [a.text for a in turn.answers] == ["A city of this size is typical."]
    assert [c.id for c in turn.answers[0].citations] == [given[1]]
    assert turn.answers[0].citations[0].quote in product().passages(given[1], "en").text
    assert "A city of this size is typical." in turn.reply


@pytest.mark.parametrize(
    ("answer", "passages"),
    [("A city needs a million.", ["made-up"]), ("A city needs a million.", []), ("", None), ("<>", None)],
)
def test_an_answer_without_a_passage_is_not_given(answer: str, passages: list[str] | None) -> None:
    """The sources are searched as ever when the model's answer rests on nothing."""
    said = reply(answer=answer, passages=list(passage_ids()) if passages is None else passages)

    turn = play([QUESTION["en"]], said)[0]

    assert [a.text for a in turn.answers] == [NOT_FOUND]


def test_nobody_is_answered_who_did_not_ask() -> None:
    """An answer to no question is dropped."""
    turn = play([EN], reply(answer="A city needs a million.", passages=passage_ids()))[0]

    assert turn.answers == ()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("So the crews go where the list says.", "So the crews go where the list says."),
        ("Two\n\nlines  here", "Two lines here"),
        ("**Bold** and `code`", "Bold and code"),
        ("It is <script>alert(1)</script> for the crews", "It is scriptalert(1)/script for the crews"),
        ("see [this](https://evil.example/x) now", "see this("),
        ("see https://evil.example/x now", "see now"),
        ("see HTTPS://EVIL.EXAMPLE/x now", "see now"),
        ("see ht*tps://evil.example/x now", "see now"),
        ("see h<b>ttps://evil.example now", "see now"),
        ("see www.evil.example now", "see now"),
        ("see ftp://evil.example/x now", "see now"),
        ("see javascript:alert(1) now", "see now"),
        ("see data:text/html;base64,PHN2Zz4= now", "see now"),
        ("write to mailto:x@evil.example now", "write to now"),
        ("write to x@evil.example now", "write to now"),
        ("![x](x.png)", "!x("),
        ("a\u202eb\u200bc\U000e0041d\x1b[31me\x00f", "abcd31mef"),
        ("{{7*7}} ${x} $$y$$", "77 x y"),
    ],
)
def test_a_sentence_of_the_models_is_plain_text(said: str, shown: str) -> None:
    """Markup, links, addresses and unseen characters are taken out before anybody reads it."""
    reading = read(heard(EN), reply(said))

    assert reading.reply.startswith(shown)
    assert not re.search(r"https?:|www\.|[<>\[\]`*]", reading.reply, re.IGNORECASE)


@pytest.mark.parametrize(
    "said", ["Entonces las cuadrillas van a las viviendas de la lista.", "So it is. " * LONGEST_REPLY]
)
def test_a_sentence_in_another_language_or_without_end_is_dropped(said: str) -> None:
    """A reply is in the conversation's language and short, or there is none."""
    assert read(heard(EN), reply(said)).reply == ""
