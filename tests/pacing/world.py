"""A world without waiting: clocks that move when told, and processes that share one budget."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from importer.clock import Interruption
from importer.model import Limits
from importer.pacing import Budget, BudgetSpentError, Pace, Turn
from importer.state import shared_budget

ACCOUNT = "dialog-insight|https://platform.example|5335"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


class FakeClock:
    """Time that passes only when somebody sleeps or moves it; ``jump`` sets the wall's clock."""

    def __init__(self) -> None:
        self.elapsed = 50.0
        self.jumped = 0.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOON + self.elapsed + self.jumped, UTC)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.elapsed += seconds
        self.on_sleep()

    def jump(self, seconds: float) -> None:
        self.jumped += seconds


def open_shared(folder: Path, clock: FakeClock, *, timeout_seconds: float = 60) -> Budget:
    return shared_budget(folder, ACCOUNT, clock=clock, timeout_seconds=timeout_seconds)


def most_in_a_window(moments: Sequence[float], seconds: float) -> int:
    """Count the moments in the fullest stretch, its end not included."""
    ordered = sorted(moments)
    first = most = 0
    for last, moment in enumerate(ordered):
        while ordered[first] <= moment - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def over_the_limits(limits: Limits, moments: Sequence[float]) -> list[str]:
    """Name the windows that hold too many calls."""
    rates = [
        (limits.calls_per_second, 1.0),
        (limits.calls_per_minute, 60.0),
        (limits.calls_per_hour, 3600.0),
        (limits.calls_per_day, 86400.0),
    ]
    over = []
    for rate, seconds in rates:
        if rate is None:
            continue
        window = seconds if rate >= 1 else seconds / rate
        if (most := most_in_a_window(moments, window)) > max(1, rate):
            over.append(f"{most} in {window:g} s")
    return over


def share_used(moments: Sequence[float], calls: int, seconds: float) -> float:
    """Tell how much of what a full window allows is used, of calls that never pause."""
    ordered = sorted(moments)
    return (len(ordered) - calls) * seconds / (calls * (ordered[-1] - ordered[0]))


@dataclass
class World:
    """Processes of some lanes each, all wanting to call as often as they may.

    ``longest_call``: seconds; a call reaches the platform at any moment of it. ``deaths``: how
    likely a process dies at the end of a call, all its calls left open; it is started again.
    """

    open_pace: Callable[[], Pace]
    clock: FakeClock
    chance: Random
    processes: int = 2
    lanes: int = 2
    longest_call: float = 1.0
    deaths: float = 0.0
    jumps: Sequence[float] = ()
    arrivals: list[float] = field(default_factory=list)

    def run(self, calls: int) -> list[float]:
        """Make so many calls; give the moments at which they reach the platform."""
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        for _ in range(self.processes):
            self._start()
        while len(self.arrivals) < calls:
            moment, _, act = heapq.heappop(self._events)
            self.clock.elapsed = max(self.clock.elapsed, moment)
            if self.jumps and self.chance.random() < 0.05:
                self.clock.jump(self.chance.choice(list(self.jumps)))
            act()
        return self.arrivals

    def _start(self) -> None:
        process = _Process(self.open_pace())
        for _ in range(self.lanes):
            self._at(0.0, lambda: self._ask(process))

    def _ask(self, process: _Process) -> None:
        if process.dead:
            return
        try:
            turn = process.pace.wait_turn(Interruption(), longest=0.0)
        except BudgetSpentError as spent:
            wait = (spent.due - self.clock.now()).total_seconds()
            self._at(max(wait, 0.001), lambda: self._ask(process))
            return
        assert turn is not None
        takes = self.chance.choice([0.0, self.longest_call, self.chance.uniform(0, 1)])
        takes = min(takes, self.longest_call)
        when = self.chance.choice([0.0, takes, self.chance.uniform(0, takes)])
        self.arrivals.append(self.clock.elapsed + when)
        self._at(takes, lambda: self._end(process, turn))

    def _end(self, process: _Process, turn: Turn) -> None:
        if process.dead:
            return
        if self.chance.random() < self.deaths:
            process.dead = True
            process.pace.close()
            self._at(self.chance.uniform(0, 2), self._start)
            return
        process.pace.done(turn)
        self._ask(process)

    def _at(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.clock.elapsed + seconds, next(self._order), act))


@dataclass
class _Process:
    pace: Pace
    dead: bool = False
