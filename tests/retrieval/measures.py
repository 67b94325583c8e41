"""What the search and the answers are measured on, and how: python -m tests.retrieval.measures [dev|test].

The questions were written from the sources, before anything was tuned; `dev` is for tuning, `test` for reporting.
A question names the facts (`rows`) that an answer must rest on: any one of them, all of those joined by `+`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from assistant.domain import LANGS, Frozen, Lang
from assistant.retrieval.hybrid import HybridRetriever
from assistant.retrieval.sources import load_passages

DATA = Path(__file__).with_name("data")
Split = Literal["dev", "test"]
Search = Callable[[str, Lang, int], Sequence[str]]
"""The ids found for a query in a language, best first."""


class Question(Frozen):
    """A question about the programme and the facts that answer it."""

    split: Split
    lang: Lang
    kind: str
    question: str
    rows: tuple[str, ...]

    def answered_by(self, facts: frozenset[str]) -> bool:
        """Whether somebody who knows those facts can answer."""
        return any(facts.issuperset(wanted.split("+")) for wanted in self.rows)


class Unanswerable(Frozen):
    """A question on which the sources are silent."""

    split: Split
    lang: Lang
    question: str


class CaseQuery(Frozen):
    """A problem in a resident's or an official's words, and the past cases that are about it."""

    split: Split
    lang: Lang
    paraphrase: bool
    """Whether it avoids the words in which the cases are told."""
    query: str
    cases: tuple[str, ...]


def questions(split: Split) -> list[Question]:
    """The answerable questions of a split."""
    return [q for q in map(Question.model_validate_json, _lines("questions.jsonl")) if q.split == split]


def unanswerable(split: Split) -> list[Unanswerable]:
    """The questions of a split on which the sources are silent."""
    return [
        q for q in map(Unanswerable.model_validate_json, _lines("unanswerable.jsonl")) if q.split == split
    ]


def case_queries(split: Split) -> list[CaseQuery]:
    """The problems of a split."""
    return [q for q in map(CaseQuery.model_validate_json, _lines("case_queries.jsonl")) if q.split == split]


def _lines(name: str) -> list[str]:
    return (DATA / name).read_text(encoding="utf-8").splitlines()


def facts_by_passage(corpus: Path) -> dict[str, frozenset[str]]:
    """The facts that each passage covers."""
    return {record.id: frozenset(record.rows) for record in load_passages(corpus / "passages")}


def passage_recall(
    search: Search, asked: Sequence[Question], facts: dict[str, frozenset[str]], k: int
) -> dict[Lang, float]:
    """By language, the share of questions with a passage that answers them among the first k."""
    return {
        lang: _mean(
            [
                any(q.answered_by(facts[id]) for id in search(q.question, lang, k))
                for q in asked
                if q.lang == lang
            ]
        )
        for lang in LANGS
    }


def case_recall(search: Search, asked: Sequence[CaseQuery], k: int) -> dict[Lang, float]:
    """By language, the mean share of the relevant cases (of k at most) among the first k."""
    return {
        lang: _mean(
            [
                len(set(search(q.query, lang, k)) & set(q.cases)) / min(k, len(q.cases))
                for q in asked
                if q.lang == lang
            ]
        )
        for lang in LANGS
    }


def passages_of(retriever: HybridRetriever) -> Search:
    """The retriever's search for passages, by ids."""
    return lambda query, lang, k: [hit.id for hit in retriever.passages(query, lang, k)]


def cases_of(retriever: HybridRetriever) -> Search:
    """The retriever's search for cases, by ids."""
    return lambda query, lang, k: [hit.id for hit in retriever.cases(query, lang, k)]


def _mean(values: Sequence[float | bool]) -> float:
    return sum(values) / len(values) if values else 0.0


def main(split: Split) -> None:
    """Prints the measures of a split, beside a search by words alone and by the encoder alone."""
    from assistant.retrieval.index import open_index
    from assistant.retrieval.lexical import Lexical
    from assistant.retrieval.vectors import ExactVectors
    from assistant.settings import read_settings
    from assistant.wiring import Product

    product = Product(read_settings(), light=True)
    index = open_index(product.settings, product.encoder)
    lexical, exact = Lexical(index.db), ExactVectors(index.vectors)

    def by_words(kind: str) -> Search:
        def search(query: str, lang: Lang, k: int) -> list[str]:
            return [index.entries[found.row].id for found in lexical.search(query, lang, kind, k)]

        return search

    def by_encoder(kind: Literal["passage", "case"]) -> Search:
        def search(query: str, lang: Lang, k: int) -> list[str]:
            near = exact.nearest(product.encoder.encode([query])[0], kind, 600)
            return list(dict.fromkeys(index.entries[n.row].id for n in near))[:k]

        return search

    retriever = product.retriever
    assert isinstance(retriever, HybridRetriever)
    facts = facts_by_passage(product.settings.corpus)
    for name, passages, cases in (
        ("words alone", by_words("passage"), by_words("case")),
        ("encoder alone", by_encoder("passage"), by_encoder("case")),
        ("joined", passages_of(retriever), cases_of(retriever)),
    ):
        for k in (1, 5):
            print(
                f"{name:14} passages, first {k}: {_shown(passage_recall(passages, questions(split), facts, k))}"
            )
        for label, some in (("all", None), ("paraphrased", True)):
            asked = [q for q in case_queries(split) if some is None or q.paraphrase == some]
            print(f"{name:14} cases, first 5, {label}: {_shown(case_recall(cases, asked, 5))}")
    for lang in LANGS:
        said = [product.ask(q.question, lang).found for q in questions(split) if q.lang == lang]
        unsaid = [product.ask(q.question, lang).found for q in unanswerable(split) if q.lang == lang]
        print(
            f"{lang}: answered {sum(said)} of {len(said)}; refused {unsaid.count(False)} of {len(unsaid)} silent"
        )


def _shown(shares: dict[Lang, float]) -> str:
    return "  ".join(f"{lang} {share:.2f}" for lang, share in shares.items())


if __name__ == "__main__":
    main("dev" if sys.argv[1:] == ["dev"] else "test")
