"""Issues that only the second pass finds, in row order among those of the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from importer.issues import IssueCode, Severity
from importer.language import mark, tr
from importer.planning.column_files import ISSUES, LISTED, ROW, TABLE, TEXT, in_row_order
from importer.planning.decisions import ANSWERS, Decisions
from importer.planning.settled_plan import Emptied
from importer.planning.uniqueness import Contested
from importer.run_columns import column_batches

_ONLY = {
    "yes": mark("only a yes is sent of {consents}"),
    "no": mark("only a no is sent of {consents}"),
}


@dataclass(frozen=True, slots=True)
class PlannedTable:
    """What issues call a table (its file, its sheet) and the columns of its fields."""

    shown: str
    headers: Mapping[str, str]


class LateIssues:
    """What the second pass found; a few bytes for each row concerned.

    ``tables``: the run's, in order. ``only``: the one answer that consents are changed to.
    ``consents``: their codes.
    """

    def __init__(
        self,
        tables: Sequence[PlannedTable],
        contested: Sequence[Contested],
        decisions: Decisions,
        emptied: Emptied,
        *,
        only: str | None,
        consents: Sequence[str],
    ) -> None:
        self._tables = tables
        self._contested = [one for one in contested if len(one.rows)]
        self._conflicts = decisions.conflicts()
        self._suppressed = decisions.withheld()
        self._emptied = np.concatenate([*emptied.rows, np.zeros(0, np.int64)])
        self._withheld = np.concatenate([*emptied.withheld, np.zeros(0, bool)])
        self._left_out = np.concatenate([*emptied.left_out, np.zeros(0, np.int64)])
        self._only = only
        self._consents = ", ".join(consents)

    def tables(self, staged: Path) -> Iterator[Any]:
        """Lay them out in row order; ``staged``: the file that holds every row concerned."""
        suppressed = len(self._suppressed.rows) + len(self._suppressed.left_out)
        if not (self._contested or len(self._conflicts.rows) or len(self._emptied) or suppressed):
            return
        codes = dict.fromkeys(code for one in self._contested for code in one.group)
        for batch in column_batches(staged, columns=[ROW, TABLE, LISTED, *codes]):
            rows = batch.column(ROW).to_numpy()
            bounds = (int(rows[0]), int(rows[-1]) + 1)
            parts = [_disputes(one, batch, self._tables, bounds) for one in self._contested]
            parts += [self._disagreements(bounds), self._without_yes(batch, bounds)]
            parts += [*self._without_more(batch, bounds), self._left_empty(bounds)]
            yield in_row_order(parts[0], pa.concat_tables(parts[1:]))

    def _disagreements(self, bounds: tuple[int, int]) -> Any:
        found = self._conflicts
        here = slice(*np.searchsorted(found.rows, bounds))
        return _table(
            found.rows[here],
            Severity.WARNING,
            IssueCode.CONSENT_CONFLICT,
            fields=[found.fields[i] for i in found.consents[here]],
            details=[ANSWERS[i] for i in found.answers[here]],
        )

    def _without_yes(self, batch: Any, bounds: tuple[int, int]) -> Any:
        """Lay out the rows that lost a yes since another row of their key is listed."""
        found = self._suppressed
        here = slice(*np.searchsorted(found.rows, bounds))
        rows = found.rows[here]
        places = pa.array(np.searchsorted(batch.column(ROW).to_numpy(), rows))
        standing = batch.column(TABLE).take(places).to_pylist()
        fields = [self._conflicts.fields[i] for i in found.fields[here]]
        return _table(
            rows,
            Severity.WARNING,
            IssueCode.SUPPRESSED,
            columns=[self._tables[i].headers[f] for i, f in zip(standing, fields, strict=True)],
            fields=fields,
            details=[tr("a row with this key has it, so the yes is withheld")] * len(rows),
        )

    def _without_more(self, batch: Any, bounds: tuple[int, int]) -> Iterator[Any]:
        """Lay out the rows of which only a no is sent, or nothing, since another one is listed."""
        telling = np.setdiff1d(self._suppressed.left_out, self._left_out, assume_unique=True)
        # Of a row that is listed itself, the checks said so.
        telling = np.setdiff1d(telling, batch.column(ROW).filter(batch.column(LISTED)))
        only_no = tr("a row with this key has it, so only the no is sent")
        none = tr("a row with this key has it, so the row is left out")
        for rows, severity, detail in (
            (telling, Severity.WARNING, only_no),
            (self._left_out, Severity.SKIP, none),
        ):
            part = rows[slice(*np.searchsorted(rows, bounds))]
            yield _table(part, severity, IssueCode.SUPPRESSED, details=[detail] * len(part))

    def _left_empty(self, bounds: tuple[int, int]) -> Any:
        here = slice(*np.searchsorted(self._emptied, bounds))
        only = tr(_ONLY.get(self._only or "", ""), consents=self._consents)
        listed = tr("its yes is withheld, for the address is on a suppression list")
        by_list = self._withheld[here] & (self._only != "no")
        return _table(
            self._emptied[here],
            Severity.SKIP,
            IssueCode.NOTHING_TO_WRITE,
            details=[listed if one else only for one in by_list],
        )


def _disputes(
    contested: Contested, batch: Any, tables: Sequence[PlannedTable], bounds: tuple[int, int]
) -> Any:
    """Lay out the rows of a batch whose values stand under another key too."""
    here = slice(*np.searchsorted(contested.rows, bounds))
    rows = contested.rows[here]
    part = batch.take(pa.array(np.searchsorted(batch.column(ROW).to_numpy(), rows)))
    standing = part.column(TABLE).to_pylist()
    values = zip(*(part.column(code).to_pylist() for code in contested.group), strict=True)
    others = zip(contested.tables[here].tolist(), contested.numbers[here].tolist(), strict=True)
    return _table(
        rows,
        Severity.ERROR,
        IssueCode.NOT_UNIQUE,
        columns=[", ".join(tables[i].headers[code] for code in contested.group) for i in standing],
        fields=[", ".join(contested.group)] * len(rows),
        values=[", ".join(texts) for texts in values],
        details=[
            tr("row {number}", number=number)
            if other == own
            else tr("row {number} of {table}", number=number, table=tables[other].shown)
            for own, (other, number) in zip(standing, others, strict=True)
        ],
    )


def _table(
    rows: NDArray[np.int64],
    severity: Severity,
    code: IssueCode,
    *,
    columns: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
    values: Sequence[str] | None = None,
    details: Sequence[str],
) -> Any:
    count = len(rows)
    blank = [""] * count
    return pa.table(
        [
            pa.array(rows),
            pa.array([severity.value] * count, TEXT),
            pa.array([code.value] * count, TEXT),
            pa.array(blank if columns is None else columns, TEXT),
            pa.array(blank if fields is None else fields, TEXT),
            pa.nulls(count, TEXT) if values is None else pa.array(values, TEXT),
            pa.array(details, TEXT),
        ],
        schema=ISSUES,
    )


def merged(issues: Iterable[Any], late: Iterator[Any]) -> Iterator[Any]:
    """Merge tables of late issues into batches of others, both in row order, a row's own first."""
    waiting = ISSUES.empty_table()
    for batch in issues:
        first, last = batch.column("row")[0].as_py(), batch.column("row")[-1].as_py()
        while not waiting.num_rows or waiting.column("row")[-1].as_py() < last:
            if waiting.num_rows and waiting.column("row")[-1].as_py() < first:
                yield waiting
                waiting = waiting.slice(0, 0)
            more = next(late, None)
            if more is None:
                break
            waiting = pa.concat_tables([waiting, more])
        until = int(np.searchsorted(waiting.column("row").to_numpy(), last))
        yield in_row_order(pa.Table.from_batches([batch]), waiting.slice(0, until))
        waiting = waiting.slice(until)
    yield waiting
    yield from late
