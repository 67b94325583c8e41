"""The applicant's page as a person meets it, against the real product."""

from __future__ import annotations

import json
import os
from pathlib import Path

import docx
import pytest

from assistant.domain import LANGS
from assistant.settings import Settings
from assistant.wiring import build
from tests.browser.conftest import Seat, Sit, running, sync_api

expect = sync_api.expect

WORDS = build(Settings(_env_file=None)).words  # type: ignore[call-arg]
SCREENS = [(lang, dark) for lang in LANGS for dark in (False, True)]
if not os.environ.get("ALL_SCREENS"):  # each language and each colour once; all of them at night
    SCREENS = [("en", False), ("es", True), ("pt", False)]
MESSAGES = {
    "en": (
        "Families in our public housing wait four months before anyone looks at the black mould in their flats.",
        "Every Monday the two repair crews decide which flats they visit first.",
        "We have the repair requests and the readings of humidity sensors in 900 flats.",
        "We do not know yet.",
        "For six weeks one crew works from the new list and the other from the old one.",
    ),
    "es": (
        "Las familias de nuestras viviendas públicas esperan cuatro meses hasta que alguien revisa el moho.",
        "Cada lunes las dos cuadrillas de mantenimiento deciden qué departamentos visitar primero.",
        "Tenemos las solicitudes de reparación y las lecturas de los sensores de humedad de 900 viviendas.",
        "Todavía no lo sabemos.",
        "Durante seis semanas una cuadrilla trabaja con la lista nueva y la otra con la de siempre.",
    ),
    "pt": (
        "As famílias das nossas moradias populares esperam quatro meses até alguém vistoriar o mofo.",
        "Toda segunda-feira as duas equipes de manutenção decidem quais apartamentos visitar primeiro.",
        "Temos os pedidos de reparo e as leituras dos sensores de umidade de 900 apartamentos.",
        "Ainda não sabemos.",
        "Durante seis semanas uma equipe trabalha com a lista nova e a outra com a de sempre.",
    ),
}
POOR = {
    "en": "We want an artificial intelligence strategy for the whole city.",
    "es": "Queremos una estrategia de inteligencia artificial para toda la ciudad.",
    "pt": "Queremos uma estratégia de inteligência artificial para toda a cidade.",
}


def download(seat: Seat, form: str, folder: Path) -> Path:
    """The brief in one form, as the person's browser saves it."""
    with seat.page.expect_download() as waiting:
        seat.page.locator(f"a[href='/brief/{form}']").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


@pytest.mark.parametrize("lang", LANGS)
def test_a_whole_conversation_ends_in_a_brief(sit: Sit, lang, tmp_path):
    """Message by message the use case fills in; the brief opens in each form and holds what was said."""
    seat = sit(lang)
    seat.open()

    replies = [seat.send(text) for text in MESSAGES[lang]]

    assert len(replies) == len(MESSAGES[lang])
    assert seat.stated >= 4
    assert seat.page.evaluate("document.documentElement.lang") == lang
    assert seat.page.locator(".light strong").inner_text() in [
        WORDS.say(lang, f"verdict.{v}") for v in ("fit", "needs_work", "poor_fit")
    ]
    files = {form: download(seat, form, tmp_path) for form in ("docx", "md", "json")}
    assert all(path.name.isascii() for path in files.values())
    brief = json.loads(files["json"].read_text("utf-8"))
    assert (brief["schema"], brief["lang"]) == ("brief/2", lang)
    said = " ".join(MESSAGES[lang])
    assert brief["record"]["resident_problem"]["quote"] in said
    document = docx.Document(str(files["docx"]))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    text = "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
    assert brief["record"]["resident_problem"]["quote"] in text
    assert "\n# " in files["md"].read_text("utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_a_poor_fit_shows_both_sides(sit: Sit, lang):
    """The applicant's words stand beside the booklet's, and the booklet's passage opens."""
    seat = sit(lang)
    seat.open()

    seat.send(POOR[lang])

    assert seat.page.locator(".light strong").inner_text() == WORDS.say(lang, "verdict.poor_fit")
    sides = seat.page.locator(".flag figure")
    assert sides.nth(0).locator("blockquote").inner_text() in POOR[lang]
    passage = sides.nth(1).locator("details")
    line = sides.nth(1).locator("blockquote").inner_text()
    passage.locator("summary").click()
    assert line in passage.inner_text().replace("\n", " ")
    assert passage.locator("mark").is_visible()


def test_what_was_acknowledged_survives_a_crash(sit: Sit, data_dir, tmp_path_factory):
    """The server is killed while it answers; after a restart the link shows every message and every answer."""
    with running(data_dir) as server:
        seat = sit("en", at=server)
        seat.open()
        answers = [seat.send(text) for text in MESSAGES["en"][:2]]
        link = seat.page.locator(".address code").inner_text()
        seat.box.fill(MESSAGES["en"][2])
        seat.box.press("Enter")
        seat.page.locator("#chat .said").nth(2).wait_for()
        server.kill()
        seat.complaints.clear()  # the connection was cut, and the console says so
        seat.page.goto("about:blank")
        server.start()

        again = sit("en", at=server)
        again.page.goto(link)
        again.page.locator(".ready").wait_for()

        assert again.page.url == server.url
        assert again.said == list(MESSAGES["en"][:3])
        assert again.replies[:2] == answers
        retry = again.page.get_by_role("button", name=WORDS.say("en", "page.retry"))
        if retry.is_visible():
            retry.click()
        assert again.answer(2) if len(again.replies) < 3 else again.replies[2]
    seat.complaints.clear()


def test_two_people_at_once_do_not_see_each_other(sit: Sit):
    """Two browsers on one server hold two conversations."""
    one, other = sit("en"), sit("pt")
    one.open()
    other.open()

    one.box.fill("Families in Riverton wait months for repairs of their roofs.")
    other.box.fill("Os moradores de Vila Nova esperam meses por uma consulta.")
    one.box.press("Enter")
    other.box.press("Enter")
    one.answer(0)
    other.answer(0)

    assert "Riverton" in one.page.content()
    assert "Vila Nova" not in one.page.content()
    assert "Vila Nova" in other.page.content()
    assert "Riverton" not in other.page.content()
    assert one.page.locator(".address code").inner_text() != other.page.locator(".address code").inner_text()


def test_a_draft_comes_back_after_a_reload_and_by_its_link(sit: Sit):
    """The conversation is the store's, not the browser's."""
    seat = sit("es")
    seat.open()
    answer = seat.send(MESSAGES["es"][0])
    link = seat.page.locator(".address code").inner_text()

    seat.open()
    elsewhere = sit("en")
    elsewhere.page.goto(link)
    elsewhere.page.locator(".ready").wait_for()

    for place in (seat, elsewhere):
        assert place.said == [MESSAGES["es"][0]]
        assert place.replies == [answer]
        assert place.page.evaluate("document.documentElement.lang") == "es"


def test_the_link_is_copied(sit: Sit):
    """One click puts the link where it can be pasted, and says so."""
    seat = sit()
    seat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    seat.open()

    seat.page.get_by_role("button", name=WORDS.say("en", "page.copy_link")).click()

    seat.page.get_by_text(WORDS.say("en", "page.copied"), exact=True).wait_for()
    copied = seat.page.evaluate("navigator.clipboard.readText()")
    assert copied == seat.page.locator(".address code").inner_text()


def test_a_new_draft_begins_empty_and_the_old_one_stays(sit: Sit):
    """Beginning again leaves a way back."""
    seat = sit()
    seat.open()
    seat.send(MESSAGES["en"][0])
    link = seat.page.locator(".address code").inner_text()

    seat.page.locator(".begin summary").click()
    seat.page.locator(".begin button").click()
    seat.page.locator("#examples").wait_for()

    assert seat.said == []
    seat.page.goto(link)
    seat.page.locator("#chat .said").wait_for()
    assert seat.said == [MESSAGES["en"][0]]


def test_an_uploaded_draft_fills_the_use_case(sit: Sit, tmp_path):
    """A Word file is read as one message, and the person sees the text that was read."""
    document = docx.Document()
    for text in (*MESSAGES["en"][:3], MESSAGES["en"][4]):
        document.add_paragraph(text)
    path = tmp_path / "mould draft.docx"
    document.save(str(path))
    seat = sit()
    seat.open()

    seat.page.locator("#talk input[type=file]").set_input_files(str(path))
    seat.answer(0)

    assert seat.stated >= 3
    seat.page.locator("#chat .said summary").click()
    assert MESSAGES["en"][1] in seat.said[0]
    assert "mould draft.docx" in seat.said[0]


def test_a_file_that_is_no_draft_is_refused_with_a_remedy(sit: Sit, tmp_path):
    """The message is in the person's language, and the conversation goes on."""
    path = tmp_path / "draft.pdf"
    path.write_bytes(b"%PDF-1.7 nothing")
    seat = sit("pt")
    seat.open()

    seat.page.locator("#talk input[type=file]").set_input_files(str(path))
    seat.page.locator("#status .failed").wait_for()

    assert WORDS.say("pt", "error.unreadable.message") in seat.page.locator("#status").inner_text()
    assert seat.send(MESSAGES["pt"][0])


def test_a_field_can_be_corrected(sit: Sit):
    """Choose a field, write, save: the canvas and the conversation say so."""
    seat = sit()
    seat.open()
    seat.send(MESSAGES["en"][0])
    page = seat.page

    page.get_by_role("button", name=WORDS.say("en", "page.edit_title")).click()
    page.locator("#edit-field input").click()
    page.get_by_role("option", name="Resident problem").click()
    expect(page.locator("#edit-text textarea")).not_to_have_value("")
    assert page.locator("#edit-text textarea").input_value() in MESSAGES["en"][0]
    page.locator("#edit-text textarea").fill("Children fall ill from the mould in their flats")
    page.locator("#edit-save").click()
    seat.answer(1)

    row = page.locator(".elements > li", has_text="Resident problem")
    assert "Children fall ill from the mould" in row.inner_text()
    assert "Children fall ill from the mould" in seat.said[1]


def test_the_language_switch_relabels_the_page(sit: Sit):
    """Every label, the title and the document's language change at once, and stay after a reload."""
    seat = sit("en")
    seat.open()

    for lang, name in (("pt", "Português"), ("es", "Español")):
        seat.page.locator("#language").get_by_text(name).click()
        seat.page.locator(f".lang-{lang}").wait_for()
        page = seat.page
        expect(page.locator("html")).to_have_attribute("lang", lang)
        assert page.title() == WORDS.say(lang, "page.title")
        for key in ("send", "upload", "example_1"):
            page.get_by_role("button", name=WORDS.say(lang, f"page.{key}"), exact=True).wait_for()
        page.get_by_label(WORDS.say(lang, "page.your_message")).wait_for()

    seat.open()
    seat.page.locator(".lang-es").wait_for()


def test_the_keyboard_is_enough(sit: Sit):
    """Tab reaches the box, Shift+Enter breaks a line, Enter sends, and the focus can always be seen."""
    seat = sit()
    seat.open()
    page = seat.page

    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        focus = "document.activeElement"
        reached.append(page.evaluate(f"{focus}.closest('[id]')?.id || {focus}.tagName"))
        style = page.evaluate(
            f"(() => {{ let e = {focus}; if (e.type === 'radio') e = e.closest('label');"
            " const s = getComputedStyle(e); return s.outlineStyle + ' ' + s.outlineWidth })()"
        )
        assert style == "solid 3px", (reached[-1], style)
        if page.evaluate(f"{focus}.tagName") == "TEXTAREA":
            break
    page.keyboard.type("Families wait months")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("for repairs of their flats")
    page.keyboard.press("Enter")
    seat.answer(0)

    assert "language" in reached
    assert seat.said == ["Families wait months\nfor repairs of their flats"]
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_an_example_is_taken_changed_and_sent(sit: Sit):
    """It goes into the box, not to the assistant."""
    seat = sit("es")
    seat.open()

    seat.page.get_by_role("button", name=WORDS.say("es", "page.example_1")).click()
    expect(seat.page.locator("#message textarea")).not_to_have_value("")

    assert seat.box.input_value() == WORDS.say("es", "page.example_1")
    assert seat.said == []
    seat.box.press("Enter")
    seat.answer(0)
    assert seat.page.locator("#examples").count() == 0 or seat.page.locator("#examples").is_hidden()


@pytest.mark.parametrize("lang", LANGS)
def test_a_narrow_screen_never_scrolls_sideways(sit: Sit, lang):
    """320 pixels are enough, before and after a poor fit, with everything opened."""
    seat = sit(lang, width=320, height=640)
    seat.open()
    empty = seat.overflow

    seat.send(POOR[lang] + " " + "x" * 300)
    seat.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")

    assert (empty, seat.overflow) == (0, 0)


MARKUP = (
    "<b>bold</b> <img src=x onerror=alert(1)> <script>alert(2)</script>",
    "**stars** _lines_ `ticks` [link](javascript:alert(3)) ![i](http://evil.example/x.png)",
    '"><svg onload=alert(4)> <a href="//evil.example">x</a> $$x^2$$ &lt;i&gt;',
)


def test_markup_in_a_message_is_shown_as_text(sit: Sit):
    """What was typed is seen letter by letter in the chat and the canvas, and nothing of it acts."""
    seat = sit()
    seat.open()

    for text in MARKUP:
        seat.send(f"Residents wait months for repairs {text}")

    assert seat.said == [f"Residents wait months for repairs {text}" for text in MARKUP]
    inside = "#chat :is(.said, .reply), .piece"
    assert seat.page.locator(f"{inside} >> css=img, script, iframe, svg:not(.shape), .katex").count() == 0
    hosts = seat.page.evaluate("[...document.querySelectorAll('.piece a')].map(a => a.hostname)")
    assert "evil.example" not in hosts


def axe_script() -> str:
    """The accessibility checker's source, where it is installed."""
    if named := os.environ.get("AXE_JS"):
        return Path(named).read_text("utf-8")
    package = pytest.importorskip(
        "axe_playwright_python", reason="set AXE_JS, or install axe-playwright-python"
    )
    return (Path(package.__file__).parent / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize(("lang", "dark"), SCREENS)
def test_the_page_has_no_barrier_that_a_machine_can_find(sit: Sit, lang, dark):
    """WCAG 2.2 A and AA hold for the empty page and for a poor fit with everything opened."""
    source = axe_script()
    seat = sit(lang, dark=dark)
    seat.open()
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    run = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"

    found = []
    for step in ("empty", "judged"):
        if step == "judged":
            seat.send(POOR[lang])
            seat.page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        seat.page.evaluate(source)
        for violation in seat.page.evaluate(run, tags)["violations"]:
            found += [f"{step}: {violation['id']}: {node['html'][:160]}" for node in violation["nodes"]]

    assert found == []
