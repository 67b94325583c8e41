"""Writes docs/coverage.md: where each row of the sources lives, and the test that proves it: python -m docs.coverage.

`--check` writes nothing and fails when the page is not what would be written.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from docs import coached

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "coverage.md"
KNOWLEDGE = ROOT / "tests" / "knowledge"
READS = {
    "calendar.toml": "assistant/programme.py",
    "capabilities.toml": "assistant/coaching/readiness.py",
    "commitments.toml": "assistant/programme.py",
    "elements.toml": "assistant/questions.py",
    "eligibility.toml": "assistant/coaching/eligibility.py",
    "functions.toml": "assistant/programme.py",
    "loops.toml": "assistant/programme.py",
    "pathways.toml": "assistant/coaching/readiness.py",
    "poor_fit.toml": "assistant/judging/rules.py",
    "programme.toml": "assistant/retrieval/questions.py",
    "types.toml": "assistant/judging/rules.py",
}
"""The code that decides or asks by each file of the programme."""


def lines(path: Path) -> list[dict[str, object]]:
    """The JSON objects of a file, one a line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def passages() -> dict[str, list[dict[str, object]]]:
    """The passages that hold each row, those with fewest other rows first."""
    found: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for path in sorted((ROOT / "corpus" / "passages").glob("*.jsonl")):
        for record in lines(path):
            if record["source"] != "limits":
                for row in record["rows"]:  # type: ignore[attr-defined]
                    found[row].append(record)
    for records in found.values():
        records.sort(key=lambda r: (len(r["rows"]), str(r["id"])))  # type: ignore[arg-type]
    return found


def programme() -> dict[str, list[str]]:
    """The files of the programme that cite each passage."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "corpus" / "programme").glob("*.toml")):
        for id in sorted(set(re.findall(r'"([a-z-]+/[a-z0-9_/-]+)"', path.read_text(encoding="utf-8")))):
            found[id].append(path.name)
    return found


def tests() -> dict[str, list[str]]:
    """The tests that name each row, and how often."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for data, test in (
        ("rows.jsonl", "test_rows.py::test_a_row_is_answered_from_its_passage"),
        ("conflicts.jsonl", "test_rows.py::test_a_conflict_of_the_sources_is_disclosed"),
        ("guards.jsonl", "test_guards.py::test_praise_from_an_older_source_does_not_make_a_fit"),
    ):
        asked: defaultdict[str, list[str]] = defaultdict(list)
        for line in lines(KNOWLEDGE / "data" / data):
            asked[str(line["row"])].append(str(line["lang"]))
        for row, langs in asked.items():
            found[row].append(f"{test} ({', '.join(langs)})")
    return found


def page() -> str:
    """The page as it should be."""
    held, cited, proved = passages(), programme(), tests()
    rows = [row for row in proved if not row.startswith("3.6")]
    conflicts = [row for row in proved if row.startswith("3.6")]
    told = [
        "# Coverage of the sources",
        "",
        "Written by `python -m docs.coverage`; a test fails when it is out of date. A row is one thing that the five",
        "sources name: B the booklet, A the about page, H the first-cohort article, W the What Works Cities article,",
        "G the portfolio page. Tests are under `tests/knowledge/`; passages under `corpus/passages/`.",
        "",
        "| row | what it is about | passages | programme data and code | proved by |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        records = held[row]
        ids = [str(r["id"]) for r in records]
        files = sorted({file for id in ids for file in cited.get(id, ())})
        told.append(_row(row, records[0]["title"]["en"], ids, _data(files), proved[row]))  # type: ignore[index]
    told += [
        "",
        "## Where the sources disagree or can mislead",
        "",
        "| conflict | asked | proved by |",
        "|---|---|---|",
    ]
    asked = {str(line["row"]): line for line in reversed(lines(KNOWLEDGE / "data" / "conflicts.jsonl"))}
    told += [f"| {row} | {asked[row]['question']} | {_joined(proved[row])} |" for row in conflicts]
    return "\n".join([*told, *coached.table()]) + "\n"


def _row(row: str, title: str, ids: Iterable[str], data: str, proved: Iterable[str]) -> str:
    return f"| {row} | {title} | {_joined(ids)} | {data} | {_joined(proved)} |"


def _data(files: Iterable[str]) -> str:
    return _joined(f"{file} → {READS[file]}" if file in READS else file for file in files)


def _joined(parts: Iterable[str]) -> str:
    return "<br>".join(f"`{part}`" for part in parts)


def main() -> int:
    """Writes the page, or with --check says whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail when the page is out of date"
    )
    if parser.parse_args().check:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
