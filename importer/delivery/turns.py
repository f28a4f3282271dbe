"""The right to make a call: after a pause, within the pace, and with a slot beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from importer.delivery.ending import EndReason, HaltError
from importer.errors import StoppedError
from importer.language import tr, trn
from importer.line import StopRequestedError
from importer.pacing import BudgetSpentError

if TYPE_CHECKING:
    from random import Random

    from importer.clock import Clock
    from importer.delivery.lanes import Lanes
    from importer.errors import RetryableError
    from importer.line import Line
    from importer.model import Watcher
    from importer.pacing import Turn

_FIRST_PAUSE = 1.0  # seconds; doubles with each attempt
_LONGEST_PAUSE = 60.0
_NOTABLE_PAUSE = 1.0
_LONGEST_WAIT = 3_600.0  # asked for more, the run ends: an operator would not wait for it
_LOOK = 1.0  # seconds between looks at whether a rest is to end


class Turns:
    """Gives turns to the calls of a delivery, and says how long to pause between them."""

    def __init__(
        self, *, line: Line, lanes: Lanes, clock: Clock, watcher: Watcher, chance: Random
    ) -> None:
        self._line = line
        self._lanes = lanes
        self._clock = clock
        self._watcher = watcher
        self._chance = chance

    def turn(self, pause: float, scope: str) -> Turn:
        """Wait for the pause and for the pace. Raises HaltError on a stop."""
        if pause >= _NOTABLE_PAUSE:
            self._watcher.event("pausing", seconds=round(pause, 1))
        try:
            turn = self._line.turn(pause=pause, scope=scope)
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

    def slot(self, turn: Turn) -> None:
        """Take a slot for a turn. Raises HaltError when no further call may begin."""
        try:
            self._lanes.take_slot()
        except HaltError:
            self._line.unused(turn)
            raise

    def rest(self, seconds: float) -> None:
        """Wait so many seconds, or until the delivery is to end."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0 and not self._lanes.stopping:
            self._clock.sleep(min(left, _LOOK))

    def pause_after(self, error: RetryableError, attempt: int, scope: str) -> float:
        """Say how long to pause; a wait that the platform asked for holds all such calls."""
        self._watcher.event("not-taken", attempt=attempt, asked_to_wait=error.wait)
        if error.wait is None:
            return self.jittered(attempt)
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
        self._line.hold(error.wait, scope=scope)
        return 0.0

    def jittered(self, attempt: int) -> float:
        """Full jitter: anything up to a bound that doubles, so that callers do not come in step."""
        return self._chance.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)))
