"""The knowledge index: a folder that can be deleted and built again.

    manifest.json               which build is in use, from which corpus and encoder; replacing it is the swap
    builds/<build>/knowledge.sqlite   entries, their words (FTS5) and their vectors
    builds/<build>/chroma/            the same vectors in Chroma, unless a Chroma server holds them
    build.lock                  held by whoever builds

A build is written beside the one in use and checked before the manifest names it, so a crash at any moment
leaves the old one. The build before is kept for readers that still have it open.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field, ValidationError

from assistant.domain import LANGS, Case, Frozen, Lang, Passage
from assistant.errors import CorpusError
from assistant.retrieval import lexical, vectors
from assistant.retrieval.base import Encoder
from assistant.retrieval.sources import (
    CASE_TIER,
    CaseRecord,
    PassageRecord,
    case_in,
    fingerprint,
    load_cases,
    load_passages,
    passage_in,
)
from assistant.settings import Settings

FORMAT = 3
"""Goes up whenever what is stored, or how texts are cut before encoding, changes."""
BUILD_COMMAND = "run: scoping index build"
WAIT_S = 120.0
ENCODE_BATCH = 64
WINDOW_WORDS = 90
"""Words encoded at once; the encoder cuts what is longer, and cuts a Spanish word into two pieces or more."""

Progress = Callable[[int, int, str], None]
"""Called with what is done, what there is to do, and the name of the step."""


class Manifest(Frozen):
    """What the index in use was built from."""

    schema_: Annotated[Literal["index/1"], Field(alias="schema")] = "index/1"
    format: int
    build: str
    corpus: str
    encoder: str
    digest: str
    """SHA-256 of knowledge.sqlite."""
    store: Literal["embedded", "server"]
    passages: int
    cases: int
    vectors: int
    tiers: dict[int, int]
    """How many passages and cases each tier has."""
    built_at: str


class Status(Frozen):
    """Whether the index can be used, and what is in it."""

    state: Literal["ready", "missing", "stale", "damaged"]
    why: str = ""
    manifest: Manifest | None = None
    age_s: float | None = None


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
    """An open index: what is in it, and each entry ready to be shown."""

    def __init__(self, manifest: Manifest, folder: Path, db: sqlite3.Connection) -> None:
        self.manifest = manifest
        self.folder = folder
        self.db = db
        self._lock = threading.Lock()
        listed = db.execute("SELECT row, id, kind, lang, tier, facts, superseded_by FROM entry ORDER BY row")
        self.entries = {values[0]: Entry._make(values) for values in listed}
        self._rows = {(e.kind, e.id, e.lang): e.row for e in self.entries.values()}
        self._shown = lru_cache(maxsize=2_000)(self._read)

    def passage(self, id: str, lang: Lang) -> Passage:
        """The passage in that language; KeyError when there is none of that id."""
        return Passage.model_validate_json(self._shown(self._rows["passage", id, lang]))

    def case(self, id: str, lang: Lang) -> Case:
        """The case in that language; KeyError when there is none of that id."""
        return Case.model_validate_json(self._shown(self._rows["case", id, lang]))

    def close(self) -> None:
        """Lets go of the file."""
        self.db.close()

    def _read(self, row: int) -> str:
        with self._lock:
            (body,) = self.db.execute("SELECT body FROM entry WHERE row = ?", (row,)).fetchone()
        return str(body)


# --- reading ---------------------------------------------------------------------------------------------


def open_index(settings: Settings, encoder: Encoder) -> Index:
    """The index in use; raises CorpusError when it is missing, damaged, or not of this corpus and encoder."""
    manifest = _manifest(settings.index_dir)
    if why := _stale(manifest, settings, encoder.name):
        raise _unusable(why)
    folder = _builds(settings) / manifest.build
    path = folder / "knowledge.sqlite"
    if not path.is_file() or _digest(path) != manifest.digest:
        raise _unusable("the knowledge index is damaged")
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    return Index(manifest, folder, db)


def open_chroma(settings: Settings, index: Index) -> vectors.ChromaVectors:
    """The index's vectors in Chroma; raises CorpusError when they are not all there."""
    with vectors.chroma_errors("the vectors of the knowledge index cannot be read", fix=BUILD_COMMAND):
        client = _chroma_client(settings, index.folder)
        door = vectors.ChromaVectors(client, index.manifest.build)
        if door.count() != index.manifest.vectors:
            raise _unusable("the vectors of the knowledge index are damaged")
        return door


def status(settings: Settings, encoder_name: str | None = None) -> Status:
    """What state the index is in; looks at the encoder only when its name is given."""
    try:
        manifest = _manifest(settings.index_dir)
    except CorpusError as error:
        return Status(
            state="damaged" if (settings.index_dir / _MANIFEST).exists() else "missing", why=str(error)
        )
    age = (datetime.now(UTC) - datetime.fromisoformat(manifest.built_at)).total_seconds()
    if why := _stale(manifest, settings, encoder_name or manifest.encoder):
        return Status(state="stale", why=why, manifest=manifest, age_s=age)
    path = _builds(settings) / manifest.build / "knowledge.sqlite"
    if not path.is_file() or _digest(path) != manifest.digest:
        return Status(state="damaged", why="the knowledge index is damaged", manifest=manifest, age_s=age)
    return Status(state="ready", manifest=manifest, age_s=age)


_MANIFEST = "manifest.json"


def _manifest(folder: Path) -> Manifest:
    try:
        return Manifest.model_validate_json((folder / _MANIFEST).read_bytes())
    except FileNotFoundError:
        raise _unusable("the knowledge index is missing") from None
    except (ValidationError, OSError):
        raise _unusable("the knowledge index is damaged") from None


def _stale(manifest: Manifest, settings: Settings, encoder_name: str) -> str:
    if manifest.format != FORMAT:
        return "the knowledge index was built by another version"
    if manifest.corpus != fingerprint(settings.corpus):
        return "the knowledge index was built from another corpus"
    if manifest.encoder != encoder_name:
        return "the knowledge index was built with another encoder"
    return ""


def _unusable(why: str) -> CorpusError:
    return CorpusError(why, fix=BUILD_COMMAND, key="index_missing")


def _builds(settings: Settings) -> Path:
    return settings.index_dir / "builds"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _chroma_client(settings: Settings, folder: Path) -> object:
    if settings.chroma_url:
        return vectors.server_client(settings.chroma_url)
    return vectors.embedded_client(folder / "chroma")


# --- building --------------------------------------------------------------------------------------------


def build_index(
    settings: Settings, encoder: Encoder, *, progress: Progress | None = None, wait_s: float = WAIT_S
) -> Manifest:
    """Builds the index and puts it into use; raises CorpusError for a wrong corpus or when another build goes on."""
    tell = progress or (lambda done, total, label: None)
    corpus = fingerprint(settings.corpus)
    passages, cases = load_passages(settings.corpus / "passages"), load_cases(settings.corpus / "cases")
    with _lock(settings.index_dir, tell, wait_s):
        build = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        folder = _builds(settings) / build
        try:
            manifest = _write_build(settings, encoder, folder, passages, cases, corpus, tell)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        _use(settings.index_dir, manifest)
        _clear_old(settings, manifest)
    return manifest


def _write_build(
    settings: Settings,
    encoder: Encoder,
    folder: Path,
    passages: Sequence[PassageRecord],
    cases: Sequence[CaseRecord],
    corpus: str,
    tell: Progress,
) -> Manifest:
    folder.mkdir(parents=True)
    path = folder / "knowledge.sqlite"
    with closing(sqlite3.connect(path)) as db:
        texts = _write_entries(db, passages, cases)
        _write_vectors(db, texts, encoder, tell)
        db.commit()
        stored = vectors.read_vectors(db)
    manifest = Manifest(
        format=FORMAT,
        build=folder.name,
        corpus=corpus,
        encoder=encoder.name,
        digest=_digest(path),
        store="server" if settings.chroma_url else "embedded",
        passages=len(passages),
        cases=len(cases),
        vectors=len(stored),
        tiers=_tiers(passages, cases),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    tell(len(texts), len(texts) + 1, "checking")
    _fill_chroma(settings, folder, stored)
    _check(settings, folder, manifest, stored)
    tell(len(texts) + 1, len(texts) + 1, "done")
    return manifest


Columns = Mapping[str, str | int | None]


class _ToEncode(NamedTuple):
    row: int
    group: vectors.Group
    text: str


def _write_entries(
    db: sqlite3.Connection, passages: Sequence[PassageRecord], cases: Sequence[CaseRecord]
) -> list[_ToEncode]:
    db.execute(
        "CREATE TABLE entry (row INTEGER PRIMARY KEY, id TEXT, kind TEXT, lang TEXT, tier INTEGER, "
        "superseded_by TEXT, facts INTEGER, source TEXT, type TEXT, city TEXT, body TEXT, UNIQUE (kind, id, lang))"
    )
    lexical.create_tables(db)
    vectors.create_vectors(db)
    texts: list[_ToEncode] = []
    for record in passages:
        for lang in LANGS:
            texts.extend(_write_passage(db, record, lang))
    for case in cases:
        for lang in LANGS:
            texts.extend(_write_case(db, case, lang))
    return texts


def _write_passage(db: sqlite3.Connection, record: PassageRecord, lang: Lang) -> list[_ToEncode]:
    shown = passage_in(record, lang)
    columns: Columns = {
        "tier": record.tier,
        "facts": len(record.rows),
        "superseded_by": " ".join(record.superseded_by),
        "source": record.source,
    }
    row = _write_entry(db, shown, "passage", columns)
    questions = record.questions.at(lang)
    lexical.add_words(db, row, "passage", lang, title=shown.title, body=shown.text, extra=questions)
    texts = [_ToEncode(row, "passage", text) for text in windows(shown.title, shown.text)]
    return texts + [_ToEncode(row, "question", question) for question in questions]


def _write_case(db: sqlite3.Connection, record: CaseRecord, lang: Lang) -> list[_ToEncode]:
    shown = case_in(record, lang)
    columns: Columns = {
        "tier": CASE_TIER,
        "facts": 1,
        "superseded_by": "",
        "source": record.source_url,
        "type": record.primary_type,
        "city": record.city,
    }
    row = _write_entry(db, shown, "case", columns)
    told = (
        shown.resident_problem,
        shown.decision,
        shown.intervention,
        shown.users,
        shown.city,
        shown.country,
    )
    keywords = record.keywords.at(lang)
    lexical.add_words(db, row, "case", lang, title=shown.title, body=" ".join(told), extra=keywords)
    problem = windows(shown.title, f"{shown.resident_problem} {shown.decision}")
    texts = [_ToEncode(row, "case", text) for text in problem]
    return [*texts, _ToEncode(row, "keywords", ", ".join(keywords))]


def _write_entry(db: sqlite3.Connection, shown: Passage | Case, kind: str, columns: Columns) -> int:
    values = {"id": shown.id, "kind": kind, "lang": shown.lang, "body": shown.to_json(), **columns}
    names = ", ".join(values)
    marks = ", ".join("?" for _ in values)
    statement = f"INSERT INTO entry ({names}) VALUES ({marks}) RETURNING row"  # noqa: S608 - our names
    (row,) = db.execute(statement, tuple(values.values())).fetchone()
    return int(row)


def windows(title: str, text: str) -> list[str]:
    """The text in stretches short enough for the encoder, each under its title."""
    words = text.split()
    count = max(1, -(-len(words) // WINDOW_WORDS))
    size = -(-len(words) // count) or 1
    parts = [" ".join(words[i : i + size]) for i in range(0, len(words), size)] or [""]
    return [f"{title}. {part}" for part in parts]


def _write_vectors(
    db: sqlite3.Connection, texts: Sequence[_ToEncode], encoder: Encoder, tell: Progress
) -> None:
    # Like lengths together: a batch costs as much as its longest text.
    order = sorted(range(len(texts)), key=lambda i: len(texts[i].text))
    for start in range(0, len(order), ENCODE_BATCH):
        tell(start, len(texts) + 1, "encoding")
        batch = order[start : start + ENCODE_BATCH]
        encoded = np.asarray(encoder.encode([texts[i].text for i in batch]), dtype="<f4")
        db.executemany(
            "INSERT INTO vector (number, row, grouped, embedding) VALUES (?, ?, ?, ?)",
            [
                (i, texts[i].row, texts[i].group, vector.tobytes())
                for i, vector in zip(batch, encoded, strict=True)
            ],
        )


def _tiers(passages: Sequence[PassageRecord], cases: Sequence[CaseRecord]) -> dict[int, int]:
    tiers = sorted([record.tier for record in passages] + [CASE_TIER] * len(cases))
    return {tier: len(list(group)) for tier, group in groupby(tiers)}


def _fill_chroma(settings: Settings, folder: Path, stored: Sequence[vectors.Stored]) -> None:
    with vectors.chroma_errors("the vectors cannot be written", fix=_CHROMA_FIX):
        client = _chroma_client(settings, folder)
        vectors.fill_chroma(client, folder.name, stored)
        client.close()  # type: ignore[attr-defined]


_CHROMA_FIX = "check that the data folder can be written to, or that the Chroma server runs"


def _check(settings: Settings, folder: Path, manifest: Manifest, stored: Sequence[vectors.Stored]) -> None:
    with closing(sqlite3.connect(folder / "knowledge.sqlite")) as db:
        (entries,) = db.execute("SELECT count(*) FROM entry").fetchone()
    if entries != (manifest.passages + manifest.cases) * len(LANGS):
        raise CorpusError("the new index lacks entries", fix=BUILD_COMMAND)
    with vectors.chroma_errors("the new index cannot be read back", fix=_CHROMA_FIX):
        door = vectors.ChromaVectors(_chroma_client(settings, folder), manifest.build)
        try:
            if door.count() != len(stored):
                raise CorpusError("the new index lacks vectors", fix=BUILD_COMMAND)
            for door_ in (door, vectors.ExactVectors(stored)):
                _check_finds_itself(door_, stored)
        finally:
            door.close()


def _check_finds_itself(door: vectors.VectorDoor, stored: Sequence[vectors.Stored]) -> None:
    for sample in stored[:: max(1, len(stored) // 8)]:
        found = door.nearest(sample.values, sample.group, 1)
        if not found or found[0].score < 0.99:
            raise CorpusError("the new index does not find its own texts", fix=BUILD_COMMAND)


def _use(folder: Path, manifest: Manifest) -> None:
    fresh = folder / f"{_MANIFEST}.{manifest.build}"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(manifest.to_data(), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, folder / _MANIFEST)


def _clear_old(settings: Settings, manifest: Manifest) -> None:
    builds = sorted(path.name for path in _builds(settings).iterdir() if path.name != manifest.build)
    for name in builds[:-1]:
        shutil.rmtree(_builds(settings) / name, ignore_errors=True)  # still open on Windows: next time
    if settings.chroma_url:
        with vectors.chroma_errors("old vectors cannot be removed", fix=_CHROMA_FIX):
            client = vectors.server_client(settings.chroma_url)
            vectors.drop_chroma(client, keep=[manifest.build, *builds[-1:]])
            client.close()


@contextmanager
def _lock(folder: Path, tell: Progress, wait_s: float) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "build.lock").open("a+b") as file:
        deadline = time.monotonic() + wait_s
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                message = "the knowledge index is being built by another process"
                raise CorpusError(message, fix="wait until it is done, then try again", key="index_busy")
            tell(0, 1, "waiting for another build")
            time.sleep(0.2)
        yield  # closing the file lets go of the lock


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
