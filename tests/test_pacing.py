from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.clock import Interruption
from importer.model import Limits
from importer.pacing import Pace


class FakeClock:
    def __init__(self) -> None:
        self.elapsed = 50.0
        self.slept: list[float] = []
        self.interruption: Interruption | None = None

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.elapsed

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.interruption:
            self.interruption.request(2)
        else:
            self.elapsed += seconds


def _starts(limits: Limits, calls: int, each: float = 0.0) -> list[float]:
    """When each call starts, if every call takes so many seconds."""
    clock, interruption = FakeClock(), Interruption()
    pace = Pace(limits, clock)
    starts = []
    for _ in range(calls):
        assert pace.wait_turn(interruption)
        starts.append(clock.elapsed)
        clock.elapsed += each
    return starts


def _most_in_a_window(starts: list[float], seconds: float) -> int:
    return max(sum(first <= s < first + seconds for s in starts) for first in starts)


def test_without_limits_nothing_waits() -> None:
    assert len(set(_starts(Limits(calls_per_minute=None), 1000))) == 1


def test_a_minute_s_calls_go_at_once_and_the_next_waits_for_the_first_to_leave_the_window() -> None:
    starts = _starts(Limits(calls_per_minute=60), 61)
    assert starts[59] == starts[0]
    assert starts[60] - starts[0] == pytest.approx(61.2)


@given(
    per_second=st.none() | st.floats(0.2, 20),
    per_minute=st.none() | st.floats(1, 200),
    per_hour=st.none() | st.floats(1, 500),
    per_day=st.none() | st.integers(1, 500),
    each=st.floats(0, 2),
)
def test_no_sliding_window_ever_holds_more_calls_than_its_limit(
    per_second: float | None,
    per_minute: float | None,
    per_hour: float | None,
    per_day: int | None,
    each: float,
) -> None:
    limits = Limits(
        calls_per_second=per_second,
        calls_per_minute=per_minute,
        calls_per_hour=per_hour,
        calls_per_day=per_day,
    )
    starts = _starts(limits, 60, each)
    rates = [(per_second, 1), (per_minute, 60), (per_hour, 3600), (per_day, 86400)]
    for rate, seconds in rates:
        if rate is not None:
            window = seconds if rate >= 1 else seconds / rate
            assert _most_in_a_window(starts, window) <= max(1, rate)


@pytest.mark.parametrize(("rate", "calls"), [(60, 600), (7, 70)])
def test_the_allowed_calls_are_used_to_at_least_95_percent(rate: int, calls: int) -> None:
    starts = _starts(Limits(calls_per_minute=rate), calls)
    minutes = (starts[-1] - starts[0]) / 60
    assert (calls - rate) / (minutes * rate) >= 0.95


def test_a_rate_below_one_is_one_call_in_a_longer_window() -> None:
    starts = _starts(Limits(calls_per_second=0.5, calls_per_minute=None), 3)
    assert starts[1] - starts[0] == pytest.approx(2.04)


def test_a_hold_lets_nothing_go_and_a_shorter_one_does_not_end_it() -> None:
    clock = FakeClock()
    pace = Pace(Limits(calls_per_minute=None), clock)
    pace.hold(30)
    pace.hold(5)
    assert pace.seconds_to_wait() == 30
    assert pace.wait_turn(Interruption())
    assert clock.slept == [30]
    assert pace.seconds_to_wait() == 0


def test_a_stop_ends_the_wait_and_counts_no_call() -> None:
    clock, interruption = FakeClock(), Interruption()
    pace = Pace(Limits(calls_per_minute=1), clock)
    assert pace.wait_turn(interruption)
    clock.interruption = interruption
    assert not pace.wait_turn(interruption)
    assert len(clock.slept) == 1
    assert not Pace(Limits(), clock).wait_turn(interruption)
