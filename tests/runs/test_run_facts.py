"""Exit codes by the contract's order, thresholds, and how long a plan will take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.errors import UnusableInputError
from importer.model import Limits, RunState
from importer.reports import RowTotals
from importer.run_facts import _expected_seconds, exit_code
from importer.thresholds import threshold

GOOD = RowTotals(read=1, created=1)


@pytest.mark.parametrize(
    ("state", "rows", "duplicates", "signal", "code"),
    [
        (RunState.FINISHED, GOOD, 0, None, 0),
        (RunState.FINISHED, RowTotals(read=1, skipped=1), 0, None, 0),
        (RunState.FINISHED, RowTotals(read=1, duplicate=1), 0, None, 0),
        (RunState.FINISHED, RowTotals(read=1, duplicate=1), 1, None, 3),
        (RunState.FINISHED, RowTotals(read=1, invalid=1), 0, None, 3),
        (RunState.FINISHED, RowTotals(read=1, rejected=1), 0, None, 3),
        (RunState.FINISHED, RowTotals(read=2, rejected=1, unknown=1), 0, None, 6),
        (RunState.STOPPED, RowTotals(read=2, unknown=1, not_sent=1), 0, None, 5),
        (RunState.STOPPED, GOOD, 0, 2, 130),
        (RunState.STOPPED, GOOD, 0, 15, 143),
        (RunState.STOPPED, GOOD, 0, 1, 5),
        (RunState.SENDING, GOOD, 0, None, 5),
        (RunState.ABANDONED, GOOD, 0, None, 5),
        (RunState.REFUSED, GOOD, 0, None, 4),
        (RunState.CHECKED, RowTotals(read=1, not_sent=1), 0, None, 0),
        (RunState.CHECKED, RowTotals(read=1, invalid=1), 0, None, 3),
        (RunState.CHECKING, GOOD, 0, None, 0),
    ],
)
def test_exit_code_follows_the_state_and_the_worst_verdict(
    state: RunState, rows: RowTotals, duplicates: int, signal: int | None, code: int
) -> None:
    assert exit_code(state, rows, duplicates, signal) == code


def test_rows_that_were_written_only_in_part_are_no_success() -> None:
    assert exit_code(RunState.FINISHED, GOOD, 0, None, 1) == 3
    assert exit_code(RunState.FINISHED, RowTotals(read=2, created=1, unknown=1), 0, None, 1) == 6
    assert exit_code(RunState.STOPPED, GOOD, 0, None, 1) == 5


@pytest.mark.parametrize(
    ("text", "rows", "most"),
    [("0", 9, 0), (" 20 ", 9, 20), ("5%", 200, 10), ("2.5 %", 200, 5), ("0,5%", 200, 1)],
)
def test_threshold_is_a_number_of_rows_or_a_share(text: str, rows: int, most: float) -> None:
    assert threshold(text, rows) == pytest.approx(most)


@pytest.mark.parametrize("text", ["", "-1", "5%%", "%", "1.5", "ten", "1e3", "5 % of"])
def test_threshold_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(UnusableInputError, match="neither a number of rows nor a share"):
        threshold(text, 10)


def test_expected_duration_is_that_of_the_narrowest_limit() -> None:
    free = Limits(calls_per_minute=None)
    assert _expected_seconds(100, free) == pytest.approx(30)
    assert _expected_seconds(100, replace(free, calls_per_second=1)) == 99
    assert _expected_seconds(121, replace(free, calls_per_minute=60)) == 120
    assert _expected_seconds(0, Limits()) == 0
