"""The column files of a run: read some thousands of rows at a time, and cut to some rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from importer.field_rules import FieldRole, ValueType
from importer.files import make_private, sync_file, sync_folder
from importer.model import PlannedField, PlanSlice

SLICE_ROWS = 10_000

# --- the plan -------------------------------------------------------------------------------------


def planned_fields(plan: Path) -> tuple[PlannedField, ...]:
    """Read from a plan which fields its columns are."""
    metadata = pq.read_schema(plan).metadata or {}
    return tuple(
        PlannedField(code, ValueType(type_), FieldRole(role))
        for code, type_, role in orjson.loads(metadata[b"importer.fields"])
    )


def fields_metadata(fields: Sequence[PlannedField]) -> dict[bytes, bytes]:
    """Write down which fields a plan's columns are, for ``planned_fields``."""
    return {b"importer.fields": orjson.dumps([[f.code, f.type, f.role] for f in fields])}


def plan_slices(
    path: Path, fields: tuple[PlannedField, ...], first: int, end: int
) -> Iterator[PlanSlice]:
    """Read the contacts at plan positions ``first`` up to ``end``, some thousands at a time."""
    position = 0
    with pq.ParquetFile(path) as plan:
        for group in range(plan.num_row_groups):
            length = plan.metadata.row_group(group).num_rows
            if position + length > first and position < end:
                yield from _group_slices(plan, group, fields, position, first, end)
            position += length


def _group_slices(
    plan: Any,
    group: int,
    fields: tuple[PlannedField, ...],
    position: int,
    first: int,
    end: int,
) -> Iterator[PlanSlice]:
    for batch in plan.iter_batches(batch_size=SLICE_ROWS, row_groups=[group]):
        start = max(first - position, 0)
        stop = min(end - position, batch.num_rows)
        if start < stop:
            yield PlanSlice(position + start, fields, batch.slice(start, stop - start))
        position += batch.num_rows


# --- any of them ----------------------------------------------------------------------------------


def column_batches(
    path: Path, rows: int = 50_000, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Read a column file of the run some thousands of rows at a time.

    ``columns``: those to be read, None: all. Files of the run are Parquet; those that last only
    until its plan is made are Arrow, which is quicker, and their names end in ``.staging``.
    """
    if path.suffix == ".staging":
        yield from _even_batches(_staged_batches(path, columns), rows)
        return
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            # Asked for all groups, it holds the whole file until the last row; and each thread
            # keeps memory of its own, for hardly any time won.
            yield from file.iter_batches(
                batch_size=rows, row_groups=[group], columns=columns, use_threads=False
            )


def _staged_batches(path: Path, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path)) as file:
        names = pa.ipc.open_file(file).schema.names
        wanted = [names.index(name) for name in columns or names]
        options = pa.ipc.IpcReadOptions(included_fields=wanted)
        reader = pa.ipc.open_file(file, options=options)
        for index in range(reader.num_record_batches):
            yield reader.get_batch(index)


def _even_batches(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Cut and join batches so that all but the last have as many rows."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        while count + batch.num_rows >= rows:
            missing = rows - count
            yield pa.concat_batches([*waiting, batch.slice(0, missing)])
            batch = batch.slice(missing)
            waiting, count = [], 0
        if batch.num_rows:
            waiting.append(batch)
            count += batch.num_rows
    if waiting:
        yield pa.concat_batches(waiting)


def keep_rows(path: Path, rows: Sequence[int]) -> None:
    """Cut a file of the run to some rows (ascending indices); the others leave no trace."""
    wanted = np.asarray(rows, dtype=np.int64)
    sibling = path.with_name(f".{path.name}.cutting")
    schema = pq.read_schema(path)
    try:
        with pq.ParquetWriter(sibling, schema, compression="zstd") as writer:
            make_private(sibling)
            for batch in column_batches(path):
                here = np.isin(batch.column(0).to_numpy(), wanted)  # the row's index
                if here.any():
                    writer.write_batch(batch.filter(pa.array(here)))
        sync_file(sibling)
        sibling.replace(path)
    except BaseException:
        sibling.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
