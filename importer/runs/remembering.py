"""What contacts were sent as is remembered once the platform has it, for runs of changes only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from importer import assembly, pipeline
from importer.assembly.remembering import memory_for, subject_of
from importer.journal.going_on import goes_on, going_on, in_two_steps
from importer.model import Verdict
from importer.run_columns import column_batches
from importer.state.fingerprints import FIELDS, Change, Prints
from importer.state.installation import KeyedHash, installation_hash
from importer.state.memories import Memory, Subject, all_memories

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from importer.assembly import Means
    from importer.journal import Journal
    from importer.model import Watcher
    from importer.run_folder import RunFolder

_DONE = "remembered"  # the fact: up to which call the answers are remembered
_DOUBTED = "doubted"  # the fact: when the run was first about to send, in seconds since 1970
_WRITTEN = frozenset({Verdict.CREATED, Verdict.UPDATED, Verdict.ACCEPTED})
_UNSENT, _IN_DOUBT, _HAS_IT, _HAS_IT_NOT = range(4)


def doubt(folder: RunFolder, journal: Journal, means: Means, watcher: Watcher) -> None:
    """Note, before a run's contacts are sent, that what is remembered of them may be over.

    So a run that comes before this one has ended takes none of them for unchanged. Raises
    UnusableInputError when the memory cannot be opened, StoppedError when it cannot be written.
    """
    task = _task(folder, journal, means, watcher)
    if task is None:
        return
    if journal.fact(_DOUBTED) is None:
        journal.set_fact(_DOUBTED, str(int(means.clock.now().timestamp())))
    moments = _doubted(journal, len(task.ends.end))
    with memory_for(task.subject, means) as memory:
        task.change(memory, Change.DOUBTED, task.ends.end <= _IN_DOUBT, moments)


def remember(folder: RunFolder, journal: Journal, means: Means, watcher: Watcher) -> None:
    """Remember what the platform has got of a run since this was last done, and who was seen.

    Not of rows that were refused, that are in doubt or whose turn has not come: these go again.
    Raises as ``doubt`` does; done again, it comes to the same.
    """
    task = _task(folder, journal, means, watcher)
    if task is None:
        return
    ends = task.ends
    done = journal.fact(_DONE)
    fresh = (ends.call > int(done or -1)) | ends.looked_up
    with memory_for(task.subject, means) as memory:
        if done is None:
            task.see_unsent(memory, datetime.fromisoformat(journal.fact("checked") or ""))
        task.change(memory, Change.WRITTEN, fresh & (ends.end == _HAS_IT), ends.moment)
        unwritten = (fresh & (ends.end == _HAS_IT_NOT)) | (ends.end == _UNSENT)
        doubted = _doubted(journal, len(ends.end))
        task.change(memory, Change.UNWRITTEN, unwritten, doubted)
    journal.set_fact(_DONE, str(int(ends.call.max(initial=0))))
    expire_all(means)


def _doubted(journal: Journal, planned: int) -> NDArray[np.uint32]:
    return np.full(planned, int(journal.fact(_DOUBTED) or 0), dtype=np.uint32)


def expire_all(means: Means) -> int:
    """Forget, in all memories, who was in no file for ``keep_changes``; gives how many contacts."""
    settings = assembly.settings_here(means)
    before = means.clock.now() - settings.keep_changes
    with all_memories(settings.state_folder, clock=means.clock) as memories:
        return sum(memory.expire(before) for memory in memories)


# --- what became of the contacts of a plan --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ends:
    """What became of each contact of a plan. ``moment``: when, in seconds since 1970.

    ``call``: the number of the last call that carried it. ``looked_up``: it is known only since the
    contact was read back.
    """

    end: NDArray[np.uint8]
    moment: NDArray[np.uint32]
    call: NDArray[np.int64]
    looked_up: NDArray[np.bool_]


def _ends_of(journal: Journal, planned: int) -> _Ends:
    found = _Ends(
        end=np.zeros(planned, np.uint8),
        moment=np.zeros(planned, np.uint32),
        call=np.zeros(planned, np.int64),
        looked_up=np.zeros(planned, bool),
    )
    first = journal.at_step(0)
    _fill(found, first, np.arange(planned))
    if in_two_steps(journal):
        for settled in first.settled_batches():
            passed = [goes_on(outcome) for outcome in settled.outcomes]
            found.end[settled.first : settled.end][passed] = _UNSENT
        _fill(found, journal.at_step(1), going_on(journal, planned))
    for lookup in journal.lookups():
        if lookup.outcome is not None:  # the answer to its call was not known
            found.end[lookup.position] = _end_of(lookup.outcome.verdict)
            found.moment[lookup.position] = _seconds(lookup.at)
            found.looked_up[lookup.position] = True
    return found


def _fill(found: _Ends, journal: Journal, positions: NDArray[np.int64]) -> None:
    """Put in what one step says; ``positions``: in the plan, of the step's own."""
    calls = {one.first: one.call for one in journal.settlements() if one.step == journal.step}
    for settled in journal.settled_batches():
        here = positions[settled.first : settled.end]
        found.end[here] = [_end_of(outcome.verdict) for outcome in settled.outcomes]
        found.moment[here] = _seconds(settled.settled)
        found.call[here] = calls[settled.first]
    for gap in journal.gaps(len(positions)):
        if gap.in_doubt:
            found.end[positions[gap.first : gap.end]] = _IN_DOUBT


def _end_of(verdict: Verdict) -> int:
    if verdict in _WRITTEN:
        return _HAS_IT
    return _IN_DOUBT if verdict is Verdict.UNKNOWN else _HAS_IT_NOT


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())


# --- their fingerprints ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Task:
    """A run's fingerprints, what became of their contacts, and by what they were made."""

    folder: RunFolder
    hashes: KeyedHash
    subject: Subject
    ends: _Ends

    def change(self, memory: Memory, change: Change, which: Any, moments: Any) -> None:
        """Tell a memory of planned contacts: which positions of the plan, and when of each."""
        for position, prints in fingerprints_of(self.folder):
            at = np.flatnonzero(position >= 0)
            at = at[which[position[at]]]
            self._tell(memory, change, prints, at, moments[position[at]])

    def see_unsent(self, memory: Memory, moment: datetime) -> None:
        """Tell a memory who was there, and not in the plan, at the moment of the check."""
        for position, prints in fingerprints_of(self.folder):
            at = np.flatnonzero(position < 0)
            moments = np.full(len(at), int(moment.timestamp()), dtype=np.uint32)
            self._tell(memory, Change.SEEN, prints, at, moments)

    def _tell(
        self, memory: Memory, change: Change, prints: Prints, at: Any, moments: Any
    ) -> None:  # fmt: skip
        if len(at):
            some = prints.taken(at)
            told = Prints(some.keys, some.facts, moments.astype(np.uint32))
            memory.change(told, change, subject=self.subject, hashes=self.hashes)


def fingerprints_of(folder: RunFolder) -> Iterator[tuple[NDArray[np.int64], Prints]]:
    """Read a run's fingerprints, with each row's position in the plan; -1: it is not sent."""
    consents = orjson.loads(pq.read_schema(folder.changes).metadata[b"importer.consents"])
    names = {FIELDS: "fields", **{code: f"consent {i}" for i, code in enumerate(consents)}}
    for batch in _many(column_batches(folder.changes)):
        keys = np.stack([batch.column(name).to_numpy() for name in ("first", "second")], axis=1)
        facts = {fact: batch.column(name).to_numpy() for fact, name in names.items()}
        moments = np.zeros(len(keys), np.uint32)
        yield batch.column("position").to_numpy(), Prints(keys, facts, moments)


_AT_ONCE = 500_000  # contacts at least; each time, every bucket of the memory is written


def _many(batches: Iterator[Any]) -> Iterator[Any]:
    waiting: list[Any] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= _AT_ONCE:
            yield pa.concat_batches(waiting)
            waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


def _task(folder: RunFolder, journal: Journal, means: Means, watcher: Watcher) -> _Task | None:
    """Give what there is to remember of a run; None: nothing, or it can mean nothing any more."""
    if not folder.settings.only_changes or not folder.changes.is_file():
        return None
    hashes = installation_hash(assembly.settings_here(means).state_folder)
    sign = pq.read_schema(folder.changes).metadata[b"importer.sign"].decode()
    if sign != hashes.sign:
        watcher.event("not-remembered", reason="the secret is another than at the check")
        return None
    subject = subject_of(folder)
    return _Task(folder, hashes, subject, _ends_of(journal, pipeline.plan_facts(journal).planned))
