"""Contacts and rows of tables, in SQLite: in memory, or in a file that survives a restart."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from importer.sandbox.values import Scalar

_FACTS = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_SHELF = """
CREATE TABLE IF NOT EXISTS {} (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
"""
_FIRST_REQUEST = 31_000_000
_AT_ONCE = 500  # keys in one question; SQLite's oldest limit is 999
_PAGE = 1000


class Stored:
    """A contact, or a row of a table. ``key``: folded, as matched; ``values``: by full name."""

    __slots__ = ("id", "key", "values")

    def __init__(self, number: int, key: str, values: dict[str, Scalar]) -> None:
        self.id = number
        self.key = key
        self.values = values


class Database:
    """What is kept, and what the account counts. Hold ``lock`` around what must happen together.

    Raises SandboxError when the file is not a sandbox's, belongs to another project, or is
    in use.
    """

    def __init__(self, path: Path | None, id_project: int) -> None:
        self.lock = threading.RLock()
        self._path = path
        try:
            self._open(path, id_project)
        except (sqlite3.Error, OSError) as problem:
            raise SandboxError(f"{path}: cannot keep contacts there ({problem})") from problem

    def _open(self, path: Path | None, id_project: int) -> None:
        if path is not None:
            path.touch(mode=0o600)  # contacts are personal: the owner's alone
        self.connection = sqlite3.connect(
            ":memory:" if path is None else path,
            check_same_thread=False,
            isolation_level=None,
            timeout=0,
        )
        self.close = weakref.finalize(self, self.connection.close)
        try:
            # The file is this process's alone: two sandboxes would give one number twice.
            self.connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self.connection.execute("PRAGMA journal_mode=WAL")
            self.connection.execute("PRAGMA synchronous=NORMAL")
            self.connection.executescript(_FACTS)
            owner = self._fact("id_project", id_project)
        except sqlite3.Error:
            self.close()
            raise
        if owner != id_project:
            self.close()
            raise SandboxError(f"{path}: holds contacts of project {owner}, not {id_project}")

    def _fact(self, name: str, first: int) -> int:
        self.connection.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", (name, first))
        question = "SELECT value FROM fact WHERE name = ?"
        return int(self.connection.execute(question, (name,)).fetchone()[0])

    def claim(self, what: str, owner: int) -> None:
        """Make sure that what another platform keeps here belongs to ``owner``.

        Raises SandboxError when it belongs to somebody else.
        """
        with self.lock:
            known = self._fact(what, owner)
        if known != owner:
            raise SandboxError(f"{self._path}: holds contacts of {what} {known}, not {owner}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock, and keep all that is written meanwhile, or none of it."""
        with self.lock:
            self.connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def next_request(self) -> int:
        """A number that only ever rises, across restarts too."""
        with self.lock:
            number = self._fact("id_request", _FIRST_REQUEST) + 1
            self.connection.execute(
                "UPDATE fact SET value = ? WHERE name = 'id_request'", (number,)
            )
        return number

    def contacts(self) -> Store:
        """The project's contacts."""
        return Store(self, "contact")

    def rows_of(self, id_table: int) -> Store:
        """The rows of a table."""
        return Store(self, f"row_of_{id_table:d}")


class Store:
    """The contacts, or the rows of one table, by key and by number."""

    def __init__(self, database: Database, shelf: str) -> None:
        self.lock = database.lock
        self._database = database  # which closes with the last that uses it
        self._db = database.connection
        self._shelf = shelf
        with self.lock:
            self._db.executescript(_SHELF.format(shelf))
            last = f"SELECT coalesce(max(id), 0) FROM {shelf}"  # noqa: S608 -- a name of ours
            self._last_id = int(self._db.execute(last).fetchone()[0])
        self._columns = f"SELECT id, key, body FROM {shelf}"  # noqa: S608 -- a name of ours

    def by_key(self, keys: Sequence[str]) -> dict[str, Stored]:
        """Those that have one of these folded keys."""
        return {one.key: one for one in self._select("key", keys)}

    def by_id(self, ids: Sequence[int]) -> dict[int, Stored]:
        """Those that have one of these numbers."""
        return {one.id: one for one in self._select("id", ids)}

    def _select(self, column: str, wanted: Sequence[str] | Sequence[int]) -> Iterator[Stored]:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            question = f"{self._columns} WHERE {column} IN ({marks})"
            with self.lock:
                rows = self._db.execute(question, some).fetchall()
            yield from (_stored(row) for row in rows)

    def new_id(self) -> int:
        """The number of the next new one."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def write(self, created: Iterable[Stored], updated: Iterable[Stored]) -> None:
        """Keep these, all or none."""
        with self._database.transaction():
            # Updates first: a rename may free the key of a new one.
            self._db.executemany(
                f"UPDATE {self._shelf} SET key = ?, body = ? WHERE id = ?",  # noqa: S608 -- a name of ours
                [(one.key, orjson.dumps(one.values), one.id) for one in updated],
            )
            self._db.executemany(
                f"INSERT INTO {self._shelf} VALUES (?, ?, ?)",  # noqa: S608 -- a name of ours
                [(one.id, one.key, orjson.dumps(one.values)) for one in created],
            )

    def count(self) -> int:
        """How many there are."""
        question = f"SELECT count(*) FROM {self._shelf}"  # noqa: S608 -- a name of ours
        with self.lock:
            return int(self._db.execute(question).fetchone()[0])

    def newest(self, limit: int) -> list[Stored]:
        """Those created last, newest first."""
        question = f"{self._columns} ORDER BY id DESC LIMIT ?"
        with self.lock:
            rows = self._db.execute(question, (limit,)).fetchall()
        return [_stored(row) for row in rows]

    def scan(self, after: int = 0) -> Iterator[Stored]:
        """All in the order of their numbers, a page at a time."""
        question = f"{self._columns} WHERE id > ? ORDER BY id LIMIT ?"
        while True:
            with self.lock:
                rows = self._db.execute(question, (after, _PAGE)).fetchall()
            if not rows:
                return
            yield from (_stored(row) for row in rows)
            after = rows[-1][0]


def _stored(row: tuple[Any, ...]) -> Stored:
    return Stored(row[0], row[1], orjson.loads(row[2]))
