"""Routes of one draft: reading it, deciding, notes, handing it back, and a blind second reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi import Path as PathParameter
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup
from starlette.datastructures import FormData

from assistant.coaching.onepager import OnePage, Ruling, one_page
from assistant.errors import InputError, StoreError
from assistant.store.reviews import DECISIONS, LONGEST, Review, engine_said
from assistant.web import auth, coach_forms, coach_page, desk
from assistant.web.coach_forms import Shown
from assistant.web.coach_words import (
    check_value,
    moment,
    namer,
    navigation,
    options,
    target_name,
    value_badge,
)
from assistant.web.desk import Field, Seat
from assistant.web.reader import joined
from assistant.wiring import Product

DraftId = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]
SHARE = 0.2
"""The share of decided drafts that a second coach reads blind."""
SECOND_TARGETS = ("fit", "type")


@dataclass(frozen=True)
class Sent:
    """What a form of the page said."""

    target: str = ""
    value: str = ""
    text: str = ""
    seen: int = 0
    turn_seq: int = 0
    open: bool = False
    form: str = ""
    """The name of the form, the same however often it is sent."""


def add_reviews(app: FastAPI, product: Product) -> None:
    """Add the routes to the desk."""
    reviewing = Reviewing(product)

    @app.get("/drafts/{draft_id}")
    def read(draft_id: DraftId, request: Request) -> Response:
        seat = desk.seat(request, product, "coach")
        if any(draft_id in reviewing.blind_for(seat, target) for target in SECOND_TARGETS):
            return reviewing.ask_blind(seat, draft_id)
        return reviewing.answer(seat, draft_id)

    @app.post("/drafts/{draft_id}/open")
    def open_anyway(draft_id: DraftId, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        seat = desk.seat(request, product, "coach", page=f"/coach/drafts/{draft_id}")
        # Whoever has looked cannot read blind any more; nothing counts as seen yet.
        product.store.reviews.look(draft_id, seat.who, turn_seq=0, place=0)
        return RedirectResponse(seat.path, 303)

    @app.post("/drafts/{draft_id}/decide")
    def decide(draft_id: DraftId, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        return reviewing.act(request, draft_id, _sent(form, "reason"), reviewing.decide)

    @app.post("/drafts/{draft_id}/note")
    def note(draft_id: DraftId, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        return reviewing.act(request, draft_id, _sent(form, "text"), reviewing.note)

    @app.post("/drafts/{draft_id}/hand-back")
    def hand_back(draft_id: DraftId, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        return reviewing.act(request, draft_id, _sent(form, "text"), reviewing.hand_back)

    @app.post("/drafts/{draft_id}/look")
    def look(draft_id: DraftId, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        return reviewing.act(request, draft_id, _sent(form, "text"), reviewing.look)

    @app.get("/second")
    def sample(request: Request) -> Response:
        return reviewing.sample(desk.seat(request, product, "coach"))

    @app.get("/second/{target}/{draft_id}")
    def read_blind(target: str, draft_id: DraftId, request: Request) -> Response:
        return reviewing.blind(desk.seat(request, product, "coach"), draft_id, target)

    @app.post("/second/{target}/{draft_id}")
    def second(target: str, draft_id: DraftId, request: Request, form: FormData = auth.FORM_SENT) -> Response:
        seat = desk.seat(request, product, "coach", page=f"/coach/second/{target}/{draft_id}")
        return reviewing.second(seat, draft_id, target, _sent(form, "reason"))


def _sent(form: FormData, text: str) -> Sent:
    return Sent(
        target=str(form.get("target", "")),
        value=str(form.get("value", "")),
        text=str(form.get(text, "")),
        seen=_count(form.get("seen")),
        turn_seq=_count(form.get("turn_seq")),
        open=form.get("open") == "yes",
        form=str(form.get("form", ""))[:64],
    )


def _count(sent: object) -> int:
    text = str(sent or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class Reviewing:
    """What the routes do."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.reviews = product.store.reviews

    # --- reading ---

    def page_of(self, seat: Seat, draft_id: str) -> OnePage:
        """The page of a draft that was handed over; raises InputError `no_draft` for any other."""
        draft = self.product.drafts.get(draft_id) if self.reviews.handed_over(draft_id) else None
        if draft is None:
            raise InputError("there is no such draft", fix="go back to the list", key="no_draft")
        said, look = self.reviews.of(draft_id, "coach"), self.reviews.last_look(draft_id, seat.who)
        look = look if look and look.turn_seq else None
        return one_page(draft, said, look, self.product.programme, self.product.words, reader=seat.who.id)

    def answer(
        self, seat: Seat, draft_id: str, telling: Markup = desk.NOTHING, status: int = 200
    ) -> Response:
        """The page of a draft."""
        page = self.page_of(seat, draft_id)
        shown = Shown(seat, page, namer(seat.reader, self.product.store.accounts))
        since = coach_page.waiting_since(seat, page.reviews)
        body = telling + coach_page.opening(shown) + since + coach_page.page_body(shown)
        title = seat.say("coach.draft", id=draft_id[:8])
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body), status)

    # --- deciding ---

    def act(
        self, request: Request, draft_id: str, sent: Sent, work: Callable[[Seat, str, Sent], str]
    ) -> Response:
        """Do what a form asks; whatever goes wrong, what was written stays on the page."""
        place = f"/coach/drafts/{draft_id}"
        seat = desk.seat(request, self.product, "coach", page=place)
        page = self.page_of(seat, draft_id)
        try:
            at = work(seat, draft_id, sent)
        except StoreError as error:
            if error.key != "review_conflict":
                raise
            return self._conflict(seat, page, sent, work == self.hand_back)
        except InputError as error:
            if error.key in ("no_draft", "forbidden"):
                raise
            if error.key == "sent_already":
                return desk.done(place, "saved_before", "record")
            return self._again(seat, page, sent, error, work)
        return desk.done(place, "saved", at)

    def decide(self, seat: Seat, draft_id: str, sent: Sent) -> str:
        """Agree or overrule."""
        check_value(seat.reader, sent.target, sent.value)
        made = self.reviews.decide(
            draft_id,
            seat.who,
            sent.target,
            sent.value,
            sent.text,
            seen=sent.seen,
            turn_seq=sent.turn_seq,
            form=sent.form,
        )
        self._looked(seat, made, sent)
        return {"fit": "fit", "type": "type"}.get(sent.target, sent.target.partition(":")[0] + "s")

    def note(self, seat: Seat, draft_id: str, sent: Sent) -> str:
        """Keep a note."""
        self.reviews.note(draft_id, seat.who, sent.text, open=sent.open, form=sent.form)
        return "record"

    def hand_back(self, seat: Seat, draft_id: str, sent: Sent) -> str:
        """Give the draft back with questions."""
        made = self.reviews.hand_back(draft_id, seat.who, sent.text, seen=sent.seen, form=sent.form)
        self._looked(seat, made, sent)
        return "record"

    def look(self, seat: Seat, draft_id: str, sent: Sent) -> str:
        """Note what was seen; nobody has seen more than there is."""
        page = self.page_of(seat, draft_id)
        seen, seq = min(sent.seen, page.place), min(sent.turn_seq, page.turn_seq)
        self.reviews.look(draft_id, seat.who, turn_seq=seq, place=seen)
        return "changed"

    def _looked(self, seat: Seat, made: Review, sent: Sent) -> None:
        # What came between the page and the decision was not seen, so it stays news.
        place = made.place if made.place == sent.seen + 1 else sent.seen
        self.reviews.look(made.draft_id, seat.who, turn_seq=sent.turn_seq or made.turn_seq or 0, place=place)

    # --- what went wrong ---

    def _shown(self, seat: Seat, page: OnePage) -> Shown:
        return Shown(seat, page, namer(seat.reader, self.product.store.accounts))

    def _again(
        self, seat: Seat, page: OnePage, sent: Sent, error: InputError, work: Callable[[Seat, str, Sent], str]
    ) -> Response:
        """The form alone, with what was written in it and what is wrong."""
        shown, told = self._shown(seat, page), " ".join(seat.reader.explain(error))
        if work == self.note:
            form = coach_forms.note_form(shown, sent.text, told)
        elif work == self.hand_back:
            form = coach_forms.hand_back_form(shown, sent.text, told)
        else:
            form = coach_forms.decision_form(
                shown, _ruling(page, sent.target), value=sent.value, reason=sent.text, problem=told
            )
        return self._alone(seat, page, seat.say("coach.not_saved"), desk.problem(seat, error) + form, 400)

    def _conflict(self, seat: Seat, page: OnePage, sent: Sent, handing_back: bool) -> Response:
        """What the other coach decided, and one's own words in a form that knows of it."""
        shown = self._shown(seat, page)
        news = [r for r in page.reviews if r.place > sent.seen and r.kind in (*DECISIONS, "hand_back")]
        others = joined(_other(shown, r) for r in news)
        anew = sent.turn_seq != page.turn_seq and not handing_back
        if handing_back:
            form, now = coach_forms.hand_back_form(shown, sent.text), desk.NOTHING
        else:
            ruling = _ruling(page, sent.target)
            form = coach_forms.decision_form(shown, ruling, value=sent.value, reason=sent.text)
            label = Markup("<p>{} {}</p>").format(
                seat.say("coach.judged_anew"), value_badge(seat.reader, ruling.target, ruling.suggested)
            )
            now = label if anew else desk.NOTHING
        body = Markup(
            '<div class="problem" role="alert"><p><strong>{}</strong> {}</p></div>{}{}<h2>{}</h2><p>{}</p>{}'
        ).format(
            seat.say("coach.conflict"),
            seat.say("coach.conflict_fix"),
            Markup("<h2>{}</h2><ul>{}</ul>").format(seat.say("coach.decided_meanwhile"), others)
            if others
            else "",
            now,
            seat.say("coach.your_words"),
            seat.say("coach.your_words_kept"),
            form,
        )
        return self._alone(seat, page, seat.say("coach.conflict_title"), body, 409)

    def _alone(self, seat: Seat, page: OnePage, title: str, body: Markup, status: int) -> Response:
        back = Markup('<p><a href="/coach/drafts/{}">{}</a></p>').format(
            page.draft_id, seat.say("coach.back_to_draft")
        )
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body + back), status)

    # --- blind second readings ---

    def blind_for(self, seat: Seat, target: str) -> list[str]:
        """The drafts of the sample that this coach has not seen, and so can read blind."""
        drawn = self.reviews.sample(seat.who, target, SHARE)
        return [id for id in drawn if self.reviews.last_look(id, seat.who) is None]

    def ask_blind(self, seat: Seat, draft_id: str) -> Response:
        """The choice to read blind first, before anybody's decision is shown."""
        links = joined(
            Markup('<a class="button" href="/coach/second/{}/{}">{}</a>').format(
                target, draft_id, seat.say("coach.read_blind", target=seat.say(f"coach.{target}"))
            )
            for target in SECOND_TARGETS
            if draft_id in self.blind_for(seat, target)
        )
        body = Markup('<p>{}</p><p class="buttons">{}</p>{}').format(
            seat.say("coach.blind_first"),
            links,
            desk.form(
                seat,
                f"/coach/drafts/{draft_id}/open",
                desk.button(seat.say("coach.open_anyway"), main=False),
            ),
        )
        title = seat.say("coach.nav_second")
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body))

    def sample(self, seat: Seat) -> Response:
        """The drafts that this coach may read blind."""
        parts = [Markup("<p>{}</p>").format(seat.say("coach.second_intro", share=round(SHARE * 100)))]
        for target in SECOND_TARGETS:
            ids = self.blind_for(seat, target)
            lines = joined(
                Markup('<li><a href="/coach/second/{}/{}">{}</a></li>').format(
                    target, id, seat.say("coach.draft", id=id[:8])
                )
                for id in ids
            )
            none = Markup("<p>{}</p>").format(seat.say("coach.no_second"))
            parts.append(
                desk.section(
                    seat.say(f"coach.{target}"), Markup("<ul>{}</ul>").format(lines) if ids else none
                )
            )
        title = seat.say("coach.nav_second")
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), joined(parts)))

    def blind(
        self,
        seat: Seat,
        draft_id: str,
        target: str,
        sent: Sent | None = None,
        error: InputError | None = None,
    ) -> Response:
        """The applicant's words alone, with neither the engine's nor the first coach's reading."""
        if target not in SECOND_TARGETS or draft_id not in self.blind_for(seat, target):
            raise InputError("there is no such reading", fix="load the list again", key="no_second")
        page = self.page_of(seat, draft_id)
        shown = self._shown(seat, page)
        form = desk.form(
            seat,
            f"/coach/second/{target}/{draft_id}",
            desk.hidden("turn_seq", str(page.turn_seq)),
            desk.select(
                "value",
                seat.say("coach.value_of", target=target_name(seat.reader, target)),
                (("", seat.say("coach.choose")), *options(seat.reader, target)),
                sent.value if sent else "",
            ),
            desk.text_field(
                "reason",
                seat.say("coach.reason"),
                Field(value=sent.text if sent else "", required=True, lines=3, longest=LONGEST),
            ),
            desk.button(seat.say("coach.second_send")),
        )
        telling = desk.problem(seat, error) if error else desk.NOTHING
        body = Markup("{}<p>{}</p>{}{}").format(
            telling,
            seat.say("coach.blind_note"),
            desk.section(seat.say("coach.read"), coach_forms.heard_list(shown)),
            desk.section(seat.say("coach.your_reading"), form),
        )
        title = seat.say("coach.second_of", target=seat.say(f"coach.{target}"), id=draft_id[:8])
        return desk.answer(seat, desk.page(seat, title, navigation(seat.reader), body), 400 if error else 200)

    def second(self, seat: Seat, draft_id: str, target: str, sent: Sent) -> Response:
        """Keep a second reading."""
        if target not in SECOND_TARGETS or draft_id not in self.blind_for(seat, target):
            raise InputError("there is no such reading", fix="load the list again", key="no_second")
        try:
            check_value(seat.reader, target, sent.value)
            self.reviews.second(draft_id, seat.who, target, sent.value, sent.text, turn_seq=sent.turn_seq)
        except StoreError as error:
            if error.key != "review_conflict":
                raise
            newer = InputError(str(error), fix=error.fix, key="judged_anew")
            return self.blind(seat, draft_id, target, sent, newer)
        except InputError as error:
            return self.blind(seat, draft_id, target, sent, error)
        return RedirectResponse("/coach/second?told=saved", 303)


def _ruling(page: OnePage, target: str) -> Ruling:
    try:
        return page.ruling(target)
    except KeyError:
        said = engine_said(page.judgement, target)  # raises InputError for what is no target
        return Ruling(target=target, suggested=str(said))


def _other(shown: Shown, review: Review) -> Markup:
    about = target_name(shown.seat.reader, review.target) if review.target else ""
    value = value_badge(shown.seat.reader, review.target, review.now) if review.target else ""
    return Markup(
        '<li><strong>{}</strong> · {} · {} {} {}<blockquote dir="auto">{}</blockquote></li>'
    ).format(
        shown.name(review.decided_by),
        moment(review.at),
        shown.say(f"coach.kind_{review.kind}"),
        about,
        value,
        review.text or "",
    )
