"""The brief as Markdown and as a Word file: what is in it, in which order, and what cannot get into it."""

from __future__ import annotations

import io
import os
import re
import zipfile
from datetime import UTC, date, datetime

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.briefs.brief import write_brief
from assistant.briefs.docx import to_docx
from assistant.briefs.markdown import to_markdown
from assistant.domain import LANGS, Brief, Conversation, Evidence, Lang
from assistant.programme import Programme
from assistant.words import Words

TODAY = date(2026, 11, 20)
DRAFTS = int(os.environ.get("EXPORTED_DRAFTS", "25"))
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example and www.evil.example and me@evil.example",
    "<https://evil.example>",
    "a | b | c\n\n# heading\n\n- item\n> quote",
    "`code` **bold** ~~struck~~ $x^2$ &lt;b&gt;",
    "{{ template }} ${x} \\input{y}",
    "]]></w:t><w:fldSimple w:instr='AUTOTEXT x'/>",
    "\x00\x07\u202e\u200b\U000e0041\ud800hidden",
    "1. one\n2. two",
    "[ref]: https://evil.example",
]


@pytest.fixture
def brief(programme: Programme, words: Words, judged, conversation: Conversation) -> Brief:
    """A brief with everything in it."""
    return write_brief(conversation, judged(), programme, words, today=TODAY)


def opened(data: bytes) -> Document:
    """The Word file as a word processor opens it."""
    return docx.Document(io.BytesIO(data))


def rendered(markdown: str) -> str:
    """The Markdown as HTML, with the extensions that common viewers have."""
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown)


def everything(document: Document) -> str:
    """All text of a Word file."""
    return "\n".join(
        "".join(t.text or "" for t in p.iter(qn("w:t"))) for p in document.element.iter(qn("w:p"))
    )


@pytest.mark.parametrize("lang", LANGS)
def test_both_forms_have_the_same_parts_in_the_same_order(
    programme: Programme, words: Words, judged, conversation: Conversation, lang: Lang
) -> None:
    """Summary, use case, verdicts, cases, questions, sources and engine, in the brief's language."""
    brief = write_brief(conversation, judged(lang), programme, words, today=TODAY)

    markdown = to_markdown(brief, programme, words)
    document = opened(to_docx(brief, programme, words))

    keys = ("summary", "use_case", "verdicts", "cases", "questions", "sources", "engine")
    expected = [words.say(lang, f"brief.{key}") for key in keys]
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == expected
    assert re.findall(r"^## (.*)$", markdown, re.M) == expected
    below = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    parts = ("page.fit", "page.type", "brief.eligibility", "brief.readiness")
    assert below[:4] == [words.say(lang, key) for key in parts]
    assert document.paragraphs[0].style.name == "Title"
    assert document.paragraphs[1].text == programme.about.notice.at(lang)
    assert markdown.startswith(f"# {brief.title}\n\n> {programme.about.notice.at(lang)}\n")


@pytest.mark.parametrize("lang", ["es", "pt"])
def test_no_english_label_is_left_in_another_language(
    programme: Programme, words: Words, judged, lang: Lang
) -> None:
    """Every heading and table head is in the brief's language."""
    brief = write_brief(Conversation(), judged(lang), programme, words, today=TODAY)
    document = opened(to_docx(brief, programme, words))
    keys = ["use_case", "summary", "evidence", "verdicts", "eligibility", "questions", "cases", "sources"]
    english = {words.say("en", f"brief.{key}") for key in keys} | {"Field", "Progress", "You said", "Missing"}

    labels = {p.text for p in document.paragraphs if p.style.name.startswith("Heading")}
    labels |= {cell.text for table in document.tables for row in table.rows for cell in row.cells}

    assert not labels & english


def test_each_element_has_its_state_and_the_message_it_comes_from(
    brief: Brief, programme: Programme, words: Words
) -> None:
    """The record is a table in the programme's order; a correction shows what it replaced, struck out."""
    document = opened(to_docx(brief, programme, words))

    table = document.tables[0]
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert [row[0] for row in rows[1:]] == [element.name.en for element in programme.elements]
    by_name = {row[0]: row[1:] for row in rows}
    decision = by_name[programme.element("decision").name.en]
    said = "which flats to visit “which flats the crews visit first on Monday” (Your message 3)"
    assert decision == [said, "Stated"]
    assert by_name[programme.element("data_sources").name.en] == [
        "“our records” (Your message 2)",
        "Needs detail",
    ]
    assert by_name[programme.element("executive_sponsor").name.en] == ["—", "Not known yet"]
    assert by_name[programme.element("test_plan").name.en] == ["—", "Missing"]
    struck = [
        r.text.strip() for row in table.rows for p in row.cells[1].paragraphs for r in p.runs if r.font.strike
    ]
    assert struck == ["which flats to visit"]
    assert "~~which flats to visit~~" in to_markdown(brief, programme, words)


def test_a_flag_shows_both_sides_words_side_by_side(brief: Brief, programme: Programme, words: Words) -> None:
    """The applicant's line and the booklet's stand in one row, with the place in the booklet."""
    document = opened(to_docx(brief, programme, words))

    heads = [[cell.text for cell in table.rows[0].cells] for table in document.tables]
    table = document.tables[heads.index(["You said", "The booklet says"])]
    yours, theirs = (cell.text for cell in table.rows[1].cells)
    assert yours == "“We want a dashboard”"
    assert theirs == "“A dashboard alone changes no decision.” (Booklet, page 4)"
    assert f"| {yours} | {theirs} |" in to_markdown(brief, programme, words)


def test_everything_that_was_judged_is_on_the_page(brief: Brief, programme: Programme, words: Words) -> None:
    """Type, decision, reframing, eligibility, readiness, cases with source, engine and date are there."""
    judgement = brief.judgement
    texts = [
        programme.types[0].name.en,
        programme.types[1].name.en,
        judgement.type.decision_sentence,
        judgement.type.would_change_if,
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
        "2026-11-20",
    ]

    word = everything(opened(to_docx(brief, programme, words)))
    page = re.sub(r"<[^>]+>", "", rendered(to_markdown(brief, programme, words))).replace("&quot;", '"')

    assert [text for text in texts if text not in word] == []
    assert [text for text in texts if text not in page] == []


def test_a_fit_without_flags_has_no_empty_tables(
    programme: Programme, words: Words, judged, conversation: Conversation
) -> None:
    """What does not apply is left out, not shown empty."""
    plain = judged(flagged=False).model_copy(update={"eligibility": (), "similar_cases": (), "citations": ()})
    brief = write_brief(conversation, plain, programme, words, today=TODAY)

    document = opened(to_docx(brief, programme, words))

    assert len(document.tables) == 1
    headings = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert words.say("en", "brief.sources") not in headings
    assert words.say("en", "page.no_cases") in everything(document)


# --- a Word file for everybody -----------------------------------------------------------------------------


@pytest.mark.parametrize(("lang", "locale"), [("en", "en-US"), ("es", "es-419"), ("pt", "pt-BR")])
def test_the_word_file_says_what_it_is(
    programme: Programme, words: Words, judged, conversation: Conversation, lang: Lang, locale: str
) -> None:
    """Language, title and date are set, and nothing of the tool that wrote it is left."""
    brief = write_brief(conversation, judged(lang), programme, words, today=TODAY)

    document = opened(to_docx(brief, programme, words))

    languages = {e.get(qn("w:val")) for e in document.styles.element.iter(qn("w:lang"))}
    properties = document.core_properties
    assert languages == {locale}
    assert (properties.title, properties.language) == (brief.title, locale)
    assert properties.author == programme.about.name.at(lang)
    assert properties.created == datetime(2026, 11, 20, tzinfo=UTC)
    assert "python" not in properties.comments.lower()


def test_tables_and_lists_can_be_followed_without_seeing_them(
    brief: Brief, programme: Programme, words: Words
) -> None:
    """Every table repeats its header row and has a name; each numbered list begins at 1."""
    document = opened(to_docx(brief, programme, words))

    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
    numbered = [p._p.pPr.numPr.numId.val for p in document.paragraphs if p.style.name == "List Number"]
    assert len(set(numbered)) == 2  # the reframings and the open questions
    levels = [int(p.style.name[-1]) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))


def test_the_summary_ends_the_first_page(brief: Brief, programme: Programme, words: Words) -> None:
    """The rest begins on a page of its own."""
    document = opened(to_docx(brief, programme, words))

    breaks = [n for n, p in enumerate(document.paragraphs) if p._p.findall(f".//{qn('w:br')}")]
    after = document.paragraphs[breaks[0] + 1]
    assert len(breaks) == 1
    assert after.text == words.say("en", "brief.use_case")


# --- what cannot get in ------------------------------------------------------------------------------------


def with_text(text: str, programme: Programme, words: Words, judged) -> Brief:
    """A brief in which an applicant's text is everywhere it can be."""
    evidence = Evidence(state="stated", value=text, quote=text, turn=1, earlier=(text,))
    ids = (*programme.element_ids[:-2], *programme.fact_ids)
    judgement = judged(quote=text)
    kind = judgement.type.model_copy(update={"decision_sentence": text, "evidence": (text,)})
    judgement = judgement.model_copy(update={"type": kind, "notices": (text,)})
    conversation = Conversation(record=dict.fromkeys(ids, evidence))
    return write_brief(conversation, judgement, programme, words, today=TODAY)


def assert_plain(data: bytes) -> None:
    """A Word file without fields, links, scripts, outside parts or unseen characters."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        parts = {
            name: package.read(name).decode("utf-8") for name in names if name.endswith((".xml", ".rels"))
        }
    body = parts["word/document.xml"]
    assert not re.search(r"<w:(fldSimple|fldChar|instrText|hyperlink|object|altChunk)\b", body)
    assert 'TargetMode="External"' not in "".join(parts.values())
    assert not any("vba" in name.lower() or "embed" in name.lower() for name in names)
    assert not re.search(
        "[\x00-\x08\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e0fff]", body
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_applicant_wrote_is_text_and_nothing_else(
    programme: Programme, words: Words, judged, text: str
) -> None:
    """Markup, links, pictures, formulas and unseen characters stay letters in both forms."""
    brief = with_text(text, programme, words, judged)

    data = to_docx(brief, programme, words)
    html = rendered(to_markdown(brief, programme, words))

    assert_plain(data)
    assert re.findall(r"<a [^>]*>", html) == ['<a href="https://example.org/case">']
    assert set(re.findall(r"<(\w+)", html)) <= {
        *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "s", "blockquote", "a"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    shown = " ".join(re.sub("[\x00-\x08\u200b\u202e\ud800\U000e0041]", "", text).split())
    seen = html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&quot;", '"')
    assert f"“{shown}”" in seen
    assert f"“{shown}”" in everything(opened(data))


def test_no_viewer_makes_links_of_what_an_applicant_wrote(programme: Programme, words: Words, judged) -> None:
    """Addresses are broken up for viewers that link whatever looks like one."""
    brief = with_text(HOSTILE[3], programme, words, judged)

    markdown = to_markdown(brief, programme, words)

    assert not re.search(r"https?://evil|www\.evil|\w@evil", markdown)


@pytest.mark.parametrize(
    "address", ["https://x> [a](https://evil.example", "javascript:alert(1)", "https://a b"]
)
def test_an_address_that_is_none_is_not_linked(
    brief: Brief, programme: Programme, words: Words, address: str
) -> None:
    """A changed brief cannot smuggle markup in through the address of a case."""
    case = brief.judgement.similar_cases[0].model_copy(update={"source_url": address})
    judgement = brief.judgement.model_copy(update={"similar_cases": (case,)})

    changed = brief.model_copy(update={"judgement": judgement})

    assert "<a " not in rendered(to_markdown(changed, programme, words))
    assert_plain(to_docx(changed, programme, words))


@settings(max_examples=DRAFTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=300), lang=st.sampled_from(LANGS))
def test_every_draft_can_be_exported(
    programme: Programme, words: Words, judged, text: str, lang: Lang
) -> None:
    """Whatever was written, both files are made, open again, and hold nothing but text."""
    brief = with_text(text, programme, words, judged).model_copy(update={"lang": lang})

    data = to_docx(brief, programme, words)
    html = rendered(to_markdown(brief, programme, words))

    assert_plain(data)
    assert len(opened(data).tables) == 3
    assert html.count("<table>") == 3
    assert html.count("<a ") == 1  # the source of the similar case
    assert "<img" not in html
