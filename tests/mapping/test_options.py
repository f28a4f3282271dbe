"""What the options of a mapping say to the rooms that come after it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from importer.field_rules import (
    Blank,
    Case,
    Other,
    PhoneForm,
    RealDates,
    Take,
    ValueType,
)
from importer.mapping import reads_negatively
from tests.mapping.reading import (
    EVERYONE,
    HEAD,
    applied,
    binding_mistakes,
    bound,
    chunk_of,
    mapping_of,
    mistakes_of,
    rule_of,
)


@pytest.mark.parametrize(
    ("column", "member", "expected"),
    [
        ("Nom: {field: f_A, trim: false}", "trim", False),
        ("Nom: {field: f_A, take: last-word}", "take", Take.LAST_WORD),
        ("Nom: {field: f_A, replace: {a: b, 1: 2}}", "replace", (("a", "b"), ("1", "2"))),
        ("Nom: {field: f_A, values: {a: b}}", "other", Other.KEEP),
        ("Nom: {field: f_A, values: {a: b}, other: leave}", "other", Other.LEAVE),
        ("Nom: {field: f_A, values: {a: b}, other: {value: z}}", "other_value", "z"),
        ("Nom: {field: f_A, type: choice, values: {a: b}}", "other", Other.REJECT),
        ("Nom: {field: f_A, blank: {default: x}}", "default", "x"),
        ("Nom: {field: f_A, blank: clear}", "blank", Blank.CLEAR),
        ("Nom: {field: f_A, case: title}", "case", Case.TITLE),
        ("Nom: {field: f_A, max_length: 5, truncate: true}", "truncate", True),
        ("Nom: {field: f_A, type: date, format: YYYY-MM-DD}", "formats", ("YYYY-MM-DD",)),
        ("Nom: {field: f_A, type: date, format: [DD/MM/YY, excel], pivot: 0}", "pivot", 0),
        ("Nom: {field: f_A, type: date, real_dates: swap}", "real_dates", RealDates.SWAP),
        ("Nom: {field: f_A, type: date}", "future", True),
        ("Nom: {field: f_A, type: date, future: reject}", "future", False),
        ("Nom: {field: f_BirthDate, type: date}", "future", False),
        ("Nom: {field: f_DateNaissance, type: date}", "future", False),
        ("Nom: {field: f_DOB, type: date, future: reject}", "future", False),
        ("Nom: {field: f_A, type: phone, region: ca}", "region", "CA"),
        ("Nom: {field: f_A, type: phone, format: national}", "phone_form", PhoneForm.NATIONAL),
        ("Nom: {field: f_A, type: postal, region: {column: Pays}}", "region_column", "Pays"),
        ("Nom: {field: f_A, type: postal, region: {column: Pays, default: fr}}", "region", "FR"),
        ("Nom: {field: f_A, type: list, separator: ','}", "separator", ","),
        ("Nom: {field: f_A, type: decimal, decimal: comma}", "decimal", "comma"),
    ],
)
def test_an_option_reaches_the_rule(column: str, member: str, expected: Any) -> None:
    assert getattr(rule_of(column), member) == expected


def test_an_extension_gets_a_rule_of_its_own_beside_the_phone() -> None:
    phone, extension = mapping_of(
        f"{HEAD}  Tél: {{field: f_Tel, type: phone, region: CA, extension_field: f_Poste}}\n"
    ).rules[1:]
    assert (phone.keeps_extension, phone.extension) == (True, False)
    assert (extension.field, extension.column) == ("f_Poste", "Tél")
    assert (extension.extension, extension.type) == (True, ValueType.TEXT)


def test_both_fields_of_a_phone_get_the_whole_text_and_each_row_s_country() -> None:
    text = (
        f"{HEAD}  Tél: {{field: f_Tel, type: phone, region: {{column: pays}}, "
        "extension_field: f_Ext}\n"
    )
    laid = bound(text, "Courriel", "Tél", "Pays")
    chunk = chunk_of({"Courriel": ["a@b.ca"], "Tél": [" 5145550101 #3"], "Pays": [" FR "]})
    mapped = laid.apply(chunk)
    assert mapped.frame["f_Tel"].tolist() == mapped.frame["f_Ext"].tolist() == ["5145550101 #3"]
    assert {code: texts.to_pylist() for code, texts in mapped.beside.items()} == {
        "f_Tel": ["FR"],
        "f_Ext": ["FR"],
    }
    assert laid.warnings == ()  # the country's column is no stranger


def test_a_country_column_that_is_not_there_is_a_mistake() -> None:
    text = f"{HEAD}  Tél: {{field: f_Tel, type: phone, region: {{column: Pais}}}}\n"
    (said,) = binding_mistakes(text, "Courriel", "Tél", "Pays")
    assert 'f_Tel needs the column "Pais"' in said
    assert 'Did you mean "Pays"?' in said


def test_texts_are_joined_without_the_blank_ones() -> None:
    text = f"{HEAD}computed:\n  f_A: {{join: [Rue, Ville], by: ' – '}}\n"
    cells = {"Courriel": ["x"] * 4, "Rue": ["A", " ", "A", ""], "Ville": ["B", "B", "", ""]}
    assert applied(text, cells)["f_A"] == ["A – B", "B", "A", None]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (1, ["Roy", "Roy", None]),
        (2, ["Ana", None, "B"]),
        (3, [None, None, None]),
        (-1, ["Ana", "Roy", "B"]),
        (-2, ["Roy", None, None]),
    ],
)
def test_a_text_is_cut_and_a_part_of_it_taken(part: int, expected: list[str | None]) -> None:
    text = f"{HEAD}computed:\n  f_A: {{split: Nom, by: ',', part: {part}}}\n"
    cells = {"Courriel": ["x"] * 3, "Nom": ["Roy, Ana", "Roy", " , B"]}
    assert applied(text, cells)["f_A"] == expected


def test_a_text_that_is_not_trimmed_is_blank_all_the_same_when_it_is() -> None:
    text = f"{HEAD}  Nom: {{field: f_A, trim: false}}\n"
    cells = {"Courriel": ["x"] * 2, "Nom": [" a ", "   "]}
    assert applied(text, cells)["f_A"] == [" a ", None]


def test_constants_and_computed_fields_have_the_options_of_columns() -> None:
    mapping = mapping_of(
        f"{HEAD}constants:\n  f_Day: {{value: '{{run.date}}', type: date}}\n"
        "computed:\n  f_Name: {template: '{Courriel}', case: upper}\n"
    )
    day, name = mapping.rules[1:]
    assert (day.type, day.constant) == (ValueType.DATE, True)
    assert (name.case, name.constant) == (Case.UPPER, False)


def test_a_token_clears_ordinary_fields_and_is_known_to_all() -> None:
    mapping = mapping_of(
        f"{HEAD}  Nom: f_A\n  Ville: {{field: f_B, blank: clear}}\n  News: optin_A\n"
        f"clear_token: '#CLEAR'\n{EVERYONE}"
    )
    assert mapping.clears == ("f_A", "f_B")
    assert {rule.clear_token for rule in mapping.rules} == {"#CLEAR"}


def test_rules_name_fields_by_code_or_by_header() -> None:
    rules = mapping_of(
        f"{HEAD}  Nom: f_A\n  Ville: [f_B]\n".replace("[f_B]", "{field: [f_B, f_C]}")
        + "rules:\n  require_one_of: [Nom, f_B]\n  unique: [[Ville], [f_A, f_B]]\n"
    ).row_rules
    assert rules.one_of == (("f_A", "f_B"),)
    assert rules.unique == (("f_B", "f_C"), ("f_A", "f_B"))


def test_a_date_is_known_to_belong_to_its_consent() -> None:
    text = f"{HEAD}  Suivi: hasTrackingConsent\n  Le: dtTrackingConsent\n{EVERYONE}"
    dates = mapping_of(text).row_rules.consent_dates
    assert dates == {"hasTrackingConsent": "dtTrackingConsent"}


@pytest.mark.parametrize("roles", ["optin_A", "hasTrackingConsent"])
def test_a_mapping_of_consents_only_is_known_as_such(roles: str) -> None:
    text = f"{HEAD}  A: {roles}\n{EVERYONE}merge: {{mode: update}}\n"
    mapping = mapping_of(text)
    assert mapping.consents_only
    assert mapping.warnings == ()
    assert not mapping_of(HEAD).consents_only


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        ("  News: {field: optin_A, blank: {default: no}}\n", "a blank News counts as no"),
        ("constants: {optin_A: no}\n", "optin_A is set to no for every row"),
        ("  Le: dtTrackingConsent\n", "dtTrackingConsent dates an answer, and nothing writes"),
        (
            "  News: optin_A\n  Nom: f_A\nmerge: {mode: update}\n",
            "an update of consents also writes f_A: the vendor advises",
        ),
    ],
)
def test_what_is_seldom_meant_is_warned_of_with_its_line(more: str, warning: str) -> None:
    (said,) = mapping_of(f"{HEAD}{more}{EVERYONE}").warnings
    assert said.startswith("newsletter.yaml:")
    assert warning in said


def test_an_insert_of_consents_may_carry_the_profile() -> None:
    text = f"{HEAD}  News: optin_A\n  Nom: f_A\nmerge: {{mode: insert}}\n"
    assert mapping_of(text).warnings == ()


def test_only_noes_need_no_word_on_who_gets_a_yes() -> None:
    mapping = mapping_of(f"{HEAD}  News: optin_A\nconsent: {{only: no}}\n")
    assert mapping.row_rules.only == "no"


def test_a_negative_header_is_taken_once_both_answers_are_spelled_out() -> None:
    text = f"{HEAD}  Désabonné: {{field: optin_A, values: {{Oui: no, Non: yes}}}}\n{EVERYONE}"
    assert mapping_of(text).rules[1].values == (("Oui", "no"), ("Non", "yes"))


@pytest.mark.parametrize(
    "header",
    [
        "DoNotCall", "NePasContacter", "NoSMS", "Retrait", "Bloqué", "Interdit", "OptOut",
        "NOMAIL", "Exclu",
        "HasOptedOutOfEmail", "ne_veut_plus", "Do_Not_Email", "Résilié", "plus de courriel",
        "DoNotEmail", "pasDeCourriel", "STOPSMS", "No newsletter", "Non abonné", "Aucun courriel",
        "Révoqué", "Withdrawn", "Exclusion", "Un-subscribed", "Opting out", "Bounced", "Non",
    ],
)  # fmt: skip
def test_a_header_that_reads_like_a_refusal_is_known_however_it_is_written(header: str) -> None:
    assert reads_negatively(header)


@pytest.mark.parametrize(
    "header",
    [
        "Infolettre", "Consentement", "Exclusivités", "Notifications", "No de téléphone",
        "Nouvelles", "Passeport", "Inscrit à l'infolettre", "Plus d'infos", "Annonces", "Actif",
        "Opt-in", "Exclusif", "Objectif", "Rejoindre", "Radio", "Sports", "No client", "Nobel",
    ],
)  # fmt: skip
def test_a_header_that_asks_for_a_yes_is_not_taken_for_a_refusal(header: str) -> None:
    assert not reads_negatively(header)


def test_a_refusal_is_known_by_every_name_of_a_column_that_a_template_reads() -> None:
    said = mistakes_of(
        f"{HEAD}  Infolettre: {{field: f_X, aliases: [Désabonné]}}\n"
        f"computed: {{optin_A: '{{infolettre}}'}}\n{EVERYONE}"
    )
    assert ['the header "Désabonné" reads like a refusal' in str(one) for one in said] == [True]


def test_a_token_that_erases_is_no_part_of_a_made_text() -> None:
    text = f"{HEAD}computed:\n  f_A: '{{Nom}} {{Ville}}'\nclear_token: '#CLEAR'\n"
    cells = {"Courriel": ["x"] * 2, "Nom": ["#CLEAR", "#CLEAR"], "Ville": ["Roy", "#CLEAR"]}
    assert applied(text, cells)["f_A"] == ["Roy", None]


# --- what consents rest on ------------------------------------------------------------------------

BASES = (
    f"{HEAD}  News: optin_A\n  Avis: {{field: [optin_B, f_B], basis: '{{Contrat}} {{run.date}}'}}\n"
    "constants:\n  optin_C: {value: no, basis: Refus}\n"
    "consent: {yes_to: everyone, basis: 'Salon, {Base légale}'}\n"
)


def test_each_consent_rests_on_its_own_basis_or_on_that_of_all() -> None:
    bases = mapping_of(BASES).bases
    assert {code: basis.place for code, basis in bases.items()} == {
        "optin_A": ("consent", "basis"),
        "optin_B": ("columns", "Avis", "basis"),
        "optin_C": ("constants", "optin_C", "basis"),
    }
    assert mapping_of(f"{HEAD}  News: optin_A\n{EVERYONE}").bases == {}


def test_what_a_consent_rests_on_is_filled_in_for_each_row() -> None:
    laid = bound(BASES, "Courriel", "News", "Avis", "Contrat", "base légale")
    cells = {
        "base légale": pa.array([" Formulaire ", "", None], pa.large_string()),
        "Contrat": pa.array(["C-1", " ", "C-2"], pa.large_string()),
    }
    assert laid.basis_headers("optin_A") == ("base légale",)
    assert laid.basis_of("optin_A", cells, 3).to_pylist() == ["Salon, Formulaire", None, None]
    assert laid.basis_of("optin_B", cells, 3).to_pylist() == ["C-1 2026-11-22", None,
                                                              "C-2 2026-11-22"]  # fmt: skip
    assert laid.basis_headers("optin_C") == ()
    assert laid.basis_of("optin_C", {}, 2).to_pylist() == ["Refus", "Refus"]
    assert laid.basis_of("key_f_EMail", {}, 1).to_pylist() == [None]


def test_a_column_that_only_a_basis_names_is_no_stranger_and_is_not_sent() -> None:
    columns = ("Courriel", "News", "Avis", "Contrat", "Base légale")
    laid = bound(BASES, *columns)
    assert laid.warnings == ()
    assert laid.drift.new == ()
    chunk = chunk_of({name: ["x"] for name in columns})
    assert [*laid.apply(chunk).frame] == ["key_f_EMail", "optin_A", "optin_B", "f_B", "optin_C"]


def test_a_basis_that_names_no_column_is_a_mistake_with_its_line() -> None:
    said = binding_mistakes(BASES, "Courriel", "News", "Avis", "Contract", "Base legale")
    assert [one.partition(": ")[0] for one in said] == ["newsletter.yaml:9:29",
                                                        "newsletter.yaml:6:33"]  # fmt: skip
    assert '`basis` needs the column "Base légale"' in said[0]
    assert 'Did you mean "Base legale"?' in said[0]
    assert "A name can also be run.date or file.name." in said[0]
    assert 'Did you mean "Contract"?' in said[1]


def test_the_columns_of_a_consent_are_named_as_the_table_does() -> None:
    text = (
        f"{HEAD}  News: {{field: optin_A, aliases: [Infolettre]}}\n"
        "computed: {optin_B: '{Courriel}{ville}', f_B: '{Courriel}'}\n"
        f"constants: {{optin_C: no}}\nclear_token: '-'\n{EVERYONE}"
    )
    laid = bound(text, "Courriel", "infolettre", "Ville")
    assert laid.headers_of("optin_A") == ("infolettre",)
    assert laid.headers_of("optin_B") == ("Courriel", "Ville")
    assert laid.headers_of("optin_C") == ()
    cells = {
        "Courriel": pa.array(["o", "-"], pa.large_string()),
        "infolettre": pa.array([" Oui ", " "], pa.large_string()),
        "Ville": pa.array(["ui", "non"], pa.large_string()),
    }
    assert laid.text_of("optin_A", cells, 2).to_pylist() == ["Oui", None]
    assert laid.text_of("optin_B", cells, 2).to_pylist() == ["oui", "non"]
    assert laid.text_of("optin_C", {}, 2).to_pylist() == ["no", "no"]


def test_500_characters_are_enough_for_a_basis() -> None:
    text = f"{HEAD}  News: optin_A\nconsent: {{yes_to: everyone, basis: {'x' * 500}}}\n"
    assert mistakes_of(text) == []


def test_what_follows_from_a_mistake_of_a_consent_is_not_said_of_its_basis() -> None:
    for column in ("News: optn_A", "News: {field: optin_A, type: mail}"):
        text = f"{HEAD}  {column}\nconsent: {{yes_to: everyone, basis: Salon}}\n"
        assert not any("basis" in str(one) for one in mistakes_of(text))
