"""The page of an evaluation in a browser: offline, accessible in light and dark, no wider than a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from assistant.programme import load_programme
from evals.coverage import Least, coverage
from evals.gate import Policy, gate
from evals.report import Report, coverage_page, page
from evals.wording import load_texts
from tests.evals.made import a_run, some_cases, told

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
ROOT = Path(__file__).resolve().parents[2]
POLICY = Policy(alpha=0.05, most_errors=0.01, slice_cases=80, confirmations=5)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every part: plots, flips, errors and a refusal."""
    cases = some_cases(120)
    base, run = a_run(cases, [9]), a_run(cases, range(8), errors=[20])
    sure = tuple(r.model_copy(update={"confidence": 0.9, "checks": {"verdict": 1.0}}) for r in run.results)
    run = run.model_copy(update={"results": sure})
    verdict = gate(base, run, told(cases), POLICY)
    report = Report(run, told(cases), ["who_to_focus_on", "policy_path"], 80, [], verdict, base)
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(report, load_texts(ROOT / "corpus" / "locale", "es")), "utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_loads_nothing(
    browser: sync_api.Browser, file: Path, scheme: Literal["light", "dark"]
) -> None:
    """axe finds nothing to object to, the page asks for no other file, and a phone need not scroll sideways."""
    from axe_playwright_python.sync_playwright import Axe

    opened = browser.new_page(color_scheme=scheme, viewport={"width": 360, "height": 800})
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))

    opened.goto(file.as_uri())

    found = Axe().run(opened)
    wide = opened.evaluate("document.documentElement.scrollWidth")
    opened.close()
    assert found.violations_count == 0, found.generate_report()
    assert asked == [file.as_uri()]
    assert wide <= 360


def test_the_page_of_the_coverage_is_accessible(browser: sync_api.Browser, tmp_path: Path) -> None:
    """axe finds nothing to object to on the page of what the suites cover and lack."""
    from axe_playwright_python.sync_playwright import Axe

    programme = load_programme(ROOT / "corpus" / "programme")
    grids = coverage(some_cases(3), programme, Least(type_language=2, reason_language=1))
    path = tmp_path / "coverage.html"
    path.write_text(coverage_page(grids, load_texts(ROOT / "corpus" / "locale", "pt", "coverage")), "utf-8")
    opened = browser.new_page()

    opened.goto(path.as_uri())

    found = Axe().run(opened)
    opened.close()
    assert found.violations_count == 0, found.generate_report()
