"""One batch's call: the intent on disk, the call, its result on disk; and again when it may."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from importer.clock import iso
from importer.delivery.ending import EndReason, HaltError
from importer.errors import (
    DefectError,
    InDoubtError,
    Refusal,
    RefusedError,
    RetryableError,
    StoppedError,
    UnusableInputError,
)
from importer.language import tr, trn
from importer.line import StopRequestedError
from importer.model import Pending, Settled
from importer.pacing import BudgetSpentError
from importer.targets import Describes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from random import Random

    from importer.clock import Clock
    from importer.delivery.lanes import Lanes
    from importer.journal import Journal
    from importer.line import Line
    from importer.model import ApiRequest, ApiResponse, Batch, Credentials, Limits, Watcher
    from importer.pacing import Turn
    from importer.targets import Target, Verifies

_FIRST_PAUSE = 1.0  # seconds; doubles with each attempt
_LONGEST_PAUSE = 60.0
_NOTABLE_PAUSE = 1.0
_LONGEST_WAIT = 3_600.0  # asked for more, the run ends: an operator would not wait for it
_TIME_OUTS = 2  # of the same bytes, before fewer contacts are tried
_CODE = re.compile(r"[\w.-]{1,60}")  # anything else may hold what the call held

_T = TypeVar("_T")


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
    """Makes calls within the pace and the attempts of the connection; several lanes may use it."""

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
        self._chance = chance
        self._lanes = lanes

    def call(self, batch: Batch) -> Answered | Refused | Lost:
        """Send a batch until it is answered, refused, or its attempts are spent.

        Of a batch that is not answered in time only some attempts are made: fewer contacts may be.
        Raises HaltError when a stop is requested, and when the platform did not take the last
        attempt; what the journal says of the batch is then true.
        """
        pause, before, time_outs = 0.0, 1 if batch.repeated else 0, 0
        failure: RetryableError | InDoubtError | None = None
        for attempt in range(1, self._limits.attempts + 1):
            turn = self._turn(pause)
            call = self._intend(batch, before + attempt, turn)
            began = self._clock.monotonic()
            told = partial(self._tell, batch, before + attempt, began)
            try:
                reply = self._beside_others(call, batch, turn)
            except RetryableError as error:
                told("not taken")
                self._note(self._journal.not_taken, call, error)
                failure, pause = error, self._pause_after(error, attempt)
            except InDoubtError as error:
                told("no answer")
                self._note(self._journal.in_doubt, call, error)
                self._watcher.event("in-doubt", batch=batch.id, attempt=attempt)
                batch = replace(batch, repeated=True)
                time_outs += error.timed_out
                smaller = time_outs >= _TIME_OUTS and len(batch) > 1
                last = smaller or attempt == self._limits.attempts
                if last or not self._target.repeatable(batch):
                    return Lost(call, batch, error)
                failure, pause = error, self._jittered(attempt)
            else:
                told("refused" if isinstance(reply, Refused) else "answered")
                return reply
        raise self._spent(failure)

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

    def _beside_others(self, call: int, batch: Batch, turn: Turn) -> Answered | Refused:
        """Make one call once a slot is free, and leave the slot before anything is waited for.

        After a refusal of the account the slot is kept: nobody is to make another such call.
        """
        try:
            self._slot(turn)
        except HaltError as halt:
            self._note(self._journal.not_taken, call, halt)
            raise
        refused = False
        try:
            reply = self._once(call, batch, turn)
            refused = isinstance(reply, Refused) and reply.error.scope is Refusal.ACCOUNT
        finally:
            if not refused:
                self._lanes.pass_slot_on()
        return reply

    def _slot(self, turn: Turn) -> None:
        """Take a slot for a turn. Raises HaltError when no further call may begin."""
        try:
            self._lanes.take_slot()
        except HaltError:
            self._line.unused(turn)
            raise

    def _once(self, call: int, batch: Batch, turn: Turn) -> Answered | Refused:
        """Make one call and read its answer."""
        try:
            response = self._line.send(turn, self._target.submission(batch, self._credentials))
            answer = self._target.read_submission(batch, response)
        except RefusedError as error:
            self._note(self._journal.refused, call, error)
            self._watcher.event(
                "refused",
                batch=batch.id,
                rows=len(batch),
                scope=error.scope.value,
                code=error.code if _CODE.fullmatch(error.code) else "",
            )
            return Refused(call, batch, error)
        except UnusableInputError as error:  # the address is none: nothing left
            self._note(self._journal.not_taken, call, error)
            raise
        match answer:
            case Settled():
                self._refuse_abandoned()
                return Answered(call, batch, answer)
            case Pending():
                raise DefectError("a platform that answers later is not known to delivery yet")

    def _note(self, note: Callable[..., None], call: int, error: Exception) -> None:
        """Write down how a call ended."""
        self._refuse_abandoned()
        note(call, at=self._now(), message=str(error))

    def _refuse_abandoned(self) -> None:
        """Write nothing from a lane that nobody waits for: the reports are written already."""
        if self._lanes.abandoned:
            raise HaltError(EndReason.INTERRUPTED, tr("The run was asked to stop."))

    def ask(self, request: ApiRequest, read: Callable[[ApiResponse], _T]) -> _T:
        """Make a call that only reads, until it is answered; it may be repeated at will.

        Raises HaltError when the attempts are spent, the account refuses such calls, or a stop is
        requested.
        """
        pause = 0.0
        failure: Exception | None = None
        for attempt in range(1, self._limits.attempts + 1):
            turn = self._turn(pause)
            self._slot(turn)
            try:
                return read(self._line.send(turn, request))
            except RetryableError as error:
                failure, pause = error, self._pause_after(error, attempt)
            except InDoubtError as error:
                failure, pause = error, self._jittered(attempt)
            except RefusedError as error:
                raise HaltError(EndReason.ACCOUNT_REFUSED, str(error)) from error
            finally:
                self._lanes.pass_slot_on()
        raise self._spent(failure)

    def look_up(
        self, target: Verifies, key: Sequence[str]
    ) -> Mapping[str, str] | RefusedError | None:
        """Ask what is stored of a contact; None: it is not there.

        A refusal that is not of the account concerns this contact alone, and is given. Raises
        HaltError as ``ask`` does.
        """
        request = target.lookup_request(key, self._credentials)
        return self.ask(request, partial(_understood, target, key))

    def account_refusal(self) -> RefusedError | None:
        """Ask for the account's fields, to learn whether the account itself is refused.

        None: it is not, or the platform cannot say.
        """
        if not isinstance(self._target, Describes):
            return None
        turn = self._turn(0.0)
        self._slot(turn)
        try:
            response = self._line.send(turn, self._target.describe_request(self._credentials))
            self._target.read_description(response)
        except RefusedError as error:
            return error if error.scope is Refusal.ACCOUNT else None
        except (RetryableError, InDoubtError):
            return None
        finally:
            self._lanes.pass_slot_on()
        return None

    def _turn(self, pause: float) -> Turn:
        """Wait for the pause and for the pace. Raises HaltError on a stop."""
        if pause >= _NOTABLE_PAUSE:
            self._watcher.event("pausing", seconds=round(pause, 1))
        try:
            turn = self._line.turn(pause=pause)
        except StopRequestedError:
            raise HaltError(EndReason.INTERRUPTED, tr("The run was asked to stop.")) from None
        except BudgetSpentError as spent:
            raise HaltError(EndReason.BUDGET_SPENT, str(spent)) from None
        except StoppedError as error:  # calls cannot be counted, so none may go
            raise HaltError(EndReason.CANNOT_GO_ON, str(error)) from error
        if self._lanes.halting:
            self._line.unused(turn)
            raise HaltError(EndReason.INTERRUPTED, tr("Another call ended the run."))
        return turn

    def _spent(self, last: Exception | None) -> HaltError:
        """Make the end of a run of which a call used up its attempts."""
        return HaltError(
            EndReason.PLATFORM_DOWN,
            tr(
                "The platform took none of {attempts} attempts. The last: {last}",
                attempts=self._limits.attempts,
                last=str(last),
            ),
        )

    def _pause_after(self, error: RetryableError, attempt: int) -> float:
        """How long to pause; a wait that the platform asked for holds every call."""
        self._watcher.event("not-taken", attempt=attempt, asked_to_wait=error.wait)
        if error.wait is None:
            return self._jittered(attempt)
        if error.wait > _LONGEST_WAIT:
            minutes = round(error.wait / 60)
            raise HaltError(
                EndReason.PLATFORM_DOWN,
                trn(
                    "The platform asks to wait {count} minute.",
                    "The platform asks to wait {count} minutes.",
                    minutes,
                    count=minutes,
                ),
            )
        self._line.hold(error.wait)
        return 0.0

    def _jittered(self, attempt: int) -> float:
        """Full jitter: anything up to a bound that doubles, so that callers do not come in step."""
        return self._chance.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)))

    def _now(self) -> str:
        return iso(self._clock.now())


def _understood(
    target: Verifies, key: Sequence[str], response: ApiResponse
) -> Mapping[str, str] | RefusedError | None:
    try:
        return target.read_lookup(key, response)
    except RefusedError as error:
        if error.scope is Refusal.ACCOUNT:
            raise
        return error
