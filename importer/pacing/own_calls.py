"""The calls of this process, by a clock that nobody can set."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import TYPE_CHECKING

from importer.pacing.windows import latest_arrival, wait_for_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.pacing.windows import Window

_ENOUGH_TO_FORGET = 1_000  # forgetting moves the whole list: not at every call


class OwnCalls:
    """When the calls of this process began and ended, in monotonic seconds. Not thread-safe.

    ``timeout_seconds``: how long a call may take; one that nobody ends is given up after it.
    """

    def __init__(self, windows: Sequence[Window], timeout_seconds: float) -> None:
        self._windows = windows
        self._horizon = max((window.seconds for window in windows), default=0.0)
        self._timeout_seconds = timeout_seconds
        self._open: dict[int, float] = {}
        self._ended: list[float] = []  # oldest first

    def wait(self, now: float) -> float:
        """Say how many seconds to wait, at least, until one more call fits."""
        for number, began in list(self._open.items()):
            if (latest := latest_arrival(began, self._timeout_seconds)) <= now:
                del self._open[number]
                insort(self._ended, latest)
        return wait_for_room(self._windows, now, open_calls=len(self._open), ended=self._newest_end)

    def begin(self, number: int, now: float) -> None:
        """Note that a call begins."""
        self._open[number] = now

    def end(self, number: int, now: float) -> None:
        """Note that a call ended; also one that had been given up."""
        self._open.pop(number, None)
        insort(self._ended, now)
        expired = bisect_right(self._ended, now - self._horizon)
        if expired >= _ENOUGH_TO_FORGET or not self._windows:
            del self._ended[:expired]

    def _newest_end(self, place: int) -> float | None:
        return self._ended[-place] if place <= len(self._ended) else None
