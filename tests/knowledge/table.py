"""The knowledge table: a question for every row of the sources, in three languages, and what its answer must hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from bench.answers import Asked, load

DATA = Path(__file__).with_name("data")
ROWS = DATA / "rows.jsonl"
CONFLICTS = DATA / "conflicts.jsonl"
NUMBERS = {"B": 76, "A": 15, "H": 13, "W": 25, "G": 11}
"""How many rows each source has."""


class Row(NamedTuple):
    """A row of a source, asked in one language."""

    row: str
    asked: Asked
    never: tuple[str, ...]
    """What an answer must not say."""


def table(path: Path = ROWS) -> list[Row]:
    """The rows of a file of questions, in its order."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Row(row=str(line["row"]), asked=asked, never=tuple(line.get("never", ())))
        for line, asked in zip(lines, load(path), strict=True)
    ]


def every_row() -> list[str]:
    """The ids of all rows: B01, B02 …"""
    return [f"{source}{number:02}" for source, many in NUMBERS.items() for number in range(1, many + 1)]
