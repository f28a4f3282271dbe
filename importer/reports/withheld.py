"""The yeses withheld for what the account holds: their file, and its place among the issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from importer.run_columns import column_batches
from importer.run_folder import RunFolder


def withheld_file(folder: RunFolder) -> Path:
    """Say where a run keeps them: in the form of its issues, in row order."""
    return folder.state / "withheld.parquet"


def withheld_counts(folder: RunFolder) -> Counter[str]:
    """Count them for each consent."""
    told: Counter[str] = Counter()
    for batch in _withheld(folder):
        told.update(batch.column("field").to_pylist())
    return told


def issue_batches(folder: RunFolder) -> Iterator[Any]:
    """Give the issues of a run and its withheld yeses, in row order and in bounded memory."""
    return _in_row_order(column_batches(folder.issues), _withheld(folder))


def _withheld(folder: RunFolder) -> Iterator[Any]:
    path = withheld_file(folder)
    return column_batches(path) if path.exists() else iter(())


def _in_row_order(first: Iterator[Any], second: Iterator[Any]) -> Iterator[Any]:
    """Merge two files that are each in row order; of one row, the first file's stand before."""
    one, other = next(first, None), next(second, None)
    while one is not None and other is not None:
        reached = min(_last(one), _last(other))
        parts = [one.slice(0, _up_to(one, reached)), other.slice(0, _up_to(other, reached))]
        one = _rest(one, len(parts[0])) or next(first, None)
        other = _rest(other, len(parts[1])) or next(second, None)
        both = pa.concat_batches(parts)
        order = np.argsort(both.column("row").to_numpy(), kind="stable")
        yield both.take(pa.array(order))
    for batch, more in ((one, first), (other, second)):
        if batch is not None:
            yield batch
            yield from more


def _last(batch: Any) -> int:
    last: int = batch.column("row")[-1].as_py()
    return last


def _up_to(batch: Any, row: int) -> int:
    return int(np.searchsorted(batch.column("row").to_numpy(), row, side="right"))


def _rest(batch: Any, taken: int) -> Any:
    """Give what is left of a batch; None: nothing."""
    return batch.slice(taken) if taken < len(batch) else None
