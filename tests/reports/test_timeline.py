"""Calls over time: summed up, drawn, and in words."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.journal import Call, CallResult
from importer.reports.pages.call_picture import CallPicture, call_picture, pace
from importer.reports.pages.timeline import (
    MOST_LINES,
    MOST_STEPS,
    Step,
    Timeline,
    allowed,
    timeline,
)
from importer.reports.words.limit_words import limit_lines
from tests.reports.pages import BEGUN, LIMITS, call, iso, steady_calls, troubled_calls


def at(*seconds: float, **members: object) -> list[Call]:
    """Make a call at each of some seconds."""
    return [call(n, BEGUN + timedelta(seconds=s), **members) for n, s in enumerate(seconds, 1)]


def drawn(calls: Timeline) -> CallPicture:
    picture = call_picture(calls, LIMITS)
    assert picture is not None
    return picture


def test_a_run_without_calls_has_no_picture() -> None:
    assert timeline([]) == Timeline()
    assert call_picture(Timeline(), LIMITS) is None
    assert timeline([]).steps == ()


def test_a_single_call_is_a_column_and_not_a_wall() -> None:
    calls = timeline(at(0))
    assert calls.calls == calls.busiest == 1
    picture = drawn(calls)
    (piece,) = picture.pieces
    assert (piece.name, piece.x) == ("answered", 0)
    assert piece.width < 10
    assert picture.top == "1 call in 0.1 s"
    assert picture.words == (
        "Calls over time: 1 call from 2026-11-22 03:15:01 UTC to 2026-11-22 03:15:01 UTC, at most "
        "1 in 0.1 s; 0 were repetitions, 0 had no answer."
    )


def test_ten_thousand_calls_are_few_columns_and_fewer_lines() -> None:
    calls = timeline(steady_calls(10_000))
    assert 20 < len(calls.steps) <= MOST_STEPS
    assert len(calls.lines) <= MOST_LINES
    assert sum(step.calls for step in calls.steps) == 10_000
    assert sum(line.calls for line in calls.lines) == 10_000
    assert sum(line.contacts for line in calls.lines) == 1_000_000
    assert calls.width == 300


def test_what_became_of_calls_is_told_apart() -> None:
    calls = timeline(
        [
            *at(0),
            *at(0.01, attempt=2),
            *at(0.02, result=CallResult.NOT_TAKEN, attempt=2),
            *at(0.03, result=CallResult.REFUSED),
            *at(0.04, result=CallResult.IN_DOUBT),
            *at(0.05, result=CallResult.OPEN, ended=""),
        ]
    )
    step = calls.steps[0]
    assert step.counts == (
        ("answered", 1),
        ("again", 1),
        ("not_taken", 1),
        ("refused", 1),
        ("in_doubt", 2),
    )
    assert (step.calls, step.repeated) == (6, 2)
    assert [name for name, _ in drawn(calls).legend] == [name for name, _ in step.counts]


def test_waits_at_the_same_time_count_once_and_fall_where_they_were() -> None:
    calls = timeline(
        [
            call(1, BEGUN),
            call(2, BEGUN + timedelta(seconds=10), waited=8.0),
            call(3, BEGUN + timedelta(seconds=11), waited=9.0),
        ]
    )
    waited = [step.waited for step in calls.steps]
    assert sum(waited) == pytest.approx(9.0)
    assert all(0 <= one <= calls.width + 1e-6 for one in waited)
    assert waited[0] == 0.0
    assert calls.waiting
    assert "waited" in {piece.name for piece in drawn(calls).pieces}


def test_a_night_without_calls_is_a_pause_and_not_an_empty_picture() -> None:
    morning = [call(9, BEGUN + timedelta(hours=14, seconds=s)) for s in (0, 1, 2)]
    calls = timeline([*at(0, 1, 2), *morning])
    first, second = calls.sessions
    assert first.pause == 0.0
    assert second.pause == pytest.approx(14 * 3_600 - 2.4)
    assert calls.width < 1
    picture = drawn(calls)
    (pause,) = picture.pauses
    assert pause.words == "pause of 13 h 59 min"
    xs = [piece.x for piece in picture.pieces]
    assert sum(x < pause.x for x in xs) == sum(x > pause.x for x in xs) == 3


def test_a_long_wait_for_a_limit_is_a_wait_and_no_pause() -> None:
    late = call(4, BEGUN + timedelta(hours=1), waited=3_590.0)
    calls = timeline([*at(0, 1, 2), late])
    assert len(calls.sessions) == 1
    assert sum(step.waited for step in calls.steps) == pytest.approx(3_590)


def test_years_of_calls_still_fit() -> None:
    calls = timeline(call(n, BEGUN + timedelta(days=40 * n)) for n in range(60))
    assert len(calls.steps) <= MOST_STEPS
    assert sum(step.calls for step in calls.steps) == 60


def test_reasons_are_counted_the_most_frequent_first() -> None:
    calls = timeline(troubled_calls(40))
    assert calls.reasons == (
        ("The platform asks to wait (HTTP 429).", 4),
        ("No answer came in 60 s.", 1),
    )
    many = timeline(at(*range(500), message="x"))
    assert many.reasons == (("x", 500),)
    different = (call(n, BEGUN, message=f"reason {n}") for n in range(1, 1_000))
    assert len(timeline(different).reasons) == 5


@pytest.mark.parametrize(
    ("width", "bound"), [(0.5, None), (30, None), (60, 60), (120, 120), (172_800, 40_000)]
)
def test_a_limit_bounds_steps_that_are_as_long_as_its_window(
    width: float, bound: float | None
) -> None:
    assert allowed(LIMITS, width) == bound
    assert allowed(None, width) is None


def test_the_limit_is_drawn_where_calls_come_near_it() -> None:
    near = drawn(timeline(steady_calls(4_000)))
    assert near.allowed_words == "as many as the limits allow: 120 in 2 min 0 s"
    assert near.allowed_y is not None
    far = drawn(timeline(steady_calls(200, seconds=20.0)))
    assert far.allowed_y is None
    assert far.allowed_words == ""


def test_the_pace_of_a_moment_is_not_told() -> None:
    assert pace(Step("", 0.1, answered=1)) == "–"
    assert pace(Step("", 90, answered=3)) == "2"
    assert pace(Step("", 60.0, answered=3, not_taken=1)) == "4"
    assert pace(Step("", 70.0, answered=4)) == "3.4"


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5e6), st.floats(0, 4_000), st.floats(0, 90), st.sampled_from(CallResult)
        ),
        min_size=1,
        max_size=60,
    )
)
def test_no_call_is_lost_whatever_happened(
    told: list[tuple[float, float, float, CallResult]],
) -> None:
    made = []
    for number, (begun, waited, took, result) in enumerate(sorted(told, key=lambda one: one[0])):
        start = BEGUN + timedelta(seconds=begun)
        ended = "" if result is CallResult.OPEN else iso(start + timedelta(seconds=took))
        made.append(call(number, start, waited=waited, ended=ended, result=result))
    calls = timeline(made)
    assert sum(step.calls for step in calls.steps) == len(made)
    assert sum(line.calls for line in calls.lines) == len(made)
    assert len(calls.steps) <= MOST_STEPS
    assert len(calls.lines) <= MOST_LINES + len(calls.sessions)
    assert all(-1e-6 <= step.waited <= step.seconds + 1e-6 for step in calls.steps)
    assert all(one.begins <= other.begins for one, other in pairwise(calls.steps))
    for piece in drawn(calls).pieces:
        assert 0 <= piece.x <= 100
        assert piece.x + piece.width <= 100.01
        assert 0 <= piece.height <= 100


def test_limits_are_told_with_whose_they_are_and_lifted_ones_as_well() -> None:
    lifted = LIMITS.model_copy(
        update={"calls_per_minute": None, "configured": ("calls_per_minute", "calls_per_day")}
    )
    half = lifted.model_copy(update={"calls_per_second": 0.5})
    assert [(one.words, one.value, one.own) for one in limit_lines(half)] == [
        ("contacts a call", "100", False),
        ("size of a call", "1.0 MB", False),
        ("calls a second", "0.50", False),
        ("calls a minute", "no limit", True),
        ("calls a day", "20,000", True),
        ("calls at the same time", "1", False),
        ("longest wait for an answer", "1 min 0 s", False),
        ("attempts for a call", "6", False),
    ]
    assert limit_lines(None) == []
