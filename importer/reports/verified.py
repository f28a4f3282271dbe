"""``verified.csv`` and its totals: what reading contacts back after the run came to."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from importer.documents import joined
from importer.language import tr, trn
from importer.reports.cells import guarded_row
from importer.reports.summary import VerifiedTotals
from importer.reports.tables import csv_writer
from importer.run_columns import column_batches
from importer.tables import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from importer.journal import Lookup
    from importer.model import Difference
    from importer.row_results import RowResults
    from importer.run_folder import RunFolder
    from importer.tables import TableDescription

VERIFIED_COLUMNS = (
    "file", "sheet", "row", "key", "verdict", "result", "field", "sent", "stored",
)  # fmt: skip
MOST_SHOWN = 40  # lines on the page

_FULLY_WRITTEN, _PARTLY_WRITTEN = 0, 3  # exit codes


class Result(StrEnum):
    """What a contact came to that was looked up."""

    SAME = "same"  # every field that was sent is stored as it was sent
    DIFFERENT = "different"
    MISSING = "missing"  # it is not in the account


@dataclass(frozen=True, slots=True)
class ReadBackLine:
    """A line of the page: ``place`` is the row's; ``field`` is empty for a missing contact."""

    place: str
    key: str
    result: Result
    field: str = ""
    sent: str = ""
    stored: str = ""


@dataclass(frozen=True, slots=True)
class ReadBackShown:
    """What is not as it was sent, as far as the page shows it: the missing ones first.

    ``left``: how many lines more there are.
    """

    lines: tuple[ReadBackLine, ...] = ()
    left: int = 0


def result_of(lookup: Lookup) -> Result:
    """Say what a look-up came to."""
    if not lookup.found:
        return Result.MISSING
    return Result.DIFFERENT if lookup.differences else Result.SAME


def verified_totals(lookups: Iterable[Lookup]) -> VerifiedTotals:
    """Count what look-ups came to."""
    counts = dict.fromkeys(Result, 0)
    settled = 0
    for one in lookups:
        counts[result_of(one)] += 1
        # One that stays unknown differs; the others have another outcome now.
        settled += one.outcome is not None and not one.differences
    return VerifiedTotals(
        looked_up=sum(counts.values()),
        same=counts[Result.SAME],
        different=counts[Result.DIFFERENT],
        missing=counts[Result.MISSING],
        settled=settled,
    )


def worse_code(code: int, verified: VerifiedTotals | None) -> int:
    """Give a run's exit code once contacts were read back: those that differ are partly written."""
    wrong = verified is not None and (verified.different or verified.missing)
    return _PARTLY_WRITTEN if wrong and code == _FULLY_WRITTEN else code


def verified_words(verified: VerifiedTotals) -> str:
    """Say what reading back came to, the gravest first."""
    if not verified.looked_up:
        return tr("No contact was looked up in the account after sending.")
    if verified.same == verified.looked_up:
        return trn(
            "{count} contact was looked up in the account after sending: it is stored as sent.",
            "{count} contacts were looked up in the account after sending: all are stored as sent.",
            verified.looked_up,
        )
    return trn(
        "{count} contact was looked up in the account after sending: {results}.",
        "{count} contacts were looked up in the account after sending: {results}.",
        verified.looked_up,
        results=_results(verified),
    )


def _results(verified: VerifiedTotals) -> str:
    parts = []
    if verified.missing:
        parts.append(trn("{count} not there", "{count} not there", verified.missing))
    if verified.different:
        parts.append(
            trn(
                "{count} stored with other values",
                "{count} stored with other values",
                verified.different,
            )
        )
    if verified.same:
        parts.append(trn("{count} stored as sent", "{count} stored as sent", verified.same))
    return joined(parts)


class ReadBack:
    """Writes ``verified.csv`` while a run's results pass; no file where nothing was looked up."""

    def __init__(
        self,
        folder: RunFolder,
        lookups: Iterable[Lookup],
        tables: Sequence[TableDescription],
        delimiter: str,
    ) -> None:
        self._path = folder.path / "verified.csv"
        self._tables = tables
        self._delimiter = delimiter
        self._lookups = {one.position: one for one in lookups}
        self._rows, self._positions = _rows_of(folder.rows, sorted(self._lookups))
        self._files = ExitStack()
        self._writer: Any = None
        self._shown: dict[Result, list[ReadBackLine]] = {one: [] for one in Result}
        self._wrong = 0  # lines of contacts that are not as they were sent

    def __enter__(self) -> ReadBack:
        if self._lookups:
            self._writer = self._files.enter_context(csv_writer(self._path, self._delimiter))
            self._writer.writerow(VERIFIED_COLUMNS)
        return self

    def __exit__(self, *error: Any) -> None:
        self._files.__exit__(*error)

    @property
    def shown(self) -> ReadBackShown:
        """What the page shows, once all results have passed."""
        lines = (*self._shown[Result.MISSING], *self._shown[Result.DIFFERENT])[:MOST_SHOWN]
        return ReadBackShown(lines, self._wrong - len(lines))

    def add(self, results: RowResults) -> None:
        """Take the results of the next rows."""
        end = results.first + len(results.table)
        low, high = np.searchsorted(self._rows, [results.first, end])
        for row, position in zip(
            self._rows[low:high].tolist(), self._positions[low:high].tolist(), strict=True
        ):
            self._write(results, row - results.first, self._lookups[position])

    def _write(self, results: RowResults, at: int, lookup: Lookup) -> None:
        table = self._tables[results.table[at]]
        number, key = int(results.number[at]), results.key[at].as_py()
        verdict = results.outcomes[results.end[at]].verdict
        result = result_of(lookup)
        cells = [table.file, table.sheet, number, key, verdict.value, result.value]
        for field, sent, stored in _values(lookup.differences):
            self._writer.writerow(guarded_row([*cells, field, sent, stored]))
            if result is not Result.SAME:
                place = place_of(table.file, table.sheet, number)
                self._show(ReadBackLine(place, key, result, field, sent, stored))

    def _show(self, line: ReadBackLine) -> None:
        self._wrong += 1
        if len(self._shown[line.result]) < MOST_SHOWN:
            self._shown[line.result].append(line)


def _values(differences: Sequence[Difference]) -> list[tuple[str, str, str]]:
    """Give a line for each difference, and one where there is none."""
    return [(one.field, one.sent, one.stored) for one in differences] or [("", "", "")]


def _rows_of(rows: Path, positions: Sequence[int]) -> tuple[Any, Any]:
    """Find the rows that stand at some plan positions, ascending: their indices, and these."""
    if not positions:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    indices, places = [], []
    for batch in column_batches(rows, columns=["row", "position"]):
        position = batch.column("position").to_numpy()
        here = np.isin(position, positions)
        indices.append(batch.column("row").to_numpy()[here])
        places.append(position[here])
    return np.concatenate(indices), np.concatenate(places)
