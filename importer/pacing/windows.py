"""Sliding windows: how many calls fit, and when one more does."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.model import Limits

SECOND, MINUTE, HOUR, DAY = 1.0, 60.0, 3_600.0, 86_400.0

_MOST_CALLS = 1_000_000_000  # above it there is no limit that could ever be met
_DRIFT = 1.001  # the platform's clock may run a little faster than ours
# A clock that only moves every 16 ms (Windows) can stamp an end that much too early.
_GRAIN = max(
    0.002, time.get_clock_info("time").resolution, time.get_clock_info("monotonic").resolution
)
_BEFORE_IT_LEAVES = 5.0  # between a call's turn and the call, its intent is written to disk


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``calls`` in any stretch of ``seconds``, a small margin included."""

    calls: int
    seconds: float


def windows_of(limits: Limits) -> tuple[Window, ...]:
    """Turn a connection's rates into windows; none when it has no rate."""
    rates = (
        (limits.calls_per_second, SECOND),
        (limits.calls_per_minute, MINUTE),
        (limits.calls_per_hour, HOUR),
        (limits.calls_per_day, DAY),
    )
    return tuple(
        _window(rate, seconds) for rate, seconds in rates if rate is not None and rate < _MOST_CALLS
    )


def _window(rate: float, seconds: float) -> Window:
    """Less than one call in a window is one call in a longer one: 0.5 a second is 1 in two."""
    longer = seconds / rate if rate < 1 else seconds
    return Window(max(1, math.floor(rate)), longer * _DRIFT + _GRAIN)


def wait_for_room(
    windows: Sequence[Window],
    now: float,
    *,
    open_calls: int,
    ended: Callable[[int], float | None],
) -> float:
    """Say how many seconds to wait, at least, until one more call fits into every window; 0: none.

    A call reaches the platform some time between its start and its end. So it counts from its
    start until ``seconds`` after its end, and an open call as one that ends now at the earliest:
    then no window of the platform's holds too many, however long calls take. ``ended(n)``: when
    the n-th newest of the ended calls did, from 1; None if there are not so many.
    """
    wait = 0.0
    for window in windows:
        place = window.calls - open_calls
        last = now if place <= 0 else ended(place)
        if last is not None:
            wait = max(wait, last + window.seconds - now)
    return wait


def latest_arrival(began: float, timeout_seconds: float) -> float:
    """Tell when a call that nobody ended has reached the platform, if it ever does."""
    return began + _BEFORE_IT_LEAVES + timeout_seconds
