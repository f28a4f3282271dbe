from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.blanks import BLANKS
from importer.field_rules import Blank, Take, ValueType
from importer.issues import IssueCode

from .columns import column_of, rule_of

JOINERS = "\u200c\u200d\u2060"


def taken(text: str, take: Take) -> str | None:
    (found,) = column_of([text], rule_of(ValueType.TEXT, take=take)).texts
    return found


def replaced(text: str, *pairs: tuple[str, str], trim: bool = True) -> str | None:
    (found,) = column_of([text], rule_of(ValueType.TEXT, replace=pairs, trim=trim)).texts
    return found


def test_texts_are_replaced_wherever_they_stand_and_in_the_order_of_the_mapping() -> None:
    assert replaced("a-b-a", ("a", "b"), ("b", "c")) == "c-c-c"
    assert replaced("a-b-a", ("b", "c"), ("a", "b")) == "b-c-b"


def test_what_is_replaced_is_plain_text_and_no_pattern() -> None:
    assert replaced(r"1.5 (a|b) \1", (".", ","), ("(a|b)", "$1"), (r"\1", r"\0")) == r"1,5 $1 \0"


def test_case_and_accents_count_in_what_is_replaced() -> None:
    assert replaced("Élise élise ELISE", ("élise", "x")) == "Élise x ELISE"


def test_nothing_cannot_be_replaced() -> None:
    assert replaced("abc", ("", "x")) == "abc"


def test_blanks_that_a_replacement_leaves_at_the_ends_are_taken_off_unless_they_are_kept() -> None:
    assert replaced("Mme\u00a0Roy", ("Mme", "")) == "Roy"
    assert replaced("Mme Roy", ("Mme", ""), trim=False) == " Roy"


@pytest.mark.parametrize("trim", [True, False])
def test_a_text_of_which_nothing_is_left_is_missing(trim: bool) -> None:
    assert replaced("n/a", ("n/a", ""), trim=trim) is None
    assert replaced("n/a -", ("n/a", ""), ("-", "\u200b"), trim=trim) is None


def test_what_is_missing_after_a_replacement_is_a_blank_cell_of_the_rule() -> None:
    pairs = (("n/a", ""),)
    rejected = column_of(["n/a", "x"], rule_of(ValueType.TEXT, replace=pairs, blank=Blank.REJECT))
    assert rejected.texts == [None, "x"]
    assert list(rejected.problems[IssueCode.VALUE_MISSING]) == [0]
    rule = rule_of(ValueType.TEXT, replace=pairs, blank=Blank.DEFAULT, default="none")
    assert column_of(["n/a", None, "x"], rule).texts == ["none", "none", "x"]


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (Take.FIRST_WORD, "Jean-Paul"),
        (Take.LAST_WORD, "Tour"),
        (Take.ALL_BUT_FIRST, "de la Tour"),
        (Take.ALL_BUT_LAST, "Jean-Paul de la"),
    ],
)
def test_words_are_taken(take: Take, expected: str) -> None:
    assert taken("Jean-Paul de la Tour", take) == expected


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (Take.FIRST_WORD, "Cher"),
        (Take.LAST_WORD, "Cher"),
        (Take.ALL_BUT_FIRST, None),
        (Take.ALL_BUT_LAST, None),
    ],
)
def test_a_single_word_is_the_first_and_the_last(take: Take, expected: str | None) -> None:
    assert taken("Cher", take) == expected


@pytest.mark.parametrize(
    "blank", [c for c in BLANKS if c not in JOINERS], ids=lambda blank: f"U+{ord(blank):04X}"
)
def test_blanks_of_every_kind_part_words(blank: str) -> None:
    text = f"Zoé{blank}{blank}van{blank}Dijk"
    assert taken(text, Take.FIRST_WORD) == "Zoé"
    assert taken(text, Take.LAST_WORD) == "Dijk"
    assert taken(text, Take.ALL_BUT_FIRST) == f"van{blank}Dijk"
    assert taken(text, Take.ALL_BUT_LAST) == f"Zoé{blank}{blank}van"


@pytest.mark.parametrize("joiner", JOINERS, ids=lambda joiner: f"U+{ord(joiner):04X}")
def test_joiners_stand_inside_words(joiner: str) -> None:
    word = f"👩{joiner}👧"
    assert taken(f"{word} Roy", Take.FIRST_WORD) == word
    assert taken(f"Roy {word}", Take.LAST_WORD) == word


def test_replacing_comes_before_taking_and_both_before_values() -> None:
    rule = rule_of(
        ValueType.TEXT,
        replace=((",", " "),),
        take=Take.FIRST_WORD,
        values=(("Roy", "King"),),
    )
    assert column_of(["roy,jean", "Cyr Jean", None], rule).texts == ["King", "Cyr", None]


@given(text=st.text(alphabet=st.sampled_from("ab \n\u00a0\u2028\u200d\u200b")))
@settings(deadline=None)
def test_the_first_word_and_the_rest_are_the_whole(text: str) -> None:
    whole = text.strip(BLANKS)
    first, rest = taken(whole, Take.FIRST_WORD), taken(whole, Take.ALL_BUT_FIRST)
    last, front = taken(whole, Take.LAST_WORD), taken(whole, Take.ALL_BUT_LAST)
    assert whole.startswith(first or "")
    assert whole.endswith(rest or "")
    assert whole.startswith(front or "")
    assert whole.endswith(last or "")
    assert (first is None) == (last is None) == (not whole)
    assert taken(first or "", Take.FIRST_WORD) == first
    assert taken(last or "", Take.LAST_WORD) == last
    between = whole[len(first or "") : len(whole) - len(rest or "")]
    assert not between.strip(BLANKS)
