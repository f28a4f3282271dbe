"""What a plan does to consents, and whom a yes reaches, in words."""

from __future__ import annotations

import pytest

from importer.language import english, speaking
from importer.reports import CallTotals, ConsentTotals
from importer.reports.words.consent_words import (
    by_mapping,
    consent_words,
    whom_a_yes_reaches,
    withheld_words,
)
from importer.reports.words.headline import headline
from tests.reports.made_up import summary

ONE = ConsentTotals(yes=1_071, no=9, left=1)


@pytest.mark.parametrize(
    ("who", "sent", "reached"),
    [
        ("everyone", "1,071 yes and 9 no will be sent", "also to a person who said no there."),
        ("", "1,071 yes and 9 no will be sent", "also to a person who said no there."),
        (
            "new",
            "at most 1,071 yes, only to contacts this run creates, and 9 no will be sent",
            "is never set to yes.",
        ),
        (
            "unless-refused",
            "at most 1,071 yes (each contact is read first, 1,071 more calls) and 9 no will be "
            "sent",
            "says no, or has the contact and does not say.",
        ),
    ],
)
def test_the_plan_says_how_many_yes_go_and_whom_they_reach(
    who: str, sent: str, reached: str
) -> None:
    calls = CallTotals(planned=1_100, planned_seconds=9, to_read=1_071)
    made = summary(consents={"optin_A": ONE}, yes_to=who, calls=calls)
    first, last = consent_words(made)
    assert first == f"optin_A: {sent}; 1 contact is left alone."
    assert last == whom_a_yes_reaches(made)
    assert last.endswith(reached)


def test_a_plan_without_consents_says_nothing_of_them() -> None:
    assert consent_words(summary(consents={})) == []


def test_one_more_call_is_not_one_more_calls() -> None:
    calls = CallTotals(planned=2, planned_seconds=1, to_read=1)
    made = summary(consents={"optin_A": ONE}, yes_to="unless-refused", calls=calls)
    assert "(1 more call)" in whom_a_yes_reaches(made)


def test_answers_of_the_mapping_and_withheld_yeses_are_told_apart() -> None:
    one = ConsentTotals(
        yes=5, no=2, left=0, by_mapping_yes=1, by_mapping_no=2, withheld=3, withheld_by_account=4
    )
    first, _ = consent_words(summary(consents={"optin_A": one}, yes_to="new"))
    assert first.endswith(
        "0 contacts are left alone. Of these answers the mapping gave 1 yes and 2 no, not the "
        "person. 3 yes withheld: the address is on a suppression list. "
        "4 yes withheld for what the account holds."
    )


def test_withheld_yeses_stand_below_a_headline_that_is_still_a_success() -> None:
    one = ConsentTotals(yes=5, no=2, left=0, withheld_by_account=4)
    found = headline(summary(consents={"optin_A": one, "optin_B": one}, yes_to="new"))
    assert found.tone == "success"
    assert found.lead[-1] == "8 yes withheld for what the account holds: see issues.csv."
    assert not any("withheld" in line for line in headline(summary()).lead)


def test_yeses_that_were_withheld_while_sending_are_told_for_each_consent() -> None:
    one = ConsentTotals(yes=5, no=2, left=0, withheld_by_account=1_204)
    none = ConsentTotals(yes=5, no=2, left=0, withheld=3)
    assert withheld_words(summary(consents={"optin_A": one, "optin_B": none})) == [
        "optin_A: 1,204 yes withheld for what the account holds (yes-withheld in issues.csv)."
    ]


@pytest.mark.parametrize(
    ("yes", "no", "words"),
    [(0, 0, "0"), (2, 0, "2 yes"), (0, 1_000, "1,000 no"), (2, 1, "2 yes and 1 no")],
)
def test_what_the_mapping_gave_is_counted_by_answer(yes: int, no: int, words: str) -> None:
    one = ConsentTotals(yes=5_000, no=5_000, left=0, by_mapping_yes=yes, by_mapping_no=no)
    assert by_mapping(one) == words


def test_words_in_another_language_keep_their_english() -> None:
    made = summary(consents={"optin_A": ONE}, yes_to="unless-refused")
    with speaking("fr"):
        french = consent_words(made)
    assert [english(text) for text in french] == consent_words(made)
