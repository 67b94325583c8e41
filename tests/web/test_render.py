"""HTML of drafts and judgements: every datum is text, every state has a word, replies are tame."""

from __future__ import annotations

from html.parser import HTMLParser

import gradio as gr
import pytest
from markupsafe import Markup

from assistant.domain import (
    LANGS,
    Citation,
    CriterionFinding,
    ElementFinding,
    Engine,
    Evidence,
    Fit,
    Flag,
    Judgement,
    NextQuestion,
    Readiness,
    Reframing,
    Signal,
    SimilarCase,
    UseCaseType,
)
from assistant.store.drafts import Draft, Exchange
from assistant.web import bubbles, pages, parts, render
from assistant.web.reader import Library, Reader, host, shape

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</p></div><iframe src=//evil.example>",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "'; onmouseover='alert(1)",
    "<style>*{display:none}</style>",
    "&lt;b&gt; &#60;i&#62;",
    "\n\n# heading\n\n<b>bold</b>\n\n    code\n\n![x](http://evil.example/x.png)",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)}",
    "<!-- --><form action=//evil.example><input name=q>",
]
TAGS = {
    *(
        "div",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "ul",
        "li",
        "b",
        "strong",
        "span",
        "article",
        "figure",
        "figcaption",
    ),
    *("blockquote", "details", "summary", "mark", "label", "progress", "svg", "circle", "path", "rect"),
    *("a", "code", "button", "form"),
    *("table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "q"),
}
ATTRIBUTES = {
    *(
        "scope",
        "colspan",
        "class",
        "lang",
        "href",
        "target",
        "rel",
        "for",
        "id",
        "max",
        "value",
        "width",
        "height",
        "cx",
        "cy",
        "r",
    ),
    *("d", "x", "y", "rx", "type", "method", "action", "download", "hidden"),
}


class Seen(HTMLParser):
    """The tags, attributes and text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the tag."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "action")]

    def handle_data(self, data: str) -> None:
        """Notes the text."""
        self.text += data


@pytest.fixture(params=LANGS)
def reader(request, product) -> Reader:
    """A reader of each language."""
    return Reader(product.words, product.programme, request.param, Library(product.passages))


def hostile(reader: Reader, text: str) -> Judgement:
    """A judgement with the same text wherever a text can stand."""
    rule = Citation(id=text, source=text, locator=text, quote=text)
    way = Reframing(decision=text, user=text, smallest_test=text, kept=(text,), dropped=(text,))
    flag = Flag(
        reason=reader.programme.reasons[0].id,
        confidence=0.9,
        applicant_quote=text,
        rule=rule,
        explanation=text,
        reframings=(way,),
    )
    return Judgement(
        lang=reader.lang,
        fit=Fit(verdict="poor_fit", confidence=0.9, flags=(flag,)),
        type=UseCaseType(
            primary=reader.programme.types[0].id,
            decision_sentence=text,
            evidence=(text,),
            would_change_if=text,
        ),
        elements=(ElementFinding(id="decision", state="stated", quote=text),),
        missing=(),
        eligibility=(CriterionFinding(id="population", state="met", note=text, rule=rule),),
        readiness=Readiness(
            pathway="unclear", signals=(Signal(id="x", state="not_met", why=text),), notice=text
        ),
        next_question=NextQuestion(element="decision", text=text, why=text),
        similar_cases=(
            SimilarCase(id=text, title=text, city=text, why_similar=text, differs=text, source_url=text),
        ),
        citations=(rule,),
        engine=Engine(name="local", version="1"),
        notices=(text,),
    )


with gr.Blocks(analytics_enabled=False):
    PAGE = parts.lay_out()


def whole_page(reader: Reader, product, text: str) -> list[str]:
    """Every piece of HTML that the page shows for a hostile draft."""
    judgement = hostile(reader, text)
    record = {e.id: Evidence(state="stated", value=text, quote=text) for e in reader.programme.elements}
    conversation = product.drafts.create(reader.lang)[1].conversation.model_copy(update={"record": record})
    turn = product.assistant.respond(conversation, "x").model_copy(
        update={"reply": text, "judgement": judgement}
    )
    at = product.drafts.create(None)[1].created_at
    exchanges = (
        Exchange(seq=1, text=text, turn=turn, at=at),
        Exchange(seq=2, text=text, document=text, turn=turn, at=at),
        Exchange(seq=3, text=text, element=text, at=at),
    )
    draft = Draft(
        id="a", lang=reader.lang, conversation=conversation, exchanges=exchanges, created_at=at, touched_at=at
    )
    shown = parts.contents(PAGE, reader, draft, "https://city.example/d/token")
    texts = [value for value in shown.values() if isinstance(value, str)]
    return [
        *texts,
        *(bubble["content"] for bubble in shown[PAGE.chat]),
        render.failed(reader, Exception(text)),
    ]


def test_whatever_is_said_is_text(reader, product):
    """No datum of a draft or a judgement becomes a tag, an attribute or a link of its own."""
    for html in [html for payload in PAYLOADS for html in whole_page(reader, product, payload)]:
        seen = Seen(html)
        assert seen.tags <= TAGS | {"em", "ol", "pre", "br"}, html
        assert seen.attributes <= ATTRIBUTES, html
        assert all(link.startswith(("/brief/", "/clinic", "/new")) for link in seen.links), html


def test_every_piece_is_one_line_that_begins_with_a_tag(reader, product):
    """Markdown leaves such a line alone, so nothing in it is taken for markup a second time."""
    for html in [html for payload in PAYLOADS for html in whole_page(reader, product, payload)]:
        assert html == "" or html.startswith("<div ")
        assert "\n" not in html
        assert "\r" not in html


@pytest.mark.parametrize("text", [*PAYLOADS, "*stars* _lines_ `ticks` [a](b)", "two\n\nlines", "a &amp; b"])
def test_what_was_said_is_shown_letter_by_letter(text):
    """A message looks on the page as it was typed."""
    assert Seen(bubbles.said(text)).text.replace("&#10;", "\n") == text


HOSTS = frozenset({"cases.example"})


@pytest.mark.parametrize(
    ("markdown", "links"),
    [
        ("[a case](https://cases.example/one)", ["https://cases.example/one"]),
        ("[the brief](/brief/docx)", ["/brief/docx"]),
        ("[x](https://evil.example/)", []),
        ("[x](//evil.example/)", []),
        ("[x](/\\evil.example)", []),
        ("[x](https://cases.example@evil.example/)", []),
        ("[x](javascript:alert(1))", []),
        ("[x](data:text/html,x)", []),
        ("<https://evil.example>", []),
        ("[x][1]\n\n[1]: https://evil.example", []),
        ("![x](https://cases.example/x.png)", ["https://cases.example/x.png"]),
        ("https://cases.example/bare", []),
    ],
)
def test_replies_link_to_known_places_only(markdown, links):
    """Cases' hosts and our own pages can be followed; everything else is plain text, and no image loads."""
    seen = Seen(bubbles.reply(markdown, HOSTS))

    assert seen.links == links
    assert "img" not in seen.tags


def test_replies_keep_their_form():
    """Emphasis, lists and tables of a reply are shown; its headings do not disturb the page's own."""
    html = bubbles.reply("# Big\n\n**bold** _slanted_\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|", frozenset())

    seen = Seen(html)
    assert {"strong", "em", "ul", "li", "table", "td"} <= seen.tags
    assert not {"h1", "h2", "h3"} & seen.tags
    assert 'class="heading"' in html


def test_links_that_leave_open_without_a_trace(product, reader):
    """They open beside the page and hand over neither the page nor its address."""
    near = product.assistant.judgement("en", "x").similar_cases

    for html in (bubbles.reply("[x](https://cases.example/)", HOSTS), render.cases(reader, near, "en")):
        assert 'target="_blank" rel="noopener noreferrer"' in html


@pytest.mark.parametrize("verdict", ["fit", "needs_work", "poor_fit"])
def test_the_light_is_told_by_word_and_shape(reader, verdict):
    """Somebody who sees no colour reads the verdict, how sure it is, and that a person decides."""
    html = render.verdict(reader, Fit(verdict=verdict, confidence=0.7), reader.lang)

    assert reader.say(f"verdict.{verdict}") in Seen(html).text
    assert reader.say("page.sure_medium") in Seen(html).text
    assert reader.programme.about.notice.at(reader.lang) in Seen(html).text
    assert f'class="shape {verdict}"' in html


def test_the_shapes_differ():
    """Verdicts can be told apart by their outlines, and so can states."""
    for names in (
        ("fit", "needs_work", "poor_fit"),
        ("stated", "vague", "missing", "unknown"),
        ("met", "not_met"),
    ):
        drawings = {shape(name).split(">", 1)[1] for name in names}
        assert len(drawings) == len(names)


@pytest.mark.parametrize(
    ("confidence", "word"), [(0.3, "low"), (0.65, "medium"), (0.84, "medium"), (0.99, "high")]
)
def test_confidence_is_said_in_words(reader, confidence, word):
    """No bare figure stands beside a verdict."""
    text = Seen(render.verdict(reader, Fit(verdict="fit", confidence=confidence), reader.lang)).text

    assert reader.say(f"page.sure_{word}") in text
    assert "%" not in text


def test_a_flag_shows_both_sides_and_opens_the_passage(reader, product):
    """The applicant's words stand beside the booklet's; its locator opens the passage with the line marked."""
    judgement = product.assistant.judgement(reader.lang, "We want a dashboard")
    flag = judgement.fit.flags[0]

    html = render.verdict(reader, judgement.fit, reader.lang)

    text = Seen(html).text
    passage = product.passages(flag.rule.id, reader.lang)
    assert flag.applicant_quote in text
    assert flag.rule.quote in text
    assert passage.text in text
    assert Markup("<mark>{}</mark>").format(flag.rule.quote) in html
    assert Markup("<summary>{}</summary>").format(flag.rule.locator) in html


@pytest.mark.parametrize("state", ["stated", "vague", "missing", "unknown"])
def test_every_element_shows_its_state_in_words(reader, state):
    """Each has a name, a word for its state, and its value when there is one."""
    record = {"decision": Evidence(state=state, value="which flats come first")}

    html = render.progress(reader, record)

    for element in reader.programme.elements:
        assert element.name.at(reader.lang) in Seen(html).text
    assert reader.say(f"state.{state}") in Seen(html).text
    done = 1 if state == "stated" else 0
    assert (
        reader.say("page.progress_count", done=done, total=len(reader.programme.elements)) in Seen(html).text
    )


def test_a_case_names_its_city_what_differs_and_its_source(reader, product):
    """Nobody takes a likeness for proof."""
    [near] = product.assistant.judgement("en", "x").similar_cases

    html = render.cases(reader, (near,), "en")

    text = Seen(html).text
    for part in (near.title, near.city, near.why_similar, near.differs, reader.say("page.cases_note")):
        assert part in text
    assert near.source_url in Seen(html).links


def test_an_address_that_is_no_web_address_is_no_link(reader, product):
    """A case's source can be followed only when it is a page."""
    near = (
        product.assistant.judgement("en", "x")
        .similar_cases[0]
        .model_copy(update={"source_url": "javascript:1"})
    )

    assert Seen(render.cases(reader, (near,), "en")).links == []


@pytest.mark.parametrize(
    ("id", "title", "name"),
    [
        (
            "ab12",
            "Moho en viviendas públicas: ¿quién primero?",
            "ab12-moho-en-viviendas-publicas-quien-primero.md",
        ),
        ("../../x", "..\\..\\etc/passwd", "x-etc-passwd.md"),
        ("", "日本", "draft.md"),
        ("a", 'x"; filename="evil.exe', "a-x-filename-evil-exe.md"),
        ("a", "word " * 40, "a-word-word-word-word-word-word-word-word.md"),
    ],
)
def test_a_download_has_a_plain_name(id, title, name):
    """Whatever the title, the name is short ASCII without a path."""
    assert pages.file_name(id, title, "md") == name


@pytest.mark.parametrize("url", ["http://[", "ftp://x.example", "//x.example", "", "javascript:1"])
def test_only_web_addresses_have_a_host(url):
    """Anything else leads nowhere."""
    assert host(url) == ""
