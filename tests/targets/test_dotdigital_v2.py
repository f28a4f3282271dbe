"""Version 2's call for one contact with consent and preferences: its bytes, and its answers."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.batching import batch_of
from importer.errors import (
    DefectError,
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
    UnusableInputError,
)
from importer.field_rules import FieldRole, ValueType
from importer.issues import IssueCode
from importer.model import (
    ApiResponse,
    Batch,
    Connection,
    Credentials,
    Outcome,
    PlannedField,
    PlanSlice,
    Secret,
    Settled,
    Verdict,
    WriteMode,
)
from importer.targets import Describes, Verifies
from importer.targets.dotdigital import v2

USER = Credentials("apiuser-1@apiconnector.com", Secret("a-secret-password"))
UPSERT = WriteMode(allow_insert=True, allow_update=True)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
ADA = "ada@example.org"

EMAIL = PlannedField("id.email", ValueType.EMAIL, FieldRole.KEY)
PLACES = {"preference.31": "30/31", "preference.Coffee": "30/32", "preference.40": "40"}


def data(code: str, type_: ValueType = ValueType.TEXT) -> PlannedField:
    return PlannedField(code, type_, FieldRole.DATA)


def consent(code: str) -> PlannedField:
    return PlannedField(code, ValueType.CONSENT, FieldRole.CONSENT)


def record(number: str = "") -> list[PlannedField]:
    names = ("text", "datetime", "url", "ip", "userAgent")
    moment = ValueType.DATETIME
    return [
        data(f"consent.{name}{number}", moment if name == "datetime" else ValueType.TEXT)
        for name in names
    ]


RECORD = ("Send it", "2025-03-04 09:15:00", "https://example.org/join", "203.0.113.7", "Mozilla")


def target(
    *fields: PlannedField,
    places: dict[str, str] = PLACES,
    clears: tuple[str, ...] = (),
    **members: Any,
) -> v2.ConsentAndPreferences:
    url = "https://r1-api.dotdigital.com/"
    made = Connection("production", "dotdigital", url, USER.key_id, "env:KEY", **members)
    return v2.build(made, mode=UPSERT, fields=fields, clears=clears, table_id="", places=places)


def encoded(
    fields: list[PlannedField], *values: str | None, email: str | None = ADA, **options: Any
) -> Any:
    """The one contact of these values, as it stands in a call."""
    fields = [EMAIL, *fields]
    columns: dict[str, Any] = {"row": [0]}
    for field, value in zip(fields, (email, *values), strict=True):
        columns[field.code] = pa.array([value], pa.string())
    rows = PlanSlice(0, tuple(fields), pa.RecordBatch.from_pydict(columns))
    (contact,) = target(*fields, **options).encode(rows)
    return json.loads(contact)


# --- a contact in a call -------------------------------------------------------------------------


def test_the_documented_example_is_what_is_written() -> None:
    fields = [data("email.optIn"), data("email.type"), data("data.FIRSTNAME"), *record()]
    choices = ("single", "html", "Ada")
    preferences = [consent("preference.31"), consent("preference.40")]
    contact = encoded(fields + preferences, *choices, *RECORD, "yes", "no")
    assert contact == {
        "contact": {
            "email": ADA,
            "optInType": "Single",
            "emailType": "Html",
            "dataFields": [{"key": "FIRSTNAME", "value": "Ada"}],
        },
        "consentFields": [
            {
                "fields": [
                    {"key": "consenttext", "value": "Send it"},
                    {"key": "consentdatetime", "value": "2025-03-04T09:15:00Z"},
                    {"key": "consenturl", "value": "https://example.org/join"},
                    {"key": "consentip", "value": "203.0.113.7"},
                    {"key": "consentuseragent", "value": "Mozilla"},
                ]
            }
        ],
        "preferences": [
            {"id": 40, "isPreference": True, "isOptedIn": False},
            {
                "id": 30,
                "isPreference": False,
                "preferences": [{"id": 31, "isPreference": True, "isOptedIn": True}],
            },
        ],
    }


def test_values_have_the_types_of_their_fields() -> None:
    fields = [
        data("data.POINTS", ValueType.INTEGER),
        data("data.BALANCE", ValueType.DECIMAL),
        data("data.VIP", ValueType.BOOLEAN),
        data("data.BIRTHDAY", ValueType.DATE),
        data("data.SEEN", ValueType.DATETIME),
    ]
    texts = ("1280", "12.50", "true", "1990-12-10", "2026-10-24 09:30:00")
    contact = encoded(fields, *texts, time_zone="America/Toronto")
    assert [pair["value"] for pair in contact["contact"]["dataFields"]] == [
        1280,
        12.5,
        True,
        "1990-12-10T00:00:00Z",
        "2026-10-24T13:30:00Z",
    ]


@pytest.mark.parametrize(
    ("word", "sent"),
    [
        ("unknown", "Unknown"),
        ("single", "Single"),
        ("double", "Double"),
        ("verifiedDouble", "VerifiedDouble"),
        (None, None),
    ],
)
def test_opt_in_types_are_spelled_as_version_2_does(word: str | None, sent: str | None) -> None:
    fields = [data("email.optIn"), data("email.type")]
    contact = encoded(fields, word, "plainText")["contact"]
    assert (contact.get("optInType"), contact["emailType"]) == (sent, "PlainText")


def test_promise_4_what_is_missing_is_left_out_with_all_around_it() -> None:
    fields = [data("data.CITY"), consent("preference.31"), consent("preference.40"), *record()]
    for nothing in (None, ""):
        assert encoded(fields, *[nothing] * 8) == {"contact": {"email": ADA}}


@pytest.mark.parametrize("place", range(5))
def test_a_record_that_lacks_a_part_is_left_out(place: int) -> None:
    for lacking in (None, ""):
        parts: list[str | None] = [*RECORD]
        parts[place] = lacking
        contact = encoded([*record(), *record(".2")], *parts, *RECORD)
        assert len(contact["consentFields"]) == 1
        without = [field for field in record() if field != record()[place]]
        assert "consentFields" not in encoded(without, *(p for p in parts if p is not lacking))


def test_preferences_of_one_category_stand_in_it_together() -> None:
    fields = [consent("preference.31"), consent("preference.40"), consent("preference.Coffee")]
    (root, drinks) = encoded(fields, "yes", "yes", "no")["preferences"]
    assert root["id"] == 40
    assert [(one["id"], one["isOptedIn"]) for one in drinks["preferences"]] == [
        (31, True),
        (32, False),
    ]
    (drinks,) = encoded(fields, "yes", None, None)["preferences"]
    assert [one["id"] for one in drinks["preferences"]] == [31]


@given(ANY_TEXT.filter(lambda text: text != ""))
def test_any_text_arrives_as_it_was(text: str) -> None:
    contact = encoded([data("data.CITY")], text)["contact"]
    assert contact["dataFields"] == [{"key": "CITY", "value": text}]


def test_what_the_plan_must_not_hold_is_a_defect() -> None:
    with pytest.raises(DefectError, match="without its key"):
        encoded([], email=None)
    with pytest.raises(DefectError, match="without its key"):
        encoded([], email="")
    with pytest.raises(DefectError, match=r"data\.POINTS"):
        encoded([data("data.POINTS", ValueType.INTEGER)], "many")
    with pytest.raises(DefectError, match=r"email\.optIn"):
        encoded([data("email.optIn")], "triple")
    with pytest.raises(DefectError, match=r"preference\.31"):
        encoded([consent("preference.31")], "yes", places={})


# --- the target ----------------------------------------------------------------------------------


def test_target_has_the_limits_and_the_codes_of_version_2() -> None:
    made = target()
    assert (made.name, v2.CONNECTIONS) == ("dotdigital-v2", "dotdigital")
    assert made.limits is v2.CAREFUL_LIMITS
    assert (made.limits.rows_per_call, made.limits.timeout_seconds) == (1, 121)
    assert v2.CEILINGS == {"rows_per_call": 1}
    assert made.fields is v2.GRAMMAR
    assert isinstance(made, Describes)
    assert isinstance(made, Verifies)
    with pytest.raises(ValueError, match=r"list\.4101"):
        made.fields.fact("list.4101")


def test_each_preference_needs_its_place() -> None:
    codes = ("id.email", "preference.31", "preference.Tea", "data.CITY")
    assert v2.needs_places(codes) == ("preference.31", "preference.Tea")


def test_what_the_call_cannot_do_is_refused_before() -> None:
    with pytest.raises(UnusableInputError, match=r"data\.CITY.* no call of dotdigital-v2 erases"):
        target(EMAIL, data("data.CITY"), clears=("data.CITY",))
    mobile = PlannedField("id.mobileNumber", ValueType.PHONE, FieldRole.KEY)
    for keys in ([mobile], [EMAIL, mobile]):
        with pytest.raises(UnusableInputError, match=r"by id\.email only"):
            target(*keys)
    records = [field for n in ("", ".1", ".2", ".3", ".4", ".5") for field in record(n)]
    with pytest.raises(UnusableInputError, match="more than 5 consent records"):
        target(EMAIL, *records)


def batch(*contacts: bytes, **members: Any) -> Batch:
    return batch_of(0, (ADA,), contacts or (b'{"contact":{}}',), **members)


def test_promise_7_the_call_carries_the_contact_and_the_password_and_shows_neither() -> None:
    request = target(EMAIL).submission(batch(b'{"contact":{"email":"x"}}'), USER)
    address = "https://r1-api.dotdigital.com/v2/contacts/with-consent-and-preferences"
    assert (request.method, request.url, request.scope) == ("POST", address, "medium")
    assert request.body == b'{"contact":{"email":"x"}}'
    assert request.headers["authorization"].startswith("Basic ")
    assert request.headers["authorization"] not in repr(request)
    assert "email" not in repr(request)
    with pytest.raises(DefectError):
        target(EMAIL).submission(batch_of(0, (ADA, "b"), (b"{}", b"{}")), USER)


def test_only_who_would_be_mailed_twice_makes_a_call_that_is_not_repeated() -> None:
    made = target(EMAIL)
    assert made.repeatable(batch(b'{"contact":{"email":"x","optInType":"Double"}}'))
    assert not made.repeatable(batch(b'{"contact":{"email":"x","optInType":"VerifiedDouble"}}'))
    tricky = '{"a":"\\"optInType\\":\\"VerifiedDouble\\""}'
    assert made.repeatable(batch(tricky.encode()))


def test_the_account_is_asked_for_its_tree() -> None:
    made = target()
    request = made.describe_request(USER, [])
    assert request is not None
    assert request.url.endswith("/v2/account-info")
    info = ApiResponse(200, {}, b'{"id":1,"properties":[]}')
    tree = [{"id": 30, "isPreference": False, "preferences": [{"id": 31, "publicName": "Tea"}]}]
    said = [info, ApiResponse(200, {}, b"[]"), ApiResponse(200, {}, json.dumps(tree).encode())]
    assert made.read_description(said).wants == {"preference.31"}


def test_contacts_are_looked_up_by_their_address() -> None:
    made = target(EMAIL, data("data.CITY"), consent("preference.31"))
    request = made.lookup_request(("a+b@example.org",), USER)
    assert request.url.endswith("/contacts/v3/email/a%2Bb%40example.org")
    contact = {
        "contactId": 7,
        "identifiers": {"email": ADA},
        "dataFields": {"City": "Troy"},
        "preferences": [{"id": 31, "isOptedIn": True}],
    }
    found = made.read_lookup((ADA,), ApiResponse(200, {}, json.dumps(contact).encode()))
    assert found == {"data.CITY": "Troy", "preference.31": "yes"}


# --- answers -------------------------------------------------------------------------------------


def settled(
    contact: Any, *, status: int = 201, sent: bytes = b"{}", whole: Any = None, **members: Any
) -> Settled:
    answer = {"contact": contact, "consentFields": [], "preferences": []}
    body = json.dumps(answer if whole is None else whole).encode()
    response = ApiResponse(status, {}, body)
    found = target(EMAIL).read_submission(batch(sent, **members), response)
    assert isinstance(found, Settled)
    return found


def outcome(contact: Any, **members: Any) -> Outcome:
    (one,) = settled(contact, **members).outcomes
    return one


TAKEN = {"id": 90210077, "email": ADA, "status": "Subscribed", "optInType": "Single"}
ASKED = b'{"contact":{"email":"x","optInType":"VerifiedDouble"}}'


@pytest.mark.parametrize("status", [200, 201])
def test_a_contact_that_is_taken_is_accepted_for_nothing_says_whether_it_is_new(
    status: int,
) -> None:
    found = settled(TAKEN, status=status)
    assert found.outcomes == (Outcome(Verdict.ACCEPTED, record_id="90210077"),)
    assert (found.joined, found.strangers) == (1, 0)


def test_names_of_members_are_read_in_any_case() -> None:
    whole = {"Contact": {"ID": 7, "Email": ADA.upper(), "STATUS": "subscribed"}}
    assert settled(None, whole=whole).outcomes == (Outcome(Verdict.ACCEPTED, record_id="7"),)


@pytest.mark.parametrize("status", ["Suppressed", "SharedSuppression", "DomainSuppression"])
def test_a_suppressed_contact_is_said_to_be_so(status: str) -> None:
    one = outcome({**TAKEN, "status": status}, sent=ASKED)
    assert (one.verdict, one.code) == (Verdict.ACCEPTED, IssueCode.CONTACT_SUPPRESSED)
    assert status in one.message
    assert one.record_id == "90210077"


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        ("PendingOptIn", ASKED, IssueCode.MUST_CONFIRM),
        ("PendingOptIn", b"{}", IssueCode.MUST_CONFIRM),  # the account asks everybody
        ("", ASKED, IssueCode.MUST_CONFIRM),
        ("Subscribed", ASKED, ""),  # who has confirmed before
        ("Unsubscribed", b"{}", ""),
    ],
)
def test_who_must_confirm_is_said_to(status: str, sent: bytes, code: str) -> None:
    one = outcome({**TAKEN, "status": status}, sent=sent)
    assert (one.verdict, one.code) == (Verdict.ACCEPTED, code)
    assert bool(one.message) == bool(code)


def test_a_contact_without_a_number_has_none() -> None:
    numbers: list[Any] = [0, None, [], ""]
    for number in numbers:
        assert outcome({**TAKEN, "id": number}).record_id == ""


def test_an_answer_about_somebody_else_is_a_stranger_s() -> None:
    found = settled({**TAKEN, "email": "ben@example.org"})
    assert (found.joined, found.strangers) == (0, 1)
    assert found.outcomes[0].verdict is Verdict.UNKNOWN
    assert found.outcomes[0].code == IssueCode.ANSWER_MISSING


@pytest.mark.parametrize("contact", [None, {}, [], "x", 7])
def test_an_answer_that_shows_no_contact_is_in_doubt(contact: Any) -> None:
    with pytest.raises(InDoubtError, match="does not show the contact"):
        settled(contact)


def refused(message: str, status: int = 400) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        settled(None, status=status, whole={"message": message})
    return caught.value


def test_a_refusal_has_the_code_at_the_end_of_its_words() -> None:
    refusal = refused("Email is not a valid email address. ERROR_PARAMETER_INVALID")
    assert (refusal.scope, refusal.code) == (Refusal.CALL, "ERROR_PARAMETER_INVALID")
    assert "is not a valid email address" in str(refusal)
    assert refused("Error: ERROR_PREFERENCE_NOT_FOUND", 404).code == "ERROR_PREFERENCE_NOT_FOUND"
    assert refused(f"no {'x' * 600} ERROR_DATAFIELD_VALUE_OVERFLOW").code == (
        "ERROR_DATAFIELD_VALUE_OVERFLOW"
    )
    assert refused("no").code == "http-400"
    denied = refused("Authorization has been denied for this request.", 401)
    assert denied.scope is Refusal.ACCOUNT


def test_a_suppressed_contact_that_is_refused_is_rejected_as_such() -> None:
    whole = {"message": "Contact is suppressed. ERROR_CONTACT_SUPPRESSED"}
    one = outcome(None, status=400, whole=whole)
    assert (one.verdict, one.code) == (Verdict.REJECTED, IssueCode.CONTACT_SUPPRESSED)
    assert "ERROR_CONTACT_SUPPRESSED" in one.message
    with pytest.raises(RefusedError):  # what the first call did is not known
        settled(None, status=400, whole=whole, repeated=True)


def test_an_account_that_is_capped_asks_to_wait() -> None:
    words = "Your account has generated excess API activity. ERROR_APIUSAGE_EXCEEDED"
    with pytest.raises(RetryableError) as caught:
        settled(None, status=400, whole={"message": words})
    assert caught.value.wait


@pytest.mark.parametrize("prose", ["", "x" * 600])
def test_a_platform_that_is_down_for_a_moment_refuses_no_contact(prose: str) -> None:
    words = f"{prose} ERROR_SYSTEM_SERVICETEMPORARILYUNAVAILABLE"
    with pytest.raises(RetryableError) as caught:
        settled(None, status=400, whole={"message": words})
    assert caught.value.wait is None
    with pytest.raises(RetryableError):
        settled(None, status=400, whole={"message": f"{prose} ERROR_APIUSAGE_EXCEEDED"})


@given(
    st.sampled_from([100, 200, 201, 204, 302, 400, 403, 409, 413, 429, 500, 502]),
    st.binary()
    | st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(["contact", "Contact", "id", "email", "status"]), inner
            )
        ),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)
def test_any_answer_is_settled_or_one_of_the_three_errors(status: int, body: bytes) -> None:
    try:
        target(EMAIL).read_submission(batch(), ApiResponse(status, {}, body))
    except (RetryableError, RefusedError, InDoubtError):
        return
    assert 200 <= status < 300


def test_refusal_of_one_contact_alone_is_its_rejection_but_not_after_a_call_in_doubt() -> None:
    refusal = RefusedError("no ERROR_X", scope=Refusal.CALL, code="ERROR_X")
    (one,) = target(EMAIL).refused_alone(batch(), refusal).outcomes
    assert one.verdict is Verdict.REJECTED
    (one,) = target(EMAIL).refused_alone(batch(repeated=True), refusal).outcomes
    assert one.verdict is Verdict.UNKNOWN
