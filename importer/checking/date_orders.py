"""What only a whole column of dates tells: the order they are written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.checking.choices import either
from importer.checking.column import (
    flat,
)
from importer.checking.date_swaps import DateSwap
from importer.checking.numeric_dates import (
    ORDERS,
    PARTS,
    DistinctTexts,
    Example,
    NumericDates,
    Rows,
    format_of,
    in_words,
    numbers_in,
    numeric_dates,
)
from importer.checking.transforms import transformed
from importer.date_formats import LIKELY_SERIAL, parse_date_format
from importer.field_rules import FieldRule, ValueType
from importer.language import tr
from importer.masks import Mask, to_mask

_YEAR_STARTS = "^[0-9]{4}[-/.]"
_OTHERS = (
    "D MMMM YYYY", "MMMM D, YYYY", "MMMM D YYYY", "D-MMM-YYYY", "D-MMM-YY", "D MMM YY",
    "dddd D MMMM YYYY", "dddd, MMMM D, YYYY",
)  # fmt: skip
_EIGHT_DIGITS = "^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])$"


class DateOrders:
    """Learns from a column's chunks how its dates are written."""

    def __init__(self, rule: FieldRule) -> None:
        self._rule = rule
        self._written = _Unformatted(rule) if not rule.formats else None
        self._swap = DateSwap(rule) if rule.real_dates is None else None

    def add(self, texts: Any, rows: Rows, passed_over: Mask, typed_dates: bool) -> None:
        """Learn from a chunk's trimmed texts (blank ones missing).

        ``rows``: the numbers that a spreadsheet shows. ``passed_over``: rows that do not count.
        ``typed_dates``: the chunk is of a workbook, whose real dates stand as ISO text.
        """
        swap = self._swap if typed_dates and self._swap and self._swap.possible else None
        if self._written is None and swap is None:
            return
        texts = self._counting(flat(texts), passed_over)
        year_first = to_mask(pc.match_substring_regex(texts, _YEAR_STARTS))
        other = to_mask(pc.is_valid(texts)) & ~year_first
        if self._written is not None:
            self._written.filled += len(texts) - texts.null_count
        if swap is not None and year_first.any():
            real = texts.filter(pa.array(year_first))
            swap.learn_real(DistinctTexts.of(real, rows[year_first]))
        if other.any():
            column = DistinctTexts.of(texts.filter(pa.array(other)), rows[other])
            if self._written is not None:
                self._written.learn(column)
            if swap is not None:
                swap.learn_texts(column)

    def obstacle(self) -> str:
        """Say in a sentence why the column cannot be read as it is; empty when it can."""
        said = self._swap.sentence() if self._swap is not None else ""
        if not said and self._written is not None:
            said = self._written.sentence()
        if not said:
            return ""
        return tr('In column "{column}", {said}', column=self._rule.column, said=said)

    def _counting(self, texts: Any, passed_over: Mask) -> Any:
        """Take away what counts for nothing: rows passed over, and texts that stand for others."""
        listed = [text for text, _ in self._rule.values]
        if self._rule.clear_token is not None:
            listed.append(self._rule.clear_token)
        gone = passed_over
        if listed:
            gone = gone | to_mask(pc.is_in(texts, pa.array(listed, pa.large_string())))
        if gone.any():
            texts = pc.if_else(pa.array(gone), pa.scalar(None, pa.large_string()), texts)
        return transformed(texts, self._rule)


class _Unformatted:
    """Learns how the dates of a column are written that has no format.

    ``filled``: how many texts the column has, of any kind.
    """

    def __init__(self, rule: FieldRule) -> None:
        self.filled = 0
        self._rule = rule
        self._shapes: Counter[str] = Counter()  # of dates in numbers
        self._first: Example | None = None
        self._ambiguous: Example | None = None
        self._against: dict[str, Example] = {}  # the part that cannot come first: why
        self._others: Counter[str] = Counter()  # formats of other dates
        self._first_other: Example | None = None

    def learn(self, column: DistinctTexts) -> None:
        """Learn from texts in which no year of four digits comes first."""
        numeric = numeric_dates(column.values)
        if numeric.fits.any():
            self._learn_numeric(column, numeric)
        if not numeric.fits.all():
            self._learn_others(column, ~numeric.fits)

    def _learn_numeric(self, column: DistinctTexts, numeric: NumericDates) -> None:
        self._first = self._first or column.example(numeric.fits)
        if self._ambiguous is None and numeric.differ.any():
            self._ambiguous = column.example(numeric.differ)
        for part, may in numeric.may.items():
            against = numeric.fits & ~may
            if part not in self._against and against.any():
                self._against[part] = column.example(against)
        texts = column.values.filter(pa.array(numeric.fits))
        shapes = pc.replace_substring_regex(texts, pattern="[0-9]", replacement="9")
        shapes = shapes.dictionary_encode()
        counts = np.bincount(shapes.indices.to_numpy(), weights=column.counts[numeric.fits])
        self._shapes.update(
            dict(zip(shapes.dictionary.to_pylist(), counts.astype(int).tolist(), strict=True))
        )

    def _learn_others(self, column: DistinctTexts, left: Mask) -> None:
        patterns = {"excel": LIKELY_SERIAL, "YYYYMMDD": _EIGHT_DIGITS}
        patterns |= {text: parse_date_format(text).pattern for text in _OTHERS}
        for text, pattern in patterns.items():
            fits = left & to_mask(pc.match_substring_regex(column.values, pattern))
            if fits.any():
                self._others[text] += int(column.counts[fits].sum())
                self._first_other = self._first_other or column.example(fits)
                left = left & ~fits

    def sentence(self) -> str:
        """Say what the dates look like and which format to write, if half of the texts do."""
        if self._first is not None and 2 * self._shapes.total() >= self.filled:
            return self._of_numbers(self._first)
        if self._first_other is not None and 2 * self._others.total() >= self.filled:
            formats = [text for text, _ in self._others.most_common()]
            return tr(
                "only a format tells how to read {example}: {remedy}",
                example=self._first_other.said,
                remedy=self._write([formats]),
            )
        return ""

    def _of_numbers(self, first: Example) -> str:
        possible = [part for part in ORDERS if part not in self._against]
        if not possible:
            told = dict.fromkeys(self._against[part] for part in ("month", "day", "year"))
            one, other = sorted(list(told)[:2])
            return tr(
                "the dates are of both orders, such as {one} and {other}: give each order a "
                "column of its own, or mend the rows of one of them.",
                one=one.said,
                other=other.said,
            )
        remedy = self._write([self._formats(part) for part in possible])
        if len(possible) == 1:
            why = next(self._against[part] for part in ("day", "month") if part in self._against)
            return tr(
                "{part} comes first in the dates, as {why} shows: {remedy}",
                part=tr(PARTS[possible[0]]),
                why=why.said,
                remedy=remedy,
            )
        if self._ambiguous is None or not {"day", "month"} <= set(possible):
            return tr(
                "nothing tells the order of the dates, such as {example}: {remedy}",
                example=first.said,
                remedy=remedy,
            )
        numbers = numbers_in(self._ambiguous.text)
        readings = either(in_words(numbers, part) for part in possible)
        return tr(
            "{example} is {readings}: {remedy}",
            example=self._ambiguous.said,
            readings=readings,
            remedy=remedy,
        )

    def _formats(self, part: str) -> list[str]:
        """Write the column's shapes as formats, the most frequent first."""
        shapes = [shape for shape, _ in self._shapes.most_common()]
        return list(dict.fromkeys(format_of(shape, part) for shape in shapes))

    def _write(self, choices: Sequence[Sequence[str]]) -> str:
        """Say what to put into the mapping: one of these lists of formats."""
        options = [
            f"format: {one[0]}" if len(one) == 1 else f"format: [{', '.join(one)}]"
            for one in choices
        ]
        known = [parse_date_format(text) for formats in choices for text in formats]
        said = tr("write {formats} in the mapping.", formats=either(options))
        if self._rule.pivot is None and any(form.short_year for form in known):
            said = tr(
                "{said} Years of two digits also need the last one of the 2000s, such as "
                "pivot: 30.",
                said=said,
            )
        if self._rule.type is ValueType.DATETIME and not all(form.timed for form in known):
            said = tr("{said} Without a time of day they also need type: date.", said=said)
        return said
