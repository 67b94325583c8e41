"""From an overrule to an evaluation case: previewed, masked, made once, read by a second coach."""

from __future__ import annotations

import html

import pytest

from assistant.domain import LANGS
from assistant.privacy import KINDS
from tests.web.coaches import account, browser, desk_app, handed, open_page

TEXT = "Families wait for Rita Alves, rita.alves@city.example, to sort 40 visits each Monday with a dashboard"


@pytest.fixture
def ana(product):
    """The coach who overruled."""
    return account(product, "Ana")


@pytest.fixture
def app(product):
    """The desk."""
    return desk_app(product)


@pytest.fixture
def overrule(product, ana, monkeypatch):
    """An overruled verdict; no other text is known but one that shares a few words."""
    known = (("suite-1", "Families wait for a doctor in the morning"),)
    monkeypatch.setattr("assistant.web.coach_cases.known_texts", lambda home: known)
    draft = handed(product, TEXT)
    return product.store.reviews.decide(
        draft, ana, "fit", "needs_work", "Rita Alves decides.", seen=1, turn_seq=1
    )


def test_a_case_is_previewed_masked_and_made_in_one_step(app, product, ana, overrule):
    """The record links to a preview; details and further words are hidden; making it leads to the waiting case."""
    client = browser(app, product, ana)
    path = f"/coach/cases/new/{overrule.id}"

    record = open_page(client, f"/coach/drafts/{overrule.draft_id}").text
    first = open_page(client, path)
    hidden = first.send(path, hide="Rita Alves", act="preview")
    made = open_page(client, path).send(path, hide="Rita Alves", act="make")

    assert f'href="{path}"' in record
    assert "[email]" in first.text
    assert "rita.alves@city.example" not in first.text
    assert "Rita Alves" in first.text
    assert "suite-1" in first.text
    assert "Rita Alves decides" not in hidden.text
    assert "[name]" in hidden.text
    assert made.status_code == 303
    case = product.store.candidates.all()[0]
    assert made.headers["location"] == f"/coach/cases/{case.id}?told=case_made"
    assert "Rita" not in case.text + case.reason
    assert case.state == "quarantine"
    assert "another coach" in html.unescape(client.get(made.headers["location"]).text)


def test_the_same_case_is_not_made_twice(app, product, ana, overrule):
    """A double press tells that the case is there, and keeps the words to hide."""
    client = browser(app, product, ana)
    path = f"/coach/cases/new/{overrule.id}"
    page = open_page(client, path)

    answers = [page.send(path, hide="Rita Alves", act="make") for _ in range(2)]

    assert [a.status_code for a in answers] == [303, 400]
    assert "Rita Alves</textarea>" in answers[1].text
    assert len(product.store.candidates.all()) == 1


def test_the_second_reader_is_not_told_the_first_value(app, product, ana, overrule):
    """Until another coach has read the case, its page says neither value nor reason; the maker cannot read it."""
    made = product.store.candidates.make(overrule.id, ana, hide=["Rita Alves"])
    bia = account(product, "Bia")
    hers, mine = browser(app, product, bia), browser(app, product, ana)
    path = f"/coach/cases/{made.id}"

    page = open_page(hers, path)
    own = mine.get(path).text
    stale = page.send(path, value="needs_work", reason="Somebody decides.", version="7")
    sent = page.send(path, value="needs_work", reason="Somebody decides.")
    after = html.unescape(open_page(hers, path).text)

    assert "decides." not in page.text
    assert "Typically not a good fit →" not in html.unescape(page.text)
    assert 'name="value"' not in own
    assert (stale.status_code, sent.status_code) == (409, 303)
    assert "Somebody decides.</textarea>" in stale.text
    assert "Accepted" in after
    assert "Typically not a good fit → Needs work" in after
    assert product.store.candidates.all()[0].second_by == bia.id


@pytest.mark.parametrize("fields", [{"value": "", "reason": "Mine."}, {"value": "fit", "reason": " "}])
def test_a_reading_without_value_or_reason_is_given_back(app, product, ana, overrule, fields):
    """Nothing is settled, and what was written is still there."""
    made = product.store.candidates.make(overrule.id, ana)
    page = open_page(browser(app, product, account(product, "Bia")), f"/coach/cases/{made.id}")

    answer = page.send(page.path, **fields)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert ("Mine." in answer.text) == (fields["reason"] == "Mine.")
    assert product.store.candidates.all()[0].state == "quarantine"


@pytest.mark.parametrize("lang", LANGS)
def test_every_kind_of_detail_that_is_masked_has_a_name(product, lang):
    """Whatever the preview finds, it can say so in the coach's language."""
    names = [product.words.say(lang, f"coach.masked_{kind.replace(' ', '_')}") for kind in (*KINDS, "name")]

    assert len(set(names)) == len(KINDS) + 1


def test_only_an_overrule_becomes_a_case(app, product, ana):
    """An agreement, and an id that is none, lead to a page that says so."""
    draft = handed(product, TEXT)
    agreed = product.store.reviews.decide(draft, ana, "fit", "poor_fit", "Yes.", seen=1, turn_seq=1)
    client = browser(app, product, ana)

    answers = [client.get(f"/coach/cases/new/{id}") for id in (agreed.id, "0" * 32)]

    assert [a.status_code for a in answers] == [404, 404]
