"""What a job does, as JSON lines on stderr or in a file that is rotated.

Several processes may write to one file: each line is opened for, appended and closed, and only
whoever makes the file ``<log>.rotating`` rotates. No line is ever a reason to stop an import.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import stat
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from importer.clock import iso
from importer.files import PRIVATE_FILE, make_private_folders
from importer.language import english, tr
from importer.reports.masking.scrubbing import without_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from importer.clock import Clock
    from importer.job_settings import LogSection
    from importer.model import Watcher

STDERR = "stderr"
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
_NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)  # for a pipe that nobody reads
_CRASHED = 60  # seconds after which nobody can still be rotating
_SENTENCES = frozenset({"message", "problem", "why"})
_LEVELS = {
    "account-not-compared": "warning",
    "defect": "error",
    "given-up": "warning",
    "held-by-another": "warning",
    "in-doubt": "warning",
    "not-cut": "warning",
    "not-done": "warning",
    "not-taken": "warning",
    "refused": "warning",
    "splitting": "warning",
    "strange-answers": "warning",
}
# Of a run its own log has these, one for every call.
_OF_EACH_CALL = frozenset({"call", "waiting", "pausing", "polling", "polled"})


def log_place(section: LogSection, job: str, state_folder: Path) -> Path | None:
    """Tell in which file a job's log is; None: it goes to stderr."""
    if section.to == STDERR:
        return None
    if section.to:
        return Path(section.to)
    home = hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:8]  # others may have such a job too
    return state_folder / "logs" / f"{job}-{home}.jsonl"


class JobLog:
    """The log of one job. Facts are numbers, codes, file names and sentences, never contacts.

    Every line has ``time``, ``level``, ``job``, ``event`` and ``pid``. ``place``: the file; None:
    lines go to stderr.
    """

    def __init__(self, place: Path | None, section: LogSection, job: str, clock: Clock) -> None:
        self._section = section
        self._job = job
        self._clock = clock
        self._path = place
        self._torn: bool | None = None  # whether the file ends in a part of a line
        self._complained = False

    def write(self, event: str, **facts: Any) -> None:
        """Append one line. Where that fails, it is said once on stderr, and all goes on."""
        line = self._line(event, facts)
        if self._path is None:
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or none
                sys.stderr.write(line.decode())
                sys.stderr.flush()
            return
        try:
            self._append(self._path, line)
        except (OSError, ValueError) as error:
            self._complain(error)

    def watching(self, watcher: Watcher) -> JobWatcher:
        """Give a watcher that also writes the events of runs here."""
        return JobWatcher(self, watcher)

    def close(self) -> None:
        """Let go of it; nothing is held open between two lines."""

    # --- a line -------------------------------------------------------------------------------

    def _line(self, event: str, facts: dict[str, Any]) -> bytes:
        own = {
            "time": iso(self._clock.now()),
            "level": _level(event, facts),
            "job": self._job,
            "event": event,
            "pid": os.getpid(),
        }
        others = {name: _plain(name, fact) for name, fact in facts.items() if name not in own}
        content = {**own, **others}
        try:
            return orjson.dumps(content, default=str) + b"\n"
        except TypeError:  # a file name that is no text, or a huge number
            return json.dumps(content, default=str).encode() + b"\n"

    # --- the file -----------------------------------------------------------------------------

    def _append(self, path: Path, line: bytes) -> None:
        with _opened(path) as descriptor:
            found = os.fstat(descriptor)
            regular = stat.S_ISREG(found.st_mode)
            full = regular and found.st_size and found.st_size + len(line) > self._section.max_bytes
            if not (full and self._rotate(path, len(line))):
                self._put(path, descriptor, line, regular=regular)
                return
        self._torn = False
        with _opened(path) as descriptor:
            self._put(path, descriptor, line, regular=True)

    def _put(self, path: Path, descriptor: int, line: bytes, *, regular: bool) -> None:
        if self._torn is None:
            self._torn = regular and _ends_torn(path)
        whole = b"\n" + line if self._torn else line
        written = os.write(descriptor, whole)
        self._torn = regular and written < len(whole)
        if written < len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _rotate(self, path: Path, more: int) -> bool:
        """Give the full file another name, unless another process is at it; tell if that is done.

        ``more``: bytes that it has no room for.
        """
        token = path.with_name(f"{path.name}.rotating")
        if not _taken(token):
            return False
        try:
            if path.stat().st_size + more > self._section.max_bytes:  # else another was faster
                for number in range(self._section.keep, 0, -1):
                    newer = path if number == 1 else path.with_name(f"{path.name}.{number - 1}")
                    with contextlib.suppress(FileNotFoundError):
                        newer.replace(path.with_name(f"{path.name}.{number}"))
        except OSError:  # a file that another process has open (Windows): a later line does it
            return False
        else:
            return True
        finally:
            token.unlink(missing_ok=True)

    def _complain(self, error: Exception) -> None:
        if self._complained:
            return
        self._complained = True
        reason = getattr(error, "strerror", None) or type(error).__name__
        sentence = tr(
            "The log {file} of the job cannot be written ({reason}); the import goes on without it",
            file=self._path,
            reason=reason,
        )
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{sentence}\n")


class JobWatcher:
    """Passes everything on to another watcher, and a run's events to the log of its job.

    What comes once for every call stands in the run's own log only. ``run``: the id of the run that
    last said which it is; every line has it.
    """

    def __init__(self, log: JobLog, watcher: Watcher) -> None:
        self._log = log
        self._watcher = watcher
        self._stage = ""
        self._rows = 0
        self.run = ""

    def begin(self, stage: str, total: int | None) -> None:
        self._stage, self._rows = stage, 0
        self._watcher.begin(stage, total)

    def advance(self, rows: int) -> None:
        self._rows += rows
        self._watcher.advance(rows)

    def end(self) -> None:
        self._write("stage-ended", {"stage": self._stage, "rows": self._rows})
        self._watcher.end()

    def event(self, name: str, **facts: Any) -> None:
        self.run = str(facts.get("run", self.run))
        if name not in _OF_EACH_CALL:
            self._write(name, facts)
        self._watcher.event(name, **facts)

    def _write(self, event: str, facts: dict[str, Any]) -> None:
        self._log.write(event, **{"run": self.run, **facts})


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    if not path.parent.is_dir():
        make_private_folders(path.parent)
    descriptor = os.open(path, _FLAGS | _NEVER_WAIT, PRIVATE_FILE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _ends_torn(path: Path) -> bool:
    """Tell whether a file ends in a part of a line, of a process that was killed."""
    with path.open("rb") as stream:
        if not stream.seek(0, os.SEEK_END):
            return False
        stream.seek(-1, os.SEEK_END)
        return stream.read(1) != b"\n"


def _taken(token: Path) -> bool:
    """Make the file that lets one process rotate; one that a crash has left is taken away."""
    with contextlib.suppress(OSError):
        if time.time() - token.stat().st_mtime > _CRASHED:
            token.unlink()
    try:
        os.close(os.open(token, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
    except OSError:
        return False
    return True


def _level(event: str, facts: Mapping[str, Any]) -> str:
    match facts.get("exit_code"):
        case None | 0:
            return _LEVELS.get(event, "info")
        case 3:
            return "warning"
        case _:
            return "error"


def _plain(name: str, value: Any) -> Any:
    """Give a fact in English, and a sentence without addresses of persons."""
    if not isinstance(value, str):
        return value
    text = english(value)
    return without_addresses(text) if name in _SENTENCES else text
