"""Order, duplicates and consent conflicts over all files of a run; the plan file.

A first pass writes what each row held and said, and keeps nine bytes a row in memory: its verdict
and a hash of its key. A second pass decides between rows with one key and writes the plan: the
contacts that will be sent, in input order, one for each key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.files import sync_folder
from importer.issues import IssueCode, Severity
from importer.model import CheckedChunk, Chunk, FieldRole, PlannedField, RowCheck, comparable_keys
from importer.planning.column_files import (
    ISSUES,
    ROWS,
    TEXT,
    ColumnFile,
    count_answers,
    in_row_order,
    issue_columns,
    source_columns,
    wire_estimate,
)
from importer.planning.rivals import Decisions, Rivals
from importer.run_folder import RunFolder, column_batches, fields_metadata

__all__ = ["PlanFacts", "Planner"]
Hash = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan came to. ``consents``: code -> yes, no and left counts of what will be sent."""

    read: int
    planned: int
    invalid: int
    skipped: int
    duplicate: int
    refused_duplicates: int
    blank: int
    wire_bytes: int
    consents: dict[str, dict[str, int]] = field(default_factory=dict)


class Planner:
    """Takes checked chunks in input order and writes the files of the plan.

    ``fields``: the fields of the mapping, keys included. ``consent_dates``: consent -> its date's
    field, for those the mapping writes. ``width``: how many columns the widest table has.
    """

    def __init__(
        self,
        folder: RunFolder,
        fields: Sequence[PlannedField],
        *,
        policy: str,
        consent_dates: dict[str, str],
        width: int,
        hash_key: Hash = hash,
    ) -> None:
        self._folder = folder
        self._fields = tuple(fields)
        self._keys = [f for f in fields if f.role is FieldRole.KEY]
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._consent_dates = consent_dates
        self._policy = policy
        self._hash = hash_key
        self._width = width
        self._read = 0
        self._blank = 0
        self._verdicts: list[NDArray[np.uint8]] = []
        self._hashes: list[NDArray[np.int64]] = []
        texts = [pa.field(f.code, TEXT) for f in self._fields]
        self._good_schema = pa.schema(
            [
                ("row", pa.int64()),
                ("key", TEXT),
                ("table", pa.int32()),
                ("number", pa.int64()),
                *texts,
            ]
        )
        self._plan_schema = pa.schema(
            [("row", pa.int64()), ("key", TEXT), *texts], metadata=fields_metadata(self._fields)
        )
        source = [pa.field(f"c{i}", TEXT) for i in range(width)]
        self._source_schema = pa.schema([("row", pa.int64()), *source, ("extra", TEXT)])
        self._staged_rows = ColumnFile(folder.state / "rows.staging", ROWS, staged=True)
        self._staged_good = ColumnFile(
            folder.state / "good.staging", self._good_schema, staged=True
        )
        self._staged_issues = ColumnFile(folder.state / "issues.staging", ISSUES, staged=True)
        self._source = ColumnFile(folder.source, self._source_schema)

    def add(self, table: int, chunk: Chunk, checked: CheckedChunk) -> None:
        """Take the next rows: what they held, and what the checks made of them."""
        first = self._read
        rows = np.arange(first, first + len(chunk), dtype=np.int64)
        self._read += len(chunk)
        self._verdicts.append(checked.verdicts)
        self._source.write(source_columns(chunk, rows, self._width))
        keys = pa.array(checked.keys, TEXT)
        nothing = np.full(len(chunk), -1, dtype=np.int64)
        self._staged_rows.write(
            [
                pa.array(rows),
                pa.array(np.full(len(chunk), table, dtype=np.int32)),
                pa.array(checked.rows),
                keys,
                pa.array(checked.verdicts),
                pa.array(nothing),
                pa.array(nothing.astype(np.int32)),
                pa.array(nothing),
                pa.array(np.zeros(len(chunk), dtype=bool)),
            ]
        )
        self._staged_issues.write(issue_columns(checked.findings, first))
        self._blank += sum(len(f.at) for f in checked.findings if f.code is IssueCode.BLANK_ROW)
        self._add_good(table, rows, keys, checked)

    def _add_good(
        self, table: int, rows: NDArray[np.int64], keys: Any, checked: CheckedChunk
    ) -> None:
        good = pa.array(checked.verdicts == RowCheck.GOOD)
        columns = [pa.array(checked.frame[f.code].array).filter(good) for f in self._fields]
        self._hashes.append(self._key_hashes(columns))
        count = len(columns[0])
        self._staged_good.write(
            [
                pa.array(rows).filter(good),
                keys.filter(good),
                pa.array(np.full(count, table, dtype=np.int32)),
                pa.array(checked.rows).filter(good),
                *columns,
            ]
        )

    def _comparable(self, columns: Sequence[Any]) -> list[str]:
        """Give the comparable key of each row; ``columns`` in the order of the fields."""
        by_code = dict(zip((f.code for f in self._fields), columns, strict=True))
        texts = [by_code[f.code].to_pylist() for f in self._keys]
        return comparable_keys(texts, [f.type for f in self._keys])

    def _key_hashes(self, columns: Sequence[Any]) -> NDArray[np.int64]:
        keys = self._comparable(columns)
        return np.fromiter(map(self._hash, keys), dtype=np.int64, count=len(keys))

    def finish(self, note: Callable[[int], None] = lambda _: None) -> PlanFacts:
        """Decide between rows with one key, and write rows, issues and plan, all synced."""
        for writer in (self._staged_rows, self._staged_good, self._staged_issues, self._source):
            writer.close()
        verdicts = np.concatenate(self._verdicts) if self._verdicts else np.zeros(0, np.uint8)
        hashes = np.concatenate(self._hashes) if self._hashes else np.zeros(0, np.int64)
        self._verdicts, self._hashes = [], []
        rivals = Rivals(
            self._staged_good.path,
            self._fields,
            policy=self._policy,
            consent_dates=self._consent_dates,
        )
        decisions = rivals.decide(hashes)
        del hashes
        losers, places = decisions.in_row_order()
        verdicts[losers] = RowCheck.DUPLICATE
        self._write_rows(verdicts, losers, places, refused=decisions.refused)
        self._write_issues(decisions)
        facts = self._write_plan(verdicts, decisions, note)
        for writer in (self._staged_rows, self._staged_good, self._staged_issues):
            writer.path.unlink()
        sync_folder(self._folder.state)
        counts = np.bincount(verdicts, minlength=len(RowCheck))
        return PlanFacts(
            read=self._read,
            planned=int(counts[RowCheck.GOOD]),
            invalid=int(counts[RowCheck.INVALID]),
            skipped=int(counts[RowCheck.SKIPPED]),
            duplicate=int(counts[RowCheck.DUPLICATE]),
            refused_duplicates=len(losers) if decisions.refused else 0,
            blank=self._blank,
            wire_bytes=facts.wire_bytes,
            consents=facts.consents,
        )

    # --- the files --------------------------------------------------------------------------

    def _write_rows(
        self,
        verdicts: NDArray[np.uint8],
        losers: NDArray[np.int64],
        places: NDArray[np.int64],
        *,
        refused: bool,
    ) -> None:
        position = 0
        with ColumnFile(self._folder.rows, ROWS) as writer:
            for batch in column_batches(self._staged_rows.path):
                first = batch.column("row")[0].as_py()
                end = first + batch.num_rows
                here = verdicts[first:end]
                good = here == RowCheck.GOOD
                positions = np.where(good, position + np.cumsum(good) - 1, -1)
                position += int(good.sum())
                low, high = np.searchsorted(losers, [first, end])
                winners = np.full((batch.num_rows, 2), -1, dtype=np.int64)
                winners[losers[low:high] - first] = places[low:high]
                writer.write(
                    [
                        *(batch.column(name) for name in ("row", "table", "number", "key")),
                        pa.array(here),
                        pa.array(positions),
                        pa.array(winners[:, 0].astype(np.int32)),
                        pa.array(winners[:, 1]),
                        pa.array((here == RowCheck.DUPLICATE) & refused),
                    ]
                )

    def _write_issues(self, decisions: Decisions) -> None:
        """Merge the warnings of the second pass into the issues, in row order."""
        found = decisions.conflicts
        count = len(found)
        consents = pa.array([code for _, code, _ in found], TEXT)
        extra = pa.table(
            [
                pa.array([row for row, _, _ in found], pa.int64()),
                pa.array([Severity.WARNING.value] * count, TEXT),
                pa.array([IssueCode.CONSENT_CONFLICT.value] * count, TEXT),
                pa.array([""] * count, TEXT),
                consents,
                pa.nulls(count, TEXT),
                pa.array([answer for _, _, answer in found], TEXT),
            ],
            schema=ISSUES,
        )
        rows = extra.column("row").to_numpy()
        used = 0
        with ColumnFile(self._folder.issues, ISSUES) as writer:
            for batch in column_batches(self._staged_issues.path):
                last = batch.column("row")[-1].as_py()
                until = int(np.searchsorted(rows, last))
                writer.write_table(in_row_order(pa.Table.from_batches([batch]), extra[used:until]))
                used = until
            writer.write_table(extra[used:])

    def _write_plan(
        self, verdicts: NDArray[np.uint8], decisions: Decisions, note: Callable[[int], None]
    ) -> PlanFacts:
        consents = {code: {"yes": 0, "no": 0, "left": 0} for code in self._consents}
        overridden = np.array(sorted(decisions.overrides), dtype=np.int64)
        wire = 0
        with ColumnFile(self._folder.plan, self._plan_schema) as writer:
            for batch in column_batches(self._staged_good.path):
                rows = batch.column("row").to_numpy()
                kept = batch.filter(pa.array(verdicts[rows] == RowCheck.GOOD))
                columns = {name: kept.column(name) for name in self._plan_schema.names}
                self._override(columns, decisions.overrides, overridden)
                writer.write([columns[name] for name in self._plan_schema.names])
                wire += wire_estimate(columns, self._fields)
                for code, counts in consents.items():
                    count_answers(columns[code], counts)
                note(batch.num_rows)
        return PlanFacts(0, 0, 0, 0, 0, 0, 0, wire, consents)

    def _override(
        self,
        columns: dict[str, Any],
        overrides: dict[int, dict[str, str | None]],
        overridden: NDArray[np.int64],
    ) -> None:
        """Put the settled consents in the place of the chosen rows' own."""
        rows = columns["row"].to_numpy()
        places: dict[str, list[int]] = {}
        texts: dict[str, list[str | None]] = {}
        for position in np.flatnonzero(np.isin(rows, overridden)):
            for code, text in overrides[int(rows[position])].items():
                places.setdefault(code, []).append(int(position))
                texts.setdefault(code, []).append(text)
        for code, at in places.items():
            mask = np.zeros(len(rows), dtype=bool)
            mask[at] = True
            columns[code] = pc.replace_with_mask(
                columns[code], pa.array(mask), pa.array(texts[code], TEXT)
            )
