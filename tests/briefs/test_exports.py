"""The same brief in every form: what is in it, in which order and which words."""

from __future__ import annotations

import io
import re

import pypdf
import pytest

from assistant.briefs.blocks import Heading
from assistant.briefs.brief import write_brief
from assistant.briefs.forms import FORMS, write_form
from assistant.briefs.outline import paper
from assistant.domain import LANGS, Brief, Conversation, Lang
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.conftest import TODAY
from tests.briefs.opening import READABLE, Page, opened, pages, parts, rendered, text_of


@pytest.mark.parametrize("lang", LANGS)
def test_the_brief_has_its_parts_in_order(
    programme: Programme, words: Words, judged, conversation: Conversation, lang: Lang
) -> None:
    """The first page, the use case, contacts, verdicts, cases, questions, sources, and who decides."""
    brief = write_brief(conversation, judged(lang), programme, words, today=TODAY)

    keys = ("at_a_glance", "use_case", "contact", "verdicts", "cases", "questions", "sources", "closing")
    assert parts(brief, programme, words, 1) == [words.say(lang, f"brief.{key}") for key in keys]
    first = [words.say(lang, f"brief.{key}") for key in ("three_verdicts", "open")]
    assert parts(brief, programme, words, 2)[:2] == first


@pytest.mark.parametrize("form", READABLE)
@pytest.mark.parametrize("lang", LANGS)
def test_every_form_has_the_same_headings(
    programme: Programme, words: Words, judged, conversation: Conversation, lang: Lang, form: str
) -> None:
    """Real headings, in the same order, in the brief's language."""
    brief = write_brief(conversation, judged(lang), programme, words, today=TODAY)
    expected = [h.text for h in paper(brief, programme, words).blocks if isinstance(h, Heading)]

    data = write_form(brief, form, programme, words)

    assert headings(data, form) == expected


def headings(data: bytes, form: str) -> list[str]:
    """The headings of a file, as a screen reader lists them."""
    if form == "docx":
        found = [p for p in opened(data).paragraphs if p.style.name.startswith(("Heading", "Title"))]
        return [p.text for p in found]
    if form == "pdf":
        return [" ".join(text.split()) for text in pdf_headings(pypdf.PdfReader(io.BytesIO(data)))]
    page = data.decode() if form == "html" else rendered(data.decode())
    return [Page(found).text.strip() for found in re.findall(r"(?s)<h[1-4]\b[^>]*>.*?</h[1-4]>", page)]


def pdf_headings(reader: pypdf.PdfReader) -> list[str]:
    """The title and the entries of the outline, nested as they are."""
    titles: list[str] = [str(reader.metadata.title)]

    def walk(items: list) -> None:
        for item in items:
            if isinstance(item, list):
                walk(item)
            else:
                titles.append(str(item.title))

    walk(reader.outline)
    return titles


@pytest.mark.parametrize("form", READABLE)
def test_everything_that_was_judged_is_in_every_form(
    brief: Brief, programme: Programme, words: Words, form: str
) -> None:
    """Verdicts, type, both quotes, reframing, eligibility, readiness, cases with source, engine and day."""
    judgement = brief.judgement
    texts = [
        words.say("en", "verdict.poor_fit"),
        programme.types[0].name.en,
        programme.types[1].name.en,
        judgement.type.would_change_if,
        "“We want a dashboard”",
        "“A dashboard alone changes no decision.” (Booklet, page 4)",
        "one district for a month",
        "the repair log",
        "the screen",
        judgement.eligibility[0].note,
        "240,000",
        judgement.readiness.notice,
        "The choice is clear.",
        "Documented case",
        "https://example.org/case",
        "Alarms, not repairs.",
        *(question.text for question in brief.open_questions),
        *(question.why for question in brief.open_questions),
        words.say("en", "page.engine_local"),
        "November 20, 2026",
        programme.about.lead.en,
    ]

    text = text_of(write_form(brief, form, programme, words), form)

    assert [wanted for wanted in texts if wanted not in text] == []


@pytest.mark.parametrize("form", READABLE)
def test_each_element_has_its_state_and_the_message_it_comes_from(
    brief: Brief, programme: Programme, words: Words, form: str
) -> None:
    """Stated, corrected, vague, not known, missing: in words, with the turn; a correction shows what it replaced."""
    text = text_of(write_form(brief, form, programme, words), form)

    names = {id: programme.element(id).name.en for id in programme.element_ids}
    decision = "“which flats the crews visit first on Monday” Before: which flats to visit"
    assert f"{names['decision']} — Stated, corrected, message 3 {decision}" in text
    for id, state in (
        ("resident_problem", "Stated, message 1"),
        ("data_sources", "Needs detail, message 2"),
        ("executive_sponsor", "Not known yet, message 4"),
        ("test_plan", "Missing"),
    ):
        assert f"{names[id]} — {state}" in text


@pytest.mark.parametrize(
    ("basis", "label"),
    [
        ("colleague", "Confirmed by a colleague"),
        ("inferred", "Inferred"),
        ("document", "Stated in a document"),
    ],
)
def test_how_something_came_to_be_known_is_told_apart(
    brief: Brief, programme: Programme, words: Words, basis: str, label: str
) -> None:
    """A colleague's word, a file and a conclusion do not look like the applicant's own statement."""
    held = brief.record["users"].model_copy(update={"basis": basis})
    changed = brief.model_copy(update={"record": {**brief.record, "users": held}})

    text = text_of(write_form(changed, "md", programme, words), "md")

    assert f"{programme.element('users').name.en} — {label}, message 3" in text


@pytest.mark.parametrize("lang", ["es", "pt"])
def test_no_english_label_is_left_in_another_language(
    programme: Programme, words: Words, judged, lang: Lang
) -> None:
    """No label of the English brief that differs in this language stands in it."""
    brief = write_brief(Conversation(), judged(lang, flagged=False), programme, words, today=TODAY)
    keys = [
        key
        for key in words.keys
        if key.startswith(("brief.", "state.", "verdict.", "criterion.", "pathway."))
    ]
    english = {words.say("en", key) for key in keys} - {words.say(lang, key) for key in keys}
    english = {label for label in english if "{" not in label and " " in label}

    text = text_of(write_form(brief, "md", programme, words), "md")

    assert len(english) > 20
    assert [label for label in english if label in text] == []


def test_a_fit_without_flags_has_no_empty_parts(
    programme: Programme, words: Words, judged, conversation: Conversation
) -> None:
    """What does not apply is left out, not shown empty."""
    plain = judged(flagged=False).model_copy(update={"eligibility": (), "similar_cases": (), "citations": ()})
    brief = write_brief(conversation, plain, programme, words, today=TODAY)

    text = text_of(write_form(brief, "html", programme, words), "html")

    assert words.say("en", "brief.sources") not in parts(brief, programme, words, 1)
    assert words.say("en", "brief.source_says") not in text
    assert words.say("en", "page.no_cases") in text


def test_a_figure_from_nowhere_is_shown_as_such(
    programme: Programme, words: Words, judged, conversation: Conversation
) -> None:
    """The reader is warned on the first page."""
    judgement = judged(flagged=False)
    kind = judgement.type.model_copy(update={"would_change_if": "it saved 77 homes"})
    brief = write_brief(
        conversation, judgement.model_copy(update={"type": kind}), programme, words, today=TODAY
    )

    first = next(pages(write_form(brief, "pdf", programme, words)))

    assert words.say("en", "brief.untraced", figures="77") in " ".join(first.split())


def test_an_unknown_form_is_refused(brief: Brief, programme: Programme, words: Words) -> None:
    """The error names the forms there are."""
    with pytest.raises(InputError) as refused:
        write_form(brief, "exe", programme, words)

    assert all(form in refused.value.fix for form in FORMS)
