"""The plan itself: what is sent of each chosen row, once everything is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.field_rules import FieldRole, Origin, RowRules
from importer.masks import to_mask
from importer.model import (
    PlannedField,
    RowCheck,
)
from importer.planning.changes import ChangedRows
from importer.planning.column_files import (
    ROW,
    TEXT,
    ColumnFile,
    origin_column,
    wire_estimate,
)
from importer.planning.decisions import Change, Decisions
from importer.run_columns import column_batches, fields_metadata

_Columns = dict[str, Any]
_Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Emptied:
    """Chosen rows of which nothing is left to write, ascending.

    ``withheld``: of each, whether a suppression list took what there was. ``left_out``: other ones,
    ascending, that are left out since a row of their key is on a suppression list.
    """

    rows: list[NDArray[np.int64]] = field(default_factory=list)
    withheld: list[_Mask] = field(default_factory=list)
    left_out: list[NDArray[np.int64]] = field(default_factory=list)


class SettledPlan:
    """Writes the contacts and counts what is sent of them.

    ``rules``: what the mapping demands of rows as a whole. ``consents``: code -> how many contacts
    get a yes, a no or are left; how many of these answers the mapping gave; and how many of the
    chosen rows had a yes that a suppression list withheld. ``changes``: leaves out what has not
    changed since it was last sent; None: all goes.
    """

    def __init__(
        self,
        fields: Sequence[PlannedField],
        rules: RowRules,
        *,
        changes: ChangedRows | None = None,
    ) -> None:
        self._fields = tuple(fields)
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._written = [f.code for f in fields if f.role is not FieldRole.KEY]
        self._rules = rules
        self._changes = changes
        self.wire_bytes = 0
        self.emptied = Emptied()
        names = ("yes", "no", "left", "by_mapping_yes", "by_mapping_no", "withheld")
        self.consents = {code: dict.fromkeys(names, 0) for code in self._consents}

    def write(
        self, path: Path, staged: Path, verdicts: NDArray[np.uint8], decisions: Decisions
    ) -> None:
        """Write the plan; rows of which nothing is left to write become skipped in ``verdicts``."""
        texts = [pa.field(f.code, TEXT) for f in self._fields]
        schema = pa.schema([(ROW, pa.int64()), *texts], metadata=fields_metadata(self._fields))
        changes, left_out = list(decisions.changes()), decisions.withheld().left_out
        with ColumnFile(path, schema) as writer:
            for batch in column_batches(staged):
                good = verdicts[batch.column(ROW).to_numpy()] == RowCheck.GOOD
                kept = batch.filter(pa.array(good))
                columns = {name: kept.column(name) for name in kept.schema.names}
                left = self._settle(columns, changes, left_out, verdicts)
                table = pa.table([columns[name] for name in schema.names], schema=schema)
                table = table if left.all() else table.filter(pa.array(left))
                writer.write_table(table)
                sent = {name: table.column(name) for name in schema.names}
                self.wire_bytes += wire_estimate(sent, self._fields)
        if self._changes is not None:
            for code, count in self._changes.unchanged.items():
                self.consents[code]["unchanged"] = count

    def _settle(
        self,
        columns: _Columns,
        changes: Sequence[Change],
        left_out: NDArray[np.int64],
        verdicts: NDArray[np.uint8],
    ) -> _Mask:
        """Put what is sent in the place of what the rows say; give the rows that are sent."""
        rows = columns[ROW].to_numpy()
        for one in changes:
            _change(columns, rows, one)
        answers = {} if self._changes is None else self._changes.answers(columns)
        silent = self._leave_out(columns, np.isin(rows, left_out, assume_unique=True))
        withheld = self._withheld(columns, silent)
        if self._rules.only is not None:
            self._leave_others(columns, self._rules.only)
        empty = ~self._left(columns, withheld) & ~silent
        left = ~(empty | silent)
        verdicts[rows[~left]] = RowCheck.SKIPPED
        if not left.all():
            self.emptied.rows.append(rows[empty])
            self.emptied.withheld.append(withheld[empty])
            self.emptied.left_out.append(rows[silent])
        if self._changes is not None:
            unchanged = self._changes.settle(columns, answers, left)
            verdicts[rows[unchanged]] = RowCheck.UNCHANGED
            left &= ~unchanged
        for code, counts in self.consents.items():
            _count(columns[code], left, _origins(columns, code) == Origin.MAPPING, counts)
        return left

    def _leave_out(self, columns: _Columns, listed: _Mask) -> _Mask:
        """Take everything but their noes from rows; give those that have none."""
        silent = listed
        if not listed.any():
            return silent
        kept: dict[str | None, _Mask] = {}
        for code in self._consents:
            refusing = listed & to_mask(pc.equal(columns[code], "no"))
            kept[code] = kept[self._rules.consent_dates.get(code)] = refusing
            silent = silent & ~refusing
        for code in self._written:
            taken = listed & ~kept.get(code, np.zeros(len(listed), dtype=bool))
            columns[code] = pc.if_else(pa.array(taken), pa.scalar(None, TEXT), columns[code])
        return silent

    def _withheld(self, columns: _Columns, silent: _Mask) -> _Mask:
        """Count the yeses that a suppression list withheld; give the rows that lost one.

        ``silent``: rows that are left out as wholes, which do not count.
        """
        any_of_them = np.zeros(len(columns[ROW]), dtype=bool)
        for code in self._consents:
            # Where a no is sent, whoever gave it, nothing is left alone for the yes.
            lost = (_origins(columns, code) == Origin.WITHHELD) & ~silent
            lost &= ~to_mask(pc.is_valid(columns[code]))
            self.consents[code]["withheld"] += int(lost.sum())
            any_of_them |= lost
        return any_of_them

    def _leave_others(self, columns: _Columns, only: str) -> None:
        """Leave every consent alone that is not changed to the one answer that is sent."""
        for code in self._consents:
            wanted = pc.fill_null(pc.equal(columns[code], only), False)
            for name in (code, self._rules.consent_dates.get(code)):
                if name in columns:
                    columns[name] = pc.if_else(wanted, columns[name], pa.scalar(None, TEXT))

    def _left(self, columns: _Columns, withheld: _Mask) -> _Mask:
        """Find the rows that still have something to write; a key alone may be meant so."""
        if self._rules.only is None and not withheld.any():
            return np.ones(len(withheld), dtype=bool)
        filled = np.zeros(len(withheld), dtype=bool)
        for code in self._written:
            filled |= to_mask(pc.is_valid(columns[code]))
        return filled if self._rules.only is not None else filled | ~withheld


def _change(columns: _Columns, rows: NDArray[np.int64], change: Change) -> None:
    """Put the settled texts, and whose they are, in the place of the chosen rows' own."""
    if not len(rows):
        return
    low, high = np.searchsorted(change.rows, [rows[0], rows[-1] + 1])
    mask = pa.array(np.isin(rows, change.rows[low:high], assume_unique=True))
    parts = [(change.field, pa.array(change.texts[low:high], TEXT))]
    if origin_column(change.field) in columns:
        parts.append((origin_column(change.field), pa.array(change.origins[low:high])))
    for name, settled in parts:
        columns[name] = pc.replace_with_mask(columns[name], mask, settled)


def _origins(columns: Mapping[str, Any], consent: str) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = columns[origin_column(consent)].to_numpy(zero_copy_only=False)
    return found


def _count(answers: Any, left: _Mask, made: _Mask, counts: dict[str, int]) -> None:
    """Count the answers of the rows that are left; ``made``: those that the mapping gave."""
    told = Counter[str]()
    for answer in ("yes", "no"):
        given = to_mask(pc.equal(answers, answer)) & left
        told[answer] = int(given.sum())
        told[f"by_mapping_{answer}"] = int((given & made).sum())
    told["left"] = int(left.sum()) - told["yes"] - told["no"]
    for name, number in told.items():
        counts[name] += number
