"""When the next call may go: sliding windows over the calls already made."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from importer.clock import Clock, Interruption
    from importer.model import Limits

# A call is counted when it starts here, the platform counts it when it arrives: without a margin,
# evenly spaced calls at the limit put one too many into some window of the platform's.
_MARGIN = 1.02

_SECOND, _MINUTE, _HOUR, _DAY = 1.0, 60.0, 3_600.0, 86_400.0


@dataclass(slots=True)
class _Window:
    """At most ``calls`` starts in any stretch of ``seconds``."""

    calls: int
    seconds: float
    starts: deque[float] = field(default_factory=deque)

    def due(self) -> float:
        """The moment from which one more call fits."""
        full = len(self.starts) >= self.calls
        return self.starts[0] + self.seconds if full else -math.inf

    def note(self, moment: float) -> None:
        if len(self.starts) >= self.calls:
            self.starts.popleft()
        self.starts.append(moment)


class Pace:
    """The calls one account may make. For one process; it forgets when the process ends."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._clock = clock
        self._held_until = -math.inf
        rates = (
            (limits.calls_per_second, _SECOND),
            (limits.calls_per_minute, _MINUTE),
            (limits.calls_per_hour, _HOUR),
            (limits.calls_per_day, _DAY),
        )
        self._windows = [_window(rate, seconds) for rate, seconds in rates if rate is not None]

    def wait_turn(self, interruption: Interruption) -> bool:
        """Wait until a call may go, and count it. False: a stop was requested, nothing counted."""
        while not interruption.requested:
            wait = self.seconds_to_wait()
            if wait <= 0:
                for window in self._windows:
                    window.note(self._clock.monotonic())
                return True
            self._clock.sleep(wait)
        return False

    def seconds_to_wait(self) -> float:
        """How long until the next call may go; 0 when it may go now."""
        due = max((w.due() for w in self._windows), default=-math.inf)
        return max(0.0, max(due, self._held_until) - self._clock.monotonic())

    def remember(self, ages: Iterable[float]) -> None:
        """Count calls that were made before this process: how many seconds ago, oldest first."""
        now = self._clock.monotonic()
        for age in ages:
            for window in self._windows:
                window.note(now - age)

    def hold(self, seconds: float) -> None:
        """Let no call go for that long, because the platform asked for it."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)


def _window(rate: float, seconds: float) -> _Window:
    """Less than one call in a window is one call in a longer one: 0.5 a second is 1 in two."""
    calls = max(1, math.floor(rate))
    longer = seconds / rate if rate < 1 else seconds
    return _Window(calls, longer * _MARGIN)
