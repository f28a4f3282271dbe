"""``results.csv`` and ``issues.csv``: UTF-8 with BOM, CRLF, no cell that can run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.files import replacing
from importer.issues import Severity, message
from importer.model import RowResult
from importer.reports.cells import LINE_END, TEXT, guarded, guarded_row, written, written_column
from importer.reports.problems import Problems
from importer.row_results import RowResults
from importer.tables import TableDescription

RESULT_COLUMNS = RowResult._fields
ISSUE_COLUMNS = (
    "file", "sheet", "row", "column", "field", "severity", "code", "value", "message",
)  # fmt: skip
BOM = "\ufeff"


@contextmanager
def csv_writer(path: Path, delimiter: str) -> Iterator[Any]:
    """Open a report for writing rows; it takes the old one's place when all is written."""
    with replacing(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=False)
        try:
            text.write(BOM)
            yield csv.writer(text, delimiter=delimiter, lineterminator=LINE_END)
        finally:
            text.detach()  # writes what it still holds


# --- results.csv ----------------------------------------------------------------------------------


def result_rows(results: RowResults, tables: Sequence[TableDescription]) -> Iterator[RowResult]:
    """Lay results out as the rows of ``results.csv``, with no cell that can run."""
    for table, number, key, end, batch, attempts, record_id in zip(
        results.table.tolist(),
        results.number.tolist(),
        results.key.to_pylist(),
        results.end.tolist(),
        results.batch.to_pylist(),
        results.attempts.tolist(),
        results.record_id.to_pylist(),
        strict=True,
    ):
        one = results.outcomes[end]
        yield RowResult(
            guarded(tables[table].file),
            guarded(tables[table].sheet),
            number,
            guarded(key),
            one.verdict,
            guarded(one.code),
            guarded(one.field),
            guarded(one.message),
            batch,
            attempts,
            guarded(record_id),
        )


class ResultWriter:
    """Writes ``results.csv``, its columns side by side and not row by row: there are many rows."""

    def __init__(
        self, stream: IO[bytes], tables: Sequence[TableDescription], delimiter: str
    ) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._places = pa.array(written(((t.file, t.sheet) for t in tables), delimiter), TEXT)
        (header,) = written([RESULT_COLUMNS], delimiter)
        stream.write((BOM + header + LINE_END).encode())

    def add(self, results: RowResults) -> None:
        """Write the results of the next rows."""
        ends = [(one.verdict, one.code, one.field, one.message) for one in results.outcomes]
        columns = [
            self._places.take(pa.array(results.table)),
            pc.cast(pa.array(results.number), TEXT),
            written_column(results.key, self._delimiter),
            pa.array(written(ends, self._delimiter), TEXT).take(pa.array(results.end)),
            results.batch,
            pc.cast(pa.array(results.attempts), TEXT),
            _with_line_end(written_column(results.record_id, self._delimiter)),
        ]
        # No row may be lost, whatever is missing of it.
        lines = pc.binary_join_element_wise(
            *columns, pa.scalar(self._delimiter, TEXT), null_handling="replace"
        )
        self._stream.write(_content(lines))


def _with_line_end(cells: Any) -> Any:
    none = pa.scalar("", TEXT)
    return pc.binary_join_element_wise(
        cells, none, pa.scalar(LINE_END, TEXT), null_handling="replace"
    )


def _content(texts: Any) -> Any:
    """Give the octets of a column's texts, one after the other."""
    _, offsets, content = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64, len(texts) + 1, texts.offset * 8)
    return memoryview(content or b"")[int(bounds[0]) : int(bounds[-1])]


@contextmanager
def result_writer(
    path: Path, tables: Sequence[TableDescription], delimiter: str
) -> Iterator[ResultWriter]:
    """Open ``results.csv`` for writing; it takes the old one's place when all is written."""
    with replacing(path) as stream:
        yield ResultWriter(stream, tables, delimiter)


# --- issues.csv -----------------------------------------------------------------------------------


def write_issues(
    path: Path,
    issues: Iterable[Any],
    places: Iterable[Any],
    tables: Sequence[TableDescription],
    delimiter: str,
    problems: Problems,
) -> None:
    """Write ``issues.csv``, and note each issue among the problems.

    ``issues``: record batches of the run's issues, in row order. ``places``: record batches of the
    ``table``, ``number`` and ``key`` of every row of the run, in order; read as far as the issues
    need.
    """
    known = _Places(iter(places))
    with csv_writer(path, delimiter) as writer:
        writer.writerow(ISSUE_COLUMNS)
        for batch in issues:
            told = batch.filter(pc.not_equal(batch.column("severity"), Severity.SKIP.value))
            columns = [told.column(name).to_pylist() for name in told.schema.names[1:]]
            places_of = known.of(told.column("row").to_numpy())
            for place, severity, code, column, field, value, detail in zip(
                places_of, *columns, strict=True
            ):
                index, number, key = place
                table = tables[index]
                text = message(code, column=column, field=field, value=value, detail=detail)
                problems.note_at(code, severity, index, number, text, key)
                cells = [table.file, table.sheet, number, column, field, severity, code]
                writer.writerow(guarded_row([*cells, value or "", text]))


class _Places:
    """Where rows stand, asked for in ascending order."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self._columns: tuple[NDArray[np.int32], NDArray[np.int64], pa.Array] | None = None
        self._end = 0

    def of(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, int, str]]:
        """Give the table, the number and the key of each row."""
        while len(rows):
            if self._columns is None:
                batch = next(self._batches)
                numbers = batch.column("table").to_numpy(), batch.column("number").to_numpy()
                self._columns = *numbers, batch.column("key")
                self._end += batch.num_rows
            count = int(np.searchsorted(rows, self._end))
            at = rows[:count] - (self._end - len(self._columns[0]))
            table, number, key = self._columns
            keys = (text or "" for text in key.take(pa.array(at)).to_pylist())
            yield from zip(table[at].tolist(), number[at].tolist(), keys, strict=True)
            rows = rows[count:]
            if len(rows):
                self._columns = None
