"""One process at a time: a lock that dies with its owner, and a note that names the owner.

On one machine the operating system's lock decides: whoever dies lets go of it. Machines that share
a folder may not see one another's locks; between them a fresh sign of life in the note decides.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from importer.clock import iso
from importer.errors import LockedError
from importer.files import PRIVATE_FILE, write_whole
from importer.language import decimal, tr

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from importer.clock import Clock

HEARTBEAT = 10.0  # seconds between two signs of life
FRESH = 60.0  # seconds for which another machine believes in a sign of life

_LONGEST_RENEWAL = 5.0  # seconds; a drive that hangs must not hold up the end


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. ``since``, ``heartbeat``: ISO 8601 in UTC."""

    pid: int
    host: str
    since: str
    heartbeat: str

    def same_as(self, other: Holder | None) -> bool:
        """Tell whether it is the same owner, whatever its last sign of life."""
        return other is not None and replace(other, heartbeat=self.heartbeat) == self

    def age(self, now: datetime) -> float:
        """Seconds since its last sign of life; below 0 where that lies in the future."""
        return (now - datetime.fromisoformat(self.heartbeat)).total_seconds()


@contextmanager
def held(folder: Path, what: str, *, clock: Clock) -> Iterator[None]:
    """Hold a folder against every other process, by the files ``lock`` and ``holder`` in it.

    ``what``: how a sentence calls that which is held, such as ``the run X``. The holder's sign of
    life is renewed every 10 s until the block ends.

    Raises:
        LockedError: another process holds it; the sentence says which.
        OSError: the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    note = folder / "holder"
    lock = FileLock(folder / "lock", timeout=0, mode=PRIVATE_FILE)
    try:
        lock.acquire()
    except Timeout:
        raise LockedError(_sentence(what, read_holder(note), clock.now())) from None
    try:
        _refuse_another_machine(note, what, clock.now())
        with _noted(note, clock):
            yield
    finally:
        lock.release()


def _refuse_another_machine(note: Path, what: str, now: datetime) -> None:
    """Believe a fresh note of another machine, whose lock may not be seen on this one."""
    holder = read_holder(note)
    if holder is None or holder.host == socket.gethostname():
        return  # its owner would still have the lock
    if abs(holder.age(now)) < FRESH:
        raise LockedError(
            tr(
                "{sentence}. That is another machine: if its process is dead, this frees itself "
                "{seconds} s after its last sign of life",
                sentence=_sentence(what, holder, now),
                seconds=round(FRESH),
            )
        )


@contextmanager
def _noted(note: Path, clock: Clock) -> Iterator[None]:
    """Keep a note of this process beside the lock, with a sign of life."""
    now = iso(clock.now())
    holder = Holder(os.getpid(), socket.gethostname(), now, now)
    write_whole(note, orjson.dumps(asdict(holder)))
    ended = threading.Event()
    thread = threading.Thread(
        target=_renew, args=(note, holder, clock, ended), name="heartbeat", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_LONGEST_RENEWAL)
        with contextlib.suppress(OSError):
            if holder.same_as(read_holder(note)):
                note.unlink()


def _renew(note: Path, holder: Holder, clock: Clock, ended: threading.Event) -> None:
    """Renew a sign of life until the end; one that cannot be written is tried again later.

    In place: a full disk takes what needs no more room. A note that is not ours any more (another
    machine took over while this one slept) is left alone.
    """
    while not ended.wait(HEARTBEAT):
        with contextlib.suppress(OSError):
            if holder.same_as(read_holder(note)):
                content = orjson.dumps(asdict(replace(holder, heartbeat=iso(clock.now()))))
                with note.open("r+b") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())


def read_holder(note: Path) -> Holder | None:
    """Read who holds a lock; None where no note can be read."""
    try:
        holder = Holder(**orjson.loads(note.read_bytes()))
        aware = datetime.fromisoformat(holder.heartbeat).tzinfo is not None
    except (OSError, ValueError, TypeError):
        return None
    return holder if aware else None


def _sentence(what: str, holder: Holder | None, now: datetime) -> str:
    if holder is None:
        return tr("another process holds {what}", what=what)
    age = holder.age(now)
    seen = tr("{seconds} s ago", seconds=decimal(age, 0))
    if age <= -1:
        seen = tr(
            "{seconds} s in the future: the clocks differ, or one was set back",
            seconds=decimal(-age, 0),
        )
    return tr(
        "another process holds {what}: process {pid} on {host} since {since}, last sign of life "
        "{seen}",
        what=what,
        pid=holder.pid,
        host=holder.host,
        since=holder.since,
        seen=seen,
    )
