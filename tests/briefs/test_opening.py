"""The opening of a brief that a language model writes: only what was said stays, and no brief needs it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from assistant.briefs.forms import write_form
from assistant.briefs.opening import ModelOpening
from assistant.domain import LANGS, Conversation, Lang
from assistant.errors import LLMError
from assistant.llm.scripted import Scripted, ScriptedLLM
from tests.llm.stubs import (
    DECISION,
    PROBLEM,
    StubJudge,
    assistant_with,
    budget,
    language_of,
    leaning,
    product,
)

DONE: dict[Lang, str] = {"en": "That is all.", "es": "Eso es todo.", "pt": "É só isso."}
OPENING: dict[Lang, str] = {
    "en": "Families live with mould for months. The supervisor would pick which flats are visited first each Monday.",
    "es": "Las familias viven con moho durante meses. La supervisora elegiría qué viviendas se visitan primero.",
    "pt": "As famílias vivem com mofo por meses. A supervisora escolheria quais apartamentos são visitados primeiro.",
}


def opened(
    lang: Lang, *replies: Scripted, tokens: int = 1_000_000, first: str = ""
) -> tuple[Conversation, str, ScriptedLLM]:
    """A conversation that ends in a brief, with what its brief begins with and the model that was asked."""
    llm = ScriptedLLM(replies)
    model = ModelOpening(
        llm=llm,
        prompt=product().prompts.active("brief"),
        budget=budget(session_tokens=tokens),
        programme="City Data Alliance",
        language=language_of,
    )
    talk = replace(assistant_with(StubJudge(leaning("fit"))), open_brief=model)
    state = Conversation(lang=lang, record={})
    for text in (f"{PROBLEM[lang]} {DECISION[lang]} {first}", DONE[lang]):
        turn = talk.respond(state, text)
        state = turn.conversation
    assert turn.brief is not None
    return state, turn.brief.opening, llm


def reply(title: str, summary: str) -> str:
    """A model's reply in the form that is asked for."""
    return json.dumps({"title": title, "summary": summary})


@pytest.mark.parametrize("lang", LANGS)
def test_the_paragraph_stands_first_in_every_readable_form(lang: Lang) -> None:
    """What the model wrote opens the brief, says who wrote it, and is kept with the conversation."""
    state, opening, llm = opened(lang, reply("Mould", OPENING[lang]))

    assert opening == OPENING[lang]
    assert len(llm.requests) == 1
    brief = assistant_with(StubJudge(leaning("fit"))).respond(state, DONE[lang]).brief
    assert brief is not None
    assert (brief.opening, brief.title) == (OPENING[lang], "Mould")
    page = write_form(brief, "md", product().programme, product().words).decode()
    assert page.index(OPENING[lang]) < page.index(product().words.say(lang, "brief.three_verdicts"))
    assert product().words.say(lang, "brief.opening_by") in page


@pytest.mark.parametrize(
    "answer",
    [
        reply("Mould", "About 4,700 families live with mould for months and the city would help them."),
        reply("Mould", OPENING["pt"]),
        reply("Mould", ""),
        reply("Mould", "Families wait. " * 100),
        "no JSON at all",
        LLMError("it failed", fix="wait", key="llm_timeout"),
    ],
    ids=["a figure nobody said", "another language", "empty", "too long", "not in the form", "no answer"],
)
def test_what_cannot_be_checked_is_left_out_and_the_brief_stands(answer: Scripted) -> None:
    """The brief comes all the same, without the paragraph."""
    _, opening, llm = opened("en", answer)

    assert opening == ""
    assert len(llm.requests) == 1


def test_links_and_markup_do_not_reach_the_brief() -> None:
    """The paragraph is plain words."""
    _, opening, _ = opened(
        "en", reply("Mould", f"**{OPENING['en']}** <img src=x> See https://evil.example/a for more.")
    )

    assert "evil" not in opening
    assert not set("*<>") & set(opening)


def test_a_spent_budget_asks_nobody() -> None:
    """When the conversation has used up its tokens, no call is made."""
    _, opening, llm = opened("en", tokens=0)

    assert (opening, llm.requests) == ("", [])


def test_an_opening_belongs_to_one_record() -> None:
    """After a correction the old paragraph is gone until a new brief is written."""
    state, _, _ = opened("en", reply("Mould", OPENING["en"]))

    turn = assistant_with(StubJudge(leaning("fit"))).edit(state, "constraints", "Two crews and one van.")
    again = assistant_with(StubJudge(leaning("fit"))).respond(turn.conversation, DONE["en"])

    assert again.brief is not None
    assert again.brief.opening == ""


def test_what_goes_out_is_masked() -> None:
    """An address in the record does not reach the model."""
    state, _, llm = opened("en", reply("Mould", OPENING["en"]), first="Write to ana.diaz@moradia.example.")

    assert "ana.diaz" in state.text
    assert all("ana.diaz" not in r.material for r in llm.requests)
