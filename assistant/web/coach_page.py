"""One draft as a coach reads it, as HTML. Pure functions over `OnePage`; every piece of data is escaped as it goes in.

What the engine suggests has a dashed edge and says so; what a person decided has a full one and a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from assistant.coaching.onepager import Change, Ruling
from assistant.domain import CriterionFinding, ElementFinding, Flag, SimilarCase
from assistant.store.reviews import LONGEST, Review
from assistant.web.coach_forms import (
    Shown,
    decision,
    decision_form,
    hand_back_form,
    heard_list,
    note_form,
    ruling_block,
)
from assistant.web.coach_words import (
    day,
    moment,
    reason_name,
    target_name,
    told,
    type_name,
    value_badge,
    value_name,
)
from assistant.web.desk import (
    NOTHING,
    Column,
    Field,
    Seat,
    badge,
    button,
    facts,
    folded,
    form,
    hidden,
    section,
    select,
    table,
    text_field,
)
from assistant.web.reader import host, joined
from assistant.web.render import outside


def page_body(shown: Shown) -> Markup:
    """The whole page below its heading."""
    return joined(
        (
            _first_pass(shown),
            _changed(shown),
            Markup('<div class="columns"><div>{}</div><div>{}</div></div>').format(
                joined((_fit(shown), _flags(shown), _type(shown))),
                joined((_questions(shown), _verdicts(shown), _owners(shown), _contests(shown))),
            ),
            _elements(shown),
            _cases(shown),
            _read(shown),
            _notes(shown),
            _record(shown),
        )
    )


def _first_pass(shown: Shown) -> Markup:
    engine = shown.page.judgement.engine
    made = f"{shown.say(f'page.engine_{engine.name}')} ({engine.name} {engine.version})"
    model = f" {engine.model}" if engine.model else ""
    return Markup('<p class="small"><strong>{}</strong> {} {}{}</p>{}').format(
        shown.say("coach.first_pass"), shown.say("page.engine"), made, model, _notices(shown)
    )


def _notices(shown: Shown) -> Markup:
    lines = joined(Markup("<li>{}</li>").format(n) for n in shown.page.judgement.notices)
    return Markup('<ul class="small" lang="{}">{}</ul>').format(shown.page.lang, lines) if lines else NOTHING


# --- suggested and decided ---------------------------------------------------------------------------------


def _fit(shown: Shown) -> Markup:
    fit = shown.page.judgement.fit
    sure = Markup('<p class="small">{}</p>').format(
        shown.say("coach.confidence", share=round(fit.confidence * 100))
    )
    return section(shown.say("coach.fit"), ruling_block(shown, shown.page.ruling("fit"), sure), id="fit")


def _flags(shown: Shown) -> Markup:
    raised = {f"flag:{f.reason}": f for f in shown.page.judgement.fit.flags}
    pieces = [
        _flag(shown, ruling, raised.get(ruling.target))
        for ruling in shown.page.rulings
        if ruling.target.startswith("flag:")
    ]
    none = Markup("<p>{}</p>").format(shown.say("coach.no_flags"))
    return section(
        shown.say("coach.flags"),
        joined(pieces) or none,
        folded(shown.say("coach.raise"), _raise(shown)),
        id="flags",
    )


def _raise(shown: Shown) -> Markup:
    """The form with which a coach raises a flag that the engine did not."""
    known = {ruling.target for ruling in shown.page.rulings}
    reasons = [
        (f"flag:{r.id}", r.name.at(shown.seat.reader.lang))
        for r in shown.seat.reader.programme.reasons
        if f"flag:{r.id}" not in known
    ]
    return form(
        shown.seat,
        f"{shown.place}/decide",
        shown.versions(),
        hidden("value", "raised"),
        select("target", shown.say("coach.flag"), reasons, id="t-raise"),
        text_field(
            "reason",
            shown.say("coach.reason"),
            Field(required=True, lines=2, longest=LONGEST, id="r-raise"),
        ),
        button(shown.say("coach.record")),
    )


def _flag(shown: Shown, ruling: Ruling, flag: Flag | None) -> Markup:
    sides = NOTHING
    if flag is not None:
        sides = Markup(
            '<div class="sides"><figure><figcaption>{}</figcaption>{}</figure>'
            "<figure><figcaption>{}</figcaption>{}</figure></div>"
        ).format(
            shown.say("coach.applicant_said"),
            shown.quote(flag.applicant_quote),
            f"{flag.rule.source}, {flag.rule.locator}",
            shown.quote(flag.rule.quote),
        )
    objection = NOTHING
    if flag is not None and flag.contested is not None:
        objection = Markup('<p class="contested"><strong>{}</strong> <span dir="auto">{}</span></p>').format(
            shown.say("coach.contested"), flag.contested.why
        )
    return Markup('<article id="{}"><h3>{}</h3>{}{}{}</article>').format(
        ruling.target.replace(":", "-"),
        target_name(shown.seat.reader, ruling.target),
        sides,
        objection,
        ruling_block(shown, ruling),
    )


def _type(shown: Shown) -> Markup:
    found = shown.page.judgement.type
    sentence = shown.quote(found.decision_sentence) if found.decision_sentence else NOTHING
    others = ", ".join(type_name(shown.seat.reader, id) for id in found.secondary)
    also = Markup("<p>{} {}</p>").format(shown.say("coach.also"), others) if others else NOTHING
    change = (
        Markup('<p class="small" lang="{}">{}</p>').format(shown.page.lang, found.would_change_if)
        if found.would_change_if
        else NOTHING
    )
    return section(
        shown.say("coach.type"),
        ruling_block(shown, shown.page.ruling("type"), sentence + also + change),
        id="type",
    )


def _elements(shown: Shown) -> Markup:
    columns = [
        Column(id, shown.say(f"coach.col_{id}")) for id in ("element", "suggestion", "quote", "decision")
    ]
    rows = [_element(shown, element) for element in shown.page.judgement.elements]
    title = shown.say("coach.elements")
    return section(title, table(shown.seat, title, columns, rows, hidden_caption=True), id="elements")


def _element(shown: Shown, found: ElementFinding) -> tuple[str, ...]:
    ruling = shown.page.ruling(f"element:{found.id}")
    return (
        shown.seat.reader.name(found.id),
        Markup('<span class="suggested">{}</span>').format(
            value_badge(shown.seat.reader, ruling.target, ruling.suggested)
        ),
        shown.quote(found.quote) if found.quote else "–",
        (decision(shown, ruling) if ruling.decision else NOTHING)
        + folded(shown.say("coach.decide"), decision_form(shown, ruling)),
    )


# --- what to look at first ---------------------------------------------------------------------------------


def _changed(shown: Shown) -> Markup:
    page = shown.page
    if page.since_look is None:
        since = Markup("<p>{}</p>").format(shown.say("coach.first_look"))
    else:
        since = _change_list(shown, page.since_look)
    mark = form(
        shown.seat, f"{shown.place}/look", shown.versions(), button(shown.say("coach.mark_read"), main=False)
    )
    when = Markup(" ({})").format(moment(page.looked_at)) if page.looked_at else NOTHING
    return section(
        shown.say("coach.changed"),
        Markup("<h3>{}{}</h3>{}").format(shown.say("coach.since_look"), when, since),
        Markup("<h3>{}</h3>{}").format(
            shown.say("coach.since_version"), _change_list(shown, page.since_version)
        ),
        mark,
        id="changed",
    )


def _change_list(shown: Shown, found: Sequence[Change]) -> Markup:
    if not found:
        return Markup("<p>{}</p>").format(shown.say("coach.nothing_changed"))
    return Markup("<ul>{}</ul>").format(
        joined(Markup("<li>{}</li>").format(_change(shown, c)) for c in found)
    )


def _change(shown: Shown, change: Change) -> Markup:
    reader = shown.seat.reader
    if change.what == "message":
        return Markup('{} <span dir="auto">{}</span>').format(
            shown.say("coach.new_message"), _short(change.after)
        )
    if change.what == "review":
        return Markup('{} <span dir="auto">{}</span>').format(
            shown.say(f"coach.kind_{change.id}"), _short(change.after)
        )
    if change.what == "pathway":
        words = [shown.say(f"pathway.{v}") for v in (change.before, change.after)]
        return Markup("{}: {} → {}").format(shown.say("page.readiness"), *words)
    target = f"{change.what}:{change.id}" if change.id else change.what
    before, after = (value_name(reader, target, v) for v in (change.before, change.after))
    return Markup("{}: {} → {}").format(target_name(reader, target), before, after)


def _short(text: str, limit: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + " …"


def _questions(shown: Shown) -> Markup:
    asked = shown.page.questions
    lines = joined(
        Markup('<li><p lang="{0}">{1}</p><p class="small" lang="{0}">{2}</p></li>').format(
            shown.page.lang, q.text, q.why
        )
        for q in asked
    )
    listed = (
        Markup("<ol>{}</ol>").format(lines)
        if asked
        else Markup("<p>{}</p>").format(shown.say("coach.no_gaps"))
    )
    return section(
        shown.say("coach.next_call"),
        listed,
        folded(shown.say("coach.hand_back"), hand_back_form(shown, "\n".join(f"- {q.text}" for q in asked))),
        id="questions",
    )


def _verdicts(shown: Shown) -> Markup:
    """Eligibility, fit and readiness: three verdicts that are never made into one."""
    judgement, reader = shown.page.judgement, shown.seat.reader
    states = [f.state for f in judgement.eligibility]
    tally = ", ".join(
        f"{shown.say(f'criterion.{s}')}: {states.count(s)}"
        for s in ("met", "not_met", "unknown")
        if s in states
    )
    signals = joined(
        Markup("<li><strong>{}</strong> {}</li>").format(shown.say(f"criterion.{s.state}"), s.why)
        for s in judgement.readiness.signals
    )
    return section(
        shown.say("coach.three_verdicts"),
        facts(
            (
                (shown.say("page.eligibility"), tally or "–"),
                (shown.say("coach.fit"), value_badge(reader, "fit", judgement.fit.verdict)),
                (shown.say("page.readiness"), shown.say(f"pathway.{judgement.readiness.pathway}")),
            )
        ),
        folded(
            shown.say("page.eligibility"),
            Markup("<ul>{}</ul>").format(joined(_criterion(shown, f) for f in judgement.eligibility)),
        ),
        folded(
            shown.say("page.readiness"),
            Markup('<p class="small" lang="{0}">{1}</p><ul lang="{0}">{2}</ul>').format(
                shown.page.lang, judgement.readiness.notice, signals
            ),
        ),
        id="verdicts",
    )


def _criterion(shown: Shown, found: CriterionFinding) -> Markup:
    state = "discuss" if found.discuss else found.state
    quote = shown.quote(found.quote) if found.quote else NOTHING
    return Markup(
        '<li><strong>{}</strong> {}<br><span lang="{}">{}</span>{}<p class="small">{}</p></li>'
    ).format(
        shown.seat.reader.name(found.id),
        badge(shown.say(f"criterion.{state}"), found.state),
        shown.page.lang,
        found.note,
        quote,
        f"{found.rule.source}, {found.rule.locator}",
    )


def _owners(shown: Shown) -> Markup:
    duties = shown.page.unowned
    if not duties:
        listed = Markup("<p>{}</p>").format(shown.say("coach.all_owned"))
        return section(shown.say("coach.unowned"), listed, id="owners")
    lines = joined(
        Markup("<li><strong>{}</strong>: {}</li>").format(
            function, "; ".join(d.duty for d in duties if d.function == function)
        )
        for function in dict.fromkeys(d.function for d in duties)
    )
    listed = Markup('<ul lang="{}">{}</ul>').format(shown.page.lang, lines)
    count = shown.say("coach.unowned_count", count=len(duties))
    return section(shown.say("coach.unowned"), folded(count, listed), id="owners")


def _contests(shown: Shown) -> Markup:
    if not shown.page.contests:
        return NOTHING
    lines = joined(
        Markup('<li><strong>{}</strong> <span dir="auto">{}</span></li>').format(
            reason_name(shown.seat.reader, c.reason), c.why
        )
        for c in shown.page.contests
    )
    return section(shown.say("coach.contests"), Markup("<ul>{}</ul>").format(lines), id="contests")


def _cases(shown: Shown) -> Markup:
    similar = shown.page.judgement.similar_cases
    if not similar:
        return NOTHING
    return section(
        shown.say("page.similar_cases"),
        Markup('<p class="small">{}</p><div class="columns">{}</div>').format(
            shown.say("page.cases_note"), joined(_case(shown, c) for c in similar)
        ),
        id="cases",
    )


def _case(shown: Shown, near: SimilarCase) -> Markup:
    return Markup(
        '<article class="inner" lang="{}"><h3>{}</h3><p class="small">{}</p><p><b>{}</b> {}</p>'
        "<p><b>{}:</b> {}</p><p>{}</p></article>"
    ).format(
        shown.page.lang,
        near.title,
        near.city,
        shown.say("page.case_alike"),
        near.why_similar,
        shown.say("page.differs"),
        near.differs,
        outside(near.source_url, shown.say("page.case_source", host=host(near.source_url))),
    )


def _read(shown: Shown) -> Markup:
    return section(shown.say("coach.read"), heard_list(shown), id="read")


# --- what was said -----------------------------------------------------------------------------------------


def _notes(shown: Shown) -> Markup:
    return section(shown.say("coach.note"), note_form(shown), id="notes")


def _record(shown: Shown) -> Markup:
    if not shown.page.reviews:
        return NOTHING
    lines = joined(_said(shown, review) for review in reversed(shown.page.reviews))
    return section(
        shown.say("coach.record_of"), Markup('<ol reversed class="record">{}</ol>').format(lines), id="record"
    )


def _said(shown: Shown, review: Review) -> Markup:
    case = NOTHING
    if review.kind == "overrule":
        case = Markup('<p><a href="/coach/cases/new/{}">{}</a></p>').format(
            review.id, shown.say("coach.make_case")
        )
    return Markup('<li id="said-{}"><p><strong>{}</strong> {} · {}</p>{}{}{}</li>').format(
        review.place,
        shown.name(review.decided_by),
        told(shown.seat.reader, review),
        moment(review.at),
        _from_to(shown, review),
        Markup('<p dir="auto" class="said">{}</p>').format(review.text) if review.text else "",
        case,
    )


def _from_to(shown: Shown, review: Review) -> Markup:
    if review.kind != "overrule" or review.target is None:
        return NOTHING
    return Markup('<p class="small">{} → {} ({})</p>').format(
        value_name(shown.seat.reader, review.target, review.was),
        value_name(shown.seat.reader, review.target, review.now),
        review.engine or "",
    )


def opening(shown: Shown) -> Markup:
    """How the applicant began, to know the draft by."""
    first = shown.page.heard[0].text if shown.page.heard else ""
    return Markup('<p class="lead" lang="{}" dir="auto">{}</p>').format(shown.page.lang, _short(first, 140))


def waiting_since(seat: Seat, since: Sequence[Review]) -> Markup:
    """Since when the draft waits, and with whom it lies."""
    handed = [r for r in since if r.kind in ("hand_over", "hand_back")]
    if not handed:
        return NOTHING
    key = "coach.with_applicant" if handed[-1].kind == "hand_back" else "coach.with_coaches"
    return Markup('<p class="small">{} {}</p>').format(seat.say(key), day(handed[-1].at))
