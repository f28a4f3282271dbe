"""How many contacts a call carries: fewer when that is too much, slowly more when it works."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STEADY = 20  # accepted calls of a size before a larger one is tried
_STEP = 20  # the part of the connection's own size by which it grows


class Sizing:
    """The number of contacts in a call, learnt from what the platform took.

    ``most``: the connection's own. ``learnt``: what an earlier delivery of the run came to.
    ``on_change``: told of every other size.
    """

    def __init__(
        self, most: int, *, learnt: int | None = None, on_change: Callable[[int], None]
    ) -> None:
        self._most = most
        self._rows = min(most, learnt or most)
        self._on_change = on_change
        self._too_large = math.inf  # the smallest number that was refused for its size
        self._taken = 0  # the largest number that was accepted
        self._steady = 0
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        """How many contacts the next call carries at most."""
        return self._rows

    def accepted(self, rows: int) -> None:
        """A call of so many was answered."""
        with self._lock:
            self._taken = max(self._taken, rows)
            if rows < self._rows or self._rows == self._most:
                return
            self._steady += 1
            if self._steady >= _STEADY:
                step = max(1, self._most // _STEP)
                self._set(int(min(self._most, self._too_large - 1, self._rows + step)))

    def too_large(self, rows: int) -> None:
        """A call of so many was refused for its size: at most half, or what is known to work."""
        with self._lock:
            self._too_large = min(self._too_large, rows)
            known = self._taken if self._taken < rows else 0
            self._set(min(self._rows, max(rows // 2, known, 1)))

    def too_slow(self, rows: int) -> None:
        """A call of so many was not answered in time."""
        with self._lock:
            self._set(min(self._rows, max(rows // 2, 1)))

    def _set(self, rows: int) -> None:
        self._steady = 0
        if rows != self._rows:
            self._rows = rows
            self._on_change(rows)
