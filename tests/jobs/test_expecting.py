"""When a job's file must have come."""

from __future__ import annotations

import os
import sys
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import UnusableInputError
from importer.job_settings import ExpectSection
from importer.jobs.expecting import Expectation, check_calendars
from importer.settings import SETTINGS_FILE, read_settings

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "America/Toronto", "Europe/Paris", "Pacific/Apia", "Australia/Lord_Howe"]


def expected(
    by: str = "06:00",
    *,
    days: str | list[str] = "mon-fri",
    but: list[str] | None = None,
    zone: str = "UTC",
) -> Expectation:
    written: dict[str, Any] = {"days": days, "by": by, "except": but or [], "time_zone": zone}
    return Expectation(ExpectSection.model_validate(written))


def at(text: str, zone: str = "UTC") -> datetime:
    """Read ``12-07 06:00`` as a moment of 2026. Then the 7th of December is a Monday."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZoneInfo(zone))


def missing(expectation: Expectation, now: str, *came: str) -> str:
    """Give the day whose file has not come, as ``12-07``; empty: none."""
    day = expectation.missing(at(now), LONG_AGO, [at(one) for one in came])
    return "" if day is None else f"{day:%m-%d}"


# --- what is missing ------------------------------------------------------------------------------


def test_a_file_is_missing_once_its_deadline_is_past() -> None:
    assert missing(expected(), "12-08 05:59", "12-07 05:00") == ""
    assert missing(expected(), "12-08 06:00", "12-07 05:00") == "12-08"
    assert missing(expected(), "12-08 23:59", "12-07 05:00") == "12-08"


@pytest.mark.parametrize(
    "came", ["12-07 18:00", "12-07 23:00", "12-08 00:00", "12-08 05:59", "12-08 06:00"]
)
def test_a_file_of_the_evening_before_or_of_the_night_counts(came: str) -> None:
    assert missing(expected(), "12-08 06:00", came) == ""


@pytest.mark.parametrize("came", ["12-04 19:00", "12-05 03:00", "12-06 12:00", "12-07 02:00"])
def test_a_file_that_came_over_the_weekend_is_mondays(came: str) -> None:
    assert missing(expected(), "12-07 06:00", "12-04 05:00", came) == ""
    assert missing(expected(), "12-07 06:00", "12-04 05:00") == "12-07"


def test_nothing_is_missing_on_a_weekend_whose_friday_was_there() -> None:
    for now in ("12-05 07:00", "12-06 23:00", "12-07 05:59"):
        assert missing(expected(), now, "12-04 05:00") == ""
        assert missing(expected(), now, "12-03 05:00") == "12-04"


def test_a_late_file_is_missing_no_more_once_it_came() -> None:
    assert missing(expected(), "12-08 08:00", "12-07 05:00") == "12-08"
    assert missing(expected(), "12-08 08:01", "12-07 05:00", "12-08 08:00") == ""


def test_a_file_that_came_late_does_not_stand_for_the_next_ones() -> None:
    assert missing(expected(), "12-09 06:00", "12-08 08:00") == "12-09"
    assert missing(expected(), "12-09 06:00", "12-08 08:00", "12-09 05:00") == ""


def test_files_picked_up_just_after_each_deadline_hide_no_missing_one() -> None:
    every_night = [f"12-{day:02} 06:15" for day in (7, 8, 9)]
    assert missing(expected(), "12-09 06:15", *every_night) == ""
    assert missing(expected(), "12-10 06:15", *every_night) == "12-10"


def test_a_day_without_an_hour_of_its_own_counts_whole() -> None:
    any_time = expected("23:59", days="daily")
    assert missing(any_time, "12-08 23:59", "12-07 23:59") == "12-08"
    assert missing(any_time, "12-08 23:59", "12-08 00:01") == ""


def test_only_the_newest_missing_day_is_told() -> None:
    assert missing(expected(), "12-11 12:00", "12-02 05:00") == "12-11"
    assert missing(expected(), "12-13 12:00") == "12-11"


def test_what_was_due_before_the_first_start_is_not_missing() -> None:
    for first, day in (("12-08 05:59", date(2026, 12, 8)), ("12-08 06:00", None)):
        assert expected().missing(at("12-08 23:00"), at(first), []) == day
    assert expected().missing(at("12-09 06:00"), at("12-08 09:00"), [at("12-08 09:00")]) == date(
        2026, 12, 9
    )


def test_days_left_out_are_expected_of_nobody() -> None:
    but = expected(but=["2026-12-08", "2026-12-09"])
    assert missing(but, "12-09 12:00", "12-07 05:00") == ""
    assert missing(but, "12-10 06:00", "12-07 05:00") == "12-10"
    assert missing(but, "12-10 06:00", "12-07 20:00") == ""


def test_a_job_of_one_day_a_week_waits_for_it() -> None:
    mondays = expected(days="monday")
    assert missing(mondays, "12-13 12:00", "12-07 05:00") == ""
    assert missing(mondays, "12-14 06:00", "12-07 05:00") == "12-14"
    assert missing(mondays, "12-14 06:00", "12-09 05:00") == ""


def test_the_zone_says_when_a_day_begins_and_ends() -> None:
    toronto = expected("20:00", zone="America/Toronto")
    monday_evening = at("12-07 20:00", "America/Toronto")
    assert monday_evening.astimezone(UTC) == at("12-08 01:00")
    assert toronto.next_deadline(at("12-07 12:00")) == at("12-08 01:00")
    assert toronto.missing(at("12-08 01:00"), LONG_AGO, []) == date(2026, 12, 7)


def test_the_first_day_that_was_ever_expected_takes_any_file() -> None:
    far = [f"{date(2024, 9, 1) + timedelta(days=n)}" for n in range(826)]
    once = expected(days="daily", but=far)
    assert missing(once, "12-06 06:00") == "12-06"
    assert missing(once, "12-06 06:00", "12-01 06:00") == ""


# --- deadlines ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "following"),
    [
        ("daily", "12-05"),
        ("mon-fri", "12-07"),
        ("sat,sun", "12-05"),
        (["sun"], "12-06"),
        ("Wed", "12-09"),
        ("Thursday - Friday", "12-10"),
        ("tue–thu", "12-08"),
        (["tues", "thurs"], "12-08"),
        ("fri-mon", "12-05"),
        ("sun-tue", "12-06"),
    ],
)
def test_days_are_written_as_people_do(days: str | list[str], following: str) -> None:
    deadline = expected(days=days).next_deadline(at("12-04 06:00"))
    assert deadline == at(f"{following} 06:00")


def test_the_next_deadline_is_in_the_future() -> None:
    assert expected().next_deadline(at("12-07 05:59")) == at("12-07 06:00")
    assert expected().next_deadline(at("12-07 06:00")) == at("12-08 06:00")


def test_where_every_day_is_left_out_there_is_no_deadline() -> None:
    days = [f"{date(2024, 1, 1) + timedelta(days=n)}" for n in range(2000)]
    never = expected(days="daily", but=days)
    assert never.next_deadline(at("12-07 00:00")) is None
    assert missing(never, "12-07 00:00") == ""


def test_a_time_that_the_clocks_leave_out_is_later_by_as_much() -> None:
    # On the 8th of March 2026 the clocks of Toronto go from 02:00 to 03:00.
    deadline = expected("02:30", days="daily", zone="America/Toronto").next_deadline(
        at("03-08 00:00", "America/Toronto")
    )
    assert deadline == at("03-08 03:30", "America/Toronto").astimezone(UTC)


def test_of_a_time_that_the_clocks_show_twice_the_later_one_counts() -> None:
    # On the 1st of November 2026 they go from 02:00 back to 01:00.
    toronto = expected("01:30", days="daily", zone="America/Toronto")
    assert toronto.next_deadline(at("11-01 00:00", "America/Toronto")) == at("11-01 06:30")
    assert toronto.missing(at("11-01 05:45"), LONG_AGO, [at("10-31 04:00")]) is None


def test_a_leap_day_is_a_day() -> None:
    before = datetime(2028, 2, 28, 12, tzinfo=UTC)
    leap = datetime(2028, 2, 29, 6, tzinfo=UTC)
    assert expected(days="daily").next_deadline(before) == leap
    assert expected(days="daily", but=["2028-02-29"]).next_deadline(before) == leap + timedelta(1)


@pytest.fixture
def toronto_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/Toronto")
    clock.tzset()
    yield
    monkeypatch.undo()
    clock.tzset()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets no time zone by a variable")
@pytest.mark.usefixtures("toronto_machine")
def test_without_a_zone_the_machines_own_holds() -> None:
    here = expected("20:00", zone="")
    there = expected("20:00", zone="America/Toronto")
    for now in ("03-07 12:00", "03-08 12:00", "07-01 12:00", "11-01 12:00", "12-07 12:00"):
        assert here.next_deadline(at(now)) == there.next_deadline(at(now))
    assert here.missing(at("12-08 01:00"), LONG_AGO, []) == date(2026, 12, 7)
    assert os.environ["TZ"] == "America/Toronto"


# --- holidays -------------------------------------------------------------------------------------


def test_holidays_of_a_province_are_quiet() -> None:
    quebec = expected(days="daily", but=["holidays:CA-QC"])
    assert quebec.next_deadline(at("06-23 12:00")) == at("06-25 06:00")
    ontario = expected(days="daily", but=["holidays:ca-ON"])
    assert ontario.next_deadline(at("06-23 12:00")) == at("06-24 06:00")


@pytest.mark.parametrize("day", ["01-01", "05-01", "05-08", "07-14", "11-11", "12-25"])
def test_holidays_of_a_country_are_quiet(day: str) -> None:
    now = at(f"{day} 00:00")
    following = expected(days="daily", but=["holidays:FR"]).next_deadline(now)
    assert following == now + timedelta(days=1, hours=6)


def test_the_day_on_which_a_holiday_is_kept_is_quiet_too() -> None:
    # The 4th of July 2026 is a Saturday, and kept on Friday.
    american = expected(but=["holidays:US"])
    assert american.next_deadline(at("07-02 12:00")) == at("07-06 06:00")


def test_several_exceptions_add_up_over_years() -> None:
    but = ["holidays:CA-QC", "holidays:FR", "2027-01-04"]
    quiet = expected(but=but)
    assert quiet.next_deadline(datetime(2026, 12, 31, 7, tzinfo=UTC)) == datetime(
        2027, 1, 5, 6, tzinfo=UTC
    )


WRONG = {
    "holidays:XX": 'there are no holidays of "XX": write the two letters of a country',
    "holidays:CA-ZZ": '"ZZ" is no part of CA with holidays of its own (there are: AB, BC, MB',
    "holidays:CA-qc": 'Did you mean "QC"?',
    "holidays:MC-01": "the holidays of MC are the same everywhere: write holidays:MC",
    "holidays:IT-ZZ": "…)",
}


@pytest.mark.parametrize("written", WRONG)
def test_holidays_that_there_are_not_are_refused(written: str) -> None:
    with pytest.raises(UnusableInputError) as raised:
        expected(but=[written])
    assert WRONG[written] in str(raised.value)


def test_all_wrong_holidays_of_a_file_are_told_at_once_with_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(SETTINGS_FILE).write_text(
        "jobs:\n"
        "  a:\n"
        "    files: a\n"
        "    expect: {by: 06:00, except: [2026-12-25, holidays:CA-QC, holidays:XX]}\n"
        "  b:\n"
        "    files: b\n"
        "    expect: {by: 06:00, except: holidays:CA-Q}\n"
        "  c: {files: c}\n",
        encoding="utf-8",
    )
    with pytest.raises(UnusableInputError) as raised:
        check_calendars(read_settings(Path()))
    first, second = (str(one) for one in raised.value.mistakes)
    assert first.startswith("importer.yaml:4:62: jobs.a.expect.except: there are no holidays of")
    assert second.startswith('importer.yaml:7:33: jobs.b.expect.except: "Q" is no part of CA')


def test_right_holidays_and_none_at_all_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check_calendars(read_settings(Path()))
    Path(SETTINGS_FILE).write_text(
        "jobs: {a: {files: a, expect: {by: 06:00, except: [holidays:FR, holidays:CAN-QC]}}}"
    )
    check_calendars(read_settings(Path()))


def test_without_the_package_holidays_are_needed_only_where_they_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "holidays", None)
    Path(SETTINGS_FILE).write_text(
        "jobs: {a: {files: a, expect: {by: 06:00, except: holidays:XX}}}"
    )
    check_calendars(read_settings(Path()))
    assert expected().next_deadline(at("12-07 05:00")) == at("12-07 06:00")
    with pytest.raises(UnusableInputError) as raised:
        expected(but=["holidays:FR"])
    assert str(raised.value) == (
        "The holidays of FR are needed (`expect` in importer.yaml). "
        "Run: pip install 'importer[nights]'"
    )


# --- properties -----------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
SOME_DAYS = st.lists(
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True
)
EXPECTATIONS = st.builds(
    lambda by, days, zone: expected(f"{by:%H:%M}", days=days, zone=zone),
    st.times(),
    SOME_DAYS,
    st.sampled_from(ZONES),
)


@given(EXPECTATIONS, MOMENTS)
def test_deadlines_follow_one_another(expectation: Expectation, now: datetime) -> None:
    deadlines = [now]
    for _ in range(3):
        following = expectation.next_deadline(deadlines[-1])
        assert following is not None
        deadlines.append(following)
    assert all(one < other for one, other in pairwise(deadlines))
    # Seven days apart at most, an hour of the clocks, and the day that Apia left out in 2011.
    assert deadlines[1] - now <= timedelta(days=8, hours=1)


@given(EXPECTATIONS, MOMENTS)
def test_the_day_of_a_deadline_is_missing_from_it_on_and_not_before(
    expectation: Expectation, now: datetime
) -> None:
    deadline = expectation.next_deadline(now)
    assert deadline is not None
    day = expectation.missing(deadline, LONG_AGO - timedelta(days=9000), [])
    assert day is not None
    just_before = expectation.missing(
        deadline - timedelta(seconds=1), LONG_AGO - timedelta(days=9000), []
    )
    assert just_before is not None
    assert just_before < day


@given(EXPECTATIONS, MOMENTS, st.lists(MOMENTS, max_size=5))
def test_a_file_that_comes_settles_what_is_missing(
    expectation: Expectation, now: datetime, came: list[datetime]
) -> None:
    first = datetime(2000, 1, 1, tzinfo=UTC)
    earlier = [one for one in came if one <= now]
    assert expectation.missing(now, first, [*earlier, now]) is None
    if expectation.missing(now, first, earlier) is None:
        assert expectation.missing(now, first, [*earlier, now - timedelta(days=30)]) is None


@given(EXPECTATIONS, MOMENTS)
def test_nothing_is_missing_of_a_job_that_began_just_now(
    expectation: Expectation, now: datetime
) -> None:
    assert expectation.missing(now, now, []) is None


@given(st.times(), MOMENTS, st.integers(0, 359))
def test_a_file_within_six_hours_after_its_deadline_is_that_days_alone(
    by: time, now: datetime, minutes: int
) -> None:
    every_day = expected(f"{by:%H:%M}", days="daily")
    deadline = every_day.next_deadline(now)
    assert deadline is not None
    came = deadline + timedelta(minutes=minutes)
    following = every_day.next_deadline(deadline)
    assert following is not None
    settled = every_day.missing(following, LONG_AGO - timedelta(days=9000), [came])
    assert (settled is None) == (came.date() > deadline.date())
