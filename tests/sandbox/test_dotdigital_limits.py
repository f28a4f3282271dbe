from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

import httpx
import pytest

from importer.sandbox import AnswerLostError
from importer.sandbox.dotdigital.limiter import Limiter, Tier
from importer.sandbox.dotdigital.settings import (
    DotdigitalSettings,
    PollTier,
    RateReset,
    RateScheme,
)

from .caller import StillClock
from .dotdigital_caller import DotdigitalCaller, bulk, dotdigital

TIERED = RateScheme.TIERED


def told(answer: httpx.Response) -> dict[str, str]:
    """The rate headers, by the last word of their names."""
    prefix = "x-ratelimit-"
    headers = answer.headers.items()
    return {name.removeprefix(prefix): value for name, value in headers if name.startswith(prefix)}


# --- the pace ------------------------------------------------------------------------------------


def test_nothing_is_counted_unless_asked_for() -> None:
    sandbox = dotdigital(tier_medium=1)
    answers = [sandbox.patch("a@b.test") for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 200, 200]
    assert told(answers[0]) == {}


def test_spent_tier_answers_429_without_retry_after_until_its_minute_is_over() -> None:
    clock = StillClock()
    sandbox = dotdigital(clock, rate_scheme=TIERED, tier_medium=2)
    assert [sandbox.patch("a@b.test").status_code for _ in range(3)] == [201, 200, 429]
    clock.seconds += 59.0
    late = sandbox.patch("a@b.test")
    assert (late.status_code, late.content) == (429, b"")
    assert "retry-after" not in late.headers
    clock.seconds += 1.0
    assert sandbox.patch("a@b.test").status_code == 200


def test_refused_call_does_nothing() -> None:
    sandbox = dotdigital(rate_scheme=TIERED, tier_low=1)
    sandbox.start(bulk("a@b.test"))
    assert sandbox.start(bulk("c@d.test")).status_code == 429
    assert len(sandbox.contacts()) == 1


def test_tiers_are_counted_apart() -> None:
    sandbox = dotdigital(rate_scheme=TIERED, tier_low=1, tier_medium=1, tier_high=1)
    calls: list[Callable[[], httpx.Response]] = [
        lambda: sandbox.start(bulk("a@b.test")),
        lambda: sandbox.patch("a@b.test"),
        lambda: sandbox.client.get("/v2/data-fields"),
    ]
    for call in calls:
        assert call().status_code < 300
        assert call().status_code == 429


def test_four_headers_tell_what_is_left_of_the_call_s_own_tier() -> None:
    clock = StillClock()
    sandbox = dotdigital(clock, rate_scheme=TIERED, tier_low=35, tier_medium=2)
    one = told(sandbox.start(bulk("a@b.test")))
    reset = str(int(clock.seconds) + 61)
    assert one == {"limit": "35", "remaining": "34", "reset": reset, "scope": "lowCallRate"}
    clock.seconds += 20
    sandbox.patch("a@b.test")
    two, three = told(sandbox.patch("a@b.test")), told(sandbox.patch("a@b.test"))
    assert two == three
    assert (two["remaining"], two["scope"]) == ("0", "mediumCallRate")
    assert told(sandbox.client.get("/v2/data-fields")) == {}  # no limit on that tier


def test_reset_may_count_seconds_from_now() -> None:
    clock = StillClock()
    sandbox = dotdigital(clock, rate_scheme=TIERED, tier_medium=2, reset=RateReset.DELTA)
    assert told(sandbox.patch("a@b.test"))["reset"] == "60"
    clock.seconds += 45.5
    assert told(sandbox.patch("a@b.test"))["reset"] == "15"


@pytest.mark.parametrize(("tier", "statuses"), [("high", [200, 429]), ("unlimited", [200, 200])])
def test_asking_about_imports_is_of_the_tier_that_is_set(tier: str, statuses: list[int]) -> None:
    sandbox = dotdigital(rate_scheme=TIERED, tier_high=1, poll_tier=PollTier(tier))
    number = sandbox.start(bulk("a@b.test")).json()["importId"]
    assert [sandbox.poll(number).status_code for _ in range(2)] == statuses


@pytest.mark.parametrize("path", ["/v2/server-time", "/contacts/v3/email/a@b.test"])
def test_flat_limit_answers_400_with_its_code_within_any_hour(path: str) -> None:
    clock = StillClock()
    sandbox = dotdigital(clock, rate_scheme=RateScheme.FLAT, flat_calls=2)
    sandbox.patch("a@b.test")
    clock.seconds += 1800
    assert sandbox.client.get(path).status_code == 200
    capped = sandbox.client.get(path)
    assert capped.status_code == 400
    assert capped.json() == {
        "message": "Your account has generated excess API activity and is being temporarily "
        "capped. Please contact support. ERROR_APIUSAGE_EXCEEDED"
    }
    clock.seconds += 1800
    assert sandbox.client.get(path).status_code == 200


def test_account_info_tells_the_calls_of_the_last_hour() -> None:
    clock = StillClock()
    limiter = Limiter(DotdigitalSettings(), clock)
    for _ in range(5):
        assert limiter.take(Tier.HIGH)
    assert limiter.last_hour() == (5, 1995)
    clock.seconds += 3600
    assert limiter.last_hour() == (0, 2000)


# --- the fault script ----------------------------------------------------------------------------


def scripted(script: str, clock: StillClock | None = None, **shared: object) -> DotdigitalCaller:
    return dotdigital(clock, shared={"faults": script, **shared})


def test_only_calls_that_write_take_a_word() -> None:
    sandbox = scripted("500*4")
    assert sandbox.client.get("/v2/data-fields").status_code == 200
    assert sandbox.client.get("/contacts/v3/email/a@b.test").status_code == 404
    assert sandbox.patch("a@b.test").status_code == 500
    assert sandbox.start(bulk("a@b.test")).status_code == 500
    assert sandbox.write_v2("a@b.test").status_code == 500
    assert sandbox.client.post("/contacts/v3", json={}).status_code == 500
    assert sandbox.patch("a@b.test").status_code == 201


def test_scripted_429_tells_its_reset_in_headers_and_has_no_retry_after() -> None:
    clock = StillClock()
    sandbox = scripted("429 429-bare 429-date", clock, retry_after_seconds=7)
    one, two, three = (sandbox.patch("a@b.test") for _ in range(3))
    assert [one.status_code, two.status_code, three.status_code] == [429] * 3
    assert told(one)["remaining"] == "0"
    assert told(one)["reset"] == str(int(clock.seconds) + 8)
    assert told(two) == {}
    assert ["retry-after" in answer.headers for answer in (one, two, three)] == [False, False, True]
    moment = parsedate_to_datetime(three.headers["retry-after"]).timestamp()
    assert 7 <= moment - clock.now() < 8
    assert sandbox.contacts() == []


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("500", 500, "server:error"),
        ("413", 413, "server:badRequest"),
        ("refused", 400, "contacts:badRequest"),
        ("401", 401, "server:unauthorized"),
    ],
)
def test_fault_with_the_envelope_writes_nothing(word: str, status: int, code: str) -> None:
    sandbox = scripted(word)
    answer = sandbox.start(bulk("a@b.test"))
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)
    assert sandbox.contacts() == []
    assert sandbox.calls()[0]["error"] == code


def test_fault_of_a_v2_call_has_a_message() -> None:
    sandbox = scripted("500 401")
    failed, refused = (sandbox.write_v2("a@b.test") for _ in range(2))
    assert failed.json()["message"].endswith(" ERROR_UNKNOWN")
    assert refused.json() == {"message": "Authorization has been denied for this request."}


@pytest.mark.parametrize(
    ("word", "status"),
    [("403", 403), ("502", 502), ("503-after", 503), ("504", 504), ("garbage", 200)],
)
def test_fault_with_a_page_writes_nothing(word: str, status: int) -> None:
    sandbox = scripted(word)
    answer = sandbox.patch("a@b.test")
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert sandbox.contacts() == []


@pytest.mark.parametrize(("word", "kept"), [("lost", 1), ("dropped", 0)])
def test_call_without_an_answer_is_done_or_not(word: str, kept: int) -> None:
    sandbox = scripted(word)
    with pytest.raises(AnswerLostError):
        sandbox.start(bulk("a@b.test"))
    assert len(sandbox.contacts()) == kept
    [call] = sandbox.calls()
    assert (call["fault"], call["status"], call["keys"]) == (word, None, ["a@b.test"])


@pytest.mark.parametrize("word", ["cut", "empty", "504-done"])
def test_answer_may_be_spoiled_after_the_work(word: str) -> None:
    sandbox = scripted(word)
    answer = sandbox.start(bulk("a@b.test"))
    with pytest.raises(ValueError):
        answer.json()
    assert len(sandbox.contacts()) == 1


def test_slow_call_waits_after_its_work_and_polls_are_answered_at_once() -> None:
    clock = StillClock()
    sandbox = scripted("slow", clock, slow_seconds=3, latency_seconds=0.5)
    number = sandbox.start(bulk("a@b.test")).json()["importId"]
    assert clock.waits == [3.5]
    sandbox.poll(number)
    assert clock.waits == [3.5]
    sandbox.client.get("/v2/data-fields")
    assert clock.waits == [3.5, 0.5]


def test_both_platforms_share_one_script() -> None:
    from .caller import Caller, record

    sandbox = scripted("500 ok 500")
    first = Caller(sandbox.client)
    statuses = [
        first.merge(record("a@b.test")).status_code,
        sandbox.patch("a@b.test").status_code,
        first.merge(record("a@b.test")).status_code,
    ]
    assert statuses == [500, 201, 500]
