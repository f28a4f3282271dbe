"""How a file's columns differ from those that a mapping names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.mapping import Drift, DriftedError, bind, drift_in_words, merged
from importer.mapping.drift import drift_of
from importer.tables import NO_HEADER
from tests.mapping.reading import HEAD, RUN_DATE, bound, mapping_of, table_of

NAMES = f"{HEAD}  Prénom: f_FirstName\n  Nom: f_LastName\n  Notes: ignore\n"


def drift(text: str, *columns: str) -> Drift:
    return drift_of(mapping_of(text), table_of(*columns))


def words(text: str, *columns: str) -> list[str]:
    mapping, table = mapping_of(text), table_of(*columns)
    return drift_in_words(drift_of(mapping, table), mapping, table)


def test_a_file_that_is_as_the_mapping_says_has_no_drift() -> None:
    assert drift(NAMES, "Courriel", "Prénom", "Nom", "Notes") == Drift()
    assert words(NAMES, "Courriel", "PRÉNOM", " nom ") == []


def test_new_missing_and_renamed_columns_stand_in_one_list_each() -> None:
    found = drift(NAMES, "Courriel", "Prenom", "Ville", "Pays")
    assert found == Drift(
        new=("Ville", "Pays"), missing=("Nom",), renamed=(("Prénom", "Prenom"),), reordered=False
    )
    assert found.lacking == 2


def test_an_ignored_column_is_neither_missed_nor_new() -> None:
    assert drift(NAMES, "Courriel", "Prénom", "Nom").missing == ()
    assert drift(NAMES, "Courriel", "Prénom", "Nom", "notes").new == ()


def test_a_column_under_an_alias_has_not_drifted() -> None:
    text = f"{HEAD}  Nom: {{field: f_LastName, aliases: [Last Name]}}\n"
    assert drift(text, "Courriel", "LAST NAME") == Drift()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Courriel", "Courriel client"),
        ("Prénom", "prenom"),
        ("Code postal", "Code_Postal"),
        ("Code postal", "Code-postal"),
        ("Téléphone", "Telephone"),
        ("Date de naissance", "Date naissance"),
        ("Adresse", "Adresses"),
        ("Email", "E-mail"),
        ("Email", "Courriel"),
        ("Adresse 2", "Adresse (2)"),
    ],
)
def test_a_missing_column_and_a_new_one_that_are_alike_may_be_one(header: str, name: str) -> None:
    text = f"name: n\ntarget: dialog-insight\ncolumns:\n  {header}: key_f_Id\n"
    assert drift(text, "Xyz", name).renamed == ((header, name),)


@pytest.mark.parametrize(
    ("header", "name"),
    [("Nom", "Ville"), ("Adresse 1", "Adresse 2"), ("Prénom", "Nom"), ("A", "B")],
)
def test_columns_that_are_not_alike_are_missing_and_new(header: str, name: str) -> None:
    text = f"name: n\ntarget: dialog-insight\ncolumns:\n  {header}: key_f_Id\n"
    assert drift(text, name) == Drift(new=(name,), missing=(header,))


def test_an_alias_may_be_what_a_renamed_column_is_like() -> None:
    text = f"{HEAD}  Nom: {{field: f_LastName, aliases: [Last Name]}}\n"
    assert drift(text, "Courriel", "LastName").renamed == (("Nom", "LastName"),)
    assert words(text, "Courriel", "LastName") == [
        'contacts.csv: renamed? "Nom" -> "LastName": add "LastName" to its aliases.'
    ]


def test_two_files_without_a_column_in_common_are_not_compared_name_by_name() -> None:
    text = HEAD + "".join(f"  Question {number}: f_Q{number}\n" for number in range(250))
    columns = [f"Question: {number}" for number in range(250)]
    assert drift(text, "Courriel", *columns).renamed == ()
    assert len(drift(text, "Courriel", *columns[:100]).renamed) == 100


def test_each_column_is_renamed_once_the_likeliest_first() -> None:
    text = f"{HEAD}  Ville: f_City\n  Villes: f_Cities\n"
    assert drift(text, "Courriel", "Ville.", "Villes.").renamed == (
        ("Ville", "Ville."),
        ("Villes", "Villes."),
    )
    assert drift(text, "Courriel", "Villes.") == Drift(
        missing=("Ville",), renamed=(("Villes", "Villes."),)
    )


def test_what_is_needed_beside_the_columns_can_be_missing_too() -> None:
    text = (
        f"{HEAD}  Tél: {{field: f_Phone, type: phone, region: {{column: Pays}}}}\n"
        "computed: {f_Full: '{Prénom} {Nom}'}\nwhen: {Statut: actif}\n"
    )
    assert drift(text, "Courriel", "Tél", "Nom", "Prenom").missing == ("Pays", "Statut")
    assert drift(text, "Courriel", "Tél", "Nom", "Prenom").renamed == (("Prénom", "Prenom"),)
    assert words(text, "Courriel", "Tél", "Nom", "Prenom", "Pays", "Statut") == [
        'contacts.csv: renamed? "Prénom" -> "Prenom": write "Prenom" in its place.'
    ]
    assert drift(text, "Courriel", "Tél", "Nom", "Prénom", "Pays", "Statut") == Drift()


def test_a_column_that_is_needed_twice_is_missing_once() -> None:
    text = f"{NAMES}computed: {{f_Full: '{{prénom}} {{Nom}}'}}\n"
    assert drift(text, "Courriel").missing == ("Prénom", "Nom")


def test_another_order_is_told_and_does_no_harm() -> None:
    assert drift(NAMES, "Nom", "Courriel", "Prénom").reordered
    assert not drift(NAMES, "X", "Courriel", "Y", "Prénom", "Nom").reordered
    assert words(NAMES, "Nom", "Courriel", "Prénom") == [
        "contacts.csv: the columns stand in another order than in the mapping. That does no harm: "
        "they are found by name."
    ]
    assert bound(NAMES, "Nom", "Courriel", "Prénom").drift.reordered


def test_without_a_header_columns_are_told_by_their_place() -> None:
    text = f"{HEAD.replace('Courriel', 'column 2')}  column 1: f_Nom\n"
    mapping = mapping_of(text)
    table = replace(table_of("column 1", "column 2"), header_row=NO_HEADER)
    found = drift_of(mapping, table)
    assert found == Drift(by_position=True)
    (sentence,) = drift_in_words(found, mapping, table)
    assert "there is no header, so columns are told by their place" in sentence
    narrow = replace(table_of("column 1"), header_row=NO_HEADER)
    assert drift_of(mapping, narrow) == Drift(missing=("column 2",), by_position=True)


def test_drift_in_words_is_what_to_do() -> None:
    text = f"{NAMES}  Ville: {{field: f_City, case: upper}}\n"
    assert words(text, "Courriel", "Ville (client)", "Prenom", "Pays") == [
        'contacts.csv: new, and in no entry of the mapping: "Pays".',
        'contacts.csv: missing, and needed: "Nom".',
        'contacts.csv: renamed? "Prénom" -> "Prenom": write '
        "`Prénom: {field: f_FirstName, aliases: [Prenom]}`.",
        'contacts.csv: renamed? "Ville" -> "Ville (client)": add `aliases: [Ville (client)]`.',
    ]


def test_the_remedy_is_a_line_that_can_be_written() -> None:
    text = f"{HEAD}  'No: 1': f_No\n"
    (sentence,) = words(text, "Courriel", "No : 1")
    remedy = sentence.split("`")[1]
    assert remedy == '"No: 1": {field: f_No, aliases: ["No : 1"]}'
    assert drift(f"{HEAD}  {remedy}\n", "Courriel", "No : 1") == Drift()


def test_very_many_columns_are_not_all_listed() -> None:
    (sentence,) = words(HEAD, "Courriel", *(f"Q{number}" for number in range(30)))
    assert sentence.endswith('"Q19" and 10 more.')


def test_what_stands_in_the_way_is_said_shortly() -> None:
    assert drift(NAMES, "Courriel", "Prénom", "Nom", "X").shortly == ""
    assert drift(NAMES, "Courriel", "Prenom", "X").shortly == (
        'needs "Prénom" (renamed "Prenom"?), "Nom"; does not name "X"'
    )
    assert drift(NAMES, "Courriel", "Prenom", "Nom").shortly == (
        'needs "Prénom" (renamed "Prenom"?)'
    )
    assert drift(NAMES, "Courriel", "Prénom").shortly == 'needs "Nom"'
    several = [drift(NAMES, "Courriel", name, "Nom") for name in ("Prenom", "Prénoms")]
    assert merged(several).shortly == 'needs "Prénom" (renamed "Prenom" or "Prénoms"?)'


def test_a_mapping_that_does_not_fit_brings_its_drift_along() -> None:
    with pytest.raises(DriftedError) as raised:
        bind(mapping_of(NAMES), table_of("Courriel", "Nom", "X"), run_date=RUN_DATE)
    assert raised.value.drifts == (Drift(new=("X",), missing=("Prénom",)),)
    assert isinstance(raised.value, UnusableInputError)


def test_the_drifts_of_several_tables_are_put_together() -> None:
    both = merged(
        [
            Drift(new=("A", "B"), missing=("C",), reordered=True),
            Drift(new=("B", "D"), renamed=(("E", "F"),)),
        ]
    )
    assert both == Drift(("A", "B", "D"), ("C",), (("E", "F"),), reordered=True)
    assert merged([]) == Drift()


@given(st.lists(st.text(st.characters(codec="utf-8")), unique=True, max_size=8))
def test_any_headers_can_be_compared(columns: list[str]) -> None:
    found = drift(NAMES, *columns)
    told = [*found.new, *(name for _, name in found.renamed)]
    assert len(told) == len(set(told))
    assert set(told) <= set(columns)
    assert words(NAMES, *columns) is not None
