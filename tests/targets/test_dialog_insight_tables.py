from __future__ import annotations

import json
import re
from typing import Any

import pytest

from importer import targets
from importer.batching import batch_of
from importer.errors import UnusableInputError
from importer.field_rules import FieldFact, FieldRole, ValueType
from importer.model import (
    PlannedField,
    Settled,
    comparable_key,
)
from importer.targets import AnswersLater, Describes, Lists
from importer.targets.dialog_insight.table_grammar import GRAMMAR
from tests.targets.examples import (
    CREDENTIALS,
    INSERT,
    LINES,
    ORDERS,
    UPDATE,
    UPSERT,
    Example,
    connection,
    rows,
)

ORDER_NO = PlannedField("key_orderNo", ValueType.TEXT, FieldRole.KEY)


def column(name: str, type_: ValueType = ValueType.TEXT) -> PlannedField:
    return PlannedField(name, type_, FieldRole.DATA)


def written(
    *fields: PlannedField,
    values: tuple[str | None, ...],
    one: Example = ORDERS,
    **options: Any,
) -> Any:
    (row,) = one.target(*fields, **options).encode(rows(fields, values))
    return json.loads(row)


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fact"),
    [
        ("key_orderNo", FieldFact("key_orderNo", FieldRole.KEY)),
        ("City", FieldFact("City", FieldRole.DATA)),
        ("total_2", FieldFact("total_2", FieldRole.DATA)),
        ("x" * 60, FieldFact("x" * 60, FieldRole.DATA)),
        ("idContact", FieldFact("idContact", FieldRole.DATA, ValueType.INTEGER)),
        ("key_idContact", FieldFact("key_idContact", FieldRole.KEY, ValueType.INTEGER)),
        ("EMail", FieldFact("EMail", FieldRole.DATA)),
        ("optinNews", FieldFact("optinNews", FieldRole.DATA)),
        ("f", FieldFact("f", FieldRole.DATA)),
    ],
)
def test_a_name_says_its_role_and_only_the_contact_s_number_a_type(
    code: str, fact: FieldFact
) -> None:
    assert GRAMMAR.fact(code) == fact


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("f_City", "tables take bare names: write City, not f_City."),
        ("F_City", "write City, not F_City."),
        ("f_", "write City, not f_."),
        ("key_f_orderNo", "write key_orderNo, not key_f_orderNo."),
        ("optin_News", '"optin_News" is a consent, and tables have none'),
        ("dtOptin_News", "is a consent"),
        ("key_optin_News", "is a consent"),
        ("hasTrackingConsent", "in a mapping of target: dialog-insight."),
        ("dtTrackingConsent", "is a consent"),
        ("", '"" names no column: write its name.'),
        ("key_", 'write its name after "key_".'),
        ("Prénom", "letters without accents"),
        ("order no", "letters without accents"),
        ('a"b', "letters without accents"),
        ("total\n", "letters without accents"),
    ],
)
def test_a_name_of_no_column_is_refused_with_a_sentence(code: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        GRAMMAR.fact(code)


# --- calls ---------------------------------------------------------------------------------------


def test_a_call_is_the_known_one_member_by_member() -> None:
    fields = (
        ORDER_NO,
        column("idContact", ValueType.INTEGER),
        column("total", ValueType.DECIMAL),
        column("placedOn", ValueType.DATETIME),
    )
    target = ORDERS.target(*fields, mode=INSERT)
    contacts = target.encode(rows(fields, ("A-1001", "44", "18", "2026-01-15 09:30:00")))
    request = target.submission(batch_of(0, ["a-1001"], contacts), CREDENTIALS)
    assert request.method == "POST"
    assert request.url == (
        "https://app.example.test/webservices/ofc4/relationaltables.ashx?method=Merge"
    )
    # As client code sends it, but for ReturnRecordsOnSuccess: it reads the row back.
    assert request.body.decode() == (
        '{"AuthKey":{"idKey":4821,"Key":"abcdefghijklmnopkrstuvwxyz"},"idTable":77,"Records":['
        '{"ID":{"key_orderNo":"A-1001"},"Data":{"orderNo":"A-1001","idContact":44,"total":18,'
        '"placedOn":"2026.01.15 09:30:00"}}'
        '],"MergeOptions":{"AllowInsert":true,"AllowUpdate":false,"SkipDuplicateRecords":false,'
        '"SkipUnmatchedRecords":false,"ReturnRecordsOnSuccess":false,"ReturnRecordsOnError":false,'
        '"FieldOptions":null}}'
    )


@pytest.mark.parametrize(
    ("mode", "setting", "expected"),
    [
        (INSERT, True, {"orderNo": "A-1", "status": "open"}),
        (UPSERT, True, {"orderNo": "A-1", "status": "open"}),
        (UPDATE, True, {"status": "open"}),
        (INSERT, False, {"status": "open"}),
        (UPSERT, False, {"status": "open"}),
    ],
)
def test_key_is_repeated_in_data_where_a_row_may_be_inserted_unless_the_connection_says_no(
    mode: Any, setting: bool, expected: dict[str, str]
) -> None:
    row = written(
        ORDER_NO,
        column("status"),
        values=("A-1", "open"),
        mode=mode,
        table_keys_in_data=setting,
    )
    assert row == {"ID": {"key_orderNo": "A-1"}, "Data": expected}


def test_key_that_the_mapping_writes_itself_stands_once_in_data() -> None:
    (row,) = ORDERS.target(ORDER_NO, column("OrderNo")).encode(
        rows((ORDER_NO, column("OrderNo")), ("A-1", "A-2"))
    )
    assert row == b'{"ID":{"key_orderNo":"A-1"},"Data":{"OrderNo":"A-2"}}'


def test_parts_of_a_composite_key_are_json_of_their_type_in_both_places() -> None:
    fields = (ORDER_NO, PlannedField("key_lineNo", ValueType.INTEGER, FieldRole.KEY))
    row = written(*fields, values=("A-1", "7"))
    assert row == {
        "ID": {"key_orderNo": "A-1", "key_lineNo": 7},
        "Data": {"orderNo": "A-1", "lineNo": 7},
    }


@pytest.mark.parametrize(
    ("type_", "key", "wire", "echo"),
    [
        (ValueType.INTEGER, "7", 7, 7),
        (ValueType.INTEGER, "7", 7, "7"),
        (ValueType.DATE, "2026-01-15", "2026.01.15", "2026.01.15"),
        (ValueType.DECIMAL, "12.50", 12.5, 12.5),
    ],
)
def test_keys_other_than_text_go_in_the_platform_s_form_and_are_recognised_in_it(
    type_: ValueType, key: str, wire: object, echo: object
) -> None:
    field = PlannedField("key_no", type_, FieldRole.KEY)
    target = ORDERS.target(field)
    contacts = target.encode(rows((field,), (key,)))
    assert json.loads(contacts[0]) == {"ID": {"key_no": wire}, "Data": {"no": wire}}
    batch = batch_of(0, [comparable_key([key])], contacts)
    element = {"IdRecord": 3, "Status": "Created", "ValidationResult": "OK", "ID": {"key_no": echo}}
    answer = target.read_submission(batch, ORDERS.answer(Records=[element]))
    assert isinstance(answer, Settled)
    assert (answer.joined, answer.outcomes[0].record_id) == (1, "3")


def test_rows_of_one_key_are_one_row_whatever_its_case() -> None:
    assert LINES.slice("x", "y").comparable_keys() == ["1", "20"]
    fields = (ORDER_NO,)
    assert rows(fields, ("A-1",), ("a-1 ",)).comparable_keys() == ["a-1", "a-1"]


# --- what a table and its connection allow -----------------------------------------------------


@pytest.mark.parametrize("table_id", ["", "orders", "7.5", "-7", "٧"])
def test_table_that_is_no_number_is_refused_with_what_to_write(table_id: str) -> None:
    with pytest.raises(UnusableInputError, match="write for instance table_id: 77"):
        targets.build(
            connection(),
            name="dialog-insight-table",
            mode=UPSERT,
            fields=(ORDER_NO,),
            table_id=table_id,
        )


def test_everything_that_stands_in_the_way_is_said_at_once() -> None:
    with pytest.raises(UnusableInputError) as caught:
        targets.build(
            connection(),
            name="dialog-insight-table",
            mode=UPSERT,
            fields=(ORDER_NO, column("note")),
            clears=("note",),
            table_id="orders",
        )
    assert len(caught.value.mistakes) == 2


def test_a_table_cannot_be_asked_for_its_columns() -> None:
    target = ORDERS.target()
    assert not isinstance(target, Describes | Lists | AnswersLater)
