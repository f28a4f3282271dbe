"""Rows and cells that the source speaks of: what still counts of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from importer.field_rules import (
    Blank,
    FieldRole,
    OnInvalid,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    RowCheck,
)

from .columns import KEY, checked_of, column, rule_of, said

ERROR, WARNING, SKIP = Severity.ERROR, Severity.WARNING, Severity.SKIP
GOOD, INVALID, SKIPPED = int(RowCheck.GOOD), int(RowCheck.INVALID), int(RowCheck.SKIPPED)
EMAILS = ["a@b.example", "b@b.example", "c@b.example"]
VALUELESS = [
    IssueCode.CELL_ERROR,
    IssueCode.FORMULA_WITHOUT_VALUE,
    IssueCode.FORMULA_REFUSED,
]


def found(
    code: IssueCode,
    at: list[int],
    severity: Severity = ERROR,
    column: str = "",
    details: str | list[str] = "",
) -> Finding:
    values = [f"value {i}" for i in at] if column else ()
    return Finding(
        code, severity, np.array(at, dtype=np.int64), column, values=values, details=details
    )


# --- rows ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [IssueCode.FOOTER_ROW, IssueCode.OTHER_TABLE,
                                  IssueCode.HIDDEN_ROW, IssueCode.BLANK_ROW])  # fmt: skip
def test_of_a_row_that_is_left_out_nothing_else_is_said(code: IssueCode) -> None:
    checked = checked_of(
        {"key_f_EMail": ["Total: 3", *EMAILS[1:]]},
        KEY,
        findings=(
            found(IssueCode.ROW_TOO_SHORT, [0, 1], details=["1 cell", "2 cells"]),
            found(IssueCode.CELL_ERROR, [0], column="Courriel"),
            found(code, [0], SKIP),
        ),
    )
    assert said(checked) == [(1, IssueCode.ROW_TOO_SHORT, ""), (0, code, "")]
    assert checked.verdicts.tolist() == [SKIPPED, INVALID, GOOD]
    assert list(checked.findings[0].details) == ["2 cells"]


@pytest.mark.parametrize("code", [IssueCode.OTHER_TABLE, IssueCode.QUOTES_UNBALANCED,
                                  IssueCode.DELIMITER_DIFFERS, IssueCode.FILE_CUT_OFF])  # fmt: skip
def test_of_a_row_that_cannot_be_read_no_cell_is_spoken_of(code: IssueCode) -> None:
    rounded = found(IssueCode.NUMBER_ROUNDED, [0, 2], WARNING, "Courriel")
    checked = checked_of(
        {"key_f_EMail": ["no address", *EMAILS[1:]]}, KEY, findings=(rounded, found(code, [0]))
    )
    assert said(checked) == [(0, code, ""), (2, IssueCode.NUMBER_ROUNDED, "Courriel")]
    assert checked.verdicts.tolist() == [INVALID, GOOD, GOOD]
    (_, warning) = checked.findings
    assert list(warning.values) == ["value 2"]


def test_a_short_row_that_is_accepted_is_good_and_its_missing_cells_are_blank() -> None:
    cells: list[str | None] = ["Lévis", None, None]
    accepted = found(IssueCode.ROW_TOO_SHORT, [1], WARNING, details="1 cell")
    checked = checked_of(
        {"key_f_EMail": EMAILS, "f_Field": cells}, KEY, rule_of(ValueType.TEXT),
        findings=(accepted,),
    )  # fmt: skip
    assert checked.verdicts.tolist() == [GOOD] * 3
    assert column(checked, "f_Field") == cells
    assert said(checked) == [(1, IssueCode.ROW_TOO_SHORT, "")]


# --- cells ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", VALUELESS)
@pytest.mark.parametrize("blank", [Blank.SKIP, Blank.CLEAR, Blank.REJECT, Blank.DEFAULT])
def test_promise_4_a_cell_without_a_value_is_left_alone_whatever_blank_cells_mean(
    code: IssueCode, blank: Blank
) -> None:
    rule = rule_of(ValueType.TEXT, blank=blank, default="Laval", on_invalid=OnInvalid.SKIP)
    checked = checked_of(
        {"key_f_EMail": EMAILS, "f_Field": [None, "Lévis", "Sorel"]},
        KEY,
        rule,
        findings=(found(code, [0, 2], WARNING, "Column"),),
    )
    assert column(checked, "f_Field") == [None, "Lévis", None]
    assert said(checked) == [(0, code, "Column"), (2, code, "Column")]
    assert checked.verdicts.tolist() == [GOOD] * 3


@pytest.mark.parametrize("code", VALUELESS)
def test_promise_5_an_answer_without_a_value_makes_its_row_invalid(code: IssueCode) -> None:
    checked = checked_of(
        {"key_f_EMail": EMAILS, "optin_News": ["oui", None, None]},
        KEY,
        rule_of(ValueType.CONSENT, "optin_News"),
        findings=(found(code, [1], column="Column"),),
    )
    assert checked.verdicts.tolist() == [GOOD, INVALID, GOOD]
    assert said(checked) == [(1, code, "Column")]


def test_a_key_without_a_value_is_one_problem_and_not_two() -> None:
    checked = checked_of(
        {"key_f_EMail": [None, None, EMAILS[2]]},
        replace(KEY, blank=Blank.REJECT),
        findings=(found(IssueCode.CELL_ERROR, [0], column="Courriel"),),
    )
    assert said(checked) == [
        (0, IssueCode.CELL_ERROR, "Courriel"),
        (1, IssueCode.VALUE_MISSING, "Courriel"),
    ]
    assert checked.verdicts.tolist() == [INVALID, INVALID, GOOD]


def test_what_is_wrong_with_other_cells_of_the_column_keeps_its_details() -> None:
    checked = checked_of(
        {"key_f_EMail": EMAILS, "f_Field": ["1,234", "2,345", "3,456"]},
        KEY,
        rule_of(ValueType.DECIMAL),
        findings=(found(IssueCode.FORMULA_REFUSED, [1], column="Column"),),
    )
    (_, ambiguous) = checked.findings
    assert ambiguous.at.tolist() == [0, 2]
    assert [one[:13] for one in ambiguous.details] == ["1234 or 1.234", "3456 or 3.456"]


def test_a_no_that_a_refused_formula_computed_is_still_known() -> None:
    checked = checked_of(
        {"key_f_EMail": EMAILS, "optin_News": ["non", "oui", "oui"]},
        KEY,
        rule_of(ValueType.CONSENT, "optin_News", role=FieldRole.CONSENT),
        findings=(found(IssueCode.FORMULA_REFUSED, [0], column="Column"),),
    )
    assert checked.verdicts.tolist() == [INVALID, GOOD, GOOD]
    assert column(checked, "optin_News") == ["no", "yes", "yes"]


def test_a_rounded_number_is_warned_of_and_sent() -> None:
    checked = checked_of(
        {"key_f_EMail": EMAILS, "f_Field": ["1234567890123456", "", "x"]},
        KEY,
        rule_of(ValueType.TEXT),
        findings=(found(IssueCode.NUMBER_ROUNDED, [0], WARNING, "Column"),),
    )
    assert column(checked, "f_Field")[0] == "1234567890123456"
    assert checked.verdicts.tolist() == [GOOD] * 3
