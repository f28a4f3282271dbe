"""Values that may stand under one key only: the rows of several keys that share one."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.field_rules import FieldRole
from importer.masks import to_mask
from importer.model import (
    PlannedField,
    RowCheck,
)
from importer.planning.column_files import (
    NUMBER,
    ROW,
    TABLE,
)
from importer.planning.key_columns import comparable_column
from importer.planning.repeats import repeated
from importer.run_columns import column_batches

_PLACE = (ROW, TABLE, NUMBER)


@dataclass(frozen=True, slots=True)
class Contested:
    """The rows, ascending, whose values of a group of fields stand under another key too.

    ``tables`` and ``numbers``: for each, where one row of another key stands.
    """

    group: tuple[str, ...]
    rows: NDArray[np.int64]
    tables: NDArray[np.int32]
    numbers: NDArray[np.int64]


class UniqueGroup:
    """Fields whose values together may stand under one key only.

    A row in which one of them is blank is exempt, and so is one that is not sent anyway.
    """

    def __init__(self, codes: Sequence[str], fields: Sequence[PlannedField]) -> None:
        self._codes = tuple(codes)
        self._keys = [f for f in fields if f.role is FieldRole.KEY]

    def values(
        self, columns: Mapping[str, Any], good: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], Any]:
        """Give the rows that are not exempt, and what the values of each are compared by."""
        bound = good.copy()
        for code in self._codes:
            bound &= to_mask(pc.greater(pc.binary_length(columns[code]), 0))
        mask = pa.array(bound)
        return bound, comparable_column([columns[code].filter(mask) for code in self._codes])

    def contested(
        self, staged: Path, verdicts: NDArray[np.uint8], hashes: NDArray[np.int64]
    ) -> Contested:
        """Compare the rows whose values may be equal.

        ``staged``: the file of the good rows. ``hashes``: of what ``values`` gives, in order.
        """
        rows, tables, numbers = array("q"), array("i"), array("q")
        for wanted in repeated(hashes):
            shared: dict[str, _Shared] = {}
            for value, key, place in self._candidates(staged, verdicts, hashes, wanted):
                if value not in shared:  # equal hashes of other values part here
                    shared[value] = _Shared(key, place)
                shared[value].add(key, place)
            for one in shared.values():
                for row, (_, table, number) in one.disputes():
                    rows.append(row)
                    tables.append(table)
                    numbers.append(number)
        found = np.array(rows, dtype=np.int64)
        order = np.argsort(found, kind="stable")
        return Contested(
            self._codes,
            found[order],
            np.array(tables, dtype=np.int32)[order],
            np.array(numbers, dtype=np.int64)[order],
        )

    def _candidates(
        self,
        staged: Path,
        verdicts: NDArray[np.uint8],
        hashes: NDArray[np.int64],
        wanted: NDArray[np.int64],
    ) -> Iterator[tuple[str, str, _Place]]:
        """Read the values, keys and places of rows whose values have one of the wanted hashes."""
        keys = [f.code for f in self._keys]
        start = 0
        needed = [*_PLACE, *dict.fromkeys((*keys, *self._codes))]
        for batch in column_batches(staged, columns=needed):
            good = verdicts[batch.column(ROW).to_numpy()] == RowCheck.GOOD
            bound, values = self.values({name: batch.column(name) for name in needed}, good)
            here = np.isin(hashes[start : start + len(values)], wanted)
            start += len(values)
            if not here.any():
                continue
            rows = pa.array(np.flatnonzero(bound)[here])
            part = batch.take(rows)
            yield from zip(
                values.filter(pa.array(here)).to_pylist(),
                comparable_column([part.column(code) for code in keys]).to_pylist(),
                zip(*(part.column(name).to_pylist() for name in _PLACE), strict=True),
                strict=True,
            )


_Place = tuple[int, int, int]  # row, table, number


class _Shared:
    """The rows with one value, as they come: nine bytes a row, however many they are."""

    __slots__ = ("first", "key", "other", "own", "rows")

    def __init__(self, key: str, place: _Place) -> None:
        self.key = key
        self.first = place
        self.other: _Place | None = None  # the first one of another key
        self.rows = array("q")
        self.own = array("b")  # whether its key is the first one's

    def add(self, key: str, place: _Place) -> None:
        own = key == self.key
        if not own and self.other is None:
            self.other = place
        self.rows.append(place[0])
        self.own.append(own)

    def disputes(self) -> Iterator[tuple[int, _Place]]:
        """Give each row with the place of one of another key; none if all have one key."""
        if self.other is not None:
            for row, own in zip(self.rows, self.own, strict=True):
                yield row, self.other if own else self.first
