"""What the sandbox remembers of the calls it got, and the pace it allows."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

_MINUTE = 60.0


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


class Pace:
    """At most so many calls in any sixty seconds; refused calls do not count."""

    def __init__(self, calls_per_minute: int | None) -> None:
        self._limit = calls_per_minute
        self._taken: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """Take a call at that moment: 0, or the seconds after which it may come again."""
        if self._limit is None:
            return 0.0
        with self._lock:
            while self._taken and self._taken[0] <= now - _MINUTE:
                self._taken.popleft()
            if len(self._taken) >= self._limit:
                return self._taken[0] + _MINUTE - now
            self._taken.append(now)
            return 0.0
