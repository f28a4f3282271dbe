"""``results.csv`` and ``issues.csv``: UTF-8 with BOM, CRLF, no cell that can run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from importer.files import replacing
from importer.issues import Severity, message
from importer.model import RowResult, TableDescription
from importer.reports.cells import guarded, guarded_row
from importer.reports.problems import Problems

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
        text.write(BOM)
        yield csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
        text.flush()
        text.detach()


def result_row(result: RowResult) -> list[object]:
    """Lay one result out as cells."""
    if result.message or result.key[:1] in "'=+-@\t\r＝＋－＠":
        return guarded_row(result)
    return [guarded(result.file), guarded(result.sheet), *result[2:]]


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
