"""Signing in and out, and who is let in where."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from fastapi import Depends, Request
from fastapi.testclient import TestClient
from starlette.datastructures import FormData

from assistant.store.accounts import Account
from assistant.web.app import create_app
from assistant.web.auth import FORM_SENT, SESSION, inside, person, require, surface
from assistant.web.visit import COOKIE

PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests


@pytest.fixture
def app(product):
    """The application with two small desks, and an account for each role."""
    accounts = product.store.accounts
    accounts._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    for role in ("applicant", "coach", "staff"):
        accounts.add(f"{role}@city.example", [role], password=PASSWORD, name=f"The <{role}>")
    made = create_app(product)
    for role in ("coach", "staff"):
        made.router.routes.insert(0, made.router.routes.pop(mounted(made, role, desk(role, product))))
    return made


def desk(role, product):
    """A desk with a page and a form."""
    page = surface(role, product)

    @page.get("/")
    def show(request: Request, who: Account = Depends(require(role))) -> str:  # noqa: B008
        return f"desk of {person(request, role).email} {who.email}"

    @page.post("/save")
    def save(request: Request, form: FormData = FORM_SENT) -> str:
        return f"{person(request, role).email} saved {form['text']}"

    return page


def mounted(app, role, page) -> int:
    """Mount a desk; its place among the routes."""
    app.mount(f"/{role}", page)
    return len(app.router.routes) - 1


@pytest.fixture
def client(app) -> Iterator[TestClient]:
    """A browser that has not been here."""
    with TestClient(app, follow_redirects=False) as browser:
        yield browser


def hidden(client: TestClient, path: str = "/signin") -> str:
    """The hidden field of a page's form."""
    return re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(path).text)[1]


def sign_in(client: TestClient, role: str = "coach", password: str = PASSWORD, **fields: str):
    """Fill in the form and send it."""
    form = {"csrf": hidden(client), "email": f"{role}@city.example", "password": password, **fields}
    return client.post("/signin", data=form)


def test_a_coach_signs_in_and_out(client, product):
    """The right password leads to where one wanted to go; signing out ends the session, not just the cookie."""
    first = client.get("/coach/")
    answer = sign_in(client, next="/coach/")
    token = client.cookies[SESSION]
    page = client.get("/coach/")
    out = client.post("/signout", data={"csrf": hidden(client, "/account")})
    client.cookies[SESSION] = token

    assert (first.status_code, first.headers["location"]) == (303, "/signin?next=/coach/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/coach/")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert page.text == '"desk of coach@city.example coach@city.example"'
    assert out.status_code == 303
    assert client.get("/coach/").status_code == 303
    assert product.store.accounts.session(token) is None


@pytest.mark.parametrize("role", ["applicant", "coach", "staff", None])
@pytest.mark.parametrize("place", ["coach", "staff"])
def test_a_desk_lets_in_its_own_role_and_nobody_else(client, role, place):
    """S4, T8: each desk's page and form answer to its own role alone; a forged session is nobody's."""
    if role is None:
        client.cookies[SESSION] = "f" * 43
    else:
        sign_in(client, role)

    page = client.get(f"/{place}/")
    saved = client.post(f"/{place}/save", data={"csrf": hidden(client, "/signin"), "text": "x"})

    if role == place:
        assert (page.status_code, saved.status_code) == (200, 200)
    else:
        assert page.status_code == (303 if role is None else 403)
        assert saved.status_code in (401, 403)
        assert "city.example saved" not in saved.text


def test_what_the_request_says_of_its_role_counts_for_nothing(client):
    """Headers, query, form fields and other cookies make nobody a coach."""
    sign_in(client, "applicant")
    client.cookies["role"] = "coach"

    answer = client.get(
        "/coach/?role=coach&username=coach", headers={"x-role": "coach", "remote-user": "coach@city.example"}
    )

    assert answer.status_code == 403


def test_a_session_that_ended_elsewhere_ends_at_the_next_request(client, product):
    """A disabled coach is out at once, with the page still open."""
    sign_in(client)
    assert client.get("/coach/").status_code == 200

    product.store.accounts.disable(product.store.accounts.by_email("coach@city.example").id)

    assert client.get("/coach/").status_code == 303


@pytest.mark.parametrize("sent", [None, "", "0" * 64, "é"])
def test_a_form_from_elsewhere_is_refused(client, sent):
    """A form without the hidden field of this browser changes nothing, on signing in, signing out and a desk."""
    sign_in(client)
    fields = {} if sent is None else {"csrf": sent}

    answers = [
        client.post("/coach/save", data={**fields, "text": "x"}),
        client.post("/signout", data=fields),
        client.post("/signin", data={**fields, "email": "coach@city.example", "password": PASSWORD}),
        client.post("/account/keep", data=fields),
    ]

    assert [a.status_code for a in answers] == [403] * 4
    assert client.get("/coach/").status_code == 200


def test_another_browsers_hidden_field_is_refused(app, client):
    """T8: the field that an attacker's own browser was given is of no use in somebody else's."""
    sign_in(client)
    with TestClient(app, follow_redirects=False) as other:
        stolen = hidden(other)

    assert client.post("/coach/save", data={"csrf": stolen, "text": "x"}).status_code == 403


def test_signing_in_gives_a_new_session_and_ends_the_planted_one(client, product):
    """A session that somebody put into the browser beforehand is not the one that gets in."""
    planted = product.store.accounts.sign_in("applicant@city.example", PASSWORD, address="x")
    client.cookies[SESSION] = planted

    answer = sign_in(client)

    given = re.search(rf"{SESSION}=([^;]+)", str(answer.headers.get_list("set-cookie")))[1]
    assert given != planted
    assert product.store.accounts.session(given).email == "coach@city.example"
    assert product.store.accounts.session(planted) is None


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "is wrong"), ("es", "no son correctos"), ("pt", "está incorreto")]
)
def test_a_wrong_password_is_told_in_the_readers_language(client, lang, words):
    """The page comes back with an alert and an empty password field."""
    form = {"csrf": hidden(client), "email": "coach@city.example", "password": "wrong <b>guess</b>"}

    answer = client.post(f"/signin?lang={lang}", data=form)

    assert answer.status_code == 401
    assert words in re.search(r'role="alert">([^<]*)<', answer.text)[1]
    assert "guess" not in answer.text
    assert f'<html lang="{lang}">' in answer.text


def test_too_many_attempts_have_to_wait(client):
    """After ten wrong passwords the page says how long to wait, and the right one does not get in."""
    for _ in range(10):
        assert sign_in(client, password=PASSWORD[::-1]).status_code == 401

    answer = sign_in(client)

    assert answer.status_code == 429
    assert "15" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a b",
        "",
        "/%2f/evil",
        "/x\r\nSet-Cookie: a=b",
        "/" + "a" * 300,
    ],
)
def test_signing_in_leads_nowhere_else(client, path):
    """A link that would send somebody to another site after signing in leads to the account page."""
    answer = sign_in(client, next=path)

    assert answer.headers["location"] == "/account"
    assert inside("/coach/x?id=1") == "/coach/x?id=1"


def test_an_applicant_finds_their_drafts_and_no_others(client, product):
    """A draft kept in the account opens without its link in another browser; somebody else's does not."""
    client.get("/")
    draft = product.drafts.find(client.cookies[COOKIE])
    _, other = product.drafts.create("en")
    sign_in(client, "applicant")
    client.post("/account/keep", data={"csrf": hidden(client, "/account")})
    del client.cookies[COOKIE]
    page = client.get("/account").text

    opened = client.post(f"/account/open/{draft.id}", data={"csrf": hidden(client, "/account")})
    refused = client.post(f"/account/open/{other.id}", data={"csrf": hidden(client, "/account")})

    assert f"/account/open/{draft.id}" in page
    assert other.id not in page
    assert "The &lt;applicant&gt;" in page
    assert opened.status_code == 303
    assert product.drafts.find(client.cookies[COOKIE]).id == draft.id
    assert refused.status_code == 404


def test_a_session_cookie_stays_on_https(app):
    """Over an encrypted connection the session is never sent in the clear."""
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        answer = sign_in(client)

    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(SESSION))
    assert "Secure" in cookie


def test_a_form_is_read_within_bounds(client):
    """A form of thousands of fields is refused, not read."""
    token = hidden(client)

    answer = client.post("/signin", data={"csrf": token, **{f"f{n}": "x" for n in range(2_000)}})

    assert answer.status_code in (400, 413)
