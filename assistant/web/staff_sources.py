"""The sources page: what the assistant knows, files that wait for approval, and building the index anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast, get_args

from fastapi import FastAPI, Request
from fastapi.responses import Response
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile

from assistant.domain import Lang
from assistant.errors import CorpusError, DocumentError, InputError, ScopingError
from assistant.retrieval import waiting
from assistant.retrieval.added import AddedPassage, AddedSource, locator
from assistant.retrieval.base import Progress
from assistant.retrieval.ingest import About, Outcome
from assistant.retrieval.manifest import Status, status
from assistant.retrieval.reading import KINDS
from assistant.retrieval.waiting import Waiting
from assistant.store.jobs import Job
from assistant.web import auth, desk, jobs
from assistant.web.auth import FORM_SENT
from assistant.web.desk import Field, Seat
from assistant.web.staff import Shown, StaffDesk, day, problem

PAGE = "/staff/sources"
TIERS = ("3", "2", "4", "1")
"""To choose from; 1 declares the file the programme's official booklet."""
UPLOAD_MB = 11
"""What a form can carry: the whole request may have 12 MB."""
KIND = "index"
"""One change of the index at a time."""
PASSAGES_SHOWN = 400


def add(app: FastAPI, of: StaffDesk) -> None:
    """Add the routes."""

    @app.get("/sources")
    def sources(request: Request) -> Response:
        return of.show(request, lambda seat: _page(of, seat))

    @app.post("/sources")
    def send(request: Request, form: FormData = auth.FILES_SENT) -> Response:
        return of.act(
            request,
            lambda seat: _send(of, seat, form),
            lambda seat, error: _page(of, seat, error, form),
            PAGE,
        )

    @app.get("/sources/waiting/{id}")
    def shown(id: str, request: Request) -> Response:
        return of.show(request, lambda seat: _preview(of, seat, id))

    @app.post("/sources/waiting/{id}")
    def settle(id: str, request: Request, form: FormData = FORM_SENT) -> Response:
        approve = str(form.get("do", "")) == "approve"
        return of.act(
            request,
            lambda seat: _approve(of, seat, id) if approve else _discard(of, id),
            lambda seat, error: _page(of, seat, error),
            PAGE,
        )

    @app.post("/sources/rebuild")
    def rebuild(request: Request, form: FormData = FORM_SENT) -> Response:
        return of.act(
            request, lambda seat: _rebuild(of, seat), lambda seat, error: _page(of, seat, error), PAGE
        )

    @app.post("/sources/remove/{id}")
    def remove(id: str, request: Request, form: FormData = FORM_SENT) -> Response:
        return of.act(
            request,
            lambda seat: _remove(of, seat, id, str(form.get("sure", "")) == "yes"),
            lambda seat, error: _page(of, seat, error),
            PAGE,
        )

    @app.get("/jobs/{id}")
    def job(id: str, request: Request) -> Response:
        return of.show(request, lambda seat: _progress(of, seat, of.product.store.jobs.get(id)))


# --- what forms ask for ----------------------------------------------------------------------------------


def _send(of: StaffDesk, seat: Seat, form: FormData) -> Response:
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise InputError("no file was chosen", fix="choose a file", key="file_missing")
    settings, tier = of.product.settings, str(form.get("tier", "3"))
    lang = str(form.get("language", ""))
    about = About(
        id=_text(form, "id") or None,
        title=_text(form, "title") or None,
        tier=int(tier) if tier in TIERS else 3,
        booklet=tier == "1",
        date=_text(form, "date") or None,
        lang=cast(Lang, lang) if lang in get_args(Lang) else None,
    )
    kept = waiting.stage(
        settings,
        file.filename,
        file.file,
        about,
        language=of.product.language_of,
        sent_by=seat.who.id,
    )
    of.product.store.audit.add(seat.who.id, "source.sent", kept.id, content=kept.content)
    return desk.done(f"{PAGE}/waiting/{kept.id}", "source_read")


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()[:200]


def _approve(of: StaffDesk, seat: Seat, id: str) -> Response:
    product, told = of.product, waiting.find_waiting(of.product.settings, id)

    def work(progress: Progress) -> None:
        from assistant.retrieval.ingest import add_sources

        (outcome,) = add_sources(
            product.settings,
            product.search_encoder,
            [waiting.path_of(product.settings, told)],
            told.about.model_copy(update={"lang": told.lang}),
            language=product.language_of,
            approved_by=seat.who.id,
            progress=progress,
        )
        _raise_refused(outcome)
        product.store.audit.add(seat.who.id, "source.added", outcome.id, content=told.content)
        waiting.discard(product.settings, id)

    return _begun(jobs.start(product.store.jobs, KIND, seat.who, work, subject="add"))


def _raise_refused(outcome: Outcome) -> None:
    if outcome.change == "refused":
        raise DocumentError(outcome.why, fix=outcome.fix, key="source_refused")
    if outcome.change == "unchanged":
        raise InputError("the file is there already", fix="nothing is to be done", key="source_there")


def _discard(of: StaffDesk, id: str) -> Response:
    waiting.discard(of.product.settings, id)
    return desk.done(PAGE, "source_discarded")


def _rebuild(of: StaffDesk, seat: Seat) -> Response:
    product = of.product

    def work(progress: Progress) -> None:
        from assistant.retrieval.building import build_index

        built = build_index(product.settings, product.search_encoder, progress=progress)
        product.store.audit.add(seat.who.id, "index.built", built.build, corpus=built.corpus)

    return _begun(jobs.start(product.store.jobs, KIND, seat.who, work, subject="build"))


def _remove(of: StaffDesk, seat: Seat, id: str, sure: bool) -> Response:
    product = of.product
    if not sure:
        raise InputError("the box was not ticked", fix="tick the box", key="not_sure")

    def work(progress: Progress) -> None:
        from assistant.retrieval.ingest import remove_source

        gone = remove_source(product.settings, product.search_encoder, id, progress=progress)
        product.store.audit.add(seat.who.id, "source.removed", gone.id, content=gone.content)

    return _begun(jobs.start(product.store.jobs, KIND, seat.who, work, subject="remove"))


def _begun(job: Job) -> Response:
    return desk.done(f"/staff/jobs/{job.id}", "begun")


# --- the page --------------------------------------------------------------------------------------------


def _page(
    of: StaffDesk, seat: Seat, error: ScopingError | None = None, typed: FormData | None = None
) -> Shown:
    say, settings = seat.say, of.product.settings
    found = status(settings)
    parts = [
        problem(seat, error) if error else desk.NOTHING,
        desk.section(say("staff.index"), *_index(seat, found), id="index"),
        desk.section(say("staff.waiting"), _waiting(of, seat), id="waiting"),
        desk.section(say("staff.add"), _add_form(seat, typed), id="add"),
        desk.section(say("staff.added"), _added(of, seat), id="added"),
        desk.section(say("staff.own"), _own(of, seat), id="own"),
        desk.section(say("staff.jobs"), _jobs(of, seat), id="jobs"),
    ]
    return Shown(say("staff.sources"), Markup("").join(parts))


def _index(seat: Seat, found: Status) -> list[Markup]:
    say = seat.say
    kind = "good" if found.state == "ready" else "stop"
    parts = [Markup("<p>{}</p>").format(desk.badge(say(f"staff.index_{found.state}"), kind))]
    if found.why:
        parts.append(problem(seat, CorpusError(found.why, fix=found.fix)))
    if (manifest := found.manifest) is not None:
        tiers = ", ".join(f"{say('staff.tier')} {tier}: {count}" for tier, count in manifest.tiers.items())
        facts: list[tuple[str, str]] = [
            (say("staff.age"), _age(seat, found.age_s or 0.0)),
            (say("staff.built"), day(datetime.fromisoformat(manifest.built_at))),
            (say("staff.fingerprint"), Markup("<code>{}</code>").format(manifest.corpus)),
            (say("staff.fingerprint_added"), Markup("<code>{}</code>").format(manifest.catalogue or "–")),
            (say("staff.encoder"), manifest.encoder),
            (say("staff.passages"), str(manifest.passages)),
            (say("staff.past_cases"), str(manifest.cases)),
            (say("staff.added_passages"), f"{manifest.added} / {manifest.sources}"),
            (say("staff.tiers"), tiers),
            (say("staff.vectors"), f"{manifest.vectors} ({manifest.store})"),
        ]
        parts.append(desk.facts(facts))
    parts.append(desk.form(seat, f"{PAGE}/rebuild", desk.button(say("staff.rebuild"), main=False)))
    return parts


def _age(seat: Seat, seconds: float) -> str:
    for size, key in ((86_400, "staff.age_days"), (3_600, "staff.age_hours"), (60, "staff.age_minutes")):
        if seconds >= size:
            return seat.say(key, count=int(seconds // size))
    return seat.say("staff.age_now")


def _waiting(of: StaffDesk, seat: Seat) -> Markup:
    say = seat.say
    columns = [
        desk.Column("file", say("staff.file")),
        desk.Column("passages", say("staff.passages"), numeric=True),
        desk.Column("by", say("staff.sent_by")),
        desk.Column("at", say("staff.when")),
    ]
    rows = [
        (
            Markup('<a href="{}/waiting/{}">{}</a>').format(PAGE, w.id, w.file),
            str(w.passages),
            of.person(seat, w.sent_by),
            day(w.sent_at),
        )
        for w in waiting.all_waiting(of.product.settings)
    ]
    return desk.table(seat, say("staff.waiting"), columns, rows, hidden_caption=True)


def _add_form(seat: Seat, typed: FormData | None) -> Markup:
    say = seat.say

    def given(name: str) -> str:
        return str(typed.get(name, "")) if typed is not None else ""

    kinds = ", ".join(KINDS)
    file = Markup(
        '<p class="field"><label for="f-file">{}</label><span class="hint" id="f-file-hint">{}</span>'
        '<input type="file" id="f-file" name="file" accept="{}" aria-describedby="f-file-hint" required></p>'
    ).format(say("staff.file"), say("staff.file_hint", kinds=kinds, limit=UPLOAD_MB), ",".join(KINDS))
    langs = [("", say("staff.language_told")), *((lang, desk.NAMES[lang]) for lang in get_args(Lang))]
    return Markup("<p>{}</p>").format(say("staff.add_note")) + desk.form(
        seat,
        PAGE,
        file,
        desk.text_field(
            "title",
            say("staff.source_title"),
            Field(given("title"), hint=say("staff.title_hint"), longest=200),
        ),
        desk.select("tier", say("staff.tier"), [(t, say(f"staff.tier_{t}")) for t in TIERS], given("tier")),
        desk.text_field(
            "date", say("staff.date"), Field(given("date"), hint=say("staff.date_hint"), longest=10)
        ),
        desk.select("language", say("sign.language"), langs, given("language")),
        desk.text_field("id", say("staff.id"), Field(given("id"), hint=say("staff.id_hint"), longest=60)),
        desk.button(say("staff.read_file")),
        upload=True,
    )


def _added(of: StaffDesk, seat: Seat) -> Markup:
    from assistant.retrieval.building import current_catalogue

    try:
        found = current_catalogue(of.product.settings).sources
    except CorpusError as error:
        return problem(seat, error)
    if not found:
        return Markup("<p>{}</p>").format(seat.say("staff.none_added"))
    return Markup("").join(_source(of, seat, source) for source in found)


def _source(of: StaffDesk, seat: Seat, source: AddedSource) -> Markup:
    say = seat.say
    facts: list[tuple[str, str]] = [
        (say("staff.id"), Markup("<code>{}</code>").format(source.id)),
        (say("staff.tier"), say(f"staff.tier_{source.tier}")),
        (say("staff.date"), source.date or "–"),
        (say("sign.language"), desk.NAMES[source.lang]),
        (say("staff.passages"), str(source.passages)),
        (say("staff.cut"), _cuts(seat, source.hidden, source.repaired)),
        (say("staff.file"), source.file),
        (say("staff.hash"), Markup("<code>{}</code>").format(source.content[:16])),
        (say("staff.approved_by"), of.person(seat, source.approved_by)),
        (say("staff.when"), source.added_at),
    ]
    id = f"sure-{source.id}"
    removal = desk.form(
        seat,
        f"{PAGE}/remove/{source.id}",
        desk.checkbox("sure", say("staff.sure_remove", name=source.title), id=id),
        desk.button(say("staff.remove_named", name=source.title), danger=True),
    )
    return Markup('<article class="inner card"><h3>{}</h3>{}{}</article>').format(
        source.title, desk.facts(facts), desk.folded(say("staff.remove"), removal)
    )


def _cuts(seat: Seat, hidden: int, repaired: int) -> str:
    return seat.say("staff.cut_told", hidden=hidden, repaired=repaired)


def _own(of: StaffDesk, seat: Seat) -> Markup:
    """The programme's own sources: they are part of the repository and change there."""
    from assistant.retrieval.sources import load_passages

    say = seat.say
    counts: dict[str, list[int]] = {}
    dates: dict[str, tuple[str, str]] = {}
    for record in load_passages(of.product.settings.corpus / "passages"):
        counts.setdefault(record.source, []).append(record.tier)
        dates.setdefault(record.source, (record.label.at(seat.reader.lang), record.date or "–"))
    columns = [
        desk.Column("title", say("staff.source_title")),
        desk.Column("tier", say("staff.tier"), numeric=True),
        desk.Column("date", say("staff.date")),
        desk.Column("passages", say("staff.passages"), numeric=True),
    ]
    rows = [
        (dates[source][0], "/".join(str(t) for t in sorted(set(tiers))), dates[source][1], str(len(tiers)))
        for source, tiers in counts.items()
    ]
    note = Markup("<p>{}</p>").format(say("staff.own_note"))
    return note + desk.table(seat, say("staff.own"), columns, rows, hidden_caption=True)


def _jobs(of: StaffDesk, seat: Seat) -> Markup:
    say = seat.say
    columns = [
        desk.Column("at", say("staff.when")),
        desk.Column("what", say("staff.what")),
        desk.Column("state", say("staff.state")),
        desk.Column("by", say("staff.by")),
    ]
    rows = [
        (
            Markup('<a href="/staff/jobs/{}">{}</a>').format(j.id, day(j.began_at)),
            say(f"staff.job_{j.subject}"),
            say(f"staff.job_{j.state}"),
            of.person(seat, j.started_by),
        )
        for j in of.product.store.jobs.latest()
        if j.kind == KIND
    ]
    return desk.table(seat, say("staff.jobs"), columns, rows, hidden_caption=True)


# --- what was cut, before it enters ----------------------------------------------------------------------


def _preview(of: StaffDesk, seat: Seat, id: str) -> Shown:
    say, settings = seat.say, of.product.settings
    told = waiting.find_waiting(settings, id)
    found = waiting.passages_of(settings, told)
    facts: list[tuple[str, str]] = [
        (say("staff.file"), told.file),
        (say("staff.source_title"), told.about.title or say("staff.from_file_name")),
        (say("staff.tier"), say(f"staff.tier_{told.about.tier or 3}")),
        (say("staff.date"), told.about.date or "–"),
        (say("sign.language"), desk.NAMES[told.lang]),
        (say("staff.pages"), str(told.pages) if told.pages else "–"),
        (say("staff.passages"), str(told.passages)),
        (say("staff.cut"), _cuts(seat, told.hidden, told.repaired)),
        (say("staff.sent_by"), of.person(seat, told.sent_by)),
    ]
    buttons = Markup('<div class="buttons">{}{}</div>').format(
        desk.button(say("staff.approve"), name="do", value="approve"),
        desk.button(say("staff.discard"), name="do", value="discard", danger=True),
    )
    decide = desk.form(seat, f"{PAGE}/waiting/{id}", buttons)
    note = Markup("<p>{}</p>").format(say("staff.approve_note"))
    parts = [
        desk.section(say("staff.what_was_read"), desk.facts(facts), note, decide),
        desk.section(say("staff.passages"), *_passages(of, seat, told, found)),
    ]
    return Shown(told.file, Markup("").join(parts))


def _passages(of: StaffDesk, seat: Seat, told: Waiting, found: Sequence[AddedPassage]) -> list[Markup]:
    words, lang = of.product.words, seat.reader.lang
    parts = []
    for passage in found[:PASSAGES_SHOWN]:
        before = (
            desk.folded(
                seat.say("staff.before_repair"),
                Markup("<blockquote>{}</blockquote>").format(passage.original),
            )
            if passage.original
            else desk.NOTHING
        )
        parts.append(
            Markup('<h3>{}</h3><blockquote lang="{}">{}</blockquote>{}').format(
                locator(passage, lang, words), told.lang, passage.text, before
            )
        )
    if len(found) > PASSAGES_SHOWN:
        parts.append(
            Markup("<p>{}</p>").format(seat.say("staff.more_passages", count=len(found) - PASSAGES_SHOWN))
        )
    return parts


# --- progress --------------------------------------------------------------------------------------------


def _progress(of: StaffDesk, seat: Seat, job: Job) -> Shown:
    say = seat.say
    title = say(f"staff.job_{job.subject}")
    back = Markup('<p><a class="button" href="{}">{}</a></p>').format(PAGE, say("staff.to_sources"))
    if job.state != "running":
        return Shown(title, _ended(seat, job) + back)
    share = min(100, 100 * job.done // job.total)
    # Without script the page asks for itself again; with it, desk.js replaces what changed.
    again = Markup('<noscript><meta http-equiv="refresh" content="3"></noscript>')
    shown = Markup(
        '<div data-watch role="status"><p><label for="progress">{}</label></p>'
        '<progress id="progress" max="100" value="{}">{} %</progress>'
        '<p><a href="/staff/jobs/{}">{}</a></p></div>'
    ).format(
        say("staff.step", step=say(f"staff.step_{job.step}"), share=share),
        share,
        share,
        job.id,
        say("staff.again"),
    )
    return Shown(title, again + shown + back)


def _ended(seat: Seat, job: Job) -> Markup:
    say = seat.say
    kind = {"done": "good", "failed": "stop", "lost": "stop"}[job.state]
    shown = Markup('<p role="status">{}</p>').format(desk.badge(say(f"staff.job_{job.state}"), kind))
    if job.state == "lost":
        return shown + Markup("<p>{}</p>").format(say("staff.job_lost_fix"))
    if job.state != "failed":
        return shown
    return shown + problem(seat, ScopingError(job.message or job.key, fix=job.fix or "", key=job.key))
