"""Sheets that calamine reads whole into memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import python_calamine

from importer.sources.books.facts import Area, FactsNotes, ShapedCells, SheetFacts
from importer.sources.books.refusals import translated
from importer.sources.cells import ROUNDED_FROM, cell_text
from importer.sources.pieces import Mark


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
        start, end = sheet.start, sheet.end
        self.first_column = 1 if start is None else start[1] + 1
        self.width = 0 if start is None or end is None else end[1] + 1 - start[1]

    def rows(self) -> Iterator[Sequence[str]]:
        """Give the texts. Raises ``UnusableInputError`` at what calamine cannot give."""
        if not self.width:
            return
        rows = self._sheet.iter_rows()
        with translated(self._shown_as):
            if not self._notes.shaped.rows:
                for row in rows:
                    yield texts_of(row)
            else:
                shaped = self._notes.shaped.sorted()
                yield from shaped_texts(enumerate(rows, 1), shaped, self.first_column)

    def facts(self) -> SheetFacts:
        if self._facts is None:
            self._facts = self._notes.facts(self._cells(), self._unknown)
        return self._facts

    def _cells(self) -> Area | None:
        start, end = self._sheet.start, self._sheet.end
        if start is None or end is None:
            return None
        return Area(start[0] + 1, end[0] + 1, start[1] + 1, end[1] + 1)


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


def note_merged(notes: FactsNotes, sheet: python_calamine.CalamineSheet) -> None:
    """Note the merged areas that calamine tells of."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        notes.merge(Area(top + 1, bottom + 1, left + 1, right + 1))


def note_rounded(notes: FactsNotes, rows: Iterable[Sequence[Any]], first_column: int) -> None:
    """Note the numbers of more digits than a spreadsheet program keeps."""
    for number, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            if type(value) in (int, float) and ROUNDED_FROM <= abs(value) < float("inf"):
                notes.mark(Mark.ROUNDED, number, first_column + at)
