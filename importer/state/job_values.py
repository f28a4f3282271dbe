"""What is remembered of jobs: the files they took, how each start ended, and what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Step(StrEnum):
    """How far a file is that a job took; each is noted before the next begins."""

    TAKING = "taking"  # it is about to be moved, or fetched, to where the job keeps it
    TAKEN = "taken"  # it is there, and its hash is known
    ENDED = "ended"  # what is to become of it is decided: ``end`` says so
    FILED = "filed"  # it lies in the archive, or with the failed ones
    DROPPED = "dropped"  # it was never taken: it is still where it was, or gone


class End(StrEnum):
    """What became of a file."""

    IMPORTED = "imported"  # its run finished
    REPEATED = "repeated"  # the same content was imported before: nothing was done
    REFUSED = "refused"  # nothing of it was sent
    STOPPED = "stopped"  # its run ended before its time, and is not gone on with by the job


class State(StrEnum):
    """How a job does."""

    OK = "ok"
    DEGRADED = "degraded"  # some rows were not imported
    FAILED = "failed"
    MISSING = "missing"  # a file that was expected has not come


@dataclass(frozen=True, slots=True)
class PickUp:
    """A file that a job took. Moments are in UTC; None: not known, or not yet.

    ``id``: unique, sorts by time. ``place``: where it was found, without secrets; ``name``: the
    file's own. ``size`` in bytes, ``modified`` in seconds since 1970: as they were found there.
    ``run``: the id of its run. ``facts``: of an imported one, what later ones are compared with.
    ``root``: the whole path of the folder in which the job keeps it, ``runs``:
    of that in which its run is, or will be; "": not known.
    """

    id: str
    place: str
    name: str
    size: int
    modified: float
    taken: datetime
    step: Step = Step.TAKING
    sha256: str = ""
    run: str = ""
    ended: datetime | None = None
    end: End | None = None
    exit_code: int | None = None
    rows: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    root: str = ""
    runs: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job does, since when, and what people were told of it.

    ``told``: the state that the last word was of, ``told_at`` when. ``first``: its first start.
    ``last_start`` and ``last_success``: of its starts; a success is one that ended ``ok``.
    """

    state: State = State.OK
    since: datetime | None = None
    told: State = State.OK
    told_at: datetime | None = None
    first: datetime | None = None
    last_start: datetime | None = None
    last_end: datetime | None = None
    last_success: datetime | None = None
    last_exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """Word that is to be noted. ``attached``: paths of files."""

    title: str
    body: str
    kind: str
    attached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """Word that was noted and is to be sent. ``id``: of one job; ``made``: when it was noted.

    ``told``: marks of the places that took it already; no address can be read out of one.
    """

    id: int
    made: datetime
    title: str
    body: str
    kind: str
    attached: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


class JobState(Protocol):
    """What is remembered of one job. Each function is one durable step, whole or not at all.

    Every function raises StoppedError when the store does not answer. Moments need a time zone.
    """

    def held(self) -> AbstractContextManager[None]:
        """Hold the job against every other process; the lock of one that died frees itself.

        Raises LockedError when another process holds it, UnusableInputError when nobody can.
        """
        ...

    def add(self, pick_up: PickUp) -> None:
        """Note a file that is about to be taken; its id must be new."""
        ...

    def change(self, pick_up: PickUp) -> None:
        """Note what is now known of a file, by its id."""
        ...

    def open_pick_ups(self) -> list[PickUp]:
        """Give the files that are not filed or dropped, oldest first."""
        ...

    def open_of_all_jobs(self) -> frozenset[str]:
        """Give the ids of such files of all jobs: several may keep theirs in one folder."""
        ...

    def pick_ups(self, most: int) -> list[PickUp]:
        """Give the newest files that were taken, newest first; dropped ones are left out."""
        ...

    def imported_before(self, sha256: str) -> PickUp | None:
        """Give the newest imported file of the same content.

        One whose run finished counts, also when some of its rows were refused.
        """
        ...

    def last_imported(self, most: int) -> list[PickUp]:
        """Give the newest imported files, newest first."""
        ...

    def was_taken(self, place: str, size: int, modified: float) -> bool:
        """Tell whether a file of a place was taken as it is now, and not dropped."""
        ...

    def standing(self) -> Standing:
        """Give how the job does."""
        ...

    def note(self, standing: Standing, messages: Sequence[NewMessage] = ()) -> None:
        """Note how the job does together with what is to be told of it."""
        ...

    def unsent(self) -> list[Message]:
        """Give the messages that were not sent yet, oldest first."""
        ...

    def sent(self, message: Message) -> None:
        """Note that a message was sent, and forget it."""
        ...

    def partly_sent(self, message: Message) -> None:
        """Note which places took a message, so that only the others are told again."""
        ...

    def forget(self, before: datetime) -> None:
        """Forget files that were filed or dropped and ended before a moment.

        The newest 20 imported ones stay. What is forgotten counts as new when it comes again.
        """
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...
