from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking.answers import NO, YES
from importer.field_rules import Other, ValueType
from importer.issues import IssueCode

from .columns import column_of, rule_of

VALUES = (("Oui", "yes"), ("Non", "no"), ("À confirmer", "leave"))


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            ["yes", "Yes", "Y", "oui", "OUI", "o", "true", "TRUE", "vrai", "1", "1.0", "on", "x"],
            "yes",
        ),
        (["X", "✓", "✔", "☑"], "yes"),
        (["no", "No", "N", "non", "NON", "false", "FALSE", "Faux", "0", "off", "0.0"], "no"),
    ],
)
def test_english_and_french_words_are_understood(words: list[str], answer: str) -> None:
    found = column_of(list(words), rule_of(ValueType.CONSENT))
    assert found.texts == [answer] * len(words)
    assert not found.problems
    truth = {"yes": "true", "no": "false"}[answer]
    assert column_of(list(words), rule_of(ValueType.BOOLEAN)).texts == [truth] * len(words)


def test_no_word_is_both_a_yes_and_a_no() -> None:
    assert not YES & NO


@given(text=st.text(min_size=1).filter(lambda text: text.casefold() not in YES | NO))
@settings(deadline=None)
def test_no_other_text_passes_for_an_answer(text: str) -> None:
    consent = column_of([text], rule_of(ValueType.CONSENT))
    boolean = column_of([text], rule_of(ValueType.BOOLEAN))
    assert consent.texts == boolean.texts == [None]
    assert list(consent.problems) == [IssueCode.CONSENT_INVALID]
    assert list(boolean.problems) == [IssueCode.BOOLEAN_INVALID]


def test_leave_means_nothing_unless_the_mapping_says_it() -> None:
    found = column_of(["leave"], rule_of(ValueType.CONSENT))
    assert list(found.problems) == [IssueCode.CONSENT_INVALID]


def test_listed_values_become_yes_no_and_nothing_without_regard_to_case() -> None:
    texts = ["Oui", "OUI", "non", "NON", "À CONFIRMER", "à confirmer", None]
    found = column_of(texts, rule_of(ValueType.CONSENT, values=VALUES))
    assert found.texts == ["yes", "yes", "no", "no", None, None, None]
    assert not found.problems


@pytest.mark.parametrize("text", ["yes", "no", "leave", "1", "Peut-être", "x"])
def test_values_outside_the_list_are_refused_even_if_they_are_words_for_it(text: str) -> None:
    found = column_of(["Oui", text], rule_of(ValueType.CONSENT, values=VALUES))
    assert found.texts == ["yes", None]
    assert found.problems == {IssueCode.VALUE_NOT_LISTED: {1: " It lists: Oui, Non, À confirmer."}}


def test_listed_values_may_turn_a_word_around() -> None:
    stop = rule_of(ValueType.CONSENT, values=(("Oui", "no"), ("Non", "yes")))
    assert column_of(["oui", "NON"], stop).texts == ["no", "yes"]
    flag = rule_of(ValueType.BOOLEAN, values=(("Actif", "yes"), ("Inactif", "no")))
    assert column_of(["ACTIF", "inactif"], flag).texts == ["true", "false"]


def test_a_spelling_that_is_listed_exactly_comes_before_its_other_cases() -> None:
    rule = rule_of(ValueType.CHOICE, values=(("m", "small"), ("M", "large")))
    assert column_of(["m", "M"], rule).texts == ["small", "large"]


@pytest.mark.parametrize(
    "text", ["subscribed", "refus", "☒", "☐", "✗", "coché", "ok", "-", "t", "f", "01", "2", "1,0"]
)
def test_words_that_depend_on_the_question_are_no_answers(text: str) -> None:
    assert column_of([text], rule_of(ValueType.CONSENT)).wrong() == [0]


def test_unlisted_words_go_the_way_of_other() -> None:
    texts = ["Oui", "Inconnu", None]
    left = column_of([*texts], rule_of(ValueType.CONSENT, values=VALUES, other=Other.LEAVE))
    assert left.texts == ["yes", None, None]
    assert not left.problems
    rule = rule_of(ValueType.CONSENT, values=VALUES, other=Other.VALUE, other_value="no")
    assert column_of([*texts], rule).texts == ["yes", "no", None]
    flag = rule_of(ValueType.BOOLEAN, values=VALUES[:2], other=Other.VALUE, other_value="no")
    assert column_of([*texts], flag).texts == ["true", "false", None]


def test_kept_words_must_be_answers_and_leave_is_none_of_a_cell() -> None:
    rule = rule_of(ValueType.CONSENT, values=(("Inscrit", "yes"), ("?", "leave")), other=Other.KEEP)
    found = column_of(["inscrit", "non", "?", "leave", "bof"], rule)
    assert found.texts == ["yes", "no", None, None, None]
    assert list(found.problems[IssueCode.CONSENT_INVALID]) == [3, 4]


def test_an_answer_is_never_made_of_a_blank_cell() -> None:
    for type_ in (ValueType.CONSENT, ValueType.BOOLEAN):
        rule = rule_of(type_, values=VALUES[:2], other=Other.VALUE, other_value="no")
        assert column_of([None], rule).texts == [None]
