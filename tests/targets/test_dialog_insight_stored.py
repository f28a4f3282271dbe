"""What Contacts.Get is asked, and what its answers are taken for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import InDoubtError, Refusal, RefusedError
from importer.field_rules import FieldRole, ValueType
from importer.model import ApiResponse, Difference, PlannedField
from importer.targets import Verifies
from tests.targets.examples import CONTACTS, CREDENTIALS, SECRET

EMAIL = PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY)
NAME = PlannedField("key_f_LastName", ValueType.TEXT, FieldRole.KEY)
ROLES = {ValueType.CONSENT: FieldRole.CONSENT}


def key(type_: ValueType) -> PlannedField:
    return PlannedField("key_f_No", type_, FieldRole.KEY)


def field(type_: ValueType, code: str = "f_X") -> PlannedField:
    return PlannedField(code, type_, ROLES.get(type_, FieldRole.DATA))


def target(*fields: PlannedField) -> Verifies:
    made = CONTACTS.target(*fields)
    assert isinstance(made, Verifies)
    return made


def answer(*records: Any, **members: Any) -> ApiResponse:
    whole = {"Success": True, "ErrorCode": None, "ErrorMessage": None, "Records": list(records)}
    return ApiResponse(200, {}, json.dumps(whole | members).encode())


def asked(fields: tuple[PlannedField, ...], *parts: str) -> dict[str, Any]:
    request = target(*fields).lookup_request(parts, CREDENTIALS)
    body: dict[str, Any] = json.loads(request.body)
    assert request.url.endswith("/webservices/ofc4/contacts.ashx?method=Get")
    return body


def read(fields: tuple[PlannedField, ...], parts: tuple[str, ...], *records: Any) -> Any:
    return target(*fields).read_lookup(parts, answer(*records))


def differing(type_: ValueType, sent: str | None, stored: Any) -> list[tuple[str, str]]:
    """What is said of a value that was sent, and of what the platform shows in its place."""
    fields = (EMAIL, field(type_))
    found = read(fields, ("a@x.test",), {"f_EMail": "a@x.test", "f_X": stored})
    return [(d.sent, d.stored) for d in target(*fields).differences({"f_X": sent}, found)]


# --- the question --------------------------------------------------------------------------------


def test_a_contact_is_asked_for_by_its_address_as_clients_do() -> None:
    assert asked((EMAIL,), "ana@example.test") == {
        "AuthKey": {"idKey": 4821, "Key": SECRET},
        "idProject": 90210,
        "Clause": {
            "$type": "FieldClause",
            "Field": {"Name": "f_EMail"},
            "TypeOperator": "Equal",
            "ComparisonValue": "ana@example.test",
        },
        "Tag": None,
    }


@pytest.mark.parametrize(
    ("type_", "text", "wire"),
    [
        (ValueType.TEXT, 'Ana "D\'Arc"\\ \u2028é', 'Ana "D\'Arc"\\ \u2028é'),
        (ValueType.DATE, "2026-10-24", "2026.10.24"),
        (ValueType.DATETIME, "2026-10-24 09:30:00", "2026.10.24 09:30:00"),
        (ValueType.INTEGER, "20", 20),
        (ValueType.DECIMAL, "1.5", 1.5),
        (ValueType.INTEGER, "12345678901234567890123", 12345678901234567890123),
        (ValueType.INTEGER, "007", "007"),
        (ValueType.BOOLEAN, "true", 1),
        (ValueType.BOOLEAN, "perhaps", "perhaps"),
    ],
)
def test_a_key_is_asked_for_in_the_form_in_which_it_is_sent(
    type_: ValueType, text: str, wire: object
) -> None:
    assert asked((key(type_),), text)["Clause"]["ComparisonValue"] == wire


@pytest.mark.parametrize("fields", [(EMAIL, NAME), (NAME, EMAIL)])
def test_of_a_composite_key_the_part_is_asked_for_that_fewest_contacts_share(
    fields: tuple[PlannedField, ...],
) -> None:
    parts = ["Ng" if one is NAME else "a@x.test" for one in fields]
    clause = asked(fields, *parts)["Clause"]
    assert (clause["Field"]["Name"], clause["ComparisonValue"]) == ("f_EMail", "a@x.test")


def test_promise_7_the_question_never_shows_its_body() -> None:
    request = target(EMAIL).lookup_request(("ana@example.test",), CREDENTIALS)
    assert "ana@" not in repr(request)
    assert SECRET not in repr(request)


# --- which contact was answered ------------------------------------------------------------------


def test_an_empty_list_means_that_there_is_no_such_contact() -> None:
    assert read((EMAIL,), ("a@x.test",)) is None


@pytest.mark.parametrize(
    ("type_", "text", "shown"),
    [
        (ValueType.EMAIL, "Ana@x.test", " ana@X.test"),
        (ValueType.TEXT, "É-1", "e\u0301-1"),
        (ValueType.INTEGER, "20", 20),
        (ValueType.INTEGER, "20", "20"),
        (ValueType.DECIMAL, "1.50", 1.5),
        (ValueType.DATE, "2026-10-24", "2026.10.24"),
        (ValueType.DATE, "2026-10-24", "2026-10-24T00:00:00"),
        (ValueType.DATETIME, "2026-10-24 00:00:00", "2026.10.24"),
        (ValueType.BOOLEAN, "true", True),
    ],
)
def test_a_contact_is_known_again_by_its_key_in_any_known_form(
    type_: ValueType, text: str, shown: object
) -> None:
    fields = (key(type_), field(ValueType.TEXT))
    assert read(fields, (text,), {"idContact": 1, "F_NO": shown, "f_X": "v"}) == {"f_X": "v"}


def test_a_contact_with_the_whole_key_is_found_among_those_that_share_a_part() -> None:
    fields = (EMAIL, NAME, field(ValueType.TEXT))
    shared = [{"f_EMail": "a@x.test", "f_LastName": n, "f_X": n} for n in (None, "Roy", "Ng")]
    assert read(fields, ("a@x.test", "Ng"), *shared) == {"f_X": "Ng"}
    assert read(fields, ("a@x.test", "Li"), *shared) is None


def test_absence_is_not_believed_where_the_answer_may_have_left_contacts_out() -> None:
    fields = (EMAIL, NAME)
    many = [{"f_EMail": "a@x.test", "f_LastName": str(n)} for n in range(10)]
    assert read(fields, ("a@x.test", "Ng"), *many[:9]) is None
    with pytest.raises(RefusedError, match="10 contacts that have the same f_EMail") as caught:
        read(fields, ("a@x.test", "Ng"), *many)
    assert caught.value.scope is Refusal.CALL


def test_other_contacts_than_the_one_asked_for_do_not_say_that_it_is_missing() -> None:
    with pytest.raises(RefusedError, match="other contacts") as caught:
        read((EMAIL,), ("jose@x.test",), {"f_EMail": "josé@x.test"})
    assert caught.value.scope is Refusal.CALL


@pytest.mark.parametrize("records", [None, "none", [1], {}, [{"EMail": "a@x.test"}]])
def test_an_answer_of_another_form_is_in_doubt(records: object) -> None:
    with pytest.raises(InDoubtError):
        target(EMAIL).read_lookup(("a@x.test",), answer(Records=records))


def test_a_refused_look_up_concerns_the_account() -> None:
    refused = answer(Success=False, ErrorCode="NoRight", ErrorMessage="may not read")
    with pytest.raises(RefusedError, match="NoRight: may not read") as caught:
        target(EMAIL).read_lookup(("a@x.test",), refused)
    assert caught.value.scope is Refusal.ACCOUNT


# --- what is stored ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "sent", "stored"),
    [
        (ValueType.TEXT, "Montréal", "Montre\u0301al"),
        (ValueType.TEXT, "two\nlines", "two\r\nlines"),
        (ValueType.TEXT, "5", 5),
        (ValueType.EMAIL, "Ana@x.test", "ana@x.test"),
        (ValueType.PHONE, "+15145550123", "+15145550123"),
        (ValueType.POSTAL, "H2X 1Y4", "H2X 1Y4"),
        (ValueType.CHOICE, "F", "F"),
        (ValueType.LIST, "a|b", "a|b"),
        (ValueType.LIST, "a|b", ["a", "b"]),
        (ValueType.DATE, "2026-10-24", "2026.10.24"),
        (ValueType.DATE, "2026-10-24", "2026/10/24 00:00:00"),
        (ValueType.DATETIME, "2026-10-24 09:30:00", "2026.10.24 09:30:00"),
        (ValueType.DATETIME, "2026-10-24 09:30:00", "2026-10-24T09:30:00.0000000Z"),
        (ValueType.DATETIME, "2026-10-24 09:30:00", "2026-10-24 09:30"),
        (ValueType.DATETIME, "2026-10-24 00:00:00", "2026-10-24"),
        (ValueType.INTEGER, "20", 20),
        (ValueType.INTEGER, "-20", "-20.0"),
        (ValueType.DECIMAL, "1.50", 1.5),
        (ValueType.DECIMAL, "-0.0", 0),
        (ValueType.DECIMAL, "100", "1E+2"),
        (ValueType.DECIMAL, "0.000001", 1e-06),
        (ValueType.BOOLEAN, "true", "1"),
        (ValueType.BOOLEAN, "false", False),
        (ValueType.CONSENT, "yes", "1"),
        (ValueType.CONSENT, "yes", True),
        (ValueType.CONSENT, "no", "False"),
        (ValueType.TEXT, "", None),
        (ValueType.DATETIME, "", ""),
        (ValueType.TEXT, None, "whatever stood there"),
    ],
)
def test_a_value_that_is_stored_in_another_form_does_not_differ(
    type_: ValueType, sent: str | None, stored: object
) -> None:
    assert differing(type_, sent, stored) == []


@pytest.mark.parametrize(
    ("type_", "sent", "stored", "shown"),
    [
        (ValueType.TEXT, "Montréal", "Montreal", "Montreal"),
        (ValueType.TEXT, "Ana", "ana", "ana"),
        (ValueType.TEXT, "0123", 123, "123"),
        (ValueType.TEXT, "Ana", None, ""),
        (ValueType.TEXT, "", "still there", "still there"),
        (ValueType.EMAIL, "a@x.test", "b@x.test", "b@x.test"),
        (ValueType.DATE, "2026-10-04", "2026.04.10", "2026-04-10"),
        (ValueType.DATETIME, "2026-10-24 09:30:00", "2026.10.24 11:30:00", "2026-10-24 11:30:00"),
        (
            ValueType.DATETIME,
            "2026-10-24 09:30:00",
            "2026-10-24T09:30:00+02:00",
            "2026-10-24T09:30:00+02:00",
        ),
        (ValueType.INTEGER, "20", "twenty", "twenty"),
        (ValueType.DECIMAL, "1.5", "1.25", "1.25"),
        (ValueType.DECIMAL, "1.5", "NaN", "NaN"),
        (ValueType.DECIMAL, "1.5", "1E+999999999", "1E+999999999"),
        (ValueType.BOOLEAN, "true", 0, "false"),
        (ValueType.BOOLEAN, "true", "maybe", "maybe"),
        (ValueType.CONSENT, "yes", "0", "no"),
        (ValueType.CONSENT, "no", None, ""),
        (ValueType.CONSENT, "yes", "pending", "pending"),
    ],
)
def test_another_value_is_a_difference_in_the_words_of_the_plan(
    type_: ValueType, sent: str, stored: object, shown: str
) -> None:
    assert differing(type_, sent, stored) == [(sent, shown)]


def test_large_numbers_are_compared_in_all_their_digits() -> None:
    one, other = "1234567890123456789012345678901", "1234567890123456789012345678902"
    assert differing(ValueType.INTEGER, one, other) == [(one, other)]
    assert differing(ValueType.INTEGER, one, one) == []


def test_all_fields_that_differ_are_listed_in_the_order_of_the_plan() -> None:
    fields = (EMAIL, field(ValueType.TEXT, "f_B"), field(ValueType.TEXT, "f_A"))
    found = target(*fields).differences({"f_B": "1", "f_A": "2"}, {"f_B": "3"})
    assert found == (Difference("f_B", "1", "3"), Difference("f_A", "2", ""))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(st.sampled_from(ValueType), ANY, st.text(max_size=12))
def test_whatever_is_stored_is_read_and_differs_from_itself_never(
    type_: ValueType, stored: object, sent: str
) -> None:
    fields = (EMAIL, field(type_))
    shown = json.loads(json.dumps({"f_EMail": "a@x.test", "f_X": stored}, allow_nan=True))
    try:
        found = target(*fields).read_lookup(("a@x.test",), answer(shown))
    except InDoubtError:  # Python writes numbers as JSON that is none
        return
    assert found is not None
    assert target(*fields).differences(found, found) == ()
    assert len(target(*fields).differences({"f_X": sent}, found)) <= 1
