"""Pieces of a draft's page that stand alone too: forms, a suggestion beside its decision, the text that was read."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from assistant.coaching.onepager import OnePage, Ruling
from assistant.store.reviews import LONGEST
from assistant.web.coach_words import (
    moment,
    options,
    target_name,
    value_badge,
)
from assistant.web.desk import (
    NOTHING,
    Field,
    Seat,
    button,
    checkbox,
    folded,
    form,
    hidden,
    select,
    text_field,
)
from assistant.web.reader import joined

Name = Callable[[str | None], str]
"""What people are called on a page."""


@dataclass(frozen=True)
class Shown:
    """A coach, a page, and how people are named on it."""

    seat: Seat
    page: OnePage
    name: Name

    @property
    def place(self) -> str:
        """The page's address."""
        return f"/coach/drafts/{self.page.draft_id}"

    def say(self, key: str, **slots: object) -> str:
        """The words for a key of the locale files."""
        return self.seat.say(key, **slots)

    def quote(self, text: str) -> Markup:
        """Somebody's words, in the draft's language."""
        return Markup('<blockquote lang="{}" dir="auto">{}</blockquote>').format(self.page.lang, text)

    def versions(self) -> Markup:
        """What a form says about what its writer has seen."""
        return hidden("seen", str(self.page.place)) + hidden("turn_seq", str(self.page.turn_seq))

    def once(self) -> Markup:
        """A name of a form's own, so that what is sent twice is kept once."""
        return hidden("form", secrets.token_hex(16))


def ruling_block(shown: Shown, ruling: Ruling, suggestion: Markup = NOTHING) -> Markup:
    """The suggestion and the decision side by side, and the form to decide."""
    return Markup(
        '<div class="ruling"><div class="suggested"><p class="label">{}</p><p>{}</p>{}</div>'
        '<div class="decided"><p class="label">{}</p>{}</div></div>{}'
    ).format(
        shown.say("coach.suggestion"),
        value_badge(shown.seat.reader, ruling.target, ruling.suggested),
        suggestion,
        shown.say("coach.decision"),
        decision(shown, ruling),
        folded(shown.say("coach.decide"), decision_form(shown, ruling)),
    )


def decision(shown: Shown, ruling: Ruling) -> Markup:
    made = ruling.decision
    if made is None:
        return Markup('<p class="open">{}</p>').format(shown.say("coach.undecided"))
    stale = (
        Markup('<p class="small">{}</p>').format(shown.say("coach.earlier_answer")) if ruling.earlier else ""
    )
    return Markup('<p>{} {}</p><p dir="auto">{}</p><p class="small">{}, {}</p>{}').format(
        value_badge(shown.seat.reader, ruling.target, made.now),
        shown.say(f"coach.kind_{made.kind}"),
        made.text,
        shown.name(made.decided_by),
        moment(made.at),
        stale,
    )


def decision_form(
    shown: Shown, ruling: Ruling, *, value: str = "", reason: str = "", problem: str = ""
) -> Markup:
    """The form to agree with a target or to overrule it."""
    id = ruling.target.replace(":", "-")
    chosen = value or (ruling.decision.now if ruling.decision else None) or ruling.suggested
    about = target_name(shown.seat.reader, ruling.target)
    return form(
        shown.seat,
        f"{shown.place}/decide",
        hidden("target", ruling.target),
        shown.once(),
        shown.versions(),
        select(
            "value",
            shown.say("coach.value_of", target=about),
            options(shown.seat.reader, ruling.target),
            chosen,
            id=f"v-{id}",
        ),
        text_field(
            "reason",
            shown.say("coach.reason"),
            Field(
                value=reason,
                hint=shown.say("coach.reason_hint"),
                problem=problem,
                required=True,
                lines=2,
                longest=LONGEST,
                id=f"r-{id}",
            ),
        ),
        button(shown.say("coach.record")),
    )


def hand_back_form(shown: Shown, questions: str, problem: str = "") -> Markup:
    """The form that gives the draft back to the applicant with the coach's questions."""
    return form(
        shown.seat,
        f"{shown.place}/hand-back",
        shown.once(),
        shown.versions(),
        text_field(
            "text",
            shown.say("coach.questions_for_applicant"),
            Field(
                value=questions,
                hint=shown.say("coach.hand_back_hint"),
                problem=problem,
                required=True,
                lines=6,
                longest=LONGEST,
                id="t-hand-back",
            ),
        ),
        button(shown.say("coach.hand_back")),
    )


def note_form(shown: Shown, text: str = "", problem: str = "") -> Markup:
    """The form for a note: among coaches unless it is opened to the applicant."""
    return form(
        shown.seat,
        f"{shown.place}/note",
        shown.once(),
        text_field(
            "text",
            shown.say("coach.note_text"),
            Field(value=text, problem=problem, required=True, lines=3, longest=LONGEST, id="t-note"),
        ),
        checkbox("open", shown.say("coach.note_open")),
        button(shown.say("coach.note_send")),
    )


def heard_list(shown: Shown) -> Markup:
    """The applicant's messages exactly as they were read, with what was left out."""
    seat, page = shown.seat, shown.page
    pieces = []
    for heard in page.heard:
        source = f" · {heard.document}" if heard.document else ""
        aside = (
            Markup('<p class="small">{}</p>').format(seat.say("coach.not_counted"))
            if not heard.counts
            else ""
        )
        cut = joined(Markup("<li><del>{}</del></li>").format(line) for line in heard.cut)
        left_out = Markup("<p><strong>{}</strong></p><ul>{}</ul>").format(seat.say("coach.cut"), cut)
        pieces.append(
            Markup('<h3>{}{}</h3>{}<pre tabindex="0" dir="auto" lang="{}" aria-label="{}">{}</pre>{}').format(
                seat.say("coach.message_number", number=heard.turn),
                source,
                aside,
                page.lang,
                seat.say("coach.message_number", number=heard.turn),
                heard.text,
                left_out if heard.cut else "",
            )
        )
    return joined(pieces)
