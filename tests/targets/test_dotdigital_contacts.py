"""A contact of Dotdigital, byte for byte, and what cannot be written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import DefectError, UnusableInputError
from importer.field_rules import FieldRole, ValueType
from importer.model import PlannedField, Resubscription, WriteMode
from tests.targets.dotdigital import (
    CITY,
    EMAIL,
    FORMAT,
    MOBILE,
    NUMBER,
    OPT_IN,
    RECORD_VALUES,
    SMS,
    STATUS,
    consent,
    data,
    imports,
    in_import,
    other,
    record,
    singles,
)
from tests.targets.examples import UPSERT, rows

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
ADA = "ada@example.org"


def resubscribing(**members: Any) -> WriteMode:
    return WriteMode(allow_insert=True, allow_update=True, resubscription=Resubscription(**members))


def value(type_: ValueType, text: str | None, **options: Any) -> Any:
    """What is written of one data field."""
    contact = in_import((EMAIL, data("X", type_)), ADA, text, **options)
    return contact.get("dataFields", {}).get("X", "absent")


def test_a_contact_of_an_import_has_every_section_in_the_documented_form() -> None:
    fields = (
        EMAIL,
        other(MOBILE),
        PlannedField("id.crm-id", ValueType.INTEGER, FieldRole.DATA),
        data("FIRSTNAME", ValueType.TEXT),
        data("LOYALTY_POINTS", ValueType.INTEGER),
        data("NOTES", ValueType.TEXT),
        STATUS,
        FORMAT,
        OPT_IN,
        SMS,
        consent("list.4101"),
        consent("list.Newsletter"),
        consent("list.4103"),
        consent("preference.31"),
        consent("preference.Coffee"),
        *record(),
    )
    values = (ADA, "+44 7700-900123", "42", "Ada", "1280", "", "yes", "html", "double", "no")
    (contact,) = imports(
        *fields,
        places={"list.Newsletter": "4102", "preference.Coffee": "30/32"},
        mode=resubscribing(ask_first=True, locale="fr-FR", redirect="https://example.org/back"),
    ).encode(rows(fields, (*values, "yes", "yes", None, "yes", "no", *RECORD_VALUES)))
    assert contact.decode() == (
        '{"matchIdentifier":"email",'
        '"identifiers":{"email":"ada@example.org","mobileNumber":"447700900123","crm-id":"42"},'
        '"dataFields":{"FIRSTNAME":"Ada","LOYALTY_POINTS":1280,"NOTES":null},'
        '"channelProperties":{"email":{"status":"subscribed","resubscribeOptions":'
        '{"resubscribeWithNoChallenge":false,"preferredLocale":"fr-FR",'
        '"redirectUrlAfterChallenge":"https://example.org/back"},'
        '"emailType":"html","optInType":"double"},"sms":{"status":"unsubscribed"}},'
        '"lists":[4101,4102],'
        '"preferences":[{"id":31,"isOptedIn":true},{"id":32,"isOptedIn":false}],'
        '"consentRecords":[{"text":"Send me the monthly letter",'
        '"dateTimeConsented":"2025-03-04T09:15:00Z","url":"https://example.org/join",'
        '"ipAddress":"203.0.113.7","userAgent":"Mozilla/5.0 (test)"}]}'
    )


def test_sections_without_content_are_left_out() -> None:
    fields = (EMAIL, CITY, STATUS, SMS, OPT_IN, consent("list.1"), consent("preference.2"))
    values = (ADA, *[None] * 6)
    assert in_import((*fields, *record()), *values, *[None] * 5) == {
        "matchIdentifier": "email",
        "identifiers": {"email": ADA},
    }


def test_an_empty_text_clears_data_fields_and_writes_nothing_elsewhere() -> None:
    fields = (EMAIL, other(MOBILE), CITY, STATUS, SMS, OPT_IN, consent("list.1"))
    contact = in_import((*fields, consent("preference.2")), ADA, *[""] * 7)
    assert contact == {
        "matchIdentifier": "email",
        "identifiers": {"email": ADA},
        "dataFields": {"CITY": None},
    }


@pytest.mark.parametrize(
    ("type_", "text", "written"),
    [
        (ValueType.TEXT, "x", "x"),
        (ValueType.PHONE, "+15145550123", "+15145550123"),
        (ValueType.LIST, "a|b", "a|b"),
        (ValueType.CONSENT, "yes", "yes"),
        (ValueType.INTEGER, "-12", -12),
        (ValueType.DECIMAL, "0.5", 0.5),
        (ValueType.BOOLEAN, "true", True),
        (ValueType.BOOLEAN, "false", False),
        (ValueType.DATE, "2026-10-24", "2026-10-24T00:00:00Z"),
        (ValueType.DATETIME, "2026-10-24 13:30:00", "2026-10-24T13:30:00Z"),
    ],
)
def test_values_have_the_types_of_json(type_: ValueType, text: str, written: Any) -> None:
    assert value(type_, text) == written
    assert type(value(type_, text)) is type(written)
    assert value(type_, "") is None
    assert value(type_, None) == "absent"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-01-24 13:30:00", "2026-01-24T18:30:00Z"),
        ("2026-07-24 13:30:00", "2026-07-24T17:30:00Z"),
        ("2026-03-08 02:30:00", "2026-03-08T07:30:00Z"),
        ("0001-01-01 00:00:00", "0001-01-01T05:17:32Z"),
        ("9999-12-31 23:59:59", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_time_of_day_is_of_the_connection_s_zone_and_goes_in_utc(text: str, written: str) -> None:
    assert value(ValueType.DATETIME, text, time_zone="America/Toronto") == written
    assert value(ValueType.DATE, text[:10], time_zone="America/Toronto") == f"{text[:10]}T00:00:00Z"
    assert value(ValueType.DATETIME, None, time_zone="America/Toronto") == "absent"
    assert value(ValueType.DATETIME, "", time_zone="America/Toronto") is None


def test_a_number_keeps_every_digit() -> None:
    fields = (EMAIL, data("X", ValueType.DECIMAL))
    (contact,) = imports(*fields).encode(rows(fields, (ADA, "123456789012345678.123456789")))
    assert b'"X":123456789012345678.123456789}' in contact


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (data("X", ValueType.INTEGER), "1.5"),
        (data("X", ValueType.DECIMAL), "1e5"),
        (data("X", ValueType.BOOLEAN), "maybe"),
        (STATUS, "maybe"),
        (consent("list.1"), "maybe"),
        (other(MOBILE), "none"),
    ],
)
def test_what_is_not_canonical_is_a_defect_of_ours(field: PlannedField, text: str) -> None:
    with pytest.raises(DefectError):
        in_import((EMAIL, field), ADA, text)


def test_a_moment_that_is_none_is_a_defect_of_ours_and_so_is_an_unknown_zone() -> None:
    with pytest.raises(DefectError):
        value(ValueType.DATETIME, "never", time_zone="America/Toronto")
    with pytest.raises(DefectError, match="Nowhere"):
        value(ValueType.DATETIME, "2026-01-01 00:00:00", time_zone="Nowhere")


def test_contact_with_an_empty_key_or_of_a_mapping_without_one_is_a_defect() -> None:
    with pytest.raises(DefectError):
        in_import((EMAIL, CITY), "", "Lyon")
    with pytest.raises(DefectError):
        imports(CITY).encode(rows((CITY,), ("Lyon",)))


def test_a_consent_record_is_written_only_where_it_is_whole() -> None:
    fields = (EMAIL, *record(".1"), *record(".2"), *record(".3")[:4])
    values = [*RECORD_VALUES, *RECORD_VALUES[:4], "", *RECORD_VALUES[:4]]
    contact = in_import(fields, ADA, *values)
    assert [one["text"] for one in contact["consentRecords"]] == [RECORD_VALUES[0]]
    values[4] = None  # type: ignore[call-overload]
    assert "consentRecords" not in in_import(fields, ADA, *values)


def test_records_are_written_in_the_order_of_their_numbers() -> None:
    fields = (EMAIL, *record(".5"), *record(".2"), *record())
    values = [("five", *RECORD_VALUES[1:]), ("two", *RECORD_VALUES[1:]), RECORD_VALUES]
    contact = in_import(fields, ADA, *(text for one in values for text in one))
    assert [one["text"] for one in contact["consentRecords"]] == [RECORD_VALUES[0], "two", "five"]


def test_a_single_contact_does_not_say_what_finds_it() -> None:
    (contact,) = singles().encode(rows((EMAIL, CITY), (ADA, "Lyon")))
    assert json.loads(contact) == {"identifiers": {"email": ADA}, "dataFields": {"CITY": "Lyon"}}


def test_a_number_of_the_platform_s_finds_a_contact_of_an_import_and_stands_in_no_other() -> None:
    fields = (NUMBER, other(EMAIL))
    assert in_import(fields, "90210077", "new@example.org") == {
        "matchIdentifier": "contactId",
        "identifiers": {"contactId": 90210077, "email": "new@example.org"},
    }
    both, one = singles(*fields).encode(rows(fields, ("7", "new@example.org"), ("8", None)))
    assert json.loads(both) == {"identifiers": {"email": "new@example.org"}}
    assert json.loads(one) == {}


@pytest.mark.parametrize(
    ("mode", "written"),
    [
        (UPSERT, {"status": "subscribed"}),
        (
            resubscribing(),
            {"status": "subscribed", "resubscribeOptions": {"resubscribeWithNoChallenge": True}},
        ),
        (
            resubscribing(ask_first=True),
            {"status": "subscribed", "resubscribeOptions": {"resubscribeWithNoChallenge": False}},
        ),
    ],
)
def test_a_yes_subscribes_again_only_where_the_mapping_says_so(
    mode: WriteMode, written: dict[str, Any]
) -> None:
    contact = in_import((EMAIL, STATUS), ADA, "yes", mode=mode)
    assert contact["channelProperties"]["email"] == written
    contact = in_import((EMAIL, STATUS), ADA, "no", mode=mode)
    assert contact["channelProperties"]["email"] == {"status": "unsubscribed"}


def test_a_batch_is_not_repeatable_when_people_would_be_mailed_twice() -> None:
    from importer.batching import batch_of

    def repeatable(fields: tuple[PlannedField, ...], mode: WriteMode, *values: str) -> bool:
        found = set()
        for target in (imports(*fields, mode=mode), singles(*fields, mode=mode)):
            plan = rows(fields, values)
            batch = batch_of(0, plan.comparable_keys(), target.encode(plan))
            found.add(target.repeatable(batch))
        assert len(found) == 1
        return found.pop()

    assert repeatable((EMAIL, OPT_IN), UPSERT, ADA, "double")
    assert not repeatable((EMAIL, OPT_IN), UPSERT, ADA, "verifiedDouble")
    assert repeatable((EMAIL, STATUS), resubscribing(), ADA, "yes")
    assert not repeatable((EMAIL, STATUS), resubscribing(ask_first=True), ADA, "yes")
    assert repeatable((EMAIL, STATUS), resubscribing(ask_first=True), ADA, "no")
    text = '{"optInType":"verifiedDouble","resubscribeWithNoChallenge":false}'
    assert repeatable((EMAIL, CITY), UPSERT, ADA, text)


# --- what no call can hold -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "places", "said"),
    [
        (
            tuple(field for n in ("", ".1", ".2", ".3", ".4", ".5") for field in record(n)),
            {},
            "more than 5 consent records",
        ),
        (tuple(consent(f"list.{n}") for n in range(1, 102)), {}, "more than 100 lists"),
        ((other(NUMBER),), {}, "never be written"),
        ((data("City", ValueType.TEXT),), {}, '"data.CITY" and "data.City" are the same'),
        (
            (consent("list.4102"), consent("list.Newsletter")),
            {"list.Newsletter": "4102"},
            '"list.4102" and "list.Newsletter" are the same',
        ),
        (
            (consent("preference.031"), consent("preference.Tea")),
            {"preference.Tea": "30/31"},
            '"preference.031" and "preference.Tea" are the same',
        ),
    ],
)
def test_what_a_contact_cannot_hold_is_a_mistake_of_the_mapping(
    fields: tuple[PlannedField, ...], places: dict[str, str], said: str
) -> None:
    for build in (imports, singles):
        with pytest.raises(UnusableInputError, match=said):
            build(EMAIL, CITY, *fields, places=places)


def test_a_list_and_a_preference_may_have_the_same_number() -> None:
    assert in_import((EMAIL, consent("list.31"), consent("preference.31")), ADA, "yes", "no") == {
        "matchIdentifier": "email",
        "identifiers": {"email": ADA},
        "lists": [31],
        "preferences": [{"id": 31, "isOptedIn": False}],
    }


def test_a_name_of_which_the_place_is_not_known_is_a_defect() -> None:
    from importer.targets.dotdigital import bulk, single

    codes = ["id.email", "list.4101", "list.Newsletter", "preference.Tea", "data.X", "preference.3"]
    for module in (bulk, single):
        assert module.needs_places(codes) == ("list.Newsletter", "preference.Tea")
    with pytest.raises(DefectError, match=r"list\.Newsletter"):
        in_import((EMAIL, consent("list.Newsletter")), ADA, "yes")


def test_a_target_of_no_fields_can_be_built_to_read_the_account() -> None:
    from importer.targets.dotdigital import bulk
    from tests.targets.examples import connection

    target = bulk.build(
        connection("dotdigital"), mode=UPSERT, fields=(), clears=(), table_id="", places={}
    )
    assert target.name == "dotdigital"


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT, ANY_TEXT), min_size=1, max_size=4))
def test_any_text_arrives_as_it_was_in_every_section(texts: list[tuple[str, str, str]]) -> None:
    crm = PlannedField("id.crm-id", ValueType.TEXT, FieldRole.KEY)
    fields = (crm, CITY, *record())
    values = [
        (f"x{key}", city or None, f"x{text}", *RECORD_VALUES[1:]) for key, city, text in texts
    ]
    for contact, (key, city, text) in zip(
        imports(*fields).encode(rows(fields, *values)), texts, strict=True
    ):
        members = json.loads(contact)
        assert members["identifiers"] == {"crm-id": f"x{key}"}
        assert members.get("dataFields", {}).get("CITY", "") == city
        assert members["consentRecords"][0]["text"] == f"x{text}"


def test_times_of_day_of_which_nobody_says_the_zone_are_refused() -> None:
    (text, moment, *others) = record()
    with pytest.raises(UnusableInputError, match="Write `time_zone: America/Toronto`"):
        imports(EMAIL, text, moment, *others, time_zone="")
    assert imports(EMAIL, CITY, data("BIRTHDAY", ValueType.DATE), time_zone="")
