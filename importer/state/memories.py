"""What contacts were last sent as: memories of fingerprints, one for a mapping and an account.

A memory is a file. Its contacts lie in buckets by the first bits of their keys' hashes, each bucket
one value that is read and written whole: that is quick, also where every contact is seen each
night. Nothing in it can be read: without the secret of the installation it says nothing of anybody.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from importer.language import mark
from importer.state.fingerprints import (
    BUCKETS,
    FIELDS,
    Change,
    Contacts,
    Prints,
    Recollection,
    changed,
    kept_contacts,
)
from importer.state.sqlite_store import SqliteStore, state_file
from importer.state.store import Wording

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from importer.clock import Clock
    from importer.state.installation import KeyedHash
    from importer.state.store import Visit

TABLES = (
    "CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS consent (code TEXT PRIMARY KEY, slot INTEGER NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS bucket (
        number INTEGER PRIMARY KEY,
        slots INTEGER NOT NULL,
        contacts INTEGER NOT NULL,
        oldest INTEGER NOT NULL,
        newest INTEGER NOT NULL,
        content BLOB NOT NULL
    )""",
)
"""What a memory has. ``oldest``, ``newest``: when its contacts were last seen."""

WORDING = Wording(
    unusable=mark(
        "{place}: what contacts were sent as cannot be remembered there ({error}). Name another "
        "folder as `state_dir` in importer.yaml, or give yourself rights to this one."
    ),
    damaged=mark(
        "{place}: this is no memory of contacts, or it is damaged. Delete it once no run is "
        "sending; then every contact goes again, with its yeses."
    ),
    broken=mark(
        "{place}: what was sent cannot be remembered ({error}). See to the disk, then resume the "
        "run."
    ),
)
_ROOM = "memories"
_AT_ONCE = 64  # buckets in one transaction
_SIGN = "sign"
_READ = "SELECT number, slots, content FROM bucket WHERE number >= ? AND number < ?"
_WRITE = """
    INSERT OR REPLACE INTO bucket (number, slots, contacts, oldest, newest, content)
    VALUES (?, ?, ?, ?, ?, ?)"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a memory is of.

    ``table``: of a mapping for a relational table. ``keys``: the fields by whose values contacts
    are known, since one value means another contact in another field.
    """

    target: str
    url: str
    project: str
    mapping: str
    table: str = ""
    keys: str = ""

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return hashlib.sha256(orjson.dumps(astuple(self))).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """What is known of a memory as a whole. Moments are in UTC; None: it is empty.

    ``oldest`` and ``newest``: when its contacts were last seen. ``size``: in bytes.
    """

    subject: Subject
    contacts: int
    oldest: datetime | None
    newest: datetime | None
    size: int


class Memory:
    """One memory. Several processes may use it at once.

    Every function raises StoppedError when the file cannot be read or written.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._store = SqliteStore(path, clock, TABLES, wording=WORDING, durable=True)
        # What goes leaves no trace in the file.
        self._alone(lambda visit: visit.rows("PRAGMA secure_delete = ON"))

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- remembering -------------------------------------------------------------------------

    def is_of(self, hashes: KeyedHash) -> bool:
        """Tell whether it was made with a secret; an empty one was made with any."""
        sign = self._about().get(_SIGN)
        return sign is None or sign == hashes.sign

    def recall(self, consents: Sequence[str], *, seen_since: datetime) -> Recollection:
        """Give what is remembered of fields and consents, of contacts seen since a moment."""
        slots, since = self._slots(), int(seen_since.timestamp())
        places = {FIELDS: 0, **{code: slots[code] for code in consents if code in slots}}
        parts: list[list[NDArray[np.uint64]]] = [[], [], *([] for _ in places)]
        for _, _, contacts in self._buckets(max(slots.values())):
            here = contacts[contacts["seen"] >= since]
            parts[0].append(here["first"].copy())
            parts[1].append(here["second"].copy())
            for part, slot in zip(parts[2:], places.values(), strict=True):
                fact = here["facts"][:, slot]
                part.append(np.where(fact["doubt"] > 0, np.uint64(0), fact["print"]))
        none = np.zeros(0, np.uint64)
        first, second, *facts = (np.concatenate([none, *part]) for part in parts)
        known = dict(zip(places, facts, strict=True))
        zeros = np.zeros(len(first) if set(consents) - set(known) else 0, np.uint64)
        return Recollection(first, second, {c: known.get(c, zeros) for c in (FIELDS, *consents)})

    def change(
        self, prints: Prints, change: Change, *, subject: Subject, hashes: KeyedHash
    ) -> None:
        """Take a change of some contacts; a memory made with another secret is emptied first.

        Done twice it comes to the same.
        """
        if not len(prints):
            return

        def begin(visit: Visit) -> None:
            about = dict(visit.rows("SELECT name, value FROM about"))
            if about.get(_SIGN, hashes.sign) != hashes.sign:
                visit.rows("DELETE FROM bucket")
                visit.rows("DELETE FROM consent")
            told = {one.name: getattr(subject, one.name) for one in fields(subject)}
            for name, value in {**told, _SIGN: hashes.sign}.items():
                visit.rows("INSERT OR REPLACE INTO about VALUES (?, ?)", name, value)
            for code in prints.facts:
                if code != FIELDS:
                    visit.rows(
                        "INSERT OR IGNORE INTO consent "
                        "SELECT ?, coalesce(max(slot), 0) + 1 FROM consent",
                        code,
                    )

        self._alone(begin)
        slots, now = self._slots(), int(self._clock.now().timestamp())
        most = max(slots.values())
        for _, some in groupby(prints.by_bucket(), key=lambda one: one[0] // _AT_ONCE):
            few = list(some)

            def write(visit: Visit, few: list[tuple[int, Prints]] = few) -> None:
                for number, part in few:
                    found = visit.rows(_READ, number, number + 1)
                    if not found and change is not Change.WRITTEN:
                        continue  # nobody is known here, and nobody becomes it
                    kept = (
                        kept_contacts(found[0][2], max(most, found[0][1]), of=found[0][1])
                        if found
                        else kept_contacts(b"", most, of=most)
                    )
                    _put(visit, number, changed(kept, part, change, slots=slots, now=now))

            self._alone(write)

    # --- forgetting --------------------------------------------------------------------------

    def forget(self, keys: NDArray[np.uint64]) -> int:
        """Forget some contacts; gives how many of them were remembered."""
        wanted = {tuple(pair) for pair in keys.tolist()}
        firsts = np.unique(keys[:, 0])

        def others(contacts: Contacts) -> NDArray[np.bool_]:
            keep = ~np.isin(contacts["first"], firsts)
            for at in np.flatnonzero(~keep).tolist():
                keep[at] = (
                    int(contacts["first"][at]), int(contacts["second"][at])
                ) not in wanted  # fmt: skip
            return keep

        return self._keep_only(others)

    def expire(self, before: datetime) -> int:
        """Forget the contacts that were not seen since a moment; gives how many."""
        moment = int(before.timestamp())
        return self._keep_only(lambda contacts: contacts["seen"] >= moment, oldest_below=moment)

    def clear(self) -> int:
        """Forget all; gives how many contacts were remembered."""

        def clear(visit: Visit) -> int:
            ((count,),) = visit.rows("SELECT coalesce(sum(contacts), 0) FROM bucket")
            for table in ("bucket", "consent", "about"):
                visit.rows(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            return int(count)

        count: int = self._alone(clear)
        self._leave_no_trace()
        return count

    def _keep_only(self, which: Any, *, oldest_below: int | None = None) -> int:
        """Drop the contacts for which a mask of a bucket's is false; count them."""
        gone = 0
        for low in range(0, BUCKETS, _AT_ONCE):

            def drop(visit: Visit, low: int = low) -> int:
                count = 0
                for number, slots, content in visit.rows(_READ, low, low + _AT_ONCE):
                    contacts = kept_contacts(content, slots, of=slots)
                    keep = which(contacts)
                    if not keep.all():
                        count += int((~keep).sum())
                        _put(visit, number, contacts[keep])
                return count

            old = (
                oldest_below is None
                or self._oldest(low, low + _AT_ONCE) < oldest_below
            )  # fmt: skip
            gone += self._alone(drop) if old else 0
        if gone:
            self._leave_no_trace()
        return gone

    def _leave_no_trace(self) -> None:
        """Take what was forgotten out of the file and of its log."""
        with contextlib.suppress(sqlite3.Error):  # another process reads it; it does it then
            self._store.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    # --- looking -----------------------------------------------------------------------------

    def facts(self) -> MemoryFacts | None:
        """Tell what it is of and how much it holds; None: nothing was ever put into it."""
        about = self._about()
        if _SIGN not in about:
            return None
        ((contacts, oldest, newest),) = self._alone(
            lambda visit: visit.rows(
                "SELECT coalesce(sum(contacts), 0), min(oldest), max(newest) FROM bucket"
                " WHERE contacts > 0"
            )
        )
        size = sum(one.stat().st_size for one in self._path.parent.glob(f"{self._path.name}*"))
        subject = Subject(**{one.name: about.get(one.name, "") for one in fields(Subject)})
        return MemoryFacts(subject, int(contacts), _moment(oldest), _moment(newest), size)

    def _about(self) -> dict[str, str]:
        return dict(self._alone(lambda visit: visit.rows("SELECT name, value FROM about")))

    def _slots(self) -> dict[str, int]:
        """Give the place of each fact among a kept contact's."""
        found = self._alone(lambda visit: visit.rows("SELECT code, slot FROM consent"))
        return {FIELDS: 0, **dict(found)}

    def _oldest(self, low: int, high: int) -> int:
        question = "SELECT min(oldest) FROM bucket WHERE number >= ? AND number < ?"
        ((oldest,),) = self._alone(lambda visit: visit.rows(question, low, high))
        return 1 << 40 if oldest is None else int(oldest)

    def _buckets(self, slots: int) -> Iterator[tuple[int, int, Contacts]]:
        for low in range(0, BUCKETS, _AT_ONCE):
            for number, of, content in self._alone(
                lambda visit, low=low: visit.rows(_READ + " ORDER BY number", low, low + _AT_ONCE)
            ):
                yield number, of, kept_contacts(content, max(slots, of), of=of)

    def _alone(self, work: Any) -> Any:
        return self._store.alone(self._path.name, work)


def _put(visit: Visit, number: int, contacts: Contacts) -> None:
    slots = contacts.dtype["facts"].shape[0] - 1
    seen = contacts["seen"] if len(contacts) else np.zeros(1, np.uint32)
    visit.rows(
        _WRITE,
        number,
        slots,
        len(contacts),
        int(seen.min()),
        int(seen.max()),
        contacts.tobytes(),
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


# --- all of them ----------------------------------------------------------------------------------


def memory_of(state_folder: Path, subject: Subject, *, clock: Clock) -> Memory:
    """Open the memory of a subject; it is made if there is none.

    Raises UnusableInputError when the folder or the file cannot be used.
    """
    place = state_file(state_folder, _ROOM, f"{subject.name}.sqlite3", wording=WORDING)
    return Memory(place, clock)


def known_memory(state_folder: Path, subject: Subject, *, clock: Clock) -> Memory | None:
    """Open the memory of a subject for reading; None, and nothing is made, if there is none."""
    place = state_folder / _ROOM / f"{subject.name}.sqlite3"
    return Memory(place, clock) if place.is_file() else None


@contextmanager
def all_memories(state_folder: Path, *, clock: Clock) -> Iterator[list[Memory]]:
    """Open every memory of an installation, in a settled order."""
    with contextlib.ExitStack() as stack:
        places: Iterable[Path] = sorted((state_folder / _ROOM).glob("*.sqlite3"))
        yield [stack.enter_context(Memory(place, clock)) for place in places]
