"""Consecutive rows of a table, as they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import zip_longest
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TEXT = pa.large_string()
_ROWS_AT_ONCE = 20_000
_CELLS_AT_ONCE = 500_000


class Mark(StrEnum):
    """What can be said of a workbook's cell beside its text."""

    ERROR = "error"  # it shows an error, such as #N/A; the text given is blank
    COMPUTED = "computed"  # a formula made its text
    NEVER_COMPUTED = "never computed"  # a formula whose result the file does not hold
    MERGED = "merged"  # it shows the value of a cell above, and has none of its own
    ROUNDED = "rounded"  # a number of more digits than a spreadsheet program keeps


@dataclass(frozen=True, slots=True)
class CellMarks:
    """The cells that have one mark: n positions of rows, ascending, and n of columns, int64.

    ``shown``: what an error cell shows, one text for each; else empty.
    """

    mark: Mark
    at: NDArray[np.int64]
    columns: NDArray[np.int64]
    shown: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive rows, as Arrow text columns by position.

    ``first_row``: the number a spreadsheet shows for the first one. ``widths``: position -> how
    many cells a row has that is as wide as no header. ``extra``: position -> its cells beyond.
    ``misquoted``: positions of rows whose quotes do not match. ``otherwise``: position -> the
    delimiter by which a row was cut that is not cut by the table's. ``cut_off``: the position of
    the row in whose middle the file ends. ``hidden``: positions of rows that the sheet hides,
    ascending. ``marks``: what is to be said of single cells.
    """

    first_row: int
    table: pa.Table
    widths: Mapping[int, int] = field(default_factory=dict)
    extra: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    misquoted: Sequence[int] = ()
    otherwise: Mapping[int, str] = field(default_factory=dict)
    cut_off: int | None = None
    hidden: Sequence[int] = ()
    marks: tuple[CellMarks, ...] = ()


def rows_at_once(width: int) -> int:
    """Tell how many rows make a piece, so that wide tables stay in bounds."""
    return max(1, min(_ROWS_AT_ONCE, _CELLS_AT_ONCE // max(width, 1)))


def piece_of_rows(
    rows: Sequence[Sequence[str]], width: int, first_row: int, misquoted: Sequence[int] = ()
) -> Piece:
    """Make a piece of rows of any width: long ones keep their excess, short ones lack cells.

    A row of blank cells only is blank, however many they are.
    """
    widths: dict[int, int] = {}
    extra: dict[int, tuple[str, ...]] = {}
    if any(len(row) != width for row in rows):
        kept = list(rows)
        for at, row in enumerate(rows):
            if len(row) != width and any(cell.strip() for cell in row):
                widths[at] = len(row)
            elif len(row) < width:
                kept[at] = [*row, *[""] * (width - len(row))]
            if len(row) > width:
                kept[at] = row[:width]
                if at in widths:
                    extra[at] = tuple(row[width:])
        rows = kept
    columns = list(zip_longest(*rows))
    columns += [(None,) * len(rows)] * (width - len(columns))
    return Piece(first_row, table_of(columns), widths, extra, misquoted)


def table_of(columns: Sequence[Sequence[str | None]]) -> pa.Table:
    """Make a table of columns by position."""
    return pa.table(
        [pa.array(column, type=TEXT) for column in columns], names=position_names(len(columns))
    )


def position_names(width: int) -> list[str]:
    """Name columns by position, for as long as they have no header."""
    return [str(i) for i in range(width)]


def holds(column: pa.ChunkedArray, sign: str) -> bool:
    """Tell whether an ASCII sign stands in some cell of a text column, or between its cells.

    Its bytes are looked through at once, which costs far less than to look at each cell.
    """
    for array in column.chunks:
        _, offsets, content = array.buffers()
        if content is not None and len(array):
            ends = np.frombuffer(offsets, np.int64, len(array) + 1, array.offset * 8)
            octets = np.frombuffer(content, np.uint8)[ends[0] : ends[-1]]
            if (octets == ord(sign)).any():
                return True
    return False


def cut(piece: Piece, start: int, end: int) -> Piece:
    """Give a part of a piece as a piece of its own."""
    return replace(
        piece,
        first_row=piece.first_row + start,
        table=piece.table.slice(start, end - start),
        widths=_moved(piece.widths, start, end),
        extra=_moved(piece.extra, start, end),
        misquoted=[at - start for at in piece.misquoted if start <= at < end],
        otherwise=_moved(piece.otherwise, start, end),
        cut_off=None
        if piece.cut_off is None or not start <= piece.cut_off < end
        else piece.cut_off - start,
        hidden=[at - start for at in piece.hidden if start <= at < end],
        marks=tuple(_cut_marks(marks, start, end) for marks in piece.marks),
    )


def join(first: Piece, second: Piece) -> Piece:
    """Put two pieces that follow one another together."""
    offset = first.table.num_rows
    marks = {one.mark: one for one in first.marks}
    for one in second.marks:
        moved = replace(one, at=one.at + offset)
        before = marks.get(one.mark)
        marks[one.mark] = moved if before is None else _join_marks(before, moved)
    return Piece(
        first.first_row,
        pa.concat_tables([first.table, second.table]).combine_chunks(),
        {**first.widths, **{at + offset: width for at, width in second.widths.items()}},
        {**first.extra, **{at + offset: cells for at, cells in second.extra.items()}},
        [*first.misquoted, *(at + offset for at in second.misquoted)],
        {**first.otherwise, **{at + offset: how for at, how in second.otherwise.items()}},
        None if second.cut_off is None else second.cut_off + offset,
        [*first.hidden, *(at + offset for at in second.hidden)],
        tuple(marks.values()),
    )


_V = TypeVar("_V")


def _moved(facts: Mapping[int, _V], start: int, end: int) -> dict[int, _V]:
    return {at - start: value for at, value in facts.items() if start <= at < end}


def _cut_marks(marks: CellMarks, start: int, end: int) -> CellMarks:
    first, last = np.searchsorted(marks.at, [start, end])
    return CellMarks(
        marks.mark,
        marks.at[first:last] - start,
        marks.columns[first:last],
        marks.shown[first:last],
    )


def _join_marks(first: CellMarks, second: CellMarks) -> CellMarks:
    return CellMarks(
        first.mark,
        np.concatenate([first.at, second.at]),
        np.concatenate([first.columns, second.columns]),
        [*first.shown, *second.shown],
    )
