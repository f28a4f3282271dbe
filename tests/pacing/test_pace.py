from __future__ import annotations

import math
import threading
import time
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.clock import Interruption
from importer.errors import StoppedError
from importer.model import ApiResponse, Limits
from importer.pacing import Begun, BudgetSpentError, Pace, Turn
from tests.pacing.world import FakeClock, World, most_in_a_window, over_the_limits, share_used

NO_LIMITS = Limits(calls_per_minute=None)


class DeafBudget:
    """A budget whose store broke: only its beginning is answered, or not even that."""

    def __init__(self, *, begins: bool) -> None:
        self.begins = begins
        self.closed = False

    def begin(self, windows: object) -> Begun | float:
        if self.begins:
            return Begun(7)
        raise StoppedError("the calls cannot be counted")

    def end(self, number: int) -> None:
        assert number == 7
        raise StoppedError("the calls cannot be counted")

    def hold(self, seconds: float) -> None:
        raise StoppedError("the calls cannot be counted")

    def close(self) -> None:
        self.closed = True


class SlowBudget:
    """A budget that lets all other threads run while it is asked, and sees who asks with it."""

    def __init__(self) -> None:
        self.inside = self.most_inside = 0

    def begin(self, windows: object) -> Begun | float:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        for _ in range(50):
            time.sleep(0)
        self.inside -= 1
        return Begun(1)

    def end(self, number: int) -> None:
        pass

    def hold(self, seconds: float) -> None:
        pass

    def close(self) -> None:
        pass


def _taken(pace: Pace, *, longest: float = math.inf) -> Turn:
    turn = pace.wait_turn(Interruption(), longest=longest)
    assert turn is not None
    return turn


def _starts(limits: Limits, calls: int, each: float = 0.0) -> list[float]:
    """When each call starts, if every call takes so many seconds."""
    clock = FakeClock()
    pace = Pace(limits, clock)
    starts = []
    for _ in range(calls):
        turn = _taken(pace)
        starts.append(clock.elapsed)
        clock.elapsed += each
        pace.done(turn)
    return starts


def test_without_limits_nothing_waits() -> None:
    assert len(set(_starts(NO_LIMITS, 1000))) == 1


def test_limit_that_nobody_could_meet_is_none() -> None:
    assert len(set(_starts(Limits(calls_per_minute=1e300), 1000))) == 1


def test_a_minute_s_calls_go_at_once_and_the_next_waits_for_the_first_to_leave_the_window() -> None:
    starts = _starts(Limits(calls_per_minute=60), 61)
    assert starts[59] == starts[0]
    assert 60 < starts[60] - starts[0] < 60.1


def test_a_call_counts_from_its_end_since_nobody_knows_when_it_arrived() -> None:
    starts = _starts(Limits(calls_per_minute=1), 2, each=7)
    assert 67 < starts[1] - starts[0] < 67.1


def test_a_call_under_way_counts_until_a_window_after_now() -> None:
    clock = FakeClock()
    pace = Pace(Limits(calls_per_minute=1), clock)
    first = _taken(pace)
    clock.elapsed += 20
    with pytest.raises(BudgetSpentError) as spent:
        pace.wait_turn(Interruption(), longest=10)
    assert 60 < (spent.value.due - clock.now()).total_seconds() < 60.1
    pace.done(first)
    began = clock.elapsed
    _taken(pace)
    assert 60 < clock.elapsed - began < 60.1


def test_a_call_that_nobody_ends_blocks_nobody_for_ever() -> None:
    clock = FakeClock()
    pace = Pace(Limits(calls_per_minute=1, timeout_seconds=100), clock)
    began = clock.elapsed
    _taken(pace)
    _taken(pace)
    assert 160 < clock.elapsed - began < 170


@given(
    per_second=st.none() | st.floats(0.2, 20),
    per_minute=st.none() | st.floats(1, 200),
    per_hour=st.none() | st.floats(1, 500),
    per_day=st.none() | st.integers(1, 500),
    longest_call=st.floats(0, 30),
    lanes=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
def test_no_sliding_window_of_the_platform_ever_holds_more_calls_than_its_limit(
    per_second: float | None,
    per_minute: float | None,
    per_hour: float | None,
    per_day: int | None,
    longest_call: float,
    lanes: int,
    seed: int,
) -> None:
    limits = Limits(
        calls_per_second=per_second,
        calls_per_minute=per_minute,
        calls_per_hour=per_hour,
        calls_per_day=per_day,
    )
    clock = FakeClock()
    world = World(
        lambda: Pace(limits, clock),
        clock,
        Random(seed),
        processes=1,
        lanes=lanes,
        longest_call=longest_call,
    )
    assert not over_the_limits(limits, world.run(60))


@pytest.mark.parametrize(
    ("limits", "calls", "seconds", "longest_call"),
    [
        (Limits(calls_per_minute=60), 60, 60.0, 1.0),
        (Limits(calls_per_minute=7), 7, 60.0, 2.0),
        (Limits(calls_per_second=40, calls_per_minute=None), 40, 1.0, 0.02),
        (Limits(calls_per_hour=1000, calls_per_minute=None), 1000, 3600.0, 3.0),
    ],
)
def test_the_allowed_calls_are_used_to_at_least_95_percent(
    limits: Limits, calls: int, seconds: float, longest_call: float
) -> None:
    clock = FakeClock()
    world = World(
        lambda: Pace(limits, clock), clock, Random(1), processes=1, longest_call=longest_call
    )
    assert share_used(world.run(25 * calls), calls, seconds) >= 0.95


def test_a_rate_below_one_is_one_call_in_a_longer_window() -> None:
    starts = _starts(Limits(calls_per_second=0.5, calls_per_minute=None), 3)
    assert 2 < starts[1] - starts[0] < 2.02


def test_a_rate_near_nothing_is_told_without_overflow() -> None:
    pace = Pace(Limits(calls_per_day=5e-324), FakeClock())
    pace.done(_taken(pace))
    with pytest.raises(BudgetSpentError, match="the next may go at 2126-"):
        _taken(pace, longest=4000)


def test_old_calls_are_forgotten_and_the_limit_still_holds() -> None:
    clock = FakeClock()
    pace = Pace(Limits(calls_per_second=50, calls_per_minute=None), clock)
    starts = []
    for _ in range(2500):
        turn = _taken(pace)
        starts.append(clock.elapsed)
        pace.done(turn)
    assert most_in_a_window(starts, 1.0) == 50
    assert len(pace._own._ended) <= 1100


def test_a_hold_lets_nothing_go_and_a_shorter_one_does_not_end_it() -> None:
    clock = FakeClock()
    pace = Pace(NO_LIMITS, clock)
    pace.hold(20)
    pace.hold(5)
    assert _taken(pace).waited == 20
    assert clock.slept == [20]
    assert _taken(pace).waited == 0


def test_a_hold_is_believed_for_a_day_at_most() -> None:
    pace = Pace(NO_LIMITS, FakeClock())
    pace.hold(1e300)
    assert 86_400 <= _taken(pace).waited < 86_401


def test_a_hold_that_begins_during_a_wait_is_noticed() -> None:
    clock = FakeClock()
    pace = Pace(NO_LIMITS, clock)
    pace.hold(40)
    clock.on_sleep = lambda: pace.hold(100) if len(clock.slept) == 1 else None
    assert _taken(pace).waited == 130
    assert max(clock.slept) == 30


def test_an_answer_that_says_no_call_is_left_holds_the_next() -> None:
    pace = Pace(NO_LIMITS, FakeClock())
    pace.heed(ApiResponse(200, {"x-ratelimit-remaining": "1", "x-ratelimit-reset": "9"}, b""))
    assert _taken(pace).waited == 0
    pace.heed(ApiResponse(200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, b""))
    assert _taken(pace).waited == 9


def test_a_stop_ends_the_wait_and_counts_no_call() -> None:
    clock, interruption = FakeClock(), Interruption()
    pace = Pace(Limits(calls_per_minute=1), clock)
    turn = pace.wait_turn(interruption)
    assert turn is not None
    pace.done(turn)
    clock.on_sleep = lambda: interruption.request(2)
    assert pace.wait_turn(interruption) is None
    assert len(clock.slept) == 1
    assert Pace(Limits(), clock).wait_turn(interruption) is None


def test_a_wait_that_is_too_long_is_refused_with_the_moment_it_ends() -> None:
    clock = FakeClock()
    pace = Pace(Limits(calls_per_day=1), clock)
    pace.done(_taken(pace))
    with pytest.raises(BudgetSpentError, match="next may go at 2026-11-23T12:") as spent:
        _taken(pace, longest=4000)
    assert not clock.slept
    clock.elapsed += (spent.value.due - clock.now()) / timedelta(seconds=1)
    assert _taken(pace, longest=4000).waited < 0.01


def test_a_wait_worth_telling_is_told_once() -> None:
    clock = FakeClock()
    pace = Pace(NO_LIMITS, clock)
    told: list[float] = []
    pace.hold(4)
    pace.wait_turn(Interruption(), tell=told.append)
    pace.hold(100)
    pace.wait_turn(Interruption(), tell=told.append)
    assert told == [100]


def test_threads_never_pass_the_limit_together() -> None:
    clock = FakeClock()
    budget = SlowBudget()
    pace = Pace(Limits(calls_per_minute=50), clock, budget=budget)
    starts: list[float] = []
    numbers: list[int] = []

    def call() -> None:
        for _ in range(25):
            turn = _taken(pace)
            starts.append(clock.elapsed)
            numbers.append(turn.number)
            pace.done(turn)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 201))
    assert budget.most_inside == 1
    assert most_in_a_window(starts, 60.0) <= 50


def test_a_broken_budget_loses_no_answer_and_is_told_at_the_next_turn() -> None:
    budget = DeafBudget(begins=True)
    clock = FakeClock()
    pace = Pace(Limits(calls_per_minute=1), clock, budget=budget)
    pace.done(_taken(pace))
    pace.hold(70)
    assert _taken(pace).waited == 70
    budget.begins = False
    clock.elapsed += 200
    with pytest.raises(StoppedError, match="cannot be counted"):
        _taken(pace)
    pace.close()
    assert budget.closed


def test_closing_without_a_budget_is_nothing() -> None:
    Pace(NO_LIMITS, FakeClock()).close()


# --- scopes ---------------------------------------------------------------------------------------


def _taken_in(pace: Pace, scope: str) -> Turn:
    turn = pace.wait_turn(Interruption(), scope=scope)
    assert turn is not None
    return turn


NONE_LEFT = ApiResponse(200, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, b"")


def test_a_hold_of_one_scope_leaves_calls_of_others_alone() -> None:
    pace = Pace(NO_LIMITS, FakeClock())
    pace.heed(NONE_LEFT, scope="low")
    assert _taken_in(pace, "high").waited == 0
    assert _taken(pace).waited == 0
    assert _taken_in(pace, "low").waited == 9


def test_a_hold_of_no_scope_in_particular_holds_them_all() -> None:
    for scope in ("low", "default"):
        pace = Pace(NO_LIMITS, FakeClock())
        pace.hold(7)
        assert _taken_in(pace, scope).waited == 7


def test_the_windows_count_calls_of_all_scopes_together() -> None:
    pace = Pace(Limits(calls_per_minute=2), FakeClock())
    for scope in ("low", "high"):
        pace.done(_taken_in(pace, scope))
    assert _taken_in(pace, "other").waited > 59


def test_only_a_hold_of_every_call_is_told_to_those_who_share_the_budget() -> None:
    held: list[float] = []
    budget = SlowBudget()
    budget.hold = held.append  # type: ignore[assignment, method-assign]
    pace = Pace(NO_LIMITS, FakeClock(), budget=budget)
    pace.hold(5, scope="low")
    pace.hold(6)
    assert held == [6]


def test_a_hold_of_a_scope_that_begins_while_its_call_waits_lets_others_pass() -> None:
    clock = FakeClock()
    pace = Pace(Limits(calls_per_minute=1), clock)
    pace.done(_taken_in(pace, "high"))
    passed: list[float] = []

    def others() -> None:
        clock.on_sleep = lambda: None
        pace.hold(300, scope="low")
        waits = iter([0] * 3)

        def pass_by() -> None:  # once the held call has left the queue
            if next(waits, None) is None:
                clock.on_sleep = lambda: None
                passed.append(_taken_in(pace, "high").waited)

        clock.on_sleep = pass_by

    clock.on_sleep = others
    assert _taken_in(pace, "low").waited >= 300
    assert len(passed) == 1


def test_a_long_hold_of_a_scope_is_refused_like_any_other_wait() -> None:
    pace = Pace(NO_LIMITS, FakeClock())
    pace.hold(5_000, scope="low")
    with pytest.raises(BudgetSpentError):
        pace.wait_turn(Interruption(), longest=4_000, scope="low")
