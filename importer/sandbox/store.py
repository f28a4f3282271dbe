"""The contacts, in SQLite: in memory, or in a file that survives a restart."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from importer.sandbox.values import Scalar

_SCHEMA = """
CREATE TABLE IF NOT EXISTS contact (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_FIRST_REQUEST = 31_000_000
_AT_ONCE = 500  # keys in one question; SQLite's oldest limit is 999
_PAGE = 1000


class Contact:
    """One stored contact. ``key``: folded, as matched; ``values``: full field name -> value."""

    __slots__ = ("id", "key", "values")

    def __init__(self, id_contact: int, key: str, values: dict[str, Scalar]) -> None:
        self.id = id_contact
        self.key = key
        self.values = values


class ContactStore:
    """Contacts by key and by number. Hold ``lock`` around what must happen together.

    Raises SandboxError when the file is not a sandbox's, belongs to another project, or is
    in use.
    """

    def __init__(self, path: Path | None, id_project: int) -> None:
        self.lock = threading.RLock()
        try:
            self._open(path, id_project)
        except (sqlite3.Error, OSError) as problem:
            raise SandboxError(f"{path}: cannot keep contacts there ({problem})") from problem
        row = self._db.execute("SELECT coalesce(max(id), 0) FROM contact").fetchone()
        self._last_id = int(row[0])

    def _open(self, path: Path | None, id_project: int) -> None:
        if path is not None:
            path.touch(mode=0o600)  # contacts are personal: the owner's alone
        self._db = sqlite3.connect(
            ":memory:" if path is None else path,
            check_same_thread=False,
            isolation_level=None,
            timeout=0,
        )
        self.close = weakref.finalize(self, self._db.close)
        try:
            # The file is this process's alone: two sandboxes would give one number twice.
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_SCHEMA)
            owner = self._fact("id_project", id_project)
        except sqlite3.Error:
            self.close()
            raise
        if owner != id_project:
            self.close()
            raise SandboxError(f"{path}: holds contacts of project {owner}, not {id_project}")

    def _fact(self, name: str, first: int) -> int:
        self._db.execute("INSERT OR IGNORE INTO fact VALUES (?, ?)", (name, first))
        row = self._db.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def next_request(self) -> int:
        """A number that only ever rises, across restarts too."""
        with self.lock:
            number = self._fact("id_request", _FIRST_REQUEST) + 1
            self._db.execute("UPDATE fact SET value = ? WHERE name = 'id_request'", (number,))
        return number

    def by_key(self, keys: Sequence[str]) -> dict[str, Contact]:
        """The contacts that have one of these folded keys."""
        found = self._select("key", keys)
        return {contact.key: contact for contact in found}

    def by_id(self, ids: Sequence[int]) -> dict[int, Contact]:
        """The contacts that have one of these numbers."""
        return {contact.id: contact for contact in self._select("id", ids)}

    def _select(self, column: str, wanted: Sequence[str] | Sequence[int]) -> Iterator[Contact]:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            question = f"SELECT id, key, body FROM contact WHERE {column} IN ({marks})"  # noqa: S608 -- a column name of ours
            with self.lock:
                rows = self._db.execute(question, some).fetchall()
            yield from (_contact(row) for row in rows)

    def new_id(self) -> int:
        """The number of the next new contact."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def write(self, created: Iterable[Contact], updated: Iterable[Contact]) -> None:
        """Keep these contacts, all or none."""
        with self.lock:
            self._db.execute("BEGIN")
            try:
                # Updates first: a rename may free the key of a new contact.
                self._db.executemany(
                    "UPDATE contact SET key = ?, body = ? WHERE id = ?",
                    [(one.key, orjson.dumps(one.values), one.id) for one in updated],
                )
                self._db.executemany(
                    "INSERT INTO contact VALUES (?, ?, ?)",
                    [(one.id, one.key, orjson.dumps(one.values)) for one in created],
                )
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def count(self) -> int:
        """How many contacts there are."""
        with self.lock:
            return int(self._db.execute("SELECT count(*) FROM contact").fetchone()[0])

    def newest(self, limit: int) -> list[Contact]:
        """The contacts created last, newest first."""
        question = "SELECT id, key, body FROM contact ORDER BY id DESC LIMIT ?"
        with self.lock:
            rows = self._db.execute(question, (limit,)).fetchall()
        return [_contact(row) for row in rows]

    def scan(self, after: int = 0) -> Iterator[Contact]:
        """All contacts in the order of their numbers, a page at a time."""
        question = "SELECT id, key, body FROM contact WHERE id > ? ORDER BY id LIMIT ?"
        while True:
            with self.lock:
                rows = self._db.execute(question, (after, _PAGE)).fetchall()
            if not rows:
                return
            yield from (_contact(row) for row in rows)
            after = rows[-1][0]


def _contact(row: tuple[Any, ...]) -> Contact:
    return Contact(row[0], row[1], orjson.loads(row[2]))
