"""A workbook's cell as the text an operator sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

# Excel shows and stores no more digits of a number than these.
_DIGITS = 15
ROUNDED_FROM = 1e15
"""Whole numbers from here on have more digits than a spreadsheet program keeps."""
WRITTEN_OUT_BELOW = 1e21
"""Larger numbers are written with an exponent."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# A time of day is stored as a part of a day, so a whole second is seldom stored exactly.
_NEAR_MICROSECONDS = 1_000


def cell_text(value: Any) -> str:
    """Write a cell's value: text as it is, numbers without exponent, dates in ISO.

    A date-time at midnight is a date. Truth values are ``TRUE`` and ``FALSE``, durations
    ``hours:minutes:seconds``; a missing value is blank.
    """
    write = _WRITERS.get(type(value))
    return str(value) if write is None else write(value)


def plain_number(value: float) -> str:
    """Write a number with the digits that a spreadsheet program keeps, the others as zeros."""
    if abs(value) < ROUNDED_FROM and value == int(value):
        return str(int(value))
    text = f"{value:.{_DIGITS}g}"
    if "e" in text and 1e-20 < abs(value) < WRITTEN_OUT_BELOW:
        text = f"{Decimal(text):f}"
    return text


def unescaped(text: str) -> str:
    """Undo the ``_x000D_`` form in which a workbook stores control characters."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _datetime(value: datetime) -> str:
    value = _to_second(value.replace(tzinfo=None))
    if value.time() == time():
        return value.date().isoformat()
    return value.isoformat(sep=" ", timespec=_precision(value.microsecond))


def _time(value: time) -> str:
    near = _to_second(datetime.combine(date(2000, 1, 1), value.replace(tzinfo=None)))
    if near.day > 1:  # the last moment of a day is not its first
        near = near.replace(day=1, hour=23, minute=59, second=59)
    return near.time().isoformat(timespec=_precision(near.microsecond))


def _duration(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    whole = abs(value) // timedelta(microseconds=1)
    seconds, microseconds = divmod(whole, 1_000_000)
    if microseconds >= 1_000_000 - _NEAR_MICROSECONDS:
        seconds, microseconds = seconds + 1, 0
    elif microseconds <= _NEAR_MICROSECONDS:
        microseconds = 0
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{sign}{hour:02}:{minute:02}:{second:02}"
    return f"{text}.{microseconds // 1000:03}" if microseconds else text


def _to_second(value: datetime) -> datetime:
    if value.microsecond <= _NEAR_MICROSECONDS:
        return value.replace(microsecond=0)
    if value.microsecond < 1_000_000 - _NEAR_MICROSECONDS or value >= _LAST_SECOND:
        return value
    return value.replace(microsecond=0) + timedelta(seconds=1)


def _precision(microsecond: int) -> str:
    return "milliseconds" if microsecond else "seconds"


_LAST_SECOND = datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001 - cells have no time zone
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value,
    float: plain_number,
    int: plain_number,
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime: _datetime,
    date: date.isoformat,
    time: _time,
    timedelta: _duration,
    type(None): lambda _: "",
}
