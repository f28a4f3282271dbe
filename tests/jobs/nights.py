"""Nights of a job: a folder to drop files in, a clock that is set, a webhook that listens."""

from __future__ import annotations

import json
import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from importer.clock import SystemClock
from importer.state import job_state
from tests.runs.workshop import SETTINGS, Done, Workshop

JOB = """\
jobs:
  nightly:
    files: inbox/*.csv
    mapping: people
    connection: local
    max_invalid: 20%
    max_no: 30%
    max_rejected: 3
    settle_seconds: 30
    expect: {days: mon-fri, by: "06:00", except: ["2026-12-25"], time_zone: UTC}
    retention: {archive: 20d}
    notify: {to: env:IMPORTER_TEST_WEBHOOK}
    heartbeat: env:IMPORTER_TEST_HEARTBEAT
    metrics: metrics
    log: {to: nightly.log}
"""
PEOPLE = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  First: f_FirstName
  City:  f_City
  News:  {field: optin_Newsletter, values: {Y: yes, N: no}}
merge: {mode: upsert}
consent: {yes_to: everyone}
"""


_KINDS = {
    "failed": "failed",
    "not all imported": "degraded",
    "expected file missing": "missing",
    "works again": "recovered",
    "all imported": "success",
}


class Listener:
    """A webhook and a heartbeat on loopback; ``down``: it answers 500."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.beats = 0
        self.down = False
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not listener.down:
                    listener.told.append(json.loads(body))
                self._answer()

            def do_GET(self) -> None:
                listener.beats += not listener.down
                self._answer()

            def _answer(self) -> None:
                self.send_response(500 if listener.down else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class Nights:
    """A workshop with a job."""

    def __init__(self, workshop: Workshop, listener: Listener) -> None:
        self.workshop = workshop
        self.listener = listener
        self.inbox = workshop.folder / "inbox"
        self.inbox.mkdir()
        (workshop.folder / "metrics").mkdir()
        workshop.write("mappings/people.yaml", PEOPLE)
        self.configure(JOB)

    def configure(self, jobs: str) -> None:
        """Give ``importer.yaml`` other jobs."""
        self.workshop.write("importer.yaml", SETTINGS + jobs)

    def at(self, day: int, hour: int, minute: int = 0) -> None:
        """Let it be a moment of December 2026, in UTC; the next command begins then."""
        moment = datetime(2026, 12, day, hour, minute, tzinfo=UTC)
        begin = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)
        self.workshop.clock.seconds = (moment - begin - timedelta(hours=1)).total_seconds()

    def drop(
        self, name: str, people: range | list[int], *, city: str = "Laval", news: str = "Y"
    ) -> Path:
        """Put a file of people into the inbox."""
        return self.write(name, text(people, city=city, news=news))

    def write(self, name: str, content: str | bytes) -> Path:
        return self.workshop.write(f"inbox/{name}", content)

    def start(self, *options: str) -> Done:
        """Start the job; without ``--json`` its sentences are on stderr."""
        return self.workshop.importer("job", "run", "nightly", *options)

    def told(self) -> list[str]:
        """The titles of the messages that arrived since the last call."""
        titles = [one["title"] for one in self.listener.told]
        self.listener.told.clear()
        return titles

    def kinds(self) -> list[str]:
        """What those titles say: failed, degraded, missing, recovered, success."""
        return [_KINDS[title.rpartition(": ")[2]] for title in self.told()]

    def files(self, where: str) -> list[str]:
        """Names of the files in ``archive``, ``failed`` or ``processing``, folders left out."""
        return sorted(path.name for path in (self.inbox / where).rglob("*") if path.is_file())


class HeldElsewhere:
    """Hold the job in a process of its own."""

    def __init__(self, nights: Nights) -> None:
        context = multiprocessing.get_context("spawn")
        self._ready, self._over = context.Event(), context.Event()
        state = nights.workshop.folder.parent / "state"
        self._process = context.Process(
            target=_hold, args=(state, nights.workshop.folder, self._ready, self._over)
        )

    def __enter__(self) -> None:
        self._process.start()
        assert self._ready.wait(60)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._process.join()


def _hold(state: Path, home: Path, ready: Any, over: Any) -> None:
    with job_state(state, "nightly", home.resolve(), clock=SystemClock()).held():
        ready.set()
        over.wait()


def text(people: range | list[int], *, city: str = "Laval", news: str = "Y") -> str:
    rows = [f"person{i}@example.com,First{i},{city},{news}" for i in people]
    return "\n".join(["Email,First,City,News", *rows, ""])


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


@pytest.fixture
def nights(workshop: Workshop, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Nights:
    monkeypatch.setenv("IMPORTER_TEST_WEBHOOK", f"json://{listener.address}/")
    monkeypatch.setenv("IMPORTER_TEST_HEARTBEAT", f"http://{listener.address}/beat")
    return Nights(workshop, listener)
