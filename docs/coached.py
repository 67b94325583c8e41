"""What proves each row of the coaching: the tests whose first line names it, and in which languages they run."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FEATURES = {
    1: "Decision-sentence typing",
    2: "Two-sided fit flag",
    3: "Reframing bridge",
    4: "Three separate verdicts",
    5: "Capability map",
    6: "Next question by value",
    7: "Field evidence state",
    8: "Peer-clinic rehearsal",
    9: "Assumption, competing tests, stop rule",
    10: "Programme-clock check",
    11: "Neighbour cases with a difference table",
    19: "Ask-a-colleague sheet",
    20: "Right to contest",
    21: "Resident line",
    22: "Data-reality probe",
}
"""What the coaching has beyond the sources, by its number in the requirements."""
ASKED_CHECKED_OR_SHOWN = (
    *range(5, 14),
    *range(15, 18),
    19,
    22,
    24,
    25,
    *range(27, 39),
    *range(40, 46),
    *range(47, 76),
)
"""The rows of the booklet that are asked for, checked, shown in the brief or put on the clock."""
ROWS = tuple(f"B{number:02}" for number in ASKED_CHECKED_OR_SHOWN)
OPEN: dict[str, str] = {}
"""Rows that nothing proves yet, and what is missing."""
_ROW = re.compile(r"\bB(\d\d)(?:(?:-| to )B(\d\d))?\b")
_FEATURE = re.compile(r"\b[Bb]eyond ((?:\d+(?:, | and | to )?)+)")
_ALL = ("en", "es", "pt")


def proofs() -> dict[str, list[str]]:
    """Row or feature ("B33", "beyond 8") → the tests that name it, each with its languages."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        tables = {name: ast.get_source_segment(source, node) or "" for name, node in _tables(tree)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                told = (ast.get_docstring(node) or "") + " " + node.name.replace("_", " ").replace(" b", " B")
                languages = ", ".join(_languages(node, source, tables))
                name = f"{path.relative_to(ROOT / 'tests').as_posix()}::{node.name}"
                for row in _named(told):
                    found[row].append(f"{name} ({languages})" if languages else name)
    return dict(found)


def _named(told: str) -> Iterator[str]:
    """The rows and features that a test names, ranges whole and each once."""
    rows: list[str] = []
    for first, last in _ROW.findall(told):
        rows += [f"B{n:02}" for n in range(int(first), int(last or first) + 1)]
    for listed in _FEATURE.findall(told):
        if span := re.fullmatch(r"(\d+) to (\d+)\W*", listed):
            rows += [f"beyond {n}" for n in range(int(span[1]), int(span[2]) + 1)]
        else:
            rows += [f"beyond {n}" for n in re.findall(r"\d+", listed)]
    yield from dict.fromkeys(rows)


def _tables(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """The tables of a file of tests by name."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def _languages(node: ast.FunctionDef, source: str, tables: dict[str, str]) -> tuple[str, ...]:
    """The languages that a test runs in, as its parameters or the table behind them say; none when they do not."""
    marks = " ".join(ast.get_source_segment(source, mark) or "" for mark in node.decorator_list)
    marks += " ".join(text for name, text in tables.items() if re.search(rf"\b{name}\b", marks))
    body = ast.get_source_segment(source, node) or ""
    if "LANGS" in marks or "for lang in LANGS" in body:
        return _ALL
    written = tuple(lang for lang in _ALL if f'"{lang}"' in marks)
    return written if "lang" in marks or len(written) == len(_ALL) else ()


def table() -> list[str]:
    """The lines of the page."""
    proved = proofs()
    told = [
        "",
        "## What the coaching does",
        "",
        "Features beyond the sources by their number in the requirements, then every row of the booklet that is asked",
        "for, checked, shown in the brief or put on the clock. A test counts when it names the row; its languages",
        "stand beside it.",
        "",
        "| row | what it is | proved by |",
        "|---|---|---|",
    ]
    for number, name in FEATURES.items():
        told.append(f"| beyond {number} | {name} | {_joined(proved.get(f'beyond {number}', []))} |")
    titles = _titles()
    for row in ROWS:
        proof = _joined(proved.get(row, [])) or f"open: {OPEN.get(row, 'no test')}"
        told.append(f"| {row} | {titles.get(row, '')} | {proof} |")
    return told


def _titles() -> dict[str, str]:
    """What each row of the booklet is about, by the passage that holds it with fewest others."""
    records = [
        json.loads(line)
        for line in (ROOT / "corpus" / "passages" / "booklet.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    found: dict[str, str] = {}
    for record in sorted(records, key=lambda r: (len(r["rows"]), r["id"])):
        for row in record["rows"]:
            found.setdefault(row, record["title"]["en"])
    return found


def _joined(parts: list[str]) -> str:
    return "<br>".join(f"`{part}`" for part in parts)
