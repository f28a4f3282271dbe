"""``to-fix.xlsx``: the rows to fix as a workbook, the cells to be mended coloured, with comments.

It is written by XlsxWriter: row by row, its parts kept in the run's folder, the same bytes every
time. Every cell is a text, typed and formatted as one, so that none runs and zeros stay.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from importer.files import make_private_folder, replacing
from importer.guards import begins_dangerously
from importer.language import tr
from importer.model import Reason
from importer.reports.fixes.names import SheetNames
from importer.reports.fixes.notes import NoteFormats, Notes, SheetTold
from importer.tables import ERRORS_COLUMN, FIX_BOOK, NO_CELL, TableDescription

MOST_COMMENTS = 5_000
"""Cells that get one: Excel is slow with more, and each takes memory until the end."""

FieldPlaces = Mapping[str, tuple[int, ...]]
"""Of one table: field -> the positions of the columns that it is read from."""

# What Excel can hold: https://support.microsoft.com/office/1672b34d
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_CELL = 32_767  # in UTF-16 units
_LONGEST_COMMENT = 2_000
_MEASURED_ROWS = 200  # tell how wide a column is
_NARROWEST, _WIDEST, _ERRORS_WIDTH = 9, 45, 70  # in characters
_CREATED = datetime(1980, 1, 1)  # noqa: DTZ001 - the same every time, and nobody reads it


class Look(StrEnum):
    """How a cell of a table looks: the colour behind it."""

    HEADER = "#D9D9D9"
    PLAIN = ""
    BAD = "#FFC7CE"
    TOLD = "#FFEB9C"


@dataclass(slots=True)
class _Sheet:
    """A sheet that is being written; ``rows``: with its header."""

    sheet: Any
    name: str
    table: int
    rows: int = 1
    widths: list[int] = field(default_factory=list)


class FixBook:
    """Writes the workbook; nothing is written of it before the first row, nor without any."""

    def __init__(
        self,
        path: Path,
        tables: Sequence[TableDescription],
        places: Sequence[FieldPlaces] = (),
        command: str = "",
        *,
        most_comments: int = MOST_COMMENTS,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self._path = path
        self._parts = path.with_name(f".{path.name}.parts")
        self._tables = tables
        self._places = places
        self._positions = [{name: at for at, name in enumerate(t.columns)} for t in tables]
        self._comments_left = most_comments
        self._most_rows = most_rows
        self._notes = Notes(command)
        self._rows: Counter[int] = Counter()
        self._names = SheetNames()
        self._sheets: list[_Sheet] = []
        self._current: dict[int, _Sheet] = {}
        self._stack = ExitStack()
        self._book: Any = None
        self._first: Any = None
        self._formats: dict[tuple[Look, bool], Any] = {}

    def __enter__(self) -> FixBook:
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            if self._book is None:
                if error[0] is None:
                    self._path.unlink(missing_ok=True)
                return
            if error[0] is None:
                self._finish()
            else:
                with suppress(Exception):  # that it takes its hands off its parts
                    self._book.close()
            self._stack.__exit__(*error)
        finally:
            self._stack.close()
            shutil.rmtree(self._parts, ignore_errors=True)

    def add(
        self,
        table: int,
        cells: Sequence[str],
        extra: Sequence[str],
        reasons: Sequence[Reason],
    ) -> None:
        """Write a row of a table. ``cells``: fewer than its columns where the row is too short.

        ``extra``: its cells beyond the columns, which stand behind the reasons. A row with more
        than a workbook can hold is left out, and the first sheet says so.
        """
        width = len(self._tables[table].columns)
        if width + 1 + len(extra) > MOST_COLUMNS or any(map(_is_too_long, (*cells, *extra))):
            self._open()
            self._notes.left_out += 1
            return
        looks, comments = self._seen(table, reasons)
        looks |= dict.fromkeys(range(len(cells), width), Look.BAD)
        looks |= dict.fromkeys(range(width + 1, width + 1 + len(extra)), Look.BAD)
        self._notes.short |= len(cells) < width
        self._notes.long |= bool(extra)
        told = "; ".join(one.message for one in reasons)[: LONGEST_CELL // 2]
        sheet = self._sheet(table)
        row = [*cells, *[NO_CELL] * (width - len(cells)), told, *extra]
        self._write(sheet, row, looks)
        self._comment(sheet, comments)
        sheet.rows += 1

    # --- what is to be seen of a row --------------------------------------------------------

    def _seen(
        self, table: int, reasons: Sequence[Reason]
    ) -> tuple[dict[int, Look], dict[int, list[str]]]:
        """Find the cells to be coloured, and what the comment of each says."""
        looks: dict[int, Look] = {}
        comments: dict[int, list[str]] = {}
        for reason in reasons:
            for at in self._cells_of(table, reason):
                comments.setdefault(at, []).append(reason.message)
                if not reason.told:
                    looks[at] = Look.BAD
                else:
                    looks.setdefault(at, Look.TOLD)
                    self._notes.told = True
        return looks, comments

    def _cells_of(self, table: int, reason: Reason) -> Sequence[int]:
        """Find the positions of what a reason is about; where the reasons stand: the whole row."""
        at = self._positions[table].get(reason.column)
        if at is not None:
            return (at,)
        known = self._places[table] if self._places else {}
        return known.get(reason.field) or (len(self._tables[table].columns),)

    def _comment(self, sheet: _Sheet, comments: Mapping[int, Sequence[str]]) -> None:
        for at, messages in sorted(comments.items()):
            if not self._comments_left:
                self._notes.without_comment += 1
                return
            self._comments_left -= 1
            text = "\n".join(messages)[:_LONGEST_COMMENT]
            lines = sum(len(line) // 40 + 1 for line in text.splitlines() or [""])
            size = {"x_scale": 2, "height": 20 + 16 * min(lines, 20)}
            sheet.sheet.write_comment(sheet.rows, at, text, size)

    # --- writing ----------------------------------------------------------------------------

    def _open(self) -> None:
        """Begin the workbook with the sheet that is filled last."""
        if self._book is not None:
            return
        import xlsxwriter  # heavy

        shutil.rmtree(self._parts, ignore_errors=True)
        make_private_folder(self._parts)
        stream: IO[bytes] = self._stack.enter_context(replacing(self._path))
        options = {"constant_memory": True, "tmpdir": str(self._parts), "use_zip64": True}
        self._book = xlsxwriter.Workbook(stream, options)
        self._book.set_properties({"title": FIX_BOOK, "created": _CREATED})
        self._first = self._book.add_worksheet(self._names.free(tr("Read me first")))

    def _sheet(self, table: int) -> _Sheet:
        """Give the sheet that a table's next row is written to: another one when one is full."""
        found = self._current.get(table)
        if found is None or found.rows >= self._most_rows:
            self._open()
            name = self._names.of(self._tables[table])
            found = _Sheet(self._book.add_worksheet(name), name, table)
            header = [*self._tables[table].columns, ERRORS_COLUMN]
            found.rows = 0
            found.widths = [0] * len(header)
            self._write(found, header, dict.fromkeys(range(len(header)), Look.HEADER))
            found.rows = 1
            self._current[table] = found
            self._sheets.append(found)
        return found

    def _write(self, sheet: _Sheet, cells: Sequence[str], looks: Mapping[int, Look]) -> None:
        at_row, to = sheet.rows, sheet.sheet
        for at, cell in enumerate(cells):
            look = looks.get(at, Look.PLAIN)
            if not cell:
                to.write_blank(at_row, at, None, self._format(look, quoted=False))
            elif cell.startswith("<r>"):  # or it would be taken for markup
                look_of = self._format(look, quoted=False)
                to.write_rich_string(at_row, at, look_of, "<", look_of, cell[1:], look_of)
            else:
                quoted = cell[0] == "'" or begins_dangerously(cell)
                to.write_string(at_row, at, cell, self._format(look, quoted=quoted))
        if at_row < _MEASURED_ROWS:
            sheet.widths = [
                max(width, len(cell)) for width, cell in zip(sheet.widths, cells, strict=False)
            ]

    def _format(self, look: Look, *, quoted: bool) -> Any:
        """Give a cell format. ``quoted``: a text stays one even where somebody edits it."""
        made = self._formats.get((look, quoted))
        if made is None:
            made = self._book.add_format({"num_format": "@", "valign": "top"})
            made.set_quote_prefix(quoted)
            made.set_bold(look is Look.HEADER)
            if look:
                made.set_bg_color(look.value)
            self._formats[look, quoted] = made
        return made

    def _finish(self) -> None:
        for one in self._sheets:
            self._lay_out(one)
        told = [
            SheetTold(one.name, self._tables[one.table].shown, one.rows - 1) for one in self._sheets
        ]
        self._notes.write(self._first, FIX_BOOK, told, self._note_formats())
        self._first.activate()
        self._book.close()

    def _note_formats(self) -> NoteFormats:
        def made(**members: Any) -> Any:
            return self._book.add_format({"text_wrap": True, "valign": "top", **members})

        return NoteFormats(
            title=made(bold=True, font_size=14),
            text=made(),
            command=made(font_name="Consolas", bold=True, num_format="@"),
            bad=made(bg_color=Look.BAD.value),
            told=made(bg_color=Look.TOLD.value),
        )

    def _lay_out(self, one: _Sheet) -> None:
        """Fix the header, and give each column a filter, a width and the format of texts."""
        last = len(one.widths) - 1
        for at, width in enumerate(one.widths):
            wide = _ERRORS_WIDTH if at == last else min(max(width + 2, _NARROWEST), _WIDEST)
            one.sheet.set_column(at, at, wide, self._format(Look.PLAIN, quoted=False))
        one.sheet.freeze_panes(1, 0)
        one.sheet.autofilter(0, 0, one.rows - 1, last)
        one.sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS}"})


def _is_too_long(cell: str) -> bool:
    return len(cell) > LONGEST_CELL // 2 and len(cell.encode("utf-16-le")) // 2 > LONGEST_CELL
