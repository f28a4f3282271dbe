"""What columns hold, for comparing one file with another: their fill, and the look of a sample.

Every row counts for the fill. The sample is spread evenly over the table; which rows it has depends
on the table alone, not on the chunks in which it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.masks import Mask
from importer.recognition.columns import look_of
from importer.recognition.looks import Look

_MOST_ROWS = 4_096
_FEW = 20  # values; where a sample has fewer of a column, its first ones are looked at instead
_LONGEST = 200  # characters of a value that are kept
_TEXT = pa.large_string()
_GARBLED = r"\x{FFFD}|\pL\?\pL"  # what programs write for a letter that their encoding lacks


@dataclass(frozen=True, slots=True)
class SampledColumn:
    """How many of the rows have the column filled, what it looks like, and each look's share.

    ``garbled``: the share of values in which letters seem to have been lost, 0 to 1.
    """

    filled: int
    rows: int
    look: Look
    looks: Mapping[Look, float]
    garbled: float = 0.0


@dataclass(slots=True)
class _Column:
    filled: int = 0
    sample: list[Any] = field(default_factory=list)
    first: list[str] = field(default_factory=list)


class Samples:
    """Learns what some columns of a table hold, chunk after chunk. ``names``: their headers."""

    def __init__(self, names: Sequence[str]) -> None:
        self._columns = {name: _Column() for name in names}
        self._rows = 0
        self._read = 0
        self._step = 1  # the sample has each row whose index is a multiple of it

    def add(self, cells: Mapping[str, Any], length: int, kept: Mask | None = None) -> None:
        """Learn from the next rows.

        ``cells``: each column's texts (Arrow), blank ones missing. ``kept``: the rows that are the
        table's; None: all.
        """
        while self._read + length > self._step * _MOST_ROWS:
            self._thin_out()
        at = pa.array(np.arange(-self._read % self._step, length, self._step))
        mask = None if kept is None else pa.array(kept)
        for name, column in self._columns.items():
            texts = cells[name]
            if mask is not None:
                texts = pc.if_else(mask, texts, pa.scalar(None, _TEXT))
            column.filled += length - texts.null_count
            column.sample.append(_short(texts.take(at)))
            if len(column.first) < _FEW and texts.null_count < length:
                some = texts.drop_null().slice(0, _FEW - len(column.first))
                column.first += _short(some).to_pylist()
        self._read += length
        self._rows += length if kept is None else int(kept.sum())

    def _thin_out(self) -> None:
        self._step *= 2
        for column in self._columns.values():
            whole = _joined(column.sample)
            column.sample = [whole.take(pa.array(np.arange(0, len(whole), 2)))]

    def columns(self) -> dict[str, SampledColumn]:
        """Say what each column holds."""
        return {name: self._said(column) for name, column in self._columns.items()}

    def _said(self, column: _Column) -> SampledColumn:
        values = _joined(column.sample).drop_null()
        if len(values) < _FEW:
            values = pa.array(column.first, _TEXT)
        look, looks = look_of(pc.utf8_trim_whitespace(values))
        lost = pc.sum(pc.match_substring_regex(values, _GARBLED)).as_py() or 0
        return SampledColumn(
            column.filled, self._rows, look, looks, lost / len(values) if lost else 0.0
        )


def _short(texts: Any) -> Any:
    cut = pc.utf8_slice_codeunits(texts, 0, _LONGEST)
    return cut.combine_chunks() if isinstance(cut, pa.ChunkedArray) else cut


def _joined(parts: Sequence[Any]) -> Any:
    return pa.concat_arrays(parts) if parts else pa.array([], _TEXT)
