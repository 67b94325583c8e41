"""The search as a LangChain retriever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda

from assistant.retrieval.building import build_index
from assistant.retrieval.following import Following
from assistant.retrieval.langchain import SourceRetriever
from assistant.settings import Settings
from tests.retrieval.conftest import StemEncoder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def search(small: Settings) -> Iterator[Following]:
    """A search over the small corpus."""
    build_index(small, StemEncoder())
    found = Following(small, StemEncoder(), light=True)
    yield found
    found.close()


def test_passages_are_documents_with_their_metadata(search: Following) -> None:
    """Text, id, source, locator, tier, date, address and language are where a chain expects them."""
    (ours,) = search.passages("how often are scoping sessions", "es", 1)

    (found,) = SourceRetriever(retriever=search, lang="es", k=1).invoke("how often are scoping sessions")

    assert isinstance(found, Document)
    assert ours.passage is not None
    assert (found.id, found.page_content) == ("booklet/scoping/cadence", ours.passage.text)
    assert {k: found.metadata[k] for k in ("source", "locator", "tier", "date", "url", "lang")} == {
        "source": "Folleto del programa",
        "locator": ours.passage.locator,
        "tier": 1,
        "date": None,
        "url": None,
        "lang": "es",
    }


def test_cases_carry_their_source_address(search: Following) -> None:
    """A past case is told in the language asked for and names where it comes from."""
    (found,) = SourceRetriever(retriever=search, kind="cases", k=1, lang="pt").invoke("lead water pipes")

    assert found.id == "flint-lead-pipes"
    assert found.metadata["url"].startswith("http")
    assert (found.metadata["tier"], found.metadata["lang"]) == (4, "pt")


def test_both_kinds_come_best_first_and_no_more_than_asked(search: Following) -> None:
    """Passages and cases are one list by score, limited as a whole, and by tier."""
    both = SourceRetriever(retriever=search, kind="both", k=3).invoke("water pipes for children")
    none = SourceRetriever(retriever=search, tiers=(2,)).invoke("water pipes")

    scores = [d.metadata["score"] for d in both]
    assert len(both) == 3
    assert scores == sorted(scores, reverse=True)
    assert none == []


def test_it_stands_in_a_chain(search: Following) -> None:
    """It is a BaseRetriever and composes with other runnables."""
    retriever = SourceRetriever(retriever=search, k=2)
    chain = retriever | RunnableLambda(lambda documents: [d.metadata["id"] for d in documents])

    assert isinstance(retriever, BaseRetriever)
    assert len(chain.invoke("population of the city")) == 2
    assert len(chain.batch(["water", "population"])) == 2


def test_the_example_in_the_docs_runs(search: Following, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page shows is what works, word for word."""
    page = (ROOT / "docs" / "langchain.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    class Product:
        retriever = search

    monkeypatch.setattr("assistant.wiring.build", lambda settings: Product())
    names: dict[str, object] = {}
    exec(compile(code, "docs/langchain.md", "exec"), names)  # noqa: S102 - our own page

    assert "[booklet/" in str(names["context"])
