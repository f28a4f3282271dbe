"""What the import benchmarks share: a folder to try in, a sandbox, and commands that are measured.

Every command runs in a process of its own, so that its time and memory are its own. This module
imports little: on Linux the peak of a child begins at the size of the process that started it.
POSIX only: ``os.wait4`` tells the peak of one child.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MAPPING = HERE / "contacts.yaml"
MEMORY_BOUND = 500  # MiB, of any importer command
KEY_VARIABLE = "IMPORTER_BENCHMARK_KEY"
_KIB_OF_PEAK = 1 if sys.platform != "darwin" else 1 / 1024  # ru_maxrss is in KiB, on macOS in bytes
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SETTINGS = """\
default_connection: bench
connections:
  bench:
    target: dialog-insight
    url: {url}
    project_id: 1
    key_id: 1
    key: env:{key}
    limits: {{calls_per_minute: 1000000, rows_per_call: {rows}, bytes_per_call: 4000000}}
"""


# --- commands -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """How a command went. ``exit_code``: negative for a signal; seconds; ``peak``: MiB."""

    exit_code: int
    wall: float
    cpu: float
    peak: float
    printed: bytes

    def printed_json(self) -> dict[str, Any]:
        """Read the one object that the command printed."""
        content: dict[str, Any] = json.loads(self.printed)
        return content


class Command:
    """A Python command under way in a folder; what it prints must fit in a pipe until it ends.

    ``with_messages``: what it says on stderr counts as printed too.
    """

    def __init__(self, folder: Path, *arguments: str | Path, with_messages: bool = False) -> None:
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=folder,
            env={
                **os.environ,
                KEY_VARIABLE: "sandbox",
                "IMPORTER_STATE_DIR": str(folder / "state"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if with_messages else None,
        )

    @property
    def running(self) -> bool:
        """Tell whether it has not ended; its end can still be waited for."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, options) is None

    def send_signal(self, number: int) -> None:
        """Send a signal; one that ended already does not mind."""
        os.kill(self._process.pid, number)

    def wait(self) -> Measured:
        """Wait for its end."""
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            printed = stream.read()
        _, status, used = os.wait4(self._process.pid, 0)
        wall = time.perf_counter() - self._began
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return Measured(
            exit_code=self._process.returncode,
            wall=wall,
            cpu=used.ru_utime + used.ru_stime,
            peak=used.ru_maxrss * _KIB_OF_PEAK / 1024,
            printed=printed,
        )

    def first_line(self) -> str:
        """Wait for the first line that it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode()


def measured(folder: Path, *arguments: str | Path) -> Measured:
    """Run a Python command to its end."""
    return Command(folder, *arguments).wait()


# --- the sandbox ----------------------------------------------------------------------------


class Sandbox:
    """A sandbox in a process of its own."""

    def __init__(self, command: Command, url: str) -> None:
        self._command = command
        self.url = url

    def cpu_when_ended(self) -> float:
        """End it; tell the CPU seconds it took."""
        self._command.send_signal(signal.SIGTERM)
        return self._command.wait().cpu

    def call_count(self) -> int:
        """Tell how many calls ever arrived."""
        return int(self._asked("calls?after=1000000000")["total"])

    def calls_by_method(self) -> Counter[str]:
        """Count the calls by what they asked for, as far as they are remembered."""
        return Counter(call["method"] for call in self._asked("calls")["calls"])

    def merges(self) -> list[dict[str, Any]]:
        """List the calls that wrote contacts, as far as they are remembered."""
        return [call for call in self._asked("calls")["calls"] if call["sha256"] is not None]

    def contact_count(self) -> int:
        """Tell how many contacts the project holds, without reading them all."""
        with _DIRECT.open(f"{self.url}/_sandbox/contacts") as answer:
            start = answer.readline().decode()
        found = re.match(r'\{"count":(\d+),', start)
        assert found is not None
        return int(found[1])

    def addresses(self) -> Iterator[str]:
        """Give the address of every contact that the project holds."""
        for contact in self.contacts():
            yield contact["f_EMail"]

    def contacts(self) -> Iterator[dict[str, Any]]:
        """Give every contact that the project holds."""
        with _DIRECT.open(f"{self.url}/_sandbox/contacts") as answer:
            for number, line in enumerate(answer):  # one contact a line
                text = line.strip().removesuffix(b"]}").removesuffix(b",")
                if number == 0:
                    text = text.partition(b"[")[2]
                if text:
                    yield json.loads(text)

    def _asked(self, what: str) -> dict[str, Any]:
        with _DIRECT.open(f"{self.url}/_sandbox/{what}") as answer:
            content: dict[str, Any] = json.load(answer)
        return content


@contextlib.contextmanager
def sandbox(
    folder: Path,
    *,
    keep_calls: int,
    latency: float = 0,
    switches: Sequence[str | Path] = ("--no-log-keys",),
) -> Iterator[Sandbox]:
    """Start a sandbox on a free port; it ends with the block. ``latency``: seconds a call."""
    options = ["--port", "0", "--compact", "--keep-calls", str(keep_calls), *switches]
    options += ["--latency-seconds", str(latency)]
    command = Command(folder, "-m", "importer", "sandbox", *options, with_messages=True)
    try:
        line = command.first_line()
        found = re.search(r"http://[^\s/]+", line)
        if found is None:
            raise SystemExit(f"the sandbox does not start: {line}{command.wait().printed.decode()}")
        yield Sandbox(command, found[0])
    finally:
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            if command.running:
                command.send_signal(signal.SIGTERM)
                command.wait()


# --- the folder -----------------------------------------------------------------------------


@contextlib.contextmanager
def trial_folder(kept: Path | None) -> Iterator[Path]:
    """Give a folder to try in: the one to be kept, else one that vanishes."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="importer-benchmark-") as folder:
        yield Path(folder)


def generate(folder: Path, *, rows: int, seed: int, form: str = "csv") -> tuple[Path, Any]:
    """Write the contact file; give it and the verdicts to expect."""
    path = folder / f"contacts-{rows}-{seed}.{form}"
    told = folder / f"{path.name}.json"
    if not told.exists():  # a kept folder may be used again
        options = [str(path), "--rows", str(rows), "--seed", str(seed), "--format", form]
        made = measured(folder, HERE / "generate_contacts.py", *options)
        told.write_bytes(made.printed)
    return path, json.loads(told.read_bytes())["expected"]


def write_settings(folder: Path, url: str, *, rows_per_call: int) -> None:
    """Write the importer.yaml of a connection ``bench`` without a pace worth the name."""
    text = _SETTINGS.format(url=url, key=KEY_VARIABLE, rows=rows_per_call)
    (folder / "importer.yaml").write_text(text, encoding="utf-8")


# --- proofs ---------------------------------------------------------------------------------


def unbalanced(found: dict[str, int], expected: dict[str, int]) -> list[str]:
    """Say what of a summary's ``rows`` is not as expected; verdicts not expected must be 0."""
    read = found["read"]
    verdicts = {name: count for name, count in found.items() if name != "read"}
    wrong = [
        f"{name}: {count:,}, not {expected.get(name, 0):,}"
        for name, count in verdicts.items()
        if count != expected.get(name, 0)
    ]
    if sum(verdicts.values()) != read:
        wrong.append(f"the verdicts add up to {sum(verdicts.values()):,}, not {read:,}")
    return wrong


def after_check(expected: dict[str, int]) -> dict[str, int]:
    """Tell the verdicts to expect of a check from those of an import: nothing was sent yet."""
    sent = {"created", "rejected"}
    left = {name: count for name, count in expected.items() if name not in sent}
    return {**left, "not_sent": sum(expected[name] for name in sent)}


def fingerprint(keys: Iterable[str]) -> tuple[int, int]:
    """Count keys and add up their hashes: equal for equal keys in any order, in little memory."""
    count = total = 0
    for key in keys:
        digest = hashlib.sha256(key.strip().lower().encode()).digest()
        total = (total + int.from_bytes(digest[:8])) % 2**64
        count += 1
    return count, total
