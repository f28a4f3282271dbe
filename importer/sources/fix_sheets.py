"""Which workbooks hold rows to fix that we wrote, and which of their sheets are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from importer.sources.books import Book, Sheet
from importer.sources.books.glance import first_rows, is_filled
from importer.sources.header import is_ours
from importer.sources.pieces import Piece, piece_of_rows, table_of
from importer.tables import FIX_BOOK, NO_CELL

_FIRST_ROWS = 20


@dataclass(frozen=True, slots=True)
class FixSheets:
    """The sheets of rows to fix, in the workbook's order, and the other ones that have cells.

    ``guarded``: whether the workbook was made of a CSV file of ours.
    """

    names: tuple[str, ...]
    others: tuple[str, ...]
    guarded: bool


def find_fix_sheets(book: Book, wanted: str | None) -> FixSheets | None:
    """Find the sheets to be read of a workbook of ours, whatever ``wanted`` says; None: it is none.

    It is ours by its title, by the sheet that explains it, or when every sheet with cells is one of
    rows to fix. ``wanted``: the sheet of a mapping; where it is an ordinary one of the workbook,
    no other sheet is opened to find this out.
    """
    titled = book.title == FIX_BOOK
    visible = [sheet.name for sheet in book.names if sheet.visible]
    if not titled and wanted in visible and not _is_one(book.sheet(wanted)):
        return None
    filled = [name for name in visible if is_filled(book.sheet(name))]
    explaining = [name for name in filled if _explains(book.sheet(name))]
    ours = tuple(name for name in filled if _has_our_header(book.sheet(name)))
    others = tuple(name for name in filled if name not in {*explaining, *ours})
    known = titled or bool(explaining)
    if known or (ours and not others):
        return FixSheets(ours, others, guarded=not known)
    return None


def _is_one(sheet: Sheet) -> bool:
    return _has_our_header(sheet) or _explains(sheet)


def _explains(sheet: Sheet) -> bool:
    return next(_filled_cells(sheet), None) == FIX_BOOK


def _filled_cells(sheet: Sheet) -> Iterator[str]:
    return (cell.strip() for row in first_rows(sheet, _FIRST_ROWS) for cell in row if cell.strip())


def _has_our_header(sheet: Sheet) -> bool:
    rows = first_rows(sheet, _FIRST_ROWS)
    solid = next((row for row in rows if any(map(str.strip, row))), None)
    return solid is not None and is_ours(solid)


def piece_as_written(rows: Sequence[Sequence[str]], width: int, first_row: int) -> Piece:
    """Make a piece of rows that are as wide as their sheet, of those cells that they really have.

    ``width``: of the header. A row has too many cells where some stand behind the header, and too
    few where ``NO_CELL`` does.
    """
    piece = piece_of_rows([_fitted(row, width) for row in rows], width, first_row)
    short = [at for at, row in enumerate(rows) if NO_CELL in row]
    if not short:
        return piece
    columns = [column.to_pylist() for column in piece.table.columns]
    widths = dict(piece.widths)
    for at in short:
        missing = [column for column in columns if column[at] == NO_CELL]
        for column in missing:
            column[at] = None
        if missing:
            widths.setdefault(at, width - len(missing))
    return replace(piece, table=table_of(columns), widths=widths)


def _fitted(row: Sequence[str], width: int) -> Sequence[str]:
    end = len(row)
    while end > width and not row[end - 1].strip():
        end -= 1
    return row[:end]
