"""What happens to a field's column whatever its type: erased, defaulted, by country."""

from __future__ import annotations

import pytest

from importer.field_rules import Blank, FieldRole, ValueType
from importer.issues import IssueCode
from tests.checking.columns import column_of, rule_of

TOKEN = "#CLEAR"


def test_a_token_erases_an_ordinary_field() -> None:
    found = column_of([TOKEN, "a", None], rule_of(ValueType.TEXT, clear_token=TOKEN))
    assert found.texts == ["", "a", None]
    assert found.problems == {}


@pytest.mark.parametrize("type_", [t for t in ValueType if t is not ValueType.CONSENT])
def test_a_token_is_no_value_of_any_type(type_: ValueType) -> None:
    values = (("a", "b"),) if type_ is ValueType.CHOICE else ()
    found = column_of([TOKEN], rule_of(type_, clear_token=TOKEN, values=values))
    assert found.texts == [""]
    assert found.problems == {}


@pytest.mark.parametrize("role", [FieldRole.KEY, FieldRole.CONSENT, FieldRole.CONSENT_DATE])
def test_a_token_cannot_erase_what_must_not_be_erased(role: FieldRole) -> None:
    type_ = {FieldRole.KEY: ValueType.TEXT, FieldRole.CONSENT: ValueType.CONSENT}
    rule = rule_of(
        type_.get(role, ValueType.DATE), role=role, clear_token=TOKEN, blank=Blank.REJECT
    )
    found = column_of([TOKEN, None], rule)
    assert found.texts == [None, None]
    assert set(found.problems[IssueCode.CLEAR_REFUSED]) == {0}
    assert set(found.problems[IssueCode.VALUE_MISSING]) == {1}


def test_a_token_is_compared_as_it_is_written() -> None:
    found = column_of(["#clear"], rule_of(ValueType.TEXT, clear_token=TOKEN))
    assert found.texts == ["#clear"]


def test_a_token_in_a_required_field_is_no_value() -> None:
    found = column_of([TOKEN, "a"], rule_of(ValueType.TEXT, clear_token=TOKEN, blank=Blank.REJECT))
    assert found.texts == [None, "a"]
    assert set(found.problems) == {IssueCode.VALUE_MISSING}


def test_a_token_is_not_taken_for_a_blank_that_has_a_default() -> None:
    rule = rule_of(
        ValueType.CONSENT, role=FieldRole.CONSENT, clear_token=TOKEN,
        blank=Blank.DEFAULT, default="no",
    )  # fmt: skip
    found = column_of([TOKEN, None], rule)
    assert found.texts == [None, "no"]
    assert set(found.problems[IssueCode.CLEAR_REFUSED]) == {0}


def test_a_default_goes_through_values_and_type() -> None:
    rule = rule_of(
        ValueType.INTEGER, blank=Blank.DEFAULT, default="none", values=(("none", "007"),)
    )
    assert column_of([None, "none", "12"], rule).texts == ["7", "7", "12"]


def test_what_a_replacement_leaves_nothing_of_counts_as_blank() -> None:
    rule = rule_of(ValueType.TEXT, replace=(("n/a", ""),), blank=Blank.DEFAULT, default="x")
    assert column_of(["n/a", "a", None], rule).texts == ["x", "a", "x"]
    rule = rule_of(ValueType.TEXT, replace=(("n/a", ""),), blank=Blank.REJECT)
    assert set(column_of(["n/a", "a"], rule).problems[IssueCode.VALUE_MISSING]) == {0}
    rule = rule_of(ValueType.TEXT, replace=(("n/a", ""),), blank=Blank.CLEAR)
    assert column_of(["n/a", "a"], rule).texts == ["", "a"]


def test_each_row_is_checked_by_its_own_country() -> None:
    rule = rule_of(ValueType.PHONE, region_column="Pays", region="CA")
    found = column_of(
        ["514 555-0101", "06 12 34 56 78", "06 12 34 56 78", "x", None, "x"],
        rule,
        beside=["Canada", "France", None, "FR", "FR", "CA"],
    )
    assert found.texts == ["+15145550101", "+33612345678", None, None, None, None]
    assert sorted(found.problems[IssueCode.PHONE_INVALID]) == [2, 3, 5]  # one problem, in order
    assert all(found.problems[IssueCode.PHONE_INVALID].values())


def test_a_number_of_a_country_that_nobody_knows_needs_its_code() -> None:
    rule = rule_of(ValueType.PHONE, region_column="Pays", region="CA")
    found = column_of(["514 555-0101", "+1 514 555-0101"], rule, beside=["Utopia", "Utopia"])
    assert found.texts == [None, "+15145550101"]
    assert found.wrong() == [0]
