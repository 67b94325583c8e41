"""The clinic's page and a colleague's sheet as HTML. Pure functions; every piece of data is escaped as it goes in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from assistant.coaching.bank import Bank
from assistant.coaching.clinic import CHOICES, Raised, Rehearsal
from assistant.coaching.clock import Clock
from assistant.coaching.colleagues import Sheet, SheetQuestion
from assistant.coaching.dataprobe import Probe
from assistant.coaching.testplan import TestIdea, TestPlan
from assistant.domain import Contribution, Conversation, Objection
from assistant.web.reader import Reader, host, joined

LISTS = ("risk", "assumption", "readiness")
NOTHING = Markup("")
PARTS = (
    ("lists", "clinic.lists"),
    ("plan", "plan.title"),
    ("clock", "clock.title"),
    ("data", "probe.title"),
    ("colleagues", "sheet.title"),
)
"""What follows the voices on the clinic's page: the id of each part and the key of its heading."""
BUTTONS = {"accepted": "accept", "rejected": "reject", "parked": "park"}


def key_of(objection: Objection) -> str:
    """A short name for an objection about these very words."""
    return hashlib.sha256(f"{objection.id}\n{objection.quote}".encode("utf-8", "replace")).hexdigest()[:16]


def page(reader: Reader, title: str, body: Markup, version: str) -> str:
    """A whole page that needs no script."""
    return str(
        Markup(
            '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            # Forms send their origin under this policy; the address still goes to no other site.
            '<meta name="referrer" content="same-origin"><meta name="robots" content="noindex"><title>{}</title>'
            '<link rel="stylesheet" href="/page/coach.css?v={}"></head><body><main>{}</main></body></html>'
        ).format(reader.lang, title, version, body)
    )


def problem(message: str, fix: str) -> Markup:
    """What went wrong and what to do, read out when the page opens."""
    return Markup('<p class="problem" role="alert"><strong>{}</strong> {}</p>').format(message, fix)


def _quote(text: str) -> Markup:
    return Markup('<blockquote dir="auto">{}</blockquote>').format(text)


def _items(lines: Sequence[Markup | str], name: str = "") -> Markup:
    return Markup('<ul class="{}">{}</ul>').format(
        name, joined(Markup("<li>{}</li>").format(x) for x in lines)
    )


def _labelled(label: str, text: str) -> Markup:
    return Markup('<p><b>{}</b> <span dir="auto">{}</span></p>').format(label, text)


# --- the clinic --------------------------------------------------------------------------------------------------


def clinic_body(
    reader: Reader, rehearsal: Rehearsal, bank: Bank, typed: Mapping[str, str], telling: Markup = NOTHING
) -> Markup:
    """The rehearsal with a form under each objection, then its three lists; `typed` holds reasons not yet kept."""
    say = reader.say
    head = Markup('<p><a href="/">{}</a></p><h1>{}</h1><p>{}</p><p class="small">{}</p>{}').format(
        say("clinic.back"), say("clinic.title"), say("clinic.intro"), say("clinic.practice"), telling
    )
    if not rehearsal.raised:
        return head + Markup("<p>{}</p>").format(say("clinic.nothing"))
    done = "" if rehearsal.undecided else Markup("<p>{}</p>").format(say("clinic.all_decided"))
    notices = joined(Markup("<p>{}</p>").format(n) for n in rehearsal.notices)
    parts = _contents(reader, rehearsal, bank)
    return (
        head
        + notices
        + done
        + parts
        + joined(_voices(reader, rehearsal, bank, typed))
        + _lists(reader, rehearsal)
    )


def _contents(reader: Reader, rehearsal: Rehearsal, bank: Bank) -> Markup:
    """Links to the parts of a page that is many screens long."""
    speaking = {r.objection.voice for r in rehearsal.raised}
    places = [(f"v-{v.id}", v.name.at(reader.lang)) for v in bank.voices if v.id in speaking]
    places += [(id, reader.say(key)) for id, key in PARTS]
    links = _items([Markup('<a href="#{}">{}</a>').format(id, title) for id, title in places])
    return Markup('<nav class="contents" aria-label="{}">{}</nav>').format(
        reader.say("clinic.contents"), links
    )


def _voices(reader: Reader, rehearsal: Rehearsal, bank: Bank, typed: Mapping[str, str]) -> list[Markup]:
    told = []
    for voice in bank.voices:
        own = [r for r in rehearsal.raised if r.objection.voice == voice.id]
        if own:
            told.append(
                Markup(
                    '<section class="voice" id="v-{}"><h2>{}</h2><p class="small">{}</p>{}</section>'
                ).format(
                    voice.id,
                    voice.name.at(reader.lang),
                    voice.cares.at(reader.lang),
                    joined(_objection(reader, r, typed.get(key_of(r.objection), r.reason)) for r in own),
                )
            )
    return told


def _objection(reader: Reader, raised: Raised, reason: str) -> Markup:
    told, say = raised.objection, reader.say
    about = (
        _quote(told.quote) if told.quote else Markup('<p class="gap">{}</p>').format(say("clinic.missing"))
    )
    return Markup(
        '<article id="o-{}"><p class="list">{}</p><h3>{}</h3>{}{}{}<p class="state {}">{}</p>{}</article>'
    ).format(
        key_of(told),
        say(f"clinic.{told.yields}"),
        told.text,
        about,
        _case(reader, told),
        _labelled(say("clinic.settles"), told.settles),
        raised.decision or "undecided",
        say(f"clinic.{raised.decision or 'undecided'}"),
        _answer(reader, raised, reason),
    )


def _case(reader: Reader, told: Objection) -> Markup:
    if told.case is None:
        return Markup("")
    where = host(told.case.source_url)
    link = (
        Markup('<a href="{}" rel="noreferrer noopener">{}</a>').format(told.case.source_url, where)
        if where
        else ""
    )
    return Markup('<div class="case"><p>{}</p>{}<p class="small">{}</p></div>').format(
        reader.say("clinic.case", city=told.case.city, title=told.case.title), _quote(told.case.lesson), link
    )


def _answer(reader: Reader, raised: Raised, reason: str) -> Markup:
    """The form under an objection; folded away once it is decided."""
    say, key = reader.say, key_of(raised.objection)
    buttons = joined(
        Markup('<button name="decision" value="{}">{}</button>').format(c, say(f"clinic.{BUTTONS[c]}"))
        for c in CHOICES
    )
    form = Markup(
        '<form method="post" action="/clinic/decide"><input type="hidden" name="objection" value="{}">'
        '<label for="r-{}">{}</label><textarea id="r-{}" name="reason" rows="2" dir="auto">{}</textarea>'
        '<p class="buttons">{}</p></form>'
    ).format(key, key, say("clinic.reason"), key, reason, buttons)
    if raised.decision is None:
        return form
    kept = Markup('<p dir="auto">{}</p>').format(raised.reason) if raised.reason else Markup("")
    return kept + Markup("<details><summary>{}</summary>{}</details>").format(say("clinic.change"), form)


def _lists(reader: Reader, rehearsal: Rehearsal) -> Markup:
    held = zip(LISTS, (rehearsal.risks, rehearsal.assumptions, rehearsal.readiness), strict=True)
    return Markup('<section id="lists"><h2>{}</h2><div class="lists">{}</div></section>').format(
        reader.say("clinic.lists"), joined(_list(reader, name, raised) for name, raised in held)
    )


def _list(reader: Reader, name: str, raised: Sequence[Raised]) -> Markup:
    lines = [
        Markup('<a href="#o-{}">{}</a> <span class="small">({})</span>').format(
            key_of(r.objection), r.objection.text, reader.say(f"clinic.{r.decision or 'undecided'}")
        )
        for r in raised
    ]
    inside = _items(lines) if lines else Markup("<p>{}</p>").format(reader.say("clinic.none_in_list"))
    return Markup("<div><h3>{}</h3>{}</div>").format(reader.say(f"clinic.{name}"), inside)


# --- plan, clock, data ---------------------------------------------------------------------------------------------


def plan_section(reader: Reader, plan: TestPlan) -> Markup:
    """The test plan, folded into its parts."""
    say = reader.say
    open_ = say("plan.not_said")
    ranked = [
        Markup("{} <span class='small'>{}{}</span>{}").format(
            a.text,
            say("plan.risk", risk=a.risk, impact=a.impact, uncertainty=a.uncertainty),
            f", {say('plan.contested')}" if a.contested else "",
            _quote(a.quote) if a.quote else Markup('<p class="gap">{}</p>').format(open_),
        )
        for a in plan.assumptions
    ]
    indicators = [
        Markup("{}{}").format(
            _quote(i.quote), _labelled(say("plan.baseline"), i.baseline or say("plan.unknown"))
        )
        for i in plan.indicators
    ]
    loops = [
        Markup("<b>{}</b> ({}). {}{}").format(
            s.name, s.months, s.goal, _items([_labelled(f"{name}:", held or open_) for name, held in s.holds])
        )
        for s in plan.loops
    ]
    parts = (
        ("assumptions", _items(ranked, "ranked")),
        ("ideas", joined(_idea(reader, i) for i in plan.ideas)),
        ("stop", _quote(plan.stop) if plan.stop else Markup('<p class="gap">{}</p>').format(open_)),
        ("indicators", _items(indicators) if indicators else Markup('<p class="gap">{}</p>').format(open_)),
        ("loops", _items(loops)),
        ("notes", _items(plan.notes) if plan.notes else Markup("")),
        ("open", _items(plan.open_questions) if plan.open_questions else Markup("")),
    )
    shown = joined(
        Markup("<h3>{}</h3>{}").format(say(f"plan.{key}"), inside) for key, inside in parts if inside
    )
    return Markup('<section id="plan"><h2>{}</h2>{}</section>').format(say("plan.title"), shown)


def _idea(reader: Reader, idea: TestIdea) -> Markup:
    say = reader.say
    people = ", ".join(say(f"plan.{p}") for p in idea.people)
    return Markup('<div class="idea"><h4>{}</h4><p>{}</p>{}{}{}{}</div>').format(
        idea.name,
        idea.idea,
        _quote(idea.quote) if idea.quote else Markup("<p>{}</p>").format(idea.how),
        _labelled(say("plan.people"), people) if people else "",
        _labelled(say("plan.proposed_stop"), idea.stop) if idea.stop else "",
        Markup('<p class="small">{}</p>').format(say("plan.proposal")) if idea.origin == "proposal" else "",
    )


def clock_section(reader: Reader, clock: Clock) -> Markup:
    """The clock: each step against its phase, then the events as printed."""
    say = reader.say
    steps = [
        Markup("<b>{}</b> {}{}{}{}").format(
            s.name,
            s.text,
            _quote(s.lead.quote) if s.lead else "",
            joined(_labelled(say("clock.also"), f"“{other}”") for other in s.others),
            Markup("<p>{}</p>").format(s.question) if s.question else "",
        )
        for s in clock.steps
    ]
    events = []
    for e in clock.events:
        during = say("clock.during", phases=", ".join(e.during)) if e.during else ""
        year = say("clock.no_year") if e.printed == "no_year" else ""
        notes = "; ".join(filter(None, (year, during)))
        events.append(f"{e.when}: {e.name}, {e.place}" + (f" ({notes})" if notes else ""))
    return Markup(
        '<section id="clock"><h2>{}</h2><p class="small">{}</p>{}<h3>{}</h3>{}'
        '<p><a href="/clinic/calendar.ics" download>{}</a></p><p class="small">{} {}</p></section>'
    ).format(
        say("clock.title"),
        clock.notice,
        _items(steps),
        say("clock.events"),
        _items(events),
        say("clock.download"),
        say("clock.undated"),
        "; ".join(e.name for e in clock.undated),
    )


def probe_section(reader: Reader, probe: Probe) -> Markup:
    """What is known of each source, and a form for the next question."""
    say = reader.say
    if not probe.sources:
        return Markup('<section id="data"><h2>{}</h2><p>{}</p></section>').format(
            say("probe.title"), say("probe.none")
        )
    known = joined(
        Markup("<h3>{}</h3>{}").format(
            s.name,
            _items(
                [
                    _labelled(f"{x.name}:", f"“{x.quote}”" if x.quote else say("probe.unknown"))
                    for x in s.sides
                ]
            ),
        )
        for s in probe.sources
    )
    asked = probe.next_question
    form = Markup("")
    if asked is not None:
        form = Markup(
            '<form method="post" action="/clinic/probe"><input type="hidden" name="source" value="{}">'
            '<input type="hidden" name="field" value="{}"><label for="probe">{}</label>'
            '<textarea id="probe" name="text" rows="2" dir="auto"></textarea><p class="buttons">'
            '<button name="known" value="yes">{}</button><button name="known" value="no">{}</button></p></form>'
        ).format(asked.source, asked.field, asked.text, say("probe.save"), say("probe.nobody_knows"))
    return Markup('<section id="data"><h2>{}</h2>{}{}</section>').format(say("probe.title"), form, known)


# --- colleagues ------------------------------------------------------------------------------------------------------


def colleagues_section(
    reader: Reader, made: Sequence[Sheet], conversation: Conversation, days: int, link: Markup = NOTHING
) -> Markup:
    """A button for each role with open questions, and what came back."""
    say = reader.say
    roles = joined(
        Markup(
            "<div><h3>{}</h3>{}<form method='post' action='/clinic/sheet'>"
            "<button name='role' value='{}'>{}</button></form></div>"
        ).format(
            s.role_name, _items([q.text for q in s.questions]), s.role, say("sheet.make", role=s.role_name)
        )
        for s in made
    )
    back = conversation.contributions
    told = _items([_contribution(reader, c) for c in back]) if back else Markup("")
    heading = Markup("<h3>{}</h3>").format(say("sheet.contributions")) if back else ""
    return Markup('<section id="colleagues"><h2>{}</h2>{}{}{}{}<p>{}</p>{}</section>').format(
        say("sheet.title"),
        link,
        _conflicts(reader, conversation),
        heading,
        told,
        say("sheet.intro", days=days) if made else say("sheet.nothing_open"),
        roles,
    )


def new_link(reader: Reader, address: str, role: str) -> Markup:
    """The link to a sheet that was just made; it is shown this once."""
    return Markup(
        '<div class="made" role="status"><label for="link">{}</label>'
        '<input id="link" type="text" readonly value="{}"></div>'
    ).format(reader.say("sheet.made", role=role), address)


def _contribution(reader: Reader, c: Contribution) -> Markup:
    who = f"{c.role}, {c.name}" if c.name else c.role
    return Markup("<b>{}</b> {} <span class='small'>({})</span>{}").format(
        reader.name(c.element),
        reader.say("sheet.from", role=who),
        reader.say(f"sheet.state_{c.state}"),
        _quote(c.text),
    )


def _conflicts(reader: Reader, conversation: Conversation) -> Markup:
    """Each answer that differs from what was stated, with both sides and a choice."""
    say = reader.say
    waiting = [c for c in conversation.contributions if c.state == "conflict"]
    if not waiting:
        return Markup("")
    shown = joined(
        Markup(
            '<div class="conflict"><h4>{}</h4><p>{}</p>{}<p>{}</p>{}'
            '<form method="post" action="/clinic/settle"><input type="hidden" name="contribution" value="{}">'
            '<p class="buttons"><button name="take" value="no">{}</button>'
            '<button name="take" value="yes">{}</button></p></form></div>'
        ).format(
            reader.name(c.element),
            say("sheet.yours"),
            _quote(_stated(conversation, c.element)),
            say("sheet.theirs", role=c.role),
            _quote(c.text),
            c.id,
            say("sheet.keep"),
            say("sheet.take"),
        )
        for c in waiting
    )
    return Markup("<h3>{}</h3>{}").format(say("sheet.conflicts"), shown)


def _stated(conversation: Conversation, element: str) -> str:
    held = conversation.record.get(element)
    return (held.value or held.quote or "") if held is not None else ""


def sheet_body(
    reader: Reader,
    summary: str,
    questions: Sequence[SheetQuestion],
    typed: Mapping[str, str],
    telling: Markup = NOTHING,
) -> Markup:
    """What a colleague sees: one line about the project, the questions, a form. `typed` is what was not taken yet."""
    say = reader.say
    fields = joined(
        Markup(
            '<div class="ask"><label for="a-{}">{}</label><p class="small" id="w-{}">{} {}</p>'
            '<textarea id="a-{}" name="{}" rows="3" dir="auto" aria-describedby="w-{}">{}</textarea></div>'
        ).format(
            q.element,
            q.text,
            q.element,
            say("sheet.why"),
            q.why,
            q.element,
            q.element,
            q.element,
            typed.get(q.element, ""),
        )
        for q in questions
    )
    return Markup(
        '<h1>{}</h1>{}<p>{}</p><h2>{}</h2>{}<form method="post">{}'
        '<label for="role">{}</label><input id="role" name="role" type="text" required autocomplete="off" value="{}">'
        '<label for="name">{}</label><input id="name" name="name" type="text" autocomplete="off" value="{}">'
        '<p class="small">{}</p><p class="buttons"><button>{}</button></p></form>'
    ).format(
        say("sheet.page_title"),
        telling,
        say("sheet.page_intro"),
        say("sheet.about"),
        _quote(summary),
        fields,
        say("sheet.role"),
        typed.get("role", ""),
        say("sheet.name"),
        typed.get("name", ""),
        say("sheet.kept"),
        say("sheet.send"),
    )


def thanks_body(reader: Reader) -> Markup:
    """What a colleague sees after answering."""
    return Markup('<h1>{}</h1><p role="status">{}</p>').format(
        reader.say("sheet.thanks"), reader.say("sheet.thanks_more")
    )
