"""Sheets that calamine reads whole into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import python_calamine

from importer.sources.books.book import SheetName
from importer.sources.books.facts import Area, FactsNotes, ShapedCells, SheetFacts
from importer.sources.books.refusals import translated
from importer.sources.cells import ROUNDED_FROM, cell_text
from importer.sources.content import Content
from importer.sources.pieces import Mark

# calamine gives a place to each cell of the block in which a sheet's cells lie.
CELLS_IN_MEMORY = 16_000_000


def open_calamine(content: Content) -> python_calamine.CalamineWorkbook:
    """Let calamine read a workbook; raises ``UnusableInputError`` when it cannot."""
    with translated(content.shown_as), content.open() as stream:
        return python_calamine.CalamineWorkbook.from_filelike(stream)


def sheet_names(book: python_calamine.CalamineWorkbook, shown_as: str) -> tuple[SheetName, ...]:
    """Give the names of the sheets that can hold a table."""
    with translated(shown_as):
        return tuple(
            SheetName(sheet.name, sheet.visible == python_calamine.SheetVisibleEnum.Visible)
            for sheet in book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        )


def find_sheet(
    book: python_calamine.CalamineWorkbook, name: str, shown_as: str
) -> python_calamine.CalamineSheet:
    """Let calamine read a sheet; raises ``UnusableInputError`` when it cannot."""
    with translated(shown_as):
        return book.get_sheet_by_name(name)


class CalamineSheet:
    """A sheet in memory, and what was noted of it beside."""

    def __init__(
        self,
        sheet: python_calamine.CalamineSheet,
        notes: FactsNotes,
        shown_as: str,
        unknown: Sequence[str] = (),
    ) -> None:
        """``notes``: what an exact pass found; nothing when there was no need of one."""
        self._sheet = sheet
        self._shown_as = shown_as
        self._notes = notes
        self._unknown = unknown
        self._facts: SheetFacts | None = None
        self._held = _block(sheet, shown_as)
        marked = notes.marked
        # calamine does not know of all cells that show an error or hold a formula.
        self._cells = self._held.around(marked) if self._held and marked else self._held or marked
        self.first_column = 1 if self._cells is None else self._cells.first_column

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the texts. Raises ``UnusableInputError`` at what calamine cannot give."""
        if not self._notes.shaped.rows:
            return map(texts_of, self._values())
        self._notes.shaped.sort()
        return shaped_texts(enumerate(self._values(), 1), self._notes.shaped, self.first_column)

    def facts(self) -> SheetFacts:
        """Tell what was noted; calamine itself tells nothing beside the texts."""
        if self._facts is None:
            self._facts = self._notes.facts(self._cells, self._unknown)
        return self._facts

    def _values(self) -> Iterator[Sequence[Any]]:
        """Give each row's values, blank ones where only the notes know of a cell."""
        if self._cells is None:
            return
        below = self._cells.last_row
        if self._held is not None:
            left = [""] * (self._held.first_column - self._cells.first_column)
            right = [""] * (self._cells.last_column - self._held.last_column)
            for row in _rows(self._sheet, self._shown_as):
                yield [*left, *row, *right] if left or right else row
            below -= self._held.last_row
        blank = [""] * (self._cells.last_column + 1 - self._cells.first_column)
        for _ in range(below):
            yield blank


def _block(sheet: python_calamine.CalamineSheet, shown_as: str) -> Area | None:
    """Find the block in which the cells lie that calamine holds."""
    with translated(shown_as):
        start, end = sheet.start, sheet.end
    if start is None or end is None:
        return None
    return Area(start[0] + 1, end[0] + 1, start[1] + 1, end[1] + 1)


def _rows(sheet: python_calamine.CalamineSheet, shown_as: str) -> Iterator[Sequence[Any]]:
    """Give the values of each row from row 1 on, as far as calamine's block goes."""
    with translated(shown_as):
        yield from sheet.iter_rows()


def texts_of(row: Iterable[Any]) -> list[str]:
    """Write a row's values as an operator sees them."""
    return [value if type(value) is str else cell_text(value) for value in row]


def shaped_texts(
    rows: Iterable[tuple[int, Sequence[Any]]], shaped: ShapedCells, first_column: int
) -> Iterator[list[str]]:
    """Write rows' values, those with a number format of their own as it says."""
    at, count = 0, len(shaped.rows)
    for number, row in rows:
        texts = texts_of(row)
        while at < count and shaped.rows[at] <= number:
            column = shaped.columns[at] - first_column
            if shaped.rows[at] == number and 0 <= column < len(row):
                texts[column] = shaped.shapes[shaped.codes[at]].text(row[column])
            at += 1
        yield texts


def note_merged(notes: FactsNotes, sheet: python_calamine.CalamineSheet, shown_as: str) -> None:
    """Note the merged areas that calamine tells of."""
    with translated(shown_as):
        ranges = sheet.merged_cell_ranges or ()
    for (top, left), (bottom, right) in ranges:
        notes.merge(Area(top + 1, bottom + 1, left + 1, right + 1))


def note_rounded(notes: FactsNotes, sheet: python_calamine.CalamineSheet, shown_as: str) -> None:
    """Note the numbers of more digits than a spreadsheet program keeps."""
    held = _block(sheet, shown_as)
    if held is None:
        return
    for number, row in enumerate(_rows(sheet, shown_as), 1):
        for column, value in enumerate(row, held.first_column):
            if type(value) in (int, float) and ROUNDED_FROM <= abs(value) < float("inf"):
                notes.mark(Mark.ROUNDED, number, column)
