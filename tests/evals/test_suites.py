"""Suites that cannot be used are refused with file, line, case and remedy; those in the repository load."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from assistant.programme import Programme, load_programme
from evals.catalogue import FOLDER, load_suites
from evals.errors import SuiteError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def programme() -> Programme:
    """The programme whose words labels may use."""
    return load_programme(ROOT / "corpus" / "programme")


def test_the_repository_s_suites_load(programme: Programme) -> None:
    """There are at least 600 cases in 250 clusters, in three languages, no id twice."""
    cases = load_suites(programme)

    assert len(cases) >= 600
    assert len({c.cluster for c in cases}) >= 250
    assert min(Counter(c.lang for c in cases).values()) >= 200
    assert sum(c.anchor for c in cases) >= 90


def broken(tmp_path: Path, programme: Programme, change) -> SuiteError:  # type: ignore[no-untyped-def]
    """What the loader says of the typology suite after a change of its lines."""
    rows = [json.loads(line) for line in (FOLDER / "typology.jsonl").read_text("utf-8").splitlines()]
    lines = change(rows)
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (tmp_path / "typology.jsonl").write_text(text + "\n", "utf-8")
    with pytest.raises(SuiteError) as caught:
        load_suites(programme, ["typology"], tmp_path)
    assert caught.value.exit_code == 2
    return caught.value


def changed(rows, number, **fields):  # type: ignore[no-untyped-def]
    """The rows with one of them changed."""
    return [{**row, **fields} if n == number else row for n, row in enumerate(rows)]


def half_a_pair(rows):  # type: ignore[no-untyped-def]
    """The rows without one side of the first pair."""
    first = next(r for r in rows if r["pair"])
    return [r for r in rows if r is not first]


WRONG_TYPE = {"fit": "fit", "type": "who_to_blame", "secondary": []}
WRONG_FIT = {"fit": "maybe", "type": None, "secondary": []}
HERE = "typology.jsonl"
BROKEN = {
    "unknown label": (
        lambda rows: changed(rows, 4, expect=WRONG_TYPE),
        (f"{HERE}:5: ", "unknown type 'who_to_blame'"),
        "who_to_focus_on",
    ),
    "unknown verdict": (lambda rows: changed(rows, 2, expect=WRONG_FIT), (f"{HERE}:3: ",), "expect.fit"),
    "duplicate id": (
        lambda rows: [*rows, rows[0]],
        (f"{HERE}:136: typology-001-en", f"{HERE}:1"),
        "own id",
    ),
    "broken line": (lambda rows: [*rows[:3], '{"id": "typo', *rows[3:]], (f"{HERE}:4: ", "broken"), "JSON"),
    "no object": (lambda rows: ["[]", *rows], (f"{HERE}:1: ", "no case"), "object"),
    "missing key": (
        lambda rows: [{k: v for k, v in rows[0].items() if k != "text"}, *rows[1:]],
        (f"{HERE}:1: typology-001-en", "text"),
        "text",
    ),
    "another suite": (lambda rows: changed(rows, 0, suite="fit"), (f"{HERE}:1: ", "'fit'"), "typology"),
    "missing base": (
        lambda rows: rows[1:],
        (f"{HERE}:1: typology-001-es", "language twin typology-001-en is missing"),
        "typology-001-en",
    ),
    "missing translation": (
        lambda rows: [r for r in rows if r["id"] != "typology-001-pt"],
        ("typology-001", "no language twin in pt"),
        "translation",
    ),
    "half a pair": (half_a_pair, ("has 1 cases",), "both"),
}


@pytest.mark.parametrize(("change", "says", "fix"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_suite_is_refused_at_its_line(tmp_path, programme, change, says, fix) -> None:  # type: ignore[no-untyped-def]
    """Each kind of mistake names the file, the line, the case and what to do."""
    error = broken(tmp_path, programme, change)

    assert all(part in str(error) for part in says), str(error)
    assert fix in error.fix


def test_an_unknown_suite_is_refused(programme: Programme) -> None:
    """A mistyped name of a suite lists the real ones."""
    with pytest.raises(SuiteError, match="'tipology'") as caught:
        load_suites(programme, ["tipology"])

    assert "typology" in caught.value.fix
