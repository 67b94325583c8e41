"""The child: a file on standard input, its text as JSON on standard output, within limits."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from typing import Any

from assistant.extraction.base import RefusalError

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.dlopen")


def main(kind: str, cpu_seconds: int, memory_mb: int) -> None:
    """Read one file and print what it says, or why it is refused."""
    read = _reader(kind)
    confine(cpu_seconds, memory_mb)
    reply: dict[str, Any]
    try:
        reply = dataclasses.asdict(read(sys.stdin.buffer.read()))
    except RefusalError as refusal:
        reply = {"refused": refusal.key, "details": refusal.details}
    except MemoryError:
        reply = {"refused": "unreadable", "details": {"reason": "it needs too much memory"}}
    json.dump(reply, sys.stdout)


def _reader(kind: str) -> Any:
    if kind == ".pdf":
        from assistant.extraction.pdf import read_pdf

        return read_pdf
    from assistant.extraction.docx import read_docx

    return read_docx


def confine(cpu_seconds: int, memory_mb: int) -> None:
    """Leave this process only what reading a document takes, for good."""
    limit(cpu_seconds, memory_mb)
    sys.addaudithook(forbid)


def limit(cpu_seconds: int, memory_mb: int) -> None:
    """Bound this process, as far as the system can: time, memory, and no file may be written."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the parent still bounds the time
        return
    bounds = {
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),
        resource.RLIMIT_AS: (memory_mb * 2**20,) * 2,
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    for which, bound in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # macOS refuses a limit on addresses
            resource.setrlimit(which, bound)


def forbid(event: str, arguments: object) -> None:
    """Stop what no reader of documents has to do: the network, other programs."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
