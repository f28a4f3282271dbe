"""Whole numbers and decimals, in canonical text with every digit as given."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.checking.column import (
    Checked,
    Context,
    Problem,
    blanked,
)
from importer.field_rules import FieldRule
from importer.issues import IssueCode, Severity
from importer.language import mark, tr
from importer.masks import Mask, to_mask

_MOST_DIGITS = 15  # what every JSON reader keeps exactly
_MINUS = r"[-\x{2212}]"
# What may stand between groups of three digits, beside the comma or point that does not part the
# decimals: blanks no wider than a digit, and the Swiss apostrophes.
_SPACE = r"[ \x{a0}\x{2007}\x{2008}\x{2009}\x{200a}\x{202f}]"
_APOSTROPHE = r"['\x{2019}]"
_DIGITS = r"^[+-]?[0-9]+$"
_COULD_BE_THOUSANDS = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}$"
_REMEDY = mark("Say which in the mapping: `decimal: comma` or `decimal: point`.")
# A number cell and a cell of text give the same text, and only the text follows the mapping.
_REMEDY_IN_A_WORKBOOK = mark(
    "A number and a text look the same in a workbook: take `decimal` out of the mapping if the "
    "cells hold numbers, or write {number} or, as text, a comma before the decimals."
)
_FRACTION = mark(" It has decimals.")
_SHAPES = {
    None: mark(
        " Groups have three digits each, and one comma or point stands before the decimals."
    ),
    "comma": mark(" By the mapping, decimals follow a comma, and groups have three digits each."),
    "point": mark(" By the mapping, decimals follow a point, and groups have three digits each."),
}

_SHORTENED = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
_CURRENCY = re.compile(r"(?:\b|\d)(?:CAD|USD|EUR|GBP|CHF)\b", re.IGNORECASE)
_GROUPED = re.compile(r"[+\-\u2212]?(?=.*\d)[\d\s.,'\u2019]+")


def check_integer(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a whole number without plus sign, groups, leading zeros or decimals that are zero.

    A comma or point before exactly three digits is refused unless the rule settles ``decimal``.
    """
    plain = to_mask(pc.match_substring_regex(texts, _DIGITS))
    read = _read(texts, ~plain, rule.decimal, context)
    whole = to_mask(pc.match_substring_regex(read.texts, r"^[+-]?[0-9]+(?:\.0+)?$"))
    cut = pc.replace_substring_regex(read.texts, pattern=r"\.0+$", replacement="")
    result = _without_padding(cut)
    digits = pc.binary_length(pc.utf8_ltrim(result, characters="-"))
    too_large = whole & to_mask(pc.greater(digits, _MOST_DIGITS))
    problems = _problems(IssueCode.INTEGER_INVALID, texts, read, ~whole, rule)
    if too_large.any():
        problems.append(Problem(IssueCode.INTEGER_TOO_LARGE, too_large))
    return Checked(blanked(result, ~whole | too_large), tuple(problems))


def check_decimal(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a number with a point.

    A comma before exactly three digits is refused unless the rule settles ``decimal``. A point
    there is taken for the decimal one, as programs write it, with a warning; none where the texts
    may come from a workbook's numbers.
    """
    plain = _DIGITS if rule.decimal == "comma" else r"^[+-]?[0-9]+(?:\.[0-9]+)?$"
    read = _read(texts, ~to_mask(pc.match_substring_regex(texts, plain)), rule.decimal, context)
    odd = to_mask(pc.is_null(read.texts))
    problems = _problems(IssueCode.DECIMAL_INVALID, texts, read, odd, rule)
    if rule.decimal is None and not context.typed_dates:
        risky = to_mask(pc.match_substring_regex(texts, _COULD_BE_THOUSANDS))
        if risky.any():
            found = texts.filter(pa.array(risky)).to_pylist()
            details = [_with_point(text) for text in found]
            code = IssueCode.DECIMAL_AMBIGUOUS
            problems.append(Problem(code, risky, details, Severity.WARNING))
    return Checked(_without_padding(read.texts), tuple(problems))


def _with_point(text: str) -> str:
    """Give both readings of a text with a point before three digits, which is sent as it stands."""
    return tr(
        "{sent}, which is sent, or {other}. {remedy}",
        sent=text,
        other=text.replace(".", ""),
        remedy=tr(_REMEDY),
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """Numbers with a point, missing where there is none; ``doubtful``: which mean two numbers."""

    texts: Any
    doubtful: Mask


def _read(texts: Any, where: Mask, decimal: str | None, context: Context) -> _Read:
    """Read the marked texts, in which there may be groups, commas and signs of any kind."""
    doubtful = np.zeros(len(texts), dtype=bool)
    if not where.any():
        return _Read(texts, doubtful)
    marked = texts.filter(pa.array(where))
    body = _unsigned(marked)
    as_comma = to_mask(pc.match_substring_regex(body, _FORMS["comma"])) & (decimal != "point")
    as_point = to_mask(pc.match_substring_regex(body, _FORMS["point"]))
    if decimal == "comma":  # what the mapping says of texts does not hold for a workbook's numbers
        numbers = to_mask(pc.match_substring_regex(marked, r"^-?[0-9]+\.[0-9]+$"))
        as_point = numbers & context.typed_dates
    both = as_comma & as_point & to_mask(pc.match_substring_regex(body, "[.,]"))
    digits = pc.replace_substring_regex(body, pattern=f"{_SPACE}|{_APOSTROPHE}", replacement="")
    comma = pc.replace_substring(digits, pattern=".", replacement="")
    comma = pc.replace_substring(comma, pattern=",", replacement=".")
    point = pc.replace_substring(digits, pattern=",", replacement="")
    found = pc.if_else(pa.array(as_comma), comma, point)
    minus = pc.match_substring_regex(marked, f"^{_MINUS}|{_MINUS}$")
    sign = pc.if_else(minus, "-", "").cast(pa.large_string())
    found = pc.binary_join_element_wise(sign, found, pa.scalar("", pa.large_string()))
    found = blanked(found, both | ~(as_comma | as_point))
    doubtful[where] = both
    return _Read(pc.replace_with_mask(texts, pa.array(where), found), doubtful)


def _form(mark: str, other: str) -> str:
    """The form of numbers whose decimals follow one mark, and the other may part the thousands."""
    groups = "|".join(f"(?:{sign}[0-9]{{3}})+" for sign in (_SPACE, _APOSTROPHE, other))
    whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{groups}))"
    return f"^(?:{whole}(?:{mark}[0-9]+)?|{mark}[0-9]+)$"


_FORMS = {"comma": _form(",", r"\."), "point": _form(r"\.", ",")}


def _unsigned(texts: Any) -> Any:
    """Take one sign off: before the number, or a minus behind it as some ledgers write it."""
    signed = pc.match_substring_regex(texts, rf"^(?:\+|{_MINUS})")
    behind = pc.replace_substring_regex(texts, pattern=f"{_SPACE}*{_MINUS}$", replacement="")
    before = pc.replace_substring_regex(
        texts, pattern=rf"^(?:\+|{_MINUS}){_SPACE}*", replacement=""
    )
    return pc.if_else(signed, before, behind)


_PADDED = r"^(?:\+|-?0[0-9]|-?\.|-0(?:\.0*)?$)"


def _without_padding(texts: Any) -> Any:
    padded = pc.fill_null(pc.match_substring_regex(texts, _PADDED), False)
    if not pc.any(padded).as_py():
        return texts
    return pc.replace_with_mask(texts, padded, _stripped(texts.filter(padded)))


def _stripped(texts: Any) -> Any:
    plain = pc.replace_substring_regex(texts, pattern=r"^\+", replacement="")
    plain = pc.replace_substring_regex(plain, pattern=r"^(-?)0+([0-9])", replacement=r"\1\2")
    plain = pc.replace_substring_regex(plain, pattern=r"^(-?)\.", replacement=r"\10.")
    return pc.replace_substring_regex(plain, pattern=r"^-(0(\.0*)?)$", replacement=r"\1")


def _problems(
    code: IssueCode, texts: Any, read: _Read, odd: Mask, rule: FieldRule
) -> list[Problem]:
    """Say of each odd text why it is none, and of a doubtful one how it can be read."""
    problems = []
    strange = odd & ~read.doubtful
    if strange.any():
        numbers = read.texts.filter(pa.array(strange)).is_valid().to_pylist()
        found = zip(texts.filter(pa.array(strange)).to_pylist(), numbers, strict=True)
        fraction = tr(_FRACTION)
        details = [fraction if number else _reason(text, rule.decimal) for text, number in found]
        problems.append(Problem(code, strange, details))
    if read.doubtful.any():
        found = texts.filter(pa.array(read.doubtful)).to_pylist()
        details = [_readings(text, rule.decimal) for text in found]
        problems.append(Problem(IssueCode.DECIMAL_AMBIGUOUS, read.doubtful, details))
    return problems


def _readings(text: str, decimal: str | None) -> str:
    """Give both readings of a text with one comma or point, and what settles it."""
    thousands = re.sub("[.,]", "", text)
    remedy = tr(_REMEDY_IN_A_WORKBOOK, number=thousands) if decimal else tr(_REMEDY)
    other = text.replace(",", ".")
    return tr("{one} or {other}. {remedy}", one=thousands, other=other, remedy=remedy)


def _reason(text: str, decimal: str | None) -> str:
    """Say why a text is no number, where that can be told, as a sentence after another."""
    if _SHORTENED.fullmatch(text):
        return tr(" A spreadsheet shortened it: show all its digits there, and export it again.")
    if _CURRENCY.search(text) or any(unicodedata.category(sign) == "Sc" for sign in text):
        return tr(" Take the currency away: a field holds the number only.")
    if "%" in text:
        return tr(" Take the percent sign away: a field holds the number only.")
    if not _GROUPED.fullmatch(text):
        return ""
    return tr(_SHAPES[decimal])
