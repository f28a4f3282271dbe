"""Dates in numbers whose order is not known: what each may mean, and the format that says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.language import mark, tr
from importer.masks import Mask, to_mask

Rows = NDArray[np.int64]

# The last number is the year, or where it has two digits perhaps the first.
_NUMERIC = (
    r"^(?P<first>[0-9]{1,2})(?P<sign>[-/. ])(?P<second>[0-9]{1,2})(?P<again>[-/. ])"
    r"(?P<third>[0-9]{4}|[0-9]{2})"
    r"(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?: ?(?i:[ap]m))?)?$"
)
ORDERS = {"day": ("DD", "MM", "YY"), "month": ("MM", "DD", "YY"), "year": ("YY", "MM", "DD")}
"""What may come first: the signs in that order."""
PARTS = {"day": mark("the day"), "month": mark("the month"), "year": mark("the year")}
_MONTHS = (
    mark("January"), mark("February"), mark("March"), mark("April"), mark("May"), mark("June"),
    mark("July"), mark("August"), mark("September"), mark("October"), mark("November"),
    mark("December"),
)  # fmt: skip


class Example(NamedTuple):
    """A date of the column, as text, and the row it stands in."""

    row: int
    text: str

    @property
    def said(self) -> str:
        """How a sentence names it."""
        return tr('"{text}" (row {row})', text=self.text, row=self.row)


class DistinctTexts(NamedTuple):
    """Some rows' texts, and how often each distinct one stands there."""

    texts: Any
    rows: Rows
    values: Any
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Any, rows: Rows) -> Self:
        """Count texts, none of them missing."""
        counted = pc.value_counts(texts)
        return cls(texts, rows, counted.field(0), counted.field(1).to_numpy())

    def example(self, mask: Mask) -> Example:
        """Give the first marked value with its first row."""
        text = self.values[int(mask.argmax())].as_py()
        return Example(int(self.rows[pc.index(self.texts, text).as_py()]), text)


class NumericDates(NamedTuple):
    """Which texts are dates in numbers, and which may have each part first.

    ``differ``: with the day first it is another day than with the month first.
    """

    fits: Mask
    may: dict[str, Mask]
    differ: Mask


def numeric_dates(values: Any) -> NumericDates:
    """Find the dates in numbers whose year is not the first, with four digits."""
    found = pc.extract_regex(values, _NUMERIC)
    parts = {name: pc.struct_field(found, name) for name in ("first", "second", "third")}
    first, second, third = (numbers_of(part) for part in parts.values())
    alike = to_mask(pc.equal(pc.struct_field(found, "sign"), pc.struct_field(found, "again")))
    short = to_mask(pc.equal(pc.binary_length(parts["third"]), 2))
    may = {
        "day": alike & _is_day(first) & _is_month(second),
        "month": alike & _is_month(first) & _is_day(second),
        "year": alike & short & _is_month(second) & _is_day(third),
    }
    fits = may["day"] | may["month"] | may["year"]
    return NumericDates(fits, may, may["day"] & may["month"] & (first != second))


def numbers_of(digits: Any) -> NDArray[np.int64]:
    """Read digits as numbers; 0 where they are missing."""
    numbers: NDArray[np.int64] = pc.fill_null(pc.cast(digits, "int64"), 0).to_numpy(
        zero_copy_only=False
    )
    return numbers


def _is_day(numbers: NDArray[np.int64]) -> Mask:
    return (numbers >= 1) & (numbers <= 31)


def _is_month(numbers: NDArray[np.int64]) -> Mask:
    return (numbers >= 1) & (numbers <= 12)


def shape_of(text: str) -> str:
    """Give a text with 9 for every digit."""
    return re.sub("[0-9]", "9", text)


def format_of(shape: str, first: str) -> str:
    """Write the shape of a date in numbers as a format, with that part first."""
    sign = next(sign for sign in shape if sign != "9")
    date = re.match(r"9+[^9]9+[^9]9+", shape)
    assert date is not None  # of such texts only
    long = date[0].endswith("9999")
    written = sign.join("YYYY" if one == "YY" and long else one for one in ORDERS[first])
    clock = shape[date.end() :]
    if clock:
        half = clock[-1] in "mM"
        written += " hh:mm" if half else " HH:mm"
        written += ":ss" if clock.count(":") > 1 else ""
        written += " A" if half else ""
    return written


def in_words(numbers: Sequence[str], first: str) -> str:
    """Say which day three numbers are, with that part first."""
    parts = dict(zip(ORDERS[first], numbers, strict=True))
    year = parts["YY"] if len(parts["YY"]) > 2 else tr("'{year}", year=parts["YY"])
    day, month = int(parts["DD"]), tr(_MONTHS[int(parts["MM"]) - 1])
    if day == 1:
        return tr("1 {month} {year}", month=month, year=year)
    return tr("{day} {month} {year}", day=day, month=month, year=year)


def numbers_in(text: str) -> list[str]:
    """Give the three numbers with which a text begins."""
    return re.findall("[0-9]+", text)[:3]
