"""A turn as it happens: text and fields arrive before the end, once each, and agree with the end."""

from __future__ import annotations

from assistant.domain import Conversation, FieldHeard, ReplyText, Stage, Turn
from assistant.judging.llm import LONGEST_REPLY
from assistant.llm.scripted import ScriptedLLM
from tests.llm.stubs import DECISION, EN, PROBLEM, alike, assistant_with, heard, judge_with, read, reply


def test_text_and_fields_come_before_the_end() -> None:
    """The pieces of a stream are the reply's text and its fields, and the last is the reading that `read` gives."""
    said = reply(
        "I understand that families wait for months.",
        elements=[
            ("resident_problem", "stated", PROBLEM["en"]),
            ("users", "stated", "nobody said this"),
            ("decision", "stated", DECISION["en"]),
        ],
    )

    *pieces, last = judge_with(ScriptedLLM([said])).stream(heard(EN))

    text = [p.text for p in pieces if isinstance(p, ReplyText)]
    fields = [p for p in pieces if isinstance(p, FieldHeard)]
    assert "".join(text) == "I understand that families wait for months."
    assert len(text) > 1
    assert [f.id for f in fields] == ["resident_problem", "decision"]
    assert [f.evidence.quote for f in fields] == [PROBLEM["en"], DECISION["en"]]
    assert pieces.index(fields[0]) < len(pieces) - 1
    assert alike(last, read(heard(EN), said))


def test_a_whole_turn_streams_the_same_way() -> None:
    """Text arrives between reading and judging, never twice, and the last event is the turn."""
    said = reply("I see.", elements=[("decision", "stated", DECISION["en"])])
    talk = assistant_with(judge_with(ScriptedLLM([said])))

    *events, last = talk.stream(Conversation(), EN)

    stages = [n for n, e in enumerate(events) if isinstance(e, Stage)]
    live = [n for n, e in enumerate(events) if isinstance(e, ReplyText) and not e.whole]
    whole = [e.text for e in events if isinstance(e, ReplyText) and e.whole]
    assert isinstance(last, Turn)
    assert stages[0] < live[0] < stages[1]
    assert whole == [last.reply]


def test_what_streams_is_no_longer_than_what_is_shown() -> None:
    """A model that talks without end does not fill the page while it does."""
    said = reply("So it is then. " * 500)

    *pieces, _ = judge_with(ScriptedLLM([said])).stream(heard(EN))

    assert sum(len(p.text) for p in pieces if isinstance(p, ReplyText)) <= LONGEST_REPLY


def test_a_second_try_does_not_repeat_itself() -> None:
    """Fields and text that were shown of a reply that broke off are not shown again."""
    said = reply("I see.", elements=[("decision", "stated", DECISION["en"])])

    *pieces, _ = judge_with(ScriptedLLM([said[:-2], said])).stream(heard(EN))

    assert [p.id for p in pieces if isinstance(p, FieldHeard)] == ["decision"]
    assert "".join(p.text for p in pieces if isinstance(p, ReplyText)) == "I see."
