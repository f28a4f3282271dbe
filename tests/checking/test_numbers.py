from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.issues import IssueCode
from importer.model import ValueType

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


@pytest.mark.parametrize("text", ["1.0", "1,0", "1 000", "1e3", "-", "+", "--1", "0x1", "١", "1\n"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    found = column_of([text], INTEGER)
    assert found.texts == [None]
    assert list(found.problems) == [IssueCode.INTEGER_INVALID]


@given(text=st.from_regex(r"\A[+-]?[0-9]{1,12}([.,][0-9]{1,8})?\Z"))
@settings(deadline=None, max_examples=300)
def test_decimals_keep_their_worth_and_every_digit_or_are_ambiguous(text: str) -> None:
    found = column_of([text], DECIMAL)
    if re.fullmatch(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}", text):
        assert found.texts == [None]
        assert list(found.problems) == [IssueCode.DECIMAL_AMBIGUOUS]
        return
    (written,) = found.texts
    assert written is not None
    assert not found.problems
    assert Decimal(written) == Decimal(text.replace(",", "."))
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", written)
    assert written.partition(".")[2] == text.replace(",", ".").partition(".")[2]


def test_a_comma_before_three_digits_can_be_read_in_two_ways() -> None:
    texts = ["1,234", "-12,500", "0,123", "1234,567", "1,2345", "1.234"]
    found = column_of(texts, DECIMAL)
    assert found.texts == [None, None, "0.123", "1234.567", "1.2345", "1.234"]
    assert found.problems == {
        IssueCode.DECIMAL_AMBIGUOUS: {0: "1234 or 1.234", 1: "-12500 or -12.500"}
    }


@pytest.mark.parametrize(
    "text", ["1,234,567", "1.2.3", "1 234,5", ".5", "5.", "$5", "5 €", "1e5", "NaN"]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    found = column_of([text], DECIMAL)
    assert found.texts == [None]
    assert list(found.problems) == [IssueCode.DECIMAL_INVALID]


def test_zero_has_no_sign() -> None:
    assert column_of(["-0", "-000", "+0"], INTEGER).texts == ["0", "0", "0"]
    assert column_of(["-0", "-0,0", "-00.00", "+0"], DECIMAL).texts == ["0", "0.0", "0.00", "0"]
