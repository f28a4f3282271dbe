"""What each kind of field takes, and how it is kept.

Documented: ``yyyy.MM.dd`` dates, opt-ins "1"/"0", true/false for the tracking consent, 100
characters of short text. Everything else, strictness above all, is the sandbox's invention.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, time
from functools import lru_cache

from importer.sandbox.errors import UnfitValueError
from importer.sandbox.project import FieldKind

Scalar = str | int | float
Check = Callable[[object], Scalar]

_DATE = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})", re.ASCII)
_YES_NO = {"1": "1", "0": "0", "true": "1", "false": "0"}


def check_for(kind: FieldKind, longest: int) -> Check:
    """The check of a kind: takes a JSON value, gives what is kept, raises UnfitValueError."""
    match kind:
        case FieldKind.TEXT:
            return _text_check(longest)
        case FieldKind.EMAIL:
            return _address_check(longest)
        case FieldKind.DATE:
            return check_date
        case FieldKind.DATETIME:
            return check_datetime
        case FieldKind.INTEGER:
            return check_integer
        case FieldKind.DECIMAL:
            return check_decimal
        case FieldKind.BOOLEAN:
            return check_yes_no


def _text_check(longest: int) -> Check:
    def check(value: object) -> str:
        if type(value) is not str:
            raise UnfitValueError(f"{_shown(value)} is not text; send a JSON string")
        if len(value) > longest:
            raise UnfitValueError(f"text of {len(value)} characters; the field holds {longest}")
        return value

    return check


def _address_check(longest: int) -> Check:
    check_text = _text_check(longest)

    def check(value: object) -> Scalar:
        text = str(check_text(value))
        before, at, after = text.strip().rpartition("@")
        if not (before and at and after):
            raise UnfitValueError(f"{_shown(text)} is not an e-mail address")
        return text

    return check


def check_yes_no(value: object) -> str:
    """Take "1", "0", true, false in any of their forms; keep "1" or "0"."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str) and value.lower() in _YES_NO:
        return _YES_NO[value.lower()]
    if type(value) is int and value in (0, 1):
        return str(value)
    raise UnfitValueError(f"{_shown(value)} is not a yes or no; send 1, 0, true or false")


def check_integer(value: object) -> int:
    """Take a JSON integer."""
    if type(value) is not int:
        raise UnfitValueError(f"{_shown(value)} is not a JSON integer")
    return value


def check_decimal(value: object) -> float:
    """Take a JSON number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnfitValueError(f"{_shown(value)} is not a JSON number")
    return value


def check_date(value: object) -> str:
    """Take ``yyyy.MM.dd``, a day that exists."""
    if not isinstance(value, str) or not _is_date(value):
        raise UnfitValueError(f"{_shown(value)} is not a date; send yyyy.MM.dd")
    return value


def check_datetime(value: object) -> str:
    """Take ``yyyy.MM.dd HH:mm:ss``."""
    if not isinstance(value, str) or not _is_datetime(value):
        raise UnfitValueError(f"{_shown(value)} is not a date-time; send yyyy.MM.dd HH:mm:ss")
    return value


def check_moment(value: object) -> str:
    """Take a date, with or without its time: nothing says which one an opt-in date is."""
    if isinstance(value, str) and (_is_date(value) or _is_datetime(value)):
        return value
    raise UnfitValueError(f"{_shown(value)} is not a date; send yyyy.MM.dd, or yyyy.MM.dd HH:mm:ss")


@lru_cache(maxsize=4096)
def _is_date(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    day, _, clock = text.partition(" ")
    match = _TIME.fullmatch(clock)
    if match is None or not _is_date(day):
        return False
    try:
        time(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
