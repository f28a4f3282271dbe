"""What is still kept of a run's rows, read beside its results: their words, and why they ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.reports.masking.scrubbing import Words, words_of
from importer.reports.withheld import issue_batches
from importer.row_results import DECIDING, InRowOrder
from importer.run_columns import column_batches

if TYPE_CHECKING:
    from importer.run_folder import RunFolder

_TEXT = pa.large_string()


class KeptCells:
    """The words of rows that are still kept, asked for in ascending order: read and planned."""

    def __init__(self, folder: RunFolder) -> None:
        self._files = [_Ascending(path) for path in (folder.source, folder.plan) if path.exists()]

    def of(self, rows: NDArray[np.int64]) -> dict[int, Words]:
        """Give the words of each of these rows that is kept."""
        found: dict[int, frozenset[str]] = {}
        wanted = np.unique(rows)
        for file in self._files:
            for row, cells in file.take(wanted):
                found[row] = found.get(row, frozenset()) | words_of(cells)
        return found


class _Ascending:
    """A file of the run whose first column is the row's index, asked for in ascending order."""

    def __init__(self, path: Any) -> None:
        self._batches = column_batches(path)
        self._batch: Any = None

    def take(self, wanted: NDArray[np.int64]) -> Iterator[tuple[int, list[str]]]:
        """Give the cells of each row that is there; the last one may be asked for again."""
        while len(wanted):
            if self._batch is None:
                self._batch = next(self._batches, None)
                if self._batch is None:
                    return
            rows = self._batch.column(0).to_numpy()
            here = self._batch.filter(pa.array(np.isin(rows, wanted)))
            columns = [column.to_pylist() for column in here.columns[1:]]
            for at, row in enumerate(here.column(0).to_pylist()):
                texts = (column[at] for column in columns)
                yield row, [text for text in texts if isinstance(text, str) and text]
            if not len(rows) or rows[-1] < wanted[-1]:
                self._batch = None
            else:
                return


_MEMBERS = ("severity", "code", "column", "field", "value", "detail")


@dataclass(frozen=True, slots=True)
class DecidingIssue:
    """An issue that left a row out, or refused it; its members as they are kept."""

    severity: str
    code: str
    column: str
    field: str
    value: str
    detail: str


def deciding_issues(folder: RunFolder) -> InRowOrder[DecidingIssue]:
    """Give the issues that may have decided a row, to be asked for in row order."""
    return InRowOrder(map(_deciding, issue_batches(folder)))


def _deciding(batch: Any) -> Iterator[tuple[int, DecidingIssue]]:
    here = batch.filter(pc.is_in(batch.column("severity"), pa.array([*DECIDING], _TEXT)))
    columns = [here.column(name).to_pylist() for name in _MEMBERS]
    for row, *members in zip(here.column("row").to_pylist(), *columns, strict=True):
        yield row, DecidingIssue(*(member or "" for member in members))
