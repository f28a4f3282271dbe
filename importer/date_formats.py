"""Date formats as operators write them: ``DD/MM/YYYY``, ``YYYY-MM-DD HH:mm:ss``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# A T stands between a date and a time in ISO 8601.
_SIGN = re.compile(r"YYYY|YY|MM|M|DD|D|HH|H|mm|ss|(?P<between>T(?=H))|[A-Za-z]+")
_ONE_OR_TWO_DIGITS = "[0-9]{1,2}"
_GROUPS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MM": rf"(?P<month>{_ONE_OR_TWO_DIGITS})",
    "M": rf"(?P<month>{_ONE_OR_TWO_DIGITS})",
    "DD": rf"(?P<day>{_ONE_OR_TWO_DIGITS})",
    "D": rf"(?P<day>{_ONE_OR_TWO_DIGITS})",
    "HH": rf"(?P<hour>{_ONE_OR_TWO_DIGITS})",
    "H": rf"(?P<hour>{_ONE_OR_TWO_DIGITS})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2})",
}
ISO_DATE = r"^(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
ISO_TIME = (
    r"[ T](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?$"
)
YEAR_FIRST = r"^(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})$"
YEAR_FIRST_TIME = (
    YEAR_FIRST[:-1]
    + r"[ T](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    + r"(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?$"
)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format that was understood. ``pattern`` is a regular expression with named groups."""

    text: str
    pattern: str
    timed: bool


@lru_cache(maxsize=64)
def parse_date_format(text: str) -> DateFormat:
    """Read a format.

    Raises:
        ValueError: with a sentence that says which sign is not understood or lacking.
    """
    pattern, names = _read(text)
    missing = [name for name in ("year", "month", "day") if name not in names]
    if missing:
        raise ValueError(f'the format "{text}" lacks the {missing[0]}')
    if names[:3] == ["year", "day", "month"]:
        raise ValueError(
            f'the format "{text}" has the day before the month after the year: no such date can be '
            "told from 2026-03-04 as every program writes it"
        )
    timed = "hour" in names
    if timed and "minute" not in names:
        raise ValueError(f'the format "{text}" has hours and no minutes (mm)')
    if not timed and ("minute" in names or "second" in names):
        raise ValueError(f'the format "{text}" has minutes or seconds and no hours (HH)')
    return DateFormat(text, f"^{pattern}$", timed)


def _read(text: str) -> tuple[str, list[str]]:
    """Give the regular expression and the names of the parts, in the format's order."""
    pattern, last = "", 0
    names: list[str] = []
    signs = list(_SIGN.finditer(text))
    parts = [match for match in signs if not match["between"]]
    edges = {part.start() for part in parts} & {part.end() for part in parts}
    for match in signs:
        pattern += re.escape(text[last : match.start()])
        last = match.end()
        if match["between"]:
            pattern += match[0]
            continue
        group = _group(match[0], text)
        name = group[4 : group.index(">")]
        if name in names:
            raise ValueError(f'the format "{text}" has the {name} twice')
        names.append(name)
        if not edges.isdisjoint(match.span()):
            # Where nothing stands between two parts, only the number of digits tells them apart.
            if len(match[0]) == 1:
                raise ValueError(
                    f'"{match[0]}" in the format "{text}" runs into its neighbour: '
                    f"write {match[0] * 2} for two digits, or put a sign such as / between them"
                )
            group = group.replace(_ONE_OR_TWO_DIGITS, "[0-9]{2}")
        pattern += group
    return pattern + re.escape(text[last:]), names


def _group(sign: str, text: str) -> str:
    if sign == "YY":
        raise ValueError(
            f'the format "{text}" has a year of two digits, whose century is not known: '
            "this version reads YYYY only"
        )
    if sign not in _GROUPS:
        raise ValueError(
            f'"{sign}" in the format "{text}" is not understood: write YYYY, MM, DD, HH, mm and ss'
        )
    return _GROUPS[sign]


def date_format_problem(text: str, *, timed: bool) -> str:
    """Say in a sentence why a format does not serve a field; empty when it does."""
    try:
        parsed = parse_date_format(text)
    except ValueError as error:
        return str(error)
    if timed and not parsed.timed:
        return f'the format "{text}" has no time of day, and the field is a date-time: add HH:mm'
    return ""
