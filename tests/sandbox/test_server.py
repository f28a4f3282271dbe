from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from importer.sandbox import SandboxError, SandboxSettings, running, serve
from importer.sandbox.app import create_app
from importer.sandbox.clock import Clock

from .caller import Caller, record, statuses


def test_same_answers_come_over_a_port() -> None:
    with running() as url, httpx.Client(base_url=url) as client:
        answer = Caller(client).merge(record("a@b.test"))
        assert statuses(answer) == ["Created"]
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert answer.headers["server"] == "importer-sandbox"
        assert client.get("/_sandbox/ready").json()["ready"] is True


def test_lost_call_closes_the_connection_without_an_answer_and_the_work_is_done() -> None:
    with running(SandboxSettings(faults="lost dropped")) as url, httpx.Client(base_url=url) as c:
        sandbox = Caller(c)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            sandbox.merge(record("lost@b.test"))
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            sandbox.merge(record("dropped@b.test"))
        assert [one["f_EMail"] for one in sandbox.contacts()] == ["lost@b.test"]
        assert statuses(sandbox.merge(record("lost@b.test"))) == ["Updated"]


def test_call_that_waits_ends_when_the_sandbox_closes() -> None:
    settings = SandboxSettings(faults="slow", slow_seconds=3600)
    with ThreadPoolExecutor(1) as pool:
        with running(settings) as url, httpx.Client(base_url=url) as client:
            slow = pool.submit(httpx.post, f"{url}/webservices/ofc4/contacts.ashx?method=Merge")
            while not client.get("/_sandbox/calls").json()["calls"]:
                continue
        assert slow.exception() is None or isinstance(slow.exception(), httpx.TransportError)


def test_calls_at_the_same_time_lose_nothing() -> None:
    with running() as url, httpx.Client(base_url=url) as client, ThreadPoolExecutor(8) as pool:
        sandbox = Caller(client)
        calls = [
            pool.submit(sandbox.merge, record("same@b.test"), record(f"{number}@b.test"))
            for number in range(40)
        ]
        told = [status for call in calls for status in statuses(call.result())]
        assert told.count("Created") == 41
        assert told.count("Updated") == 39
        assert len(sandbox.contacts()) == 41
        assert len({call["idRequest"] for call in sandbox.calls()}) == 40


def test_large_body_is_taken_over_a_port() -> None:
    with running() as url, httpx.Client(base_url=url) as client:
        records = [record(f"{number}@b.test", f_Notes="é" * 1500) for number in range(1000)]
        assert Caller(client).merge(*records).json()["CreatedRecords"] == 1000


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(SandboxError, match="not this machine's loopback"), running(host=host):
        pass


def test_other_hosts_must_be_allowed() -> None:
    with running(SandboxSettings(allow_remote=True), host="0.0.0.0") as url:
        port = url.rpartition(":")[2]
        answer = httpx.get(f"http://127.0.0.1:{port}/_sandbox/ready", headers={"host": "x.test"})
        assert answer.status_code == 200


def test_name_that_is_no_address_is_refused() -> None:
    with pytest.raises(SandboxError, match="is not an address"), running(host="sandbox.test"):
        pass


def test_page_is_not_shown_under_a_foreign_name() -> None:
    with running(host="localhost") as url:
        assert httpx.get(url).status_code == 200
        assert httpx.get(url, headers={"host": "evil.test"}).status_code == 400


def test_port_in_use_is_refused_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxError, match="choose another port"), running(port=port):
            pass


@pytest.mark.parametrize("port", [-1, 70_000])
def test_port_that_cannot_be_is_refused(port: int) -> None:
    with pytest.raises(SandboxError, match="choose another port"), running(port=port):
        pass


def test_loopback_of_ip_version_6_can_be_listened_on() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with running(host="::1") as url:
        assert url.startswith("http://[::1]:")
        assert httpx.get(f"{url}/_sandbox/ready").json()["ready"] is True


def test_store_is_free_again_after_the_block(tmp_path: Path) -> None:
    settings = SandboxSettings(store=tmp_path / "contacts.db")
    for expected in ("Created", "Updated"):
        with running(settings) as url, httpx.Client(base_url=url) as client:
            assert statuses(Caller(client).merge(record("a@b.test"))) == [expected]


def test_serve_tells_its_address_and_ends_when_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("waitress.wasyncore.loop", interrupt)
    serve(port=0, on_ready=told.append)
    serve(port=0)
    assert len(told) == 1
    assert told[0].startswith("http://127.0.0.1:")


def test_real_clock_waits_until_it_is_closed() -> None:
    clock = Clock()
    assert clock.now() > 1_700_000_000
    assert clock.monotonic() <= clock.monotonic()
    waiting = threading.Thread(target=clock.wait, args=(3600,))
    waiting.start()
    clock.close()
    waiting.join()
    assert not waiting.is_alive()


def test_app_is_made_with_defaults() -> None:
    app = create_app()
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://x.test") as client:
        assert statuses(Caller(client).merge(record("a@b.test"))) == ["Created"]
