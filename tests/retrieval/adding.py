"""Adds sources as staff do, and searches for what they say."""

from __future__ import annotations

from pathlib import Path

from assistant.domain import Lang
from assistant.retrieval.added import files_dir
from assistant.retrieval.building import current_catalogue
from assistant.retrieval.hybrid import open_retriever
from assistant.retrieval.ingest import About, Outcome, add_sources
from assistant.retrieval.reading import Limits
from assistant.settings import Settings
from tests.retrieval.conftest import StemEncoder

OTTERS = "Otters returned to the harbour canal after the sluice was rebuilt."
HERONS = "Herons nest on the water tower beside the tram depot."


def english(_: str) -> Lang:
    """Every text is English."""
    return "en"


def add(
    settings: Settings, *paths: Path, limits: Limits | None = None, wait_s: float = 60, **about: object
) -> list[Outcome]:
    """Adds files as staff do."""
    return add_sources(
        settings,
        StemEncoder(),
        paths,
        About.model_validate(about),
        language=english,
        approved_by="a test",
        limits=limits or Limits(),
        wait_s=wait_s,
    )


def found(settings: Settings, query: str, tiers: tuple[int, ...] = ()) -> list[tuple[str, str]]:
    """The ids and locators that a search finds, best first."""
    retriever = open_retriever(settings, StemEncoder(), light=True)
    try:
        hits = retriever.passages(query, "en", 5, tiers=tiers)
        return [(hit.id, hit.passage.locator) for hit in hits if hit.passage]
    finally:
        retriever.close()


def written(path: Path, data: str | bytes) -> Path:
    """The path, with the data in its file."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refusal(outcomes: list[Outcome]) -> Outcome:
    """The one outcome, which is a refusal with a remedy."""
    (outcome,) = outcomes
    assert outcome.change == "refused"
    assert outcome.fix
    return outcome


def passages_of(settings: Settings, id: str) -> Path:
    """The file that holds the passages of a source."""
    source = current_catalogue(settings).find(id)
    assert source is not None
    return files_dir(settings) / source.folder / "passages.jsonl"
