from __future__ import annotations

from typing import Any

import pytest

from .caller import StillClock
from .dotdigital_caller import DotdigitalCaller, bulk, dotdigital

CHOICES = [
    {
        "id": 30,
        "isPreference": False,
        "preferences": [{"id": 31, "isPreference": True, "isOptedIn": True}],
    },
    {"id": 40, "isPreference": True, "isOptedIn": False},
]
CONSENT = [
    {"key": "consenttext", "value": "Send me the monthly letter"},
    {"key": "consentdatetime", "value": "2025-03-04T09:15:00Z"},
    {"key": "consenturl", "value": "https://example.org/join"},
    {"key": "consentip", "value": "203.0.113.7"},
    {"key": "consentuseragent", "value": "Mozilla/5.0 (test)"},
]


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"key": name, "value": value} for name, value in values.items()]


def chosen(nodes: list[dict[str, Any]]) -> dict[int, bool]:
    """Preference -> yes or no, of an answer's tree."""
    found: dict[int, bool] = {}
    for node in nodes:
        found.update(chosen(node.get("preferences", [])))
        if "isOptedIn" in node:
            found[node["id"]] = node["isOptedIn"]
    return found


def refused(sandbox: DotdigitalCaller, **members: Any) -> tuple[int, str]:
    """Status and code of a refused call."""
    answer = sandbox.write_v2(members.pop("address", "a@b.test"), **members)
    assert sandbox.contacts() == []
    return answer.status_code, answer.json()["message"].rpartition(" ")[2]


# --- with-consent-and-preferences ----------------------------------------------------------------


def test_documented_call_is_answered_with_contact_consent_and_the_tree() -> None:
    sandbox = dotdigital()
    answer = sandbox.write_v2(
        "ada.byron@example.org",
        contact={"optInType": "Single", "emailType": "Html", "dataFields": pairs(FIRSTNAME="Ada")},
        consentFields=[{"fields": CONSENT}],
        preferences=CHOICES,
    )
    assert answer.status_code == 201
    told = answer.json()
    assert list(told) == ["contact", "consentFields", "preferences"]
    assert told["contact"] == {
        "id": told["contact"]["id"],
        "email": "ada.byron@example.org",
        "optInType": "Single",
        "emailType": "Html",
        "dataFields": [{"key": "FIRSTNAME", "value": "Ada"}],
        "status": "Subscribed",
    }
    names = ("TEXT", "DATETIMECONSENTED", "URL", "IPADDRESS", "USERAGENT")
    values = [one["value"] for one in CONSENT]
    values[1] = "2025-03-04T09:15:00.000Z"
    assert told["consentFields"] == [
        {"id": None, "fields": pairs(**dict(zip(names, values, strict=True)))}
    ]
    assert chosen(told["preferences"]) == {31: True, 32: False, 40: False}
    [drinks, _] = told["preferences"]
    assert (drinks["isPreference"], drinks["preferenceCount"]) == (False, 2)
    [kept] = sandbox.contacts()
    assert kept["consents"][0]["dateTimeConsented"] == "2025-03-04T09:15:00"


def test_names_of_members_are_taken_in_any_case() -> None:
    sandbox = dotdigital()
    body = {
        "Contact": {
            "Email": "a@b.test",
            "OptInType": "Double",
            "EmailType": "PlainText",
            "DataFields": [{"Key": "firstname", "Value": "Ada"}],
        },
        "ConsentFields": [{"Fields": [{"Key": "TEXT", "Value": "Yes"}]}],
        "Preferences": [{"Id": 40, "IsPreference": True, "IsOptedIn": True}],
    }
    path = "/v2/contacts/with-consent-and-preferences"
    told = sandbox.client.post(path, json=body).json()
    assert told["contact"]["dataFields"] == [{"key": "FIRSTNAME", "value": "Ada"}]
    assert (told["contact"]["optInType"], told["contact"]["emailType"]) == ("Double", "PlainText")
    assert told["consentFields"][0]["fields"][0] == {"key": "TEXT", "value": "Yes"}
    assert chosen(told["preferences"])[40] is True
    assert sandbox.calls()[0]["keys"] == ["a@b.test"]


def test_update_is_201_too_and_leaves_what_is_not_named() -> None:
    sandbox = dotdigital()
    sandbox.write_v2("a@b.test", contact={"dataFields": pairs(FIRSTNAME="Ada", CITY="Laval")})
    answer = sandbox.write_v2("A@B.test", contact={"dataFields": pairs(CITY="")})
    assert answer.status_code == 201
    [kept] = sandbox.contacts()
    assert kept["data"] == {"FIRSTNAME": "Ada"}
    assert [(call["created"], call["updated"]) for call in sandbox.calls()] == [(1, 0), (0, 1)]


def test_preference_left_out_is_opted_out() -> None:
    sandbox = dotdigital()
    sandbox.write_v2("a@b.test", preferences=CHOICES)
    told = sandbox.write_v2("a@b.test").json()
    assert chosen(told["preferences"]) == {31: False, 32: False, 40: False}


def test_verified_double_is_told_as_double_and_pending_and_mails_once() -> None:
    sandbox = dotdigital()
    told = sandbox.write_v2("a@b.test", contact={"optInType": "VerifiedDouble"}).json()
    assert (told["contact"]["optInType"], told["contact"]["status"]) == ("Double", "PendingOptIn")
    mails = sandbox.client.get("/_sandbox/dotdigital/mails").json()
    assert mails["count"] == 1
    assert mails["mails"][0]["email"] == "a@b.test"


def test_values_of_data_fields_are_text_whatever_the_field() -> None:
    sandbox = dotdigital()
    fields = pairs(VIP="True", LOYALTY_POINTS="1280", BIRTHDAY="1990-12-10", FIRSTNAME="Ada")
    sandbox.write_v2("a@b.test", contact={"dataFields": fields})
    assert sandbox.contacts()[0]["data"] == {
        "VIP": True,
        "LOYALTY_POINTS": 1280,
        "BIRTHDAY": "1990-12-10T00:00:00Z",
        "FIRSTNAME": "Ada",
    }


def test_consent_without_a_time_is_of_now() -> None:
    clock = StillClock()
    told = dotdigital(clock).write_v2("a@b.test", consentFields=[{"fields": CONSENT[:1]}]).json()
    assert told["consentFields"][0]["fields"][1]["value"] == "2027-01-15T08:00:00.250Z"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"address": "a@@b.test"}, "ERROR_PARAMETER_INVALID"),
        ({"contact": {"email": None}}, "ERROR_PARAMETER_INVALID"),
        ({"contact": {"optInType": "Triple"}}, "ERROR_CONTACT_INVALID"),
        ({"contact": {"emailType": 1}}, "ERROR_CONTACT_INVALID"),
        ({"contact": {"dataFields": pairs(SHOE_SIZE="43")}}, "ERROR_DATAFIELD_NOTFOUND"),
        ({"contact": {"dataFields": [{"value": "x"}]}}, "ERROR_DATAFIELD_NOTFOUND"),
        ({"contact": {"dataFields": pairs(VIP="perhaps")}}, "ERROR_DATAFIELD_INVALID"),
        ({"contact": {"dataFields": pairs(LOYALTY_POINTS="many")}}, "ERROR_DATAFIELD_INVALID"),
        ({"contact": {"dataFields": pairs(NOTES="x" * 1001)}}, "ERROR_DATAFIELD_VALUE_OVERFLOW"),
        ({"contact": {"dataFields": {"FIRSTNAME": "Ada"}}}, "ERROR_MALFORMED_REQUEST"),
        ({"contact": {"dataFields": ["FIRSTNAME"]}}, "ERROR_MALFORMED_REQUEST"),
        ({"consentFields": [{"fields": pairs(consentcity="x")}]}, "ERROR_MALFORMED_REQUEST"),
        ({"consentFields": [{"fields": pairs(consenttext=1)}]}, "ERROR_MALFORMED_REQUEST"),
        ({"consentFields": [{"fields": pairs(consentdatetime="x")}]}, "ERROR_MALFORMED_REQUEST"),
        ({"preferences": [{"id": 99, "isPreference": True}]}, "ERROR_PREFERENCE_NOT_FOUND"),
        ({"preferences": [{"id": 30, "isPreference": True}]}, "ERROR_PREFERENCE_INVALID"),
        (
            {"preferences": [{"id": 31, "isPreference": True, "isOptedIn": True}]},
            "ERROR_PREFERENCE_INVALID",
        ),
        ({"preferences": [{"id": 40, "isPreference": True}]}, "ERROR_MALFORMED_REQUEST"),
        ({"preferences": [{"id": "40", "isPreference": True}]}, "ERROR_MALFORMED_REQUEST"),
        ({"preferences": [{"id": 40}]}, "ERROR_MALFORMED_REQUEST"),
    ],
)
def test_what_does_not_fit_refuses_the_call_and_keeps_nothing(
    members: dict[str, Any], code: str
) -> None:
    assert refused(dotdigital(), **members) == (400, code)


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"contact":"a@b.test"}', b"{}"])
def test_body_that_is_no_contact_is_malformed(body: bytes) -> None:
    path = "/v2/contacts/with-consent-and-preferences"
    answer = dotdigital().client.post(path, content=body)
    assert answer.status_code == 400
    assert answer.json()["message"].endswith(" ERROR_MALFORMED_REQUEST")


def test_suppressed_contact_is_refused_in_the_observed_words() -> None:
    sandbox = dotdigital(suppressed="gone@b.test")
    told = {"message": "Contact is suppressed. ERROR_CONTACT_SUPPRESSED"}
    answer = sandbox.write_v2("gone@b.test")
    assert (answer.status_code, answer.json()) == (400, told)
    assert sandbox.contacts() == []
    sandbox.patch("a@b.test", channelProperties={"email": {"status": "suppressed"}})
    assert sandbox.write_v2("A@b.test").json() == told


# --- read back, and preferences alone -------------------------------------------------------------


def test_contact_is_read_by_address_or_number() -> None:
    sandbox = dotdigital()
    number = sandbox.write_v2("a@b.test").json()["contact"]["id"]
    told = sandbox.client.get("/v2/contacts/a@b.test").json()
    assert told["id"] == number
    assert sandbox.client.get(f"/v2/contacts/{number}").json() == told
    missing = sandbox.client.get("/v2/contacts/nobody@b.test")
    assert (missing.status_code, missing.json()) == (
        404,
        {"message": "Error: ERROR_CONTACT_NOT_FOUND"},
    )
    sandbox.client.delete("/contacts/v3/email/a@b.test")
    assert sandbox.client.get("/v2/contacts/a@b.test").status_code == 404


def test_contact_in_the_recycle_bin_comes_back() -> None:
    sandbox = dotdigital()
    number = sandbox.write_v2("a@b.test").json()["contact"]["id"]
    sandbox.client.delete("/contacts/v3/email/a@b.test")
    assert sandbox.contacts() == []
    assert sandbox.write_v2("a@b.test").json()["contact"]["id"] == number


def test_preferences_of_a_contact_are_set_and_those_not_named_stay() -> None:
    sandbox = dotdigital()
    sandbox.patch("a@b.test", preferences=[{"id": 40, "isOptedIn": True}])
    path = "/v2/contacts/a@b.test/preferences"
    assert chosen(sandbox.client.get(path).json()) == {31: False, 32: False, 40: True}
    assert sandbox.client.put(path, json=CHOICES[:1]).status_code == 200
    assert chosen(sandbox.client.get(path).json()) == {31: True, 32: False, 40: True}
    assert sandbox.calls()[-2]["keys"] == ["a@b.test"]
    assert sandbox.client.put("/v2/contacts/x@b.test/preferences", json=[]).status_code == 404


# --- the account ---------------------------------------------------------------------------------


def test_data_fields_are_listed_flat_with_types_and_defaults() -> None:
    listed = dotdigital().client.get("/v2/data-fields/").json()
    assert listed[0] == {
        "name": "FIRSTNAME",
        "type": "String",
        "visibility": "Public",
        "defaultValue": None,
    }
    assert {
        "name": "VIP",
        "type": "Boolean",
        "visibility": "Private",
        "defaultValue": False,
    } in listed


def test_preferences_are_listed_as_a_tree_without_choices() -> None:
    [drinks, events] = dotdigital().client.get("/v2/preferences").json()
    assert [one["id"] for one in drinks["preferences"]] == [31, 32]
    assert drinks["preferences"][0]["categoryId"] == 30
    assert (drinks["categoryId"], events["categoryId"], events["order"]) == (0, 0, "1")
    assert chosen([drinks, events]) == {}
    assert "preferences" not in events


def test_address_books_are_listed_a_page_at_a_time_with_their_members() -> None:
    sandbox = dotdigital()
    sandbox.start(bulk("a@b.test", lists=[4102]), bulk("c@d.test", lists=[4102, 4103]))
    listed = sandbox.client.get("/v2/address-books").json()
    assert [(one["id"], one["contacts"]) for one in listed] == [(4101, 0), (4102, 2), (4103, 1)]
    paged = sandbox.client.get("/v2/address-books?select=1&skip=1").json()
    assert paged == [{"id": 4102, "name": "Newsletter", "visibility": "Public", "contacts": 2}]
    for query in ("select=1001", "skip=-1", "select=all"):
        assert sandbox.client.get(f"/v2/address-books?{query}").status_code == 400


def test_custom_identifiers_are_listed() -> None:
    listed = dotdigital().client.get("/configuration/v3/customIdentifiers").json()
    assert [one["name"] for one in listed] == ["crm-id", "customer_no"]


def test_server_tells_its_time_in_utc() -> None:
    answer = dotdigital(StillClock()).client.get("/v2/server-time")
    assert answer.text == "2027-01-15T08:00:00.250000Z"
    assert answer.headers["content-type"].startswith("text/plain")
