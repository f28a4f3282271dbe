from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import targets
from importer.field_rules import FieldFact, FieldRole, ValueType

GRAMMAR = targets.grammar("dialog-insight")


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("key_f_EMail", FieldFact("key_f_EMail", FieldRole.KEY, ValueType.EMAIL)),
        ("key_f_Member_No", FieldFact("key_f_Member_No", FieldRole.KEY)),
        ("f_EMail", FieldFact("f_EMail", FieldRole.DATA, ValueType.EMAIL)),
        ("f_email", FieldFact("f_email", FieldRole.DATA, ValueType.EMAIL)),
        ("f_FirstName", FieldFact("f_FirstName", FieldRole.DATA)),
        ("f_a", FieldFact("f_a", FieldRole.DATA)),
        ("f_" + "a" * 25, FieldFact("f_" + "a" * 25, FieldRole.DATA)),
        ("optin_News", FieldFact("optin_News", FieldRole.CONSENT, ValueType.CONSENT)),
        (
            "dtOptin_News",
            FieldFact("dtOptin_News", FieldRole.CONSENT_DATE, ValueType.DATE, "optin_News"),
        ),
        (
            "hasTrackingConsent",
            FieldFact("hasTrackingConsent", FieldRole.CONSENT, ValueType.CONSENT),
        ),
        (
            "dtTrackingConsent",
            FieldFact(
                "dtTrackingConsent", FieldRole.CONSENT_DATE, ValueType.DATE, "hasTrackingConsent"
            ),
        ),
    ],
)
def test_a_code_says_its_role_and_type(code: str, fact: FieldFact) -> None:
    assert GRAMMAR.fact(code) == fact


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("FirstName", "Known beginnings: key_f_, f_, optin_, dtOptin_, hasTrackingConsent"),
        ("F_FirstName", "does not begin like"),
        ("hasTrackingConsents", "does not begin like"),
        ("f_", "names no field"),
        ("f_" + "a" * 26, "has 26 characters"),
        ("f_Prénom", "letters without accents"),
        ("f_First Name", "letters without accents"),
        ("f_1st", "first a letter"),
        ("f_Name_", "last a letter or a digit"),
        ("key_f_EMail\n", "letters without accents"),
    ],
)
def test_a_bad_code_is_refused_with_a_sentence(code: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        GRAMMAR.fact(code)


@given(st.text(max_size=40))
def test_any_text_is_a_code_or_a_value_error(text: str) -> None:
    for code in (text, "f_" + text, "optin_" + text):
        try:
            fact = GRAMMAR.fact(code)
        except ValueError:
            continue
        assert fact.code == code
