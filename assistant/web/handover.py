"""The applicant's side of coaching: handing a draft over, and reading what coaches said in the open.

A plain page beside the chat. It knows its draft by the cookie, as the conversation does; a form sent from another
site is refused before it gets here.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from assistant.errors import InputError, ScopingError
from assistant.safety import clean_text
from assistant.store.drafts import Draft
from assistant.store.reviews import Review
from assistant.store.store import Store
from assistant.web import pages, panels
from assistant.web.reader import Library, Reader, block, joined
from assistant.web.visit import preferred, visit
from assistant.wiring import Product

log = logging.getLogger(__name__)
STYLE = Path(__file__).resolve().parent / "static" / "coach.css"


def add_handover(app: FastAPI, product: Product) -> None:
    """Adds the routes to the application."""
    version = hashlib.sha256(STYLE.read_bytes()).hexdigest()[:12]
    library = Library(product.passages)

    @app.get("/handover")
    def show(request: Request) -> Response:
        lang = preferred(request.headers.get("accept-language", ""))
        try:
            who = visit(product.drafts, request.cookies, request.headers)
            lang = who.lang
            draft = _judged(who.draft)
            reader = Reader(product.words, product.programme, lang, library)
            said = product.store.reviews.of(draft.id, "applicant")
            body = _body(reader, said)
            html = panels.page(reader, reader.say("handover.title"), body, version)
            return HTMLResponse(html, headers={"Cache-Control": "no-store"})
        except ScopingError as error:
            return _problem(Reader(product.words, product.programme, lang, library), error)

    @app.post("/handover")
    def hand_over(request: Request) -> Response:
        lang = preferred(request.headers.get("accept-language", ""))
        try:
            who = visit(product.drafts, request.cookies, request.headers)
            lang = who.lang
            draft = _judged(who.draft)
            if lies_with(product.store.reviews.of(draft.id, "applicant")) != "coaches":
                product.store.reviews.hand_over(draft.id)
            carry_objections(product.store, draft.id)
        except ScopingError as error:
            return _problem(Reader(product.words, product.programme, lang, library), error)
        return RedirectResponse("/handover", 303)


def lies_with(said: Sequence[Review]) -> str:
    """Where a draft lies: with nobody yet, with `coaches`, or with the `applicant` again."""
    handed = [r.kind for r in said if r.kind in ("hand_over", "hand_back")]
    return {"hand_over": "coaches", "hand_back": "applicant"}[handed[-1]] if handed else ""


def carry_objections(store: Store, draft_id: str) -> None:
    """Let coaches see what the applicant said against flags that stand, once the draft is handed over."""
    if not store.reviews.handed_over(draft_id):
        return
    draft = store.drafts.get(draft_id)
    flags = draft.latest.judgement.fit.flags if draft and draft.latest else ()
    told = {(r.target, r.text) for r in store.reviews.of(draft_id, "applicant") if r.kind == "contest"}
    for flag in flags:
        why = clean_text(flag.contested.why).strip() if flag.contested else ""
        if why and (f"flag:{flag.reason}", why) not in told:
            store.reviews.contest(draft_id, flag.reason, why)


def card(reader: Reader, said: Sequence[Review], judged: bool) -> Markup:
    """The link to the page from the canvas, with how it stands; nothing before anything was judged."""
    if not judged:
        return Markup("")
    written = sum(r.kind in ("note_open", "hand_back") for r in said)
    news = Markup("<p><strong>{}</strong></p>").format(reader.say("handover.written", count=written))
    return block(
        Markup("<h2>{}</h2><p>{}</p>{}").format(
            reader.say("handover.title"), reader.say(_state_key(said)), news if written else ""
        ),
        Markup('<p><a class="button handover" href="/handover">{}</a></p>').format(
            reader.say("handover.open")
        ),
        name="card handover",
    )


def _state_key(said: Sequence[Review]) -> str:
    return f"handover.with_{lies_with(said) or 'nobody'}"


def _judged(draft: Draft | None) -> Draft:
    if draft is None or draft.latest is None:
        raise InputError("there is nothing to hand over yet", fix="send a message first", key="no_brief")
    return draft


def _body(reader: Reader, said: Sequence[Review]) -> Markup:
    say = reader.say
    state = Markup('<p class="state">{}</p>').format(say(_state_key(said)))
    form = Markup('<form method="post" action="/handover"><button type="submit">{}</button></form>')
    again = say("handover.again" if said else "handover.send")
    button = form.format(again) if lies_with(said) != "coaches" else ""
    lines = joined(_said(reader, review) for review in reversed(said))
    record = Markup("<section><h2>{}</h2>{}</section>").format(say("handover.record"), lines) if said else ""
    return Markup('<p><a href="/">{}</a></p><h1>{}</h1><p>{}</p><section>{}{}</section>{}').format(
        say("clinic.back"), say("handover.title"), say("handover.intro"), state, button, record
    )


def _said(reader: Reader, review: Review) -> Markup:
    text = Markup('<blockquote dir="auto">{}</blockquote>').format(review.text) if review.text else ""
    about = ""
    if review.kind == "contest" and review.target:
        reasons = {f"flag:{r.id}": r.name.at(reader.lang) for r in reader.programme.reasons}
        about = reasons.get(review.target, "")
    return Markup(
        '<article><h3>{} {}</h3><p class="small"><time datetime="{}">{}</time></p>{}</article>'
    ).format(
        reader.say(f"handover.kind_{review.kind}"),
        about,
        review.at.isoformat(timespec="seconds"),
        review.at.strftime("%Y-%m-%d %H:%M UTC"),
        text,
    )


def _problem(reader: Reader, error: ScopingError) -> HTMLResponse:
    if not isinstance(error, InputError):
        log.error("a page failed; reference %s: %s", secrets.token_hex(4), type(error).__name__)
    code = 400 if isinstance(error, InputError) else 500
    return HTMLResponse(pages.problem_page(reader, error), code, {"Cache-Control": "no-store"})
