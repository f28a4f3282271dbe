"""What an operator reads of a wrong mapping."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.field_rules import ValueType
from importer.mapping import read_mapping
from tests.mapping.reading import EVERYONE, FILE, GRAMMARS, HEAD, mapping_of, mistakes_of
from tests.mapping.wrong_mappings import GOLDEN, WRONG, page


def test_what_is_said_of_wrong_mappings_is_what_was_reviewed() -> None:
    assert page() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("title", WRONG)
def test_every_mistake_names_the_file_the_line_and_the_column(title: str) -> None:
    lines = WRONG[title].count("\n")
    mistakes = mistakes_of(WRONG[title])
    assert mistakes
    for mistake in mistakes:
        assert mistake.file == FILE
        assert mistake.line is not None
        assert mistake.column is not None
        assert 1 <= mistake.line <= lines
        assert 1 <= mistake.column <= len(WRONG[title].split("\n")[mistake.line - 1]) + 1


@pytest.mark.parametrize("title", WRONG)
def test_mistakes_are_sentences_in_the_order_of_their_places(title: str) -> None:
    mistakes = mistakes_of(WRONG[title])
    assert [m.place for m in mistakes] == sorted(m.place for m in mistakes)
    for mistake in mistakes:
        assert len(mistake.message.split()) > 3
        # Words of the machinery behind, which say nothing to an operator.
        assert not re.search(
            r"pydantic|dict\b|str\b|\bNone\b|(?<!clear_)token|<|\binput\b|Section",
            mistake.message.replace("<< is", ""),
        )
        assert "\n" not in mistake.message


@pytest.mark.parametrize("title", WRONG)
def test_no_mistake_is_said_twice(title: str) -> None:
    said = [str(mistake) for mistake in mistakes_of(WRONG[title])]
    assert len(said) == len(set(said))


def test_a_file_says_the_same_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.yaml"
    path.write_text(WRONG["two columns to one field"], encoding="utf-8")
    with pytest.raises(UnusableInputError) as raised:
        read_mapping(path, GRAMMARS)
    expected = mistakes_of(WRONG["two columns to one field"])
    assert [m.message for m in raised.value.mistakes] == [m.message for m in expected]
    assert {m.file for m in raised.value.mistakes} == {str(path)}


def said(text: str) -> str:
    return "\n".join(str(mistake) for mistake in mistakes_of(text))


# --- what follows from a mistake is not a second mistake ------------------------------------------


def test_a_key_that_is_only_written_wrongly_is_not_missed_too() -> None:
    head = "name: n\ntarget: dialog-insight\n"
    for columns in (
        "columns: {Courriel: key_EMail}",
        "columns: {Courriel: {field: key_f_EMail, type: mail}}",
        "columns: {Courriel: {type: email}}",
        "columns: [Courriel]",
        "columns:",
        "columns: {Nom: f_Name}\ncomputed: {key_f_Id: '{'}",
    ):
        assert len(mistakes_of(f"{head}{columns}\n")) == 1, columns
    (missing,) = mistakes_of(head)
    assert 'lacks the member "columns"' in missing.message


def test_an_unknown_type_is_not_followed_by_what_the_field_would_be_without_it() -> None:
    column = "  Né le: {field: f_BirthDate, type: dates, format: DD/MM/YYYY}\n"
    (mistake,) = mistakes_of(HEAD + column)
    assert 'Did you mean "date"' in mistake.message


def test_a_wrong_consent_section_is_not_taken_for_none() -> None:
    for section in ("consent: {yes_to: all}", "merge: {mode: inserts}"):
        (mistake,) = mistakes_of(f"{HEAD}  Infolettre: optin_Newsletter\n{section}\n")
        assert "could reach people" not in mistake.message


def test_a_wrong_target_is_said_beside_the_other_mistakes() -> None:
    text = HEAD.replace("dialog-insight", "mailhouse") + "duplicates: newest\n"
    first, second = mistakes_of(text)
    known = ", ".join(GRAMMARS)
    assert str(first) == f'{FILE}:2:9: there is no target "mailhouse". There are: {known}.'
    assert second.line == 5


def test_a_document_that_is_no_mapping_at_all_has_one_mistake() -> None:
    for text in ("[]", "- a\n- {b: c}\n", "42", "true", "'text'"):
        (mistake,) = mistakes_of(text)
        assert mistake.message == "the document must be members, each written as name: value"


def test_a_name_must_name_something() -> None:
    assert said(HEAD.replace("newsletter", "''")) == f"{FILE}:1:7: name must not be empty"


def test_a_header_that_stands_twice_hides_no_other_mistake() -> None:
    text = WRONG["a header that stands twice among other mistakes"]
    assert [mistake.line for mistake in mistakes_of(text)] == [6, 7, 8]


def test_a_target_that_is_written_almost_right_is_taken_for_what_it_is_like() -> None:
    first, second = mistakes_of(WRONG["a target that is written almost right, and a code"])
    assert 'Did you mean "dialog-insight"?' in first.message
    assert '"g_B"' in second.message


def test_a_member_that_is_called_otherwise_is_not_missed_too() -> None:
    assert len(mistakes_of(WRONG["members that are called otherwise"])) == 3
    assert len(mistakes_of(WRONG["a field that is called otherwise"])) == 1
    (empty,) = mistakes_of("# to be written\n")
    assert empty.message == "the document is empty: it needs name, target, columns"


def test_a_rule_that_names_what_there_is_not_is_said_once() -> None:
    assert len(mistakes_of(f"{HEAD}rules: {{require_one_of: [f_Nope]}}\n")) == 1


def test_the_options_of_a_code_that_is_none_are_looked_at() -> None:
    assert len(mistakes_of(f"{HEAD}  A: {{field: g_A, type: date, format: JJ}}\n")) == 2
    assert len(mistakes_of(f"{HEAD}  A: {{field: optn_A, type: consent}}\n")) == 1


@pytest.mark.parametrize(
    ("code", "usual"),
    [("f_Email", "f_EMail"), ("f_firstname", "f_FirstName"), ("f_postalCode", "f_PostalCode")],
)
def test_an_unusual_spelling_of_a_code_is_warned_of(code: str, usual: str) -> None:
    (warning,) = mapping_of(f"{HEAD}  A: {code}\n").warnings
    assert warning.startswith(
        f"{FILE}:5:6: the platform's usual spelling is {usual}: whether {code}"
    )
    (warning,) = mapping_of(HEAD.replace("key_f_EMail", "key_f_Email")).warnings
    assert warning.startswith(f"{FILE}:4:13: the platform's usual spelling is key_f_EMail")


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("F_LastName", '"f_LastName"'),
        ("f-City", '"f_City"'),
        ("OptIn_News", '"optin_News"'),
        ("hastrackingconsent", '"hasTrackingConsent"'),
        ("EMail", '"f_EMail" or "key_f_EMail"'),
        ("ignorer", '"ignore"'),
        ("KEY_f_email", '"key_f_EMail"'),
    ],
)
def test_a_code_that_is_written_almost_right_is_asked_for(code: str, hint: str) -> None:
    assert f"Did you mean {hint}?" in said(f"{HEAD}  Nom: {code}\n")


@pytest.mark.parametrize("code", ["Prénom", "Nope", "f_Prénom", f"f_{'A' * 26}"])
def test_a_code_that_is_like_none_is_not_guessed(code: str) -> None:
    assert "Did you mean" not in said(f"{HEAD}  Nom: {code}\n")


@pytest.mark.parametrize(
    ("region", "code"), [("UK", "GB"), ("Canada", "CA"), ("États-Unis", "US"), ("Québec", "CA")]
)
def test_a_country_by_its_name_is_asked_for(region: str, code: str) -> None:
    text = f"{HEAD}  A: {{field: f_A, type: phone, region: {region}}}\n"
    assert f'Did you mean "{code}"?' in said(text)
    assert "Did you mean" not in said(text.replace(region, "Atlantis"))


def test_a_consent_section_without_consents_is_warned_of() -> None:
    (warning,) = mapping_of(f"{HEAD}{EVERYONE}").warnings
    assert "`consent` has no effect" in warning
    assert not mapping_of(f"{HEAD}  Le: optin_A\n{EVERYONE}").warnings


def test_a_constant_may_be_the_word_ignore_where_it_is_meant() -> None:
    assert mapping_of(f"{HEAD}constants: {{f_A: {{value: ignore}}}}\n").rules[1].constant


# --- single sentences that carry a promise --------------------------------------------------------


def test_an_unknown_prefix_is_refused_with_the_known_ones() -> None:
    message = said(f"{HEAD}  Nom: F_LastName\n")
    assert '"F_LastName"' in message
    for prefix in ("key_f_", "f_", "optin_", "dtOptin_", "hasTrackingConsent"):
        assert prefix in message


@pytest.mark.parametrize("prefix", ["key_f_", "f_", "optin_", "dtOptin_"])
def test_a_code_may_have_25_characters_after_its_prefix_and_no_more(prefix: str) -> None:
    text = f"{HEAD}  Colonne: {prefix}{'A' * 25}\n{EVERYONE}"
    assert mistakes_of(text) == []
    assert "26 characters" in said(text.replace("A" * 25, "A" * 26))


@pytest.mark.parametrize("place", ["columns", "constants", "computed", "the same column"])
def test_a_field_is_written_once_whatever_writes_it(place: str) -> None:
    second = {
        "columns": "  Autre: f_Name\n",
        "constants": "constants: {f_Name: x}\n",
        "computed": "computed: {f_Name: '{Nom}'}\n",
        "the same column": "  Autre: {field: [f_Other, f_Other]}\n",
    }[place]
    assert "written a second time" in said(f"{HEAD}  Nom: f_Name\n{second}")


def test_an_unknown_type_is_refused_with_what_there_is() -> None:
    message = said(f"{HEAD}  Intérêts: {{field: f_Interests, type: blob}}\n")
    assert message.startswith(f"{FILE}:5:40: ")
    for known in ValueType:
        assert known in message


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("{field: f_A, type: telephone}", "phone"),
        ("{field: f_A, type: téléphone}", "phone"),
        ("{field: f_A, type: courriel}", "email"),
        ("{field: f_A, type: nombre}", "integer"),
        ("{field: f_A, type: bool}", "boolean"),
        ("{field: f_A, require: true}", "required"),
        ("{field: f_A, map: {a: b}}", "values"),
        ("{field: f_A, dateformat: x}", "format"),
        ("{champ: f_A}", "field"),
    ],
)
def test_words_of_other_tools_and_of_french_are_understood_as_slips(entry: str, hint: str) -> None:
    assert f'Did you mean "{hint}"?' in said(f"{HEAD}  Colonne: {entry}\n")


def test_promise_4_a_blank_clears_neither_a_key_nor_a_consent_nor_its_date() -> None:
    for code in ("key_f_Id", "optin_Newsletter", "hasTrackingConsent", "dtTrackingConsent"):
        text = f"{HEAD}  Colonne: {{field: {code}, blank: clear}}\n{EVERYONE}"
        assert "blank" in said(text), code
    assert mistakes_of(f"{HEAD}  Colonne: {{field: f_Name, blank: clear}}\n") == []
