"""Time and interruption, passed in so that tests need neither waiting nor signals."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Interruption:
    """A request to stop at the next safe point, made by a signal or by a caller.

    ``signal_number`` is None until somebody asks.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self.signal_number: int | None = None

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self, signal_number: int) -> None:
        self.signal_number = signal_number
        self._event.set()

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, or as soon as a stop is requested."""
        self._event.wait(seconds)


class Clock(Protocol):
    """The three things a run asks of time."""

    def now(self) -> datetime:
        """Tell the time in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that long, or until a stop is requested."""
        ...


class SystemClock:
    """The machine's own time; a sleep ends early when a stop is requested."""

    def __init__(self, interruption: Interruption | None = None) -> None:
        self._interruption = interruption or Interruption()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        self._interruption.wait(seconds)


def iso(moment: datetime) -> str:
    """Write a moment as the run folder's files do: ISO 8601 in UTC, milliseconds, a ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
