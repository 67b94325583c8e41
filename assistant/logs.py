"""What the processes write down about their work: one line for each request and each failure, and no texts.

Lines of ours are written to be safe: they name routes, kinds of errors and reference numbers. Lines of libraries may
hold what somebody wrote, so only their pattern is kept, without the values, and an error only with its kind and place.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal

Form = Literal["text", "json"]
OURS = "assistant"
LONGEST = 300
"""Characters of a library's line."""
_REQUEST: ContextVar[str] = ContextVar("request", default="")
_PRIVATE = re.compile(r"\S+@\S+|\S*(?:/d/|/sheet/|://)\S*|\b[\w-]{32,}\b")
"""E-mail addresses, links, and whatever is long enough to be a secret."""
_FIELDS = ("method", "route", "status", "ms")


@contextmanager
def of_request(id: str) -> Iterator[None]:
    """Lines that are written inside carry the number of this request."""
    token = _REQUEST.set(id)
    try:
        yield
    finally:
        _REQUEST.reset(token)


def set_up(form: Form) -> None:
    """Write to standard error in this form, from now on; a line for each request in the form for machines alone."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.INFO if form == "json" else logging.WARNING)
    # Gradio prints the trace of whatever a handler raised, with the value that a browser had sent.
    traceback.print_exc = _log_instead


def _log_instead(*_: object, **__: object) -> None:
    logging.getLogger(f"{OURS}.library").error("an error was passed on", exc_info=True)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request, and what belongs to a request."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": said(record),
        }
        if request := _REQUEST.get():
            line["request"] = request
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if where := _where(record):
            line["error"] = where
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """The same for people."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the place of an error on the lines below."""
        extra = [f"{name}={getattr(record, name)}" for name in _FIELDS if hasattr(record, name)]
        request = [f"request={_REQUEST.get()}"] if _REQUEST.get() else []
        parts = [_time(record), record.levelname.lower(), record.name, said(record), *extra, *request]
        where = _where(record)
        return " ".join(parts) + (f"\n{where}" if where else "")


def said(record: logging.LogRecord) -> str:
    """What a line says: all of ours; of a library's its pattern, without values, addresses and links."""
    if record.name.split(".")[0] == OURS:
        return record.getMessage()
    return _PRIVATE.sub("…", str(record.msg))[:LONGEST]


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _where(record: logging.LogRecord) -> str:
    """The kind of error and the lines it came through; its message may hold what somebody wrote."""
    kind, _, trace = record.exc_info or (None, None, None)
    return f"{kind.__name__} at {place(trace)}" if kind else ""


def place(trace: TracebackType | None) -> str:
    """The lines an error came through, the innermost last."""
    frames = traceback.extract_tb(trace)
    return " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
