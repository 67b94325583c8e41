"""The same search for other people's chains: a LangChain retriever whose hits are LangChain documents.

Loaded only by who asks for it: LangChain takes a second to import. See docs/langchain.md.
"""

from __future__ import annotations

from typing import Any, Literal

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field

from assistant.domain import Case, Hit, Lang, Passage
from assistant.retrieval.base import Retriever


class SourceRetriever(BaseRetriever):
    """Passages of the sources, past cases, or both by their score, as documents with their metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    retriever: Any
    """Anything that answers to our Retriever, such as `build(read_settings()).retriever`."""
    lang: Lang = "en"
    """The language that passages and cases are shown in."""
    k: int = Field(5, ge=1)
    kind: Literal["passages", "cases", "both"] = "passages"
    tiers: tuple[int, ...] = ()
    """Only passages of these tiers; empty for all."""
    type_id: str | None = None
    """Only cases of this type of decision."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        search: Retriever = self.retriever
        hits: list[Hit] = []
        if self.kind != "cases":
            hits += search.passages(query, self.lang, self.k, tiers=self.tiers)
        if self.kind != "passages":
            hits += search.cases(query, self.lang, self.k, type_id=self.type_id)
        best = sorted(hits, key=lambda hit: -hit.score)[: self.k]
        return [document(hit) for hit in best]


def document(hit: Hit) -> Document:
    """One hit with its id, text, and metadata: source, locator, tier, date, address, language, score."""
    if hit.passage is not None:
        return _passage(hit.passage, hit.score)
    assert hit.case is not None  # noqa: S101 - a hit is one or the other
    return _case(hit.case, hit.score)


def _passage(passage: Passage, score: float) -> Document:
    metadata = {
        "id": passage.id,
        "kind": "passage",
        "title": passage.title,
        "source": passage.source_label,
        "locator": passage.locator,
        "tier": passage.tier,
        "date": passage.date,
        "url": None,
        "lang": passage.lang,
        "status": passage.status,
        "conflict_note": passage.conflict_note,
        "score": score,
    }
    return Document(id=passage.id, page_content=passage.text, metadata=metadata)


def _case(case: Case, score: float) -> Document:
    told = (case.resident_problem, case.decision, case.intervention, case.outcome, case.risks_or_lessons)
    metadata = {
        "id": case.id,
        "kind": "case",
        "title": case.title,
        "source": case.source_title,
        "locator": f"{case.city}, {case.country}",
        "tier": 4,
        "date": case.year or None,
        "url": case.source_url,
        "lang": case.lang,
        "status": case.status,
        "type": case.primary_type,
        "score": score,
    }
    return Document(id=case.id, page_content="\n\n".join(t for t in told if t), metadata=metadata)
