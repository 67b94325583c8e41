"""The clinic's page and a colleague's sheet on a phone: by keyboard, without a barrier, in three languages.

One language, in the dark, by default; all three and both colours when ALL_SCREENS is set.
"""

from __future__ import annotations

import os

import pytest

from assistant.domain import LANGS, Conversation, Lang
from assistant.wiring import Product
from tests.browser.test_applicant_page import axe_script
from tests.browser.test_signin import LOCALES, TAGS
from tests.coaching.test_facts import PROPOSALS

ALL = bool(os.environ.get("ALL_SCREENS"))
SHOWN: tuple[Lang, ...] = LANGS if ALL else ("es",)
WIDTHS = (320, 360)


@pytest.fixture
def draft(product: Product, server):
    """A function that keeps an answered draft in the server's store: its token and the token of a sheet of it."""

    def make(lang: Lang) -> tuple[str, str]:
        assert product.settings.data_dir == server.data_dir
        token, kept = product.drafts.create(lang)
        text = PROPOSALS[lang][0]
        seq = product.drafts.receive(kept.id, text)
        product.drafts.complete(
            kept.id, seq, product.assistant.respond(Conversation(id=kept.id, lang=lang), text)
        )
        gaps = ("constraints", "risks")
        return token, product.drafts.sheets.make(kept.id, "legal", gaps, PROPOSALS[lang][0][:90], lang)

    return make


def barriers(page, step: str) -> list[str]:
    """What the checker finds on a page, and whether it runs over the screen."""
    page.evaluate(axe_script())
    run = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"
    found = [
        f"{step}: {violation['id']}: {node['html'][:160]}"
        for violation in page.evaluate(run, TAGS)["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{step}: wider than the screen")
    return found


@pytest.mark.parametrize("dark", [False, True] if ALL else [True])
@pytest.mark.parametrize("lang", SHOWN)
def test_the_clinic_and_a_sheet_have_no_barrier_on_a_phone(browser, server, draft, lang, dark):
    """B15, beyond 19: both pages, and the sheet's mistake and thanks, at 320 and 360 pixels; answered by keyboard."""
    token, sheet = draft(lang)
    scheme = "dark" if dark else "light"
    context = browser.new_context(locale=LOCALES[lang], color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(60_000)
    found = []
    page.goto(f"{server.url}d/{token}", wait_until="commit")

    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 720})
        for path in ("clinic", f"sheet/{sheet}"):
            page.goto(f"{server.url}{path}", wait_until="load")
            assert page.get_attribute("html", "lang") == lang
            found += barriers(page, f"{path[:6]} at {width}")
    for answer in ("", "Nadie."):
        page.focus("#a-risks")
        page.keyboard.type(answer)
        page.focus("#role")
        page.keyboard.type("Abogada")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        found += barriers(page, "thanks" if answer else "mistake")

    assert found == []
    assert page.locator("#a-risks").count() == 0
    context.close()
