"""A run on paper: what was tested, with what, and what came of every case. Everything else reads `run.json`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from assistant.domain import Frozen, Lang
from evals.cases import Kind, SuiteName
from evals.errors import SuiteError

SCHEMA = "run/1"
PLACES = 4
"""Decimals of a score."""
LONGEST_REASON = 200
"""Characters of a reason that a baseline keeps."""
SEALED_IN = 4
"""One cluster in so many is sealed."""
Split = Literal["public", "sealed"]


def split_of(cluster: str) -> Split:
    """The part that a cluster is in; by its name alone, so that it is the same everywhere and always."""
    digest = hashlib.sha256(cluster.encode("utf-8")).digest()
    return "sealed" if digest[0] % SEALED_IN == 0 else "public"


class Result(Frozen):
    """What came of one case, once."""

    case: str
    suite: SuiteName
    lang: Lang
    kind: Kind
    cluster: str
    repeat: int = 0
    expected: str = ""
    """The expectation in a word or two."""
    got: str = ""
    """What the assistant said, in the same words; a flip is a change of it or of `right`."""
    right: bool = False
    score: float = 0.0
    """Between 0 and 1; an error scores 0 and stays in the denominator."""
    checks: dict[str, float] = Field(default_factory=dict)
    """The scorer's single measures, each between 0 and 1."""
    confidence: float | None = None
    """How sure the assistant was of its verdict, from 0 to 1, where it gave one verdict."""
    reason: str = ""
    """Why it scored so; for a person."""
    error: str = ""
    """What went wrong, when the case could not be judged."""
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    @property
    def key(self) -> tuple[str, int]:
        """Which case, and which time."""
        return self.case, self.repeat

    @property
    def open_reason(self) -> str:
        """The reason, which may quote the case; empty where the case is sealed."""
        return self.reason if split_of(self.cluster) == "public" else ""


class Blessing(Frozen):
    """Who made a run the baseline, when and why."""

    by: str
    why: str
    on: str


class Run(Frozen):
    """One run of the suites."""

    schema_: Annotated[Literal["run/1"], Field(alias="schema")] = "run/1"
    id: str
    """When it began, in UTC, and a few letters of the revision."""
    began: str
    seconds: float
    git: str
    """The revision, with `+` when files had changed since."""
    engine: Literal["local", "llm"]
    engine_version: str
    model: str = ""
    prompts: dict[str, str] = Field(default_factory=dict)
    """Prompt name → label with version and content."""
    corpus: str
    """Digest of passages, past cases and how they are searched."""
    programme: str
    """Digest of the programme's data."""
    suites: tuple[SuiteName, ...]
    tags: tuple[str, ...] = ()
    """Only cases with one of these, when there are any."""
    split: Literal["all", "public", "sealed"] = "all"
    """Which part of the suites."""
    repeat: int = 1
    cases: int
    """How many cases there are to answer, each `repeat` times."""
    deterministic: bool = True
    """True when the same case always comes out the same: running it again shows nothing new."""
    lock: dict[str, str] = Field(default_factory=dict)
    """Field → digest of everything that decides a judgement, as it was."""
    blessed: Blessing | None = None
    results: tuple[Result, ...]

    @property
    def errors(self) -> tuple[Result, ...]:
        """The results that are errors."""
        return tuple(r for r in self.results if r.error)

    def slim(self) -> Run:
        """The run without what a comparison does not need: times, checks, and what is said of sealed cases."""
        kept = {"case", "suite", "lang", "kind", "cluster", "repeat", "got", "right", "score", "error"}
        rows = tuple(
            Result.model_validate(r.model_dump(include=kept)).model_copy(
                update={"score": round(r.score, PLACES), "reason": r.open_reason[:LONGEST_REASON]}
            )
            for r in self.results
        )
        return self.model_copy(update={"results": rows})


def write_run(run: Run, path: Path) -> None:
    """Write `run.json` whole or not at all: a header, then one line a result, so that a history shows the flips."""
    head = run.to_data() | {"results": []}
    rows = ",\n".join(
        json.dumps(r.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for r in run.results
    )
    text = json.dumps(head, ensure_ascii=False, indent=1)
    text = text.replace('"results": []', f'"results": [\n{rows}\n ]' if rows else '"results": []')
    write_whole(path, text + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_run(path: Path) -> Run:
    """A run from its file; raises SuiteError when it is missing, broken or of another schema."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(
            f"{path} cannot be read: {error.strerror}", fix="name a run.json; `scoping eval list` shows them"
        ) from None
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise SuiteError(f"{path}:{line}: this is not JSON: {error}", fix="make the run again") from None
    found = data.get("schema") if isinstance(data, Mapping) else None
    if found != SCHEMA:
        raise SuiteError(
            f"{path}: it is of schema {found!r}, and this version reads {SCHEMA!r}",
            fix="make the run again, and bless it if it is the baseline",
        )
    try:
        return Run.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{path}: {at}: {first['msg']}", fix="make the run again") from None


def by_case(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each case, in the order of its repeats."""
    found: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: r.repeat):
        found.setdefault(result.case, []).append(result)
    return found
