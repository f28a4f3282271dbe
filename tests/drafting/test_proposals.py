from __future__ import annotations

import pytest

from importer.drafting.agreeing import percent
from importer.drafting.proposal import Certainty
from tests.drafting.columns import ADDRESSES, in_force, proposed

WORDS = ["Laval", "Québec", "Alma"]
NAMES = ["Ada Roy", "Luc Côté", "Zoé Dion"]
PHONES = ["514 555-0101", "(418) 555-0102", "438-555-0103 poste 12"]


# --- the key --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["Email", "Courriel", "Primary Email", "E-mail Address", "E-mail 1 - Value"]
)
def test_the_clear_address_is_the_key_and_no_other(header: str) -> None:
    others = ["E-mail 2 - Value", "Secondary Email", "Courriel du conjoint", "Email Work"]
    made = proposed(dict.fromkeys(others, ADDRESSES) | {header: ADDRESSES})
    assert [one.column for one in made.values() if one.is_key] == [header]
    assert made[header].certainty is Certainty.SURE
    assert all(made[other].commented for other in others)


@pytest.mark.parametrize(
    "header",
    ["Email consent", "Date d'inscription courriel", "Email 2", "E-mail 2 Address",
     "Courriel du conjoint", "Secondary Email", "Email type", "Has email", "E-mail 1 - Type",
     "Company email", "Identifiant"],
)  # fmt: skip
def test_another_address_is_not_the_key_even_alone(header: str) -> None:
    assert in_force({header: ADDRESSES}) == {}


@pytest.mark.parametrize(
    "headers",
    [("Email", "Courriel"), ("Email Home", "Email Work"), ("Email", "Email 1"),
     ("Primary Email", "Main E-mail")],
)  # fmt: skip
def test_of_two_that_could_be_the_key_none_is(headers: tuple[str, str]) -> None:
    made = proposed(dict.fromkeys(headers, ADDRESSES))
    assert all(one.certainty is Certainty.UNSURE for one in made.values())
    assert all(one.field == "key_f_EMail" for one in made.values())
    assert "could each be the key" in made[headers[0]].reason


def test_of_home_and_work_the_one_that_every_row_has_is_likely_the_key() -> None:
    made = proposed({"Email Home": ADDRESSES * 4, "Email Work": ADDRESSES})
    assert made["Email Home"].certainty is Certainty.LIKELY
    assert in_force({"Email Home": ADDRESSES * 4, "Email Work": ADDRESSES * 3}) == {}


@pytest.mark.parametrize(
    ("values", "certainty"),
    [
        (ADDRESSES * 10, Certainty.SURE),
        ([*ADDRESSES, "none"], Certainty.LIKELY),
        ([], Certainty.LIKELY),  # the header alone
        (["yes", "no", "yes"], Certainty.UNSURE),
        (["", "", ""], Certainty.UNSURE),  # a key that no row has
    ],
)
def test_the_values_of_the_key_must_be_addresses(values: list[str], certainty: Certainty) -> None:
    assert proposed({"Courriel": values})["Courriel"].certainty is certainty


def test_rows_without_a_key_are_told_of() -> None:
    reason = proposed({"Courriel": ADDRESSES, "Ville": WORDS * 4})["Courriel"].reason
    assert "75 % of the rows have none and will be refused" in reason


def test_column_called_address_is_the_key_only_where_it_holds_addresses_of_mail() -> None:
    assert in_force({"Adresse": ADDRESSES}) == {"Adresse": "key_f_EMail"}
    assert in_force({"Adresse": ["1, rue A", "2, rue B"]}) == {"Adresse": "f_Address"}
    assert in_force({"Adresse": []}) == {}
    assert in_force({"Adresse": [], "Ville": []}) == {"Adresse": "f_Address", "Ville": "f_City"}


def test_in_a_table_without_a_header_the_only_addresses_are_the_key() -> None:
    table = {"column 1": ADDRESSES, "column 2": WORDS}
    assert in_force(table, headless=True) == {"column 1": "key_f_EMail"}
    assert in_force(table) == {}
    assert in_force(table | {"column 3": ADDRESSES}, headless=True) == {}
    made = proposed({"column 1": [*ADDRESSES, "x", "y"]}, headless=True)
    assert made["column 1"].certainty is Certainty.UNSURE


# --- names, titles and places ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ({"Nom": WORDS, "Prénom": WORDS}, {"Nom": "f_LastName", "Prénom": "f_FirstName"}),
        ({"Nom": WORDS}, {}),
        ({"Nom": NAMES}, {"Nom": "f_FullName"}),
        ({"Name": NAMES}, {"Name": "f_FullName"}),
        ({"Name": WORDS}, {}),
        ({"Name": NAMES, "First name": WORDS}, {"First name": "f_FirstName"}),
        ({"First": WORDS, "Last": WORDS}, {"First": "f_FirstName", "Last": "f_LastName"}),
        ({"First": WORDS}, {}),
        ({"Prénom": WORDS, "First name": WORDS}, {}),
        ({"Title": ["Mr", "Ms", "Dr."]}, {"Title": "f_Title"}),
        ({"Title": ["Buyer", "Clerk"]}, {}),
        ({"Title": [], "Job Title": []}, {"Title": "f_Title", "Job Title": "f_JobTitle"}),
        ({"Prefix": []}, {}),
        ({"Fonction": ["Acheteuse", "Commis"]}, {"Fonction": "f_JobTitle"}),
        ({"Poste": ["101", "22"]}, {}),
        ({"Poste": ["p. 101", "p. 22"]}, {}),
        ({"Poste": ["Commis", "Directrice"]}, {"Poste": "f_JobTitle"}),
        ({"Date d'inscription": ["31/01/2020"], "Inscription": WORDS}, {}),
        ({"Fonction": []}, {}),
        ({"Genre": ["Femme", "Homme"]}, {"Genre": "f_Gender"}),
        ({"Genre": ["Rock", "Jazz"]}, {}),
        ({"Sexe": ["F", "M"]}, {"Sexe": "f_Gender"}),
        ({"Sexe": ["w", "z"]}, {"Sexe": "f_Gender"}),
        ({"Sexe": ["1", "0", "1"]}, {}),
        ({"État": ["QC", "ON"]}, {"État": "f_Province"}),
        ({"État": ["fermé", "ouvert"], "Ville": WORDS}, {"Ville": "f_City"}),
        ({"State": WORDS, "City": WORDS}, {"State": "f_Province", "City": "f_City"}),
        ({"State": ["open", "shut"] * 4, "City": WORDS}, {"City": "f_City"}),
        ({"State": WORDS}, {}),
        ({"Région": ["Nord", "Sud"]}, {}),
        ({"CP": ["H2X 1Y4", "G1A 0A2"]}, {"CP": "f_PostalCode"}),
        ({"CP": ["a", "b"]}, {}),
        ({"CP": [], "Ville": []}, {"CP": "f_PostalCode", "Ville": "f_City"}),
        ({"Naissance": ["1980-01-31", "1999-12-01"]}, {"Naissance": "f_BirthDate"}),
        ({"Naissance": WORDS}, {}),
        ({"Home City": WORDS, "Work City": WORDS}, {"Home City": "f_City"}),
        ({"Work City": WORDS}, {}),
        ({"City": WORDS, "Home City": WORDS}, {"City": "f_City"}),
        ({"Address 1": ["1 A St"], "Address 2": ["Apt 3"]}, {"Address 1": "f_Address"}),
        ({"Notes": ["12", "15"]}, {}),
        ({"Prénom": ADDRESSES}, {}),
        ({"Pays": PHONES}, {}),
        ({"Displayed City": WORDS}, {}),
    ],
)
def test_fields_follow_from_the_header_the_values_and_what_stands_beside(
    table: dict[str, list[str]], fields: dict[str, str]
) -> None:
    assert in_force(table) == fields


def test_codes_that_are_only_usual_are_likely_and_to_be_checked() -> None:
    made = proposed({"Province": WORDS, "Ville": WORDS, "Vile": WORDS, "Municipalitée": WORDS})
    assert made["Province"].certainty is Certainty.LIKELY
    assert "check that the account has this code" in made["Province"].reason
    assert made["Vile"].certainty is Certainty.NONE
    assert made["Municipalitée"].certainty is Certainty.UNSURE  # "Ville" says it too
    assert proposed({"Municipalitée": WORDS})["Municipalitée"].certainty is Certainty.LIKELY


def test_columns_of_one_name_are_never_proposed() -> None:
    table = {"Email": ADDRESSES, "Email (2)": ADDRESSES, "Ville": WORDS, "Ville (rue)": WORDS}
    assert in_force(table, repeated=["Email"]) == {"Ville": "f_City"}


def test_what_goes_nowhere_says_what_it_seems_to_hold() -> None:
    made = proposed(
        {
            "Superviseur": ADDRESSES, "Actif": ["oui", "non"], "Urgence": PHONES, "Autre": WORDS,
            "Vu le": ["2026-01-31", "2026-02-28", "?"], "Rien": [], "Phone 2": PHONES,
        }
    )  # fmt: skip
    assert {one.certainty for one in made.values()} == {Certainty.NONE}
    assert "the values are addresses, but" in made["Superviseur"].reason
    assert "optin_" in made["Actif"].reason
    assert "67 % of the values are dates" in made["Vu le"].reason
    assert "empty" in made["Rien"].reason
    assert made["Phone 2"].reason == "a further phone"


# --- phones and postal codes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (PHONES, {"type": "phone", "region": "CA"}),
        (["06 12 34 56 78", "01.23.45.67.89"], {"type": "phone", "region": "FR"}),
        (["+33 6 12 34 56 78", "+1 514 555 0101"], {"type": "phone"}),
        (["+33 6 12 34 56 78", "514 555-0101"], {"type": "phone", "region": "CA"}),
        (["06 12 34 56 78", "514 555-0101"], {"type": "phone"}),
        (["20 7946 0958", "161 496 0000"], {"type": "phone"}),
        ([], {"type": "phone"}),
    ],
)
def test_region_of_phones_is_told_by_their_form_or_left_open(
    values: list[str], options: dict[str, str]
) -> None:
    made = proposed({"Cellulaire": values})["Cellulaire"]
    assert (made.field, dict(made.options)) == ("f_MobilePhone", options)
    assert ("add `region: CA`" in made.reason) is ("region" not in options)


def test_phones_that_are_none_are_a_comment() -> None:
    made = proposed({"Cellulaire": ["101", "oui", "514 555-0101"]})["Cellulaire"]
    assert made.certainty is Certainty.UNSURE
    assert "but only 33 % of the values are phone numbers" in made.reason
    assert in_force({"Tél.": PHONES, "Cell": PHONES}) == {
        "Tél.": "f_Phone",
        "Cell": "f_MobilePhone",
    }


def test_only_codes_that_all_are_canadian_get_the_type() -> None:
    canadian = ["H2X 1Y4", "g1a0a2", "J7V 8P2"]
    made = proposed({"Code postal": canadian})["Code postal"]
    assert dict(made.options) == {"type": "postal", "region": "CA"}
    assert not proposed({"Code postal": [*canadian, "75001"]})["Code postal"].options
    assert in_force({"Zip": ["10001", "94105"]}) == {"Zip": "f_PostalCode"}


# --- consents -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["Consentement", "Infolettre", "Newsletter", "Opt-in", "optin", "Email opt in", "Abonné",
     "Email consent", "Marketing", "Désabonné", "Ne pas contacter", "Do not email", "LCAP",
     "Subscribed"],
)  # fmt: skip
def test_consent_is_never_guessed(header: str) -> None:
    made = proposed({"Courriel": ADDRESSES, header: ["Oui", "Non", "Oui"]})[header]
    assert made.consent
    assert made.commented
    assert (made.field, dict(made.options)) == (
        "optin_Newsletter", {"values": {"Oui": None, "Non": None}}
    )  # fmt: skip
    negative = header in {"Désabonné", "Ne pas contacter", "Do not email"}
    assert ("spell both answers out" in made.reason) is negative


def test_tracking_has_a_consent_of_its_own_and_dates_are_left_to_a_person() -> None:
    made = proposed({"Suivi": ["1", "0"], "Date du suivi": ["2026-01-02"], "Date opt-in": []})
    assert made["Suivi"].field == "hasTrackingConsent"
    assert made["Date du suivi"].field is None
    joined = proposed({"Date d'inscription": ["31/01/2020"]})["Date d'inscription"]
    assert "it may be the date of a consent" in joined.reason
    since = {"f_Signup": "Date d'inscription"}
    assert in_force({"Date d'inscription": ["31/01/2020"]}, account=since) == {
        "Date d'inscription": "f_Signup"
    }
    assert "dtTrackingConsent" in made["Date opt-in"].reason


def test_only_answers_are_listed_and_nobodys_name() -> None:
    often = ["Oui"] * 6 + ["À confirmer"] * 3 + ["Demander"] * 3 + ["Marie"] + ["OUI", "x@y.ca"]
    made = proposed({"Infolettre": often})["Infolettre"]
    assert list(dict(made.options)["values"]) == ["Oui", "À confirmer", "Demander"]
    people = proposed({"Suivi par": ["Marie"] * 5 + ["Luc"] * 5})["Suivi par"]
    assert (people.field, people.options) == (None, ())
    assert proposed({"Promo code": ["A1", "B2"]})["Promo code"].field is None


# --- an account's own fields ----------------------------------------------------------------------

ACCOUNT = {
    "f_EMail": "Adresse de courriel", "f_Prenom": "Prénom", "f_LastName": "Nom",
    "f_Tel": "Téléphone", "f_NoClient": "Numéro de client", "f_Vip": "VIP",
    "f_Since": "Client since", "optin_News": "Nouvelles", "optin_Offers": "Offres",
}  # fmt: skip


def test_only_what_the_account_has_is_proposed_by_code_or_label() -> None:
    table = {
        "E-mail": ADDRESSES, "First name": WORDS, "Nom": WORDS, "Téléphone": PHONES,
        "numero de client": ["001", "002"], "Ville": WORDS, "VIP": ["oui", "non"],
        "Client since": ["31/01/2020"], "Cellulaire": PHONES,
    }  # fmt: skip
    made = proposed(table, account=ACCOUNT)
    assert {n: one.field for n, one in made.items() if not one.commented} == {
        "E-mail": "key_f_EMail", "First name": "f_Prenom", "Nom": "f_LastName",
        "Téléphone": "f_Tel", "numero de client": "f_NoClient", "Client since": "f_Since",
    }  # fmt: skip
    assert made["First name"].certainty is Certainty.SURE
    assert 'the account has it as "Prénom"' in made["First name"].reason
    assert dict(made["Client since"].options) == {"type": "date", "format": "DD/MM/YYYY"}
    assert made["VIP"].certainty is Certainty.UNSURE
    assert made["Ville"].reason == "the account has no field for the city"
    assert {one.field for one in made.values() if one.field} <= {"key_f_EMail", *ACCOUNT}


def test_account_without_an_address_has_no_key() -> None:
    made = proposed({"Courriel": ADDRESSES}, account={"f_LastName": "Nom"})["Courriel"]
    assert (made.field, made.certainty) == (None, Certainty.NONE)
    assert proposed({"a": ADDRESSES}, account={}, headless=True)["a"].field is None


def test_address_under_another_code_gets_its_type() -> None:
    made = proposed({"Courriel": ADDRESSES}, account={"f_Mel": "Courriel"})["Courriel"]
    assert (made.field, dict(made.options)) == ("key_f_Mel", {"type": "email"})


def test_several_fields_of_the_account_for_one_thing_are_not_chosen_among() -> None:
    account = {"f_Cell": "Cellulaire", "f_Gsm": "Portable"}
    made = proposed({"Mobile phone": PHONES}, account=account)["Mobile phone"]
    assert made.certainty is Certainty.UNSURE
    assert "the account also has f_Gsm" in made.reason
    two = {"f_Mel": "Courriel", "f_Mail": "E-mail"}
    made = proposed({"Email": ADDRESSES}, account=two)["Email"]
    assert (made.field, made.certainty) == ("key_f_Mail", Certainty.UNSURE)


def test_consents_are_those_of_the_account() -> None:
    made = proposed(
        {"Infolettre": ["oui"], "Nouvelles": ["oui"], "Suivi": ["oui"]}, account=ACCOUNT
    )
    assert made["Nouvelles"].field == "optin_News"
    assert "optin_News (Nouvelles), optin_Offers (Offres)" in made["Infolettre"].reason
    assert made["Suivi"].field is None
    assert all(one.commented for one in made.values())
    bare = proposed({"Infolettre": ["oui"]}, account={"f_EMail": ""})["Infolettre"]
    assert bare.field is None


def test_code_that_no_mapping_can_name_is_not_proposed() -> None:
    made = proposed({"Ville": WORDS}, account={"f_Ville_": "Ville"})["Ville"]
    assert (made.field, made.certainty) == (None, Certainty.NONE)


def test_columns_of_the_very_name_of_a_field_get_what_their_values_are() -> None:
    account = {"f_EMail": "Principal", "f_Old": "Courriel", "f_HC": "Home City", "f_X": "x" * 90}
    made = proposed({"Courriel": ADDRESSES, "Home City": WORDS, "x" * 90: WORDS}, account=account)
    assert (made["Courriel"].field, dict(made["Courriel"].options)) == ("f_Old", {"type": "email"})
    assert made["Home City"].field == "f_HC"
    assert made["x" * 90].field is None  # that long, a header is a sentence


def test_shares_are_all_only_where_they_are() -> None:
    assert (percent(1), percent(0.9999), percent(0.5), percent(0)) == (
        "100 %", "99 %", "50 %", "0 %",
    )  # fmt: skip
