"""The two passes that make a plan of checked rows."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.field_rules import FieldRole, Origin, RowRules
from importer.files import sync_folder
from importer.issues import IssueCode, Severity
from importer.masks import to_mask
from importer.model import (
    CheckedChunk,
    Chunk,
    PlannedField,
    RowCheck,
)
from importer.planning.changes import ChangedRows, Known
from importer.planning.column_files import (
    ISSUES,
    LISTED,
    NUMBER,
    ROW,
    ROWS,
    STAGED_ROWS,
    TABLE,
    TEXT,
    ColumnFile,
    issue_columns,
    origin_column,
    source_columns,
)
from importer.planning.decisions import Decisions
from importer.planning.key_columns import comparable_column, fingerprints
from importer.planning.late_issues import LateIssues, PlannedTable, merged
from importer.planning.rivals import Rivals
from importer.planning.settled_plan import SettledPlan
from importer.planning.uniqueness import Contested, UniqueGroup
from importer.run_columns import column_batches
from importer.run_folder import RunFolder

Hash = Callable[[str], int]
# What is wrong with such rows as wholes is not that a cell may not stand where it belongs.
_WELL_READ = {IssueCode.ROW_TOO_LARGE, IssueCode.ONE_OF_MISSING}


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan came to.

    ``consents``: code -> how many contacts get a yes, a no, or are ``left`` alone;
    ``by_mapping_yes`` and ``by_mapping_no``: how many of these answers a constant or a default
    gave; ``withheld``: how many chosen rows had a yes that a suppression list withheld, those
    included of which then nothing was left to send; ``unchanged``: of those left alone, how many
    are as they were last sent. ``unchanged``: of the rows that are skipped, how many for nothing
    of them has changed.
    """

    read: int
    planned: int
    invalid: int
    skipped: int
    duplicate: int
    refused_duplicates: int
    blank: int
    wire_bytes: int
    unchanged: int = 0
    consents: dict[str, dict[str, int]] = field(default_factory=dict)


class Planner:
    """Takes checked chunks in input order and writes the files of the plan.

    ``fields``: the fields of the mapping, keys included. ``row_rules``: what the mapping demands of
    rows as a whole. ``tables``: the run's, in order. ``width``: how many columns the widest table
    has. ``leave_out_listed``: nothing is sent, but noes, for a key of which a row is on a
    suppression list. ``known``: by what rows are compared, of which only changes go; None: all of
    them go. ``hash_key``: replaces the hash by which equal texts are found.
    """

    def __init__(
        self,
        folder: RunFolder,
        fields: Sequence[PlannedField],
        *,
        policy: str,
        row_rules: RowRules,
        tables: Sequence[PlannedTable],
        width: int,
        leave_out_listed: bool = False,
        known: Known | None = None,
        hash_key: Hash | None = None,
    ) -> None:
        self._folder = folder
        self._fields = tuple(fields)
        self._keys = [f for f in fields if f.role is FieldRole.KEY]
        self._consents = [f.code for f in fields if f.role is FieldRole.CONSENT]
        self._row_rules = row_rules
        self._tables = tuple(tables)
        self._policy = policy
        self._leave_out_listed = leave_out_listed
        self._known = known
        self._hash = hash_key
        self._seed = secrets.randbits(64)
        self._width = width
        self._read = 0
        self._blank = 0
        self._verdicts: list[NDArray[np.uint8]] = []
        self._hashes: list[NDArray[np.int64]] = []
        self._unique = [UniqueGroup(group, fields) for group in row_rules.unique]
        self._value_hashes: list[list[NDArray[np.int64]]] = [[] for _ in self._unique]
        good = pa.schema(
            [
                (ROW, pa.int64()),
                (TABLE, pa.int32()),
                (NUMBER, pa.int64()),
                *((f.code, TEXT) for f in self._fields),
                *((origin_column(code), pa.uint8()) for code in self._consents),
                (LISTED, pa.bool_()),
            ]
        )
        cells = [(f"c{i}", TEXT) for i in range(width)]
        source = pa.schema([("row", pa.int64()), *cells, ("extra", TEXT)])
        self._staged_rows = ColumnFile(folder.state / "rows.staging", STAGED_ROWS, staged=True)
        self._staged_good = ColumnFile(folder.state / "good.staging", good, staged=True)
        self._staged_issues = ColumnFile(folder.state / "issues.staging", ISSUES, staged=True)
        self._source = ColumnFile(folder.source, source)

    # --- the first pass -----------------------------------------------------------------------

    def add(self, table: int, chunk: Chunk, checked: CheckedChunk) -> None:
        """Take the next rows: what they held, and what the checks made of them."""
        first = self._read
        rows = np.arange(first, first + len(chunk), dtype=np.int64)
        self._read += len(chunk)
        self._verdicts.append(checked.verdicts)
        self._source.write(source_columns(chunk, rows, self._width))
        tables = pa.array(np.full(len(chunk), table, dtype=np.int32))
        place = {"row": pa.array(rows), "table": tables, "number": pa.array(checked.rows)}
        self._staged_rows.write([*place.values(), checked.keys])
        self._staged_issues.write(issue_columns(checked.findings, first))
        self._blank += sum(len(f.at) for f in checked.findings if f.code is IssueCode.BLANK_ROW)
        self._add_good(place, checked)

    def _add_good(self, place: Mapping[str, Any], checked: CheckedChunk) -> None:
        """Stage the good rows, and those others that count for the ones of their key."""
        good = checked.verdicts == RowCheck.GOOD
        none = np.zeros(len(checked), dtype=np.uint8)
        listed = none.astype(bool) if checked.suppressed is None else checked.suppressed
        chosen = good | self._witnesses(checked, listed & ~good)
        staged = pa.array(chosen)
        columns = {f.code: pa.array(checked.frame[f.code].array).filter(staged)
                   for f in self._fields}  # fmt: skip
        keyed = comparable_column([columns[f.code] for f in self._keys])
        self._hashes.append(self._numbers(keyed))
        for group, hashes in zip(self._unique, self._value_hashes, strict=True):
            _, values = group.values(columns, good[chosen])
            hashes.append(self._numbers(values))
        origins = [checked.origins.get(code, none)[chosen] for code in self._consents]
        self._staged_good.write(
            [
                *(column.filter(staged) for column in place.values()),
                *columns.values(),
                *map(pa.array, origins),
                pa.array(listed[chosen]),
            ]
        )

    def _witnesses(self, checked: CheckedChunk, listed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Find the rows that are not sent, could be read, have their key and answer something.

        These are invalid ones, and ones that no condition lets in: their noes count. ``listed``:
        rows that are not sent and count whatever they answer, for they are on a suppression list.
        """
        left_out = np.zeros(len(checked), dtype=bool)
        for finding in checked.findings:
            if finding.code is IssueCode.CONDITION_NOT_MET:
                left_out[finding.at] = checked.verdicts[finding.at] == RowCheck.SKIPPED
        telling = np.zeros(len(checked), dtype=bool)
        for code in self._consents:
            answered = to_mask(pc.is_valid(pa.array(checked.frame[code].array)))
            origins = checked.origins.get(code)
            by_row = answered if origins is None else answered & (origins == Origin.ROW)
            telling |= np.where(left_out, by_row, answered)
        telling &= left_out | (checked.verdicts == RowCheck.INVALID)
        telling |= listed
        if telling.any():
            for one in self._keys:
                telling &= to_mask(pc.is_valid(pa.array(checked.frame[one.code].array)))
            for finding in checked.findings:
                of_the_row = not finding.column and finding.severity is Severity.ERROR
                if of_the_row and finding.code not in _WELL_READ:
                    telling[finding.at] = False  # its cells may not stand where they belong
        return telling

    def _numbers(self, texts: Any) -> NDArray[np.int64]:
        """Hash texts that are to be compared."""
        if self._hash is None:
            return fingerprints(texts, self._seed)
        return np.fromiter(map(self._hash, texts.to_pylist()), dtype=np.int64, count=len(texts))

    def close(self) -> None:
        """Let go of the files, also of a check that did not end."""
        for writer in (self._staged_rows, self._staged_good, self._staged_issues, self._source):
            writer.close()

    # --- the second pass ----------------------------------------------------------------------

    def finish(self) -> PlanFacts:
        """Decide between rows, and write rows, issues and plan, all synced."""
        self.close()
        staged = self._staged_good.path
        verdicts = np.concatenate([*self._verdicts, np.zeros(0, np.uint8)])
        self._verdicts = []
        contested = self._contested(verdicts)
        rivals = Rivals(
            staged,
            self._fields,
            verdicts,
            policy=self._policy,
            consent_dates=self._row_rules.consent_dates,
            leave_out=self._leave_out_listed,
        )
        hashes, self._hashes = np.concatenate([*self._hashes, np.zeros(0, np.int64)]), []
        decisions = rivals.decide(hashes)
        del hashes
        losers, places = decisions.in_row_order()
        verdicts[losers] = RowCheck.DUPLICATE
        plan = self._settled_plan(staged, verdicts, decisions)
        self._write_rows(verdicts, losers, places, refused=decisions.refused)
        self._write_issues(contested, decisions, plan)
        for writer in (self._staged_rows, self._staged_good, self._staged_issues):
            writer.path.unlink()
        sync_folder(self._folder.state)
        counts = np.bincount(verdicts, minlength=len(RowCheck))
        return PlanFacts(
            read=self._read,
            planned=int(counts[RowCheck.GOOD]),
            invalid=int(counts[RowCheck.INVALID]),
            skipped=int(counts[RowCheck.SKIPPED] + counts[RowCheck.UNCHANGED]),
            duplicate=int(counts[RowCheck.DUPLICATE]),
            refused_duplicates=len(losers) if decisions.refused else 0,
            blank=self._blank,
            wire_bytes=plan.wire_bytes,
            unchanged=int(counts[RowCheck.UNCHANGED]),
            consents=plan.consents,
        )

    def _settled_plan(
        self, staged: Path, verdicts: NDArray[np.uint8], decisions: Decisions
    ) -> SettledPlan:
        changes = None
        if self._known is not None:
            place = self._folder.changes
            changes = ChangedRows(place, self._known, self._fields, self._row_rules)
        try:
            plan = SettledPlan(self._fields, self._row_rules, changes=changes)
            plan.write(self._folder.plan, staged, verdicts, decisions)
        finally:
            if changes is not None:
                changes.close()
        return plan

    def _contested(self, verdicts: NDArray[np.uint8]) -> list[Contested]:
        """Find the rows that share what must be unique; nobody can tell which of them is right.

        They become invalid before rivals are decided, so that none of them is chosen.
        """
        staged = self._staged_good.path
        found: list[Contested] = []
        while self._value_hashes:
            hashes = np.concatenate([*self._value_hashes.pop(0), np.zeros(0, np.int64)])
            group = self._unique[len(found)]
            found.append(group.contested(staged, verdicts, hashes))
        for one in found:
            verdicts[one.rows] = RowCheck.INVALID
        return found

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

    def _write_issues(
        self, contested: Sequence[Contested], decisions: Decisions, plan: SettledPlan
    ) -> None:
        late = LateIssues(
            self._tables,
            contested,
            decisions,
            plan.emptied,
            only=self._row_rules.only,
            consents=self._consents,
        )
        with ColumnFile(self._folder.issues, ISSUES) as writer:
            staged = column_batches(self._staged_issues.path)
            for table in merged(staged, late.tables(self._staged_good.path)):
                writer.write_table(table)
