from __future__ import annotations

import pytest

from importer.drafting.agreeing import percent
from importer.drafting.proposal import Certainty
from tests.drafting.columns import ADDRESSES, in_force, proposed

WORDS = ["Laval", "Québec", "Alma"]
NAMES = ["Ada Roy", "Luc Côté", "Zoé Dion"]
MANY = [f"a{number}@example.com" for number in range(12)]
ELSEWHERE = ["212 555-0101", "(212) 555-0102"]
FRENCH = ["06 12 34 56 78", "01.23.45.67.89"]
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
    made = proposed({"Email Home": MANY, "Email Work": ADDRESSES})
    assert made["Email Home"].certainty is Certainty.LIKELY
    assert in_force({"Email Home": MANY, "Email Work": MANY[:9]}) == {}


@pytest.mark.parametrize(
    ("values", "certainty"),
    [
        (MANY, Certainty.SURE),
        ([*MANY, *MANY[:8]], Certainty.SURE),
        (ADDRESSES * 10, Certainty.UNSURE),  # a few people's, in every row
        (ADDRESSES[:1] * 2, Certainty.UNSURE),
        (ADDRESSES[:1], Certainty.SURE),
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
        ({"Nom": ["Garage Côté enr.", "Boulangerie Roy inc."]}, {}),
        ({"Nom": [*NAMES, *NAMES, "Roy & Fils"]}, {}),
        ({"Full name": ["Nordik SENC", "Acme Ltd", "Zoé Dion"]}, {}),
        (
            {"Nom": NAMES, "Prénom": ["1980-01-31", "1999-02-03", "2000-01-01"]},
            {"Nom": "f_FullName"},
        ),
        ({"Nom": NAMES, "Prénom": WORDS}, {"Prénom": "f_FirstName"}),
        ({"No": ["12", "14"], "Rue": ["Principale", "1re Avenue"], "App": ["", "3"]}, {}),
        (
            {"Rue": ["Principale", "des Pins"], "Ville": WORDS, "No civique": ["12", "14 A"]},
            {"Ville": "f_City"},
        ),
        ({"Rue": ["Principale", "des Pins"]}, {}),
        ({"No": ["Laval", "Alma"], "Rue": ["1, rue A"]}, {"Rue": "f_Address"}),
        ({"No client": ["12", "14"], "Rue": ["1, rue A"]}, {"Rue": "f_Address"}),
        ({"Rue (domicile)": [], "Rue (bureau)": ["1, rue A"]}, {}),
        ({"Address 1": [], "Mailing address": ["1, rue A"]}, {"Mailing address": "f_Address"}),
        ({"URL": ["https://example.com"]}, {}),
        ({"Site web": ["https://example.com", "www.example.org"]}, {"Site web": "f_Website"}),
        ({"_website": ["base", "base"]}, {}),
        ({"Nom (Prénom)": ["Ana", "Léo"]}, {}),
        ({"Nom et prénom": ["Roy Ana", "Côté Léo"]}, {"Nom et prénom": "f_FullName"}),
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
            "Courriel": MANY, "Superviseur": ADDRESSES, "Actif": ["oui", "non"], "Urgence": PHONES,
            "Autre": WORDS, "Vu le": ["2026-01-31", "2026-02-28", "?"], "Rien": [],
            "Phone 2": PHONES,
        }
    )  # fmt: skip
    assert {one.certainty for name, one in made.items() if name != "Courriel"} == {Certainty.NONE}
    assert "the values are addresses, but" in made["Superviseur"].reason
    assert "optin_" in made["Actif"].reason
    assert "67 % of the values are dates" in made["Vu le"].reason
    assert "empty" in made["Rien"].reason
    assert made["Phone 2"].reason == "a further phone"


# --- whose columns ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ({"Email": MANY, "First Name": WORDS, "Recipient First Name": WORDS,
          "Recipient City": WORDS, "Recipient Phone": PHONES, "Recipient Company": WORDS,
          "Recipient Email": ADDRESSES},
         {"Email": "key_f_EMail", "First Name": "f_FirstName"}),
        ({"Recipient Email": MANY, "Recipient City": WORDS, "Company": WORDS},
         {"Recipient Email": "key_f_EMail", "Recipient City": "f_City", "Company": "f_Company"}),
        ({"Courriel participant": MANY, "Courriel membre": MANY, "Prénom membre": WORDS}, {}),
        ({"Buyer Email": MANY, "Attendee Email": MANY, "Company": WORDS}, {}),
        ({"Courriel du contact": MANY, "Prénom": WORDS, "Nom": WORDS},
         {"Courriel du contact": "key_f_EMail", "Prénom": "f_FirstName", "Nom": "f_LastName"}),
        ({"Courriel du contact": MANY, "Prénom": WORDS, "Courriel du conjoint": MANY},
         {"Prénom": "f_FirstName"}),
        ({"Courriel client": MANY, "Prénom": WORDS}, {"Prénom": "f_FirstName"}),
        ({"Email": MANY, "Spouse Email": ADDRESSES, "City": WORDS},
         {"Email": "key_f_EMail", "City": "f_City"}),
        ({"Supplier Email": MANY, "Company": WORDS, "Source": WORDS, "Mobile": ["yes", "no"]}, {}),
        ({"Email (Billing)": MANY, "Customer Note": WORDS}, {}),
        ({"Courriel": MANY, "Prénom de l'enfant": WORDS, "Date de naissance": ["2012-01-31"] * 3,
          "Sexe": ["F", "M", "F"], "Ville": WORDS}, {"Courriel": "key_f_EMail", "Ville": "f_City"}),
        ({"Courriel": MANY, "Prénom": WORDS, "Prénom de l'enfant": WORDS, "Sexe": ["F", "M"]},
         {"Courriel": "key_f_EMail", "Prénom": "f_FirstName", "Sexe": "f_Gender"}),
        ({"Email": MANY, "Email type": WORDS, "Contact City": WORDS}, {"Email": "key_f_EMail"}),
    ],
)  # fmt: skip
def test_columns_that_may_be_another_persons_are_never_in_force(
    table: dict[str, list[str]], fields: dict[str, str]
) -> None:
    assert in_force(table) == fields


def test_column_that_the_account_has_by_its_very_name_is_nobody_elses() -> None:
    account = {"f_EMail": "E-mail", "f_RCity": "Recipient City", "f_City": "Ville"}
    table = {"Email": MANY, "Recipient City": WORDS, "Recipient Ville": WORDS}
    assert in_force(table, account=account) == {"Email": "key_f_EMail", "Recipient City": "f_RCity"}
    code = {"f_City": "Ville", "f_EMail": "Supplier email"}
    table = {"Supplier email": MANY, "Ville": WORDS}
    assert in_force(table, account=code)["Ville"] == "f_City"


def test_column_that_may_be_another_persons_says_why() -> None:
    made = proposed({"Email": MANY, "Recipient City": WORDS})["Recipient City"]
    assert (made.field, made.certainty) == ("f_City", Certainty.UNSURE)
    assert made.reason.endswith("""but it may be another person's than "Email\"""")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({"Email": MANY, "School Name": WORDS, "Principal Email": MANY}, "Email"),
        ({"Main Contact Email": ADDRESSES[:1] * 12, "Contact Email": MANY}, None),
        ({"Primary Email": ADDRESSES[:1] * 12, "Email": MANY}, "Email"),
        ({"Courriel principal": MANY, "Courriel": MANY}, "Courriel principal"),
    ],
)
def test_a_principals_address_and_one_that_repeats_are_not_the_key(
    table: dict[str, list[str]], key: str | None
) -> None:
    keys = [one.column for one in proposed(table).values() if one.is_key]
    assert keys == ([key] if key else [])


def test_values_that_repeat_are_told_of() -> None:
    reason = proposed({"Courriel": ADDRESSES * 4})["Courriel"].reason
    assert "but only 25 % of its values differ, and a key tells the contacts apart" in reason
    assert in_force({"column 1": ADDRESSES * 4}, headless=True) == {}


def test_without_a_sure_key_every_column_of_addresses_is_offered() -> None:
    table = {"Guest Email": MANY, "Person - Email - Work": MANY, "Adresse de messagerie": MANY,
             "What is your email address?": MANY, "Ville": WORDS}  # fmt: skip
    made = proposed(table)
    offered = {name for name, one in made.items() if one.field == "key_f_EMail" and one.commented}
    assert offered == set(table) - {"Ville"}
    made = proposed({"Guest Email": MANY, "Courriel": MANY})
    assert made["Guest Email"].field is None
    assert proposed({"Guest Email": MANY}, account={"f_City": "City"})["Guest Email"].field is None


def test_headers_that_are_codes_go_to_their_own_fields() -> None:
    table = {
        "key_f_EMail": MANY, "f_FirstName": WORDS, "f_Custom": WORDS, "optin_News": ["1", "0"],
        "hasTrackingConsent": ["1", "0"], "Courriel": MANY, "dtOptin_News": ["2026-01-31"],
    }  # fmt: skip
    made = proposed(table)
    assert {name: one.field for name, one in made.items() if not one.commented} == {
        "key_f_EMail": "key_f_EMail", "f_FirstName": "f_FirstName", "f_Custom": "f_Custom",
    }  # fmt: skip
    assert made["key_f_EMail"].certainty is made["f_Custom"].certainty is Certainty.SURE
    assert [made[name].field for name in ("optin_News", "hasTrackingConsent")] == [
        "optin_News", "hasTrackingConsent",
    ]  # fmt: skip
    assert '"key_f_EMail" is the key' in made["Courriel"].reason
    dated = made["dtOptin_News"]
    assert (dated.field, dict(dated.options)) == ("dtOptin_News", {"format": "YYYY-MM-DD"})
    either = proposed({"dtTrackingConsent": ["01/02/2026"]})["dtTrackingConsent"]
    assert (either.commented, len(either.others)) == (True, 1)
    assert "no day is above 12" in either.reason
    assert proposed({"dtOptin_News": []})["dtOptin_News"].options == ()
    two = {"key_f_Store": ["1", "1", "2"], "key_f_Number": ["1", "2", "1"]}
    assert in_force(two) == {name: name for name in two}
    assert in_force({"key_f_EMail": WORDS}) == {}
    assert in_force({"f_EMail": MANY}) == {"f_EMail": "key_f_EMail"}
    account = {"f_EMail": "Courriel", "f_Old": ""}
    codes = {"key_f_EMail": MANY, "f_Old": WORDS, "f_New": WORDS}
    assert in_force(codes, account=account) == {"key_f_EMail": "key_f_EMail", "f_Old": "f_Old"}


# --- phones and postal codes ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phones", "beside", "region"),
    [
        (PHONES, {}, "CA"),
        (["+33 6 12 34 56 78", "514 555-0101"], {}, "CA"),
        (["+33 6 12 34 56 78", "+1 514 555 0101"], {}, None),
        ([], {}, None),
        (ELSEWHERE, {"Code postal": ["H2X 1Y4", "G1A 0A2"]}, "CA"),
        (ELSEWHERE, {"Province": ["QC", "ON"]}, "CA"),
        (ELSEWHERE, {"Ville": ["Montréal", "LAVAL"]}, "CA"),
        (ELSEWHERE, {"Courriel": ["a@videotron.ca", "b@exemple.qc.ca"]}, "CA"),
        (FRENCH, {"Ville": ["Paris", "Lyon"]}, "FR"),
        (FRENCH, {"Courriel": ["a@orange.fr", "b@example.com"]}, "FR"),
        (FRENCH, {"Pays": ["Maroc", "France"]}, {"column": "Pays"}),
        (FRENCH, {"Pays": ["Maroc"]}, {"column": "Pays"}),
        (FRENCH, {"Home Country": ["Maroc"], "Country": ["Maroc"]}, {"column": "Country"}),
        (FRENCH, {"Pays": ["Belgique"], "Ville": ["Paris", "Lyon"]},
         {"column": "Pays", "default": "FR"}),
        ([], {"Pays": []}, {"column": "Pays"}),
    ],
)  # fmt: skip
def test_region_of_phones_is_told_by_a_country_column_or_by_more_than_their_form(
    phones: list[str], beside: dict[str, list[str]], region: object
) -> None:
    made = proposed({"Cellulaire": phones, **beside})["Cellulaire"]
    assert (made.field, made.commented) == ("f_MobilePhone", False)
    assert dict(made.options).get("region") == region


@pytest.mark.parametrize(
    ("phones", "beside", "readings"),
    [
        (FRENCH, {}, ["FR", "MA"]),
        (FRENCH, {"Code postal": ["75001", "20000"]}, ["FR", "MA"]),
        (FRENCH, {"Pays": ["12", "13"]}, ["FR", "MA"]),
        (FRENCH, {"Pays": ["", ""]}, ["FR", "MA"]),
        (FRENCH, {"Country of birth": ["France", "France"]}, ["FR", "MA"]),
        (ELSEWHERE, {}, ["CA", "IN"]),
        (["9876543210", "9812345678"], {}, ["CA", "IN"]),
        (["06 12 34 56 78", "514 555-0101"], {}, [None]),
        (["20 7946 0958", "161 496 0000"], {}, [None]),
    ],
)
def test_region_that_only_the_form_of_the_numbers_would_tell_is_left_to_a_person(
    phones: list[str], beside: dict[str, list[str]], readings: list[str | None]
) -> None:
    made = proposed({"Cellulaire": phones, **beside})["Cellulaire"]
    assert made.certainty is Certainty.UNSURE
    assert "nothing tells the country of its numbers" in made.reason
    assert [dict(one).get("region") for one in (made.options, *made.others)] == readings


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
    assert in_force({"Date d'inscription": ["31/01/2020", "30/01/2020"]}, account=since) == {
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
        "Client since": ["31/01/2020", "30/01/2020"], "Cellulaire": PHONES,
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
