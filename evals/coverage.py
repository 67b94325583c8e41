"""What the suites cover: clusters of cases for types and reasons in every language, and for kinds in every suite."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from assistant.domain import LANGS, Frozen
from assistant.programme import Programme
from evals.cases import SUITES, Case, FitCase, Kind, SafetyCase, SuiteName, TypologyCase
from evals.errors import SuiteError
from evals.gate import POLICY

GridName = Literal["type", "reason", "kind"]
KINDS: tuple[Kind, ...] = ("MFT", "INV", "DIR", "PAIR")


class Least(Frozen):
    """How many clusters a cell needs, as evals/policy.toml says."""

    type_language: int
    reason_language: int
    kind_suite: dict[SuiteName, dict[Kind, int]] = Field(default_factory=dict)


class Cell(Frozen):
    """One crossing of a table."""

    row: str
    column: str
    clusters: int
    least: int

    @property
    def short(self) -> bool:
        """Whether it has fewer than the policy asks."""
        return self.clusters < self.least


class Grid(Frozen):
    """A table of the coverage."""

    name: GridName
    cells: tuple[Cell, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The heads, in order."""
        return tuple(dict.fromkeys(c.column for c in self.cells))

    @property
    def rows(self) -> dict[str, tuple[Cell, ...]]:
        """The cells of each row."""
        names = dict.fromkeys(c.row for c in self.cells)
        return {name: tuple(c for c in self.cells if c.row == name) for name in names}

    @property
    def short(self) -> tuple[Cell, ...]:
        """The cells that fall short."""
        return tuple(c for c in self.cells if c.short)


def load_least(path: Path = POLICY) -> Least:
    """The least that is asked for; raises SuiteError when the policy does not say."""
    try:
        return Least.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))["coverage"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SuiteError(f"{path}: no [coverage]: {error}", fix="restore or correct the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise SuiteError(
            f"{path.name}: coverage.{at}: {first['msg']}", fix=f"correct coverage.{at}"
        ) from None


def coverage(cases: Sequence[Case], programme: Programme, least: Least) -> tuple[Grid, ...]:
    """The three tables; a type, reason, kind or language without any case is there with nothing."""
    types = [t.id for t in programme.types]
    reasons = [r.id for r in programme.reasons]
    return (
        _grid("type", _by_language(_types(cases), types, least.type_language)),
        _grid("reason", _by_language(_reasons(cases), reasons, least.reason_language)),
        _grid("kind", _by_kind(cases, least)),
    )


def _grid(name: GridName, cells: Iterable[Cell]) -> Grid:
    return Grid(name=name, cells=tuple(cells))


def _by_language(held: Mapping[tuple[str, str], set[str]], rows: Sequence[str], least: int) -> Iterator[Cell]:
    for row in rows:
        for lang in LANGS:
            yield Cell(row=row, column=lang, clusters=len(held.get((row, lang), ())), least=least)


def _by_kind(cases: Sequence[Case], least: Least) -> Iterator[Cell]:
    for suite in SUITES:
        asked = least.kind_suite.get(suite, {})
        for kind in KINDS:
            clusters = {c.cluster for c in cases if c.suite == suite and c.kind == kind}
            yield Cell(row=suite, column=kind, clusters=len(clusters), least=asked.get(kind, 0))


def _types(cases: Sequence[Case]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for case in cases:
        if isinstance(case, TypologyCase) and case.expect.type:
            found.setdefault((case.expect.type, case.lang), set()).add(case.cluster)
    return found


def _reasons(cases: Sequence[Case]) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for case in cases:
        if isinstance(case, FitCase | SafetyCase):
            for reason in case.expect.reasons:
                found.setdefault((reason, case.lang), set()).add(case.cluster)
    return found
