"""A table's checks: chunk after chunk, and what only the whole column tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from importer.checking.column import (
    Context,
    Problem,
    texts_of,
)
from importer.checking.date_orders import DateOrders
from importer.checking.fields import check_column
from importer.checking.source_findings import (
    findings_that_count,
    rows_passed_over,
    without_valueless,
)
from importer.checking.suppression import Suppression, suppressed_rows, withhold
from importer.field_rules import (
    Blank,
    FieldRole,
    FieldRule,
    OnInvalid,
    Origin,
    RowRules,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.language import mark, tr
from importer.masks import Mask, to_mask
from importer.model import (
    CheckedChunk,
    Chunk,
    RowCheck,
)

_WIRE_OVERHEAD = 1_000  # what a call needs beside its contacts, and a contact beside its values
_DATES = {ValueType.DATE, ValueType.DATETIME}
_ALONE = {
    "yes": mark("only a yes is sent, so the date is left out"),
    "no": mark("only a no is sent, so the date is left out"),
}


class Checker:
    """Checks the mapped chunks of one table, in order.

    ``rules``: one for each field. ``largest_row``: bytes that one contact may take in a call.
    ``columns``: the table's headers; findings come in their order, those about the whole row
    first, made fields last. ``today``: the day of the check. ``suppression``: the addresses that
    get no yes.
    """

    def __init__(
        self,
        rules: Sequence[FieldRule],
        *,
        largest_row: int,
        columns: Sequence[str] = (),
        row_rules: RowRules | None = None,
        today: date | None = None,
        suppression: Suppression | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._largest_row = largest_row
        self._places = {name: place for place, name in enumerate(("", *columns))}
        self._row_rules = row_rules or RowRules()
        self._today = today or date.max
        self._suppression = suppression
        self._orders = {r.field: DateOrders(r) for r in self._rules if r.type in _DATES}

    def check(self, chunk: Chunk) -> CheckedChunk:
        """Check a mapped chunk: one column for each rule, n rows."""
        context = Context(typed_dates=chunk.typed_dates, today=self._today)
        skipped, broken = rows_passed_over(chunk.findings, len(chunk))
        passed_over = skipped | broken
        told = findings_that_count(chunk.findings, skipped, broken)
        columns: dict[str, Any] = {}
        findings: list[Finding] = [*told]
        for rule in self._rules:
            raw = pa.array(chunk.frame[rule.field].array)
            if rule.field in self._orders and not chunk.ours:
                self._orders[rule.field].add(raw, chunk.rows, passed_over, chunk.typed_dates)
            checked = check_column(raw, rule, context, chunk.beside.get(rule.field))
            checked = without_valueless(checked, rule.column, told)
            columns[rule.field] = checked.texts
            found = (_finding(problem, rule, raw, passed_over) for problem in checked.problems)
            findings += [one for one in found if one is not None]
        findings += self._findings_of_rows(columns, findings, passed_over)
        verdicts = _verdicts(findings, skipped, len(chunk))
        origins = self._origins(chunk, columns)
        suppressed = None
        if self._suppression is not None:
            suppressed = suppressed_rows(columns, chunk.frame, self._rules, self._suppression)
            suppressed &= _readable(chunk)
            findings += withhold(
                columns,
                self._rules,
                suppressed,
                verdicts,
                origins,
                consent_dates=self._row_rules.consent_dates,
                leave_out=self._suppression.rows,
            )
        findings.sort(key=lambda finding: self._places.get(finding.column, len(self._places)))
        frame: pd.DataFrame = pa.table(columns).to_pandas()
        keys = _shown_keys(chunk.frame, columns, self._rules, verdicts)
        return CheckedChunk(chunk.rows, frame, keys, verdicts, tuple(findings), origins, suppressed)

    def obstacles(self) -> tuple[tuple[str, str], ...]:
        """Say what the columns as a whole have wrong: (column, sentence) pairs."""
        found = ((rule, self._orders.get(rule.field)) for rule in self._rules)
        told = ((rule.column, orders.obstacle()) for rule, orders in found if orders is not None)
        return tuple((column, sentence) for column, sentence in told if sentence)

    def _findings_of_rows(
        self, columns: Mapping[str, Any], told: Sequence[Finding], passed_over: Mask
    ) -> list[Finding]:
        """Find what is wrong with rows as wholes; ``told``: with their cells."""
        findings = [
            _none_of(group, columns, self._rules, passed_over) for group in self._row_rules.one_of
        ]
        findings += [
            _some_of(group, columns, self._rules, told, passed_over)
            for group in self._row_rules.together
        ]
        by_code = {rule.field: rule for rule in self._rules}
        for consent, code in self._row_rules.consent_dates.items():
            if consent in columns and code in columns:
                alone = _date_alone(by_code[code], columns, consent, passed_over)
                if alone is not None and self._row_rules.only is not None:
                    alone = replace(alone, details=tr(_ALONE[self._row_rules.only]))
                findings.append(alone)
        findings.append(_too_large(columns, self._largest_row, passed_over))
        return [finding for finding in findings if finding is not None]

    def _origins(self, chunk: Chunk, columns: Mapping[str, Any]) -> dict[str, NDArray[np.uint8]]:
        """Tell which answers the mapping gave, not the rows."""
        origins = {}
        for rule in self._rules:
            if rule.role is not FieldRole.CONSENT:
                continue
            if rule.constant or rule.blank is Blank.DEFAULT:
                raw = pa.array(chunk.frame[rule.field].array)
                made = np.full(len(chunk), rule.constant) | to_mask(pc.is_null(raw))
                answered = to_mask(pc.is_valid(columns[rule.field]))
                origins[rule.field] = np.where(made & answered, Origin.MAPPING, Origin.ROW).astype(
                    np.uint8
                )
        return origins


def _readable(chunk: Chunk) -> Mask:
    """Tell which rows are the table's own, those included that a condition leaves out."""
    of_the_source = [f for f in chunk.findings if f.code is not IssueCode.CONDITION_NOT_MET]
    skipped, broken = rows_passed_over(of_the_source, len(chunk))
    return ~(skipped | broken)


def _verdicts(findings: Sequence[Finding], skipped: Mask, count: int) -> NDArray[np.uint8]:
    verdicts = np.zeros(count, dtype=np.uint8)
    for finding in findings:
        if finding.severity is Severity.ERROR:
            verdicts[finding.at] = RowCheck.INVALID
    verdicts[skipped] = RowCheck.SKIPPED
    return verdicts


def _none_of(
    group: Sequence[str], columns: Mapping[str, Any], rules: Sequence[FieldRule], passed_over: Mask
) -> Finding | None:
    """Find the rows in which every field of a group is blank."""
    lacking = ~passed_over
    for code in group:
        lacking &= ~to_mask(pc.greater(pc.binary_length(columns[code]), 0))
    at = np.flatnonzero(lacking)
    if not len(at):
        return None
    names = {rule.field: rule.column for rule in rules}
    listed = ", ".join(names[code] for code in group)
    return Finding(IssueCode.ONE_OF_MISSING, Severity.ERROR, at, details=listed)


def _some_of(
    group: Sequence[str],
    columns: Mapping[str, Any],
    rules: Sequence[FieldRule],
    told: Sequence[Finding],
    passed_over: Mask,
) -> Finding | None:
    """Find the rows in which some fields of a group have a value and others have none.

    A cell that is refused is filled: what is wrong with it is told already.
    """
    filled = [to_mask(pc.greater(pc.binary_length(columns[code]), 0)) for code in group]
    for finding in told:
        if finding.severity is Severity.ERROR and finding.field in group:
            filled[group.index(finding.field)][finding.at] = True
    some = np.logical_or.reduce(filled) & ~np.logical_and.reduce(filled)
    at = np.flatnonzero(some & ~passed_over)
    if not len(at):
        return None
    names = {rule.field: rule.column for rule in rules}
    listed = ", ".join(names[code] for code in group)
    return Finding(IssueCode.PART_MISSING, Severity.ERROR, at, details=listed)


def _date_alone(
    rule: FieldRule, columns: Mapping[str, Any], consent: str, passed_over: Mask
) -> Finding | None:
    """Find the rows that date an answer and do not give it."""
    alone = to_mask(pc.is_valid(columns[rule.field])) & to_mask(pc.is_null(columns[consent]))
    at = np.flatnonzero(alone & ~passed_over)
    if not len(at):
        return None
    dates = columns[rule.field].take(pa.array(at)).to_pylist()
    code = IssueCode.CONSENT_DATE_ALONE
    told = tr("the date is sent alone")
    return Finding(code, Severity.WARNING, at, rule.column, rule.field, dates, told)


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


def _too_large(columns: Mapping[str, Any], largest: int, passed_over: Mask) -> Finding | None:
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
            details.append(tr("{size} bytes, {most} are allowed", size=size, most=largest))
    if not at:
        return None
    return Finding(
        IssueCode.ROW_TOO_LARGE, Severity.ERROR, np.array(at, dtype=np.int64), details=details
    )


def _shown_keys(
    mapped: pd.DataFrame,
    columns: Mapping[str, Any],
    rules: Sequence[FieldRule],
    verdicts: NDArray[np.uint8],
) -> pa.Array:
    """Give each row's key as the report shows it: as sent, or the trimmed original if invalid."""
    good = pa.array(verdicts == RowCheck.GOOD)
    codes = [rule.field for rule in rules if rule.role is FieldRole.KEY]
    shown = {code: pc.if_else(good, columns[code], pa.array(mapped[code].array)) for code in codes}
    texts = {code: pc.fill_null(column, "") for code, column in shown.items()}
    if len(codes) == 1:
        return texts[codes[0]]
    parts = (column.to_pylist() for column in texts.values())
    return texts_of(
        [
            orjson.dumps(dict(zip(codes, values, strict=True))).decode()
            for values in zip(*parts, strict=True)
        ]
    )
