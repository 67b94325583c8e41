"""Signing in as a person does: by keyboard, on a phone, in three languages, without a barrier."""

from __future__ import annotations

import os

import pytest

from assistant.domain import LANGS
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from tests.browser.test_applicant_page import axe_script

PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERY = [(lang, dark) for lang in LANGS for dark in (False, True)]
LOOKS = EVERY if os.environ.get("ALL_SCREENS") else [("es", True), ("pt", False)]
"""Languages, and whether the colours are dark; all of them when ALL_SCREENS is set."""
LOCALES = {"en": "en-GB", "es": "es-MX", "pt": "pt-BR"}


@pytest.fixture(scope="module")
def coach(server) -> str:
    """The address of a coach's account on the server."""
    store = Store(Drafts(f"sqlite:///{server.data_dir / 'drafts.sqlite'}"))
    account = store.accounts.add(
        "browser@city.example", ["coach", "applicant"], password=PASSWORD, name="Ana"
    )
    store.drafts.close()
    return str(account.email)


@pytest.mark.parametrize(("lang", "dark"), LOOKS)
def test_a_coach_signs_in_with_the_keyboard_on_a_phone(browser, server, coach, lang, dark):
    """The form is filled in and sent by keyboard at 320 pixels, and neither page has a barrier or runs over."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        locale=LOCALES[lang], color_scheme=scheme, viewport={"width": 320, "height": 640}
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    source, found = axe_script(), []

    def look(step: str) -> None:
        page.evaluate(source)
        run = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"
        for violation in page.evaluate(run, TAGS)["violations"]:
            found.extend(f"{step}: {violation['id']}: {node['html'][:160]}" for node in violation["nodes"])
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{step}: wider than the screen")

    page.goto(f"{server.url}account")
    look("sign in")
    for key in ("wrong", PASSWORD):
        page.focus("#email")
        page.keyboard.type(coach)
        page.keyboard.press("Tab")
        page.keyboard.type(key)
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]" if key == "wrong" else "h2")
        look(f"after {key == 'wrong'}")

    assert page.get_attribute("html", "lang") == lang
    assert page.url == f"{server.url}account"
    assert found == []
    context.close()
