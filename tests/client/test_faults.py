"""Every fault of a network, over real sockets on loopback."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from importer.client import Client
from importer.client.calls import Call
from importer.errors import ImporterError, InDoubtError, RetryableError, UnusableInputError
from importer.language import english, speaking
from importer.model import ApiRequest
from tests.client.loopback import (
    OK,
    SECRET,
    Behaviour,
    Server,
    answering,
    answering_once,
    read_call,
    request,
    reset,
    serving,
    silent,
    trickling,
)

SHORT = 0.3  # seconds; for calls that are not answered
LESS_SHORT = 1.0  # where others are, on a busy machine too
HEAD = b"HTTP/1.1 200 OK\r\n"
PLATFORM = "https://platform.example.test/services"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def _whole_text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_one_connection_serves_many_calls() -> None:
    with serving(answering(OK)) as server, Client(30) as client:
        for _ in range(5):
            assert client.send(request(server.url)).body == b"{}"
        assert len(server.connections) == 1


def test_answer_that_is_packed_twice_is_in_doubt_and_not_unpacked() -> None:
    once = gzip.compress(bytes(64 * 1024 * 1024 + 1))
    twice = gzip.compress(once)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n"
    with (
        serving(answering(head % len(twice) + twice)) as server,
        Client(30) as client,
        pytest.raises(InDoubtError, match="packed in a way that is not read"),
    ):
        client.send(request(server.url))


def test_what_the_thread_of_a_connection_finds_is_said_in_the_language_of_the_caller() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"
    with (
        serving(answering(head)) as server,
        Client(30) as client,
        pytest.raises(InDoubtError) as got,
        speaking("fr"),
    ):
        client.send(request(server.url))
    assert english(str(got.value)) != str(got.value)


def test_four_threads_call_at_once_each_over_a_connection_of_its_own() -> None:
    together = threading.Barrier(4, timeout=20)

    def behave(connection: socket.socket, server: Server) -> None:
        while read_call(connection):
            together.wait()  # all four are under way
            connection.sendall(OK)

    with serving(behave) as server, Client(30) as client, ThreadPoolExecutor(4) as pool:
        for _ in range(3):
            calls = [pool.submit(client.send, request(server.url)) for _ in range(4)]
            assert [call.result().status for call in calls] == [200] * 4
        assert len(server.connections) == 4


def test_a_trickling_answer_does_not_disturb_the_calls_beside_it() -> None:
    trickle = trickling(HEAD, b"X-More: 1\r\n")
    with (
        serving(trickle) as bad,
        serving(answering(OK)) as good,
        Client(LESS_SHORT) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        slow = pool.submit(client.send, request(bad.url))
        while not slow.done():
            assert client.send(request(good.url)).status == 200
        with pytest.raises(InDoubtError):
            slow.result()


@pytest.mark.parametrize(
    "behave",
    [
        trickling(b"", b"x"),
        trickling(HEAD, b"X-More: 1\r\n"),
        trickling(HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        trickling(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        trickling(HEAD + b"\r\n", b"x"),
        silent,
    ],
    ids=["status", "headers", "body", "chunks", "until closed", "silence"],
)
def test_no_call_takes_longer_than_it_may(behave: Behaviour) -> None:
    began = time.monotonic()
    with serving(behave) as server, Client(SHORT) as client, pytest.raises(InDoubtError) as got:
        client.send(request(server.url))
    assert time.monotonic() - began < 5
    assert got.value.timed_out
    assert "127.0.0.1 did not" in str(got.value)


def test_a_request_that_is_read_too_slowly_ends_at_the_deadline() -> None:
    def behave(connection: socket.socket, server: Server) -> None:
        while not server.closing.wait(0.02):
            connection.recv(10)

    body = b"x" * 30_000_000  # more than the buffers between two sockets hold
    with serving(behave) as server, Client(SHORT) as client, pytest.raises(InDoubtError) as got:
        client.send(ApiRequest("POST", server.url, body))
    assert got.value.timed_out


def test_a_connection_serves_again_after_an_answer_but_not_after_a_timeout() -> None:
    seen: list[bytes] = []

    def behave(connection: socket.socket, server: Server) -> None:
        while read_call(connection):
            seen.append(b"")
            if len(seen) != 2:
                connection.sendall(OK)

    with serving(behave) as server, Client(LESS_SHORT) as client:
        client.send(request(server.url))
        with pytest.raises(InDoubtError):
            client.send(request(server.url))
        assert client.send(request(server.url)).status == 200
        assert len(server.connections) == 2


def _resets_at_once(connection: socket.socket, server: Server) -> None:
    reset(connection)


def _resets_when_read(connection: socket.socket, server: Server) -> None:
    read_call(connection)
    reset(connection)


@pytest.mark.parametrize(
    "behave",
    [
        answering_once(b""),
        answering_once(SECRET.encode()),
        answering_once(HEAD + b"Content-Length: 100\r\n\r\n{}"),
        answering_once(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"),
        answering_once(HEAD + f"{SECRET}\x00: 1\r\n\r\n".encode()),
        _resets_when_read,
    ],
    ids=["closed", "garbage", "cut off", "no gzip", "bad header", "reset"],
)
def test_a_connection_that_breaks_leaves_the_call_in_doubt(
    behave: Behaviour,
) -> None:
    with serving(behave) as server, Client(30) as client, pytest.raises(InDoubtError) as got:
        client.send(request(server.url))
    assert "The connection to 127.0.0.1 broke during a call" in str(got.value)
    assert not got.value.timed_out
    assert SECRET not in _whole_text(got.value)


def test_a_connection_that_is_reset_before_the_call_could_leave_is_not_in_doubt() -> None:
    expected = pytest.raises(RetryableError, match=r"127\.0\.0\.1 cannot be reached: ")
    with serving(_resets_at_once) as server, Client(30) as client, expected as got:
        client.send(request(server.secure_url()))
    assert SECRET not in _whole_text(got.value)


def test_a_closed_port_is_not_in_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with Client(30) as client, pytest.raises(RetryableError, match="connection refused"):
        client.send(request(f"http://127.0.0.1:{port}/"))


def test_an_unreachable_network_is_said_in_the_system_s_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreachable(*_: Any, **__: Any) -> Any:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with Client(30) as client, pytest.raises(RetryableError, match="Network is unreachable"):
        client.send(request(PLATFORM))


def _no_such_name(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_name_that_cannot_be_found_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _no_such_name)
    expected = pytest.raises(RetryableError, match=r"the name nowhere\.invalid cannot be found")
    with Client(30) as client, expected as got:
        client.send(request("https://nowhere.invalid/"))
    assert "`url` in importer.yaml" in str(got.value)


def test_a_search_for_a_name_that_hangs_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hanging, over = threading.Event(), threading.Event()

    def hang(*_: Any, **__: Any) -> Any:
        hanging.wait(20)
        over.set()
        _no_such_name()

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with Client(SHORT) as client, pytest.raises(RetryableError, match="no connection in time"):
        client.send(request("https://nowhere.invalid/"))
    hanging.set()
    assert over.wait(20)


def test_nothing_leaves_over_a_connection_that_is_made_after_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connecting, received = threading.Event(), threading.Event()
    ended: list[bytes] = []

    def behave(connection: socket.socket, server: Server) -> None:
        ended.append(connection.recv(65536))
        received.set()

    find = socket.getaddrinfo

    def find_late(*wanted: Any, **more: Any) -> Any:
        connecting.wait(20)
        return find(*wanted, **more)

    with serving(behave) as server, Client(SHORT) as client:
        monkeypatch.setattr(socket, "getaddrinfo", find_late)
        with pytest.raises(RetryableError):
            client.send(request(server.url))
        connecting.set()
        assert received.wait(20)
    assert ended == [b""]


def test_a_connection_that_is_not_made_in_time_is_not_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def late(*_: Any, **__: Any) -> Any:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", late)
    with Client(30) as client, pytest.raises(RetryableError, match="no connection in time"):
        client.send(request(PLATFORM))


def test_promise_7_nothing_of_a_call_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(answering(OK)) as server, Client(30) as client:
        client.send(request(server.url))
    assert SECRET not in caplog.text
    assert not [r for r in caplog.records if r.name.startswith(("httpx", "httpcore"))]


# --- stopping ------------------------------------------------------------------------------------


def _failure(call: Future[Any]) -> ImporterError:
    error = call.exception(timeout=20)
    assert isinstance(error, ImporterError)
    return error


def test_calls_that_wait_for_their_answers_are_cut_off_by_another_thread() -> None:
    waiting = threading.Semaphore(0)

    def behave(connection: socket.socket, server: Server) -> None:
        read_call(connection)
        waiting.release()
        connection.recv(1)

    with serving(behave) as server, Client(60) as client, ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(client.send, request(server.url)) for _ in range(3)]
        for _ in calls:
            assert waiting.acquire(timeout=20)
        client.abort()
        for error in map(_failure, calls):
            assert isinstance(error, InDoubtError)
            assert "cut off: the run is stopping" in str(error)
            assert not error.timed_out
        with pytest.raises(RetryableError, match="did not begin: the run is stopping"):
            client.send(request(server.url))
        assert len(server.connections) == 3


def test_a_call_that_is_not_connected_yet_is_not_in_doubt_when_it_is_cut_off() -> None:
    def no_handshake(connection: socket.socket, server: Server) -> None:
        connection.recv(65536)
        greeted.set()
        server.closing.wait(20)

    greeted = threading.Event()
    with serving(no_handshake) as server, Client(60) as client, ThreadPoolExecutor(1) as pool:
        call = pool.submit(client.send, request(server.secure_url()))
        assert greeted.wait(20)
        client.abort()
        error = _failure(call)
    assert isinstance(error, RetryableError)
    assert "the run is stopping" in str(error)


def test_an_answer_that_is_read_before_the_stop_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(OK)) as server, Client(60) as client:
        wait = Call.wait

        def stopped_meanwhile(call: Call, seconds: float) -> None:
            wait(call, seconds)
            client.abort()

        monkeypatch.setattr(Call, "wait", stopped_meanwhile)
        assert client.send(request(server.url)).body == b"{}"


def test_a_client_that_is_closed_cuts_off_what_is_under_way() -> None:
    with serving(silent) as server, ThreadPoolExecutor(1) as pool:
        client = Client(60)
        call = pool.submit(client.send, request(server.url))
        assert server.reached.wait(20)
        client.close()
        assert isinstance(_failure(call), ImporterError)


def test_an_interrupted_caller_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = threading.Event()

    def behave(connection: socket.socket, server: Server) -> None:
        silent(connection, server)
        gone.set()

    def interrupted(call: Call, seconds: float) -> None:
        assert server.reached.wait(20)
        raise KeyboardInterrupt

    monkeypatch.setattr(Call, "wait", interrupted)
    with serving(behave) as server:
        client = Client(60)
        with pytest.raises(KeyboardInterrupt):
            client.send(request(server.url))
        assert gone.wait(20)
        client.close()


def test_a_defect_in_a_call_s_thread_reaches_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Call, "trace", broken)
    with serving(silent) as server, Client(30) as client, pytest.raises(ZeroDivisionError):
        client.send(request(server.url))


# --- proxies -------------------------------------------------------------------------------------


def test_loopback_is_reached_directly_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(answering(OK)) as server, Client(30) as client:
        assert client.send(request(server.url)).body == b"{}"
        with pytest.raises(RetryableError, match=r"through the proxy 127\.0\.0\.1: .*refused"):
            client.send(request(PLATFORM))


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (b"407 Proxy Authentication Required", r"wants a name and a password \(HTTP 407\)"),
        (b"502 Bad Gateway", r"did not let the call through \(HTTP 502\)"),
    ],
)
def test_a_proxy_that_answers_with_a_page_keeps_the_call_to_itself(
    monkeypatch: pytest.MonkeyPatch, status: bytes, sentence: str
) -> None:
    page = b"HTTP/1.1 %b\r\nContent-Length: 15\r\n\r\n<h1>Sorry.</h1>" % status
    with serving(answering_once(page)) as server, Client(30) as client:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        with pytest.raises(RetryableError, match=sentence) as got:
            client.send(request(PLATFORM))
    assert "platform.example.test cannot be reached through the proxy 127.0.0.1" in str(got.value)
    assert "Sorry" not in _whole_text(got.value)


def test_a_proxy_that_never_answers_is_not_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(silent) as server, Client(SHORT) as client:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        with pytest.raises(RetryableError):
            client.send(request(PLATFORM))


@pytest.mark.parametrize(
    "proxy", [f"gopher://me:{SECRET}@127.0.0.1:1", f"http://me:{SECRET}@127.0.0.1:port"]
)
def test_a_proxy_s_address_that_is_none_is_the_operator_s_to_mend(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with Client(30) as client, pytest.raises(UnusableInputError, match="HTTPS_PROXY") as got:
        client.send(request(PLATFORM))
    assert SECRET not in _whole_text(got.value)
