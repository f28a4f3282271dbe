"""A workbook's sheets as sources."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from importer.errors import UnusableInputError
from importer.model import Chunk
from importer.sources import readings
from importer.sources.body import HEADER_LINES, Body
from importer.sources.books import (
    Area,
    Book,
    Sheet,
    SheetFacts,
    SheetName,
    open_book,
)
from importer.sources.chunks import chunks_of
from importer.sources.content import Content
from importer.sources.ending import EndSigns, mark_end, signs_of
from importer.sources.header import Header, read_header
from importer.sources.kinds import Kind
from importer.sources.layout import SAMPLE_ROWS, Layout, find_layout, joined_names, laid_out
from importer.sources.pieces import CellMarks, Mark, Piece, piece_of_rows, rows_at_once
from importer.sources.signatures import Form
from importer.sources.tally import Tally
from importer.tables import (
    FILE_END,
    Certainty,
    Reading,
    SourceOptions,
    TableDescription,
)

_WITHOUT_TEXT = frozenset({Mark.ERROR, Mark.NEVER_COMPUTED})


@dataclass(frozen=True, slots=True)
class _Understood:
    """What was understood of a sheet."""

    layout: Layout
    header: Header
    signs: EndSigns
    options: SourceOptions


class SheetSource:
    """The table of one sheet."""

    def __init__(
        self, sheet: Sheet, understood: _Understood, description: TableDescription
    ) -> None:
        self._sheet = sheet
        self._understood = understood
        self._opened = description
        self._description = description

    @property
    def description(self) -> TableDescription:
        """What was understood of the sheet; all of it is known once all chunks were read."""
        return self._description

    def chunks(self, rows: int = 50_000) -> Iterator[Chunk]:
        """Read the rows, in chunks of at most ``rows``; dates in them are ISO text.

        Raises ``UnusableInputError`` when the workbook turns out to be damaged, or is gone.
        """
        understood = self._understood
        tally = Tally(understood.header, understood.options)
        pieces = mark_end(self._pieces(), understood.signs)
        try:
            yield from chunks_of(pieces, tally, rows=rows, typed_dates=True)
        except OSError as error:
            raise UnusableInputError(
                f"{self._opened.file} cannot be read: {error.strerror or error}."
            ) from error
        self._description = tally.complete(self._opened)

    def _pieces(self) -> Iterator[Piece]:
        facts = self._sheet.facts()
        width = len(self._understood.header.names)
        at_once = rows_at_once(width)
        first_row = self._understood.layout.first_row
        below = itertools.islice(self._sheet.rows(), first_row - 1, None)
        while True:
            batch = list(itertools.islice(below, at_once))
            if not batch:
                return
            piece = piece_of_rows(batch, width, first_row)
            yield _with_facts(piece, facts, self._sheet.first_column)
            first_row += len(batch)


def _with_facts(piece: Piece, facts: SheetFacts, first_column: int) -> Piece:
    """Say of a piece's rows and cells what the sheet says of them."""
    bounds = [piece.first_row, piece.first_row + piece.table.num_rows]
    first, last = np.searchsorted(facts.hidden, bounds)
    marks = []
    for one in facts.marks:
        start, end = np.searchsorted(one.rows, bounds)
        if start < end:
            marks.append(
                CellMarks(
                    one.mark,
                    one.rows[start:end] - piece.first_row,
                    one.columns[start:end] - first_column,
                    one.shown[start:end],
                )
            )
    merged = _merged_cells(piece, facts.merged_areas, first_column)
    if merged is not None:
        marks.append(merged)
    hidden = (facts.hidden[first:last] - piece.first_row).tolist()
    return replace(piece, hidden=hidden, marks=tuple(marks))


def _merged_cells(piece: Piece, areas: Sequence[Area], first_column: int) -> CellMarks | None:
    """Mark the cells that show the value of a cell above, which is merged with them."""
    rows, columns = [], []
    for area in areas:
        first = max(area.first_row + 1, piece.first_row)
        last = min(area.last_row, piece.first_row + piece.table.num_rows - 1)
        if first <= last:
            right = min(area.last_column, first_column + piece.table.num_columns - 1)
            wide = np.arange(max(area.first_column, first_column), right + 1)
            tall = np.arange(first, last + 1)
            rows.append(np.repeat(tall, len(wide)) - piece.first_row)
            columns.append(np.tile(wide, len(tall)) - first_column)
    if not rows:
        return None
    at, positions = np.concatenate(rows), np.concatenate(columns)
    order = np.argsort(at, kind="stable")
    return CellMarks(Mark.MERGED, at[order], positions[order])


def open_workbook(content: Content, options: SourceOptions, form: Form) -> tuple[SheetSource, ...]:
    """Open the chosen sheets: named, numbered, ``all``, or the one with the contacts.

    ``form``: which kind of workbook it is, as ``look_at`` says.

    Raises ``UnusableInputError`` when the choice is not clear, or a sheet holds no table, and
    ``OSError`` as opening the file does.
    """
    book = open_book(content, form)
    chosen, reading = _choose(book, options.sheet, content.shown_as)
    return tuple(_source(book, name, content, options, reading) for name in chosen)


def _choose(book: Book, wanted: str | None, shown_as: str) -> tuple[Sequence[str], Reading]:
    if wanted is not None and wanted.strip().lower() != "all":
        name = _named(book.names, wanted, shown_as)
        return (name,), Reading("sheet", name, Certainty.GIVEN)
    filled = [s.name for s in book.names if s.visible and _is_filled(book.sheet(s.name))]
    if not filled:
        hidden = [s.name for s in book.names if not s.visible]
        hint = f" Hidden sheets are read when named: {', '.join(hidden)}." if hidden else ""
        raise UnusableInputError(f"{shown_as} is empty: no visible sheet has cells.{hint}")
    if wanted is not None:
        return filled, Reading("sheet", "all", Certainty.GIVEN)
    if len(filled) == 1:
        return filled, Reading("sheet", filled[0], Certainty.CERTAIN)
    with_addresses = [name for name in filled if _has_addresses(book.sheet(name))]
    if len(with_addresses) == 1:
        (name,) = with_addresses
        others = tuple(other for other in filled if other != name)
        settle = f"source: {{sheet: {readings.as_mapping_value(name)}}}"
        return (name,), Reading("sheet", name, Certainty.LIKELY, others, settle)
    listed = ", ".join(f'"{name}"' for name in filled)
    raise UnusableInputError(
        f"{shown_as} has several sheets with cells: {listed}. Choose with `--sheet NAME`, "
        "`--sheet all`, or `source: {sheet: ...}` in the mapping."
    )


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
    if any(any(cell.strip() for cell in row) for row in sheet.rows()):
        return True
    return any(marks.mark in _WITHOUT_TEXT for marks in sheet.facts().marks)


def _has_addresses(sheet: Sheet) -> bool:
    """Tell whether a sheet has a column of e-mail addresses."""
    rows = _first_rows(sheet, SAMPLE_ROWS)
    layout = find_layout(rows)
    if layout is None:
        return False
    body = Body.of(rows, layout.first_row - 1, layout.width)
    return Kind.EMAIL in body.typed.values()


def _source(
    book: Book, name: str, content: Content, options: SourceOptions, chosen: Reading
) -> SheetSource:
    sheet = book.sheet(name)
    place = f'{content.shown_as}, sheet "{name}"'
    rows = _first_rows(sheet, max(SAMPLE_ROWS, (options.header_row or 0) + 50))
    areas = sheet.facts().merged_areas
    _refuse_formulas_only(rows, sheet.facts(), place)
    layout = _over_merged(rows, areas, laid_out(rows, SourceOptions(), place))
    header = _header(layout, sheet, place)
    if header.ours is None:
        layout = laid_out(rows, options, place)
        if options.header_row is None and options.header_rows is None:
            layout = _over_merged(rows, areas, layout)
        layout = _with_groups(rows, areas, layout, sheet.first_column)
        header = _header(layout, sheet, place)
    else:
        options = SourceOptions(last_row=FILE_END)
    signs = signs_of(rows, layout, last_row=options.last_row)
    found = (chosen, readings.of_layout(layout))
    left_out = readings.preamble(layout, rows)
    warnings = (
        readings.doubts(found)
        + _of_choice(chosen)
        + _of_hidden(book, name)
        + readings.on_preamble(left_out, rows)
        + header.warnings
        + _of_facts(sheet.facts(), layout, book.format)
    )
    description = TableDescription(
        file=content.shown_as,
        sheet=name,
        format=book.format,
        columns=header.columns,
        header_row=layout.header_row,
        header_rows=layout.header_rows,
        first_row=layout.first_row,
        warnings=warnings,
        repeated=header.repeated,
        readings=found,
        left_out=left_out,
        unknown=sheet.facts().unknown,
    )
    return SheetSource(sheet, _Understood(layout, header, signs, options), description)


def _first_rows(sheet: Sheet, count: int) -> list[list[str]]:
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


def _refuse_formulas_only(rows: Sequence[Sequence[str]], facts: SheetFacts, place: str) -> None:
    if any(marks.mark is Mark.NEVER_COMPUTED for marks in facts.marks) and not any(
        cell.strip() for row in rows for cell in row
    ):
        raise UnusableInputError(
            f"{place} holds formulas whose results it does not hold: open it in a spreadsheet "
            "program, which computes them, and save it again."
        )


def _over_merged(rows: Sequence[Sequence[str]], areas: Sequence[Area], layout: Layout) -> Layout:
    """Let a table whose first row is merged with rows below it have that for its header."""
    start = layout.header_row or layout.first_row
    last = max((area.last_row for area in areas if area.first_row == start), default=start)
    if any("@" in cell for row in rows[start:last] for cell in row):
        return layout  # a note beside contacts is merged, not the header
    lines = last + 1 - start
    if lines <= max(layout.header_rows, 1) or lines > HEADER_LINES or last >= len(rows):
        return layout
    found = find_layout(rows, header_row=start, header_rows=lines) or layout
    return replace(found, certainty=Certainty.CERTAIN)


def _with_groups(
    rows: Sequence[Sequence[str]], areas: Sequence[Area], layout: Layout, first_column: int
) -> Layout:
    """Give each column the name of its group, where that is merged over several columns."""
    last = layout.first_row - 1
    groups = [
        area
        for area in areas
        if layout.header_row <= area.first_row <= area.last_row < last
        and area.first_column >= first_column
    ]
    if layout.header_rows < 2 or not groups:
        return layout
    lines = [list(row) for row in rows[layout.header_row - 1 : last]]
    for area in groups:
        line = lines[area.first_row - layout.header_row]
        start, end = area.first_column - first_column, area.last_column + 1 - first_column
        line[start:end] = [line[start]] * (end - start)
    return replace(layout, names=joined_names(lines))


def _of_hidden(book: Book, chosen: str) -> tuple[str, ...]:
    """Say which hidden sheets are not read: people who unsubscribed are kept in such ones."""
    hidden = [s.name for s in book.names if not s.visible and s.name != chosen]
    filled = [name for name in hidden if _is_filled(book.sheet(name))]
    if not filled:
        return ()
    listed = ", ".join(f'"{name}"' for name in filled)
    return (f"Hidden in the workbook and not read: {listed}. `--sheet NAME` reads such a sheet.",)


def _of_facts(facts: SheetFacts, layout: Layout, form: str) -> tuple[str, ...]:
    """Say what of a sheet may be read otherwise than it is shown."""
    said = []
    merged = sum(area.last_row >= layout.first_row for area in facts.merged_areas)
    if merged:
        areas = "1 merged area" if merged == 1 else f"{merged:,} merged areas"
        said.append(f"The table has {areas}: only the first cell of each has its value.")
    if facts.unknown:
        *others, last = facts.unknown
        listed = f"{', '.join(others)} and {last}" if others else last
        said.append(f"An .{form} file does not say enough of {listed}: an .xlsx file does.")
    return tuple(said)


def _header(layout: Layout, sheet: Sheet, place: str) -> Header:
    return read_header(
        layout.names, row=layout.header_row, shown_as=place, first=sheet.first_column
    )


def _of_choice(chosen: Reading) -> tuple[str, ...]:
    if chosen.certainty is not Certainty.LIKELY:
        return ()
    listed = ", ".join(f'"{other}"' for other in chosen.others)
    return (
        f'The sheet "{chosen.found}" was chosen, for it alone has e-mail addresses; '
        f"not read: {listed}. `{chosen.settle}` in the mapping settles it.",
    )
