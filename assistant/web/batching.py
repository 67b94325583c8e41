"""Batches judged in the background, a few rows at a time, by whichever process has room."""

from __future__ import annotations

import base64
import binascii
import logging
import secrets
import tempfile
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assistant.batch import DOCUMENTS, TABLES, Row, read_rows
from assistant.documents import read_document
from assistant.domain import Judgement
from assistant.errors import InputError, ScopingError, StoreError
from assistant.store.batches import Given, Trouble
from assistant.web.api import check_unpacked
from assistant.wiring import Product

log = logging.getLogger(__name__)
CHUNK = 8
"""Rows between two signs of life."""


class Batching:
    """One thread that judges what waits. What a process leaves undone, another goes on with."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.batches = product.store.batches
        self.name = secrets.token_hex(16)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._stopped = threading.Event()
        self._asked = threading.Semaphore(1)

    def wake(self) -> None:
        """Look for waiting batches, soon; asking for it often costs little."""
        if not self._stopped.is_set() and self._asked.acquire(blocking=False):
            self._pool.submit(self._work)

    def stop(self) -> None:
        """Leave what is undone to the next process."""
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        self._asked.release()
        try:
            for batch_id in self.batches.waiting():
                self._judge(batch_id)
        except StoreError:
            log.exception("a batch could not be judged now")

    def _judge(self, batch_id: str) -> None:
        while not self._stopped.is_set() and self.batches.claim(batch_id, self.name):
            rows = self.batches.unjudged(batch_id, CHUNK)
            if not rows:
                self.batches.finish(batch_id)
                return
            self.batches.keep(batch_id, [(place, row.row_id, self.judged(row)) for place, row in rows])

    def judged(self, row: Given) -> Judgement | Trouble:
        """The judgement of one row, or why there is none."""
        if row.trouble is not None:
            return row.trouble
        try:
            text = _document(row) if row.document else row.text
            return self.product.batch_assistant.judge_text(text, row.lang)
        except ScopingError as error:
            return _trouble(error)
        except Exception as error:  # noqa: BLE001  # one row that fails must not keep the others waiting
            # The message may hold what somebody wrote; where it happened does not.
            where = "".join(traceback.format_tb(error.__traceback__))
            log.error("a row of a batch could not be judged: %s\n%s", type(error).__name__, where)
            return Trouble(
                error="something went wrong on our side", fix="send this row again", key="row_failed"
            )


def _trouble(error: ScopingError) -> Trouble:
    details = {name: str(value) for name, value in error.details.items()}
    return Trouble(error=str(error), fix=error.fix, key=error.key, details=details)


def _document(row: Given) -> str:
    with tempfile.TemporaryDirectory(prefix="scoping-batch-") as folder:
        file = Path(folder) / f"document{Path(row.document or '').suffix.lower()}"
        try:
            file.write_bytes(base64.b64decode(row.text, validate=True))
        except (binascii.Error, ValueError):
            raise InputError("the file is damaged", fix="send it again", key="unreadable") from None
        return read_document(file, name=row.document).text


# --- what was sent -----------------------------------------------------------------------------------------


def given_rows(files: list[tuple[str, bytes]], limit: int) -> list[Given]:
    """The rows of everything that was sent: tables row by row, documents one each, the rest with what is wrong.

    Raises InputError when a table cannot be opened at all, or when there are more rows than `limit`.
    """
    several = len(files) > 1
    rows: list[Given] = []
    for name, content in files:
        kind = Path(name).suffix.lower()
        if kind in TABLES:
            rows += [_given(row, f"{name}: " if several else "") for row in _table(name, kind, content)]
        elif kind in DOCUMENTS:
            text = base64.b64encode(content).decode("ascii")
            rows.append(Given(row_id=name, text=text, document=name))
        else:
            wrong = Trouble(
                error="this kind of file cannot be read", fix="leave it out", key="unsupported_type"
            )
            rows.append(Given(row_id=name, trouble=wrong))
        if len(rows) > limit:
            raise InputError("too many rows", fix=f"send {limit} at most", key="batch_rows", limit=limit)
    return rows


def _table(name: str, kind: str, content: bytes) -> list[Row]:
    if kind == ".xlsx":
        check_unpacked(content)
    with tempfile.TemporaryDirectory(prefix="scoping-batch-") as folder:
        file = Path(folder) / f"batch{kind}"
        file.write_bytes(content)
        return list(read_rows(file))


def _given(row: Row, prefix: str) -> Given:
    wrong = None
    if row.error:
        details = {"line": str(row.line), "id": row.id.removesuffix(" (again)")}
        wrong = Trouble(error=row.error, fix=row.fix, key=row.key, details=details)
    return Given(row_id=prefix + row.id, text=row.text, lang=row.lang, trouble=wrong)
