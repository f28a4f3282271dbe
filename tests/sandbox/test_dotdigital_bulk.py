from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox.dotdigital.settings import (
    BadValue,
    Echo,
    FailureCodes,
    ImportEnd,
    MissingIdentifiers,
    UnknownField,
)

from .dotdigital_room import ADA, Room, refused

if TYPE_CHECKING:
    from pathlib import Path

BOB = "bob@example.org"
CONSENT = {
    "text": "yes",
    "dateTimeConsented": "2025-03-04T09:15:00Z",
    "url": "https://example.org/join",
    "ipAddress": "203.0.113.7",
    "userAgent": "test",
}


def contact(address: str = ADA, **sections: Any) -> dict[str, Any]:
    return {"matchIdentifier": "email", "identifiers": {"email": address}, **sections}


def by_number(number: int, **identifiers: str) -> dict[str, Any]:
    return {"matchIdentifier": "contactId", "identifiers": {"contactId": number, **identifiers}}


def codes(answer: dict[str, Any]) -> list[list[str]]:
    return [[one["failureCode"] for one in told["failures"]] for told in answer["failures"]]


def summary(answer: dict[str, Any]) -> list[int]:
    return list(answer["summary"].values())


# --- results ---------------------------------------------------------------------------------


def test_import_creates_updates_and_brings_back() -> None:
    room = Room()
    numbers = [room.patch(one)[1]["contactId"] for one in (ADA, BOB)]
    room.delete(BOB)
    fields = {"dataFields": {"CITY": "London"}}
    answer = room.run(*(contact(one, **fields) for one in (ADA, BOB, "eve@example.org")))
    assert answer["summary"] == {
        "newContacts": 1,
        "updatedContacts": 2,
        "globallySuppressed": 0,
        "invalidEntries": 0,
        "duplicateIdentifiers": 0,
    }
    assert answer["updated"] == [
        {"contactId": numbers[0], "identifiers": {"email": ADA}},
        {"contactId": numbers[1], "identifiers": {"email": BOB}},
    ]
    assert [one["identifiers"] for one in answer["created"]] == [{"email": "eve@example.org"}]
    assert answer["failures"] == []
    told = [room.get(one) for one in (ADA, BOB, "eve@example.org")]
    assert [one["dataFields"] for one in told] == [{"CITY": "London"}] * 3
    assert [one["status"] for one in told] == ["subscribed"] * 3


def test_bad_contacts_fail_one_by_one_without_a_number() -> None:
    room = Room()
    bad = [
        contact("bad@@example.org"),
        contact(dataFields={"SHOE_SIZE": 41, "VIP": "yes"}),
        by_number(7),
        {"matchIdentifier": "crm-id", "identifiers": {"crm-id": "C-1"}},
        {"matchIdentifier": "fax", "identifiers": {"email": "f@example.org"}},
        contact("s@example.org", channelProperties={"email": {"status": "Subscribed"}}),
    ]
    answer = room.run(*bad, contact(BOB))
    assert codes(answer) == [
        ["InvalidEmail"],
        ["ApiSchemaViolation", "ApiSchemaViolation"],
        ["InvalidContactId"],
        ["NoValidIdentifiers"],
        ["InvalidMatchIdentifier"],
        ["InvalidContactStatus"],
    ]
    assert summary(answer) == [1, 0, 0, 6, 0]
    assert all("contactId" not in one for one in answer["failures"])
    assert answer["failures"][0]["matchIdentifier"] == "email"
    assert answer["failures"][0]["identifiers"] == {"email": "bad@@example.org"}
    assert room.contacts.count() == 1


def test_second_of_two_with_one_identifier_is_a_duplicate() -> None:
    room = Room()
    answer = room.run(contact(dataFields={"CITY": "London"}), contact(ADA.upper()))
    assert (summary(answer), codes(answer)) == ([1, 0, 0, 0, 1], [["Duplicate"]])
    number = room.get()["contactId"]
    both = room.run(contact(), by_number(number))
    assert (summary(both), codes(both)) == ([0, 1, 0, 0, 1], [["Duplicate"]])


def test_identifier_of_another_contact_is_a_duplicate_too() -> None:
    room = Room()
    number = room.patch()[1]["contactId"]
    room.patch(BOB)
    answer = room.run(by_number(number, email=BOB))
    assert codes(answer) == [["Duplicate"]]
    assert room.get()["contactId"] == number


def test_address_given_up_in_an_import_is_free_for_the_next_contact() -> None:
    room = Room()
    number = room.patch()[1]["contactId"]
    answer = room.run(by_number(number, email="ada.new@example.org"), contact(ADA))
    assert summary(answer) == [1, 1, 0, 0, 0]
    assert room.get("ada.new@example.org")["contactId"] == number
    assert room.get(ADA)["contactId"] != number


def test_suppressed_contacts_are_told_and_stay_so() -> None:
    room = Room(suppressed="gone@example.org")
    room.patch(channelProperties={"email": {"status": "suppressed"}})
    answer = room.run(contact(dataFields={"CITY": "London"}), contact("gone@example.org"))
    assert codes(answer) == [["GloballySuppressed"]] * 2
    assert summary(answer) == [0, 1, 2, 0, 0]
    assert ["contactId" in one for one in answer["failures"]] == [True, False]
    assert room.get()["status"] == "suppressed"
    assert room.get()["dataFields"] == {"CITY": "London"}
    with refused(404, "contacts:contactNotFound"):
        room.get("gone@example.org")


def test_contact_is_written_even_where_its_lists_or_preferences_are_not() -> None:
    room = Room()
    wish = [{"id": 30, "isOptedIn": True}, {"id": 31, "isOptedIn": True}]
    answer = room.run(contact(lists=[4101, 7], preferences=wish))
    number = room.get()["contactId"]
    assert summary(answer) == [1, 0, 0, 0, 0]
    assert codes(answer) == [["InvalidAddressBookIds", "preferencesNotApplied"]]
    assert answer["failures"][0]["contactId"] == number
    assert answer["created"][0]["contactId"] == number
    kept = room.get()
    assert [one["id"] for one in (*kept["lists"], *kept["preferences"])] == [4101, 31]


@pytest.mark.parametrize("switch", [f"{ADA} x@y.test", "all"])
def test_consent_records_can_fail_beside_an_update(switch: str) -> None:
    room = Room(consent_failures=switch)
    room.patch()
    number = room.get()["contactId"]
    by_id = by_number(number) | {"consentRecords": [CONSENT]}
    answer = room.run(by_id, contact(BOB))
    assert codes(answer) == [["consentRecordsNotApplied"]]
    assert (answer["failures"][0]["contactId"], summary(answer)) == (number, [1, 1, 0, 0, 0])
    assert room.get()["consentRecords"] == []


def test_named_addresses_are_updated_and_fail_too() -> None:
    answer = Room(partial_failure=BOB).run(contact(), contact(BOB))
    assert (summary(answer), codes(answer)) == ([2, 0, 0, 0, 0], [["preferencesNotApplied"]])


def test_import_counts_the_mails_of_double_opt_in() -> None:
    room = Room()
    wish: dict[str, Any] = {"channelProperties": {"email": {"optInType": "verifiedDouble"}}}
    room.run(contact(**wish), contact(BOB))
    room.run(contact(**wish))
    assert [(one["email"], one["confirmation"]) for one in room.mails()] == [(ADA, 2)]


@pytest.mark.parametrize(
    ("option", "city"),
    [
        (None, "Paris"),
        ("overwrite", "Paris"),
        ("overwriteIfNotEmpty", "Paris"),
        ("overwriteIfEmpty", "London"),
    ],
)
def test_merge_option_of_an_import_is_in_camel_case(option: str | None, city: str) -> None:
    room = Room()
    room.patch(dataFields={"CITY": "London"})
    room.run(contact(dataFields={"CITY": "Paris"}), mergeOption=option)
    assert room.get()["dataFields"] == {"CITY": city}


# --- switches of results ---------------------------------------------------------------------


def test_failure_codes_can_be_in_camel_case() -> None:
    room = Room(failure_codes=FailureCodes.CAMEL)
    answer = room.run(contact("bad@@example.org"), contact(), contact(), contact(BOB, lists=[7]))
    assert codes(answer) == [["invalidEmail"], ["duplicateIdentifier"], ["invalidAddressBookIds"]]


def test_identifiers_come_back_as_sent_or_normalised() -> None:
    sent = {"email": "ADA@Example.org", "mobileNumber": "+44 7700 900123"}
    one = {"matchIdentifier": "email", "identifiers": sent}
    assert Room().run(one)["created"][0]["identifiers"] == sent
    answer = Room(echo_identifiers=Echo.NORMALISED).run(one, by_number(7))
    assert answer["created"][0]["identifiers"] == {
        "email": "ada@example.org",
        "mobileNumber": "447700900123",
    }
    assert answer["failures"][0]["identifiers"] == {"contactId": 7}


def test_results_can_be_mixed_dropped_and_joined_by_strangers() -> None:
    sent = [contact(f"p{number}@example.org") for number in range(20)]
    plain = Room().run(*sent)
    mixed = Room(shuffle=True).run(*sent)
    assert mixed["created"] != plain["created"]
    assert sorted(mixed["created"], key=str) == sorted(plain["created"], key=str)
    fewer = Room(drop_results=3, strangers=2).run(*sent)
    assert (len(fewer["created"]), fewer["summary"]["newContacts"]) == (17, 20)
    assert [one["identifiers"]["email"] for one in fewer["updated"]] == [
        "stranger0@example.test",
        "stranger1@example.test",
    ]
    none = Room(drop_results=50).run(*sent, contact("bad@@example.org"))
    assert (none["created"], none["failures"]) == ([], [])


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (ImportEnd.WATCHDOG, "RejectedByWatchdog"),
        (ImportEnd.FAILED, "Failed"),
        (ImportEnd.OVER_ALLOWANCE, "ExceedsAllowedContactLimit"),
    ],
)
def test_import_that_ends_badly_keeps_nothing(end: ImportEnd, status: str) -> None:
    room = Room(import_status=end)
    answer = room.run(contact())
    assert (set(answer), answer["status"]) == ({"importId", "status"}, status)
    assert room.contacts.count() == 0


def test_import_beyond_the_allowance_keeps_nothing() -> None:
    room = Room(contact_allowance=2)
    room.run(contact(ADA), contact(BOB))
    assert room.run(contact(ADA), contact("eve@example.org"))["status"] == (
        "ExceedsAllowedContactLimit"
    )
    assert room.contacts.count() == 2
    assert room.run(contact(ADA, dataFields={"CITY": "London"}))["status"] == "Finished"


# --- whole calls refused ---------------------------------------------------------------------


def start(room: Room, body: bytes) -> Any:
    return room.imports.start(body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "contacts:badJson"),
        (b"[]", "server:badRequest"),
        (b"{}", "contacts:noContactsSpecified"),
        (b'{"contacts": []}', "contacts:noContactsSpecified"),
        (b'{"contacts": {}}', "server:badRequest"),
        (b'{"contacts": [[]]}', "server:badRequest"),
        (b'{"contacts": [{}], "mergeOption": 1}', "server:badRequest"),
        (b'{"contacts": [{}], "mergeOption": "overwrite-if-empty"}', "contacts:badRequest"),
        (b'{"contacts": [{"identifiers": {"email": 1}}]}', "server:badRequest"),
    ],
)
def test_malformed_import_is_refused_as_a_whole(body: bytes, code: str) -> None:
    with refused(400, code):
        start(Room(), body)


def test_one_contact_without_identifiers_refuses_the_import_or_fails_alone() -> None:
    bare = {"matchIdentifier": "email", "dataFields": {"CITY": "London"}}
    room = Room()
    with refused(400, "contacts:badRequest") as caught:
        room.start(contact(), bare)
    assert caught.value.description.startswith("The Identifiers field is required")
    assert caught.value.details[0][0] == "contacts[1].identifiers"
    assert room.contacts.count() == 0
    answer = Room(missing_identifiers=MissingIdentifiers.PER_CONTACT).run(contact(), bare)
    assert (codes(answer), summary(answer)) == ([["NoValidIdentifiers"]], [1, 0, 0, 1, 0])
    assert answer["failures"][0]["identifiers"] == {}


def test_bad_value_or_unknown_field_can_refuse_the_whole_import() -> None:
    with refused(400, "contacts:badRequest"):
        Room(bad_value=BadValue.REFUSE_CALL).start(contact(dataFields={"VIP": "yes"}))
    with refused(400, "contacts:badRequest"):
        Room(unknown_field=UnknownField.REFUSE_CALL).start(contact(dataFields={"X": 1}))


def test_import_that_is_too_long_gets_the_status_of_the_switch() -> None:
    with refused(413, "contacts:badRequest"):
        Room(max_bytes=20).start(contact())
    with refused(400, "contacts:badRequest"):
        Room(max_bytes=20, oversize_status=400).start(contact())


def test_one_import_too_many_is_refused_until_another_ends() -> None:
    room = Room(active_imports=2, polls=1)
    first = room.start(contact())
    room.start(contact())
    with refused(429, "contacts:tooManyActiveImports"):
        room.start(contact(BOB))
    with refused(404, "contacts:contactNotFound"):
        room.get(BOB)
    room.imports.status(first)
    assert room.imports.active() == 1
    room.start(contact(BOB))


def test_import_nobody_asks_about_ends_after_an_hour() -> None:
    room = Room(active_imports=1)
    room.start(contact())
    room.clock.time += 3601
    room.start(contact())


# --- asking ----------------------------------------------------------------------------------


def test_import_takes_its_time_by_the_clock() -> None:
    room = Room(polls=0, import_seconds=5.0)
    number = room.start(contact())
    assert room.imports.status(number)["status"] == "NotFinished"
    room.clock.time += 5
    assert room.imports.active() == 0
    assert room.imports.status(number.upper())["status"] == "Finished"


def test_import_numbers_are_guids_and_the_same_every_time() -> None:
    numbers = [Room().start(contact()), Room().start(contact()), Room(seed=1).start(contact())]
    assert numbers[0] == numbers[1] != numbers[2]
    guid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(guid, numbers[0])


def test_unknown_import_is_not_found_and_a_malformed_number_is_refused() -> None:
    room = Room()
    with refused(404, "contacts:importNotFound"):
        room.imports.status("3f0c2f9e-5a0e-4c1d-9a55-0f4f5f2a7d10")
    with refused(400, "contacts:invalidId"):
        room.imports.status("12")


def test_results_can_be_forgotten_after_some_answers() -> None:
    room = Room(polls=0, keep_results=2)
    number = room.start(contact())
    for _ in range(2):
        assert room.imports.status(number)["status"] == "Finished"
    with refused(404, "contacts:importNotFound"):
        room.imports.status(number)


def test_imports_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "contacts"
    room = Room(path)
    number = room.start(contact())
    room.imports.status(number)
    room.contacts.database.close()
    again = Room(path)
    assert again.imports.active() == 1
    assert again.imports.status(number)["status"] == "NotFinished"
    assert again.imports.status(number)["created"][0]["identifiers"] == {"email": ADA}
    assert again.start(contact(BOB)) != number
    again.contacts.database.close()


def test_two_thousand_contacts_are_one_import() -> None:
    room = Room(polls=0)
    sent = [contact(f"p{number}@example.org", lists=[4101]) for number in range(2000)]
    body = json.dumps({"contacts": sent}).encode()
    for expected in ([2000, 0], [0, 2000]):
        answer = room.imports.status(room.imports.start(body)["importId"])
        assert summary(answer)[:2] == expected
    assert room.contacts.count() == 2000
