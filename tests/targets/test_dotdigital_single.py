"""The call of one contact, and what the contact that it answers means."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.batching import batch_of
from importer.errors import DefectError, InDoubtError, Refusal, RefusedError
from importer.issues import IssueCode
from importer.model import Batch, Limits, Outcome, Verdict, WriteMode
from importer.targets.dotdigital import single
from tests.targets.dotdigital import CITY, EMAIL, MOBILE, NUMBER, other, singles
from tests.targets.examples import CREDENTIALS, SECRET, answered, rows

ADA = "ada@example.org"
SUBSCRIBE = {"channelProperties": {"email": {"status": "subscribed"}}}
UNSUBSCRIBE = {"channelProperties": {"email": {"status": "unsubscribed"}}}
CONFIRM = {"channelProperties": {"email": {"optInType": "verifiedDouble"}}}
TEXT = {"channelProperties": {"sms": {"status": "subscribed"}}}


def batch(sent: dict[str, Any] | None = None, *, before: tuple[str, ...] = ()) -> Batch:
    return replace(batch_of(0, [ADA], [json.dumps(sent or {}).encode()]), before=before)


def outcome(
    sent: dict[str, Any] | None = None,
    *,
    status: int = 200,
    before: tuple[str, ...] = (),
    **contact: Any,
) -> Outcome:
    shown = {"contactId": 44, "identifiers": {"email": ADA.upper()}, **contact}
    settled = singles().read_submission(batch(sent, before=before), answered(status, shown))
    (one,) = settled.outcomes
    assert settled.joined == 1
    return one


def channels(email: str, sms: str = "subscribed") -> dict[str, Any]:
    return {"channelProperties": {"email": {"status": email}, "sms": {"status": sms}}}


# --- the call ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "values", "option", "path"),
    [
        ((EMAIL, CITY), ("Ada+1@Ex.org", "x"), "", "email/Ada%2B1%40Ex.org"),
        (
            (MOBILE, CITY),
            ("+44 7700", "x"),
            "overwrite-if-empty",
            "mobileNumber/447700?merge-option=overwrite-if-empty",
        ),
        ((NUMBER, CITY), ("90210077", "x"), "", "contactId/90210077"),
        ((NUMBER, other(EMAIL)), ("90210077", ADA), "", "contactId/90210077"),
    ],
)
def test_a_contact_is_patched_by_what_finds_it(
    fields: Any, values: tuple[str, ...], option: str, path: str
) -> None:
    mode = WriteMode(allow_insert=True, allow_update=True, option=option)
    target, plan = singles(*fields, mode=mode), rows(fields, values)
    (contact,) = target.encode(plan)
    request = target.submission(batch_of(0, plan.comparable_keys(), [contact]), CREDENTIALS)
    assert (request.method, request.scope, request.body) == ("PATCH", "medium", contact)
    assert request.url == f"https://app.example.test/contacts/v3/{path}"
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert SECRET not in repr(request)


def test_a_call_holds_one_contact() -> None:
    assert (
        Limits(rows_per_call=1, calls_per_minute=35, in_flight=2, timeout_seconds=121)
        == single.CAREFUL_LIMITS
    )
    assert single.CEILINGS == {"rows_per_call": 1}
    with pytest.raises(DefectError):
        singles().submission(batch_of(0, ["a", "b"], [b"{}"] * 2), CREDENTIALS)


# --- the answer ----------------------------------------------------------------------------------


def test_the_status_tells_whether_the_contact_is_new() -> None:
    assert outcome(status=201) == Outcome(Verdict.CREATED, record_id="44")
    assert outcome(status=200) == Outcome(Verdict.UPDATED, record_id="44")


@pytest.mark.parametrize("word", ["suppressed", "hardBounced", "domainSuppressed", "SpamTrap"])
def test_a_contact_that_gets_no_messages_is_said_to_be_suppressed(word: str) -> None:
    one = outcome(**channels(word))
    assert (one.verdict, one.code, one.field) == ("updated", IssueCode.CONTACT_SUPPRESSED, "")
    assert f"({word})" in one.message
    assert outcome(status=201, **channels(word)).verdict == "created"
    assert outcome(SUBSCRIBE, **channels(word)).field == "email.status"


def test_the_contact_s_own_status_counts_where_its_channels_are_not_shown() -> None:
    shown = {"contactId": 44, "status": "suppressed"}
    settled = singles().read_submission(batch(), answered(200, shown))
    assert settled.outcomes[0].code == IssueCode.CONTACT_SUPPRESSED


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"status": "ok"},
        {"errorCode": "server:error", "description": "oops"},
        {"message": "Please sign in."},
        {"contactId": 0, "identifiers": {}},
    ],
)
def test_an_answer_that_shows_no_contact_is_in_doubt(members: dict[str, Any]) -> None:
    for status in (200, 201):
        with pytest.raises(InDoubtError, match="does not show the contact"):
            singles().read_submission(batch(), answered(status, members))


@pytest.mark.parametrize(
    ("sent", "shown", "code", "field"),
    [
        (SUBSCRIBE, channels("subscribed"), "", ""),
        (SUBSCRIBE, channels("softBounced"), "", ""),
        (SUBSCRIBE, channels("unsubscribed"), IssueCode.PARTLY_WRITTEN, "email.status"),
        (UNSUBSCRIBE, channels("unsubscribed"), "", ""),
        (UNSUBSCRIBE, channels("subscribed"), IssueCode.PARTLY_WRITTEN, "email.status"),
        (UNSUBSCRIBE, channels("pendingOptIn"), "", ""),
        ({}, channels("unsubscribed"), "", ""),
        (TEXT, channels("subscribed", "subscribed"), "", ""),
        (TEXT, channels("subscribed", "unsubscribed"), IssueCode.PARTLY_WRITTEN, "sms.status"),
        (TEXT, {}, "", ""),
    ],
)
def test_an_answer_that_was_not_taken_is_written_in_part(
    sent: dict[str, Any], shown: dict[str, Any], code: str, field: str
) -> None:
    one = outcome(sent, **shown)
    assert (one.verdict, one.code, one.field) == ("updated", code, field)


@pytest.mark.parametrize(
    ("sent", "status", "confirms"),
    [(SUBSCRIBE, 200, True), (CONFIRM, 200, True), ({}, 201, True), ({}, 200, False)],
)
def test_whoever_must_confirm_is_accepted(
    sent: dict[str, Any], status: int, confirms: bool
) -> None:
    one = outcome(sent, status=status, **channels("pendingOptIn"))
    assert (one.code == IssueCode.MUST_CONFIRM) is confirms
    assert (one.verdict == "accepted") is confirms


@pytest.mark.parametrize("word", ["deleted", "Binned"])
def test_whoever_was_in_the_recycle_bin_is_said_to_be_back(word: str) -> None:
    one = outcome(before=(word,))
    assert (one.verdict, one.code) == ("updated", IssueCode.CONTACT_UNDELETED)
    one = outcome(before=(word,), **channels("suppressed"))
    assert one.code == IssueCode.CONTACT_SUPPRESSED
    assert one.message.endswith("it is in the account again.")
    assert outcome(before=(word,), status=201).code == ""
    assert outcome(before=("subscribed",)).code == ""
    assert outcome(before=("",)).code == ""


def test_a_conflict_refuses_the_contact_but_not_after_a_call_in_doubt() -> None:
    answer = answered(409, {"errorCode": "contacts:identifierConflict", "description": "taken"})
    (one,) = singles().read_submission(batch(), answer).outcomes
    assert (one.verdict, one.code) == ("rejected", IssueCode.PLATFORM_REFUSED)
    assert one.message == "contacts:identifierConflict: taken"
    again = replace(batch(), repeated=True)
    (one,) = singles().read_submission(again, answer).outcomes
    assert one.verdict == "unknown"


# --- what is asked first -------------------------------------------------------------------------


def test_a_contact_is_asked_for_first_unless_the_connection_says_otherwise() -> None:
    question = singles().first_question(batch(), CREDENTIALS)
    assert question is not None
    assert (question.method, question.scope) == ("GET", "high")
    assert question.url == "https://app.example.test/contacts/v3/email/ada%40example.org"
    assert singles(look_up_first=False).first_question(batch(), CREDENTIALS) is None
    assert singles().first_question(batch_of(0, (), ()), CREDENTIALS) is None


def test_the_status_before_is_noted_and_changes_nothing_else() -> None:
    target, one = singles(), batch()
    known = target.read_first(one, answered(200, {"status": "binned"}))
    assert known == replace(one, before=("binned",))
    missing = answered(404, {"errorCode": "contacts:contactNotFound"})
    assert target.read_first(one, missing).before == ("",)
    malformed = answered(400, {"errorCode": "contacts:invalidId"})
    assert target.read_first(one, malformed).before == ("",)
    for status in (401, 403, 404):
        with pytest.raises(RefusedError) as caught:
            target.read_first(one, answered(status, {}))
        assert status == 404 or caught.value.scope is Refusal.ACCOUNT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="aA@.x1 ", max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["channelProperties", "email", "sms", "status", "identifiers"]), inner
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["channelProperties", "identifiers", "status"]), JSON))
def test_any_contact_in_an_answer_is_one_outcome(contact: dict[str, Any]) -> None:
    shown = {"contactId": 44, **contact}
    settled = singles().read_submission(batch(SUBSCRIBE), answered(200, shown))
    assert len(settled.outcomes) == 1
    assert settled.joined + settled.strangers == 1
