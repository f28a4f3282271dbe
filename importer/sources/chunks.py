"""Pieces become chunks: named columns of text, with what is to be said of rows and cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.documents import in_quotes
from importer.guards import unguarded, unguarded_column
from importer.issues import Finding, IssueCode, Severity
from importer.language import mark, tr, trn
from importer.model import Chunk
from importer.sources.double_decoding import repaired
from importer.sources.ending import Ended
from importer.sources.pieces import TEXT, CellMarks, Mark, Piece, holds, table_of
from importer.sources.tally import Tally
from importer.tables import Acceptance, Inclusion, Part

_CODES = {
    Mark.ERROR: (IssueCode.CELL_ERROR, Severity.ERROR),
    Mark.NEVER_COMPUTED: (IssueCode.FORMULA_WITHOUT_VALUE, Severity.ERROR),
    Mark.COMPUTED: (IssueCode.FORMULA_REFUSED, Severity.ERROR),
    Mark.MERGED: (IssueCode.CELL_MERGED, Severity.ERROR),
    Mark.ROUNDED: (IssueCode.NUMBER_ROUNDED, Severity.WARNING),
}
_LEFT_OUT = {
    Part.BLANK_ROWS: IssueCode.BLANK_ROW,
    Part.HIDDEN_ROWS: IssueCode.HIDDEN_ROW,
    Part.FOOTER: IssueCode.FOOTER_ROW,
    Part.BELOW_LAST_ROW: IssueCode.BELOW_LAST_ROW,
    Part.OTHER_TABLE: IssueCode.OTHER_TABLE,
}


def chunks_of(
    pieces: Iterable[Ended], tally: Tally, *, rows: int, typed_dates: bool
) -> Iterator[Chunk]:
    """Turn pieces into chunks of at most ``rows`` rows, under the header's names.

    Blank rows get a finding; those at the end of the table do not exist, so they are held back
    (as a number, however many they are) until a row follows.
    """
    header, held = tally.header, 0
    for ended in pieces:
        if header.ours is not None and header.guarded and ended.piece.widths:
            ended = replace(ended, piece=_without_our_text(ended.piece, header.ours))
        piece = ended.piece
        solid = np.flatnonzero(~ended.blank)
        end = int(solid[-1]) + 1 if len(solid) else 0
        if end and held:
            yield from _blank_chunks(held, piece.first_row - held, tally, rows)
            held = 0
        if end:
            told = _Rows(ended, tally)
            told.look()
            table = _columns(piece.table, told.open, tally)
            for start in range(0, end, rows):
                stop = min(start + rows, end)
                first = piece.first_row + start
                found = (finding.between(start, stop) for finding in told.findings)
                yield Chunk(
                    rows=np.arange(first, first + stop - start, dtype=np.int64),
                    frame=table.slice(start, stop - start).to_pandas(),
                    findings=tuple(finding for finding in found if finding is not None),
                    typed_dates=typed_dates or header.ours is not None,
                    ours=header.ours is not None,
                    extra={
                        at - start: cells for at, cells in piece.extra.items() if start <= at < stop
                    },
                )
        held += len(ended.blank) - end


def _without_our_text(piece: Piece, ours: int) -> Piece:
    """Take what we said of a ragged row off its end, where it stands in no column of ours."""
    columns = [column.to_pylist() for column in piece.table.columns]
    extra = dict(piece.extra)
    for at, width in piece.widths.items():
        if at in extra and _is_sentence(extra[at][-1]):
            extra[at] = (columns[ours][at] or "", *extra[at][:-1])
        elif at not in extra and _is_sentence(columns[width - 1][at] or ""):
            columns[width - 1][at] = None
    extra = {at: tuple(map(unguarded, cells)) for at, cells in extra.items()}
    return replace(piece, table=table_of(columns), extra=extra)


def _is_sentence(text: str) -> bool:
    return text.rstrip().endswith(".") and text.count(" ") > 2


def _columns(table: pa.Table, is_open: NDArray[np.bool_], tally: Tally) -> pa.Table:
    """Name the operator's columns; in a file of ours, take the guards off its cells.

    ``is_open``: the rows that are the table's, whose text is looked through.
    """
    header = tally.header
    if header.ours is not None:
        columns = [column for i, column in enumerate(table.columns) if i != header.ours]
        if header.guarded:
            columns = [unguarded_column(column) for column in columns]
        return pa.table(columns, names=list(header.columns))
    if tally.options.repair_text is not False:
        tally.garbled.add(table, is_open)
    columns = table.columns
    if tally.options.repair_text:
        columns = [repaired(column)[0] for column in columns]
    return pa.table(columns, names=list(header.names))


class _Rows:
    """What is to be said of a piece's rows.

    ``open``: those of which nothing was said yet that settles them. ``findings``: with positions
    in the piece.
    """

    def __init__(self, ended: Ended, tally: Tally) -> None:
        self._ended, self._piece, self._tally = ended, ended.piece, tally
        self.open = ~ended.blank
        self.findings: list[Finding] = []

    def look(self) -> None:
        """Find all there is to say, and count it."""
        self._leave_out_blank()
        for part, mask in self._ended.outside.items():
            self._leave_out(part, np.flatnonzero(mask & self.open))
        hidden = np.array([at for at in self._piece.hidden if self.open[at]], dtype=np.int64)
        self._tally.hidden += len(hidden)
        if self._tally.options.hidden_rows is Inclusion.LEAVE_OUT:
            self._leave_out(Part.HIDDEN_ROWS, hidden)
        self._find_spoiled()
        for marks in self._piece.marks:
            self._find_marked(marks)
        for marks in _error_texts(self._piece.table):
            self._find_marked(marks)

    def _leave_out_blank(self) -> None:
        last = np.flatnonzero(self.open)[-1]  # blank rows below it may be the table's end
        self._leave_out(Part.BLANK_ROWS, np.flatnonzero(self._ended.blank[: last + 1]))

    def _leave_out(self, part: Part, at: NDArray[np.int64]) -> None:
        severity, details = Severity.SKIP, ""
        if part is Part.OTHER_TABLE:
            details = tr("row {row}", row=self._ended.other_begins)
            if self._tally.options.other_tables is not Inclusion.LEAVE_OUT:
                severity = Severity.ERROR  # they may be contacts: the run must not look complete
        self._add(_LEFT_OUT[part], severity, at, details=details)
        self._tally.leave_out(part, at + self._piece.first_row)
        self.open[at] = False

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
            self.findings.append(Finding(code, severity, at, column, "", values, details))

    def _find_spoiled(self) -> None:
        piece, width = self._piece, len(self._tally.header.names)
        accepted = self._tally.options.ragged_rows is Acceptance.ACCEPT
        for code, ragged in (
            (IssueCode.ROW_TOO_SHORT, [at for at, w in piece.widths.items() if w < width]),
            (IssueCode.ROW_TOO_LONG, [at for at, w in piece.widths.items() if w > width]),
        ):
            at = self._still_open(at for at in ragged if at != piece.cut_off)
            told = {cells: _detail(cells, width) for cells in {piece.widths[int(i)] for i in at}}
            self._add(
                code,
                Severity.WARNING if accepted else Severity.ERROR,
                at,
                details=[told[piece.widths[int(i)]] for i in at],
            )
        self._add(IssueCode.QUOTES_UNBALANCED, Severity.ERROR, self._still_open(piece.misquoted))
        otherwise = self._still_open(piece.otherwise)
        self._add(
            IssueCode.DELIMITER_DIFFERS,
            Severity.ERROR,
            otherwise,
            details=[_named(piece.otherwise[int(at)]) for at in otherwise],
        )
        if piece.cut_off is not None:
            self._add(IssueCode.FILE_CUT_OFF, Severity.ERROR, self._still_open([piece.cut_off]))

    def _still_open(self, positions: Iterable[int]) -> NDArray[np.int64]:
        return np.array([at for at in sorted(positions) if self.open[at]], dtype=np.int64)

    def _find_marked(self, marks: CellMarks) -> None:
        names = self._tally.header.names
        code, severity = _CODES[marks.mark]
        kept = self.open[marks.at] & (marks.columns < len(names))
        for column in np.unique(marks.columns[kept]):
            chosen = np.flatnonzero(kept & (marks.columns == column))
            if marks.mark is Mark.COMPUTED:
                self._tally.computed[int(column)] += len(chosen)
                if self._tally.options.formulas is not Acceptance.REFUSE:
                    continue
            at = marks.at[chosen]
            values = (
                [marks.shown[int(i)] for i in chosen] if marks.shown else self._texts(column, at)
            )
            self._add(code, severity, at, column=names[int(column)], values=values)

    def _texts(self, column: int, at: NDArray[np.int64]) -> list[str]:
        cells = self._piece.table.column(int(column)).take(pa.array(at)).to_pylist()
        return [cell or "" for cell in cells]


# What spreadsheet programs, English and French, write for a cell that shows an error.
_ERRORS = (
    r"\A\s*#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|NOM\?|VALEUR!|NOMBRE!|NUL!"
    r"|PROPAGATION!)\s*\z"
)


def _error_texts(table: pa.Table) -> Iterator[CellMarks]:
    """Find the cells whose text is an error that a spreadsheet program wrote into it."""
    for position, column in enumerate(table.columns):
        if not holds(column, "#"):
            continue
        found = pc.fill_null(pc.match_substring_regex(column, _ERRORS), False)
        at = np.flatnonzero(found.to_numpy(zero_copy_only=False))
        shown = [text.strip() for text in column.take(pa.array(at)).to_pylist()]
        yield CellMarks(Mark.ERROR, at, np.full(len(at), position, dtype=np.int64), shown)


def _named(delimiter: str) -> str:
    return tr(_UNSEEN[delimiter]) if delimiter in _UNSEEN else in_quotes(delimiter)


_UNSEEN = {"\t": mark("a tab"), " ": mark("a space")}


def _detail(cells: int, width: int) -> str:
    return trn(
        "{cells} cell where the header has {width}",
        "{cells} cells where the header has {width}",
        cells,
        cells=cells,
        width=width,
    )


def _blank_chunks(count: int, first_row: int, tally: Tally, rows: int) -> Iterator[Chunk]:
    columns = tally.header.columns
    for start in range(0, count, rows):
        length = min(rows, count - start)
        blanks = pa.array([""] * length, type=TEXT)
        at = np.arange(length, dtype=np.int64)
        numbers = at + (first_row + start)
        tally.leave_out(Part.BLANK_ROWS, numbers)
        yield Chunk(
            rows=numbers,
            frame=pa.table([blanks] * len(columns), names=list(columns)).to_pandas(),
            findings=(Finding(IssueCode.BLANK_ROW, Severity.SKIP, at),),
        )
