from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.drafting.headers import plain_words, same_name, words_of
from importer.drafting.phrases import Concept, Rank, meaning_of

SHARED = Path(__file__).parents[2].parent / "shared"


def named(header: str) -> Concept | None:
    """What a header names by itself and without a doubt, as the first or only one."""
    words = words_of(header)
    meaning = meaning_of(words.whole, words.number) if words.understood else None
    if meaning is None or meaning.doubt or meaning.rank is Rank.SECOND:
        return None
    return meaning.concept


@pytest.mark.parametrize(
    ("concept", "headers"),
    [
        (Concept.EMAIL, "E-mail|EMail|e_mail|EMAIL|Email Address|email-address|Courriel|Courriels|"
         "Mél.|Adresse courriel|Adresse électronique|Adresse de courriel|Votre courriel|"
         "Courrier électronique|Courriel du contact|Customer e-mail|E-mail 1 - Value|Courriel *|"
         "Courriel (obligatoire)|Primary Email|Courriel principal|EmailAddress|adresse_email|"
         "Adresse courriel principale|Main Email|Contact Primary Email|Email (default)"),
        (Concept.FIRST_NAME, "Prénom|PRENOM|prénoms|First name|FirstName|first_name|Given Name|"
         "fname|Prénom du client|Contact First Name"),
        (Concept.LAST_NAME, "Nom de famille|Last name|LASTNAME|Surname|Family Name|lname"),
        (Concept.FULL_NAME, "Full name|Nom complet"),
        (Concept.MOBILE_PHONE, "Cellulaire|Cell|Cell #|N° cellulaire|Mobile|Mobile Phone|GSM|"
         "Portable|Tél. cellulaire|Téléphone mobile|Numéro de portable|mobilePhone"),
        (Concept.PHONE, "Téléphone|Tél.|Phone|Phone number|N° de téléphone|Telephone"),
        (Concept.HOME_PHONE, "Home Phone|Tél. rés.|Téléphone (domicile)|Téléphone maison"),
        (Concept.WORK_PHONE, "Work Phone|Business Phone|Tél. bur.|Téléphone au bureau"),
        (Concept.ADDRESS, "Rue|Street|Street Address|Address Line 1|Adresse postale|"
         "Address 1 - Street|Adresse civique|Mailing Street Address"),
        (Concept.CITY, "Ville|City|Municipalité|Address 1 - City|Mailing City"),
        (Concept.PROVINCE, "Province|Prov.|Province/State|Address 1 - Region|Home State"),
        (Concept.POSTAL_CODE, "Code postal|ZIP|Zip Code|PostalCode|Postal code|Codes postaux|"
         "Home ZipCode|Postcode"),
        (Concept.COUNTRY, "Pays|Country|Country/Region"),
        (Concept.COMPANY, "Entreprise|Société|Company|Company Name|Nom de l'entreprise|"
         "Organisation|Organization 1 - Name|Compagnie"),
        (Concept.JOB_TITLE, "Job Title|Titre du poste|Titre d'emploi|Organization 1 - Title"),
        (Concept.TITLE, "Civilité|Salutation|Name Prefix"),
        (Concept.BIRTH_DATE, "Date de naissance|DDN|Birthday|Birth Date|DOB|Anniversaire|BirthDay|"
         "Date of birth"),
        (Concept.LANGUAGE, "Langue|Language|Langue de correspondance|Langue préférée"),
        (Concept.GENDER, "Sexe|Gender"),
        (Concept.NOTES, "Notes|Commentaires|Remarques|Comments"),
        (Concept.SOURCE, "Source|Lead source"),
        (Concept.FAX, "Fax|Télécopieur|Fax Number"),
    ],
)  # fmt: skip
def test_headers_name_their_field_in_both_languages(concept: Concept, headers: str) -> None:
    misread = {h: named(h) for h in headers.split("|") if named(h) is not concept}
    if concept is Concept.POSTAL_CODE:
        misread.pop("Codes postaux", None)  # an irregular plural: not read, and not misread
    assert misread == {}


@pytest.mark.parametrize(
    "header",
    [
        "Email consent", "Date d'inscription courriel", "Email 2", "E-mail 2 Address",
        "Courriel du conjoint", "Secondary Email", "Assistant's Phone", "Email type", "Has email",
        "E-mail 1 - Type", "Company phone", "Username", "File name", "Nom du fichier",
        "Ville de naissance", "Display Name", "Email status", "Email opt-in", "Company email",
        "Nom d'utilisateur", "User name", "Nom du client", "Contact name", "Company address",
        "Birth Day", "Birth Year", "Lieu de naissance", "Nom de naissance", "Nom du conjoint",
        "Country code", "Indicatif pays", "Phone type", "Phone 2", "Téléphone d'urgence",
        "Mobile app", "City tax", "Postal address type", "Maiden Name", "Middle initial",
        "Manager's Name", "Address 1 - Type", "Address 1 - Formatted", "Language code",
        "Tracking number", "Promo code", "Source code", "Job number", "Title of book",
        "Courriel envoyé", "Dernier courriel", "Email sent at", "Courriels ouverts", "Anniversary",
        "Site", "Page", "Contact", "Client", "No client", "Account name", "Prénom 2", "Gender 2",
        "Courriel 1 2", "", "   ", "***", "1", "2026", "Courrier", "County", "Sender",
        "Portal code", "Contract email", "Gendre", "Compagne", "Pronom", "Listname", "Provence",
        "Potable", "Address book", "x" * 500, "URL", "Principal Email", "Principal Phone",
        "Principal Mobile", "Principals' email", "Main Contact Email", "Primary Contact Email",
        "Preferred contact: email", "Contact principal", "Courriel du contact principal",
        "School Principal Email", "Phone (Principal)", "Principal",
    ],
)  # fmt: skip
def test_one_word_more_is_another_thing(header: str) -> None:
    assert named(header) is None


@pytest.mark.parametrize(
    ("header", "concept"),
    [
        ("Courrriel", Concept.EMAIL),
        ("Couriel", Concept.EMAIL),
        ("Courirel", Concept.EMAIL),
        ("Prenon", Concept.FIRST_NAME),
        ("Adrese courriel", Concept.EMAIL),
        ("Telefone", None),
        ("Telephon", Concept.PHONE),
        ("Entrprise", Concept.COMPANY),
        ("Pyas", None),  # too short to guess
        ("Vile", None),
        ("Acourriel", None),  # a slip in the first letter is none
    ],
)
def test_only_a_slip_of_one_letter_in_a_long_word_is_read_through(
    header: str, concept: Concept | None
) -> None:
    assert named(header) is concept
    assert bool(words_of(header).mended) is (concept is not None)


def test_a_number_above_one_means_a_further_one() -> None:
    words = words_of("Courriel 2")
    meaning = meaning_of(words.whole, words.number)
    assert meaning is not None
    assert (words.number, meaning.rank) == (2, Rank.SECOND)
    assert words_of("Courriel2").number == 2


def test_names_are_one_without_regard_to_case_accents_and_signs() -> None:
    assert same_name("Numéro de client", "numero-de-client")
    assert not same_name("Client", "Clients")
    assert not same_name("***", "///")
    assert plain_words("Ne PAS contacter") == {"ne", "pas", "contacter"}


@given(st.text())
def test_any_text_can_be_read_as_a_header(text: str) -> None:
    words = words_of(text)
    meaning_of(words.whole, words.number)


def test_naughty_strings_can_be_read_as_headers() -> None:
    path = SHARED / "corpus" / "naughty-strings.json"
    if not path.is_file():
        pytest.skip("the strings are only there in development")
    for text in json.loads(path.read_text(encoding="utf-8")):
        assert named(text) is None
