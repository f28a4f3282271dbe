"""A workbook's cell as the text an operator sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

# Excel shows and stores no more digits of a number than these.
_DIGITS = 15
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def cell_text(value: Any) -> str:
    """Write a cell's value: text as it is, numbers without exponent, dates in ISO.

    A date-time at midnight is a date. Truth values are ``TRUE`` and ``FALSE``, durations
    ``hours:minutes:seconds``; a missing value is blank.
    """
    write = _WRITERS.get(type(value))
    return str(value) if write is None else write(value)


def unescaped(text: str) -> str:
    """Undo the ``_x000D_`` form in which a workbook stores control characters."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _float(value: float) -> str:
    if value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    text = f"{value:.{_DIGITS}g}"
    if "e" in text and 1e-20 < abs(value) < 1e21:
        text = f"{Decimal(text):f}"
    return text


def _datetime(value: datetime) -> str:
    if value.time() == time():
        return value.date().isoformat()
    return value.replace(tzinfo=None).isoformat(sep=" ", timespec=_precision(value.microsecond))


def _time(value: time) -> str:
    return value.isoformat(timespec=_precision(value.microsecond))


def _duration(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    seconds, microseconds = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    text = f"{sign}{hour:02}:{minute:02}:{second:02}"
    return f"{text}.{microseconds // 1000:03}" if microseconds else text


def _precision(microsecond: int) -> str:
    return "milliseconds" if microsecond else "seconds"


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: lambda value: value,
    float: _float,
    int: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    datetime: _datetime,
    date: date.isoformat,
    time: _time,
    timedelta: _duration,
    type(None): lambda _: "",
}
