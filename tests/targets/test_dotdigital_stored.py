"""What Dotdigital shows of a contact, and what counts as another value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import InDoubtError, Refusal, RefusedError
from importer.field_rules import FieldRole, ValueType
from importer.model import ApiResponse, PlannedField, WriteMode
from tests.targets.dotdigital import (
    CITY,
    EMAIL,
    FORMAT,
    MOBILE,
    NUMBER,
    OPT_IN,
    SMS,
    STATUS,
    consent,
    data,
    imports,
    other,
    record,
    singles,
)
from tests.targets.examples import CREDENTIALS, SECRET, answered

ADA = "ada@example.org"
SHOWN = {"identifiers": {"email": ADA}}


def read(field: PlannedField, shown: dict[str, Any], **options: Any) -> str | None:
    """The canonical text of one field; None where the answer does not tell."""
    target = imports(EMAIL, field, **options)
    found = target.read_lookup([ADA], answered(200, {**SHOWN, **shown}))
    assert found is not None
    return found.get(field.code)


def differs(
    field: PlannedField, sent: str, shown: dict[str, Any], *, option: str = "", **options: Any
) -> bool:
    mode = WriteMode(allow_insert=True, allow_update=True, option=option)
    target = imports(EMAIL, field, mode=mode, **options)
    found = target.read_lookup([ADA], answered(200, {**SHOWN, **shown}))
    assert found is not None
    return bool(target.differences({EMAIL.code: "other", field.code: sent}, found))


def stored(value: Any) -> dict[str, Any]:
    return {"dataFields": {"x": value}}


# --- the question --------------------------------------------------------------------------------


def test_a_contact_is_asked_for_by_what_finds_it() -> None:
    for target in (imports(MOBILE), singles(MOBILE, integration_token="partner")):
        request = target.lookup_request(["+44 é/1"], CREDENTIALS)
        assert request.method == "GET"
        assert request.url == (
            "https://app.example.test/contacts/v3/mobileNumber/%2B44%20%C3%A9%2F1"
        )
        assert (request.body, request.scope) == (b"", "high")
        assert SECRET not in repr(request)
    assert request.headers["x-ddg-integration-token"] == "partner"
    assert "x-ddg-integration-token" not in imports().lookup_request([ADA], CREDENTIALS).headers


# --- the answer ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "shown", "text"),
    [
        (data("X", ValueType.TEXT), stored("Lyon"), "Lyon"),
        (data("X", ValueType.TEXT), stored(42), "42"),
        (data("X", ValueType.TEXT), stored(True), "true"),
        (data("X", ValueType.TEXT), stored(None), None),
        (data("X", ValueType.TEXT), stored([]), None),
        (data("X", ValueType.TEXT), {"dataFields": []}, None),
        (data("X", ValueType.BOOLEAN), stored(False), "false"),
        (data("X", ValueType.BOOLEAN), stored("True"), "true"),
        (data("X", ValueType.INTEGER), stored(1280.0), "1280"),
        (data("X", ValueType.DECIMAL), stored(0.5), "0.5"),
        (data("X", ValueType.DECIMAL), stored("1280.50"), "1280.5"),
        (data("X", ValueType.DECIMAL), stored("none"), "none"),
        (data("X", ValueType.DECIMAL), stored("1e999999999"), "1e999999999"),
        (data("X", ValueType.DATE), stored("1990-12-10T00:00:00"), "1990-12-10"),
        (data("X", ValueType.DATE), stored("1990-12-10T00:00:00.000Z"), "1990-12-10"),
        (data("X", ValueType.DATE), stored("1990-12-10T01:00:00+02:00"), "1990-12-09"),
        (data("X", ValueType.DATE), stored("soon"), "soon"),
        (data("X", ValueType.DATETIME), stored("2026-10-24T13:30:00.11Z"), "2026-10-24 13:30:00"),
        (other(MOBILE), {"identifiers": {"email": ADA, "mobileNumber": "44 77"}}, "+4477"),
        (other(MOBILE), {}, None),
        (PlannedField("id.crm", ValueType.TEXT, FieldRole.DATA), {}, None),
        (FORMAT, {"channelProperties": {"email": {"emailType": "PlainText"}}}, "plainText"),
        (OPT_IN, {"channelProperties": {"email": {"optInType": "Double"}}}, "double"),
        (OPT_IN, {"channelProperties": []}, None),
        (STATUS, {"channelProperties": {"email": {"status": "subscribed"}}}, "yes"),
        (STATUS, {"channelProperties": {"email": {"status": "unsubscribed"}}}, "no"),
        (STATUS, {"channelProperties": {"email": {"status": "sharedsuppression"}}}, "no"),
        (STATUS, {"channelProperties": {"email": {"status": "pendingOptIn"}}}, None),
        (STATUS, {"status": "unsubscribed"}, "no"),
        (SMS, {"channelProperties": {"sms": {"status": "subscribed"}}}, "yes"),
        (SMS, {"channelProperties": {"sms": {"status": "noSubscription"}}}, None),
        (SMS, {"status": "subscribed"}, None),
        (consent("list.7"), {"lists": [{"id": 6}, None, {"id": 7}]}, "yes"),
        (consent("list.7"), {"lists": [{"id": 6}]}, None),
        (consent("list.7"), {}, None),
        (consent("preference.7"), {"preferences": [{"id": 7, "isOptedIn": True}]}, "yes"),
        (consent("preference.7"), {"preferences": [{"id": 7, "isOptedIn": False}]}, "no"),
        (consent("preference.7"), {"preferences": [{"id": 7}]}, None),
        (record()[0], {"consentRecords": [{"text": "x"}]}, None),
    ],
)
def test_what_is_stored_is_read_as_the_plan_writes_it(
    field: PlannedField, shown: dict[str, Any], text: str | None
) -> None:
    assert read(field, shown) == text


def test_moments_are_read_in_the_connection_s_zone_and_dates_as_they_are() -> None:
    moment = stored("2026-07-24T02:30:00Z")
    zone = {"time_zone": "America/Toronto"}
    assert read(data("X", ValueType.DATETIME), moment, **zone) == "2026-07-23 22:30:00"
    assert read(data("X", ValueType.DATE), moment, **zone) == "2026-07-24"
    first = stored("0001-01-01T00:00:00Z")
    assert read(data("X", ValueType.DATETIME), first, **zone) == "0001-01-01 00:00:00"


def test_places_of_names_are_read_by_their_number() -> None:
    shown = {"lists": [{"id": 7}], "preferences": [{"id": 31, "isOptedIn": True}]}
    places = {"list.News": "7", "preference.Tea": "30/31"}
    assert read(consent("list.News"), shown, places=places) == "yes"
    assert read(consent("preference.Tea"), shown, places=places) == "yes"


def test_a_decimal_keeps_every_digit() -> None:
    body = b'{"identifiers":{"email":"ada@example.org"},"dataFields":{"X":123456789012345678.12}}'
    target = imports(EMAIL, data("X", ValueType.DECIMAL))
    found = target.read_lookup([ADA], ApiResponse(200, {}, b"\xef\xbb\xbf" + body))
    assert found == {"data.X": "123456789012345678.12"}


def test_lists_in_lists_are_no_value() -> None:
    deep = b"[" * 1000 + b"]" * 1000
    body = b'{"identifiers":{"email":"ada@example.org"},"dataFields":{"CITY":' + deep + b"}}"
    assert imports().read_lookup([ADA], ApiResponse(200, {}, body)) == {}


def test_a_contact_is_looked_up_by_its_number() -> None:
    target = imports(NUMBER, CITY)
    shown = answered(200, {"contactId": 42, "dataFields": {"City": "Lyon"}, **SHOWN})
    assert target.read_lookup(["42"], shown) == {"data.CITY": "Lyon"}
    with pytest.raises(RefusedError):
        target.read_lookup(["43"], shown)


def test_an_answer_that_does_not_show_its_key_is_in_doubt() -> None:
    answers: list[dict[str, Any]] = [
        {},
        {"identifiers": {"mobileNumber": "44"}},
        {"identifiers": []},
    ]
    for members in answers:
        with pytest.raises(InDoubtError):
            imports().read_lookup([ADA], answered(200, members))


def test_only_the_platform_s_own_envelope_says_that_a_contact_is_not_there() -> None:
    not_found = {"errorCode": "contacts:contactNotFound", "description": "no"}
    assert imports().read_lookup([ADA], answered(404, not_found)) is None
    for body in (b"", b"<html>", b"{}"):
        with pytest.raises(RefusedError):
            imports().read_lookup([ADA], ApiResponse(404, {}, body))


def test_a_key_that_the_platform_does_not_take_concerns_this_contact_only() -> None:
    refused = answered(400, {"errorCode": "contacts:invalidId", "description": "no"})
    with pytest.raises(RefusedError) as caught:
        imports().read_lookup([ADA], refused)
    assert caught.value.scope is Refusal.CALL


# --- what differs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "sent", "value"),
    [
        (ValueType.TEXT, " Lyon ", "Lyon"),
        (ValueType.TEXT, "e\u0301\r\nx", "é\nx"),
        (ValueType.EMAIL, "A@x.test", "a@X.test"),
        (ValueType.DECIMAL, "1.50", 1.5),
        (ValueType.INTEGER, "0", -0.0),
        (ValueType.DATE, "1990-12-10", "1990-12-10T00:00:00"),
        (ValueType.DATETIME, "2026-10-24 13:30:00", "2026-10-24T15:30:00.4+02:00"),
        (ValueType.BOOLEAN, "true", "TRUE"),
        (ValueType.TEXT, "", None),
        (ValueType.DATE, "", None),
    ],
)
def test_values_that_mean_the_same_do_not_differ(type_: ValueType, sent: str, value: Any) -> None:
    assert not differs(data("X", type_), sent, stored(value))
    assert differs(data("X", type_), sent, stored("7777-07-07"))


def test_a_time_that_no_clock_showed_is_the_moment_it_was_sent_as() -> None:
    shown = stored("2026-03-08T07:30:00Z")
    field = data("X", ValueType.DATETIME)
    assert not differs(field, "2026-03-08 02:30:00", shown, time_zone="America/Toronto")
    assert differs(field, "2026-03-08 02:31:00", shown, time_zone="America/Toronto")


@pytest.mark.parametrize(
    ("field", "sent", "shown", "expected"),
    [
        (STATUS, "yes", {"status": "unsubscribed"}, True),
        (STATUS, "no", {}, True),
        (STATUS, "", {"status": "subscribed"}, False),
        (
            OPT_IN,
            "verifiedDouble",
            {"channelProperties": {"email": {"optInType": "Double"}}},
            False,
        ),
        (OPT_IN, "single", {"channelProperties": {"email": {"optInType": "Double"}}}, True),
        (consent("list.7"), "yes", {}, True),
        (consent("list.7"), "no", {"lists": [{"id": 7}]}, False),
        (consent("preference.7"), "no", {}, False),
        (consent("preference.7"), "", {"preferences": [{"id": 7, "isOptedIn": True}]}, False),
        (consent("preference.7"), "no", {"preferences": [{"id": 7, "isOptedIn": True}]}, True),
        (record()[0], "x", {}, False),
        (other(MOBILE), "+44 77", {"identifiers": {"email": ADA, "mobileNumber": "4477"}}, False),
        (other(MOBILE), "+4478", {"identifiers": {"email": ADA, "mobileNumber": "4477"}}, True),
    ],
)
def test_only_what_a_call_writes_can_differ(
    field: PlannedField, sent: str, shown: dict[str, Any], expected: bool
) -> None:
    assert differs(field, sent, shown) is expected


def test_what_the_merge_option_leaves_as_it_was_does_not_differ() -> None:
    field = data("X", ValueType.TEXT)
    assert not differs(field, "Lyon", stored("Nice"), option="overwrite-if-empty")
    assert differs(field, "Lyon", stored(None), option="overwrite-if-empty")
    assert not differs(field, "", stored("Nice"), option="overwrite-if-not-empty")
    assert differs(field, "Lyon", stored("Nice"), option="overwrite-if-not-empty")
    assert differs(field, "", stored("Nice"), option="overwrite")


@given(st.text(max_size=12), st.sampled_from(ValueType))
def test_any_stored_text_is_read_whatever_the_field_s_type(text: str, type_: ValueType) -> None:
    try:
        shown = answered(200, {**SHOWN, **stored(text)})
        found = imports(EMAIL, data("X", type_)).read_lookup([ADA], shown)
    except InDoubtError:
        assert any("\ud800" <= character <= "\udfff" for character in text)
        return
    assert found is not None
    assert set(found) <= {"data.X"}
