"""The knowledge index as it is read: what is in it, and each entry ready to be shown."""

from __future__ import annotations

import sqlite3
import threading
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import Literal, NamedTuple

from assistant.domain import Case, Lang, Passage
from assistant.retrieval import vectors
from assistant.retrieval.base import Encoder
from assistant.retrieval.manifest import (
    BUILD_COMMAND,
    KNOWLEDGE,
    Manifest,
    builds,
    read_manifest,
    stale,
    unusable,
    whole,
)
from assistant.settings import Settings


class Entry(NamedTuple):
    """One passage or case in one language, as the index lists it."""

    row: int
    id: str
    kind: Literal["passage", "case"]
    lang: Lang
    tier: int
    facts: int
    """How many facts of the sources it covers."""
    superseded_by: str
    """The ids of the passages that took its place, with spaces between."""


class Index:
    """An open index; several processes may have the same one open."""

    def __init__(self, manifest: Manifest, folder: Path, db: sqlite3.Connection) -> None:
        self.manifest = manifest
        self.folder = folder
        self.db = db
        self.vectors = vectors.read_vectors(folder)
        self._lock = threading.Lock()
        listed = db.execute("SELECT row, id, kind, lang, tier, facts, superseded_by FROM entry ORDER BY row")
        self.entries = {
            row: Entry(row, id, intern(kind), intern(lang), *more)  # type: ignore[arg-type]
            for row, id, kind, lang, *more in listed
        }
        self._shown = lru_cache(maxsize=2_000)(self._read)

    def passage(self, id: str, lang: Lang) -> Passage:
        """The passage in that language, or in the one it is in; KeyError when there is none of that id."""
        return Passage.model_validate_json(self._shown("passage", id, lang))

    def case(self, id: str, lang: Lang) -> Case:
        """The case in that language; KeyError when there is none of that id."""
        return Case.model_validate_json(self._shown("case", id, lang))

    def close(self) -> None:
        """Lets go of the file."""
        self.db.close()

    def _read(self, kind: str, id: str, lang: Lang) -> str:
        statement = "SELECT body FROM entry WHERE kind = ? AND id = ? ORDER BY lang = ? DESC LIMIT 1"
        with self._lock:
            found = self.db.execute(statement, (kind, id, lang)).fetchone()
        if found is None:
            raise KeyError(id)
        return str(found[0])


def open_index(settings: Settings, encoder: Encoder) -> Index:
    """The index in use; raises CorpusError when it is missing, damaged, or not of this corpus and encoder."""
    manifest = read_manifest(settings.index_dir)
    if why := stale(manifest, settings, encoder.name):
        raise unusable(why)
    if not whole(manifest, settings):
        raise unusable("the knowledge index is damaged")
    folder = builds(settings) / manifest.build
    address = f"{(folder / KNOWLEDGE).resolve().as_uri()}?mode=ro&immutable=1"
    return Index(manifest, folder, sqlite3.connect(address, uri=True, check_same_thread=False))


def open_chroma(url: str, index: Index) -> vectors.ChromaVectors:
    """The index's vectors on a Chroma server; raises CorpusError when they are not all there."""
    with vectors.chroma_errors("the vectors of the knowledge index cannot be read", fix=BUILD_COMMAND):
        door = vectors.ChromaVectors(vectors.server_client(url), index.manifest.build, index.vectors)
        if door.count() != index.manifest.vectors:
            raise unusable("the vectors of the knowledge index are damaged")
        return door
