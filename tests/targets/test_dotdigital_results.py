"""What the results of an import mean for each contact."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.batching import batch_of
from importer.field_rules import FieldRole, ValueType
from importer.issues import IN_PART, IssueCode
from importer.model import Outcome, PlannedField, Settled, Verdict
from tests.targets.dotdigital import CITY, EMAIL, MOBILE, NUMBER, consent, imports, other, record
from tests.targets.examples import answered

KEYS = ("ana@example.test", "ben@example.test", "cleo@example.test")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="aA@.x1 ", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["identifiers", "email", "failures", "contactId"]), inner)
    ),
    max_leaves=12,
)


def settled(
    *fields: PlannedField, keys: tuple[str, ...] = KEYS, repeated: bool = False, **members: Any
) -> Settled:
    target = imports(*(fields or (EMAIL, CITY)))
    batch = batch_of(0, keys, [b"{}"] * len(keys), repeated=repeated)
    answer = {"importId": "i-1", "status": "Finished", **members}
    found = target.read_status(batch, answered(200, answer))
    assert isinstance(found, Settled)
    return found


def of_first(*fields: PlannedField, **members: Any) -> Outcome:
    return settled(*fields, **members).outcomes[0]


def contact(key: str, name: str = "email", **members: Any) -> dict[str, Any]:
    return {"identifiers": {name: key}, **members}


def failure(key: str, *failures: tuple[str, str], **members: Any) -> dict[str, Any]:
    told = [{"failureCode": code, "description": text} for code, text in failures]
    return contact(key, matchIdentifier="email", failures=told, **members)


def test_created_and_updated_contacts_have_their_number() -> None:
    found = settled(
        created=[contact(KEYS[0], contactId=7)], updated=[contact(KEYS[1], contactId=8)]
    )
    assert found.request_id == "i-1"
    assert found.outcomes[:2] == (
        Outcome(Verdict.CREATED, record_id="7"),
        Outcome(Verdict.UPDATED, record_id="8"),
    )
    assert (found.outcomes[2].verdict, found.outcomes[2].code) == ("unknown", "answer-missing")
    assert (found.joined, found.strangers) == (2, 0)


def test_a_new_contact_that_is_mailed_for_its_double_opt_in_must_confirm() -> None:
    mailed = b'{"channelProperties":{"email":{"optInType":"verifiedDouble"}}}'
    batch = batch_of(0, KEYS[:2], [mailed, mailed])
    results = {"created": [contact(KEYS[0])], "updated": [contact(KEYS[1])]}
    answer = {"importId": "i-1", "status": "Finished", **results}
    found = imports(EMAIL, CITY).read_status(batch, answered(200, answer))
    assert isinstance(found, Settled)
    assert [(one.verdict, one.code) for one in found.outcomes] == [
        ("accepted", "must-confirm"),
        ("updated", ""),
    ]


@pytest.mark.parametrize(
    ("key", "planned", "echoed"),
    [
        (EMAIL, "ada@example.org", " Ada@Example.ORG "),
        (MOBILE, "+447700900123", "447700900123"),
        (MOBILE, "+447700900123", "+44 7700 900123"),
        (PlannedField("id.crm-id", ValueType.TEXT, FieldRole.KEY), "c-0042", "C-0042"),
        (PlannedField("id.no", ValueType.INTEGER, FieldRole.KEY), "42", 42),
        (NUMBER, "42", 42),
        (NUMBER, "42", "42"),
    ],
)
def test_identifiers_are_known_again_however_they_are_echoed(
    key: PlannedField, planned: str, echoed: Any
) -> None:
    name = key.code.removeprefix("id.")
    for spelled in (name, name.upper()):
        found = settled(key, CITY, keys=(planned,), updated=[contact(echoed, spelled)])
        assert found.outcomes == (Outcome(Verdict.UPDATED),)


def test_a_contact_found_by_its_number_is_known_by_it_though_no_identifier_shows_it() -> None:
    updated = [contact("a@example.org", contactId=42)]
    found = settled(NUMBER, CITY, keys=("42",), updated=updated)
    assert found.outcomes == (Outcome(Verdict.UPDATED, record_id="42"),)


def test_a_contact_that_was_written_and_failed_too_is_one_row_with_both() -> None:
    outcome = of_first(
        EMAIL,
        *record(),
        updated=[contact(KEYS[0], contactId=8)],
        failures=[failure(KEYS[0], ("consentRecordsNotApplied", "no consent insight"))],
    )
    assert (outcome.verdict, outcome.code) == ("updated", IssueCode.PARTLY_WRITTEN)
    assert (outcome.field, outcome.record_id) == ("consent.text", "8")
    assert "consentRecordsNotApplied: no consent insight" in outcome.message


def test_a_failure_that_has_a_number_was_written_in_part() -> None:
    outcome = of_first(failures=[failure(KEYS[0], ("ListsNotApplied", "full"), contactId=9)])
    assert (outcome.verdict, outcome.code) == ("accepted", IssueCode.PARTLY_WRITTEN)
    assert outcome.record_id == "9"


def test_other_failures_are_refusals_in_the_platform_s_words() -> None:
    outcome = of_first(failures=[failure(KEYS[0], ("InvalidEmail", "it is\nnone"))])
    assert outcome == Outcome(
        Verdict.REJECTED,
        IssueCode.PLATFORM_REFUSED,
        field="id.email",
        message="InvalidEmail: it is none",
    )


@pytest.mark.parametrize("code", ["GloballySuppressed", "globallySuppressed", "SuppressedByDomain"])
def test_a_suppressed_contact_is_said_to_be_suppressed_written_or_not(code: str) -> None:
    told = [failure(KEYS[0], (code, "gone"), contactId=9)]
    outcome = of_first(failures=told)
    assert (outcome.verdict, outcome.code) == ("rejected", IssueCode.CONTACT_SUPPRESSED)
    outcome = of_first(failures=told, updated=[contact(KEYS[0])])
    assert (outcome.verdict, outcome.code) == ("updated", IssueCode.CONTACT_SUPPRESSED)
    assert outcome.code in IN_PART
    assert outcome.record_id == "9"


def test_several_failures_of_a_contact_are_all_told() -> None:
    outcome = of_first(
        failures=[
            failure(KEYS[0], ("InvalidEmail", "no at sign"), ("Blocker", "")),
            {**contact(KEYS[0].upper()), "failures": [{"failureCode": "New", "error": "odd"}]},
        ]
    )
    assert outcome.message == "InvalidEmail: no at sign; Blocker; New: odd"
    assert outcome.field == ""


def test_a_failure_without_a_word_is_a_refusal_all_the_same() -> None:
    outcome = of_first(failures=[contact(KEYS[0])])
    assert (outcome.verdict, outcome.message) == ("rejected", "the platform does not say why")


@pytest.mark.parametrize(
    ("code", "text", "field"),
    [
        ("InvalidEmail", "", "id.email"),
        ("InvalidPhoneNumber", "", "id.mobileNumber"),
        ("InvalidAddressBookIds", "4101", "list.4101"),
        ("preferencesNotApplied", "", ""),
        ("ConsentRecordsNotApplied", "", "consent.text"),
        ("ApiSchemaViolation", "the data field 'City' is too long", "data.CITY"),
        ("ApiSchemaViolation", "City or Country is too long", ""),
        ("Blocker", "", ""),
    ],
)
def test_the_field_of_a_failure_is_named_where_it_can_be_told(
    code: str, text: str, field: str
) -> None:
    country = PlannedField("data.COUNTRY", ValueType.TEXT, FieldRole.DATA)
    codes = ("list.4101", "preference.1", "preference.2")
    fields = (EMAIL, other(MOBILE), CITY, country, *map(consent, codes), *record())
    assert of_first(*fields, failures=[failure(KEYS[0], (code, text))]).field == field


def test_of_two_answers_to_a_contact_the_one_that_claims_less_counts() -> None:
    outcome = of_first(created=[contact(KEYS[0])], updated=[contact(KEYS[0])])
    assert outcome.verdict is Verdict.UPDATED


def test_what_is_said_of_others_is_counted_and_what_is_no_contact_too() -> None:
    found = settled(
        created=[contact("dora@example.test"), None, {"identifiers": []}],
        updated="all",
        failures=[failure("emil@example.test")],
    )
    assert (found.joined, found.strangers) == (0, 4)
    assert {outcome.code for outcome in found.outcomes} == {IssueCode.ANSWER_MISSING}


@given(st.dictionaries(st.sampled_from(["created", "updated", "failures"]), JSON))
def test_any_results_give_each_contact_one_outcome(members: dict[str, Any]) -> None:
    found = settled(**json.loads(json.dumps(members)))
    assert len(found.outcomes) == len(KEYS)
    assert found.joined == sum(o.code != IssueCode.ANSWER_MISSING for o in found.outcomes)
