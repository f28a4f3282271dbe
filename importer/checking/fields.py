"""One field's column: erased, transformed, defaulted, mapped and checked by its type.

A check runs on the *distinct* texts of a column, so what is expensive is paid once for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.checking.addresses import check_address
from importer.checking.answers import check_boolean, check_consent
from importer.checking.column import (
    Check,
    Checked,
    Context,
    Problem,
    blanked,
    flat,
    without_rows,
)
from importer.checking.countries import regions_of
from importer.checking.dates import check_date, check_datetime
from importer.checking.lists import check_list, without_empty_lists
from importer.checking.numbers import check_decimal, check_integer
from importer.checking.phones import check_extension, check_phone
from importer.checking.postal_codes import check_postal_code
from importer.checking.text import check_text
from importer.checking.transforms import transformed
from importer.checking.values import map_values
from importer.field_rules import (
    Blank,
    FieldRole,
    FieldRule,
    ValueType,
)
from importer.issues import IssueCode, Severity
from importer.masks import Mask, to_mask

CHECKS: dict[ValueType, Check] = {
    ValueType.TEXT: check_text,
    ValueType.CHOICE: check_text,
    ValueType.EMAIL: check_address,
    ValueType.PHONE: check_phone,
    ValueType.DATE: check_date,
    ValueType.DATETIME: check_datetime,
    ValueType.INTEGER: check_integer,
    ValueType.DECIMAL: check_decimal,
    ValueType.BOOLEAN: check_boolean,
    ValueType.CONSENT: check_consent,
    ValueType.POSTAL: check_postal_code,
    ValueType.LIST: check_list,
}


def check_column(raw: Any, rule: FieldRule, context: Context, beside: Any = None) -> Checked:
    """Check one column of trimmed text (pa.Array, blank ones missing) under a field's rule.

    ``beside``: the column that names each row's country, for a rule with a ``region_column``.
    """
    raw = flat(raw)
    erased = _erased(raw, rule)
    if erased.any():
        raw = blanked(raw, erased)
    if rule.region_column:
        checked, blank = _check_by_region(raw, rule, context, flat(beside))
    else:
        checked, blank = _check_encoded(raw, rule, context)
    texts, problems = checked.texts, list(checked.problems)
    for problem in problems:
        if problem.severity is Severity.ERROR:
            texts = blanked(texts, problem.mask)
    if erased.any():  # also of what a default put there
        texts = blanked(texts, erased)
        problems = [without_rows(problem, erased) for problem in problems]
    blank &= ~erased
    if rule.blank is Blank.REJECT and rule.role is FieldRole.DATA:
        blank |= erased
    if rule.blank is Blank.REJECT and blank.any():
        problems.append(Problem(IssueCode.VALUE_MISSING, blank))
    cleared = blank if rule.blank is Blank.CLEAR else np.zeros(len(raw), dtype=bool)
    if rule.role is not FieldRole.DATA:
        if erased.any():
            problems.append(Problem(IssueCode.CLEAR_REFUSED, erased))
    elif rule.blank is not Blank.REJECT:
        cleared |= erased
    if cleared.any():
        texts = pc.if_else(pa.array(cleared), "", texts)
    return Checked(texts, tuple(problems))


def _erased(raw: Any, rule: FieldRule) -> Mask:
    if rule.clear_token is None:
        return np.zeros(len(raw), dtype=bool)
    return to_mask(pc.equal(raw, rule.clear_token))


def _check_by_region(
    raw: Any, rule: FieldRule, context: Context, countries: Any
) -> tuple[Checked, Mask]:
    """Check the rows of each country by its own rules."""
    regions = regions_of(countries, rule.region).dictionary_encode(null_encoding="encode")
    indices = regions.indices.to_numpy(zero_copy_only=False)
    texts = pa.nulls(len(raw), pa.large_string())
    blank = np.zeros(len(raw), dtype=bool)
    problems: list[Problem] = []
    for index, region in enumerate(regions.dictionary.to_pylist()):
        here = indices == index
        at = np.flatnonzero(here)
        part, blank[at] = _check_encoded(
            raw.take(pa.array(at)), replace(rule, region=region), context
        )
        texts = pc.replace_with_mask(texts, pa.array(here), part.texts)
        for problem in part.problems:
            mask = np.zeros(len(raw), dtype=bool)
            mask[at] = problem.mask
            problems.append(replace(problem, mask=mask))
    return Checked(texts, _joined(problems, len(raw))), blank


def _joined(problems: Sequence[Problem], count: int) -> tuple[Problem, ...]:
    """Put problems of one code and severity together; their masks never meet."""
    kinds: dict[tuple[IssueCode, Severity], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.code, problem.severity), []).append(problem)
    joined = []
    for (code, severity), alike in kinds.items():
        details = np.empty(count, dtype=object)
        for one in alike:
            details[one.mask] = one.details if isinstance(one.details, str) else [*one.details]
        mask = np.logical_or.reduce([one.mask for one in alike])
        joined.append(Problem(code, mask, list(details[mask]), severity))
    return tuple(joined)


def _check_encoded(raw: Any, rule: FieldRule, context: Context) -> tuple[Checked, Mask]:
    """Check the distinct texts; tell also which rows are blank and have no default."""
    if _is_any_text(rule):
        return Checked(raw), to_mask(pc.is_null(raw))
    distinct, indices = _distinct(raw)
    distinct = transformed(distinct, rule)
    if rule.type is ValueType.LIST:
        distinct = without_empty_lists(distinct, rule)
    if distinct.null_count:  # what a transform left nothing of is blank too
        places = np.arange(len(distinct))
        gone = to_mask(pc.is_null(distinct))
        indices = pa.array(places, mask=gone).take(indices)
    blank = to_mask(pc.is_null(indices))
    if rule.blank is Blank.DEFAULT and blank.any():
        default = pa.array([(rule.default or "").strip() or None], pa.large_string())
        distinct = pa.concat_arrays([distinct, default])
        if not default.null_count:
            indices = pc.fill_null(indices.cast(pa.int64()), len(distinct) - 1)
    checked = _check_distinct(distinct, rule, context)
    texts = checked.texts.take(indices)
    return Checked(texts, tuple(spread(one, indices) for one in checked.problems)), blank


def _is_any_text(rule: FieldRule) -> bool:
    """Tell whether a rule takes every text as it stands."""
    changed = rule.replace or rule.take or rule.values or rule.case or rule.blank is Blank.DEFAULT
    bounded = rule.pattern is not None or rule.max_length is not None
    return rule.type is ValueType.TEXT and not (changed or bounded or rule.extension)


def _distinct(raw: Any) -> tuple[Any, Any]:
    """Give the distinct texts, and which of them each row has.

    Where nearly all differ, to find the others would cost more than it saves: all are given.
    """
    if len(raw) >= _MANY:
        some = raw.take(pa.array(np.linspace(0, len(raw) - 1, _SAMPLE, dtype=np.int64))).drop_null()
        if pc.count_distinct(some).as_py() * 100 >= len(some) * _NEARLY_ALL and len(some):
            known = to_mask(pc.is_valid(raw))
            return raw.drop_null(), pa.array(np.cumsum(known) - 1, mask=~known)
    encoded = raw.dictionary_encode()
    return encoded.dictionary, encoded.indices


_MANY = 5_000  # rows
_SAMPLE = 1_000  # rows
_NEARLY_ALL = 99  # of a hundred texts


def _check_distinct(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Map the values that the mapping lists, then check the type of what is there."""
    whole = rule.values and rule.type is not ValueType.LIST  # whose entries are mapped one by one
    mapped = map_values(texts, rule) if whole else Checked(texts)
    check = check_extension if rule.extension else CHECKS[rule.type]
    known = to_mask(pc.is_valid(mapped.texts))
    if known.all():
        checked = check(mapped.texts, rule, context)
    else:
        # A value that is not listed has its problem already; the rest is checked alone.
        at = np.flatnonzero(known)
        part = check(mapped.texts.take(pa.array(at)), rule, context)
        back = np.full(len(texts), -1, dtype=np.int64)
        back[at] = np.arange(len(at))
        indices = pa.array(back, mask=back < 0)
        checked = Checked(
            part.texts.take(indices), tuple(spread(p, indices) for p in part.problems)
        )
    return Checked(checked.texts, mapped.problems + checked.problems)


def spread(problem: Problem, indices: Any) -> Problem:
    """Carry a problem of distinct texts to every row that holds one of them."""
    if isinstance(problem.details, str):
        by_text: Any = None
    else:
        by_text = np.empty(len(problem.mask), dtype=object)
        by_text[problem.mask] = list(problem.details)
    taken = indices.fill_null(-1).to_numpy(zero_copy_only=False)
    mask: Mask = np.append(problem.mask, False)[taken]
    details = problem.details if by_text is None else list(by_text[taken[mask]])
    return Problem(problem.code, mask, details, problem.severity)
