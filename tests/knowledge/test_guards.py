"""What history and context praise never supports a verdict: only the booklet and the about page are cited for one."""

from __future__ import annotations

import json

import pytest

from assistant.domain import Lang
from assistant.retrieval.sources import load_passages
from assistant.wiring import Product
from tests.knowledge.table import DATA

GUARDS = [json.loads(line) for line in (DATA / "guards.jsonl").read_text(encoding="utf-8").splitlines()]
BOOKLET = 1
HISTORY = 3


@pytest.fixture(scope="module")
def tiers(product: Product) -> dict[str, int]:
    """The tier of each passage."""
    return {r.id: r.tier for r in load_passages(product.settings.corpus / "passages")}


@pytest.mark.parametrize("guard", GUARDS, ids=lambda g: f"{g['row']}-{g['lang']}")
def test_praise_from_an_older_source_does_not_make_a_fit(
    guard: dict[str, str], product: Product, tiers: dict[str, int]
) -> None:
    """A proposal that leans on an article of tier 3 is no fit, and every line cited for that is the booklet's."""
    lang: Lang = guard["lang"]  # type: ignore[assignment]

    judgement = product.assistant.judge_text(guard["text"], lang)

    assert judgement.fit.verdict != "fit"
    cited = [*judgement.citations, *(flag.rule for flag in judgement.fit.flags)]
    assert all(tiers[citation.id] == BOOKLET for citation in cited)
    assert all(tiers[finding.rule.id] < HISTORY for finding in judgement.eligibility)


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        ("The article wants a comprehensive citywide data strategy, so does ours fit the programme?", "en"),
        ("El artículo pide una estrategia integral de datos; entonces, ¿la nuestra encaja?", "es"),
        ("O artigo pede uma estratégia abrangente de dados; então a nossa se encaixa?", "pt"),
    ],
)
def test_an_answer_about_praised_strategies_gives_the_booklets_word(
    product: Product, question: str, lang: Lang
) -> None:
    """H06: who leans on the article is told that the booklet counts such strategies among the poor fits."""
    verdict = {"en": "poor fit", "es": "no encaja", "pt": "não se encaixa"}[lang]

    answer = product.ask(question, lang)

    assert verdict in answer.text.lower()
