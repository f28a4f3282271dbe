from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sandbox import BlankRule, FieldKind, OptIn, Project, ProjectField, UnknownFieldRule

from .caller import KEY, MERGE, UPSERT, caller, record, statuses


def only_answer(response: Any) -> dict[str, Any]:
    [answer] = response.json()["Records"]
    assert isinstance(answer, dict)
    return answer


def test_unknown_contact_is_created_and_known_one_is_updated() -> None:
    sandbox = caller()
    first = sandbox.merge(record("ana@example.test", f_FirstName="Ana")).json()
    second = sandbox.merge(record("ana@example.test", f_LastName="Roy")).json()
    assert (first["CreatedRecords"], first["UpdatedRecords"]) == (1, 0)
    assert (second["CreatedRecords"], second["UpdatedRecords"]) == (0, 1)
    assert first["Records"][0]["Status"] == "Created"
    assert second["Records"][0]["Status"] == "Updated"
    assert first["Records"][0]["IdRecord"] == second["Records"][0]["IdRecord"]
    assert sandbox.contacts() == [
        {"idContact": 1, "f_EMail": "ana@example.test", "f_FirstName": "Ana", "f_LastName": "Roy"}
    ]


def test_key_is_matched_without_regard_to_case_and_kept_as_first_written() -> None:
    sandbox = caller()
    sandbox.merge(record("Ana@Example.test"))
    answer = sandbox.merge(record("ANA@example.TEST ", f_City="Laval"))
    assert statuses(answer) == ["Updated"]
    assert only_answer(answer)["ID"] == {"key_f_EMail": "ANA@example.TEST "}
    assert [one["f_EMail"] for one in sandbox.contacts()] == ["Ana@Example.test"]


def test_member_names_are_matched_without_regard_to_case() -> None:
    sandbox = caller()
    sandbox.merge({"ID": {"KEY_F_EMAIL": "a@b.test"}, "Data": {"OPTIN_newsletter": "1"}})
    assert sandbox.contacts()[0]["optin_Newsletter"] == "1"


def test_data_may_be_left_out() -> None:
    assert statuses(caller().merge({"ID": {"key_f_EMail": "a@b.test"}})) == ["Created"]


@pytest.mark.parametrize(
    ("options", "known", "expected"),
    [
        ({"AllowUpdate": False}, True, ("Error", "ExistingRecord")),
        ({"AllowUpdate": False, "SkipUnmatchedRecords": True}, True, ("Skipped", "ExistingRecord")),
        ({"AllowInsert": False}, False, ("Error", "UnmatchedRecord")),
        (
            {"AllowInsert": False, "SkipUnmatchedRecords": True},
            False,
            ("Skipped", "UnmatchedRecord"),
        ),
    ],
)
def test_what_may_not_be_inserted_or_updated_is_refused_or_passed_over(
    options: dict[str, bool], known: bool, expected: tuple[str, str]
) -> None:
    sandbox = caller()
    if known:
        sandbox.merge(record("a@b.test", f_City="Laval"))
    before = sandbox.contacts()
    answer = only_answer(sandbox.merge(record("a@b.test", f_City="Gatineau"), **options))
    assert (answer["Status"], answer["ValidationResult"]) == expected
    assert answer["Message"].startswith("sandbox: ")
    assert sandbox.contacts() == before


@pytest.mark.parametrize(("skip", "status"), [(False, "Error"), (True, "Skipped")])
def test_first_of_two_records_with_one_key_is_kept(skip: bool, status: str) -> None:
    sandbox = caller()
    answer = sandbox.merge(
        record("a@b.test", f_City="Laval"),
        record("A@b.test", f_City="Gatineau"),
        SkipDuplicateRecords=skip,
    )
    assert statuses(answer) == ["Created", status]
    assert answer.json()["Records"][1]["ValidationResult"] == "DuplicateRecord"
    assert sandbox.contacts()[0]["f_City"] == "Laval"


def test_invalid_record_leaves_its_key_to_the_next() -> None:
    answer = caller().merge(record("a@b.test", f_Points="x"), record("a@b.test", f_Points=2))
    assert statuses(answer) == ["Error", "Created"]


def test_options_left_out_take_the_defaults() -> None:
    sandbox = caller()
    one = record("a@b.test")
    assert statuses(sandbox.post(MERGE, Records=[one])) == ["Error"]
    assert statuses(sandbox.post(MERGE, Records=[one], MergeOptions={"AllowInsert": True})) == [
        "Created"
    ]
    assert statuses(sandbox.post(MERGE, Records=[one], MergeOptions={"AllowUpdate": None})) == [
        "Updated"
    ]
    strict = caller(default_allow_insert=True, default_allow_update=False)
    assert statuses(strict.post(MERGE, Records=[one])) == ["Created"]
    assert statuses(strict.post(MERGE, Records=[one])) == ["Error"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("f_FirstName", 5),
        ("f_FirstName", True),
        ("f_FirstName", "x" * 101),
        ("f_FirstName", {"deep": "x" * 100}),
        ("f_SecondEmail", "nobody"),
        ("f_SecondEmail", "@example.test"),
        ("f_BirthDate", "2026-01-31"),
        ("f_BirthDate", "31.01.2026"),
        ("f_BirthDate", "2026.02.30"),
        ("f_BirthDate", "2026.01.31 10:00:00"),
        ("f_BirthDate", 20260131),
        ("f_RegisteredAt", "2026.01.31"),
        ("f_RegisteredAt", "2026.01.31 24:00:00"),
        ("f_RegisteredAt", "2026.02.31 10:00:00"),
        ("f_Points", "7"),
        ("f_Points", 7.5),
        ("f_Points", True),
        ("f_Balance", "7.5"),
        ("f_Balance", False),
        ("f_Vip", "yes"),
        ("f_Vip", 2),
        ("optin_News", "Oui"),
        ("hasTrackingConsent", "2"),
        ("dtTrackingConsent", "2026/01/15"),
        ("dtTrackingConsent", "2026.01.15 10:00:00"),
        ("dtOptin_News", "15.01.2026"),
        ("f_EMail", "nobody"),
        ("f_EMail", ""),
    ],
)
def test_value_that_does_not_fit_its_field_refuses_that_record(name: str, value: object) -> None:
    sandbox = caller()
    answer = sandbox.merge(record("a@b.test", **{name: value}), record("good@b.test"))
    assert statuses(answer) == ["Error", "Created"]
    bad = answer.json()["Records"][0]
    assert bad["ValidationResult"] == "InvalidData"
    assert bad["Message"].startswith(f"sandbox: {name}: ")
    assert bad["IdRecord"] is None
    assert [one["f_EMail"] for one in sandbox.contacts()] == ["good@b.test"]


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("f_FirstName", "é" * 100, "é" * 100),
        ("f_Notes", "x" * 10_000, "x" * 10_000),
        ("f_BirthDate", "1988.02.29", "1988.02.29"),
        ("f_RegisteredAt", "2026.01.31 23:59:59", "2026.01.31 23:59:59"),
        ("f_Points", -7, -7),
        ("f_Balance", 7.25, 7.25),
        ("f_Balance", 7, 7),
        ("f_Vip", 1, "1"),
        ("f_Vip", False, "0"),
        ("optin_News", "1", "1"),
        ("optin_News", "False", "0"),
        ("optin_News", True, "1"),
        ("optin_News", 0, "0"),
        ("hasTrackingConsent", "true", "1"),
        ("dtTrackingConsent", "2026.10.24", "2026.10.24"),
        ("dtOptin_News", "2026.10.24", "2026.10.24"),
        ("dtOptin_News", "2026.10.24 08:00:00", "2026.10.24 08:00:00"),
    ],
)
def test_value_that_fits_is_kept(name: str, value: object, kept: object) -> None:
    sandbox = caller()
    assert statuses(sandbox.merge(record("a@b.test", **{name: value}))) == ["Created"]
    assert sandbox.contacts()[0][name] == kept


@pytest.mark.parametrize("key", ["", None, "nobody", 5])
def test_bad_key_refuses_its_record(key: object) -> None:
    answer = caller().merge({"ID": {"key_f_EMail": key}, "Data": {}}, record("good@b.test"))
    assert statuses(answer) == ["Error", "Created"]
    assert "key_f_EMail" in answer.json()["Records"][0]["Message"]


@pytest.mark.parametrize("blank", ["", None])
def test_blank_value_clears_by_default(blank: str | None) -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test", f_City="Laval", optin_News="1"))
    assert statuses(sandbox.merge(record("a@b.test", f_City=blank, optin_News=blank))) == [
        "Updated"
    ]
    assert sandbox.contacts() == [{"idContact": 1, "f_EMail": "a@b.test"}]


@pytest.mark.parametrize(
    ("rule", "status"), [(BlankRule.KEEP, "Updated"), (BlankRule.REFUSE, "Error")]
)
def test_blank_value_may_be_kept_or_refused_instead(rule: BlankRule, status: str) -> None:
    sandbox = caller(blank=rule)
    sandbox.merge(record("a@b.test", f_City="Laval"))
    assert statuses(sandbox.merge(record("a@b.test", f_City=""))) == [status]
    assert sandbox.contacts()[0]["f_City"] == "Laval"


def test_unknown_field_refuses_the_call_and_is_named() -> None:
    sandbox = caller()
    answer = sandbox.merge(record("a@b.test"), record("c@d.test", f_Shoe="44", optin_Shoe="1"))
    assert answer.status_code == 400
    assert answer.json()["ErrorCode"] == "SandboxUnknownField"
    assert "f_Shoe (Records[1]), optin_Shoe (Records[1])" in answer.json()["ErrorMessage"]
    assert sandbox.contacts() == []


def test_unknown_field_may_refuse_only_its_record_or_be_ignored() -> None:
    records = record("a@b.test"), record("c@d.test", f_Shoe="44")
    assert statuses(caller(unknown_field=UnknownFieldRule.REJECT).merge(*records)) == [
        "Created",
        "Error",
    ]
    lenient = caller(unknown_field=UnknownFieldRule.IGNORE)
    assert statuses(lenient.merge(*records)) == ["Created", "Created"]
    assert "f_Shoe" not in lenient.contacts()[1]


def test_any_field_takes_unknown_fields_as_text() -> None:
    sandbox = caller(any_field=True)
    assert statuses(sandbox.merge(record("a@b.test", f_Shoe="44"))) == ["Created"]
    assert sandbox.contacts()[0]["f_Shoe"] == "44"
    assert statuses(sandbox.merge(record("a@b.test", f_Shoe=44))) == ["Error"]
    assert sandbox.merge(record("a@b.test", optin_Shoe="1")).status_code == 400


def test_all_or_nothing_refuses_the_call_for_one_bad_record() -> None:
    sandbox = caller(all_or_nothing=True)
    answer = sandbox.merge(record("good@b.test"), record("a@b.test", f_BirthDate="?"))
    assert answer.status_code == 400
    assert answer.json()["ErrorCode"] == "SandboxRecordRefused"
    assert answer.json()["ErrorMessage"].startswith("sandbox: Records[1]: f_BirthDate")
    assert sandbox.contacts() == []
    assert statuses(sandbox.merge(record("good@b.test"))) == ["Created"]


def test_stored_record_is_returned_only_when_asked() -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test", f_City="Laval"))
    quiet = only_answer(sandbox.merge(record("a@b.test", f_FirstName="Ana")))
    assert (quiet["Data"], quiet["Record"]) == (None, None)
    told = only_answer(
        sandbox.merge(record("a@b.test", f_FirstName="Bo"), ReturnRecordsOnSuccess=True)
    )
    assert told["Data"] == {"f_FirstName": "Bo"}
    assert told["Record"]["idContact"] == 1
    assert told["Record"]["f_City"] == "Laval"
    assert told["Record"]["f_Company"] is None
    bad = only_answer(sandbox.merge(record("a@b.test", f_Points="x"), ReturnRecordsOnError=True))
    assert bad["Record"]["f_FirstName"] == "Bo"
    assert bad["Data"] == {"f_Points": "x"}


def test_contact_may_be_named_by_its_number() -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test"))
    by_number = {"ID": {"idContact": "1"}, "Data": {"f_City": "Laval"}}
    unknown = {"ID": {"idContact": 99}, "Data": {}}
    assert statuses(sandbox.merge(by_number, unknown, record("a@b.test"))) == [
        "Updated",
        "Error",
        "Error",
    ]
    assert sandbox.contacts()[0]["f_City"] == "Laval"


def test_key_in_data_renames_the_contact() -> None:
    sandbox = caller()
    sandbox.merge(record("old@b.test"), record("taken@b.test"))
    answer = sandbox.merge(record("old@b.test", f_EMail="new@b.test"))
    assert statuses(answer) == ["Updated"]
    assert "EMails changed: 1" in answer.json()["Trace"]
    assert [one["f_EMail"] for one in sandbox.contacts()] == ["new@b.test", "taken@b.test"]
    assert statuses(sandbox.merge(record("NEW@b.test"), record("old@b.test"))) == [
        "Updated",
        "Created",
    ]


def test_rename_to_the_key_of_another_contact_is_refused() -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test"), record("taken@b.test"))
    answer = sandbox.merge({"ID": {"idContact": 1}, "Data": {"f_EMail": "Taken@b.test"}})
    assert only_answer(answer)["ValidationResult"] == "DuplicateRecord"
    assert "source versus target: 1" in answer.json()["Trace"]
    unknown = sandbox.merge({"ID": {"idContact": 9}, "Data": {"f_EMail": "x@b.test"}})
    assert only_answer(unknown)["ValidationResult"] == "UnmatchedRecord"


def test_new_contact_may_repeat_its_key_in_data_but_not_contradict_it() -> None:
    sandbox = caller()
    answer = sandbox.merge(
        record("a@b.test", f_EMail="A@b.test"), record("c@b.test", f_EMail="d@b.test")
    )
    assert statuses(answer) == ["Created", "Error"]
    assert sandbox.contacts() == [{"idContact": 1, "f_EMail": "A@b.test"}]


COMPOSITE = Project(
    key_fields=("Shop", "Number"),
    fields=(
        ProjectField("Shop", required=True),
        ProjectField("Number", kind=FieldKind.INTEGER, required=True),
        ProjectField("City", required=True),
    ),
    optins=(OptIn("News"),),
)


def composite(shop: str, number: int, **values: Any) -> dict[str, Any]:
    return {"ID": {"key_f_Shop": shop, "key_f_Number": number}, "Data": values}


def test_composite_key_needs_all_its_parts() -> None:
    sandbox = caller(project=COMPOSITE)
    answer = sandbox.merge(
        composite("A", 1, f_City="Laval"),
        composite("A", 2, f_City="Gatineau"),
        composite("a", 1, f_City="Hull"),
    )
    assert statuses(answer) == ["Created", "Created", "Error"]
    assert sandbox.merge({"ID": {"key_f_Shop": "A"}, "Data": {}}).status_code == 400
    assert statuses(sandbox.merge(composite("A", 1, f_Number=3))) == ["Updated"]
    assert statuses(sandbox.merge(composite("A", 2, f_Number=3))) == ["Error"]
    assert [one["f_Number"] for one in sandbox.contacts()] == [3, 2]
    assert sandbox.calls()[0]["keys"] == [["A", 1], ["A", 2], ["a", 1]]


def test_required_field_is_needed_to_create_and_may_not_be_cleared() -> None:
    sandbox = caller(project=COMPOSITE)
    assert statuses(sandbox.merge(composite("A", 1))) == ["Error"]
    sandbox.merge(composite("A", 1, f_City="Laval"))
    answer = sandbox.merge(composite("A", 1, f_City=""))
    assert only_answer(answer)["Message"] == "sandbox: f_City: may not be blank"
    assert sandbox.contacts()[0]["f_City"] == "Laval"


def test_trace_counts_changed_optins_and_candidates() -> None:
    sandbox = caller()
    sandbox.merge(record("a@b.test", optin_News="1"))
    trace = sandbox.merge(record("a@b.test", optin_News="0"), AllowInsert=False).json()["Trace"]
    lines = trace.split("\r\n")
    assert lines[0].startswith("Beginning request (")
    assert "\tRecords candidates for insert: 0" in lines
    assert "\tRecords candidates for update: 1" in lines
    assert "\tRecords matched by PK: 1" in lines
    assert "\tOptins field changed: no flag involved: 1" in lines


ADDRESSES = st.sampled_from(["a@x.test", "B@x.test", "b@X.test", "c@x.test"])
BATCHES = st.lists(st.lists(ADDRESSES, unique_by=str.lower, max_size=3), max_size=5)


@settings(deadline=None)
@given(BATCHES)
def test_upsert_of_any_batches_keeps_one_contact_a_key(batches: list[list[str]]) -> None:
    sandbox = caller()
    known: set[str] = set()
    for batch in batches:
        answer = sandbox.merge(*(record(address) for address in batch))
        expected = ["Updated" if one.lower() in known else "Created" for one in batch]
        assert statuses(answer) == expected
        assert statuses(sandbox.merge(*(record(one) for one in batch))) == ["Updated"] * len(batch)
        known.update(one.lower() for one in batch)
    assert {one["f_EMail"].lower() for one in sandbox.contacts()} == known
    assert len(sandbox.contacts()) == len(known)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["ID", "Data", "key_f_EMail", "idContact", "f_EMail", "f_City", "optin_News"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(records=JSON_VALUES, options=JSON_VALUES)
def test_any_json_gets_the_envelope(records: Any, options: Any) -> None:
    sandbox = caller()
    members = {"AuthKey": KEY, "idProject": 1, "Records": records, "MergeOptions": options}
    answer = sandbox.client.post(MERGE, json=members)
    assert answer.status_code in (200, 400)
    assert answer.json()["Success"] is (answer.status_code == 200)
    assert caller().post(MERGE, Records=[records], MergeOptions=UPSERT).status_code in (200, 400)
