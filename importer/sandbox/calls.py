"""What the sandbox remembers of the calls it got, and the pace it allows."""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from importer.sandbox.errors import Headers


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``status`` is None when no answer was given; ``keys`` is JSON, to be lean.

    ``time``: seconds since 1970. ``sha256``: of the Records part, written compactly in the order
    sent. The last four count what happened to its records.
    """

    number: int
    time: float
    method: str
    id_request: int
    fault: str
    status: int | None
    error: str | None
    records: int
    sha256: str | None
    keys: bytes | None
    created: int
    updated: int
    skipped: int
    errors: int

    def as_json(self) -> dict[str, Any]:
        """The object that ``/_sandbox/calls`` shows."""
        return {
            "number": self.number,
            "time": self.time,
            "method": self.method,
            "idRequest": self.id_request,
            "fault": self.fault,
            "status": self.status,
            "error": self.error,
            "records": self.records,
            "sha256": self.sha256,
            "keys": None if self.keys is None else orjson.Fragment(self.keys),
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "errors": self.errors,
        }


class CallLog:
    """The newest calls, at most ``keep`` of them, and how many there ever were."""

    def __init__(self, keep: int) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._lock = threading.Lock()
        self._total = 0

    def next_number(self) -> int:
        """The number of a call that just arrived, from 1."""
        with self._lock:
            self._total += 1
            return self._total

    def add(self, call: Call) -> None:
        """Remember a call."""
        with self._lock:
            self._calls.append(call)

    @property
    def total(self) -> int:
        """How many calls ever arrived."""
        return self._total

    def after(self, number: int = 0) -> Iterator[Call]:
        """The remembered calls above a number, in the order of their arrival."""
        with self._lock:
            calls = [call for call in self._calls if call.number > number]
        yield from sorted(calls, key=lambda call: call.number)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the window that is nearest to its end, as rate headers tell it.

    ``reset``: seconds after which a call that counts now no longer does.
    """

    limit: int
    remaining: int
    reset: float

    def headers(self, since: float) -> Headers:
        """As headers, whose names are an invention here; the reset is counted from ``since``."""
        told = {"Limit": self.limit, "Remaining": self.remaining, "Reset": since + self.reset}
        return tuple((f"X-RateLimit-{name}", str(math.ceil(n))) for name, n in told.items())


class Pace:
    """At most so many calls in any window of so many seconds; refused calls do not count.

    ``limits``: seconds -> calls; None: as many as come.
    """

    def __init__(self, limits: Mapping[float, int | None]) -> None:
        self._windows = [
            _Window(seconds, limit) for seconds, limit in limits.items() if limit is not None
        ]
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """Take a call at that moment: 0, or the seconds after which it may come again."""
        with self._lock:
            waits = [one.reset(now) for one in self._windows if one.remaining(now) == 0]
            if not waits:
                for window in self._windows:
                    window.taken.append(now)
            return max(waits, default=0.0)

    def allowance(self, now: float) -> Allowance | None:
        """Tell what is left; None without a limit."""
        with self._lock:
            left = [Allowance(w.limit, w.remaining(now), w.reset(now)) for w in self._windows]
        return min(left, key=lambda one: (one.remaining, -one.reset), default=None)


class _Window:
    def __init__(self, seconds: float, limit: int) -> None:
        self.limit = limit
        self.taken: deque[float] = deque()
        self._seconds = seconds

    def remaining(self, now: float) -> int:
        while self.taken and self.taken[0] <= now - self._seconds:
            self.taken.popleft()
        return self.limit - len(self.taken)

    def reset(self, now: float) -> float:
        return self.taken[0] + self._seconds - now if self.taken else 0.0
