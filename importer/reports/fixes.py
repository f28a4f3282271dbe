"""``to-fix.csv``: the rows to fix in their original columns, and why; to be dropped in again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson

from importer.errors import DefectError
from importer.files import make_private_folder
from importer.model import TableDescription
from importer.reports.cells import guarded_row
from importer.reports.tables import csv_writer

ERRORS_COLUMN = "import_errors"


class FixWriter:
    """Writes the rows to fix, one file for each table; one table's file is ``to-fix.csv``.

    ``sources``: record batches of the original text, in row order; those already cut to the rows
    that need fixing serve as well.
    """

    def __init__(
        self,
        folder: Path,
        tables: Sequence[TableDescription],
        sources: Iterator[Any],
        delimiter: str,
    ) -> None:
        self._tables = tables
        self._delimiter = delimiter
        self._paths = _paths(folder, tables)
        self._sources = _original_rows(sources)
        self._writers: dict[int, Any] = {}
        self._stack = ExitStack()
        self.count = 0

    def __enter__(self) -> FixWriter:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)
        if error[0] is None:
            for table, path in self._paths.items():
                if table not in self._writers:
                    path.unlink(missing_ok=True)

    def add(self, row: int, table: int, reasons: Sequence[str]) -> None:
        """Write one row; rows come in input order."""
        cells, extra = self._original(row)
        # A row of too few or too many cells keeps their number: dropped in again unmended, it is
        # found out again, instead of passing with its values one column off.
        whole = [cell for cell in cells[: len(self._tables[table].columns)] if cell is not None]
        self._writer(table).writerow(guarded_row([*whole, *extra, "; ".join(reasons)]))
        self.count += 1

    def _original(self, row: int) -> tuple[Sequence[str | None], Sequence[str]]:
        for index, cells, extra in self._sources:
            if index == row:
                return cells, extra
        raise DefectError(f"the original text of row {row} is not there")

    def _writer(self, table: int) -> Any:
        if table not in self._writers:
            path = self._paths[table]
            make_private_folder(path.parent)
            writer = self._stack.enter_context(csv_writer(path, self._delimiter))
            writer.writerow(guarded_row([*self._tables[table].columns, ERRORS_COLUMN]))
            self._writers[table] = writer
        return self._writers[table]


def _paths(folder: Path, tables: Sequence[TableDescription]) -> dict[int, Path]:
    """Give each table a file of its own."""
    if len(tables) == 1:
        return {0: folder / "to-fix.csv"}
    paths: dict[int, Path] = {}
    taken: set[str] = set()
    for index, table in enumerate(tables):
        stem = Path(table.file.replace("\\", "/")).stem if table.file != "-" else "standard-input"
        plain = re.sub(r"[^\w.-]+", "-", f"{stem}-{table.sheet}" if table.sheet else stem)
        name, count = plain or "table", 2
        while name.casefold() in taken:
            name, count = f"{plain}-{count}", count + 1
        taken.add(name.casefold())
        paths[index] = folder / "to-fix" / f"{name}.csv"
    return paths


def _original_rows(
    sources: Iterator[Any],
) -> Iterator[tuple[int, Sequence[str | None], Sequence[str]]]:
    for batch in sources:
        columns = [batch.column(name).to_pylist() for name in batch.schema.names]
        for row, *cells, extra in zip(*columns, strict=True):
            yield row, cells, orjson.loads(extra) if extra else ()
