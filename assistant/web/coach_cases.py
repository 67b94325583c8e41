"""From an overruled judgement to a case of the evaluations: preview with details masked, make, second reader."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi import Path as PathParameter
from fastapi.responses import Response
from markupsafe import Markup
from starlette.datastructures import FormData

from assistant.errors import InputError, StoreError
from assistant.store.candidates import NEAR, Candidate, Preview
from assistant.store.reviews import LONGEST, Review
from assistant.web import auth, desk
from assistant.web.coach_words import (
    check_value,
    day,
    namer,
    navigation,
    options,
    target_name,
    value_badge,
    value_name,
)
from assistant.web.desk import Column, Field, Seat
from assistant.web.known import known_texts
from assistant.web.reader import joined
from assistant.wiring import Product

Id = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]
HIDDEN = 40
"""Words that a coach can hide in one case, beside what is found by itself."""


def add_cases(app: FastAPI, product: Product) -> None:
    """Add the routes to the desk."""
    making = Making(product)

    @app.get("/cases")
    def listed(request: Request) -> Response:
        return making.listed(desk.seat(request, product, "coach"))

    @app.get("/cases/new/{review_id}")
    def preview(review_id: Id, request: Request) -> Response:
        return making.preview(desk.seat(request, product, "coach"), review_id, "")

    @app.post("/cases/new/{review_id}")
    def make(review_id: Id, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        seat = desk.seat(request, product, "coach", page=f"/coach/cases/new/{review_id}")
        hide = str(form.get("hide", ""))
        if form.get("act") != "make":
            return making.preview(seat, review_id, hide)
        return making.make(seat, review_id, hide)

    @app.get("/cases/{candidate_id}")
    def one(candidate_id: Id, request: Request) -> Response:
        return making.one(desk.seat(request, product, "coach"), candidate_id)

    @app.post("/cases/{candidate_id}")
    def read(candidate_id: Id, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        seat = desk.seat(request, product, "coach", page=f"/coach/cases/{candidate_id}")
        return making.read(
            seat,
            candidate_id,
            str(form.get("value", "")),
            str(form.get("reason", "")),
            str(form.get("version", "")),
        )


class Making:
    """What the routes do."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.candidates = product.store.candidates

    # --- making ---

    def preview(self, seat: Seat, review_id: str, hide: str, error: InputError | None = None) -> Response:
        """What the case would hold, before it is made."""
        review = self.product.store.reviews.get(review_id)
        shown = self.candidates.preview(
            review_id, hide=_words(hide), known=known_texts(self.product.settings.home)
        )
        body = (desk.problem(seat, error) if error else desk.NOTHING) + self._preview_body(
            seat, review, shown, hide
        )
        return self._page(seat, seat.say("coach.case_new"), body, 400 if error else 200)

    def make(self, seat: Seat, review_id: str, hide: str) -> Response:
        """Put the case into quarantine."""
        every = known_texts(self.product.settings.home)
        # All texts are compared before the database is held; only the nearest are compared again while it is.
        near = {a.id for a in self.candidates.preview(review_id, hide=_words(hide), known=every).alike}
        known = [(id, text) for id, text in every if id in near]
        try:
            made = self.candidates.make(review_id, seat.who, hide=_words(hide), known=known)
        except StoreError as error:
            # Of two coaches who make one case at once, the database takes the first.
            if "UNIQUE" not in str(error).upper():
                raise
            twice = InputError("this case exists", fix="look at the list", key="candidate_exists")
            return self.preview(seat, review_id, hide, twice)
        except InputError as error:
            if error.key != "candidate_exists":
                raise
            return self.preview(seat, review_id, hide, error)
        return desk.done(f"/coach/cases/{made.id}", "case_made")

    def _preview_body(self, seat: Seat, review: Review, shown: Preview, hide: str) -> Markup:
        target = str(review.target)
        found = [seat.say(f"coach.masked_{kind.replace(' ', '_')}") for kind in shown.masked]
        kinds = ", ".join(found) or seat.say("coach.nothing_masked")
        return joined(
            (
                Markup("<p>{}</p>").format(seat.say("coach.case_intro")),
                desk.facts(
                    (
                        (seat.say("coach.col_target"), target_name(seat.reader, target)),
                        (seat.say("coach.col_from_to"), _from_to(seat, target, review.was, review.now)),
                        (seat.say("coach.col_suite"), shown.suite),
                        (seat.say("coach.masked"), kinds),
                    )
                ),
                desk.section(seat.say("coach.case_text"), _text(seat, shown.text)),
                desk.section(
                    seat.say("coach.case_reason"), Markup('<p dir="auto">{}</p>').format(shown.reason)
                ),
                desk.section(seat.say("coach.nearest"), _nearest(seat, shown)),
                desk.form(
                    seat,
                    f"/coach/cases/new/{review.id}",
                    desk.text_field(
                        "hide",
                        seat.say("coach.hide"),
                        Field(value=hide, hint=seat.say("coach.hide_hint"), lines=3, longest=2_000),
                    ),
                    Markup('<p class="buttons">{} {}</p>').format(
                        desk.button(seat.say("coach.preview_again"), name="act", value="preview", main=False),
                        desk.button(seat.say("coach.case_make"), name="act", value="make"),
                    ),
                ),
            )
        )

    # --- reading ---

    def listed(self, seat: Seat) -> Response:
        """Every case with its state, those that wait for this coach first."""
        reader = seat.reader
        name = namer(reader, self.product.store.accounts)
        columns = [
            Column(id, seat.say(f"coach.col_{id}"))
            for id in ("case", "target", "state", "made", "second", "suite")
        ]
        every = sorted(self.candidates.all(), key=lambda c: (not self._waits(seat, c), c.made_at.isoformat()))
        rows = [
            (
                Markup('<a href="/coach/cases/{}">{}</a>').format(c.id, c.id[:8]),
                target_name(reader, c.target),
                desk.badge(seat.say(f"coach.case_{c.state}"), _kind(c.state))
                + _for_you(seat, self._waits(seat, c)),
                Markup("{}, {}").format(name(c.made_by), day(c.made_at)),
                name(c.second_by) if c.second_by else "–",
                c.suite or "–",
            )
            for c in every
        ]
        title = seat.say("coach.nav_cases")
        intro = Markup("<p>{}</p>").format(seat.say("coach.cases_intro"))
        return self._page(seat, title, intro + desk.table(seat, title, columns, rows, hidden_caption=True))

    def one(
        self, seat: Seat, candidate_id: str, typed: tuple[str, str] = ("", ""), error: Exception | None = None
    ) -> Response:
        """One case: to be read by a second coach, or what came of it."""
        found = next((c for c in self.candidates.all() if c.id == candidate_id), None)
        if found is None:
            raise InputError("there is no such candidate", fix="load the list again", key="no_candidate")
        waits = self._waits(seat, found)
        name = namer(seat.reader, self.product.store.accounts)
        state = desk.badge(seat.say(f"coach.case_{found.state}"), _kind(found.state))
        known = [
            (seat.say("coach.col_target"), target_name(seat.reader, found.target)),
            (seat.say("coach.state"), state),
        ]
        if not waits:
            known += [
                (
                    seat.say("coach.col_made"),
                    Markup("{}, {}").format(name(found.made_by), day(found.made_at)),
                ),
                (seat.say("coach.col_from_to"), _from_to(seat, found.target, found.was, found.now)),
                (seat.say("coach.case_reason"), found.reason),
            ]
            if found.second_by:
                known += [
                    (seat.say("coach.col_second"), name(found.second_by)),
                    (
                        seat.say("coach.second_said"),
                        value_badge(seat.reader, found.target, found.second_value),
                    ),
                    (seat.say("coach.second_reason"), found.second_reason or ""),
                ]
        telling = desk.problem(seat, error) if isinstance(error, InputError | StoreError) else desk.NOTHING
        parts = [
            telling,
            desk.facts(known),
            desk.section(seat.say("coach.case_text"), _text(seat, found.text)),
        ]
        if waits:
            parts.append(desk.section(seat.say("coach.your_reading"), self._reading(seat, found, typed)))
        elif found.state == "quarantine":
            parts.append(Markup("<p>{}</p>").format(seat.say("coach.case_waits")))
        title = seat.say("coach.case_title", id=found.id[:8])
        status = 200 if error is None else 409 if isinstance(error, StoreError) else 400
        return self._page(seat, title, joined(parts), status)

    def read(self, seat: Seat, candidate_id: str, value: str, reason: str, version: str) -> Response:
        """Keep a second coach's reading; what was written stays on the page when something is wrong."""
        found = next((c for c in self.candidates.all() if c.id == candidate_id), None)
        if found is None:
            raise InputError("there is no such candidate", fix="load the list again", key="no_candidate")
        number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
        try:
            if len(reason) > LONGEST:
                raise InputError("too long", fix="shorten it", key="note_too_long", limit=LONGEST)
            check_value(seat.reader, found.target, value)
            self.candidates.read(candidate_id, seat.who, value, reason, version=number)
        except (InputError, StoreError) as error:
            if error.key not in ("value", "reason", "note_too_long", "second_reader", "review_conflict"):
                raise
            return self.one(seat, candidate_id, (value, reason), error)
        return desk.done(f"/coach/cases/{candidate_id}", "saved")

    def _reading(self, seat: Seat, found: Candidate, typed: tuple[str, str]) -> Markup:
        """The form of the second reader, who is not told what the first one said."""
        return desk.form(
            seat,
            f"/coach/cases/{found.id}",
            desk.hidden("version", str(found.version)),
            Markup("<p>{}</p>").format(seat.say("coach.case_read_note")),
            desk.select(
                "value",
                seat.say("coach.value_of", target=target_name(seat.reader, found.target)),
                (("", seat.say("coach.choose")), *options(seat.reader, found.target)),
                typed[0],
            ),
            desk.text_field(
                "reason",
                seat.say("coach.reason"),
                Field(value=typed[1], required=True, lines=3, longest=LONGEST),
            ),
            desk.button(seat.say("coach.second_send")),
        )

    def _waits(self, seat: Seat, candidate: Candidate) -> bool:
        """Whether this coach may read a case a second time."""
        if candidate.state != "quarantine" or candidate.made_by == seat.who.id:
            return False
        return self.product.store.reviews.get(candidate.review_id).decided_by != seat.who.id

    def _page(self, seat: Seat, title: str, body: Markup, status: int = 200) -> Response:
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body), status)


def _words(hide: str) -> list[str]:
    lines = [part.strip() for line in hide.splitlines() for part in line.split(",")]
    return [line for line in lines if line][:HIDDEN]


def _text(seat: Seat, text: str) -> Markup:
    label = seat.say("coach.case_text")
    return Markup('<pre tabindex="0" dir="auto" aria-label="{}">{}</pre>').format(label, text)


def _from_to(seat: Seat, target: str, was: str | None, now: str | None) -> str:
    return f"{value_name(seat.reader, target, was)} → {value_name(seat.reader, target, now)}"


def _nearest(seat: Seat, shown: Preview) -> Markup:
    if not shown.alike:
        return Markup("<p>{}</p>").format(seat.say("coach.nearest_none"))
    lines = joined(
        Markup("<li>{} · {}</li>").format(a.id[:24], seat.say("coach.share", share=round(a.share * 100)))
        for a in shown.alike
    )
    note = seat.say("coach.nearest_note", limit=round(NEAR * 100))
    return Markup('<ul>{}</ul><p class="small">{}</p>').format(lines, note)


def _for_you(seat: Seat, waits: bool) -> Markup:
    return Markup(" {}").format(desk.badge(seat.say("coach.for_you"), "care")) if waits else desk.NOTHING


def _kind(state: str) -> str:
    return {"quarantine": "care", "accepted": "good", "released": "good", "rejected": "stop"}[state]
