"""Sources that staff add to the index and take out of it. What an applicant uploads never comes here.

One change of sources is one new index: either both are in force or neither is (docs/decisions/0030).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from assistant.domain import Frozen, Lang
from assistant.errors import DocumentError, InputError
from assistant.retrieval.added import (
    AddedPassage,
    AddedSource,
    Catalogue,
    files_dir,
    sources_dir,
)
from assistant.retrieval.base import Encoder, Progress
from assistant.retrieval.building import WAIT_S, build_locked, current_catalogue, storing
from assistant.retrieval.manifest import building, replace_json, sync_folder
from assistant.retrieval.reading import KINDS, LIMITS, VERSION, Limits, Read, check_file, read_source, refused
from assistant.safety import clean_text, fold
from assistant.settings import Settings

TIER = 3
"""Of a source about which nothing is said: below the programme's own pages."""
COPY = 2**20


class About(Frozen):
    """What staff say of the files they add."""

    id: str | None = None
    title: str | None = None
    tier: int | None = None
    date: str | None = None
    lang: Lang | None = None
    booklet: bool = False


class Outcome(Frozen):
    """What came of one file."""

    file: str
    change: Literal["added", "updated", "unchanged", "refused"]
    id: str = ""
    passages: int = 0
    pages: int | None = None
    hidden: int = 0
    repaired: int = 0
    lang: Lang | None = None
    why: str = ""
    fix: str = ""


def add_sources(
    settings: Settings,
    encoder: Encoder,
    paths: Sequence[Path],
    about: About,
    *,
    language: Callable[[str], Lang],
    approved_by: str,
    progress: Progress | None = None,
    limits: Limits = LIMITS,
    wait_s: float = WAIT_S,
) -> list[Outcome]:
    """Adds files, and those in folders, to the index; each file is taken or refused on its own.

    Running it is the approval: `approved_by` is kept with each source. A file that is there already changes
    nothing; another one of the same id takes its place. Raises InputError for wrong options, StoreError for a
    full disk, CorpusError when another build goes on: then nothing has changed.
    """
    files = list(_files(paths))
    check_about(about, files)
    tell = progress or (lambda done, total, label: None)
    with storing(settings), building(settings.index_dir, tell, wait_s):
        before = current_catalogue(settings)
        adding = _Adding(settings, about, language, approved_by, limits, before)
        outcomes = []
        for number, path in enumerate(files):
            tell(number, len(files), f"reading {path.name}")
            outcomes.append(adding.take(path))
        _commit(settings, encoder, before, adding.catalogue, tell)
    return outcomes


def remove_source(
    settings: Settings,
    encoder: Encoder,
    id: str,
    *,
    progress: Progress | None = None,
    wait_s: float = WAIT_S,
) -> AddedSource:
    """Takes a source out of the index and deletes what was kept of it; raises InputError for an unknown id."""
    tell = progress or (lambda done, total, label: None)
    with storing(settings), building(settings.index_dir, tell, wait_s):
        before = current_catalogue(settings)
        source = before.find(id)
        if source is None:
            known = ", ".join(s.id for s in before.sources) or "none"
            raise InputError(
                f"there is no added source “{id}”",
                fix=f"name one of: {known} (see: scoping index list)",
                key="source_unknown",
            )
        _commit(settings, encoder, before, before.without(id), tell)
    return source


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in KINDS and p.is_file())
        else:
            yield path


def check_about(about: About, files: Sequence[Path]) -> None:
    """Refuses, with an InputError, what cannot be said of these files."""
    if not files:
        raise InputError(
            "there is no file to add", fix=f"name files of the kinds {' '.join(KINDS)}", key="empty"
        )
    if len(files) > 1 and (about.id or about.title or about.booklet):
        raise InputError("--id, --title and --booklet are for one file", fix="add that file alone")
    if about.id is not None and slug(about.id) != about.id:
        raise InputError(
            f"“{about.id}” cannot be an id",
            fix=f"use small letters, digits and -: {slug(about.id)}",
            key="source_id",
        )
    if about.tier is not None and about.tier not in ((1,) if about.booklet else (2, 3, 4)):
        fix = "choose --tier 2, 3 or 4; only the official booklet is of tier 1: --booklet"
        raise InputError(f"an added source cannot be of tier {about.tier}", fix=fix, key="source_tier")
    if about.date is not None and not _is_date(about.date):
        raise InputError(
            f"“{about.date}” is no date", fix="write 2026, 2026-05 or 2026-05-01", key="source_date"
        )


def _is_date(text: str) -> bool:
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", text) is None:
        return False
    try:
        datetime.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        return False
    return True


def slug(text: str) -> str:
    """A name of small letters, digits and hyphens; never empty."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:60].strip("-") or "source"


class _Adding:
    """Takes file after file into a catalogue; nothing of it is in force until it is committed."""

    def __init__(
        self,
        settings: Settings,
        about: About,
        language: Callable[[str], Lang],
        approved_by: str,
        limits: Limits,
        catalogue: Catalogue,
    ) -> None:
        self._settings, self._about, self._language = settings, about, language
        self._approved_by, self._limits = approved_by, limits
        self.catalogue = catalogue
        self._taken: dict[str, Path] = {}

    def take(self, path: Path) -> Outcome:
        """Reads one file and puts it into the catalogue, or says why not."""
        staged = files_dir(self._settings) / f".new-{uuid.uuid4().hex}"
        try:
            check_file(path, self._limits)
            staged.mkdir(parents=True)
            content = _copy(path, staged / f"original{path.suffix.lower()}", self._limits)
            return self._place(path, staged, content)
        except DocumentError as error:
            return Outcome(file=path.name, change="refused", why=str(error), fix=error.fix)
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def _place(self, path: Path, staged: Path, content: str) -> Outcome:
        id = self._about.id or slug(path.stem)
        old = self.catalogue.find(id)
        twin = next((s for s in self.catalogue.sources if s.content == content and s.id != id), None)
        if twin is not None:
            why = f"the same file is there already as {twin.id}"
            return Outcome(file=path.name, change="unchanged", id=twin.id, passages=twin.passages, why=why)
        if id in self._taken and old is not None and old.content != content:
            raise DocumentError(
                f"{path.name} has the same name as {self._taken[id]}, which is added too",
                fix="add it alone, with --id and another name",
                key="source_twice",
            )
        self._taken[id] = path
        folder = f"{content[:24]}-{VERSION}"
        same_text = old is not None and old.folder == folder
        source = self._described(id, path, content, folder, old) if old is not None and same_text else None
        if source is None:
            read = read_source(staged / f"original{path.suffix.lower()}", path.name, self._limits)
            source = self._fresh(id, path, content, folder, staged, read, old)
        if source == old:
            return _outcome(source, "unchanged")
        self.catalogue = self.catalogue.having(source)
        return _outcome(source, "updated" if old is not None else "added")

    def _described(
        self, id: str, path: Path, content: str, folder: str, old: AddedSource
    ) -> AddedSource | None:
        """The source as it is, with what staff say of it now; None when its files are no longer there."""
        if not (files_dir(self._settings) / folder / "passages.jsonl").is_file():
            return None
        said = self._about
        changed = {
            "title": said.title,
            "tier": 1 if said.booklet else said.tier,
            "booklet": True if said.booklet else (False if said.tier is not None else None),
            "date": said.date,
            "lang": said.lang,
        }
        changed = {name: value for name, value in changed.items() if value is not None}
        if all(getattr(old, name) == value for name, value in changed.items()):
            return old
        stamp = {"added_at": _now(), "approved_by": self._approved_by}
        return AddedSource.model_validate({**old.to_data(), **changed, **stamp})

    def _fresh(
        self,
        id: str,
        path: Path,
        content: str,
        folder: str,
        staged: Path,
        read: Read,
        old: AddedSource | None,
    ) -> AddedSource:
        said = self._about
        text = _write_passages(staged / "passages.jsonl", read.passages)
        _keep(staged, files_dir(self._settings) / folder)
        booklet = said.booklet or (old is not None and old.booklet and said.tier is None)
        return AddedSource(
            id=id,
            title=clean_text(said.title or (old.title if old else _title(path)))[:200] or id,
            tier=1 if booklet else said.tier or (old.tier if old else TIER),
            booklet=booklet,
            date=said.date,
            lang=said.lang or self._language(" ".join(p.text for p in read.passages[:20])[:4_000]),
            file=clean_text(path.name)[-120:],
            content=content,
            folder=folder,
            text=text,
            passages=len(read.passages),
            pages=read.pages,
            hidden=read.hidden,
            repaired=read.repaired,
            added_at=_now(),
            approved_by=self._approved_by,
        )


def _outcome(source: AddedSource, change: Literal["added", "updated", "unchanged"]) -> Outcome:
    return Outcome(
        file=source.file,
        change=change,
        id=source.id,
        passages=source.passages,
        pages=source.pages,
        hidden=source.hidden,
        repaired=source.repaired,
        lang=source.lang,
    )


def _title(path: Path) -> str:
    words = re.sub(r"[_\s]+", " ", path.stem).strip()
    return words[:1].upper() + words[1:]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _copy(path: Path, to: Path, limits: Limits) -> str:
    """Copies a file, and gives its SHA-256; what is read from now on is the copy, whatever becomes of the file."""
    digest, left = hashlib.sha256(), limits.file_mb * 2**20
    try:
        source = path.open("rb")
    except OSError as error:
        raise refused("unreadable", path.name, reason=error.strerror or "it cannot be opened") from None
    with source, to.open("wb") as copy:
        while piece := source.read(COPY):
            left -= len(piece)
            if left < 0:  # it grew while it was read
                raise refused("too_big", path.name, limit_mb=limits.file_mb)
            digest.update(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()


def _write_passages(path: Path, passages: Sequence[AddedPassage]) -> str:
    lines = "".join(f"{json.dumps(p.to_data(), ensure_ascii=False)}\n" for p in passages).encode()
    with path.open("wb") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(lines).hexdigest()


def _keep(staged: Path, folder: Path) -> None:
    if folder.exists():  # left by a process that ended before its catalogue came into force
        shutil.rmtree(folder)
    os.replace(staged, folder)
    sync_folder(folder.parent)


# --- coming into force -----------------------------------------------------------------------------------


def _commit(
    settings: Settings, encoder: Encoder, before: Catalogue, after: Catalogue, tell: Progress
) -> None:
    """Builds the index of the new catalogue; the moment it is put into use, the catalogue is in force."""
    folder = sources_dir(settings)
    if after == before:
        _clear(settings, before)
        return
    folder.mkdir(parents=True, exist_ok=True)
    catalogue, pending = folder / "catalogue.json", folder / "pending.json"
    replace_json(catalogue, _as_json(before))  # what a process that died between the two steps left pending
    replace_json(pending, _as_json(after))
    try:
        build_locked(settings, encoder, after, tell)
    except BaseException:
        if current_catalogue(settings) != after:
            pending.unlink(missing_ok=True)
            _clear(settings, before)
        raise
    os.replace(pending, catalogue)
    sync_folder(folder)
    _clear(settings, after)


def _as_json(catalogue: Catalogue) -> str:
    return json.dumps(catalogue.to_data(), ensure_ascii=False, indent=1)


def _clear(settings: Settings, catalogue: Catalogue) -> None:
    """Deletes the files of sources that are no longer in use."""
    kept = {source.folder for source in catalogue.sources}
    if files_dir(settings).is_dir():
        for folder in files_dir(settings).iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)
