"""The calls of accounts, counted for every process and machine that shares a store.

A call has a line from its beginning. Whoever wants to begin one is alone with the account's lines
for that moment, and every moment is told by one clock, the store's. A clock that was set back is
noticed by moments that lie in the future; they become now, so that it costs a window at most.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from importer.language import mark
from importer.pacing import Begun
from importer.pacing.windows import DAY, latest_arrival, wait_for_room
from importer.state.postgresql_store import PostgresqlStore
from importer.state.sqlite_store import SqliteStore, state_file
from importer.state.store import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from importer.clock import Clock
    from importer.model import Secret
    from importer.pacing import Budget, Window
    from importer.state.store import Store, Visit

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

WORDING = Wording(
    unusable=mark(
        "{place}: the calls of the account cannot be counted there ({error}). Name another folder "
        "as `state_dir` in importer.yaml, or give yourself rights to this one."
    ),
    damaged=mark(
        "{place}: this is no count of calls, or it is damaged. Delete it once no run is sending; "
        "the calls of the last day are forgotten then."
    ),
    broken=mark(
        "{place}: the calls of the account cannot be counted ({error}). See to the disk, then "
        "resume the run."
    ),
)


def shared_budget(
    state_folder: Path, account: str, *, clock: Clock, timeout_seconds: float
) -> Budget:
    """Open the budget that all processes share that have this state folder: a file an account.

    ``account``: what the platform counts by (target, URL, key id); only a hash of it is kept.
    ``timeout_seconds``: how long a call may take. After a loss of power the last seconds' calls
    may be forgotten. Raises UnusableInputError when the folder cannot be used.
    """
    hashed = hashlib.sha256(account.encode()).hexdigest()
    place = state_file(state_folder, "budgets", f"{hashed[:32]}.sqlite3", wording=WORDING)
    store = SqliteStore(place, clock, TABLES, wording=WORDING)
    return StoredBudget(store, hashed, timeout_seconds=timeout_seconds)


def postgresql_budget(
    url: str, password: Secret | None, account: str, *, timeout_seconds: float
) -> Budget:
    """Open the budget that all machines share that have this database.

    ``url``: ``postgresql://user@host/database``. ``account``: as in ``shared_budget``. The tables
    are made if they are missing. Raises UnusableInputError when the database cannot be used.
    """
    hashed = hashlib.sha256(account.encode()).hexdigest()
    store = PostgresqlStore(url, password, TABLES)
    return StoredBudget(store, hashed, timeout_seconds=timeout_seconds)


@dataclass(frozen=True, slots=True)
class _Hold:
    """Since when and until when no call may begin, and the longest window anybody counts by.

    Calls are kept as long as that, and never for less than the day's window with its margin.
    """

    asked: float = 0.0
    until: float = 0.0
    longest_window: float = 1.01 * DAY


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
