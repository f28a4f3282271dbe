"""Dates and date-times: one explicit format, or the year first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.checking.column import Checked, Context, Mask, Problem, blanked, to_mask
from importer.date_formats import ISO_DATE, ISO_TIME, YEAR_FIRST, YEAR_FIRST_TIME, parse_date_format
from importer.issues import IssueCode, Severity
from importer.model import FieldRule, ValueType

_FIRST_YEAR = 1000


def check_date(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a date as ``2026-10-24``; a time of day is left out with a warning."""
    return _check(texts, rule, context)


def check_datetime(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a date-time as ``2026-10-24 09:30:00``; a date alone means midnight."""
    return _check(texts, rule, context)


def _check(texts: Any, rule: FieldRule, context: Context) -> Checked:
    timed = rule.type is ValueType.DATETIME
    result = pa.nulls(len(texts), pa.large_string())
    matched = np.zeros(len(texts), dtype=bool)
    clocked = np.zeros(len(texts), dtype=bool)
    for pattern in _patterns(rule, context):
        if matched.all():
            break
        moments, fits, has_time = _read(texts, pattern)
        fresh = fits & ~matched
        matched |= fits
        clocked |= fresh & has_time
        result = pc.if_else(pa.array(fresh), _written(moments, timed=timed), result)
    problems = []
    if not matched.all():
        problems.append(Problem(IssueCode.DATE_INVALID, ~matched, rule.format or "YYYY-MM-DD"))
    impossible = matched & to_mask(pc.is_null(result))
    if impossible.any():
        problems.append(Problem(IssueCode.DATE_IMPOSSIBLE, impossible))
    if not timed and (clocked & ~impossible).any():
        dropped = clocked & ~impossible
        problems.append(Problem(IssueCode.TIME_DROPPED, dropped, severity=Severity.WARNING))
    return Checked(blanked(result, ~matched | impossible), tuple(problems))


def _patterns(rule: FieldRule, context: Context) -> list[str]:
    """Give the forms that count, the mapping's own first."""
    patterns = []
    if rule.format is not None:
        patterns.append(parse_date_format(rule.format).pattern)
    if rule.format is None:
        patterns += [YEAR_FIRST, YEAR_FIRST_TIME]
    elif context.typed_dates:
        patterns += [f"{ISO_DATE}$", ISO_DATE + ISO_TIME]
    return patterns


def _read(texts: Any, pattern: str) -> tuple[NDArray[np.datetime64], Mask, Mask]:
    """Read the texts that fit a pattern: moments (NaT: not in the calendar), fit, has a time."""
    found = pc.extract_regex(texts, pattern)
    fits = to_mask(pc.is_valid(found))
    names = {found.type.field(i).name for i in range(found.type.num_fields)}
    numbers = {name: _numbers(found, name, names) for name in _PARTS}
    months = (numbers["year"] - 1970) * 12 + numbers["month"] - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    days = first + (numbers["day"] - 1).astype("timedelta64[D]")
    real = (
        fits
        & (numbers["year"] >= _FIRST_YEAR)
        & (numbers["month"] >= 1)
        & (numbers["month"] <= 12)
        & (numbers["day"] >= 1)
        & (days.astype("datetime64[M]").astype(np.int64) == months)
        & (numbers["hour"] < 24)
        & (numbers["minute"] < 60)
        & (numbers["second"] < 60)
    )
    clock = numbers["hour"] * 3600 + numbers["minute"] * 60 + numbers["second"]
    moments = days.astype("datetime64[s]") + clock.astype("timedelta64[s]")
    moments[~real] = np.datetime64("NaT")
    return moments, fits, fits & (clock > 0)


_PARTS = ("year", "month", "day", "hour", "minute", "second")


def _numbers(found: Any, name: str, names: set[str]) -> NDArray[np.int64]:
    """Read one part of each match as numbers; 0 where the pattern or the text has no such part."""
    if name not in names:
        return np.zeros(len(found), dtype=np.int64)
    part = pc.struct_field(found, name)
    part = pc.if_else(pc.equal(pc.binary_length(part), 0), "0", part)
    numbers: NDArray[np.int64] = pc.fill_null(pc.cast(part, pa.int64()), 0).to_numpy(
        zero_copy_only=False
    )
    return numbers


def _written(moments: NDArray[np.datetime64], *, timed: bool) -> Any:
    if timed:
        return pa.array(moments.astype("datetime64[s]")).cast(pa.string()).cast(pa.large_string())
    return pa.array(moments.astype("datetime64[D]")).cast(pa.string()).cast(pa.large_string())
