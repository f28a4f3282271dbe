from __future__ import annotations

from importer.issues import IssueCode
from importer.model import ValueType

from .columns import column_of, rule_of


def test_letter_case_is_changed_on_request_accents_included() -> None:
    assert column_of(["Éloïse ß"], rule_of(ValueType.TEXT, case="lower")).texts == ["éloïse ß"]
    assert column_of(["Éloïse"], rule_of(ValueType.TEXT, case="upper")).texts == ["ÉLOÏSE"]


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
    rule = rule_of(ValueType.TEXT, case="upper", pattern="[A-Z]+", max_length=3)
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
