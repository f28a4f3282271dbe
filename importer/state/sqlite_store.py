"""A SQLite file that the processes of one machine share."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from importer.errors import StoppedError, UnusableInputError
from importer.files import PRIVATE_FILE, make_private, make_private_folder, sync_folder
from importer.language import tr

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from importer.clock import Clock
    from importer.state.store import Value, Visit, Wording

_T = TypeVar("_T")

_KIND_OF_ERROR = 0xFF  # the lower bits of SQLite's extended codes
_TRIES = 200
_PATIENCE = 10.0  # seconds for others' transactions, which take less than a millisecond each


def state_file(state_folder: Path, room: str, name: str, *, wording: Wording) -> Path:
    """Give the place of a file that is shared, its folders made; only their owner can read them.

    Raises UnusableInputError when they cannot be made.
    """
    folder = state_folder / room
    try:
        if not state_folder.exists():
            make_private_folder(state_folder)
        make_private_folder(folder)
    except OSError as error:
        told = tr(wording.unusable, place=folder, error=error.strerror)
        raise UnusableInputError(told) from error
    return folder / name


class SqliteStore:
    """One file, for one subject or several. Several threads and processes may use it.

    ``tables``: the statements that made it what it is, oldest first: a change is a new last one,
    which older files then get. ``durable``: what was written survives a loss of power. Raises
    UnusableInputError when the file cannot be used, or is of a newer version.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        tables: Sequence[str],
        *,
        wording: Wording,
        durable: bool = False,
    ) -> None:
        self._path = path
        self._clock = clock
        self._wording = wording
        self._lock = threading.Lock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_FILE))
            make_private(path)
            if durable:  # SQLite sees to the rest of what the folder holds
                sync_folder(path.parent)
                sync_folder(path.parent.parent)
        except OSError as error:
            told = tr(wording.unusable, place=path, error=error.strerror)
            raise UnusableInputError(told) from error
        self._database = sqlite3.connect(
            path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare(tables, durable=durable)
        except sqlite3.Error as error:
            self._database.close()
            raise UnusableInputError(self._told(wording.unusable, error)) from error
        except UnusableInputError:
            self._database.close()
            raise

    def alone(self, subject: str, work: Callable[[Visit], _T]) -> _T:  # noqa: ARG002 - the file is
        with self._lock:
            try:
                return self._transaction(work)
            except sqlite3.Error as error:
                raise StoppedError(self._told(self._wording.broken, error)) from error

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def now(self) -> float:
        return self._clock.now().timestamp()

    def rows(self, statement: str, *values: Value) -> list[tuple[Any, ...]]:
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

    def _prepare(self, tables: Sequence[str], *, durable: bool) -> None:
        self._keep_a_log()
        self._database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        if self._version() != len(tables):
            self._transaction(lambda _: self._make(tables))

    def _make(self, tables: Sequence[str]) -> None:
        """Execute what the file has not had yet; another process may have done so just now."""
        version = self._version()
        if version > len(tables):
            raise UnusableInputError(
                tr(
                    "{place}: a newer version of importer wrote this file: update importer",
                    place=self._path,
                )
            )
        for statement in (*tables[version:], f"PRAGMA user_version = {len(tables)}"):
            self.rows(statement)

    def _version(self) -> int:
        ((version,),) = self.rows("PRAGMA user_version")
        return int(version)

    def _keep_a_log(self) -> None:
        """Let readers and writers not stop one another; another process may be at it just now.

        SQLite does not wait by itself for the lock that this needs.
        """
        for _ in range(_TRIES):
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if _kind(error) != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(_PATIENCE / _TRIES)
            else:
                return
        self._database.execute("PRAGMA journal_mode = WAL")

    def _told(self, otherwise: str, error: sqlite3.Error) -> str:
        if _kind(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            return tr(self._wording.damaged, place=self._path)
        return tr(otherwise, place=self._path, error=error)


def _kind(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & _KIND_OF_ERROR
