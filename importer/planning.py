"""Order, duplicates and consent conflicts over all files of a run; the plan file.

A first pass writes what each row held and said, and keeps nine bytes a row in memory: its verdict
and a hash of its key. A second pass decides between rows with one key and writes the plan: the
contacts that will be sent, in input order, one for each key.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from importer.consents import Stance, settle_consent
from importer.files import make_private, sync_file, sync_folder
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    CheckedChunk,
    Chunk,
    FieldRole,
    PlannedField,
    RowCheck,
    comparable_key,
)
from importer.run_folder import RunFolder, column_batches, fields_metadata

TEXT = pa.large_string()
ROWS = pa.schema(
    [
        ("row", pa.int64()),  # index of the row in the run, from 0
        ("table", pa.int32()),
        ("number", pa.int64()),  # as a spreadsheet shows it
        ("key", TEXT),
        ("verdict", pa.uint8()),  # RowCheck
        ("position", pa.int64()),  # in the plan; -1: not in it
        ("winner_table", pa.int32()),  # for duplicates: where the chosen row stands
        ("winner_number", pa.int64()),
        ("refused", pa.bool_()),  # a duplicate that the policy refuses
    ]
)
ISSUES = pa.schema(
    [
        ("row", pa.int64()),
        ("severity", TEXT),
        ("code", TEXT),
        ("column", TEXT),
        ("field", TEXT),
        ("value", TEXT),
        ("detail", TEXT),
    ]
)
_CANDIDATES_AT_ONCE = 200_000
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


@dataclass(slots=True)
class _Decisions:
    """What the second pass found: who gives way to whom, and whose consents change."""

    losers: array[int] = field(default_factory=lambda: array("q"))
    winner_tables: array[int] = field(default_factory=lambda: array("q"))
    winner_numbers: array[int] = field(default_factory=lambda: array("q"))
    refused: bool = False
    overrides: dict[int, dict[str, str | None]] = field(default_factory=dict)
    conflicts: list[tuple[int, str, str]] = field(default_factory=list)  # row, consent, answer

    def give_way(self, member: _Member, winner: _Member) -> None:
        self.losers.append(member.row)
        self.winner_tables.append(winner.table)
        self.winner_numbers.append(winner.number)

    def in_row_order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the rows that give way, ascending, and the (table, number) of each one's winner."""
        losers = np.array(self.losers, dtype=np.int64)
        places = np.array([self.winner_tables, self.winner_numbers], dtype=np.int64).T
        order = np.argsort(losers, kind="stable")
        return losers[order], places[order]


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
        self._staged_rows = _Writer(folder.state / "rows.staging", ROWS)
        self._staged_good = _Writer(folder.state / "good.staging", self._good_schema)
        self._staged_issues = _Writer(folder.state / "issues.staging", ISSUES)
        self._source = _Writer(folder.source, self._source_schema)

    def add(self, table: int, chunk: Chunk, checked: CheckedChunk) -> None:
        """Take the next rows: what they held, and what the checks made of them."""
        first = self._read
        rows = np.arange(first, first + len(chunk), dtype=np.int64)
        self._read += len(chunk)
        self._verdicts.append(checked.verdicts)
        self._source.write(_source_columns(chunk, rows, self._width))
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
        self._staged_issues.write(_issue_columns(checked.findings, first))
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
        types = [f.type for f in self._keys]
        return [comparable_key(values, types) for values in zip(*texts, strict=True)]

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
        decisions = self._decide(hashes)
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

    # --- rows with one key ------------------------------------------------------------------

    def _decide(self, hashes: NDArray[np.int64]) -> _Decisions:
        decisions = _Decisions(refused=self._policy == "refuse")
        for wanted in _repeated(hashes):
            members: dict[str, list[_Member]] = {}
            for member in self._members(hashes, wanted):
                members.setdefault(member.key, []).append(member)
            for group in members.values():  # equal hashes of other keys part here
                if len(group) > 1:
                    self._decide_group(group, decisions)
        decisions.conflicts.sort(key=lambda found: found[0])
        return decisions

    def _members(self, hashes: NDArray[np.int64], wanted: NDArray[np.int64]) -> Iterator[_Member]:
        """Read the good rows whose key has one of the wanted hashes."""
        dates = [self._consent_dates.get(code) for code in self._consents]
        needed = [f.code for f in self._keys] + self._consents + [d for d in dates if d]
        start = 0
        with pq.ParquetFile(self._staged_good.path) as staged:
            for batch in staged.iter_batches(
                batch_size=50_000, columns=["row", "table", "number", *dict.fromkeys(needed)]
            ):
                here = np.isin(hashes[start : start + batch.num_rows], wanted)
                start += batch.num_rows
                if here.any():
                    yield from self._members_of(batch.filter(pa.array(here)), dates)

    def _members_of(self, batch: pa.RecordBatch, dates: list[str | None]) -> Iterator[_Member]:
        types = [f.type for f in self._keys]
        keys = [
            comparable_key(values, types)
            for values in zip(*(batch.column(f.code).to_pylist() for f in self._keys), strict=True)
        ]
        empty = [None] * batch.num_rows
        answers = [batch.column(code).to_pylist() for code in self._consents]
        given = [batch.column(date).to_pylist() if date else empty for date in dates]
        places = zip(
            *(batch.column(c).to_pylist() for c in ("row", "table", "number")), strict=True
        )
        for i, (row, table, number) in enumerate(places):
            stances = tuple(
                Stance(answer[i], date[i]) for answer, date in zip(answers, given, strict=True)
            )
            yield _Member(keys[i], row, table, number, stances)

    def _decide_group(self, group: list[_Member], decisions: _Decisions) -> None:
        """Choose one of the rows with one key (or none), and settle what they disagree about."""
        if self._policy == "refuse":
            for member in group:
                other = group[0] if member is not group[0] else group[1]
                decisions.give_way(member, other)
            return
        winner = group[-1] if self._policy == "last" else group[0]
        for member in group:
            if member is not winner:
                decisions.give_way(member, winner)
        for index, code in enumerate(self._consents):
            settled = settle_consent(
                [member.stances[index] for member in group], winner.stances[index]
            )
            if settled.changed:
                override = decisions.overrides.setdefault(winner.row, {})
                override[code] = settled.stance.answer
                if code in self._consent_dates:
                    override[self._consent_dates[code]] = settled.stance.date
            if settled.conflict:
                answer = settled.stance.answer or "leave"
                decisions.conflicts.extend((member.row, code, answer) for member in group)

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
        with _Writer(self._folder.rows, ROWS) as writer:
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

    def _write_issues(self, decisions: _Decisions) -> None:
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
        with _Writer(self._folder.issues, ISSUES) as writer:
            for batch in column_batches(self._staged_issues.path):
                last = batch.column("row")[-1].as_py()
                until = int(np.searchsorted(rows, last))
                writer.write_table(_in_row_order(pa.Table.from_batches([batch]), extra[used:until]))
                used = until
            writer.write_table(extra[used:])

    def _write_plan(
        self, verdicts: NDArray[np.uint8], decisions: _Decisions, note: Callable[[int], None]
    ) -> PlanFacts:
        consents = {code: {"yes": 0, "no": 0, "left": 0} for code in self._consents}
        overridden = np.array(sorted(decisions.overrides), dtype=np.int64)
        wire = 0
        with _Writer(self._folder.plan, self._plan_schema) as writer:
            for batch in column_batches(self._staged_good.path):
                rows = batch.column("row").to_numpy()
                kept = batch.filter(pa.array(verdicts[rows] == RowCheck.GOOD))
                columns = {name: kept.column(name) for name in self._plan_schema.names}
                self._override(columns, decisions.overrides, overridden)
                writer.write([columns[name] for name in self._plan_schema.names])
                wire += _wire_estimate(columns, self._fields)
                for code, counts in consents.items():
                    _count_answers(columns[code], counts)
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


@dataclass(frozen=True, slots=True)
class _Member:
    """A good row whose key may stand in another row too."""

    key: str
    row: int
    table: int
    number: int
    stances: tuple[Stance, ...]


class _Writer:
    """Writes one Parquet file of the run, private and synced."""

    def __init__(self, path: Path, schema: Any) -> None:
        self.path = path
        self._schema = schema
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=False,
            write_statistics=False,
        )
        make_private(path)

    def write(self, columns: Sequence[Any]) -> None:
        self.write_table(pa.Table.from_arrays(list(columns), schema=self._schema))

    def write_table(self, table: Any) -> None:
        if table.num_rows:
            self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()
        sync_file(self.path)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _repeated(hashes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Give the hashes that stand more than once, some hundred thousand rows at a time."""
    ordered = np.sort(hashes)
    repeats = ordered[1:] == ordered[:-1]
    found = np.unique(ordered[1:][repeats])
    if not len(found):
        return
    counts = np.searchsorted(ordered, found, "right") - np.searchsorted(ordered, found, "left")
    del ordered
    parts = int(np.ceil(counts.sum() / _CANDIDATES_AT_ONCE))
    yield from np.array_split(found, max(1, min(parts, len(found))))


def _source_columns(chunk: Chunk, rows: NDArray[np.int64], width: int) -> list[Any]:
    columns = [pa.array(chunk.frame[name].array) for name in chunk.frame.columns]
    columns += [pa.nulls(len(chunk), TEXT)] * (width - len(columns))
    extra: list[str | None] = [None] * len(chunk)
    for position, cells in chunk.extra.items():
        extra[position] = orjson.dumps(cells).decode()
    return [pa.array(rows), *columns, pa.array(extra, TEXT)]


def _issue_columns(findings: Sequence[Finding], first: int) -> list[Any]:
    """Lay findings out as issues in row order; of one row, in the order of the findings."""
    if not findings:
        return [pa.array([], schema_field.type) for schema_field in ISSUES]
    at = np.concatenate([f.at for f in findings])
    order = pa.array(np.argsort(at, kind="stable"))

    def spread(make: Callable[[Finding], str]) -> Any:
        texts = [make(f) for f in findings]
        lengths = [len(f.at) for f in findings]
        return pa.array(np.repeat(np.array(texts, dtype=object), lengths), TEXT).take(order)

    values: list[str | None] = []
    details: list[str] = []
    for finding in findings:
        count = len(finding.at)
        values.extend(finding.values or [None] * count)
        same = isinstance(finding.details, str)
        details.extend([str(finding.details)] * count if same else finding.details)
    return [
        pa.array(at + first).take(order),
        spread(lambda f: f.severity.value),
        spread(lambda f: f.code.value),
        spread(lambda f: f.column),
        spread(lambda f: f.field),
        pa.array(values, TEXT).take(order),
        pa.array(details, TEXT).take(order),
    ]


def _in_row_order(issues: Any, extra: Any) -> Any:
    if not extra.num_rows:
        return issues
    both = pa.concat_tables([issues, extra])
    return both.take(pa.array(np.argsort(both.column("row").to_numpy(), kind="stable")))


def _wire_estimate(columns: dict[str, Any], fields: Sequence[PlannedField]) -> int:
    """Estimate the bytes that contacts take in their calls: values, names and punctuation."""
    total = 24 * len(columns["row"])
    for one in fields:
        column = columns[one.code]
        present = len(column) - column.null_count
        total += (pc.sum(pc.binary_length(column)).as_py() or 0) + present * (len(one.code) + 6)
    return total


def _count_answers(column: Any, counts: dict[str, int]) -> None:
    yes = pc.sum(pc.equal(column, "yes")).as_py() or 0
    no = pc.sum(pc.equal(column, "no")).as_py() or 0
    counts["yes"] += yes
    counts["no"] += no
    counts["left"] += len(column) - yes - no
