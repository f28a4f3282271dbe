"""What is asked after an unknown name: slips of real people, and words of other tools."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.documents import folded, near, nearest
from importer.documents.nearness import likeness
from importer.documents.synonyms import meanings
from importer.field_rules import ValueType
from importer.mapping.sections import ColumnSection, MappingDocument

FIELDS = [
    "f_FirstName", "f_LastName", "f_EMail", "f_MobilePhone", "f_BirthDate", "f_City", "f_Country",
    "f_PostalCode", "f_Source", "f_FullName", "key_f_EMail", "optin_Newsletter", "optin_Sms",
    "hasTrackingConsent", "dtTrackingConsent", "f_Language", "f_Notes", "f_Address1", "f_Address2",
    "f_CustomerNo",
]  # fmt: skip
TYPES = list(ValueType)
OPTIONS = list(ColumnSection.model_fields)
MEMBERS = list(MappingDocument.model_fields)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("f_Fisrtname", "f_FirstName"),
        ("key_f_Email", "key_f_EMail"),
        ("optin_newsleter", "optin_Newsletter"),
        ("optin-Newsletter", "optin_Newsletter"),
        ("f_Citi", "f_City"),
        ("hasTrakingConsent", "hasTrackingConsent"),
        ("f_lastname", "f_LastName"),
        ("FirstName", "f_FirstName"),
        ("f_Postal", "f_PostalCode"),
        ("f_Mobile", "f_MobilePhone"),
    ],
)
def test_slips_in_field_codes(slip: str, meant: str) -> None:
    assert nearest(slip, FIELDS)[0] == meant


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("telephone", "phone"),
        ("téléphone", "phone"),
        ("courriel", "email"),
        ("e-mail", "email"),
        ("mail", "email"),
        ("nombre", "integer"),
        ("numeric", "integer"),
        ("interger", "integer"),
        ("float", "decimal"),
        ("bool", "boolean"),
        ("bolean", "boolean"),
        ("dates", "date"),
        ("date-time", "datetime"),
        ("txt", "text"),
        ("string", "text"),
        ("zip", "postal"),
        ("Code postal", "postal"),
        ("choix", "choice"),
        ("array", "list"),
    ],
)
def test_slips_in_types(slip: str, meant: str) -> None:
    assert nearest(slip, TYPES)[0] == meant


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("dateformat", "format"),
        ("max_lenght", "max_length"),
        ("maxlength", "max_length"),
        ("max-length", "max_length"),
        ("alias", "aliases"),
        ("typ", "type"),
        ("requried", "required"),
        ("require", "required"),
        ("obligatoire", "required"),
        ("map", "values"),
        ("value", "values"),
        ("onInvalid", "on_invalid"),
        ("feild", "field"),
        ("champ", "field"),
        ("regex", "pattern"),
        ("default", "blank"),
        ("seperator", "separator"),
    ],
)
def test_slips_in_options(slip: str, meant: str) -> None:
    assert nearest(slip, OPTIONS)[0] == meant


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("colums", "columns"),
        ("colonnes", "columns"),
        ("constant", "constants"),
        ("doublons", "duplicates"),
        ("unmapped", "unmapped_columns"),
        ("filter", "when"),
        ("supress", "suppress"),
        ("consents", "consent"),
    ],
)
def test_slips_in_sections(slip: str, meant: str) -> None:
    assert nearest(slip, MEMBERS)[0] == meant


@pytest.mark.parametrize(
    ("header", "columns", "meant"),
    [
        ("Courriel", ["Courriel client", "Prenom", "Nom"], "Courriel client"),
        ("Prénom", ["Courriel client", "Prenom", "Nom"], "Prenom"),
        ("Nom", ["Prénom", "Nom de famille", "Ville"], "Nom de famille"),
        ("Code postal", ["Code client", "Code_Postal", "CP"], "Code_Postal"),
        ("Date de naissance", ["Naissance (date)", "Date d'inscription"], "Naissance (date)"),
        ("Email", ["Mail", "E-Mail", "Nom"], "E-Mail"),
        ("Email", ["Courriel", "Nom"], "Courriel"),
        ("Email", ["Nom", "E-mail address"], "E-mail address"),
    ],
)
def test_headers_that_changed(header: str, columns: list[str], meant: str) -> None:
    assert nearest(header, columns)[0] == meant


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Ville", ["Pays", "Nom"]),
        ("zzz", OPTIONS),
        ("mapping", ["name", "target", "columns"]),
        ("no", ["Nothing at all"]),
        ("dotdigital", ["dialog-insight"]),
        ("true", ["accept", "refuse"]),
        ("", ["Nom"]),
        ("Nom", []),
    ],
)
def test_what_is_like_nothing_is_not_guessed(name: str, known: list[str]) -> None:
    assert nearest(name, known) == []
    assert near(name, known) == ""


def test_a_name_that_differs_in_case_and_signs_only_is_the_only_suggestion() -> None:
    assert nearest("max-length", ["max_length", "max_lengths"]) == ["max_length"]
    assert nearest("courriel", ["COURRIEL", "Courriels"]) == ["COURRIEL"]


def test_at_most_three_are_suggested_the_likeliest_first() -> None:
    assert near("modl", ["mode", "model", "modal", "modil"]) == (
        ' Did you mean "model", "modal" or "modil"?'
    )
    assert near("modl", ["model", "modal"]) == ' Did you mean "model" or "modal"?'
    assert near("modl", ["model", "modal"], most=1) == ' Did you mean "model"?'


def test_every_word_of_the_table_is_folded_and_leads_somewhere() -> None:
    for word in ("courriel", "e mail", "valeur par defaut", "leave out"):
        assert meanings(word)
        assert folded(word) == word
    assert meanings("zzz") == frozenset()


@given(st.text(), st.lists(st.text(), max_size=5))
def test_any_names_can_be_compared(name: str, known: list[str]) -> None:
    assert set(nearest(name, known)) <= set(known)
    for one in known:
        assert 0 <= likeness(folded(name), folded(one)) <= 1
        assert likeness(folded(one), folded(one)) == 1
