"""The rows to fix in their original columns, and why: ``to-fix.csv`` and ``to-fix.xlsx``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from importer.blanks import folded
from importer.errors import DefectError
from importer.files import make_private_folder
from importer.model import Reason
from importer.reports.cells import guarded_row
from importer.reports.fixes.book import FieldPlaces, FixBook
from importer.reports.fixes.names import file_paths
from importer.reports.tables import csv_writer
from importer.row_results import RowResults
from importer.tables import ERRORS_COLUMN, FIX_BOOK, TableDescription


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a row of a table is made to say no to a consent.

    ``cells``: (position, text) of what is written: a no in the consent's column, nothing in its
    date's, nor in those that it is computed of. ``answer``: the position of its column, None if it
    has none. ``noes``: the texts, folded, that mean no there already.
    """

    cells: tuple[tuple[int, str], ...]
    answer: int | None = None
    noes: frozenset[str] = frozenset()

    def said(self, cells: Sequence[str]) -> bool:
        """Tell whether a row says no already."""
        place = self.answer
        return place is not None and place < len(cells) and folded(cells[place]) in self.noes


Refusals = Mapping[str, Refusal]
"""Of one table: consent -> how a row says no to it."""
_TEXT_FILE = "csv"  # the format of a table that lies in no workbook


@dataclass(frozen=True, slots=True)
class Mending:
    """How the rows to fix are given back.

    ``refusals``: for each table, how a row says no to its consents. ``places``: for each table,
    where its fields are read. ``evened``: rows of too few or too many cells are made as wide as the
    header, because the mapping accepts them so and does not apply to these files. ``workbook``:
    whether ``to-fix.xlsx`` is written too; None: where a table was one of a workbook.
    ``command``: what to type to import that workbook.
    """

    refusals: Sequence[Refusals] = ()
    places: Sequence[FieldPlaces] = ()
    evened: bool = False
    workbook: bool | None = None
    command: str = ""


NO_MENDING = Mending()


def has_workbook(formats: Iterable[str]) -> bool:
    """Tell from the formats of a run's tables whether one of them was one of a workbook."""
    return any(one != _TEXT_FILE for one in formats)


class FixWriter:
    """Writes the rows to fix: a CSV file for each table, and a workbook of all of them.

    ``sources``: record batches of the original text, in row order; those already cut to the rows
    that need fixing serve as well.
    """

    def __init__(
        self,
        folder: Path,
        tables: Sequence[TableDescription],
        sources: Iterator[Any],
        delimiter: str,
        mending: Mending = NO_MENDING,
    ) -> None:
        self._refusals = mending.refusals
        self._evened = mending.evened
        self._tables = tables
        self._delimiter = delimiter
        self._paths = file_paths(folder, tables)
        self._originals = _Originals(sources)
        self._writers: dict[int, Any] = {}
        self._stack = ExitStack()
        workbook = mending.workbook
        if workbook is None:
            workbook = (
                has_workbook(table.format for table in tables) or (folder / FIX_BOOK).exists()
            )
        self._old_book = None if workbook else folder / FIX_BOOK
        self._book = (
            FixBook(folder / FIX_BOOK, tables, mending.places, mending.command)
            if workbook
            else None
        )
        self.count = 0

    def __enter__(self) -> FixWriter:
        if self._book is not None:
            self._stack.enter_context(self._book)
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)
        if error[0] is None:
            for table, path in self._paths.items():
                if table not in self._writers:
                    path.unlink(missing_ok=True)
            if self._old_book is not None:
                self._old_book.unlink(missing_ok=True)

    def add(self, results: RowResults) -> None:
        """Take the results of the next rows: those that need fixing are written."""
        self.write(results.first, results.table, results.reasons, results.noes, results.withheld)

    def write(
        self,
        first: int,
        tables: Sequence[int] | NDArray[np.int32],
        reasons: Mapping[int, Sequence[Reason]],
        noes: Mapping[int, Sequence[str]] | None = None,
        withheld: Mapping[int, Sequence[str]] | None = None,
    ) -> None:
        """Write the rows of the next stretch that need fixing; ``reasons``: why, by row index.

        ``first``: the index of the stretch's first row; ``tables``: the table of each of its rows.
        ``noes``: the consents that another row with the key refuses. There the row says no too:
        imported again by itself, its own yes would overrule a person. ``withheld``: the consents
        to which the row may not say yes: there it says nothing.
        """
        for (row, why), (cells, extra) in zip(
            reasons.items(), self._originals.take(list(reasons)), strict=True
        ):
            table = int(tables[row - first])
            columns = self._tables[table].columns
            # A row of too few or too many cells keeps their number: dropped in again unmended, it
            # is found out again, instead of passing with its values one column off.
            whole = [cell for cell in cells[: len(columns)] if cell is not None]
            if self._evened:
                whole, extra = [cell or "" for cell in cells[: len(columns)]], ()
            for code in (noes or {}).get(row, ()):
                self._say_no(whole, table, code)
            for code in (withheld or {}).get(row, ()):
                self._say_no(whole, table, code, silently=True)
            told = "; ".join(one.message for one in why)
            self._writer(table).writerow(guarded_row([*whole, *extra, told]))
            if self._book is not None:
                self._book.add(table, whole, extra, why)
            self.count += 1

    def _say_no(self, cells: list[str], table: int, code: str, *, silently: bool = False) -> None:
        """Make a row say no to a consent, or nothing, unless it says no."""
        known = self._refusals[table] if self._refusals else {}
        if code not in known or known[code].said(cells):
            return
        for place, text in known[code].cells:
            # What says no to another consent must not be lost.
            others = (one for one in known.values() if one.answer == place)
            if place < len(cells) and not any(one.said(cells) for one in others):
                cells[place] = "" if silently else text

    def _writer(self, table: int) -> Any:
        if table not in self._writers:
            path = self._paths[table]
            make_private_folder(path.parent)
            writer = self._stack.enter_context(csv_writer(path, self._delimiter))
            writer.writerow(guarded_row([*self._tables[table].columns, ERRORS_COLUMN]))
            self._writers[table] = writer
        return self._writers[table]


class _Originals:
    """The original text of rows, asked for in ascending order."""

    def __init__(self, batches: Iterator[Any]) -> None:
        self._batches = batches
        self._batch: Any = None

    def take(self, rows: Sequence[int]) -> Iterator[tuple[Sequence[str | None], Sequence[str]]]:
        """Give the cells of each row, and what stood beyond the header."""
        wanted = np.asarray(rows, dtype=np.int64)
        while len(wanted):
            if self._batch is None:
                self._batch = next(self._batches, None)
                if self._batch is None:
                    raise DefectError(f"the original text of row {wanted[0]} is not there")
            indices = self._batch.column("row").to_numpy()
            here = np.isin(indices, wanted)
            columns = [c.to_pylist() for c in self._batch.filter(pa.array(here)).columns]
            for _, *cells, extra in zip(*columns, strict=True):
                yield cells, orjson.loads(extra) if extra else ()
            wanted = wanted[int(here.sum()) :]
            if len(wanted):
                self._batch = None
