from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.issues import IssueCode, Severity
from importer.model import ValueType

from .columns import column_of, rule_of

FORMATS = {
    None: "%Y-%m-%d",
    "YYYY-MM-DD": "%Y-%m-%d",
    "DD/MM/YYYY": "%d/%m/%Y",
    "MM/DD/YYYY": "%m/%d/%Y",
    "DD.MM.YYYY": "%d.%m.%Y",
    "YYYYMMDD": "%Y%m%d",
    "D M YYYY": "%d %m %Y",
    "YYYY-MM-DD HH:mm:ss": "%Y-%m-%d 00:00:00",
    "(DD) [MM] {YYYY} é|?*": "(%d) [%m] {%Y} é|?*",
}
DAYS = [date(1900, 1, 1) + timedelta(days) for days in range(73_414)]


def strftime(day: date, form: str) -> str:
    year, month, number = f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
    return form.replace("%Y", year).replace("%m", month).replace("%d", number)


@pytest.mark.parametrize("form", FORMATS)
def test_every_day_from_1900_to_2100_is_read_in_the_format(form: str | None) -> None:
    assert DAYS[-1] == date(2100, 12, 31)
    texts: list[str | None] = [strftime(day, FORMATS[form]) for day in DAYS]
    found = column_of(texts, rule_of(ValueType.DATE, format=form))
    assert found.texts == [day.isoformat() for day in DAYS]
    assert not found.problems


@given(
    year=st.integers(0, 9999), month=st.integers(0, 99), day=st.integers(0, 99), typed=st.booleans()
)
@settings(deadline=None, max_examples=300)
def test_a_day_is_read_exactly_if_the_calendar_has_it(
    year: int, month: int, day: int, typed: bool
) -> None:
    try:
        wanted = date(year, month, day).isoformat() if year >= 1000 else None
    except ValueError:
        wanted = None
    text = f"{day:02}/{month:02}/{year:04}"
    rule = rule_of(ValueType.DATE, format="DD/MM/YYYY")
    found = column_of([text], rule, typed_dates=typed)
    assert found.texts == [wanted]
    assert list(found.problems) == ([] if wanted else [IssueCode.DATE_IMPOSSIBLE])


@pytest.mark.parametrize(
    "text",
    ["31.02.1999", "29.02.1900", "29.02.2023", "31.04.2026", "00.01.2026", "01.13.2026",
     "01.00.2026", "01.01.0999"],
)  # fmt: skip
def test_days_that_no_calendar_has_are_refused_as_such(text: str) -> None:
    found = column_of([text, "29.02.2000"], rule_of(ValueType.DATE, format="DD.MM.YYYY"))
    assert found.texts == [None, "2000-02-29"]
    assert list(found.problems) == [IssueCode.DATE_IMPOSSIBLE]


@pytest.mark.parametrize(
    "text",
    ["2026-10-24", "24/10/26", "24-10-2026", "24/10/2026x", "x24/10/2026", "24/10/2026\n", "hier",
     "24/10/20266", "٢٤/١٠/٢٠٢٦", "24/10/2026 09:30"],
)  # fmt: skip
def test_other_forms_than_the_mappings_are_refused(text: str) -> None:
    found = column_of([text], rule_of(ValueType.DATE, format="DD/MM/YYYY"))
    assert found.texts == [None]
    assert found.problems == {IssueCode.DATE_INVALID: {0: "DD/MM/YYYY"}}


def test_without_a_format_only_the_year_may_come_first() -> None:
    found = column_of(["2026/1/5", "2026.01.05", "05/01/2026"], rule_of(ValueType.DATE))
    assert found.texts == ["2026-01-05", "2026-01-05", None]
    assert found.problems == {IssueCode.DATE_INVALID: {2: "YYYY-MM-DD"}}


def test_a_time_of_day_is_dropped_from_a_date_with_a_warning_unless_it_is_midnight() -> None:
    texts = ["2026-10-24 09:30:00", "2026-10-24T00:00:01", "2026-10-24 00:00", "2026-10-24"]
    found = column_of(texts, rule_of(ValueType.DATE))
    assert found.texts == ["2026-10-24"] * 4
    assert found.problems == {IssueCode.TIME_DROPPED: {0: "", 1: ""}}
    assert found.severities[IssueCode.TIME_DROPPED] is Severity.WARNING


def test_an_impossible_day_with_a_time_is_one_problem_only() -> None:
    found = column_of(["2026-02-30 09:30"], rule_of(ValueType.DATE))
    assert list(found.problems) == [IssueCode.DATE_IMPOSSIBLE]


@pytest.mark.parametrize("text", ["2026-10-24 24:00:00", "2026-10-24 12:60", "2026-10-24 12:00:60"])
def test_times_that_no_clock_shows_are_refused(text: str) -> None:
    for type_ in (ValueType.DATE, ValueType.DATETIME):
        found = column_of([text], rule_of(type_))
        assert found.texts == [None]
        assert list(found.problems) == [IssueCode.DATE_IMPOSSIBLE]


def test_real_dates_stand_as_iso_beside_the_format() -> None:
    texts = ["2026-10-24", "24/10/2026", "2026-10-24 09:30:00", "2026-10-24 09:30:00.500"]
    rule = rule_of(ValueType.DATE, format="DD/MM/YYYY")
    found = column_of(texts, rule, typed_dates=True)
    assert found.texts == ["2026-10-24"] * 4
    assert found.problems == {IssueCode.TIME_DROPPED: {2: "", 3: ""}}
    assert column_of(texts, rule).wrong() == [0, 2, 3]


def test_iso_beside_the_format_is_strict() -> None:
    rule = rule_of(ValueType.DATE, format="DD/MM/YYYY")
    found = column_of(["2026/10/24", "2026-1-5", "2026-02-30"], rule, typed_dates=True)
    assert found.texts == [None] * 3
    assert {code: list(at) for code, at in found.problems.items()} == {
        IssueCode.DATE_INVALID: [0, 1],
        IssueCode.DATE_IMPOSSIBLE: [2],
    }


@given(moment=st.datetimes().filter(lambda moment: moment.year >= 1000))
@settings(deadline=None)
def test_date_times_keep_their_seconds(moment: datetime) -> None:
    wanted = [moment.replace(microsecond=0).isoformat(sep=" ")]
    plain = rule_of(ValueType.DATETIME)
    assert column_of([moment.isoformat(timespec="milliseconds")], plain).texts == wanted
    french = rule_of(ValueType.DATETIME, format="DD/MM/YYYY HH:mm:ss")
    text = f"{moment:%d/%m}/{moment.year:04} {moment:%H:%M:%S}"
    assert column_of([text], french).texts == wanted
    typed = moment.isoformat(sep=" ", timespec="seconds")
    assert column_of([typed], french, typed_dates=True).texts == wanted


def test_a_date_alone_means_midnight_in_a_date_time() -> None:
    assert column_of(["2026-10-24"], rule_of(ValueType.DATETIME)).texts == ["2026-10-24 00:00:00"]
    rule = rule_of(ValueType.DATETIME, format="DD/MM/YYYY HH:mm")
    found = column_of(["24/10/2026 9:05", "2026-10-24"], rule, typed_dates=True)
    assert found.texts == ["2026-10-24 09:05:00", "2026-10-24 00:00:00"]
    assert not found.problems
