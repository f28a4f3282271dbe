from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer import targets
from importer.batching import batch_of
from importer.errors import InDoubtError, Refusal, RefusedError, RetryableError
from importer.field_rules import FieldRole, ValueType
from importer.model import (
    ApiResponse,
    Connection,
    PlannedField,
    Settled,
    Verdict,
    WriteMode,
    comparable_key,
)
from importer.targets import Describes, Lists, Target

UPSERT = WriteMode(allow_insert=True, allow_update=True)
INSERT = WriteMode(allow_insert=True, allow_update=False)
EMAIL = PlannedField("key_f_EMail", ValueType.EMAIL, FieldRole.KEY)
KEYS = ("ana@example.test", "ben@example.test", "cleo@example.test")


def _target(*keys: PlannedField, mode: WriteMode = UPSERT) -> Target:
    connection = Connection("p", "dialog-insight", "https://x.test", "1", "env:K", "2")
    return targets.build(connection, mode=mode, fields=keys or (EMAIL,))


def _response(status: int, body: bytes, **headers: str) -> ApiResponse:
    return ApiResponse(status, {name.replace("_", "-"): v for name, v in headers.items()}, body)


def _body(**members: Any) -> bytes:
    whole = {"Success": True, "ErrorCode": None, "ErrorMessage": None, "idRequest": 31000555}
    return json.dumps(whole | members, indent=2).replace("\n", "\r\n").encode()


def _element(email: str | None, status: str | None = "Updated", **members: Any) -> dict[str, Any]:
    echo = None if email is None else {"key_f_EMail": email}
    whole = {"IdRecord": 44, "Status": status, "ValidationResult": "OK", "Message": None}
    return whole | {"ID": echo, "Data": None, "Record": None} | members


def _read(
    records: Any,
    *,
    keys: tuple[str, ...] = KEYS,
    fields: tuple[PlannedField, ...] = (EMAIL,),
    mode: WriteMode = UPSERT,
    repeated: bool = False,
    success: bool = True,
    status: int = 200,
) -> Settled:
    batch = batch_of(0, keys, [b"{}"] * len(keys), repeated=repeated)
    response = _response(status, _body(Records=records, Success=success))
    answer = _target(*fields, mode=mode).read_submission(batch, response)
    assert isinstance(answer, Settled)
    assert len(answer.outcomes) == len(keys)
    return answer


def _verdicts(settled: Settled) -> list[str]:
    return [outcome.verdict.value for outcome in settled.outcomes]


def _raised(
    status: int, body: bytes, kind: type[Exception], **headers: str
) -> InDoubtError | RefusedError | RetryableError:
    batch = batch_of(0, KEYS, [b"{}"] * 3)
    with pytest.raises(kind) as caught:
        _target().read_submission(batch, _response(status, body, **headers))
    error = caught.value
    assert isinstance(error, InDoubtError | RefusedError | RetryableError)
    return error


# --- the contacts of an answer -----------------------------------------------------------------


def test_the_observed_answer_is_understood() -> None:
    settled = _read([_element("ana@example.test")], keys=KEYS[:1])
    (outcome,) = settled.outcomes
    assert (outcome.verdict, outcome.record_id, outcome.message) == (Verdict.UPDATED, "44", "")
    assert (settled.joined, settled.strangers, settled.request_id) == (1, 0, "31000555")


def test_answers_are_joined_by_key_whatever_their_order() -> None:
    settled = _read([_element(KEYS[2], "Created"), _element(KEYS[0]), _element(KEYS[1], "Error")])
    assert _verdicts(settled) == ["updated", "rejected", "created"]


def test_addresses_are_joined_without_regard_to_case() -> None:
    settled = _read([_element("ANA@Example.Test ")], keys=KEYS[:1])
    assert settled.joined == 1


def test_field_names_of_the_echo_are_read_without_regard_to_case() -> None:
    settled = _read([_element(None, ID={"KEY_F_EMAIL": KEYS[0]})], keys=KEYS[:1])
    assert settled.joined == 1


def test_a_missing_answer_leaves_its_row_unknown() -> None:
    settled = _read([_element(KEYS[0]), _element(KEYS[2])])
    assert _verdicts(settled) == ["updated", "unknown", "updated"]
    assert settled.outcomes[1].code == "answer-missing"
    assert settled.outcomes[1].message


@pytest.mark.parametrize("records", [None, "none", {}, [], [None], [None, 7, "x"]])
def test_an_answer_without_contacts_ties_nothing(records: Any) -> None:
    settled = _read(records)
    assert settled.joined == 0
    assert _verdicts(settled) == ["unknown"] * 3


def test_strangers_are_counted_and_belong_to_nobody() -> None:
    settled = _read([_element("who@example.test"), *map(_element, KEYS), None, _element(None)])
    assert (settled.joined, settled.strangers) == (3, 3)


def test_position_counts_only_when_no_echo_is_there_and_the_counts_agree() -> None:
    nameless = [_element(None, s) for s in ("Created", "Updated", "Error")]
    assert _verdicts(_read(nameless)) == ["created", "updated", "rejected"]
    assert _verdicts(_read([nameless[0], None, nameless[2]])) == ["created", "unknown", "rejected"]
    shorter = _read(nameless[:2])
    assert (shorter.joined, shorter.strangers) == (0, 2)
    mixed = _read([nameless[0], _element(KEYS[1]), nameless[2]])
    assert (_verdicts(mixed), mixed.strangers) == (["unknown", "updated", "unknown"], 2)


def test_an_empty_echo_is_no_echo_but_another_one_is() -> None:
    assert _read([_element(None, ID={}) for _ in KEYS]).joined == 3
    assert _read([_element(None, ID={"idContact": 5}) for _ in KEYS]).joined == 0


@pytest.mark.parametrize("order", [("Created", "Error"), ("Error", "Created")])
def test_of_two_answers_to_one_contact_the_one_that_claims_least_is_believed(
    order: tuple[str, str],
) -> None:
    settled = _read([_element(KEYS[0], status) for status in order], keys=KEYS[:1])
    assert _verdicts(settled) == ["rejected"]
    assert (settled.joined, settled.strangers) == (1, 1)


@pytest.mark.parametrize(
    ("status", "validation", "verdict"),
    [
        ("Created", "OK", "created"),
        ("CREATED", None, "created"),
        ("updated", "ok", "updated"),
        ("Updated", "", "updated"),
        ("Updated", "InvalidData", "rejected"),
        ("Skipped", "OK", "rejected"),
        ("skippedDuplicate", "Dup", "rejected"),
        ("Error", "InvalidData", "rejected"),
        ("Error", None, "rejected"),
        ("Whatever", "OK", "rejected"),
        (None, "InvalidData", "rejected"),
        (None, None, "unknown"),
        ("", "OK", "unknown"),
        (["Created"], "OK", "unknown"),
    ],
)
def test_a_status_is_believed_only_when_it_is_plain(
    status: Any, validation: Any, verdict: str
) -> None:
    settled = _read([_element(KEYS[0], status, ValidationResult=validation)], keys=KEYS[:1])
    assert _verdicts(settled) == [verdict]


def test_the_platform_s_words_are_kept_on_one_line_and_capped() -> None:
    def message(**members: Any) -> str:
        return _read([_element(KEYS[0], **members)], keys=KEYS[:1]).outcomes[0].message

    assert message(status="Error", ValidationResult="InvalidData", Message="f_City: bad") == (
        "Error (InvalidData): f_City: bad"
    )
    assert (
        message(status="Error", Message="line\r\n\tline\x1b[31m\u202e") == "Error: line line [31m"
    )
    assert message(status=None, ValidationResult=None, Message="no") == "no"
    assert message(status="Skipped") == "Skipped"
    assert len(message(status="Error", Message="x" * 10_000)) < 600


def test_codes_of_platform_outcomes_are_stable() -> None:
    records = [_element(KEYS[0], "Error"), _element(KEYS[1], "Skipped"), _element(KEYS[2])]
    settled = _read(records, mode=replace(UPSERT, skip_unmatched=True))
    assert [o.code for o in settled.outcomes] == ["platform-refused", "platform-skipped", ""]


@pytest.mark.parametrize(("number", "record_id"), [(0, ""), (None, ""), ("9", "9"), (True, "")])
def test_a_record_id_is_kept_when_there_is_one(number: Any, record_id: str) -> None:
    settled = _read([_element(KEYS[0], IdRecord=number)], keys=KEYS[:1])
    assert settled.outcomes[0].record_id == record_id


def test_a_repeated_insert_is_unknown_unless_it_was_created() -> None:
    records = [
        _element(KEYS[0], "Created"),
        _element(KEYS[1], "Skipped"),
        _element(KEYS[2], "Error"),
    ]
    insert = replace(INSERT, skip_duplicates=True)
    settled = _read(records, mode=insert, repeated=True)
    assert _verdicts(settled) == ["created", "unknown", "unknown"]
    assert settled.outcomes[1].code == "repeated-insert"
    assert "Skipped" in settled.outcomes[1].message
    assert _verdicts(_read(records, mode=insert)) == ["created", "skipped", "rejected"]
    upsert = replace(UPSERT, skip_duplicates=True)
    assert _verdicts(_read(records, mode=upsert, repeated=True)) == [
        "created",
        "skipped",
        "rejected",
    ]
    updated = _read([_element(KEYS[0])], keys=KEYS[:1], mode=INSERT, repeated=True)
    assert "updated" in updated.outcomes[0].message


@pytest.mark.parametrize(
    ("type_", "key", "echo"),
    [
        (ValueType.INTEGER, "7", 7),
        (ValueType.INTEGER, "7", "07"),
        (ValueType.INTEGER, "seven", "seven"),
        (ValueType.DECIMAL, "12.50", 12.5),
        (ValueType.DATE, "1988-02-29", "1988.02.29"),
        (ValueType.BOOLEAN, "true", True),
        (ValueType.BOOLEAN, "false", 0),
        (ValueType.TEXT, "Ab-1", "Ab-1"),
    ],
)
def test_a_key_is_recognised_in_the_platform_s_form(
    type_: ValueType, key: str, echo: object
) -> None:
    field = PlannedField("key_f_No", type_, FieldRole.KEY)
    settled = _read(
        [_element(None, ID={"key_f_No": echo})],
        keys=(comparable_key([key]),),
        fields=(field,),
    )
    assert settled.joined == 1


def test_a_composite_key_is_joined_by_all_its_parts() -> None:
    fields = (
        PlannedField("key_f_Shop", ValueType.TEXT, FieldRole.KEY),
        PlannedField("key_f_No", ValueType.INTEGER, FieldRole.KEY),
    )
    records = [
        _element(None, "Created", ID={"key_f_No": 2, "key_f_Shop": "A"}),
        _element(None, "Updated", ID={"key_f_No": 1, "key_f_Shop": "A"}),
        _element(None, "Error", ID={"key_f_Shop": "A"}),
        _element(None, "Error", ID={"key_f_Shop": "A", "key_f_No": None}),
        _element(None, "Error", ID={"key_f_Shop": "A", "key_f_No": [1]}),
    ]
    settled = _read(records, keys=("A\x1f1", "A\x1f2"), fields=fields)
    assert (_verdicts(settled), settled.strangers) == (["updated", "created"], 3)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["Created", "OK", *KEYS]),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ID", "Status", "key_f_EMail", "IdRecord", "Message"]), children
        )
    ),
)


@given(JSON, st.booleans())
def test_any_records_give_each_contact_one_outcome(records: Any, repeated: bool) -> None:
    settled = _read(records, repeated=repeated, mode=INSERT)
    assert 0 <= settled.joined <= len(KEYS)


# --- whole answers -------------------------------------------------------------------------------


@given(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_settled_or_one_of_the_three_errors(body: bytes) -> None:
    batch = batch_of(0, KEYS, [b"{}"] * 3)
    for status in (100, 200, 204, 302, 400, 401, 413, 429, 500, 502, 599):
        try:
            _target().read_submission(batch, _response(status, body))
        except (RetryableError, RefusedError, InDoubtError):
            pass
        else:
            assert status < 300


REFUSAL = _body(Success=False, ErrorCode="InvalidField", ErrorMessage="f_X is unknown")
PAGE = b"<html><h1>Service Unavailable</h1></html>"


@pytest.mark.parametrize("status", [200, 400, 404, 409, 422])
def test_a_refusal_is_read_whatever_its_status(status: int) -> None:
    error = _raised(status, REFUSAL, RefusedError)
    assert isinstance(error, RefusedError)
    assert (error.scope, error.code) == (Refusal.CALL, "InvalidField")
    assert str(error) == "InvalidField: f_X is unknown"


@pytest.mark.parametrize("body", [PAGE, b"", b'{"Success": fal', b"[]"])
def test_a_client_error_without_words_is_a_refusal_all_the_same(body: bytes) -> None:
    error = _raised(404, body, RefusedError)
    assert isinstance(error, RefusedError)
    assert (error.scope, error.code) == (Refusal.CALL, "http-404")
    assert "404" in str(error)


def test_a_numeric_error_code_is_text() -> None:
    error = _raised(200, _body(Success=False, ErrorCode=12), RefusedError)
    assert isinstance(error, RefusedError)
    assert (error.code, str(error)) == ("12", "12")


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [REFUSAL, PAGE])
def test_credentials_refused_concern_the_account(status: int, body: bytes) -> None:
    error = _raised(status, body, RefusedError)
    assert isinstance(error, RefusedError)
    assert error.scope is Refusal.ACCOUNT


def test_a_moved_address_is_said_and_not_followed() -> None:
    error = _raised(302, b"", RefusedError, location="https://elsewhere.test/")
    assert isinstance(error, RefusedError)
    assert error.scope is Refusal.ACCOUNT
    assert "https://elsewhere.test/" in str(error)
    assert "does not name" in str(_raised(301, b"", RefusedError))


@pytest.mark.parametrize(
    "words",
    [
        "Too many records",
        "1001 records are too many; at most 1000 records a call",
        "The maximum is 1,000 records",
        "The limit of 500 contacts was exceeded",
        "500 records per call is all there is",
        "request too large",
        "a request of 5000000 bytes is too large; at most 4194304 bytes a call",
        "Trop d'enregistrements",
    ],
)
def test_a_complaint_about_size_halves_the_batch(words: str) -> None:
    error = _raised(200, _body(Success=False, ErrorMessage=words), RefusedError)
    assert isinstance(error, RefusedError)
    assert error.scope is Refusal.SIZE


@pytest.mark.parametrize(
    "words",
    [
        "f_City exceeds 40 characters",
        "Request refused: f_City is too long",
        "too many requests",
        "The contact is unknown",
        "This contact exceeds the maximum length of f_City",
    ],
)
def test_a_complaint_about_a_value_is_not_about_size(words: str) -> None:
    error = _raised(400, _body(Success=False, ErrorMessage=words), RefusedError)
    assert isinstance(error, RefusedError)
    assert error.scope is Refusal.CALL


def test_a_413_is_about_size() -> None:
    error = _raised(413, PAGE, RefusedError)
    assert isinstance(error, RefusedError)
    assert error.scope is Refusal.SIZE


@pytest.mark.parametrize("status", [408, 425, 429, 503])
@pytest.mark.parametrize("body", [REFUSAL, PAGE, b""])
def test_a_call_not_taken_may_go_again(status: int, body: bytes) -> None:
    error = _raised(status, body, RetryableError)
    assert isinstance(error, RetryableError)
    assert error.wait is None


@pytest.mark.parametrize(
    ("asked", "date", "wait"),
    [
        ("17", "", 17.0),
        (" 0 ", "", 0.0),
        ("Sun, 22 Nov 2026 03:15:30 GMT", "Sun, 22 Nov 2026 03:15:00 GMT", 30.0),
        ("Sun, 22 Nov 2026 03:15:30 -0000", "Sun, 22 Nov 2026 03:15:00 GMT", 30.0),
        ("Sun, 22 Nov 2026 03:14:00 GMT", "Sun, 22 Nov 2026 03:15:00 GMT", 0.0),
        ("Sun, 22 Nov 2026 03:15:30 GMT", "", None),
        ("soon", "Sun, 22 Nov 2026 03:15:00 GMT", None),
        ("-5", "", None),
        ("²", "", None),
    ],
)
def test_retry_after_is_read_in_both_forms(asked: str, date: str, wait: float | None) -> None:
    error = _raised(429, b"", RetryableError, retry_after=asked, date=date)
    assert isinstance(error, RetryableError)
    assert error.wait == wait


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"", "is empty"),
        (204, b" \r\n", "is empty"),
        (200, PAGE, "no JSON object"),
        (200, b'{"Success": true, "Records": [{"Id', "cut off"),
        (200, b"\xff\xfe{}", "no JSON object"),
        (200, b"[]", "no JSON object"),
        (200, b"{}", "does not say whether"),
        (200, b'{"Success": "true"}', "does not say whether"),
        (400, b'{"Success": true}', "contradicts itself"),
        (500, PAGE, "HTTP 500"),
        (502, PAGE, "HTTP 502"),
        (502, REFUSAL, "HTTP 502"),
        (504, b"", "HTTP 504"),
        (520, b"", "HTTP 520"),
        (100, b"", "HTTP 100"),
    ],
)
def test_what_cannot_be_read_is_in_doubt(status: int, body: bytes, words: str) -> None:
    error = _raised(status, body, InDoubtError)
    assert isinstance(error, InDoubtError)
    assert words in str(error)
    assert not error.one_row_may_be_the_cause


def test_a_500_in_the_platform_s_own_form_may_be_one_contact_s_doing() -> None:
    error = _raised(500, REFUSAL, InDoubtError)
    assert isinstance(error, InDoubtError)
    assert error.one_row_may_be_the_cause
    assert "f_X is unknown" in str(error)
    silent = _raised(500, b'{"Success": false}', InDoubtError)
    assert isinstance(silent, InDoubtError)
    assert silent.one_row_may_be_the_cause


def test_a_byte_order_mark_is_no_obstacle() -> None:
    batch = batch_of(0, KEYS[:1], [b"{}"])
    body = b"\xef\xbb\xbf" + _body(Records=[_element(KEYS[0])])
    answer = _target().read_submission(batch, _response(200, body))
    assert isinstance(answer, Settled)
    assert answer.joined == 1


@pytest.mark.parametrize("status", [200, 400])
def test_a_refused_call_that_wrote_some_contacts_is_settled_by_contact(status: int) -> None:
    records = [_element(KEYS[0], "Created"), _element(KEYS[1], "Error")]
    settled = _read(records, success=False, status=status)
    assert _verdicts(settled) == ["created", "rejected", "unknown"]


def test_a_refused_call_that_wrote_nothing_is_refused_whatever_its_records_say() -> None:
    body = _body(Success=False, ErrorCode="Invalid", Records=[_element(KEYS[0], "Error")])
    error = _raised(200, body, RefusedError)
    assert isinstance(error, RefusedError)
    assert error.scope is Refusal.CALL


def test_a_contact_refused_alone_is_rejected_in_the_platform_s_words() -> None:
    refusal = RefusedError("Invalid: no", scope=Refusal.CALL, code="Invalid")
    one = batch_of(0, KEYS[:1], [b"{}"])
    (outcome,) = _target().refused_alone(one, refusal).outcomes
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, "platform-refused")
    assert outcome.message == "Invalid: no"
    again = batch_of(0, KEYS[:1], [b"{}"], repeated=True)
    (unsure,) = _target().refused_alone(again, refusal).outcomes
    assert (unsure.verdict, unsure.code) == (Verdict.UNKNOWN, "answer-lost")
    (doubtful,) = _target(mode=INSERT).refused_alone(again, refusal).outcomes
    assert (doubtful.verdict, doubtful.code) == (Verdict.UNKNOWN, "repeated-insert")


def test_every_batch_may_be_repeated() -> None:
    assert _target(mode=INSERT).repeatable(batch_of(0, KEYS[:1], [b"{}"]))


# --- the reading calls ---------------------------------------------------------------------------


def _described(body: bytes, status: int = 200) -> Any:
    target = _target()
    assert isinstance(target, Describes)
    return target.read_description([_response(status, body)])


def test_a_project_s_fields_are_read_with_their_first_labels() -> None:
    info = {
        "ProjectFields": [
            {"Code": "EMail", "isRequired": True, "Labels": [{"Value": "E-mail"}, {"Value": "x"}]},
            {"Code": "City", "isRequired": False, "Labels": []},
            {"Code": "Zip", "Labels": ["odd"]},
            {"Label": "nameless"},
            "odd",
        ],
        "OptinFields": [{"Code": "News", "Labels": [{"Value": "Newsletter"}]}],
    }
    account = _described(_body(ProjectInfo=info))
    assert account.labels == {
        "f_EMail": "E-mail",
        "f_City": "f_City",
        "f_Zip": "f_Zip",
        "optin_News": "Newsletter",
    }
    assert account.required == {"f_EMail"}
    assert _described(_body(ProjectInfo={})).labels == {}


@pytest.mark.parametrize("status", [200, 400, 401, 404])
def test_a_refused_description_concerns_the_account(status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        _described(REFUSAL, status)
    assert (caught.value.scope, caught.value.code) == (Refusal.ACCOUNT, "InvalidField")


def test_a_description_that_cannot_be_read_says_so() -> None:
    with pytest.raises(InDoubtError):
        _described(_body(ProjectInfo=None))
    with pytest.raises(RetryableError):
        _described(b"", 503)


def test_projects_are_listed_by_name() -> None:
    target = _target()
    assert isinstance(target, Lists)
    listed = [{"idProject": 7, "ProjectName": "Club"}, {"idProject": 9}, {"x": 1}, None]
    projects = target.read_list(_response(200, _body(Records=listed)))
    assert projects == {"7": "Club", "9": ""}
    with pytest.raises(InDoubtError):
        target.read_list(_response(200, _body(Records=None)))
