"""Checks: each field's column is normalised, and each row gets its issues and its verdict.

A check runs on the *distinct* texts of a column, so what is expensive is paid once for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.checking.addresses import check_address
from importer.checking.answers import check_boolean, check_consent
from importer.checking.column import (
    Check,
    Checked,
    Context,
    Mask,
    Problem,
    blanked,
    texts_of,
    to_mask,
)
from importer.checking.dates import check_date, check_datetime
from importer.checking.numbers import check_decimal, check_integer
from importer.checking.phones import check_phone
from importer.checking.source_findings import (
    findings_that_count,
    rows_passed_over,
    without_valueless,
)
from importer.checking.text import check_text
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    Blank,
    CheckedChunk,
    Chunk,
    FieldRole,
    FieldRule,
    OnInvalid,
    RowCheck,
    ValueType,
)

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
}
_CLOSED = {ValueType.CONSENT, ValueType.BOOLEAN, ValueType.CHOICE}
_WIRE_OVERHEAD = 1_000  # what a call needs beside its contacts, and a contact beside its values


def check(
    chunk: Chunk, rules: Sequence[FieldRule], *, largest_row: int, columns: Sequence[str] = ()
) -> CheckedChunk:
    """Check a mapped chunk: one column for each rule, n rows.

    ``largest_row``: bytes that one contact may take in a call. ``columns``: the table's headers;
    findings come in their order, those about the whole row first, made fields last.
    """
    context = Context(typed_dates=chunk.typed_dates)
    skipped, broken = rows_passed_over(chunk.findings, len(chunk))
    told = findings_that_count(chunk.findings, skipped, broken)
    checked_columns: dict[str, Any] = {}
    findings: list[Finding] = [*told]
    for rule in rules:
        raw = pa.array(chunk.frame[rule.field].array)
        checked = without_valueless(check_column(raw, rule, context), rule.column, told)
        checked_columns[rule.field] = checked.texts
        for problem in checked.problems:
            finding = _finding(problem, rule, raw, skipped | broken)
            if finding is not None:
                findings.append(finding)
    too_large = _too_large(checked_columns, largest_row, skipped | broken)
    if too_large is not None:
        findings.append(too_large)
    places = {name: place for place, name in enumerate(("", *columns))}
    findings.sort(key=lambda finding: places.get(finding.column, len(places)))
    verdicts = np.zeros(len(chunk), dtype=np.uint8)
    for finding in findings:
        if finding.severity is Severity.ERROR:
            verdicts[finding.at] = RowCheck.INVALID
    verdicts[skipped] = RowCheck.SKIPPED
    frame: pd.DataFrame = pa.table(checked_columns).to_pandas()
    keys = _shown_keys(chunk.frame, checked_columns, rules, verdicts)
    return CheckedChunk(chunk.rows, frame, keys, verdicts, tuple(findings))


def check_column(raw: Any, rule: FieldRule, context: Context) -> Checked:
    """Check one column of trimmed text (pa.Array, blank ones missing) under a field's rule."""
    raw = raw.combine_chunks() if isinstance(raw, pa.ChunkedArray) else raw
    if rule.blank is Blank.DEFAULT and (rule.default or "").strip():
        raw = pc.fill_null(raw, pa.scalar(rule.default, pa.large_string()))
    blank = to_mask(pc.is_null(raw))
    encoded = raw.dictionary_encode()
    checked = _check_distinct(encoded.dictionary, rule, context)
    texts = checked.texts.take(encoded.indices)
    problems = [_spread(problem, encoded.indices) for problem in checked.problems]
    for problem in problems:
        if problem.severity is Severity.ERROR:
            texts = blanked(texts, problem.mask)
    if blank.any():
        if rule.blank is Blank.REJECT:
            problems.append(Problem(IssueCode.VALUE_MISSING, blank))
        elif rule.blank is Blank.CLEAR:
            texts = pc.if_else(pa.array(blank), "", texts)
    return Checked(texts, tuple(problems))


def _check_distinct(texts: Any, rule: FieldRule, context: Context) -> Checked:
    """Map the values that the mapping lists, then check the type."""
    unlisted: Checked | None = None
    if rule.values:
        unlisted = _map_values(texts, rule)
        texts = unlisted.texts
    known = to_mask(pc.is_valid(texts))
    if known.all():
        checked = CHECKS[rule.type](texts, rule, context)
    else:
        # A value the mapping does not list has its problem already; the rest is checked alone.
        at = np.flatnonzero(known)
        part = CHECKS[rule.type](texts.take(pa.array(at)), rule, context)
        back = np.full(len(texts), -1, dtype=np.int64)
        back[at] = np.arange(len(at))
        indices = pa.array(back, mask=back < 0)
        checked = Checked(
            part.texts.take(indices), tuple(_spread(p, indices) for p in part.problems)
        )
    if unlisted is not None:
        return Checked(checked.texts, unlisted.problems + checked.problems)
    return checked


def _map_values(texts: Any, rule: FieldRule) -> Checked:
    """Put what the mapping says in the place of the texts it lists.

    As written first, then without regard to case. What is not listed is a problem for the closed
    types and stays as it is for the others. A blank value leaves the field alone: only
    ``blank: clear`` may erase.
    """
    exact = dict(rule.values)
    folded = {text.strip().casefold(): value for text, value in rule.values}
    closed = rule.type in _CLOSED
    mapped: list[str | None] = []
    strange = np.zeros(len(texts), dtype=bool)
    for position, text in enumerate(texts.to_pylist()):
        value = exact.get(text, folded.get(text.casefold()))
        if value is None:
            strange[position] = closed
            value = None if closed else text
        mapped.append(value if value and value.strip() else None)
    if not strange.any():
        return Checked(texts_of(mapped))
    listed = ", ".join(text for text, _ in rule.values[:8])
    problem = Problem(IssueCode.VALUE_NOT_LISTED, strange, f" It lists: {listed}.")
    return Checked(texts_of(mapped), (problem,))


def _spread(problem: Problem, indices: Any) -> Problem:
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


def _finding(problem: Problem, rule: FieldRule, raw: Any, passed_over: Mask) -> Finding | None:
    """Make a finding of a problem, leaving out rows that are skipped or broken as a whole."""
    mask = problem.mask & ~passed_over
    at = np.flatnonzero(mask)
    if not len(at):
        return None
    details = problem.details
    if not isinstance(details, str) and len(at) < int(problem.mask.sum()):
        details = [d for d, kept in zip(details, mask[problem.mask], strict=True) if kept]
    # A blank cell where a value is required is no invalid value that could be skipped.
    skippable = problem.severity is Severity.ERROR and problem.code is not IssueCode.VALUE_MISSING
    lenient = skippable and rule.on_invalid is OnInvalid.SKIP
    return Finding(
        problem.code,
        Severity.WARNING if lenient else problem.severity,
        at,
        rule.column,
        rule.field,
        raw.take(pa.array(at)).to_pylist(),
        details,
    )


def _too_large(columns: dict[str, Any], largest: int, passed_over: Mask) -> Finding | None:
    """Find contacts that no call could hold, by the bytes they take on the wire."""
    names = sum(len(code) + 6 for code in columns) + _WIRE_OVERHEAD
    total = np.full(len(next(iter(columns.values()))), names, dtype=np.int64)
    for texts in columns.values():
        lengths = pc.fill_null(pc.binary_length(texts), 0)
        total += lengths.to_numpy(zero_copy_only=False)
    # JSON writes a control character in six bytes: only rows that could be too large are written.
    suspects = np.flatnonzero((total * 6 > largest) & ~passed_over)
    at, details = [], []
    for position in suspects:
        values = [texts[int(position)].as_py() for texts in columns.values()]
        size = names + len(orjson.dumps(values))
        if size > largest:
            at.append(int(position))
            details.append(f"{size} bytes, {largest} are allowed")
    if not at:
        return None
    return Finding(
        IssueCode.ROW_TOO_LARGE, Severity.ERROR, np.array(at, dtype=np.int64), details=details
    )


def _shown_keys(
    mapped: pd.DataFrame,
    columns: dict[str, Any],
    rules: Sequence[FieldRule],
    verdicts: NDArray[np.uint8],
) -> Sequence[str]:
    """Give each row's key as the report shows it: as sent, or the trimmed original if invalid."""
    good = pa.array(verdicts == RowCheck.GOOD)
    codes = [rule.field for rule in rules if rule.role is FieldRole.KEY]
    shown = {code: pc.if_else(good, columns[code], pa.array(mapped[code].array)) for code in codes}
    texts = {code: pc.fill_null(column, "").to_pylist() for code, column in shown.items()}
    if len(codes) == 1:
        keys: list[str] = texts[codes[0]]
        return keys
    return [
        orjson.dumps(dict(zip(codes, values, strict=True))).decode()
        for values in zip(*texts.values(), strict=True)
    ]
