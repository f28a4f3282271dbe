"""Whole numbers and decimals, in canonical text with every digit as given."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from importer.checking.column import Checked, Context, Problem, blanked, to_mask
from importer.issues import IssueCode
from importer.model import FieldRule

_MOST_DIGITS = 15  # what every JSON reader keeps exactly


def check_integer(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a whole number without plus sign or leading zeros."""
    del rule, context
    shaped = to_mask(pc.match_substring_regex(texts, r"^[+-]?[0-9]+$"))
    result = _without_padding(texts)
    digits = pc.binary_length(pc.utf8_ltrim(result, characters="-"))
    too_large = shaped & to_mask(pc.greater(digits, _MOST_DIGITS))
    problems = []
    if not shaped.all():
        problems.append(Problem(IssueCode.INTEGER_INVALID, ~shaped))
    if too_large.any():
        problems.append(Problem(IssueCode.INTEGER_TOO_LARGE, too_large))
    return Checked(blanked(result, ~shaped | too_large), tuple(problems))


def check_decimal(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a number with a point; a comma before three digits could mean two things."""
    del rule, context
    shaped = to_mask(pc.match_substring_regex(texts, r"^[+-]?[0-9]+([.,][0-9]+)?$"))
    doubtful = to_mask(pc.match_substring_regex(texts, r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$"))
    result = _without_padding(pc.replace_substring(texts, pattern=",", replacement="."))
    problems = []
    if not shaped.all():
        problems.append(Problem(IssueCode.DECIMAL_INVALID, ~shaped))
    if doubtful.any():
        found = texts.filter(doubtful).to_pylist()
        details = [f"{t.replace(',', '')} or {t.replace(',', '.')}" for t in found]
        problems.append(Problem(IssueCode.DECIMAL_AMBIGUOUS, doubtful, details))
    return Checked(blanked(result, ~shaped | doubtful), tuple(problems))


def _without_padding(texts: Any) -> Any:
    plain = pc.replace_substring_regex(texts, pattern=r"^\+", replacement="")
    plain = pc.replace_substring_regex(plain, pattern=r"^(-?)0+([0-9])", replacement=r"\1\2")
    return pc.replace_substring_regex(plain, pattern=r"^-(0(\.0*)?)$", replacement=r"\1")
