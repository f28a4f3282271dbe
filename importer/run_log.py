"""``run.log``: JSON lines of what happened, without personal data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson

from importer.clock import Clock, iso
from importer.files import PRIVATE_FILE
from importer.model import Watcher


class RunLog:
    """Appends events to a run's log. Facts are numbers, codes and file names, never contacts."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def write(self, name: str, **facts: Any) -> None:
        """Append one line."""
        line = orjson.dumps({"time": iso(self._clock.now()), "event": name, **facts}, default=str)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self._path, flags, PRIVATE_FILE)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write(line + b"\n")


class LoggingWatcher:
    """Passes everything on to another watcher, and writes events and stages to the run's log."""

    def __init__(self, log: RunLog, watcher: Watcher) -> None:
        self._log = log
        self._watcher = watcher
        self._stage = ""
        self._rows = 0

    def begin(self, stage: str, total: int | None) -> None:
        self._stage, self._rows = stage, 0
        self._log.write("stage-began", stage=stage, total=total)
        self._watcher.begin(stage, total)

    def advance(self, rows: int) -> None:
        self._rows += rows
        self._watcher.advance(rows)

    def end(self) -> None:
        self._log.write("stage-ended", stage=self._stage, rows=self._rows)
        self._watcher.end()

    def event(self, name: str, **facts: Any) -> None:
        self._log.write(name, **facts)
        self._watcher.event(name, **facts)


class Unwatched:
    """A watcher that watches nothing."""

    def begin(self, stage: str, total: int | None) -> None: ...
    def advance(self, rows: int) -> None: ...
    def end(self) -> None: ...
    def event(self, name: str, **facts: Any) -> None: ...
