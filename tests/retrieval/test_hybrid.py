"""The retriever on the real corpus: what it finds, in which order, and in which language."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.domain import LANGS, Lang
from assistant.retrieval.base import Retriever
from assistant.retrieval.building import build_index
from assistant.retrieval.hybrid import HybridRetriever, open_retriever
from assistant.settings import Settings
from assistant.wiring import Product
from tests.retrieval.conftest import StemEncoder, read_lines, write_lines
from tests.retrieval.measures import (
    case_queries,
    case_recall,
    cases_of,
    facts_by_passage,
    passage_recall,
    passages_of,
    questions,
)


@pytest.fixture(scope="module")
def light(settings: Settings, product: Product) -> Iterator[HybridRetriever]:
    """The retriever without Chroma."""
    retriever = open_retriever(settings, product.encoder, light=True)
    yield retriever
    retriever.close()


@pytest.fixture(scope="module")
def heavy(
    settings: Settings, product: Product, chroma_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HybridRetriever]:
    """The retriever over a Chroma server, its index built from the vectors that are there already."""
    data = tmp_path_factory.mktemp("served")
    shutil.copytree(settings.index_dir, data / settings.index_dir.relative_to(settings.data_dir))
    served = settings.model_copy(update={"chroma_url": chroma_url, "data_dir": data})
    build_index(served, product.encoder)
    retriever = open_retriever(served, product.encoder, light=False)
    yield retriever
    retriever.close()


@pytest.fixture(params=["light", "heavy"])
def retriever(request: pytest.FixtureRequest) -> Retriever:
    """Each way to look, in turn."""
    found: Retriever = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("lang", LANGS)
def test_hits_come_best_first_in_the_readers_language(retriever: Retriever, lang: Lang) -> None:
    """Scores lie between 0 and 1 and fall; every hit is shown in the language asked for, once."""
    for hits in (
        retriever.passages("GovEx pathway readiness", lang, 20),
        retriever.cases("dengue", lang, 20),
    ):
        scores = [hit.score for hit in hits]

        assert len({hit.id for hit in hits}) == len(hits) == 20
        assert all(0 <= score <= 1 for score in scores)
        assert scores == sorted(scores, reverse=True)
        assert {(hit.passage or hit.case).lang for hit in hits} == {lang}  # type: ignore[union-attr]


def test_tiers_and_types_limit_the_hits(retriever: Retriever) -> None:
    """Only the tiers and the type asked for come back."""
    passages = retriever.passages("population of the city", "en", 10, tiers=(2, 3))
    cases = retriever.cases("homeless people", "en", 5, type_id="policy_path")

    assert {hit.passage.tier for hit in passages if hit.passage} <= {2, 3}
    assert {hit.case.primary_type for hit in cases if hit.case} == {"policy_path"}
    assert len(passages) == 10
    assert len(cases) == 5


@pytest.mark.parametrize("query", ["", "   ", "\n\t"])
def test_nothing_asked_nothing_found(retriever: Retriever, query: str) -> None:
    """An empty query has no hits."""
    assert retriever.passages(query, "en") == []
    assert retriever.cases(query, "en") == []


@pytest.mark.parametrize(
    "query", ['"', "🎉" * 50, "NEAR(a b) OR *", "日本語の質問", "a" * 8_000, "water " * 2_000, "\x00\x07"]
)
def test_any_text_is_a_query(retriever: Retriever, query: str) -> None:
    """No text breaks the search."""
    assert len(retriever.cases(query, "pt", 3)) <= 3
    assert len(retriever.passages(query, "es", 3)) <= 3


def test_both_ways_to_look_find_the_same(light: HybridRetriever, heavy: HybridRetriever) -> None:
    """With Chroma or without it, the first ten are the same; what lies far away may weigh a little otherwise."""
    for asked in questions("dev")[::5]:
        ours = light.passages(asked.question, asked.lang, 10)
        theirs = heavy.passages(asked.question, asked.lang, 10)

        assert [hit.id for hit in ours] == [hit.id for hit in theirs]
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=1e-3)


@pytest.mark.parametrize(
    ("query", "lang", "case"),
    [
        ("tuberías de plomo en las casas", "es", "flint-lead-pipes"),
        ("ônibus escolares com rotas longas", "pt", "boston-school-bus-routing"),
        ("familias muy pobres que la municipalidad no conoce", "es", "rio-territorios-sociais"),
        ("creche com fila de espera", "pt", "sao-paulo-creche-georeferenced-queue"),
    ],
)
def test_a_problem_finds_cases_told_in_another_language(
    light: Retriever, query: str, lang: Lang, case: str
) -> None:
    """A Spanish or Portuguese problem finds the case whatever the language of its source."""
    assert case in [hit.id for hit in light.cases(query, lang, 5)]


@pytest.mark.parametrize(
    "question", ["Who runs {}?", "How many cities take part in {}?", "Which projects does {} take?"]
)
def test_any_name_of_the_programme_finds_the_same(light: Retriever, question: str) -> None:
    """The long name, the short name, the initials and "the programme" are one."""
    names = ("the Bloomberg Philanthropies City Data Alliance", "the City Data Alliance", "the CDA")

    found = [[hit.id for hit in light.passages(question.format(name), "en", 3)] for name in names]

    assert found[0] == found[1] == found[2]
    assert found[0][0] == light.passages(question.format("the programme"), "en", 1)[0].id


def test_superseded_plans_are_replaced_by_what_holds_now(light: Retriever) -> None:
    """Asked about the present, the early plan for 100 cities gives way; asked about the past, it is found."""
    present = light.passages("Are there 100 cities in the Alliance?", "en", 10)
    past = light.passages("How many cities were planned at the launch?", "en", 10)

    assert present[0].id == "booklet/programme/scale"
    assert all(hit.passage.status != "superseded" for hit in present if hit.passage)
    assert "first-cohort/launch/plan_100" in [hit.id for hit in past]


@pytest.mark.parametrize(
    ("question", "lang", "overview"),
    [
        ("What are all the types of projects?", "en", "booklet/types/overview"),
        ("¿Cuáles son todos los compromisos?", "es", "booklet/commitments/overview"),
        ("Quais são as quatro capacidades essenciais?", "pt", "booklet/capabilities/overview"),
    ],
)
def test_a_question_for_a_list_finds_the_whole_list(
    light: Retriever, question: str, lang: Lang, overview: str
) -> None:
    """Who asks for all of something gets the passage that holds all of it."""
    assert light.passages(question, lang, 1)[0].id == overview


# Floors a little under what was measured when the weights were chosen, so that a loss shows: see the decision note.
@pytest.mark.parametrize(
    ("k", "floors"), [(1, {"en": 0.90, "es": 0.80, "pt": 0.80}), (5, {"en": 0.95, "es": 0.93, "pt": 0.95})]
)
def test_the_right_passage_comes_early(
    light: HybridRetriever, settings: Settings, k: int, floors: dict[Lang, float]
) -> None:
    """On all questions written from the sources, the passage that answers is first, or among the first five."""
    asked = [*questions("dev"), *questions("test")]

    recall = passage_recall(passages_of(light), asked, facts_by_passage(settings.corpus), k)

    assert all(recall[lang] >= floors[lang] for lang in LANGS), recall


def test_the_right_cases_come_early(light: HybridRetriever) -> None:
    """On all problems, most of the relevant cases are among the first five, in every language."""
    recall = case_recall(cases_of(light), [*case_queries("dev"), *case_queries("test")], 5)

    assert recall["en"] >= 0.9, recall
    assert recall["es"] >= 0.88, recall
    assert recall["pt"] >= 0.74, recall


def test_how_a_case_ended_is_no_factor(home: Path, small: Settings, encoder: StemEncoder) -> None:
    """A case that failed scores exactly as its twin that succeeded, so either is shown as readily."""
    path = home / "corpus" / "cases" / "part-1.jsonl"
    (first, *rest) = read_lines(path)
    failed = {**first, "id": "a-twin", "outcome": "It failed and was stopped.", "status": "ended"}
    for lang in ("es", "pt"):
        failed[f"text_{lang}"] = {**first[f"text_{lang}"], "outcome": "-"}
    write_lines(path, [first, failed, *rest])
    build_index(small, encoder)
    retriever = open_retriever(small, encoder, light=True)

    scores = {hit.id: hit.score for hit in retriever.cases(str(first["resident_problem"]), "en", 3)}
    retriever.close()

    assert scores["a-twin"] == scores[first["id"]]


def test_a_city_limits_the_cases(light: HybridRetriever) -> None:
    """Only one city's cases come back, however its name is typed."""
    cities = {hit.case.city for hit in light.cases("transporte", "pt", 5, city="são paulo") if hit.case}
    typed = {hit.id for hit in light.cases("transporte", "pt", 5, city="SAO PAULO")}

    assert cities == {"São Paulo"}
    assert typed == {hit.id for hit in light.cases("transporte", "pt", 5, city="São Paulo")}


def test_a_passage_said_twice_is_shown_once(home: Path, small: Settings, encoder: StemEncoder) -> None:
    """Of two passages in the same words, only the better comes back."""
    path = home / "corpus" / "passages" / "booklet.jsonl"
    (first, *rest) = read_lines(path)
    write_lines(path, [first, {**first, "id": "booklet/programme/again"}, *rest])
    build_index(small, encoder)
    retriever = open_retriever(small, encoder, light=True)

    found = [hit.id for hit in retriever.passages(first["text"]["en"], "en", 5)]
    retriever.close()

    assert len({"booklet/programme/again", first["id"]}.intersection(found)) == 1
    assert len(found) == len(rest) + 1
