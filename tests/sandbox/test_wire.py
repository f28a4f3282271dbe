from __future__ import annotations

import json
from typing import Any

import pytest

from importer.sandbox import Style

from .caller import (
    GET,
    KEY,
    MERGE,
    PROJECT,
    PROJECTS,
    UPSERT,
    Caller,
    StillClock,
    caller,
    record,
    statuses,
)


def test_answer_has_the_observed_members_in_the_observed_order() -> None:
    answer = caller().merge(record("a@b.test")).json()
    assert list(answer) == [
        "Success",
        "ErrorCode",
        "ErrorMessage",
        "CreatedRecords",
        "UpdatedRecords",
        "Records",
        "idRequest",
        "Trace",
    ]
    assert answer["Success"] is True
    assert answer["ErrorCode"] is answer["ErrorMessage"] is None
    assert list(answer["Records"][0].items()) == [
        ("IdRecord", 1),
        ("Status", "Created"),
        ("ValidationResult", "OK"),
        ("Message", None),
        ("ID", {"key_f_EMail": "a@b.test"}),
        ("Data", None),
        ("Record", None),
    ]


def test_answer_is_laid_out_as_observed() -> None:
    answer = caller().merge(record("a@b.test"))
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "private"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.content.startswith(
        b'{\r\n  "Success": true,\r\n  "ErrorCode": null,\r\n  "ErrorMessage": null,\r\n'
    )
    assert b"\n" not in answer.content.replace(b"\r\n", b"")


def test_compact_answer_says_the_same() -> None:
    clock = StillClock()
    plain, compact = caller(clock), caller(clock, compact=True)
    one, other = (each.merge(record("a@b.test")) for each in (plain, compact))
    assert b"\n" not in other.content
    assert one.json() == other.json()


def test_request_number_rises() -> None:
    sandbox = caller()
    numbers = [
        sandbox.merge().json()["idRequest"],
        sandbox.post(PROJECT).json()["idRequest"],
        sandbox.post("/webservices/ofc4/contacts.ashx?method=Nope").json()["idRequest"],
    ]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    "path",
    [
        "/webservices/ofc4/Contacts.ashx?method=merge",
        "/webservices/ofc4/CONTACTS.ASHX?method=Merge",
    ],
)
def test_names_of_service_and_method_ignore_case(path: str) -> None:
    answer = caller().post(path, Records=[record("a@b.test")], MergeOptions=UPSERT)
    assert statuses(answer) == ["Created"]


@pytest.mark.parametrize(("id_key", "id_project"), [(1, 1), ("1", "1")])
def test_numbers_of_key_and_project_may_be_strings(id_key: object, id_project: object) -> None:
    members = {"AuthKey": {"Key": "sandbox", "idKey": id_key}, "idProject": id_project}
    assert caller().client.post(PROJECT, json=members).json()["Success"] is True


REFUSALS: list[tuple[str, dict[str, Any], int, str]] = [
    (PROJECT, {"AuthKey": {"idKey": 1, "Key": "Sandbox"}}, 401, "SandboxInvalidCredentials"),
    (PROJECT, {"AuthKey": {"idKey": 2, "Key": "sandbox"}}, 401, "SandboxInvalidCredentials"),
    (PROJECT, {"AuthKey": {"idKey": True, "Key": "sandbox"}}, 401, "SandboxInvalidCredentials"),
    (PROJECT, {"AuthKey": {"idKey": "²", "Key": "sandbox"}}, 401, "SandboxInvalidCredentials"),
    (PROJECT, {"AuthKey": "sandbox"}, 400, "SandboxBadRequest"),
    (PROJECT, {"idProject": 2}, 404, "SandboxUnknownProject"),
    (PROJECT, {"idProject": None}, 404, "SandboxUnknownProject"),
    (PROJECT, {"Records": []}, 400, "SandboxBadRequest"),
    ("/webservices/ofc4/contacts.ashx?method=Nope", {}, 404, "SandboxUnknownMethod"),
    ("/webservices/ofc4/contacts.ashx", {}, 404, "SandboxUnknownMethod"),
    (MERGE, {}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": {}}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": ["x"]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [{"Data": {}}]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [{"ID": {}, "Data": {}}]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [{"ID": {"key_f_City": "x"}}]}, 400, "SandboxUnknownField"),
    (MERGE, {"Records": [{"ID": {"idContact": -1}}]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [{"ID": {"idContact": 2**63}}]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [{"ID": {"key_f_EMail": "a@b.c"}, "Data": 5}]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [{"ID": {"key_f_EMail": "a@b.c"}, "Extra": 5}]}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [], "MergeOptions": []}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [], "MergeOptions": {"AllowInsert": 1}}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [], "MergeOptions": {"Allow": True}}, 400, "SandboxBadRequest"),
    (MERGE, {"Records": [], "MergeOptions": {"FieldOptions": 5}}, 400, "SandboxBadRequest"),
]


@pytest.mark.parametrize(("path", "members", "status", "code"), REFUSALS)
def test_call_that_cannot_be_taken_is_refused_in_both_styles(
    path: str, members: dict[str, Any], status: int, code: str
) -> None:
    for style, expected in ((Style.HTTP, status), (Style.ENVELOPE, 200)):
        answer = caller(style=style).post(path, **members)
        assert answer.status_code == expected
        body = answer.json()
        assert body["Success"] is False
        assert body["ErrorCode"] == code
        assert body["ErrorMessage"].startswith("sandbox: ")
        assert list(body)[-2:] == ["idRequest", "Trace"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{,}", b'{"AuthKey": NaN}', b"\xff"])
def test_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    answer = caller().client.post(MERGE, content=body)
    assert answer.status_code == 400
    assert answer.json()["ErrorCode"] == "SandboxBadRequest"
    assert answer.json()["Records"] is None


def test_services_take_nothing_but_post() -> None:
    assert caller().client.get(MERGE).status_code == 405


def test_refusal_never_repeats_the_key() -> None:
    answer = caller().client.post(PROJECT, json={"AuthKey": {"idKey": 1, "Key": "s3cret"}})
    assert "s3cret" not in answer.text


def test_too_many_records_are_refused() -> None:
    sandbox = caller(max_records=2)
    records = [record(f"{number}@b.test") for number in range(3)]
    answer = sandbox.merge(*records)
    assert answer.status_code == 400
    assert answer.json()["ErrorCode"] == "SandboxTooManyRecords"
    assert "too many" in answer.json()["ErrorMessage"]
    assert sandbox.merge(*records[:2]).json()["CreatedRecords"] == 2


def test_default_limit_is_a_thousand_records() -> None:
    records = [record(f"{number}@b.test") for number in range(1001)]
    sandbox = caller()
    assert sandbox.merge(*records).status_code == 400
    assert sandbox.merge(*records[:1000]).json()["CreatedRecords"] == 1000


@pytest.mark.parametrize(("style", "status"), [(Style.HTTP, 413), (Style.ENVELOPE, 200)])
def test_too_long_a_body_is_refused(style: Style, status: int) -> None:
    body = json.dumps({"AuthKey": KEY, "idProject": 1}).encode()
    exact = caller(style=style, max_bytes=len(body)).client
    assert exact.post(PROJECT, content=body).json()["Success"] is True
    answer = exact.post(PROJECT, content=body + b" ")
    assert answer.status_code == status
    assert answer.json()["ErrorCode"] == "SandboxRequestTooLarge"
    assert "too large" in answer.json()["ErrorMessage"]


def test_pace_above_the_limit_gets_429_until_the_window_moves() -> None:
    clock = StillClock()
    sandbox = caller(clock, calls_per_minute=2)
    assert [sandbox.merge().status_code for _ in range(2)] == [200, 200]
    clock.seconds += 20.5
    refused = sandbox.merge()
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "40"
    assert refused.json()["ErrorCode"] == "SandboxTooManyCalls"
    clock.seconds += 40
    assert sandbox.merge().status_code == 200


def test_pace_may_be_refused_without_a_hint() -> None:
    sandbox = caller(StillClock(), calls_per_minute=1, retry_after=False, style=Style.ENVELOPE)
    sandbox.merge()
    refused = sandbox.merge()
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers


def test_latency_is_waited_for_on_every_call() -> None:
    clock = StillClock()
    sandbox = caller(clock, latency_seconds=0.05)
    sandbox.merge()
    sandbox.post(PROJECTS)
    assert clock.waits == [0.05, 0.05]


def many(sandbox: Caller) -> list[Any]:
    records = [record(f"{number}@b.test") for number in range(20)]
    answers = sandbox.merge(*records).json()["Records"]
    assert isinstance(answers, list)
    return [one["ID"] and one["ID"]["key_f_EMail"] for one in answers]


def test_answers_come_in_the_order_of_the_request() -> None:
    assert many(caller()) == [f"{number}@b.test" for number in range(20)]


def test_shuffled_answers_are_the_same_answers_in_another_order() -> None:
    shuffled = many(caller(shuffle=True))
    assert shuffled != many(caller())
    assert sorted(shuffled) == sorted(many(caller()))
    assert shuffled == many(caller(shuffle=True))
    assert shuffled != many(caller(shuffle=True, seed=1))


def test_dropped_answers_are_missing_though_their_contacts_are_written() -> None:
    sandbox = caller(drop_answers=3)
    assert len(many(sandbox)) == 17
    assert len(sandbox.contacts()) == 20
    assert caller(drop_answers=5).merge(record("a@b.test")).json()["Records"] == []


def test_strangers_are_answers_nobody_asked_for() -> None:
    told = many(caller(strangers=2))
    assert told[20:] == ["stranger0@example.test", "stranger1@example.test"]


def test_ids_may_be_left_without_an_echo() -> None:
    assert many(caller(echo_ids=False)) == [None] * 20


def test_status_words_can_be_others() -> None:
    sandbox = caller(created_word="Inserted", updated_word="updated", error_word="Invalid")
    sandbox.merge(record("a@b.test"))
    answer = sandbox.merge(record("a@b.test"), record("c@d.test"), record("e@f.test", f_Points=""))
    assert statuses(answer) == ["updated", "Inserted", "Inserted"]
    assert statuses(sandbox.merge(record("a"))) == ["Invalid"]


def test_projects_are_listed_by_name() -> None:
    answer = caller().client.post(PROJECTS, json={"AuthKey": KEY}).json()
    assert answer["Records"] == [{"idProject": 1, "ProjectName": "Sandbox"}]


def test_project_describes_its_fields_with_what_is_known() -> None:
    answer = caller().post(PROJECT).json()
    assert list(answer) == [
        "Success",
        "ErrorCode",
        "ErrorMessage",
        "ProjectInfo",
        "idRequest",
        "Trace",
    ]
    fields = answer["ProjectInfo"]["ProjectFields"]
    assert fields[0] == {"Code": "EMail", "isRequired": True, "Labels": [{"Value": "E-mail"}]}
    assert {"FirstName", "MobilePhone", "BirthDate"} <= {one["Code"] for one in fields}
    optins = {one["Code"] for one in answer["ProjectInfo"]["OptinFields"]}
    assert optins == {"Newsletter", "Promotions", "Partners", "News"}


def test_contact_is_found_by_key_number_or_another_field() -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test", f_City="Laval", f_Points=7), record("c@d.test"))
    [by_key] = sandbox.find("f_EMail", "A@B.test")
    assert by_key["idContact"] == 1
    assert by_key["f_City"] == "Laval"
    assert by_key["f_Company"] is None
    assert sandbox.find("idContact", 1) == [by_key]
    assert sandbox.find("f_city", "LAVAL") == [by_key]
    assert sandbox.find("f_Points", 7) == [by_key]
    assert sandbox.find("f_EMail", "nobody@b.test") == []
    assert sandbox.find("idContact", "x") == []


@pytest.mark.parametrize(
    "clause",
    [
        None,
        {"$type": "AndClause"},
        {"$type": "FieldClause", "TypeOperator": "Like"},
        {"$type": "FieldClause", "TypeOperator": "Equal", "Field": "f_EMail"},
        {"$type": "FieldClause", "TypeOperator": "Equal", "Field": {"Name": "f_City"}},
        {
            "$type": "FieldClause",
            "TypeOperator": "Equal",
            "Field": {"Name": "f_Shoe"},
            "ComparisonValue": "44",
        },
    ],
)
def test_other_clauses_are_refused(clause: object) -> None:
    answer = caller().post(GET, Clause=clause)
    assert answer.status_code == 400
    assert answer.json()["Records"] is None
