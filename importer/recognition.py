"""What a column looks like: its fill, its type, and examples that betray nobody.

Works chunk by chunk in bounded memory: every row counts for the fill, a sample of each chunk for
the type. Examples are masked: never a whole value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.issues import IssueCode, Severity
from importer.model import Chunk

_SAMPLE_ROWS = 2_000  # of each chunk
_EXAMPLES = 3
_AGREEING = 0.9  # the share of values that makes a column look like a type


class Look(StrEnum):
    """What a column's values look like."""

    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    YES_NO = "yes/no"
    TEXT = "text"
    EMPTY = "empty"


class DateOrder(StrEnum):
    """The order in which a column's dates are written."""

    YEAR_FIRST = "year-month-day"
    DAY_FIRST = "day/month/year"
    MONTH_FIRST = "month/day/year"
    AMBIGUOUS = "ambiguous day/month"
    MIXED = "both day/month and month/day"


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """What a column looks like.

    ``fill``: the share of rows that are not blank, 0 to 1. ``date_order``: None unless it looks
    like dates. ``examples``: masked, at most three.
    """

    name: str
    fill: float
    look: Look
    date_order: DateOrder | None
    examples: tuple[str, ...]

    @property
    def words(self) -> str:
        """What it looks like, in words; for dates with their order."""
        return f"{self.look.value} {self.date_order.value}" if self.date_order else self.look.value


# The first that matches a value says what it is: a date is no phone, a phone no integer.
_PATTERNS: tuple[tuple[Look, str], ...] = (
    (Look.EMAIL, r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"),
    (
        Look.YES_NO,
        r"(?i)^(oui|non|yes|no|y|n|o|true|false|vrai|faux|x|0|1|on|off|si|sí|ja|nein)$",
    ),
    (
        Look.DATE,
        r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4}))"
        r"([T ]\d{1,2}:\d{2}[\d:.]*\s?([AaPp][Mm]|Z)?)?$",
    ),
    (Look.DECIMAL, r"^[+-]?\d*[.,]\d+$"),
    (
        Look.PHONE,
        r"(?i)^(\+\d|\(?\d)[\d\s().\x{a0}-]{5,18}\d\s*((x|ext\.?|poste|p\.)\s*\d{1,6})?$",
    ),
    (Look.INTEGER, r"^[+-]?\d+$"),
)
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
    examples: dict[str, None] = field(default_factory=dict)


class Recognition:
    """Learns what a table's columns look like from its chunks, one after the other.

    ``names``: the table's columns, for a table that may have no rows.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._rows = 0
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
                _learn(column, pc.utf8_trim_whitespace(sample))

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


def rows_of_table(chunk: Chunk) -> Chunk:
    """Keep a chunk's rows of the table: no blank or hidden ones, no notes, no other table's.

    Its findings are left behind.
    """
    kept = np.ones(len(chunk), dtype=bool)
    for finding in chunk.findings:
        if finding.severity is Severity.SKIP or finding.code is IssueCode.OTHER_TABLE:
            kept[finding.at] = False
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
    for look, pattern in _PATTERNS:
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


def masked(value: str) -> str:
    """Show a value's shape without the value: ``m…@d…``, ``514…34``, ``99/99/9999``, ``T…``."""
    local, at, domain = value.partition("@")
    if at and len(local) > 1 and len(domain) > 1:
        return f"{local[0]}…@{domain[0]}…"
    digits = [c for c in value if c.isdigit()]
    if re.match(_PATTERNS[2][1], value):
        return re.sub(r"\d", "9", value)
    if len(digits) >= 7 and len(digits) * 2 > len(value):
        return f"{''.join(digits[:3])}…{''.join(digits[-2:])}"
    return f"{value[0]}…" if len(value) > 1 else "…"
