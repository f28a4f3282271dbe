from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox.dotdigital.account import Account
from importer.sandbox.dotdigital.contacts import Person
from importer.sandbox.dotdigital.settings import (
    MergeScope,
    MobileDefault,
    UnknownContactId,
    UnknownField,
)
from importer.sandbox.errors import SandboxError

from .dotdigital_room import ADA, Room, refused

if TYPE_CHECKING:
    from pathlib import Path

# --- found, made, brought back ---------------------------------------------------------------


def test_unknown_contact_is_created_and_known_one_is_updated_with_what_is_sent() -> None:
    room = Room()
    status, first = room.patch(dataFields={"FIRSTNAME": "Ada", "VIP": True})
    assert (status, first["status"], first["dataFields"]) == (
        201,
        "subscribed",
        {"FIRSTNAME": "Ada", "VIP": True},
    )
    status, second = room.patch(dataFields={"CITY": "London"})
    assert (status, second["contactId"]) == (200, first["contactId"])
    assert second["dataFields"] == {"FIRSTNAME": "Ada", "VIP": True, "CITY": "London"}
    assert room.contacts.count() == 1


def test_contact_is_found_by_every_identifier_in_any_spelling() -> None:
    room = Room()
    identifiers = {"email": ADA, "mobileNumber": "+44 7700 900123", "crm-id": "C-0042"}
    _, made = room.patch(identifiers=identifiers)
    assert made["identifiers"]["mobileNumber"] == "447700900123"
    number = str(made["contactId"])
    for by, value in [
        ("email", "ADA.Byron@Example.ORG"),
        ("mobileNumber", "44 7700 900-123"),
        ("crm-id", "C-0042"),
        ("contactId", number),
    ]:
        assert room.patch(value, by=by, identifiers={})[0] == 200
        assert room.get(value, by)["contactId"] == made["contactId"]


def test_contact_in_the_bin_is_brought_back_and_updated() -> None:
    room = Room()
    _, made = room.patch(dataFields={"FIRSTNAME": "Ada"})
    assert room.delete() == {"contactId": made["contactId"]}
    assert (room.get()["status"], room.contacts.count()) == ("binned", 0)
    with refused(404, "contacts:contactNotFound"):
        room.delete()
    status, back = room.patch(dataFields={"CITY": "London"})
    assert (status, back["contactId"], back["status"]) == (200, made["contactId"], "subscribed")
    assert back["dataFields"] == {"FIRSTNAME": "Ada", "CITY": "London"}


def test_deleting_nobody_changes_nothing() -> None:
    room = Room()
    room.contacts.delete(7)
    assert room.contacts.newest(5) == []


def test_new_contact_takes_its_identifiers_from_the_body() -> None:
    room = Room()
    status, made = room.patch("C-1", by="crm-id", identifiers={"email": ADA})
    assert (status, made["identifiers"]) == (201, {"email": ADA})
    with refused(400, "contacts:badRequest"):
        room.patch("C-2", by="crm-id", identifiers={"crm-id": "C-2"})
    with refused(400, "contacts:badRequest"):
        room.patch("C-2", by="crm-id", dataFields={"CITY": "London"})


def test_contact_of_a_mobile_number_alone_has_no_email_channel() -> None:
    room = Room()
    body: dict[str, Any] = {"identifiers": {"mobileNumber": "447700900123"}}
    wish: dict[str, Any] = {"channelProperties": {"email": {"status": "subscribed"}}}
    _, made = room.patch("447700900123", by="mobileNumber", **body, **wish)
    assert made["channelProperties"] == {
        "sms": {"countryCode": "GB", "status": "subscribed"},
        "whatsApp": {"status": "subscribed"},
    }
    assert made["status"] == "subscribed"
    _, grown = room.patch("447700900123", by="mobileNumber", identifiers={"email": ADA})
    assert grown["channelProperties"]["email"]["status"] == "subscribed"


def test_address_can_change_and_the_old_one_is_free() -> None:
    room = Room()
    _, made = room.patch()
    _, moved = room.patch(identifiers={"email": "ada.new@example.org"})
    assert moved["contactId"] == made["contactId"]
    with refused(404, "contacts:contactNotFound"):
        room.get(ADA)
    assert room.patch(ADA)[0] == 201


def test_identifier_of_another_contact_is_a_conflict_that_changes_nothing() -> None:
    room = Room()
    room.patch(identifiers={"email": ADA, "crm-id": "C-1"})
    room.patch("bob@example.org")
    body: dict[str, Any] = {"identifiers": {"email": "bob@example.org", "crm-id": "C-1"}}
    with refused(409, "contacts:identifierConflict"):
        room.patch("bob@example.org", **body, dataFields={"CITY": "London"})
    assert room.get("bob@example.org")["dataFields"] == {}
    with refused(409, "contacts:identifierConflict"):
        room.patch("new@example.org", identifiers={"email": ADA})


def test_unknown_contact_id_is_refused_or_creates_by_the_switch() -> None:
    with refused(400, "contacts:invalidId"):
        Room().patch("7", by="contactId", identifiers={"email": ADA})
    room = Room(unknown_contact_id=UnknownContactId.CREATE)
    status, made = room.patch("7", by="contactId", identifiers={"email": ADA})
    assert (status, made["contactId"]) == (201, 90_000_001)


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("fax", "1"),
        ("e mail", ADA),
        ("contactId", "abc"),
        ("contactId", str(2**31)),
        ("email", "nobody"),
        ("email", ""),
        ("mobileNumber", "12"),
        ("crm-id", "x" * 257),
    ],
)
def test_path_that_can_name_nobody_is_refused(by: str, value: str) -> None:
    room = Room()
    with refused(400, "contacts:invalidId"):
        room.patch(value, by=by, identifiers={"email": ADA})
    with refused(400, "contacts:invalidId"):
        room.get(value, by)


def test_post_creates_and_refuses_identifiers_that_are_taken() -> None:
    room = Room()
    status, made = room.create(identifiers={"email": ADA}, dataFields={"CITY": "London"})
    assert (status, made["dataFields"]) == (201, {"CITY": "London"})
    with refused(409, "contacts:identifierConflict"):
        room.create(identifiers={"email": ADA.upper()})
    with refused(400, "contacts:badRequest"):
        room.create(dataFields={"CITY": "London"})


# --- refused ---------------------------------------------------------------------------------


def test_wrong_types_and_wrong_values_are_refused_each_in_its_way() -> None:
    room = Room()
    with refused(400, "server:badRequest"):
        room.patch(lists="4101")
    with refused(400, "contacts:badRequest") as caught:
        room.patch(dataFields={"VIP": "yes", "SHOE_SIZE": 41})
    assert [item for item, _ in caught.value.details] == ["VIP", "SHOE_SIZE"]
    with refused(400, "contacts:invalidId") as caught:
        room.patch(ADA, identifiers={"email": "bad@@example.org"})
    assert caught.value.description == (
        "The id value 'bad@@example.org' is invalid for the identifier 'email'"
    )
    with refused(400, "contacts:badRequest"):
        room.patch(identifiers={"email": None})
    assert room.contacts.count() == 0


@pytest.mark.parametrize("option", ["overwriteIfEmpty", "append-lists"])
def test_merge_option_of_another_spelling_is_refused(option: str) -> None:
    with refused(400, "contacts:badRequest"):
        Room().patch(option=option)


@pytest.mark.parametrize(
    "part", [{"lists": [4101, 7]}, {"preferences": [{"id": 30, "isOptedIn": True}]}]
)
def test_unknown_list_and_category_are_refused_and_nothing_is_written(part: dict[str, Any]) -> None:
    room = Room()
    with refused(400, "contacts:badRequest"):
        room.patch(**part)
    assert room.contacts.count() == 0


def test_data_field_the_account_lacks_can_be_passed_over() -> None:
    room = Room(unknown_field=UnknownField.IGNORE)
    _, made = room.patch(dataFields={"SHOE_SIZE": 41, "city": "London"})
    assert made["dataFields"] == {"CITY": "London"}


# --- merge options ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("", {"CITY": "Paris", "SOURCE": "fair"}),
        ("overwrite", {"CITY": "Paris", "SOURCE": "fair"}),
        ("overwrite-if-not-empty", {"CITY": "Paris", "COMPANY": "Engine", "SOURCE": "fair"}),
        ("overwrite-if-empty", {"CITY": "London", "COMPANY": "Engine", "SOURCE": "fair"}),
    ],
)
def test_merge_option_says_what_becomes_of_stored_values(option: str, kept: dict[str, str]) -> None:
    room = Room()
    room.patch(dataFields={"CITY": "London", "COMPANY": "Engine"})
    fields = {"CITY": "Paris", "COMPANY": None, "SOURCE": "fair"}
    assert room.patch(option=option, dataFields=fields)[1]["dataFields"] == kept


@pytest.mark.parametrize(
    ("scope", "opted_in"), [(MergeScope.DATA, False), (MergeScope.DATA_AND_PREFERENCES, True)]
)
def test_merge_scope_says_whether_preferences_are_merged_too(
    scope: MergeScope, opted_in: bool
) -> None:
    room = Room(merge_scope=scope)
    room.patch(preferences=[{"id": 31, "isOptedIn": True}])
    wishes = [{"id": 31, "isOptedIn": False}, {"id": 40, "isOptedIn": False}]
    _, contact = room.patch(option="overwrite-if-empty", preferences=wishes)
    assert [(one["id"], one["isOptedIn"]) for one in contact["preferences"]] == [
        (31, opted_in),
        (40, False),
    ]


def test_lists_are_only_added_to_and_consent_records_pile_up() -> None:
    room = Room()
    consent = {
        "text": "yes",
        "dateTimeConsented": "2018-01-26T21:29:00",
        "url": "https://example.org/join",
        "ipAddress": "2001:db8::7",
        "userAgent": "test",
    }
    room.patch(lists=[4101], consentRecords=[consent])
    _, contact = room.patch(lists=[4102, 4101], consentRecords=[consent])
    assert [one["id"] for one in contact["lists"]] == [4101, 4102]
    assert [one["dateTimeConsented"] for one in contact["consentRecords"]] == [
        "2018-01-26T21:29:00"
    ] * 2


# --- channels --------------------------------------------------------------------------------


def test_new_contact_is_subscribed_unless_another_status_is_asked_for() -> None:
    assert Room().email() == {"emailType": "Html", "optInType": "Unknown", "status": "subscribed"}
    assert Room().email(status="unsubscribed")["status"] == "unsubscribed"


def test_suppressed_contact_stays_suppressed_and_the_call_succeeds() -> None:
    room = Room()
    room.email(status="suppressed")
    wish = {"status": "subscribed", "resubscribeOptions": {}}
    status, contact = room.patch(
        channelProperties={"email": wish}, dataFields={"CITY": "London"}, lists=[4101]
    )
    assert (status, contact["status"]) == (200, "suppressed")
    assert contact["channelProperties"]["email"]["status"] == "suppressed"
    assert (contact["dataFields"], contact["lists"][0]["status"]) == (
        {"CITY": "London"},
        "suppressed",
    )


@pytest.mark.parametrize("switch", [f"x@y.test {ADA.upper()}", "all"])
def test_switch_suppresses_addresses(switch: str) -> None:
    room = Room(suppressed=switch, enforce_double_opt_in=True)
    status, contact = room.patch()
    assert (status, contact["status"], room.mails()) == (201, "suppressed", [])


def test_unsubscribed_contact_comes_back_only_with_resubscribe_options() -> None:
    room = Room()
    room.email(status="unsubscribed")
    assert room.email(status="subscribed")["status"] == "unsubscribed"
    assert room.email(resubscribeOptions={})["status"] == "unsubscribed"
    assert room.email(status="subscribed", resubscribeOptions={})["status"] == "subscribed"
    assert room.mails() == []


def test_resubscribing_with_a_challenge_mails_once_a_call() -> None:
    room = Room()
    room.email(status="unsubscribed")
    wish = {"status": "subscribed", "resubscribeOptions": {"resubscribeWithNoChallenge": False}}
    assert room.email(**wish)["status"] == "pendingOptIn"
    number = room.get()["contactId"]
    assert room.mails() == [{"contactId": number, "email": ADA, "challenge": 1}]
    room.email(**wish)
    assert room.mails()[0]["challenge"] == 2


def test_verified_double_opt_in_mails_new_contacts_and_those_still_pending() -> None:
    room = Room()
    assert room.email(optInType="verifiedDouble") == {
        "emailType": "Html",
        "optInType": "Double",
        "status": "pendingOptIn",
    }
    room.email(emailType="plainText")
    assert room.mails()[0]["confirmation"] == 1
    room.email(optInType="verifiedDouble")
    assert room.mails()[0]["confirmation"] == 2
    assert room.patch(lists=[4101])[1]["lists"][0]["status"] == "pending"


def test_verified_double_opt_in_leaves_subscribers_alone() -> None:
    room = Room()
    room.email(optInType="single")
    told = room.email(optInType="verifiedDouble")
    assert (told["optInType"], told["status"], room.mails()) == ("Single", "subscribed", [])


def test_resubscribing_with_verified_double_opt_in_waits_for_the_confirmation() -> None:
    room = Room()
    room.email(status="unsubscribed")
    told = room.email(status="subscribed", optInType="verifiedDouble", resubscribeOptions={})
    assert (told["status"], room.mails()[0]["confirmation"]) == ("pendingOptIn", 1)


def test_account_can_enforce_double_opt_in_for_new_contacts() -> None:
    room = Room(enforce_double_opt_in=True)
    assert room.email()["status"] == "pendingOptIn"
    assert room.email()["status"] == "pendingOptIn"
    assert room.mails()[0]["confirmation"] == 1
    other = Room(enforce_double_opt_in=True)
    assert other.email(status="unsubscribed")["status"] == "unsubscribed"
    assert other.mails() == []


def test_mobile_channels_take_the_accounts_default_and_then_what_is_asked() -> None:
    room = Room(mobile_default=MobileDefault.NO_SUBSCRIPTION)
    _, plain = room.patch()
    assert plain["channelProperties"]["sms"] == {"status": "noSubscription"}
    wish = {"sms": {"status": "subscribed"}, "whatsApp": {"status": "suppressed"}}
    room.patch(channelProperties=wish)
    _, contact = room.patch(channelProperties={"whatsApp": {"status": "subscribed"}})
    assert contact["channelProperties"]["sms"] == {"status": "subscribed"}
    assert contact["channelProperties"]["whatsApp"] == {"status": "suppressed"}


def test_status_no_contact_has_shows_as_unsubscribed() -> None:
    room = Room()
    room.patch()
    person = room.contacts.newest(1)[0]
    person.email["status"] = "hardBounced"
    room.contacts.keep(person)
    assert room.get()["status"] == "unsubscribed"


# --- kept ------------------------------------------------------------------------------------


def test_contacts_survive_a_restart_and_belong_to_one_account(tmp_path: Path) -> None:
    path = tmp_path / "contacts"
    room = Room(path)
    _, made = room.patch(
        dataFields={"CITY": "London"}, preferences=[{"id": 31, "isOptedIn": True}], lists=[4101]
    )
    room.contacts.database.close()
    again = Room(path)
    assert again.get() == made
    assert again.patch("bob@example.org")[1]["contactId"] == made["contactId"] + 1
    again.contacts.database.close()
    with pytest.raises(SandboxError, match="Dotdigital account 1, not 7"):
        Room(path, account=Account(id=7))


def test_all_contacts_are_listed_in_order_and_newest_first() -> None:
    room = Room()
    for number in range(3):
        room.patch(f"p{number}@example.org")
    numbers = [90_000_001, 90_000_002, 90_000_003]
    assert [one.id for one in room.contacts.scan()] == numbers
    assert [one.id for one in room.contacts.newest(2)] == numbers[:0:-1]


def test_what_fails_halfway_is_not_kept() -> None:
    room = Room()
    with pytest.raises(TypeError):
        room.contacts.add(Person(identifiers={"email": ADA}, data={"CITY": object()}))  # type: ignore[dict-item]
    assert room.contacts.find("email", ADA) is None
    assert room.contacts.find("contactId", "x") is None
    assert room.contacts.find("contactId", 2**70) is None
