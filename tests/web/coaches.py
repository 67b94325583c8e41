"""Coaches in front of browsers, and drafts that were handed over to them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant.store.accounts import Account
from assistant.web import auth
from assistant.web.auth import SESSION
from assistant.web.coach import create_coach
from assistant.web.guards import BodyLimit, Guard
from assistant.web.handover import add_handover
from tests.web.conftest import FakeProduct

PASSWORD = "four words that rhyme"  # noqa: S105  # opens nothing beyond these tests


def desk_app(product: FakeProduct) -> FastAPI:
    """The desk and the applicant's page of what coaches said, behind the doors they have in the whole application."""
    app = FastAPI()
    app.mount("/coach", create_coach(product))
    add_handover(app, product)
    auth.explain_refusals(app, product)
    app.add_middleware(auth.Doorkeeper, store=product.store)
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard)
    return app


def account(product: FakeProduct, name: str, role: str = "coach") -> Account:
    """Somebody with a role."""
    return product.store.accounts.add(f"{name.lower()}@city.example", [role], password=None, name=name)


def browser(app: FastAPI, product: FakeProduct, who: Account) -> TestClient:
    """A browser in which somebody is signed in."""
    client = TestClient(app, follow_redirects=False)
    client.cookies[SESSION] = product.store.accounts._begin(who.id)
    return client


def handed(product: FakeProduct, text: str, lang: str = "en") -> str:
    """A draft with one judged message that was handed over; a text with "dashboard" raises a flag."""
    _, draft = product.drafts.create(lang)
    say(product, draft.id, text)
    product.store.reviews.hand_over(draft.id)
    return draft.id


def say(product: FakeProduct, draft_id: str, text: str) -> None:
    """One message more, and its answer."""
    draft = product.drafts.get(draft_id)
    seq = product.drafts.receive(draft_id, text)
    product.drafts.complete(draft_id, seq, product.assistant.respond(draft.conversation, text))


@dataclass(frozen=True)
class Page:
    """A page of the desk and its forms."""

    client: TestClient
    path: str
    text: str

    def send(self, action: str, **fields: str):
        """Send a form of the page to its action, with every hidden field that it has there."""
        form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', self.text, re.DOTALL)
        assert form, f"no form for {action}"
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        return self.client.post(action, data={**hidden, **fields})


def open_page(client: TestClient, path: str) -> Page:
    """A page that is shown."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:400]
    return Page(client, path, answer.text)
