"""The HTTP API as a machine uses it, over the real assistant."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from assistant.domain import Judgement
from assistant.store.accounts import SCOPES
from assistant.store.tables import sqlite_url
from assistant.web.app import create_app
from assistant.web.guards import BODY_LIMIT
from assistant.wiring import Product

EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
TEXT = "Families wait months for a repair. Each Monday the repairs supervisor picks which twenty flats come first."
SPANISH = (
    "Las familias esperan meses por un arreglo. Cada lunes el jefe elige qué veinte viviendas van primero."
)


def bomb() -> bytes:
    """A small workbook that unpacks to 70 MB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 70 * 2**20)
    return packed.getvalue()


BOMB = bomb()


@pytest.fixture(scope="module")
def real(settings, tmp_path_factory) -> Iterator[Product]:
    """The real product on the session's index, with a database of its own."""
    url = sqlite_url(tmp_path_factory.mktemp("api"))
    changed = settings.model_copy(update={"database_url": url, "api_requests": 100_000, "batch_rows": 50})
    made = Product(changed, light=True)
    yield made
    made.drafts.close()


@pytest.fixture(scope="module")
def app(real):
    """The whole application."""
    return create_app(real)


@pytest.fixture
def client(app) -> Iterator[TestClient]:
    """A machine without a token."""
    with TestClient(app, follow_redirects=False) as made:
        yield made


@pytest.fixture(scope="module")
def bearer(real):
    """A function that makes a token of somebody's; accounts are made when first named."""

    def make(name: str, role: str, *scopes: str) -> dict[str, str]:
        accounts = real.store.accounts
        known = {a.email: a for a in accounts.all()}
        email = f"{name}@city.example"
        account = known.get(email) or accounts.add(email, [role], password=None)
        secret, _ = accounts.add_token(account.id, scopes or SCOPES)
        return {"Authorization": f"Bearer {secret}"}

    return make


def problem(answer, status: int, key: str) -> dict:
    """The answer is a problem document of this kind."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    data = answer.json()
    assert (answer.status_code, data["status"], data["type"]) == (status, status, f"urn:scoping:error:{key}")
    assert data["detail"]
    assert data["fix"]
    return data


def test_check_gives_the_contract(client, bearer):
    """A proposal comes back as judgement/1, in its own language."""
    token = bearer("m", "coach", "check")

    answer = client.post("/api/v1/check", json={"text": SPANISH}, headers=token)

    judgement = Judgement.model_validate(answer.json())
    assert answer.json()["schema"] == "judgement/1"
    assert (judgement.lang, judgement.type.primary) == ("es", "who_to_focus_on")


def test_ask_and_search_cite_the_sources(client, bearer):
    """An answer carries the line it rests on, and search gives what `scoping search` prints."""
    token = bearer("m", "coach", "ask", "search")

    answer = client.post(
        "/api/v1/ask", json={"question": "What is typically not a good fit?"}, headers=token
    ).json()
    hits = client.get("/api/v1/search", params={"q": "goteras en escuelas", "k": 3}, headers=token).json()

    assert answer["found"]
    assert answer["citations"]
    assert len(hits) == 3
    assert {"id", "source", "locator", "score", "text"} <= hits[0].keys()


# --- who may -----------------------------------------------------------------------------------------------


def endpoints(app) -> list[tuple[str, str, str | None]]:
    """Each method and path of the running API, and the scope that its first path segment stands for."""
    paths = TestClient(app).get("/api/v1/openapi.json").json()["paths"]
    scope = {"check": "check", "batch": "check", "ask": "ask", "search": "search"}
    found = []
    for path, methods in paths.items():
        first = path.strip("/").split("/")[0]
        found += [(m.upper(), path.replace("{draft_id}", "0" * 32), scope.get(first, first)) for m in methods]
    return found


def test_every_endpoint_wants_a_token_of_its_scope(app, client, bearer):
    """S4: without a token, with a made-up one, or with all scopes but the right one, no endpoint does anything."""
    every = endpoints(app)
    assert len(every) >= 17

    for method, path, scope in every:
        url = "/api/v1" + path
        nobody = client.request(method, url, json={})
        forged = client.request(method, url, json={}, headers={"Authorization": "Bearer scoping_guess"})
        others = bearer("all", "coach", *[s for s in SCOPES if s != scope])
        lacking = client.request(method, url, json={}, headers=others)

        assert [a.status_code for a in (nobody, forged)] == [401, 401], (method, path)
        assert nobody.headers["www-authenticate"] == "Bearer"
        problem(lacking, 403, "api_scope")


def test_a_cookie_is_no_token(client, real):
    """A browser that is signed in cannot be led to use the API from another site."""
    coach = real.store.accounts.add("cookie@city.example", ["coach"], password=None)
    client.cookies["scoping_session"] = real.store.accounts._begin(coach.id)

    problem(client.post("/api/v1/check", json={"text": TEXT}), 401, "api_token")


def test_another_citys_draft_is_as_if_it_were_not_there(app, client, bearer, real):
    """S4: no endpoint shows, changes or erases a draft of another account, or one that was not handed over."""
    canary = "Vila Nova has a secret about bridges"
    theirs = bearer("theirs", "applicant", "drafts")
    id = client.post("/api/v1/drafts", json={}, headers=theirs).json()["id"]
    client.post(f"/api/v1/drafts/{id}/messages", json={"text": canary}, headers=theirs)
    mine, coach = bearer("mine", "applicant"), bearer("coach", "coach")
    bodies = {
        "messages": {"text": "x"},
        "objections": {"reason": "r", "text": "x"},
        "decisions": {"target": "fit", "value": "fit", "reason": "x", "seen": 0, "turn_seq": 1},
        "second-readings": {"target": "fit", "value": "fit", "reason": "x", "turn_seq": 1},
        "notes": {"text": "x"},
        "hand-backs": {"questions": "x", "seen": 0},
    }
    before = real.drafts.get(id)

    for method, path, _ in endpoints(app):
        if "0" * 32 not in path:
            continue
        url = "/api/v1" + path.replace("0" * 32, id)
        for token in (mine, coach):
            answer = client.request(method, url, json=bodies.get(path.rsplit("/")[-1]), headers=token)
            assert answer.status_code in (403, 404), (method, path, answer.text)
            assert "Vila Nova" not in answer.text
    lists = [client.get(f"/api/v1/{p}", headers=coach).text for p in ("drafts", "reviews")]

    assert id not in "".join(lists)
    assert real.drafts.get(id) == before
    assert client.get(f"/api/v1/drafts/{id}", headers=theirs).json()["exchanges"][0]["text"] == canary


def test_a_disabled_accounts_token_opens_nothing(client, bearer, real):
    """Closing an account closes its machines."""
    token = bearer("closing", "coach")
    assert client.get("/api/v1/reviews", headers=token).status_code == 200

    real.store.accounts.disable(real.store.accounts.by_email("closing@city.example").id)

    problem(client.get("/api/v1/reviews", headers=token), 401, "api_token")


def test_only_a_coachs_token_decides(client, bearer):
    """G2: a token with the scope for reviews decides nothing when its account is no coach."""
    draft = handed_over(client, bearer)
    body = {"target": "fit", "value": "fit", "reason": "so it is", "seen": 1, "turn_seq": 1}

    for role in ("applicant", "staff"):
        token = bearer(f"no-{role}", role, "reviews")
        for path in ("", f"/{draft}"):
            problem(client.get(f"/api/v1/reviews{path}", headers=token), 403, "forbidden")
        answer = client.post(f"/api/v1/reviews/{draft}/decisions", json=body, headers=token)
        problem(answer, 403, "forbidden")


# --- drafts and reviews --------------------------------------------------------------------------------------


def handed_over(client, bearer) -> str:
    """The id of a draft with one answer, handed over."""
    owner = bearer("owner", "applicant", "drafts")
    id = client.post("/api/v1/drafts", json={"lang": "en"}, headers=owner).json()["id"]
    turn = client.post(f"/api/v1/drafts/{id}/messages", json={"text": TEXT}, headers=owner)
    assert turn.json()["schema"] == "turn/1"
    assert client.post(f"/api/v1/drafts/{id}/hand-over", headers=owner).status_code == 201
    return id


def test_a_draft_goes_to_a_coach_and_back(client, bearer):
    """Begin, write, hand over, decide, hand back, read what is open, erase: each where it belongs."""
    id, owner = handed_over(client, bearer), bearer("owner", "applicant", "drafts")
    coach = bearer("coach", "coach", "reviews")

    inbox = client.get("/api/v1/reviews", headers=coach).json()
    waiting = next(w for w in inbox if w["draft_id"] == id)
    seen = {"seen": waiting["place"], "turn_seq": waiting["turn_seq"]}
    body = {"target": "fit", "value": "poor_fit", "reason": "No test is planned.", **seen}
    decided = client.post(f"/api/v1/reviews/{id}/decisions", json=body, headers=coach)
    back = {"questions": "How will you try it out?", "seen": decided.json()["place"]}
    client.post(f"/api/v1/reviews/{id}/hand-backs", json=back, headers=coach)
    read = client.get(f"/api/v1/drafts/{id}/reviews", headers=owner).json()
    whole = client.get(f"/api/v1/reviews/{id}", headers=coach).json()

    assert (decided.status_code, decided.json()["kind"]) == (201, "overrule")
    assert [(r["kind"], r["decided_by"]) for r in read] == [("hand_over", None), ("hand_back", None)]
    assert [r["kind"] for r in whole["reviews"]] == ["hand_over", "overrule", "hand_back"]
    assert client.delete(f"/api/v1/drafts/{id}", headers=owner).status_code == 204
    problem(client.get(f"/api/v1/drafts/{id}", headers=owner), 404, "no_draft")


def test_two_coaches_at_once(client, bearer):
    """The second of two decisions on the same state is a conflict, told as one."""
    id = handed_over(client, bearer)
    body = {"target": "fit", "value": "fit", "reason": "because", "seen": 1, "turn_seq": 1}
    first, second = (bearer(name, "coach", "reviews") for name in ("one", "two"))

    answers = [client.post(f"/api/v1/reviews/{id}/decisions", json=body, headers=t) for t in (first, second)]

    assert answers[0].status_code == 201
    problem(answers[1], 409, "review_conflict")


def test_a_message_sent_twice_is_kept_once(client, bearer):
    """A double submit, told by the number of messages it knows of, is refused and changes nothing."""
    owner = bearer("double", "applicant", "drafts")
    id = client.post("/api/v1/drafts", json={}, headers=owner).json()["id"]
    body = {"text": TEXT, "after": 0}

    answers = [client.post(f"/api/v1/drafts/{id}/messages", json=body, headers=owner) for _ in range(2)]

    assert answers[0].status_code == 200
    problem(answers[1], 409, "conflict")
    assert len(client.get(f"/api/v1/drafts/{id}", headers=owner).json()["exchanges"]) == 1


def test_a_message_that_was_never_answered_is_answered_when_it_comes_again(client, bearer, real):
    """The process that had received it ended: the same message gets its answer and is kept once; another is refused."""
    owner = bearer("again", "applicant", "drafts")
    id = client.post("/api/v1/drafts", json={}, headers=owner).json()["id"]
    real.drafts.receive(id, TEXT)
    url = f"/api/v1/drafts/{id}/messages"

    other = client.post(url, json={"text": "Another one", "after": 0}, headers=owner)
    again = client.post(url, json={"text": TEXT, "after": 0}, headers=owner)

    problem(other, 409, "conflict")
    assert again.status_code == 200
    [exchange] = client.get(f"/api/v1/drafts/{id}", headers=owner).json()["exchanges"]
    assert exchange["text"] == TEXT
    assert exchange["turn"] is not None


# --- batches -------------------------------------------------------------------------------------------------


def lines(answer) -> list[dict]:
    """The results of a batch."""
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_batch_with_broken_rows_judges_the_others(client, bearer):
    """Each row has its result in order; a broken one says what is wrong and how to mend it."""
    rows = [
        json.dumps({"id": "a", "text": TEXT}),
        "not json",
        json.dumps({"id": "c"}),
        json.dumps({"id": "a", "text": TEXT}),
        json.dumps({"id": "e", "text": TEXT, "lang": "xx"}),
        json.dumps({"id": "f", "text": SPANISH, "lang": "es"}),
        "[" * 100_000,
        '{"id": "\\ud800", "text": "\\ud800"}',
    ]
    headers = {**bearer("m", "coach", "check"), "content-type": "application/x-ndjson"}

    results = lines(client.post("/api/v1/batch", content="\n".join(rows), headers=headers))

    assert [r["id"] for r in results] == ["a", "line 2", "c", "a (again)", "e", "f", "line 7", "line 8"]
    assert ["error" in r for r in results] == [False, True, True, True, True, False, True, True]
    assert all(r["fix"] for r in results if "error" in r)
    assert (results[0]["lang"], results[5]["lang"]) == ("en", "es")


def test_a_table_from_an_office_is_read(client, bearer):
    """A CSV in Latin-1 with semicolons and a spreadsheet keep their accents."""
    text = "Las familias esperan años por una reparación; cada lunes el jefe elige qué viviendas van primero."
    table = f'id;text\nuno;"{text}"\n'.encode("latin-1")
    book = openpyxl.Workbook()
    book.active.append(["id", "text"])
    book.active.append(["dos", text])
    sheet = io.BytesIO()
    book.save(sheet)
    token = bearer("m", "coach", "check")

    csv = client.post("/api/v1/batch", content=table, headers={**token, "content-type": "text/csv"})
    xlsx = client.post(
        "/api/v1/batch",
        content=sheet.getvalue(),
        headers={
            **token,
            "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        },
    )

    for id, answer in (("uno", csv), ("dos", xlsx)):
        [result] = lines(answer)
        quotes = [e["quote"] for e in result["elements"] if e["quote"]]
        assert (result["id"], result["lang"]) == (id, "es")
        assert quotes
        assert all(quote in text for quote in quotes)


@pytest.mark.parametrize(
    ("kind", "content", "status", "key"),
    [
        ("application/json", b"{}", 415, "batch_kind"),
        ("text/csv", b"", 422, "empty"),
        ("text/csv", b'id,text\na,"' + b"x" * 200_000, 422, "batch_csv"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK", 415, "batch_kind"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", BOMB, 413, "api_size"),
        ("text/csv", b"id,text\n" + b"a,b\n" * 51, 413, "batch_rows"),
    ],
)
def test_a_batch_that_is_none_is_refused_at_once(client, bearer, kind, content, status, key):
    """A wrong type, an empty table and too many rows are told before anything is judged."""
    headers = {**bearer("m", "coach", "check"), "content-type": kind}

    problem(client.post("/api/v1/batch", content=content, headers=headers), status, key)


# --- bad requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "words"), [("en", "does not have"), ("es-MX", "no tiene la forma"), ("pt-BR", "não tem a forma")]
)
def test_a_malformed_request_is_told_in_the_callers_language(client, bearer, lang, words):
    """The problem names the place and repeats nothing of what was sent."""
    headers = {**bearer("m", "coach", "check"), "accept-language": lang}

    answer = client.post("/api/v1/check", json={"txt": "maria@city.example"}, headers=headers)

    data = problem(answer, 422, "api_form")
    assert words in data["detail"]
    assert {"where": "body.text", "what": "missing"} in data["errors"]
    assert "maria" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "key"),
    [
        ("GET", "/nowhere", 404, "api_path"),
        ("PUT", "/check", 405, "api_method"),
        ("GET", "/drafts/../../config", 404, "api_path"),
        ("GET", "/drafts/NOT-AN-ID", 422, "api_form"),
    ],
)
def test_a_wrong_address_is_a_problem_too(client, bearer, method, path, status, key):
    """Unknown paths, methods and ids are told in the same form as everything else."""
    answer = client.request(method, f"/api/v1{path}", headers=bearer("m", "coach"))

    if answer.status_code == 404 and "problem" not in answer.headers["content-type"]:
        assert ".." in path  # the client itself resolved the dots, and left the API
    else:
        problem(answer, status, key)


def test_too_large_a_body_is_refused_before_it_is_read(client):
    """S7: 413 as a problem document, by the declared length, without a token and without reading."""
    answer = client.post("/api/v1/batch", content=b"x", headers={"content-length": str(BODY_LIMIT + 1)})

    problem(answer, 413, "api_size")


def test_too_large_a_body_without_a_length_is_refused(client, bearer):
    """S7: a body that grows beyond the limit is cut off while it arrives."""
    headers = {**bearer("m", "coach", "check"), "content-type": "text/csv"}

    answer = client.post("/api/v1/batch", content=(b"x" * 2**20 for _ in range(200)), headers=headers)

    problem(answer, 413, "api_size")


def test_too_many_requests_have_to_wait(real, bearer):
    """A token has its number of requests a minute, shared by all processes; the answer says how long to wait."""
    changed = real.settings.model_copy(update={"api_requests": 2})
    one, two = (
        TestClient(create_app(Product(changed, light=True)), raise_server_exceptions=False) for _ in range(2)
    )
    token = bearer("m", "coach", "drafts")

    answers = [c.get("/api/v1/drafts", headers=token) for c in (one, two, one)]

    assert [a.status_code for a in answers] == [200, 200, 429]
    data = problem(answers[2], 429, "api_rate")
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert answers[2].headers["retry-after"] in data["fix"]


def test_generated_requests_never_break_the_api(app, bearer):
    """S8: whatever schemathesis makes of the description, no endpoint answers with a 5xx."""
    token = bearer("fuzz", "coach")
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    tried: list[str] = []
    quick = hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )

    for operation in schema.get_all_operations():

        @quick
        @given(case=operation.ok().as_strategy())
        def attempt(case) -> None:
            answer = case.call(headers=token)
            tried.append(f"{case.method} {case.path}")
            assert answer.status_code < 500, (case.method, case.path, answer.text)

        attempt()

    assert len(set(tried)) == len(endpoints(app))
