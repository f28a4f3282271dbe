from __future__ import annotations

import re
import warnings

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking.column import Context
from importer.checking.text import check_text
from importer.field_rules import Case, ValueType
from importer.issues import IssueCode, Severity

from .columns import column_of, rule_of

TEXT = ValueType.TEXT


def test_letter_case_is_changed_on_request_accents_included() -> None:
    assert column_of(["Éloïse ß"], rule_of(ValueType.TEXT, case=Case.LOWER)).texts == ["éloïse ß"]
    assert column_of(["Éloïse"], rule_of(ValueType.TEXT, case=Case.UPPER)).texts == ["ÉLOÏSE"]


def test_length_is_counted_in_characters() -> None:
    found = column_of(["ééééé", "日本語テキ", "123456"], rule_of(ValueType.TEXT, max_length=5))
    assert found.texts == ["ééééé", "日本語テキ", None]
    assert found.problems == {IssueCode.VALUE_TOO_LONG: {2: "6 characters, 5 are allowed"}}


def test_the_whole_text_must_have_the_form() -> None:
    rule = rule_of(ValueType.TEXT, pattern="[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]")
    found = column_of(["H2X 1Y4", "H2X1Y4", "h2x 1y4", "H2X 1Y4 Montréal"], rule)
    assert found.texts == ["H2X 1Y4", "H2X1Y4", None, None]
    assert list(found.problems[IssueCode.VALUE_NOT_MATCHING]) == [2, 3]


def test_case_is_changed_before_form_and_length_are_judged() -> None:
    rule = rule_of(ValueType.TEXT, case=Case.UPPER, pattern="[A-Z]+", max_length=3)
    found = column_of(["abc", "abcd", "a1"], rule)
    assert found.texts == ["ABC", None, None]
    assert {code: list(at) for code, at in found.problems.items()} == {
        IssueCode.VALUE_TOO_LONG: [1],
        IssueCode.VALUE_NOT_MATCHING: [2],
    }


def test_listed_values_of_text_are_replaced_and_all_others_stay() -> None:
    rule = rule_of(ValueType.TEXT, values=(("M.", "Monsieur"), ("mme", "Madame")))
    found = column_of(["M.", "m.", "MME", "Dr"], rule)
    assert found.texts == ["Monsieur", "Monsieur", "Madame", "Dr"]
    assert not found.problems


def test_a_choice_takes_listed_values_only() -> None:
    rule = rule_of(ValueType.CHOICE, values=(("Français", "fr"), ("English", "en")))
    found = column_of(["FRANÇAIS", "english", "fr", None], rule)
    assert found.texts == ["fr", "en", None, None]
    assert list(found.problems) == [IssueCode.VALUE_NOT_LISTED]
    assert list(found.problems[IssueCode.VALUE_NOT_LISTED]) == [2]


def test_listed_values_are_checked_as_the_type_they_stand_for() -> None:
    rule = rule_of(ValueType.INTEGER, values=(("aucun", "0"), ("beaucoup", "many")))
    found = column_of(["aucun", "7", "beaucoup"], rule)
    assert found.texts == ["0", "7", None]
    assert list(found.problems[IssueCode.INTEGER_INVALID]) == [2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abcdef", "abcde"),
        ("日本語テキスト", "日本語テキ"),
        ("abcd efg", "abcd"),
        ("abcd\u00a0efg", "abcd"),
        ("abcde\u0301f", "abcd"),
        ("abcd\u0301\u0302", "abc"),
        ("abc👩\u200d👧", "abc"),
        ("abcd👍🏽", "abcd"),
        ("abcd❤\ufe0f", "abcd"),
    ],
)
def test_what_is_too_long_is_cut_between_characters_with_a_warning(
    text: str, expected: str
) -> None:
    found = column_of([text, "short"], rule_of(ValueType.TEXT, max_length=5, truncate=True))
    assert found.texts == [expected, "short"]
    assert found.problems == {IssueCode.VALUE_TRUNCATED: {0: "5 characters"}}
    assert found.severities == {IssueCode.VALUE_TRUNCATED: Severity.WARNING}


def test_a_text_of_accents_only_is_cut_all_the_same() -> None:
    rule = rule_of(ValueType.TEXT, max_length=2, truncate=True)
    assert column_of(["\u0301" * 4], rule).texts == ["\u0301" * 2]


def test_blanks_at_the_cut_stay_where_blanks_are_kept() -> None:
    rule = rule_of(ValueType.TEXT, max_length=5, truncate=True, trim=False)
    assert column_of(["abcd efg", " a b c d"], rule).texts == ["abcd ", " a b "]


def test_what_fits_is_not_reported_as_cut() -> None:
    rule = rule_of(ValueType.TEXT, max_length=3, truncate=True)
    assert not column_of(["abc", "é", None], rule).problems


@given(texts=st.lists(st.text(), max_size=5), length=st.integers(1, 6))
@settings(deadline=None)
def test_cut_texts_are_beginnings_that_fit_and_are_not_cut_again(
    texts: list[str], length: int
) -> None:
    rule = rule_of(ValueType.TEXT, max_length=length, truncate=True)
    once = column_of([*texts], rule)
    for text, cut in zip(texts, once.texts, strict=True):
        assert cut is not None
        assert len(cut) <= length
        assert text.startswith(cut)
    again = column_of(once.texts, rule)
    assert again.texts == once.texts
    assert not again.problems


def test_the_form_is_judged_of_what_is_sent() -> None:
    rule = rule_of(ValueType.TEXT, max_length=3, truncate=True, pattern="[a-z]{3}")
    found = column_of(["abcdef", "ab1def"], rule)
    assert found.texts == ["abc", None]
    assert list(found.problems[IssueCode.VALUE_TRUNCATED]) == [0, 1]
    assert list(found.problems[IssueCode.VALUE_NOT_MATCHING]) == [1]


@pytest.mark.parametrize("pattern", ["(a+)+", "(a|a)*", r"(\w+\s?)*", "([a-zé]+)*", "(.*)*b"])
def test_patterns_that_python_would_ponder_for_ages_are_judged_at_once(pattern: str) -> None:
    found = column_of(
        ["a" * 50_000 + "\u0000!", "é" * 50_000 + "!"], rule_of(TEXT, pattern=pattern)
    )
    assert list(found.problems[IssueCode.VALUE_NOT_MATCHING]) == [0, 1]


def test_very_long_texts_are_refused_where_only_python_knows_the_pattern() -> None:
    found = column_of(["a" * 1_000, "a" * 1_001, "b"], rule_of(TEXT, pattern="(?!b).*"))
    assert found.problems == {
        IssueCode.VALUE_NOT_MATCHING: {
            1: "(?!b).*, which only texts of up to 1000 characters can have",
            2: "(?!b).*",
        }
    }


@pytest.mark.parametrize(
    ("pattern", "good"),
    [
        (r"^[a-z]+$", ["abc"]),
        (r"^a\$$", ["a$"]),
        (r"a\\$", ["a\\"]),
        (r"^abc|a\$$", ["abc", "a$"]),
        (r"[\w\s]+", ["abc", "é 1"]),
    ],
)
def test_signs_of_beginning_and_end_change_nothing(pattern: str, good: list[str]) -> None:
    texts = ["abc", "a$", "a\\", "abc-", "é 1", "a\n$"]
    found = column_of([*texts], rule_of(TEXT, pattern=pattern))
    assert [text for text in found.texts if text] == good


def test_a_repetition_too_large_for_the_faster_engine_is_left_to_python() -> None:
    found = column_of(["a" * 1_001, "a" * 999], rule_of(TEXT, pattern="a{999}|a{1001}"))
    assert found.texts == [None, "a" * 999]


letters = [r"\d", r"\w", r"\s", r"\D", r"\W", r"\S"]
pieces = st.one_of(
    st.sampled_from([*"ab1 é-:&|^$.()", r"\.", r"\\", r"\$", r"\n", r"\b", r"\1", "\n", "(?:"]),
    st.sampled_from([*letters, "[^a]", r"[\dé]", r"[^\s]", r"[a\w-]", "[a-b-1]", "[&&a]", "[[a]"]),
    st.sampled_from(["*", "+", "?", "*?", "??", "++", "{2}", "{,2}", "{1,}", "{1,2}?", "{2000}"]),
)


@given(
    pattern=st.lists(pieces, max_size=6).map("".join),
    texts=st.lists(st.text(alphabet=st.sampled_from("ab1 é\n-:&\x1f\u00a0٣^$"), max_size=6)),
)
@settings(deadline=None, max_examples=300)
def test_a_pattern_means_what_it_means_to_python(pattern: str, texts: list[str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            form = re.compile(pattern)
        except (re.error, OverflowError):
            return
    texts = [text for text in texts if text]
    found = column_of([*texts], rule_of(TEXT, pattern=pattern))
    assert found.texts == [text if form.fullmatch(text) else None for text in texts]


@pytest.mark.parametrize("case", Case)
@given(texts=st.lists(st.text(min_size=1), max_size=5))
@settings(deadline=None)
def test_letter_case_is_changed_once_and_no_letter_gets_lost(case: Case, texts: list[str]) -> None:
    rule = rule_of(TEXT, case=case)
    once = column_of([*texts], rule).texts
    assert column_of(once, rule).texts == once
    assert [len(text or "") for text in once] == [len(text) for text in texts]


def test_text_without_options_is_not_touched() -> None:
    texts = pa.array(["a", "é"], pa.large_string())
    assert check_text(texts, rule_of(TEXT), Context()).texts is texts
