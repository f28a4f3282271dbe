"""Checked rows, plans and journals made by hand, for the tests of what comes after the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from importer import reconciliation
from importer.batching import batch_of
from importer.field_rules import (
    FieldRole,
    Origin,
    RowRules,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.journal import Journal
from importer.model import (
    Batch,
    CheckedChunk,
    Chunk,
    Outcome,
    PlannedField,
    RowCheck,
    Settled,
    Verdict,
)
from importer.planning import (
    PlanFacts,
    PlannedTable,
    Planner,
    late_issues,
    planner,
    rivals,
    settled_plan,
    uniqueness,
)
from importer.planning.column_files import ROW
from importer.run_columns import column_batches
from importer.run_folder import RunFolder
from importer.tables import TableDescription

KEY, NAME, NEWS, NEWS_DATE = "key_f_EMail", "f_Name", "optin_News", "dtOptin_News"
FIELDS = (
    PlannedField(KEY, ValueType.EMAIL, FieldRole.KEY),
    PlannedField(NAME, ValueType.TEXT, FieldRole.DATA),
    PlannedField(NEWS, ValueType.CONSENT, FieldRole.CONSENT),
    PlannedField(NEWS_DATE, ValueType.DATE, FieldRole.CONSENT_DATE),
)
HEADERS = {KEY: "Courriel", NAME: "Nom", NEWS: "Infolettre", NEWS_DATE: "Date"}
TABLES = tuple(PlannedTable(f"file{i}.csv", HEADERS) for i in range(1, 5))
AT = "2026-11-22T03:15:00.000Z"


@dataclass(frozen=True, slots=True)
class Row:
    """One checked row. ``issues``: (code, severity); an error or a skip decides its verdict.

    ``origin``: of its answer. ``listed``: its address is on a suppression list.
    """

    key: str
    name: str | None = None
    news: str | None = None
    date: str | None = None
    issues: tuple[tuple[IssueCode, Severity], ...] = ()
    origin: Origin = Origin.ROW
    listed: bool = False

    @property
    def check(self) -> RowCheck:
        severities = {severity for _, severity in self.issues}
        if Severity.SKIP in severities:
            return RowCheck.SKIPPED
        return RowCheck.INVALID if Severity.ERROR in severities else RowCheck.GOOD


def invalid(key: str = "x@", *more: IssueCode) -> Row:
    codes = (IssueCode.EMAIL_INVALID, *more)
    return Row(key, issues=tuple((code, Severity.ERROR) for code in codes))


def skipped() -> Row:
    return Row("", issues=((IssueCode.BLANK_ROW, Severity.SKIP),))


def warned(key: str, **members: Any) -> Row:
    return Row(key, **members, issues=((IssueCode.TIME_DROPPED, Severity.WARNING),))


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan that was made, read back as plain values."""

    folder: RunFolder
    facts: PlanFacts

    def rows(self, *names: str) -> list[Any]:
        return _columns(self.folder.rows, names)

    def contacts(self, *names: str) -> list[Any]:
        return _columns(self.folder.plan, [ROW if name == "row" else name for name in names])

    def issues(self, *names: str) -> list[Any]:
        return _columns(self.folder.issues, names)


def _columns(path: Path, names: Sequence[str]) -> list[Any]:
    table = pq.read_table(path)
    columns = [table.column(name).to_pylist() for name in names]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def chunk_of(rows: Sequence[Row], first_row: int) -> tuple[Chunk, CheckedChunk]:
    """Make of rows what a source gives and what the checks make of it."""
    texts = {
        KEY: [r.key or None for r in rows],
        NAME: [r.name for r in rows],
        NEWS: [r.news for r in rows],
        NEWS_DATE: [r.date for r in rows],
    }
    return chunk_of_texts(texts, [r.check for r in rows], rows, first_row)


def chunk_of_texts(
    texts: dict[str, list[str | None]],
    checks: Sequence[RowCheck],
    rows: Sequence[Row],
    first_row: int,
) -> tuple[Chunk, CheckedChunk]:
    arrays = {code: pa.array(values, pa.large_string()) for code, values in texts.items()}
    frame = pa.table(arrays).to_pandas()
    numbers = np.arange(first_row, first_row + len(checks), dtype=np.int64)
    findings = _findings(rows)
    keys = pa.array([text or "" for text in texts[KEY]], pa.large_string())
    verdicts = np.array(checks, dtype=np.uint8)
    original = pa.table(
        {f"column {i}": pc.fill_null("") for i, pc in enumerate(arrays.values(), 1)}
    ).to_pandas()
    origins = {NEWS: np.array([row.origin for row in rows], dtype=np.uint8)} if rows else {}
    listed = np.array([row.listed for row in rows], dtype=bool) if rows else None
    checked = CheckedChunk(numbers, frame, keys, verdicts, findings, origins, listed)
    return Chunk(numbers, original), checked


def _findings(rows: Sequence[Row]) -> tuple[Finding, ...]:
    found: dict[tuple[IssueCode, Severity], list[int]] = {}
    for at, row in enumerate(rows):
        for issue in row.issues:
            found.setdefault(issue, []).append(at)
    return tuple(
        Finding(code, severity, np.array(at, dtype=np.int64), *_of_column(code, rows, at))
        for (code, severity), at in found.items()
    )


_OF_ROWS = {
    IssueCode.BLANK_ROW,
    IssueCode.ROW_TOO_SHORT,
    IssueCode.QUOTES_UNBALANCED,
    IssueCode.DELIMITER_DIFFERS,
    IssueCode.FILE_CUT_OFF,
    IssueCode.OTHER_TABLE,
    IssueCode.ROW_TOO_LARGE,
    IssueCode.ONE_OF_MISSING,
}


def _of_column(code: IssueCode, rows: Sequence[Row], at: Sequence[int]) -> tuple[Any, ...]:
    if code in _OF_ROWS:
        return ()
    return "Courriel", KEY, [rows[i].key for i in at], "because"


def planner_of(folder: RunFolder, **members: Any) -> Planner:
    given: dict[str, Any] = {
        "fields": FIELDS,
        "policy": "last",
        "row_rules": RowRules(consent_dates={NEWS: NEWS_DATE}),
        "tables": TABLES,
        "width": 4,
    }
    given |= members
    return Planner(folder, given.pop("fields"), **given)


def plan_of(place: Path, tables: Sequence[Sequence[Sequence[Row]]], **members: Any) -> Planned:
    """Plan rows: tables, each of chunks, each of rows. Row numbers begin at 2 in each table."""
    folder = RunFolder.prepare(place, "plan")
    planner = planner_of(folder, **members)
    for index, chunks in enumerate(tables):
        number = 2
        for rows in chunks:
            planner.add(index, *chunk_of(rows, number))
            number += len(rows)
    return Planned(folder, planner.finish())


def tables_of(count: int, sheet: str = "") -> tuple[TableDescription, ...]:
    """Describe as many text files."""
    columns = ("Courriel", "Nom", "Infolettre", "Date")
    return tuple(
        TableDescription(f"file{i}.csv", sheet, "csv", columns, 1) for i in range(1, count + 1)
    )


@contextmanager
def read_back(rows: int) -> Iterator[None]:
    """Read the files of a run so many rows at a time, as with a far larger run."""
    with pytest.MonkeyPatch.context() as patch:

        def few(path: Path, _: int = 0, columns: Sequence[str] | None = None) -> Iterator[Any]:
            return column_batches(path, rows, columns)

        for module in (late_issues, planner, reconciliation, rivals, settled_plan, uniqueness):
            patch.setattr(module, "column_batches", few)
        yield


# --- what was sent --------------------------------------------------------------------------------


def batch(first: int, count: int) -> Batch:
    """Make a batch of contacts at these plan positions."""
    contacts = [f"contact {first + i}".encode() for i in range(count)]
    return batch_of(first, [f"{first + i}@b.example" for i in range(count)], contacts)


def settle(journal: Journal, first: int, *outcomes: Outcome | Verdict) -> Batch:
    """Send a batch and write down what the platform said of each contact."""
    one = batch(first, len(outcomes))
    call = journal.submitting(one, attempt=1, at=AT)
    said = tuple(o if isinstance(o, Outcome) else Outcome(o) for o in outcomes)
    journal.settled(call, one, Settled(said), at=AT)
    return one


def lose(journal: Journal, first: int, count: int) -> Batch:
    """Send a batch whose answer never comes."""
    one = batch(first, count)
    call = journal.submitting(one, attempt=1, at=AT)
    journal.in_doubt(call, at=AT, message="no answer")
    return one
