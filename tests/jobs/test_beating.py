from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import httpx
import pytest

from importer.jobs.beating import beat
from importer.model import Secret
from tests.client.loopback import answering, serving
from tests.jobs.ends import StillClock

TOKEN = "3f1c8e1e-secret-path"
URL = Secret(f"https://{TOKEN}.beats.test/{TOKEN}?key={TOKEN}")


def _told(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[str | None, list[float]]:
    clock = StillClock()
    return beat(URL, clock=clock, transport=httpx.MockTransport(answer)), clock.slept


def _status(*codes: int) -> Callable[[httpx.Request], httpx.Response]:
    left = list(codes)
    return lambda _: httpx.Response(left.pop(0), headers={"location": "https://evil.test/"})


def _raising(
    error: Exception, cause: Exception | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error from cause

    return answer


def _wrong_certificate() -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, TOKEN)
    error.verify_code, error.verify_message = 62, TOKEN
    return error


def _wrong_protocol() -> ssl.SSLError:
    error = ssl.SSLError(1, TOKEN)
    error.reason = "WRONG_VERSION_NUMBER"
    return error


def test_a_heartbeat_is_one_get_of_the_whole_address() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    assert _told(answer) == (None, [])
    assert [(one.method, str(one.url)) for one in seen] == [("GET", URL.reveal())]


def test_what_passes_is_tried_three_times_at_most() -> None:
    assert _told(_status(500, 429, 200)) == (None, [1.0, 4.0])
    told, slept = _told(_status(500, 503, 502))
    assert told is not None
    assert "it answered with HTTP 502" in told
    assert slept == [1.0, 4.0]


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "it answered with HTTP 404"), (301, "it is elsewhere now (HTTP 301)")],
)
def test_what_would_come_to_the_same_is_not_tried_again(status: int, words: str) -> None:
    told, slept = _told(_status(status))
    assert told is not None
    assert words in told
    assert slept == []


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (httpx.ConnectError(TOKEN), ConnectionRefusedError(111, "Refused"), "Refused"),
        (httpx.ConnectError(TOKEN), socket.gaierror(-2, "Name unknown"), "Name unknown"),
        (httpx.ConnectTimeout(TOKEN), None, "no connection in time"),
        (httpx.ConnectError(TOKEN), _wrong_certificate(), "certificate"),
        (httpx.ConnectError(TOKEN), _wrong_protocol(), "no secure connection"),
        (httpx.ReadTimeout(TOKEN), None, "it did not answer in 10 s"),
        (httpx.ReadError(TOKEN), None, "its answer could not be read"),
        (httpx.UnsupportedProtocol(TOKEN), None, "it is no address"),
    ],
)
def test_failures_are_told_without_any_of_the_address(
    error: Exception, cause: Exception | None, words: str
) -> None:
    told, _ = _told(_raising(error, cause))
    assert told is not None
    assert words in told
    assert TOKEN not in told
    assert "beats.test" not in told


@pytest.mark.parametrize(
    "url",
    [f"http://beats.test/{TOKEN}", f"https://x:{TOKEN}/", TOKEN, f"ftp://{TOKEN}/x", "https://"],
)
def test_what_is_no_safe_address_is_never_asked_for(url: str) -> None:
    clock = StillClock()
    told = beat(Secret(url), clock=clock, transport=httpx.MockTransport(_status()))
    assert told is not None
    assert "it is no address that can be asked for" in told
    assert TOKEN not in told
    assert clock.slept == []


def test_a_real_server_on_loopback_may_be_asked_in_clear_text() -> None:
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as server:
        assert beat(Secret(f"http://127.0.0.1:{server.port}/{TOKEN}\n")) is None
