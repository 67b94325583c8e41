"""What was said is text and nothing else in every form, down to the shape of each character."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile

import pypdf
import pytest
import typst
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.briefs.brief import load_brief, write_brief
from assistant.briefs.forms import FORMS, ending, write_form
from assistant.briefs.pdf import without_shape
from assistant.domain import LANGS, Brief, Conversation, Evidence, Lang
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.conftest import TODAY
from tests.briefs.opening import READABLE, Page, opened, read_pdf, rendered, text_of

DRAFTS = int(os.environ.get("EXPORTED_DRAFTS", "25"))
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "https://evil.example and www.evil.example and me@evil.example",
    "<https://evil.example>",
    "a | b | c\n\n# heading\n\n- item\n> quote",
    "`code` **bold** ~~struck~~ $x^2$ &lt;b&gt;",
    "{{ template }} ${x} \\input{y}",
    '#read("/etc/passwd") #link("https://evil.example")[x] <label> @ref = head',
    "]]></w:t><w:fldSimple w:instr='AUTOTEXT x'/>",
    "</style></section><iframe src=https://evil.example>",
    "\x00\x07\u202e\u200b\U000e0041\ud800hidden",
    "1. one\n2. two",
    "[ref]: https://evil.example",
]
UNSEEN = re.compile("[\x00-\x08\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e0fff]")


def with_text(text: str, programme: Programme, words: Words, judged, lang: Lang = "en") -> Brief:
    """A brief in which an applicant's text is everywhere it can be."""
    evidence = Evidence(state="stated", value=text, quote=text, turn=1, earlier=(text,))
    ids = (*programme.element_ids[:-2], *programme.fact_ids)
    judgement = judged(lang, quote=text)
    kind = judgement.type.model_copy(update={"decision_sentence": text, "evidence": (text,)})
    judgement = judgement.model_copy(update={"type": kind, "notices": (text,)})
    conversation = Conversation(record=dict.fromkeys(ids, evidence))
    brief = write_brief(conversation, judgement, programme, words, today=TODAY)
    return brief.model_copy(update={"contact": brief.contact.model_copy(update={"city": text[:60]})})


def assert_plain_docx(data: bytes) -> None:
    """A Word file whose only fields number its pages, without links, scripts, outside parts or unseen characters."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        names = package.namelist()
        texts = {n: package.read(n).decode("utf-8") for n in names if n.endswith((".xml", ".rels"))}
    body = texts["word/document.xml"]
    assert not re.search(r"<w:(fldSimple|fldChar|instrText|hyperlink|object|altChunk)\b", body)
    fields = re.findall(r"<w:instrText[^>]*>([^<]*)<", "".join(texts.values()))
    assert set(fields) == {"PAGE", "NUMPAGES"}
    assert 'TargetMode="External"' not in "".join(texts.values())
    assert not any("vba" in name.lower() or "embed" in name.lower() for name in names)
    assert not UNSEEN.search(body)


def assert_plain_pdf(data: bytes) -> None:
    """A PDF that acts on nothing, links to nothing but the case's source, and has a shape for every character."""
    reader, texts = read_pdf(data).reader, read_pdf(data).texts
    assert b"/JavaScript" not in data
    assert b"/Launch" not in data
    assert "/EmbeddedFiles" not in str(reader.trailer["/Root"])
    links = [
        str(note.get_object()["/A"]["/URI"]) for page in reader.pages for note in page.get("/Annots", ())
    ]
    assert set(links) <= {"https://example.org/case"}
    text = "".join(texts)
    assert not UNSEEN.search(text)
    assert "\ufffd" not in text


def assert_plain_html(data: bytes) -> None:
    """A page with the tags that we write and no others."""
    page = Page(data.decode())
    ours = {
        *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer"),
        *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "s", "a", "span", "div", "dl", "dt", "dd"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    }
    assert {tag for tag, _ in page.tags} <= ours
    links = {str(a["href"]) for tag, a in page.tags if tag == "a" and not str(a["href"]).startswith("#")}
    assert links == {"https://example.org/case"}
    assert not UNSEEN.search(data.decode())


def assert_plain_markdown(data: bytes) -> None:
    """Markdown from which no viewer makes anything but headings, lists, tables and the link to the case."""
    html = rendered(data.decode())
    assert re.findall(r"<a [^>]*>", html) == ['<a href="https://example.org/case">']
    assert set(re.findall(r"<(\w+)", html)) <= {
        *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "s", "blockquote", "a"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }


PLAIN = {
    "docx": assert_plain_docx,
    "pdf": assert_plain_pdf,
    "html": assert_plain_html,
    "md": assert_plain_markdown,
    "json": lambda data: load_brief(data.decode()),
    "workshop": assert_plain_pdf,
}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_applicant_wrote_is_text_and_nothing_else(
    programme: Programme, words: Words, judged, text: str
) -> None:
    """Markup, links, pictures, formulas and unseen characters stay letters in every form."""
    brief = with_text(text, programme, words, judged)
    shown = " ".join(re.sub("[\x00-\x08\u200b\u202e\ud800\U000e0041]", "", text).split())

    for form in READABLE:
        data = write_form(brief, form, programme, words)

        PLAIN[form](data)
        assert f"“{shown}”" in text_of(data, form)


def test_no_viewer_makes_links_of_what_an_applicant_wrote(programme: Programme, words: Words, judged) -> None:
    """Addresses are broken up for viewers of Markdown that link whatever looks like one."""
    brief = with_text(
        "https://evil.example and www.evil.example and me@evil.example", programme, words, judged
    )

    markdown = write_form(brief, "md", programme, words).decode()

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

    assert "<a " not in rendered(write_form(changed, "md", programme, words).decode())
    page = Page(write_form(changed, "html", programme, words).decode())
    assert [a for tag, a in page.tags if tag == "a" and not str(a["href"]).startswith("#")] == []
    reader = pypdf.PdfReader(io.BytesIO(write_form(changed, "pdf", programme, words)))
    assert not any(page.get("/Annots") for page in reader.pages)
    assert_plain_docx(write_form(changed, "docx", programme, words))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Familias 😀 esperan 🇧🇷", "Familias ▯ esperan ▯▯"),
        ("中文 housing", "▯▯ housing"),
        ("Ωμέγα Жилье é ã ñ ¿¡ – … €", "Ωμέγα Жилье é ã ñ ¿¡ – … €"),
        ("שלום", "שלום"),
    ],
)
def test_every_character_of_the_pdf_has_a_shape(
    programme: Programme, words: Words, judged, text: str, shown: str
) -> None:
    """What the typefaces lack is marked, and the reader is told; the other forms keep it."""
    brief = with_text(text, programme, words, judged)

    data = write_form(brief, "pdf", programme, words)

    seen = text_of(data, "pdf")
    assert f"“{shown}”" in seen
    assert (words.say("en", "brief.not_shown") in seen) == ("▯" in shown)
    assert glyphs_without_shape(data) == 0
    for form in ("docx", "html", "md"):
        assert f"“{text}”" in text_of(write_form(brief, form, programme, words), form)


def glyphs_without_shape(data: bytes) -> int:
    """How often a page shows glyph 0, which every typeface draws as an empty box."""
    return read_pdf(data).without_shape


def test_the_count_of_glyphs_without_shape_sees_them() -> None:
    """Two characters that the typeface lacks, set without its fallbacks, are two."""
    source = '#set text(font: "Libertinus Serif", fallback: false)\nab中文c'

    data = typst.Compiler(source.encode(), ignore_system_fonts=True).compile(format="pdf")

    assert glyphs_without_shape(data) == 2


def test_characters_without_a_shape_are_found_before_the_document_is_set() -> None:
    """Of letters, signs and scripts, those that no typeface of the PDF has."""
    asked = frozenset("éΩЖ中文😀")

    assert without_shape(asked) == frozenset("中文😀")
    assert without_shape(frozenset()) == frozenset()


def test_text_from_the_right_is_laid_out_from_the_right(programme: Programme, words: Words, judged) -> None:
    """Word marks such runs and paragraphs; the web page leaves the direction to the text."""
    brief = with_text("שלום לכולם", programme, words, judged)

    document = opened(write_form(brief, "docx", programme, words))
    page = Page(write_form(brief, "html", programme, words).decode())

    own = [p for p in document.paragraphs if p.text == "“שלום לכולם”"]
    assert own
    assert all(p._p.pPr.find(qn("w:bidi")) is not None for p in own)
    assert all(run.font.rtl for p in own for run in p.runs)
    assert all(
        a.get("dir") == "auto" for tag, a in page.tags if tag == "dd" and "class" not in a and "dir" in a
    )


@pytest.mark.parametrize("form", ["pdf", "workshop"])
def test_a_mark_that_no_character_holds_stays_with_its_letter(
    programme: Programme, words: Words, judged, form: str
) -> None:
    """A word in Guarani does not put its tilde on every other g that is copied or read aloud."""
    brief = with_text("Ñemitỹ g\u0303uarã: a\u030b", programme, words, judged, "es")

    text = text_of(write_form(brief, form, programme, words), form)

    assert words.say("es", "brief.running", lead=programme.about.lead.at("es")) in text


@settings(max_examples=DRAFTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=300), lang=st.sampled_from(LANGS))
def test_every_draft_can_be_exported(
    programme: Programme, words: Words, judged, text: str, lang: Lang
) -> None:
    """Whatever was written, every file is made, opens again, and holds nothing but text (S9)."""
    brief = with_text(text, programme, words, judged, lang)

    for form in FORMS:
        data = write_form(brief, form, programme, words)

        PLAIN[form](data)
        assert ending(form)
        if form in ("pdf", "workshop"):
            assert glyphs_without_shape(data) == 0
        if form == "json":
            assert json.loads(data)["schema"] == "brief/2"
        else:
            assert words.say(lang, "brief.running", lead=programme.about.lead.at(lang)) in text_of(data, form)
