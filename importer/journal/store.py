"""The journal of a run: what was meant, what came of it. Every write is durable when it returns.

One SQLite file. ``call`` has a line for each call, written before it goes and again when it ends;
``settlement`` has a line for each batch that has its outcomes, and is the commit point: a row with
a settlement is never sent again, nor is a batch that the platform took and will answer later:
``ticket`` has what it is asked by. A run that sends in two steps, updates and then inserts, has
both for each of them. No bodies and no contacts: hashes, record ids, and what the platform said;
but for the contacts that were looked up again, of which it has those values that differ.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import orjson

from importer.errors import DefectError, UnusableInputError
from importer.files import PRIVATE_FILE, sync_folder
from importer.journal import tables
from importer.journal.outcomes import packed, unpacked
from importer.journal.values import (
    Call,
    CallResult,
    CallTotals,
    Gap,
    Lookup,
    SettledBatch,
    Settlement,
)
from importer.language import tr
from importer.model import Difference, RunState, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    import numpy as np
    from numpy.typing import NDArray

    from importer.model import Batch, Settled


class Journal:
    """The durable facts of one run. Several threads may write; one process at a time.

    ``step``: which step of the sending its calls and settlements belong to; plan positions are
    counted within it.
    """

    def __init__(
        self, path: Path, database: sqlite3.Connection, *, step: int = 0, lock: Any = None
    ) -> None:
        self.path = path
        self.step = step
        self._database = database
        self._lock = lock or threading.Lock()

    def at_step(self, step: int) -> Journal:
        """Give the same journal for another step of the sending."""
        return Journal(self.path, self._database, step=step, lock=self._lock)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new journal that only its owner can read. Raises OSError.

        Close it before its folder is renamed, and open it again afterwards.
        """
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        with _as_system_error(path):
            journal = cls(path, _connected(path))
        with journal._writing() as database:
            tables.make(database)
        sync_folder(path.parent)
        return journal

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a run's journal; one of an older version becomes one of this.

        Raises UnusableInputError if it is missing, damaged or too new.
        """
        if not path.is_file():
            raise UnusableInputError(
                tr("{path}: the run has no journal, so it cannot be continued.", path=path)
            )
        try:
            database = _connected(path)
            (found,) = database.execute("PRAGMA user_version").fetchone()
        except sqlite3.DatabaseError as error:
            raise UnusableInputError(
                tr("{path}: the journal cannot be read ({error}).", path=path, error=error)
            ) from error
        if found not in tables.KNOWN:
            database.close()
            raise UnusableInputError(
                tr(
                    "{path}: the journal has version {found}, this tool knows version {known}: "
                    "use the version of importer that began the run.",
                    path=path,
                    found=found,
                    known=tables.VERSION,
                )
            )
        journal = cls(path, database)
        if found != tables.VERSION:
            with journal._writing():
                tables.migrate(database, found)
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Put everything into the one file and let go of it, once no write is under way."""
        with self._lock:
            self._database.close()

    # --- facts ---------------------------------------------------------------------------------

    def fact(self, name: str) -> str | None:
        """Give a fact's value; None when it was never set."""
        found = self._rows("SELECT value FROM fact WHERE name = ?", name)
        return str(found[0][0]) if found else None

    def set_fact(self, name: str, value: str) -> None:
        """Set a fact, durably."""
        with self._writing() as database:
            database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    @property
    def state(self) -> RunState:
        """Where the run stands; a new journal's is *checking*."""
        return RunState(self.fact("state") or RunState.CHECKING)

    def set_state(self, state: RunState) -> None:
        """Say where the run stands, durably."""
        self.set_fact("state", state.value)

    # --- calls ---------------------------------------------------------------------------------

    def submitting(self, batch: Batch, *, attempt: int, at: str, waited: float = 0.0) -> int:
        """Say that a batch is about to go, before it goes. Gives the call's number.

        ``attempt``: from 1. ``waited``: seconds waited for this call. ``at``: ISO text, as in
        every function here.
        """
        size = sum(len(contact) for contact in batch.contacts)
        place = (batch.id, batch.first, batch.end, batch.sha256, size)
        with self._writing() as database:
            made = database.execute(
                "INSERT INTO call (step, batch, first, end, sha256, bytes, attempt, waited,"
                " started, result) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self.step, *place, attempt, waited, at, CallResult.OPEN.value),
            )
            return int(made.lastrowid or 0)

    def not_taken(self, call: int, *, at: str, message: str) -> None:
        """The platform did not take the call, or was not reached."""
        self._end(call, CallResult.NOT_TAKEN, at, message)

    def in_doubt(self, call: int, *, at: str, message: str) -> None:
        """The call left and its answer never came."""
        self._end(call, CallResult.IN_DOUBT, at, message)

    def taken(self, call: int, *, ticket: str, at: str) -> None:
        """The platform took the call, and says what became of it when it is asked by its ticket."""
        with self._writing() as database:
            database.execute("INSERT INTO ticket VALUES (?, ?, 0)", (call, ticket))
            database.execute(
                "UPDATE call SET result = ?, ended = ? WHERE number = ?",
                (CallResult.TAKEN.value, at, call),
            )

    def polled(self, call: int, polls: int) -> None:
        """Say that it was asked so many times more what became of a call that was taken."""
        with self._writing() as database:
            database.execute("UPDATE ticket SET polls = polls + ? WHERE call = ?", (polls, call))

    def refused(self, call: int, *, at: str, message: str) -> None:
        """The platform declined the call as a whole; nothing of it was written."""
        self._end(call, CallResult.REFUSED, at, message)

    def settled(self, call: int, batch: Batch, settled: Settled, *, at: str) -> None:
        """Give a batch its outcomes: the commit point. ``call``: the last one that carried it.

        Also for a batch that was refused or given up; then the call keeps the result it had.
        Raises DefectError when a row of the batch has its outcome already.
        """
        if len(settled.outcomes) != len(batch):
            raise DefectError(f"{len(settled.outcomes)} outcomes for a batch of {len(batch)}")
        rejected = sum(o.verdict is Verdict.REJECTED for o in settled.outcomes)
        told = (settled.request_id, settled.strangers, rejected, packed(settled.outcomes))
        with self._writing() as database:
            nearest = database.execute(
                "SELECT end FROM settlement WHERE step = ? AND first < ?"
                " ORDER BY first DESC LIMIT 1",
                (self.step, batch.end),
            ).fetchone()
            if nearest and nearest[0] > batch.first:
                raise DefectError(f"batch {batch.id} has its outcomes already")
            database.execute(
                "UPDATE call SET result = ?, ended = coalesce(ended, ?)"
                " WHERE number = ? AND result IN (?, ?)",
                (CallResult.ANSWERED.value, at, call, *_MAY_BE_ANSWERED),
            )
            database.execute(
                "INSERT INTO settlement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (self.step, batch.first, batch.end, batch.id, call, at, *told),
            )

    def last_call(self, first: int, end: int) -> int:
        """Number the last call that carried all of a stretch. Raises DefectError if none did."""
        found = self._rows(
            "SELECT max(number) FROM call WHERE step = ? AND first <= ? AND end >= ?",
            self.step,
            first,
            end,
        )
        if found[0][0] is None:
            raise DefectError(f"no call carried the contacts {first} to {end}")
        return int(found[0][0])

    def _end(self, call: int, result: CallResult, at: str, message: str) -> None:
        with self._writing() as database:
            database.execute(
                "UPDATE call SET result = ?, ended = ?, message = ? WHERE number = ?",
                (result.value, at, message, call),
            )

    # --- reading back --------------------------------------------------------------------------

    def settled_batches(self) -> Iterator[SettledBatch]:
        """Give every batch that has its outcomes, in plan order, in bounded memory."""
        with _as_system_error(self.path):
            found = self._database.execute(
                "SELECT batch, first, outcomes, request_id, strangers, settled FROM settlement"
                " WHERE step = ? ORDER BY first",
                (self.step,),
            )
            for batch, first, blob, request_id, strangers, moment in found:
                yield SettledBatch(batch, first, unpacked(blob), request_id, strangers, moment)

    def settled_rows(self) -> tuple[int, int]:
        """Count the rows that have an outcome, and those of them that were rejected."""
        found = self._rows(
            "SELECT total(end - first), total(rejected) FROM settlement WHERE step = ?", self.step
        )
        return int(found[0][0]), int(found[0][1])

    def gaps(self, total: int) -> list[Gap]:
        """List what of a plan of ``total`` contacts has no outcomes, in plan order.

        What is in doubt comes as the exact batches that were sent, the newest cut first.
        """
        settled = self._rows(
            "SELECT first, end FROM settlement WHERE step = ? ORDER BY first", self.step
        )
        doubtful: list[Gap] = []
        calls = self._doubtful_calls()
        for at, (first, end, sha256, number, ticket) in enumerate(calls):
            taken = [*settled, *((gap.first, gap.end) for gap in doubtful)]
            left = _left_of(first, end, sorted(t for t in taken if t[0] < end and t[1] > first))
            if left != [(first, end)]:
                doubtful += [Gap(a, b, in_doubt=True) for a, b in left]
            elif not ticket:
                doubtful.append(Gap(first, end, in_doubt=True, sha256=sha256))
            else:
                before = any(a < end and b > first for a, b, *_ in calls[at + 1 :])
                doubtful.append(Gap(first, end, True, sha256, ticket, number, doubted=before))
        taken = sorted([*settled, *((gap.first, gap.end) for gap in doubtful)])
        plain = [Gap(first, end) for first, end in _left_of(0, total, taken)]
        return sorted([*doubtful, *plain], key=lambda gap: gap.first)

    def _doubtful_calls(self) -> list[tuple[int, int, str, int, str]]:
        """Calls without an end, newest first, less those whose very batch is settled.

        First, end, hash, number, and the ticket of one that was taken.
        """
        rows = self._rows(
            "SELECT first, end, sha256, number, CASE WHEN result = ?"
            " THEN (SELECT ticket FROM ticket WHERE call = number) ELSE '' END"
            " FROM call WHERE step = ? AND result IN (?, ?, ?)"
            " AND NOT EXISTS (SELECT 1 FROM settlement s WHERE s.step = call.step"
            " AND s.first = call.first AND s.end = call.end) ORDER BY number DESC",
            CallResult.TAKEN.value,
            self.step,
            CallResult.OPEN.value,
            CallResult.IN_DOUBT.value,
            CallResult.TAKEN.value,
        )
        return [tuple(row) for row in rows]

    def attempts_at(self, total: int) -> NDArray[np.int32]:
        """Count for each plan position the calls that carried it; those not taken do not count."""
        import numpy as np  # heavy, and only reports need it

        changes = np.zeros(total + 1, dtype=np.int32)
        found = self._rows(
            "SELECT first, end FROM call WHERE step = ? AND result != ?",
            self.step,
            CallResult.NOT_TAKEN.value,
        )
        if found:
            places = np.array(found, dtype=np.int64)
            np.add.at(changes, places[:, 0], 1)
            np.add.at(changes, places[:, 1], -1)
        return np.cumsum(changes[:-1], dtype=np.int32)

    def calls(self) -> Iterator[Call]:
        """Give every call of the run, of all steps, in the order in which they went."""
        for row in self._rows(
            "SELECT number, step, batch, first, end, bytes, attempt, waited, started,"
            " coalesce(ended, ''), result, message FROM call ORDER BY number"
        ):
            yield Call(*(*row[:10], CallResult(row[10]), row[11]))

    def settlements(self) -> Iterator[Settlement]:
        """Give every batch that has its outcomes, of all steps, in plan order."""
        for members in self._rows(
            "SELECT step, batch, first, end, call, request_id, settled FROM settlement"
            " ORDER BY step, first"
        ):
            yield Settlement(*members)

    def call_totals(self) -> CallTotals:
        """Sum up the calls of the run so far."""
        found = self._rows(
            "SELECT count(*), total(attempt > 1), total(result = 'not-taken'),"
            " total(result = 'refused'), total(result IN ('open', 'in-doubt')),"
            " (SELECT total(strangers) FROM settlement), total(waited), total(bytes),"
            " coalesce(min(started), ''), coalesce(max(coalesce(ended, started)), ''),"
            " total(result = 'taken'), (SELECT total(polls) FROM ticket) FROM call"
        )
        calls, retried, not_taken, refused, in_doubt, strangers, *others = found[0]
        waited, size, first, last, taken, polls = others
        return CallTotals(
            calls=int(calls),
            retried=int(retried),
            not_taken=int(not_taken),
            refused=int(refused),
            in_doubt=int(in_doubt),
            strangers=int(strangers),
            waited_seconds=float(waited),
            bytes=int(size),
            first=str(first),
            last=str(last),
            taken=int(taken),
            polls=int(polls),
        )

    # --- contacts that were read ---------------------------------------------------------------

    def note_asked(self, answers: Mapping[int, Mapping[str, str]]) -> None:
        """Say of plan positions which consents lose their yes, and why; before they are sent."""
        told = [(place, orjson.dumps(dict(why)).decode()) for place, why in answers.items()]
        with self._writing() as database:
            database.executemany("INSERT OR REPLACE INTO asked VALUES (?, ?)", told)

    def asked(self, first: int, end: int) -> dict[int, dict[str, str]]:
        """Give for each plan position that was asked for the consents that lose their yes."""
        question = "SELECT position, withheld FROM asked WHERE position >= ? AND position < ?"
        return {place: orjson.loads(why) for place, why in self._rows(question, first, end)}

    def note_lookups(self, lookups: Iterable[Lookup]) -> None:
        """Say what was found of contacts that were looked up after they had been sent."""
        told = [
            (
                one.position,
                one.at,
                one.found,
                orjson.dumps([(d.field, d.sent, d.stored) for d in one.differences]).decode(),
                packed((one.outcome,)) if one.outcome else None,
            )
            for one in lookups
        ]
        with self._writing() as database:
            database.executemany("INSERT OR REPLACE INTO lookup VALUES (?, ?, ?, ?, ?)", told)

    def lookups(self) -> Iterator[Lookup]:
        """Give what was looked up, in the plan's order."""
        for position, at, found, differences, blob in self._rows(
            "SELECT position, at, found, differences, outcome FROM lookup ORDER BY position"
        ):
            yield Lookup(
                position,
                at,
                bool(found),
                tuple(Difference(*one) for one in orjson.loads(differences)),
                unpacked(blob)[0] if blob else None,
            )

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock, _as_system_error(self.path):
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction; when the block ends it is on the disk."""
        with self._lock, _as_system_error(self.path):
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise


_MAY_BE_ANSWERED = (CallResult.OPEN.value, CallResult.TAKEN.value)
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


@contextmanager
def _as_system_error(path: Path) -> Iterator[None]:
    """Say of a full disk, a lost drive or a damaged file what the system would."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        damaged = getattr(error, "sqlite_errorcode", None) in _DAMAGED
        if not damaged and not isinstance(error, sqlite3.OperationalError):
            raise
        raise OSError(f"{path}: {error}") from error


def _connected(path: Path) -> sqlite3.Connection:
    """WAL with full sync: a commit is on the disk, and readers do not stop the writer."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA fullfsync = ON")  # where a plain sync stops at the drive: macOS
    except sqlite3.DatabaseError:
        database.close()
        raise
    return database


def _left_of(first: int, end: int, taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give what of a stretch is not taken; ``taken`` is ordered."""
    left = []
    for a, b in taken:
        if a > first:
            left.append((first, min(a, end)))
        first = max(first, b)
        if first >= end:
            return left
    return [*left, (first, end)] if first < end else left
