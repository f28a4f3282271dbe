"""Workbooks of OpenDocument: calamine's cells, and an exact pass for what it does not tell.

The pass comes first: calamine gives a place to each cell of the block in which a sheet's cells
lie, and a few bytes can claim more of them than a memory has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from importer.errors import UnusableInputError
from importer.language import number, tr
from importer.sources.books.archive import Archive
from importer.sources.books.book import Sheet
from importer.sources.books.facts import Area, FactsNotes
from importer.sources.books.in_memory import (
    CELLS_IN_MEMORY,
    CalamineSheet,
    find_sheet,
    note_rounded,
    open_calamine,
    sheet_names,
)
from importer.sources.books.markup import event_parser, parse
from importer.sources.books.number_formats import Literal, Moment, Percentage, Shape, shape_of
from importer.sources.books.opendocument_text import CellText
from importer.sources.books.refusals import damaged, too_large
from importer.sources.books.sheet_xml import LAST_COLUMN, LAST_ROW
from importer.sources.books.titles import read_title
from importer.sources.content import Content
from importer.sources.pieces import Mark

_CONTENT = "content.xml"
_ERROR = re.compile(r"#[A-Z/0-9]+[!?]?|Err:\d+")
_PERCENT = re.compile(r"\d(?:[.,](\d+))?\s*%")
_PADDED = re.compile(r"[\d \-.,()/+\u00a0\u202f]+")
_DURATION = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
_HOURS_OF_A_DAY = 24


class OpenDocumentBook:
    """A workbook that calamine reads whole when it is opened."""

    def __init__(self, content: Content, archive: Archive) -> None:
        """Raises ``UnusableInputError`` when its cells are more than memory holds."""
        self.format = "ods"
        self._shown_as = content.shown_as
        self._notes = _read_notes(archive)
        self._book = open_calamine(content)
        self._sheets: dict[str, Sheet] = {}
        self.names = sheet_names(self._book, content.shown_as)
        self.title = read_title(archive)

    def sheet(self, name: str) -> Sheet:
        """Open a sheet; raises ``UnusableInputError`` when it is damaged."""
        if name not in self._sheets:
            sheet = find_sheet(self._book, name, self._shown_as)
            notes = self._notes.get(name, FactsNotes())
            note_rounded(notes, sheet, self._shown_as)
            self._sheets[name] = CalamineSheet(sheet, notes, self._shown_as)
        return self._sheets[name]


def _read_notes(archive: Archive) -> dict[str, FactsNotes]:
    """Read the sheets through: name -> what was noted of it."""
    reader = _Pass(archive.shown_as)
    parse(reader.parser, archive.chunks(_CONTENT), archive.shown_as)
    return reader.notes


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell, or several that are the same: what is to be noted of each."""

    column: int
    times: int
    marks: tuple[tuple[Mark, str | None], ...]
    shape: Shape | None
    filled: bool
    area: tuple[int, int]


class _Pass:
    """Events become notes, row by row, since a row may stand for many."""

    def __init__(self, shown_as: str) -> None:
        self.notes: dict[str, FactsNotes] = {}
        self._shown_as = shown_as
        self._text = CellText()
        self.parser = event_parser(self._start, self._end, self._text.add)
        self._sheet = FactsNotes()
        self._flat_rows: set[str] = set()
        self._style = ""
        self._row = self._column = 1
        self._row_attributes: dict[str, str] = {}
        self._attributes: dict[str, str] = {}
        self._cells: list[_Cell] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "table:table-cell" | "table:covered-table-cell":
                self._attributes = attributes
                self._text.begin()
            case "table:table-row":
                self._row_attributes = attributes
                self._column = 1
                self._cells = []
            case "table:table":
                self._sheet = self.notes.setdefault(attributes.get("table:name", ""), FactsNotes())
                self._row = self._column = 1
            case "style:style":
                self._style = attributes.get("style:name", "")
            case "style:table-row-properties":
                height = attributes.get("style:row-height", "")
                if re.fullmatch(r"0(\.0*)?[a-z]*", height):
                    self._flat_rows.add(self._style)
            case _:
                self._text.start(name, attributes)

    def _end(self, name: str) -> None:
        match name:
            case "table:table-cell" | "table:covered-table-cell":
                times = _times(self._attributes, "columns")
                cell = _read_cell(self._attributes, self._text, self._column, times)
                if cell is not None:
                    self._cells.append(cell)
                self._column += times
            case "table:table-row":
                self._end_row()
            case _:
                self._text.end(name)

    def _end_row(self) -> None:
        times = _times(self._row_attributes, "rows")
        last = self._row + times - 1
        visibility = self._row_attributes.get("table:visibility")
        flat = self._row_attributes.get("table:style-name") in self._flat_rows
        if visibility in ("collapse", "filter") or flat:
            self._sheet.hide(self._row, last)
        for cell in self._cells:
            self._note(cell, last)
        block = self._sheet.cells
        if block is not None and block.size > CELLS_IN_MEMORY:
            raise self._too_many()
        self._row = last + 1

    def _note(self, cell: _Cell, last: int) -> None:
        right = cell.column + cell.times - 1
        if last > LAST_ROW or right > LAST_COLUMN:
            raise damaged(self._shown_as)
        if cell.filled:
            self._sheet.columns.update((cell.column, right))
            self._sheet.rows(self._row, last)
        if (last + 1 - self._row) * cell.times > CELLS_IN_MEMORY:
            raise self._too_many()
        rows, columns = cell.area
        if (rows, columns) != (1, 1):
            self._sheet.merge(
                Area(self._row, self._row + rows - 1, cell.column, cell.column + columns - 1)
            )
        if not cell.marks and cell.shape is None:
            return
        for row in range(self._row, last + 1):
            for column in range(cell.column, right + 1):
                for mark, shown in cell.marks:
                    self._sheet.mark(mark, row, column, shown)
                if cell.shape is not None:
                    self._sheet.shaped.add(row, column, cell.shape)

    def _too_many(self) -> UnusableInputError:
        told = tr("claims more than {cells} cells", cells=number(CELLS_IN_MEMORY))
        return too_large(self._shown_as, told)


def _read_cell(attributes: dict[str, str], text: CellText, column: int, times: int) -> _Cell | None:
    kind = attributes.get("office:value-type", "")
    formula = "table:formula" in attributes
    shown = text.shown
    area = (
        int(attributes.get("table:number-rows-spanned", "1")),
        int(attributes.get("table:number-columns-spanned", "1")),
    )
    if not kind and not formula and not shown and area == (1, 1):
        return None
    shape = _shape(kind, attributes, text)
    marks: list[tuple[Mark, str | None]] = []
    if attributes.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(shown)):
        marks.append((Mark.ERROR, shown))
        shape = Literal("")
    if formula:
        marks.append((Mark.COMPUTED if kind or shown else Mark.NEVER_COMPUTED, None))
    return _Cell(column, times, tuple(marks), shape, bool(kind or shown), area)


def _shape(kind: str, attributes: dict[str, str], text: CellText) -> Shape | None:
    """Find what calamine's value of a cell lacks of what is shown."""
    match kind:
        case "percentage":
            found = _PERCENT.search(text.shown)
            return Percentage(len(found[1] or ""), len(found[1] or "")) if found else None
        case "float":
            return _padded(attributes.get("office:value", ""), text.shown)
        case "time":
            return _duration(attributes.get("office:time-value", ""))
        case "string":
            said = attributes.get("office:string-value")
            other = text.unusual or (said is not None and text.shown not in ("", said))
            return Literal(text.shown) if other else None
        case _:
            return None


def _padded(value: str, shown: str) -> Shape | None:
    """Make a format out of a number that is shown with leading zeros."""
    if not _PADDED.fullmatch(shown):
        return None
    digits = re.sub(r"\D", "", shown)
    whole = value.removesuffix(".0").lstrip("-")
    if not digits.startswith("0") or digits == whole or (digits.lstrip("0") or "0") != whole:
        return None
    if whole == "0" and re.search("[.,]", shown):
        return None
    code = "".join("0" if c.isdigit() else f"\\{c}" for c in shown.removeprefix("-"))
    shape = shape_of(code)
    return None if isinstance(shape, Moment) else shape


def _duration(said: str) -> Literal | None:
    found = _DURATION.fullmatch(said)
    if found is None or (int(found[2]) < _HOURS_OF_A_DAY and not found[1]):
        return None
    sign, hours, minutes, seconds = found.groups()
    return Literal(f"{sign}{int(hours):02}:{int(minutes):02}:{int(seconds):02}")


def _times(attributes: dict[str, str], of: str) -> int:
    times = int(attributes.get(f"table:number-{of}-repeated", "1"))
    if times < 1:
        raise ValueError(times)
    return times
