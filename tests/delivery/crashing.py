"""The end of the process, right before or right after any durable write."""

from __future__ import annotations

from typing import Any

from importer.journal import Journal

WRITES = {
    "submitting",
    "taken",
    "polled",
    "not_taken",
    "in_doubt",
    "refused",
    "settled",
    "set_fact",
}


class CrashError(BaseException):
    """The end of the process: nothing of ours may catch it."""


class CrashingJournal:
    """A journal that ends the process right after its n-th durable write, or right before it.

    Nothing is written afterwards, in whatever lane.
    """

    def __init__(self, writes: int, *, after: bool) -> None:
        self._left = writes
        self._after = after
        self._journal: Journal | None = None

    def open(self, journal: Journal) -> None:
        self._journal = journal

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._journal, name)
        return self._counted(found) if name in WRITES else found

    def _counted(self, write: Any) -> Any:
        def counted(*values: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left < 0 or (self._left == 0 and not self._after):
                raise CrashError
            result = write(*values, **named)
            if self._left == 0:
                raise CrashError
            return result

        return counted
