from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.field_rules import (
    Blank,
    FieldRule,
    Other,
    ValueType,
)
from importer.issues import IssueCode, message

from .columns import column_of, rule_of

LEVELS = (("Or", "gold"), ("Argent", "silver"), ("À définir", ""))


def rule(other: Other, **members: Any) -> FieldRule:
    return rule_of(ValueType.TEXT, values=LEVELS, other=other, **members)


def test_unlisted_texts_are_issues_that_name_what_is_listed() -> None:
    found = column_of(["Or", "Bronze", None, "Fer"], rule(Other.REJECT))
    assert found.texts == ["gold", None, None, None]
    said = " It lists: Or, Argent, À définir."
    assert found.problems == {IssueCode.VALUE_NOT_LISTED: {1: said, 3: said}}
    assert message(IssueCode.VALUE_NOT_LISTED, column="Niveau", value="Fer", detail=said) == (
        'The mapping does not list "Fer" among the values of Niveau. '
        "It lists: Or, Argent, À définir."
    )


def test_unlisted_texts_are_kept() -> None:
    found = column_of(["Or", "Bronze", None], rule(Other.KEEP))
    assert found.texts == ["gold", "Bronze", None]
    assert not found.problems


def test_unlisted_texts_leave_the_field_alone() -> None:
    found = column_of(["Or", "Bronze", None], rule(Other.LEAVE))
    assert found.texts == ["gold", None, None]
    assert not found.problems


def test_unlisted_texts_count_as_one_value_and_blank_cells_do_not() -> None:
    found = column_of(["Or", "Bronze", None], rule(Other.VALUE, other_value="basic"))
    assert found.texts == ["gold", "basic", None]
    assert not found.problems


@pytest.mark.parametrize("blank", [Blank.SKIP, Blank.CLEAR])
@pytest.mark.parametrize("value", ["", "  ", "\u00a0\u200b"])
def test_a_blank_value_leaves_the_field_alone_and_never_erases(blank: Blank, value: str) -> None:
    keep = rule_of(ValueType.TEXT, values=(("?", value),), blank=blank)
    assert column_of(["?", "x"], keep).texts == [None, "x"]
    other = rule(Other.VALUE, other_value=value, blank=blank)
    assert column_of(["Bronze"], other).texts == [None]


@pytest.mark.parametrize(
    "text", ["à définir", "À DÉFINIR", "A\u0300 De\u0301finir", "À\u00a0définir", "À  définir"]
)
def test_case_blanks_and_the_encoding_of_accents_do_not_matter(text: str) -> None:
    listed = rule_of(ValueType.TEXT, values=(("À définir", "later"),), other=Other.REJECT)
    assert column_of([text], listed).texts == ["later"]


@pytest.mark.parametrize("text", ["a definir", "Àdéfinir", "définir", "À définir."])
def test_other_texts_are_other_texts(text: str) -> None:
    listed = rule_of(ValueType.TEXT, values=(("À définir", "later"),), other=Other.REJECT)
    assert list(column_of([text], listed).problems) == [IssueCode.VALUE_NOT_LISTED]


def test_blanks_around_a_listed_text_do_not_matter() -> None:
    assert column_of(["or"], rule_of(ValueType.TEXT, values=((" Or ", "gold"),))).texts == ["gold"]


def test_spellings_that_differ_in_case_only_and_disagree_must_be_met_exactly() -> None:
    pairs = (("m", "small"), ("M", "large"), ("xl", "x"), ("XL", "x"))
    listed = rule_of(ValueType.CHOICE, values=(*pairs, ("É", "1"), ("é", "2")))
    found = column_of(["m", "M", "Xl", "E\u0301"], listed)
    assert found.texts == ["small", "large", "x", None]
    assert list(found.problems[IssueCode.VALUE_NOT_LISTED]) == [3]


def test_a_long_list_is_named_in_part() -> None:
    pairs = tuple((f"v{n}", "x") for n in range(11))
    found = column_of(["?"], rule_of(ValueType.CHOICE, values=pairs))
    assert found.problems == {
        IssueCode.VALUE_NOT_LISTED: {0: " It lists: v0, v1, v2, v3, v4, v5, v6, v7 and 3 more."}
    }
    eight = column_of(["?"], rule_of(ValueType.CHOICE, values=pairs[:8]))
    assert eight.problems == {
        IssueCode.VALUE_NOT_LISTED: {0: " It lists: v0, v1, v2, v3, v4, v5, v6, v7."}
    }


def test_leave_is_a_word_of_consents_only() -> None:
    pairs = (("?", "leave"),)
    assert column_of(["?"], rule_of(ValueType.CONSENT, values=pairs)).texts == [None]
    assert column_of(["?"], rule_of(ValueType.TEXT, values=pairs)).texts == ["leave"]


def test_a_default_is_mapped_like_a_cell() -> None:
    found = column_of([None, "Argent"], rule(Other.REJECT, blank=Blank.DEFAULT, default="or"))
    assert found.texts == ["gold", "silver"]


@given(texts=st.lists(st.none() | st.text(min_size=1)), other=st.sampled_from(Other))
@settings(deadline=None)
def test_every_text_goes_one_of_the_ways(texts: list[str | None], other: Other) -> None:
    found = column_of(texts, rule(other, other_value="basic"))
    for text, value in zip(texts, found.texts, strict=True):
        ways = {None, "gold", "silver"} | ({text} if other is Other.KEEP else set())
        assert value in ways | ({"basic"} if other is Other.VALUE and text else set())
    assert bool(found.problems) <= (other is Other.REJECT)
