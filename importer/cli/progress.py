"""How a stage of a run goes: rows done, pace, retries, waits and time left, in words."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from importer.language import as_here, decimal, mark, number, tr, trn

if TYPE_CHECKING:
    from rich.progress import Progress

PLAIN_EVERY = 30.0
"""Seconds between progress lines where there is no terminal."""
_WINDOW = 60.0  # seconds over which calls are counted
_SETTLED = 2.0  # seconds before which no pace is told: it would be a guess
_SEND = "send"
_STAGES = {
    "check": mark("Checking"),
    _SEND: mark("Sending"),
    "verify": mark("Reading back"),
    "report": mark("Writing reports"),
}
_WAITS = {
    "waiting": mark("waiting {seconds} s for the allowed pace"),
    "pausing": mark("waiting {seconds} s before the next attempt"),
    "polling": mark("the platform is at work, asked again in {seconds} s"),
}


class Going:
    """Counts what a run tells of a stage. Several threads may tell and ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.begin("", None)

    def begin(self, stage: str, total: int | None) -> None:
        """Count anew: a stage begins, of which ``total`` rows are expected."""
        with self._lock:
            self._stage, self._total = stage, total
            self._began = time.monotonic()
            self._rows = self._before = self._repeated = 0
            self._calls: deque[float] = deque()
            self._wait, self._wait_ends = "", 0.0

    def advance(self, rows: int) -> None:
        """Count rows that are done."""
        with self._lock:
            self._rows += rows
            self._wait = ""
            if self._stage == _SEND and not self._calls:
                self._before = self._rows  # an earlier sending did these

    def event(self, name: str, **facts: Any) -> None:
        """Count a call or a wait; other events say nothing of how it goes."""
        now = time.monotonic()
        with self._lock:
            if name == "call":
                self._calls.append(now)
                self._repeated += facts.get("attempt", 1) > 1
                self._wait = ""
            elif name in _WAITS:
                self._wait, self._wait_ends = name, now + facts.get("seconds", 0.0)

    @property
    def total(self) -> int | None:
        """How many rows are expected."""
        return self._total

    @property
    def rows(self) -> int:
        """How many rows are done."""
        return self._rows

    def words(self) -> list[str]:
        """Say how it goes, the most telling first."""
        with self._lock:
            now = time.monotonic()
            told = [self._done(), self._waiting(now), self._left(now), self._pace(now)]
            if self._repeated:
                told.append(trn("{count} call repeated", "{count} calls repeated", self._repeated))
            return [one for one in told if one]

    def line(self) -> str:
        """Say it in one line."""
        return tr("{stage}: {facts}", stage=stage_words(self._stage), facts=", ".join(self.words()))

    def _done(self) -> str:
        if self._total:
            return trn(
                "{count} of {total} rows",
                "{count} of {total} rows",
                self._rows,
                total=number(self._total),
            )
        return trn("{count} row", "{count} rows", self._rows)

    def _waiting(self, now: float) -> str:
        left = self._wait_ends - now
        if not self._wait or left < 1:
            return ""
        return tr(_WAITS[self._wait], seconds=number(round(left)))

    def _left(self, now: float) -> str:
        done, spent = self._rows - self._before, now - self._began
        if not self._total or done <= 0 or spent < _SETTLED or self._rows >= self._total:
            return ""
        seconds = (self._total - self._rows) * spent / done
        return tr("about {duration} left", duration=duration(seconds))

    def _pace(self, now: float) -> str:
        spent = now - self._began
        if spent < _SETTLED:
            return ""
        if self._calls:
            while self._calls and self._calls[0] < now - _WINDOW:
                self._calls.popleft()
            rate = len(self._calls) * 60 / min(spent, _WINDOW)
            return trn("{count} call/min", "{count} calls/min", round(rate))
        rate = (self._rows - self._before) / spent
        if rate >= 1:
            return trn("{count} row/s", "{count} rows/s", round(rate))
        return trn("{count} row/min", "{count} rows/min", round(rate * 60)) if rate else ""


def stage_words(stage: str) -> str:
    """Name a stage."""
    return tr(_STAGES.get(stage, stage))


def duration(seconds: float) -> str:
    """Say how long something takes, in the unit that fits."""
    if seconds < 90:
        return tr("{seconds} s", seconds=max(1, round(seconds)))
    if seconds < 5400:
        return tr("{minutes} min", minutes=round(seconds / 60))
    return tr("{hours} h", hours=decimal(seconds / 3600, 1))


class Ticker:
    """Calls a function every so many seconds, in a thread of its own, until it is stopped."""

    def __init__(self, tick: Callable[[], None], every: float = PLAIN_EVERY) -> None:
        self._over = threading.Event()
        self._every = every
        self._tick = tick
        threading.Thread(target=as_here(self._run), daemon=True).start()

    def stop(self) -> None:
        """Call it no more."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._every):
            self._tick()


def bar(going: Going) -> Progress:
    """Make the bar that a terminal shows; it says what ``going`` does, as long as it is started."""
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
    from rich.table import Column
    from rich.text import Text

    from importer.cli.terminal import console, plain

    words = as_here(going.words)  # a thread of rich asks

    class Facts(ProgressColumn):
        def render(self, task: Task) -> Text:
            task.total, task.completed = going.total, going.rows
            return Text(plain(", ".join(words())))

    return Progress(
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=20),
        Facts(table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)),
        console=console(error=True),
        transient=True,
        expand=True,
    )
