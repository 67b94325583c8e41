"""The clinic's page and colleagues' sheets, as a browser without script sees them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from icalendar import Calendar

from assistant.domain import LANGS
from assistant.web.app import create_app
from assistant.web.visit import COOKIE
from tests.web.test_app import answered_draft

HOSTILE = "<script>alert(1)</script> camera \"'><img src=x onerror=alert(2)>"


@pytest.fixture
def client(product) -> Iterator[TestClient]:
    """A browser whose draft has one answered message."""
    with TestClient(create_app(product), follow_redirects=False) as browser:
        browser.cookies[COOKIE] = answered_draft(product, "Families wait months. A camera watches the gate.")
        yield browser


def keys(page: str) -> list[str]:
    """The objections on a page, by their names in the forms."""
    return re.findall(r'name="objection" value="(\w+)"', page)


def state(page: str, key: str) -> str:
    """What was made of an objection."""
    return re.search(rf'id="o-{key}".*?<p class="state (\w+)"', page, re.DOTALL)[1]


@pytest.mark.parametrize("lang", LANGS)
def test_b15_the_page_shows_voices_quotes_and_lists_in_the_readers_language(client, product, lang):
    """B15: the clinic, plan, clock, data and colleagues are on one page, in the language the draft has."""
    token = client.cookies[COOKIE]
    product.drafts.set_language(product.drafts.find(token).id, lang)

    answer = client.get("/clinic")

    page, say = html.unescape(answer.text), product.words.say
    assert answer.status_code == 200
    assert f'<html lang="{lang}">' in page
    assert "A camera watches the gate." in page
    for key in (
        "clinic.risk",
        "clinic.assumption",
        "clinic.readiness",
        "plan.title",
        "clock.title",
        "sheet.title",
    ):
        assert say(lang, key) in page
    assert "2027" in page
    assert "no-store" in answer.headers["cache-control"]


def test_objections_are_accepted_rejected_with_a_reason_and_parked(client):
    """Each button leads back to the objection with its new state, and it stays after another visit."""
    first, second, third = keys(client.get("/clinic").text)[:3]

    moved = client.post("/clinic/decide", data={"objection": first, "decision": "accepted"})
    client.post(
        "/clinic/decide", data={"objection": second, "decision": "rejected", "reason": "We asked them."}
    )
    client.post("/clinic/decide", data={"objection": third, "decision": "parked"})
    page = client.get("/clinic").text

    assert (moved.status_code, moved.headers["location"]) == (303, f"/clinic#o-{first}")
    assert [state(page, key) for key in (first, second, third)] == ["accepted", "rejected", "parked"]
    assert "We asked them." in page
    assert f'href="#o-{first}"' in page
    assert f'href="#o-{second}"' not in page


@pytest.mark.parametrize(
    ("decision", "reason", "words"),
    [
        ("rejected", " ", "with a reason"),
        ("rejected", "x" * 8_000, "too long"),
        ("admitted", "", "no longer raised"),
    ],
)
def test_what_cannot_be_kept_comes_back_with_its_remedy_and_what_was_typed(client, decision, reason, words):
    """A rejection without a reason, one of 8,000 characters, a choice there is not: said, and nothing is lost."""
    key = keys(client.get("/clinic").text)[0]

    answer = client.post("/clinic/decide", data={"objection": key, "decision": decision, "reason": reason})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert words in answer.text
    assert reason.strip() in answer.text
    assert state(answer.text, key) == "undecided"


def test_text_of_others_is_escaped(client, product):
    """Markup in a draft, a reason or a colleague's answer is shown as text."""
    draft = product.drafts.find(client.cookies[COOKIE])
    link = product.drafts.sheets.make(draft.id, "legal", ("resident_problem",), HOSTILE, "en")
    seq = product.drafts.receive(draft.id, HOSTILE)
    product.drafts.complete(draft.id, seq, product.assistant.respond(draft.conversation, HOSTILE))
    client.post(
        f"/sheet/{link}", data={"resident_problem": HOSTILE, "role": HOSTILE[:80], "name": HOSTILE[:80]}
    )
    key = keys(client.get("/clinic").text)[0]
    client.post("/clinic/decide", data={"objection": key, "decision": "rejected", "reason": HOSTILE})

    pages = client.get("/clinic").text + client.get(f"/sheet/{link}").text

    assert html.escape("<script>alert(1)</script>") in pages
    assert "<script" not in pages
    assert "<img" not in pages


def test_nobody_elses_site_can_decide_for_the_applicant(client):
    """A form sent from another site is refused, and nothing changes."""
    key = keys(client.get("/clinic").text)[0]
    form = {"objection": key, "decision": "accepted"}

    foreign = client.post("/clinic/decide", data=form, headers={"sec-fetch-site": "cross-site"})
    elsewhere = client.post("/clinic/decide", data=form, headers={"origin": "https://elsewhere.example"})

    assert (foreign.status_code, elsewhere.status_code) == (403, 403)
    assert state(client.get("/clinic").text, key) == "undecided"


def test_without_a_draft_there_is_a_page_that_says_what_to_do(product):
    """A visitor without a draft, or with an empty one, is sent to the conversation."""
    with TestClient(create_app(product), follow_redirects=False) as stranger:
        answers = [stranger.get("/clinic"), stranger.post("/clinic/decide"), stranger.post("/clinic/nothing")]

    assert [a.status_code for a in answers] == [400, 400, 400]
    assert all('href="/"' in a.text for a in answers)


def test_b50_the_calendar_file_is_offered_and_opens(client):
    """B50: the download is a calendar with the one event whose year is printed."""
    answer = client.get("/clinic/calendar.ics")

    assert answer.headers["content-type"].startswith("text/calendar")
    assert len(Calendar.from_ical(answer.text).events) == 1


def test_the_data_probe_asks_on(client, product):
    """A side of a source is answered in the form, the next one is asked, and an unknown source is refused."""
    draft = product.drafts.find(client.cookies[COOKIE])
    seq = product.drafts.receive(draft.id, "Court filings.", element="data_sources")
    product.drafts.complete(
        draft.id, seq, product.assistant.edit(draft.conversation, "data_sources", "Court filings.")
    )
    form = {"source": "Court filings", "field": "holder", "text": "The clerk of the court."}

    before = re.findall(r'name="field" value="(\w+)"', client.get("/clinic").text)
    moved = client.post("/clinic/probe", data={**form, "known": "yes"})
    client.post("/clinic/probe", data={**form, "field": "system", "known": "no"})
    page = client.get("/clinic").text
    wrong = client.post("/clinic/probe", data={**form, "source": "x", "known": "yes"})

    assert before == ["holder"]
    assert moved.status_code == 303
    assert re.findall(r'name="field" value="(\w+)"', page) == ["update_cycle"]
    assert "The clerk of the court." in page
    assert wrong.status_code == 400
    assert "no such data source" in wrong.text


# --- colleagues ---------------------------------------------------------------------------------------------------


def made_link(client, role: str = "legal") -> str:
    """The path of a sheet made on the page."""
    page = client.post("/clinic/sheet", data={"role": role}).text
    return re.search(r'value="http://testserver(/sheet/[\w-]+)"', page)[1]


def test_a_sheet_shows_the_questions_and_one_line_and_nothing_else(client, product):
    """A colleague without any cookie sees the questions of their role; the rest of the draft is not on the page."""
    link = made_link(client)
    client.post(link, data={"risks": "A secret answer.", "role": "Lawyer"})

    with TestClient(create_app(product), follow_redirects=False) as colleague:
        answer = colleague.get(link)

    asked = re.findall(r'<textarea id="a-(\w+)"', answer.text)
    assert asked == ["constraints", "risks"]
    assert "Families wait months." in answer.text
    assert "A secret answer." not in answer.text
    assert "repairs" not in answer.text
    assert COOKIE not in answer.cookies
    assert '<meta name="robots" content="noindex">' in answer.text
    assert all(f'for="a-{id}"' in answer.text for id in asked)


@pytest.mark.parametrize("lang", LANGS)
def test_answers_merge_with_the_role_and_a_conflict_is_shown_and_settled(client, product, lang):
    """Beyond 19: an open element is filled on the colleague's word; a stated one waits for the applicant."""
    token = client.cookies[COOKIE]
    draft = product.drafts.find(token)
    product.drafts.set_language(draft.id, lang)
    link = product.drafts.sheets.make(draft.id, "frontline", ("users", "resident_problem"), "One line.", lang)

    thanks = client.post(
        f"/sheet/{link}", data={"users": "Nurses 🚑", "resident_problem": "שלום it is worse", "role": "nurse"}
    )
    page = html.unescape(client.get("/clinic").text)
    waiting = re.search(r'name="contribution" value="(\w+)"', page)[1]
    client.post("/clinic/settle", data={"contribution": waiting, "take": "yes"})
    again = client.post("/clinic/settle", data={"contribution": waiting, "take": "no"})
    after = product.drafts.find(token).conversation

    assert product.words.say(lang, "sheet.thanks") in html.unescape(thanks.text)
    assert product.words.say(lang, "sheet.conflicts") in page
    assert (after.record["users"].value, after.record["users"].role) == ("Nurses 🚑", "nurse")
    assert after.record["resident_problem"].value == "שלום it is worse"
    assert again.status_code == 400


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"risks": "Kept text.", "role": ""}, "role is missing"),
        ({"risks": "", "role": "Lawyer"}, "No question was answered"),
        ({"risks": "Long. " * 1_400, "role": "Lawyer"}, "too long"),
    ],
)
def test_a_mistake_on_a_sheet_keeps_what_was_typed(client, form, words):
    """No role, no answer, 8,000 characters: the form comes back with its remedy and every word."""
    link = made_link(client)

    answer = client.post(link, data=form)

    assert answer.status_code == 400
    assert words in answer.text
    assert form["risks"] in answer.text


def test_a_flood_is_not_read(client):
    """A form far beyond what a sheet takes is refused like an empty one."""
    answer = client.post(made_link(client), data={"risks": "x" * 1_000_000, "role": "Lawyer"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("accepted", "words"), [("en", "opens no questions"), ("es", "no abre"), ("pt", "não abre")]
)
def test_an_unknown_link_says_what_to_do(client, accepted, words):
    """An expired or made-up link is told in the reader's language."""
    answer = client.get("/sheet/" + "x" * 43, headers={"accept-language": accepted})

    assert answer.status_code == 404
    assert words in html.unescape(answer.text)


@pytest.mark.parametrize("path", ["sheet", "d"])
def test_links_cannot_be_tried_until_one_opens(client, product, path):
    """After thirty wrong links an address waits ten minutes, with a right link too; the answer says so."""
    right = (
        answered_draft(product, "Families wait months.")
        if path == "d"
        else made_link(client).rpartition("/")[2]
    )
    wrong = [client.get(f"/{path}/{'x' * 40}{n:03}").status_code for n in range(31)]

    answer = client.get(f"/{path}/{right}", headers={"accept-language": "en"})

    assert wrong == [404] * 30 + [429]
    assert answer.status_code == 429
    assert "Wait 10 minutes" in html.unescape(answer.text)


def test_right_links_are_never_counted(client, product):
    """A link that opens may be opened as often as anybody likes."""
    right = made_link(client)

    codes = {client.get(right).status_code for _ in range(40)}

    assert codes == {200}
