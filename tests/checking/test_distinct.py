"""Columns in which nearly all texts differ are checked as the others are."""

from __future__ import annotations

import pytest

from importer.checking import fields
from importer.field_rules import Blank, FieldRule, ValueType
from importer.issues import IssueCode
from tests.checking.columns import column_of, rule_of

RULES = {
    "phone": rule_of(ValueType.PHONE, region="CA", blank=Blank.REJECT),
    "address": rule_of(ValueType.EMAIL, blank=Blank.DEFAULT, default="a@example.org"),
    "decimal": rule_of(ValueType.DECIMAL, blank=Blank.CLEAR),
    "moment": rule_of(ValueType.DATETIME),
    "taken": rule_of(ValueType.TEXT, replace=(("text 7", ""),), max_length=8),
    "any": rule_of(ValueType.TEXT),
}


def texts_of(kind: str, number: int) -> str | None:
    if number % 11 == 0:
        return None
    if number % 13 == 0:
        return "what is repeated" if number % 2 else f"{number}@"
    return {
        "phone": f"(514) 555-{number:04}",
        "address": f"person{number}@EXAMPLE.org",
        "decimal": f"+0{number}.50",
        "moment": f"20{number % 40:02}-02-{number % 30:02} 09:{number % 70:02}:00",
    }.get(kind, f"text {number}")


@pytest.mark.parametrize("kind", RULES)
def test_texts_are_judged_alike_whether_their_repetitions_are_looked_for_or_not(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [texts_of(kind, number) for number in range(600)]
    rule: FieldRule = RULES[kind]
    monkeypatch.setattr(fields, "_NEARLY_ALL", 0)
    monkeypatch.setattr(fields, "_MANY", 1_000)
    found = column_of(texts, rule)
    monkeypatch.setattr(fields, "_MANY", 100)
    assert column_of(texts, rule) == found


def test_a_column_of_which_nearly_all_texts_differ_is_checked_whole() -> None:
    texts = [f"person{number}@example.org" for number in range(6_000)]
    texts[17] = texts[18] = "person@"
    found = column_of([*texts], rule_of(ValueType.EMAIL))
    assert found.texts == [None if text == "person@" else text for text in texts]
    assert [*found.problems[IssueCode.EMAIL_INVALID]] == [17, 18]


def test_the_29th_of_february_is_there_in_leap_years_only() -> None:
    texts = ["2024-02-29 23:59:59", "2023-02-29 00:00:00", "2024-02-28 00:00:00", "2024-12-31"]
    found = column_of([*texts], rule_of(ValueType.DATETIME))
    assert found.texts == [texts[0], None, texts[2], "2024-12-31 00:00:00"]
    assert [*found.problems] == [IssueCode.DATE_IMPOSSIBLE]
