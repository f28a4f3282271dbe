"""What the source found already: rows that are none of the table's, cells that have no value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from importer.checking.column import (
    Checked,
    blanked,
    without_rows,
)
from importer.issues import Finding, IssueCode, Severity
from importer.masks import Mask

# The cell's own value is not known, or does not count: what stands in its place is no answer.
_VALUELESS = frozenset(
    {IssueCode.CELL_ERROR, IssueCode.FORMULA_WITHOUT_VALUE, IssueCode.FORMULA_REFUSED}
)


def rows_passed_over(findings: Sequence[Finding], count: int) -> tuple[Mask, Mask]:
    """Tell which rows the source left out, and which it could not read as rows of the table."""
    skipped = np.zeros(count, dtype=bool)
    broken = np.zeros(count, dtype=bool)
    for finding in findings:
        if finding.severity is Severity.SKIP:
            skipped[finding.at] = True
        elif finding.severity is Severity.ERROR and not finding.column:
            broken[finding.at] = True
    return skipped, broken


def findings_that_count(
    findings: Sequence[Finding], skipped: Mask, broken: Mask
) -> tuple[Finding, ...]:
    """Drop what is said of rows that are left out, and of the cells of rows that are broken."""
    kept = []
    for finding in findings:
        if finding.severity is not Severity.SKIP:
            over = skipped | broken if finding.column else skipped
            finding = _without(finding, over)
        if len(finding.at):
            kept.append(finding)
    return tuple(kept)


def _without(finding: Finding, over: Mask) -> Finding:
    kept = ~over[finding.at]
    if kept.all():
        return finding
    chosen: list[int] = np.flatnonzero(kept).tolist()
    details = finding.details
    return replace(
        finding,
        at=finding.at[chosen],
        values=[finding.values[i] for i in chosen] if finding.values else (),
        details=details if isinstance(details, str) else [details[i] for i in chosen],
    )


def without_valueless(checked: Checked, column: str, findings: Sequence[Finding]) -> Checked:
    """Leave alone the fields whose cell has no value, and say nothing more of such cells.

    Where that only warns, the row is sent: so the field is neither cleared nor filled.
    """
    told = np.zeros(len(checked.texts), dtype=bool)
    left = np.zeros(len(checked.texts), dtype=bool)
    for finding in findings:
        if finding.column == column and finding.code in _VALUELESS:
            told[finding.at] = True
            left[finding.at] = finding.severity is Severity.WARNING
    if not told.any():
        return checked
    problems = tuple(without_rows(problem, told) for problem in checked.problems)
    return Checked(blanked(checked.texts, left), problems)
