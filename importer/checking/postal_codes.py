"""Postal codes, each country's in one spelling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.checking.column import (
    Checked,
    Context,
    Problem,
)
from importer.checking.postal_spellings import BY_SHAPE, SPELLINGS, Form, why_none
from importer.field_rules import FieldRule
from importer.issues import IssueCode, Severity
from importer.language import tr
from importer.masks import Mask, to_mask

_NONE = pa.scalar(None, pa.large_string())
_NUMBER = r"^[0-9]+[.,]0+$|^[0-9][.,][0-9]+[Ee]\+?[0-9]+$"
# What a code of a country that is not named looks like: a digit, and no word, nor letters and
# digits as in Canada, whose codes are known.
_SHAPE = r"^[0-9A-Za-z](?:[ \-]?[0-9A-Za-z]){1,9}$"
_STRANGE = (
    r"(?i)^[^0-9]*$|[a-z]{5}|[0-9]{4}[ \-]?[a-z]{3}|^[a-z][0-9oil][a-z][ \-]?[0-9oil][a-z][0-9oil]$"
)


def check_postal_code(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Write a postal code in its country's spelling; refuse what that country cannot have.

    Codes of countries without a spelling here stand as they are. Without a country only what is
    unmistakable is spelled, and no lost zero is restored.
    """
    del context
    spelling = SPELLINGS.get(rule.region) if rule.region else None
    restored = np.zeros(len(texts), dtype=bool)
    if spelling is not None:
        result, restored = _spelled(texts, spelling.forms)
    elif rule.region:
        result = pc.if_else(pc.match_substring_regex(texts, _NUMBER), _NONE, texts)
    else:
        result = _by_shape(texts)
    problems = []
    wrong = to_mask(pc.is_null(result))
    if wrong.any():
        reasons = _reasons(texts.filter(pa.array(wrong)), rule.region)
        problems.append(Problem(IssueCode.POSTAL_INVALID, wrong, reasons))
    if restored.any():
        written = result.filter(pa.array(restored)).to_pylist()
        code = IssueCode.POSTAL_ZERO_RESTORED
        problems.append(Problem(code, restored, written, Severity.WARNING))
    return Checked(result, tuple(problems))


def _spelled(texts: Any, forms: Sequence[Form]) -> tuple[Any, Mask]:
    """Write what has one of the forms; tell where a zero was put in front."""
    upper = pc.ascii_upper(texts)
    result = pa.nulls(len(texts), pa.large_string())
    restored = np.zeros(len(texts), dtype=bool)
    for form in forms:
        fits = pc.and_(pc.match_substring_regex(upper, form.pattern), pc.is_null(result))
        if not pc.any(fits).as_py():
            continue
        written = pc.replace_substring_regex(
            upper, pattern=form.pattern, replacement=form.replacement
        )
        result = pc.if_else(fits, written, result)
        if form.restores_zero:
            restored |= to_mask(fits)
    return result, restored


def _by_shape(texts: Any) -> Any:
    """Write what only one country's codes look like; keep what could be a code."""
    result, _ = _spelled(texts, BY_SHAPE)
    strange = pc.match_substring_regex(texts, _STRANGE)
    possible = pc.and_not(pc.match_substring_regex(texts, _SHAPE), strange)
    return pc.coalesce(result, pc.if_else(possible, texts, _NONE))


def _reasons(texts: Any, region: str | None) -> list[str]:
    numbers = to_mask(pc.match_substring_regex(texts, _NUMBER))
    of_a_number = tr("a spreadsheet turned it into a number: give its column the format text")
    return [
        of_a_number if number else why_none(text, region)
        for text, number in zip(texts.to_pylist(), numbers, strict=True)
    ]
