from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking import Checker, check_column
from importer.checking.column import Context, patched
from importer.field_rules import (
    Blank,
    FieldRole,
    FieldRule,
    OnInvalid,
    ValueType,
)
from importer.issues import Finding, IssueCode, Severity
from importer.model import (
    RowCheck,
)

from .columns import KEY, Cells, Column, checked_of, chunk_of, column, column_of, rule_of, said

GOOD, INVALID, SKIPPED = int(RowCheck.GOOD), int(RowCheck.INVALID), int(RowCheck.SKIPPED)
EMAILS = ["a@b.example", "b@b.example", "c@b.example"]


def source_finding(code: IssueCode, at: list[int], severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code, severity, np.array(at, dtype=np.int64))


# --- blank cells ------------------------------------------------------------------------------


def test_blank_cells_are_left_alone_cleared_refused_or_filled() -> None:
    cells = ["Lévis", None]
    skip = column_of(cells, rule_of(ValueType.TEXT))
    clear = column_of(cells, rule_of(ValueType.TEXT, blank=Blank.CLEAR))
    reject = column_of(cells, rule_of(ValueType.TEXT, blank=Blank.REJECT))
    fill = column_of(cells, rule_of(ValueType.TEXT, blank=Blank.DEFAULT, default="Québec"))
    assert skip == Column(["Lévis", None], {}, {})
    assert clear == Column(["Lévis", ""], {}, {})
    assert reject.texts == ["Lévis", None]
    assert reject.problems == {IssueCode.VALUE_MISSING: {1: ""}}
    assert fill == Column(["Lévis", "Québec"], {}, {})


def test_a_default_is_checked_and_written_like_a_cell() -> None:
    rule = rule_of(ValueType.DATE, format="DD/MM/YYYY", blank=Blank.DEFAULT, default="01/02/2026")
    assert column_of([None, "03/02/2026"], rule).texts == ["2026-02-01", "2026-02-03"]
    values = (("Oui", "yes"), ("Non", "no"))
    consent = rule_of(ValueType.CONSENT, values=values, blank=Blank.DEFAULT, default="Non")
    assert column_of([None, "Oui"], consent).texts == ["no", "yes"]
    wrong = column_of([None, "0"], replace(consent, values=(), default="peut-être"))
    assert wrong.texts == [None, "no"]
    assert wrong.wrong() == [0]


@pytest.mark.parametrize("type_", ValueType)
@given(cells=st.lists(st.none() | st.sampled_from(["oui", "1", "x@y.example", "2026-01-01", "?"])))
@settings(deadline=None, max_examples=40)
def test_promise_4_a_blank_cell_becomes_an_empty_text_only_under_clear(
    type_: ValueType, cells: list[str | None]
) -> None:
    listed = (("?", ""), ("1", "1"), ("oui", "yes"))
    for blank in Blank:
        for default in (None, "", "  "):
            for values in ((), listed):
                rule = rule_of(type_, blank=blank, default=default, values=values)
                found = column_of(cells, rule)
                for cell, text in zip(cells, found.texts, strict=True):
                    cleared = blank is Blank.CLEAR and cell is None
                    assert (text == "") is cleared
                    assert cell is not None or cleared or text is None


def test_promise_4_what_is_wrong_is_left_alone_even_where_blank_cells_clear() -> None:
    rule = rule_of(ValueType.DATE, blank=Blank.CLEAR, on_invalid=OnInvalid.SKIP)
    assert column_of(["hier", None], rule).texts == [None, ""]


# --- what a row gets ----------------------------------------------------------------------------


def test_a_wrong_value_refuses_its_row_or_only_its_field() -> None:
    columns: Cells = {"key_f_EMail": EMAILS, "f_Field": ["12", "douze", None]}
    strict = checked_of(columns, KEY, rule_of(ValueType.INTEGER))
    assert strict.verdicts.tolist() == [GOOD, INVALID, GOOD]
    lenient = checked_of(columns, KEY, rule_of(ValueType.INTEGER, on_invalid=OnInvalid.SKIP))
    assert lenient.verdicts.tolist() == [GOOD, GOOD, GOOD]
    assert column(lenient, "f_Field") == ["12", None, None]
    (finding,) = lenient.findings
    assert (finding.code, finding.severity) == (IssueCode.INTEGER_INVALID, Severity.WARNING)
    assert list(finding.values) == ["douze"]


def test_a_required_value_is_not_excused_by_skipping_wrong_ones() -> None:
    rule = rule_of(ValueType.INTEGER, blank=Blank.REJECT, on_invalid=OnInvalid.SKIP)
    checked = checked_of({"key_f_EMail": EMAILS, "f_Field": ["12", "douze", None]}, KEY, rule)
    assert checked.verdicts.tolist() == [GOOD, GOOD, INVALID]
    assert [(f.code, f.severity) for f in checked.findings] == [
        (IssueCode.INTEGER_INVALID, Severity.WARNING),
        (IssueCode.VALUE_MISSING, Severity.ERROR),
    ]


def test_a_row_keeps_all_its_issues_in_the_order_of_the_mapping() -> None:
    rules = (
        KEY,
        rule_of(ValueType.PHONE, "f_Phone", column="Téléphone", region="CA"),
        rule_of(ValueType.TEXT, "f_Code", column="Code", max_length=2, pattern="[A-Z]+"),
        rule_of(ValueType.CONSENT, "optin_News", column="Infolettre", on_invalid=OnInvalid.SKIP),
        rule_of(ValueType.DATE, "f_Day", column="Jour", blank=Blank.REJECT),
    )
    checked = checked_of(
        {
            "key_f_EMail": ["marie@", "ok@b.example"],
            "f_Phone": ["5", "514-555-0123"],
            "f_Code": ["abc", "AB"],
            "optin_News": ["?", "oui"],
            "f_Day": [None, "2026-01-01"],
        },
        *rules,
    )
    assert said(checked) == [
        (0, IssueCode.EMAIL_INVALID, "Courriel"),
        (0, IssueCode.PHONE_INVALID, "Téléphone"),
        (0, IssueCode.VALUE_TOO_LONG, "Code"),
        (0, IssueCode.VALUE_NOT_MATCHING, "Code"),
        (0, IssueCode.CONSENT_INVALID, "Infolettre"),
        (0, IssueCode.VALUE_MISSING, "Jour"),
    ]
    assert checked.verdicts.tolist() == [INVALID, GOOD]


def test_one_wrong_text_is_found_in_every_row_that_holds_it() -> None:
    cells = ["hier", "2026-01-01", "hier", None, "2026-02-30", "hier"]
    checked = checked_of(
        {"key_f_EMail": ["a@b.example"] * 6, "f_Field": cells}, KEY, rule_of(ValueType.DATE)
    )
    found = {f.code: (f.at.tolist(), list(f.values)) for f in checked.findings}
    assert found == {
        IssueCode.DATE_INVALID: ([0, 2, 5], ["hier"] * 3),
        IssueCode.DATE_IMPOSSIBLE: ([4], ["2026-02-30"]),
    }


def test_details_stay_with_their_rows_when_some_rows_are_passed_over() -> None:
    cells = ["1,234", "2,345", "1,234", "3,456"]
    checked = checked_of(
        {"key_f_EMail": ["a@b.example"] * 4, "f_Field": cells},
        KEY,
        rule_of(ValueType.DECIMAL),
        findings=(source_finding(IssueCode.ROW_TOO_LONG, [0]),),
    )
    finding = checked.findings[-1]
    assert finding.at.tolist() == [1, 2, 3]
    assert list(finding.values) == cells[1:]
    assert [one[:13] for one in finding.details] == [
        "2345 or 2.345",
        "1234 or 1.234",
        "3456 or 3.456",
    ]


# --- rows the source speaks of --------------------------------------------------------------------


@pytest.mark.parametrize(
    "code", [IssueCode.ROW_TOO_LONG, IssueCode.ROW_TOO_SHORT, IssueCode.QUOTES_UNBALANCED]
)
def test_rows_broken_by_the_source_carry_no_findings_of_their_values(code: IssueCode) -> None:
    checked = checked_of(
        {"key_f_EMail": ["marie@", "paul@"], "f_Field": ["x" * 200_000, "y"]},
        KEY,
        rule_of(ValueType.TEXT, max_length=3),
        findings=(source_finding(code, [0]),),
    )
    assert said(checked) == [(0, code, ""), (1, IssueCode.EMAIL_INVALID, "Courriel")]
    assert checked.verdicts.tolist() == [INVALID, INVALID]


def test_skipped_rows_carry_no_other_findings_and_stay_skipped() -> None:
    constant = rule_of(ValueType.TEXT, "f_Source", column="f_Source")
    checked = checked_of(
        {"key_f_EMail": [None, "a@b.example"], "f_Source": ["x" * 2_000, "x"]},
        replace(KEY, blank=Blank.REJECT),
        constant,
        findings=(source_finding(IssueCode.BLANK_ROW, [0], Severity.SKIP),),
        largest_row=1_500,
    )
    assert said(checked) == [(0, IssueCode.BLANK_ROW, "")]
    assert len(checked.findings) == 1
    assert checked.verdicts.tolist() == [SKIPPED, GOOD]
    assert checked.keys.to_pylist() == ["", "a@b.example"]


def test_a_warning_of_the_source_leaves_the_row_good_and_its_values_checked() -> None:
    warning = source_finding(IssueCode.QUOTES_UNBALANCED, [0, 1], Severity.WARNING)
    checked = checked_of({"key_f_EMail": ["a@b.example", "a@"]}, KEY, findings=(warning,))
    assert checked.verdicts.tolist() == [GOOD, INVALID]


def test_an_error_the_source_found_in_a_column_leaves_the_other_values_checked() -> None:
    at = np.array([0], dtype=np.int64)
    finding = Finding(IssueCode.VALUE_NOT_MATCHING, Severity.ERROR, at, "Formule", "", ["#REF!"])
    checked = checked_of({"key_f_EMail": ["a@"]}, KEY, findings=(finding,))
    assert said(checked) == [
        (0, IssueCode.VALUE_NOT_MATCHING, "Formule"),
        (0, IssueCode.EMAIL_INVALID, "Courriel"),
    ]


# --- whole rows -----------------------------------------------------------------------------------


def test_a_contact_no_call_can_hold_is_refused_with_its_size() -> None:
    columns: Cells = {"key_f_EMail": EMAILS, "f_Field": ["x" * 900, "\x01" * 300, "x" * 300]}
    checked = checked_of(columns, KEY, rule_of(ValueType.TEXT), largest_row=1_800)
    assert checked.verdicts.tolist() == [INVALID, INVALID, GOOD]
    (finding,) = checked.findings
    assert finding.code is IssueCode.ROW_TOO_LARGE
    assert all("1800 are allowed" in detail for detail in finding.details)


def test_real_dates_of_the_source_reach_the_check_of_dates() -> None:
    columns: Cells = {"key_f_EMail": ["a@b.example"], "f_Field": ["2026-10-24"]}
    rule = rule_of(ValueType.DATE, format="DD/MM/YYYY")
    typed = Checker((KEY, rule), largest_row=10_000).check(chunk_of(columns, typed_dates=True))
    plain = Checker((KEY, rule), largest_row=10_000).check(chunk_of(columns))
    assert (typed.verdicts.tolist(), plain.verdicts.tolist()) == ([GOOD], [INVALID])


def test_key_is_shown_as_sent_or_as_it_stood_when_the_row_is_invalid() -> None:
    columns: Cells = {
        "key_f_EMail": ["A@EXAMPLE.com", "B@", "C@EXAMPLE.com", None],
        "f_Field": ["1", "1", "?", "1"],
    }
    rules = (replace(KEY, blank=Blank.REJECT), rule_of(ValueType.INTEGER))
    checked = checked_of(columns, *rules)
    assert checked.keys.to_pylist() == ["A@example.com", "B@", "C@EXAMPLE.com", ""]


def test_a_composite_key_is_shown_as_a_json_object_in_mapping_order() -> None:
    number = FieldRule("key_f_No", FieldRole.KEY, ValueType.INTEGER, "No", blank=Blank.REJECT)
    columns: Cells = {"key_f_No": ["007", "x"], "key_f_EMail": ["É@Example.com", "b@b.example"]}
    checked = checked_of(columns, number, KEY)
    assert checked.keys.to_pylist() == [
        '{"key_f_No":"7","key_f_EMail":"É@example.com"}',
        '{"key_f_No":"x","key_f_EMail":"b@b.example"}',
    ]


def test_a_chunk_without_rows_is_checked_to_nothing() -> None:
    checked = checked_of({"key_f_EMail": [], "f_Field": []}, KEY, rule_of(ValueType.PHONE))
    assert len(checked) == 0
    assert checked.keys.to_pylist() == []
    assert checked.findings == ()


def test_columns_in_several_pieces_are_checked_as_one() -> None:
    raw = pa.chunked_array([["oui", None], ["?"]], pa.large_string())
    checked = check_column(raw, rule_of(ValueType.CONSENT), Context())
    assert checked.texts.to_pylist() == ["yes", None, None]
    assert checked.problems[0].mask.tolist() == [False, False, True]


def test_nothing_to_patch_leaves_a_column_as_it_is() -> None:
    texts = pa.array(["a"], pa.large_string())
    assert patched(texts, np.array([], dtype=np.int64), []) is texts


@given(
    cells=st.lists(st.sampled_from(["1", "x", "?", "1,234"]) | st.none(), min_size=1, max_size=12),
    broken=st.sets(st.integers(0, 11)),
    skipped=st.sets(st.integers(0, 11)),
)
@settings(deadline=None)
def test_verdicts_follow_from_the_findings_and_from_nothing_else(
    cells: list[str | None], broken: set[int], skipped: set[int]
) -> None:
    here = range(len(cells))
    skipped_at = [i for i in here if i in skipped]
    broken_at = [i for i in here if i in broken - skipped]
    findings = (
        source_finding(IssueCode.BLANK_ROW, skipped_at, Severity.SKIP),
        source_finding(IssueCode.ROW_TOO_SHORT, broken_at),
    )
    rule = rule_of(ValueType.DECIMAL, blank=Blank.REJECT, values=(("?", "0"),))
    columns: Cells = {"key_f_EMail": ["a@b.example"] * len(cells), "f_Field": cells}
    checked = checked_of(columns, KEY, rule, findings=findings)
    for position, cell in enumerate(cells):
        wrong = cell in {None, "x", "1,234"}
        expected = (
            SKIPPED
            if position in skipped_at
            else INVALID
            if wrong or position in broken_at
            else GOOD
        )
        assert checked.verdicts[position] == expected
        of_values = [f for f in checked.findings if f.column and position in f.at]
        assert bool(of_values) is (wrong and position not in skipped | broken)
