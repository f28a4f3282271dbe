"""The first sheet of ``to-fix.xlsx``: what it is, and how it is mended and imported again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from importer.language import mark, tr, trn
from importer.tables import NO_CELL

_WIDTH = 110  # in characters
_LINE = 17  # points
_BAD_CELLS = mark(
    "Correct the cells of this colour. The comment of each says what is wrong with it, and so does "
    "the last column, import_errors. Where import_errors itself has this colour, it is the row as "
    "a whole."
)
_TOLD_CELLS = mark(
    "Cells of this colour were changed, or will not be sent as they are; their comments say why. "
    "There is nothing to correct in them."
)
_TEXTS = mark(
    "All cells are text, so that leading zeros stay. Dates may be written as in your file, or as "
    "2026-12-31."
)
_ROWS = mark(
    "Delete the rows that are not to be imported. Leave the names of the columns as they are; "
    "import_errors may stay as well, for it is not read."
)
_COMMAND = mark("Save the workbook and import it as it is:")
_DROP = mark("Save the workbook and import it as it is, by importer run.")


@dataclass(frozen=True, slots=True)
class SheetTold:
    """A sheet with rows to fix: its name, the table they come from, and how many they are."""

    name: str
    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class NoteFormats:
    """XlsxWriter's formats of the sheet; the last two are those of bad and of changed cells."""

    title: Any
    text: Any
    command: Any
    bad: Any
    told: Any


@dataclass(slots=True)
class Notes:
    """What the sheet says beside the usual, noted while the rows are written.

    ``short``, ``long``: whether a row has too few or too many cells. ``told``: whether cells were
    changed. ``left_out``: rows that a workbook cannot hold; ``without_comment``: those whose
    reasons have no comments, or not all.
    """

    command: str = ""
    short: bool = False
    long: bool = False
    told: bool = False
    left_out: int = 0
    without_comment: int = 0

    def write(
        self, sheet: Any, title: str, sheets: Sequence[SheetTold], formats: NoteFormats
    ) -> None:
        """Fill the sheet."""
        sheet.set_column(0, 0, _WIDTH)
        sheet.hide_gridlines(2)
        sheet.fit_to_pages(1, 0)
        sheet.write_string(0, 0, title, formats.title)
        lines = [*self._sentences(sheets, formats), *_listed(sheets, formats)]
        for row, (text, look) in enumerate(lines, 2):
            sheet.set_row(row, _LINE * (len(text) // _WIDTH + 1))
            sheet.write_string(row, 0, text, look)

    def _sentences(
        self, sheets: Sequence[SheetTold], formats: NoteFormats
    ) -> list[tuple[str, Any]]:
        total = sum(one.rows for one in sheets)
        lines = [(_how_many(total), formats.text), (tr(_BAD_CELLS), formats.bad)]
        if self.told:
            lines.append((tr(_TOLD_CELLS), formats.told))
        lines += [(text, formats.text) for text in (*self._special(), tr(_TEXTS), tr(_ROWS))]
        if not self.command:
            return [*lines, (tr(_DROP), formats.text)]
        return [*lines, (tr(_COMMAND), formats.text), (self.command, formats.command)]

    def _special(self) -> Iterator[str]:
        if self.short:
            yield tr(
                "{no_cell} stands where a row has too few cells. Write what belongs there, or "
                "clear the cell if nothing does.",
                no_cell=NO_CELL,
            )
        if self.long:
            yield tr(
                "Where a row has too many cells, they stand to the right of import_errors. Bring "
                "the values to their columns, and clear what is left over."
            )
        if self.without_comment:
            yield trn(
                "{count} row has no comments, or not all of them, since a workbook with too many "
                "is slow: read its column import_errors.",
                "{count} rows have no comments, or not all of them, since a workbook with too many "
                "is slow: read their column import_errors.",
                self.without_comment,
            )
        if self.left_out:
            yield trn(
                "{count} row is not in this workbook, which cannot hold so many columns or so long "
                "a text: it is in the CSV files of rows to fix only.",
                "{count} rows are not in this workbook, which cannot hold so many columns or so "
                "long a text: they are in the CSV files of rows to fix only.",
                self.left_out,
            )


def _how_many(total: int) -> str:
    return trn(
        "{count} row was not imported: it is to be corrected here and imported again.",
        "{count} rows were not imported: they are to be corrected here and imported again.",
        total,
    )


def _listed(sheets: Sequence[SheetTold], formats: NoteFormats) -> Iterator[tuple[str, Any]]:
    for one in sheets:
        yield (
            tr(
                'Sheet "{sheet}": {rows}, from {table}',
                sheet=one.name,
                rows=trn("{count} row", "{count} rows", one.rows),
                table=one.table,
            ),
            formats.text,
        )
