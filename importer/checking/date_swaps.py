"""Real dates of which a spreadsheet program took the day for the month."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from importer.checking.numeric_dates import (
    PARTS,
    DistinctTexts,
    Example,
    format_of,
    in_words,
    numbers_in,
    numbers_of,
    numeric_dates,
    shape_of,
)
from importer.date_formats import ISO_DATE, parse_date_format
from importer.field_rules import FieldRule
from importer.language import tr
from importer.masks import to_mask

_TURNED = {"day": "month", "month": "day"}


class DateSwap:
    """Learns from a workbook's column whether its real dates are likely wrong.

    A text that was a date in the program's own order became a real date, with day and month in
    each other's place; one that was none stayed a text. So the day of no real date is above 12, and
    that of every text is. ``possible``: nothing was seen that speaks against it.
    """

    def __init__(self, rule: FieldRule) -> None:
        self._formats = [parse_date_format(text) for text in rule.formats]
        orders = {form.date_order[:2] for form in self._formats}
        first = {order[0] for order in orders & {("day", "month"), ("month", "day")}}
        self.possible = not rule.formats or len(first) == 1
        self._first = first.pop() if len(first) == 1 else ""  # what comes first in the texts
        self._real: Example | None = None
        self._text: Example | None = None

    def learn_real(self, column: DistinctTexts) -> None:
        """Learn from texts that begin with a year of four digits, as real dates do."""
        found = pc.extract_regex(column.values, f"{ISO_DATE}(?:[ T].*)?$")
        month, day = (numbers_of(pc.struct_field(found, name)) for name in ("month", "day"))
        if (day > 12).any():
            self.possible = False
        telling = (day != month) & (day >= 1) & (month >= 1) & (month <= 12)
        if self._real is None and telling.any():
            self._real = column.example(telling)

    def learn_texts(self, column: DistinctTexts) -> None:
        """Learn from the other texts: is each of them no date in the other order?"""
        may = numeric_dates(column.values).may
        dates = may["day"] | may["month"]
        if self._formats:
            patterns = [form.pattern for form in self._formats]
            fits = [to_mask(pc.match_substring_regex(column.values, one)) for one in patterns]
            dates &= np.logical_or.reduce(fits)
        if not dates.any():
            return
        only = [first for first, other in _TURNED.items() if not (dates & may[other]).any()]
        self._first = self._first or "".join(only)
        if only != [self._first]:
            self.possible = False
        elif self._text is None:
            self._text = column.example(dates)

    def sentence(self) -> str:
        """Show the likely swap; empty where there is none."""
        if not self.possible or self._real is None or self._text is None:
            return ""
        year, month, day = numbers_in(self._real.text)
        return tr(
            "row {row} holds the real date {date}, and row {other} holds "
            '"{text}" as text: a spreadsheet program that expects {part} first has likely taken '
            "day for month, so that row {row} would be {turned}. Write {swap} in the mapping, or "
            "{keep} if its real dates are right.",
            row=self._real.row,
            date=self._real.text[:10],
            other=self._text.row,
            text=self._text.text,
            part=tr(PARTS[_TURNED[self._first]]),
            turned=in_words((month, day, year), "day"),
            swap=self._with_its_format("real_dates: swap", self._text.text),
            keep=self._with_its_format("real_dates: keep", self._text.text),
        )

    def _with_its_format(self, setting: str, text: str) -> str:
        """Name a setting, and the format where the mapping lacks it, which such a text has."""
        if self._formats:
            return setting
        form = f"format: {format_of(shape_of(text), self._first)}"
        return tr("{format} with {setting}", format=form, setting=setting)
