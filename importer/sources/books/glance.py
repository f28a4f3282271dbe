"""A sheet's first rows, and whether it has any."""

from __future__ import annotations

import itertools

from importer.sources.books.book import Sheet
from importer.sources.pieces import Mark

_WITHOUT_TEXT = frozenset({Mark.ERROR, Mark.NEVER_COMPUTED})


def is_filled(sheet: Sheet) -> bool:
    """Tell whether a sheet has cells that hold something."""
    if any(any(cell.strip() for cell in row) for row in sheet.rows()):
        return True
    return any(marks.mark in _WITHOUT_TEXT for marks in sheet.facts().marks)


def first_rows(sheet: Sheet, count: int) -> list[list[str]]:
    """Give a sheet's first rows as they are shown: with what error cells show."""
    rows = [list(row) for row in itertools.islice(sheet.rows(), count)]
    for marks in sheet.facts().marks:
        if marks.mark is Mark.ERROR:
            places = zip(marks.rows.tolist(), marks.columns.tolist(), marks.shown, strict=True)
            for row, column, shown in places:
                if row > count:
                    break
                rows[row - 1][column - sheet.first_column] = shown
    return rows
