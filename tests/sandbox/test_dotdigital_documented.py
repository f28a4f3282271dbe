"""What the vendor's pages show and its official clients do, replayed over HTTP.

What was observed is compared word for word; of what is documented, the names, their order and the
types. The values are ours.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from importer.sandbox import DotdigitalSettings
from importer.sandbox.dotdigital.settings import FailureCodes, RateScheme

from .dotdigital_caller import DotdigitalCaller, bulk, dotdigital
from .dotdigital_room import StillClock

ADA = "ada.byron@example.org"
CONSENT = {
    "text": "Send me the monthly letter",
    "dateTimeConsented": "2025-03-04T09:15:00Z",
    "url": "https://example.org/join",
    "ipAddress": "203.0.113.7",
    "userAgent": "Mozilla/5.0 (test)",
}
CONTACT: dict[str, Any] = {
    "identifiers": {"email": ADA, "mobileNumber": "447700900123", "crm-id": "C-0042"},
    "dataFields": {
        "FIRSTNAME": "Ada",
        "LOYALTY_POINTS": 1280,
        "VIP": True,
        "BIRTHDAY": "1990-12-10T00:00:00Z",
        "NOTES": None,
    },
    "channelProperties": {
        "email": {
            "status": "subscribed",
            "emailType": "html",
            "optInType": "double",
            "resubscribeOptions": {
                "resubscribeWithNoChallenge": False,
                "preferredLocale": "fr-FR",
                "redirectUrlAfterChallenge": "https://example.org/back",
            },
        },
        "sms": {"status": "subscribed"},
        "whatsApp": {"status": "noSubscription"},
    },
    "lists": [4101, 4102],
    "preferences": [{"id": 31, "isOptedIn": True}, {"id": 32, "isOptedIn": False}],
    "consentRecords": [CONSENT],
}
ANSWERED: dict[str, Any] = {
    "contactId": 90000001,
    "status": "subscribed",
    "created": "2025-03-04T09:15:02.11Z",
    "updated": "2025-03-04T09:15:02.11Z",
    "identifiers": CONTACT["identifiers"],
    "dataFields": {"FIRSTNAME": "Ada", "LOYALTY_POINTS": 1280},
    "channelProperties": {
        "email": {"emailType": "Html", "optInType": "Double", "status": "subscribed"},
        "sms": {"countryCode": "GB", "status": "subscribed"},
        "whatsApp": {"status": "noSubscription"},
    },
    "lists": [{"id": 4101, "name": "Spring", "status": "subscribed"}],
    "preferences": [{"id": 31, "isOptedIn": True, "publicName": "Tea", "privateName": "tea-01"}],
    "consentRecords": [
        {
            "text": "Send me the monthly letter",
            "dateTimeConsented": "2025-03-04T09:15:00",
            "url": "https://example.org/join",
            "ipAddress": "203.0.113.7",
            "userAgent": "Mozilla/5.0 (test)",
            "dateTimeCreated": "2025-03-04T09:15:02",
        }
    ],
}
V2_CONTACT: dict[str, Any] = {
    "contact": {
        "email": ADA,
        "optInType": "Single",
        "emailType": "Html",
        "dataFields": [{"key": "FIRSTNAME", "value": "Ada"}],
    },
    "consentFields": [
        {
            "fields": [
                {"key": "consenttext", "value": "Send me the monthly letter"},
                {"key": "consentdatetime", "value": "2025-03-04T09:15:00Z"},
                {"key": "consenturl", "value": "https://example.org/join"},
                {"key": "consentip", "value": "203.0.113.7"},
                {"key": "consentuseragent", "value": "Mozilla/5.0 (test)"},
            ]
        }
    ],
    "preferences": [
        {
            "id": 30,
            "isPreference": False,
            "preferences": [{"id": 31, "isPreference": True, "isOptedIn": True}],
        },
        {"id": 40, "isPreference": True, "isOptedIn": False},
    ],
}
V2_PATH = "/v2/contacts/with-consent-and-preferences"


def patch(sandbox: DotdigitalCaller, body: dict[str, Any]) -> httpx.Response:
    return sandbox.client.patch(f"/contacts/v3/email/{ADA}", json=body)


def finished(sandbox: DotdigitalCaller, *contacts: dict[str, Any]) -> dict[str, Any]:
    import_id = sandbox.start(*contacts).json()["importId"]
    answers = [sandbox.poll(import_id).json() for _ in range(DotdigitalSettings().polls + 1)]
    last: dict[str, Any] = answers[-1]
    return last


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["errorCode"]


# --- PATCH -----------------------------------------------------------------------------------


def test_documented_contact_is_taken_with_all_its_sections() -> None:
    sandbox = dotdigital(StillClock())
    answer = patch(sandbox, CONTACT)
    assert answer.status_code == 201
    contact = answer.json()
    assert list(contact) == list(ANSWERED)
    assert contact["channelProperties"] == ANSWERED["channelProperties"]
    assert contact["dataFields"] == {
        "FIRSTNAME": "Ada",
        "LOYALTY_POINTS": 1280,
        "VIP": True,
        "BIRTHDAY": "1990-12-10T00:00:00Z",
    }
    assert [one["id"] for one in contact["lists"]] == [4101, 4102]
    assert [one["isOptedIn"] for one in contact["preferences"]] == [True, False]
    assert patch(sandbox, CONTACT).status_code == 200


def test_documented_answer_comes_back_name_by_name() -> None:
    body = CONTACT | {
        "dataFields": ANSWERED["dataFields"],
        "lists": [4101],
        "preferences": [{"id": 31, "isOptedIn": True}],
    }
    answer = patch(dotdigital(StillClock()), body)
    assert json.dumps(answer.json()) == json.dumps(ANSWERED)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_null_clears_a_data_field_and_is_not_valid_for_an_identifier() -> None:
    sandbox = dotdigital()
    patch(sandbox, CONTACT)
    cleared = patch(sandbox, {"identifiers": {"email": ADA}, "dataFields": {"FIRSTNAME": None}})
    assert "FIRSTNAME" not in cleared.json()["dataFields"]
    assert patch(sandbox, {"identifiers": {"mobileNumber": None}}).status_code == 400


def test_deleted_contact_is_undeleted_and_updated() -> None:
    sandbox = dotdigital()
    number = patch(sandbox, CONTACT).json()["contactId"]
    where = f"/contacts/v3/email/{ADA}"
    assert sandbox.client.delete(where).json() == {"contactId": number}
    assert sandbox.client.get(where).json()["status"] == "binned"
    answer = patch(sandbox, {"dataFields": {"CITY": "London"}})
    assert (answer.status_code, answer.json()["contactId"]) == (200, number)


def test_match_identifier_that_official_clients_add_to_a_patch_is_tolerated() -> None:
    assert patch(dotdigital(), {"matchIdentifier": "email", **CONTACT}).status_code == 201


@pytest.mark.parametrize("at", ["2018-01-26T21:29:00", "2018-01-26T21:29:00Z"])
def test_consent_times_of_official_clients_are_taken(at: str) -> None:
    answer = patch(
        dotdigital(), CONTACT | {"consentRecords": [{**CONSENT, "dateTimeConsented": at}]}
    )
    assert answer.json()["consentRecords"][0]["dateTimeConsented"] == "2018-01-26T21:29:00"


def test_five_consent_records_are_the_most() -> None:
    assert patch(dotdigital(), CONTACT | {"consentRecords": [CONSENT] * 5}).status_code == 201
    assert patch(dotdigital(), CONTACT | {"consentRecords": [CONSENT] * 6}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"dataFields": [{"key": "FIRSTNAME", "value": "Ada"}]},
        {"preferences": {"31": True}},
    ],
)
def test_observed_refusal_of_wrong_types_has_its_three_parts(wrong: dict[str, Any]) -> None:
    answer = patch(dotdigital(), CONTACT | wrong)
    told = answer.json()
    assert error(answer) == (400, "server:badRequest")
    assert list(told) == ["errorCode", "description", "details"]
    assert told["description"] == "Bad request"
    assert list(told["details"][0]) == ["item", "description"]
    assert re.fullmatch(r"line \d+, position \d+", told["details"][0]["item"])


def test_observed_call_of_a_plug_in_that_replaces_is_refused_for_its_types() -> None:
    sandbox = dotdigital()
    patch(sandbox, CONTACT)
    sent = {
        "identifiers": {"email": ADA},
        "dataFields": [{"key": "FIRSTNAME", "value": "Eva"}],
        "preferences": {"31": True},
    }
    answer = sandbox.client.put(f"/contacts/v3/email/{ADA}", json=sent)
    assert error(answer) == (400, "server:badRequest")
    assert answer.json()["description"] == "Bad request"
    assert sandbox.contacts()[0]["data"]["FIRSTNAME"] == "Ada"


def test_documented_replacement_leaves_what_it_does_not_name_nowhere() -> None:
    sandbox = dotdigital()
    number = patch(sandbox, CONTACT).json()["contactId"]
    where = f"/contacts/v3/email/{ADA}"
    answer = sandbox.client.put(where, json={"dataFields": {"CITY": "London"}})
    assert (answer.status_code, answer.json()["contactId"]) == (200, number)
    shown = {name: answer.json()[name] for name in ("identifiers", "dataFields", "lists")}
    assert shown == {"identifiers": {"email": ADA}, "dataFields": {"CITY": "London"}, "lists": []}
    assert sandbox.client.get("/contacts/v3/crm-id/C-0042").status_code == 404
    refused = sandbox.client.put("/contacts/v3/email/nobody@example.org", json={})
    assert error(refused) == (404, "contacts:contactNotFound")
    assert sandbox.client.put("/contacts/v3/crm-id/C-0042", json={}).status_code == 404
    bare = sandbox.client.put(f"/contacts/v3/contactId/{number}", json={})
    assert error(bare) == (400, "contacts:badRequest")
    assert sandbox.contacts()[0]["data"] == {"CITY": "London"}
    by_mobile = {"identifiers": {"mobileNumber": "447700900123"}}
    told = sandbox.client.put(f"/contacts/v3/contactId/{number}", json=by_mobile).json()
    assert (told["identifiers"], "email" in told["channelProperties"]) == (
        by_mobile["identifiers"],
        False,
    )


def test_documented_refusals_have_their_codes() -> None:
    sandbox = dotdigital()
    patch(sandbox, CONTACT)
    sandbox.patch("bob@example.org")
    assert error(sandbox.patch("bob@example.org", identifiers={"email": ADA})) == (
        409,
        "contacts:identifierConflict",
    )
    bad = sandbox.patch("bob@example.org", identifiers={"email": "bad@@example.org"})
    assert error(bad) == (400, "contacts:invalidId")
    assert re.match(
        "The id value '.*' is invalid for the identifier '.*'", bad.json()["description"]
    )
    missing = sandbox.client.get("/contacts/v3/email/nobody@example.org")
    assert error(missing) == (404, "contacts:contactNotFound")
    assert missing.json()["details"][0]["item"] == "nobody@example.org"
    taken = sandbox.client.post("/contacts/v3", json={"identifiers": {"email": ADA}})
    assert error(taken) == (409, "contacts:identifierConflict")


def test_wrong_password_is_told_in_json_of_the_observed_type() -> None:
    answer = dotdigital().client.get(f"/contacts/v3/email/{ADA}", auth=("nobody", "wrong"))
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


# --- imports ---------------------------------------------------------------------------------


def test_import_is_put_and_asked_about_as_the_official_client_does() -> None:
    sandbox = dotdigital()
    taken = sandbox.client.put("/contacts/v3/import", json={"contacts": [bulk(ADA)]})
    assert (taken.status_code, list(taken.json())) == (202, ["importId"])
    import_id = taken.json()["importId"]
    first = sandbox.client.get(f"/contacts/v3/import/{import_id}")
    assert first.json() == {"importId": import_id, "status": "NotFinished"}
    assert sandbox.client.post("/contacts/v3/import", json={}).status_code == 404


def test_documented_import_matches_by_address_and_by_number() -> None:
    sandbox = dotdigital()
    number = sandbox.patch("ada.old@example.org").json()["contactId"]
    body = {
        "mergeOption": "overwriteIfNotEmpty",
        "contacts": [
            {
                "matchIdentifier": "email",
                "identifiers": {"email": ADA},
                "dataFields": {"FIRSTNAME": "Ada"},
                "lists": [4101],
            },
            {
                "matchIdentifier": "contactId",
                "identifiers": {"contactId": number, "email": "ada.new@example.org"},
            },
        ],
    }
    answer = sandbox.client.put("/contacts/v3/import", json=body)
    assert answer.status_code == 202
    addresses = sorted(one["identifiers"]["email"] for one in sandbox.contacts())
    assert addresses == [ADA, "ada.new@example.org"]


@pytest.mark.parametrize("spelling", FailureCodes)
def test_documented_results_come_back_name_by_name(spelling: FailureCodes) -> None:
    sandbox = dotdigital(consent_failures="c@example.org", failure_codes=spelling)
    ada = sandbox.patch(ADA).json()["contactId"]
    invalid, consents = {
        FailureCodes.PASCAL: ("InvalidEmail", "consentRecordsNotApplied"),
        FailureCodes.CAMEL: ("invalidEmail", "consentRecordsNotApplied"),
    }[spelling]
    answer = finished(
        sandbox,
        bulk(ADA),
        bulk("b@example.org"),
        bulk("bad@@example.org"),
        bulk("c@example.org", consentRecords=[CONSENT]),
    )
    for failure in answer["failures"]:
        for one in failure["failures"]:
            assert list(one) == ["failureCode", "description"]
            one["description"] = "…"
    del answer["importId"]
    expected = {
        "status": "Finished",
        "summary": {
            "newContacts": 2,
            "updatedContacts": 1,
            "globallySuppressed": 0,
            "invalidEntries": 1,
            "duplicateIdentifiers": 0,
        },
        "created": [
            {"contactId": ada + 1, "identifiers": {"email": "b@example.org"}},
            {"contactId": ada + 2, "identifiers": {"email": "c@example.org"}},
        ],
        "updated": [{"contactId": ada, "identifiers": {"email": ADA}}],
        "failures": [
            {
                "matchIdentifier": "email",
                "identifiers": {"email": "bad@@example.org"},
                "failures": [{"failureCode": invalid, "description": "…"}],
            },
            {
                "contactId": ada + 2,
                "matchIdentifier": "email",
                "identifiers": {"email": "c@example.org"},
                "failures": [{"failureCode": consents, "description": "…"}],
            },
        ],
    }
    assert json.dumps(answer) == json.dumps(expected)


def test_documented_count_of_duplicates_is_of_contacts_told_as_failures() -> None:
    answer = finished(dotdigital(), bulk(ADA), bulk(ADA.upper()), bulk("bad@@example.org"))
    assert answer["summary"] == {
        "newContacts": 1,
        "updatedContacts": 0,
        "globallySuppressed": 0,
        "invalidEntries": 1,
        "duplicateIdentifiers": 1,
    }
    codes = [one["failures"][0]["failureCode"] for one in answer["failures"]]
    assert codes == ["Duplicate", "InvalidEmail"]


def test_malformed_address_among_two_hundred_good_ones_does_not_refuse_the_import() -> None:
    sandbox = dotdigital()
    good = [bulk(f"p{number}@example.org") for number in range(200)]
    answer = finished(sandbox, *good, bulk("not an address"))
    assert (answer["summary"]["newContacts"], answer["summary"]["invalidEntries"]) == (200, 1)


def test_contact_without_identifiers_is_refused_in_the_observed_words() -> None:
    answer = dotdigital().start({"matchIdentifier": "email", "dataFields": {"FIRSTNAME": "Ada"}})
    assert error(answer) == (400, "contacts:badRequest")
    assert answer.json()["description"].startswith("The Identifiers field is required")


def test_twenty_sixth_import_under_way_is_one_too_many() -> None:
    sandbox = dotdigital()
    for _ in range(25):
        assert sandbox.start(bulk(ADA)).status_code == 202
    assert error(sandbox.start(bulk(ADA))) == (429, "contacts:tooManyActiveImports")


def test_unreadable_import_and_unknown_number_have_their_codes() -> None:
    sandbox = dotdigital()
    unreadable = sandbox.client.put("/contacts/v3/import", content=b'{"contacts": [')
    assert error(unreadable) == (400, "contacts:badJson")
    unknown = sandbox.poll("3f0c2f9e-5a0e-4c1d-9a55-0f4f5f2a7d10")
    assert error(unknown) == (404, "contacts:importNotFound")
    assert sandbox.poll("12").status_code == 400


# --- version 2 -------------------------------------------------------------------------------


def test_documented_call_of_version_2_is_answered_name_by_name() -> None:
    answer = dotdigital().client.post(V2_PATH, json=V2_CONTACT)
    assert answer.status_code == 201
    told = answer.json()
    assert list(told) == ["contact", "consentFields", "preferences"]
    assert list(told["contact"]) == [
        "id",
        "email",
        "optInType",
        "emailType",
        "dataFields",
        "status",
    ]
    assert told["contact"]["dataFields"] == V2_CONTACT["contact"]["dataFields"]
    assert told["consentFields"] == [
        {
            "id": None,
            "fields": [
                {"key": "TEXT", "value": "Send me the monthly letter"},
                {"key": "DATETIMECONSENTED", "value": "2025-03-04T09:15:00.000Z"},
                {"key": "URL", "value": "https://example.org/join"},
                {"key": "IPADDRESS", "value": "203.0.113.7"},
                {"key": "USERAGENT", "value": "Mozilla/5.0 (test)"},
            ],
        }
    ]


def test_names_in_any_case_are_taken_by_version_2_as_observed() -> None:
    shouted = {
        "Contact": {"Email": ADA, "DataFields": [{"Key": "FIRSTNAME", "Value": "Ada"}]},
        "ConsentFields": V2_CONTACT["consentFields"],
    }
    answer = dotdigital().client.post(V2_PATH, json=shouted)
    assert answer.status_code == 201
    assert answer.json()["contact"]["dataFields"] == [{"key": "FIRSTNAME", "value": "Ada"}]


def test_double_opt_in_of_version_2_waits_for_the_contact() -> None:
    contact = {**V2_CONTACT["contact"], "optInType": "VerifiedDouble"}
    told = dotdigital().client.post(V2_PATH, json=V2_CONTACT | {"contact": contact}).json()
    assert (told["contact"]["optInType"], told["contact"]["status"]) == ("Double", "PendingOptIn")


def test_observed_messages_of_version_2_are_word_for_word() -> None:
    sandbox = dotdigital(suppressed=ADA)
    suppressed = sandbox.client.post(V2_PATH, json=V2_CONTACT)
    assert (suppressed.status_code, suppressed.content) == (
        400,
        b'{"message":"Contact is suppressed. ERROR_CONTACT_SUPPRESSED"}',
    )
    invalid = sandbox.client.post(V2_PATH, json={"contact": {"email": "nobody"}})
    assert invalid.content == (
        b'{"message":"Email is not a valid email address. ERROR_PARAMETER_INVALID"}'
    )
    missing = sandbox.client.get("/v2/contacts/nobody@example.org")
    assert (missing.status_code, missing.content) == (
        404,
        b'{"message":"Error: ERROR_CONTACT_NOT_FOUND"}',
    )
    flat = dotdigital(rate_scheme=RateScheme.FLAT, flat_calls=1).client
    capped = [flat.get("/v2/server-time") for _ in range(2)][1]
    assert (capped.status_code, capped.content) == (
        400,
        b'{"message":"Your account has generated excess API activity and is being temporarily '
        b'capped. Please contact support. ERROR_APIUSAGE_EXCEEDED"}',
    )
    denied = sandbox.client.get("/v2/data-fields", auth=("nobody", "wrong"))
    assert (denied.status_code, denied.content) == (
        401,
        b'{"message":"Authorization has been denied for this request."}',
    )


def test_documented_tree_of_preferences_has_its_names() -> None:
    sandbox = dotdigital()
    told = sandbox.client.post(V2_PATH, json=V2_CONTACT).json()["preferences"]
    listed = sandbox.client.get("/v2/preferences").json()
    names = [
        "id",
        "publicName",
        "privateName",
        "isPreference",
        "order",
        "isPublic",
        "categoryId",
        "preferenceCount",
        "created",
        "lastModified",
    ]
    (category, root), (leaf, _) = listed, listed[0]["preferences"]
    assert list(category) == [*names, "preferences"]
    assert list(root) == list(leaf) == names
    assert (category["isPreference"], category["order"], category["preferenceCount"]) == (
        False,
        "0",
        2,
    )
    assert (root["categoryId"], leaf["categoryId"]) == (0, category["id"])
    assert told == sandbox.client.get(f"/v2/contacts/{ADA}/preferences").json()
    leaves = {one["id"]: one["isOptedIn"] for one in [*told[0]["preferences"], told[1]]}
    assert leaves == {31: True, 32: False, 40: False}
    assert "isOptedIn" not in told[0]


def test_documented_account_tells_its_lists_its_address_and_its_clock() -> None:
    client = dotdigital(StillClock()).client
    books = client.get("/v2/address-books?select=1000&skip=0").json()
    assert {tuple(one) for one in books} == {("id", "name", "visibility", "contacts")}
    info = client.get("/v2/account-info").json()
    assert list(info) == ["id", "properties"]
    assert {tuple(one) for one in info["properties"]} == {("name", "type", "value")}
    told = {one["name"]: one["value"] for one in info["properties"]}
    assert told["ApiEndpoint"] == "http://sandbox.test/"
    assert int(told["ApiCallsInLastHour"]) + int(told["ApiCallsRemaining"]) == 2000
    assert told["TimeZoneIana"]
    assert client.get("/v2/server-time").text.startswith("2025-03-04T09:15:02")
    named = client.get("/configuration/v3/customIdentifiers").json()
    assert [one["name"] for one in named] == ["crm-id", "customer_no"]


def test_documented_host_of_another_region_denies_all_but_account_info() -> None:
    client = dotdigital(other_region=True).client
    denied = client.patch(f"/contacts/v3/email/{ADA}", json=CONTACT)
    assert denied.status_code == 403
    assert "403 - Forbidden: Access is denied" in denied.text
    assert client.get("/v2/account-info").status_code == 200


def test_documented_data_fields_are_listed_name_by_name() -> None:
    fields = {one["name"]: one for one in dotdigital().client.get("/v2/data-fields").json()}
    assert json.dumps([fields["FIRSTNAME"], fields["VIP"]]) == json.dumps(
        [
            {"name": "FIRSTNAME", "type": "String", "visibility": "Public", "defaultValue": None},
            {"name": "VIP", "type": "Boolean", "visibility": "Private", "defaultValue": False},
        ]
    )
