from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.blanks import BLANKS
from importer.field_rules import Blank, Other, ValueType
from importer.issues import IssueCode, message

from .columns import Column, column_of, rule_of

LIST = ValueType.LIST
SPORTS = (("Golf", "golf"), ("Vélo", "bike"), ("Tous", "golf|bike"), ("?", ""))


def listed(*texts: str | None, **members: Any) -> Column:
    return column_of(texts, rule_of(LIST, **members))


@pytest.mark.parametrize("sign", [";", "|", "\n", "\r\n", "\u2028", " ; ", ";;", "\u00a0|\u00a0"])
def test_the_usual_signs_part_entries(sign: str) -> None:
    assert listed(sign.join(["golf", "bike", "ski club"])).texts == ["golf|bike|ski club"]


def test_a_comma_parts_entries_only_if_it_is_named() -> None:
    assert listed("Roy, Jean; Cyr, Zoé").texts == ["Roy, Jean|Cyr, Zoé"]
    assert listed("golf, bike", separator=",").texts == ["golf|bike"]


def test_a_named_separator_is_the_only_one_and_plain_text() -> None:
    assert listed("a;b.c", separator=".").texts == ["a;b|c"]
    assert listed("a - b-c", separator=" - ").texts == ["a|b-c"]


def test_entries_are_trimmed_and_blank_and_repeated_ones_are_left_out() -> None:
    text = "; golf ;\u00a0bike\u200b;; golf;Golf;  "
    assert listed(text).texts == ["golf|bike|Golf"]
    assert not listed(text).problems


def test_a_cell_of_separators_only_is_blank() -> None:
    assert listed(" ; ;", "|", None).texts == [None, None, None]
    assert not listed(";").problems
    assert listed(";", blank=Blank.CLEAR).texts == [""]
    assert listed(";", blank=Blank.DEFAULT, default="golf").texts == ["golf"]
    assert listed(" , ", separator=",").texts == [None]


def test_a_cell_of_separators_only_is_no_value_where_one_is_required() -> None:
    found = listed("golf", ";", blank=Blank.REJECT)
    assert found.texts == ["golf", None]
    assert found.problems == {IssueCode.VALUE_MISSING: {1: ""}}


def test_an_entry_that_the_platform_would_cut_is_refused() -> None:
    found = listed("a|b, c", "a, b", separator=",")
    assert found.texts == [None, "a|b"]
    detail = 'the sign | in "a|b" would cut it on the platform: write another one.'
    assert found.problems == {IssueCode.LIST_ENTRY_INVALID: {0: detail}}
    assert message(IssueCode.LIST_ENTRY_INVALID, column="X", value="a|b, c", detail=detail) == (
        '"a|b, c" in X cannot be sent as a list: '
        'the sign | in "a|b" would cut it on the platform: write another one.'
    )


def test_each_entry_goes_by_the_values_of_the_mapping() -> None:
    found = listed("golf; VÉLO; ?", "Vélo", "Tous;Golf", "?", None, values=SPORTS)
    assert found.texts == ["golf|bike", "bike", "golf|bike", None, None]
    assert not found.problems


def test_the_cell_as_a_whole_is_no_value_of_the_mapping() -> None:
    pairs = (("a;b", "c"), ("a", "1"), ("b", "2"))
    assert listed("a;b", values=pairs, other=Other.REJECT).texts == ["1|2"]


def test_unlisted_entries_are_named() -> None:
    found = listed("Golf;Ski;Luge", "Golf", values=SPORTS, other=Other.REJECT)
    assert found.texts == [None, "golf"]
    assert found.problems == {
        IssueCode.VALUE_NOT_LISTED: {0: ' Not in it: "Ski", "Luge". It lists: Golf, Vélo, Tous, ?.'}
    }


def test_many_unlisted_entries_are_named_in_part() -> None:
    found = listed("1;2;3;4;5;6;7", values=SPORTS, other=Other.REJECT)
    (detail,) = found.problems[IssueCode.VALUE_NOT_LISTED].values()
    assert detail.startswith(' Not in it: "1", "2", "3", "4", "5" and 2 more. It lists: ')


@pytest.mark.parametrize(
    ("other", "expected"),
    [(Other.KEEP, "golf|Ski"), (Other.LEAVE, "golf"), (Other.VALUE, "golf|else")],
)
def test_what_is_not_listed_goes_the_way_of_other_entry_by_entry(
    other: Other, expected: str
) -> None:
    found = listed("Golf;Ski", values=SPORTS, other=other, other_value="else")
    assert found.texts == [expected]
    assert not found.problems


def test_a_kept_entry_that_the_platform_would_cut_is_refused_and_a_listed_one_is_not() -> None:
    pairs = (("a|b", "c"),)
    found = listed("a|b,x", "d|e,x", values=pairs, separator=",")
    assert found.texts == ["c|x", None]
    assert list(found.problems[IssueCode.LIST_ENTRY_INVALID]) == [1]


def test_a_default_is_a_list_too() -> None:
    assert listed(None, "a", blank=Blank.DEFAULT, default="x; y").texts == ["x|y", "a"]


@given(
    text=st.text(alphabet=st.sampled_from("ab;|, \n\u00a0\u200b")),
    separator=st.sampled_from([None, ";", ",", " ", "ab"]),
)
@settings(deadline=None, max_examples=300)
def test_lists_hold_each_entry_once_and_none_is_blank(text: str, separator: str | None) -> None:
    found = listed(text.strip(BLANKS) or "a", separator=separator)
    (joined,) = found.texts
    if joined is None:
        assert found.problems or not text.replace(separator or "|", "").strip(f";|{BLANKS}")
        return
    entries = joined.split("|")
    assert len(entries) == len(set(entries))
    assert all(entry and entry == entry.strip(BLANKS) for entry in entries)
    if separator is None:
        assert listed(joined).texts == [joined]
