"""The cells of an Excel file that its reader sees, row by row."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.chartsheet import Chartsheet
from openpyxl.worksheet.worksheet import Worksheet

from assistant.extraction.base import UPLOAD, Bounds, Extract, Part, RefusalError
from assistant.extraction.package import CONTRAST, check_package, contrast, is_rgb

TINY = 3
"""Points below which text is not meant to be read."""
ROWS_CHARACTERS = 900
"""Characters after which the rows of a part end."""


def read_xlsx(data: bytes, bounds: Bounds = UPLOAD) -> Extract:
    """The values of visible cells; each part starts with the sheet's first row, which names the columns."""
    check_package(data, bounds, broken="broken_file")
    try:
        book = load_workbook(io.BytesIO(data), data_only=True)
        if len(book.sheetnames) > bounds.pages:
            raise RefusalError("too_long", limit=f"{bounds.pages} sheets")
        reader = Reader()
        sheets = [sheet for sheet in book.worksheets if not isinstance(sheet, Chartsheet)]
        parts = tuple(part for sheet in sheets for part in reader.parts(sheet))
    except (MemoryError, RefusalError):
        raise
    except Exception as error:  # openpyxl raises whatever a damaged file leads it to
        raise RefusalError("broken_file", cause=type(error).__name__) from error
    if not parts:
        raise RefusalError("empty_file", hidden=reader.hidden)
    text = "\n".join(part.text for part in parts)
    return Extract(text=text, pages=len(sheets), hidden=reader.hidden, parts=parts)


class Reader:
    """Reads sheet by sheet and counts what it leaves out."""

    def __init__(self) -> None:
        self.hidden = 0

    def parts(self, sheet: Worksheet) -> Iterator[Part]:
        """Ranges of rows, each a few lines long, under the sheet's name."""
        rows = list(self._rows(sheet))
        if not rows:
            return
        head = rows[0][1]
        held: list[tuple[int, str]] = []
        for row in rows:
            held.append(row)
            if sum(len(line) for _, line in held) >= ROWS_CHARACTERS:
                yield _part(sheet.title, held, head)
                held = []
        if held:
            yield _part(sheet.title, held, head)

    def _rows(self, sheet: Worksheet) -> Iterator[tuple[int, str]]:
        shut = sheet.sheet_state != "visible"
        spans = [(c.min or 0, c.max or 0) for c in _columns(sheet) if c.hidden]
        # Only the cells that the file has: a sheet may claim to be a million rows long.
        cells = sorted(sheet._cells.values(), key=lambda cell: (cell.row, cell.column))
        for number, row in groupby(cells, key=lambda cell: cell.row):
            gone = shut or sheet.row_dimensions[number].hidden
            values = []
            for cell in row:
                value = shown(cell.value)
                comment = getattr(cell, "comment", None)
                self.hidden += len(comment.text) if comment is not None else 0
                if not value:
                    continue
                at = cell.column or 0
                beside = any(first <= at <= last for first, last in spans)
                if gone or beside or _invisible(cell):
                    self.hidden += len(value)
                else:
                    values.append(value)
            if values:
                yield number, " | ".join(values)


def _columns(sheet: Worksheet) -> Iterator[Any]:
    for column in sheet.column_dimensions.values():
        column.reindex()  # one that was not read from a file does not know its number yet
        yield column


def _part(name: str, rows: list[tuple[int, str]], head: str) -> Part:
    lines = [line for _, line in rows]
    if lines[0] != head:
        lines.insert(0, head)
    return Part("rows", "\n".join(lines), name, first=rows[0][0], last=rows[-1][0])


def shown(value: object) -> str:
    """A cell's value as text, on one line."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.10g}"
    return " ".join(str(value).split())


def _invisible(cell: Cell | MergedCell) -> bool:
    """Whether the look of a cell shows nothing: ink like its paper, tiny letters, or a format that prints nothing."""
    if not getattr(cell, "has_style", False):
        return False
    if cell.number_format.replace(" ", "") in (";;;", ";;"):
        return True
    font, fill = cell.font, cell.fill
    if font is not None and font.sz is not None and float(font.sz) < TINY:
        return True
    paper = "FFFFFF"
    if fill is not None and fill.fill_type == "solid":
        paper = _rgb(fill.start_color)
    elif fill is not None and fill.fill_type:
        return False
    ink = _rgb(font.color) if font is not None and font.color is not None else ""
    return bool(ink and paper) and contrast(ink, paper) < CONTRAST


def _rgb(colour: Any) -> str:
    """The colour as RRGGBB; empty when only the program that shows the file can tell."""
    if colour is None:
        return ""
    if colour.type == "rgb" and isinstance(colour.rgb, str) and is_rgb(colour.rgb[-6:]):
        return str(colour.rgb[-6:])
    if colour.type == "theme" and not colour.tint:
        return {0: "FFFFFF", 1: "000000"}.get(colour.theme, "")  # in the order of Office: white, then black
    if colour.type == "indexed":
        return {0: "000000", 1: "FFFFFF", 8: "000000", 9: "FFFFFF"}.get(colour.indexed, "")
    return ""
