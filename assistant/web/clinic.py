"""Routes of the clinic's page and of colleagues' sheets: plain forms that need no script.

The clinic's page knows its draft by the cookie, as the conversation does; a form sent from another site is refused
before it gets here. A sheet's link carries a token of its own that opens nothing but the sheet.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from assistant.coaching.clinic import CHOICES, decide
from assistant.coaching.colleagues import SheetQuestion, one_line, sheets
from assistant.coaching.dataprobe import answered
from assistant.domain import Conversation, Decided, Judgement, Lang, ProbeAnswer
from assistant.errors import AccessError, InputError, ScopingError
from assistant.questions import ask
from assistant.store.drafts import Draft
from assistant.store.sheets import DAYS, OpenSheet, Settled, gone
from assistant.web import links, pages, panels
from assistant.web.panels import NOTHING
from assistant.web.parts import last_judgement
from assistant.web.reader import Library, Reader
from assistant.web.visit import Visit, preferred, visit
from assistant.wiring import Product

log = logging.getLogger(__name__)

FORM_LIMIT = 200_000
"""Bytes of a form; an answer of 8,000 characters of any script fits, and is then refused in words."""
FIELDS = 60
STYLE = Path(__file__).resolve().parent / "static" / "coach.css"
Form = Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """What one rendering of the clinic's page shows beside the draft."""

    status: int = 200
    telling: Markup = NOTHING
    typed: Form = field(default_factory=dict)
    link: Markup = NOTHING


def add_clinic(app: FastAPI, product: Product) -> None:
    """Adds the routes to the application."""
    desk = ClinicDesk(product)

    @app.get("/clinic")
    def clinic(request: Request) -> Response:
        return desk.answer(request, lambda who: desk.page(request, who))

    @app.get("/clinic/calendar.ics")
    def calendar(request: Request) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="calendar.ics"'}
        made = product.coaching.ics(desk.visit(request).lang)
        return Response(made, media_type="text/calendar; charset=utf-8", headers=headers)

    @app.post("/clinic/{action}")
    async def act(action: str, request: Request) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(desk.act, action, form, request)

    @app.get("/sheet/{token}")
    def sheet(token: str, request: Request) -> Response:
        return desk.sheet(token, None, request)

    @app.post("/sheet/{token}")
    async def answer(token: str, request: Request) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(desk.sheet, token, form, request)


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form; what is beyond the limit is not read, and the form counts as empty."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_LIMIT:
            return {}
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        return {}
    return dict(pairs)


class ClinicDesk:
    """What the routes do, for whoever the cookie or the link says is asking."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.library = Library(product.passages)
        self.version = hashlib.sha256(STYLE.read_bytes()).hexdigest()[:12]
        self.actions: dict[str, Callable[[Draft, Judgement, Form, Reader], None]] = {
            "decide": self._decide,
            "probe": self._probe,
            "settle": self._settle,
        }

    def visit(self, request: Request) -> Visit:
        """Who is asking."""
        return visit(self.product.drafts, request.cookies, request.headers)

    def reader(self, lang: Lang) -> Reader:
        """The words for a language."""
        return Reader(self.product.words, self.product.programme, lang, self.library)

    def answer(self, request: Request, make: Callable[[Visit], Response]) -> Response:
        """What `make` makes for whoever asks; an error becomes a page with its remedy."""
        lang = preferred(request.headers.get("accept-language", ""))
        try:
            who = self.visit(request)
            lang = who.lang
            return make(who)
        except ScopingError as error:
            return self._problem(lang, error)

    def page(self, request: Request, who: Visit, shown: Shown | None = None) -> Response:
        """The clinic's page for a draft."""
        draft, judgement = _draft_of(who)
        reader, coaching, extra = self.reader(who.lang), self.product.coaching, shown or Shown()
        said = draft.conversation
        rehearsal = coaching.rehearse(said, judgement, who.lang)
        body = panels.clinic_body(reader, rehearsal, coaching.bank, extra.typed, extra.telling)
        parts = (
            body,
            panels.plan_section(reader, coaching.plan(said, judgement, who.lang)),
            panels.clock_section(reader, coaching.clock(said, who.lang)),
            panels.probe_section(reader, coaching.probe(said, who.lang)),
            panels.colleagues_section(
                reader, sheets(said, self.product.programme, coaching.bank, who.lang), said, DAYS, extra.link
            ),
        )
        return self._html(reader, reader.say("clinic.title"), Markup("").join(parts), extra.status)

    def act(self, action: str, form: Form, request: Request) -> Response:
        """What one form of the page asks for; after a mistake the page comes back with what was typed."""
        return self.answer(request, lambda who: self._act(action, form, request, who))

    def _act(self, action: str, form: Form, request: Request, who: Visit) -> Response:
        draft, judgement = _draft_of(who)
        reader = self.reader(who.lang)
        if action == "sheet":
            return self.page(request, who, self._make_sheet(draft, form, reader, str(request.base_url)))
        if action not in self.actions:
            return self._problem(
                who.lang, InputError("there is no such page", fix="go back", key="link"), 404
            )
        try:
            self.actions[action](draft, judgement, form, reader)
        except InputError as error:
            typed = {form.get("objection", ""): form.get("reason", "")}
            telling = panels.problem(*reader.explain(error))
            return self.page(request, who, Shown(status=400, telling=telling, typed=typed))
        places = {"decide": f"o-{form.get('objection', '')}", "probe": "data", "settle": "colleagues"}
        return RedirectResponse(f"/clinic#{places[action]}", 303)

    def _decide(self, draft: Draft, judgement: Judgement, form: Form, reader: Reader) -> None:
        made = self.product.coaching.rehearse(draft.conversation, judgement, reader.lang)
        raised = {panels.key_of(r.objection): r.objection for r in made.raised}
        objection = raised.get(form.get("objection", ""))
        choice = next((c for c in CHOICES if c == form.get("decision")), None)
        if objection is None or choice is None:
            raise InputError("there is no such objection", fix="load the page again", key="no_objection")
        reason = form.get("reason", "") if choice == "rejected" else ""
        after = decide(draft.conversation, objection, choice, reason)
        self._mark(draft, after.clinic[-1])

    def _probe(self, draft: Draft, judgement: Judgement, form: Form, reader: Reader) -> None:
        text = form.get("text", "") if form.get("known") == "yes" else ""
        source, side = form.get("source", ""), form.get("field", "")
        after = answered(draft.conversation, source, side, text, self.product.coaching.bank)
        self._mark(draft, after.probes[-1])

    def _settle(self, draft: Draft, judgement: Judgement, form: Form, reader: Reader) -> None:
        id = form.get("contribution", "")
        if not any(c.id == id and c.state == "conflict" for c in draft.conversation.contributions):
            raise InputError("there is no such conflict", fix="load the page again", key="no_objection")
        self._mark(draft, Settled(contribution=id, take=form.get("take") == "yes"))

    def _mark(self, draft: Draft, mark: Decided | ProbeAnswer | Settled) -> None:
        self.product.drafts.sheets.mark(draft.id, mark)

    # --- sheets ---

    def _make_sheet(self, draft: Draft, form: Form, reader: Reader, base: str) -> Shown:
        """A new sheet for a role, with its link to be copied."""
        said, lang = draft.conversation, reader.lang
        made = sheets(said, self.product.programme, self.product.coaching.bank, lang)
        sheet = next((s for s in made if s.role == form.get("role")), None)
        if sheet is None:
            raise InputError("there is nothing to ask this role", fix="load the page again", key="no_role")
        elements = tuple(q.element for q in sheet.questions)
        summary = one_line(said, self.product.words, lang)
        token = self.product.drafts.sheets.make(draft.id, sheet.role, elements, summary, lang)
        address = f"{base.rstrip('/')}/sheet/{token}"
        return Shown(link=panels.new_link(reader, address, sheet.role_name))

    def sheet(self, token: str, form: Form | None, request: Request) -> Response:
        """A colleague's sheet, or thanks for its answers; what could not be taken stays in the form."""
        lang = preferred(request.headers.get("accept-language", ""))
        try:
            links.check(self.product.store, request)
            sheet = self.product.drafts.sheets.find(token)
            if sheet is None:
                links.wrong(self.product.store, request)
                return self._problem(lang, gone(), 404)
            if form is None:
                return self._sheet_page(sheet, {})
            return self._answered(token, sheet, form)
        except AccessError as error:
            return self._problem(lang, error, 429)
        except ScopingError as error:
            return self._problem(lang, error)

    def _answered(self, token: str, sheet: OpenSheet, form: Form) -> Response:
        reader = self.reader(sheet.lang)
        try:
            self.product.drafts.sheets.answer(token, form, form.get("role", ""), form.get("name", ""))
        except InputError as error:
            return self._sheet_page(sheet, form, panels.problem(*reader.explain(error)), 400)
        return self._html(reader, reader.say("sheet.thanks"), panels.thanks_body(reader))

    def _sheet_page(
        self, sheet: OpenSheet, typed: Form, telling: Markup = NOTHING, status: int = 200
    ) -> Response:
        reader = self.reader(sheet.lang)
        nobody = Conversation(lang=sheet.lang)
        asked = [ask(id, nobody, (), self.product.programme, sheet.lang) for id in sheet.elements]
        questions = [SheetQuestion(element=q.element, text=q.text, why=q.why) for q in asked]
        body = panels.sheet_body(reader, sheet.summary, questions, typed, telling)
        return self._html(reader, reader.say("sheet.page_title"), body, status)

    # --- pages ---

    def _html(self, reader: Reader, title: str, body: Markup, status: int = 200) -> HTMLResponse:
        page = panels.page(reader, title, body, self.version)
        return HTMLResponse(page, status, {"Cache-Control": "no-store"})

    def _problem(self, lang: Lang, error: ScopingError, status: int | None = None) -> HTMLResponse:
        if not isinstance(error, InputError | AccessError):
            log.error("a page failed; reference %s: %s", secrets.token_hex(4), type(error).__name__)
        code = status or (400 if isinstance(error, InputError) else 500)
        return HTMLResponse(pages.problem_page(self.reader(lang), error), code, {"Cache-Control": "no-store"})


def _draft_of(who: Visit) -> tuple[Draft, Judgement]:
    """The draft with its last judgement; raises InputError when there is nothing to look at yet."""
    judgement = last_judgement(who.draft) if who.draft else None
    if who.draft is None or judgement is None:
        raise InputError("there is nothing to look at yet", fix="send a message first", key="no_brief")
    return who.draft, judgement
