"""The applicant's page: the conversation at the left, the use case filling in at the right.

A handler is a public endpoint. It learns who is asking from the cookie alone and shows what the store holds;
nothing that the browser sends back is taken for state.
"""

from __future__ import annotations

import logging
import os
import secrets
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from assistant.documents import read_document
from assistant.domain import (
    LANGS,
    Conversation,
    Event,
    FieldHeard,
    Lang,
    ReplyText,
    Stage,
    Turn,
    VerdictReached,
)
from assistant.errors import InputError, StoreError
from assistant.hearing import screen
from assistant.replies import plain
from assistant.retrieval.sources import load_cases
from assistant.safety import clean_text
from assistant.store.drafts import Draft, Exchange
from assistant.web import bubbles, handover, metrics, render
from assistant.web import parts as page_parts
from assistant.web.changes import ChangingBlocks
from assistant.web.guards import BODY_LIMIT
from assistant.web.parts import EXAMPLES, Parts, Updates, merged
from assistant.web.reader import Library, Reader, block
from assistant.web.visit import Visit, preferred, visit
from assistant.web.work import Workers
from assistant.wiring import Product

log = logging.getLogger(__name__)

TURNS = 64
"""How many messages may be answered at once; most of a turn is waiting for a model, where there is one."""
THREADS = 96
PATIENCE = 60
"""Seconds that a page opened in the middle of a turn waits for its answer."""
QUEUE = 256
"""How many clicks may wait before the next one is refused."""
FILES = 3
"""How many uploads one draft takes."""
THEME = gr.themes.Base(
    font=("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"),
    font_mono=("ui-monospace", "SFMono-Regular", "Menlo", "monospace"),
)


def prepare_uploads(folder: Path) -> Path:
    """The folder where uploads wait to be read, which nobody else on this machine can look into."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    # Gradio computes statistics over its last 10,000 events after each one; ours are at /metrics.
    os.environ |= {"GRADIO_ANALYTICS_MAX_EVENTS": "1", "GRADIO_ANALYTICS_CACHE_FREQUENCY": str(10**9)}
    return folder


def mount_page(app: FastAPI, page: gr.Blocks) -> None:
    """Puts the page at the root of an application; what Gradio would add of its own stays off."""
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=False,
        max_file_size=BODY_LIMIT,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=THEME,
    )


def build_page(product: Product) -> gr.Blocks:
    """The page with its handlers, ready to be mounted."""
    title = product.words.say("en", "page.title")
    page = ChangingBlocks(title=title, analytics_enabled=False, delete_cache=(600, 3600), fill_width=True)
    with page:
        parts = page_parts.lay_out(product.programme)
        _connect(page, parts, Desk(product, parts))
    # Otherwise Gradio does not check that a file named in a call lies in its upload folder.
    page.has_launched = True
    page.max_threads = THREADS
    page.create_limiter()  # type: ignore[no-untyped-call]  # Gradio's
    page.queue(max_size=QUEUE)
    return page


def _connect(page: gr.Blocks, parts: Parts, desk: Desk) -> None:
    """Each handler is a function of its own, so that one slow kind of work does not hold up the others."""
    out = parts.all
    page.load(desk.open, None, out, **_event(32))
    parts.language.input(desk.choose_language, parts.language, out, **_event(32))
    gr.on([parts.box.submit, parts.send.click], desk.send, parts.box, out, **_event(TURNS))
    parts.upload.upload(desk.upload, parts.upload, out, **_event(4))
    parts.stop.click(desk.stop, None, parts.status, **_event(32))
    parts.retry.click(desk.retry, parts.box, out, **_event(TURNS))
    parts.edit_field.input(desk.pick_field, parts.edit_field, out, **_event(32))
    parts.edit_save.click(desk.edit, [parts.edit_field, parts.edit_text], out, **_event(TURNS))
    for number, button in enumerate(parts.choosers, start=1):
        button.click(desk.choose(number), None, out, **_event(TURNS))
    parts.contest_send.click(desk.contest, parts.contest_text, out, **_event(TURNS))
    parts.map_duty.input(desk.pick_duty, parts.map_duty, out, **_event(32))
    row = [parts.map_duty, parts.map_owner, parts.map_contributors, parts.map_time]
    parts.map_save.click(desk.assign, row, out, **_event(TURNS))
    for number, button in zip(EXAMPLES, parts.examples, strict=True):
        button.click(desk.example(number), None, out, **_event(32))


def _event(limit: int) -> dict[str, Any]:
    return {"concurrency_limit": limit, "api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True)
class Begun:
    """A message that is kept and not yet answered."""

    exchange: Exchange
    notes: tuple[str, ...] = ()
    """What the person should know about the file it came from."""
    clears: tuple[gr.Textbox, ...] = ()
    """Boxes that are emptied once it is answered."""


class Desk:
    """What the page's handlers do, for whoever the cookie says is asking."""

    def __init__(self, product: Product, parts: Parts) -> None:
        self.product = product
        self.parts = parts
        self.library = Library(product.passages, load_cases(product.settings.corpus / "cases"))
        self.workers = Workers(TURNS)

    # --- handlers ---

    def open(self, request: gr.Request) -> Iterator[Updates]:
        """Everything as the store has it; an answer in the making is waited for."""
        try:
            who = self._visit(request)
            work = self.workers.of(who.draft.id) if who.draft else None
            everything = self._everything(who, request)
            if work:
                waiting = {
                    self.parts.status: render.working(self.reader(who), "judging"),
                    self.parts.retry: gr.update(visible=False),
                    self.parts.stop: gr.update(visible=self._with_model),
                }
                yield merged(everything, waiting)
                work.wait(PATIENCE)
                everything = self._contents(self._visit(request), request)
            yield everything
        except StoreError as error:
            yield self._failed(request, error)

    def choose_language(self, choice: str, request: gr.Request) -> Iterator[Updates]:
        """The page in another language, from now on."""
        try:
            draft = self._visit(request).draft
            for lang in LANGS:
                if lang == choice and draft:
                    self.product.drafts.set_language(draft.id, lang)
        except StoreError as error:
            yield self._failed(request, error)
        else:
            yield from self.open(request)

    def example(self, number: int) -> Callable[[gr.Request], Updates]:
        """A handler that puts an example into the message box, to be changed and sent."""

        def fill(request: gr.Request) -> Updates:
            reader = self.reader(self._visit(request))
            return {self.parts.box: gr.update(value=reader.say(f"page.example_{number}"))}

        return fill

    def send(self, text: str, request: gr.Request) -> Iterator[Updates]:
        """One message and its answer, as it happens."""
        yield from self._turn(request, lambda draft: self._message(draft, text), box=text)

    def upload(self, file: str | None, request: gr.Request) -> Iterator[Updates]:
        """One uploaded draft, read and answered as one message."""
        if file is None:
            return
        path = Path(file)
        try:
            yield from self._turn(
                request, lambda draft: self._document(draft, self._visit(request).lang, path)
            )
        finally:
            path.unlink(missing_ok=True)

    def stop(self, request: gr.Request) -> Updates:
        """Goes on without the language model: the local engine finishes the answer in the making."""
        who = self._visit(request)
        work = self.workers.of(who.draft.id) if who.draft else None
        if work is None:
            return {self.parts.status: gr.skip()}
        work.stop.ask()
        return {self.parts.status: render.working(self.reader(who), "judging")}

    def retry(self, box: str, request: gr.Request) -> Iterator[Updates]:
        """Answers the last message that was received and never answered."""
        yield from self._turn(request, _last_unanswered, box=box)

    def pick_field(self, element: str, request: gr.Request) -> Updates:
        """The present text of the field that is to be rewritten."""
        draft = self._visit(request).draft
        known = draft.conversation.record.get(element) if draft else None
        return {self.parts.edit_text: gr.update(value=(known.value or known.quote or "") if known else "")}

    def edit(self, element: str, text: str, request: gr.Request) -> Iterator[Updates]:
        """One field rewritten, and what that changes."""
        yield from self._turn(request, lambda draft: self._rewriting(draft, element, text))

    def choose(self, number: int) -> Callable[[gr.Request], Iterator[Updates]]:
        """A handler that picks the testable version of a number, as a message would."""

        def pick(request: gr.Request) -> Iterator[Updates]:
            yield from self._turn(
                request,
                lambda draft: self._message(draft, self._worded(draft, "reframe.pick_message", n=number)),
            )

        return pick

    def contest(self, why: str, request: gr.Request) -> Iterator[Updates]:
        """Disagreeing with the flags that stand, as a message would; the reason is the applicant's own."""

        def begin(draft: Draft) -> Begun:
            screen(draft.conversation, why, None)
            said = self._message(draft, self._worded(draft, "team.contest_message", why=why.strip()))
            return replace(said, clears=(self.parts.contest_text,))

        yield from self._turn(request, begin)

    def pick_duty(self, duty: str, request: gr.Request) -> Updates:
        """The present row of the team map for a responsibility."""
        draft = self._visit(request).draft
        judgement = page_parts.last_judgement(draft) if draft else None
        rows = judgement.capability.duties if judgement and judgement.capability else ()
        row = next((d for d in rows if d.id == duty), None)
        return {
            self.parts.map_owner: gr.update(value=row.owner if row else ""),
            self.parts.map_contributors: gr.update(value=", ".join(row.contributors) if row else ""),
            self.parts.map_time: gr.update(value=row.time if row else ""),
        }

    def assign(
        self, duty: str | None, owner: str, contributors: str, time: str, request: gr.Request
    ) -> Iterator[Updates]:
        """One row of the team map, as a message that says it."""

        def begin(draft: Draft) -> Begun:
            if duty not in {r.id for f in self.product.programme.functions for r in f.responsibility}:
                raise InputError("there is no such responsibility", fix="choose one", key="no_field")
            lang = draft.conversation.lang or "en"
            return self._message(draft, self.product.team.entry(duty, owner, contributors, time, lang))

        yield from self._turn(request, begin)

    @property
    def _with_model(self) -> bool:
        return self.product.settings.engine == "llm"

    def _worded(self, draft: Draft, key: str, **slots: object) -> str:
        """A message of the page's in the language of the conversation."""
        return self.product.words.say(draft.conversation.lang or "en", key, **slots)

    # --- a turn ---

    def _turn(
        self, request: gr.Request, begin: Callable[[Draft], Begun], *, box: str | None = None
    ) -> Iterator[Updates]:
        try:
            draft_id = _draft_of(self._visit(request)).id
            work = self.workers.claim(draft_id)
            if work:  # otherwise it was sent twice, and the first one is being answered
                showing, begun = self._started(request, draft_id, begin)
                yield showing.received(empty_box=box is not None and clean_text(box) == begun.exchange.text)
                for events in work.moments():
                    yield merged(*map(showing.event, events))
                yield self._finished(request, showing.reader.lang, begun)
        except Exception as error:  # noqa: BLE001  # the boundary: the person gets words, the log the trace
            yield self._failed(request, error, box)

    def _started(
        self, request: gr.Request, draft_id: str, begin: Callable[[Draft], Begun]
    ) -> tuple[Showing, Begun]:
        """The turn of a claimed draft set going, with its message kept; gives the claim back if it cannot be."""
        try:
            who = self._visit(request)
            draft = _draft_of(who)
            begun = begin(draft)
        except Exception:
            self.workers.give_back(draft_id)
            raise
        keep = partial(self._keep, draft_id, begun.exchange.seq)
        self.workers.start(draft_id, self._events(draft.conversation, begun.exchange), keep)
        showing = Showing(self.parts, self.reader(who), draft, begun.exchange, stop=self._with_model)
        return showing, begun

    def _keep(self, draft_id: str, seq: int, turn: Turn) -> None:
        self.product.drafts.complete(draft_id, seq, turn)
        handover.carry_objections(self.product.store, draft_id)

    def _finished(self, request: gr.Request, before: Lang, begun: Begun) -> Updates:
        now = self._visit(request)
        reader = self.reader(now)
        # The applicant's first message may have settled another language than the browser's.
        labels = page_parts.labels(self.parts, reader, self._days) if now.lang != before else {}
        updates = merged(labels, self._contents(now, request))
        updates[self.parts.status] = render.announced(reader.say("page.draft_saved"), *begun.notes)
        if begun.exchange.element:
            updates = merged(updates, {self.parts.edit_text: gr.update(value="")})
        return merged(updates, {box: gr.update(value="") for box in begun.clears})

    def _events(self, conversation: Conversation, exchange: Exchange) -> Iterator[Event]:
        assistant = self.product.assistant
        with metrics.turn("page"):
            if exchange.element:
                yield assistant.edit(conversation, exchange.element, exchange.text)
            else:
                yield from assistant.stream(conversation, exchange.text, document=exchange.document)

    # --- what a turn begins with ---

    def _message(self, draft: Draft, text: str) -> Begun:
        said = screen(draft.conversation, text, None)
        last = draft.exchanges[-1] if draft.exchanges else None
        if last and (last.turn, last.text, last.document, last.element) == (None, said, None, None):
            return Begun(last)  # the same message once more after a failure
        return Begun(self._received(draft, said))

    def _document(self, draft: Draft, lang: Lang, path: Path) -> Begun:
        if sum(e.document is not None for e in draft.exchanges) >= FILES:
            message = f"a draft takes {FILES} documents"
            raise InputError(message, fix="paste the text", key="too_many_files", limit=FILES)
        read = read_document(path)
        text = screen(draft.conversation, read.text, read.name)
        say = self.product.words.say
        notes = tuple(say(lang, f"page.{notice.key}", count=notice.count) for notice in read.notices)
        return Begun(self._received(draft, text, document=read.name), notes)

    def _rewriting(self, draft: Draft, element: str, text: str) -> Begun:
        programme = self.product.programme
        if element not in (*programme.element_ids, *programme.fact_ids, *programme.optional_ids):
            raise InputError(f"there is no field {element!r}", fix="choose a field", key="no_field")
        return Begun(self._received(draft, screen(draft.conversation, text, None), element=element))

    def _received(
        self, draft: Draft, text: str, *, document: str | None = None, element: str | None = None
    ) -> Exchange:
        seq = self.product.drafts.receive(draft.id, text, document, element=element)
        return Exchange(seq=seq, text=text, document=document, element=element, at=datetime.now(UTC))

    # --- what is shown ---

    def _visit(self, request: gr.Request) -> Visit:
        return visit(self.product.drafts, request.cookies, request.headers)

    def reader(self, who: Visit) -> Reader:
        """The words, names and passages for whoever is asking."""
        return Reader(self.product.words, self.product.programme, who.lang, self.library)

    @property
    def _days(self) -> int:
        return self.product.settings.retention_days

    def _everything(self, who: Visit, request: gr.Request) -> Updates:
        reader = self.reader(who)
        return merged(page_parts.labels(self.parts, reader, self._days), self._contents(who, request))

    def _contents(self, who: Visit, request: gr.Request) -> Updates:
        reader = self.reader(who)
        if who.draft is None:
            gone = InputError("there is no such draft", fix="open the page again", key="draft_gone")
            return {self.parts.status: render.failed(reader, gone)}
        shown = page_parts.contents(self.parts, reader, who.draft, _address(request, who.token))
        said = self.product.store.reviews.of(who.draft.id, "applicant")
        coaches = handover.card(reader, said, who.draft.latest is not None)
        return {**shown, self.parts.take: block(coaches, shown[self.parts.take])}

    def _failed(self, request: gr.Request, error: Exception, box: str | None = None) -> Updates:
        reference = ""
        if not isinstance(error, InputError):
            reference = secrets.token_hex(4)
            log.error("a request failed; reference %s: %s", reference, _where(error))
        try:
            who = self._visit(request)
            updates = self._contents(who, request)
        except StoreError:  # the store itself is what failed: what is on the page stays there
            who = Visit(None, None, preferred(request.headers.get("accept-language", "")))
            updates = {}
        updates[self.parts.status] = render.failed(self.reader(who), error, reference)
        if box is not None:
            updates[self.parts.box] = gr.update(value=box)
        return updates


class Showing:
    """One turn on the page while it is being made."""

    def __init__(self, parts: Parts, reader: Reader, draft: Draft, exchange: Exchange, *, stop: bool) -> None:
        self.parts, self.reader, self.stop = parts, reader, stop
        before = tuple(e for e in draft.exchanges if e.seq != exchange.seq)
        self.chat = [*page_parts.history(reader, before), page_parts.asked(reader, exchange)]
        self.record = dict(draft.conversation.record)
        self.reply = ""

    def received(self, *, empty_box: bool) -> Updates:
        """The message in its place, and no longer in the box."""
        return {
            self.parts.chat: self.chat,
            self.parts.box: gr.update(value="") if empty_box else gr.skip(),
            self.parts.examples_box: gr.update(visible=False),
            self.parts.retry: gr.update(visible=False),
            self.parts.stop: gr.update(visible=self.stop),
            self.parts.status: render.working(self.reader, "reading"),
        }

    def event(self, event: Event) -> Updates:
        """What an event changes on the page."""
        match event:
            case Stage(name=name):
                return {self.parts.status: render.working(self.reader, name)}
            case FieldHeard(id=id, evidence=evidence):
                self.record[id] = evidence
                return {self.parts.progress: render.progress(self.reader, self.record)}
            case VerdictReached(judgement=judgement):
                return page_parts.judged(self.parts, self.reader, judgement)
            case ReplyText(text=text, whole=whole):
                self.reply = text if whole else self.reply + text
                shown = self.reply if whole else plain(self.reply)
                bubble = page_parts.answer(bubbles.reply(shown, self.reader.library.hosts))
                return {self.parts.chat: [*self.chat, bubble]}
            case Turn():
                return {}


def _draft_of(who: Visit) -> Draft:
    if who.draft is None:
        raise InputError("there is no such draft", fix="open the page again", key="draft_gone")
    return who.draft


def _last_unanswered(draft: Draft) -> Begun:
    if not page_parts.can_retry(draft):
        raise InputError("there is nothing to try again", fix="send a new message", key="answered")
    return Begun(draft.exchanges[-1])


def _where(error: Exception) -> str:
    """The kind of error and the lines it came through; its message may hold what somebody wrote."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def _address(request: gr.Request, token: str | None) -> str:
    asked = request.request
    return f"{str(asked.base_url).rstrip('/')}/d/{token}" if asked and token else ""
