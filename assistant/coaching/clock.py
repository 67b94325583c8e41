"""The programme clock: do data access, prototype, build and pilot fit its months; dates only as far as printed.

Lengths are compared, not dates: the sources print months without years, so nothing here depends on one. February
counts 28 days, the least it can have.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from assistant.coaching.bank import Step
from assistant.coaching.dataprobe import LEAD_TIME
from assistant.coaching.durations import durations
from assistant.coaching.signs import Signs, quoted, said, stands
from assistant.domain import Conversation, Frozen, Lang
from assistant.judging.features import sentences
from assistant.programme import CalendarEvent, Phase, Programme
from assistant.words import Words

STEPS: tuple[Step, ...] = ("data_access", "prototype", "mvp", "pilot")
"""In the order of the phases: access during scoping, then one step a learning loop."""
DAYS = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Of each month by its number."""
TIGHT = 0.75
"""A step that takes more than this share of its phase leaves no room for anything to go wrong."""
Fits = Literal["fits", "tight", "does_not_fit", "unknown"]


class PhaseSpan(Frozen):
    """A stretch of the programme, as printed and in days."""

    id: str
    name: str
    months: str
    goal: str
    support: tuple[str, ...]
    """What is offered in it; the sources give these no date of their own."""
    begins: int
    """Days after the first day of scoping."""
    days: int


class LeadTime(Frozen):
    """How long something takes, in the applicant's words."""

    step: Step
    days: int
    quote: str


class StepFit(Frozen):
    """Whether one step fits the phase it belongs to."""

    step: Step
    name: str
    phase: str
    phase_name: str
    months: str
    phase_days: int
    fits: Fits
    lead: LeadTime | None
    """The longest time stated for it; None when nobody said."""
    others: tuple[str, ...] = ()
    """Words that give another length; both are shown."""
    latest_start: str | None = None
    """The part of a month in which it has to begin at the latest."""
    text: str
    question: str | None = None


class ClockEvent(Frozen):
    """An event as printed."""

    id: str
    name: str
    when: str
    place: str
    what: str
    passage: str
    printed: Literal["day", "month", "no_year"]
    """How much of the date the sources print: all of it, month and year, or no year."""
    during: tuple[str, ...] = ()
    """The phases it falls into."""


class Clock(Frozen):
    """The programme's time and the draft's, side by side."""

    lang: Lang
    phases: tuple[PhaseSpan, ...]
    steps: tuple[StepFit, ...]
    events: tuple[ClockEvent, ...]
    notice: str

    @property
    def undated(self) -> tuple[ClockEvent, ...]:
        """Events that no calendar file can hold, because no year is printed."""
        return tuple(e for e in self.events if e.printed == "no_year")


def clock(conversation: Conversation, programme: Programme, signs: Signs, words: Words, lang: Lang) -> Clock:
    """How the time that was stated compares with the time there is."""
    phases = _phases(programme, lang)
    leads = lead_times(conversation, signs)
    return Clock(
        lang=lang,
        phases=phases,
        steps=tuple(
            _fit(step, phase, leads, programme.scoping.month, words, lang)
            for step, phase in zip(STEPS, phases, strict=False)
        ),
        events=tuple(_event(e, programme, lang) for e in programme.events),
        notice=words.say(lang, "clock.notice"),
    )


# --- what the applicant said ---------------------------------------------------------------------------------------


def lead_times(conversation: Conversation, signs: Signs) -> tuple[LeadTime, ...]:
    """Every length of time stated for a step, in the order said; how often something happens is none."""
    texts = said(conversation)
    test = quoted(conversation, "test_plan")
    found = []
    for text in texts:
        for sentence in sentences(text):
            spans = durations(sentence.text)
            step = _step(sentence.text, test, signs) if spans else None
            if step is not None and stands(conversation, sentence.text, texts):
                longest = max(s.days for s in spans)
                found.append(LeadTime(step=step, days=longest, quote=sentence.text))
    for answer in conversation.probes:
        spans = durations(answer.text) if answer.field == LEAD_TIME else ()
        found += (
            [LeadTime(step="data_access", days=max(s.days for s in spans), quote=answer.text)]
            if spans
            else []
        )
    return tuple(dict.fromkeys(found))


def _step(sentence: str, test: str, signs: Signs) -> Step | None:
    """The step a sentence gives a length for; inside the test plan no further word is needed."""
    waits = signs.hears("lead", sentence)
    if waits and signs.hears("step_data", sentence):
        return "data_access"
    if waits and signs.hears("step_mvp", sentence):
        return "mvp"
    if test and (sentence in test or test in sentence):
        return "prototype"
    if not (waits or signs.hears("step_prototype", sentence)):
        return None
    if signs.hears("step_pilot", sentence):
        return "pilot"
    return "prototype" if signs.hears("step_prototype", sentence) else None


# --- what the programme gives --------------------------------------------------------------------------------------


def _phases(programme: Programme, lang: Lang) -> tuple[PhaseSpan, ...]:
    spans: list[PhaseSpan] = []
    first = programme.scoping.month
    for phase in (programme.scoping, *programme.loops):
        begins = _days_between(first, phase.month)
        spans.append(_span(phase, begins, lang))
    return tuple(spans)


def _span(phase: Phase, begins: int, lang: Lang) -> PhaseSpan:
    return PhaseSpan(
        id=phase.id,
        name=phase.name.at(lang),
        months=phase.months.at(lang),
        goal=phase.goal.at(lang),
        support=tuple(s.at(lang) for s in phase.support),
        begins=begins,
        days=_days_between(phase.month, phase.month_end) + DAYS[phase.month_end],
    )


def _days_between(month: int, other: int) -> int:
    """Days from the first of one month to the first of the next such month."""
    return sum(DAYS[(month - 1 + step) % 12 + 1] for step in range((other - month) % 12))


def _fit(
    step: Step, phase: PhaseSpan, leads: tuple[LeadTime, ...], first: int, words: Words, lang: Lang
) -> StepFit:
    """One step against its phase; of several lengths stated, the longest counts and the others are shown."""
    own = sorted((x for x in leads if x.step == step), key=lambda x: -x.days)
    lead = own[0] if own else None
    fits: Fits = "unknown"
    if lead is not None:
        fits = "does_not_fit" if lead.days > phase.days else "fits"
        fits = "tight" if fits == "fits" and lead.days > TIGHT * phase.days else fits
    latest = None
    if lead is not None:
        latest = _part_of_month(first, phase.begins + phase.days - lead.days, words, lang)
    slots = {
        "phase": phase.name,
        "months": phase.months,
        "weeks": _weeks(phase.days),
        "need": _weeks(lead.days) if lead else 0,
        "latest": latest or "",
    }
    return StepFit(
        step=step,
        name=words.say(lang, f"clock.step_{step}"),
        phase=phase.id,
        phase_name=phase.name,
        months=phase.months,
        phase_days=phase.days,
        fits=fits,
        lead=lead,
        others=tuple(x.quote for x in own[1:] if lead and x.days != lead.days),
        latest_start=latest,
        text=words.say(lang, f"clock.{fits}", **slots),
        question=words.say(lang, f"clock.ask_{step}") if lead is None else None,
    )


def _weeks(days: int) -> int:
    return max(1, round(days / 7))


def _part_of_month(month: int, day: int, words: Words, lang: Lang) -> str:
    """The part of a month that lies so many days after the first of `month`, or before it when negative."""
    left = day
    while left < 0:
        month = (month - 2) % 12 + 1
        left += DAYS[month]
    while left >= DAYS[month]:
        left -= DAYS[month]
        month = month % 12 + 1
    part = ("early", "mid", "late")[min(2, left // 10)]
    return words.say(lang, f"clock.{part}", month=words.say(lang, f"clock.month_{month}"))


def _event(event: CalendarEvent, programme: Programme, lang: Lang) -> ClockEvent:
    printed: Literal["day", "month", "no_year"] = "no_year"
    if event.year is not None and event.month is not None:
        printed = "month" if event.day is None else "day"
    return ClockEvent(
        id=event.id,
        name=event.name.at(lang),
        when=event.when.at(lang),
        place=event.place.at(lang),
        what=event.what.at(lang),
        passage=event.passage,
        printed=printed,
        during=tuple(p.name.at(lang) for p in (programme.scoping, *programme.loops) if _overlaps(event, p)),
    )


def _overlaps(event: CalendarEvent, phase: Phase) -> bool:
    """Whether an event falls into the months of a phase; neither is longer than a year."""
    if event.month is None:
        return False
    months = {(phase.month - 1 + i) % 12 + 1 for i in range((phase.month_end - phase.month) % 12 + 1)}
    last = event.month_end or event.month
    return any((event.month - 1 + i) % 12 + 1 in months for i in range((last - event.month) % 12 + 1))


# --- the calendar file ---------------------------------------------------------------------------------------------


def to_ics(programme: Programme, words: Words, lang: Lang, now: datetime | None = None) -> bytes:
    """An iCalendar file of the events whose year is printed; where no day is, the whole month, and it says so."""
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", f"-//{programme.about.id}//scoping//{lang.upper()}")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", programme.about.name.at(lang))
    for event in programme.events:
        if event.year is None or event.month is None:
            continue
        begins, ends = _days(event)
        entry = Event()
        entry.add("uid", f"{event.id}@{programme.about.id}")
        entry.add("dtstamp", now or datetime.now(UTC))
        entry.add("summary", event.name.at(lang))
        entry.add("dtstart", begins)
        entry.add("dtend", ends + timedelta(days=1))
        entry.add("location", event.place.at(lang))
        note = words.say(lang, "clock.day_not_printed") if event.day is None else ""
        entry.add("description", " ".join(filter(None, [event.what.at(lang), note])))
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _days(event: CalendarEvent) -> tuple[date, date]:
    """The first and last day of an event whose month and year are printed."""
    assert event.year is not None and event.month is not None  # noqa: PT018, S101  # the caller has looked
    begins = date(event.year, event.month, event.day or 1)
    if event.day is None:
        return begins, _last_of(event.year, event.month)
    month = event.month_end or event.month
    year = event.year + (month < event.month)
    return begins, date(year, month, event.day_end or event.day)


def _last_of(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
