"""Platforms that take a batch and answer later: asked again and again what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.delivery.ending import EndReason, HaltError
from importer.errors import (
    DefectError,
    ImporterError,
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
)
from importer.language import tr, trn
from importer.model import Pending, Settled
from importer.targets import AnswersLater

if TYPE_CHECKING:
    from importer.clock import Clock
    from importer.delivery.lanes import Lanes
    from importer.delivery.turns import Turns
    from importer.journal import Journal
    from importer.line import Line
    from importer.model import Batch, Credentials, Limits, Watcher
    from importer.targets import Target

_FIRST_WAIT = 1.0  # seconds before the first poll
_GROWTH = 1.5
_LONGEST_WAIT = 60.0  # what the platform asks for included
_SHORTEST_WAIT = 0.1  # should it ask for none
_NOTABLE_WAIT = 5.0
_LONGEST = 7_200.0  # seconds of polls for one batch; an operator would not wait for more


@dataclass(slots=True)
class _Course:
    """How the polls for one batch go. ``failures``: polls in a row that told nothing."""

    wait: float
    next_wait: float = _FIRST_WAIT
    polls: int = 0
    failures: int = 0

    def pending(self, answer: Pending) -> None:
        """Take note that the platform is still at work."""
        self.failures = 0
        if answer.wait is not None:
            self.wait = _bounded(answer.wait)
            return
        self.next_wait = min(self.next_wait * _GROWTH, _LONGEST_WAIT)
        self.wait = self.next_wait


class Polling:
    """Asks what became of batches that the platform took; their lanes keep their slots meanwhile.

    So no more batches are at the platform than calls may be in flight.
    """

    def __init__(
        self,
        *,
        target: Target,
        line: Line,
        credentials: Credentials,
        journal: Journal,
        clock: Clock,
        limits: Limits,
        watcher: Watcher,
        lanes: Lanes,
        turns: Turns,
    ) -> None:
        self._target = target
        self._line = line
        self._credentials = credentials
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._watcher = watcher
        self._lanes = lanes
        self._turns = turns

    def answer(self, call: int, batch: Batch, pending: Pending, *, at_once: bool) -> Settled:
        """Ask what became of a call that was taken, until it is known.

        ``at_once``: without a wait before the first poll.

        Raises:
            RefusedError: the platform gave the batch up, and wrote none of it.
            InDoubtError: the platform does not know the ticket, so nobody knows what it did.
            HaltError: it cannot be asked, or not any longer; the ticket stays good.
        """
        wait = _FIRST_WAIT if pending.wait is None else _bounded(pending.wait)
        course = _Course(0.0 if at_once else wait)
        try:
            settled = self._until_told(batch, pending.ticket, course)
        except ImporterError:
            self._keep(call, batch, course.polls)
            raise
        self._keep(call, batch, course.polls)
        return settled

    def _keep(self, call: int, batch: Batch, polls: int) -> None:
        """Keep how many polls there were, unless nobody waits for it any more."""
        if polls and not self._lanes.abandoned:
            self._journal.polled(call, polls)
            self._watcher.event("polled", batch=batch.id, contacts=len(batch), polls=polls)

    def _until_told(self, batch: Batch, ticket: str, course: _Course) -> Settled:
        began = self._clock.monotonic()
        while True:
            if course.wait >= _NOTABLE_WAIT:
                self._watcher.event("polling", contacts=len(batch), seconds=round(course.wait, 1))
            self._turns.rest(course.wait)
            settled = self._poll(batch, ticket, course)
            if settled is not None:
                return settled
            if self._clock.monotonic() - began >= _LONGEST:
                raise HaltError(
                    EndReason.PLATFORM_DOWN,
                    trn(
                        "The platform is still working on {count} contact that it took; "
                        "`importer resume` asks again.",
                        "The platform is still working on {count} contacts that it took; "
                        "`importer resume` asks again.",
                        len(batch),
                    ),
                )

    def _poll(self, batch: Batch, ticket: str, course: _Course) -> Settled | None:
        """Ask once what became of a batch; None: it is not known yet."""
        if not isinstance(self._target, AnswersLater):
            raise DefectError("the platform answers later and cannot be asked")
        request = self._target.status_check(ticket, self._credentials)
        turn = self._turns.turn(0.0, request.scope)
        course.polls += 1
        try:
            answer = self._target.read_status(batch, self._line.send(turn, request))
        except RetryableError as error:
            attempt = self._failed(course, error)
            course.wait = self._turns.pause_after(error, attempt, request.scope)
        except InDoubtError as error:
            course.wait = self._turns.jittered(self._failed(course, error))
        except RefusedError as error:
            raise self._meant(error) from error
        else:
            if isinstance(answer, Settled):
                return answer
            course.pending(answer)
        return None

    def _failed(self, course: _Course, error: Exception) -> int:
        """Count a poll that told nothing; after so many in a row the delivery ends."""
        course.failures += 1
        if course.failures < self._limits.attempts:
            return course.failures
        raise HaltError(
            EndReason.PLATFORM_DOWN,
            tr(
                "The platform took a call, and {attempts} attempts in a row to ask what became of "
                "it failed; `importer resume` asks again. The last: {last}",
                attempts=self._limits.attempts,
                last=str(error),
            ),
        ) from error

    def _meant(self, error: RefusedError) -> ImporterError:
        """Say what the refusal of a poll means for the batch."""
        if error.ended or error.scope is Refusal.SIZE:
            return error
        if error.scope is Refusal.ACCOUNT:
            return HaltError(EndReason.ACCOUNT_REFUSED, str(error))
        return InDoubtError(str(error))


def _bounded(wait: float) -> float:
    """Give a wait that the platform asks for, within what makes sense."""
    return min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT)
