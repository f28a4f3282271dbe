"""What a mapping's formats are good for: each alone, and all of them together."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache

from importer.date_formats.names import month_number
from importer.date_formats.signs import SIGN, DateFormat, FormatError, kind_of, read_signs, sign_of
from importer.date_formats.spellings import respelled
from importer.documents import joined
from importer.errors import sentence_of
from importer.language import tr


@lru_cache(maxsize=64)
def parse_date_format(text: str) -> DateFormat:
    """Read a format.

    Raises:
        ValueError: with a sentence that says which sign is not understood or lacking, and how the
            format is written where that can be told.
    """
    try:
        return read_signs(text)
    except FormatError as error:
        better = respelled(text)
        try:
            read_signs(better)
        except FormatError:
            raise error from None
        raise FormatError(error.said, tr("write {format}", format=better)) from None


def date_format_problem(text: str, *, timed: bool) -> str:
    """Say in a sentence why a format does not serve a field; empty when it does."""
    try:
        parsed = parse_date_format(text)
    except ValueError as error:
        return sentence_of(error)
    if timed and not parsed.timed:
        return tr(
            'the format "{format}" has no time of day, and the field is a date-time: add HH:mm',
            format=text,
        )
    return ""


def formats_problem(texts: Sequence[str], *, timed: bool) -> str:
    """Say in a sentence why formats do not serve a field together; empty when they do.

    Each must serve it alone, and no text may mean one thing in one of them and another in another.
    """
    problems = [date_format_problem(text, timed=timed) for text in texts]
    if any(problems):
        return joined(dict.fromkeys(problem for problem in problems if problem), tr("; "))
    for one, other in itertools.combinations(map(parse_date_format, texts), 2):
        for text in (*_examples(one), *_examples(other)):
            meant = {_meaning(form, text) for form in (one, other)} - {None}
            if len(meant) > 1:
                return tr(
                    'the formats "{one}" and "{other}" read "{text}" in two ways: '
                    "keep one of them, or give each a column of its own",
                    one=one.text,
                    other=other.text,
                    text=text,
                )
    return ""


# One moment, sign by sign: its numbers are all different, and all of them could be a month.
_MOMENT = {"YYYY": "2003", "YY": "03", "MMM": "april", "MM": "04", "DD": "05", "HH": "06"}
_MOMENT |= {"mm": "07", "ss": "08", "A": "AM", "ddd": "monday"}


def _examples(form: DateFormat) -> tuple[str, str]:
    """Write the moment in a format, with noughts in front of small numbers and without."""
    if form.serial:
        return "37716", "37716.25"

    def full(match: re.Match[str]) -> str:
        written: str = match[0] if match["between"] else _MOMENT[sign_of(match)]
        return written

    def brief(match: re.Match[str]) -> str:
        return full(match).lstrip("0") if len(match[0]) == 1 else full(match)

    return SIGN.sub(full, form.text), SIGN.sub(brief, form.text)


def _meaning(form: DateFormat, text: str) -> tuple[tuple[str, int], ...] | None:
    """Tell what a format reads in a text, but for the century; None where it does not fit."""
    match = re.search(form.pattern, text)
    if match is None:
        return None
    meant = []
    for part, found in match.groupdict().items():
        kind, digits = kind_of(part), re.sub("[^0-9]", "", found or "")
        number = month_number(found or "") or int(digits or 0)
        meant.append((kind, number % 100 if kind == "year" else number))
    return tuple(sorted(meant))
