"""What lies on which page: the summary on the first, the workshop sheet on its only one."""

from __future__ import annotations

import io

import pypdf
import pytest

from assistant.briefs.brief import write_brief
from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Brief, Conversation, Evidence, Lang, Message
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.conftest import TODAY
from tests.briefs.opening import pages, text_of


def long_brief(programme: Programme, words: Words, judged, lang: Lang, word: str = "palabra ") -> Brief:
    """A brief of the longest conversation there can be: every field at the limit of a message, sixty turns."""
    text = word * (8_000 // len(word))
    ids = [*programme.element_ids, *programme.fact_ids]
    record = {
        id: Evidence(state="stated", value=text, quote=text, turn=60 - n, earlier=(text[:500],))
        for n, id in enumerate(ids)
    }
    messages = tuple(Message(turn=n + 1, text=text) for n in range(60))
    conversation = Conversation(turn=60, messages=messages, record=record)
    return write_brief(conversation, judged(lang, quote=text[:300]), programme, words, today=TODAY)


@pytest.mark.parametrize("lang", LANGS)
def test_the_summary_is_one_page_however_much_was_said(
    programme: Programme, words: Words, judged, lang: Lang
) -> None:
    """The second page of the PDF begins with the use case; fields of 8,000 characters go on over many pages."""
    brief = long_brief(programme, words, judged, lang)

    text = list(pages(write_form(brief, "pdf", programme, words)))

    assert words.say(lang, "brief.at_a_glance") in text[0]
    assert words.say(lang, "brief.open") in text[0]
    assert words.say(lang, "brief.use_case") in text[1]
    assert words.say(lang, "brief.use_case") not in text[0].replace(words.say(lang, "brief.kicker"), "")
    assert sum(page.count("palabra") for page in text) > 20 * 1_000


@pytest.mark.parametrize("form", ["docx", "html", "md"])
def test_long_fields_are_whole_in_every_form(programme: Programme, words: Words, judged, form: str) -> None:
    """Nothing that was said is cut outside the summary."""
    brief = long_brief(programme, words, judged, "es")

    text = text_of(write_form(brief, form, programme, words), form)

    assert text.count(("palabra " * 1_000).strip()) >= len(programme.element_ids)


def test_a_word_without_end_stays_on_the_page(programme: Programme, words: Words, judged) -> None:
    """Letters without a space are broken to the width of the page: as many as were written are on it."""
    brief = long_brief(programme, words, judged, "en", word="x")

    reader = pypdf.PdfReader(io.BytesIO(write_form(brief, "pdf", programme, words)))

    rights: list[float] = []

    def note(text: str, matrix: list[float], _: list[float], font: object, size: float) -> None:
        if set(text.strip()) == {"x"}:  # 0.53 of its size is more than the letter takes in any weight
            rights.append(matrix[4] + len(text) * 0.53 * size)

    for page in reader.pages[:4]:
        page.extract_text(visitor_text=note)
    assert len(rights) > 500
    assert max(rights) < float(reader.pages[0].mediabox.width)


@pytest.mark.parametrize("lang", LANGS)
def test_the_workshop_sheet_is_one_page(programme: Programme, words: Words, judged, lang: Lang) -> None:
    """B13, B29: The questions of framing and feasibility with what was said, on one page of A4, whatever was said."""
    for brief in (
        long_brief(programme, words, judged, lang),
        write_brief(Conversation(), judged(lang), programme, words, today=TODAY),
    ):
        (text,) = pages(write_form(brief, "workshop", programme, words))

        told = " ".join(text.split())
        assert words.say(lang, "brief.workshop_frame") in told
        assert words.say(lang, "brief.workshop_feasible") in told
        for id in ("resident_problem", "decision", "data_sources", "test_plan", "delivery_owner"):
            assert programme.element(id).question.at(lang) in told
