"""The brief as a value: what it takes from the conversation, and what it loads back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.briefs.brief import load_brief, write_brief
from assistant.domain import LANGS, Brief, Contact, Conversation, Evidence, Lang
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.conftest import TODAY

SAVED = Path(__file__).parent / "data"


def problem(text: str) -> Conversation:
    """A conversation in which only a problem was stated."""
    return Conversation(record={"resident_problem": Evidence(state="stated", value=text, quote=text, turn=1)})


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("families wait nine weeks for a crew.", "Families wait nine weeks for a crew"),
        ("families wait nine weeks. Nobody tells them.", "Families wait nine weeks"),
        (
            "about 3.5 % of homes have mould in winter. Every year.",
            "About 3.5 % of homes have mould in winter",
        ),
        ("families\n\nwait nine weeks", "Families wait nine weeks"),
        ("¿por qué esperan tanto las familias?", "¿por qué esperan tanto las familias?"),
        ("word " * 60, "Word" + " word" * 16 + "…"),
        ("x" * 300, "X" + "x" * 88 + "…"),
    ],
)
def test_the_title_is_the_resident_problem(
    programme: Programme, words: Words, judged, text: str, title: str
) -> None:
    """A brief is called by the first sentence of the problem, cut at a word where it is long."""
    brief = write_brief(problem(text), judged(), programme, words, today=TODAY)

    assert brief.title == title
    assert len(brief.title) <= 90


@pytest.mark.parametrize("lang", LANGS)
def test_a_brief_about_nothing_still_has_a_title(
    programme: Programme, words: Words, judged, lang: Lang
) -> None:
    """Before anything was said, the brief invents nothing: no title, no city, no channel, no figure."""
    brief = write_brief(Conversation(), judged(lang, flagged=False), programme, words, today=TODAY)

    assert brief.title == words.say(lang, "brief.title")
    assert brief.contact == Contact()
    assert all(evidence.state == "missing" for evidence in brief.record.values())
    assert brief.untraced == ()


def test_every_element_that_is_not_stated_is_an_open_question_the_most_valuable_first(
    programme: Programme, words: Words, judged, conversation: Conversation
) -> None:
    """Missing, vague and unknown elements are all asked for, stated ones are not."""
    brief = write_brief(conversation, judged(flagged=False), programme, words, today=TODAY)

    asked = [question.element for question in brief.open_questions]
    stated = {id for id, evidence in conversation.record.items() if evidence.state == "stated"}
    assert set(asked) == {*programme.element_ids, *programme.fact_ids} - stated
    weights = [programme.element(id).weight for id in asked if id in programme.element_ids]
    assert weights == sorted(weights, reverse=True)
    vague = next(q for q in brief.open_questions if q.element == "data_sources")
    assert vague.text == programme.element("data_sources").question_again.en


def test_the_record_has_every_element_and_fact(
    programme: Programme, words: Words, judged, conversation: Conversation
) -> None:
    """What nobody spoke of is there as missing, so that a reader sees the gap."""
    brief = write_brief(conversation, judged(), programme, words, today=TODAY)

    assert set(brief.record) == {*programme.element_ids, *programme.fact_ids}
    assert brief.record["test_plan"].state == "missing"
    assert brief.record["decision"] == conversation.record["decision"]
    assert (brief.made_on, brief.draft) == ("2026-11-20", conversation.id)


# --- loading -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_saved_brief_loads_back(brief: Brief, start: str) -> None:
    """What was written as JSON is read as the same brief, also after an editor put a mark before it."""
    assert load_brief(start + brief.to_json()) == brief


def test_a_brief_of_a_newer_version_is_named_as_such(brief: Brief) -> None:
    """A program that is too old says so instead of guessing."""
    with pytest.raises(InputError) as refused:
        load_brief(brief.to_json().replace('"brief/2"', '"brief/3"'))

    assert refused.value.key == "brief_newer"
    assert "upgrade" in refused.value.fix


@pytest.mark.parametrize("path", sorted(SAVED.glob("brief-1-*.json")), ids=lambda path: path.stem)
def test_a_brief_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    """Files that version 1 saved load with everything that was said and judged; what is new is empty."""
    old = json.loads(path.read_text(encoding="utf-8"))

    brief = load_brief(path.read_text(encoding="utf-8"))

    new = json.loads(brief.to_json())
    assert (old["schema"], new["schema"]) == ("brief/1", "brief/2")
    kept = ("lang", "draft", "made_on", "title", "record", "judgement", "open_questions")
    assert all(holds(new[key], old[key]) for key in kept)
    assert (brief.contact, brief.sections, brief.untraced) == (Contact(), (), ())
    assert load_brief(brief.to_json()) == brief


def holds(new: object, old: object) -> bool:
    """Whether everything that stood in the old value stands in the new one, whatever was added beside it."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and holds(new[key], old[key]) for key in old)
    if isinstance(old, list):
        return isinstance(new, list) and len(new) == len(old) and all(map(holds, new, old))
    return new == old


def test_a_broken_brief_of_the_first_version_is_refused_like_any_other(brief: Brief) -> None:
    """Bringing a file up to date does not make a damaged one whole."""
    with pytest.raises(InputError, match="title"):
        load_brief(json.dumps({"schema": "brief/1", "lang": "en", "draft": "x", "made_on": "2026-01-01"}))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '"brief/1"', "{}", '{"schema": 1}', '{"schema": "turn/1"}', "[" * 100_000]
)
def test_what_is_no_brief_is_refused(text: str) -> None:
    """Any other file ends in an error with a remedy."""
    with pytest.raises(InputError) as refused:
        load_brief(text)

    assert refused.value.key == "brief_broken"
    assert refused.value.fix


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lang", "xx"),
        ("made_on", "yesterday"),
        ("record", []),
        ("judgement", None),
        ("extra", "private words"),
    ],
)
def test_a_damaged_brief_is_refused_by_the_field_without_quoting_it(
    brief: Brief, field: str, value: object
) -> None:
    """The error names the place and repeats nothing that an applicant wrote."""
    data = {**json.loads(brief.to_json()), field: value}

    with pytest.raises(InputError, match=field) as refused:
        load_brief(json.dumps(data))

    assert refused.value.key == "brief_broken"
    assert "private words" not in str(refused.value)
