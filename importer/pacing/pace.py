"""When the next call may go: the connection's limits, what the platform asks, others' calls."""

from __future__ import annotations

import contextlib
import math
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from importer.asked_waits import rate_limit_wait
from importer.clock import iso
from importer.errors import ImporterError, StoppedError
from importer.language import tr
from importer.pacing.budget import Begun
from importer.pacing.own_calls import OwnCalls
from importer.pacing.windows import DAY, windows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from importer.clock import Clock, Interruption
    from importer.model import ApiResponse, Limits
    from importer.pacing.budget import Budget

_NOTABLE_WAIT = 5.0  # seconds; a shorter one is not worth telling
_LONGEST_SLEEP = 30.0  # meanwhile a clock may be set, or a hold begin
_SHORTEST_SLEEP = 0.001  # a clock may not show less
_LONGEST_HOLD = DAY  # a platform that asks for more is asked again tomorrow
_FARTHEST = timedelta(days=36_500)
_EVERY_SCOPE = "default"  # what is held in it is held in every scope


class BudgetSpentError(ImporterError):
    """The calls that the connection allows are spent; ``due``: when the next may go, in UTC."""

    def __init__(self, due: datetime) -> None:
        super().__init__(
            tr(
                "The calls that the connection allows are spent; the next may go at {due}.",
                due=iso(due),
            )
        )
        self.due = due


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to make one call, now. ``waited``: seconds waited for it."""

    number: int
    waited: float


class Pace:
    """The calls one account may make. Several threads may use it.

    With a ``budget``, its calls are counted together with those of everybody who shares it; a call
    must fit into both what the budget and what this process knows, so that no clock that is set
    lets too many of its own go. The windows count the calls of all scopes; a hold of one scope,
    which only this process knows, leaves the calls of others alone.
    """

    def __init__(self, limits: Limits, clock: Clock, *, budget: Budget | None = None) -> None:
        self._clock = clock
        self._budget = budget
        self._windows = windows_of(limits)
        self._own = OwnCalls(self._windows, limits.timeout_seconds)
        self._held_until: dict[str, float] = {}  # by scope
        self._last_number = 0
        self._counted: dict[int, int] = {}  # a turn's number -> its number in the budget
        self._lock = threading.Lock()  # of all the above, never held while anybody waits
        self._queue = threading.Lock()  # one thread asks and waits, the others stand behind it

    def wait_turn(
        self,
        interruption: Interruption,
        *,
        longest: float = math.inf,
        tell: Callable[[float], None] | None = None,
        scope: str = _EVERY_SCOPE,
    ) -> Turn | None:
        """Wait until a call may go, and count it; ``done`` must follow. None: a stop was requested.

        ``tell`` is called once, with the seconds, when the wait is worth telling. ``scope``: the
        call's. Raises BudgetSpentError when it would be more than ``longest`` seconds, and
        StoppedError when the budget does not answer; nothing is counted then.
        """
        asked = self._clock.monotonic()
        while not interruption.requested:
            if (wait := self._scope_wait(scope)) > 0:  # outside the queue: others may go meanwhile
                tell = self._sleep(wait, longest, tell)
                continue
            with self._queue:
                while not interruption.requested and self._scope_wait(scope) <= 0:
                    wait = self._begin()
                    if wait <= 0:
                        return Turn(self._last_number, self._clock.monotonic() - asked)
                    tell = self._sleep(wait, longest, tell)
        return None

    def _sleep(
        self, wait: float, longest: float, tell: Callable[[float], None] | None
    ) -> Callable[[float], None] | None:
        """Sleep for a wait, or a part of it; give whom to tell of the next."""
        if wait > longest:
            raise BudgetSpentError(self._clock.now() + _span(wait))
        if tell is not None and wait >= _NOTABLE_WAIT:
            tell(wait)
            tell = None
        self._clock.sleep(min(max(wait, _SHORTEST_SLEEP), _LONGEST_SLEEP))
        return tell

    def done(self, turn: Turn) -> None:
        """Note that a turn's call ended, with or without an answer. Never raises."""
        with self._lock:
            self._own.end(turn.number, self._clock.monotonic())
            counted = self._counted.pop(turn.number, None)
        if self._budget is not None and counted is not None:
            # An answer must not be lost over this: the call then counts until its time-out, and
            # the next turn tells what is wrong.
            with contextlib.suppress(StoppedError):
                self._budget.end(counted)

    def heed(self, response: ApiResponse, *, scope: str = _EVERY_SCOPE) -> None:
        """Hold calls if an answer to one of that scope says that none is left. Never raises."""
        wait = rate_limit_wait(response)
        if wait:
            self.hold(wait, scope=scope)

    def hold(self, seconds: float, *, scope: str = _EVERY_SCOPE) -> None:
        """Let no call of the scope go for that long, a day at most. Never raises.

        In the scope ``default`` no call of the account at all.
        """
        wait = min(seconds, _LONGEST_HOLD)
        with self._lock:
            until = self._clock.monotonic() + wait
            self._held_until[scope] = max(self._held_until.get(scope, -math.inf), until)
        if self._budget is not None and scope == _EVERY_SCOPE:
            with contextlib.suppress(StoppedError):
                self._budget.hold(wait)

    def close(self) -> None:
        """Let go of the budget; calls that are still open count until their time-out."""
        if self._budget is not None:
            self._budget.close()

    def _scope_wait(self, scope: str) -> float:
        """Say for how long only the scope's own calls are held."""
        if scope == _EVERY_SCOPE:
            return 0.0
        with self._lock:
            return self._held_until.get(scope, -math.inf) - self._clock.monotonic()

    def _begin(self) -> float:
        """Count a call if it may go now; else give the seconds to wait."""
        with self._lock:
            now = self._clock.monotonic()
            held = self._held_until.get(_EVERY_SCOPE, -math.inf) - now
            wait = max(held, self._own.wait(now))
        if wait > 0:
            return wait
        answer = self._budget.begin(self._windows) if self._budget is not None else None
        if isinstance(answer, float):
            return answer
        with self._lock:
            self._last_number += 1
            self._own.begin(self._last_number, self._clock.monotonic())
            if isinstance(answer, Begun):
                self._counted[self._last_number] = answer.number
        return 0.0


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds) if seconds < _FARTHEST.total_seconds() else _FARTHEST
