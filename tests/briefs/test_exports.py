"""The brief in every form: what is in it, in which order, and what cannot get into it."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from datetime import UTC, date, datetime

import pypdf
import pytest
import typst
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf.generic import DictionaryObject

from assistant.briefs.blocks import Heading
from assistant.briefs.brief import load_brief, write_brief
from assistant.briefs.forms import FORMS, ending, write_form
from assistant.briefs.outline import paper
from assistant.briefs.pdf import without_shape
from assistant.domain import LANGS, Brief, Conversation, Evidence, Lang, Message
from assistant.errors import InputError
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.opening import Page, opened, pages, read_pdf, rendered, text_of

TODAY = date(2026, 11, 20)
DRAFTS = int(os.environ.get("EXPORTED_DRAFTS", "25"))
READABLE = ("docx", "pdf", "html", "md")
"""The forms that lay the whole brief out for a reader."""
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


@pytest.fixture
def brief(programme: Programme, words: Words, judged, conversation: Conversation) -> Brief:
    """A brief with everything in it."""
    return write_brief(conversation, judged(), programme, words, today=TODAY)


def parts(brief: Brief, programme: Programme, words: Words, level: int) -> list[str]:
    """The headings of one level, in order."""
    blocks = paper(brief, programme, words).blocks
    return [block.text for block in blocks if isinstance(block, Heading) and block.level == level]


# --- the same brief in every form --------------------------------------------------------------------------


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


# --- one page first ----------------------------------------------------------------------------------------


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


# --- files for everybody -----------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pdf", "workshop"])
@pytest.mark.parametrize("lang", LANGS)
def test_the_pdf_is_tagged_and_says_what_it_is(
    programme: Programme, words: Words, judged, conversation: Conversation, lang: Lang, form: str
) -> None:
    """Tags, language, title shown in the window, PDF/UA in its metadata, and the day it was made."""
    brief = write_brief(conversation, judged(lang), programme, words, today=TODAY)

    reader = pypdf.PdfReader(io.BytesIO(write_form(brief, form, programme, words)))

    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].split("-")[0] == lang
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert brief.title in reader.metadata.title
    assert reader.metadata.author == programme.about.name.at(lang)
    assert reader.metadata.creation_date == datetime(2026, 11, 20, tzinfo=UTC)
    assert b"pdfuaid:part>1<" in reader.xmp_metadata.stream.get_data()


def tags(reader: pypdf.PdfReader) -> set[str]:
    """Every kind of element in the structure tree."""
    found: set[str] = set()
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        node = waiting.pop().get_object()
        if isinstance(node, DictionaryObject):
            found.add(str(node.get("/S", "")))
            waiting += [node["/K"]] if "/K" in node else []
        elif isinstance(node, list):
            waiting += list(node)
    return found


def test_a_screen_reader_finds_headings_lists_and_tables_in_the_pdf(
    brief: Brief, programme: Programme, words: Words
) -> None:
    """The structure tree has what its text looks like; the header row of a table is one."""
    reader = pypdf.PdfReader(io.BytesIO(write_form(brief, "pdf", programme, words)))

    assert {"/Title", "/H1", "/H2", "/H3", "/P", "/L", "/LI", "/Table", "/TR", "/TH", "/TD", "/Link"} <= tags(
        reader
    )


def test_every_page_after_the_first_has_its_head_and_every_page_its_number(
    programme: Programme, words: Words, judged
) -> None:
    """City and day at the top; the notice and "Page n of m" at the bottom."""
    text = "We are the city of North Bend. Families wait nine weeks."
    told = Evidence(state="stated", value=text, quote=text, turn=1)
    conversation = Conversation(messages=(Message(turn=1, text=text),), record={"resident_problem": told})
    brief = write_brief(conversation, judged(), programme, words, today=TODAY)

    found = [" ".join(page.split()) for page in pages(write_form(brief, "pdf", programme, words))]

    assert len(found) > 3
    for n, page in enumerate(found, start=1):
        assert f"Page {n} of {len(found)}" in page
        assert page.count("North Bend · November 20, 2026") == 1
        assert words.say("en", "brief.running", lead=programme.about.lead.en) in page


@pytest.mark.parametrize(("lang", "locale"), [("en", "en-US"), ("es", "es-419"), ("pt", "pt-BR")])
def test_the_word_file_says_what_it_is(
    programme: Programme, words: Words, judged, conversation: Conversation, lang: Lang, locale: str
) -> None:
    """Language, title and date are set, and nothing of the tool that wrote it is left."""
    brief = write_brief(conversation, judged(lang), programme, words, today=TODAY)

    document = opened(write_form(brief, "docx", programme, words))

    languages = {e.get(qn("w:val")) for e in document.styles.element.iter(qn("w:lang"))}
    properties = document.core_properties
    assert languages == {locale}
    assert (properties.title, properties.language) == (brief.title, locale)
    assert properties.author == programme.about.name.at(lang)
    assert properties.created == datetime(2026, 11, 20, tzinfo=UTC)
    assert "python" not in properties.comments.lower()


def test_tables_and_lists_of_the_word_file_can_be_followed_without_seeing_them(
    brief: Brief, programme: Programme, words: Words
) -> None:
    """Every table repeats its header row and has a name; each numbered list begins at 1; no heading is skipped."""
    document = opened(write_form(brief, "docx", programme, words))

    assert len(document.tables) == 2  # the three verdicts, and the two sides of the flag
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))
    numbered = [p._p.pPr.numPr.numId.val for p in document.paragraphs if p.style.name == "List Number"]
    groups = parts(brief, programme, words, 2).count("The problem")
    assert groups == 2  # in the use case and in the open questions
    assert (
        len(set(numbered)) == 5
    )  # the reframings; the problem, delivery, the team and the city are still open
    levels = [int(p.style.name[-1]) for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))


def test_the_summary_ends_the_first_page_of_the_word_file(
    brief: Brief, programme: Programme, words: Words
) -> None:
    """The rest begins on a page of its own."""
    document = opened(write_form(brief, "docx", programme, words))

    breaks = [n for n, p in enumerate(document.paragraphs) if p._p.findall(f".//{qn('w:br')}")]
    after = document.paragraphs[breaks[0] + 1]
    assert len(breaks) == 1
    assert after.text == words.say("en", "brief.use_case")


def test_the_web_page_stands_alone(brief: Brief, programme: Programme, words: Words) -> None:
    """Language, landmarks and a title; no script, no other file, and a policy that allows none."""
    page = Page(write_form(brief, "html", programme, words).decode())

    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "img", "iframe", "object", "form"} & set(names)
    assert all(names.count(tag) == 1 for tag in ("header", "nav", "main", "footer", "h1", "title"))
    assert dict(page.tags)["html"]["lang"] == "en"
    policy = next(a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    inside = {a["id"] for _, a in page.tags if a.get("id")}
    links = [str(a["href"]) for tag, a in page.tags if tag == "a"]
    assert {link[1:] for link in links if link.startswith("#")} == inside
    assert [link for link in links if not link.startswith("#")] == ["https://example.org/case"]


# --- what cannot get in ------------------------------------------------------------------------------------


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
