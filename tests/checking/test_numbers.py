from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.field_rules import FieldRule, ValueType
from importer.issues import IssueCode, message

from .columns import column_of, rule_of

INTEGER = rule_of(ValueType.INTEGER)
DECIMAL = rule_of(ValueType.DECIMAL)


@given(
    number=st.integers(-(10**15) + 1, 10**15 - 1),
    zeros=st.integers(0, 5),
    plus=st.booleans(),
)
@settings(deadline=None)
def test_whole_numbers_lose_plus_sign_and_leading_zeros(
    number: int, zeros: int, plus: bool
) -> None:
    sign = "-" if number < 0 else "+" if plus else ""
    found = column_of([f"{sign}{'0' * zeros}{abs(number)}"], INTEGER)
    assert found.texts == [str(number)]
    assert not found.problems


@given(number=st.integers(min_value=10**15), negative=st.booleans())
@settings(deadline=None)
def test_whole_numbers_beyond_fifteen_digits_are_refused(number: int, negative: bool) -> None:
    found = column_of([f"{'-' * negative}{number}"], INTEGER)
    assert found.texts == [None]
    assert list(found.problems) == [IssueCode.INTEGER_TOO_LARGE]


@pytest.mark.parametrize("rule", [INTEGER, DECIMAL])
@pytest.mark.parametrize(
    "text",
    [
        "1 234 567", "1\u00a0234\u00a0567", "1\u202f234\u202f567", "1\u2009234\u2009567",
        "1'234'567", "1’234’567", "1,234,567", "1.234.567", "+1 234 567", "001234567",
    ],
)  # fmt: skip
def test_groups_of_three_digits_are_joined(rule: FieldRule, text: str) -> None:
    found = column_of([text], rule)
    assert found.texts == ["1234567"]
    assert not found.problems


@pytest.mark.parametrize("rule", [INTEGER, DECIMAL])
@pytest.mark.parametrize(
    "text", ["-1234", "- 1234", "−1234", "−\u00a01 234", "1234-", "1 234 -", "1234−", "-0001234"]
)  # fmt: skip
def test_a_minus_of_any_kind_stands_before_or_behind(rule: FieldRule, text: str) -> None:
    assert column_of([text], rule).texts == ["-1234"]


@pytest.mark.parametrize("text", ["12.0", "12,0", "12.00", "012,0000", "+12.0"])
def test_a_whole_number_with_zeros_for_decimals_is_a_whole_number(text: str) -> None:
    found = column_of([text], INTEGER)
    assert found.texts == ["12"]
    assert not found.problems


@pytest.mark.parametrize("text", ["12.5", "12,5", "1 234,56", "0.5", "0,000001", ".5"])
def test_a_number_with_decimals_is_no_whole_number(text: str) -> None:
    found = column_of([text], INTEGER)
    assert found.texts == [None]
    assert found.problems == {IssueCode.INTEGER_INVALID: {0: " It has decimals."}}


def test_a_sign_before_three_digits_is_refused_of_whole_numbers_until_it_is_settled() -> None:
    texts = ["1,234", "1.234", "12,000", "-12.000", "1234,000"]
    found = column_of([*texts], INTEGER)
    assert found.texts == [None, None, None, None, "1234"]
    settled = "Say which in the mapping: `decimal: comma` or `decimal: point`."
    assert found.problems == {
        IssueCode.DECIMAL_AMBIGUOUS: {
            0: f"1234 or 1.234. {settled}",
            1: f"1234 or 1.234. {settled}",
            2: f"12000 or 12.000. {settled}",
            3: f"-12000 or -12.000. {settled}",
        }
    }
    comma = column_of([*texts], rule_of(ValueType.INTEGER, decimal="comma"))
    assert comma.texts == [None, "1234", "12", "-12000", "1234"]
    point = column_of([*texts], rule_of(ValueType.INTEGER, decimal="point"))
    assert point.texts == ["1234", None, "12000", "-12", None]


@pytest.mark.parametrize("rule", [INTEGER, DECIMAL])
@pytest.mark.parametrize(
    "text",
    [
        "-", "+", "--1", "-5-", "5+", "0x1", "١", "1\n", "1 2", "12 34", "1 2345", "0 123",
        "0,123,456", "1 234'567", "1,234 567", "12,34,567", "1.2.3", "1,2,3", "5.", "5,", "1..2",
        ".", "1 234 ,5", "1\t234", "NaN", "inf", "1_000", "(5)", "2026-10-24", "½", "1\u200b234",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(rule: FieldRule, text: str) -> None:
    found = column_of([text], rule)
    assert found.texts == [None]
    kind = "integer" if rule is INTEGER else "decimal"
    assert list(found.problems) == [IssueCode(f"{kind}-invalid")]


@pytest.mark.parametrize("code", [IssueCode.INTEGER_INVALID, IssueCode.DECIMAL_INVALID])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1E+05", "A spreadsheet shortened it: show all its digits there, and export it again."),
        ("1,5e12", "A spreadsheet shortened it: show all its digits there, and export it again."),
        ("$5", "Take the currency away: a field holds the number only."),
        ("5 €", "Take the currency away: a field holds the number only."),
        ("CAD 5", "Take the currency away: a field holds the number only."),
        ("5usd", "Take the currency away: a field holds the number only."),
        ("5 %", "Take the percent sign away: a field holds the number only."),
        (
            "12,34,567",
            "Groups have three digits each, and one comma or point stands before the decimals.",
        ),
    ],
)
def test_a_refusal_tells_the_remedy(code: IssueCode, text: str, reason: str) -> None:
    rule = INTEGER if code is IssueCode.INTEGER_INVALID else DECIMAL
    found = column_of([text], rule)
    assert found.problems == {code: {0: f" {reason}"}}
    kind = "whole number" if rule is INTEGER else "number"
    assert message(code, column="Prix", value=text, detail=f" {reason}") == (
        f'"{text}" in Prix is no {kind}. {reason}'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 234,56", "1234.56"),
        ("1 234.56", "1234.56"),
        ("1\u202f234\u00a0567,8", "1234567.8"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("1'234.50", "1234.50"),
        ("-1’234,5", "-1234.5"),
        ("12 345,678", "12345.678"),
        ("1.234.567,8", "1234567.8"),
        (".5", "0.5"),
        ("-,50", "-0.50"),
    ],
)
def test_decimals_follow_a_comma_or_a_point(text: str, expected: str) -> None:
    found = column_of([text], DECIMAL)
    assert found.texts == [expected]
    assert not found.problems


@given(text=st.from_regex(r"\A[+-]?[0-9]{1,12}([.,][0-9]{1,8})?\Z"))
@settings(deadline=None, max_examples=200)
def test_decimals_keep_their_worth_and_every_digit_or_are_ambiguous(text: str) -> None:
    found = column_of([text], DECIMAL)
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", text):
        assert found.texts == [None]
        assert list(found.problems) == [IssueCode.DECIMAL_AMBIGUOUS]
        return
    (written,) = found.texts
    assert written is not None
    assert not found.wrong()
    assert Decimal(written) == Decimal(text.replace(",", "."))
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", written)
    assert written.partition(".")[2] == text.replace(",", ".").partition(".")[2]


@given(
    whole=st.integers(0, 10**12),
    fraction=st.from_regex(r"\A[0-9]{0,5}\Z"),
    signs=st.sampled_from([(" ", ","), (".", ","), ("'", "."), (",", "."), ("", ","), ("", ".")]),
    minus=st.booleans(),
)
@settings(deadline=None)
def test_a_settled_column_is_read_without_doubt(
    whole: int, fraction: str, signs: tuple[str, str], minus: bool
) -> None:
    group, mark = signs
    text = "-" * minus + f"{whole:,}".replace(",", group) + (mark + fraction if fraction else "")
    rule = rule_of(ValueType.DECIMAL, decimal={",": "comma", ".": "point"}[mark])
    found = column_of([text], rule)
    assert not found.problems
    assert Decimal(found.texts[0] or "") == Decimal(f"{'-' * minus}{whole}.{fraction or 0}")
    assert column_of(found.texts, rule_of(ValueType.DECIMAL, decimal="point")).texts == found.texts


def test_a_comma_before_three_digits_can_be_read_in_two_ways() -> None:
    found = column_of(["1,234", "-12,500", "0,123", "1234,567", "1,2345"], DECIMAL)
    assert found.texts == [None, None, "0.123", "1234.567", "1.2345"]
    settled = "Say which in the mapping: `decimal: comma` or `decimal: point`."
    detail = f"1234 or 1.234. {settled}"
    assert found.problems == {
        IssueCode.DECIMAL_AMBIGUOUS: {0: detail, 1: f"-12500 or -12.500. {settled}"}
    }
    assert found.wrong() == [0, 1]
    assert message(IssueCode.DECIMAL_AMBIGUOUS, column="Prix", value="1,234", detail=detail) == (
        f'"1,234" in Prix can be read in two ways: 1234 or 1.234. {settled}'
    )


def test_a_point_before_three_digits_is_sent_as_a_decimal_with_a_warning() -> None:
    found = column_of(["1.234", "-12.500", "0.123", "1234.567", "1.2345"], DECIMAL)
    assert found.texts == ["1.234", "-12.500", "0.123", "1234.567", "1.2345"]
    settled = "Say which in the mapping: `decimal: comma` or `decimal: point`."
    assert found.problems == {
        IssueCode.DECIMAL_AMBIGUOUS: {
            0: f"1.234, which is sent, or 1234. {settled}",
            1: f"-12.500, which is sent, or -12500. {settled}",
        }
    }
    assert not found.wrong()


def test_the_mapping_settles_what_comma_and_point_mean() -> None:
    texts = ["1,234", "1.234", "1,5", "1.5"]
    comma = column_of([*texts], rule_of(ValueType.DECIMAL, decimal="comma"))
    assert comma.texts == ["1.234", "1234", "1.5", None]
    detail = " By the mapping, decimals follow a comma, and groups have three digits each."
    assert comma.problems == {IssueCode.DECIMAL_INVALID: {3: detail}}
    point = column_of([*texts], rule_of(ValueType.DECIMAL, decimal="point"))
    assert point.texts == ["1234", "1.234", None, "1.5"]
    detail = " By the mapping, decimals follow a point, and groups have three digits each."
    assert point.problems == {IssueCode.DECIMAL_INVALID: {2: detail}}


def test_a_workbooks_numbers_have_a_point_whatever_the_mapping_says_of_its_texts() -> None:
    texts = ["12.5", "1.234", "1.234,5", "1,5", "1.5e3"]
    found = column_of([*texts], rule_of(ValueType.DECIMAL, decimal="comma"), typed_dates=True)
    assert found.texts == ["12.5", None, "1234.5", "1.5", None]
    assert found.problems[IssueCode.DECIMAL_AMBIGUOUS] == {
        1: "1234 or 1.234. A number and a text look the same in a workbook: take `decimal` out of "
        "the mapping if the cells hold numbers, or write 1234 or, as text, a comma before the "
        "decimals."
    }
    plain = column_of(["1.234"], DECIMAL, typed_dates=True)
    assert plain.texts == ["1.234"]
    assert not plain.problems


def test_zero_has_no_sign() -> None:
    assert column_of(["-0", "-000", "+0", "-0,0"], INTEGER).texts == ["0", "0", "0", "0"]
    assert column_of(["-0", "-0,0", "-00.00", "+0"], DECIMAL).texts == ["0", "0.0", "0.00", "0"]


@given(texts=st.lists(st.text(alphabet="0123456789+-−., '’\u00a0\u202feE%$", min_size=1)))
@settings(deadline=None)
def test_what_is_written_is_a_plain_number_of_the_same_digits(texts: list[str]) -> None:
    for rule in (INTEGER, DECIMAL):
        for decimal in (None, "comma", "point"):
            found = column_of([*texts], replace(rule, decimal=decimal))
            for text, number in zip(texts, found.texts, strict=True):
                if number is not None:
                    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", number)
                    digits = re.sub("[^0-9]", "", text)
                    assert digits.lstrip("0").startswith(re.sub("[^0-9]", "", number).lstrip("0"))
                    assert ("-" in text or "−" in text) or number[0] != "-"
