"""The rows of a relational table, from a file to the sandbox's table 77."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.runs.workshop import SETTINGS, TOP, URL, Workshop

SAMPLE = str(TOP / "sample_data" / "orders-table.csv")
MAPPING = str(TOP / "mappings" / "orders-table.yaml")
ORDERS = """\
name: orders
target: dialog-insight-table
table_id: 77
columns:
  No:     key_orderNo
  Status: status
merge: {mode: upsert}
"""


def stored(workshop: Workshop) -> dict[str, dict[str, Any]]:
    """The rows of the table, by their key."""
    with httpx.Client(transport=workshop.network.inner, base_url=URL) as client:
        rows = client.get("/_sandbox/tables/77").json()["rows"]
    return {row["orderNo"]: row for row in rows}


def orders(workshop: Workshop, count: int, mapping: str = ORDERS) -> None:
    workshop.write("mappings/orders.yaml", mapping)
    rows = [f"A-{number},open" for number in range(count)]
    workshop.write("orders.csv", "\n".join(["No,Status", *rows, ""]))


def test_sample_is_checked_sent_and_accounted_for_row_by_row(workshop: Workshop) -> None:
    done = workshop.importer("run", SAMPLE, "-m", MAPPING, "-c", "sandbox", "--yes")
    assert done.code == 3
    assert workshop.totals() == {"created": 5, "duplicate": 1, "invalid": 1}
    (call,) = workshop.network.merges()
    assert list(call) == ["AuthKey", "idTable", "Records", "MergeOptions"]
    assert call["idTable"] == 77
    assert call["Records"][0] == {
        "ID": {"key_orderNo": "A-1001"},
        "Data": {
            "orderNo": "A-1001",
            "idContact": 44,
            "placedOn": "2026.01.15 09:30:00",
            "shipOn": "2026.01.17",
            "total": 18,
            "quantity": 2,
            "paid": 1,
            "status": "shipped",
        },
    }
    assert stored(workshop)["A-1004"]["total"] == 70
    assert "idContact" not in stored(workshop)["A-1003"]
    assert workshop.contacts() == []
    bad = [line for line in workshop.results() if line["verdict"] == "invalid"]
    assert [(line["row"], line["key"], line["field"]) for line in bad] == [
        ("6", "A-1005", "shipOn")
    ]
    assert workshop.importer("run", SAMPLE, "-m", MAPPING, "-c", "sandbox", "--yes").code == 3
    assert workshop.totals() == {"updated": 5, "duplicate": 1, "invalid": 1}


def test_columns_that_cannot_be_asked_for_are_said_once_and_nothing_fails(
    workshop: Workshop,
) -> None:
    orders(workshop, 1)
    for command in (["check"], ["run", "--yes"]):
        done = workshop.importer(*command, "orders.csv", "-m", "orders", "-c", "local")
        assert done.code == 0
        assert done.err.count("could not be compared with the mapping: no call is known") == 1
    assert [b"projects" in r.url.raw_path for r in workshop.network.requests] == [False]


def test_checked_rows_are_sent_later_through_a_connection_that_is_named_then(
    workshop: Workshop,
) -> None:
    orders(workshop, 12)
    (workshop.folder / "importer.yaml").unlink()
    assert workshop.importer("check", "orders.csv", "-m", "orders").code == 0
    workshop.write("importer.yaml", SETTINGS)
    done = workshop.importer("send", workshop.run_id(), "-c", "local", "--yes")
    assert (done.code, workshop.totals()) == (0, {"created": 12})
    assert len(workshop.network.merges()) == 3
    assert len(stored(workshop)) == 12


@pytest.mark.parametrize(("mode", "totals"), [("upsert", "updated"), ("insert", "unknown")])
def test_rows_whose_answer_was_lost_are_sent_again_and_never_called_created_by_guess(
    workshop: Workshop, mode: str, totals: str
) -> None:
    workshop.sandbox(faults="lost")
    orders(workshop, 3, ORDERS.replace("upsert", mode))
    workshop.importer("run", "orders.csv", "-m", "orders", "-c", "local", "--yes")
    assert workshop.totals() == {totals: 3}
    assert len(stored(workshop)) == 3


@pytest.mark.parametrize("style", ["http", "envelope"])
def test_unknown_table_stops_the_run_and_says_what_the_platform_said(
    workshop: Workshop, style: str
) -> None:
    from importer.sandbox import Style

    workshop.sandbox(style=Style(style))
    orders(workshop, 20, ORDERS.replace("77", "99"))
    done = workshop.importer("run", "orders.csv", "-m", "orders", "-c", "local", "--yes")
    assert done.code == 5
    assert "there is no table 99 for this key" in done.err
    assert workshop.totals() == {"rejected": 8, "not_sent": 12}


def test_key_without_the_permission_stops_the_run_at_once(workshop: Workshop) -> None:
    workshop.sandbox(faults="403*")
    orders(workshop, 20)
    done = workshop.importer("run", "orders.csv", "-m", "orders", "-c", "local", "--yes")
    assert (done.code, workshop.totals()) == (5, {"not_sent": 20})
    assert "lacks a permission" in done.err


def test_row_that_the_platform_refuses_is_the_only_one(workshop: Workshop) -> None:
    orders(workshop, 2)
    workshop.write("orders.csv", f"No,Status\nA-1,open\nA-2,{'x' * 21}\n")
    for switches in ({}, {"all_or_nothing": True, "shuffle": True}):
        workshop.sandbox(**switches)
        done = workshop.importer("run", "orders.csv", "-m", "orders", "-c", "local", "--yes")
        assert (done.code, workshop.verdicts()["rejected"]) == (3, 1)
    assert list(stored(workshop)) == ["A-1"]


@pytest.mark.parametrize(("setting", "code"), [("true", 0), ("false", 3)])
def test_platform_that_wants_the_key_among_the_values_gets_it_unless_told_otherwise(
    workshop: Workshop, setting: str, code: int
) -> None:
    from importer.sandbox import TableKeyRule

    workshop.sandbox(table_key_in_data=TableKeyRule.NEEDED)
    workshop.write("importer.yaml", f"{SETTINGS}    table_keys_in_data: {setting}\n")
    orders(workshop, 1)
    done = workshop.importer("run", "orders.csv", "-m", "orders", "-c", "local", "--yes")
    assert done.code == code


# --- which connection ----------------------------------------------------------------------------


def refusal(workshop: Workshop) -> str:
    done = workshop.importer("run", "orders.csv", "-m", "orders", "-c", "local", "--yes")
    assert (done.code, workshop.network.requests, workshop.run_folders()) == (4, [], [])
    return done.err


def test_connection_has_the_target_of_the_account_and_not_of_the_table(workshop: Workshop) -> None:
    orders(workshop, 1)
    workshop.write("importer.yaml", SETTINGS.replace("dialog-insight", "dialog-insight-table"))
    assert (
        "the connection local has the target dialog-insight-table; "
        "write target: dialog-insight, it serves both"
    ) in refusal(workshop)


def test_connection_of_another_platform_is_refused_with_the_one_that_is_needed(
    workshop: Workshop,
) -> None:
    orders(workshop, 1)
    of_another = SETTINGS.replace("target: dialog-insight", "target: dotdigital")
    workshop.write("importer.yaml", of_another)
    assert (
        "the mapping orders is for dialog-insight-table (through a connection of dialog-insight), "
        "and the connection local for dotdigital"
    ) in refusal(workshop)
    workshop.write("mappings/orders.yaml", "name: orders\ntarget: dialog-insight\n"
                   "columns: {No: key_f_EMail, Status: f_City}\n")  # fmt: skip
    assert "is for dialog-insight, and the connection local for dotdigital" in refusal(workshop)


def test_table_that_is_no_number_and_erasing_that_is_not_settled_are_refused_before_anything(
    workshop: Workshop,
) -> None:
    orders(workshop, 1, ORDERS.replace("status\n", "{field: status, blank: clear}\n"))
    assert "null_handling" in refusal(workshop)
    orders(workshop, 1, ORDERS.replace("77", "orders"))
    assert "number" in refusal(workshop)
    orders(workshop, 1, ORDERS.replace("status\n", "f_Status\n"))
    assert "tables take bare names: write Status, not f_Status" in refusal(workshop)


def test_connection_test_speaks_of_the_account_as_ever(workshop: Workshop) -> None:
    done = workshop.importer("connection", "test", "local")
    assert (done.code, done.out.splitlines()[0]) == (0, f"local: dialog-insight at {URL}")


def test_a_column_may_have_any_name_also_one_of_ours(workshop: Workshop) -> None:
    names = ("row", "table", "number", "key", "position", "verdict", "extra", "c0")
    columns = "".join(f"  {name}: {name}\n" for name in names)
    workshop.write(
        "mappings/own.yaml",
        "name: own\ntarget: dialog-insight-table\ntable_id: 77\ncolumns:\n  No: key_orderNo\n"
        + columns,
    )
    cells = ",".join(names)
    workshop.write("own.csv", f"No,{cells}\nA1,{cells}\nA2,{cells}\nA1,{cells}\n")
    done = workshop.importer("check", "own.csv", "-m", "own")
    assert done.code == 0
    assert workshop.totals() == {"not_sent": 2, "duplicate": 1}
