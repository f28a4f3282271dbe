"""Lanes: so many at once and no more, and an end in which nothing is lost or waited for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from importer.clock import Interruption
from importer.delivery import EndReason
from importer.delivery.ending import HaltError
from importer.delivery.lanes import GRACE, Lanes
from tests.delivery.stage import FakeClock


class CrashError(BaseException):
    """What nothing of ours may swallow."""


@pytest.fixture
def interruption() -> Interruption:
    return Interruption()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def aborted() -> threading.Event:
    return threading.Event()


@pytest.fixture
def lanes(
    clock: FakeClock, interruption: Interruption, aborted: threading.Event
) -> Iterator[Lanes]:
    made = Lanes(3, clock=clock, interruption=interruption, abort=aborted.set)
    yield made
    made.close()


def _raises(error: BaseException) -> None:
    raise error


def test_work_is_done_side_by_side_and_never_by_more_than_allowed(lanes: Lanes) -> None:
    together = threading.Barrier(3)
    lock, at_once, most, done = threading.Lock(), 0, 0, 0

    def work() -> None:
        nonlocal at_once, most, done
        lanes.take_slot()
        with lock:
            at_once += 1
            most = max(most, at_once)
        together.wait()  # three must be here at once, or nobody goes on
        with lock:
            at_once -= 1
            done += 1

    for _ in range(9):
        lanes.give(work)
    lanes.finish()
    assert (most, done) == (3, 9)


def test_what_a_lane_raises_is_raised_where_it_is_waited_for(lanes: Lanes) -> None:
    lanes.give(lambda: _raises(ValueError("x")))
    with pytest.raises(ValueError, match="x"):
        lanes.finish()
    assert lanes.halting
    with pytest.raises(ValueError, match="x"):
        lanes.give(lambda: None)


def test_the_others_are_waited_for_when_one_fails(lanes: Lanes) -> None:
    go, ended = threading.Event(), []

    def slow() -> None:
        go.wait()
        ended.append(lanes.halting)

    lanes.give(slow)

    def fails() -> None:
        go.set()
        raise ValueError

    lanes.give(fails)
    with pytest.raises(ValueError):
        lanes.finish()
    assert len(ended) == 1


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_weightiest_failure_is_the_one_that_is_told(lanes: Lanes, first: int) -> None:
    failures: list[BaseException] = [
        HaltError(EndReason.INTERRUPTED, "stop"),
        HaltError(EndReason.ACCOUNT_REFUSED, "refused"),
        CrashError(),
    ]
    order = [*failures[first:], *failures[:first]]
    turns = [threading.Event() for _ in order]

    def fail(place: int) -> None:
        turns[place].wait()
        if place + 1 < len(turns):
            turns[place + 1].set()
        raise order[place]

    for place in range(3):
        lanes.give(partial(fail, place))
    turns[0].set()
    with pytest.raises(CrashError):
        lanes.finish()


def _pass_time(clock: FakeClock, after: float) -> None:
    """Let the grace pass on the clock, after so many real seconds."""

    def pass_it() -> None:
        clock.elapsed += GRACE + 1

    threading.Timer(after, pass_it).start()


def test_a_call_that_hangs_is_broken_off_after_a_grace(
    lanes: Lanes, clock: FakeClock, interruption: Interruption, aborted: threading.Event
) -> None:
    def hangs() -> None:
        interruption.request(2)
        _pass_time(clock, 0.3)
        aborted.wait()
        raise HaltError(EndReason.INTERRUPTED, "broken off")

    lanes.give(hangs)
    with pytest.raises(HaltError, match="broken off"):
        lanes.finish()
    assert aborted.is_set()


def test_a_lane_that_nothing_ends_is_left_to_itself(
    lanes: Lanes, clock: FakeClock, interruption: Interruption, aborted: threading.Event
) -> None:
    never = threading.Event()

    def hangs() -> None:
        interruption.request(2)
        for after in (0.3, 0.5, 0.9):
            _pass_time(clock, after)
        never.wait()

    lanes.give(hangs)
    with pytest.raises(HaltError) as halt:
        lanes.finish()
    assert halt.value.reason is EndReason.INTERRUPTED
    assert aborted.is_set()
    assert lanes.abandoned
    never.set()


# --- slots ---------------------------------------------------------------------------------------


def test_while_some_make_calls_others_write_down_what_they_know(lanes: Lanes) -> None:
    together = threading.Barrier(6)  # three with a slot, and three that have passed theirs on

    def passes_it_on() -> None:
        lanes.take_slot()
        lanes.pass_slot_on()
        together.wait()

    def keeps_it() -> None:
        lanes.take_slot()
        lanes.take_slot()  # it has one already
        together.wait()

    for _ in range(3):
        lanes.give(passes_it_on)
    for _ in range(3):
        lanes.give(keeps_it)
    lanes.finish()


def test_never_more_have_a_slot_than_there_are(lanes: Lanes) -> None:
    lock, at_once, most = threading.Lock(), 0, 0

    def calls() -> None:
        nonlocal at_once, most
        lanes.take_slot()
        with lock:
            at_once += 1
            most = max(most, at_once)
        with lock:
            at_once -= 1
        lanes.pass_slot_on()

    for _ in range(200):
        lanes.give(calls)
    lanes.finish()
    assert 1 <= most <= 3


def test_who_waits_for_a_slot_gets_none_once_something_failed(lanes: Lanes) -> None:
    taken, refused = threading.Barrier(4), threading.Event()

    def fails() -> None:
        lanes.take_slot()
        taken.wait()
        raise ValueError("x")

    def waits() -> None:
        taken.wait()
        try:
            while not lanes.halting:
                pass
            lanes.take_slot()
        except HaltError:
            refused.set()

    for _ in range(3):
        lanes.give(fails)
    lanes.give(waits)
    with pytest.raises(ValueError, match="x"):
        lanes.finish()
    assert refused.is_set()


def test_no_slot_is_given_once_a_stop_is_requested(
    lanes: Lanes, interruption: Interruption
) -> None:
    interruption.request(2)
    lanes.give(lanes.take_slot)
    with pytest.raises(HaltError):
        lanes.finish()
