from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sandbox.dotdigital.account import DEFAULT_ACCOUNT, DataType
from importer.sandbox.dotdigital.bodies import WrongTypeError, misplaced, parse
from importer.sandbox.dotdigital.places import place_of
from importer.sandbox.dotdigital.refusals import ApiRefusal
from importer.sandbox.dotdigital.sections import EmailWish
from importer.sandbox.dotdigital.settings import (
    BadValue,
    DotdigitalSettings,
    MissingIdentifiers,
    UnknownField,
)
from importer.sandbox.dotdigital.shapes import ContactShape
from importer.sandbox.dotdigital.values import fit, folded, identifier, moment, written
from importer.sandbox.errors import UnfitValueError

CONSENT = {
    "text": "Send me the monthly letter",
    "dateTimeConsented": "2025-03-04T09:15:00Z",
    "url": "https://example.org/join",
    "ipAddress": "203.0.113.7",
    "userAgent": "Mozilla/5.0 (test)",
}


def shape(**switches: Any) -> ContactShape:
    return ContactShape(DEFAULT_ACCOUNT, DotdigitalSettings(**switches))


def problems(sent: dict[str, Any], **switches: Any) -> list[tuple[str, str, bool]]:
    _, found = shape(**switches).read(sent)
    return [(one.code, one.item, one.refuses) for one in found]


def matched_problems(sent: dict[str, Any], **switches: Any) -> list[tuple[str, str, bool]]:
    _, _, found = shape(**switches).read_matched(sent, ())
    return [(one.code, one.item, one.refuses) for one in found]


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ([], ()),
        ({"identifiers": []}, ("identifiers",)),
        ({"identifiers": {"email": 7}}, ("identifiers", "email")),
        ({"identifiers": {"contactId": "7"}}, ("identifiers", "contactId")),
        ({"dataFields": [{"key": "CITY", "value": "Laval"}]}, ("dataFields",)),
        ({"dataFields": {"CITY": ["Laval"]}}, ("dataFields", "CITY")),
        ({"channelProperties": "email"}, ("channelProperties",)),
        ({"channelProperties": {"email": []}}, ("channelProperties", "email")),
        ({"channelProperties": {"sms": "subscribed"}}, ("channelProperties", "sms")),
        (
            {"channelProperties": {"whatsApp": {"status": True}}},
            ("channelProperties", "whatsApp", "status"),
        ),
        (
            {"channelProperties": {"email": {"emailType": 1}}},
            ("channelProperties", "email", "emailType"),
        ),
        (
            {"channelProperties": {"email": {"resubscribeOptions": True}}},
            ("channelProperties", "email", "resubscribeOptions"),
        ),
        (
            {
                "channelProperties": {
                    "email": {"resubscribeOptions": {"resubscribeWithNoChallenge": "no"}}
                }
            },
            ("channelProperties", "email", "resubscribeOptions", "resubscribeWithNoChallenge"),
        ),
        (
            {
                "channelProperties": {
                    "email": {"resubscribeOptions": {"redirectUrlAfterChallenge": 1}}
                }
            },
            ("channelProperties", "email", "resubscribeOptions", "redirectUrlAfterChallenge"),
        ),
        ({"lists": 4101}, ("lists",)),
        ({"lists": [4101, "4102"]}, ("lists", 1)),
        ({"lists": [True]}, ("lists", 0)),
        ({"lists": [2**31]}, ("lists", 0)),
        ({"preferences": {"31": True}}, ("preferences",)),
        ({"preferences": [31]}, ("preferences", 0)),
        ({"preferences": [{"id": "31", "isOptedIn": True}]}, ("preferences", 0, "id")),
        ({"preferences": [{"id": 31, "isOptedIn": "true"}]}, ("preferences", 0, "isOptedIn")),
        ({"consentRecords": {}}, ("consentRecords",)),
        ({"consentRecords": ["yes"]}, ("consentRecords", 0)),
        ({"consentRecords": [CONSENT, {**CONSENT, "text": 1}]}, ("consentRecords", 1, "text")),
    ],
)
def test_wrong_json_type_is_found_where_it_stands(sent: Any, place: tuple[str | int, ...]) -> None:
    with pytest.raises(WrongTypeError) as caught:
        shape().read(sent)
    assert caught.value.place == place


def test_match_identifier_must_be_a_string() -> None:
    with pytest.raises(WrongTypeError) as caught:
        shape().read_matched({"matchIdentifier": 1}, ("contacts", 3))
    assert caught.value.place == ("contacts", 3, "matchIdentifier")


@pytest.mark.parametrize(
    ("sent", "code", "item"),
    [
        ({"identifiers": {"email": "bad@@example.org"}}, "InvalidEmail", "email"),
        ({"identifiers": {"email": ""}}, "InvalidEmail", "email"),
        ({"identifiers": {"mobileNumber": "12345"}}, "InvalidPhoneNumber", "mobileNumber"),
        ({"identifiers": {"mobileNumber": "call 447700900"}}, "InvalidPhoneNumber", "mobileNumber"),
        ({"identifiers": {"crm-id": " "}}, "InvalidContact", "crm-id"),
        ({"identifiers": {"email": None}}, "ApiSchemaViolation", "email"),
        ({"identifiers": {"crmid": "C-1"}}, "ApiSchemaViolation", "crmid"),
        ({"identifiers": {"contactId": 7}}, "ApiSchemaViolation", "contactId"),
        ({"dataFields": {"SHOE_SIZE": 41}}, "ApiSchemaViolation", "SHOE_SIZE"),
        ({"dataFields": {"VIP": "true"}}, "ApiSchemaViolation", "VIP"),
        ({"dataFields": {"BIRTHDAY": "31/12/1990"}}, "ApiSchemaViolation", "BIRTHDAY"),
        (
            {"channelProperties": {"email": {"status": "Subscribed"}}},
            "InvalidContactStatus",
            "status",
        ),
        (
            {"channelProperties": {"email": {"status": "noSubscription"}}},
            "InvalidContactStatus",
            "status",
        ),
        (
            {"channelProperties": {"email": {"emailType": "Html"}}},
            "ApiSchemaViolation",
            "emailType",
        ),
        (
            {"channelProperties": {"email": {"optInType": "Double"}}},
            "ApiSchemaViolation",
            "optInType",
        ),
        ({"channelProperties": {"email": {"type": "html"}}}, "ApiSchemaViolation", "type"),
        (
            {"channelProperties": {"sms": {"countryCode": "GB"}}},
            "ApiSchemaViolation",
            "countryCode",
        ),
        ({"channelProperties": {"fax": {}}}, "ApiSchemaViolation", "fax"),
        (
            {"channelProperties": {"email": {"resubscribeOptions": {"preferredLocale": "fr-CA"}}}},
            "ApiSchemaViolation",
            "preferredLocale",
        ),
        ({"lists": []}, "ApiSchemaViolation", "lists"),
        ({"lists": list(range(101))}, "ApiSchemaViolation", "lists"),
        ({"preferences": []}, "ApiSchemaViolation", "preferences"),
        ({"preferences": [{"id": 31}]}, "ApiSchemaViolation", "preferences"),
        ({"consentRecords": []}, "ApiSchemaViolation", "consentRecords"),
        ({"consentRecords": [CONSENT] * 6}, "ApiSchemaViolation", "consentRecords"),
        ({"consentRecords": [{**CONSENT, "more": "x"}]}, "ApiSchemaViolation", "consentRecords"),
        ({"consentRecords": [{"text": "x"}]}, "ApiSchemaViolation", "consentRecords"),
        ({"consentRecords": [{**CONSENT, "url": None}]}, "ApiSchemaViolation", "consentRecords"),
        (
            {"consentRecords": [{**CONSENT, "url": "join us"}]},
            "ApiSchemaViolation",
            "consentRecords",
        ),
        ({"consentRecords": [{**CONSENT, "text": ""}]}, "ApiSchemaViolation", "consentRecords"),
        (
            {"consentRecords": [{**CONSENT, "ipAddress": "203.0.113"}]},
            "ApiSchemaViolation",
            "consentRecords",
        ),
        (
            {"consentRecords": [{**CONSENT, "dateTimeConsented": "yesterday"}]},
            "ApiSchemaViolation",
            "consentRecords",
        ),
    ],
)
def test_wrong_value_is_told_with_its_code(sent: dict[str, Any], code: str, item: str) -> None:
    assert problems(sent) == [(code, item, False)]


def test_every_wrong_value_is_told_at_once() -> None:
    sent = {"dataFields": {"VIP": 1, "LOYALTY_POINTS": "many"}, "lists": []}
    assert [item for _, item, _ in problems(sent)] == ["VIP", "LOYALTY_POINTS", "lists"]


def test_switches_say_what_refuses_the_whole_call() -> None:
    bad, unknown = {"dataFields": {"VIP": "yes"}}, {"dataFields": {"SHOE_SIZE": 1}}
    assert problems(bad, bad_value=BadValue.REFUSE_CALL)[0][2]
    assert problems(unknown, unknown_field=UnknownField.REFUSE_CALL)[0][2]
    assert not problems(unknown, bad_value=BadValue.REFUSE_CALL)[0][2]
    assert problems(unknown, unknown_field=UnknownField.IGNORE) == []


@pytest.mark.parametrize("sent", [{}, {"identifiers": None}, {"identifiers": {}}])
def test_missing_identifiers_refuse_the_import_or_the_contact(sent: dict[str, Any]) -> None:
    contact = {"matchIdentifier": "email", **sent}
    [(code, _, refuses)] = matched_problems(contact)
    assert (code, refuses) == ("NoValidIdentifiers", True)
    [(code, _, refuses)] = matched_problems(
        contact, missing_identifiers=MissingIdentifiers.PER_CONTACT
    )
    assert (code, refuses) == ("NoValidIdentifiers", False)


@pytest.mark.parametrize(
    ("matched", "code"),
    [
        (None, "InvalidMatchIdentifier"),
        ("fax", "InvalidMatchIdentifier"),
        ("crm-id", "NoValidIdentifiers"),
    ],
)
def test_match_identifier_must_be_known_and_stand_in_the_identifiers(
    matched: str | None, code: str
) -> None:
    sent = {"matchIdentifier": matched, "identifiers": {"email": "a@b.test"}}
    assert [one for one, _, _ in matched_problems(sent)] == [code]


def test_contact_id_of_an_import_matches_and_is_no_identifier_to_write() -> None:
    sent = {"matchIdentifier": "contactId", "identifiers": {"contactId": 7, "email": "a@b.test"}}
    sections, matched, found = shape().read_matched(sent, ())
    assert (sections.contact_id, sections.identifiers, matched, found) == (
        7,
        {"email": "a@b.test"},
        "contactId",
        [],
    )


def test_sections_left_out_or_null_ask_for_nothing() -> None:
    empty, _ = shape().read({})
    names = "identifiers dataFields channelProperties lists preferences consentRecords"
    nulls, found = shape().read(dict.fromkeys(names.split()))
    assert (nulls, found) == (empty, [])
    assert empty.email == EmailWish()


def test_words_of_requests_become_those_of_answers() -> None:
    email = {
        "status": "subscribed",
        "emailType": "plainText",
        "optInType": "verifiedDouble",
        "resubscribeOptions": {"resubscribeWithNoChallenge": False, "preferredLocale": "es"},
    }
    sections, found = shape().read({"channelProperties": {"email": email}})
    assert (sections.email, found) == (
        EmailWish("subscribed", "PlainText", "VerifiedDouble", True),
        [],
    )


def test_resubscribing_takes_no_challenge_unless_it_is_asked_for() -> None:
    sections, _ = shape().read({"channelProperties": {"email": {"resubscribeOptions": {}}}})
    assert sections.email.challenge is False


@pytest.mark.parametrize(
    ("kind", "sent", "kept"),
    [
        (DataType.STRING, "Ada", "Ada"),
        (DataType.STRING, "x" * 1000, "x" * 1000),
        (DataType.STRING, "", None),
        (DataType.NUMERIC, None, None),
        (DataType.NUMERIC, 1280, 1280),
        (DataType.NUMERIC, -1.5, -1.5),
        (DataType.NUMERIC, "1280", 1280),
        (DataType.NUMERIC, " 12.50 ", 12.5),
        (DataType.BOOLEAN, False, False),
        (DataType.DATE, "1990-12-10T00:00:00Z", "1990-12-10T00:00:00Z"),
        (DataType.DATE, "1990-12-10", "1990-12-10T00:00:00Z"),
        (DataType.DATE, "1990-12-10T00:00:00+01:00", "1990-12-09T23:00:00Z"),
        (DataType.DATE, "2018-01-26T21:29:00", "2018-01-26T21:29:00Z"),
        (DataType.DATE, "2025-03-04T09:15:02.1100000Z", "2025-03-04T09:15:02.11Z"),
    ],
)
def test_data_field_keeps_values_of_its_type(kind: DataType, sent: object, kept: object) -> None:
    assert fit(kind, sent) == kept


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (DataType.STRING, 7),
        (DataType.STRING, "x" * 1001),
        (DataType.NUMERIC, True),
        (DataType.NUMERIC, "many"),
        (DataType.NUMERIC, "1,5"),
        (DataType.NUMERIC, 10**18),
        (DataType.NUMERIC, "1" * 19),
        (DataType.NUMERIC, "0.1234567890"),
        (DataType.BOOLEAN, "true"),
        (DataType.BOOLEAN, 1),
        (DataType.DATE, 19901210),
        (DataType.DATE, "19901210"),
        (DataType.DATE, "1990-02-30"),
        (DataType.DATE, "0001-01-01T00:00:00+14:00"),
    ],
)
def test_data_field_refuses_values_of_other_types(kind: DataType, sent: object) -> None:
    with pytest.raises(UnfitValueError):
        fit(kind, sent)


def test_times_are_written_without_idle_digits() -> None:
    assert written(1_741_079_702.11) == "2025-03-04T09:15:02.11"
    assert written(1_741_079_702.0) == "2025-03-04T09:15:02"
    assert moment("2025-03-04 09:15") == "2025-03-04T09:15:00"


def test_identifiers_are_kept_trimmed_and_matched_folded() -> None:
    assert identifier("email", " Ada@Example.org ") == "Ada@Example.org"
    assert folded("email", " Ada@Example.org ") == "ada@example.org"
    assert identifier("mobileNumber", "+44 7700 900123") == "447700900123"
    assert folded("crm-id", "C-0042 ") == "C-0042"
    with pytest.raises(UnfitValueError):
        identifier("crm-id", "x" * 257)


def test_body_that_is_no_json_is_refused_with_its_place() -> None:
    with pytest.raises(ApiRefusal) as caught:
        parse(b'{"a":\n 1,,}', code="contacts:badJson")
    assert (caught.value.status, caught.value.code) == (400, "contacts:badJson")
    assert caught.value.details[0][0] == "line 2, position 4"


def test_body_that_is_no_object_is_refused() -> None:
    with pytest.raises(ApiRefusal) as caught:
        parse(b" []")
    assert caught.value.as_json() == {
        "errorCode": "server:badRequest",
        "description": "Bad request",
        "details": [
            {
                "item": "line 1, position 2",
                "description": "sandbox: this is not what the schema asks for",
            }
        ],
    }


def test_wrong_type_is_told_by_line_and_position() -> None:
    body = b'{"dataFields": {"VIP": true},\n "lists": [ 1, "2" ]}'
    refusal = misplaced(body, ("lists", 1))
    assert refusal.details[0][0] == "line 2, position 16"


def test_refusal_without_details_leaves_them_out() -> None:
    told = ApiRefusal(404, "contacts:importNotFound", "no").as_json()
    assert told == {"errorCode": "contacts:importNotFound", "description": "no"}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


def ways(value: Any) -> list[tuple[tuple[str | int, ...], Any]]:
    found: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    steps: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    for step, inner in steps:
        found += [((step, *way), one) for way, one in ways(inner)]
    return found


@settings(max_examples=60, deadline=None)
@given(JSON_VALUES, st.sampled_from([None, 1]))
def test_place_of_any_value_is_where_it_begins(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    lines = text.split("\n")
    for way, wanted in ways(value):
        line, position = place_of(text, way)
        rest = "\n".join([lines[line - 1][position - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(rest)[0] == wanted
