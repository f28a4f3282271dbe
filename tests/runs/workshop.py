"""A folder with mappings, a configuration and a sandbox in this process: a place to run things in.

Time passes only when somebody waits, or between two commands.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

from importer import assembly, cli
from importer.assembly import Means
from importer.clock import Interruption
from importer.model import Watcher
from importer.sandbox import SandboxSettings, create_app
from importer.sandbox.clock import Clock as SandboxClock

TOP = Path(__file__).parents[2]
SHARED = TOP.parent / "shared"
KEY = "sandbox"  # the sandbox's own, in an environment variable as a real one would be
URL = "http://127.0.0.1:8025"

PEOPLE = """\
name: people
target: dialog-insight
columns:
  Email: key_f_EMail
  First: f_FirstName
  City:  f_City
merge: {mode: upsert}
"""
SETTINGS = f"""\
default_connection: local
connections:
  local:
    target: dialog-insight
    url: {URL}
    project_id: 1
    key_id: 1
    key: env:SANDBOX_KEY
    limits: {{rows_per_call: 5}}
"""


class FakeClock:
    """Time that moves when somebody waits; ``on_sleep`` is told of each wait."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] | None = None

    def now(self) -> datetime:
        return datetime(2026, 11, 22, 3, 15, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        if self.on_sleep is not None:
            self.on_sleep()


class SharedClock(SandboxClock):
    """The sandbox's clock, which is the importer's: a slow answer takes time on both sides."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def wait(self, seconds: float) -> None:
        self._clock.seconds += seconds


class Recorder(httpx.BaseTransport):
    """Passes calls on to the sandbox and keeps them; ``before`` may act, or raise, before each."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner
        self.requests: list[httpx.Request] = []
        self.before: Callable[[httpx.Request], None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.before is not None:
            self.before(request)
        return self.inner.handle_request(request)

    def close(self) -> None:
        self.inner.close()

    def merges(self) -> list[dict[str, Any]]:
        """The bodies of the Contacts.Merge calls."""
        return [json.loads(r.content) for r in self.requests if b"method=Merge" in r.url.query]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        content: dict[str, Any] = json.loads(self.out)
        return content


class Workshop:
    """A folder to work in, and a sandbox that commands and functions reach without a network."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.interruption = Interruption()
        self.chance = random.Random(7)
        self.standard_input = b""
        self._capture = capture
        self._app: Any = None
        self.sandbox()
        self.write("mappings/people.yaml", PEOPLE)
        self.write("importer.yaml", SETTINGS)

    # --- the place ---------------------------------------------------------------------------

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def people(self, count: int, name: str = "people.csv", start: int = 1) -> Path:
        """Write good rows: person1@example.com, person2@example.com, ..."""
        rows = [f"person{i}@example.com,First{i},Laval" for i in range(start, start + count)]
        return self.write(name, "\n".join(["Email,First,City", *rows, ""]))

    def sandbox(self, **switches: Any) -> None:
        """Give the platform other switches; what it stores stays."""
        if self._app is not None:
            self._app.extensions["sandbox"].close()
        given = {"slow_seconds": 0, "store": self.folder.parent / "platform.sqlite3", **switches}
        self._app = create_app(SandboxSettings(**given), SharedClock(self.clock))
        self.network = Recorder(httpx.WSGITransport(app=self._app))

    # --- what the platform has --------------------------------------------------------------

    def _get(self, path: str) -> dict[str, Any]:
        with httpx.Client(transport=httpx.WSGITransport(app=self._app), base_url=URL) as client:
            content: dict[str, Any] = client.get(path).json()
            return content

    def contacts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get("/_sandbox/contacts")["contacts"]
        return found

    def contact(self, address: str) -> dict[str, Any]:
        (found,) = [c for c in self.contacts() if c["f_EMail"] == address]
        return found

    def merge_calls(self) -> list[dict[str, Any]]:
        """The Contacts.Merge calls that arrived at the sandbox."""
        calls = self._get("/_sandbox/calls")["calls"]
        return [call for call in calls if call["method"] == "Contacts.Merge"]

    def times_carried(self) -> Counter[str]:
        """How often each address arrived at the sandbox as it is now."""
        return Counter(key for call in self.merge_calls() for key in call["keys"] or ())

    # --- doing -------------------------------------------------------------------------------

    def means(self, watcher: Watcher | None = None) -> Means:
        """What ``assembly.means`` gives here."""
        ordinary = assembly.Means(self.clock, self.interruption)
        return replace(
            ordinary,
            watcher=watcher or ordinary.watcher,
            chance=self.chance,
            transport=self.network,
            standard_input=self._input,
            sandbox_url=URL,
        )

    def _input(self) -> BinaryIO:
        return io.BytesIO(self.standard_input)

    def importer(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Run a command in this process."""
        self.clock.seconds += 3600
        self.standard_input = stdin
        self.interruption = Interruption()
        self._capture.readouterr()
        code = cli.run_command(arguments)
        told = self._capture.readouterr()
        return Done(code, told.out, told.err)

    def set_clock(self) -> None:
        """Let it be as late here as for the processes that are started."""
        late = datetime.now(UTC) - self.clock.now()
        self.clock.seconds += max(0.0, late.total_seconds())

    def start(
        self, *arguments: str, script: str = "", stdin: bytes | None = None, **variables: str
    ) -> subprocess.Popen[str]:
        """Start a command in a process of its own; ``script``: Python to run before it."""
        program = ["-m", "importer"]
        if script:
            program = ["-c", f"import sys\n{script}\nfrom importer.__main__ import main\nmain()"]
        return subprocess.Popen(
            [sys.executable, "-P", *program, *arguments],
            cwd=self.folder,
            env=environment(**variables),
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def spawned(self, *arguments: str, script: str = "", **variables: str) -> Done:
        """Run a command in a process of its own, to its end."""
        process = self.start(*arguments, script=script, stdin=None, **variables)
        out, err = process.communicate()
        return Done(process.returncode, out, err)

    # --- what was left behind ------------------------------------------------------------------

    def run_folders(self) -> list[Path]:
        runs = self.folder / "runs"
        return sorted(p for p in runs.iterdir()) if runs.is_dir() else []

    def run_folder(self) -> Path:
        """The newest run's folder."""
        return self.run_folders()[-1]

    def run_id(self) -> str:
        return self.run_folder().name

    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.run_folder() / "summary.json").read_bytes())
        return content

    def totals(self) -> dict[str, int]:
        """The newest run's verdicts that are not zero; they are proven to add up."""
        rows = self.summary()["rows"]
        read = rows.pop("read")
        assert sum(rows.values()) == read
        return {name: count for name, count in rows.items() if count}

    def results(self, name: str = "results.csv") -> list[dict[str, str]]:
        return read_report(self.run_folder() / name)

    def verdicts(self) -> Counter[str]:
        return Counter(line["verdict"] for line in self.results())

    def log(self) -> list[dict[str, Any]]:
        text = (self.run_folder() / "run.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def journal(self, question: str) -> list[Any]:
        """Ask the newest run's journal."""
        path = self.run_folder() / "state" / "journal.sqlite3"
        with contextlib.closing(sqlite3.connect(path)) as database:
            return database.execute(question).fetchall()


def read_report(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=delimiter))


def environment(**variables: str) -> dict[str, str]:
    """The variables of a process that is started here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "IMPORTER_STATE_DIR" or not name.startswith(("IMPORTER_", "COV_"))
    }
    return {**kept, "PYTHONPATH": str(TOP), "SANDBOX_KEY": KEY, **variables}


def files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def bytes_below(folder: Path, but: Sequence[str] = ()) -> dict[str, bytes]:
    """Every file below a folder, by its name from there."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files_below(folder)
        if path.name not in but
    }


@pytest.fixture
def workshop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Workshop:
    """A workshop that is the current folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("IMPORTER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SANDBOX_KEY", KEY)
    monkeypatch.setenv("IMPORTER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    made = Workshop(folder, capsys)
    monkeypatch.setattr(assembly, "means", made.means)
    return made
