"""What jobs remember, in a store that the processes of one user share, or later several machines.

A job is told apart by the folder of its ``importer.yaml`` and its name. Times are texts in UTC, all
equally long, so that they sort; the store gives files numbers in the order they were taken in.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from importer.errors import DefectError, UnusableInputError
from importer.files import make_private_folder
from importer.language import mark, tr
from importer.locks import held
from importer.state.job_columns import (
    bytes_of,
    message_of,
    message_text,
    pick_up_columns,
    pick_up_of,
    standing_columns,
    standing_of,
    text_of,
)
from importer.state.job_values import Standing
from importer.state.sqlite_store import SqliteStore, state_file
from importer.state.store import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from importer.clock import Clock
    from importer.state.job_values import JobState, Message, NewMessage, PickUp
    from importer.state.store import Store, Value, Visit

_T = TypeVar("_T")

# Names of files are bytes: some are no Unicode text, which databases refuse.
TABLES = (
    """CREATE TABLE IF NOT EXISTS importer_jobs (
        job TEXT NOT NULL PRIMARY KEY,
        home TEXT NOT NULL,
        name TEXT NOT NULL,
        state TEXT,
        since TEXT,
        told TEXT,
        told_at TEXT,
        first_start TEXT,
        last_start TEXT,
        last_end TEXT,
        last_success TEXT,
        last_exit_code BIGINT
    )""",
    """CREATE TABLE IF NOT EXISTS importer_pick_ups (
        job TEXT NOT NULL,
        number BIGINT NOT NULL,
        id TEXT NOT NULL,
        place BYTEA NOT NULL,
        name BYTEA NOT NULL,
        size BIGINT NOT NULL,
        modified DOUBLE PRECISION NOT NULL,
        taken TEXT NOT NULL,
        step TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        run TEXT NOT NULL,
        ended TEXT,
        became TEXT,
        exit_code BIGINT,
        row_count BIGINT,
        facts TEXT NOT NULL,
        root BYTEA,
        runs BYTEA,
        PRIMARY KEY (job, number),
        UNIQUE (job, id)
    )""",
    """CREATE INDEX IF NOT EXISTS importer_pick_ups_by_sha256
        ON importer_pick_ups (job, sha256, number)""",
    "CREATE INDEX IF NOT EXISTS importer_pick_ups_by_place ON importer_pick_ups (job, place)",
    """CREATE TABLE IF NOT EXISTS importer_messages (
        job TEXT NOT NULL,
        number BIGINT NOT NULL,
        made TEXT NOT NULL,
        message TEXT NOT NULL,
        PRIMARY KEY (job, number)
    )""",
)
"""What a store has: jobs, the files they took, and messages that were not sent yet.

``home`` and ``name`` tell whoever looks into it which job a line is of.

A new member of Step, End or State needs a statement of its own, so that older versions refuse it.
"""

_KNOW = "INSERT INTO importer_jobs (job, home, name) VALUES (?, ?, ?) ON CONFLICT (job) DO NOTHING"
_STANDING = """
    SELECT state, since, told, told_at, first_start, last_start, last_end, last_success,
           last_exit_code
    FROM importer_jobs WHERE job = ? AND state IS NOT NULL"""
_SET_STANDING = """
    UPDATE importer_jobs SET state = ?, since = ?, told = ?, told_at = ?, first_start = ?,
        last_start = ?, last_end = ?, last_success = ?, last_exit_code = ?
    WHERE job = ?"""
_LAST_PICK_UP = "SELECT coalesce(max(number), 0) FROM importer_pick_ups WHERE job = ?"
_ADD = """
    INSERT INTO importer_pick_ups (id, place, name, size, modified, taken, step, sha256, run, ended,
        became, exit_code, row_count, facts, root, runs, job, number)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_CHANGE = """
    UPDATE importer_pick_ups SET id = ?, place = ?, name = ?, size = ?, modified = ?, taken = ?,
        step = ?, sha256 = ?, run = ?, ended = ?, became = ?, exit_code = ?, row_count = ?,
        facts = ?, root = ?, runs = ?
    WHERE job = ? AND id = ?"""
_PICK_UPS = """
    SELECT id, place, name, size, modified, taken, step, sha256, run, ended, became, exit_code,
           row_count, facts, root, runs
    FROM importer_pick_ups WHERE job = ? AND """
_BY_ID = _PICK_UPS + "id = ?"
_OPEN = _PICK_UPS + "step NOT IN ('filed', 'dropped') ORDER BY number"
_OPEN_OF_ALL = "SELECT id FROM importer_pick_ups WHERE step NOT IN ('filed', 'dropped')"
_NEWEST = _PICK_UPS + "step <> 'dropped' ORDER BY number DESC LIMIT ?"
_IMPORTED = _PICK_UPS + "became = 'imported' ORDER BY number DESC LIMIT ?"
_SAME_CONTENT = (
    _PICK_UPS + "sha256 = ? AND sha256 <> '' AND became = 'imported' ORDER BY number DESC LIMIT 1"
)
_TAKEN_AS_IT_IS = """
    SELECT count(*) FROM importer_pick_ups
    WHERE job = ? AND place = ? AND size = ? AND modified = ? AND step <> 'dropped'"""
_FORGET = """
    DELETE FROM importer_pick_ups
    WHERE job = ? AND step IN ('filed', 'dropped') AND coalesce(ended, taken) < ?
    AND number NOT IN (
        SELECT number FROM importer_pick_ups WHERE job = ? AND became = 'imported'
        ORDER BY number DESC LIMIT ?
    )"""
_LAST_MESSAGE = "SELECT coalesce(max(number), 0) FROM importer_messages WHERE job = ?"
_ADD_MESSAGE = "INSERT INTO importer_messages (made, message, job, number) VALUES (?, ?, ?, ?)"
_UNSENT = "SELECT number, made, message FROM importer_messages WHERE job = ? ORDER BY number"
# Numbers come again once all messages were sent; the moment tells them apart.
_SENT = "DELETE FROM importer_messages WHERE job = ? AND number = ? AND made = ?"
_PARTLY_SENT = "UPDATE importer_messages SET message = ? WHERE job = ? AND number = ? AND made = ?"

_KEPT_IMPORTED = 20  # files that later ones are compared with; more than any guard looks at

WORDING = Wording(
    unusable=mark(
        "{place}: what jobs remember cannot be kept there ({error}). Name another folder as "
        "`state_dir` in importer.yaml, or give yourself rights to this one."
    ),
    damaged=mark(
        "{place}: this is no memory of jobs, or it is damaged. Put back a copy of its folder, or "
        "move the file away: the jobs then start anew, and files that they imported before count "
        "as new."
    ),
    broken=mark(
        "{place}: what jobs remember cannot be kept or read ({error}). See to the disk, then start "
        "the job again: it goes on from where it is."
    ),
)


def job_state(state_folder: Path, name: str, home: Path, *, clock: Clock) -> JobState:
    """Open what is remembered of a job; all processes share it that have this state folder.

    ``home``: the folder of ``importer.yaml``, resolved; only a hash of it is kept. What was noted
    survives a loss of power. Raises UnusableInputError when the folder or its file cannot be used.
    """
    place = state_file(state_folder, "jobs", "jobs.sqlite3", wording=WORDING)
    job = _job(home, name)
    folder = place.with_name(job[:32])
    store = SqliteStore(place, clock, TABLES, wording=WORDING, durable=True)
    return StoredJob(
        store, job, _hash_of(home), name, lock=lambda: _held_folder(folder, name, clock)
    )


def _job(home: Path, name: str) -> str:
    return hashlib.sha256(f"{_hash_of(home)} {name}".encode()).hexdigest()


def _hash_of(home: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.normcase(home))).hexdigest()


@contextmanager
def _held_folder(folder: Path, name: str, clock: Clock) -> Iterator[None]:
    """Hold a job by a folder of its own; only what it takes to get hold of it is told here."""
    with ExitStack() as stack:
        try:
            make_private_folder(folder)
            stack.enter_context(held(folder, tr("the job {job}", job=name), clock=clock))
        except OSError as error:
            told = tr(WORDING.unusable, place=folder, error=error.strerror or error)
            raise UnusableInputError(told) from error
        yield


class StoredJob:
    """What is remembered of a job, in a store. ``lock``: how it is held against all others."""

    def __init__(
        self,
        store: Store,
        job: str,
        home: str,
        name: str,
        *,
        lock: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._store = store
        self._job = job
        self._home = home
        self._name = name
        self._lock = lock

    def held(self) -> AbstractContextManager[None]:
        return self._lock()

    def add(self, pick_up: PickUp) -> None:
        self._alone(lambda visit: self._add(visit, pick_up))

    def change(self, pick_up: PickUp) -> None:
        self._alone(lambda visit: self._change(visit, pick_up))

    def open_pick_ups(self) -> list[PickUp]:
        return self._pick_ups(_OPEN)

    def open_of_all_jobs(self) -> frozenset[str]:
        return frozenset(id_ for (id_,) in self._alone(lambda visit: visit.rows(_OPEN_OF_ALL)))

    def pick_ups(self, most: int) -> list[PickUp]:
        return self._pick_ups(_NEWEST, most)

    def imported_before(self, sha256: str) -> PickUp | None:
        found = self._pick_ups(_SAME_CONTENT, sha256)
        return found[0] if found else None

    def last_imported(self, most: int) -> list[PickUp]:
        return self._pick_ups(_IMPORTED, most)

    def was_taken(self, place: str, size: int, modified: float) -> bool:
        values = (bytes_of(place), size, modified)
        ((taken,),) = self._alone(lambda visit: visit.rows(_TAKEN_AS_IT_IS, self._job, *values))
        return bool(taken)

    def standing(self) -> Standing:
        found = self._alone(lambda visit: visit.rows(_STANDING, self._job))
        return standing_of(*found[0]) if found else Standing()

    def note(self, standing: Standing, messages: Sequence[NewMessage] = ()) -> None:
        self._alone(lambda visit: self._note(visit, standing, messages))

    def unsent(self) -> list[Message]:
        return [
            message_of(*row) for row in self._alone(lambda visit: visit.rows(_UNSENT, self._job))
        ]

    def sent(self, message: Message) -> None:
        made = text_of(message.made)
        self._alone(lambda visit: visit.rows(_SENT, self._job, message.id, made))

    def partly_sent(self, message: Message) -> None:
        values = (message_text(message), self._job, message.id, text_of(message.made))
        self._alone(lambda visit: visit.rows(_PARTLY_SENT, *values))

    def forget(self, before: datetime) -> None:
        values = (self._job, text_of(before), self._job, _KEPT_IMPORTED)
        self._alone(lambda visit: visit.rows(_FORGET, *values))

    def close(self) -> None:
        self._store.close()

    def _alone(self, work: Callable[[Visit], _T]) -> _T:
        return self._store.alone(self._job, work)

    def _pick_ups(self, statement: str, *values: Value) -> list[PickUp]:
        found = self._alone(lambda visit: visit.rows(statement, self._job, *values))
        return [pick_up_of(*row) for row in found]

    def _add(self, visit: Visit, pick_up: PickUp) -> None:
        found = visit.rows(_BY_ID, self._job, pick_up.id)
        if found and pick_up_of(*found[0]) != pick_up:
            raise DefectError(f"two files that the job took have the id {pick_up.id}")
        if not found:
            visit.rows(_KNOW, self._job, self._home, self._name)
            ((last,),) = visit.rows(_LAST_PICK_UP, self._job)
            visit.rows(_ADD, *pick_up_columns(pick_up), self._job, last + 1)

    def _change(self, visit: Visit, pick_up: PickUp) -> None:
        if not visit.rows(_BY_ID, self._job, pick_up.id):
            raise DefectError(f"the job took no file with the id {pick_up.id}")
        visit.rows(_CHANGE, *pick_up_columns(pick_up), self._job, pick_up.id)

    def _note(self, visit: Visit, standing: Standing, messages: Sequence[NewMessage]) -> None:
        visit.rows(_KNOW, self._job, self._home, self._name)
        visit.rows(_SET_STANDING, *standing_columns(standing), self._job)
        made = text_of(datetime.fromtimestamp(visit.now(), UTC))
        ((last,),) = visit.rows(_LAST_MESSAGE, self._job)
        for number, message in enumerate(messages, last + 1):
            visit.rows(_ADD_MESSAGE, made, message_text(message), self._job, number)
