"""The programme clock: stated times against the loops' lengths, dates only as far as printed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar

from assistant.coaching.clock import Clock, to_ics
from assistant.coaching.coach import Coaching
from assistant.domain import LANGS, Conversation, Evidence, Lang, Message, ProbeAnswer
from tests.coaching.conftest import draft


def steps(clock: Clock) -> dict[str, tuple[str, int | None]]:
    """Each step with whether it fits and the days stated for it."""
    return {s.step: (s.fits, s.lead.days if s.lead else None) for s in clock.steps}


@pytest.mark.parametrize(
    ("lang", "data_days", "data_fits"),
    [("en", 90, "tight"), ("es", 120, "does_not_fit"), ("pt", 60, "fits")],
)
def test_b24_b27_b30_stated_times_are_compared_with_the_phases(
    coaching: Coaching, lang: Lang, data_days: int, data_fits: str
) -> None:
    """B11, B24, B27, B30: three, four and two months for data against 92 days; six weeks of test against 61."""
    made = coaching.clock(draft(lang), lang)

    assert [p.days for p in made.phases] == [92, 61, 92, 59]  # 30+31+31, 30+31, 30+31+31, 28+31
    assert steps(made) == {
        "data_access": (data_fits, data_days),
        "prototype": ("fits", 42),
        "mvp": ("unknown", None),
        "pilot": ("unknown", None),
    }
    assert all((s.question is None) == (s.lead is not None) for s in made.steps)


@pytest.mark.parametrize(
    ("words", "latest"),
    [
        (
            "It takes two months to get access to the records.",
            "early July",
        ),  # 1 September less 60 days: 3 July
        ("It takes six months to get access to the records.", "early March"),  # less 180 days: 5 March
        ("It takes one week to get access to the records.", "the end of August"),  # 25 August
        (
            "It takes two years to get access to the records.",
            "early September",
        ),  # less 730 days: two years before
    ],
)
def test_back_plan_names_the_part_of_a_month(coaching: Coaching, words: str, latest: str) -> None:
    """The latest start is counted back from the end of the phase, across the turn of a year too."""
    made = coaching.clock(draft(data_sources=words), "en")

    access = made.steps[0]
    assert access.latest_start == latest
    assert latest in access.text


@pytest.mark.parametrize(
    ("lang", "words", "step", "days"),
    [
        ("en", "Building the tool needs five months.", "mvp", 150),
        ("es", "Desarrollar la herramienta lleva cinco meses.", "mvp", 150),
        ("pt", "Desenvolver a ferramenta leva cinco meses.", "mvp", 150),
        ("en", "The pilot takes ten weeks.", "pilot", 70),
        ("es", "El piloto necesita diez semanas.", "pilot", 70),
        ("pt", "O piloto precisa de dez semanas.", "pilot", 70),
    ],
)
def test_build_and_pilot_times_are_heard_in_three_languages(
    coaching: Coaching, lang: Lang, words: str, step: str, days: int
) -> None:
    """B27, B30: what was said of the build and the pilot goes to their loops; both are too long here."""
    made = coaching.clock(draft(lang, constraints=words), lang)

    assert steps(made)[step] == ("does_not_fit", days)


@pytest.mark.parametrize("lang", LANGS)
def test_waits_of_residents_and_update_cycles_are_no_lead_times(coaching: Coaching, lang: Lang) -> None:
    """ "Families wait nine weeks" and "updated every two weeks" say nothing about the project's time."""
    other: dict[Lang, tuple[str, str]] = {
        "en": ("Families wait nine weeks for a crew.", "The arrears file is updated every two weeks."),
        "es": (
            "Las familias esperan nueve semanas por una cuadrilla.",
            "El padrón se actualiza cada dos semanas.",
        ),
        "pt": (
            "As famílias esperam nove semanas por uma equipe.",
            "A lista é atualizada a cada duas semanas.",
        ),
    }
    problem, source = other[lang]

    made = coaching.clock(draft(lang, resident_problem=problem, data_sources=source), lang)

    assert steps(made)["data_access"] == ("unknown", None)
    assert steps(made)["mvp"] == ("unknown", None)
    assert steps(made)["pilot"] == ("unknown", None)


def test_two_different_times_are_both_shown_and_the_longer_counts(coaching: Coaching) -> None:
    """Contradicting answers: the clock takes the longer and shows the other; one taken back is gone."""
    short, long = "The records take two weeks to get.", "It takes five months to obtain the data."
    conversation = draft(data_sources=short, constraints=long)
    taken_back = conversation.record["constraints"].model_copy(
        update={"earlier": (long,), "value": "Four crews.", "quote": "Four crews."}
    )
    changed = conversation.model_copy(update={"record": {**conversation.record, "constraints": taken_back}})

    both, one = coaching.clock(conversation, "en").steps[0], coaching.clock(changed, "en").steps[0]

    assert both.lead is not None
    assert (both.lead.days, both.others) == (150, (short,))
    assert one.lead is not None
    assert (one.lead.days, one.others) == (14, ())


def test_the_data_probes_answer_counts(coaching: Coaching) -> None:
    """A lead time given for a source is compared too."""
    answer = ProbeAnswer(source="Court filings", field="lead_time", text="About four weeks.")
    conversation = draft(data_sources="Court filings.").model_copy(update={"probes": (answer,)})

    assert steps(coaching.clock(conversation, "en"))["data_access"] == ("fits", 28)


@pytest.mark.parametrize("lang", LANGS)
def test_b47_b48_b49_b50_dates_are_as_printed(coaching: Coaching, lang: Lang) -> None:
    """B47 to B50, 3.6 item 7: one event has a year, no other year is written; site visits overlap loop 1."""
    made = coaching.clock(Conversation(lang=lang), lang)

    events = {e.id: e for e in made.events}
    assert {e.id for e in made.undated} == {"orientation", "first_coaching_call", "site_visits"}
    assert events["lead_convening"].printed == "month"
    assert "2027" in events["lead_convening"].when
    assert "2027" not in made.model_copy(update={"events": made.undated}).to_json()
    assert "2026" not in made.to_json()
    assert events["site_visits"].during == (made.phases[1].name,)
    assert events["orientation"].during == ()
    assert events["first_coaching_call"].during == (made.phases[0].name,)


@pytest.mark.parametrize("lang", LANGS)
def test_b50_the_calendar_file_opens_and_holds_what_is_printed(coaching: Coaching, lang: Lang) -> None:
    """B50: the file has the convening of January 2027 in Baltimore, the whole month, and nothing else."""
    file = Calendar.from_ical(
        to_ics(coaching.programme, coaching.words, lang, datetime(2026, 11, 21, tzinfo=UTC))
    )

    (event,) = file.events
    assert event.start == date(2027, 1, 1)
    assert event.end == date(2027, 2, 1)
    assert str(event["LOCATION"]) == "Baltimore"
    assert coaching.words.say(lang, "clock.day_not_printed") in str(event["DESCRIPTION"])


def test_a_date_printed_in_full_stands_on_its_days(coaching: Coaching) -> None:
    """A programme that prints years gets its days, from the first to the last."""
    events = tuple(
        e.model_copy(update={"year": 2027}) if e.id == "site_visits" else e for e in coaching.programme.events
    )
    programme = coaching.programme.model_copy(update={"events": events})

    file = Calendar.from_ical(to_ics(programme, coaching.words, "en"))

    visits = next(e for e in file.events if str(e["UID"]).startswith("site_visits"))
    assert visits.start == date(2027, 9, 1)
    assert visits.end == date(2027, 10, 17)
    assert coaching.words.say("en", "clock.day_not_printed") not in str(visits["DESCRIPTION"])


@pytest.mark.parametrize("lang", LANGS)
def test_b26_b29_b32_support_is_listed_without_a_date(coaching: Coaching, lang: Lang) -> None:
    """B26, B29, B32: what a loop offers, the demo day among it, is named under its months and gets no day."""
    made = coaching.clock(Conversation(lang=lang), lang)

    assert [len(p.support) for p in made.phases] == [3, 3, 3, 3]
    assert any("demo" in s.lower() for s in made.phases[3].support)
    assert not any("demo" in e.name.lower() for e in made.events)


def test_sixty_turns_and_odd_text_keep_the_clock_going(coaching: Coaching) -> None:
    """60 messages, 8,000 characters, emoji and right-to-left text change nothing that is not about time."""
    talk = (
        *(Message(turn=n, text="The agreement for the data takes three months 🕒.") for n in range(1, 60)),
        Message(turn=60, text="שלושה חודשים " * 600),
    )
    conversation = Conversation(lang="en", messages=talk, record={"data_sources": Evidence()}, turn=60)

    made = coaching.clock(conversation, "en")

    assert steps(made)["data_access"] == ("tight", 90)
    assert made.steps[0].others == ()
