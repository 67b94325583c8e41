"""Cookies, links, downloads and the dressed front page."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from assistant.briefs.forms import FORMS, ending
from assistant.errors import InputError, StoreError
from assistant.store.drafts import Drafts
from assistant.web.app import create_app, serve
from assistant.web.visit import COOKIE, preferred
from tests.briefs.opening import text_of


@pytest.fixture
def client(product) -> Iterator[TestClient]:
    """A browser that has not been here."""
    with TestClient(create_app(product), follow_redirects=False) as browser:
        yield browser


def answered_draft(product, text: str = "Families wait months for repairs") -> str:
    """The token of a draft with one answered message."""
    token, draft = product.drafts.create("en")
    seq = product.drafts.receive(draft.id, text)
    product.drafts.complete(draft.id, seq, product.assistant.respond(draft.conversation, text))
    return token


def test_health_says_who_judges(client):
    """A monitor learns the engine, and that there is no index here."""
    assert client.get("/healthz").json() == {"ok": True, "engine": "local", "index": None}


def test_a_first_visit_brings_a_draft_of_ones_own(client, product):
    """The cookie opens a new draft and no script can read it."""
    cookie = client.get("/").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert product.drafts.find(client.cookies[COOKIE]) is not None


def test_a_cookie_given_over_https_stays_on_https(product):
    """A browser on an encrypted connection never sends the token in the clear."""
    with TestClient(create_app(product), base_url="https://testserver") as client:
        assert "Secure" in client.get("/").headers["set-cookie"]


def test_a_second_visit_keeps_the_draft(client):
    """Coming back does not begin again."""
    client.get("/")
    first = client.cookies[COOKIE]

    client.get("/")

    assert client.cookies[COOKIE] == first


def test_a_cookie_that_opens_nothing_is_replaced(client, product):
    """An expired draft does not lock its owner out."""
    client.cookies[COOKIE] = "gone"

    given = client.get("/").headers["set-cookie"]

    assert product.drafts.find(re.match(rf"{COOKIE}=([^;]+)", given)[1]) is not None


def test_a_link_opens_its_draft(client, product):
    """The link hands over the cookie and leads to the page, so the token leaves the address bar."""
    token, _ = product.drafts.create("pt")

    answer = client.get(f"/d/{token}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.cookies[COOKIE] == token


@pytest.mark.parametrize(
    ("accepted", "words"),
    [("en", "opens no draft"), ("es-MX,es;q=0.9", "no abre ningún borrador"), ("pt-BR", "não abre nenhum")],
)
def test_an_unknown_link_says_what_to_do(client, accepted, words):
    """The page is in the reader's language, has a remedy, and gives no cookie."""
    answer = client.get("/d/" + "x" * 43, headers={"accept-language": accepted})

    assert answer.status_code == 404
    assert words in answer.text
    assert 'href="/"' in answer.text
    assert "set-cookie" not in answer.headers


def test_a_link_that_was_replaced_opens_nothing_any_more(client, product):
    """A stale link is told to be one; a browser that still holds it gets an empty draft and not the old one."""
    stale = answered_draft(product, "a secret of Vila Nova")
    product.drafts.renew_link(product.drafts.find(stale).id)

    opened = client.get(f"/d/{stale}")
    client.cookies[COOKIE] = stale
    brief = client.get("/brief/json")

    assert opened.status_code == 404
    assert "opens no draft" in opened.text
    assert brief.status_code == 404
    assert "Vila Nova" not in opened.text + brief.text


def test_a_new_draft_leaves_the_old_one_where_it_is(client, product):
    """Beginning again changes the cookie and nothing else."""
    client.get("/")
    old = client.cookies[COOKIE]

    answer = client.post("/new")

    assert answer.status_code == 303
    assert client.cookies[COOKIE] != old
    assert product.drafts.find(old) is not None


@pytest.mark.parametrize("form", FORMS)
def test_the_brief_downloads_in_every_form(client, product, form):
    """Each form that the page offers opens and holds what the applicant said; its name is plain ASCII."""
    client.cookies[COOKIE] = answered_draft(product, "Las familias esperan años por una reparación")

    answer = client.get(f"/brief/{form}")

    assert "Las familias esperan años" in text_of(answer.content, form)
    assert answer.headers["content-type"] == FORMS[form]
    disposition = answer.headers["content-disposition"]
    assert re.fullmatch(rf'attachment; filename="[A-Za-z0-9-]+\.{re.escape(ending(form))}"', disposition)


@pytest.mark.parametrize("cookies", [{}, {COOKIE: "someone"}])
def test_a_brief_is_given_to_nobody_else(client, product, cookies):
    """Without the draft's own cookie there is nothing to download."""
    answered_draft(product, "a secret of another city")
    client.cookies.update(cookies)

    answer = client.get("/brief/json")

    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_an_empty_draft_has_no_brief(client):
    """The page says what to do first."""
    client.get("/")

    answer = client.get("/brief/docx")

    assert answer.status_code == 404
    assert "first message" in answer.text


def test_an_unknown_form_is_refused(client):
    """Only the forms of the menu are served."""
    assert client.get("/brief/exe").status_code == 404


@pytest.mark.parametrize(("accepted", "lang"), [("en-GB", "en"), ("es-PE", "es"), ("pt-BR,en;q=0.5", "pt")])
def test_the_page_begins_in_the_readers_language(client, product, accepted, lang):
    """Language and title are right before any script runs."""
    page = client.get("/", headers={"accept-language": accepted}).text

    assert re.search(rf'<html[^>]*lang="{lang}"', page)
    assert f"<title>{product.words.say(lang, 'page.title')}</title>".replace("'", "&#39;") in page


def test_the_page_runs_no_code_without_the_nonce_and_names_no_other_host(client):
    """Every script carries the policy's nonce; no tag points elsewhere; nothing moves the base."""
    answer = client.get("/")

    nonce = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])[1]
    head = re.sub(
        r"<script[^>]*>window\.gradio_(config|api_info).*?</script>", "", answer.text, flags=re.DOTALL
    )
    assert answer.text.count("<script") == answer.text.count(f'<script nonce="{nonce}"')
    assert "<base" not in answer.text
    assert not re.findall(r'(?:src|href|content)="(?:https?:)?//', head)


def test_the_pages_configuration_holds_nobodys_draft(client, product):
    """What is sent to every visitor alike says nothing of any of them."""
    client.cookies[COOKIE] = answered_draft(product, "a very particular sentence")

    assert "particular" not in client.get("/").text
    assert "particular" not in client.get("/config").text


@pytest.mark.parametrize(
    ("accepted", "lang"),
    [("", "en"), ("fr,de", "en"), ("fr, pt;q=0.3, es;q=0.8", "es"), ("es;q=x, pt", "pt"), ("EN-us", "en")],
)
def test_the_preferred_language_is_one_we_have(accepted, lang):
    """Weights count, nonsense does not, and English is what remains."""
    assert preferred(accepted) == lang


def test_a_port_in_use_is_said_with_its_remedy(product):
    """Whoever starts a second server reads which port to try."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(InputError) as error:
            serve(product, "127.0.0.1", port)

    assert str(port) in str(error.value)
    assert str(port + 1) in error.value.fix


def test_what_has_expired_is_erased_at_the_start(product):
    """Retention runs by itself: drafts that nobody touched, and uploads that nobody sent."""
    before = Drafts(product.settings.database, now=lambda: datetime.now(UTC) - timedelta(days=400))
    token, _ = before.create("en")
    before.close()
    assert product.drafts.find(token) is not None
    left = product.settings.data_dir / "uploads" / "left.txt"
    left.parent.mkdir()
    left.write_text("uploaded and never sent", "utf-8")
    os.utime(left, (0, 0))

    with TestClient(create_app(product)):
        deadline = time.monotonic() + 10
        while product.drafts.find(token) and time.monotonic() < deadline:
            time.sleep(0.05)

    assert product.drafts.find(token) is None
    assert not left.exists()


def test_the_models_are_loaded_before_the_first_visitor_comes(product):
    """Starting loads what a first turn would wait for."""
    with TestClient(create_app(product)):
        assert product.warmed.wait(10)


def test_a_store_that_fails_is_said_in_the_readers_language(client, product, monkeypatch):
    """A broken database gives words and a remedy, not a trace."""

    def broken(*args: object) -> None:
        raise StoreError("disk I/O error in /secret/path", fix="mend it", key="storage")

    monkeypatch.setattr(Drafts, "create", broken)

    answer = client.get("/", headers={"accept-language": "es"})

    assert answer.status_code == 500
    assert product.words.say("es", "error.storage.message") in answer.text
    assert "secret" not in answer.text


def run(client: TestClient, function: int, data: list[object], session: str = "s") -> str:
    """What the page's own calls get back from a handler, the way a browser makes them."""
    body = {"data": data, "fn_index": function, "session_hash": session}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    return client.get("/gradio_api/queue/data", params={"session_hash": session}).text


def test_a_handler_serves_the_cookies_draft_and_no_other(product):
    """Called with another browser's session and forged arguments, each shows and changes one's own draft."""
    theirs = answered_draft(product, "a secret of Vila Nova")
    before = product.drafts.find(theirs)
    app = create_app(product)
    with TestClient(app) as client:
        client.cookies[COOKIE] = theirs
        run(client, 0, [], session="shared")
        client.cookies[COOKIE] = mine = answered_draft(product, "our own problem")
        handlers = client.get("/config").json()["dependencies"]

        for handler in handlers:
            forged = [before.id for _ in handler["inputs"]]
            seen = run(client, handler["id"], forged, session="shared")
            assert "Vila Nova" not in seen, handler["id"]

    assert product.drafts.find(theirs) == before
    assert product.drafts.find(mine).exchanges[0].text == "our own problem"


def test_without_a_cookie_a_handler_shows_nothing(product):
    """Knowing the address of a handler is not enough to read or write anything."""
    answered_draft(product, "a secret of Vila Nova")
    with TestClient(create_app(product)) as client:
        handlers = client.get("/config").json()["dependencies"]
        client.cookies.clear()

        seen = [run(client, h["id"], ["x" for _ in h["inputs"]], session=f"s{h['id']}") for h in handlers]

    assert len(seen) == 20
    assert "Vila Nova" not in "".join(seen)


def test_another_browsers_session_cannot_be_listened_to(product):
    """The results of a handler reach the browser whose cookie asked for them, though another knows its session."""
    token = answered_draft(product, "a secret of Vila Nova")
    with TestClient(create_app(product), raise_server_exceptions=False) as client:
        client.cookies[COOKIE] = token
        client.post("/gradio_api/queue/join", json={"data": [], "fn_index": 0, "session_hash": "known"})
        client.cookies[COOKIE] = "somebody else"
        heard = client.get("/gradio_api/queue/data", params={"session_hash": "known"}).text

        client.cookies[COOKIE] = token
        own = client.get("/gradio_api/queue/data", params={"session_hash": "known"}).text

    assert "Vila Nova" not in heard
    assert "Vila Nova" in own


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"session_hash": 3}', b"\xff"])
def test_a_body_that_is_no_call_is_refused(client, body):
    """Whatever is sent to the chat's endpoints, the answer says that it is wrong, and nothing breaks."""
    answer = client.post("/gradio_api/queue/join", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 422)


@pytest.mark.parametrize("place", ["upload", "send"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_file_of_the_server_is_no_upload(product, tmp_path, place, stream):
    """Naming a path instead of uploading reads nothing and deletes nothing, in whatever argument it stands."""
    secret = tmp_path / "secret.txt"
    secret.write_text("a very particular sentence", "utf-8")
    forged = {"path": str(secret), "is_stream": stream, "meta": {"_type": "gradio.FileData"}}
    with TestClient(create_app(product)) as client:
        client.get("/")
        handler = handler_of(client, place)

        for value in (
            forged,
            [forged],
            {"a": {"b": forged}},
            {**forged, "path": "https://evil.example/x.txt"},
        ):
            body = {"data": [value], "fn_index": handler, "session_hash": "s"}
            assert client.post("/gradio_api/queue/join", json=body).status_code == 403

    assert secret.exists()
    assert product.drafts.find(client.cookies[COOKIE]).exchanges == ()


def test_an_upload_is_gone_once_it_was_read(product):
    """What a city uploaded is kept in its draft, and nowhere else."""
    with TestClient(create_app(product)) as client:
        client.get("/")
        file = ("our draft.txt", b"A very particular sentence about repairs", "text/plain")
        [path] = client.post("/gradio_api/upload", files={"files": file}).json()
        uploaded = {"path": path, "orig_name": "our draft.txt", "meta": {"_type": "gradio.FileData"}}

        seen = run(client, handler_of(client, "upload"), [uploaded])

    [exchange] = product.drafts.find(client.cookies[COOKIE]).exchanges
    assert (exchange.document, exchange.text) == ("our draft.txt", "A very particular sentence about repairs")
    assert "very particular sentence" in seen
    folder = product.settings.data_dir / "uploads"
    assert folder.stat().st_mode & 0o077 == 0
    assert [p for p in folder.rglob("*") if p.is_file() and p.stat().st_size] == []


def handler_of(client: TestClient, name: str) -> int:
    """The number under which the page calls a handler."""
    events = {"upload": [["upload"]], "send": [["submit"], ["click"]]}[name]
    config = client.get("/config").json()["dependencies"]
    [found] = [h["id"] for h in config if [[event] for _, event in h["targets"]] == events]
    return found
