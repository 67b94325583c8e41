"""Reading a file in a process of its own: it may crash, hang or grow without harm to this one."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from assistant.extraction.base import UPLOAD, Bounds


@dataclass(frozen=True)
class Effort:
    """What reading one file may take."""

    cpu_seconds: int = 10
    wall_seconds: float = 12
    memory_mb: int = 700
    output_mb: int = 32


class ChildError(Exception):
    """The process was ended before it had read the file; the argument says why."""


def extract(
    kind: str, file: IO[bytes], effort: Effort, bounds: Bounds = UPLOAD, *, parts: bool = False
) -> dict[str, Any]:
    """What the child says of a file: its `text` (or its `parts`), or the key under which it is `refused`.

    Raises ChildError when the child used up its time, its memory or its room for output.
    """
    told = {**dataclasses.asdict(effort), **dataclasses.asdict(bounds), "parts": parts}
    command = [sys.executable, "-m", "assistant.extraction", kind, json.dumps(told)]
    with tempfile.TemporaryFile() as out:  # a file and no pipe: the system itself bounds what goes into it
        try:
            subprocess.run(  # noqa: S603 - our own module, and nothing of the file in the command
                command,
                stdin=file,
                stdout=out,
                stderr=subprocess.DEVNULL,
                timeout=effort.wall_seconds,
                env=environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ChildError("it takes too long") from None
        out.seek(0)
        try:
            return dict(json.loads(out.read(effort.output_mb * 2**20 + 1)))
        except ValueError:  # the system ended the child
            raise ChildError("it takes too much time or memory") from None


def environment() -> dict[str, str]:
    """What the child has to know, and no secrets."""
    kept = ("PATH", "SYSTEMROOT", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, os.environ.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONIOENCODING": "utf-8"}
