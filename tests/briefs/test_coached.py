"""The coaching's values as sections: what they hold stands in the brief, and what is open is said to be."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace as Value

import pytest

from assistant.briefs.brief import write_brief
from assistant.briefs.coached import Sections
from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Conversation, Lang, Section
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.opening import text_of


def duty(id: str, owner: str = "", basis: str = "open") -> Value:
    """A responsibility."""
    return Value(id=id, owner=owner, contributors=("two analysts",), time="a day a week", basis=basis)


def objection(text: str, quote: str | None, decision: str | None, reason: str = "") -> Value:
    """An objection that was raised."""
    case = Value(city="New Orleans", lesson="alarms were given to the wrong homes")
    held = Value(text=text, quote=quote, settles="a week beside a crew", case=case)
    return Value(objection=held, decision=decision, reason=reason)


def sections(programme: Programme, words: Words, lang: Lang) -> tuple[Section, ...]:
    """One section of each kind, made of values shaped like the coaching's."""
    write = Sections(programme, words, lang)
    ids = [item.id for function in programme.functions for item in function.responsibility]
    duties = (
        duty(ids[0], "the city manager", "stated"),
        duty(ids[1], "the deputy", "inferred"),
        duty(ids[2]),
    )
    heap = Value(owner="the city manager", duties=tuple(ids[:6]))
    step = Value(
        name="Prototype", phase_name="Loop 1", months="September", lead=None, text="8 weeks in 61 days"
    )
    event = Value(name="Orientation", when="May 27", place="online", what="a call")
    idea = Value(
        name="Paper list",
        idea="try it",
        how="by hand",
        origin="proposal",
        quote=None,
        checks=(),
        stop="no gain",
    )
    loop = Value(name="Loop 1", months="September", goal="learn", holds=(("To test", None),))
    plan = Value(
        assumptions=(Value(text="Crews will follow it", quote="the crews", risk=6),),
        ideas=(idea,),
        residents="families in the low flats",
        frontline=None,
        stop="if nobody uses it",
        not_built=None,
        indicators=(Value(quote="days to a visit", baseline=None, target="fewer"),),
        loops=(loop,),
        notes=("Nobody from the front line takes part yet.",),
    )
    side = Value(name="Holder", quote="the repairs office")
    source = Value(name="the repair log", known=1, sides=(side, Value(name="Gaps", quote=None)))
    raised = objection("The list comes too late", "first on Monday", "accepted")
    return (
        write.capability_map(Value(duties=duties, unowned=(ids[2],), overloaded=(heap,))),
        write.data_probe(Value(sources=(source,))),
        write.test_plan(plan),
        write.clock(Value(steps=(step,), events=(event,), notice="No year is printed.")),
        write.clinic(
            Value(risks=(raised,), assumptions=(), readiness=(objection("Who coordinates?", None, None),))
        ),
    )


@pytest.mark.parametrize("form", ["docx", "pdf", "html", "md"])
def test_what_the_coaching_found_is_in_every_form(
    programme: Programme, words: Words, judged, conversation: Conversation, form: str
) -> None:
    """Owners, sides of a source, assumptions with their risk, tests, steps, dates and objections."""
    made = sections(programme, words, "en")
    brief = write_brief(conversation, judged(), programme, words, today=date(2026, 11, 20), sections=made)

    text = text_of(write_form(brief, form, programme, words), form)

    for wanted in (
        *(item.text.en for function in programme.functions for item in function.responsibility),
        "the deputy (Inferred)",
        "1 of 3 responsibilities have no owner yet.",
        "the city manager holds 6 responsibilities.",
        "the repair log — 1 of 2 sides told",
        "Holder: the repairs office",
        "Gaps: Not known yet",
        "Crews will follow it — Risk 6 of 9",
        "Paper list — A proposal",
        "Frontline staff: Not known yet",
        "8 weeks in 61 days",
        "Orientation — May 27",
        "The list comes too late — Accepted",
        "“first on Monday”",
        "Who coordinates? — Not decided",
        "alarms were given to the wrong homes (New Orleans)",
    ):
        assert wanted in text
    assert brief.untraced == ()


@pytest.mark.parametrize("lang", LANGS)
def test_sections_speak_the_briefs_language(programme: Programme, words: Words, lang: Lang) -> None:
    """Titles and states come from the corpus in each language; every duty of the programme has its row."""
    made = sections(programme, words, lang)

    ids = ("capability_map", "data_probe", "test_plan", "clock", "clinic")
    assert [section.title for section in made] == [words.say(lang, f"section.{id}") for id in ids]
    rows = [row for part in made[0].parts if part.kind == "table" for row in part.rows]
    assert [row[0] for row in rows] == [
        item.text.at(lang) for function in programme.functions for item in function.responsibility
    ]
    assert sum(row[1] == words.say(lang, "section.open") for row in rows) == len(rows) - 2
