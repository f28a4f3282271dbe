"""``results.csv`` and ``issues.csv``: UTF-8 with BOM, CRLF, no cell that can run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from importer.files import replacing
from importer.issues import Severity, message
from importer.model import RowResult
from importer.reports.cells import guarded, guarded_column, guarded_row
from importer.reports.problems import Problems
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
            yield csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
        finally:
            text.detach()  # writes what it still holds


def result_rows(results: ResultColumns, tables: Sequence[TableDescription]) -> Iterator[RowResult]:
    """Lay results out as the rows of ``results.csv``, with no cell that can run."""
    files = [guarded(table.file) for table in tables]
    sheets = [guarded(table.sheet) for table in tables]
    return map(
        RowResult._make,
        zip(
            map(files.__getitem__, results.table),
            map(sheets.__getitem__, results.table),
            results.number,
            guarded_column(results.key),
            results.verdict,
            results.code,
            guarded_column(results.field),
            guarded_column(results.message),
            results.batch,
            results.attempts,
            guarded_column(results.record_id),
            strict=True,
        ),
    )


class ResultColumns(Protocol):
    """What reports read of reconciled rows: columns of equal length."""

    @property
    def first(self) -> int: ...
    @property
    def table(self) -> Sequence[int]: ...
    @property
    def number(self) -> Sequence[int]: ...
    @property
    def key(self) -> Sequence[str]: ...
    @property
    def verdict(self) -> Sequence[str]: ...
    @property
    def code(self) -> Sequence[str]: ...
    @property
    def field(self) -> Sequence[str]: ...
    @property
    def message(self) -> Sequence[str]: ...
    @property
    def batch(self) -> Sequence[str]: ...
    @property
    def attempts(self) -> Sequence[int]: ...
    @property
    def record_id(self) -> Sequence[str]: ...
    @property
    def reasons(self) -> dict[int, tuple[str, ...]]: ...
    @property
    def noes(self) -> dict[int, tuple[str, ...]]: ...


def write_issues(
    path: Path,
    issues: Iterable[Any],
    places: Iterable[tuple[int, int]],
    tables: Sequence[TableDescription],
    delimiter: str,
    problems: Problems,
) -> None:
    """Write ``issues.csv``, and note each issue among the problems.

    ``issues``: record batches of the run's issues, in row order. ``places``: (table, row number)
    of every row of the run, in order; it is read as far as the issues need.
    """
    walk = enumerate(places)
    at, place = -1, (0, 0)
    with csv_writer(path, delimiter) as writer:
        writer.writerow(ISSUE_COLUMNS)
        for batch in issues:
            columns = [batch.column(name).to_pylist() for name in batch.schema.names]
            for row, severity, code, column, field, value, detail in zip(*columns, strict=True):
                if severity == Severity.SKIP:
                    continue
                while at < row:
                    at, place = next(walk)
                table = tables[place[0]]
                text = message(
                    code, column=column or field or "", value=value or "", detail=detail or ""
                )
                problems.note(code, severity, f"{table.place} row {place[1]}", text)
                cells = [table.file, table.sheet, place[1], column, field, severity, code]
                writer.writerow(guarded_row([*cells, value or "", text]))
