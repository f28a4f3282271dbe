from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.asked_waits import rate_limit_wait, retry_after
from importer.model import ApiResponse

SENT = "Sun, 22 Nov 2026 03:15:00 GMT"
EPOCH = 1_795_317_300  # the same moment


def _answer(headers: dict[str, str]) -> ApiResponse:
    return ApiResponse(200, {"date": SENT} | headers, b"")


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("40", 40.0),
        ("Sun, 22 Nov 2026 03:15:40 GMT", 40.0),
        ("Sun, 22 Nov 2026 03:15:40", 40.0),
        ("Sun, 22 Nov 2026 03:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("٥", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(asked: str, wait: float | None) -> None:
    assert retry_after(_answer({"retry-after": asked})) == wait


def test_retry_after_as_a_date_needs_the_date_of_the_answer() -> None:
    asked = {"retry-after": "Sun, 22 Nov 2026 03:15:40 GMT", "date": "yesterday"}
    assert retry_after(_answer(asked)) is None


@pytest.mark.parametrize("prefix", ["x-ratelimit", "x-rate-limit", "ratelimit"])
@pytest.mark.parametrize(
    ("remaining", "reset", "wait"),
    [
        ("0", "12", 12.0),
        (" 0 ", "1.5", 1.5),
        ("0", str(EPOCH + 30), 30.0),
        ("0", str(EPOCH * 1000 + 30_500), 30.5),
        ("0", str(EPOCH - 30), 0.0),
        ("0", "0", 0.0),
        ("1", "12", None),
        ("0", "", None),
        ("0", "soon", None),
        ("0", "-12", None),
        ("0", "nan", None),
        ("0", "1" * 30, None),
        ("-1", "12", None),
        ("", "12", None),
    ],
)
def test_a_limit_that_is_spent_waits_until_its_reset(
    prefix: str, remaining: str, reset: str, wait: float | None
) -> None:
    headers = {f"{prefix}-remaining": remaining, f"{prefix}-reset": reset}
    assert rate_limit_wait(_answer(headers)) == wait


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ('"default";r=0;t=5', 5.0),
        ('"default";r=3;t=5', None),
        ('"second";r=0;t=1, "hour";r=0;t=700, "day";r=9;t=80000', 700.0),
        ('"default";r=0', None),
        ("limit=10, remaining=0, reset=5", 5.0),
        ("limit=10, remaining=1, reset=5", None),
        ("LIMIT=10, Remaining=0, Reset=5", 5.0),
        ("none", None),
    ],
)
def test_the_one_header_of_the_drafts_is_read_in_its_forms(said: str, wait: float | None) -> None:
    assert rate_limit_wait(_answer({"ratelimit": said})) == wait


def test_the_longest_of_several_waits_counts() -> None:
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "12",
        "ratelimit": '"default";r=0;t=5',
    }
    assert rate_limit_wait(_answer(headers)) == 12


def test_a_moment_needs_the_date_of_the_answer() -> None:
    headers = {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(EPOCH + 30),
        "date": "yesterday",
    }
    assert rate_limit_wait(_answer(headers)) is None


@given(st.text(), st.text(), st.text())
def test_any_nonsense_is_read_without_an_error(remaining: str, reset: str, one: str) -> None:
    headers = {
        "retry-after": reset,
        "x-ratelimit-remaining": remaining,
        "x-ratelimit-reset": reset,
        "ratelimit": one,
    }
    for wait in (rate_limit_wait(_answer(headers)), retry_after(_answer(headers))):
        assert wait is None or 0 <= wait < float("inf")


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 99999999999999999999 Jan 2026 00:00:00 GMT",
        "Mon, 01 Jan 2026 99999999999999999999:00:00 GMT",
    ],
)
def test_date_of_numbers_without_measure_names_no_wait(date: str) -> None:
    said = {"retry-after": date, "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000000"}
    response = ApiResponse(429, {**said, "date": date}, b"")
    assert retry_after(response) is None
    assert rate_limit_wait(response) is None
