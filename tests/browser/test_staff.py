"""The staff desk as a person uses it: by keyboard, at 320 pixels, without script, without a barrier."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.store.accounts import Account
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from tests.browser.conftest import Server, running
from tests.browser.test_applicant_page import axe_script
from tests.browser.test_signin import LOCALES, PASSWORD, TAGS

ALL = os.environ.get("ALL_SCREENS") == "1"
SCREENS = [(lang, dark) for lang in ("en", "es", "pt") for dark in (False, True)] if ALL else [("es", True)]
PAGES = (
    "",
    "sources",
    "prompts",
    "prompts/turn",
    "runs",
    "runs/r1",
    "cases",
    "usage",
    "settings",
    "accounts",
)
AXE = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"


@pytest.fixture(scope="module")
def server(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a folder of its own: staff change what everybody's index holds."""
    folder = tmp_path_factory.mktemp("staff")
    shutil.copytree(data_dir / "index", folder / "index")
    with running(folder) as started:
        yield started


@pytest.fixture(scope="module")
def staff(server: Server) -> Account:
    """A member of staff on the server, with a run and some usage to look at."""
    store = Store(Drafts(f"sqlite:///{server.data_dir / 'drafts.sqlite'}"))
    account = store.accounts.add("desk@city.example", ["staff"], password=PASSWORD, name="Cleo")
    store.usage.add("llm", "m-1", "llm_too_slow")
    store.drafts.close()
    row = {"suite": "fit", "lang": "en", "kind": "MFT", "reason": "a reason"}
    rows = [
        {**row, "case": f"fit-{n:03}-en", "cluster": f"{n}", "right": n > 2, "got": "fit"} for n in range(9)
    ]
    run = {
        "schema": "run/1",
        "id": "20260101-r1",
        "began": "2026-01-01T10:00:00+00:00",
        "seconds": 1.0,
        "git": "abc",
        "engine": "local",
        "engine_version": "1",
        "suites": ["fit"],
        "cases": 9,
        "results": rows,
    }
    folder = server.data_dir / "evals" / "runs" / "r1"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run))
    return account


def signed_in(browser, server, lang: str = "en", **how):
    """A page of a browser in which staff signed in by keyboard."""
    context = browser.new_context(locale=LOCALES[lang], **how)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{server.url}signin?next=/staff/")
    page.focus("#email")
    page.keyboard.type("desk@city.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#model")
    return page


@pytest.mark.parametrize(("lang", "dark"), SCREENS)
def test_no_page_has_a_barrier_or_runs_over_on_a_phone(browser, server, staff, lang, dark):
    """G1: axe finds nothing on any page of the desk, and at 320 pixels nothing is wider than the screen."""
    scheme = "dark" if dark else "light"
    page = signed_in(browser, server, lang, color_scheme=scheme, viewport={"width": 320, "height": 640})
    source, found = axe_script(), []

    for path in PAGES:
        answer = page.goto(f"{server.url}staff/{path}")
        assert (answer.status, page.url) == (200, f"{server.url}staff/{path}")
        for closed in page.query_selector_all("details:not([open]) > summary"):
            closed.click()
        page.evaluate(source)
        for violation in page.evaluate(AXE, TAGS)["violations"]:
            found += [f"{path}: {violation['id']}: {node['html'][:160]}" for node in violation["nodes"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{path}: wider than the screen")
        if shots := os.environ.get("SHOTS"):
            name = (path or "home").replace("/", "-")
            page.screenshot(path=str(Path(shots) / f"{lang}-{scheme}-{name}.png"), full_page=True)

    assert page.get_attribute("html", "lang") == lang
    assert found == []
    page.context.close()


def test_the_model_is_turned_off_by_keyboard_and_without_script(browser, server, staff):
    """The reason is typed, Enter sends it, and the page says that the model is off; no script is needed."""
    page = signed_in(browser, server, java_script_enabled=False)

    page.focus("#f-why")
    page.keyboard.type("Odd answers since noon")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=status]")

    assert "The language model is off, for everyone." in page.inner_text("main")
    assert "Odd answers since noon" in page.inner_text("#model table")
    page.context.close()


def test_a_file_is_sent_read_and_approved_without_script(browser, server, staff, tmp_path):
    """From choosing a file to the end of the job, whose page refreshes by itself, nothing needs script."""
    note = tmp_path / "crews.md"
    note.write_text("# Crews\n\nTwo crews cleared the drains of Elm Street before the storm of May.\n")
    page = signed_in(browser, server, java_script_enabled=False)

    page.goto(f"{server.url}staff/sources")
    page.set_input_files("#f-file", note)
    page.fill("#f-title", "What the crews did")
    page.press("#f-title", "Enter")
    page.wait_for_url("**/sources/waiting/**")
    shown = page.inner_text("main")
    page.click("button[value=approve]")
    page.wait_for_selector("text=Done")
    page.goto(f"{server.url}staff/sources#added")
    listed = page.inner_text("#added")

    assert "Two crews cleared the drains of Elm Street" in shown
    assert "What the crews did" in listed
    assert "Cleo" in listed
    page.context.close()
