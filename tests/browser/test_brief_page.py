"""The brief as a web page, in a real browser: no barrier that a machine can find, no script, nothing cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.briefs.brief import load_brief
from assistant.briefs.forms import write_form
from assistant.domain import LANGS
from assistant.programme import load_programme
from assistant.words import load_words
from tests.browser.test_applicant_page import axe_script

ROOT = Path(__file__).parents[2]
SAVED = ROOT / "tests" / "briefs" / "data"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module", params=LANGS)
def saved_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scripted applicant's brief as the file that is downloaded."""
    brief = load_brief((SAVED / f"brief-1-{request.param}.json").read_text(encoding="utf-8"))
    programme, words = load_programme(ROOT / "corpus" / "programme"), load_words(ROOT / "corpus" / "locale")
    path = tmp_path_factory.mktemp("brief") / "brief.html"
    path.write_bytes(write_form(brief, "html", programme, words))
    return path


def test_the_brief_has_no_barrier_that_a_machine_can_find(browser, saved_page: Path) -> None:
    """WCAG 2.2 A and AA and good practice hold on a phone and on a desk."""
    context = browser.new_context(bypass_csp=True)  # the checker is a script, which the page itself forbids
    page = context.new_page()
    page.goto(saved_page.as_uri())
    found = []
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(axe_script())
        checked = page.evaluate(
            "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS
        )
        found += [f"{width}: {v['id']}: {n['html'][:160]}" for v in checked["violations"] for n in v["nodes"]]
    context.close()

    assert found == []


@pytest.mark.parametrize("width", [320, 1280])
def test_the_brief_fits_the_screen_and_asks_nobody_for_anything(
    browser, saved_page: Path, width: int
) -> None:
    """Nothing is scrolled sideways, the console is silent, and no request leaves the file."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    page.on("console", lambda message: seen.append(message.text))

    page.goto(saved_page.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    assert seen == [saved_page.as_uri()]
    page.close()
