"""S5: what anybody wrote stays text on every page where somebody else reads it."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.domain import CriterionFinding, Flag
from assistant.retrieval import waiting
from assistant.retrieval.ingest import About
from assistant.settings import Settings
from assistant.store.batches import Given, Trouble
from assistant.store.drafts import Drafts
from assistant.store.store import Store
from assistant.web.auth import SESSION
from assistant.web.visit import COOKIE
from tests.browser.conftest import Seat, Server, running, watch
from tests.payloads import HOST, PAYLOADS

MARK = "Zacatlauco"
"""Stands before every payload, so that a page shows whether the words are on it at all."""
TEXTS = PAYLOADS if os.environ.get("ALL_SCREENS") else tuple(" ".join(PAYLOADS[n::2]) for n in range(2))
"""Twenty payloads in one text, or each by itself when ALL_SCREENS is set: one may swallow what follows it."""
LOOSE = """() => {
  const forms = [...document.forms].map(form => form.action);
  const buttons = [...document.querySelectorAll('[formaction]')].map(button => button.formAction);
  const links = [...document.links].map(link => link.href);
  const made = [...document.querySelectorAll('iframe, object, embed, base, marquee, math, [ping], meta[http-equiv]')]
    .filter(element => !element.closest('noscript')).map(element => element.outerHTML);
  const handlers = [...document.querySelectorAll('*')].flatMap(element => [...element.attributes])
    .filter(attribute => /^on/i.test(attribute.name)).map(attribute => attribute.name);
  return {
    foreign: [...forms, ...buttons].filter(address => new URL(address).origin !== location.origin),
    links: links.filter(address => /^javascript:/i.test(address) || address.includes('HOST')),
    made, handlers, ran: window.ran || 0,
  };
}""".replace("HOST", HOST)
NOTHING = {"foreign": [], "links": [], "made": [], "handlers": [], "ran": 0}


@pytest.fixture(scope="module")
def server(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a folder of its own."""
    folder = tmp_path_factory.mktemp("markup")
    shutil.copytree(data_dir / "index", folder / "index")
    with running(folder) as started:
        yield started


@dataclass(frozen=True)
class Written:
    """Where somebody's words are shown."""

    desks: list[str]
    """Addresses on the desks of coaches and staff."""
    applicant: list[str]
    link: str
    session: str


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[Store]:
    """The server's own store."""
    opened = Store(Drafts(f"sqlite:///{server.data_dir / 'drafts.sqlite'}"))
    yield opened
    opened.drafts.close()


def write(store: Store, server: Server, product, text: str, number: int) -> Written:
    """The same words in everything that anybody can write and somebody else reads."""
    accounts = store.accounts
    ana, bia = (
        accounts.add(
            f"{name}{number}@city.example", ["coach", "staff"], password=None, name=f"{name} {text[:80]}"
        )
        for name in ("ana", "bia")
    )
    link, draft = store.drafts.create("en")
    seq = store.drafts.receive(draft.id, text, f"{text[:60]}.docx")
    turn = product.assistant.respond(draft.conversation, text)
    rule = product.passages(product.programme.reasons[0].passage, "en").citation()
    reason = product.programme.reasons[0].id
    flag = Flag(reason=reason, confidence=0.9, applicant_quote=text, rule=rule, explanation=text)
    met = CriterionFinding(id=product.programme.criteria[0].id, state="met", note=text, rule=rule)
    fit = turn.judgement.fit.model_copy(update={"verdict": "poor_fit", "flags": (flag,)})
    kind = turn.judgement.type.model_copy(update={"decision_sentence": text, "evidence": (text,)})
    judged = turn.judgement.model_copy(update={"fit": fit, "type": kind, "eligibility": (met,)})
    store.drafts.complete(draft.id, seq, turn.model_copy(update={"judgement": judged, "reply": text}))
    store.reviews.hand_over(draft.id)
    store.reviews.contest(draft.id, reason, text)
    store.reviews.note(draft.id, bia, text, open=True)
    place = store.reviews.of(draft.id, "coach")[-1].place
    review = store.reviews.decide(draft.id, bia, "fit", "fit", text, seen=place, turn_seq=seq)
    other = store.reviews.decide(draft.id, bia, "type", "who_to_focus_on", text, seen=place + 1, turn_seq=seq)
    case = store.candidates.make(other.id, bia)
    trouble = Trouble(error=text, fix=text)
    batch = store.batches.add(ana, f"{text[:100]}.csv", [Given(row_id=text[:200], trouble=trouble)])
    store.batches.keep(batch, [(1, text[:200], trouble)])
    settings = Settings(data_dir=server.data_dir, _env_file=None)  # type: ignore[call-arg]
    file = io.BytesIO(f"# {text}\n\n{text} and the list is read each Monday.\n".encode())
    sent = waiting.stage(
        settings, f"{text[:60]}.md", file, About(title=text[:200]), language=lambda _: "en", sent_by=ana.id
    )
    run(server.data_dir, text)
    desks = [
        "coach/",
        "coach/portfolio",
        f"coach/drafts/{draft.id}",
        f"coach/cases/new/{review.id}",
        f"coach/cases/{case.id}",
        "coach/batches",
        f"coach/batches/{batch}",
        f"staff/sources/waiting/{sent.id}",
        "staff/sources",
        "staff/runs/r1",
        f"staff/cases/{case.id}",
        "staff/accounts",
    ]
    return Written(desks, ["handover", "clinic"], link, accounts._begin(ana.id))


def run(folder: Path, text: str) -> None:
    """A run of the evaluations whose results are the words."""
    row = {"suite": "fit", "lang": "en", "kind": "MFT", "case": text, "cluster": text, "reason": text}
    run = {
        **{"schema": "run/1", "id": "20260101-r1", "began": "2026-01-01T10:00:00+00:00", "seconds": 1.0},
        **{"git": text[:40], "engine": "local", "engine_version": text, "suites": ["fit"], "cases": 1},
        "results": [{**row, "right": False, "got": text}],
    }
    place = folder / "evals" / "runs" / "r1"
    place.mkdir(parents=True, exist_ok=True)
    (place / "run.json").write_text(json.dumps(run))


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_what_anybody_wrote_stays_text_on_every_page(browser, server, store, product, number):
    """S5: no script runs, nothing is asked of another host, and no form or link leads away, on any page it is read."""
    text = f"{MARK} families wait for a dashboard {TEXTS[number]}"
    written = write(store, server, product, text, number)
    context = browser.new_context(locale="en-GB")
    context.add_cookies(
        [
            {"name": SESSION, "value": written.session, "url": server.url},
            {"name": COOKIE, "value": written.link, "url": server.url},
        ]
    )
    seat = Seat(context.new_page(), server.url)
    seat.page.set_default_timeout(60_000)
    watch(seat)
    loose, unseen = {}, []

    for path in (*written.desks, *written.applicant, ""):
        answer = seat.page.goto(server.url + path)
        if not path:
            seat.page.locator(".ready").wait_for()
            seat.page.locator("#chat .said").first.wait_for()
        seat.page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert answer.status == 200, path
        found = seat.page.evaluate(LOOSE)
        loose |= {path: found} if found != NOTHING else {}
        unseen += [] if MARK in seat.page.content() else [path]

    context.close()
    assert loose == {}
    assert seat.complaints == []
    assert unseen == []
