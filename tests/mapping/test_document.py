"""What a mapping that holds together means."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.errors import UnusableInputError
from importer.field_rules import (
    Blank,
    FieldRole,
    OnInvalid,
    ValueType,
)
from importer.mapping import Mapping, YesTo, read_mapping
from importer.mapping.template import Template
from importer.model import (
    WriteMode,
)
from importer.tables import SourceOptions
from tests.mapping.reading import EVERYONE, GRAMMARS, HEAD, mapping_of, mistakes_of, rule_of

# The example of the contract, whole.
NEWSLETTER = """\
name: newsletter
target: dialog-insight
connection: production        # optional: then another -c is refused
source:                       # all optional, detected when left out
  sheet: Contacts
  header_row: 1
  delimiter: ";"
  encoding: cp1252
columns:
  Courriel:           key_f_EMail
  Prénom:             f_FirstName
  Nom:                f_LastName
  Téléphone:          {field: f_MobilePhone, type: phone, region: CA}
  Date de naissance:  {field: f_BirthDate, type: date, format: DD/MM/YYYY}
  Infolettre:         {field: optin_Newsletter, type: consent, values: {Oui: yes, Non: no, À confirmer: leave}}
  Suivi:              {field: hasTrackingConsent}
  Date du suivi:      {field: dtTrackingConsent, format: DD/MM/YYYY}
  Notes internes:     ignore
constants:
  f_Source: "Salon {run.date}"
computed:
  f_FullName: "{Prénom} {Nom}"
merge:
  mode: upsert                # insert | update | upsert (add and update)  ->  AllowInsert / AllowUpdate
  skip_duplicates: false      # SkipDuplicateRecords
  skip_unmatched: false       # SkipUnmatchedRecords
consent:
  yes_to: everyone            # everyone | new | unless-refused
duplicates: last              # last | first | refuse : good rows with the same key in one run
unmapped_columns: warn        # warn | error | ignore
"""  # noqa: E501 - as it is written there


@pytest.fixture
def newsletter() -> Mapping:
    return mapping_of(NEWSLETTER)


def test_the_example_of_the_contract_is_a_mapping(newsletter: Mapping) -> None:
    assert (newsletter.name, newsletter.target) == ("newsletter", "dialog-insight")
    assert newsletter.connection == "production"
    assert newsletter.source == SourceOptions(
        sheet="Contacts", header_row=1, delimiter=";", encoding="cp1252"
    )
    assert newsletter.mode == WriteMode(allow_insert=True, allow_update=True)
    assert newsletter.duplicates == "last"
    assert newsletter.unmapped_columns == "warn"
    assert newsletter.warnings == ()
    assert newsletter.clears == ()


def test_rules_stand_in_the_order_of_the_document(newsletter: Mapping) -> None:
    assert [(rule.field, rule.role, rule.type) for rule in newsletter.rules] == [
        ("key_f_EMail", FieldRole.KEY, ValueType.EMAIL),
        ("f_FirstName", FieldRole.DATA, ValueType.TEXT),
        ("f_LastName", FieldRole.DATA, ValueType.TEXT),
        ("f_MobilePhone", FieldRole.DATA, ValueType.PHONE),
        ("f_BirthDate", FieldRole.DATA, ValueType.DATE),
        ("optin_Newsletter", FieldRole.CONSENT, ValueType.CONSENT),
        ("hasTrackingConsent", FieldRole.CONSENT, ValueType.CONSENT),
        ("dtTrackingConsent", FieldRole.CONSENT_DATE, ValueType.DATE),
        ("f_Source", FieldRole.DATA, ValueType.TEXT),
        ("f_FullName", FieldRole.DATA, ValueType.TEXT),
    ]
    assert newsletter.rules[-1].column == "f_FullName"
    assert newsletter.columns[-1].rules == ()


def test_what_may_be_left_out_has_the_defaults_of_the_contract() -> None:
    mapping = mapping_of(HEAD)
    assert mapping.connection is None
    assert mapping.source == SourceOptions()
    assert mapping.mode == WriteMode(allow_insert=True, allow_update=True)
    assert mapping.duplicates == "last"
    assert mapping.unmapped_columns == "warn"
    rule = rule_of("Nom: f_LastName")
    assert (rule.blank, rule.default, rule.on_invalid) == (Blank.SKIP, None, OnInvalid.REJECT)


def test_merge_is_the_platforms_switches() -> None:
    modes = {
        "insert": WriteMode(allow_insert=True, allow_update=False),
        "update": WriteMode(allow_insert=False, allow_update=True),
        "upsert": WriteMode(allow_insert=True, allow_update=True),
    }
    for mode, expected in modes.items():
        assert mapping_of(f"{HEAD}merge: {{mode: {mode}}}\n").mode == expected
    skipping = mapping_of(
        f"{HEAD}merge: {{mode: update, skip_duplicates: true, skip_unmatched: true}}\n"
    ).mode
    assert skipping == WriteMode(
        allow_insert=False, allow_update=True, skip_duplicates=True, skip_unmatched=True
    )


def test_the_long_form_says_all_there_is_to_say() -> None:
    rule = rule_of(
        "Langue: {field: f_Language, type: choice, values: {fr: French, en: English}, "
        "required: true, case: upper, max_length: 7, pattern: '[A-Z]+', on_invalid: skip}"
    )
    assert rule.type is ValueType.CHOICE
    assert rule.values == (("fr", "French"), ("en", "English"))
    assert rule.blank is Blank.REJECT
    assert (rule.case, rule.max_length, rule.pattern) == ("upper", 7, "[A-Z]+")
    assert rule.on_invalid is OnInvalid.SKIP
    assert rule_of("T: {field: f_T, type: phone, region: ca}").region == "CA"
    timed = rule_of("D: {field: f_D, type: datetime, format: YYYY-MM-DD HH:mm}")
    assert timed.formats == ("YYYY-MM-DD HH:mm",)


def test_one_column_may_go_to_several_fields() -> None:
    mapping = mapping_of(
        "name: n\ntarget: dialog-insight\ncolumns:\n  Courriel: {field: [key_f_EMail, f_EMail]}\n"
    )
    assert [(r.field, r.role, r.type) for r in mapping.columns[0].rules] == [
        ("key_f_EMail", FieldRole.KEY, ValueType.EMAIL),
        ("f_EMail", FieldRole.DATA, ValueType.EMAIL),
    ]


def test_aliases_are_names_of_the_column_too() -> None:
    mapping = mapping_of(f"{HEAD}  Nom: {{field: f_Name, aliases: [Name, 2, Nom, true]}}\n")
    assert mapping.columns[1].names == ("Nom", "Name", "2", "Nom", "true")


# --- blanks ---------------------------------------------------------------------------------------


def test_promise_4_a_blank_leaves_a_field_alone_unless_the_mapping_says_so() -> None:
    assert rule_of("Nom: f_Name").blank is Blank.SKIP
    assert rule_of("Nom: {field: f_Name, blank: skip}").blank is Blank.SKIP
    assert rule_of("Nom: {field: f_Name, blank: reject}").blank is Blank.REJECT
    assert rule_of("Nom: {field: f_Name, required: true}").blank is Blank.REJECT
    default = rule_of("Nom: {field: f_Name, blank: {default: 007}}")
    assert (default.blank, default.default) == (Blank.DEFAULT, "007")
    mapping = mapping_of(f"{HEAD}  Nom: {{field: [f_A, f_B], blank: clear}}\n  X: f_X\n")
    assert mapping.clears == ("f_A", "f_B")


def test_a_key_is_required_whether_the_mapping_says_so_or_not() -> None:
    for column in (
        "key_f_Id",
        "{field: key_f_Id, blank: skip}",
        "{field: key_f_Id, blank: reject}",
    ):
        assert rule_of(f"Numéro: {column}").blank is Blank.REJECT
    computed = mapping_of(f"{HEAD}computed: {{key_f_Id: '{{Courriel}}'}}\n").rules[1]
    assert computed.blank is Blank.REJECT


def test_a_key_may_be_computed_and_a_part_of_it_constant() -> None:
    head = "name: n\ntarget: dialog-insight\ncolumns: {Numéro: f_Number}\n"
    assert mistakes_of(f"{head}computed: {{key_f_Id: 'C-{{Numéro}}'}}\n") == []
    assert mistakes_of(f"{HEAD}constants: {{key_f_Shop: Laval}}\n") == []


def test_a_default_of_a_closed_type_is_one_of_its_values() -> None:
    column = "S: {field: optin_S, values: {Oui: yes, Non: no}, blank: {default: %s}}"
    assert rule_of(column % "NON", more=EVERYONE).default == "NON"
    assert mistakes_of(f"{HEAD}  {column % 'no'}\n{EVERYONE}")
    # Without values the words that everybody understands count, and the rows are checked.
    assert rule_of("S: {field: optin_S, blank: {default: no}}", more=EVERYONE).default == "no"
    assert rule_of("P: {field: f_P, values: {A: B}, blank: {default: C}}").default == "C"


# --- text as it is written ------------------------------------------------------------------------


def test_keys_and_cells_are_text_as_yaml_12_has_it() -> None:
    rule = rule_of(
        "Code: {field: f_Code, values: {Yes: No, No: Yes, on: off, y: n, 01: 1, 1: 01, "
        "true: false, FALSE: TRUE, null: x, ~: z, 1.50: 1.5, 2026-10-24: 0x1F, 12:30: 1_000}}"
    )
    assert dict(rule.values) == {
        "Yes": "No",
        "No": "Yes",
        "on": "off",
        "y": "n",
        "01": "1",
        "1": "01",
        "true": "false",
        "FALSE": "TRUE",
        "null": "x",
        "~": "z",
        "1.50": "1.5",
        "2026-10-24": "0x1F",
        "12:30": "1_000",
    }


def test_headers_may_look_like_anything() -> None:
    mapping = mapping_of(
        f"{HEAD}  Yes: f_A\n  No: f_B\n  01: f_C\n  1: f_D\n  true: f_E\n  null: f_F\n"
        "  2026-10-24: f_G\n  1.0: f_H\n  'a: b': f_I\n  '': f_J\n"
    )
    assert [c.header for c in mapping.columns[1:]] == [
        *("Yes", "No", "01", "1", "true", "null", "2026-10-24", "1.0", "a: b", "")
    ]


def test_names_and_constants_keep_how_they_are_written() -> None:
    mapping = mapping_of(
        "name: 007\ntarget: dialog-insight\nconnection: 12\ncolumns: {A: key_f_Id}\n"
        "source: {sheet: 2, encoding: 1252, delimiter: tab}\n"
        "constants: {f_A: 1.50, f_B: True, f_C: true, f_D: 2026-10-24, f_E: yes}\n"
    )
    assert (mapping.name, mapping.connection) == ("007", "12")
    assert mapping.source == SourceOptions(sheet="2", delimiter="\t", encoding="1252")
    recipes = [made.recipe for made in mapping.made]
    texts = [recipe.pieces[0][0] for recipe in recipes if isinstance(recipe, Template)]
    assert texts == ["1.50", "True", "true", "2026-10-24", "yes"]


def test_an_answer_must_be_spelt_as_the_contract_spells_it() -> None:
    column = "S: {field: optin_S, values: {Oui: %s, Non: no}}"
    assert rule_of(column % "yes", more=EVERYONE).values[0] == ("Oui", "yes")
    for wrong in ("Yes", "YES", "true", "1", "oui"):
        assert mistakes_of(f"{HEAD}  {column % wrong}\n{EVERYONE}"), wrong


def test_encodings_are_checked_before_any_file_is_opened() -> None:
    for good in ("utf-8", "UTF-16", "latin-1", "cp1252", "windows-1252", "850"):
        assert mistakes_of(f"{HEAD}source: {{encoding: {good}}}\n") == [], good
    for wrong in ("klingon", "''", "base64", "undefined", '"\\0"', "é"):
        assert mistakes_of(f"{HEAD}source: {{encoding: {wrong}}}\n"), wrong


def test_patterns_are_regular_expressions_whatever_they_hold() -> None:
    for good in ("'[A-Z]{3}'", "007", "'[[a]'", "'é+'"):
        assert mistakes_of(f"{HEAD}  A: {{field: f_A, pattern: {good}}}\n") == [], good
    deep = "'" + "(" * 5000 + "'"
    for wrong in ("'('", "'a{9999999999999}'", deep, "'(?P<n>a)(?P<n>b)'", "'a(?i)'"):
        assert mistakes_of(f"{HEAD}  A: {{field: f_A, pattern: {wrong}}}\n"), wrong[:20]


# --- consents -------------------------------------------------------------------------------------

YESES = {
    "words of the checks": "  S: optin_S\n",
    "tracking": "  S: hasTrackingConsent\n",
    "a yes among values": "  S: {field: optin_S, values: {Oui: yes, Non: no}}\n",
    "a constant yes": "constants: {optin_S: yes}\n",
    "a constant Yes": "constants: {optin_S: 'Yes'}\n",
    "computed from a column": "  S: ignore\ncomputed: {optin_S: '{S}'}\n",
}
NO_YESES = {
    "values that only say no": "  S: {field: optin_S, values: {Non: no}}\n",
    "values that say no or leave": "  S: {field: optin_S, values: {Non: no, '?': leave}}\n",
    "a constant no": "constants: {optin_S: no}\n",
    "a constant NO": "constants: {optin_S: 'NO'}\n",
    "a consent's date alone": "  D: dtTrackingConsent\n",
    "no consent": "  N: f_Name\n",
}


@pytest.mark.parametrize("mode", ["", "merge: {mode: update}\n", "merge: {mode: upsert}\n"])
@pytest.mark.parametrize("case", YESES)
def test_promise_5_who_gets_a_yes_must_be_written_where_one_could_reach_a_contact(
    case: str, mode: str
) -> None:
    text = HEAD + YESES[case] + mode
    (mistake,) = mistakes_of(text)
    assert "yes_to: everyone" in mistake.message
    assert (
        mistake.line
        == text.splitlines().index(
            next(line for line in text.splitlines() if "optin" in line or "Tracking" in line)
        )
        + 1
    )
    assert mistakes_of(text + EVERYONE) == []


@pytest.mark.parametrize("case", YESES)
def test_promise_5_a_yes_that_only_new_contacts_can_get_needs_no_word(case: str) -> None:
    assert mistakes_of(f"{HEAD}{YESES[case]}merge: {{mode: insert}}\n") == []


@pytest.mark.parametrize("case", YESES)
def test_who_may_be_set_to_yes_is_kept_where_a_yes_could_reach_a_contact(case: str) -> None:
    for who in YesTo:
        text = f"{HEAD}{YESES[case]}consent: {{yes_to: {who}}}\n"
        assert mapping_of(text).yes_to is who
        assert mapping_of(f"{text}merge: {{mode: update}}\n").yes_to is who
        assert mapping_of(f"{text}merge: {{mode: insert}}\n").yes_to is YesTo.EVERYONE


def test_where_no_yes_is_sent_it_does_not_matter_who_may_be_set_to_yes() -> None:
    for who in YesTo:
        consent = f"consent: {{yes_to: {who}}}\n"
        for case in NO_YESES.values():
            assert mapping_of(f"{HEAD}{case}{consent}").yes_to is YesTo.EVERYONE
        only = consent.replace("}", ", only: no}")
        assert mapping_of(f"{HEAD}  A: optin_A\n{only}").yes_to is YesTo.EVERYONE
        assert mapping_of(f"{HEAD}  A: f_A\n{consent}").yes_to is YesTo.EVERYONE


def test_a_yes_only_for_new_contacts_and_none_created_is_warned_of() -> None:
    text = f"{HEAD}  A: optin_A\nconsent: {{yes_to: new}}\n"
    (warning,) = mapping_of(f"{text}merge: {{mode: update}}\n").warnings
    assert "no yes is sent" in warning
    assert mapping_of(text).warnings == ()


@pytest.mark.parametrize("case", NO_YESES)
def test_where_no_yes_can_be_said_nobody_needs_to_say_who_gets_it(case: str) -> None:
    assert mistakes_of(HEAD + NO_YESES[case]) == []


def test_a_consent_set_for_everyone_is_warned_of() -> None:
    (warning,) = mapping_of(f"{HEAD}constants:\n  optin_S: yes\n{EVERYONE}").warnings
    assert warning.startswith("newsletter.yaml:6:12: optin_S is set to yes for every row")
    assert mapping_of(f"{HEAD}constants:\n  f_S: yes\n").warnings == ()
    # "{run.date}" is a text too, the same for every row.
    assert mistakes_of(f"{HEAD}constants:\n  optin_S: '{{run.date}}'\n{EVERYONE}")


@pytest.mark.parametrize(
    "header",
    [
        "Désabonné",
        "DÉSABONNEMENT",
        "De\u0301sinscrit",
        "Refus",
        "Ne pas envoyer de courriel",
        "Ne souhaite pas recevoir l'infolettre",
        "N’accepte plus les courriels",
        "Pas de courriel",
        "Sans courriel",
        "Liste noire",
        "Opposition",
        "Exclu",
        "Opt-out",
        "opted_out",
        "OPTOUT",
        "Unsubscribed",
        "Do not mail",
        "Don't email",
        "DNC",
        "stop_pub",
        "no-mail",
        "Not interested",
        "Never contact",
        "Blacklisted",
        "Suppressed",
    ],
)
def test_promise_5_a_header_that_reads_like_a_refusal_needs_its_answers(header: str) -> None:
    column = f'  "{header}": {{field: optin_S%s}}\n'
    assert "reads like a refusal" in mistakes_of(HEAD + column % "" + EVERYONE)[0].message
    assert mistakes_of(HEAD + column % ", values: {Oui: no, Non: yes}" + EVERYONE) == []
    aliased = f'  Infolettre: {{field: optin_S, aliases: ["{header}"]}}\n'
    assert "reads like a refusal" in mistakes_of(HEAD + aliased + EVERYONE)[0].message
    computed = f'computed: {{optin_S: "{{{header}}}"}}\n'
    assert "reads like a refusal" in mistakes_of(HEAD + computed + EVERYONE)[0].message


@pytest.mark.parametrize(
    "header",
    [
        *("Infolettre", "Newsletter", "Consentement", "Opt-in", "Abonné", "Accepte les courriels"),
        *("Suivi", "Notes", "Notre infolettre", "Offres exclusives", "En savoir plus", "Passion"),
    ],
)
def test_other_headers_need_no_explanation(header: str) -> None:
    assert mistakes_of(f'{HEAD}  "{header}": optin_S\n{EVERYONE}') == []


def test_what_reads_like_a_refusal_may_go_to_an_ordinary_field() -> None:
    assert mistakes_of(f"{HEAD}  Désabonné: f_Status\nconstants: {{optin_StopSms: no}}\n") == []


# --- files ----------------------------------------------------------------------------------------


def test_a_mapping_is_read_from_a_file_with_or_without_a_mark(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig"):
        path = tmp_path / f"{encoding}.yaml"
        path.write_text(NEWSLETTER, encoding=encoding)
        assert read_mapping(path, GRAMMARS).columns[1].header == "Prénom"


def test_a_mapping_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="there is no such file"):
        read_mapping(tmp_path / "absent.yaml", GRAMMARS)
