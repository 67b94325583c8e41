"""The clinic held by a language model: only what rests on the draft's words is kept, else the rules speak."""

from __future__ import annotations

import json
from datetime import date

import pytest

from assistant.coaching.clinic_llm import ModelClinic
from assistant.coaching.coach import Coaching
from assistant.domain import LANGS, Lang
from assistant.errors import LLMError
from assistant.llm.budget import Budget, Prices
from assistant.llm.scripted import ScriptedLLM
from assistant.prompts import load_prompts
from tests.coaching.conftest import CORPUS, SAID, draft, judged

NEAR = "rio-territorios-sociais"


def held(
    coaching: Coaching, reply: str | Exception, *, tokens: int = 1_000_000
) -> tuple[ModelClinic, ScriptedLLM]:
    """The clinic with a model that gives one reply."""
    llm = ScriptedLLM([reply])
    clinic = ModelClinic(
        llm=llm,
        prompt=load_prompts(CORPUS.parent / "prompts").active("clinic"),
        budget=Budget(
            Prices(0, 0), session_tokens=tokens, day_tokens=tokens, day_cost_usd=1, today=date.today
        ),
        programme="City Data Alliance",
        bank=coaching.bank,
        signs=coaching.signs,
        words=coaching.words,
        language=lambda text: None,
    )
    return clinic, llm


def reply(*parts: tuple[str, str, str, str]) -> str:
    """A model's reply with these objections."""
    names = ("voice", "objection", "quote", "case")
    return json.dumps({"objections": [dict(zip(names, part, strict=True)) for part in parts]})


@pytest.mark.parametrize("lang", LANGS)
def test_b15_verified_objections_of_the_model_are_kept(coaching: Coaching, lang: Lang) -> None:
    """B15: quotes that stand in the draft are kept word for word, a given case is cited from the library."""
    quote = SAID[lang]["decision"]
    clinic, llm = held(coaching, reply(("resident", "Who is left out?", f"  {quote}", NEAR)))

    made = coaching.rehearse_with(clinic, draft(lang), judged(lang, cases=(NEAR,)))

    (raised,) = made.raised
    assert made.made_by == "llm"
    assert raised.objection.quote == quote
    assert raised.objection.yields == "risk"
    assert raised.objection.case is not None
    assert raised.objection.case.source_url.startswith("http")
    assert len(llm.requests) == 1


def test_what_the_draft_does_not_say_is_dropped(coaching: Coaching) -> None:
    """An invented quote, voice or case, markup, a third objection of a voice: none of it is shown."""
    said = SAID["en"]
    clinic, _ = held(
        coaching,
        reply(
            ("resident", "Invented.", "words nobody said here", ""),
            ("journalist", "Unknown voice.", said["decision"], ""),
            ("resident", "One <b>bold</b> word at https://evil.example/x", said["decision"], "no-such-case"),
            ("resident", "Two.", said["users"], ""),
            ("resident", "Three.", said["decision_maker"], ""),
        ),
    )

    made = coaching.rehearse_with(clinic, draft(), judged())

    texts = [r.objection.text for r in made.raised]
    assert len(texts) == 2
    assert "Two." in texts
    assert not any(sign in text for text in texts for sign in ("<", "evil", "Invented", "Three"))
    assert all(r.objection.case is None for r in made.raised)


@pytest.mark.parametrize(
    "answer",
    [
        "no JSON at all",
        reply(("resident", "Invented.", "words nobody said here", "")),
        LLMError("no answer", fix="try again", key="llm_timeout"),
    ],
    ids=["unreadable", "nothing verified", "no answer"],
)
@pytest.mark.parametrize("lang", LANGS)
def test_a_useless_model_gives_way_to_the_rules_with_a_notice(
    coaching: Coaching, lang: Lang, answer: str | Exception
) -> None:
    """The rules' own clinic comes instead, and says why."""
    clinic, _ = held(coaching, answer)

    made = coaching.rehearse_with(clinic, draft(lang), judged(lang))

    assert made.made_by == "rules"
    assert len(made.notices) == 1
    assert made.raised == coaching.rehearse(draft(lang), judged(lang)).raised


def test_a_draft_with_nothing_stated_costs_nothing(coaching: Coaching) -> None:
    """No word, no call."""
    clinic, llm = held(coaching, "never used")

    made = coaching.rehearse_with(clinic, draft().model_copy(update={"messages": (), "record": {}}), judged())

    assert made.raised == ()
    assert llm.requests == []
