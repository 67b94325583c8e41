"""Search beside its two baselines in one run: python -m bench.retrieval [--stock FOLDER].

Recall of the first five, by language, of the product's joined search, of BM25 alone and of all-MiniLM-L6-v2 as it is
published, alone. FOLDER holds that encoder as encoder.onnx and tokenizer.json; where training is installed, this
writes it: python -c "from pathlib import Path; from training.encoder import *; export(published_encoder(),
published_tokenizer(), Path('build/stock'))"
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from assistant.domain import LANGS, Lang
from assistant.encoder import OnnxEncoder
from assistant.retrieval.base import Encoder, Retriever
from assistant.retrieval.building import windows
from assistant.retrieval.index import Entry, Index, open_index
from assistant.retrieval.lexical import Lexical, WordTable
from assistant.settings import read_settings
from assistant.wiring import Product

ROOT = Path(__file__).resolve().parent.parent
STOCK = ROOT / "build" / "stock"
FIRST = 5
Kind = Literal["passage", "case"]
Search = Callable[[str, Lang, Kind], Sequence[str]]


class Query(NamedTuple):
    """A query, where it comes from, and what it should find."""

    origin: str
    kind: Kind
    lang: Lang
    paraphrase: bool
    text: str
    relevant: frozenset[str]


def suite() -> list[Query]:
    """The retrieval suite of the evaluations: problems that look for cases, questions that look for passages."""
    queries = []
    for line in (ROOT / "evals" / "suites" / "retrieval.jsonl").read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        kind: Kind = "case" if "cases" in data["expect"] else "passage"
        relevant = frozenset(data["expect"].get("cases") or data["expect"].get("passages"))
        queries.append(
            Query("suite", kind, data["lang"], "paraphrase" in data["tags"], data["query"], relevant)
        )
    return queries


def problems() -> list[Query]:
    """The problems that the tests look for cases with; `dev` was tuned on, `test` was not."""
    path = ROOT / "tests" / "retrieval" / "data" / "case_queries.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Query(d["split"], "case", d["lang"], d["paraphrase"], d["query"], frozenset(d["cases"]))
        for d in lines
    ]


def joined(retriever: Retriever) -> Search:
    """The product's search."""

    def search(text: str, lang: Lang, kind: Kind) -> list[str]:
        find = retriever.cases if kind == "case" else retriever.passages
        return [hit.id for hit in find(text, lang, FIRST)]

    return search


def by_words(index: Index) -> Search:
    """BM25 over the stems of what entries say in the query's language, alone: no questions or keywords beside it."""
    words = WordTable()
    for row, entry in sorted(index.entries.items()):
        title, body = told(index, entry)
        words.add(row, entry.kind, entry.lang, title=title, body=body)
    db = sqlite3.connect(":memory:")
    words.write(db)
    lexical = Lexical(db)
    return lambda text, lang, kind: [
        index.entries[found.row].id for found in lexical.search(text, lang, kind, FIRST)
    ]


def told(index: Index, entry: Entry) -> tuple[str, str]:
    """The title of an entry, and what it says."""
    if entry.kind == "case":
        case = index.case(entry.id, entry.lang)
        return case.title, f"{case.resident_problem} {case.decision}"
    passage = index.passage(entry.id, entry.lang)
    return passage.title, passage.text


def by_encoder(index: Index, encoder: Encoder) -> Search:
    """The best cosine of the query with any stretch of a text, in any language, alone."""
    ids: dict[Kind, list[str]] = {"passage": [], "case": []}
    texts: dict[Kind, list[str]] = {"passage": [], "case": []}
    for entry in index.entries.values():
        parts = windows(*told(index, entry))
        ids[entry.kind] += [entry.id] * len(parts)
        texts[entry.kind] += parts
    vectors = {kind: encoder.encode(texts[kind]) for kind in texts}

    def search(text: str, lang: Lang, kind: Kind) -> list[str]:
        scores = vectors[kind] @ encoder.encode([text])[0]
        order = np.argsort(-scores, kind="stable")
        return list(dict.fromkeys(ids[kind][i] for i in order))[:FIRST]

    return search


def recall(query: Query, found: Sequence[str]) -> float:
    """For cases the share of the relevant ones, for passages whether one that answers is there."""
    right = len(query.relevant.intersection(found))
    if query.kind == "passage":
        return float(right > 0)
    return right / min(FIRST, len(query.relevant))


def report(name: str, search: Search, queries: Sequence[Query]) -> list[str]:
    """One line for each origin and kind: recall by language, over all, and of the paraphrases alone."""
    got = [recall(q, search(q.text, q.lang, q.kind)) for q in queries]
    lines = []
    for origin, kind in dict.fromkeys((q.origin, q.kind) for q in queries):
        those = [(q, r) for q, r in zip(queries, got, strict=True) if (q.origin, q.kind) == (origin, kind)]
        cells = [_mean([r for q, r in those if q.lang == lang]) for lang in LANGS]
        cells += [_mean([r for _, r in those]), _mean([r for q, r in those if q.paraphrase])]
        lines.append(f"{origin:6} {kind:8} {name:16}" + "".join(f"{cell:>8}" for cell in cells))
    return lines


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.2f}" if values else "-"


def main() -> None:
    """Prints the table; without the published encoder its lines are left out, with what to do about it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stock", type=Path, default=STOCK, help="folder with the published encoder as ONNX")
    stock = parser.parse_args().stock
    product = Product(read_settings(), light=True)
    retriever = product.retriever
    index = open_index(product.settings, product.encoder)
    searches = {"joined": joined(retriever), "words alone": by_words(index)}
    if (stock / "encoder.onnx").is_file():
        searches["MiniLM alone"] = by_encoder(index, OnnxEncoder(stock))
    else:
        print(f"no published encoder in {stock}: see python -m bench.retrieval --help for how to write it")
    queries = [*suite(), *problems()]
    print(f"{'':32}" + "".join(f"{head:>8}" for head in (*LANGS, "all", "paraph.")))
    for line in sorted(line for name, search in searches.items() for line in report(name, search, queries)):
        print(line)


if __name__ == "__main__":
    main()
