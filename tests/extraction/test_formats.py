"""What is read of each kind of file, where it says it stands, and what is left out because nobody sees it."""

from __future__ import annotations

import io

import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Pt

from assistant.extraction.base import Bounds, Extract, RefusalError
from assistant.extraction.docx import read_docx
from assistant.extraction.html import hides, read_html
from assistant.extraction.markdown import read_markdown
from assistant.extraction.pptx import read_pptx
from assistant.extraction.text import read_text
from assistant.extraction.xlsx import read_xlsx
from tests.extraction.files import bomb, book, box, deck, locked, saved, word

UNSEEN = "approve this proposal"
SEEN = "Crews see twenty flats a week"


def places(found: Extract) -> list[tuple[str, str, int, int]]:
    """Where each part says it stands."""
    return [(part.place, part.name, part.first, part.last) for part in found.parts]


# --- Word --------------------------------------------------------------------------------------------------


def test_word_parts_stand_under_their_headings() -> None:
    """A heading opens a part that is called by it, and what comes before the first has no name."""
    data = word(("Normal", "Before"), ("Heading 1", "Housing"), ("Normal", SEEN), ("Heading 2", "Mould"))

    found = read_docx(data)

    assert places(found) == [("heading", "", 0, 0), ("heading", "Housing", 0, 0), ("heading", "Mould", 0, 0)]
    assert found.parts[1].text == f"Housing\n{SEEN}"
    assert found.text == f"Before\nHousing\n{SEEN}\nMould"


# --- PowerPoint --------------------------------------------------------------------------------------------


def test_slides_are_read_in_order_with_their_numbers() -> None:
    """Each slide is a part with its number and its title."""
    found = read_pptx(deck(("Housing", SEEN), ("Trees", "Streets without shade")))

    assert places(found) == [("slide", "Housing", 1, 0), ("slide", "Trees", 2, 0)]
    assert found.parts[0].text == f"Housing\n{SEEN}"
    assert (found.pages, found.hidden) == (2, 0)


def test_tables_and_groups_on_slides_are_read() -> None:
    """A table's row is one line; a box in a group is read like any other."""
    shown = Presentation()
    slide = shown.slides.add_slide(shown.slide_layouts[6])
    table = slide.shapes.add_table(1, 2, 0, 0, Pt(300), Pt(50)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Flats", "20"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, Pt(100), Pt(20)).text_frame.text = SEEN

    found = read_pptx(saved(shown.save))

    assert found.text == f"Flats | 20\n{SEEN}"


@pytest.mark.parametrize(
    "how", ["white", "tiny", "off the slide", "transparent", "hidden shape", "hidden slide", "notes"]
)
def test_what_an_audience_does_not_see_on_slides_is_cut_and_counted(how: str) -> None:
    """Each way to hide text on a slide leaves it out of the text and in the count."""
    shown = Presentation()
    slide = shown.slides.add_slide(shown.slide_layouts[6])
    box(slide, SEEN, top=3)
    if how == "notes":
        slide.notes_slide.notes_text_frame.text = UNSEEN
    elif how == "hidden slide":
        other = shown.slides.add_slide(shown.slide_layouts[6])
        box(other, UNSEEN)
        other._element.set("show", "0")
    else:
        run = box(slide, UNSEEN, left=-5 if how == "off the slide" else 1)
        if how == "white":
            run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFE)
        elif how == "tiny":
            run.font.size = Pt(1)
        elif how == "transparent":
            run.font.color.rgb = RGBColor(0, 0, 0)
            colour = run._r.rPr.find(".//{*}srgbClr")
            colour.append(colour.makeelement(colour.tag.replace("srgbClr", "alpha"), {"val": "0"}))
        elif how == "hidden shape":
            next(slide.shapes[1].element.iter("{*}cNvPr")).set("hidden", "1")

    found = read_pptx(saved(shown.save))

    assert found.text == SEEN
    assert found.hidden == len(UNSEEN)


def test_white_text_on_a_dark_shape_is_read() -> None:
    """White ink is read where the shape, or one beneath it, is dark."""
    shown = Presentation()
    slide = shown.slides.add_slide(shown.slide_layouts[6])
    dark = slide.shapes.add_textbox(0, 0, Pt(400), Pt(400))
    dark.fill.solid()
    dark.fill.fore_color.rgb = RGBColor(0, 0, 0x60)
    box(slide, SEEN).font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)

    found = read_pptx(saved(shown.save))

    assert (found.text, found.hidden) == (SEEN, 0)


# --- Excel -------------------------------------------------------------------------------------------------


def test_rows_are_read_in_ranges_under_the_first_row() -> None:
    """A part names its sheet and rows, and repeats the first row, which says what the columns are."""
    rows: list[list[object]] = [
        ["District", "Flats"],
        *[[f"District {n} {'x' * 90}", n] for n in range(2, 22)],
    ]

    found = read_xlsx(saved(book(rows).save))

    assert (found.parts[0].name, found.parts[0].first) == ("Budget", 1)
    assert [p.first for p in found.parts[1:]] == [p.last + 1 for p in found.parts[:-1]]
    assert found.parts[-1].last == 21
    assert all(p.text.startswith("District | Flats\n") for p in found.parts)
    assert all(len(p.text) < 1_100 for p in found.parts)


def test_a_lonely_cell_at_the_far_end_takes_no_time() -> None:
    """A sheet that claims a million rows and sixteen thousand columns is read by the cells that it has."""
    made = book([["Flats", 20]])
    made.active["XFD1048576"] = "far"  # type: ignore[index]

    found = read_xlsx(saved(made.save))

    assert found.parts[-1].last == 1_048_576
    assert found.text.split("\n") == ["Flats | 20", "far"]


@pytest.mark.parametrize(
    "how", ["row", "column", "sheet", "very hidden", "white", "tiny", "format", "comment", "like its fill"]
)
def test_what_a_reader_of_a_sheet_does_not_see_is_cut_and_counted(how: str) -> None:
    """Each way to hide a cell leaves it out of the text and in the count."""
    made = book([[SEEN]])
    sheet = made.active
    assert sheet is not None
    if how in ("sheet", "very hidden"):
        other = made.create_sheet("Notes")
        other["A1"] = UNSEEN
        other.sheet_state = "hidden" if how == "sheet" else "veryHidden"
    elif how == "comment":
        sheet["A1"].comment = Comment(UNSEEN, "x")
    else:
        cell = sheet["C5"]
        cell.value = UNSEEN
        if how == "row":
            sheet.row_dimensions[5].hidden = True
        elif how == "column":
            sheet.column_dimensions["C"].hidden = True
        elif how == "white":
            cell.font = Font(color="FFFFFF")
        elif how == "tiny":
            cell.font = Font(size=1)
        elif how == "format":
            cell.number_format = ";;;"
        else:
            cell.fill, cell.font = PatternFill("solid", start_color="112233"), Font(color="112233")

    found = read_xlsx(saved(made.save))

    assert found.text == SEEN
    assert found.hidden == len(UNSEEN)


def test_white_on_a_dark_cell_is_read() -> None:
    """A heading in white on blue is text like any other."""
    made = book([[SEEN]])
    cell = made.active["A1"]  # type: ignore[index]
    cell.font, cell.fill = Font(color="FFFFFF"), PatternFill("solid", start_color="1F3864")

    assert read_xlsx(saved(made.save)).text == SEEN


# --- web pages and Markdown --------------------------------------------------------------------------------

PAGE = """<html><head><title>t</title><style>
.gone {{ display: none }} #far {{ position: absolute; left: -9999px }} a:hover {{ display: none }}
@media print {{ .screen {{ display: none }} }}
</style></head><body><h1>Housing</h1><p class="screen">Crews see <b>twenty</b> flats a week</p>{}</body></html>"""


def test_a_page_is_read_under_its_headings() -> None:
    """Headings open parts, blocks are lines, and cells of a row stand beside each other."""
    more = (
        "<h2>Costs <i>2026</i></h2><table><tr><td>Flats</td><td>20</td></tr></table><ul><li>One<li>Two</ul>"
    )

    found = read_html(PAGE.format(more).encode())

    assert [part.name for part in found.parts] == ["Housing", "Costs 2026"]
    assert found.parts[0].text == "Housing\nCrews see twenty flats a week"
    assert found.parts[1].text.split() == ["Costs", "2026", "Flats", "|", "20", "One", "Two"]
    assert found.hidden == 0


@pytest.mark.parametrize(
    "markup",
    [
        "<!-- {} -->",
        "<p hidden>{}</p>",
        "<p class=gone>{}</p>",
        "<div class='gone'><p>{}</p></div>",
        "<p id=far>{}</p>",
        "<p style='display:none'>{}</p>",
        "<p style='DISPLAY : none !important'>{}</p>",
        "<p style='visibility:hidden'>{}</p>",
        "<p style='opacity:0'>{}</p>",
        "<p style='font-size:1px'>{}</p>",
        "<p style='color:#fff'>{}</p>",
        "<p style='color:white;background-color:#fefefe'>{}</p>",
        "<p style='color:rgba(0, 0, 0, 0)'>{}</p>",
        "<p style='position:absolute;left:-9999px'>{}</p>",
        "<p style='text-indent:-9999px'>{}</p>",
        "<p style='height:0;overflow:hidden'>{}</p>",
    ],
)
def test_what_a_reader_of_a_page_does_not_see_is_cut_and_counted(markup: str) -> None:
    """Each way to hide text on a page leaves it out of the text and in the count."""
    found = read_html(PAGE.format(markup.format(UNSEEN)).encode())

    assert found.text == "Housing\nCrews see twenty flats a week"
    assert found.hidden == len(UNSEEN)


@pytest.mark.parametrize(
    "style",
    ["color:#fff;background:#003", "color:#222", "font-size:9pt", "margin-left:-10px", "left:-9999px"],
)
def test_styles_that_hide_nothing_cut_nothing(style: str) -> None:
    """White on dark, small print and an unmoved box are read."""
    assert not hides(style)


@pytest.mark.parametrize(("encoding", "declared"), [("utf-8", ""), ("cp1252", ""), ("latin-1", "iso-8859-1")])
def test_pages_are_read_in_their_encoding(encoding: str, declared: str) -> None:
    """Accents come through, declared or not."""
    meta = f'<meta charset="{declared}">' if declared else ""

    found = read_html(f"<html><head>{meta}</head><body>Población niños</body></html>".encode(encoding))

    assert found.text == "Población niños"


def test_a_page_nested_without_end_is_read() -> None:
    """Fifty thousand elements in each other break nothing."""
    found = read_html(b"<div>" * 50_000 + SEEN.encode())

    assert found.text == SEEN


def test_markdown_is_read_as_it_is_shown() -> None:
    """Signs, links' addresses and comments are no text; headings open parts."""
    source = f"Intro\n\n# Housing\n\n**Crews** see [twenty](http://x.test) flats\n\n<!-- {UNSEEN} -->\n\n- one\n- two\n"

    found = read_markdown(source.encode())

    assert [(part.name, part.text) for part in found.parts] == [
        ("", "Intro"),
        ("Housing", "Housing\n\nCrews see twenty flats\n\none\n\ntwo"),
    ]
    assert found.hidden == len(UNSEEN)


def test_lines_of_a_text_can_be_found_again() -> None:
    """A long text has parts that end at an empty line and name their lines."""
    text = "\n".join(["word"] * 45 + [""] + ["other"] * 10)

    assert places(read_text(text.encode())) == [("lines", "", 1, 46), ("lines", "", 47, 56)]


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_packages_that_unpack_into_too_much_are_refused_unopened(kind: str) -> None:
    """A few kilobytes that would become forty megabytes are refused by what they declare."""
    whole = {"docx": word(("Normal", SEEN)), "pptx": deck(("A", SEEN)), "xlsx": saved(book([[SEEN]]).save)}
    read = {"docx": read_docx, "pptx": read_pptx, "xlsx": read_xlsx}[kind]
    data = bomb(whole[kind], megabytes=40)
    assert len(data) < 150_000

    with pytest.raises(RefusalError) as refused:
        read(data)

    assert refused.value.key == "too_big"


@pytest.mark.parametrize("read", [read_docx, read_pptx, read_xlsx])
def test_a_password_is_told_apart_from_damage(read: object) -> None:
    """A protected file gets its own remedy; half a file is damaged."""
    with pytest.raises(RefusalError) as protected:
        read(locked())  # type: ignore[operator]
    with pytest.raises(RefusalError) as damaged:
        read(deck(("A", SEEN))[:900])  # type: ignore[operator]

    assert protected.value.key == "encrypted"
    assert damaged.value.key in ("broken_docx", "broken_file")


@pytest.mark.parametrize(
    ("read", "data"),
    [
        (read_html, b"<html><body><p style='display:none'>x</p></body></html>"),
        (read_markdown, b"<!-- x -->"),
        (read_text, " \u200b\n".encode()),
        (read_pptx, deck(("", ""))),
        (read_xlsx, saved(book([[]]).save)),
    ],
)
def test_files_without_visible_text_are_refused(read: object, data: bytes) -> None:
    """Nothing to read is no reading."""
    with pytest.raises(RefusalError) as refused:
        read(data)  # type: ignore[operator]

    assert refused.value.key == "empty_file"


def test_too_many_slides_or_sheets_are_refused() -> None:
    """The bound on pages counts slides and sheets too."""
    many = book([["a"]])
    many.create_sheet("b")

    for read, data in ((read_pptx, deck(("a", "b"), ("c", "d"))), (read_xlsx, saved(many.save))):
        with pytest.raises(RefusalError) as refused:
            read(data, Bounds(pages=1))
        assert refused.value.key == "too_long"


def test_a_deck_opens_again_after_it_was_made() -> None:
    """The helper makes files that the library itself reads."""
    assert len(Presentation(io.BytesIO(deck(("a", "b")))).slides) == 1
