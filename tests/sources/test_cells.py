from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from importer.sources.books.number_formats import Moment, shape_by_number, shape_of
from importer.sources.cells import cell_text, unescaped

# Cells have no time zone.
# ruff: noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  x ", "  x "),
        (5145551234.0, "5145551234"),
        (1e20, "100000000000000000000"),
        (1e300, "1e+300"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (-12.50, "-12.5"),
        (-0.0, "0"),
        (7, "7"),
        (4532015112830366.0, "4532015112830370"),
        (-4532015112830366, "-4532015112830370"),
        (999_999_999_999_999.0, "999999999999999"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2026, 10, 24), "2026-10-24"),
        (datetime(2026, 10, 24), "2026-10-24"),
        (datetime(2026, 10, 24, 9, 30), "2026-10-24 09:30:00"),
        (datetime(2026, 10, 24, 9, 30, 1, 500_000), "2026-10-24 09:30:01.500"),
        (time(9, 30), "09:30:00"),
        (time(9, 30, 1, 250_000), "09:30:01.250"),
        (timedelta(hours=255, minutes=10, seconds=10), "255:10:10"),
        (timedelta(seconds=-1.5), "-00:00:01.500"),
        (None, ""),
    ],
)
def test_values_are_written_as_an_operator_sees_them(value: object, text: str) -> None:
    assert cell_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2020, 5, 17, 14, 29, 59, 999_000), "2020-05-17 14:30:00"),
        (datetime(2020, 5, 17, 23, 59, 59, 999_500), "2020-05-18"),
        (datetime(2020, 5, 17, 14, 30, 0, 1_000), "2020-05-17 14:30:00"),
        (datetime(9999, 12, 31, 23, 59, 59, 999_900), "9999-12-31 23:59:59.999"),
        (time(14, 29, 59, 999_000), "14:30:00"),
        (time(23, 59, 59, 999_900), "23:59:59"),
        (timedelta(hours=30, microseconds=-600), "30:00:00"),
        (timedelta(hours=30, microseconds=600), "30:00:00"),
    ],
)
def test_seconds_that_are_stored_as_parts_of_a_day_are_whole_again(
    value: object, text: str
) -> None:
    assert cell_text(value) == text


def test_escapes_of_control_characters_are_undone() -> None:
    assert unescaped("a_x000D_b_x005F_x000D__x12_") == "a\rb_x000D__x12_"


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("00000", 1234.0, "01234"),
        ("00000", 123456.0, "123456"),
        ("00000", 0, "00000"),
        ("00000", -7.0, "-00007"),
        ("000000000", 46454286.0, "046454286"),
        ("000-000", 1234.0, "001-234"),
        ("00000-0000", 21341234.0, "02134-1234"),
        ('0#" "##" "##" "##" "##', 612345678.0, "06 12 34 56 78"),
        ("0#\\ ##\\ ##\\ ##\\ ##", 612345678.0, "06 12 34 56 78"),
        ("00 00 00 00 00", 612345678.0, "06 12 34 56 78"),
        ("(000) 000-0000", 145551234.0, "(014) 555-1234"),
        ("00\\.00", 123.0, "01.23"),
        ('"CH-"0000', 42.0, "CH-0042"),
        ("+00 000", 1.0, "+00 001"),
        ("##-00", 5.0, "-05"),
        ("000.00", 1.5, "001.50"),
        ("000.0#", 1.25, "001.25"),
        ("00_);(00)", 3.0, "03"),
        ("00_);(00)", -3.0, "(03)"),
        ("00;-00;0", 0.0, "0"),
        ('000;-000;"nil"', 0.0, "0"),
        ("[Red]000;[Blue]-000", -1.0, "-001"),
        ("[$-40C]00000", 42.0, "00042"),
        ("00*x", 4.0, "04"),
        ("[<=9999999]000-0000;(000) 000-0000", 5551234.0, "555-1234"),
        ("[<=9999999]000-0000;(000) 000-0000", 145551234.0, "(014) 555-1234"),
        ("[>5]000;[<2]00", 3.0, "3"),
        # Decimals that the format would cut off are not lost.
        ("00000", 12.5, "12.5"),
        ("00000", "text", "text"),
        ("00000", True, "TRUE"),
        ("000", float("inf"), "inf"),
        ("000", 1e300, "1e+300"),
        ("0000000000000000", 4532015112830366.0, "4532015112830370"),
        ("0%", 0.12, "12%"),
        ("0 %", 0.125, "13%"),
        ("0.0%", 0.125, "12.5%"),
        ("0.##%", 0.5, "50%"),
        ("0.0#%", 0.5, "50.0%"),
        ("#,##0.00%", 12.0, "1200.00%"),
        ("0%", -0.07, "-7%"),
        ("0%", "text", "text"),
        ("0%;[Red]-0%", 0.29, "29%"),
        ("0." + "#" * 30 + "%", 0.125, "12.5%"),
        ("0." + "0" * 40 + "%", 1e20, "1" + "0" * 22 + "." + "0" * 30 + "%"),
    ],
)
def test_zeros_and_percentages_are_shown_as_the_number_format_says(
    code: str, value: object, text: str
) -> None:
    shape = shape_of(code)
    assert shape is not None
    assert not isinstance(shape, Moment)
    assert shape.text(value) == text


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "",
        "0",
        "0.00",
        "#,##0",
        "#,##0.00",
        "0,000",
        "0.00E+00",
        "# ?/?",
        "@",
        "##\\ ##",
        '#,##0.00\\ "€"',
        "[$€-40C] 000",
        "_-* #,##0.00_-;-* #,##0.00_-",
        "00.00.00",
        "000.0x",
        '000.0" m"0',
        "[<5]000;[>=5]0.0E+0",
        "\\d0",
        '"month"',
        "*d0",
        "_d0",
        '"open',
        "General;00",
    ],
)
def test_of_other_numbers_the_plain_digits_count(code: str) -> None:
    assert shape_of(code) is None


@pytest.mark.parametrize(
    ("code", "moment"),
    [
        ("yyyy-mm-dd", Moment.DATE),
        ("D/M/YY", Moment.DATE),
        ("[$-409]h:mm AM/PM;@", Moment.DATE),
        ("[h]:mm:ss", Moment.DURATION),
        ("[Red][mm]", Moment.DURATION),
        ("[hm]d", Moment.DATE),
        ("0;yyyy", None),
    ],
)
def test_formats_of_dates_and_durations_are_told(code: str, moment: Moment | None) -> None:
    assert shape_of(code) is moment


def test_formats_known_by_number_are_told() -> None:
    assert shape_by_number(14) is shape_by_number(22) is shape_by_number(45) is Moment.DATE
    assert shape_by_number(46) is Moment.DURATION
    assert shape_by_number(0) is shape_by_number(2) is shape_by_number(999) is None
    assert shape_by_number(10) == shape_of("0.00%")
