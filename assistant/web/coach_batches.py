"""Batches at the coach desk: send a table or files, watch them being judged, read and download what came of them."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, get_args

from fastapi import FastAPI, Request
from fastapi import Path as PathParameter
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile

from assistant.batch import DOCUMENTS, TABLES, write_results
from assistant.errors import InputError, ScopingError
from assistant.safety import clean_text
from assistant.store.batches import Batch, Order, Result, Trouble
from assistant.web import auth, desk
from assistant.web.batching import Batching, given_rows
from assistant.web.coach_words import moment, navigation, reason_name, type_name, value_badge
from assistant.web.desk import Column, Seat, Sort
from assistant.web.guards import BODY_LIMIT
from assistant.web.reader import joined
from assistant.wiring import Product

Id = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]
FORMS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
ROWS = 100
"""Results on one page."""
COLUMNS: tuple[Order, ...] = ("row_id", "verdict", "confidence", "type", "missing", "error")
NUMERIC = ("confidence", "missing")


def add_batches(app: FastAPI, product: Product) -> None:
    """Add the routes to the desk, and the thread that judges."""
    batching = Batching(product)
    app.state.batching = batching
    batches = product.store.batches

    @app.get("/batches")
    def listed(request: Request) -> Response:
        batching.wake()
        return _list_page(desk.seat(request, product, "coach"), product)

    @app.post("/batches")
    def send(request: Request, form: FormData = auth.FILES_SENT) -> Response:
        seat = desk.seat(request, product, "coach", page="/coach/batches")
        try:
            files = _files(form)
            rows = given_rows(files, product.settings.batch_rows)
            name = files[0][0] if len(files) == 1 else seat.say("coach.several_files", count=len(files))
            id = batches.add(seat.who, name, rows)
        except InputError as error:
            if error.key == "forbidden":
                raise
            return _list_page(seat, product, error)
        batching.wake()
        return RedirectResponse(f"/coach/batches/{id}", 303)

    @app.get("/batches/{batch_id}")
    def one(batch_id: Id, request: Request) -> Response:
        seat = desk.seat(request, product, "coach")
        found = batches.get(batch_id, seat.who)
        if not found.done:
            batching.wake()
        return _batch_page(seat, product, found)

    @app.get("/batches/{batch_id}/results.{form}")
    def download(batch_id: Id, form: str, request: Request) -> Response:
        seat = desk.seat(request, product, "coach")
        found = batches.get(batch_id, seat.who)
        if form not in FORMS:
            raise InputError("there is no such form", fix="choose csv, xlsx or jsonl", key="link")
        name = re.sub(r"[^A-Za-z0-9]+", "-", Path(found.name).stem).strip("-")[:40] or "batch"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}-{found.id[:8]}.{form}"',
            "Cache-Control": "no-store",
        }
        if form == "jsonl":
            lines = (f"{line}\n" for line in batches.written(batch_id))
            return StreamingResponse(lines, media_type=FORMS[form], headers=headers)
        return Response(_written(product, batch_id, form), media_type=FORMS[form], headers=headers)

    @app.post("/batches/{batch_id}/delete")
    def delete(batch_id: Id, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        who = auth.person(request, "coach")
        batches.erase(batch_id, who)
        return desk.done("/coach/batches", "deleted")


def _files(form: FormData) -> list[tuple[str, bytes]]:
    """Names and contents of what was sent; a hidden file of a folder is left out."""
    sent = [f for name in ("files", "folder") for f in form.getlist(name) if isinstance(f, UploadFile)]
    found = [(_plain(f.filename or ""), f.file.read()) for f in sent if f.filename]
    kept = [(name, content) for name, content in found if name and not name.startswith(".")]
    if not kept:
        raise InputError("no file was sent", fix="choose a file", key="no_file")
    return kept


def _plain(name: str) -> str:
    return clean_text(re.split(r"[/\\]", name)[-1]).replace("\n", " ").strip()[-120:]


def _written(product: Product, batch_id: str, form: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="scoping-batch-") as folder:
        file = Path(folder) / f"results.{form}"
        write_results((json.loads(line) for line in product.store.batches.written(batch_id)), file)
        return file.read_bytes()


# --- pages -------------------------------------------------------------------------------------------------


def _list_page(seat: Seat, product: Product, error: ScopingError | None = None) -> Response:
    accepted = ",".join((*TABLES, *DOCUMENTS))
    upload = desk.form(
        seat,
        "/coach/batches",
        _picker(seat, "files", Markup(' multiple accept="{}"').format(accepted)),
        _picker(seat, "folder", Markup(" multiple webkitdirectory")),
        desk.button(seat.say("coach.batch_send")),
        upload=True,
    )
    columns = [
        Column(id, seat.say(f"coach.col_{id}"), numeric=id == "rows")
        for id in ("batch", "sent", "rows", "progress")
    ]
    rows = [
        (
            Markup('<a href="/coach/batches/{}">{}</a>').format(b.id, b.name),
            moment(b.created_at),
            str(b.total),
            seat.say("coach.progress", done=b.judged + b.failed, total=b.total),
        )
        for b in product.store.batches.of(seat.who)
    ]
    limits = seat.say(
        "coach.batch_limits", rows=product.settings.batch_rows, files=auth.UPLOADS, size=BODY_LIMIT // 2**20
    )
    body = Markup('{}<p>{}</p><p class="small">{}</p>{}').format(
        desk.problem(seat, error) if error else "",
        seat.say("coach.batch_intro"),
        limits,
        desk.section(seat.say("coach.batch_new"), upload),
    ) + desk.table(seat, seat.say("coach.your_batches"), columns, rows)
    title = seat.say("coach.nav_batches")
    return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body), 400 if error else 200)


def _picker(seat: Seat, name: str, extra: Markup) -> Markup:
    return Markup(
        '<p class="field"><label for="f-{0}">{1}</label><input type="file" id="f-{0}" name="{0}"{2}></p>'
    ).format(name, seat.say(f"coach.pick_{name}"), extra)


def _batch_page(seat: Seat, product: Product, batch: Batch) -> Response:
    columns = [Column(id, seat.say(f"coach.col_{id}"), True, id in NUMERIC) for id in COLUMNS]
    sort = desk.sort_of(seat, columns, Sort("place"))
    order: Order = next((o for o in get_args(Order) if o == sort.column), "place")
    number = desk.page_number(seat)
    found = product.store.batches.results(
        batch.id, order=order, down=sort.down, offset=(number - 1) * ROWS, limit=ROWS
    )
    ended = batch.judged + batch.failed
    body = joined(
        (
            _progress(seat, batch),
            _downloads(seat, batch) if ended else "",
            desk.table(
                seat,
                seat.say("coach.results", shown=ended),
                columns,
                [tuple(_row(seat, r)) for r in found],
                sort=sort,
            ),
            desk.page_links(seat, number, ended, ROWS),
            desk.folded(
                seat.say("coach.batch_delete"),
                desk.form(
                    seat,
                    f"/coach/batches/{batch.id}/delete",
                    Markup("<p>{}</p>").format(seat.say("coach.batch_delete_note")),
                    desk.button(seat.say("coach.batch_delete"), danger=True),
                ),
            ),
        )
    )
    return desk.answer(seat, desk.page(seat, batch.name, navigation(seat.reader), body))


def _progress(seat: Seat, batch: Batch) -> Markup:
    ended = batch.judged + batch.failed
    told = seat.say("coach.progress", done=ended, total=batch.total)
    failed = Markup(" {}").format(seat.say("coach.failed", count=batch.failed)) if batch.failed else ""
    bar = Markup(
        '<p><label for="progress">{}</label>{}<progress id="progress" max="{}" value="{}"></progress></p>'
    ).format(told, failed, batch.total, ended)
    if batch.done:
        return Markup("<div>{}</div>").format(bar)
    again = Markup('<p><a class="button" href="{}">{}</a> <span class="small">{}</span></p>').format(
        seat.address(), seat.say("coach.batch_again"), seat.say("coach.batch_leave")
    )
    return Markup('<div data-watch role="status">{}</div>{}').format(bar, again)


def _downloads(seat: Seat, batch: Batch) -> Markup:
    links = joined(
        Markup('<a class="button" href="/coach/batches/{}/results.{}" download>{}</a>').format(
            batch.id, form, seat.say("coach.download", form=form.upper())
        )
        for form in FORMS
    )
    return Markup('<p class="buttons">{}</p>').format(links)


def _row(seat: Seat, found: Result) -> Iterator[str]:
    reader = seat.reader
    yield found.row_id
    if found.trouble is not None:
        yield from ("–", "–", "–", "–", _told(seat, found.trouble))
        return
    yield value_badge(reader, "fit", found.verdict) + Markup(" {}").format(
        "; ".join(reason_name(reader, r) for r in found.reasons)
    )
    yield f"{round((found.confidence or 0) * 100)} %"
    yield type_name(reader, found.type)
    yield str(found.missing or 0)
    yield ""


def _told(seat: Seat, trouble: Trouble) -> str:
    error = InputError(trouble.error, fix=trouble.fix, key=trouble.key, **trouble.details)
    return " ".join(seat.reader.explain(error))
