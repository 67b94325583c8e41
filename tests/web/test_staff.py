"""The staff desk: who is let in, the switch of the model, the record, usage and accounts."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount

from assistant.domain import LANGS, Usage
from assistant.store.accounts import Account
from assistant.web.staff_settings import without_password
from assistant.wiring import MODEL_SWITCH, Product
from tests.web.staff_desk import account, browser_of, client, csrf, product, staff, text_of

__all__ = ["client", "product", "staff"]

PATHS = ["", "sources", "prompts", "runs", "cases", "usage", "settings", "accounts"]


@pytest.mark.parametrize("who", ["applicant", "coach", "nobody", "disabled"])
def test_every_route_refuses_everybody_but_staff(product: Product, who: str) -> None:
    """S4, T8: whatever the path and method, only staff is answered; a disabled member of staff no longer is."""
    person = None if who == "nobody" else account(product, "staff" if who == "disabled" else who)  # type: ignore[arg-type]
    browser = browser_of(product, person)
    browser.follow_redirects = False
    hidden = {"csrf": csrf(browser, "/staff/" if who == "disabled" else "/signin")}
    if person is not None and who == "disabled":
        product.store.accounts.disable(person.id)
    seen = product.store.audit.links()

    answers = {
        (method, path): browser.request(method, path, data=hidden if method == "POST" else None)
        for method, path in every_route(browser)
    }

    assert len(answers) >= 20
    for (method, path), answer in answers.items():
        expected = {303} if method == "GET" and who in ("nobody", "disabled") else {401, 403}
        assert answer.status_code in expected, (method, path)
        assert "/staff/accounts" not in answer.text
    assert product.store.audit.links() == seen


def every_route(browser: TestClient) -> list[tuple[str, str]]:
    """Every method and path of the desk, read from the application itself."""
    mounts = [r for r in browser.app.router.routes if isinstance(r, Mount)]  # type: ignore[attr-defined]
    (desk,) = [m for m in mounts if m.path == "/staff"]
    return [
        (method, "/staff" + re.sub(r"{\w+}", "0" * 32, route.path))
        for route in desk.app.routes
        for method in sorted(route.methods - {"HEAD"})
    ]


@pytest.mark.parametrize("sent", [None, "0" * 64])
def test_no_form_of_the_desk_works_from_elsewhere(
    client: TestClient, product: Product, sent: str | None
) -> None:
    """A form without this browser's hidden field changes nothing, on any route that takes one."""
    client.get("/staff/")
    seen = product.store.audit.links()
    posts = [path for method, path in every_route(client) if method == "POST"]

    answers = [client.post(path, data={} if sent is None else {"csrf": sent}) for path in posts]

    assert len(posts) >= 7
    assert {a.status_code for a in answers} == {403}
    assert product.store.audit.links() == seen


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_speaks_the_readers_language(client: TestClient, product: Product, lang: str) -> None:
    """Each page of the desk is answered whole, under its title in the reader's language."""
    say = product.words.say
    titles = {path: say(lang, f"staff.{path or 'title'}") for path in PATHS}  # type: ignore[arg-type]

    pages = {path: client.get(f"/staff/{path}?lang={lang}") for path in PATHS}

    for path, page in pages.items():
        assert page.status_code == 200, path
        assert f'<html lang="{lang}">' in page.text
        assert f"<h1>{titles[path]}</h1>" in page.text
        assert page.headers["cache-control"] == "no-store"


def test_the_desk_opens_without_a_slash_at_its_end(client: TestClient) -> None:
    """The address that people type leads to the desk."""
    answer = client.get("/staff")

    assert answer.status_code == 200
    assert "<h1>Staff desk</h1>" in answer.text


# --- the switch of the model -----------------------------------------------------------------------------


def test_the_model_is_turned_off_and_on_with_who_and_why(
    client: TestClient, product: Product, staff: Account
) -> None:
    """The switch says what is set, by whom and why, with personal details masked; the record keeps a hash."""
    first = client.get("/staff/").text
    form = {"csrf": csrf(client), "to": "off", "why": "Odd answers, says ana@city.example"}
    off = client.post("/staff/model", data=form).text
    told = product.store.switches.history(MODEL_SWITCH)[0]
    on = client.post("/staff/model", data={**form, "to": "on", "why": "Mended"}).text

    assert "The language model may be used." in first
    assert "The language model is off, for everyone." in off
    assert "Staff" in text_of(off.split("When the language model was turned on or off")[2])
    assert "ana@city.example" not in off
    assert (told.value, told.set_by, told.why) == ("off", staff.id, "Odd answers, says [email]")
    assert "The language model may be used." in on
    links = product.store.audit.links(action="setting.")
    assert [(k.subject, k.details["value"], k.actor) for k in links] == [
        ("model", "on", staff.id),
        ("model", "off", staff.id),
    ]


@pytest.mark.parametrize(
    ("to", "why", "said"),
    [
        ("off", "   ", "A reason is needed."),
        ("half", "because", "There is no such value."),
        ("off", "x" * 501, "The text is too long."),
    ],
)
def test_a_switch_without_a_reason_or_value_stays_and_keeps_what_was_typed(
    client: TestClient, product: Product, to: str, why: str, said: str
) -> None:
    """A mistake changes nothing, is told with its remedy, and leaves the reason in its field."""
    answer = client.post("/staff/model", data={"csrf": csrf(client), "to": to, "why": why})

    assert answer.status_code == 400
    assert said in answer.text
    assert f'value="{why}"' in answer.text
    assert product.store.switches.history(MODEL_SWITCH) == []


# --- settings and their record ---------------------------------------------------------------------------


def test_settings_show_no_secret(client: TestClient, product: Product, staff: Account) -> None:
    """Of a key only that it is set is shown, and of an address neither user, password nor query."""
    secret = "sk-7d1f0c"  # noqa: S105  # opens nothing
    settings = product.settings.model_copy(
        update={
            "llm_api_key": type(product.settings)
            .model_validate({"ASSISTANT_LLM_API_KEY": secret, "data_dir": product.settings.data_dir})
            .llm_api_key,
            "llm_base_url": f"https://ana:{secret}@models.example/v1?key={secret}",
        }
    )
    object.__setattr__(product, "settings", settings)

    page = client.get("/staff/settings").text

    assert secret not in page
    assert "set, not shown" in page
    assert "https://…@models.example/v1?…" in page


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://u:p@db.example:5432/scoping", "postgresql://…@db.example:5432/scoping"),
        ("https://models.example/v1", "https://models.example/v1"),
        ("https://models.example/v1?token=abc", "https://models.example/v1?…"),
        ("http://[broken", "–"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(address: str, shown: str) -> None:
    """User, password and query never reach the page."""
    assert without_password(address) == shown


def test_the_record_is_verified_and_shows_where_it_was_changed(client: TestClient, product: Product) -> None:
    """G3: a whole chain is called whole with its last hash; an entry changed behind our back is named."""
    form = {"csrf": csrf(client)}
    whole = text_of(client.post("/staff/settings/verify", data=form).text)
    with product.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS audit_no_update")
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql("UPDATE audit SET actor = 'somebody' WHERE seq = 2")

    broken = text_of(client.post("/staff/settings/verify", data=form).text)
    wrong = client.post("/staff/settings/verify", data={**form, "known": "twelve"})

    assert "Whole" in whole
    assert re.search(r"Note this elsewhere \d+ [0-9a-f]{64}", whole)
    assert "The record does not hold at entry 2." in broken
    assert wrong.status_code == 200
    assert "This is no number with a hash." in wrong.text
    assert 'value="twelve"' in wrong.text


# --- usage -----------------------------------------------------------------------------------------------


def test_usage_adds_up_by_day_engine_and_outcome(client: TestClient, product: Product) -> None:
    """Calls, failures, tokens and money are the sums of what was counted, and failures are told in words."""
    log = product.store.usage
    log.add("llm", "m-1", "ok", Usage(tokens_in=1_000, tokens_out=200, cost_usd=0.5))
    log.add("llm", "m-1", "ok", Usage(tokens_in=500, tokens_out=100, cost_usd=0.25))
    log.add("llm", "m-1", "llm_too_slow")
    log.add("local", "", "ok")

    page = text_of(client.get("/staff/usage").text)

    assert "Calls 3" in page
    assert "Failed calls 1" in page
    assert "Tokens in 1 500" in page
    assert "Tokens out 300" in page
    assert "US dollars 0.7500" in page
    assert "Messages that the local engine read 1" in page
    assert re.search(r"\d{4}-\d\d-\d\d m-1 3 1 1 500 300 0\.7500", page)
    assert "The language model took too long to reply." in page


# --- accounts --------------------------------------------------------------------------------------------


def test_staff_end_sessions_change_roles_and_disable(
    client: TestClient, product: Product, staff: Account
) -> None:
    """Each takes effect at the other person's next request and is on record under who did it."""
    ana = account(product, "coach", "ana")
    accounts, hidden = product.store.accounts, {"csrf": csrf(client)}
    token = accounts.sign_in("ana@city.example", "four words that rhyme", address="test")

    before = accounts.session(token)
    client.post(f"/staff/accounts/{ana.id}/sessions", data=hidden)
    ended = accounts.session(token)
    client.post(f"/staff/accounts/{ana.id}/roles", data={**hidden, "roles": ["applicant", "coach"]})
    page = client.post(f"/staff/accounts/{ana.id}/disable", data=hidden).text

    assert (before and before.id, ended) == (ana.id, None)
    now = accounts.get(ana.id)
    assert now.roles == ("applicant", "coach")
    assert now.disabled_at is not None
    assert "The account is disabled and its sessions are ended." in page
    done = [k.action for k in product.store.audit.links(subject=ana.id) if k.actor == staff.id]
    assert done == ["account.disabled", "account.roles", "session.ended"]


@pytest.mark.parametrize(("action", "roles"), [("disable", []), ("roles", ["coach"])])
def test_nobody_shuts_themselves_out(
    client: TestClient, product: Product, staff: Account, action: str, roles: list[str]
) -> None:
    """One's own account can neither be disabled nor lose the role that the desk needs."""
    form = {"csrf": csrf(client), "roles": roles}

    answer = client.post(f"/staff/accounts/{staff.id}/{action}", data=form)

    assert answer.status_code == 400
    assert "That would shut you out." in answer.text
    assert product.store.accounts.get(staff.id).may("staff")


def test_names_are_escaped_wherever_they_are_shown(client: TestClient, product: Product) -> None:
    """T3: markup in a person's name is text on the desk."""
    product.store.accounts.add(
        "x@city.example", ["coach"], password=None, name="<img src=x onerror=alert(1)>"
    )

    page = client.get("/staff/accounts").text

    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
