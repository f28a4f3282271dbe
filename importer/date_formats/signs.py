"""A format's signs, and the regular expression that they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from importer.date_formats.names import MONTH_NAME, WEEKDAY_NAME
from importer.language import mark, tr

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
LIKELY_SERIAL = r"^[2-5][0-9]{4}(?:[.,][0-9]+)?$"
"""A number that stands for a day between 1954 and 2064 in a spreadsheet."""

_BLANK = "[ \u00a0\u202f]"
_ORDINAL = "(?i:er|e|st|nd|rd|th)?"  # 1er avril, April 3rd
_ONE_OR_TWO_DIGITS = "[0-9]{1,2}"
_GROUPS = {
    "YYYY": "(?P<year>[0-9]{4})",
    "YY": "(?P<short_year>[0-9]{2})",
    "MMM": rf"(?P<month_name>{MONTH_NAME})\.?",
    "MM": f"(?P<month>{_ONE_OR_TWO_DIGITS})",
    "DD": f"(?P<day>{_ONE_OR_TWO_DIGITS})",
    "HH": f"(?P<hour>{_ONE_OR_TWO_DIGITS})",
    "mm": "(?P<minute>[0-9]{2})",
    "ss": "(?P<second>[0-9]{2})",
    "A": rf"(?P<half>(?i:[ap]\.?{_BLANK}?m\.?))",
    "ddd": rf"{WEEKDAY_NAME}\.?",
}
_ALIKE = {"MMMM": "MMM", "dddd": "ddd", "M": "MM", "D": "DD", "H": "HH", "h": "HH", "hh": "HH"}
_IN_LETTERS = {"MMM", "ddd", "A"}
_EXCEL = {"excel": "serial", "excel-1904": "serial_1904"}
_OF_THE_DAY = {"year", "short_year", "month", "month_name", "day"}
# A T stands between a date and a time in ISO 8601, an h between hours and minutes in French. The
# dot of an abbreviated name belongs to the name, for not every name has one.
SIGN = re.compile(
    r"(?P<between>T(?=H)|(?<=H)h|(?<=H )h)|YYYY|YY|(?P<name>MMMM?|dddd?)(?:\.(?=[ ,]|$))?"
    r"|MM|M|DD|D|HH|H|hh|h|mm|ss|A(?![A-Za-z])|[A-Za-z]+"
)


@dataclass(frozen=True, slots=True)
class DateFormat:
    """A format that was understood.

    ``pattern``: a regular expression, for Python's engine and for RE2, with the groups ``parts`` in
    their order: ``year`` or ``short_year``, ``month`` or ``month_name``, ``day``, ``hour``,
    ``half`` (of the day), ``minute``, ``second``; or ``serial`` or ``serial_1904``, beside which
    ``fraction`` may stand. ``timed``: whether it can tell a time of day.
    """

    text: str
    pattern: str
    parts: tuple[str, ...]
    timed: bool

    @property
    def short_year(self) -> bool:
        """Whether the year has two digits, so that a pivot must tell its century."""
        return "short_year" in self.parts

    @property
    def date_order(self) -> tuple[str, ...]:
        """The parts that make the day, in their order."""
        return tuple(part for part in self.parts if part in _OF_THE_DAY)

    @property
    def serial(self) -> bool:
        """Whether it is the number by which a spreadsheet counts days."""
        return self.text.lower() in _EXCEL


class FormatError(ValueError):
    """A format is not understood. ``said``: what is wrong, without the remedy."""

    def __init__(self, said: str, remedy: str = "") -> None:
        whole = tr("{what}: {remedy}", what=said, remedy=remedy) if remedy else said
        super().__init__(whole)
        self.said = said


_PARTS = {
    "year": mark("the year"),
    "month": mark("the month"),
    "day": mark("the day"),
    "half": mark("the half"),
    "hour": mark("the hour"),
    "minute": mark("the minute"),
    "second": mark("the second"),
}


def read_signs(text: str) -> DateFormat:
    """Read a format.

    Raises:
        FormatError: with a sentence that says which sign is not understood or lacking.
    """
    if (serial := _EXCEL.get(text.lower())) is not None:
        pattern = rf"^(?P<{serial}>[0-9]{{1,7}})(?:[.,](?P<fraction>[0-9]{{1,15}}))?$"
        return DateFormat(text, pattern, (serial,), timed=True)
    pattern, parts = _read(text)
    names = [kind_of(part) for part in parts]
    missing = [name for name in ("year", "month", "day") if name not in names]
    if missing:
        lacking = tr(_PARTS[missing[0]])
        raise FormatError(tr('the format "{format}" lacks {part}', format=text, part=lacking))
    if [part for part in parts if part in _OF_THE_DAY] == ["year", "day", "month"]:
        raise FormatError(
            tr('the format "{format}" has the day before the month after the year', format=text),
            tr("no such date can be told from 2026-03-04 as every program writes it"),
        )
    timed = "hour" in names
    if timed and "minute" not in names:
        raise FormatError(tr('the format "{format}" has hours and no minutes (mm)', format=text))
    if not timed and ("minute" in names or "second" in names):
        raise FormatError(
            tr('the format "{format}" has minutes or seconds and no hours (HH)', format=text)
        )
    _check_halves(text, names)
    return DateFormat(text, f"^{pattern}$", tuple(parts), timed)


def _check_halves(text: str, names: Sequence[str]) -> None:
    """Demand that h and A come together: nine o'clock is in the morning and in the evening."""
    signs = [match[0] for match in SIGN.finditer(text) if not match["between"]]
    hours = next((sign for sign in signs if sign in {"h", "hh"}), None)
    if hours and "half" not in names:
        raise FormatError(
            tr(
                '"{sign}" in the format "{format}" counts hours to 12 and needs A for AM and PM '
                "beside it; {other} counts them to 24",
                sign=hours,
                format=text,
                other=hours.upper(),
            )
        )
    if "half" in names and not hours:
        raise FormatError(
            tr(
                'the format "{format}" has A for AM and PM, and no hours that count to 12',
                format=text,
            ),
            tr("write {format}", format="hh"),
        )


def _read(text: str) -> tuple[str, list[str]]:
    """Give the regular expression and its groups, in the format's order."""
    pattern, last = "", 0
    parts: list[str] = []
    signs = list(SIGN.finditer(text))
    digits = [one for one in signs if not one["between"] and sign_of(one) not in _IN_LETTERS]
    edges = {one.start() for one in digits} & {one.end() for one in digits}
    for match in signs:
        sign = sign_of(match)
        pattern += _literal(text[last : match.start()], before=sign)
        last = match.end()
        if match["between"]:
            pattern += match[0]
            continue
        group = _group(sign, match[0], text)
        if sign != "ddd":
            part = group[4 : group.index(">")]
            if kind_of(part) in map(kind_of, parts):
                twice = tr(_PARTS[kind_of(part)])
                raise FormatError(
                    tr('the format "{format}" has {part} twice', format=text, part=twice)
                )
            parts.append(part)
        if sign not in _IN_LETTERS and not edges.isdisjoint(match.span()):
            # Where nothing stands between two parts, only the number of digits tells them apart.
            if len(match[0]) == 1:
                raise FormatError(
                    tr(
                        '"{sign}" in the format "{format}" runs into its neighbour',
                        sign=match[0],
                        format=text,
                    ),
                    tr(
                        "write {sign} for two digits, or put a sign such as / between them",
                        sign=match[0] * 2,
                    ),
                )
            group = group.replace(_ONE_OR_TWO_DIGITS, "[0-9]{2}")
        pattern += group
        if sign == "DD" and any(sign_of(one) == "MMM" for one in signs):
            pattern += _ORDINAL
    return pattern + _literal(text[last:]), parts


def sign_of(match: re.Match[str]) -> str:
    """Give the sign that stands for all that read alike: MMM for MMMM, DD for D."""
    written: str = match["name"] or match[0]
    return _ALIKE.get(written, written)


def kind_of(part: str) -> str:
    """Tell which part of a date a group is: a year, whatever its digits."""
    return {"short_year": "year", "month_name": "month"}.get(part, part)


def _literal(text: str, *, before: str = "") -> str:
    """Write what stands between parts: a blank may be of any width, and lack before AM."""
    plain = text.rstrip(" ") if before == "A" else text
    written = "".join(
        f"{_BLANK}+" if sign == " " else re.escape(sign) for sign in re.sub(" +", " ", plain)
    )
    return f"{written}{_BLANK}*" if before == "A" else written


def _group(sign: str, written: str, text: str) -> str:
    if sign not in _GROUPS:
        raise FormatError(
            tr('"{sign}" in the format "{format}" is not understood', sign=written, format=text),
            tr("write YYYY, MM, DD, HH, mm and ss"),
        )
    return _GROUPS[sign]
