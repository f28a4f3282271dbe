"""Drafts in the codes of Dotdigital, and of a table, that can be checked once they are decided."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer import assembly
from importer.drafting import Certainty, as_yaml, draft
from importer.drafting.dialects import dialect
from importer.drafting.draft import Draft
from importer.field_rules import ValueType
from importer.model import AccountFields
from tests.drafting.columns import ADDRESSES, in_force, proposed
from tests.runs.workshop import Workshop

DOTDIGITAL = "dotdigital"
V2 = "dotdigital-v2"
TABLE = "dialog-insight-table"
WORDS = ["Laval", "Québec", "Alma"]
PHONES = ["514 555-0101", "(418) 555-0102", "438-555-0103"]
ANSWERS = ["Oui", "Non", "Oui"]
DATES = ["31/01/2020", "22/02/2021", "23/03/2022"]
ACCOUNT = {
    "id.email": "email", "id.mobileNumber": "mobileNumber", "id.contactId": "contactId",
    "id.crm-id": "crm-id", "email.status": "email status", "sms.status": "sms status",
    "data.FIRSTNAME": "FIRSTNAME", "data.LASTNAME": "LASTNAME", "data.TOWN": "TOWN",
    "data.LOYALTY_POINTS": "LOYALTY_POINTS", "data.VIP": "VIP", "data.BIRTHDAY": "BIRTHDAY",
    "list.4101": "Printemps", "preference.31": "Tea letter", "list.Double": "Double",
}  # fmt: skip
TYPES = {
    "data.LOYALTY_POINTS": ValueType.DECIMAL, "data.VIP": ValueType.BOOLEAN,
    "data.BIRTHDAY": ValueType.DATE, "data.TOWN": ValueType.TEXT,
}  # fmt: skip


def test_usual_fields_are_in_force_and_all_others_are_comments() -> None:
    table = {
        "Courriel": ADDRESSES, "Prénom": WORDS, "Nom de famille": WORDS, "Sexe": ["F", "M"],
        "Nom complet": ["Ada Roy"], "Code postal": ["H2X 1Y4"], "Notes": WORDS, "Ville": WORDS,
    }  # fmt: skip
    assert in_force(table, target=DOTDIGITAL) == {
        "Courriel": "id.email", "Prénom": "data.FIRSTNAME", "Nom de famille": "data.LASTNAME",
        "Sexe": "data.GENDER", "Nom complet": "data.FULLNAME", "Code postal": "data.POSTCODE",
        "Notes": "data.NOTES",
    }  # fmt: skip
    city = proposed(table, target=DOTDIGITAL)["Ville"]
    assert (city.field, city.certainty) == ("data.VILLE", Certainty.UNSURE)
    assert "check that the account has this code" in city.reason


@pytest.mark.parametrize(
    ("headers", "codes"),
    [
        (["N° de fiche"], ["data.N_DE_FICHE"]),
        (["Œuvre préférée (été)"], ["data.OEUVRE_PREFEREE_ETE"]),
        (["x" * 30, "x" * 25], ["data." + "X" * 20, "data." + "X" * 18 + "_2"]),
        (["ID", "Account"], ["data.OWN_ID", "data.OWN_ACCOUNT"]),
        (["Vip-level"], ["data.VIP-LEVEL"]),
        (["日本"], [None]),
        (["Notes d'avril", "Notes*d*avril"], ["data.NOTES_D_AVRIL", "data.NOTES_D_AVRIL_2"]),
    ],
)
def test_names_of_new_data_fields_are_ones_that_the_platform_takes(
    headers: list[str], codes: list[str | None]
) -> None:
    made = proposed(dict.fromkeys(headers, WORDS), target=DOTDIGITAL)
    assert [made[header].field for header in headers] == codes
    assert all(one.commented for one in made.values())


def test_new_data_fields_have_the_types_that_their_values_show() -> None:
    table = {
        "Courriel": ADDRESSES, "Membre": ANSWERS, "Vu le": DATES, "Phone 2": PHONES,
        "Email 2": ADDRESSES, "Tél.": PHONES,
    }  # fmt: skip
    made = proposed(table, target=DOTDIGITAL)
    assert dict(made["Membre"].options) == {"type": "boolean"}
    assert dict(made["Vu le"].options) == {"type": "date", "format": "DD/MM/YYYY"}
    assert dict(made["Phone 2"].options) == {"type": "phone", "region": "CA"}
    assert dict(made["Email 2"].options) == {"type": "email", "on_invalid": "skip"}
    assert {one.field for one in made.values()} == {
        "id.email", "data.MEMBRE", "data.VU_LE", "data.PHONE_2", "data.EMAIL_2", "data.TEL",
    }  # fmt: skip
    assert "email.status, list.… or preference.…" in made["Membre"].reason
    assert "email.status" not in proposed(table, target=V2)["Membre"].reason


# --- identifiers ----------------------------------------------------------------------------------


def test_mobile_number_is_the_key_only_where_there_are_no_addresses() -> None:
    assert in_force({"Cellulaire": PHONES}, target=DOTDIGITAL) == {"Cellulaire": "id.mobileNumber"}
    beside = proposed({"Cellulaire": PHONES, "Courriel": ADDRESSES}, target=DOTDIGITAL)
    assert beside["Cellulaire"].commented
    assert '"Courriel" is the key' in beside["Cellulaire"].reason
    unsure = proposed({"Cellulaire": PHONES, "Guest email": ADDRESSES}, target=DOTDIGITAL)
    assert '"Guest email" may be the key' in unsure["Cellulaire"].reason
    assert unsure["Guest email"].field == "id.email"
    assert in_force({"Cell": PHONES, "Mobile": PHONES}, target=DOTDIGITAL) == {}
    assert in_force({"Cellulaire": PHONES[:1] * 9}, target=DOTDIGITAL) == {}
    assert in_force({"Cellulaire": ["", ""]}, target=DOTDIGITAL) == {}
    gaps = proposed({"Cellulaire": PHONES, "Ville": WORDS * 4}, target=DOTDIGITAL)["Cellulaire"]
    assert "75 % of the rows have none and will be refused" in gaps.reason
    assert proposed({"Cellulaire": PHONES}, target=V2)["Cellulaire"].field == "data.CELLULAIRE"


def test_of_headers_that_are_identifiers_one_is_the_key() -> None:
    table = {"id.crm": WORDS, "id.email": ADDRESSES, "data.CITY": WORDS, "Courriel": ADDRESSES}
    made = proposed(table, target=DOTDIGITAL)
    keys = [one.column for one in made.values() if one.is_key]
    assert keys == ["id.email"]
    assert '"id.email" is the key' in made["id.crm"].reason
    assert '"id.email" is the key' in made["Courriel"].reason
    assert made["data.CITY"].certainty is Certainty.SURE
    own = proposed({"id.crm": WORDS, "id.shop": WORDS}, target=DOTDIGITAL)
    assert [one.column for one in own.values() if one.is_key] == ["id.crm"]


# --- an account's fields --------------------------------------------------------------------------


def test_fields_of_the_account_are_found_by_name_with_the_type_it_keeps() -> None:
    table = {
        "Courriel": ADDRESSES, "Loyalty points": ["12", "1280"], "V.I.P.": ["1", "0", "1"],
        "Birthday": DATES, "Ville": WORDS, "CRM id": ["C-1", "C-2"], "Autre": WORDS,
        "Cell": PHONES, "data.TOWN": WORDS,
    }  # fmt: skip
    made = proposed(table, account=ACCOUNT, types=TYPES, target=DOTDIGITAL)
    assert made["Loyalty points"].field == "data.LOYALTY_POINTS"
    assert dict(made["Loyalty points"].options) == {"type": "decimal"}
    assert made["V.I.P."].field == "data.VIP"
    assert dict(made["V.I.P."].options) == {"type": "boolean"}
    assert dict(made["Birthday"].options) == {"type": "date", "format": "DD/MM/YYYY"}
    assert made["Birthday"].field == "data.BIRTHDAY"
    assert (made["data.TOWN"].field, made["Ville"].field) == ("data.TOWN", "data.TOWN")
    assert (made["CRM id"].field, made["CRM id"].commented) == ("id.crm-id", True)
    assert made["Autre"].field is None  # only what the account has is proposed
    assert (made["Cell"].field, made["Cell"].commented) == ("id.mobileNumber", True)


def test_values_that_the_account_does_not_keep_are_a_comment() -> None:
    table = {"Loyalty points": WORDS, "VIP": WORDS, "Birthday": WORDS}
    made = proposed(table, account=ACCOUNT, types=TYPES, target=DOTDIGITAL)
    assert all(one.commented for one in made.values())
    assert "keeps numbers there" in made["Loyalty points"].reason
    assert "keeps yes or no there" in made["VIP"].reason
    empty = {name: [""] for name in table}
    made = proposed(empty, account=ACCOUNT, types=TYPES, target=DOTDIGITAL)
    assert dict(made["VIP"].options) == {"type": "boolean"}
    assert "how dates will be written" in made["Birthday"].reason


# --- consents -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "target", "asked", "code"),
    [
        ("Infolettre", DOTDIGITAL, False, "email.status"),
        ("Consentement SMS", DOTDIGITAL, False, "sms.status"),
        ("Textos", DOTDIGITAL, False, "sms.status"),
        ("Suivi", DOTDIGITAL, False, None),
        ("email.status", DOTDIGITAL, False, "email.status"),
        ("list.4101", DOTDIGITAL, False, "list.4101"),
        ("Infolettre", DOTDIGITAL, True, "email.status"),
        ("SMS", DOTDIGITAL, True, "sms.status"),
        ("Printemps", DOTDIGITAL, True, "list.4101"),
        ("preference.31", DOTDIGITAL, True, "preference.31"),
        ("Infolettre", V2, False, "preference.Newsletter"),
        ("SMS", V2, False, None),
        ("Infolettre", V2, True, "preference.31"),
        ("Tea letter", V2, True, "preference.31"),
        ("Infolettre", TABLE, False, None),
    ],
)
def test_consents_are_comments_in_the_platforms_codes(
    header: str, target: str, asked: bool, code: str | None
) -> None:
    account = ACCOUNT if asked else None
    made = proposed({"Courriel": ADDRESSES, header: ANSWERS}, account=account, target=target)
    assert (made[header].field, made[header].commented) == (code, True)
    assert made[header].consent is (code is not None)


def test_consents_of_the_account_are_told_and_the_first_ones_only_where_they_are_many() -> None:
    table = {"Courriel": ADDRESSES, "Infolettre": ANSWERS}
    reason = proposed(table, account=ACCOUNT, target=DOTDIGITAL)["Infolettre"].reason
    assert "list.4101 (Printemps), preference.31 (Tea letter)" in reason
    assert "Double" not in reason  # a name that several lists have
    many = ACCOUNT | {f"list.{number}": f"L{number}" for number in range(1, 90)}
    told = proposed(table, account=many, target=DOTDIGITAL)["Infolettre"].reason
    assert told.count("list.") < 22
    bare = {"id.email": "email"}
    alone = proposed(table, account=bare, target=DOTDIGITAL)["Infolettre"]
    assert alone.field == "email.status"
    assert proposed(table, account=bare, target=V2)["Infolettre"].field is None


def test_proof_of_a_consent_is_found_by_its_headers() -> None:
    table = {
        "Courriel": ADDRESSES, "Texte du consentement": ["Envoyez-moi la lettre"] * 3,
        "Date du consentement": ["2021-03-04", "2021-03-05", "2021-03-06"],
        "Consent page": ["https://example.org/a"] * 3, "CONSENTIP": ["203.0.113.7"] * 3,
        "consent.userAgent": ["Mozilla/5.0"] * 3,
    }  # fmt: skip
    made = proposed(table, target=DOTDIGITAL)
    assert [one.field for one in made.values()][1:] == [
        "consent.text", "consent.datetime", "consent.url", "consent.ip", "consent.userAgent",
    ]  # fmt: skip
    assert all(one.commented for one in list(made.values())[1:])
    assert "constants" not in made["CONSENTIP"].reason
    table.pop("CONSENTIP")
    lacking = proposed(table, target=DOTDIGITAL)["Consent page"].reason
    assert "write under constants what is the same for all of consent.ip" in lacking


def test_proof_without_the_word_consent_is_one_where_all_its_parts_are_there() -> None:
    parts = {
        "Texte 2": WORDS, "Moment 2": DATES, "Page 2": [""], "IP 2": ["203.0.113.7"],
        "Navigateur 2": ["Mozilla/5.0"],
    }  # fmt: skip
    whole = proposed(parts, target=DOTDIGITAL)
    assert {str(one.field) for one in whole.values()} == {
        "consent.text.2", "consent.datetime.2", "consent.url.2", "consent.ip.2",
        "consent.userAgent.2",
    }  # fmt: skip
    parts.pop("Page 2")
    half = proposed(parts, target=DOTDIGITAL)
    assert not any(str(one.field).startswith("consent.") for one in half.values())


@pytest.mark.parametrize(
    ("header", "values", "code"),
    [
        ("Consent date", DATES, "consent.datetime"),
        ("Date d'inscription", DATES, "consent.datetime"),
        ("Consent date", [], "consent.datetime"),
        ("Consent date", WORDS, None),
        ("Agreed", ["https://example.org/a"], "consent.url"),
        ("Agreed", WORDS, None),
        ("Consent text", ANSWERS, "email.status"),
        ("Consent text 7", WORDS, None),
        ("Consent text 1 2", WORDS, None),
        ("Consent text 3", WORDS, "consent.text.3"),
    ],
)
def test_column_proves_a_consent_only_as_far_as_its_values_may(
    header: str, values: list[str], code: str | None
) -> None:
    table = {"Courriel": ADDRESSES, header: values}
    assert proposed(table, target=DOTDIGITAL)[header].field == code


def test_moments_have_their_formats_and_two_columns_of_one_part_are_both_told() -> None:
    two = {"Consent date": DATES, "Date du consentement": ["01/02/20", "02/03/21", "03/04/22"]}
    made = proposed(two, target=DOTDIGITAL)
    assert dict(made["Consent date"].options) == {"type": "date", "format": "DD/MM/YYYY"}
    assert "could each be it: choose one" in made["Consent date"].reason
    short = made["Date du consentement"]
    assert dict(short.options) == {"type": "date", "format": "DD/MM/YY", "pivot": 30}
    assert [dict(one)["format"] for one in short.others] == ["MM/DD/YY"]


# --- tables ---------------------------------------------------------------------------------------


def test_columns_of_a_table_have_bare_names_and_none_is_surely_the_key() -> None:
    table = {"Order No": WORDS, "key_orderNo": WORDS, "Courriel": ADDRESSES, "f_Total": ["1", "2"]}
    made = proposed(table, target=TABLE)
    assert [one.field for one in made.values()] == ["order_no", "key_orderNo", "Courriel", "Total"]
    assert [one.column for one in made.values() if not one.commented] == ["key_orderNo"]


# --- the command ----------------------------------------------------------------------------------

READERS = """\
Courriel;Cellulaire;Prénom;Ville;Printemps;Infolettre;Texte du consentement;SMS
a@example.com;514 555-0101;Ada;Laval;Oui;Oui;Envoyez-moi la lettre;Oui
c@example.com;418 555-0102;Luc;Alma;Non;Non;Envoyez-moi la lettre;Non
"""
MEANT = {"Oui": "yes", "Non": "no"}


def decided(text: str, *, no: str = "no") -> str:
    """Take the # away from columns and from consent, and answer what the comments ask."""
    lines = []
    for line in text.splitlines():
        if line.startswith("  # "):
            line = "  " + line.removeprefix("  # ")
        elif line.startswith(("# consent:", "#   yes_to", "#   resubscribe", "#   left_out")):
            line = line.removeprefix("# " if line.startswith("# consent") else "#")
            line = line if line.startswith("consent") else line[1:]
        bare = line.strip()
        for answer, meaning in (("Oui", "yes"), ("Non", no)):
            if bare == f"{answer}:":
                line = f"{line} {meaning}"
        lines.append(line)
    return "\n".join(lines)


@pytest.mark.parametrize("target", ["dotdigital", "dotdigital-single", "dotdigital-v2"])
def test_draft_can_be_checked_as_it_stands_and_once_it_is_decided(
    workshop: Workshop, target: str
) -> None:
    workshop.write("readers.csv", READERS)
    path = "mappings/readers.yaml"
    done = workshop.importer("mapping", "new", "readers.csv", "--target", target, "-o", path)
    assert done.code == 0
    assert workshop.importer("mapping", "check", "readers", "readers.csv").code == 0
    text = (workshop.folder / path).read_text(encoding="utf-8")
    proof = "constants:\n  consent.url: https://example.org/a\n  consent.ip: 203.0.113.7\n"
    proof += "  consent.userAgent: shop\n  consent.datetime: "
    proof += "{value: 2026-01-01 09:00, format: 'YYYY-MM-DD HH:mm'}\n"
    workshop.write(path, decided(text) + "\n" + proof)
    done = workshop.importer("mapping", "check", "readers", "readers.csv")
    assert (done.code, done.err) == (0, "")


def test_unknown_target_and_another_platforms_connection_are_refused(workshop: Workshop) -> None:
    workshop.write("a.csv", READERS)
    done = workshop.importer("mapping", "new", "a.csv", "--target", "dotdigitl")
    assert done.code == 4
    assert 'there is no target "dotdigitl". Did you mean "dotdigital"' in done.err
    done = workshop.importer("mapping", "new", "a.csv", "--target", "dotdigital", "-c", "local")
    assert done.code == 4
    assert (
        "the connection local is one of dialog-insight, and --target names dotdigital" in done.err
    )
    done = workshop.importer("mapping", "new", "a.csv", "--target", TABLE, "-c", "local")
    assert "no call is known that names the columns of a relational table" in done.err


def asked(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, target: str | None) -> Draft:
    """Draft with a connection whose account says what it has."""
    workshop.write("readers.csv", READERS)
    fields = AccountFields(ACCOUNT, types=TYPES)
    monkeypatch.setattr(assembly, "account_fields", lambda *_: fields)
    connection = replace(
        assembly.named_connection(workshop.means(), "sandbox", "dotdigital"), name="readers"
    )
    monkeypatch.setattr(assembly, "named_connection", lambda *_: connection)
    return draft("readers.csv", connection="readers", target=target)


def test_target_left_out_is_the_connections(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted = asked(workshop, monkeypatch, None)
    assert drafted.target == DOTDIGITAL
    text = as_yaml(drafted)
    assert "target: dotdigital\nconnection: readers" in text
    assert "  #   field: list.4101\n" in text
    assert "yes or leave; no call takes it back" in text
    assert 'the account has it as "Printemps"' in text


def test_of_the_account_only_what_the_target_can_write_is_proposed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = {one.column: one.field for one in asked(workshop, monkeypatch, V2).proposals}
    assert (fields["Printemps"], fields["Cellulaire"]) == (None, None)
    assert fields["Infolettre"] == "preference.31"


def test_codes_with_names_stand_in_quotes(workshop: Workshop) -> None:
    workshop.write("a.csv", "Courriel,preference.Tea letter\na@example.com,Oui\n")
    text = as_yaml(draft("a.csv", target=V2))
    assert "  #   field: preference.Tea letter\n" in text


def test_every_target_has_a_dialect() -> None:
    from importer import targets

    for name in targets.names():
        assert targets.grammar(name).fact(dialect(name).example)


def test_key_that_is_not_sure_leaves_match_a_comment(workshop: Workshop) -> None:
    workshop.write("a.csv", "Guest email,Cell\na@example.com,514 555-0101\n")
    text = as_yaml(draft("a.csv", target=DOTDIGITAL))
    assert "such as\n# id.email: put the right line in force" in text
    assert "  # match: id.email" in text
