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
    to_mask,
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
                ("good", pa.bool_()),
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
        """Stage the good rows; and the invalid ones with an answer, for a no of theirs counts."""
        good = checked.verdicts == RowCheck.GOOD
        staged = pa.array(good | self._answering(checked))
        columns = [pa.array(checked.frame[f.code].array).filter(staged) for f in self._fields]
        self._hashes.append(self._key_hashes(columns))
        count = len(columns[0])
        self._staged_good.write(
            [
                pa.array(rows).filter(staged),
                keys.filter(staged),
                pa.array(np.full(count, table, dtype=np.int32)),
                pa.array(checked.rows).filter(staged),
                pa.array(good).filter(staged),
                *columns,
            ]
        )

    def _answering(self, checked: CheckedChunk) -> NDArray[np.bool_]:
        """Find the invalid rows that could be read, have their key and answer something."""
        telling = np.zeros(len(checked), dtype=bool)
        for code in self._consents:
            telling |= to_mask(pc.is_valid(pa.array(checked.frame[code].array)))
        telling &= checked.verdicts == RowCheck.INVALID
        if telling.any():
            for one in self._keys:
                telling &= to_mask(pc.is_valid(pa.array(checked.frame[one.code].array)))
            for finding in checked.findings:
                of_the_row = not finding.column and finding.severity is Severity.ERROR
                if of_the_row and finding.code is not IssueCode.ROW_TOO_LARGE:
                    telling[finding.at] = False  # its cells may not stand where they belong
        return telling

    def _comparable(self, columns: Sequence[Any]) -> list[str]:
        """Give the comparable key of each row; ``columns`` in the order of the fields."""
        by_code = dict(zip((f.code for f in self._fields), columns, strict=True))
        texts = [by_code[f.code].to_pylist() for f in self._keys]
        return comparable_keys(texts, [f.type for f in self._keys])

    def _key_hashes(self, columns: Sequence[Any]) -> NDArray[np.int64]:
        keys = self._comparable(columns)
        return np.fromiter(map(self._hash, keys), dtype=np.int64, count=len(keys))

    def close(self) -> None:
        """Let go of the files, also of a check that did not end."""
        for writer in (self._staged_rows, self._staged_good, self._staged_issues, self._source):
            writer.close()

    def finish(self) -> PlanFacts:
        """Decide between rows with one key, and write rows, issues and plan, all synced."""
        self.close()
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
        wire_bytes, consents = self._write_plan(verdicts, decisions)
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
            wire_bytes=wire_bytes,
            consents=consents,
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
        rows, consents, answers = decisions.conflicts()
        count = len(rows)
        extra = pa.table(
            [
                pa.array(rows),
                pa.array([Severity.WARNING.value] * count, TEXT),
                pa.array([IssueCode.CONSENT_CONFLICT.value] * count, TEXT),
                pa.array([""] * count, TEXT),
                pa.array(consents, TEXT),
                pa.nulls(count, TEXT),
                pa.array(answers, TEXT),
            ],
            schema=ISSUES,
        )
        used = 0
        with ColumnFile(self._folder.issues, ISSUES) as writer:
            for batch in column_batches(self._staged_issues.path):
                last = batch.column("row")[-1].as_py()
                until = int(np.searchsorted(rows, last))
                writer.write_table(in_row_order(pa.Table.from_batches([batch]), extra[used:until]))
                used = until
            writer.write_table(extra[used:])

    def _write_plan(
        self, verdicts: NDArray[np.uint8], decisions: Decisions
    ) -> tuple[int, dict[str, dict[str, int]]]:
        """Write the contacts; estimate their bytes on the wire and count their consents."""
        consents = {code: {"yes": 0, "no": 0, "left": 0} for code in self._consents}
        changes = list(decisions.changes())
        wire = 0
        with ColumnFile(self._folder.plan, self._plan_schema) as writer:
            for batch in column_batches(self._staged_good.path):
                rows = batch.column("row").to_numpy()
                kept = batch.filter(pa.array(verdicts[rows] == RowCheck.GOOD))
                columns = {name: kept.column(name) for name in self._plan_schema.names}
                for code, changed, texts in changes:
                    columns[code] = _changed(columns, code, changed, texts)
                writer.write([columns[name] for name in self._plan_schema.names])
                wire += wire_estimate(columns, self._fields)
                for code, counts in consents.items():
                    count_answers(columns[code], counts)
        return wire, consents


def _changed(
    columns: dict[str, Any], code: str, changed: NDArray[np.int64], texts: Sequence[str | None]
) -> Any:
    """Put the settled consents in the place of the chosen rows' own."""
    rows = columns["row"].to_numpy()
    if not len(rows):
        return columns[code]
    low, high = np.searchsorted(changed, [rows[0], rows[-1] + 1])
    mask = np.isin(rows, changed[low:high], assume_unique=True)
    return pc.replace_with_mask(columns[code], pa.array(mask), pa.array(texts[low:high], TEXT))
