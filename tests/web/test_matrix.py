"""S4: every route and every handler of the running application, for every role, looking for what is not theirs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import delete

from assistant.domain import Hit
from assistant.retrieval import waiting
from assistant.retrieval.ingest import About
from assistant.settings import Settings
from assistant.store.accounts import SCOPES, Account
from assistant.store.batches import Given
from assistant.store.reviews import DECISIONS
from assistant.store.schema import counters
from assistant.store.tables import writing
from assistant.web.app import create_app
from assistant.web.auth import SESSION, form_token
from assistant.web.visit import COOKIE
from assistant.wiring import Product, build
from tests.web.conftest import FakeAssistant
from tests.web.surfaces import bodies, ways

CANARIES = {
    "private": "Quillabamba",  # a draft that was never handed over
    "handed": "Zacatlauco",  # another city's draft, handed over to the coaches
    "own": "Tzintzuntzan",  # the draft of the applicant who goes looking
    "notes": "Pachacamilla",  # what coaches wrote among themselves about that draft
    "batch": "Itaquaquecetuba",  # a coach's own batch
    "waiting": "Chimalhuacanito",  # a file that staff sent
    "upload": "Carapicuibana",  # a file of an applicant's that is being read
}
MAY = {
    ("owner", "private"),
    ("applicant", "own"),
    *((coach, seen) for coach in ("coach", "other coach") for seen in ("own", "handed", "notes")),
    ("other coach", "batch"),
    ("staff", "waiting"),
    ("staff", "handed"),  # the case that a coach made of it, masked, to be released
}
"""Who sees what, and so everything that anybody sees at all."""


@dataclass
class Role:
    """Somebody in front of a browser and with a token for the API, as far as they have one."""

    name: str
    cookies: dict[str, str] = field(default_factory=dict)
    bearer: str = ""


class Nothing:
    """A retriever that knows nothing."""

    def passages(self, *args: object, **kwargs: object) -> list[Hit]:
        """No passage."""
        return []

    def cases(self, *args: object, **kwargs: object) -> list[Hit]:
        """No case."""
        return []


@dataclass
class World:
    """An application with something of everybody's in it."""

    product: Product
    app: FastAPI
    roles: list[Role]
    ids: dict[str, str]
    """Everything that somebody who looks for what is not theirs may have learned, by what it is the id of."""

    coaches: set[str]

    def known(self) -> dict[str, list[str]]:
        """What is asked for in the parameters that routes have today; in any other, everything is."""
        ids = self.ids
        return {
            "draft_id": [ids["private"], ids["handed"], ids["own"]],
            "batch_id": [ids["batch"]],
            "candidate_id": [ids["case"]],
            "review_id": [ids["review"]],
            "id": [ids["case"], ids["file"], ids["coach"]],
            "target": ["fit"],
            "form": ["json", "csv", "jsonl"],
            "action": ["sheet", "decide", "end"],
            "name": ["judge", ids["private"]],
        }


def say(product: Product, draft_id: str, text: str) -> None:
    """One message more, and its answer."""
    draft = product.drafts.get(draft_id)
    assert draft is not None
    seq = product.drafts.receive(draft_id, text)
    product.drafts.complete(draft_id, seq, product.assistant.respond(draft.conversation, text))


def draft(product: Product, canary: str, *, handed: bool) -> tuple[str, str]:
    """The link and id of a draft that speaks of one place."""
    token, made = product.drafts.create("en")
    say(product, made.id, f"Families in {CANARIES[canary]} wait nine weeks for a repair of their flats.")
    if handed:
        product.store.reviews.hand_over(made.id)
    return token, made.id


def person(product: Product, role: str, name: str) -> tuple[Account, Role]:
    """An account, signed in and with a token of every scope."""
    accounts = product.store.accounts
    made = accounts.add(f"{name.replace(' ', '')}@city.example", [role], password=None, name=name)  # type: ignore[list-item]
    bearer, _ = accounts.add_token(made.id, SCOPES)
    return made, Role(name, {SESSION: accounts._begin(made.id)}, bearer)


def made_case(product: Product, draft_id: str, coach: Account) -> tuple[str, str]:
    """A decision that overrules the first pass, and a case for the evaluations made of it."""
    found = product.drafts.get(draft_id)
    assert found is not None
    assert found.latest is not None
    said = found.latest.judgement.fit.verdict
    value = "poor_fit" if said != "poor_fit" else "fit"
    seen = product.store.reviews.of(draft_id, "coach")[-1].place
    review = product.store.reviews.decide(
        draft_id, coach, "fit", value, "Nobody acts on it.", seen=seen, turn_seq=1
    )
    return review.id, product.store.candidates.make(review.id, coach).id


def sent_file(product: Product, by: Account) -> str:
    """A file that waits for approval."""
    text = f"# Repairs\n\nIn {CANARIES['waiting']} the list is read each Monday.\n".encode()
    file = io.BytesIO(text)
    staged = waiting.stage(
        product.settings, "notes.md", file, About(tier=3), language=lambda _: "en", sent_by=by.id
    )
    return staged.id


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two applicants, two coaches and staff with something of their own each, and people without any right."""
    product = build(Settings(data_dir=tmp_path, _env_file=None), light=True)  # type: ignore[call-arg]
    monkeypatch.setattr(Product, "warm", lambda product: None)
    # What is judged or found does not matter here, and takes its time.
    fake = FakeAssistant(product.programme, product.passages)
    for name in ("assistant", "batch_assistant"):
        monkeypatch.setitem(product.__dict__, name, fake)
    monkeypatch.setitem(product.__dict__, "retriever", Nothing())
    accounts = product.store.accounts
    accounts._passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    owner_link, private = draft(product, "private", handed=False)
    own_link, own = draft(product, "own", handed=True)
    _, handed = draft(product, "handed", handed=True)
    eva, owner = person(product, "applicant", "owner")
    ximena, applicant = person(product, "applicant", "applicant")
    ana, coach = person(product, "coach", "coach")
    bia, other = person(product, "coach", "other coach")
    cleo, staff = person(product, "staff", "staff")
    gone, disabled = person(product, "coach", "disabled coach")
    left, signed_out = person(product, "staff", "signed out")
    product.drafts.own(private, eva.id)
    product.drafts.own(own, ximena.id)
    product.store.reviews.note(own, bia, f"They speak of {CANARIES['notes']} again.", open=False)
    batch = product.store.batches.add(bia, "b.csv", [Given(row_id=CANARIES["batch"], text="Families wait")])
    review, case = made_case(product, handed, bia)
    file = sent_file(product, cleo)
    accounts.disable(gone.id)
    accounts.sign_out(signed_out.cookies[SESSION])
    for token in accounts.tokens(left.id):
        accounts.revoke_token(token.id)
    app = create_app(product)
    upload = tmp_path / "uploads" / "draft.txt"
    upload.parent.mkdir(exist_ok=True)
    upload.write_text(f"Our draft about {CANARIES['upload']}", "utf-8")
    roles = [
        Role("nobody"),
        Role("forger", {SESSION: ana.id, COOKIE: private}, f"scoping_{bia.id}"),
        disabled,
        signed_out,
        coach,
        other,
        staff,
        # Both may erase what is theirs, and do.
        Role("applicant", {COOKIE: own_link, **applicant.cookies}, applicant.bearer),
        Role("owner", {COOKIE: owner_link, **owner.cookies}, owner.bearer),
    ]
    ids = {"private": private, "handed": handed, "own": own, "batch": batch, "case": case, "review": review}
    yield World(
        product, app, roles, {**ids, "file": file, "coach": bia.id, "upload": str(upload)}, {ana.id, bia.id}
    )
    product.drafts.close()


def sweep(world: World, browser: TestClient, role: Role) -> set[str]:
    """The names of the canaries that one role finds, asking every way in for everything it knows of."""
    browser.cookies.clear()
    browser.cookies.update(role.cookies)
    headers = {"Authorization": f"Bearer {role.bearer}"}
    described = browser.get("/api/v1/openapi.json").json()
    private = world.ids["private"]
    fields: dict[str, object] = {
        **dict.fromkeys(("id", "draft_id", "batch_id", "candidate_id", "token", "draft"), private),
        **dict.fromkeys(("text", "reason", "why", "questions", "name", "question"), "Why so?"),
        **{"target": "fit", "value": "fit", "seen": 99, "turn_seq": 1, "act": "preview", "to": "on"},
        "csrf": form_token(role.cookies.get(SESSION, "")),
    }
    json = {f"/api/v1{path}": body for path, body in bodies(described, fields).items()}
    heard: list[str] = []
    for way in ways(world.app):
        for path in way.filled(world.known(), world.ids.values()):
            call = {"json": json[way.path]} if way.path in json else {"data": fields}
            answer = browser.request(
                way.method,
                path,
                headers=headers,
                **({} if way.method == "GET" else call),  # type: ignore[arg-type]
            )
            assert answer.status_code < 500, (role.name, way, answer.text[:300])
            heard.append(answer.text + str(answer.headers))
    heard += handlers(world, browser)
    found = "\n".join(heard)
    return {name for name, word in CANARIES.items() if word in found}


def handlers(world: World, browser: TestClient) -> list[str]:
    """What every handler of the chat answers, called with what belongs to somebody else."""
    heard = []
    for handler in browser.get("/config").json()["dependencies"]:
        data = [world.ids["private"] for _ in handler["inputs"]]
        session = f"s{handler['id']}"
        body = {"data": data, "fn_index": handler["id"], "session_hash": session}
        if browser.post("/gradio_api/queue/join", json=body).status_code == 200:
            heard.append(browser.get("/gradio_api/queue/data", params={"session_hash": session}).text)
    return heard


def kept(world: World) -> tuple[object, ...]:
    """What nobody but its owner may change."""
    private, batch, file = (world.ids[name] for name in ("private", "batch", "file"))
    store = world.product.store
    return (
        world.product.drafts.get(private),
        store.reviews.of(private, "coach"),
        [b.id for b in store.batches.held_by(world.ids["coach"])] == [batch],
        waiting.find_waiting(world.product.settings, file),
    )


def test_nobody_finds_or_changes_what_is_not_theirs(world: World) -> None:
    """S4, G2: over every route and role, each finds what they may see and no more, and coaches alone decide."""
    before = kept(world)
    found: set[tuple[str, str]] = set()

    with TestClient(world.app, follow_redirects=False) as browser:
        for role in world.roles:
            with writing(
                world.product.store.engine
            ) as connection:  # too many wrong links would close the door
                connection.execute(delete(counters))
            found |= {(role.name, canary) for canary in sweep(world, browser, role)}
            if role.name == "coach":
                assert kept(world) == before  # the others may change their own

    assert found == MAY
    said = world.product.store.reviews.of(world.ids["handed"], "coach")
    assert {review.decided_by for review in said if review.kind in DECISIONS} == world.coaches
