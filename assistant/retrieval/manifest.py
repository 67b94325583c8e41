"""What the index in use is, where it lies, and whether it fits: the part of the index that every reader looks at.

    manifest.json     names the build in use, what it was made of and the SHA-256 of each of its files
    builds/<build>/   the files of a build: written once, never changed (docs/decisions/0030)
    build.lock        held by whoever builds

Replacing the manifest is the swap: before it the old index is in use, after it the new one, at no moment neither.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from assistant.domain import Frozen
from assistant.errors import CorpusError
from assistant.retrieval.added import catalogue_in_use
from assistant.retrieval.base import Progress
from assistant.retrieval.sources import fingerprint
from assistant.settings import Settings

FORMAT = 5
"""Goes up whenever what is stored, or how texts are cut before encoding, changes."""
BUILD_COMMAND = "run: scoping index build"
KNOWLEDGE = "knowledge.sqlite"
_MANIFEST = "manifest.json"


class Manifest(Frozen):
    """What the index in use was built from."""

    schema_: Annotated[Literal["index/3"], Field(alias="schema")] = "index/3"
    format: int
    build: str
    corpus: str
    catalogue: str
    """Which added sources are in it."""
    encoder: str
    files: dict[str, str]
    """The SHA-256 of every file that is read."""
    store: Literal["files", "server"]
    passages: int
    """Of the corpus, each in three languages."""
    cases: int
    sources: int
    """Files that staff added."""
    added: int
    """Passages of those files, each in its own language."""
    vectors: int
    tiers: dict[int, int]
    """How many passages and cases each tier has."""
    built_at: str


class Status(Frozen):
    """Whether the index can be used, and what is in it."""

    state: Literal["ready", "missing", "stale", "damaged"]
    why: str = ""
    fix: str = ""
    manifest: Manifest | None = None
    age_s: float | None = None


def status(settings: Settings, encoder_name: str | None = None) -> Status:
    """What state the index is in; looks at the encoder only when its name is given."""
    try:
        manifest = read_manifest(settings.index_dir)
    except CorpusError as error:
        there = (settings.index_dir / _MANIFEST).exists()
        return Status(state="damaged" if there else "missing", why=str(error), fix=error.fix)
    age = (datetime.now(UTC) - datetime.fromisoformat(manifest.built_at)).total_seconds()
    try:
        why = stale(manifest, settings, encoder_name or manifest.encoder)
    except CorpusError as error:  # the list of added sources cannot be read
        return Status(state="damaged", why=str(error), fix=error.fix, manifest=manifest, age_s=age)
    if why:
        return Status(state="stale", why=why, fix=BUILD_COMMAND, manifest=manifest, age_s=age)
    if not whole(manifest, settings):
        why = "the knowledge index is damaged"
        return Status(state="damaged", why=why, fix=BUILD_COMMAND, manifest=manifest, age_s=age)
    return Status(state="ready", manifest=manifest, age_s=age)


def in_use(settings: Settings) -> Manifest | None:
    """The manifest in use, whether or not it fits; None when there is none. Reads no other file."""
    try:
        return read_manifest(settings.index_dir)
    except CorpusError:
        return None


def is_missing(settings: Settings) -> bool:
    """Whether no index was ever built here."""
    return not (settings.index_dir / _MANIFEST).exists()


def version(settings: Settings) -> tuple[int, int, int] | None:
    """Changes whenever another index is put into use; None while there is none."""
    try:
        found = (settings.index_dir / _MANIFEST).stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino, found.st_size)


def read_manifest(folder: Path) -> Manifest:
    """The manifest in use; raises CorpusError when there is none that can be read."""
    try:
        return Manifest.model_validate_json((folder / _MANIFEST).read_bytes())
    except FileNotFoundError:
        raise unusable("the knowledge index is missing") from None
    except ValidationError as error:
        older = any(e["loc"] == ("schema",) for e in error.errors())
        why = "was built by another version" if older else "is damaged"
        raise unusable(f"the knowledge index {why}") from None
    except OSError:
        raise unusable("the knowledge index is damaged") from None


def stale(manifest: Manifest, settings: Settings, encoder_name: str) -> str:
    """Why the index does not fit what is configured now; empty when it does."""
    if manifest.format != FORMAT:
        return "the knowledge index was built by another version"
    if manifest.corpus != fingerprint(settings.corpus):
        return "the knowledge index was built from another corpus"
    if manifest.catalogue != catalogue_in_use(settings, manifest.catalogue).fingerprint:
        return "the knowledge index was built from other added sources"
    if manifest.encoder != encoder_name:
        return "the knowledge index was built with another encoder"
    if manifest.store != store_of(settings):
        return "the vectors of the knowledge index are kept elsewhere"
    return ""


def store_of(settings: Settings) -> Literal["files", "server"]:
    """Where the settings want the vectors searched: in the files of the build, or on a Chroma server too."""
    return "server" if settings.chroma_url else "files"


def whole(manifest: Manifest, settings: Settings) -> bool:
    """Whether every file of the build is there, byte for byte."""
    folder = builds(settings) / manifest.build
    try:
        return bool(manifest.files) and all(digest(folder / n) == d for n, d in manifest.files.items())
    except OSError:
        return False


def unusable(why: str) -> CorpusError:
    """The error of an index that cannot be used."""
    return CorpusError(why, fix=BUILD_COMMAND, key="index_missing")


def builds(settings: Settings) -> Path:
    """The folder of the builds."""
    return settings.index_dir / "builds"


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def use(folder: Path, manifest: Manifest) -> None:
    """Puts a build into use, at once for every reader."""
    replace_json(folder / _MANIFEST, json.dumps(manifest.to_data(), indent=2))


def replace_json(path: Path, text: str) -> None:
    """Writes a file so that a reader finds the old or the new one, whole, whatever happens."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes sure that the names in a folder survive a loss of power, where the system can."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- one builder at a time -------------------------------------------------------------------------------


@contextmanager
def building(folder: Path, tell: Progress, wait_s: float) -> Iterator[None]:
    """Holds the lock of whoever changes the index; raises CorpusError when another keeps it longer than `wait_s`."""
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
