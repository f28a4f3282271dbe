"""Pieces become chunks: named columns of text, with what is to be said of rows and cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.issues import Finding, IssueCode, Severity
from importer.model import Chunk
from importer.sources.double_decoding import GarbledText, repaired
from importer.sources.ending import Ended
from importer.sources.header import GUARDED, Header
from importer.sources.pieces import TEXT, CellMarks, Mark
from importer.tables import Choice, LeftOut, Part, SourceOptions, TableDescription

_GARBLED_SHARE = 0.01
_CODES = {
    Mark.ERROR: (IssueCode.CELL_ERROR, Severity.ERROR),
    Mark.NEVER_COMPUTED: (IssueCode.FORMULA_WITHOUT_VALUE, Severity.ERROR),
    Mark.COMPUTED: (IssueCode.FORMULA_REFUSED, Severity.ERROR),
    Mark.ROUNDED: (IssueCode.NUMBER_ROUNDED, Severity.WARNING),
}


class Tally:
    """What is counted while a table is read, to be said of it afterwards."""

    def __init__(self, header: Header, options: SourceOptions) -> None:
        self.header, self.options = header, options
        self.hidden = 0
        self.computed: Counter[int] = Counter()
        self.garbled = GarbledText(header.names)
        self._rows: dict[Part, tuple[int, int, int]] = {}

    def left_out(self, part: Part, rows: NDArray[np.int64]) -> None:
        """Count rows that are not read as contacts, by their numbers."""
        if len(rows):
            first, _, count = self._rows.get(part, (int(rows[0]), 0, 0))
            self._rows[part] = (first, int(rows[-1]), count + len(rows))

    def told(self, description: TableDescription) -> TableDescription:
        """Complete what is said of a table, once all of it was read."""
        left_out = tuple(LeftOut(part, *self._rows[part]) for part in Part if part in self._rows)
        computed = tuple((self.header.names[at], n) for at, n in sorted(self.computed.items()))
        warnings, obstacles = self._garbled()
        return replace(
            description,
            left_out=description.left_out + left_out,
            hidden=self.hidden,
            computed=computed,
            warnings=description.warnings + self._ended() + warnings,
            obstacles=obstacles,
        )

    def _ended(self) -> tuple[str, ...]:
        said = []
        for part, remedy in (
            (Part.FOOTER, "left out as notes or totals below the table"),
            (Part.OTHER_TABLE, "not read, for another table begins there"),
        ):
            if part in self._rows:
                first, last, count = self._rows[part]
                rows = f"Row {first} is" if count == 1 else f"Rows {first} to {last} are"
                said.append(
                    f"{rows} {remedy}: `source: {{last_row: end}}` in the mapping reads all rows."
                )
        return tuple(said)

    def _garbled(self) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Make the sentences for columns whose text was decoded twice."""
        warnings: list[str] = []
        obstacles: list[tuple[str, str]] = []
        for column in self.garbled.columns:
            said = (
                f'In column "{column.name}" {column.garbled:,} of {column.filled:,} cells hold '
                f'text that was decoded twice, such as "{column.example}" for "{column.mended}": '
            )
            if self.options.repair_text:
                warnings.append(f"{said}they were repaired.")
            elif column.share <= _GARBLED_SHARE:
                warnings.append(f"{said}`source: {{repair_text: true}}` repairs them.")
            else:
                remedy = "`source: {repair_text: true}` in the mapping repairs them, and `false` "
                obstacles.append((column.name, f"{said}{remedy}leaves them as they are."))
        return tuple(warnings), tuple(obstacles)


def chunks_of(
    pieces: Iterable[Ended], tally: Tally, *, rows: int, typed_dates: bool
) -> Iterator[Chunk]:
    """Turn pieces into chunks of at most ``rows`` rows, under the header's names.

    Blank rows get a finding; those at the end of the table do not exist, so they are held back
    (as a number, however many they are) until a row follows.
    """
    header, held = tally.header, 0
    for ended in pieces:
        piece = ended.piece
        solid = np.flatnonzero(~ended.blank)
        end = int(solid[-1]) + 1 if len(solid) else 0
        if end and held:
            yield from _blank_chunks(held, piece.first_row - held, tally, rows)
            held = 0
        if end:
            table = _columns(piece.table, header, tally)
            findings = _Findings(ended, tally)
            for start in range(0, end, rows):
                stop = min(start + rows, end)
                first = piece.first_row + start
                yield Chunk(
                    rows=np.arange(first, first + stop - start, dtype=np.int64),
                    frame=table.slice(start, stop - start).to_pandas(),
                    findings=tuple(findings.between(start, stop)),
                    typed_dates=typed_dates or header.ours is not None,
                    extra={
                        at - start: cells for at, cells in piece.extra.items() if start <= at < stop
                    },
                )
        held += len(ended.blank) - end


def _columns(table: pa.Table, header: Header, tally: Tally) -> pa.Table:
    """Name the operator's columns; in a file of ours, take the guards off its cells."""
    if header.ours is not None:
        columns = [
            pc.replace_substring_regex(column, pattern=GUARDED, replacement=r"\1")
            for i, column in enumerate(table.columns)
            if i != header.ours
        ]
        return pa.table(columns, names=list(header.columns))
    named = table.rename_columns(list(header.names))
    if tally.options.repair_text is not False:
        tally.garbled.add(named)
    if tally.options.repair_text:
        mended = [repaired(column)[0] for column in named.columns]
        named = pa.table(mended, names=list(header.names))
    return named


class _Findings:
    """What is to be said of a piece's rows."""

    def __init__(self, ended: Ended, tally: Tally) -> None:
        self._piece, self._tally = ended.piece, tally
        self._found: list[tuple[IssueCode, Severity, NDArray[np.int64], str, Sequence[str], object]]
        self._found = []
        self._rows = np.arange(len(ended.blank), dtype=np.int64) + ended.piece.first_row
        self._open = ~ended.blank  # rows of which more can be said
        self._left_out(ended)
        self._spoiled()
        for marks in ended.piece.marks:
            self._marked(marks)

    def between(self, start: int, end: int) -> Iterator[Finding]:
        """Give the findings of the rows of one chunk."""
        for code, severity, at, column, values, details in self._found:
            first, last = np.searchsorted(at, [start, end])
            if first < last:
                yield Finding(
                    code,
                    severity,
                    at[first:last] - start,
                    column=column,
                    values=values[first:last],
                    details=details if isinstance(details, str) else list(details)[first:last],  # type: ignore[call-overload]
                )

    def _add(
        self,
        code: IssueCode,
        severity: Severity,
        at: NDArray[np.int64],
        *,
        column: str = "",
        values: Sequence[str] = (),
        details: str | Sequence[str] = "",
    ) -> None:
        if len(at):
            self._found.append((code, severity, at, column, values, details))

    def _left_out(self, ended: Ended) -> None:
        options, tally = self._tally.options, self._tally
        last = np.flatnonzero(self._open)[-1]
        blank = np.flatnonzero(ended.blank[: last + 1])
        self._add(IssueCode.BLANK_ROW, Severity.SKIP, blank)
        tally.left_out(Part.BLANK_ROWS, self._rows[blank])
        footer = np.flatnonzero(ended.footer & self._open)
        self._add(IssueCode.FOOTER_ROW, Severity.SKIP, footer)
        tally.left_out(Part.FOOTER, self._rows[footer])
        other = np.flatnonzero(ended.other & self._open)
        skipped = options.other_tables is Choice.LEAVE_OUT
        self._add(
            IssueCode.OTHER_TABLE,
            Severity.SKIP if skipped else Severity.ERROR,
            other,
            details=f"row {ended.other_begins}",
        )
        tally.left_out(Part.OTHER_TABLE, self._rows[other])
        self._open &= ~(ended.footer | ended.other)
        hidden = np.array([at for at in self._piece.hidden if self._open[at]], dtype=np.int64)
        tally.hidden += len(hidden)
        if options.hidden_rows is Choice.LEAVE_OUT:
            self._add(IssueCode.HIDDEN_ROW, Severity.SKIP, hidden)
            tally.left_out(Part.HIDDEN_ROWS, self._rows[hidden])
            self._open[hidden] = False

    def _spoiled(self) -> None:
        piece, width = self._piece, len(self._tally.header.names)
        accepted = self._tally.options.ragged_rows is Choice.ACCEPT
        for code, ragged in (
            (IssueCode.ROW_TOO_SHORT, [at for at, w in piece.widths.items() if w < width]),
            (IssueCode.ROW_TOO_LONG, [at for at, w in piece.widths.items() if w > width]),
        ):
            at = self._still_open(at for at in ragged if at != piece.cut_off)
            self._add(
                code,
                Severity.WARNING if accepted else Severity.ERROR,
                at,
                details=[_detail(piece.widths[int(i)], width) for i in at],
            )
        self._add(IssueCode.QUOTES_UNBALANCED, Severity.ERROR, self._still_open(piece.misquoted))
        otherwise = self._still_open(piece.otherwise)
        self._add(
            IssueCode.DELIMITER_DIFFERS,
            Severity.ERROR,
            otherwise,
            details=[
                _NAMED.get(d, f'"{d}"') for at in otherwise for d in [piece.otherwise[int(at)]]
            ],
        )
        if piece.cut_off is not None:
            self._add(IssueCode.FILE_CUT_OFF, Severity.ERROR, self._still_open([piece.cut_off]))

    def _still_open(self, positions: Iterable[int]) -> NDArray[np.int64]:
        return np.array([at for at in sorted(positions) if self._open[at]], dtype=np.int64)

    def _marked(self, marks: CellMarks) -> None:
        names = self._tally.header.names
        code, severity = _CODES[marks.mark]
        kept = self._open[marks.at] & (marks.columns < len(names))
        for column in np.unique(marks.columns[kept]):
            chosen = np.flatnonzero(kept & (marks.columns == column))
            if marks.mark is Mark.COMPUTED:
                self._tally.computed[int(column)] += len(chosen)
                if self._tally.options.formulas is not Choice.REFUSE:
                    continue
            at = marks.at[chosen]
            values = (
                [marks.shown[int(i)] for i in chosen] if marks.shown else self._texts(column, at)
            )
            self._add(code, severity, at, column=names[int(column)], values=values)

    def _texts(self, column: int, at: NDArray[np.int64]) -> list[str]:
        cells = self._piece.table.column(int(column)).take(pa.array(at)).to_pylist()
        return [cell or "" for cell in cells]


_NAMED = {"\t": "a tab", " ": "a space"}


def _detail(cells: int, width: int) -> str:
    return f"{cells} {'cell' if cells == 1 else 'cells'} where the header has {width}"


def _blank_chunks(count: int, first_row: int, tally: Tally, rows: int) -> Iterator[Chunk]:
    columns = tally.header.columns
    for start in range(0, count, rows):
        length = min(rows, count - start)
        blanks = pa.array([""] * length, type=TEXT)
        at = np.arange(length, dtype=np.int64)
        numbers = at + (first_row + start)
        tally.left_out(Part.BLANK_ROWS, numbers)
        yield Chunk(
            rows=numbers,
            frame=pa.table([blanks] * len(columns), names=list(columns)).to_pandas(),
            findings=(Finding(IssueCode.BLANK_ROW, Severity.SKIP, at),),
        )
