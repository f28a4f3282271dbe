"""Time, passed in so that a test need not wait."""

from __future__ import annotations

import threading
import time


class Clock:
    """The machine's own time; waiting ends early when the sandbox closes."""

    def __init__(self) -> None:
        self._closing = threading.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def wait(self, seconds: float) -> None:
        """Return after that many seconds, or when the sandbox closes."""
        self._closing.wait(seconds)

    def close(self) -> None:
        """End all waiting, now and from now on."""
        self._closing.set()
