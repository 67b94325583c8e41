"""What the suites cover, and what falls short of the policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from typer.testing import CliRunner

from assistant.programme import Programme, load_programme
from evals import coverage as covered
from evals.cli import app
from evals.coverage import Least, coverage, load_least
from evals.errors import SuiteError
from evals.report import coverage_page
from evals.wording import load_texts
from tests.evals.made import a_case

ROOT = Path(__file__).resolve().parents[2]
LEAST = Least(type_language=2, reason_language=0, kind_suite={"typology": {"MFT": 3}})


@pytest.fixture(scope="module")
def programme() -> Programme:
    """The programme whose types and reasons are to be covered."""
    return load_programme(ROOT / "corpus" / "programme")


def cells(grids, name):  # type: ignore[no-untyped-def]
    """Row and column → cell of one table."""
    return {(c.row, c.column): c for g in grids if g.name == name for c in g.cells}


def test_clusters_count_once_and_empty_cells_are_there(programme: Programme) -> None:
    """Three cases in two clusters are two; a type nobody wrote a case for is there with none, and short."""
    cases = [a_case(0, cluster="one"), a_case(1, cluster="one"), a_case(2), a_case(3, lang="es")]

    grids = coverage(cases, programme, LEAST)

    types = cells(grids, "type")
    assert types["who_to_focus_on", "en"].clusters == 2
    assert not types["who_to_focus_on", "en"].short
    assert types["who_to_focus_on", "es"].short
    assert types["policy_path", "pt"].clusters == 0
    assert len(types) == 5 * 3
    assert not cells(grids, "kind")["typology", "MFT"].short
    assert not any(c.short for c in cells(grids, "reason").values())


def test_the_repository_s_suites_have_enough() -> None:
    """The command says so and ends with 0."""
    done = CliRunner().invoke(app, ["coverage"])

    assert done.exit_code == 0
    assert "enough" in done.output


def test_what_falls_short_is_named_and_ends_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More asked for than there is: exit 2 with the cells, on the terminal and on the page."""
    asked = Least(type_language=9, reason_language=0)
    monkeypatch.setattr(covered, "load_least", lambda: asked)

    done = CliRunner().invoke(app, ["coverage", "--html", str(tmp_path / "page.html"), "--lang", "es"])

    soup = BeautifulSoup((tmp_path / "page.html").read_text("utf-8"), "html.parser")
    assert done.exit_code == 2
    assert "staff_decisions en has 8, least 9" in done.output
    assert soup.html["lang"] == "es"
    assert "8 (insuficiente: al menos 9)" in soup.text


def test_a_page_without_gaps_says_so(programme: Programme) -> None:
    """The page tells that every cell has enough."""
    grids = coverage([], programme, Least(type_language=0, reason_language=0))

    assert "Every cell" in coverage_page(grids, load_texts(ROOT / "corpus/locale", "en", "coverage"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("alpha = 0.05", "coverage"),
        ("[coverage]\ntype_language = 'many'\nreason_language = 1", "coverage.type_language"),
        ("[coverage", "policy.toml"),
    ],
)
def test_a_policy_without_coverage_is_refused(tmp_path: Path, text: str, says: str) -> None:
    """The file and the field are named."""
    path = tmp_path / "policy.toml"
    path.write_text(text)

    with pytest.raises(SuiteError, match=says):
        load_least(path)
