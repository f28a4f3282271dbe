"""The contacts of an account, those in the recycle bin too, in the sandbox's database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from importer.sandbox.dotdigital.values import folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from importer.sandbox.clock import Clock
    from importer.sandbox.dotdigital.account import Account
    from importer.sandbox.dotdigital.sections import Scalar
    from importer.sandbox.dotdigital.settings import DotdigitalSettings
    from importer.sandbox.store import Database

    Name = tuple[str, str]  # of an identifier, and its value as matched

_TABLES = """
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY, binned INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS person_name (
    name TEXT NOT NULL, value TEXT NOT NULL, person INTEGER NOT NULL,
    PRIMARY KEY (name, value)) WITHOUT ROWID;
"""
_FIRST_ID = 90_000_001
_AT_ONCE = 500  # values in one question; SQLite's oldest limit is 999
_PAGE = 1000
_INT64 = 2**63


@dataclass(slots=True)
class Person:
    """One contact. ``id`` 0: not stored yet.

    ``email`` holds status, emailType and optInType as answers spell them; ``sms`` and ``whatsapp``
    a status; ``consents`` their records as answered; ``created`` and ``updated`` are UTC without
    the Z; ``mails``: how many of each kind the platform would have sent.
    """

    id: int = 0
    identifiers: dict[str, str] = field(default_factory=dict)
    data: dict[str, Scalar] = field(default_factory=dict)
    email: dict[str, str] = field(default_factory=dict)
    sms: dict[str, str] = field(default_factory=dict)
    whatsapp: dict[str, str] = field(default_factory=dict)
    lists: list[int] = field(default_factory=list)
    preferences: dict[int, bool] = field(default_factory=dict)
    consents: list[dict[str, str]] = field(default_factory=list)
    created: str = ""
    updated: str = ""
    binned: bool = False
    mails: dict[str, int] = field(default_factory=dict)
    _stored_as: frozenset[Name] = field(default=frozenset(), repr=False, compare=False)

    def names(self) -> frozenset[Name]:
        """Every identifier as it is matched."""
        return frozenset((name, folded(name, value)) for name, value in self.identifiers.items())


class Contacts:
    """The contacts by number and by identifier. Hold ``lock`` around what must happen together.

    Raises SandboxError when the database belongs to another account.
    """

    def __init__(
        self, database: Database, account: Account, settings: DotdigitalSettings, clock: Clock
    ) -> None:
        self.account = account
        self.settings = settings
        self.clock = clock
        self.database = database
        self.lock = database.lock
        self._db = database.connection
        with self.lock:
            database.claim("Dotdigital account", account.id)
            self._db.executescript(_TABLES)
            last = "SELECT coalesce(max(id), ?) FROM person"
            self._last_id = int(self._db.execute(last, (_FIRST_ID - 1,)).fetchone()[0])

    def find(self, identifier: str, value: str | int) -> Person | None:
        """Who has this identifier, in the bin or not."""
        if identifier == "contactId":
            number = int(value) if str(value).isdecimal() else -1
            return self.by_ids([number]).get(number) if number < _INT64 else None
        name = (identifier, folded(identifier, str(value)))
        with self.lock:
            owner = self.owners([name]).get(name)
            return None if owner is None else self.by_ids([owner])[owner]

    def owners(self, names: Iterable[Name]) -> dict[Name, int]:
        """The number of whoever has each of these."""
        by_name: dict[str, list[str]] = {}
        for name, value in names:
            by_name.setdefault(name, []).append(value)
        owned: dict[Name, int] = {}
        for name, values in by_name.items():
            for some, marks in _portions(values):
                question = (
                    f"SELECT value, person FROM person_name WHERE name = ? AND value IN ({marks})"  # noqa: S608 -- marks only
                )
                with self.lock:
                    found = self._db.execute(question, (name, *some)).fetchall()
                owned.update({(name, value): number for value, number in found})
        return owned

    def by_ids(self, numbers: Sequence[int]) -> dict[int, Person]:
        """Those of these numbers."""
        found: dict[int, Person] = {}
        for some, marks in _portions(numbers):
            question = f"SELECT id, binned, body FROM person WHERE id IN ({marks})"  # noqa: S608 -- marks only
            with self.lock:
                rows = self._db.execute(question, some).fetchall()
            found.update({row[0]: _person(row) for row in rows})
        return found

    def add(self, person: Person) -> int:
        """Store a new one, and give its number."""
        with self.database.transaction():
            self.write([person], [])
        return person.id

    def keep(self, person: Person) -> None:
        """Store one that changed."""
        with self.database.transaction():
            self.write([], [person])

    def write(self, created: Sequence[Person], updated: Sequence[Person]) -> None:
        """Store these within the caller's transaction; new ones are given their numbers."""
        for person in created:
            if not person.id:
                person.id = self.new_id()
        gone, names = [], []
        for person in (*updated, *created):
            current = person.names()
            if current != person._stored_as:
                gone += list(person._stored_as - current)
                names += [(*name, person.id) for name in current - person._stored_as]
                person._stored_as = current
        # What is given up first: somebody else may take it.
        self._db.executemany("DELETE FROM person_name WHERE name = ? AND value = ?", gone)
        self._db.executemany("INSERT INTO person_name VALUES (?, ?, ?)", names)
        self._db.executemany("INSERT OR REPLACE INTO person VALUES (?, ?, ?)", map(_row, updated))
        self._db.executemany("INSERT INTO person VALUES (?, ?, ?)", map(_row, created))

    def new_id(self) -> int:
        """The number of the next new one."""
        with self.lock:
            self._last_id += 1
            return self._last_id

    def delete(self, number: int) -> None:
        """Put one into the recycle bin; nothing where there is none."""
        with self.lock:
            for person in self.by_ids([number]).values():
                person.binned = True
                self.keep(person)

    def count(self) -> int:
        """How many there are outside the bin."""
        with self.lock:
            question = "SELECT count(*) FROM person WHERE binned = 0"
            return int(self._db.execute(question).fetchone()[0])

    def newest(self, limit: int) -> list[Person]:
        """Those created last, newest first, with those in the bin."""
        question = "SELECT id, binned, body FROM person ORDER BY id DESC LIMIT ?"
        with self.lock:
            return [_person(row) for row in self._db.execute(question, (limit,)).fetchall()]

    def scan(self, after: int = 0) -> Iterator[Person]:
        """All in the order of their numbers, a page at a time, with those in the bin."""
        question = "SELECT id, binned, body FROM person WHERE id > ? ORDER BY id LIMIT ?"
        while True:
            with self.lock:
                rows = self._db.execute(question, (after, _PAGE)).fetchall()
            if not rows:
                return
            yield from (_person(row) for row in rows)
            after = rows[-1][0]

    def mails(self) -> Iterator[dict[str, Any]]:
        """Whom the platform would have mailed: contactId, email, and how many of each kind."""
        for person in self.scan():
            if person.mails:
                yield {
                    "contactId": person.id,
                    "email": person.identifiers.get("email"),
                    **person.mails,
                }


_BODY = (
    "identifiers",
    "data",
    "email",
    "sms",
    "whatsapp",
    "lists",
    "consents",
    "created",
    "updated",
    "mails",
)


def _row(person: Person) -> tuple[int, bool, bytes]:
    body: dict[str, Any] = {name: getattr(person, name) for name in _BODY}
    body["preferences"] = list(person.preferences.items())
    return person.id, person.binned, orjson.dumps(body)


def _person(row: tuple[int, int, bytes]) -> Person:
    body = orjson.loads(row[2])
    body["preferences"] = dict(body["preferences"])
    person = Person(id=row[0], binned=bool(row[1]), **body)
    person._stored_as = person.names()
    return person


def _portions(values: Sequence[Any]) -> Iterator[tuple[Sequence[Any], str]]:
    for start in range(0, len(values), _AT_ONCE):
        some = values[start : start + _AT_ONCE]
        yield some, ",".join("?" * len(some))
