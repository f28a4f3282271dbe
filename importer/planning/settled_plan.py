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

from importer.model import FieldRole, Origin, PlannedField, RowCheck, RowRules
from importer.planning.column_files import TEXT, ColumnFile, to_mask, wire_estimate
from importer.planning.rivals import Decisions
from importer.run_folder import column_batches, fields_metadata

_Columns = dict[str, Any]
_Mask = NDArray[np.bool_]
_Change = tuple[str, NDArray[np.int64], Sequence[str | None]]


@dataclass(slots=True)
class Emptied:
    """Chosen rows of which nothing is left to write, ascending.

    ``withheld``: of each, whether a suppression list took what there was.
    """

    rows: list[NDArray[np.int64]] = field(default_factory=list)
    withheld: list[_Mask] = field(default_factory=list)


def origin_column(consent: str) -> str:
    """Name the staged column that says where the answers to a consent come from."""
    return f"origin of {consent}"


class SettledPlan:
    """Writes the contacts and counts what is sent of them.

    ``rules``: what the mapping demands of rows as a whole. ``consents``: code -> how many contacts
    get a yes, a no or are left; how many of these answers the mapping gave; and how many of the
    chosen rows had a yes that a suppression list withheld.
    """

    def __init__(self, fields: Sequence[PlannedField], rules: RowRules) -> None:
        self._fields = tuple(fields)
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._written = [f.code for f in fields if f.role is not FieldRole.KEY]
        self._rules = rules
        self.wire_bytes = 0
        self.emptied = Emptied()
        names = ("yes", "no", "left", "by_mapping_yes", "by_mapping_no", "withheld")
        self.consents = {code: dict.fromkeys(names, 0) for code in self._consents}

    def write(
        self, path: Path, staged: Path, verdicts: NDArray[np.uint8], decisions: Decisions
    ) -> None:
        """Write the plan; rows of which nothing is left to write become skipped in ``verdicts``."""
        texts = [pa.field(f.code, TEXT) for f in self._fields]
        schema = pa.schema(
            [("row", pa.int64()), ("key", TEXT), *texts], metadata=fields_metadata(self._fields)
        )
        changes = list(decisions.changes())
        with ColumnFile(path, schema) as writer:
            for batch in column_batches(staged):
                good = verdicts[batch.column("row").to_numpy()] == RowCheck.GOOD
                kept = batch.filter(pa.array(good))
                columns = {name: kept.column(name) for name in kept.schema.names}
                left = self._settle(columns, changes, verdicts)
                table = pa.table([columns[name] for name in schema.names], schema=schema)
                table = table if left.all() else table.filter(pa.array(left))
                writer.write_table(table)
                sent = {name: table.column(name) for name in schema.names}
                self.wire_bytes += wire_estimate(sent, self._fields)

    def _settle(
        self, columns: _Columns, changes: Sequence[_Change], verdicts: NDArray[np.uint8]
    ) -> _Mask:
        """Put what is sent in the place of what the rows say; give the rows that are sent."""
        changed: dict[str, _Mask] = {}
        for code, rows, texts in changes:
            changed[code] = _change(columns, code, rows, texts)
        withheld = self._withheld(columns)
        if self._rules.only is not None:
            self._leave_others(columns, self._rules.only)
        left = self._left(columns, withheld)
        rows = columns["row"].to_numpy()
        verdicts[rows[~left]] = RowCheck.SKIPPED
        if not left.all():
            self.emptied.rows.append(rows[~left])
            self.emptied.withheld.append(withheld[~left])
        for code, counts in self.consents.items():
            made = _origins(columns, code) == Origin.MAPPING
            made &= left & ~changed.get(code, np.zeros(len(left), dtype=bool))
            _count(columns[code], left, made, counts)
        return left

    def _withheld(self, columns: _Columns) -> _Mask:
        """Count the yeses that a suppression list withheld; give the rows that lost one."""
        any_of_them = np.zeros(len(columns["row"]), dtype=bool)
        for code in self._consents:
            # Where a rival's no is sent, the yes would not have been sent in any case.
            lost = _origins(columns, code) == Origin.WITHHELD
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


def _change(
    columns: _Columns, code: str, changed: NDArray[np.int64], texts: Sequence[str | None]
) -> _Mask:
    """Put the settled texts in the place of the chosen rows' own; give where."""
    rows = columns["row"].to_numpy()
    if not len(rows):
        return np.zeros(0, dtype=bool)
    low, high = np.searchsorted(changed, [rows[0], rows[-1] + 1])
    mask: _Mask = np.isin(rows, changed[low:high], assume_unique=True)
    columns[code] = pc.replace_with_mask(
        columns[code], pa.array(mask), pa.array(texts[low:high], TEXT)
    )
    return mask


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
