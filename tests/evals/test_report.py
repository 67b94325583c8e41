"""The page of a run: its figures, its plots with their tables, and texts that cannot harm whoever opens it."""

from __future__ import annotations

import re
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from assistant.domain import LANGS, Lang
from evals import figures
from evals.errors import SuiteError
from evals.gate import Policy, gate
from evals.history import Blessed, history
from evals.report import Report, page
from evals.run import Run
from evals.wording import load_texts
from tests.evals.made import a_run, some_cases, told

LOCALE = Path(__file__).resolve().parents[2] / "corpus" / "locale"
POLICY = Policy(alpha=0.05, most_errors=0.01, slice_cases=80, confirmations=5)
TYPES = ("who_to_focus_on", "where_to_invest", "staff_decisions", "service_pathways", "policy_path")
BLESSED = Blessed.model_validate(
    {
        "by": "Ana",
        "why": "first",
        "on": "2026-06-01",
        "run": "one",
        "engine": "local",
        "version": "1",
        "figures": {"typology": {"results": 10, "right": 6, "score": 0.6}},
    }
)


def with_(run: Run, **changes: Any) -> Run:
    """The run with the same fields changed in every result."""
    return run.model_copy(update={"results": tuple(r.model_copy(update=changes) for r in run.results)})


def a_report(run: Run, base: Run | None = None, **changes: Any) -> Report:
    """What a page is made of, of ten cases or as many as the run has."""
    cases = told(some_cases(run.cases))
    verdict = gate(base, run, cases, POLICY) if base else None
    of = {"run": run, "told": cases, "types": TYPES, "least": 80, "blessed": [BLESSED], "verdict": verdict}
    return Report(**{**of, "base": base, **changes})


def shown(report: Report, lang: Lang = "en") -> BeautifulSoup:
    """The page, read as a browser would."""
    return BeautifulSoup(page(report, load_texts(LOCALE, lang)), "html.parser")


def row_of(soup: BeautifulSoup, caption: str, name: str) -> list[str]:
    """The cells of one row of a table."""
    table = next(t for t in soup.find_all("table") if t.caption.text == caption)
    row = next(r for r in table.tbody.find_all("tr") if r.th.text == name)
    return [cell.text for cell in row.find_all("td")]


def test_the_page_holds_the_figures_of_the_run() -> None:
    """Of ten cases three come out as another type: 70 % (Wilson 39.7 to 89.2), and the confusion says as which."""
    soup = shown(a_report(a_run(some_cases(10), [1, 4, 7])))

    assert row_of(soup, "Scores by suite", "typology")[:3] == ["10", "70.0 %", "39.7–89.2"]
    assert row_of(soup, "Confusion of types", "who_to_focus_on") == ["7", "3", "70.0 %", "100.0 %"]
    assert row_of(soup, "Trend over blessed runs", "one")[:2] == ["2026-06-01", "60.0 %"]


def test_every_plot_is_named_told_and_has_its_table() -> None:
    """Each SVG has a title and a description that it is labelled by, and a table follows it."""
    run = with_(a_run(some_cases(10), [1]), confidence=0.9, checks={"verdict": 1.0})

    plots = shown(a_report(run)).find_all("svg")

    assert len(plots) == 5  # suites, slices, types, reliability, trend
    for plot in plots:
        title, told_ = plot["aria-labelledby"].split()
        assert plot.find(id=title).text
        assert plot.find(id=told_).text
        assert plot["role"] == "img"
        assert plot.find_next("table").parent.parent is plot.parent


def test_no_id_stands_twice_and_nothing_is_loaded() -> None:
    """Plots do not share ids, and the page names nothing outside itself."""
    cases = some_cases(12)
    text = page(a_report(a_run(cases, [1, 2]), a_run(cases)), load_texts(LOCALE, "en"))

    ids = [tag["id"] for tag in BeautifulSoup(text, "html.parser").find_all(id=True)]
    loads = re.findall(r'(?:src|href|xlink:href)="([^"]*)"|url\(([^)]*)\)|@import', text)

    assert len(ids) == len(set(ids))
    assert [one for pair in loads for one in pair if one and not one.startswith("#")] == []


def test_texts_of_runs_and_cases_are_escaped() -> None:
    """What a model or a case says is shown as text: no tag of theirs becomes one of the page."""
    hostile = '<script>alert(1)</script><img src="https://evil.example/x" onerror="x">'
    cases = told(some_cases(10))
    cases = {id: c.model_copy(update={"rationale": hostile, "tags": (hostile,)}) for id, c in cases.items()}
    base = a_run(some_cases(10))
    run = with_(a_run(some_cases(10), [2], errors=[3]), reason=hostile, got=hostile, error=hostile)
    blessed = [BLESSED.model_copy(update={"why": hostile, "by": hostile})]

    soup = shown(
        a_report(run, told=cases, verdict=gate(base, run, cases, POLICY), base=base, blessed=blessed)
    )

    assert soup.find_all(["script", "img"]) == []
    assert soup.find_all(attrs={"onerror": True}) == []
    assert hostile in soup.text


def test_flips_stand_side_by_side_with_their_reasons() -> None:
    """A flip shows both answers with what each rests on, what was expected and what the case says of itself."""
    base = with_(a_run(some_cases(10)), reason="the desk chooses homes")
    run = with_(a_run(some_cases(10), [2]), reason="no choice was read")

    flip = shown(a_report(run, base)).find("article").text

    assert "made-002: worse" in flip
    for part in (
        "who_to_focus_on",
        "policy_path",
        "the desk chooses homes",
        "no choice was read",
        "because of 2",
    ):
        assert part in flip


@pytest.mark.parametrize(
    ("lost", "stale", "says"),
    [
        (0, [], "May ship"),
        (6, [], "May not ship (exit 1)"),
        (0, ["rule/x.py A (changed)"], "May not ship (exit 3)"),
    ],
)
def test_the_verdict_comes_first(lost: int, stale: list[str], says: str) -> None:
    """The head says whether it may ship, with the rule or the field that says no."""
    cases = some_cases(100)

    head = shown(a_report(a_run(cases, range(lost)), a_run(cases), stale=stale)).header.text

    assert says in head
    assert ("no fall over all cases" in head) == bool(lost)
    assert all(field in head for field in stale)


def test_a_large_page_stays_under_a_megabyte() -> None:
    """400 flips with long texts are cut to what a page holds, and the page says how many there are."""
    cases = some_cases(400)
    run = with_(a_run(cases, range(400)), reason="word " * 2_000)

    text = page(a_report(run, a_run(cases)), load_texts(LOCALE, "en"))

    assert len(text.encode()) < 1_000_000
    assert "400 answers differ" in text
    assert "200 are shown" in text


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_speaks_three_languages(lang: Lang) -> None:
    """Title, headings and numbers are the language's; the page says which language it is in."""
    soup = shown(a_report(a_run(some_cases(10), [1])), lang)
    words = load_texts(LOCALE, lang)

    assert soup.html["lang"] == lang
    assert soup.h1.text.startswith(words["title"])
    assert row_of(soup, words["by_suite"], "typology")[1] == ("90.0 %" if lang == "en" else "90,0 %")


def test_texts_have_the_same_slots_in_every_language() -> None:
    """No language lacks a text or names another slot."""
    for part, table in tomllib.loads((LOCALE / "report.toml").read_text("utf-8")).items():
        for key, said in table.items():
            slots = [
                {name for _, name, _, _ in string.Formatter().parse(said[lang]) if name} for lang in LANGS
            ]
            assert set(said) == set(LANGS), f"{part}.{key}"
            assert slots[0] == slots[1] == slots[2], f"{part}.{key}"


def test_calibration_is_the_weighted_distance() -> None:
    """Three verdicts at 0.8 of which one is right, and one right at 0.95: (3 × 0.4667 + 0.05) / 4 = 0.3625."""
    run = a_run(some_cases(4))
    sure = [(0.8, 1.0), (0.8, 0.0), (0.8, 0.0), (0.95, 1.0)]
    results = tuple(
        r.model_copy(update={"confidence": c, "checks": {"verdict": right}})
        for r, (c, right) in zip(run.results, sure, strict=True)
    )

    found = figures.reliability(run.model_copy(update={"results": results}))

    assert found.error == pytest.approx(0.3625)
    assert [(b.low, b.cases, b.right.value) for b in found.bins] == [
        (0.8, 3, pytest.approx(1 / 3)),
        (0.9, 1, 1.0),
    ]


def test_an_accepted_neighbour_is_no_confusion() -> None:
    """A verdict that the case accepts beside the expected one counts as expected."""
    assert figures.verdict_of("poor_fit: strategy_only, policy_path") == "poor_fit"
    assert figures.verdict_of("fit, policy_path") == "fit"


def test_a_broken_history_is_refused_at_its_line(tmp_path: Path) -> None:
    """A line of the history that is cut names file and line; other engines are left out, no history is no trend."""
    assert history(tmp_path, "local") == []
    path = tmp_path / "history.jsonl"
    path.write_text(BLESSED.to_json() + "\n", "utf-8")
    assert [b.run for b in history(tmp_path, "local")] == ["one"]
    assert history(tmp_path, "llm") == []
    path.write_text(BLESSED.to_json() + "\n" + BLESSED.to_json()[:40] + "\n", "utf-8")

    with pytest.raises(SuiteError, match=r"history\.jsonl:2"):
        history(tmp_path, "local")
