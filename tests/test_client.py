from __future__ import annotations

import gzip
import http.server
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError

import httpx
import pytest

from importer import client as client_module
from importer.client import Client
from importer.errors import InDoubtError, RetryableError, UnusableInputError
from importer.model import ApiRequest

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
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectError("[Errno -2] Name or service not known"),
        httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"),
        httpx.ConnectTimeout(""),
        httpx.PoolTimeout("x"),
        httpx.ProxyError("407"),
    ],
)
def test_a_call_that_never_left_may_go_again(error: httpx.HTTPError) -> None:
    expected = pytest.raises(RetryableError, match="cannot be reached")
    with _client(_raising(error)) as client, expected as got:
        client.send(REQUEST)
    assert got.value.wait is None
    assert "platform.example.test" in str(got.value)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("x"),
        httpx.WriteTimeout("x"),
        httpx.ReadError(SECRET),
        httpx.WriteError(SECRET),
        httpx.RemoteProtocolError(SECRET),
        httpx.DecodingError(SECRET),
        ConnectionResetError(SECRET),
    ],
)
def test_a_call_that_left_without_an_answer_is_in_doubt(error: Exception) -> None:
    with _client(_raising(error)) as client, pytest.raises(InDoubtError) as got:
        client.send(REQUEST)
    assert "platform.example.test" in str(got.value)
    assert not got.value.one_row_may_be_the_cause
    assert SECRET not in str(got.value)


def _raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    "url", ["platform.example.test/x", "ftp://platform.example.test/", "https://x:port/"]
)
def test_an_address_that_is_none_is_the_operator_s_to_mend(url: str) -> None:
    with Client(30) as client, pytest.raises(UnusableInputError):
        client.send(ApiRequest("POST", url, b""))


def test_an_answer_that_trickles_is_given_up_at_the_deadline() -> None:
    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x"

    expected = pytest.raises(InDoubtError, match="did not finish its answer in 30 s")
    with _client(lambda _: httpx.Response(200, stream=Trickle()), step=1.0) as client, expected:
        client.send(REQUEST)


def test_an_answer_that_is_far_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "LARGEST_ANSWER", 1000)
    packed = gzip.compress(b"x" * 100_000)
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed)
    with _client(lambda _: answer) as client, pytest.raises(InDoubtError, match="larger than"):
        client.send(REQUEST)


def test_promise_7_nothing_of_a_call_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with _server(b"HTTP/1.1 200 OK\r\n\r\n{}") as url, Client(30) as client:
        client.send(ApiRequest("POST", url, REQUEST.body, REQUEST.headers))
    assert SECRET not in caplog.text
    assert not [r for r in caplog.records if r.name.startswith(("httpx", "httpcore"))]


# --- over a real connection --------------------------------------------------------------------


class _Server:
    """Answers every connection with fixed bytes, then closes it; None: closes at once."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                _read_request(connection)
                if self._answer is not None:
                    connection.sendall(self._answer)


def _read_request(connection: socket.socket) -> None:
    """Take a request whole: closing before its end would reset the connection."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    left = (int(length.group(1)) if length else 0) - len(body)
    while left > 0:
        left -= len(connection.recv(65536)) or left


_server = _Server


@pytest.mark.parametrize(
    "answer",
    [None, b"garbage", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}"],
)
def test_a_connection_that_breaks_leaves_the_call_in_doubt(answer: bytes | None) -> None:
    with _server(answer) as url, Client(30) as client, pytest.raises(InDoubtError):
        client.send(ApiRequest("POST", url, b"{}"))


def test_a_closed_port_is_not_in_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Client(30) as client, pytest.raises(RetryableError):
        client.send(ApiRequest("POST", f"http://127.0.0.1:{port}/", b"{}"))


def test_a_tls_handshake_that_fails_is_not_in_doubt() -> None:
    with _server(b"no tls here") as url, Client(30) as client, pytest.raises(RetryableError):
        client.send(ApiRequest("POST", url.replace("http:", "https:"), b"{}"))


def test_loopback_is_reached_directly_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with _server(b"HTTP/1.1 200 OK\r\n\r\n{}") as url, Client(30) as client:
        assert client.send(ApiRequest("POST", url, b"{}")).body == b"{}"
        with pytest.raises(RetryableError):
            client.send(ApiRequest("POST", "http://platform.example.test/", b"{}"))


def test_one_connection_serves_many_calls() -> None:
    ports = set()

    class Echo(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            ports.add(self.client_address[1])
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with Client(30) as client:
            url = f"http://127.0.0.1:{server.server_address[1]}/"
            for _ in range(5):
                client.send(ApiRequest("POST", url, b"{}"))
        server.shutdown()
        thread.join()
    assert len(ports) == 1


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
