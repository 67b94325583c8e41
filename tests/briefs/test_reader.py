"""A reader who sees only the brief can answer who decides what, with which data, tested how, whatever the form."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from assistant.briefs.brief import load_brief
from assistant.briefs.forms import write_form
from assistant.briefs.summary import ANSWERS, SAID_LENGTH
from assistant.domain import Brief, Lang
from assistant.programme import Programme
from assistant.words import Words
from tests.applicants import Applicant
from tests.briefs.opening import text_of
from tests.scripts import APPLICANTS

SAVED = Path(__file__).parent / "data"
SCRIPTS = {"brief-1-en": "eviction-en", "brief-1-es": "policy-test-es", "brief-1-pt": "camera-purchase-pt"}
"""Saved briefs → the scripted applicants they were made with."""
ASKED = {"who": "decision_maker", "what": "decision", "data": "data_sources", "test": "test_plan"}
FORMS = ("docx", "pdf", "html", "md", "json")


@cache
def script(name: str) -> Applicant:
    """The applicant of that name."""
    return next(applicant for applicant in APPLICANTS if applicant.name == name)


def answers(data: bytes, form: str, words: Words, lang: Lang) -> dict[str, str]:
    """Who decides what, with which data, tested how, as the labels of the first page lead a reader to it."""
    if form == "json":
        record = json.loads(data)["record"]
        return {key: record[id]["value"] or "" for key, id in ASKED.items()}
    text = text_of(data, form)
    first = text[: text.index(words.say(lang, "brief.three_verdicts"), 400)]
    labels = [words.say(lang, key) for _, key in ANSWERS]
    labels.insert(4, words.say(lang, "brief.how_often"))
    found: dict[str, str] = {}
    place = first.index(words.say(lang, "brief.at_a_glance"))
    for label, following in zip(labels, [*labels[1:], "\0"], strict=True):
        start = first.index(label, place) + len(label)
        end = first.find(following, start)
        place = end if end >= 0 else start
        found[label] = first[start:place].strip(" :")
    return {key: found[words.say(lang, dict(ANSWERS)[id])] for key, id in ASKED.items()}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("saved", SCRIPTS)
def test_a_reader_of_the_brief_alone_can_answer(
    programme: Programme, words: Words, saved: str, form: str
) -> None:
    """Each answer found in the file is in the words of the applicant, or is said to be open where they said nothing."""
    brief = load_brief((SAVED / f"{saved}.json").read_text(encoding="utf-8"))
    applicant = script(SCRIPTS[saved])
    told = " ".join([applicant.opening, *applicant.answers.values()])

    found = answers(write_form(brief, form, programme, words), form, words, brief.lang)

    for key, id in ASKED.items():
        answer = found[key].removesuffix("…").strip()
        if brief.record[id].state in ("stated", "vague"):
            answer = re.sub(r" \((?:[^()]*)\)$", "", answer)
            assert len(answer) > 10
            assert answer in told
        elif form != "json":
            assert answer in (
                words.say(brief.lang, "brief.not_stated"),
                words.say(brief.lang, "state.unknown"),
            )


@pytest.mark.parametrize("form", ["docx", "pdf", "html", "md"])
@pytest.mark.parametrize("saved", SCRIPTS)
def test_a_reader_finds_the_verdicts_in_words_and_who_decides(
    programme: Programme, words: Words, saved: str, form: str
) -> None:
    """Fit and pathway stand in words on the first page, with the notice that it is no decision."""
    brief = load_brief((SAVED / f"{saved}.json").read_text(encoding="utf-8"))

    text = text_of(write_form(brief, form, programme, words), form)

    lang, judgement = brief.lang, brief.judgement
    first = text[: text.index(words.say(lang, "brief.use_case"), text.index(words.say(lang, "brief.open")))]
    assert programme.about.notice.at(lang) in first
    assert words.say(lang, f"verdict.{judgement.fit.verdict}") in first
    assert words.say(lang, f"pathway.{judgement.readiness.pathway}") in first
    assert brief.open_questions[0].text[: SAID_LENGTH // 2] in first
    assert programme.about.readiness_notice.at(lang) in text


def test_the_scripts_leave_something_open_and_something_stated() -> None:
    """The briefs that are read differ: the answers are not all there, and not all missing."""
    briefs: list[Brief] = [
        load_brief((SAVED / f"{name}.json").read_text(encoding="utf-8")) for name in SCRIPTS
    ]

    states = {brief.record[id].state for brief in briefs for id in ASKED.values()}

    assert "stated" in states
    assert len(states) > 1
