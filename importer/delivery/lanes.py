"""Lanes: threads in which batches are delivered side by side, at most so many calls at once.

There are more lanes than slots, and only who has a slot makes calls: meanwhile others write down
what was answered, or what they are about to send.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from importer.delivery.ending import EndReason, HaltError
from importer.language import as_here, tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.clock import Clock, Interruption

GRACE = 12.0  # seconds in which a call under way may still end once a stop is requested
_LAST_GRACE = 5.0  # seconds in which a call that was broken off must have ended
_LOOK = 0.1  # seconds between looks at whether a stop is requested


class Lanes:
    """Runs work in threads; the first thing that one of them raises ends them all.

    ``count``: of slots. With more than one there are twice as many threads.
    ``abort``: breaks off the calls under way. The threads are daemons: one that hangs where nothing
    can break it off, such as in the system's look-up of a name, does not keep the process alive.
    """

    def __init__(
        self,
        count: int,
        *,
        clock: Clock,
        interruption: Interruption,
        abort: Callable[[], None],
    ) -> None:
        self._count = count
        self._clock = clock
        self._interruption = interruption
        self._abort = abort
        self._changed = threading.Condition()
        self._most = count if count == 1 else 2 * count
        self._free = count
        self._having: set[int] = set()  # the threads that have a slot
        self._busy = 0
        self._threads = 0
        self._waiting: list[Callable[[], object]] = []
        self._failure: BaseException | None = None
        self._closed = False

    @property
    def halting(self) -> bool:
        """Whether no further call may begin: something failed, or all is over."""
        return self._failure is not None or self._closed

    @property
    def stopping(self) -> bool:
        """Whether nothing is to be waited for any more: no further call may begin, or is to."""
        return self.halting or self._interruption.requested

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the lanes any more: what they find out comes too late."""
        return self._closed

    def give(self, work: Callable[[], object]) -> None:
        """Wait for a free lane and begin the work in it. Raises what a lane raised."""
        self._wait(lambda: self._busy < self._most)
        with self._changed:
            self._busy += 1
            self._waiting.append(work)
            if self._threads < self._busy:
                self._threads += 1
                lane = as_here(self._lane)
                threading.Thread(target=lane, name="delivery", daemon=True).start()
            self._changed.notify_all()

    def take_slot(self) -> None:
        """Wait for the right to make calls; a lane has it until it passes it on, or is done.

        Raises HaltError when no further call may begin.
        """
        me = threading.get_ident()
        with self._changed:
            if me in self._having:
                return
            self._changed.wait_for(lambda: self._free > 0 or self.halting)
            if self.halting or (self._count > 1 and self._interruption.requested):
                raise HaltError(EndReason.INTERRUPTED, tr("The run was asked to stop."))
            self._free -= 1
            self._having.add(me)

    def pass_slot_on(self) -> None:
        """Let another lane make calls while this one writes down what it knows."""
        with self._changed:
            self._leave_slot()

    def finish(self) -> None:
        """Wait until all work is done. Raises what a lane raised."""
        self._wait(lambda: self._busy == 0)

    def stop(self, reason: BaseException) -> None:
        """Wait for the work under way, and let no more begin, since something else went wrong."""
        with self._changed:
            self._failure = _worse(self._failure, reason)
        with contextlib.suppress(BaseException):  # the reason itself is raised by whoever has it
            self._wait(lambda: False)

    def close(self) -> None:
        """Let the threads go; what is still under way is left to itself."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _wait(self, ready: Callable[[], bool]) -> None:
        """Wait in short steps: a signal's handler only runs between them on some systems."""
        ending: float | None = None  # since when the work under way is to end
        aborted: float | None = None
        while True:
            with self._changed:
                if self._failure is not None and self._busy == 0:
                    raise self._failure
                if self._failure is None and ready():
                    return
                self._changed.wait(_LOOK)
            if not (self._interruption.requested or self._failure is not None):
                continue
            now = self._clock.monotonic()
            ending = now if ending is None else ending
            if aborted is None and now - ending > GRACE:
                aborted = now
                self._abort()
            if aborted is not None and now - aborted > _LAST_GRACE:
                self._give_up()

    def _give_up(self) -> None:
        """Leave lanes that nothing ends: their calls stay in doubt."""
        self.close()
        if self._failure is not None:
            raise self._failure
        raise HaltError(EndReason.INTERRUPTED, tr("The run was asked to stop."))

    def _lane(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    if self._closed:
                        return
                    self._changed.wait()
                work = self._waiting.pop(0)
            failure: BaseException | None = None
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                failure = error
            with self._changed:
                self._busy -= 1
                self._failure = _worse(self._failure, failure)
                self._leave_slot()
                self._changed.notify_all()

    def _leave_slot(self) -> None:
        """Free this thread's slot, with the lock held."""
        if threading.get_ident() in self._having:
            self._having.discard(threading.get_ident())
            self._free += 1
            self._changed.notify_all()


def _worse(before: BaseException | None, now: BaseException | None) -> BaseException | None:
    """Keep what is worth more: anything else than a halt, then a halt for a reason of its own."""
    if before is None or now is None:
        return now if before is None else before
    return now if _weight(now) > _weight(before) else before


def _weight(error: BaseException) -> int:
    if not isinstance(error, HaltError):
        return 2
    return 0 if error.reason is EndReason.INTERRUPTED else 1
