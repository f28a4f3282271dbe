"""The column files of a plan: their schemas, how they are written, how rows are laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from importer.files import make_private, sync_file
from importer.issues import Finding
from importer.model import Chunk, PlannedField

TEXT = pa.large_string()
# Names that no field can have, of a platform whose fields have bare names either.
ROW, TABLE, NUMBER = "index of the row", "index of the table", "number of the row"
LISTED = "is listed"
"""The staged column that says whether an address of the row is on a suppression list."""
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
STAGED_ROWS = pa.schema([ROWS.field(name) for name in ("row", "table", "number", "key")])
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


def origin_column(consent: str) -> str:
    """Name the staged column that says where the answers to a consent come from."""
    return f"origin of {consent}"


class ColumnFile:
    """Writes one file of the run, private and synced; ``column_batches`` reads it.

    ``staged``: it goes again when the plan is made, so it is written quickly and not synced.
    """

    def __init__(self, path: Path, schema: Any, *, staged: bool = False) -> None:
        self.path = path
        self._schema = schema
        self._staged = staged
        self._sink = pa.OSFile(str(path), "wb")
        self._writer: Any = pa.ipc.new_file(self._sink, schema) if staged else None
        make_private(path)

    def write(self, columns: Sequence[Any]) -> None:
        self.write_table(pa.Table.from_arrays(list(columns), schema=self._schema))

    def write_table(self, table: Any) -> None:
        if table.num_rows:
            if self._writer is None:
                self._writer = _parquet_writer(self._sink, table)
            self._writer.write_table(table)

    def close(self) -> None:
        if self._sink.closed:
            return
        if self._writer is None:
            self._writer = _parquet_writer(self._sink, self._schema.empty_table())
        self._writer.close()
        self._sink.close()
        if not self._staged:
            sync_file(self.path)

    def __enter__(self) -> ColumnFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_SAMPLE = 10_000  # rows
_FEW = 4  # a text stands so often on average in a column that is written as a list of its texts


def _parquet_writer(sink: Any, first: Any) -> pq.ParquetWriter:
    """Begin a Parquet file that is quick to write and to read; ``first``: rows to judge it by."""
    sample = first.slice(0, _SAMPLE)
    texts = [field.name for field in first.schema if field.type == TEXT]
    counts = [field.name for field in first.schema if pa.types.is_signed_integer(field.type)]
    return pq.ParquetWriter(
        sink,
        first.schema,
        compression="lz4",
        use_dictionary=[
            name
            for name in texts
            if pc.count_distinct(sample.column(name)).as_py() * _FEW <= sample.num_rows
        ],
        column_encoding=dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
        write_statistics=False,
    )


def source_columns(chunk: Chunk, rows: NDArray[np.int64], width: int) -> list[Any]:
    columns = [pa.array(chunk.frame[name].array) for name in chunk.frame.columns]
    columns += [pa.nulls(len(chunk), TEXT)] * (width - len(columns))
    extra: list[str | None] = [None] * len(chunk)
    for position, cells in chunk.extra.items():
        extra[position] = orjson.dumps(cells).decode()
    return [pa.array(rows), *columns, pa.array(extra, TEXT)]


def issue_columns(findings: Sequence[Finding], first: int) -> list[Any]:
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


def in_row_order(issues: Any, extra: Any) -> Any:
    if not extra.num_rows:
        return issues
    both = pa.concat_tables([issues, extra])
    return both.take(pa.array(np.argsort(both.column("row").to_numpy(), kind="stable")))


def wire_estimate(columns: dict[str, Any], fields: Sequence[PlannedField]) -> int:
    """Estimate the bytes that contacts take in their calls: values, names and punctuation."""
    total = 24 * len(columns[ROW])
    for one in fields:
        column = columns[one.code]
        present = len(column) - column.null_count
        total += (pc.sum(pc.binary_length(column)).as_py() or 0) + present * (len(one.code) + 6)
    return total
