from __future__ import annotations

from typing import Any

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import NumberParseException, PhoneNumberFormat

from importer.checking.phones import _by_pattern, _plan
from importer.issues import IssueCode, Severity
from importer.model import ValueType

from .columns import column_of, rule_of

REGIONS = ["CA", "US", "FR"]
OF_ONE = sorted(phonenumbers.region_codes_for_country_code(1))
# Texts of digits and separators that begin like numbers of these countries.
starts = st.sampled_from(
    ["", "1", "+1", "+1 1", "+", "0", "00", "011", "+33", "+33 (0)", "33", "+44", "(", "1-", "0033",
     "+1 (", "001", "+330", "01", "(0)"]
)  # fmt: skip
areas = st.sampled_from(
    ["514", "418", "212", "800", "900", "911", "555", "6", "7", "1", "3", "89", "800", "242", "787",
     "500", "710", "011", "86", "36", "590"]
)  # fmt: skip
rests = st.text(alphabet="0123456789", min_size=3, max_size=9)
separators = st.sampled_from(["", "", " ", "-", ".", "\xa0", "/", ") ", "(", "--", " - "])


@st.composite
def numbers(draw: Any) -> str:
    digits = draw(areas) + draw(rests)
    text = draw(starts)
    for digit in digits:
        text += digit
        if draw(st.integers(0, 4)) == 0:
            text += draw(separators)
    return text or "0"


@st.composite
def examples(draw: Any) -> tuple[str, str]:
    """A number of the tables' own, as people of its country write it, perhaps with a slip."""
    region = draw(st.sampled_from(REGIONS))
    kind = draw(st.sampled_from(list(phonenumbers.PhoneNumberType.values())))
    number = phonenumbers.example_number_for_type(region, kind)
    number = number or phonenumbers.example_number(region)
    assert number is not None
    form = draw(st.sampled_from([PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL,
                                 PhoneNumberFormat.E164]))  # fmt: skip
    text = phonenumbers.format_number(number, form)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(text) - 1))
        text = text[:at] + draw(st.sampled_from("0123456789 ()-+")) + text[at + 1 :]
    return text, region


def judged(text: str, region: str | None) -> str | None:
    """Say what phonenumbers makes of a text."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def by_pattern(texts: list[str], region: str) -> list[str | None]:
    found: list[str | None] = _by_pattern(
        pa.array(texts, pa.large_string()), _plan(region)
    ).to_pylist()
    return found


@given(texts=st.lists(numbers(), min_size=1, max_size=10), region=st.sampled_from(REGIONS))
@settings(deadline=None, max_examples=400)
def test_whatever_the_patterns_write_phonenumbers_writes(texts: list[str], region: str) -> None:
    for text, written in zip(texts, by_pattern(texts, region), strict=True):
        if written is not None:
            assert written == judged(text, region), text


@given(texts=st.lists(numbers(), min_size=1, max_size=10), region=st.sampled_from(OF_ONE))
@settings(deadline=None, max_examples=200)
def test_patterns_hold_in_every_country_that_shares_the_code_1(
    texts: list[str], region: str
) -> None:
    for text, written in zip(texts, by_pattern(texts, region), strict=True):
        if written is not None:
            assert written == judged(text, region), text


@given(example=examples())
@settings(deadline=None, max_examples=300)
def test_a_number_is_written_as_phonenumbers_writes_it(example: tuple[str, str]) -> None:
    text, region = example
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [judged(text, region)]
    assert bool(found.wrong()) is (found.texts == [None])


@pytest.mark.parametrize(
    ("text", "region", "written"),
    [
        ("514-555-0123", "CA", "+15145550123"),
        ("(514) 555-0123", "CA", "+15145550123"),
        ("1 514 555 0123", "CA", "+15145550123"),
        ("+1 514 555 0123", "FR", "+15145550123"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "CA", "+33612345678"),
        ("0033 6 12 34 56 78", "FR", "+33612345678"),
        ("030 901820", "DE", "+4930901820"),
        ("+49 30 901820", None, "+4930901820"),
        ("+33\xa06\xa012\xa034\xa056\xa078", None, "+33612345678"),
    ],
)
def test_phones_are_written_in_e164(text: str, region: str | None, written: str) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [written]
    assert not found.problems


@pytest.mark.parametrize(
    ("text", "region", "reason"),
    [
        ("514 555 0123", None, "no country code"),
        ("bonjour", "CA", "cannot be read"),
        ("1-800-FLOWERS", "US", "letters"),
        ("tel 514-555-0123", "CA", "letters"),
        ("555-0123", "CA", "no such number"),
        ("514-055-0123", "CA", "no such number"),
        ("0123456789012", "FR", "no such number"),
        ("5145550123.0", "CA", "no such number"),
        ("+999 123 456 789", "CA", "cannot be read"),
    ],
)
def test_what_is_no_phone_is_refused_with_a_reason(
    text: str, region: str | None, reason: str
) -> None:
    found = column_of([text], rule_of(ValueType.PHONE, region=region))
    assert found.texts == [None]
    assert reason in found.problems[IssueCode.PHONE_INVALID][0]


@pytest.mark.parametrize(
    "text",
    [
        "514-555-0123 ext. 12",
        "514-555-0123 x12",
        "514-555-0123 poste 12",
        "514 555-0123, Poste 12",
        "514-555-0123 #12",
    ],
)
def test_an_extension_is_left_out_with_a_warning(text: str) -> None:
    found = column_of([text, "514-555-0199"], rule_of(ValueType.PHONE, region="CA"))
    assert found.texts == ["+15145550123", "+15145550199"]
    assert found.problems == {IssueCode.PHONE_EXTENSION_DROPPED: {0: "12"}}
    assert found.severities[IssueCode.PHONE_EXTENSION_DROPPED] is Severity.WARNING


def test_countries_with_a_numbering_of_their_own_have_no_pattern() -> None:
    assert _plan("DE") is None
    assert _plan("XX") is None
