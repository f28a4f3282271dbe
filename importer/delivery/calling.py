"""One batch's call: the intent on disk, the call, its result on disk; and again when it may."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from importer.clock import iso
from importer.delivery.ending import EndReason, HaltError, attempts_spent
from importer.delivery.polling import Polling
from importer.delivery.questions import Questions
from importer.delivery.turns import Turns
from importer.errors import (
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
    UnusableInputError,
)
from importer.language import tr
from importer.model import Pending, Settled
from importer.targets import AnswersLater, AsksFirst

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from importer.clock import Clock
    from importer.delivery.lanes import Lanes
    from importer.journal import Journal
    from importer.line import Line
    from importer.model import ApiRequest, Batch, Credentials, Limits, Watcher
    from importer.pacing import Turn
    from importer.targets import Target

_TIME_OUTS = 2  # of the same bytes, before fewer contacts are tried
_LONGEST_BUSY = 7_200.0  # seconds in which a busy platform is asked for room
_CODE = re.compile(r"([\w.-]{1,30}:)?[\w.-]{1,60}")  # anything else may hold what the call held


@dataclass(frozen=True, slots=True)
class Answered:
    call: int
    batch: Batch
    settled: Settled


@dataclass(frozen=True, slots=True)
class Refused:
    call: int
    batch: Batch
    error: RefusedError


@dataclass(frozen=True, slots=True)
class Lost:
    """The batch is in doubt and may not, or not any more, be repeated as it is."""

    call: int
    batch: Batch
    error: InDoubtError


class Caller:
    """Makes calls within the pace and the attempts of the connection; several lanes may use it.

    ``questions``: the calls of the same delivery that only read. ``asked_first``: how many batches
    the platform was asked about before they went.
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
        chance: Random,
        lanes: Lanes,
    ) -> None:
        self._target = target
        self._line = line
        self._credentials = credentials
        self._journal = journal
        self._clock = clock
        self._limits = limits
        self._watcher = watcher
        self._lanes = lanes
        self._lock = threading.Lock()
        self.asked_first = 0
        self._turns = Turns(line=line, lanes=lanes, clock=clock, watcher=watcher, chance=chance)
        self.questions = Questions(
            line=line, credentials=credentials, limits=limits, lanes=lanes, turns=self._turns
        )
        self._polling = Polling(
            target=target,
            line=line,
            credentials=credentials,
            journal=journal,
            clock=clock,
            limits=limits,
            watcher=watcher,
            lanes=lanes,
            turns=self._turns,
        )

    def call(self, batch: Batch) -> Answered | Refused | Lost:
        """Send a batch until it is answered, refused, or its attempts are spent.

        Of a batch that is not answered in time only some attempts are made: fewer contacts may be.
        For room on a busy platform more are made than the connection has, for two hours. Raises
        HaltError when a stop is requested, and when the platform did not take the last attempt;
        what the journal says of the batch is then true.
        """
        pause, before, time_outs = 0.0, 1 if batch.repeated else 0, 0
        batch = self._asked_first(batch)
        failure: RetryableError | InDoubtError | None = None
        attempt = busy = 0
        began = self._clock.monotonic()
        while attempt - busy < self._limits.attempts:
            attempt += 1
            if isinstance(self._target, AnswersLater):
                # A slot may be long in coming: what is only meant to be sent is not yet in doubt.
                self._lanes.take_slot()
            request = self._target.submission(batch, self._credentials)
            turn = self._turns.turn(pause, request.scope)
            call = self._intend(batch, before + attempt, turn)
            told = partial(self._tell, batch, before + attempt, self._clock.monotonic())
            try:
                return self._beside_others(call, batch, turn, request, told)
            except RetryableError as error:
                self._note(self._journal.not_taken, call, error)
                failure = error
                busy += error.busy and self._clock.monotonic() - began < _LONGEST_BUSY
                pause = self._turns.pause_after(error, attempt - busy, request.scope)
            except InDoubtError as error:
                self._note(self._journal.in_doubt, call, error)
                self._watcher.event("in-doubt", batch=batch.id, attempt=attempt)
                batch = replace(batch, repeated=True)
                time_outs += error.timed_out
                smaller = time_outs >= _TIME_OUTS and len(batch) > 1
                last = smaller or attempt - busy == self._limits.attempts
                if last or not self._target.repeatable(batch):
                    return Lost(call, batch, error)
                failure, pause = error, self._turns.jittered(attempt)
        raise attempts_spent(self._limits.attempts, failure)

    def ask_again(self, call: int, batch: Batch, ticket: str) -> Answered | Refused | Lost:
        """Ask what became of a batch that an earlier delivery left with its ticket.

        Lost: the platform does not know the ticket any more. Raises HaltError as ``call`` does.
        """
        self._lanes.take_slot()
        pending = Pending(ticket)
        try:
            return self._leaving_slot(lambda: self._told_later(call, batch, pending, at_once=True))
        except InDoubtError as error:
            self._note(self._journal.in_doubt, call, error)
            self._watcher.event("in-doubt", batch=batch.id)
            return Lost(call, replace(batch, repeated=True), error)

    def _asked_first(self, batch: Batch) -> Batch:
        """Ask what the platform wants to be asked before a batch that was never sent."""
        target = self._target
        if batch.repeated or not isinstance(target, AsksFirst):
            return batch
        question = target.first_question(batch, self._credentials)
        if question is None:
            return batch
        answered = self.questions.ask(question, partial(target.read_first, batch))
        with self._lock:
            self.asked_first += 1
        return answered

    def _tell(self, batch: Batch, attempt: int, began: float, result: str) -> None:
        """Tell the watcher how a call went."""
        took = round((self._clock.monotonic() - began) * 1000)
        self._watcher.event(
            "call",
            batch=batch.id,
            contacts=len(batch),
            attempt=attempt,
            result=result,
            milliseconds=took,
        )

    def _intend(self, batch: Batch, attempt: int, turn: Turn) -> int:
        try:
            self._refuse_abandoned()
            return self._journal.submitting(
                batch, attempt=attempt, at=self._now(), waited=turn.waited
            )
        except BaseException:
            self._line.unused(turn)
            raise

    def _beside_others(
        self,
        call: int,
        batch: Batch,
        turn: Turn,
        request: ApiRequest,
        told: Callable[[str], None],
    ) -> Answered | Refused:
        """Make one call once a slot is free."""
        try:
            self._turns.slot(turn)
        except HaltError as halt:
            self._note(self._journal.not_taken, call, halt)
            raise
        return self._leaving_slot(lambda: self._once(call, batch, turn, request, told))

    def _leaving_slot(self, work: Callable[[], Answered | Refused]) -> Answered | Refused:
        """Do what takes a slot, and leave it before anything else is waited for.

        Once the account is refused the slot is kept: nobody is to make another such call.
        """
        kept = False
        try:
            reply = work()
            kept = isinstance(reply, Refused) and reply.error.scope is Refusal.ACCOUNT
        except HaltError:
            kept = True
            raise
        finally:
            if not kept:
                self._lanes.pass_slot_on()
        return reply

    def _once(
        self,
        call: int,
        batch: Batch,
        turn: Turn,
        request: ApiRequest,
        told: Callable[[str], None],
    ) -> Answered | Refused:
        """Make one call and read its answer; one that comes later is asked for."""
        try:
            response = self._line.send(turn, request)
            answer = self._target.read_submission(batch, response)
        except RetryableError:
            told("not taken")
            raise
        except InDoubtError:
            told("no answer")
            raise
        except RefusedError as error:
            refused = self._refused(call, batch, error)
            told("refused")
            return refused
        except UnusableInputError as error:  # the address is none: nothing left
            self._note(self._journal.not_taken, call, error)
            raise
        self._refuse_abandoned()
        if isinstance(answer, Settled):
            told("answered")
            return Answered(call, batch, answer)
        self._journal.taken(call, ticket=answer.ticket, at=self._now())
        told("taken")
        return self._told_later(call, batch, answer, at_once=False)

    def _told_later(
        self, call: int, batch: Batch, pending: Pending, *, at_once: bool
    ) -> Answered | Refused:
        """Ask until it is known what became of a call that was taken."""
        try:
            settled = self._polling.answer(call, batch, pending, at_once=at_once)
        except RefusedError as error:
            return self._refused(call, batch, error)
        self._refuse_abandoned()
        return Answered(call, batch, settled)

    def _refused(self, call: int, batch: Batch, error: RefusedError) -> Refused:
        self._note(self._journal.refused, call, error)
        self._watcher.event(
            "refused",
            batch=batch.id,
            rows=len(batch),
            scope=error.scope.value,
            code=error.code if _CODE.fullmatch(error.code) else "",
        )
        return Refused(call, batch, error)

    def _note(self, note: Callable[..., None], call: int, error: Exception) -> None:
        """Write down how a call ended."""
        self._refuse_abandoned()
        note(call, at=self._now(), message=str(error))

    def _refuse_abandoned(self) -> None:
        """Write nothing from a lane that nobody waits for: the reports are written already."""
        if self._lanes.abandoned:
            raise HaltError(EndReason.INTERRUPTED, tr("The run was asked to stop."))

    def _now(self) -> str:
        return iso(self._clock.now())
