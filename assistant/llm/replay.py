"""What a model said, kept in a file, so that the same requests can be answered again without it.

A recording is JSON lines, one call a line: a run that is killed loses one line at most, one suite is one file
in the history, and a person reads it with any editor. A system text is the same in all calls of a prompt and
has a line of its own. Nothing but the request's and the reply's own words is written: no headers, no address.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from assistant.domain import Frozen
from assistant.errors import LLMError
from assistant.llm.base import LLM, Delta, Reply, Request
from assistant.llm.scripted import pieces

RECORD = "scoping eval run --record"
HIDDEN = "[secret]"
SHORTEST_SECRET = 8
"""Characters; a shorter key is a placeholder for a service that wants none."""
FENCE = "FENCE"
FENCE_LINE = 80
"""Characters; a line that fences material off is short."""
_RANDOM = re.compile(r"\b[0-9a-f]{8,}\b")


class Sampling(Frozen):
    """What a model is asked with, beside the request."""

    model: str
    temperature: float | None = None
    """None for the endpoint's own."""
    repeat: int = 0
    """Counts the runs of one suite: each has recordings of its own."""


class Recording(Frozen):
    """One call as the file holds it; unless a person looks, only the key and the reply matter."""

    key: str
    prompt: str
    model: str
    temperature: float | None
    repeat: int
    reply_type: str
    system: str
    """The digest of the system text, which stands on a line of its own above."""
    material: str
    reply: Reply


class Tape:
    """The recordings of a file, by key; lines that cannot be read are skipped and counted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: dict[str, Recording] = {}
        self.systems: set[str] = set()
        self.unreadable = 0
        self._lock = threading.Lock()
        for line in path.read_bytes().split(b"\n") if path.is_file() else ():
            if line.strip():
                self._read(line)

    def _read(self, line: bytes) -> None:
        try:
            data = json.loads(line)
            if "text" in data:
                self.systems.add(data["system"])
            else:
                call = Recording.model_validate(data)
                self.calls.setdefault(call.key, call)
        except (ValueError, TypeError, KeyError):
            self.unreadable += 1

    def keep(self, call: Recording, system: str, hide: Callable[[str], str]) -> None:
        """Append a call, unless another thread has just recorded the same one."""
        with self._lock:
            if call.key in self.calls:
                return
            lines = [call.to_data()]
            if call.system not in self.systems:
                lines.insert(0, {"system": call.system, "text": system})
            self._append("".join(hide(json.dumps(line, ensure_ascii=False)) + "\n" for line in lines))
            self.calls[call.key] = call
            self.systems.add(call.system)

    def _append(self, lines: str) -> None:
        """One write at the end of the file, on a line of its own also after a half-written one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b", buffering=0) as file:
            if file.seek(0, os.SEEK_END):
                file.seek(-1, os.SEEK_END)
                lines = lines if file.read(1) == b"\n" else "\n" + lines
            file.write(lines.encode())


class RecordingLLM:
    """A model whose replies are kept; it is asked only for what the file does not hold yet, so a run can go on."""

    def __init__(
        self,
        inner: LLM,
        path: Path,
        *,
        temperature: float | None = None,
        repeat: int = 0,
        secrets: Collection[SecretStr] = (),
    ) -> None:
        """`secrets` never reach the file, even where a service repeats them in its reply."""
        self._inner = inner
        self._tape = Tape(path)
        self._sampling = Sampling(model=inner.model, temperature=temperature, repeat=repeat)
        given = [secret.get_secret_value().strip() for secret in secrets]
        self._secrets = [json.dumps(s, ensure_ascii=False)[1:-1] for s in given if len(s) >= SHORTEST_SECRET]

    @property
    def model(self) -> str:
        """The inner model's name."""
        return self._inner.model

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """The recorded reply, or the inner model's, which is recorded once it is whole."""
        key = key_of(request, self._sampling)
        if known := self._tape.calls.get(key):
            return again(known.reply)
        inner = self._inner.stream(request, seconds=seconds)
        return _Taped(inner, lambda reply: self._keep(key, request, reply))

    def _keep(self, key: str, request: Request, reply: Reply) -> None:
        material, system = without_marker(request.material, request.system)
        call = Recording(
            key=key,
            prompt=request.prompt,
            reply_type=request.reply.__name__,
            system=digest(system),
            material=material,
            reply=reply,
            **self._sampling.to_data(),
        )
        self._tape.keep(call, system, self._hide)

    def _hide(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return line


class ReplayLLM:
    """The model of a recording; knows nothing else and needs no network."""

    def __init__(
        self,
        path: Path,
        *,
        model: str | None = None,
        temperature: float | None = None,
        repeat: int = 0,
        record: str = RECORD,
    ) -> None:
        """`model` may be left out when the file holds one alone; `record` is the command that records."""
        self._tape, self._record = Tape(path), record
        self._sampling = Sampling(model=model or self._only_model(), temperature=temperature, repeat=repeat)
        self.misses: list[Request] = []
        """The requests that the file did not answer: a run with any of them is no replay."""

    @property
    def model(self) -> str:
        """The recorded model's name."""
        return self._sampling.model

    def stream(self, request: Request, *, seconds: float) -> Iterator[Delta | Reply]:
        """The recorded reply in pieces, then as it was; raises LLMError when there is none."""
        call = self._tape.calls.get(key_of(request, self._sampling))
        if call is None:
            self.misses.append(request)
            raise self._missing(f"{request.prompt} was never asked this ({self._nearest(request)})")
        yield from again(call.reply)

    def _only_model(self) -> str:
        models = sorted({call.model for call in self._tape.calls.values()})
        if len(models) != 1:
            raise self._missing(f"it holds {', '.join(models) or 'nothing'}, and no model was chosen")
        return models[0]

    def _nearest(self, request: Request) -> str:
        """What the file holds instead, so that a reader sees what has changed."""
        calls = self._tape.calls.values()
        name = request.prompt.partition("@")[0] + "@"
        if same := [call for call in calls if call.prompt == request.prompt]:
            others = sorted({f"{c.model}, temperature {c.temperature}, repeat {c.repeat}" for c in same})
            return f"recorded: {len(same)} other calls of it, with {'; '.join(others)}"
        versions = sorted({call.prompt for call in calls if call.prompt.startswith(name)})
        return f"recorded: {', '.join(versions) or 'no version of this prompt'}"

    def _missing(self, problem: str) -> LLMError:
        torn = f"; {self._tape.unreadable} lines cannot be read" if self._tape.unreadable else ""
        return LLMError(
            f"{self._tape.path}: {problem}{torn}", fix=f"run: {self._record}", key="llm_not_recorded"
        )


class _Taped(Iterator[Delta | Reply]):
    """A stream that hands the whole reply on to be kept; closing it closes the stream within."""

    def __init__(self, inner: Iterator[Delta | Reply], keep: Callable[[Reply], None]) -> None:
        self._inner, self._keep = inner, keep

    def __next__(self) -> Delta | Reply:
        piece = next(self._inner)
        if isinstance(piece, Reply):
            self._keep(piece)
        return piece

    def close(self) -> None:
        """Abandon the call."""
        if close := getattr(self._inner, "close", None):
            close()


def again(reply: Reply) -> Iterator[Delta | Reply]:
    """A reply as it was, after its text in pieces."""
    yield from pieces(reply.text)
    yield reply


def key_of(request: Request, sampling: Sampling) -> str:
    """What a request is found by: all that a reply depends on, and nothing of how it travels."""
    material, system = without_marker(request.material, request.system)
    asked = [request.prompt, system, material, _schema(request.reply), sampling.to_data()]
    return digest(json.dumps(asked, sort_keys=True, ensure_ascii=False))


def without_marker(material: str, system: str) -> tuple[str, str]:
    """Both messages without the random marker that fences the material, so that every run asks the same."""
    first, *rest = material.splitlines() or [""]
    short = [line for line in rest if len(line) <= FENCE_LINE]
    for marker in _RANDOM.findall(first[:FENCE_LINE]):
        if any(marker in line for line in short):
            material, system = material.replace(marker, FENCE), system.replace(marker, FENCE)
    return material, system


def digest(text: str) -> str:
    """Sixteen digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=256)
def _schema(reply: type[BaseModel]) -> dict[str, Any]:
    return reply.model_json_schema()
