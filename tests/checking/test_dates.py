from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from importer.field_rules import RealDates, ValueType
from importer.issues import IssueCode, Severity, message

from .columns import TODAY, column_of, rule_of

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
    "D MMMM YYYY": "%d %B %Y",
    "MMM. DD, YYYY": "%b %d, %Y",
    "dddd DDMMMYYYY": "%A %d%b%Y",
    "DD/MM/YYYY hh:mm A": "%d/%m/%Y 12:00 AM",
    "excel": "%N",
    "excel-1904": "%n",
}
FRENCH = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
          "octobre", "novembre", "décembre")  # fmt: skip
SHORT = ("Jan", "FÉVR.", "mar.", "Apr", "mai", "JUNE", "juil.", "aout", "Sept", "oct.", "nov",
         "DEC.")  # fmt: skip
WEEKDAYS = ("lundi", "Tuesday", "MERCREDI", "jeu.", "Fri", "samedi", "dim")
DAYS = [date(1900, 1, 1) + timedelta(days) for days in range(73_414)]


def strftime(day: date, form: str) -> str:
    year, month, number = f"{day.year:04}", f"{day.month:02}", f"{day.day:02}"
    form = form.replace("%Y", year).replace("%m", month).replace("%d", number)
    form = form.replace("%y", year[2:]).replace("%B", FRENCH[day.month - 1])
    form = form.replace("%b", SHORT[day.month - 1]).replace("%A", WEEKDAYS[day.weekday()])
    since_1900 = day.toordinal() - date(1899, 12, 30).toordinal() - (day < date(1900, 3, 1))
    return form.replace("%N", str(since_1900)).replace("%n", str(since_1900 - 1_462))


@pytest.mark.parametrize("form", FORMATS)
def test_every_day_from_1900_to_2100_is_read_in_the_format(form: str | None) -> None:
    assert DAYS[-1] == date(2100, 12, 31)
    days = [day for day in DAYS if form != "excel-1904" or day.year >= 1904]
    texts: list[str | None] = [strftime(day, FORMATS[form]) for day in days]
    found = column_of(texts, rule_of(ValueType.DATE, format=form))
    assert found.texts == [day.isoformat() for day in days]
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
    assert list(found.problems) == [IssueCode.DATE_INVALID]
    assert found.problems[IssueCode.DATE_INVALID][0].startswith("DD/MM/YYYY")


def test_without_a_format_only_the_year_may_come_first() -> None:
    found = column_of(["2026/1/5", "2026.01.05", "05/01/2026"], rule_of(ValueType.DATE))
    assert found.texts == ["2026-01-05", "2026-01-05", None]
    hint = "YYYY-MM-DD; it would fit DD/MM/YYYY or MM/DD/YYYY"
    assert found.problems == {IssueCode.DATE_INVALID: {2: hint}}


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


@pytest.mark.parametrize("pivot", [0, 30, 68, 99])
def test_a_pivot_tells_the_century_of_every_short_year(pivot: int) -> None:
    days = [date(1901 + pivot + number, 5, 17) for number in range(100)]
    rule = rule_of(ValueType.DATE, format="DD/MM/YY", pivot=pivot)
    found = column_of([strftime(day, "%d/%m/%y") for day in days], rule)
    assert found.texts == [day.isoformat() for day in days]
    assert not found.problems


def test_a_leap_day_is_one_of_the_century_that_the_pivot_tells() -> None:
    texts = ["29/02/00"]
    assert column_of(texts, rule_of(ValueType.DATE, format="DD/MM/YY", pivot=10)).texts == [
        "2000-02-29"
    ]
    rule = rule_of(ValueType.DATE, format="YY.MM.DD", pivot=0)
    assert column_of(["01.02.29"], rule).problems == {IssueCode.DATE_IMPOSSIBLE: {0: ""}}


def test_no_century_is_guessed_without_a_pivot() -> None:
    found = column_of(["24/10/26"], rule_of(ValueType.DATE, format="DD/MM/YY"))
    assert found.texts == [None]
    assert found.problems == {IssueCode.DATE_INVALID: {0: "DD/MM/YY"}}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("12:00 AM", "00:00"),
        ("12:30 am", "00:30"),
        ("1:05 a.m.", "01:05"),
        ("11:59AM", "11:59"),
        ("12:00 PM", "12:00"),
        ("12:59 p. m.", "12:59"),
        ("1:05 pm", "13:05"),
        ("11:59 P.M.", "23:59"),
        ("0:30 AM", None),
        ("13:00 PM", None),
    ],
)
def test_a_clock_of_twelve_hours_is_read_as_it_counts(text: str, wanted: str | None) -> None:
    rule = rule_of(ValueType.DATETIME, format="DD/MM/YYYY h:mm A")
    found = column_of([f"03/04/2026 {text}"], rule)
    assert found.texts == [f"2026-04-03 {wanted}:00" if wanted else None]
    assert list(found.problems) == ([] if wanted else [IssueCode.DATE_IMPOSSIBLE])


# --- several formats ------------------------------------------------------------------------


def test_each_text_is_read_in_the_format_that_it_fits() -> None:
    formats = ("DD/MM/YYYY", "YYYY-MM-DD", "D MMMM YYYY", "DD/MM/YY", "excel")
    rule = rule_of(ValueType.DATE, formats=formats, pivot=30)
    texts = ["03/04/2026", "2026-04-03", "3 avril 2026", "03/04/26", "46115", "3 of April"]
    found = column_of(texts, rule)
    assert found.texts == ["2026-04-03"] * 5 + [None]
    listed = "DD/MM/YYYY, YYYY-MM-DD, D MMMM YYYY, DD/MM/YY or excel"
    assert found.problems == {IssueCode.DATE_INVALID: {5: listed}}


def test_a_text_that_fits_a_format_is_not_tried_in_the_next() -> None:
    rule = rule_of(ValueType.DATE, formats=("DD/MM/YYYY", "D/M/YYYY"))
    found = column_of(["31/02/2026"], rule)
    assert found.texts == [None]
    assert list(found.problems) == [IssueCode.DATE_IMPOSSIBLE]


# --- serial numbers -------------------------------------------------------------------------


@given(number=st.integers(61, 2_958_465), seconds=st.integers(0, 86_399), mac=st.booleans())
@settings(deadline=None, max_examples=200)
def test_serial_numbers_are_read_as_openpyxl_reads_them(
    number: int, seconds: int, mac: bool
) -> None:
    serial = number + seconds / 86_400
    shift = 1_462 if mac else 0
    if number <= shift:
        return
    epoch = MAC_EPOCH if mac else WINDOWS_EPOCH
    wanted = (from_excel(serial - shift, epoch) + timedelta(milliseconds=500)).replace(
        microsecond=0
    )
    rule = rule_of(ValueType.DATETIME, format="excel-1904" if mac else "excel")
    assert column_of([f"{serial - shift:.10f}"], rule).texts == [str(wanted)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("45954", "2025-10-24"),
        ("45954,0", "2025-10-24"),
        ("2958465", "9999-12-31"),
    ],
)
def test_serial_numbers_count_from_1900(text: str, wanted: str) -> None:
    found = column_of([text], rule_of(ValueType.DATE, format="excel"))
    assert found.texts == [wanted]
    assert not found.problems


@pytest.mark.parametrize("text", ["0", "60", "60.5", "2958466", "9999999", "2958465.999999"])
def test_serial_numbers_without_a_day_are_refused(text: str) -> None:
    found = column_of([text], rule_of(ValueType.DATE, format="excel"))
    assert found.texts == [None]
    assert list(found.problems) == [IssueCode.DATE_IMPOSSIBLE]


def test_serial_numbers_of_1904_begin_with_nought() -> None:
    rule = rule_of(ValueType.DATE, format="excel-1904")
    found = column_of(["0", "60", "44492", "2957003", "2957004"], rule)
    assert found.texts == ["1904-01-01", "1904-03-01", "2025-10-24", "9999-12-31", None]


def test_the_fraction_of_a_serial_number_is_its_time() -> None:
    moments = column_of(["45954.5", "45954,25"], rule_of(ValueType.DATETIME, format="excel"))
    assert moments.texts == ["2025-10-24 12:00:00", "2025-10-24 06:00:00"]
    days = column_of(["45954.5"], rule_of(ValueType.DATE, format="excel"))
    assert days.texts == ["2025-10-24"]
    assert list(days.problems) == [IssueCode.TIME_DROPPED]


# --- the future -----------------------------------------------------------------------------


def test_a_date_after_today_is_refused_where_none_may_lie_there() -> None:
    tomorrow = TODAY + timedelta(1)
    texts = [TODAY.isoformat(), tomorrow.isoformat(), "2026-02-30", f"{tomorrow} 09:30"]
    found = column_of(texts, rule_of(ValueType.DATE, future=False))
    assert found.texts == [TODAY.isoformat(), None, None, None]
    assert found.problems == {
        IssueCode.DATE_IMPOSSIBLE: {2: ""},
        IssueCode.DATE_IN_FUTURE: {1: "", 3: ""},
    }
    assert column_of(texts[:2], rule_of(ValueType.DATE)).texts == texts[:2]


def test_a_date_time_counts_by_its_day() -> None:
    rule = rule_of(ValueType.DATETIME, future=False)
    found = column_of([f"{TODAY} 23:59:59", f"{TODAY + timedelta(1)} 00:00"], rule)
    assert found.texts == [f"{TODAY} 23:59:59", None]
    assert list(found.problems) == [IssueCode.DATE_IN_FUTURE]


def test_without_a_day_of_the_check_nothing_lies_in_the_future() -> None:
    rule = rule_of(ValueType.DATE, future=False)
    assert column_of(["9999-12-31"], rule, today=date.max).texts == ["9999-12-31"]


# --- real dates in the wrong order ----------------------------------------------------------


def test_real_dates_are_turned_where_day_and_month_can_be_either() -> None:
    texts = ["2026-04-03", "2026-04-04", "2026-04-25", "2026-04-03 09:30:00", "2026-02-30",
             "25/04/2026", "03/04/2026"]  # fmt: skip
    rule = rule_of(ValueType.DATETIME, format="DD/MM/YYYY", real_dates=RealDates.SWAP)
    found = column_of(texts, rule, typed_dates=True)
    days = [
        "2026-03-04",
        "2026-04-04",
        "2026-04-25",
        "2026-03-04",
        None,
        "2026-04-25",
        "2026-04-03",
    ]
    assert [text and text[:10] for text in found.texts] == days
    assert found.texts[3] == "2026-03-04 09:30:00"
    assert list(found.problems) == [IssueCode.DATE_IMPOSSIBLE]


def test_real_dates_are_turned_without_a_format_or_with_one_like_them() -> None:
    for formats in ((), ("YYYY-MM-DD",)):
        rule = rule_of(ValueType.DATE, formats=formats, real_dates=RealDates.SWAP)
        assert column_of(["2026-04-03"], rule, typed_dates=True).texts == ["2026-03-04"]


def test_only_real_dates_are_turned_and_only_when_asked() -> None:
    rule = rule_of(ValueType.DATE, format="YYYY-MM-DD", real_dates=RealDates.SWAP)
    assert column_of(["2026-04-03"], rule).texts == ["2026-04-03"]
    for real_dates in (None, RealDates.KEEP):
        kept = rule_of(ValueType.DATE, format="DD/MM/YYYY", real_dates=real_dates)
        assert column_of(["2026-04-03"], kept, typed_dates=True).texts == ["2026-04-03"]


@given(day=st.dates(min_value=date(1000, 1, 1)))
@settings(deadline=None)
def test_turning_a_real_date_twice_gives_it_back(day: date) -> None:
    rule = rule_of(ValueType.DATE, real_dates=RealDates.SWAP)
    (turned,) = column_of([day.isoformat()], rule, typed_dates=True).texts
    assert turned is not None
    assert column_of([turned], rule, typed_dates=True).texts == [day.isoformat()]


# --- hints ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formats", "text", "hint"),
    [
        (("DD/MM/YYYY",), "hier", "DD/MM/YYYY"),
        (("DD/MM/YYYY", "YYYY-MM-DD"), "hier", "DD/MM/YYYY or YYYY-MM-DD"),
        (("DD/MM/YYYY",), "2026-10-24", "DD/MM/YYYY; it would fit YYYY-MM-DD"),
        (("DD/MM/YYYY",), "10-24-2026", "DD/MM/YYYY; it would fit MM-DD-YYYY"),
        (("DD/MM/YYYY",), "3 avril 2026", "DD/MM/YYYY; it would fit D MMMM YYYY"),
        (("D MMMM YYYY",), "April 3rd, 2026", "D MMMM YYYY; it would fit MMMM D, YYYY"),
        ((), "03/04/2026", "YYYY-MM-DD; it would fit DD/MM/YYYY or MM/DD/YYYY"),
        (("DD/MM/YYYY",), "10-44-2026", "DD/MM/YYYY"),
        (
            ("DD/MM/YYYY",),
            "45954",
            "DD/MM/YYYY; it looks like the number of a day in a spreadsheet: "
            "`format: [DD/MM/YYYY, excel]` reads such numbers",
        ),
        (
            (),
            "45954.5",
            "YYYY-MM-DD; it looks like the number of a day in a spreadsheet: "
            "`format: [YYYY-MM-DD, excel]` reads such numbers",
        ),
        (("DD/MM/YYYY",), "19999", "DD/MM/YYYY"),
        (("DD/MM/YYYY",), "60000", "DD/MM/YYYY"),
    ],
)
def test_what_is_no_date_is_refused_with_the_forms_that_count_and_a_hint(
    formats: tuple[str, ...], text: str, hint: str
) -> None:
    found = column_of([text], rule_of(ValueType.DATE, formats=formats))
    assert found.problems == {IssueCode.DATE_INVALID: {0: hint}}


@pytest.mark.parametrize("form", ["DD/MM/YYYY", None])
def test_a_day_in_the_months_place_is_named_as_the_likely_slip(form: str | None) -> None:
    texts = ["10/24/2026", "31/02/2026"] if form else ["2026-24-10", "2026-02-31"]
    found = column_of(texts, rule_of(ValueType.DATE, format=form))
    details = found.problems[IssueCode.DATE_IMPOSSIBLE]
    assert details == {0: " With day and month in each other's place it would.", 1: ""}
    said = message(IssueCode.DATE_IMPOSSIBLE, column="Jour", value=texts[0], detail=details[0])
    assert said.endswith(
        "in Jour does not exist in the calendar. With day and month in each other's place it would."
    )


def test_a_month_by_name_cannot_change_places() -> None:
    found = column_of(["31 février 2026"], rule_of(ValueType.DATE, format="D MMMM YYYY"))
    assert found.problems == {IssueCode.DATE_IMPOSSIBLE: {0: ""}}


near = st.from_regex(
    r"([0-9]{1,8}|[a-zûé]{3,9}\.?)[-/., ]?([0-9]{1,3}|avr|Août)[-/., ]?[0-9]{0,5}"
    r"( [0-9:]{0,8})?( ?[ap]m)?",
    fullmatch=True,
)


@given(texts=st.lists(st.none() | near | st.text(), max_size=8), typed=st.booleans())
@settings(deadline=None, max_examples=100)
def test_no_text_makes_any_format_raise(texts: list[str | None], typed: bool) -> None:
    for formats in (
        ("DD/MM/YY", "D MMMM YYYY", "excel"),
        ("MMM D, YY h:mm A", "excel-1904"),
        ("ddd DDMMMYYYY HHhmm",),
    ):
        for type_ in (ValueType.DATE, ValueType.DATETIME):
            rule = rule_of(
                type_, formats=formats, pivot=40, future=False, real_dates=RealDates.SWAP
            )
            found = column_of(texts, rule, typed_dates=typed)
            assert all(found.texts[position] is None for position in found.wrong())
