"""The child: a file on standard input, its text as JSON on standard output, within limits."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from assistant.extraction.base import Bounds, Extract, RefusalError

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.dlopen")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_READERS = {
    ".pdf": ("pdf", "read_pdf"),
    ".docx": ("docx", "read_docx"),
    ".pptx": ("pptx", "read_pptx"),
    ".xlsx": ("xlsx", "read_xlsx"),
    ".html": ("html", "read_html"),
    ".htm": ("html", "read_html"),
    ".md": ("markdown", "read_markdown"),
    ".txt": ("text", "read_text"),
}
Reader = Callable[[bytes, Bounds], Extract]


def main(kind: str, told: dict[str, int]) -> None:
    """Read one file and print what it says, or why it is refused."""
    read = _reader(kind)
    bounds = Bounds(**{f.name: told[f.name] for f in dataclasses.fields(Bounds)})
    confine(told["cpu_seconds"], told["memory_mb"], told["output_mb"])
    reply: dict[str, Any]
    try:
        reply = _reply(read(sys.stdin.buffer.read(), bounds), bounds, parts=bool(told["parts"]))
    except RefusalError as refusal:
        reply = {"refused": refusal.key, "details": refusal.details}
    except MemoryError:
        reply = {"refused": "unreadable", "details": {"reason": "it needs too much memory"}}
    except RecursionError:
        reply = {"refused": "unreadable", "details": {"reason": "its parts are nested too deeply"}}
    json.dump(reply, sys.stdout)


def _reader(kind: str) -> Reader:
    module, name = _READERS[kind]
    reader: Reader = getattr(importlib.import_module(f"assistant.extraction.{module}"), name)
    return reader


def _reply(found: Extract, bounds: Bounds, *, parts: bool) -> dict[str, Any]:
    if max(len(found.text), sum(len(part.text) for part in found.parts)) > bounds.characters:
        raise RefusalError("too_long", limit=f"{bounds.characters:,} characters")
    reply = dataclasses.asdict(found)
    reply.pop("text" if parts else "parts")
    return reply


def confine(cpu_seconds: int, memory_mb: int, output_mb: int = 0) -> None:
    """Leave this process only what reading a document takes, for good."""
    limit(cpu_seconds, memory_mb, output_mb)
    sys.addaudithook(forbid)


def limit(cpu_seconds: int, memory_mb: int, output_mb: int) -> None:
    """Bound this process, as far as the system can: time, memory, and what it writes to standard output."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent still bounds the time
        return
    bounds = {
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),
        resource.RLIMIT_AS: (memory_mb * 2**20,) * 2,
        resource.RLIMIT_FSIZE: (output_mb * 2**20,) * 2,
        resource.RLIMIT_CORE: (0, 0),
    }
    for which, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses a limit on addresses
            resource.setrlimit(which, bound)


def forbid(event: str, arguments: Any) -> None:
    """Stop what no reader of documents has to do: the network, other programs, opening a file to write."""
    if event.startswith(_FORBIDDEN) or (event == "open" and arguments[2] & _WRITING):
        raise PermissionError(event)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
