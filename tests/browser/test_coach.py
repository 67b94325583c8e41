"""The coach desk as a person uses it: by keyboard, on a phone, with a screen reader, in three languages."""

from __future__ import annotations

import os

import pytest

from assistant.domain import LANGS
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from assistant.web.auth import SESSION
from assistant.web.visit import COOKIE
from tests.browser.test_clinic import barriers

LOCALES = {"en": "en-GB", "es": "es-MX", "pt": "pt-BR"}
EVERY = [(lang, dark) for lang in LANGS for dark in (False, True)]
LOOKS = EVERY if os.environ.get("ALL_SCREENS") else [("pt", True)]
"""Languages and colours to look at; all of them when ALL_SCREENS is set."""
SAID = (
    "We want a dashboard for the mayor that shows all indicators of housing repair.",
    "Families wait nine weeks for a repair. Each Monday the repair supervisor decides which flats come first.",
)


@pytest.fixture(scope="module")
def tokens() -> list[str]:
    """The private links of the drafts in the store."""
    return []


@pytest.fixture(scope="module")
def store(server, product, tokens) -> Store:
    """The server's own store with a draft that was handed over, overruled once, and judged anew."""
    store = Store(Drafts(f"sqlite:///{server.data_dir / 'drafts.sqlite'}"))
    other = store.accounts.add("other@city.example", ["coach"], password=None, name="Bia")
    token, made = store.drafts.create("en")
    tokens.append(token)
    for text in SAID:
        draft = store.drafts.get(made.id)
        seq = store.drafts.receive(made.id, text)
        store.drafts.complete(made.id, seq, product.assistant.respond(draft.conversation, text))
        store.reviews.hand_over(made.id)
    seen = store.reviews.of(made.id, "coach")[-1].place
    store.reviews.decide(made.id, other, "fit", "poor_fit", "Nobody acts on it.", seen=seen, turn_seq=2)
    yield store
    store.drafts.close()


@pytest.fixture
def coach(store):
    """The session of a coach of this test's own."""
    name = f"coach{len(store.accounts.all())}@city.example"
    return store.accounts._begin(store.accounts.add(name, ["coach"], password=None, name="Ana").id)


def sit_down(browser, server, session: str, lang: str, dark: bool, width: int):
    """A browser in which the coach is signed in."""
    context = browser.new_context(
        locale=LOCALES[lang],
        color_scheme="dark" if dark else "light",
        viewport={"width": width, "height": 720},
    )
    context.add_cookies([{"name": SESSION, "value": session, "url": server.url}])
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


@pytest.mark.parametrize(("lang", "dark"), LOOKS)
def test_no_page_of_the_desk_has_a_barrier_or_runs_over_a_phone(
    browser, server, store, tokens, coach, lang, dark
):
    """Every page passes axe at 320 pixels, with everything that folds opened; the applicant's page of it too."""
    page = sit_down(browser, server, coach, lang, dark, 320)
    draft = store.reviews.inbox(store.accounts.session(coach))[0].draft_id
    overrule = next(r.id for r in store.reviews.of(draft, "coach") if r.kind == "overrule")
    found: list[str] = []
    store.reviews.look(draft, store.accounts.session(coach), turn_seq=1, place=1)

    paths = ["", "second", "cases", "batches", "portfolio", f"cases/new/{overrule}", f"drafts/{draft}"]
    for path in paths:
        page.goto(f"{server.url}coach/{path}")
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        found += barriers(page, path)

    spoken = page.get_attribute("html", "lang")
    page.context.add_cookies([{"name": COOKIE, "value": tokens[0], "url": server.url}])
    store.drafts.set_language(draft, lang)
    page.goto(f"{server.url}handover")
    found += barriers(page, "handover")

    assert [spoken, page.get_attribute("html", "lang")] == [lang, lang]
    assert page.locator("article").count() == 2  # it was handed over twice; the decision is not for its eyes
    assert found == []
    page.context.close()


def test_a_coach_decides_and_sends_a_batch_with_the_keyboard_alone(browser, server, store, coach, tmp_path):
    """From the skip link to a recorded decision without a mouse; a batch shows its progress and its results."""
    page = sit_down(browser, server, coach, "en", False, 1024)
    draft = store.reviews.inbox(store.accounts.session(coach))[0].draft_id
    store.reviews.look(draft, store.accounts.session(coach), turn_seq=1, place=1)
    table = tmp_path / "table.csv"
    table.write_text("id,text\na,Families wait months for a repair and nobody decides who is first\nb,\n")

    page.goto(f"{server.url}coach/drafts/{draft}")
    page.keyboard.press("Tab")
    skip = page.evaluate("document.activeElement.className")
    page.keyboard.press("Enter")
    page.focus("#type details summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("The supervisor decides.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".told[role=status]")
    decided = page.inner_text("#type .decided")
    page.goto(f"{server.url}coach/batches")
    page.set_input_files("#f-files", table)
    page.focus("section button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/coach/batches/*")
    page.locator("[data-watch]").wait_for(state="detached")
    results = page.inner_text("main")

    assert skip == "skip"
    assert "The supervisor decides." in decided
    assert "Ana" in decided
    assert "2 of 2 rows are done." in results
    assert "Rows with a problem: 1." in results
    page.context.close()
