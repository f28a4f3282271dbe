"""Dates and date-times: in the mapping's formats, or the year first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.checking.choices import either
from importer.checking.column import (
    Checked,
    Context,
    Problem,
)
from importer.date_formats import (
    ISO_DATE,
    ISO_TIME,
    LIKELY_SERIAL,
    YEAR_FIRST,
    YEAR_FIRST_TIME,
    month_number,
    parse_date_format,
)
from importer.field_rules import FieldRule, RealDates, ValueType
from importer.issues import IssueCode, Severity
from importer.language import tr
from importer.masks import Mask, to_mask

Moments = NDArray[np.datetime64]
Numbers = NDArray[np.int64]

_FIRST_YEAR = 1000
_NOT_A_MOMENT = np.datetime64("NaT")
# Spreadsheets count 1 January 1900 as day 1 and have a 29 February 1900 as day 60, which never was.
_DAY_0, _FALSE_DAY, _DAY_0_AFTER_IT = np.datetime64("1899-12-31"), 60, np.datetime64("1899-12-30")
_DAY_0_OF_1904 = np.datetime64("1904-01-01")
_LAST_DAY = np.datetime64("9999-12-31")
# The usual way of programs, by far the quickest to read; but for 29 February, which needs a look
# at the year, whatever has this form is in the calendar.
_USUAL_MOMENT = (
    r"^[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31) (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
)
# Forms that a hint names; none of them reads what another reads, but for day and month.
_USUAL = (
    "YYYY-MM-DD", "YYYY/MM/DD", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY", "MM-DD-YYYY",
    "DD.MM.YYYY", "YYYYMMDD", "D MMMM YYYY", "MMMM D, YYYY", "D-MMM-YYYY",
)  # fmt: skip


def check_date(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a date as ``2026-10-24``; a time of day is left out with a warning."""
    return _check(texts, rule, context)


def check_datetime(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a date-time as ``2026-10-24 09:30:00``; a date alone means midnight."""
    return _check(texts, rule, context)


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to read dates. ``swapped``: day and month change places, where both can be a month."""

    pattern: str
    pivot: int | None = None
    swapped: bool = False


def _check(texts: Any, rule: FieldRule, context: Context) -> Checked:
    timed = rule.type is ValueType.DATETIME
    moments, matched = _read_all(texts, _forms(rule, context))
    real = ~np.isnat(moments)
    problems = []
    if not matched.all():
        problems.append(
            Problem(IssueCode.DATE_INVALID, ~matched, _why_invalid(texts, ~matched, rule))
        )
    impossible = matched & ~real
    if impossible.any():
        details = _why_impossible(texts, impossible, rule)
        problems.append(Problem(IssueCode.DATE_IMPOSSIBLE, impossible, details))
    days = moments.astype("datetime64[D]")
    if not rule.future:
        late = days > np.datetime64(context.today)
        if late.any():
            problems.append(Problem(IssueCode.DATE_IN_FUTURE, late))
            real &= ~late
    if not timed:
        dropped = real & (days != moments)
        if dropped.any():
            problems.append(Problem(IssueCode.TIME_DROPPED, dropped, severity=Severity.WARNING))
    written = pa.array(moments if timed else days, mask=~real)
    return Checked(written.cast(pa.string()).cast(pa.large_string()), tuple(problems))


def _forms(rule: FieldRule, context: Context) -> list[_Form]:
    """Give the forms that count, the mapping's own before those that every program writes."""
    swapped = rule.real_dates is RealDates.SWAP
    forms = [_Form(parse_date_format(one).pattern, rule.pivot) for one in rule.formats]
    real = [_Form(f"{ISO_DATE}$", swapped=swapped), _Form(ISO_DATE + ISO_TIME, swapped=swapped)]
    if not rule.formats:
        usual = [] if swapped or rule.type is ValueType.DATE else [_Form(_USUAL_MOMENT)]
        forms = [*usual, _Form(YEAR_FIRST), _Form(YEAR_FIRST_TIME)]
        real = real if swapped else []
    if not context.typed_dates:
        return forms
    return real + forms if swapped else forms + real


def _read_all(texts: Any, forms: Sequence[_Form]) -> tuple[Moments, Mask]:
    """Read each text in the first form that it fits; tell also which fit any."""
    moments = np.full(len(texts), _NOT_A_MOMENT, dtype="datetime64[s]")
    left = np.arange(len(texts))
    for form in forms:
        if not len(left):
            break
        here = texts if len(left) == len(texts) else texts.take(pa.array(left))
        read, fits = _read(here, form)
        moments[left[fits]] = read[fits]
        left = left[~fits]
    matched = np.ones(len(texts), dtype=bool)
    matched[left] = False
    return moments, matched


def _read(texts: Any, form: _Form) -> tuple[Moments, Mask]:
    """Read the texts that fit a form: moments (NaT: not in the calendar), and which fit."""
    if form.pattern == _USUAL_MOMENT:
        usual = pc.match_substring_regex(texts, _USUAL_MOMENT)
        read = pc.if_else(usual, texts, pa.scalar(None, pa.large_string())).cast(pa.timestamp("s"))
        return read.to_numpy(zero_copy_only=False), to_mask(usual)
    found = pc.extract_regex(texts, form.pattern)
    fits = to_mask(pc.is_valid(found))
    parts = {field.name: pc.struct_field(found, i) for i, field in enumerate(found.type)}
    if "serial" in parts or "serial_1904" in parts:
        return _moments_of_serials(parts), fits
    if "short_year" in parts and form.pivot is None:
        return np.full(len(texts), _NOT_A_MOMENT, dtype="datetime64[s]"), np.zeros_like(fits)
    years, month, day = _years(parts, form.pivot), _months(parts), _numbers(parts, "day")
    if form.swapped:
        both = (day >= 1) & (day <= 12)
        month, day = np.where(both, day, month), np.where(both, month, day)
    hour, in_half = _hours(parts)
    minute, second = _numbers(parts, "minute"), _numbers(parts, "second")
    months = (years - 1970) * 12 + month - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    days = first + (day - 1).astype("timedelta64[D]")
    real = fits & in_half & (years >= _FIRST_YEAR) & (month >= 1) & (month <= 12) & (day >= 1)
    real &= days.astype("datetime64[M]").astype(np.int64) == months
    real &= (hour < 24) & (minute < 60) & (second < 60)
    clock = hour * 3600 + minute * 60 + second
    moments = days.astype("datetime64[s]") + clock.astype("timedelta64[s]")
    moments[~real] = _NOT_A_MOMENT
    return moments, fits


Parts = dict[str, Any]
_OPTIONAL = {"second", "fraction"}


def _numbers(parts: Parts, name: str) -> Numbers:
    """Read one part of each match as numbers; 0 where the pattern or the text has no such part."""
    if name not in parts:
        return np.zeros(len(next(iter(parts.values()))), dtype=np.int64)
    part = parts[name]
    if name in _OPTIONAL:
        part = pc.if_else(pc.equal(pc.binary_length(part), 0), "0", part)
    numbers: Numbers = pc.fill_null(pc.cast(part, pa.int64()), 0).to_numpy(zero_copy_only=False)
    return numbers


def _years(parts: Parts, pivot: int | None) -> Numbers:
    if "short_year" not in parts or pivot is None:
        return _numbers(parts, "year")
    short = _numbers(parts, "short_year")
    return short + np.where(short <= pivot, 2000, 1900)


def _months(parts: Parts) -> Numbers:
    if "month_name" not in parts:
        return _numbers(parts, "month")
    names = parts["month_name"].dictionary_encode()
    known = [month_number(name) or 0 for name in names.dictionary.to_pylist()]
    numbers = np.array([*known, 0], dtype=np.int64)
    months: Numbers = numbers[names.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return months


def _hours(parts: Parts) -> tuple[Numbers, Mask | bool]:
    """Read the hours; tell also where a clock of twelve hours can show them."""
    hour = _numbers(parts, "hour")
    if "half" not in parts:
        return hour, True
    evening = to_mask(pc.match_substring_regex(parts["half"], "^[Pp]"))
    return hour % 12 + np.where(evening, 12, 0), (hour >= 1) & (hour <= 12)


def _moments_of_serials(parts: Parts) -> Moments:
    """Read the numbers by which spreadsheets count days, a day's time as its fraction."""
    digits = pc.fill_null(pc.binary_length(parts["fraction"]), 0).to_numpy(zero_copy_only=False)
    fraction = _numbers(parts, "fraction") / 10.0**digits
    clock = np.rint(fraction * 86_400).astype("timedelta64[s]")
    if "serial_1904" in parts:
        number = _numbers(parts, "serial_1904")
        days = _DAY_0_OF_1904 + number.astype("timedelta64[D]")
        real = days <= _LAST_DAY
    else:
        number = _numbers(parts, "serial")
        start = np.where(number < _FALSE_DAY, _DAY_0, _DAY_0_AFTER_IT)
        days = start + number.astype("timedelta64[D]")
        real = (number >= 1) & (number != _FALSE_DAY) & (days <= _LAST_DAY)
    moments: Moments = days.astype("datetime64[s]") + clock
    moments[~real | (moments.astype("datetime64[D]") > _LAST_DAY)] = _NOT_A_MOMENT
    return moments


# --- hints ----------------------------------------------------------------------------------


def _why_invalid(texts: Any, wrong: Mask, rule: FieldRule) -> str | list[str]:
    """Say which forms count, and for each text which others it would have."""
    listed = rule.formats or ("YYYY-MM-DD",)
    *others, last = listed
    forms = either([", ".join(others), last] if others else [last])
    texts = texts.filter(pa.array(wrong))
    hints = np.zeros(len(texts), dtype=np.int64)
    known = [parse_date_format(one) for one in listed]
    if not any(one.serial for one in known):
        hints[to_mask(pc.match_substring_regex(texts, LIKELY_SERIAL))] = 1
    for place, usual in enumerate(_USUAL, 1):
        moments, _ = _read(texts, _Form(parse_date_format(usual).pattern))
        hints[~np.isnat(moments)] |= 1 << place
    if not hints.any():
        return forms
    written = {hint: _with_hint(forms, int(hint), listed) for hint in np.unique(hints)}
    return [written[hint] for hint in hints]


def _with_hint(forms: str, bits: int, listed: Sequence[str]) -> str:
    if not bits:
        return forms
    if bits & 1:
        return tr(
            "{forms}; it looks like the number of a day in a spreadsheet: `{format}` reads such "
            "numbers",
            forms=forms,
            format=f"format: [{', '.join(listed)}, excel]",
        )
    fitting = either(usual for place, usual in enumerate(_USUAL, 1) if bits >> place & 1)
    return tr("{forms}; it would fit {fitting}", forms=forms, fitting=fitting)


def _why_impossible(texts: Any, wrong: Mask, rule: FieldRule) -> str | list[str]:
    """Say which texts would be days if day and month changed places."""
    forms = [
        _Form(_other_order(parse_date_format(one).pattern), rule.pivot) for one in rule.formats
    ]
    moments, _ = _read_all(
        texts.filter(pa.array(wrong)), forms or [_Form(_other_order(YEAR_FIRST))]
    )
    turned = ~np.isnat(moments)
    if not turned.any():
        return ""
    said = tr(" With day and month in each other's place it would.")
    return [said if one else "" for one in turned]


@lru_cache(maxsize=64)
def _other_order(pattern: str) -> str:
    """Make the pattern of the same form with day and month in each other's place."""
    if "(?P<month>" not in pattern:
        return pattern
    return re.sub(r"\?P<(day|month)>", lambda one: f"?P<{_TURNED[one[1]]}>", pattern)


_TURNED = {"day": "month", "month": "day"}
