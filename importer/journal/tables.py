"""The tables of a journal: made new, or made of an older version's, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

VERSION = 3
"""Of the tables below; a journal of a higher version belongs to a newer tool."""

_FACTS = """
CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_CALLS = """
CREATE TABLE call (
    number INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    batch TEXT NOT NULL,
    first INTEGER NOT NULL,
    end INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    waited REAL NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    result TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT ''
);
CREATE INDEX call_by_place ON call (step, first, end);
"""
_SETTLEMENTS = """
CREATE TABLE settlement (
    step INTEGER NOT NULL,
    first INTEGER NOT NULL,
    end INTEGER NOT NULL,
    batch TEXT NOT NULL,
    call INTEGER NOT NULL,
    settled TEXT NOT NULL,
    request_id TEXT NOT NULL,
    strangers INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    outcomes BLOB NOT NULL,
    PRIMARY KEY (step, first)
);
"""
_READ_CONTACTS = """
CREATE TABLE asked (position INTEGER PRIMARY KEY, withheld TEXT NOT NULL);
CREATE TABLE lookup (
    position INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    found INTEGER NOT NULL,
    differences TEXT NOT NULL,
    outcome BLOB
);
"""
_TICKETS = """
CREATE TABLE ticket (call INTEGER PRIMARY KEY, ticket TEXT NOT NULL, polls INTEGER NOT NULL);
"""
_OLD_AWAY = """
ALTER TABLE call RENAME TO old_call;
ALTER TABLE settlement RENAME TO old_settlement;
DROP INDEX call_by_place;
"""
_OLD_OVER = """
INSERT INTO call SELECT number, 0, batch, first, end, sha256, bytes, attempt, waited, started,
    ended, result, message FROM old_call;
INSERT INTO settlement SELECT 0, first, end, batch, call, settled, request_id, strangers, rejected,
    outcomes FROM old_settlement;
DROP TABLE old_call;
DROP TABLE old_settlement;
"""

KNOWN = frozenset({1, 2, VERSION})


def make(database: sqlite3.Connection) -> None:
    """Make the tables of a new journal."""
    _execute(database, _FACTS + _CALLS + _SETTLEMENTS + _READ_CONTACTS + _TICKETS)


def migrate(database: sqlite3.Connection, found: int) -> None:
    """Make a journal of an older version one of this; each knows the one before it."""
    if found == 1:  # one step of sending, and nothing was read back
        _execute(database, _OLD_AWAY + _CALLS + _SETTLEMENTS + _READ_CONTACTS + _OLD_OVER)
    _execute(database, _TICKETS)  # until the third, every call was answered at once


def _execute(database: sqlite3.Connection, statements: str) -> None:
    # One by one: executescript would commit first.
    for statement in statements.split(";"):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")
