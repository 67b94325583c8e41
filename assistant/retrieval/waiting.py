"""Files that staff sent to be added: read, shown with what was cut, and added only when somebody approves.

sources/waiting/<id>/<name>           the file as it was sent
sources/waiting/<id>/waiting.json     what is said of it, and what was read
sources/waiting/<id>/passages.jsonl   the passages, as they would enter
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from assistant.domain import Frozen, Lang
from assistant.errors import InputError
from assistant.retrieval.added import AddedPassage, sources_dir
from assistant.retrieval.ingest import About, check_about
from assistant.retrieval.reading import LIMITS, Limits, check_file, read_source, refused
from assistant.safety import clean_text
from assistant.settings import Settings

KEPT = timedelta(days=7)
HALF_READ = timedelta(days=1)
"""When the folder of a file that was never read to its end is left from a crash."""
PIECE = 2**20
_ID = re.compile(r"[0-9a-f]{32}")
_ABOUT, _PASSAGES = "waiting.json", "passages.jsonl"


class Waiting(Frozen):
    """A file that waits for approval."""

    id: str
    file: str
    about: About
    content: str
    """SHA-256 of the file."""
    passages: int
    pages: int | None
    hidden: int
    """Characters that no reader of the file sees, which are left out."""
    repaired: int
    """Passages in which broken accents were put right."""
    lang: Lang
    sent_by: str
    sent_at: datetime


def stage(
    settings: Settings,
    name: str,
    file: BinaryIO,
    about: About,
    *,
    language: Callable[[str], Lang],
    sent_by: str,
    limits: Limits = LIMITS,
) -> Waiting:
    """Reads a file in the limited child process and keeps it until it is approved or discarded.

    Raises DocumentError for a file that cannot be taken and InputError for what is said of it; then nothing is kept.
    """
    id = uuid.uuid4().hex
    folder = _folder(settings, id)
    path = folder / _safe_name(name)
    check_about(about, [path])
    folder.mkdir(parents=True, mode=0o700)
    try:
        content = _write(path, file, limits)
        check_file(path, limits)
        read = read_source(path, path.name, limits)
        told = Waiting(
            id=id,
            file=path.name,
            about=about,
            content=content,
            passages=len(read.passages),
            pages=read.pages,
            hidden=read.hidden,
            repaired=read.repaired,
            lang=about.lang or language(" ".join(p.text for p in read.passages[:20])[:4_000]),
            sent_by=sent_by,
            sent_at=datetime.now(UTC),
        )
        lines = "".join(f"{json.dumps(p.to_data(), ensure_ascii=False)}\n" for p in read.passages)
        (folder / _PASSAGES).write_text(lines, encoding="utf-8")
        (folder / _ABOUT).write_text(told.to_json(), encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return told


def all_waiting(settings: Settings) -> list[Waiting]:
    """The files that wait, oldest first; what waited longer than a week is deleted."""
    found = []
    for path in (sources_dir(settings) / "waiting").glob(f"*/{_ABOUT}"):
        try:
            told = Waiting.model_validate_json(path.read_bytes())
        except (OSError, ValidationError):
            continue
        if told.sent_at < datetime.now(UTC) - KEPT:
            shutil.rmtree(path.parent, ignore_errors=True)
        else:
            found.append(told)
    return sorted(found, key=lambda w: (w.sent_at, w.id))


def sent_by(settings: Settings, account_id: str) -> list[Waiting]:
    """The files of one account that wait, oldest first."""
    return [told for told in all_waiting(settings) if told.sent_by == account_id]


def purge(settings: Settings) -> None:
    """Deletes what waited longer than a week, and what a crash left behind."""
    all_waiting(settings)
    oldest = (datetime.now(UTC) - HALF_READ).timestamp()
    for folder in (sources_dir(settings) / "waiting").glob("*"):
        if not (folder / _ABOUT).exists() and folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def find_waiting(settings: Settings, id: str) -> Waiting:
    """The file of an id; raises InputError `no_waiting` when there is none."""
    try:
        if _ID.fullmatch(id):
            return Waiting.model_validate_json((_folder(settings, id) / _ABOUT).read_bytes())
    except (OSError, ValidationError):
        pass
    raise InputError(
        "this file no longer waits for approval", fix="send it again, or look for it among the sources",
        key="no_waiting",
    )  # fmt: skip


def passages_of(settings: Settings, waiting: Waiting) -> list[AddedPassage]:
    """The passages that would enter."""
    lines = (_folder(settings, waiting.id) / _PASSAGES).read_bytes().splitlines()
    return [AddedPassage.model_validate_json(line) for line in lines]


def path_of(settings: Settings, waiting: Waiting) -> Path:
    """The file itself."""
    return _folder(settings, waiting.id) / waiting.file


def discard(settings: Settings, id: str) -> None:
    """Deletes what was sent; raises InputError when there is no such file."""
    shutil.rmtree(_folder(settings, find_waiting(settings, id).id), ignore_errors=True)


def _folder(settings: Settings, id: str) -> Path:
    return sources_dir(settings) / "waiting" / id


def _safe_name(name: str) -> str:
    """The file's own name, without folders and what no system allows in one."""
    last = re.split(r"[/\\]", clean_text(name))[-1]
    plain = re.sub(r'[\x00-\x1f<>:"|?*]', " ", last).strip(" .")
    stem, dot, kind = plain.rpartition(".")
    return f"{stem[:100] or 'file'}{dot}{kind[:10]}"


def _write(path: Path, file: BinaryIO, limits: Limits) -> str:
    digest, left = hashlib.sha256(), limits.file_mb * 2**20
    with path.open("wb") as copy:
        while piece := file.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise refused("too_big", path.name, limit_mb=limits.file_mb)
            digest.update(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    return digest.hexdigest()
