"""Budgets of the processes of one machine: a SQLite file for each account."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from importer.errors import StoppedError, UnusableInputError
from importer.files import PRIVATE_FILE, make_private, make_private_folder
from importer.language import mark, tr
from importer.pacing.budget import TABLES, StoredBudget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from importer.clock import Clock
    from importer.pacing.budget import Budget, Visit

_T = TypeVar("_T")

_TRIES = 200
_PATIENCE = 10.0  # seconds for others' transactions, which take less than a millisecond each
_UNUSABLE = mark(
    "{place}: the calls of the account cannot be counted there ({error}). Name another folder as "
    "`state_dir` in importer.yaml, or give yourself rights to this one."
)


def shared_budget(
    state_folder: Path, account: str, *, clock: Clock, timeout_seconds: float
) -> Budget:
    """Open the budget that all processes share that have this state folder.

    ``account``: what the platform counts by (target, URL, key id); only a hash of it is kept.
    ``timeout_seconds``: how long a call may take. After a loss of power the last seconds' calls
    may be forgotten. Raises UnusableInputError when the folder cannot be used.
    """
    hashed = hashlib.sha256(account.encode()).hexdigest()
    folder = state_folder / "budgets"
    try:
        if not state_folder.exists():
            make_private_folder(state_folder)
        make_private_folder(folder)
        store = SqliteStore(folder / f"{hashed[:32]}.sqlite3", clock)
    except OSError as error:
        raise UnusableInputError(tr(_UNUSABLE, place=folder, error=error.strerror)) from error
    return StoredBudget(store, hashed, timeout_seconds=timeout_seconds)


class SqliteStore:
    """One file. Several threads and processes may use it.

    Raises OSError and UnusableInputError when the file cannot be used.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
        make_private(path)
        self._database = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            raise UnusableInputError(self._unusable(error)) from error

    def alone(self, account: str, work: Callable[[Visit], _T]) -> _T:  # noqa: ARG002 - one a file
        with self._lock:
            try:
                return self._transaction(work)
            except sqlite3.Error as error:
                raise StoppedError(
                    tr(
                        "{path}: the calls of the account cannot be counted ({error}). See to the "
                        "disk, then resume the run.",
                        path=self._path,
                        error=error,
                    )
                ) from error

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def now(self) -> float:
        return self._clock.now().timestamp()

    def rows(self, statement: str, *values: float | str) -> list[tuple[Any, ...]]:
        return self._database.execute(statement, values).fetchall()

    def _transaction(self, work: Callable[[Visit], _T]) -> _T:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            result = work(self)
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # some errors have rolled back already
                self._database.execute("ROLLBACK")
            raise
        return result

    def _prepare(self) -> None:
        self._keep_a_log()
        self._database.execute("PRAGMA synchronous = NORMAL")
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'importer_holds'"):
            self._transaction(lambda visit: [visit.rows(statement) for statement in TABLES])

    def _keep_a_log(self) -> None:
        """Let readers and writers not stop one another; another process may be at it just now.

        SQLite does not wait by itself for the lock that this needs.
        """
        for _ in range(_TRIES):
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(_PATIENCE / _TRIES)
            else:
                return
        self._database.execute("PRAGMA journal_mode = WAL")

    def _unusable(self, error: sqlite3.Error) -> str:
        if getattr(error, "sqlite_errorcode", None) in (
            sqlite3.SQLITE_NOTADB,
            sqlite3.SQLITE_CORRUPT,
        ):
            return tr(
                "{path}: this is no count of calls, or it is damaged. Delete it once no run is "
                "sending; the calls of the last day are forgotten then.",
                path=self._path,
            )
        return tr(_UNUSABLE, place=self._path, error=error)
