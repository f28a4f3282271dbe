"""What a column looks like: its fill, its type, and examples that betray nobody.

Works chunk by chunk in bounded memory: every row counts for the fill, a sample of each chunk for
the type. Examples are masked: never a whole value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.issues import IssueCode, Severity
from importer.masks import Mask
from importer.model import Chunk
from importer.recognition.evidence import Evidence, Gathered, learn
from importer.recognition.looks import PATTERNS, ColumnLook, DateOrder, Look, masked

_SAMPLE_ROWS = 2_000  # of each chunk
_EXAMPLES = 3
_AGREEING = 0.9  # the share of values that makes a column look like a type
# Digits alone are a phone number only at the lengths that such numbers have.
_BARE_PHONE = r"^(1?\d{10}|0\d{8,9}|33\d{9})$"
_BARE_DIGITS = r"^\d+$"
_DATE_PARTS = re.compile(r"(\d+)[-/.](\d+)")


@dataclass(slots=True)
class _Column:
    filled: int = 0
    looks: Counter[Look] = field(default_factory=Counter)
    answers: set[str] = field(default_factory=set)
    year_first: int = 0
    first_over_12: int = 0
    second_over_12: int = 0
    year_last: int = 0
    examples: dict[str, None] = field(default_factory=dict)
    gathered: Gathered = field(default_factory=Gathered)


class Recognition:
    """Learns what a table's columns look like from its chunks, one after the other.

    ``names``: the table's columns, for a table that may have no rows. ``closely``: gather the
    evidence too.
    """

    def __init__(self, names: Sequence[str] = (), *, closely: bool = False) -> None:
        self._rows = 0
        self._closely = closely
        self._columns = {name: _Column() for name in names}

    @property
    def rows(self) -> int:
        """How many rows were seen."""
        return self._rows

    def add(self, chunk: Chunk) -> None:
        """Learn from a chunk."""
        self._rows += len(chunk)
        step = max(1, -(-len(chunk) // _SAMPLE_ROWS))
        for name in chunk.frame.columns:
            cells = _arrow(chunk.frame[name])
            column = self._columns.setdefault(str(name), _Column())
            filled = _is_filled(cells)
            column.filled += pc.sum(filled).as_py() or 0
            sample = cells.filter(filled).take(_every(step, filled))
            if len(sample):
                values = pc.utf8_trim_whitespace(sample)
                _learn(column, values)
                if self._closely:
                    column.gathered.typed_dates |= chunk.typed_dates
                    learn(column.gathered, values)

    def columns(self) -> tuple[ColumnLook, ...]:
        """Say what each column looks like, in the table's order."""
        return tuple(
            ColumnLook(
                name=name,
                fill=column.filled / self._rows if self._rows else 0.0,
                look=(look := _look(column)),
                date_order=_date_order(column) if look is Look.DATE else None,
                examples=tuple(column.examples),
            )
            for name, column in self._columns.items()
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """Give what the columns' values show, in the table's order; gathered only ``closely``."""
        return tuple(
            Evidence(
                name=name,
                rows=self._rows,
                filled=column.filled,
                values=column.looks.total(),
                looks=column.looks,
                forms=column.gathered.forms,
                dates=column.gathered.dates,
                first_over_12=column.first_over_12,
                second_over_12=column.second_over_12,
                year_last=column.year_last,
                typed_dates=column.gathered.typed_dates,
                answers=column.gathered.distinct,
                counted=column.gathered.counted,
                different=len(column.gathered.seen),
            )
            for name, column in self._columns.items()
        )


def look_of(values: Any) -> tuple[Look, dict[Look, float]]:
    """Say what values look like, and the share of each look, 0 to 1.

    ``values``: texts (Arrow), trimmed, none of them blank. Where zeros and ones are the only
    answers, they count as whole numbers in the shares.
    """
    column = _Column()
    _learn(column, values)
    counts = Counter(column.looks)
    if column.answers <= {"0", "1"}:
        counts[Look.INTEGER] += counts.pop(Look.YES_NO, 0)
    return _look(column), {look: n / len(values) for look, n in counts.items() if n}


def own_rows(chunk: Chunk) -> Mask:
    """Tell which of a chunk's rows are the table's: no blank or hidden ones, no notes, no other
    table's.
    """
    kept = np.ones(len(chunk), dtype=bool)
    for finding in chunk.findings:
        if finding.severity is Severity.SKIP or finding.code is IssueCode.OTHER_TABLE:
            kept[finding.at] = False
    return kept


def rows_of_table(chunk: Chunk) -> Chunk:
    """Keep a chunk's own rows. Its findings are left behind."""
    kept = own_rows(chunk)
    if kept.all():
        return replace(chunk, findings=())
    places = np.cumsum(kept) - 1
    return replace(
        chunk,
        rows=chunk.rows[kept],
        frame=chunk.frame[kept],
        findings=(),
        extra={int(places[at]): cells for at, cells in chunk.extra.items() if kept[at]},
    )


def _arrow(column: pd.Series[str]) -> Any:
    array = pa.array(column, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _is_filled(cells: Any) -> Any:
    return pc.greater(pc.binary_length(pc.utf8_trim_whitespace(cells)), 0)


def _every(step: int, filled: Any) -> Any:
    count = pc.sum(filled).as_py() or 0
    return pa.array(np.arange(0, count, step, dtype=np.int64))


def _learn(column: _Column, values: Any) -> None:
    for value in values.slice(0, 50).to_pylist():
        if len(column.examples) < _EXAMPLES:
            column.examples.setdefault(masked(value))
    rest = values
    for look, pattern in PATTERNS:
        matching = pc.match_substring_regex(rest, pattern=pattern)
        if look is Look.PHONE:
            matching = _without_other_digits(rest, matching)
        found = rest.filter(matching)
        column.looks[look] += len(found)
        if look is Look.DATE:
            _learn_dates(column, found)
        if look is Look.YES_NO:
            column.answers.update(pc.unique(pc.utf8_lower(found)).to_pylist())
        rest = rest.filter(pc.invert(matching))
    column.looks[Look.TEXT] += len(rest)


def _without_other_digits(values: Any, matching: Any) -> Any:
    """Leave numbers of digits alone to the integers, unless they are as long as a phone number."""
    bare = pc.match_substring_regex(values, pattern=_BARE_DIGITS)
    phone = pc.match_substring_regex(values, pattern=_BARE_PHONE)
    return pc.and_(matching, pc.or_(pc.invert(bare), phone))


def _learn_dates(column: _Column, dates: Any) -> None:
    for text in pc.unique(dates).to_pylist():
        match = _DATE_PARTS.match(text)
        assert match is not None  # the pattern of a date has these parts
        first, second = match[1], match[2]
        if len(first) == 4:
            column.year_first += 1
        else:
            column.year_last += 1
            column.first_over_12 += int(first) > 12
            column.second_over_12 += int(second) > 12


def _look(column: _Column) -> Look:
    total = column.looks.total()
    if not total:
        return Look.EMPTY
    answers = column.looks[Look.YES_NO]
    if answers == total:
        return Look.YES_NO
    numbers = Counter(column.looks)
    if column.answers <= {"0", "1"}:  # among other numbers these are numbers
        numbers[Look.INTEGER] += answers
        numbers[Look.YES_NO] = 0
    if numbers[Look.DECIMAL] and not numbers[Look.PHONE]:
        numbers[Look.DECIMAL] += numbers.pop(Look.INTEGER, 0)
    look, count = max(numbers.items(), key=lambda pair: pair[1])
    return look if count >= _AGREEING * total else Look.TEXT


def _date_order(column: _Column) -> DateOrder:
    if column.first_over_12 and column.second_over_12:
        return DateOrder.MIXED
    if column.first_over_12:
        return DateOrder.DAY_FIRST
    if column.second_over_12:
        return DateOrder.MONTH_FIRST
    return DateOrder.YEAR_FIRST if column.year_first else DateOrder.AMBIGUOUS
