"""Consecutive rows of a table, and how they become chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import zip_longest

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.issues import Finding, IssueCode, Severity
from importer.model import Chunk
from importer.sources.header import GUARDED, Header

TEXT = pa.large_string()


class Mark(StrEnum):
    """What can be said of a workbook's cell beside its text."""

    ERROR = "error"  # it shows an error, such as #N/A; the text given is blank
    COMPUTED = "computed"  # a formula made its text
    NEVER_COMPUTED = "never computed"  # a formula whose result the file does not hold
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


def chunks_of(
    pieces: Iterable[Piece], header: Header, *, rows: int, typed_dates: bool
) -> Iterator[Chunk]:
    """Turn pieces into chunks of at most ``rows`` rows, under the header's names.

    Blank rows get a finding; those at the end of the table do not exist, so they are held back
    (as a number, however many they are) until a row follows.
    """
    held = 0
    for piece in pieces:
        table = _operators_columns(piece.table, header)
        blank = _blank(table)
        solid = np.flatnonzero(~blank)
        end = int(solid[-1]) + 1 if len(solid) else 0
        if end and held:
            yield from _blank_chunks(held, piece.first_row - held, header.columns, rows)
            held = 0
        for start in range(0, end, rows):
            yield _chunk(piece, table, blank, start, min(start + rows, end), header, typed_dates)
        held += len(blank) - end


def _operators_columns(table: pa.Table, header: Header) -> pa.Table:
    if header.ours is None:
        return table.rename_columns(list(header.names))
    columns = [
        pc.replace_substring_regex(column, pattern=GUARDED, replacement=r"\1")
        for i, column in enumerate(table.columns)
        if i != header.ours
    ]
    return pa.table(columns, names=list(header.columns))


def _blank(table: pa.Table) -> NDArray[np.bool_]:
    """Tell which rows hold nothing but white space; most are settled by their first column."""
    candidates = np.arange(table.num_rows, dtype=np.int64)
    for column in table.columns:
        if not len(candidates):
            break
        cells = column if len(candidates) == table.num_rows else column.take(candidates)
        lengths = pc.fill_null(pc.binary_length(pc.utf8_trim_whitespace(cells)), 0)
        candidates = candidates[lengths.to_numpy() == 0]
    blank = np.zeros(table.num_rows, dtype=np.bool_)
    blank[candidates] = True
    return blank


def _chunk(
    piece: Piece,
    table: pa.Table,
    blank: NDArray[np.bool_],
    start: int,
    end: int,
    header: Header,
    typed_dates: bool,
) -> Chunk:
    first = piece.first_row + start
    return Chunk(
        rows=np.arange(first, first + end - start, dtype=np.int64),
        frame=table.slice(start, end - start).to_pandas(),
        findings=_findings(piece, blank, start, end, len(header.names)),
        typed_dates=typed_dates or header.ours is not None,
        extra={at - start: cells for at, cells in piece.extra.items() if start <= at < end},
    )


def _findings(
    piece: Piece, blank: NDArray[np.bool_], start: int, end: int, width: int
) -> tuple[Finding, ...]:
    findings = []
    widths = piece.widths
    blank_at = np.flatnonzero(blank[start:end])
    if len(blank_at):
        findings.append(Finding(IssueCode.BLANK_ROW, Severity.SKIP, blank_at))
    ragged = [at for at in sorted(widths) if start <= at < end and not blank[at]]
    for code, at_rows in (
        (IssueCode.ROW_TOO_SHORT, [at for at in ragged if widths[at] < width]),
        (IssueCode.ROW_TOO_LONG, [at for at in ragged if widths[at] > width]),
    ):
        if at_rows:
            at = np.array(at_rows, dtype=np.int64) - start
            details = [_detail(widths[row], width) for row in at_rows]
            findings.append(Finding(code, Severity.ERROR, at, details=details))
    misquoted = [at for at in piece.misquoted if start <= at < end]
    if misquoted:
        at = np.array(misquoted, dtype=np.int64) - start
        findings.append(Finding(IssueCode.QUOTES_UNBALANCED, Severity.ERROR, at))
    return tuple(findings)


def _detail(cells: int, width: int) -> str:
    return f"{cells} {'cell' if cells == 1 else 'cells'} where the header has {width}"


def _blank_chunks(count: int, first_row: int, columns: Sequence[str], rows: int) -> Iterator[Chunk]:
    for start in range(0, count, rows):
        length = min(rows, count - start)
        blanks = pa.array([""] * length, type=TEXT)
        at = np.arange(length, dtype=np.int64)
        yield Chunk(
            rows=at + (first_row + start),
            frame=pa.table([blanks] * len(columns), names=list(columns)).to_pandas(),
            findings=(Finding(IssueCode.BLANK_ROW, Severity.SKIP, at),),
        )
