"""Word files that people upload: what is read, what is left out, and what is refused."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from assistant.documents import read_document
from assistant.errors import DocumentError
from assistant.extraction.docx import read_docx
from tests.documents.files import SENTENCE, UNSEEN, refusal, saved, word


def shade(properties: object, fill: str) -> None:
    """Give a cell, paragraph or run a background."""
    element = OxmlElement("w:shd")
    element.set(qn("w:val"), "clear")
    element.set(qn("w:fill"), fill)
    properties.append(element)


def test_a_word_file_is_read_in_order_with_its_tables(tmp_path: Path) -> None:
    """Headings, paragraphs, nested and merged cells come in reading order, each once."""
    document = word("Before")
    table = document.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "Who decides"
    table.cell(0, 2).text = "the water office"
    table.cell(1, 0).text = "When"
    inner = table.cell(1, 1).add_table(rows=1, cols=1)
    inner.cell(0, 0).text = "every Monday"
    document.add_heading("After", 2)
    document.save(tmp_path / "a.docx")

    text = read_document(tmp_path / "a.docx").text

    assert text.split("\n") == ["Before", "Who decides | the water office", "When | every Monday |", "After"]


def test_inserted_text_links_controls_and_boxes_are_read_and_deleted_text_is_not() -> None:
    """The text is that of the final version, wherever in the page it stands."""
    document = word("Crews go ")
    paragraph = document.paragraphs[0]._p
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    run = "<w:r><w:t>{}</w:t></w:r>"
    pieces = [
        f"<w:ins {w}>{run.format('on Mondays')}</w:ins>",
        f"<w:del {w}><w:r><w:delText>on Fridays</w:delText></w:r></w:del>",
        f"<w:hyperlink {w}>{run.format(', see the site')}</w:hyperlink>",
        f"<w:sdt {w}><w:sdtContent>{run.format(' today')}</w:sdtContent></w:sdt>",
        f"<w:r {w}><w:pict><w:txbxContent><w:p>{run.format('In a box')}</w:p></w:txbxContent></w:pict></w:r>",
    ]
    for piece in pieces:
        paragraph.append(docx.oxml.parse_xml(piece))

    extract = read_docx(saved(document))

    assert extract.text.strip() == "Crews go on Mondays, see the site today\nIn a box"
    assert extract.hidden == 0


def vanish(run: docx.text.run.Run) -> None:
    """Hide as Word's font dialogue does."""
    run.font.hidden = True


def whiten(run: docx.text.run.Run) -> None:
    """White on white."""
    run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)


def pale(run: docx.text.run.Run) -> None:
    """Nearly white on white."""
    run.font.color.rgb = RGBColor(0xF2, 0xF4, 0xF2)


def shrink(run: docx.text.run.Run) -> None:
    """Smaller than can be read."""
    run.font.size = Pt(1)


def blacken(run: docx.text.run.Run) -> None:
    """Black on black."""
    run.font.color.rgb = RGBColor(0, 0, 0)
    shade(run._r.get_or_add_rPr(), "000000")


@pytest.mark.parametrize("hide", [vanish, whiten, pale, shrink, blacken])
def test_hidden_text_in_a_word_file_is_left_out_and_reported(
    tmp_path: Path, hide: Callable[[docx.text.run.Run], None]
) -> None:
    """What a reader does not see is not judged, and its owner is told how much it was."""
    document = word(SENTENCE)
    hide(document.paragraphs[0].add_run(UNSEEN))
    document.save(tmp_path / "a.docx")

    read = read_document(tmp_path / "a.docx")

    assert read.text == SENTENCE
    assert [(notice.key, notice.count) for notice in read.notices] == [("hidden_text", len(UNSEEN))]
    assert str(len(UNSEEN)) in str(read.notices[0])


@pytest.mark.parametrize("kind", ["paragraph style", "character style", "defaults"])
def test_text_hidden_by_a_style_is_left_out_too(kind: str) -> None:
    """Hiding by style, or by a style's parent, hides no better than hiding directly."""
    document = word(SENTENCE)
    styles = document.styles
    if kind == "defaults":
        defaults = styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}")
        defaults.append(OxmlElement("w:vanish"))
        shown = document.paragraphs[0].runs[0]
        shown.font.hidden = False
        document.add_paragraph(UNSEEN)
    else:
        type_ = 1 if kind == "paragraph style" else 2
        parent, style = styles.add_style("Parent", type_), styles.add_style("Child", type_)
        parent.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)
        style.base_style = parent
        if type_ == 1:
            document.add_paragraph(UNSEEN, style="Child")
        else:
            document.paragraphs[0].add_run(UNSEEN, style="Child")

    extract = read_docx(saved(document))

    assert (extract.text.strip(), extract.hidden) == (SENTENCE, len(UNSEEN))


@pytest.mark.parametrize("where", ["cell", "paragraph", "run", "table style"])
def test_white_text_on_a_dark_ground_is_read(where: str) -> None:
    """The white heading of a dark table row or banner is text like any other."""
    document = word()
    table = document.add_table(rows=1, cols=1)
    paragraph = table.cell(0, 0).paragraphs[0]
    run = paragraph.add_run(SENTENCE)
    whiten(run)
    if where == "table style":
        table.style = "Medium Shading 1 Accent 1"
    else:
        properties = {
            "cell": table.cell(0, 0)._tc.get_or_add_tcPr,
            "paragraph": paragraph._p.get_or_add_pPr,
            "run": run._r.get_or_add_rPr,
        }
        shade(properties[where](), "1F3864")

    extract = read_docx(saved(document))

    assert (extract.text.strip(), extract.hidden) == (SENTENCE, 0)


def repacked(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """A package with its entries changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_footnotes_are_read() -> None:
    """A source named in a footnote is part of the proposal."""
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = word(SENTENCE)
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    note = "<w:footnote><w:p><w:r><w:t>Repair log</w:t></w:r></w:p></w:footnote>"
    notes = f'<w:footnotes xmlns:w="{w}">{note}</w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, notes.encode(), document.part.package)
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    document.part.relate_to(part, relation)

    assert read_docx(saved(document)).text.split() == [*SENTENCE.split(), "Repair", "log"]


def bomb(name: str, data: bytes) -> bytes:
    """A small entry that unpacks into more than a document has."""
    return b" " * (31 * 2**20) if name == "word/settings.xml" else data


def test_a_word_file_that_unpacks_into_too_much_is_refused(tmp_path: Path) -> None:
    """A bomb is refused by its own table of contents, before anything is unpacked."""
    (tmp_path / "a.docx").write_bytes(repacked(saved(word(SENTENCE)), bomb))
    started = time.monotonic()

    error = refusal(tmp_path / "a.docx")

    assert error.key == "too_big"
    assert (tmp_path / "a.docx").stat().st_size < 100_000
    assert time.monotonic() - started < 5


def test_a_word_file_with_too_many_entries_is_refused(tmp_path: Path) -> None:
    """Many small entries are no document either."""
    (tmp_path / "a.docx").write_bytes(saved(word(SENTENCE)))
    with zipfile.ZipFile(tmp_path / "a.docx", "a") as package:
        for number in range(200):
            package.writestr(f"word/media/{number}", "x")

    assert refusal(tmp_path / "a.docx").key == "too_big"


def test_an_entry_that_lies_about_its_size_does_no_harm(tmp_path: Path) -> None:
    """An entry yields no more than it declares, so a lie ends in a refusal."""
    honest = repacked(saved(word(SENTENCE)), bomb)
    size = (31 * 2**20).to_bytes(4, "little")
    assert size in honest
    (tmp_path / "a.docx").write_bytes(honest.replace(size, (1000).to_bytes(4, "little")))

    assert refusal(tmp_path / "a.docx").key in ("broken_docx", "too_big")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    """Neither a billion laughs nor a file of this machine comes out of a Word file."""

    def laugh(name: str, data: bytes) -> bytes:
        if name != "word/document.xml":
            return data
        levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
        secret = Path(__file__).as_uri()
        head = f'<!DOCTYPE x [<!ENTITY e0 "ha"><!ENTITY file SYSTEM "{secret}">{levels}]>'.encode()
        body = data.replace(SENTENCE.encode(), SENTENCE.encode() + b"&e11;&file;")
        return body.replace(b"?>", b"?>" + head, 1)

    (tmp_path / "a.docx").write_bytes(repacked(saved(word(SENTENCE)), laugh))

    try:
        text = read_document(tmp_path / "a.docx").text
    except DocumentError as error:
        text = error.key
    assert text in (SENTENCE, "broken_docx")


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_word_file_that_was_cut_off_is_refused(tmp_path: Path, part: float) -> None:
    """Half an upload is not half a proposal."""
    data = saved(word(SENTENCE))
    (tmp_path / "a.docx").write_bytes(data[: int(len(data) * part)])

    assert refusal(tmp_path / "a.docx").key == "broken_docx"


def test_a_word_file_without_text_is_empty(tmp_path: Path) -> None:
    """A document that holds only a picture or nothing has nothing to judge."""
    word().save(tmp_path / "a.docx")

    assert refusal(tmp_path / "a.docx").key == "empty"
