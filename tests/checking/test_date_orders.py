"""What only a whole column of dates tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.checking import Checker
from importer.checking.date_orders import DateOrders
from importer.date_formats import parse_date_format
from importer.field_rules import RealDates, Take, ValueType

from .columns import KEY, chunk_of, rule_of

Texts = Sequence[str | None]


def obstacle(
    *chunks: Texts,
    typed: bool = False,
    passed_over: Sequence[int] = (),
    type_: ValueType = ValueType.DATE,
    **members: Any,
) -> str:
    """Say what a column has wrong; its first text, at position 0, stands in row 2."""
    orders = DateOrders(rule_of(type_, column="Naissance", **members))
    first = 2
    for texts in chunks:
        rows = np.arange(first, first + len(texts), dtype=np.int64)
        left_out = np.isin(rows - 2, passed_over)
        orders.add(pa.array(texts, pa.large_string()), rows, left_out, typed)
        first += len(texts)
    return orders.obstacle()


# --- columns without a format ---------------------------------------------------------------


def test_an_ambiguous_column_is_refused_with_both_readings() -> None:
    texts = ["01/01/2026", None, "03/04/2026", "05/06/2026"]
    assert obstacle(texts) == (
        'In column "Naissance", "03/04/2026" (row 4) is 3 April 2026 or 4 March 2026: '
        "write format: DD/MM/YYYY or format: MM/DD/YYYY in the mapping."
    )


def test_a_column_of_days_that_read_alike_is_refused_all_the_same() -> None:
    assert obstacle(["01/01/2026", "02-02-2026"]) == (
        'In column "Naissance", nothing tells the order of the dates, such as "01/01/2026" '
        "(row 2): write format: [DD/MM/YYYY, DD-MM-YYYY] or format: [MM/DD/YYYY, MM-DD-YYYY] "
        "in the mapping."
    )


@pytest.mark.parametrize(
    ("texts", "first", "proof", "format_"),
    [
        (["03/04/2026", "25/12/2026"], "day", '"25/12/2026" (row 3)', "DD/MM/YYYY"),
        (["03/04/2026", "12/25/2026"], "month", '"12/25/2026" (row 3)', "MM/DD/YYYY"),
        (["25.12.2026"], "day", '"25.12.2026" (row 2)', "DD.MM.YYYY"),
        (["12-25-2026"], "month", '"12-25-2026" (row 2)', "MM-DD-YYYY"),
        (["25 12 2026"], "day", '"25 12 2026" (row 2)', "DD MM YYYY"),
        (["25/12/2026 9:30"], "day", '"25/12/2026 9:30" (row 2)', "DD/MM/YYYY HH:mm"),
        (["25 12 2026 9:30:00"], "day", '"25 12 2026 9:30:00" (row 2)', "DD MM YYYY HH:mm:ss"),
        (["12/25/2026 9:30 PM"], "month", '"12/25/2026 9:30 PM" (row 2)', "MM/DD/YYYY hh:mm A"),
        (["25/12/2026", "1/2/2026", "1.2.2026"], "day", '"25/12/2026" (row 2)',
         "[DD/MM/YYYY, DD.MM.YYYY]"),
    ],
)  # fmt: skip
def test_a_column_that_shows_its_order_is_refused_with_the_format_to_write(
    texts: list[str | None], first: str, proof: str, format_: str
) -> None:
    assert obstacle(texts) == (
        f'In column "Naissance", the {first} comes first in the dates, as {proof} shows: '
        f"write format: {format_} in the mapping."
    )


def test_the_proof_may_stand_in_any_chunk() -> None:
    said = obstacle(["03/04/2026"] * 3, ["05/06/2026", "25/12/2026"])
    assert '"25/12/2026" (row 6) shows' in said


def test_dates_of_both_orders_are_refused_with_one_of_each() -> None:
    texts = ["03/04/2026", "25/12/2026", "04/05/2026", "12/26/2026"]
    assert obstacle(texts) == obstacle(texts[:2], texts[2:])
    assert obstacle(texts) == (
        'In column "Naissance", the dates are of both orders, such as "25/12/2026" (row 3) and '
        '"12/26/2026" (row 5): give each order a column of its own, or mend the rows of one of '
        "them."
    )


def test_a_short_year_needs_a_pivot() -> None:
    said = obstacle(["25/12/76", "03/04/99"])
    assert said.endswith(
        "write format: DD/MM/YY in the mapping. Years of two digits also need the last one of the "
        "2000s, such as pivot: 30."
    )
    assert obstacle(["25/12/76"], pivot=30).endswith("write format: DD/MM/YY in the mapping.")


def test_a_short_year_may_also_come_first() -> None:
    assert "\"03/04/05\" (row 2) is 3 April '05 or 4 March '05 or 5 April '03: " in obstacle(
        ["03/04/05"]
    )
    assert "write format: DD-MM-YY or format: YY-MM-DD in" in obstacle(["26-03-04", "25-12-31"])
    assert 'the year comes first in the dates, as "76-03-04" (row 2) shows' in obstacle(
        ["76-03-04"]
    )


def test_a_year_first_among_dates_with_the_year_last_is_another_order() -> None:
    said = obstacle(["76-03-04", "03/04/2026"])
    assert 'such as "76-03-04" (row 2) and "03/04/2026" (row 3)' in said


@pytest.mark.parametrize(
    ("texts", "format_"),
    [
        (["3 avril 2026", "1er mai 2026"], "D MMMM YYYY"),
        (["April 3, 2026"], "MMMM D, YYYY"),
        (["3-Apr-26"], "D-MMM-YY"),
        (["3 avril 2026", "vendredi 3 avril 2026", "4 avril 2026"],
         "[D MMMM YYYY, dddd D MMMM YYYY]"),
        (["20260403"], "YYYYMMDD"),
        (["45954", "45955.5"], "excel"),
    ],
)  # fmt: skip
def test_dates_of_other_forms_are_refused_with_the_format_to_write(
    texts: list[str | None], format_: str
) -> None:
    said = obstacle(texts)
    assert f"write format: {format_} in the mapping." in said
    assert f'only a format tells how to read "{texts[0]}" (row 2): ' in said


def test_dates_below_half_of_a_column_are_left_to_their_rows() -> None:
    for text in ("03/04/2026", "25/12/2026", "3 avril 2026", "45954"):
        assert obstacle([text, "2026-04-03", "2026-04-03"]) == ""
        assert obstacle([text, "?", "?"]) == ""
        assert obstacle([text, "2026-04-03", None, None]) != ""
        assert obstacle([text], ["2026-04-03", "2026-04-04"]) == ""


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [None, None],
        ["2026-04-03", "2026/04/03", "2026.4.3", "2026-04-03 09:30"],
        ["hier", "demain"],
        ["00/00/0000", "45/12/2026", "13/13/2026", "1/2-2026", "31/12/026"],
        ["19999", "60000", "123", "51455501"],
    ],
)
def test_other_texts_stand_in_nobodys_way(texts: list[str | None]) -> None:
    assert obstacle(texts) == ""


def test_a_column_with_a_format_is_taken_at_its_word() -> None:
    assert obstacle(["03/04/2026", "12/25/2026"], format="DD/MM/YYYY") == ""


def test_rows_that_are_passed_over_do_not_count() -> None:
    texts = ["25/12/2026", "03/04/2026", "2026-04-03", "2026-04-03"]
    assert "25/12/2026" in obstacle(texts)
    assert obstacle(texts, passed_over=[0]) == ""
    assert obstacle(["25/12/2026"], passed_over=[0]) == ""


def test_texts_that_stand_for_others_do_not_count() -> None:
    assert obstacle(["01/01/1900", "2026-04-03"], values=(("01/01/1900", ""),)) == ""
    assert obstacle(["01/01/1900", "2026-04-03"], clear_token="01/01/1900") == ""


def test_texts_count_as_the_mapping_turns_them() -> None:
    texts = ["2026-04-03 (03/04/2026)", "2026-12-25 (25/12/2026)"]
    assert obstacle(texts, take=Take.FIRST_WORD) == ""
    said = obstacle(texts, take=Take.LAST_WORD, replace=(("(", ""), (")", "")))
    assert '"25/12/2026" (row 3) shows' in said


def test_a_date_time_without_times_becomes_a_date() -> None:
    said = obstacle(["25/12/2026"], type_=ValueType.DATETIME)
    assert said.endswith("Without a time of day they also need type: date.")
    assert "type: date" not in obstacle(["25/12/2026 09:30"], type_=ValueType.DATETIME)


@given(
    days=st.lists(st.dates(min_value=date(1950, 1, 1)), min_size=1, max_size=6),
    sign=st.sampled_from("/-. "),
    month_first=st.booleans(),
)
@settings(deadline=None, max_examples=100)
def test_the_formats_that_are_named_read_the_whole_column(
    days: list[date], sign: str, month_first: bool
) -> None:
    parts = "%m{0}%d{0}" if month_first else "%d{0}%m{0}"
    texts = [day.strftime(parts.format(sign)) + f"{day.year:04}" for day in days]
    orders = DateOrders(rule_of(ValueType.DATE))
    rows = np.arange(len(texts), dtype=np.int64)
    orders.add(pa.array(texts, pa.large_string()), rows, np.zeros(len(texts), dtype=bool), False)
    said = orders.obstacle()
    format_ = ("MM{0}DD{0}YYYY" if month_first else "DD{0}MM{0}YYYY").format(sign)
    assert parse_date_format(format_).pattern
    assert f"format: {format_}" in said


# --- a workbook's real dates ----------------------------------------------------------------

REAL = ["2026-04-03", "2026-05-05"]
LEFT = ["25/04/2026", "31/12/2026"]


def test_real_dates_that_a_program_likely_turned_are_shown_with_both_remedies() -> None:
    said = obstacle([*LEFT, None, *REAL], typed=True, format="DD/MM/YYYY")
    assert said == (
        'In column "Naissance", row 5 holds the real date 2026-04-03, and row 2 holds '
        '"25/04/2026" as text: a spreadsheet program that expects the month first has likely taken '
        "day for month, so that row 5 would be 4 March 2026. Write real_dates: swap in the "
        "mapping, or real_dates: keep if its real dates are right."
    )


def test_the_same_is_found_chunk_by_chunk() -> None:
    assert "row 4 holds the real date 2026-04-03" in obstacle(
        LEFT, REAL, typed=True, format="DD/MM/YYYY"
    )


def test_months_first_are_turned_by_a_program_that_expects_the_day_first() -> None:
    texts = ["2026-04-03 00:00:00", "04/25/2026"]
    said = obstacle(texts, typed=True, formats=("MM/DD/YYYY", "YYYY-MM-DD"))
    assert "row 2 holds the real date 2026-04-03, and row 3" in said
    assert "a spreadsheet program that expects the day first" in said
    assert "would be 4 March 2026." in said


def test_without_a_format_the_swap_is_shown_with_the_format() -> None:
    for texts in ([*REAL, *LEFT], [*REAL * 9, *LEFT]):
        said = obstacle(texts, typed=True)
        assert "holds the real date 2026-04-03" in said
        assert "Write format: DD/MM/YYYY with real_dates: swap in the mapping, or" in said
    assert "format: MM/DD/YYYY with" in obstacle([*REAL, "04/25/2026"], typed=True)


@pytest.mark.parametrize("real_dates", list(RealDates))
def test_a_mapping_that_settles_it_is_taken_at_its_word(real_dates: RealDates) -> None:
    texts = [*REAL, *LEFT]
    assert obstacle(texts, typed=True, format="DD/MM/YYYY", real_dates=real_dates) == ""
    said = obstacle(texts, typed=True, real_dates=real_dates)
    assert "the day comes first in the dates" in said


@pytest.mark.parametrize(
    "texts",
    [
        [*REAL, "2026-04-25", *LEFT],
        [*REAL, *LEFT, "03/04/2026"],
        REAL,
        LEFT,
        ["2026-05-05", *LEFT],
        [*REAL, "25-04-2026", "hier"],
        [*REAL, "25/04/2026 09:30"],
        ["2026/04/03", *LEFT],
    ],
)
def test_columns_that_speak_against_a_swap_are_left_alone(texts: list[str | None]) -> None:
    assert obstacle(texts, typed=True, format="DD/MM/YYYY") == ""
    assert obstacle(texts[:2], texts[2:], typed=True, format="DD/MM/YYYY") == ""


@pytest.mark.parametrize(
    "formats",
    [("DD/MM/YYYY", "MM-DD-YYYY"), ("YYYY/MM/DD",), ("D MMMM YYYY",), ("excel",), ("MM/DD/YYYY",)],
)
def test_formats_that_tell_no_order_or_another_show_no_swap(formats: tuple[str, ...]) -> None:
    assert obstacle([*REAL, *LEFT], typed=True, formats=formats) == ""


def test_only_a_workbook_has_real_dates() -> None:
    assert obstacle([*REAL, *LEFT], format="DD/MM/YYYY") == ""


def test_without_a_format_texts_of_both_orders_show_no_swap() -> None:
    said = obstacle([*REAL, "25/04/2026"], ["04/25/2026"], typed=True)
    assert "of both orders" in said


@given(days=st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=2, max_size=8, unique=True))
@settings(deadline=None, max_examples=100)
def test_what_a_program_of_the_other_country_leaves_is_found(days: list[date]) -> None:
    turned = [
        f"{day.year:04}-{day.day:02}-{day.month:02}"
        if day.day <= 12
        else f"{day.day:02}/{day.month:02}/{day.year:04}"
        for day in days
    ]
    telling = any(day.day <= 12 and day.day != day.month for day in days)
    found = obstacle(turned, typed=True, format="DD/MM/YYYY")
    assert bool(found) == (telling and any(day.day > 12 for day in days))


# --- in the check of a table ----------------------------------------------------------------


def test_a_table_s_check_gives_the_obstacle_with_its_column() -> None:
    rule = rule_of(ValueType.DATE, "f_Birth", format="DD/MM/YYYY")
    columns = {
        "key_f_EMail": ["a@b.example", "c@d.example"],
        "f_Birth": ["2026-04-03", "25/04/2026"],
    }
    checker = Checker((KEY, rule), largest_row=10_000)
    chunk = chunk_of(columns, typed_dates=True)
    checker.check(chunk)
    ((column, sentence),) = checker.obstacles()
    assert column == "Column"
    assert "row 2 holds the real date 2026-04-03" in sentence


def test_a_file_of_ours_holds_mended_dates_beside_the_others() -> None:
    columns = {
        "key_f_EMail": ["a@b.example", "c@d.example"],
        "f_Birth": ["2026-04-03", "25/04/2026"],
    }
    chunk = replace(chunk_of(columns, typed_dates=True), ours=True)
    for formats in ((), ("DD/MM/YYYY",)):
        checker = Checker(
            (KEY, rule_of(ValueType.DATE, "f_Birth", formats=formats)), largest_row=10_000
        )
        checker.check(chunk)
        assert checker.obstacles() == ()


# --- any text -------------------------------------------------------------------------------

near = st.from_regex(
    r"([0-9]{1,8}|[a-zûé]{3,9}\.?)[-/., ]?([0-9]{1,3}|avr|Août)[-/., ]?[0-9]{0,5}( [0-9:]{0,8})?",
    fullmatch=True,
)


@given(texts=st.lists(st.none() | near | st.text(), max_size=8), typed=st.booleans())
@settings(deadline=None, max_examples=100)
def test_no_text_whatsoever_makes_a_column_raise(texts: list[str | None], typed: bool) -> None:
    for formats in ((), ("DD/MM/YYYY", "D MMM YYYY"), ("MM/DD/YY",)):
        said = obstacle(texts, texts, typed=typed, formats=formats, pivot=30)
        assert not said or said.endswith(".")


def test_every_day_of_a_year_is_found_ambiguous_or_told() -> None:
    for number in range(366):
        day = date(2028, 1, 1) + timedelta(number)
        said = obstacle([f"{day.day}/{day.month}/{day.year}"])
        assert ("comes first" in said) == (day.day > 12)
