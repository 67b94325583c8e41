"""Every result on disk as soon as it is there, so that a run that was killed goes on where it was."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from evals.errors import SuiteError
from evals.run import Result

SCHEMA = "journal/1"
NAME = "journal.jsonl"


class Journal:
    """Appends results to a file, one line each; a torn last line is dropped and its case runs again."""

    def __init__(self, path: Path, signature: str) -> None:
        """`signature` says what the run is of; raises SuiteError when the file is of another run."""
        self.path = path
        self.results: dict[tuple[str, int], Result] = {}
        """What is there already, errors left out: they are tried again."""
        self.broken: list[int] = []
        """The numbers of lines that could not be read; what they held runs again."""
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        held, torn = _mended(path)
        if held:
            self._read(held, signature)
        if torn:
            self.broken.append(len(held) + 1)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        if not held:
            self._write(json.dumps({"schema": SCHEMA, "signature": signature}))

    def __enter__(self) -> Journal:
        """The journal itself."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Let go of the file."""
        os.close(self._file)

    def keep(self, result: Result) -> None:
        """Append a result; it is on the disk when this returns."""
        with self._lock:
            self.results[result.key] = result
            self._write(result.model_dump_json(exclude_defaults=True))
        os.fsync(self._file)

    def _write(self, line: str) -> None:
        os.write(self._file, line.encode("utf-8") + b"\n")

    def _read(self, lines: list[bytes], signature: str) -> None:
        head = _header(lines[0])
        if head != signature:
            raise SuiteError(
                f"{self.path}:1: the journal is of another run: it says {head or 'nothing'!r}, this is {signature!r}",
                fix="run it with the same suites, engine and files, or begin anew without --resume",
            )
        for number, line in enumerate(lines[1:], start=2):
            try:
                result = Result.model_validate_json(line)
            except ValidationError:
                self.broken.append(number)
                continue
            if not result.error:
                self.results[result.key] = result


def _mended(path: Path) -> tuple[list[bytes], bool]:
    """The whole lines of a file, and whether a last line that was cut off has been taken away."""
    if not path.exists():
        return [], False
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    return whole.splitlines(), len(whole) < len(data)


def _header(line: bytes) -> str:
    try:
        data = json.loads(line)
        return str(data["signature"]) if data["schema"] == SCHEMA else ""
    except (ValueError, KeyError, TypeError):
        return ""
