"""What the tests of this room check: columns of text under one rule, and small chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from importer.checking import Checker, check_column
from importer.checking.column import Context
from importer.field_rules import (
    FieldRole,
    FieldRule,
    Other,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    CheckedChunk,
    Chunk,
)

LARGEST = 100_000
KEY = FieldRule("key_f_EMail", FieldRole.KEY, ValueType.EMAIL, "Courriel")
TODAY = date(2026, 11, 22)
Cells = Mapping[str, Sequence[str | None]]
# The whole texts of one column under one rule: canonical texts, and code -> what it says of which.
Problems = dict[IssueCode, dict[int, str]]


@dataclass(frozen=True, slots=True)
class Column:
    texts: list[str | None]
    problems: Problems
    severities: dict[IssueCode, Severity]

    def wrong(self) -> list[int]:
        """Positions of the texts that were refused."""
        errors = (self.problems[c] for c, s in self.severities.items() if s is Severity.ERROR)
        return sorted({position for places in errors for position in places})


def rule_of(type_: ValueType, code: str = "f_Field", **members: Any) -> FieldRule:
    """Make an ordinary field's rule; ``format``: the only one of its ``formats``."""
    if "format" in members:
        form = members.pop("format")
        members["formats"] = () if form is None else (form,)
    if type_ not in {ValueType.CONSENT, ValueType.BOOLEAN, ValueType.CHOICE}:
        members = {"other": Other.KEEP} | members
    role = FieldRole.CONSENT if type_ is ValueType.CONSENT else FieldRole.DATA
    return FieldRule(**{"field": code, "role": role, "type": type_, "column": "Column"} | members)


def column_of(
    values: Sequence[str | None],
    rule: FieldRule,
    *,
    typed_dates: bool = False,
    today: date = TODAY,
    beside: Sequence[str | None] | None = None,
) -> Column:
    """Check a column of trimmed text; ``beside``: each row's country."""
    raw = pa.array(values, pa.large_string())
    countries = None if beside is None else pa.array(beside, pa.large_string())
    checked = check_column(raw, rule, Context(typed_dates, today), countries)
    assert checked.texts.type == pa.large_string()
    assert len(checked.texts) == len(values)
    problems: Problems = {}
    for problem in checked.problems:
        at = np.flatnonzero(problem.mask).tolist()
        details = problem.details
        said = [details] * len(at) if isinstance(details, str) else details
        problems[problem.code] = dict(zip(at, said, strict=True))
    severities = {problem.code: problem.severity for problem in checked.problems}
    return Column(checked.texts.to_pylist(), problems, severities)


def chunk_of(
    columns: Cells,
    *,
    first_row: int = 2,
    findings: tuple[Finding, ...] = (),
    typed_dates: bool = False,
) -> Chunk:
    """Make a mapped chunk: one column for each field code."""
    arrays = {code: pa.array(values, pa.large_string()) for code, values in columns.items()}
    frame: pd.DataFrame = pa.table(arrays).to_pandas()
    rows = np.arange(first_row, first_row + len(frame), dtype=np.int64)
    return Chunk(rows, frame, findings, typed_dates=typed_dates)


def checked_of(columns: Cells, *rules: FieldRule, **members: Any) -> CheckedChunk:
    """Check a chunk under rules for its columns."""
    largest = members.pop("largest_row", LARGEST)
    row_rules = members.pop("row_rules", None)
    suppression = members.pop("suppression", None)
    checker = Checker(
        rules, largest_row=largest, row_rules=row_rules, today=TODAY, suppression=suppression
    )
    return checker.check(chunk_of(columns, **members))


def said(checked: CheckedChunk) -> list[tuple[int, IssueCode, str]]:
    """Give every issue as (position, code, column), in the order of the findings."""
    return [(int(at), f.code, f.column) for f in checked.findings for at in f.at]


def column(checked: CheckedChunk, code: str) -> list[str | None]:
    """Give one field's canonical texts."""
    texts: list[str | None] = pa.array(checked.frame[code].array).to_pylist()
    return texts
