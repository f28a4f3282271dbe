"""A workbook's sheets as sources."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from importer.errors import UnusableInputError
from importer.model import Chunk
from importer.sources.books import Book, Sheet, SheetName, open_book, translated
from importer.sources.header import Header, read_header
from importer.sources.pieces import Piece, chunks_of, piece_of_rows
from importer.tables import SourceOptions, TableDescription

_ROWS_AT_ONCE = 20_000
_CELLS_AT_ONCE = 500_000


class SheetSource:
    """The table of one sheet."""

    def __init__(self, sheet: Sheet, header: Header, description: TableDescription) -> None:
        self._sheet = sheet
        self._header = header
        self._description = description

    @property
    def description(self) -> TableDescription:
        """What was understood of the sheet."""
        return self._description

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the rows, in chunks of at most ``rows``; dates in them are ISO text.

        Raises ``UnusableInputError`` when the workbook turns out to be damaged.
        """
        pieces = self._pieces()
        yield from chunks_of(pieces, self._header, rows=rows, typed_dates=True)

    def _pieces(self) -> Iterator[Piece]:
        width = len(self._header.names)
        at_once = max(1, min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // width))
        below = itertools.islice(self._sheet.rows(), self._header.row, None)
        first_row = self._header.row + 1
        while True:
            with translated(self._description.file):
                batch = list(itertools.islice(below, at_once))
                piece = piece_of_rows(batch, width, first_row)
            if not batch:
                return
            yield piece
            first_row += len(batch)


def open_workbook(path: Path, options: SourceOptions, shown_as: str) -> tuple[SheetSource, ...]:
    """Open the chosen sheets: named, numbered, ``all``, or the only visible one with cells.

    Raises ``UnusableInputError`` when the choice is not clear, or a sheet holds no table.
    """
    book = open_book(path, shown_as)
    with translated(shown_as):
        chosen = _choose(book, options.sheet, shown_as)
        return tuple(_source(book, name, path, options, shown_as) for name in chosen)


def _choose(book: Book, wanted: str | None, shown_as: str) -> Sequence[str]:
    if wanted is not None and wanted.strip().lower() != "all":
        return (_named(book.names, wanted, shown_as),)
    filled = [s.name for s in book.names if s.visible and _is_filled(book.sheet(s.name))]
    if not filled:
        hidden = [s.name for s in book.names if not s.visible]
        hint = f" Hidden sheets are read when named: {', '.join(hidden)}." if hidden else ""
        raise UnusableInputError(f"{shown_as} is empty: no visible sheet has cells.{hint}")
    if len(filled) > 1 and wanted is None:
        listed = ", ".join(f'"{name}"' for name in filled)
        raise UnusableInputError(
            f"{shown_as} has several sheets with cells: {listed}. Choose with `--sheet NAME`, "
            "`--sheet all`, or `source: {sheet: ...}` in the mapping."
        )
    return filled


def _named(names: Sequence[SheetName], wanted: str, shown_as: str) -> str:
    for same in (str, lambda text: text.strip().casefold()):
        for sheet in names:
            if same(sheet.name) == same(wanted):
                return sheet.name
    if wanted.strip().isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1].name
    known = [sheet.name for sheet in names]
    near = difflib.get_close_matches(wanted, known, n=2)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UnusableInputError(
        f'{shown_as} has no sheet "{wanted}".{hint} Its sheets: {", ".join(known)}.'
    )


def _is_filled(sheet: Sheet) -> bool:
    return any(any(cell.strip() for cell in row) for row in sheet.rows())


def _source(
    book: Book, name: str, path: Path, options: SourceOptions, shown_as: str
) -> SheetSource:
    sheet = book.sheet(name)
    place = f'{shown_as}, sheet "{name}"'
    header = _header(sheet, None, place)
    if options.header_row is not None and (header is None or header.ours is None):
        header = _header(sheet, options.header_row, place)
    if header is None:
        raise UnusableInputError(f"{place} is empty.")
    description = TableDescription(
        file=shown_as,
        sheet=name,
        format="xlsm" if path.suffix.lower() == ".xlsm" else "xlsx",
        columns=header.columns,
        header_row=header.row,
        warnings=header.warnings,
        repeated=header.repeated,
    )
    return SheetSource(sheet, header, description)


def _header(sheet: Sheet, wanted: int | None, place: str) -> Header | None:
    for row, cells in enumerate(sheet.rows(), start=1):
        blank = not any(cell.strip() for cell in cells)
        if row == wanted or (wanted is None and not blank):
            if blank:
                raise UnusableInputError(
                    f"{place}: row {row} is blank, so it is no header: "
                    "correct `source: {header_row: ...}`."
                )
            return read_header(cells, row=row, shown_as=place, first=sheet.first_column)
    if wanted is not None:
        raise UnusableInputError(
            f"{place} has no row {wanted}, which `source: {{header_row: {wanted}}}` "
            "calls its header."
        )
    return None
