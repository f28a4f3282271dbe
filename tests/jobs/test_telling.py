from __future__ import annotations

import base64
import builtins
import json
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from importer.jobs import telling
from importer.jobs.telling import LARGEST_ATTACHMENT, tell
from importer.model import Secret
from importer.state import Message
from tests.jobs.ends import StillClock

TOKEN = "s3cr3t-t0ken"
TITLE = "nightly on srv1: échouée"
BODY = 'The job "nightly" <failed> & *stopped*.\n\n  contacts_2026.csv: 3 × # :smile:\n    x\\n'


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def _message(*attached: Path, kind: str = "failed") -> Message:
    made = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
    return Message(1, made, TITLE, BODY, kind, tuple(map(str, attached)))


# --- servers ----------------------------------------------------------------------------------


@contextmanager
def _webhook(answer: Callable[[dict[str, Any]], int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Run a webhook; ``answer`` gives the status for what was posted."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append(body)
            status = answer(body)
            if status:
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

        def do_GET(self) -> None:  # after a redirect
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_address[1]}/{TOKEN}", told
        finally:
            server.shutdown()
            thread.join()


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs that only delivers."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().strip():
            match line.split()[0].upper():
                case b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    parts: list[bytes] = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        parts.append(part.removeprefix(b".") if part[:2] == b".." else part)
                    cast("Any", self.server).mails.append(b"".join(parts))
                    self.wfile.write(b"250 taken\r\n")
                case b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                case _:
                    self.wfile.write(b"250 fine\r\n")


@contextmanager
def _mail_server() -> Iterator[tuple[str, list[bytes]]]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail) as server:
        mails: list[bytes] = []
        cast("Any", server).mails = mails
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        port = server.server_address[1]
        try:
            yield f"mailto://127.0.0.1:{port}?from=night@a.test&to=admin@b.test", mails
        finally:
            server.shutdown()
            thread.join()


def _tell(message: Message, *to: str, seconds: float = 20.0) -> tuple[str | None, list[float]]:
    clock = StillClock()
    told = tell(message, [Secret(one) for one in to], clock=clock, timeout_seconds=seconds).problem
    return told, clock.slept


# --- what arrives -----------------------------------------------------------------------------


def test_a_webhook_gets_the_text_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "report 100%?.html"
    page.write_text("<p>masked</p>")
    with _webhook(lambda _: 200) as (url, told):
        assert _tell(_message(page), url) == (None, [])
    assert (told[0]["title"], told[0]["message"], told[0]["type"]) == (TITLE, BODY, "failure")
    (attached,) = told[0]["attachments"]
    assert attached["filename"] == page.name
    assert base64.b64decode(attached["base64"]) == b"<p>masked</p>"


@pytest.mark.parametrize(
    ("kind", "tone"),
    [
        ("degraded", "warning"),
        ("missing", "warning"),
        ("recovered", "success"),
        ("success", "success"),
    ],
)
def test_each_kind_of_word_has_its_tone(kind: str, tone: str) -> None:
    with _webhook(lambda _: 200) as (url, told):
        assert _tell(_message(kind=kind), url)[0] is None
    assert told[0]["type"] == tone


def test_a_mail_arrives_as_plain_text_with_its_attachment(tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    summary.write_text("{}")
    with _mail_server() as (url, mails):
        assert _tell(_message(summary), url) == (None, [])
    (mail,) = (message_from_bytes(one, policy=policy.default) for one in mails)
    assert mail["subject"] == TITLE
    assert mail["to"] == "admin@b.test"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n").rstrip("\n") == BODY.rstrip("\n")
    assert mail.get_body(("html",)) is None
    assert [one.get_filename() for one in mail.iter_attachments()] == ["summary.json"]


def test_one_secret_may_hold_several_addresses() -> None:
    with _webhook(lambda _: 200) as (first, told), _webhook(lambda _: 200) as (second, more):
        assert _tell(_message(), f" {first},\n{second}\n", first) == (None, [])
    assert (len(told), len(more)) == (2, 1)


def test_attachments_that_cannot_go_are_left_out_and_said(tmp_path: Path) -> None:
    large = tmp_path / "large.html"
    with large.open("wb") as stream:
        stream.truncate(LARGEST_ATTACHMENT + 1)
    with _webhook(lambda _: 200) as (url, told):
        assert _tell(_message(tmp_path / "gone.json", large, tmp_path), url)[0] is None
    assert told[0]["attachments"] == []
    names = f"gone.json, large.html, {tmp_path.name}"
    note = f"\n\nLeft out: {names}. They lie in the folder of the run."
    assert told[0]["message"] == BODY + note


def test_an_address_that_refuses_attachments_is_told_without(tmp_path: Path) -> None:
    summary = tmp_path / "summary.json"
    summary.write_text("{}")
    with _webhook(lambda body: 413 if body["attachments"] else 200) as (url, told):
        assert _tell(_message(summary), url) == (None, [5.0])
    assert "Left out: summary.json." in told[1]["message"]


# --- what does not ----------------------------------------------------------------------------


def test_one_that_failed_is_tried_once_more_and_the_others_are_not() -> None:
    codes = [500, 200]
    with _webhook(lambda _: codes.pop(0)) as (bad, told), _webhook(lambda _: 200) as (good, others):
        assert _tell(_message(), good, bad) == (None, [5.0])
    assert (len(told), len(others)) == (2, 1)


@pytest.mark.parametrize("status", [500, 404, 302])
def test_an_address_that_does_not_take_it_is_told_by_its_place_and_kind(
    status: int, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with _webhook(lambda _: 200) as (good, _), _webhook(lambda _: status) as (bad, told):
        said, _ = _tell(_message(), good, bad)
    assert said == (
        "Not everybody was told: place 2 (json) of `notify` did not take the message: look at its "
        "address, and whether this machine reaches it. The next start tries again"
    )
    assert len(told) == 2
    assert capsys.readouterr() == ("", "")
    assert TOKEN not in caplog.text


def test_an_address_that_hangs_or_is_not_there_does_not_hold_up_the_job() -> None:
    closing = threading.Event()

    def hang(_: dict[str, Any]) -> int:
        closing.wait(20)
        return 0

    with _webhook(hang) as (url, _):
        said, _ = _tell(_message(), url, f"json://127.0.0.1:1/{TOKEN}", seconds=0.3)
        closing.set()
    assert said is not None
    assert "place 1 (json), place 2 (json) of `notify` did not take the message" in said
    assert "127.0.0.1" not in said


def test_what_is_no_address_is_told_without_it_and_not_tried_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said, slept = _tell(_message(), f"slakc://{TOKEN}", TOKEN, f"mailto://{TOKEN}:{TOKEN}:{TOKEN}")
    assert said is not None
    assert "place 1 (slakc), place 2" in said
    assert "are no addresses that apprise knows" in said
    assert TOKEN not in said
    assert slept == []
    assert capsys.readouterr() == ("", "")


def test_one_that_is_no_address_does_not_keep_the_others_from_being_told() -> None:
    with _webhook(lambda _: 200) as (url, told):
        said, _ = _tell(_message(), "nobody", url)
    assert said is not None
    assert "place 1 of `notify` is no address" in said
    assert len(told) == 1


def test_without_any_address_nobody_was_told() -> None:
    for nothing in ([], [""], [" \n"]):
        said, _ = _tell(_message(), *nothing)
        assert said is not None
        assert "there is no address to send it to" in said


def test_a_defect_of_a_service_is_a_word_that_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    import apprise

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(apprise.Apprise, "notify", broken)
    said, _ = _tell(_message(), f"json://127.0.0.1:1/{TOKEN}")
    assert said is not None
    assert "did not take the message" in said
    monkeypatch.setattr(apprise.Apprise, "instantiate", broken)
    said, _ = _tell(_message(), f"json://127.0.0.1:1/{TOKEN}")
    assert said is not None
    assert "is no address that apprise knows" in said
    assert TOKEN not in said


def test_an_address_says_itself_what_becomes_of_what_is_too_long() -> None:
    import apprise

    ours, theirs = telling._service("json://a"), telling._service("json://a?overflow=truncate")
    assert ours.overflow_mode == apprise.OverflowMode.SPLIT
    assert theirs.overflow_mode == apprise.OverflowMode.TRUNCATE


def test_without_its_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("apprise"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    said, _ = _tell(_message(), "json://a")
    assert said is not None
    assert "pip install 'importer[nights]'" in said
