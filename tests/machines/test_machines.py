"""Two processes behind nginx with one PostgreSQL and one Chroma server: what one keeps, the other knows."""

from __future__ import annotations

import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from assistant.web.auth import SESSION
from tests.machines.browser import Browser, LostError

LONG = os.environ.get("MACHINES") == "1"
PEOPLE = 12 if LONG else 4
TURNS = 8 if LONG else 3
PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests
SAID = (
    "Families in our public flats live with black mould for months before anyone comes.",
    "Each Monday the repairs supervisor picks the twenty flats that the two crews visit first.",
    "We have four years of repair requests and the sensors of two hundred flats.",
    "The head of the housing office owns this and would use the list.",
    "In four weeks we would compare the list with what the supervisor picks today.",
    "It works when families with small children wait half as long as today.",
    "The risk is that flats whose tenants never call are never visited.",
    "A data analyst of the city and the two crews would work on it.",
)


def test_a_conversation_moves_between_the_processes_at_every_turn(site, other) -> None:
    """Nothing said is lost, in order and answered, though no two turns in a row met the same process."""
    browser = site.browser()

    for text in SAID[:TURNS]:
        assert browser.say(text)["success"]
        other(browser)

    exchanges = site.draft(browser).exchanges
    assert [e.text for e in exchanges] == list(SAID[:TURNS])
    assert all(e.turn is not None for e in exchanges)
    heard = [message.text for message in site.draft(browser).conversation.messages]
    assert heard == list(SAID[:TURNS])


def test_a_page_that_was_open_on_one_process_works_on_the_other(site, other) -> None:
    """A field chosen from a list and rewritten, and a file sent, though the page was made by the other process."""
    browser = site.browser()
    browser.say(SAID[0])
    other(browser)

    picked = browser.call("pick_field", ["decision"])
    rewritten = browser.call("edit", ["decision", SAID[1]])
    sent = browser.upload("draft.txt", SAID[2].encode())

    assert picked["success"]
    assert rewritten["success"]
    assert sent["success"]
    _, edited, document = site.draft(browser).exchanges
    assert (edited.element, edited.text, edited.turn is None) == ("decision", SAID[1], False)
    assert (document.document, document.text, document.turn is None) == ("draft.txt", SAID[2], False)


def test_a_session_that_is_ended_on_one_process_is_ended_on_the_other(site) -> None:
    """Signed in through the first, known to the second; signed out of the second, unknown to the first."""
    site.store.accounts.add("coach@city.example", ["coach"], password=PASSWORD)
    first, second = (machine.url for machine in site.machines)
    with httpx.Client(timeout=60) as client:
        form = _form(client.get(f"{first}/signin").text)
        client.post(
            f"{first}/signin", data={"csrf": form, "email": "coach@city.example", "password": PASSWORD}
        )
        token = client.cookies[SESSION]
        cookie = {"Cookie": f"{SESSION}={token}"}
        there = httpx.get(f"{second}/account", headers=cookie)

        out = httpx.post(f"{second}/signout", data={"csrf": _form(there.text)}, headers=cookie)
        afterwards = [httpx.get(f"{url}/account", headers=cookie) for url in (first, second)]

    assert there.status_code == 200
    assert "coach@city.example" in there.text
    assert out.status_code == 303
    assert [answer.headers["location"] for answer in afterwards] == ["/signin?next=/account"] * 2


def test_the_api_needs_no_process_of_its_own(site) -> None:
    """A draft begun through nginx goes on through whichever process is next; both are used."""
    headers = {"Authorization": f"Bearer {_token(site, 'api@city.example', 'drafts')}"}
    with site.front(sticky=False) as url, httpx.Client(base_url=f"{url}/api/v1", timeout=60) as client:
        begun = client.post("/drafts", json={}, headers=headers).json()["id"]
        counts = []
        for number, text in enumerate(SAID[:TURNS]):
            said = client.post(
                f"/drafts/{begun}/messages", json={"text": text, "after": number}, headers=headers
            )
            counts.append((said.status_code, len(said.json()["record"])))
        kept = client.get(f"/drafts/{begun}", headers=headers).json()

    assert [status for status, _ in counts] == [200] * TURNS
    assert [e["text"] for e in kept["exchanges"]] == list(SAID[:TURNS])


def test_without_a_fixed_process_the_page_loses_answers_and_with_the_shipped_site_it_does_not(site) -> None:
    """Why the shipped site sends a draft's requests to one process: the queue is in the memory of that process."""
    with site.front(sticky=False) as url:
        browser = site.browser(url)
        with pytest.raises(LostError):
            browser.say(SAID[0])
    with site.front() as url:
        browser = site.browser(url)
        for text in SAID[:3]:
            assert browser.say(text)["success"]

        assert [e.text for e in site.draft(browser).exchanges] == list(SAID[:3])


def test_one_process_is_killed_under_load_and_nobody_notices_but_for_a_retry(site) -> None:
    """Every message is kept once and answered; what was lost was one answer each, and the same message again got it."""
    with site.front() as url:
        browsers = [site.browser(url) for _ in range(PEOPLE)]
        under_way = threading.Barrier(PEOPLE + 1)
        with ThreadPoolExecutor(PEOPLE) as pool:
            talks = [pool.submit(_talk, browser, under_way) for browser in browsers]
            under_way.wait(60)
            site.machines[0].kill()
            retries = [talk.result() for talk in talks]

    for browser in browsers:
        exchanges = site.draft(browser).exchanges
        assert [e.text for e in exchanges] == list(SAID[:TURNS])
        assert all(e.turn is not None for e in exchanges)
    assert max(retries) <= 2


def test_a_chroma_server_that_is_down_costs_the_past_cases_and_nothing_else(site, vectors) -> None:
    """The turn is answered and kept, and says what is missing; when the server is back, so are they."""
    browser = site.browser()
    with vectors.stopped():
        assert browser.say(SAID[0])["success"]
    browser.say(SAID[1])

    without, back = site.draft(browser).exchanges
    assert without.turn.judgement.similar_cases == ()
    assert len(without.turn.notices) > len(back.turn.notices)
    assert back.turn.judgement.similar_cases


def _talk(browser: Browser, under_way: threading.Barrier) -> int:
    """A conversation of somebody who sends a message again when no answer comes; how often that was."""
    again = 0
    for number, text in enumerate(SAID[:TURNS]):
        if number == 1:
            under_way.wait(60)
        while True:
            try:
                browser.say(text)
                break
            except LostError:
                again += 1
                assert again < 10, "a message is never answered"
    return again


def _form(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def _token(site, email: str, scope: str) -> str:
    account = site.store.accounts.add(email, ["applicant"], password=PASSWORD)
    return str(site.store.accounts.add_token(account.id, [scope], label="", days=None)[0])
