"""The calls of an import, and what their answers mean as a whole."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from importer.batching import batch_of
from importer.errors import (
    AccountCause,
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
)
from importer.issues import IssueCode
from importer.model import ApiResponse, Limits, Pending, Settled, Verdict, WriteMode
from importer.targets.dotdigital import bulk
from tests.targets.dotdigital import imports
from tests.targets.examples import CREDENTIALS, SECRET, answered

BATCH = batch_of(0, ["a@example.org", "b@example.org"], [b'{"x":1}', b'{"y":2}'])


def read(response: ApiResponse) -> Any:
    return imports().read_submission(BATCH, response)


def status(word: str | None, *, repeated: bool = False) -> Settled | Pending:
    batch = batch_of(0, BATCH.keys, BATCH.contacts, repeated=repeated)
    return imports().read_status(batch, answered(200, {"importId": "i-1", "status": word}))


def page(code: int, body: bytes, **headers: str) -> ApiResponse:
    return ApiResponse(code, {name.replace("_", "-"): v for name, v in headers.items()}, body)


# --- the calls -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "head"),
    [
        ("", ""),
        ("overwrite", '"mergeOption":"overwrite",'),
        ("overwrite-if-not-empty", '"mergeOption":"overwriteIfNotEmpty",'),
        ("overwrite-if-empty", '"mergeOption":"overwriteIfEmpty",'),
    ],
)
def test_an_import_is_put_as_the_vendor_s_clients_do(option: str, head: str) -> None:
    mode = WriteMode(allow_insert=True, allow_update=True, option=option)
    request = imports(mode=mode, integration_token="partner-1").submission(BATCH, CREDENTIALS)
    assert (request.method, request.scope) == ("PUT", "low")
    assert request.url == "https://app.example.test/contacts/v3/import"
    assert request.body.decode() == f'{{{head}"contacts":[{{"x":1}},{{"y":2}}]}}'
    kind, pair = request.headers["authorization"].split()
    assert (kind, b64decode(pair).decode()) == ("Basic", f"4821:{SECRET}")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["x-ddg-integration-token"] == "partner-1"
    assert "x-ddg-integration-token" not in imports().submission(BATCH, CREDENTIALS).headers


def test_a_status_check_has_no_body() -> None:
    request = imports().status_check("3f0c2f9e-5a0e", CREDENTIALS)
    assert (request.method, request.body, request.scope) == ("GET", b"", "high")
    assert request.url.endswith("/contacts/v3/import/3f0c2f9e-5a0e")
    assert "content-type" not in request.headers


def test_careful_limits_and_ceilings_are_the_vendor_s() -> None:
    assert (
        Limits(
            rows_per_call=2000,
            bytes_per_call=50_000_000,
            calls_per_minute=35,
            in_flight=5,
            timeout_seconds=121,
        )
        == bulk.CAREFUL_LIMITS
    )
    assert bulk.CEILINGS == {"bytes_per_call": 50_000_000, "in_flight": 25}


# --- the answer to an import ---------------------------------------------------------------------


def test_an_import_that_was_taken_has_a_ticket() -> None:
    assert read(answered(202, {"importId": "i-1"})) == Pending("i-1")
    with pytest.raises(InDoubtError, match="does not name the import"):
        read(answered(202, {"importId": None}))


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (answered(429, {"errorCode": "contacts:tooManyActiveImports"}), 30),
        (page(429, b""), None),
        (page(429, b"", x_ratelimit_remaining="0", x_ratelimit_reset="17"), 17),
        (page(429, b"", x_ratelimit_reset="17"), 17),
        (
            page(
                429,
                b"",
                x_ratelimit_reset="1800000030",
                date="Fri, 15 Jan 2027 08:00:00 GMT",
            ),
            30,
        ),
        (page(429, b"", x_ratelimit_reset="17", x_ratelimit_remaining="3"), 17),
        (page(503, b"<html>", retry_after="5"), 5),
        (page(408, b""), None),
        (answered(400, {"message": "too much. ERROR_APIUSAGE_EXCEEDED"}), 300),
        (
            page(400, b'{"message":"ERROR_APIUSAGE_EXCEEDED"}', x_ratelimit_reset="9"),
            9,
        ),
    ],
)
def test_what_was_not_taken_may_go_again_after_the_wait_it_names(
    response: ApiResponse, wait: float | None
) -> None:
    with pytest.raises(RetryableError) as caught:
        read(response)
    assert caught.value.wait == wait


@pytest.mark.parametrize(
    ("response", "scope", "cause", "words"),
    [
        (page(401, b""), Refusal.ACCOUNT, AccountCause.KEY, "API user or its password"),
        (
            answered(401, {"message": "Authorization has been denied for this request."}),
            Refusal.ACCOUNT,
            AccountCause.KEY,
            "Its own words: Authorization has been denied",
        ),
        (
            page(403, b"<h2>403 - Forbidden: Access is denied.</h2>"),
            Refusal.ACCOUNT,
            AccountCause.MOVED,
            "importer connection test",
        ),
        (page(403, b""), Refusal.ACCOUNT, AccountCause.PERMISSION, "another region"),
        (page(413, b"<html>"), Refusal.SIZE, AccountCause.UNSAID, "HTTP 413"),
        (page(404, b"<html>"), Refusal.CALL, AccountCause.UNSAID, "HTTP 404"),
        (
            page(302, b"", location="https://r2.example"),
            Refusal.ACCOUNT,
            AccountCause.MOVED,
            "moved to https://r2.example ",
        ),
        (
            page(308, b"", location="https://u:p@r2.example/contacts/v3/email/ada%40example.org"),
            Refusal.ACCOUNT,
            AccountCause.MOVED,
            "moved to https://r2.example ",
        ),
        *(
            (page(302, b"", location=to), Refusal.ACCOUNT, AccountCause.MOVED, "does not name")
            for to in ("/sign-in?for=ada%40example.org", "https://[ada", "ada@example.org")
        ),
        (page(301, b""), Refusal.ACCOUNT, AccountCause.MOVED, "does not name"),
        (
            answered(
                400,
                {
                    "ErrorCode": "server:badRequest",
                    "description": "Bad request",
                    "details": [
                        {"item": "line 1, position 2", "error": "no number"},
                        {"item": "x", "description": "odd"},
                        "more",
                    ],
                },
            ),
            Refusal.CALL,
            AccountCause.UNSAID,
            "server:badRequest: Bad request: line 1, position 2: no number: x: odd",
        ),
    ],
)
def test_a_refusal_says_whom_it_concerns(
    response: ApiResponse, scope: Refusal, cause: AccountCause, words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as caught:
        read(response)
    assert (caught.value.scope, caught.value.cause) == (scope, cause)
    assert caught.value.code in {"server:badRequest", f"http-{response.status}"}


@pytest.mark.parametrize(
    ("response", "one_row"),
    [
        (answered(500, {"errorCode": "server:error", "description": "oops"}), True),
        (answered(500, {"message": "Error: ERROR_UNKNOWN"}), True),
        (answered(500, {}), False),
        (page(500, b"<html>"), False),
        (answered(502, {"errorCode": "server:error"}), False),
        (answered(504, {"errorCode": "server:error"}), False),
        (page(100, b""), False),
        (page(202, b""), False),
        (page(202, b'{"importId":"i-'), False),
        (page(200, b"<html>"), False),
        (page(200, b'["importId"]'), False),
        (page(200, b'{"importId":"\\ud800"}'), False),
        (page(200, b"[" * 100_000), False),
    ],
)
def test_what_cannot_be_read_is_in_doubt(response: ApiResponse, one_row: bool) -> None:
    with pytest.raises(InDoubtError) as caught:
        read(response)
    assert caught.value.one_row_may_be_the_cause is one_row


# --- how an import does --------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NotFinished", "notFinished", "NOTFINISHED"])
def test_an_import_at_work_stays_pending(word: str) -> None:
    assert status(word) == Pending("i-1")


def test_an_import_that_the_watchdog_refused_refuses_each_contact() -> None:
    settled = status("RejectedByWatchdog")
    assert isinstance(settled, Settled)
    assert [(o.verdict, o.code) for o in settled.outcomes] == [
        (Verdict.REJECTED, IssueCode.PLATFORM_REFUSED)
    ] * 2
    assert "Data Watchdog" in settled.outcomes[0].message
    assert settled.joined == 2


def test_an_import_that_the_watchdog_refused_says_nothing_of_an_earlier_call_in_doubt() -> None:
    settled = status("RejectedByWatchdog", repeated=True)
    assert isinstance(settled, Settled)
    assert {o.verdict for o in settled.outcomes} == {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    "word", ["Failed", "InvalidFileFormat", "Unknown", "NotAvailableInThisVersion", "Paused"]
)
def test_an_import_that_ended_otherwise_leaves_each_contact_unknown(word: str) -> None:
    settled = status(word)
    assert isinstance(settled, Settled)
    assert {(o.verdict, o.code) for o in settled.outcomes} == {
        (Verdict.UNKNOWN, IssueCode.ANSWER_LOST)
    }
    assert f'"{word}"' in settled.outcomes[0].message
    assert settled.joined == 2


def test_an_import_beyond_the_allowance_ends_and_can_be_resumed() -> None:
    with pytest.raises(RefusedError, match="importer resume") as caught:
        status("ExceedsAllowedContactLimit")
    error = caught.value
    assert (error.scope, error.ended, error.code) == (
        Refusal.ACCOUNT,
        True,
        "ExceedsAllowedContactLimit",
    )


def test_an_import_that_does_not_say_how_it_does_is_in_doubt() -> None:
    with pytest.raises(InDoubtError, match="does not say"):
        status(None)


def test_a_question_has_no_size_to_be_refused_for() -> None:
    with pytest.raises(InDoubtError):
        imports().read_status(BATCH, page(413, b""))


def test_a_contact_refused_alone_keeps_the_platform_s_words_in_one_line() -> None:
    refusal = RefusedError("no\nidentifiers", scope=Refusal.CALL)
    alone = batch_of(0, ["a@example.org"], [json.dumps({}).encode()])
    (outcome,) = imports().refused_alone(alone, refusal).outcomes
    assert (outcome.verdict, outcome.message) == (Verdict.REJECTED, "no identifiers")
