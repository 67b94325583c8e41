"""Files that everybody can read: tagged, titled and structured in every form."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pypdf
import pytest
from docx.oxml.ns import qn
from pypdf.generic import DictionaryObject

from assistant.briefs.brief import write_brief
from assistant.briefs.forms import write_form
from assistant.domain import LANGS, Brief, Conversation, Evidence, Lang, Message
from assistant.programme import Programme
from assistant.words import Words
from tests.briefs.conftest import TODAY
from tests.briefs.opening import Page, opened, pages, parts


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
