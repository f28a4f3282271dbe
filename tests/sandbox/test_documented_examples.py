"""The vendor's published samples, word for word but for comments and trailing commas."""

from __future__ import annotations

from typing import Any

from importer.sandbox import Project

from .caller import MERGE, Caller, caller, statuses

VENDOR = Project(id_project=123456, id_key=5335, key="abcdefghijklmnopkrstuvwxyz")


def sample(allow_insert: bool, allow_update: bool, **values: dict[str, Any]) -> dict[str, Any]:
    return {
        "AuthKey": {"idKey": 5335, "Key": "abcdefghijklmnopkrstuvwxyz"},
        "idProject": 123456,
        "Records": [
            {"ID": {"key_f_EMail": f"{name}@domain.com"}, "Data": held}
            for name, held in values.items()
        ],
        "MergeOptions": {
            "AllowInsert": allow_insert,
            "AllowUpdate": allow_update,
            "SkipDuplicateRecords": False,
            "SkipUnmatchedRecords": False,
            "ReturnRecordsOnSuccess": False,
            "ReturnRecordsOnError": False,
            "FieldOptions": None,
        },
    }


def claire_and_marc(**consent: str) -> dict[str, dict[str, str]]:
    return {
        "claire": {"f_FirstName": "Claire", "f_LastName": "Brown", **consent},
        "marc": {"f_FirstName": "Marc", "f_LastName": "Tremblay", **consent},
    }


def kept(sandbox: Caller, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(one.get(name) for name in names) for one in sandbox.contacts()]


def test_optin_samples_create_update_and_synchronize() -> None:
    sandbox = caller(project=VENDOR)
    create = sample(True, False, **claire_and_marc(optin_Newsletter="1"))
    assert statuses(sandbox.client.post(MERGE, json=create)) == ["Created", "Created"]

    one, zero = {"optin_Newsletter": "1"}, {"optin_Newsletter": "0"}
    update = sample(False, True, claire=one, marc=one, paul=zero)
    assert statuses(sandbox.client.post(MERGE, json=update)) == ["Updated", "Updated", "Error"]

    paul = sample(True, False, paul={"optin_Newsletter": "1"})
    sandbox.client.post(MERGE, json=paul)
    whole = sample(True, True, **claire_and_marc(optin_Newsletter="1"), paul=zero)
    assert statuses(sandbox.client.post(MERGE, json=whole)) == ["Updated"] * 3
    assert kept(sandbox, "f_FirstName", "optin_Newsletter") == [
        ("Claire", "1"),
        ("Marc", "1"),
        (None, "0"),
    ]


def test_tracking_consent_samples_are_taken_with_their_dates() -> None:
    sandbox = caller(project=VENDOR)
    given = {"hasTrackingConsent": "1", "dtTrackingConsent": "2026.10.24"}
    refused = {"hasTrackingConsent": "0", "dtTrackingConsent": "2026.10.24"}
    whole = sample(True, True, **claire_and_marc(**given), paul=refused)
    assert statuses(sandbox.client.post(MERGE, json=whole)) == ["Created"] * 3
    assert kept(sandbox, "hasTrackingConsent", "dtTrackingConsent") == [
        ("1", "2026.10.24"),
        ("1", "2026.10.24"),
        ("0", "2026.10.24"),
    ]


def test_spelling_of_the_optin_in_the_articles_text_is_the_same_optin() -> None:
    sandbox = caller(project=VENDOR)
    sandbox.client.post(MERGE, json=sample(True, True, claire={"optin_newsletter": "1"}))
    assert kept(sandbox, "optin_Newsletter") == [("1",)]
