"""What data fields and identifiers take, and how it is kept.

Documented: ISO 8601 dates, numbers or numeric strings, JSON booleans, 1,000 characters of text, 27
digits of which 9 after the point. How strict the platform is beyond that, is not.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from importer.sandbox.dotdigital.account import DataType
from importer.sandbox.errors import UnfitValueError

if TYPE_CHECKING:
    from importer.sandbox.dotdigital.sections import Scalar

LONGEST_IDENTIFIER = 256
_LONGEST_TEXT = 1000
_NUMBER = re.compile(r"[+-]?([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_WHOLE_DIGITS, _FRACTION_DIGITS = 18, 9
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_MOBILE = re.compile(r"\+?[0-9 ().-]+", re.ASCII)
_NO_DIGITS = re.compile(r"[^0-9]+")
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15


def fit(kind: DataType, value: object) -> Scalar | None:
    """What is kept of a JSON scalar; None: nothing, as for null. Raises UnfitValueError.

    An empty text is taken for null: no document says otherwise.
    """
    if value is None or value == "":
        return None
    match kind:
        case DataType.STRING:
            return _text(value)
        case DataType.NUMERIC:
            return _number(value)
        case DataType.DATE:
            return f"{moment(value)}Z"
        case DataType.BOOLEAN:
            if not isinstance(value, bool):
                raise UnfitValueError("is not true or false")
            return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise UnfitValueError("is not a string")
    if len(value) > _LONGEST_TEXT:
        raise UnfitValueError(f"is longer than {_LONGEST_TEXT} characters")
    return value


def _number(value: object) -> int | float:
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip())
        if match is None:
            raise UnfitValueError("is not a number")
        if len(match[1]) > _WHOLE_DIGITS or len(match[2] or "") > _FRACTION_DIGITS:
            raise UnfitValueError("has too many digits")
        return float(value) if match[2] else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnfitValueError("is not a number")
    if abs(value) >= 10**_WHOLE_DIGITS:
        raise UnfitValueError("has too many digits")
    return value


def moment(value: object) -> str:
    """A time in UTC, without its Z; what names no zone is UTC. Raises UnfitValueError."""
    if not isinstance(value, str):
        raise UnfitValueError("is not an ISO 8601 date")
    return _moment(value)


@lru_cache(maxsize=4096)
def _moment(text: str) -> str:
    if not _MOMENT.fullmatch(text):
        raise UnfitValueError("is not an ISO 8601 date")
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            read = read.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise UnfitValueError("is not an ISO 8601 date") from None
    return _trimmed(read)


def written(now: float) -> str:
    """Seconds since 1970 as answers write times, without the Z."""
    return _trimmed(datetime.fromtimestamp(round(now, 3), UTC).replace(tzinfo=None))


def _trimmed(read: datetime) -> str:
    text = read.isoformat()
    return text.rstrip("0") if "." in text else text


def identifier(name: str, value: str) -> str:
    """An identifier's value as kept: a mobile number is its digits. Raises UnfitValueError."""
    text = value.strip()
    if not 1 <= len(text) <= LONGEST_IDENTIFIER:
        raise UnfitValueError(f"must be of 1 to {LONGEST_IDENTIFIER} characters")
    if name == "email" and not _ADDRESS.fullmatch(text):
        raise UnfitValueError("is not a valid email address")
    if name == "mobileNumber":
        digits = folded(name, text)
        if not _MOBILE.fullmatch(text) or not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
            raise UnfitValueError("is not a valid mobile number")
        return digits
    return text


def folded(name: str, value: str) -> str:
    """An identifier's value as matched: addresses in any case, mobile numbers by their digits."""
    if name == "email":
        return value.strip().lower()
    if name == "mobileNumber":
        return _NO_DIGITS.sub("", value)
    return value.strip()
