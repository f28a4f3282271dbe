from __future__ import annotations

import gzip
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError

import httpx
import pytest

from importer.client import Client, door
from importer.errors import InDoubtError, RetryableError, UnusableInputError
from importer.model import ApiRequest
from tests.client.loopback import OK, answering, serving

SECRET = "0123456789abcdefABCDEF"
REQUEST = ApiRequest(
    "POST",
    "https://platform.example.test/services?method=Merge",
    f'{{"Key":"{SECRET}"}}'.encode(),
    headers={"content-type": "application/json", "authorization": f"Basic {SECRET}"},
)


class FakeClock:
    """Time that passes a second with every look at it."""

    def __init__(self, step: float = 0.0) -> None:
        self.elapsed = 0.0
        self.step = step

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 3, 15, tzinfo=UTC)

    def monotonic(self) -> float:
        self.elapsed += self.step
        return self.elapsed

    def sleep(self, seconds: float) -> None: ...


def _client(answer: Callable[[httpx.Request], httpx.Response], step: float = 0.0) -> Client:
    return Client(30, httpx.MockTransport(answer), clock=FakeClock(step))


def test_a_call_carries_what_the_request_says_and_the_answer_comes_back_whole() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(404, headers={"X-Odd": "1", "Date": "then"}, content=b"no")

    with _client(answer) as client:
        response = client.send(REQUEST)
    assert (seen[0].method, str(seen[0].url), seen[0].content) == (
        "POST",
        REQUEST.url,
        REQUEST.body,
    )
    assert seen[0].headers["content-type"] == "application/json"
    assert seen[0].headers["user-agent"].startswith("importer/")
    assert (response.status, response.body) == (404, b"no")
    assert (response.headers["x-odd"], response.headers["date"]) == ("1", "then")


def test_an_answer_without_a_date_gets_ours() -> None:
    with _client(lambda _: httpx.Response(200)) as client:
        assert client.send(REQUEST).headers["date"] == "Sun, 22 Nov 2026 03:15:00 GMT"


def test_redirects_are_not_followed() -> None:
    calls: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        calls.append(request)
        return httpx.Response(302, headers={"location": "https://elsewhere.test/"})

    with _client(answer) as client:
        assert client.send(REQUEST).status == 302
    assert len(calls) == 1


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError(SECRET),
        httpx.ConnectTimeout(SECRET),
        httpx.PoolTimeout(SECRET),
        httpx.ProxyError(SECRET),
    ],
)
def test_a_call_that_never_left_may_go_again(error: httpx.HTTPError) -> None:
    expected = pytest.raises(RetryableError, match="cannot be reached")
    with _client(_raising(error)) as client, expected as got:
        client.send(REQUEST)
    assert got.value.wait is None
    assert "platform.example.test" in str(got.value)
    assert SECRET not in "".join(traceback.format_exception(got.value))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout(SECRET),
        httpx.WriteTimeout(SECRET),
        httpx.ReadError(SECRET),
        httpx.WriteError(SECRET),
        httpx.RemoteProtocolError(SECRET),
        httpx.DecodingError(SECRET),
        ConnectionResetError(104, "Connection reset by peer"),
    ],
)
def test_a_call_that_left_without_an_answer_is_in_doubt(error: Exception) -> None:
    with _client(_raising(error)) as client, pytest.raises(InDoubtError) as got:
        client.send(REQUEST)
    assert "platform.example.test" in str(got.value)
    assert not got.value.one_row_may_be_the_cause
    assert got.value.timed_out == isinstance(error, httpx.TimeoutException)
    assert SECRET not in "".join(traceback.format_exception(got.value))


def _raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    "url",
    [
        "platform.example.test/x",
        "ftp://platform.example.test/",
        "https://x:port/",
        f"https://{'long' * 20}.test/",
    ],
)
def test_an_address_that_is_none_is_the_operator_s_to_mend(url: str) -> None:
    with Client(30) as client, pytest.raises(UnusableInputError):
        client.send(ApiRequest("POST", url, b""))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("platform.example.test/contacts/ada%40x.org", "platform.example.test: the address"),
        ("https://x:port/contacts/ada%40x.org?of=ada", "'https://x:port' is no address"),
        ("https:///contacts/ada%40x.org", "https://: the address"),
        ("https://x\n/contacts/ada%40x.org", r"'https://x\n' is no address"),
    ],
)
def test_promise_7_an_address_that_is_none_is_told_without_the_contact_it_names(
    url: str, shown: str
) -> None:
    with Client(30) as client, pytest.raises(UnusableInputError, match=re.escape(shown)) as got:
        client.send(ApiRequest("PATCH", url, b""))
    assert "ada" not in "".join(traceback.format_exception(got.value))


def test_a_defect_is_not_taken_for_a_fault_of_the_network() -> None:
    with _client(_raising(ZeroDivisionError())) as client, pytest.raises(ZeroDivisionError):
        client.send(REQUEST)


def test_text_that_cannot_be_decoded_once_it_left_is_in_doubt() -> None:
    error = httpx.DecodingError(SECRET)
    with _client(_raising(error)) as client, pytest.raises(InDoubtError, match="DecodingError"):
        client.send(REQUEST)


@pytest.mark.parametrize("key", [f"{SECRET}\n", f"{SECRET}é"])
def test_a_key_that_no_header_can_hold_is_the_operator_s_to_mend(key: str) -> None:
    with serving(answering(OK)) as server, Client(30) as client:
        call = ApiRequest("POST", server.url, b"", {"authorization": key})
        with pytest.raises(UnusableInputError, match="a line break or an accent") as got:
            client.send(call)
    assert SECRET not in "".join(traceback.format_exception(got.value))


def test_a_proxy_that_answers_in_the_platform_s_place_did_not_let_the_call_through() -> None:
    page = httpx.Response(407, html="<h1>Who are you?</h1>")
    expected = pytest.raises(RetryableError, match="wants a name and a password")
    with _client(lambda _: page) as client, expected:
        client.send(REQUEST)


def test_no_call_begins_in_a_client_that_was_told_to_stop() -> None:
    with _client(lambda _: httpx.Response(200)) as client:
        client.abort()
        with pytest.raises(RetryableError, match="the run is stopping"):
            client.send(REQUEST)


def test_an_answer_that_trickles_is_given_up_at_the_deadline() -> None:
    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x"

    expected = pytest.raises(InDoubtError, match="did not finish its answer in 30 s")
    answer = httpx.Response(200, stream=Trickle())
    with _client(lambda _: answer, step=1.0) as client, expected as got:
        client.send(REQUEST)
    assert got.value.timed_out


def test_an_answer_that_is_far_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LARGEST_ANSWER", 1000)
    packed = gzip.compress(b"x" * 100_000)
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed)
    with _client(lambda _: answer) as client, pytest.raises(InDoubtError, match="larger than"):
        client.send(REQUEST)


def test_a_checkout_that_was_never_installed_says_version_0(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importer.version.version", missing)
    agents: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        agents.append(request.headers["user-agent"])
        return httpx.Response(200)

    with _client(answer) as client:
        client.send(REQUEST)
    assert agents == ["importer/0"]
