"""RelationalTables.Merge of the sandbox."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from importer.sandbox import (
    AnswerLostError,
    FieldKind,
    Project,
    ProjectField,
    SandboxError,
    Style,
    Table,
    TableKeyRule,
    UnknownFieldRule,
    create_app,
    read_project,
)

from .caller import KEY, UPSERT, Caller, caller, record, statuses

TABLES = "/webservices/ofc4/relationaltables.ashx?method=Merge"
LINES = Table(
    78,
    ("orderNo", "lineNo"),
    (
        ProjectField("orderNo"),
        ProjectField("lineNo", kind=FieldKind.INTEGER),
        ProjectField("article"),
    ),
)


def row(number: object, **values: Any) -> dict[str, Any]:
    return {"ID": {"key_orderNo": number}, "Data": values}


def merge(sandbox: Caller, *records: Any, table: Any = 77, **options: Any) -> httpx.Response:
    body = {
        "AuthKey": KEY,
        "idTable": table,
        "Records": list(records),
        "MergeOptions": UPSERT | options,
    }
    return sandbox.client.post(TABLES, json=body)


def kept(sandbox: Caller, table: int = 77) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.client.get(f"/_sandbox/tables/{table}").json()["rows"]
    return found


def test_the_call_known_from_client_code_inserts_a_row_and_gives_it_back() -> None:
    sandbox = caller()
    call = {
        "AuthKey": {"idKey": 1, "Key": "sandbox"},
        "idTable": 77,
        "Records": [
            {
                "ID": {"key_orderNo": "A-1001"},
                "Data": {
                    "orderNo": "A-1001",
                    "idContact": 44,
                    "total": 18,
                    "placedOn": "2026.01.15 09:30:00",
                },
            }
        ],
        "MergeOptions": {
            "AllowInsert": True,
            "AllowUpdate": False,
            "SkipDuplicateRecords": False,
            "SkipUnmatchedRecords": False,
            "ReturnRecordsOnSuccess": True,
            "ReturnRecordsOnError": False,
            "FieldOptions": None,
        },
    }
    answer = sandbox.client.post(TABLES, json=call).json()
    (told,) = answer["Records"]
    assert (answer["Success"], answer["CreatedRecords"]) == (True, 1)
    assert (told["Status"], told["ID"]) == ("Created", {"key_orderNo": "A-1001"})
    assert told["Record"]["idContact"] == 44
    assert told["Record"]["note"] is None
    assert "Targeted service: RelationalTables.Merge" in answer["Trace"]
    assert kept(sandbox) == [
        {
            "IdRecord": 1,
            "orderNo": "A-1001",
            "idContact": 44,
            "total": 18,
            "placedOn": "2026.01.15 09:30:00",
        }
    ]
    assert sandbox.contacts() == []


def test_known_row_is_updated_by_its_key_whatever_its_case() -> None:
    sandbox = caller()
    merge(sandbox, row("A-1", total=1.5))
    assert statuses(merge(sandbox, row("a-1 ", paid=1, shipOn="2026.01.17"))) == ["Updated"]
    assert kept(sandbox) == [
        {"IdRecord": 1, "orderNo": "A-1", "total": 1.5, "paid": "1", "shipOn": "2026.01.17"}
    ]


def test_first_of_two_rows_with_one_key_is_kept() -> None:
    assert statuses(merge(caller(), row("A-1"), row("a-1"))) == ["Created", "Error"]
    skipping = merge(caller(), row("A-1"), row("a-1"), SkipDuplicateRecords=True)
    assert statuses(skipping) == ["Created", "Skipped"]
    assert "this row stands earlier" in skipping.json()["Records"][1]["Message"]


def test_switches_of_insert_and_update_hold_for_rows() -> None:
    sandbox = caller()
    assert statuses(merge(sandbox, row("A-1"), AllowInsert=False)) == ["Error"]
    merge(sandbox, row("A-1"))
    answer = merge(sandbox, row("A-1"), AllowUpdate=False, SkipUnmatchedRecords=True)
    assert statuses(answer) == ["Skipped"]
    assert "the row exists" in answer.json()["Records"][0]["Message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("idContact", "44"),
        ("total", "18"),
        ("placedOn", "2026-01-15 09:30:00"),
        ("shipOn", "17/01/2026"),
        ("paid", "oui"),
        ("status", "x" * 21),
        ("email", "nobody"),
        ("orderNo", "another"),
        ("orderNo", ""),
    ],
)
def test_row_with_an_unfit_value_is_refused_alone(name: str, value: object) -> None:
    sandbox = caller()
    answer = merge(sandbox, row("A-1"), row("A-2", **{name: value}))
    assert statuses(answer) == ["Created", "Error"]
    assert answer.json()["Records"][1]["ValidationResult"] == "InvalidData"
    assert len(kept(sandbox)) == 1


@pytest.mark.parametrize("table", [78, "orders", None])
def test_unknown_table_refuses_the_call(table: object) -> None:
    answer = merge(caller(), row("A-1"), table=table)
    assert (answer.status_code, answer.json()["ErrorCode"]) == (404, "SandboxUnknownTable")
    assert f"there is no table {table} for this key" in answer.json()["ErrorMessage"]
    enveloped = merge(caller(style=Style.ENVELOPE), row("A-1"), table=table)
    assert (enveloped.status_code, enveloped.json()["Success"]) == (200, False)


def test_table_s_number_may_be_text_and_a_project_is_no_member() -> None:
    assert statuses(merge(caller(), row("A-1"), table="77")) == ["Created"]
    sandbox = caller()
    answer = sandbox.post(TABLES, idTable=77, Records=[])
    assert "takes no member idProject" in answer.json()["ErrorMessage"]


@pytest.mark.parametrize("name", ["f_total", "Prénom", "optin_News", "idRecord"])
def test_name_that_the_table_lacks_refuses_the_call_or_the_row(name: str) -> None:
    answer = merge(caller(), row("A-1", **{name: "x"}))
    assert (answer.status_code, answer.json()["ErrorCode"]) == (400, "SandboxUnknownField")
    lenient = caller(unknown_field=UnknownFieldRule.REJECT, any_field=True)
    assert statuses(merge(lenient, row("A-1", **{name: "x"}), row("A-2"))) == ["Error", "Created"]


@pytest.mark.parametrize("name", ["key_f_orderNo", "orderNo", "idContact"])
def test_key_is_named_with_key_and_no_other_prefix(name: str) -> None:
    answer = merge(caller(), {"ID": {name: "1"}, "Data": {}})
    assert "is not part of the key" in answer.json()["ErrorMessage"]


def test_composite_key_with_a_number_tells_rows_apart() -> None:
    sandbox = caller(project=Project(tables=(LINES,)))
    one, two = ({"ID": {"key_orderNo": "A", "key_lineNo": n}, "Data": {}} for n in (1, 2))
    assert statuses(merge(sandbox, one, two, table=78)) == ["Created", "Created"]
    assert statuses(merge(sandbox, one, table=78)) == ["Updated"]
    text = {"ID": {"key_orderNo": "A", "key_lineNo": "1"}, "Data": {}}
    assert statuses(merge(sandbox, text, table=78)) == ["Error"]
    by_key = sandbox.client.get("/_sandbox/tables/78", params={"key": "a\x1f2"}).json()
    assert by_key == {"count": 1, "rows": [{"IdRecord": 2, "orderNo": "A", "lineNo": 2}]}


@pytest.mark.parametrize(
    ("rule", "repeated", "expected"),
    [
        (TableKeyRule.OPTIONAL, True, ["Created", "Updated"]),
        (TableKeyRule.OPTIONAL, False, ["Created", "Updated"]),
        (TableKeyRule.NEEDED, True, ["Created", "Updated"]),
        (TableKeyRule.NEEDED, False, ["Error", "Error"]),
        (TableKeyRule.REFUSED, True, ["Error", "Error"]),
        (TableKeyRule.REFUSED, False, ["Created", "Updated"]),
    ],
)
def test_whether_the_key_stands_in_data_is_a_switch(
    rule: TableKeyRule, repeated: bool, expected: list[str]
) -> None:
    sandbox = caller(table_key_in_data=rule)
    one = row("A-1", **({"orderNo": "A-1"} if repeated else {}))
    assert [*statuses(merge(sandbox, one)), *statuses(merge(sandbox, one))] == expected


def test_update_needs_no_key_in_data_and_contacts_never_do() -> None:
    sandbox = caller(table_key_in_data=TableKeyRule.NEEDED)
    merge(sandbox, row("A-1", orderNo="A-1"))
    assert statuses(merge(sandbox, row("A-1", total=2))) == ["Updated"]
    assert statuses(sandbox.merge(record("a@b.test"))) == ["Created"]


def test_switches_of_answers_hold_for_rows() -> None:
    good, bad = row("A-1"), row("A-2", total="x")
    whole = caller(all_or_nothing=True)
    refused = merge(whole, good, bad).json()
    assert (refused["Success"], refused["Records"], kept(whole)) == (False, None, [])
    dropped = merge(caller(drop_answers=1), good, row("A-3")).json()
    assert len(dropped["Records"]) == 1
    strange = merge(caller(strangers=1, shuffle=True, seed=3), good).json()["Records"]
    assert {next(iter(one["ID"])) for one in strange} == {"key_orderNo"}
    assert len(strange) == 2


def test_faults_and_calls_count_both_kinds_of_merge() -> None:
    sandbox = caller(faults="ok 403 lost ok")
    sandbox.merge(record("a@b.test"))
    assert merge(sandbox, row("A-1")).status_code == 403
    with pytest.raises(AnswerLostError):
        merge(sandbox, row("A-1"))
    assert statuses(merge(sandbox, row("A-1"))) == ["Updated"]
    calls = sandbox.calls()
    assert [call["method"] for call in calls] == ["Contacts.Merge"] + ["RelationalTables.Merge"] * 3
    body = json.dumps([row("A-1")], separators=(",", ":")).encode()
    assert (calls[3]["keys"], calls[3]["updated"]) == (["A-1"], 1)
    assert calls[3]["sha256"] == hashlib.sha256(body).hexdigest()


def test_rows_outlive_a_restart_and_do_not_mix_with_contacts(tmp_path: Path) -> None:
    from importer.sandbox import SandboxSettings

    settings = SandboxSettings(store=tmp_path / "kept.db")
    for expected in ("Created", "Updated"):
        app = create_app(settings)
        client = httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://x.test")
        sandbox = Caller(client)
        assert statuses(merge(sandbox, row("a@b.test"))) == [expected]
        assert statuses(sandbox.merge(record("a@b.test"))) == [expected]
        app.extensions["sandbox"].close()


def test_page_shows_rows_and_columns_and_json_knows_only_tables_that_are_there() -> None:
    sandbox = caller()
    empty = sandbox.client.get("/").text
    assert "Table 77 Orders: 0" in empty
    merge(sandbox, row("A-1", note="<script>alert(1)</script>"))
    page = sandbox.client.get("/").text
    assert "Table 77 Orders: 1" in page
    assert "The newest 1." in page
    assert "RelationalTables.Merge" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<code>placedOn</code>" in page
    assert "Columns of table" not in caller(project=Project(tables=())).client.get("/").text
    missing = sandbox.client.get("/_sandbox/tables/5")
    assert (missing.status_code, missing.json()) == (404, {"error": "sandbox: there is no table 5"})


def test_project_file_replaces_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "project.json"
    table = {"id_table": 5, "key_fields": ["no"], "fields": [{"code": "no", "kind": "integer"}]}
    path.write_text(json.dumps({"tables": [table]}), encoding="utf-8")
    project = read_project(path)
    assert project.tables == (Table(5, ("no",), (ProjectField("no", kind=FieldKind.INTEGER),)),)
    one = {"ID": {"key_no": 7}, "Data": {}}
    assert statuses(merge(caller(project=project), one, table=5)) == ["Created"]


@pytest.mark.parametrize(
    ("names", "key", "said"),
    [
        (["a b"], ("a b",), "table 5: column 'a b' is not allowed"),
        (["a", "A"], ("a",), "column a stands twice in the table 5"),
        (["a"], (), "the table 5 has no key field"),
        (["a"], ("b",), "key field b is not among the table 5's fields"),
        (["a"], ("a", "a"), "named twice"),
    ],
)
def test_badly_defined_table_is_refused(names: list[str], key: tuple[str, ...], said: str) -> None:
    with pytest.raises(SandboxError, match=said):
        Table(5, key, tuple(map(ProjectField, names)))


def test_table_that_stands_twice_is_refused() -> None:
    with pytest.raises(SandboxError, match="table 78 stands twice"):
        Project(tables=(LINES, LINES))
