"""What the key may be used for, and the pace: the switches that refuse a whole call."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from importer.sandbox import KeyState, RateHeaders, SandboxError, SandboxSettings, Style, create_app

from .caller import GET, KEY, MERGE, PROJECT, PROJECTS, Caller, StillClock, caller, record

METHODS = {"Contacts.Merge": MERGE, "Contacts.Get": GET, "Projects.Get": PROJECT}


def refusal(sandbox: Caller, path: str = PROJECT, status: int = 403) -> tuple[str, str]:
    answer = sandbox.post(path)
    assert answer.status_code == status
    body = answer.json()
    assert body["Success"] is False
    assert body["ErrorMessage"].startswith("sandbox: ")
    return body["ErrorCode"], body["ErrorMessage"].removeprefix("sandbox: ")


def from_address(address: str, **switches: Any) -> Caller:
    app = create_app(SandboxSettings(**switches))
    transport = httpx.WSGITransport(app=app, remote_addr=address)
    return Caller(httpx.Client(transport=transport, base_url="http://sandbox.test"))


# --- the key --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("style", "status"), [(Style.HTTP, 401), (Style.ENVELOPE, 200)])
@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        (KeyState.INACTIVE, "SandboxKeyInactive", "the key is not active"),
        (KeyState.EXPIRED, "SandboxKeyExpired", "the key has expired"),
    ],
)
def test_key_that_is_not_in_use_is_refused_in_both_styles(
    state: KeyState, code: str, words: str, style: Style, status: int
) -> None:
    sandbox = caller(key_state=state, style=style)
    assert refusal(sandbox, status=status) == (code, words)


def test_wrong_key_is_told_before_its_state() -> None:
    sandbox = caller(key_state=KeyState.INACTIVE)
    answer = sandbox.client.post(PROJECTS, json={"AuthKey": {"idKey": 1, "Key": "other"}})
    assert (answer.status_code, answer.json()["ErrorCode"]) == (401, "SandboxInvalidCredentials")


@pytest.mark.parametrize(("style", "status"), [(Style.HTTP, 403), (Style.ENVELOPE, 200)])
def test_key_is_refused_from_another_address(style: Style, status: int) -> None:
    switches = {"allowed_addresses": "192.0.2.7, 10.0.0.0/8 2001:db8::/32", "style": style}
    said = refusal(from_address("198.51.100.1", **switches), status=status)
    assert said == (
        "SandboxAddressNotAllowed",
        "the key may not be used from the address 198.51.100.1",
    )
    for address in ("192.0.2.7", "10.1.2.3", "2001:db8::5"):
        assert from_address(address, **switches).post(PROJECT).status_code == 200


@pytest.mark.parametrize(("style", "status"), [(Style.HTTP, 403), (Style.ENVELOPE, 200)])
@pytest.mark.parametrize("method", METHODS)
def test_key_without_permissions_may_call_nothing(method: str, style: Style, status: int) -> None:
    code, words = refusal(caller(permissions="", style=style), METHODS[method], status)
    assert (code, words) == (
        "SandboxPermissionMissing",
        f"the key lacks the permission to call {method}",
    )


def test_permission_is_for_a_service_or_for_one_method() -> None:
    sandbox = caller(permissions="Contacts, projects.list")
    assert sandbox.merge(record("a@b.test")).status_code == 200
    assert sandbox.client.post(PROJECTS, json={"AuthKey": KEY}).status_code == 200
    assert refusal(sandbox)[0] == "SandboxPermissionMissing"


def test_refused_call_writes_nothing() -> None:
    sandbox = caller(permissions="projects")
    assert sandbox.merge(record("a@b.test")).status_code == 403
    assert sandbox.contacts() == []


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"permissions": "contact"}, "permissions: 'contact' is no service or method; use "),
        ({"permissions": "Contacts.Delete"}, "permissions: 'contacts.delete' is no service"),
        ({"allowed_addresses": "here"}, "allowed_addresses: 'here' does not appear to be"),
        ({"calls_per_second": 0}, "calls_per_second must be at least 1, not 0"),
        ({"calls_per_day": -1}, "calls_per_day must be at least 1"),
    ],
)
def test_switch_that_says_nothing_is_refused_by_name(switches: dict[str, Any], words: str) -> None:
    with pytest.raises(SandboxError) as caught:
        SandboxSettings(**switches)
    assert str(caught.value).startswith(words)


# --- the pace -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "seconds"),
    [
        ("calls_per_second", 1),
        ("calls_per_minute", 60),
        ("calls_per_hour", 3_600),
        ("calls_per_day", 86_400),
    ],
)
def test_each_pace_has_a_window_of_its_own(switch: str, seconds: int) -> None:
    clock = StillClock()
    sandbox = caller(clock, **{switch: 2})
    assert [sandbox.merge().status_code for _ in range(3)] == [200, 200, 429]
    clock.seconds += seconds - 0.25
    refused = sandbox.merge()
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    clock.seconds += 0.25
    assert sandbox.merge().status_code == 200


def test_the_longest_wait_of_several_windows_is_asked_for() -> None:
    clock = StillClock()
    sandbox = caller(clock, calls_per_second=1, calls_per_hour=1)
    assert sandbox.merge().status_code == 200
    assert sandbox.merge().headers["retry-after"] == "3600"


def rates(answer: httpx.Response) -> list[int]:
    names = ("Limit", "Remaining", "Reset")
    return [int(answer.headers[f"X-RateLimit-{name}"]) for name in names]


def test_every_answer_tells_what_is_left_when_asked_to() -> None:
    clock = StillClock()
    switches = {"calls_per_minute": 3, "calls_per_hour": 100, "faults": "ok ok 502"}
    sandbox = caller(clock, rate_headers=RateHeaders.DELTA, **switches)
    assert rates(sandbox.merge()) == [3, 2, 60]
    clock.seconds += 20
    assert rates(sandbox.merge()) == [3, 1, 40]
    page = sandbox.merge()
    assert (page.status_code, rates(page)) == (502, [3, 1, 40])
    assert rates(sandbox.merge()) == [3, 0, 40]
    refused = sandbox.merge()
    assert (refused.status_code, rates(refused)) == (429, [3, 0, 40])


def test_the_reset_may_be_a_moment() -> None:
    clock = StillClock()
    sandbox = caller(clock, rate_headers=RateHeaders.EPOCH, calls_per_second=5)
    assert rates(sandbox.merge()) == [5, 4, 1_800_000_002]


def test_nothing_is_told_without_a_limit_or_without_being_asked() -> None:
    for switches in ({"rate_headers": RateHeaders.DELTA}, {"calls_per_minute": 3}):
        answer = caller(StillClock(), **switches).merge()
        assert [name for name in answer.headers if name.startswith("x-ratelimit")] == []


class BusyClock(StillClock):
    """A clock by which every look takes a fifth of a second."""

    def monotonic(self) -> float:
        self.seconds += 0.2
        return self.seconds


def test_latency_counts_the_work() -> None:
    clock = BusyClock()
    caller(clock, latency_seconds=1.0).merge()
    (wait,) = clock.waits
    assert 0 < wait < 0.81
    clock = BusyClock()
    caller(clock, latency_seconds=0.1).merge()
    assert clock.waits == []
