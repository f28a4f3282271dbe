from __future__ import annotations

import dataclasses
import itertools
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import targets
from importer.batching import batch_of
from importer.errors import DefectError
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    Connection,
    Credentials,
    PlannedField,
    PlanSlice,
    Secret,
    WriteMode,
)
from importer.targets import Describes, Lists, Target

UPSERT = WriteMode(allow_insert=True, allow_update=True)
CONNECTION = Connection(
    "production", "dialog-insight", "https://app.example.test/", "5335", "env:KEY", "123456"
)
CREDENTIALS = Credentials("5335", Secret("abcdefghijklmnopkrstuvwxyz"))
EMAIL = PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY)


def _field(code: str, type_: ValueType) -> PlannedField:
    return PlannedField(code, type_, FieldRole.DATA)


def _slice(fields: tuple[PlannedField, ...], *rows: tuple[str | None, ...]) -> PlanSlice:
    columns: dict[str, Any] = {"row": list(range(len(rows))), "key": [str(r[0]) for r in rows]}
    for place, field in enumerate(fields):
        columns[field.code] = pa.array([row[place] for row in rows], pa.string())
    return PlanSlice(0, fields, pa.RecordBatch.from_pydict(columns))


def _target(*fields: PlannedField, mode: WriteMode = UPSERT, **connection: Any) -> Target:
    clears = connection.pop("clears", ())
    changed = dataclasses.replace(CONNECTION, **connection)
    return targets.build(changed, mode=mode, fields=fields, clears=clears)


def _value(text: str | None, type_: ValueType, **connection: Any) -> bytes:
    field = _field("f_X", type_)
    (contact,) = _target(EMAIL, field, **connection).encode(
        _slice((EMAIL, field), ("a@b.test", text))
    )
    head = b'{"ID":{"key_f_EMail":"a@b.test"},"Data":'
    assert contact.startswith(head)
    return contact.removeprefix(head).removesuffix(b"}")


@pytest.mark.parametrize(
    ("type_", "text", "wire"),
    [
        (ValueType.TEXT, "Ana", b'{"f_X":"Ana"}'),
        (ValueType.TEXT, "Zoë \U0001f600", '{"f_X":"Zoë \U0001f600"}'.encode()),
        (ValueType.TEXT, 'a "b" \\ \n\t\x01', b'{"f_X":"a \\"b\\" \\\\ \\n\\t\\u0001"}'),
        (ValueType.TEXT, "007", b'{"f_X":"007"}'),
        (ValueType.TEXT, None, b"{}"),
        (ValueType.TEXT, "", b'{"f_X":""}'),
        (ValueType.EMAIL, "Ana@example.test", b'{"f_X":"Ana@example.test"}'),
        (ValueType.PHONE, "+15145551234", b'{"f_X":"+15145551234"}'),
        (ValueType.CHOICE, "Spa|Golf", b'{"f_X":"Spa|Golf"}'),
        (ValueType.CONSENT, "yes", b'{"f_X":"1"}'),
        (ValueType.CONSENT, "no", b'{"f_X":"0"}'),
        (ValueType.CONSENT, None, b"{}"),
        (ValueType.CONSENT, "", b'{"f_X":""}'),
        (ValueType.DATE, "2026-10-24", b'{"f_X":"2026.10.24"}'),
        (ValueType.DATE, "", b'{"f_X":""}'),
        (ValueType.DATETIME, "2026-10-24 09:30:00", b'{"f_X":"2026.10.24 09:30:00"}'),
        (ValueType.INTEGER, "7", b'{"f_X":7}'),
        (ValueType.INTEGER, "-0", b'{"f_X":-0}'),
        (ValueType.INTEGER, "9" * 30, b'{"f_X":' + b"9" * 30 + b"}"),
        (ValueType.INTEGER, "", b'{"f_X":""}'),
        (ValueType.INTEGER, None, b"{}"),
        (ValueType.DECIMAL, "12.50", b'{"f_X":12.50}'),
        (ValueType.DECIMAL, "-3", b'{"f_X":-3}'),
        (ValueType.DECIMAL, "0.100000000000000005551", b'{"f_X":0.100000000000000005551}'),
        (ValueType.BOOLEAN, "true", b'{"f_X":1}'),
        (ValueType.BOOLEAN, "false", b'{"f_X":0}'),
        (ValueType.BOOLEAN, "", b'{"f_X":""}'),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_platform_takes_it(
    type_: ValueType, text: str | None, wire: bytes
) -> None:
    assert _value(text, type_) == wire


def test_yes_and_no_values_can_be_json_s_own() -> None:
    assert _value("true", ValueType.BOOLEAN, boolean_values="json") == b'{"f_X":true}'
    assert _value("false", ValueType.BOOLEAN, boolean_values="json") == b'{"f_X":false}'


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (ValueType.INTEGER, "007"),
        (ValueType.INTEGER, "7.0"),
        (ValueType.INTEGER, "1 000"),
        (ValueType.INTEGER, "7\n"),
        (ValueType.DECIMAL, "1,5"),
        (ValueType.DECIMAL, ".5"),
        (ValueType.DECIMAL, "1e5"),
        (ValueType.BOOLEAN, "oui"),
        (ValueType.CONSENT, "1"),
    ],
)
def test_a_value_that_the_check_should_not_have_let_through_is_a_defect(
    type_: ValueType, text: str
) -> None:
    with pytest.raises(DefectError, match="f_X"):
        _value(text, type_)


def test_promise_4_a_missing_value_is_left_out_and_never_sent_as_empty() -> None:
    fields = (EMAIL, _field("f_A", ValueType.TEXT), _field("f_B", ValueType.DATE))
    contacts = _target(*fields).encode(
        _slice(fields, ("a@b.test", None, None), ("c@d.test", "x", None))
    )
    assert [json.loads(contact)["Data"] for contact in contacts] == [{}, {"f_A": "x"}]


def test_a_composite_key_stands_whole_in_the_id() -> None:
    fields = (
        PlannedField("key_f_Shop", ValueType.TEXT, FieldRole.KEY),
        _field("f_A", ValueType.TEXT),
        PlannedField("key_f_No", ValueType.INTEGER, FieldRole.KEY),
    )
    (contact,) = _target(*fields).encode(_slice(fields, ("Laval", "x", "7")))
    assert contact == b'{"ID":{"key_f_Shop":"Laval","key_f_No":7},"Data":{"f_A":"x"}}'


def test_a_key_alone_is_a_contact_too() -> None:
    contacts = _target(EMAIL).encode(_slice((EMAIL,), ("a@b.test",), ("c@d.test",)))
    assert contacts[1] == b'{"ID":{"key_f_EMail":"c@d.test"},"Data":{}}'
    assert _target(EMAIL).encode(_slice((EMAIL,))) == []


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_arrives_as_it_was(texts: list[str]) -> None:
    fields = (EMAIL, _field("f_X", ValueType.TEXT))
    contacts = _target(*fields).encode(_slice(fields, *(("a@b.test", text) for text in texts)))
    assert [json.loads(contact)["Data"]["f_X"] for contact in contacts] == texts


TYPED = tuple(
    _field(f"f_{type_.name}", type_) for type_ in ValueType if type_ is not ValueType.EMAIL
)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=5)
PLAIN: dict[ValueType, Any] = {
    ValueType.DATE: {"2026-10-24": "2026.10.24", "": ""},
    ValueType.DATETIME: {"2026-10-24 09:30:00": "2026.10.24 09:30:00"},
    ValueType.INTEGER: {"7": 7, "-12": -12, "": ""},
    ValueType.DECIMAL: {"7": 7, "1.25": 1.25, "": ""},
    ValueType.BOOLEAN: {"true": 1, "false": 0, "": ""},
    ValueType.CONSENT: {"yes": "1", "no": "0", "": ""},
}


def _cell(type_: ValueType) -> st.SearchStrategy[str | None]:
    return st.none() | (st.sampled_from(list(PLAIN[type_])) if type_ in PLAIN else ANY_TEXT)


@given(st.lists(st.tuples(*(_cell(f.type) for f in TYPED)), max_size=12), st.integers(0, 5))
def test_a_whole_slice_is_written_as_each_of_its_values_would_be(
    rows: list[tuple[str | None, ...]], start: int
) -> None:
    fields = (EMAIL, *TYPED)
    whole = _slice(fields, *((f"{n}@b.test", *row) for n, row in enumerate(rows)))
    part = PlanSlice(start, fields, whole.table.slice(start))
    expected = [
        {
            "ID": {"key_f_EMail": f"{n}@b.test"},
            "Data": {
                field.code: PLAIN.get(field.type, {}).get(text, text)
                for field, text in zip(TYPED, row, strict=True)
                if text is not None
            },
        }
        for n, row in enumerate(rows)
    ]
    written = [json.loads(contact) for contact in _target(*fields).encode(part)]
    assert written == expected[start:]


def test_a_contact_without_its_key_is_a_defect() -> None:
    with pytest.raises(DefectError, match="without its key"):
        _target(EMAIL).encode(_slice((EMAIL,), (None,)))


def test_a_call_is_the_vendor_s_example_byte_for_byte() -> None:
    contact = b'{"ID":{"key_f_EMail":"marc@domain.com"},"Data":{"optin_Newsletter":"1"}}'
    mode = WriteMode(allow_insert=False, allow_update=True, skip_unmatched=True)
    request = _target(EMAIL, mode=mode).submission(batch_of(0, ["k"], [contact]), CREDENTIALS)
    assert request.method == "POST"
    assert request.url == "https://app.example.test/webservices/ofc4/contacts.ashx?method=Merge"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.body == (
        b'{"AuthKey":{"idKey":5335,"Key":"abcdefghijklmnopkrstuvwxyz"},"idProject":123456,'
        b'"Records":[' + contact + b'],"MergeOptions":{"AllowInsert":false,"AllowUpdate":true,'
        b'"SkipDuplicateRecords":false,"SkipUnmatchedRecords":true,"ReturnRecordsOnSuccess":false,'
        b'"ReturnRecordsOnError":false,"FieldOptions":null}}'
    )


def test_a_call_grows_by_each_contact_and_a_comma() -> None:
    target = _target(EMAIL)
    sizes = [
        len(target.submission(batch_of(0, "k" * n, [b'{"ID":{}}'] * n), CREDENTIALS).body)
        for n in (0, 1, 2, 3)
    ]
    assert [b - a for a, b in itertools.pairwise(sizes)] == [9, 10, 10]


def test_numbers_that_are_no_digits_are_sent_as_text() -> None:
    request = _target(EMAIL, project_id="p-1").submission(
        batch_of(0, (), ()), Credentials("9" * 19, Secret("x"))
    )
    body = json.loads(request.body)
    assert (body["idProject"], body["AuthKey"]["idKey"]) == ("p-1", "9" * 19)


@pytest.mark.parametrize(
    ("null_handling", "clears", "options"),
    [
        ({"NullHandling": "Erase"}, ("f_A",), {"f_A": {"NullHandling": "Erase"}}),
        ("Erase", ("f_A", "f_B"), {"f_A": "Erase", "f_B": "Erase"}),
        ("empty", ("f_A",), None),
        ({"NullHandling": "Erase"}, (), None),
    ],
)
def test_fields_to_clear_are_named_as_the_connection_says(
    null_handling: Any, clears: tuple[str, ...], options: Any
) -> None:
    target = _target(EMAIL, null_handling=null_handling, clears=clears)
    body = json.loads(target.submission(batch_of(0, (), ()), CREDENTIALS).body)
    assert body["MergeOptions"]["FieldOptions"] == options


def test_opt_in_dates_go_when_the_connection_says_so() -> None:
    date = PlannedField("dtOptin_News", ValueType.DATE, FieldRole.CONSENT_DATE)
    (contact,) = _target(EMAIL, date, opt_in_dates=True).encode(
        _slice((EMAIL, date), ("a@b.test", "2026-01-02"))
    )
    assert json.loads(contact)["Data"] == {"dtOptin_News": "2026.01.02"}


def test_the_reading_calls_write_nothing() -> None:
    target = _target(EMAIL)
    assert isinstance(target, Describes)
    assert isinstance(target, Lists)
    asked = target.describe_request(CREDENTIALS, ())
    assert asked is not None
    assert asked.url.endswith("/webservices/ofc4/projects.ashx?method=Get")
    assert json.loads(asked.body) == {
        "AuthKey": {"idKey": 5335, "Key": "abcdefghijklmnopkrstuvwxyz"},
        "idProject": 123456,
    }
    listed = target.list_request(CREDENTIALS)
    assert listed.url.endswith("/webservices/ofc4/projects.ashx?method=List")
    assert list(json.loads(listed.body)) == ["AuthKey"]


def test_promise_7_a_request_never_shows_its_body() -> None:
    request = _target(EMAIL).submission(batch_of(0, (), ()), CREDENTIALS)
    assert "abcdefghij" not in repr(request)
    assert "abcdefghij" not in repr(CREDENTIALS)
