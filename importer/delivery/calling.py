"""One batch's call: the intent on disk, the call, its result on disk; and again when it may."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from importer.clock import iso
from importer.delivery.ending import EndReason, HaltError
from importer.errors import (
    DefectError,
    InDoubtError,
    RefusedError,
    RetryableError,
    UnusableInputError,
)
from importer.model import Pending, Settled
from importer.targets import Describes

if TYPE_CHECKING:
    from random import Random

    from importer.client import Client
    from importer.clock import Clock, Interruption
    from importer.journal import Journal
    from importer.model import ApiRequest, ApiResponse, Batch, Credentials, Limits, Watcher
    from importer.pacing import Pace
    from importer.targets import Target

_FIRST_PAUSE = 1.0  # seconds; doubles with each attempt
_LONGEST_PAUSE = 60.0
_LONGEST_WAIT = 3_600.0  # asked for more, the run ends: an operator would not wait for it
_LONGEST_PACE = 4_000.0  # an hour's window is waited for, a day's is not
_NOTABLE_WAIT = 5.0  # shorter ones are not worth a line in the log
_CODE = re.compile(r"[\w.-]{1,60}")  # anything else may hold what the call held
_SHORTEST_SECRET = 8  # a shorter text would be found in answers by chance


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
    """The batch is in doubt and may not, or not any more, be repeated."""

    call: int
    batch: Batch
    error: InDoubtError


class Caller:
    """Makes calls, one after the other, within the pace and the attempts of the connection."""

    def __init__(
        self,
        *,
        target: Target,
        client: Client,
        credentials: Credentials,
        journal: Journal,
        pace: Pace,
        clock: Clock,
        limits: Limits,
        interruption: Interruption,
        watcher: Watcher,
        chance: Random,
    ) -> None:
        self._target = target
        self._client = client
        self._credentials = credentials
        self._journal = journal
        self._pace = pace
        self._clock = clock
        self._limits = limits
        self._interruption = interruption
        self._watcher = watcher
        self._chance = chance

    def call(self, batch: Batch) -> Answered | Refused | Lost:
        """Send a batch until it is answered, refused, or its attempts are spent.

        Raises HaltError when a stop is requested, and when the platform did not take the last
        attempt; what the journal says of the batch is then true.
        """
        pause, before = 0.0, 1 if batch.repeated else 0
        failure: RetryableError | InDoubtError | None = None
        for attempt in range(1, self._limits.attempts + 1):
            waited = self._wait_turn(pause)
            call = self._journal.submitting(
                batch, attempt=before + attempt, at=self._now(), waited=waited
            )
            try:
                return self._once(call, batch)
            except RetryableError as error:
                self._journal.not_taken(call, at=self._now(), message=str(error))
                failure, pause = error, self._pause_after(error, attempt)
            except InDoubtError as error:
                self._journal.in_doubt(call, at=self._now(), message=str(error))
                self._watcher.event("in-doubt", batch=batch.id, attempt=attempt)
                batch = replace(batch, repeated=True)
                lost = Lost(call, batch, error)
                if attempt == self._limits.attempts or not self._target.repeatable(batch):
                    return lost
                failure, pause = error, self._jittered(attempt)
        raise HaltError(
            EndReason.PLATFORM_DOWN,
            f"The platform took none of {self._limits.attempts} attempts. The last: {failure}",
        )

    def _once(self, call: int, batch: Batch) -> Answered | Refused:
        """Make one call and read its answer."""
        try:
            response = self._send(self._target.submission(batch, self._credentials))
            answer = self._target.read_submission(batch, response)
        except RefusedError as error:
            self._journal.refused(call, at=self._now(), message=str(error))
            self._watcher.event(
                "refused",
                batch=batch.id,
                rows=len(batch),
                scope=error.scope.value,
                code=error.code if _CODE.fullmatch(error.code) else "",
            )
            return Refused(call, batch, error)
        except UnusableInputError as error:  # the address is none: nothing left
            self._journal.not_taken(call, at=self._now(), message=str(error))
            raise
        match answer:
            case Settled():
                return Answered(call, batch, answer)
            case Pending():
                raise DefectError("a platform that answers later is not known to delivery yet")

    def account_refusal(self) -> RefusedError | None:
        """Ask for the account's fields, to learn whether the account itself is refused.

        None: it is not, or the platform cannot say.
        """
        if not isinstance(self._target, Describes):
            return None
        self._wait_turn(0.0)
        try:
            response = self._send(self._target.describe_request(self._credentials))
            self._target.read_description(response)
        except RefusedError as error:
            return error
        except (RetryableError, InDoubtError):
            return None
        return None

    def _send(self, request: ApiRequest) -> ApiResponse:
        """Make the call; should the answer repeat the secret, it is taken out."""
        response = self._client.send(request)
        secret = self._credentials.key.reveal().encode()
        if len(secret) < _SHORTEST_SECRET or secret not in response.body:
            return response
        return replace(response, body=response.body.replace(secret, b"***"))

    def _wait_turn(self, pause: float) -> float:
        """Wait for the pause and for the pace; say how long. Raises HaltError on a stop."""
        began = self._clock.monotonic()
        if pause > 0 and not self._interruption.requested:
            self._clock.sleep(pause)
        wait = self._pace.seconds_to_wait()
        if wait > _LONGEST_PACE:
            due = self._clock.now() + timedelta(seconds=wait)
            raise HaltError(
                EndReason.BUDGET_SPENT,
                f"The calls that the connection allows are spent; the next may go at {iso(due)}.",
            )
        if wait >= _NOTABLE_WAIT:
            self._watcher.event("waiting", seconds=round(wait, 1))
        if not self._pace.wait_turn(self._interruption):
            raise HaltError(EndReason.INTERRUPTED, "The run was asked to stop.")
        return self._clock.monotonic() - began

    def _pause_after(self, error: RetryableError, attempt: int) -> float:
        """How long to pause; a wait that the platform asked for holds every call."""
        self._watcher.event("not-taken", attempt=attempt, asked_to_wait=error.wait)
        if error.wait is None:
            return self._jittered(attempt)
        if error.wait > _LONGEST_WAIT:
            minutes = round(error.wait / 60)
            raise HaltError(
                EndReason.PLATFORM_DOWN, f"The platform asks to wait {minutes} minutes."
            )
        self._pace.hold(error.wait)
        return 0.0

    def _jittered(self, attempt: int) -> float:
        """Full jitter: anything up to a bound that doubles, so that callers do not come in step."""
        return self._chance.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)))

    def _now(self) -> str:
        return iso(self._clock.now())
