"""Building the knowledge index: beside the one in use, checked, and only then put in its place.

A crash at any moment leaves the old index. The build before is kept for readers that still have it open.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LANGS, Case, Lang, Passage
from assistant.errors import CorpusError, StoreError
from assistant.retrieval import vectors
from assistant.retrieval.added import Catalogue, catalogue_in_use, load_added
from assistant.retrieval.base import Encoder, Progress
from assistant.retrieval.lexical import WordTable
from assistant.retrieval.manifest import (
    BUILD_COMMAND,
    FORMAT,
    KNOWLEDGE,
    Manifest,
    building,
    builds,
    digest,
    read_manifest,
    store_of,
    sync_folder,
    use,
    whole,
)
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
from assistant.words import load_words

WAIT_S = 120.0
ENCODE_BATCH = 64
WINDOW_WORDS = 90
"""Words encoded at once; the encoder cuts what is longer, and cuts a Spanish word into two pieces or more."""
_KEYS = "keys.npy"
_CHROMA_FIX = "see that the Chroma server runs and can write, or unset ASSISTANT_CHROMA_URL"


@dataclass(frozen=True)
class Content:
    """What goes into an index."""

    passages: Sequence[PassageRecord]
    cases: Sequence[CaseRecord]
    added: Sequence[Passage]
    corpus: str
    catalogue: Catalogue


def build_index(
    settings: Settings, encoder: Encoder, *, progress: Progress | None = None, wait_s: float = WAIT_S
) -> Manifest:
    """Builds the index and puts it into use; raises CorpusError for a wrong corpus or when another build goes on,
    StoreError when the disk is full or cannot be written."""
    tell = progress or _silent
    with storing(settings), building(settings.index_dir, tell, wait_s):
        return build_locked(settings, encoder, current_catalogue(settings), tell)


def build_locked(settings: Settings, encoder: Encoder, catalogue: Catalogue, tell: Progress) -> Manifest:
    """Builds the index of that catalogue and puts it into use; for who holds the lock of builders."""
    content = _content(settings, catalogue)
    build = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    folder = builds(settings) / build
    known = _known_vectors(settings, encoder)
    try:
        manifest = _write_build(settings, encoder, folder, content, known, tell)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    use(settings.index_dir, manifest)
    _clear_old(settings, manifest)
    return manifest


def current_catalogue(settings: Settings) -> Catalogue:
    """The added sources in use, whatever state the index is in."""
    try:
        indexed = read_manifest(settings.index_dir).catalogue
    except CorpusError:
        indexed = None
    return catalogue_in_use(settings, indexed)


@contextmanager
def storing(settings: Settings) -> Iterator[None]:
    """Turns an error of the disk inside into a StoreError with its remedy."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        _raise_unwritable(settings, "the disk is full" if full else error.strerror or str(error), error)
    except sqlite3.OperationalError as error:
        _raise_unwritable(settings, str(error), error)


def _raise_unwritable(settings: Settings, why: str, cause: Exception) -> None:
    raise StoreError(
        f"the index cannot be written to {settings.data_dir}: {why}; the one before is still in use",
        fix="free some space, or set ASSISTANT_DATA_DIR to a folder you can write, with 100 MB free",
        key="index_unwritable",
    ) from cause


def _silent(done: int, total: int, label: str) -> None:
    """Tells nobody."""


def _content(settings: Settings, catalogue: Catalogue) -> Content:
    added: Sequence[Passage] = ()
    if catalogue.sources:
        added = list(load_added(settings, catalogue, load_words(settings.corpus / "locale")))
    return Content(
        passages=load_passages(settings.corpus / "passages"),
        cases=load_cases(settings.corpus / "cases"),
        added=added,
        corpus=fingerprint(settings.corpus),
        catalogue=catalogue,
    )


def _write_build(
    settings: Settings,
    encoder: Encoder,
    folder: Path,
    content: Content,
    known: Callable[[bytes], NDArray[np.float32] | None],
    tell: Progress,
) -> Manifest:
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / KNOWLEDGE)) as db:
        texts = _write_entries(db, content)
        db.commit()
    total = len(texts) * (2 if settings.chroma_url else 1) + 1
    stored = _write_vectors(folder, texts, encoder, known, lambda done, label: tell(done, total, label))
    if settings.chroma_url:
        with vectors.chroma_errors("the vectors cannot be written", fix=_CHROMA_FIX):
            client = vectors.server_client(settings.chroma_url)
            for written in vectors.fill_chroma(client, folder.name, stored):
                tell(len(texts) + written, total, "writing")
            client.close()
    manifest = _manifest(settings, encoder, folder, content, len(texts))
    tell(total - 1, total, "checking")
    _check(settings, folder, manifest, stored)
    tell(total, total, "done")
    return manifest


def _manifest(settings: Settings, encoder: Encoder, folder: Path, content: Content, count: int) -> Manifest:
    files = {name: folder / name for name in (KNOWLEDGE, *vectors.FILES, _KEYS)}
    for path in files.values():
        _sync(path)
    sync_folder(folder)
    return Manifest(
        format=FORMAT,
        build=folder.name,
        corpus=content.corpus,
        catalogue=content.catalogue.fingerprint,
        encoder=encoder.name,
        files={name: digest(path) for name, path in files.items()},
        store=store_of(settings),
        passages=len(content.passages),
        cases=len(content.cases),
        sources=len(content.catalogue.sources),
        added=len(content.added),
        vectors=count,
        tiers=_tiers(content),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _tiers(content: Content) -> dict[int, int]:
    tiers = [p.tier for p in content.passages] + [p.tier for p in content.added]
    return dict(sorted(Counter([*tiers, *[CASE_TIER] * len(content.cases)]).items()))


# --- entries and their words -----------------------------------------------------------------------------

Columns = Mapping[str, str | int | None]


class _ToEncode(NamedTuple):
    belongs: vectors.ToStore
    text: str


def _write_entries(db: sqlite3.Connection, content: Content) -> list[_ToEncode]:
    db.execute(
        "CREATE TABLE entry (row INTEGER PRIMARY KEY, id TEXT, kind TEXT, lang TEXT, tier INTEGER, "
        "superseded_by TEXT, facts INTEGER, source TEXT, type TEXT, city TEXT, body TEXT, UNIQUE (kind, id, lang))"
    )
    words = WordTable()
    texts: list[_ToEncode] = []
    for record in content.passages:
        for lang in LANGS:
            texts.extend(_write_passage(db, words, record, lang))
    for case in content.cases:
        for lang in LANGS:
            texts.extend(_write_case(db, words, case, lang))
    for passage in content.added:
        texts.extend(_write_added(db, words, passage))
    words.write(db)
    return texts


def _write_passage(
    db: sqlite3.Connection, words: WordTable, record: PassageRecord, lang: Lang
) -> list[_ToEncode]:
    shown = passage_in(record, lang)
    columns: Columns = {
        "tier": record.tier,
        "facts": len(record.rows),
        "superseded_by": " ".join(record.superseded_by),
        "source": record.source,
    }
    row = _write_entry(db, shown, "passage", columns)
    questions = record.questions.at(lang)
    words.add(
        row, "passage", lang, title=shown.title, body=shown.text, extra=(*questions, *record.asked.at(lang))
    )
    told = vectors.ToStore(row, "passage", record.tier)
    asked = vectors.ToStore(row, "question", record.tier)
    texts = [_ToEncode(told, text) for text in windows(shown.title, shown.text)]
    return texts + [_ToEncode(asked, question) for question in (*questions, *record.asked.at(lang))]


def _write_case(db: sqlite3.Connection, words: WordTable, record: CaseRecord, lang: Lang) -> list[_ToEncode]:
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
    words.add(
        row,
        "case",
        lang,
        title=shown.title,
        body=" ".join(told),
        extra=(*keywords, *record.problems.at(lang)),
    )
    problem = windows(shown.title, f"{shown.resident_problem} {shown.decision}")
    texts = [_ToEncode(vectors.ToStore(row, "case", CASE_TIER), text) for text in problem]
    texts.append(_ToEncode(vectors.ToStore(row, "keywords", CASE_TIER), ", ".join(keywords)))
    put = vectors.ToStore(row, "problem", CASE_TIER)
    return texts + [_ToEncode(put, line) for line in record.problems.at(lang)]


def _write_added(db: sqlite3.Connection, words: WordTable, shown: Passage) -> list[_ToEncode]:
    columns: Columns = {"tier": shown.tier, "facts": 1, "superseded_by": "", "source": shown.source}
    row = _write_entry(db, shown, "passage", columns)
    words.add(row, "passage", shown.lang, title=shown.title, body=shown.text)
    belongs = vectors.ToStore(row, "passage", shown.tier)
    return [_ToEncode(belongs, text) for text in windows(shown.title, shown.text)]


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


# --- vectors ---------------------------------------------------------------------------------------------


def _write_vectors(
    folder: Path,
    texts: Sequence[_ToEncode],
    encoder: Encoder,
    known: Callable[[bytes], NDArray[np.float32] | None],
    tell: Callable[[int, str], None],
) -> vectors.Stored:
    order, parts = vectors.in_parts([text.belongs for text in texts])
    ordered = [texts[i] for i in order]
    keys = [_key(text.text) for text in ordered]
    values = _encoded(ordered, [known(key) for key in keys], encoder, tell)
    stored = vectors.store(values, [text.belongs for text in ordered], parts)
    vectors.write_vectors(folder, stored)
    with (folder / _KEYS).open("wb") as file:
        np.lib.format.write_array(file, np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), -1))
    return stored


def _encoded(
    texts: Sequence[_ToEncode],
    old: Sequence[NDArray[np.float32] | None],
    encoder: Encoder,
    tell: Callable[[int, str], None],
) -> NDArray[np.float32]:
    """The vectors of the texts; those that the index in use has are taken from it."""
    # Like lengths together: a batch costs as much as its longest text.
    missing = sorted((i for i, vector in enumerate(old) if vector is None), key=lambda i: len(texts[i].text))
    done = len(texts) - len(missing)
    fresh: dict[int, NDArray[np.float32]] = {}
    tell(done, "encoding")
    for start in range(0, len(missing), ENCODE_BATCH):
        batch = missing[start : start + ENCODE_BATCH]
        encoded = np.asarray(encoder.encode([texts[i].text for i in batch]), dtype="<f4")
        fresh.update(zip(batch, encoded, strict=True))
        tell(done + start + len(batch), "encoding")
    return np.stack([fresh[i] if vector is None else vector for i, vector in enumerate(old)])


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]


def _known_vectors(settings: Settings, encoder: Encoder) -> Callable[[bytes], NDArray[np.float32] | None]:
    """Finds the vector of a text in the index in use, when that was built with this encoder and is whole."""
    try:
        manifest = read_manifest(settings.index_dir)
    except CorpusError:
        return lambda key: None
    if manifest.format != FORMAT or manifest.encoder != encoder.name or not whole(manifest, settings):
        return lambda key: None
    folder = builds(settings) / manifest.build
    values = vectors.read_vectors(folder).values
    keys = np.load(folder / _KEYS, allow_pickle=False)
    numbers = {row.tobytes(): number for number, row in enumerate(keys)}

    def find(key: bytes) -> NDArray[np.float32] | None:
        number = numbers.get(key)
        return None if number is None else np.asarray(values[number])

    return find


# --- checking, and clearing up ---------------------------------------------------------------------------


def _check(settings: Settings, folder: Path, manifest: Manifest, stored: vectors.Stored) -> None:
    with closing(sqlite3.connect(folder / KNOWLEDGE)) as db:
        (entries,) = db.execute("SELECT count(*) FROM entry").fetchone()
    if entries != (manifest.passages + manifest.cases) * len(LANGS) + manifest.added:
        raise CorpusError("the new index lacks entries", fix=BUILD_COMMAND)
    _check_finds_itself(vectors.ExactVectors(vectors.read_vectors(folder)), stored)
    if settings.chroma_url:
        _check_server(settings.chroma_url, manifest, stored)


def _check_server(url: str, manifest: Manifest, stored: vectors.Stored) -> None:
    with vectors.chroma_errors("the new index cannot be read back", fix=_CHROMA_FIX):
        door = vectors.ChromaVectors(vectors.server_client(url), manifest.build, stored)
        try:
            if door.count() != len(stored.rows):
                raise CorpusError("the new index lacks vectors", fix=BUILD_COMMAND)
            _check_finds_itself(door, stored)
        finally:
            door.close()


def _check_finds_itself(door: vectors.VectorDoor, stored: vectors.Stored) -> None:
    for number in range(0, len(stored.rows), max(1, len(stored.rows) // 8)):
        part = next(p for p in stored.parts if p.start <= number < p.stop)
        found = door.nearest(np.asarray(stored.values[number]), part.group, 1)
        if not found or found[0].score < 0.99:
            raise CorpusError("the new index does not find its own texts", fix=BUILD_COMMAND)


def _clear_old(settings: Settings, manifest: Manifest) -> None:
    old = sorted(path.name for path in builds(settings).iterdir() if path.name != manifest.build)
    for name in old[:-1]:
        shutil.rmtree(builds(settings) / name, ignore_errors=True)  # still open on Windows: next time
    if settings.chroma_url:
        with vectors.chroma_errors("old vectors cannot be removed", fix=_CHROMA_FIX):
            client = vectors.server_client(settings.chroma_url)
            vectors.drop_chroma(client, old[:-1])
            client.close()
