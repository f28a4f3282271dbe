"""What a mapping for Dotdigital must say, and may not."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from importer.checking import Checker
from importer.field_rules import Blank, FieldRole, ValueType
from importer.issues import IssueCode
from importer.model import Resubscription
from tests.mapping.reading import bound, chunk_of, mapping_of, mistakes_of

HEAD = "name: letter\ntarget: {target}\n{more}columns:\n  Courriel: id.email\n"


def text_of(*columns: str, target: str = "dotdigital", more: str = "") -> str:
    lines = "".join(f"  {column}\n" for column in columns)
    return HEAD.format(target=target, more=more) + lines


def said(*columns: str, target: str = "dotdigital", more: str = "") -> list[str]:
    return [m.message for m in mistakes_of(text_of(*columns, target=target, more=more))]


def warned(*columns: str, target: str = "dotdigital", more: str = "") -> str:
    return "\n".join(mapping_of(text_of(*columns, target=target, more=more)).warnings)


# --- identifiers ---------------------------------------------------------------------------------


def test_of_several_identifiers_the_one_that_is_named_finds_the_contact() -> None:
    columns = ("Cell: id.mobileNumber", "Fiche: id.crm-id")
    mapping = mapping_of(text_of(*columns, more="merge: {match: id.crm-id}\n"))
    roles = {rule.field: (rule.role, rule.type) for rule in mapping.rules}
    assert roles == {
        "id.email": (FieldRole.DATA, ValueType.EMAIL),
        "id.mobileNumber": (FieldRole.DATA, ValueType.PHONE),
        "id.crm-id": (FieldRole.KEY, ValueType.TEXT),
    }
    assert mapping.clears == ()


def test_of_several_identifiers_none_is_guessed() -> None:
    assert said("Cell: id.mobileNumber") == [
        "id.email, id.mobileNumber are identifiers, and one of them finds the contact: write which,"
        " for instance merge: {match: id.email}"
    ]


def test_one_that_is_not_written_cannot_find_the_contact() -> None:
    (told,) = said(more="merge: {match: id.crm-id}\n")
    assert told == "`match` names id.crm-id, and the mapping writes id.email: name one of these"


def test_other_platforms_have_no_match_and_no_options() -> None:
    head = "name: letter\ntarget: dialog-insight\ncolumns: {Courriel: key_f_EMail}\n"
    for more, told in (
        ("merge: {match: key_f_EMail}\n", "on dialog-insight all do together"),
        ("merge: {option: overwrite}\n", "has no merge options"),
        ("consent: {resubscribe: true}\n", "has no switch for `resubscribe`"),
        ("consent: {left_out: no}\n", "leaves a consent alone"),
    ):
        (mistake,) = mistakes_of(head + more)
        assert told in mistake.message


def test_a_mapping_without_an_identifier_is_told_so() -> None:
    text = "name: letter\ntarget: dotdigital\ncolumns: {Nom: data.LASTNAME}\n"
    (mistake,) = mistakes_of(text)
    assert "no column goes to a key (id.…)" in mistake.message
    assert mistake.message.endswith("for instance to id.email")


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (
            "Cell: {field: id.mobileNumber, format: national}",
            "id.mobileNumber takes numbers in one form only: leave `format` out",
        ),
        (
            "Cell: {field: id.mobileNumber, blank: clear}",
            "id.mobileNumber cannot be erased on the platform: leave `blank` out",
        ),
        (
            "Cell: {field: id.mobileNumber, type: text}",
            "id.mobileNumber can only be of type phone, not text: leave `type` out",
        ),
    ],
)
def test_an_identifier_that_is_written_has_one_form_and_is_never_erased(
    column: str, told: str
) -> None:
    assert said(column, more="merge: {match: id.email}\n") == [told]


def test_the_token_that_erases_touches_no_identifier() -> None:
    more = "merge: {match: id.email}\nclear_token: (vider)\n"
    mapping = mapping_of(text_of("Fiche: id.crm-id", "Nom: data.LASTNAME", more=more))
    assert [rule.clear_token for rule in mapping.rules] == ["(vider)", None, "(vider)"]
    assert mapping.clears == ("data.LASTNAME",)


@pytest.mark.parametrize(
    ("target", "more", "told"),
    [
        ("dotdigital-v2", "consent: {left_out: no}\n", "no call of this target erases a value"),
        (
            "dotdigital",
            "merge: {option: overwrite-if-not-empty}\n",
            "`clear_token` erases, and option: overwrite-if-not-empty passes over what is blank",
        ),
    ],
)
def test_the_token_is_refused_where_it_would_erase_nothing(
    target: str, more: str, told: str
) -> None:
    (mistake,) = said("Nom: data.LASTNAME", target=target, more=f"{more}clear_token: (vider)\n")
    assert mistake.startswith(told)


# --- what a call cannot do -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("merge: {mode: update}\n", "adds who is not there and changes who is, always"),
        ("merge: {skip_duplicates: true}\n", "passes over nobody: leave `skip_duplicates` out"),
        ("merge: {option: append}\n", '"append" is no merge option: write overwrite, '),
        ("consent: {yes_to: new}\n", "yes_to: new needs calls that only change"),
        ("table_id: 7\n", "`table_id` is for tables, and dotdigital writes contacts: leave it out"),
    ],
)
def test_what_no_call_does_is_refused(more: str, told: str) -> None:
    (sentence,) = said(
        "Tea: {field: preference.31, values: {x: yes}}",
        more=more if "consent" in more else more + "consent: {yes_to: everyone}\n",
    )
    assert told in sentence
    assert "dialog-insight" not in sentence


def test_a_blank_erases_where_the_option_does_not_pass_over_blanks() -> None:
    column = "Note: {field: data.NOTES, blank: clear}"
    mapping = mapping_of(text_of(column, more="merge: {option: overwrite-if-empty}\n"))
    assert (mapping.mode.option, mapping.clears) == ("overwrite-if-empty", ("data.NOTES",))
    (told,) = said(column, more="merge: {option: overwrite-if-not-empty}\n")
    assert "passes over what is blank" in told
    (told,) = said(column, target="dotdigital-v2", more="consent: {left_out: no}\n")
    assert told.startswith("no call of this target erases a value")
    assert told.endswith(" out of data.NOTES, or write target: dotdigital")


# --- consents ------------------------------------------------------------------------------------


def test_a_yes_subscribes_nobody_again_unless_the_mapping_says_so() -> None:
    column = "Lettre: {field: email.status, values: {Oui: yes, Non: no}}"
    everyone = "consent: {yes_to: everyone}\n"
    (told,) = said(column, more=everyone)
    assert told.startswith("a yes of email.status subscribes people again who unsubscribed.")
    for switch in ("resubscribe: false",):
        assert said(column, more=f"consent: {{yes_to: everyone, {switch}}}\n") == [told]
    assert said("Lettre: {field: email.status, values: {Oui: leave, Non: no}}") == []
    assert said(column, more="consent: {only: no}\n") == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", Resubscription()),
        ("{ask_first: true, locale: fr-FR}", Resubscription(ask_first=True, locale="fr-FR")),
        (
            "{redirect: https://example.org/merci}",
            Resubscription(redirect="https://example.org/merci"),
        ),
    ],
)
def test_how_people_are_subscribed_again_is_read(written: str, meant: Resubscription) -> None:
    more = f"consent: {{yes_to: everyone, resubscribe: {written}}}\n"
    mapping = mapping_of(text_of("Lettre: email.status", more=more))
    assert mapping.mode.resubscription == meant


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("maybe", "write true, false, or members such as {ask_first: true}"),
        ("{locale: fr-CA}", "fr-CA"),
        ("{redirect: example.org}", "a page's address is needed"),
    ],
)
def test_how_people_are_subscribed_again_is_checked(written: str, told: str) -> None:
    more = f"consent: {{yes_to: everyone, resubscribe: {written}}}\n"
    assert any(told in sentence for sentence in said("Lettre: email.status", more=more))


def checked(text: str, **columns: list[str | None]) -> Any:
    mapping = mapping_of(text)
    laid = bound(text, *columns)
    checker = Checker(
        laid.rules, largest_row=10_000, columns=[*columns], row_rules=mapping.row_rules
    )
    return checker.check(laid.apply(chunk_of(columns)))


def values_of(chunk: Any, code: str) -> list[str | None]:
    values: list[str | None] = pa.array(chunk.frame[code].array).to_pylist()
    return values


def test_a_list_takes_a_yes_and_a_no_leaves_it_alone() -> None:
    text = text_of("Liste: list.4101", more="consent: {yes_to: everyone}\n")
    chunk = checked(text, Courriel=[f"{n}@example.org" for n in "abc"], Liste=["Oui", "Non", None])
    assert values_of(chunk, "list.4101") == ["yes", None, None]
    assert chunk.findings == ()
    more = "consent: {yes_to: everyone}\n"
    assert "list.4101 can only be added: a no in Liste changes nothing." in warned(
        "Liste: list.4101", more=more
    )
    assert warned("Liste: {field: list.4101, values: {x: yes}}", more=more) == ""


def test_a_list_is_never_said_no_of() -> None:
    more = "consent: {yes_to: everyone}\n"
    told = said("Liste: {field: list.4101, values: {Oui: yes, Non: no}}", more=more)
    assert told == [
        'list.4101 can only be added, and no call says no of it: let "Non" stand for leave'
    ]
    told = said(more=more + "constants: {list.4101: no}\n")
    assert told == ["list.4101 can only be added: no call says no of it, so leave it out"]


def test_version_2_wants_every_preference_and_none_of_them_blank() -> None:
    column = "Tea: {field: preference.31, values: {Oui: yes, Non: no}}"
    more = "consent: {yes_to: everyone}\n"
    text = text_of(column, target="dotdigital-v2", more=more)
    chunk = checked(text, Courriel=["a@example.org", "b@example.org"], Tea=["Oui", None])
    (finding,) = chunk.findings
    assert (finding.code, finding.at.tolist()) == (IssueCode.VALUE_MISSING, [1])
    assert "takes every consent that a call leaves out for a no" in warned(
        column, target="dotdigital-v2", more=more
    )


def test_version_2_lets_preferences_out_where_that_is_said_to_be_a_no() -> None:
    more = "consent: {yes_to: everyone, left_out: no}\n"
    column = "Tea: {field: preference.31, values: {Oui: yes, x: leave}, other: leave}"
    mapping = mapping_of(text_of(column, target="dotdigital-v2", more=more))
    assert (mapping.rules[1].blank, mapping.warnings) == (Blank.SKIP, ())
    told = said(column, target="dotdigital-v2", more="consent: {yes_to: everyone}\n")
    assert [" for a no where a call leaves it out" in one for one in told] == [True, True]


def test_that_preferences_are_left_out_on_purpose_has_its_effect_without_any() -> None:
    more = "consent: {left_out: no}\n"
    assert warned("Nom: data.LASTNAME", target="dotdigital-v2", more=more) == ""


@pytest.mark.parametrize(
    ("column", "more"),
    [
        ("Tea: {field: preference.31, on_invalid: skip}", "consent: {yes_to: everyone}\n"),
        ("Tea: preference.31", "consent: {yes_to: everyone, only: no}\n"),
        ("Tea: preference.31", "consent: {yes_to: everyone}\nsuppress: [left.csv]\n"),
    ],
)
def test_version_2_is_given_nothing_that_leaves_some_answers_of_a_row_alone(
    column: str, more: str
) -> None:
    (told,) = said(column, target="dotdigital-v2", more=more)
    assert "for a no" in told
    assert "consent: {left_out: no}" in told
    meant = more.replace("everyone", "everyone, left_out: no")
    assert said(column, target="dotdigital-v2", more=meant) == []
    assert said(column, more=more) == []


def test_version_2_has_a_default_for_blank_preferences_where_it_is_written() -> None:
    column = "Tea: {field: preference.31, values: {Oui: yes, Non: no}, blank: {default: Non}}"
    more = "consent: {yes_to: everyone}\n"
    text = text_of(column, target="dotdigital-v2", more=more)
    chunk = checked(text, Courriel=["a@example.org"], Tea=[None])
    assert values_of(chunk, "preference.31") == ["no"]


# --- words and records ---------------------------------------------------------------------------


def test_the_platform_s_own_words_stand_for_themselves() -> None:
    text = text_of("Format: email.type")
    chunk = checked(
        text, Courriel=[f"{n}@example.org" for n in "abc"], Format=["HTML", "plaintext", "PDF"]
    )
    assert values_of(chunk, "email.type") == ["html", "plainText", None]
    (finding,) = chunk.findings
    assert finding.code is IssueCode.VALUE_NOT_LISTED


def test_words_are_translated_only_into_those_that_the_platform_has() -> None:
    assert said("Format: {field: email.type, values: {Texte: plainText}}") == []
    (told,) = said("Format: {field: email.type, values: {Texte: text}}")
    assert told == '"Texte" of email.type stands for "text"; it can stand for html, plainText'


RECORD = (
    "Texte: consent.text",
    'Moment: {field: consent.datetime, format: "YYYY-MM-DD HH:mm"}',
    "Page: consent.url",
    "Adresse: consent.ip",
)


def test_a_proof_of_consent_is_mapped_as_a_whole() -> None:
    (told,) = said(*RECORD)
    assert told.startswith("consent.text only goes together with consent.userAgent, which nothing")
    assert said(*RECORD, "Agent: consent.userAgent") == []


def test_a_row_fills_a_proof_of_consent_wholly_or_not_at_all() -> None:
    more = "constants: {consent.userAgent: importer}\n"
    text = text_of(*RECORD, more=more)
    chunk = checked(
        text,
        Courriel=[f"{n}@example.org" for n in "abc"],
        Texte=["Yes please", None, "Yes please"],
        Moment=["2025-03-04 09:15", None, "2025-03-04 09:15"],
        Page=["https://example.org/join", None, None],
        Adresse=["203.0.113.7", None, "203.0.113.7"],
    )
    (finding,) = chunk.findings
    assert (finding.code, finding.at.tolist()) == (IssueCode.PART_MISSING, [2])
    assert finding.details == "Texte, Moment, Page, Adresse"


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("Page", "https://example.org/join?x=1", "example.org/join"),
        ("Adresse", "2001:db8::7", "300.1.1.1"),
        ("Adresse", "203.0.113.7", "203.0.113"),
    ],
)
def test_the_parts_of_a_proof_of_consent_have_their_forms(column: str, good: str, bad: str) -> None:
    more = "constants: {consent.userAgent: importer}\n"
    cells: dict[str, list[str | None]] = {
        "Courriel": ["a@example.org", "b@example.org"],
        "Texte": ["Yes", "Yes"],
        "Moment": ["2025-03-04 09:15", "2025-03-04 09:15"],
        "Page": ["https://example.org/join", "https://example.org/join"],
        "Adresse": ["203.0.113.7", "203.0.113.7"],
    }
    cells[column] = [good, bad]
    chunk = checked(text_of(*RECORD, more=more), **cells)
    found = [f for f in chunk.findings if f.code is IssueCode.VALUE_NOT_MATCHING]
    assert [f.at.tolist() for f in found] == [[1]]
    (shown,) = found[0].details if not isinstance(found[0].details, str) else [found[0].details]
    assert shown in {"https://example.org/join", "203.0.113.7"}


def test_a_part_that_is_refused_is_told_for_itself_and_is_not_missing() -> None:
    more = "constants: {consent.userAgent: importer}\n"
    chunk = checked(
        text_of(*RECORD, more=more),
        Courriel=["a@example.org", "b@example.org"],
        Texte=["Yes", None],
        Moment=["2025-03-04 09:15", "2025-03-04 09:15"],
        Page=["example.org", "example.org"],
        Adresse=["203.0.113.7", "203.0.113.7"],
    )
    found = {finding.code: finding.at.tolist() for finding in chunk.findings}
    assert found == {IssueCode.PART_MISSING: [1], IssueCode.VALUE_NOT_MATCHING: [0, 1]}


def test_nobody_consents_in_the_future() -> None:
    mapping = mapping_of(text_of(*RECORD, "Agent: consent.userAgent", "Fin: data.END"))
    assert [rule.field for rule in mapping.rules if not rule.future] == ["consent.datetime"]


def test_near_codes_are_named() -> None:
    (told,) = said("Nom: data_LASTNAME")
    assert told.endswith('Did you mean "data.LASTNAME"?')
    assert "FIRSTNAME" in warned("Prénom: data.FirstName")
