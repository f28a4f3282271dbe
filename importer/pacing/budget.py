"""The calls of one account, counted for every process and machine that shares a store.

A call has a line from its beginning. Whoever wants to begin one is alone with the account's lines
for that moment, and every moment is told by one clock, the store's. A clock that was set back is
noticed by moments that lie in the future; they become now, so that it costs a window at most.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from importer.pacing.windows import DAY, latest_arrival, wait_for_room

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from importer.pacing.windows import Window

_T = TypeVar("_T")

TABLES = (
    """CREATE TABLE IF NOT EXISTS importer_calls (
        account TEXT NOT NULL,
        number BIGINT NOT NULL,
        began DOUBLE PRECISION NOT NULL,
        latest DOUBLE PRECISION NOT NULL,
        ended DOUBLE PRECISION,
        PRIMARY KEY (account, number)
    )""",
    "CREATE INDEX IF NOT EXISTS importer_calls_by_end ON importer_calls (account, ended)",
    """CREATE TABLE IF NOT EXISTS importer_holds (
        account TEXT NOT NULL PRIMARY KEY,
        asked DOUBLE PRECISION NOT NULL,
        held_until DOUBLE PRECISION NOT NULL,
        longest_window DOUBLE PRECISION NOT NULL
    )""",
)
"""What a store has. ``latest``: when an open call has arrived at the latest. Moments in seconds."""

_OPEN_FROM_THE_FUTURE = """
    UPDATE importer_calls SET latest = latest - began + ?, began = ?
    WHERE account = ? AND ended IS NULL AND began > ?"""
_ENDED_IN_THE_FUTURE = "UPDATE importer_calls SET ended = ? WHERE account = ? AND ended > ?"
_NEVER_ENDED = """
    UPDATE importer_calls SET ended = latest
    WHERE account = ? AND ended IS NULL AND latest <= ?"""
_COUNTS = """
    SELECT (SELECT count(*) FROM importer_calls WHERE account = ? AND ended IS NULL),
           (SELECT min(number) FROM importer_calls WHERE account = ?),
           (SELECT max(number) FROM importer_calls WHERE account = ?)"""
_NEWEST_END = """
    SELECT ended FROM importer_calls WHERE account = ? AND ended IS NOT NULL
    ORDER BY ended DESC LIMIT 1 OFFSET ?"""
_BEGIN = "INSERT INTO importer_calls (account, number, began, latest) VALUES (?, ?, ?, ?)"
_END = "UPDATE importer_calls SET ended = ? WHERE account = ? AND number = ?"
# The newest line stays, so that no number is given twice.
_FORGET = "DELETE FROM importer_calls WHERE account = ? AND ended <= ? AND number < ?"
_HOLD = "SELECT asked, held_until, longest_window FROM importer_holds WHERE account = ?"
_SET_HOLD = """
    INSERT INTO importer_holds (account, asked, held_until, longest_window) VALUES (?, ?, ?, ?)
    ON CONFLICT (account) DO UPDATE SET asked = excluded.asked,
        held_until = excluded.held_until, longest_window = excluded.longest_window"""


@dataclass(frozen=True, slots=True)
class _Hold:
    """Since when and until when no call may begin, and the longest window anybody counts by.

    Calls are kept as long as that, and never for less than the day's window with its margin.
    """

    asked: float = 0.0
    until: float = 0.0
    longest_window: float = 1.01 * DAY


@dataclass(frozen=True, slots=True)
class Begun:
    """A call that is counted from now on; ``number`` ends it."""

    number: int


class Budget(Protocol):
    """The calls of one account; everything in it is atomic across threads and processes.

    Every function but ``close`` raises StoppedError when the store does not answer.
    """

    def begin(self, windows: Sequence[Window]) -> Begun | float:
        """Count a call that is about to go; or say after how many seconds to ask again."""
        ...

    def end(self, number: int) -> None:
        """Note that a call ended, with or without an answer."""
        ...

    def hold(self, seconds: float) -> None:
        """Let no call of the account begin for that long; a longer hold stays."""
        ...

    def close(self) -> None:
        """Let go of the store. Calls that are still open count until their time-out."""
        ...


class Visit(Protocol):
    """Being alone with one account's lines."""

    def now(self) -> float:
        """Tell the store's time in seconds since 1970."""
        ...

    def rows(self, statement: str, *values: float | str) -> list[tuple[Any, ...]]:
        """Execute a statement of SQL, ``?`` standing for values; its rows, if it gives any."""
        ...


class Store(Protocol):
    """Where lines are kept."""

    def alone(self, account: str, work: Callable[[Visit], _T]) -> _T:
        """Do the work in one transaction, alone with the account. It may be done twice.

        Raises StoppedError when the store does not answer.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class StoredBudget:
    """A budget in a store. ``timeout_seconds``: how long a call of this process may take."""

    def __init__(self, store: Store, account: str, *, timeout_seconds: float) -> None:
        self._store = store
        self._account = account
        self._timeout_seconds = timeout_seconds

    def begin(self, windows: Sequence[Window]) -> Begun | float:
        return self._store.alone(self._account, lambda visit: self._begin(visit, windows))

    def end(self, number: int) -> None:
        self._store.alone(
            self._account, lambda visit: visit.rows(_END, visit.now(), self._account, number)
        )

    def hold(self, seconds: float) -> None:
        self._store.alone(self._account, lambda visit: self._hold(visit, seconds))

    def close(self) -> None:
        self._store.close()

    def _begin(self, visit: Visit, windows: Sequence[Window]) -> Begun | float:
        now, account = visit.now(), self._account
        self._mend(visit, now)
        hold = self._seen_hold(visit, now)
        ((open_calls, first, last),) = visit.rows(_COUNTS, account, account, account)
        kept = 0 if last is None else last - first + 1  # at most: some between may be gone

        def ended(place: int) -> float | None:
            found = visit.rows(_NEWEST_END, account, place - 1) if place <= kept else []
            return found[0][0] if found else None

        room = wait_for_room(windows, now, open_calls=open_calls, ended=ended)
        wait = max(room, hold.until - now)
        if wait > 0:
            return wait
        longest = max([hold.longest_window, *(window.seconds for window in windows)])
        if longest > hold.longest_window:
            self._keep(visit, replace(hold, longest_window=longest))
        number = (last or 0) + 1
        visit.rows(_BEGIN, account, number, now, latest_arrival(now, self._timeout_seconds))
        visit.rows(_FORGET, account, now - longest, number)
        return Begun(number)

    def _mend(self, visit: Visit, now: float) -> None:
        """Set right what a clock set back, or a process that died, has left."""
        visit.rows(_OPEN_FROM_THE_FUTURE, now, now, self._account, now)
        visit.rows(_ENDED_IN_THE_FUTURE, now, self._account, now)
        visit.rows(_NEVER_ENDED, self._account, now)

    def _hold(self, visit: Visit, seconds: float) -> None:
        now = visit.now()
        hold = self._seen_hold(visit, now)
        if hold.until < now + seconds:
            self._keep(visit, replace(hold, asked=now, until=now + seconds))

    def _seen_hold(self, visit: Visit, now: float) -> _Hold:
        found = visit.rows(_HOLD, self._account)
        hold = _Hold(*found[0]) if found else _Hold()
        if hold.asked <= now:
            return hold
        hold = replace(hold, asked=now, until=now + hold.until - hold.asked)
        self._keep(visit, hold)
        return hold

    def _keep(self, visit: Visit, hold: _Hold) -> None:
        visit.rows(_SET_HOLD, self._account, hold.asked, hold.until, hold.longest_window)
