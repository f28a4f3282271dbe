"""Date formats as operators write them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.date_formats import (
    ISO_DATE,
    ISO_TIME,
    YEAR_FIRST,
    YEAR_FIRST_TIME,
    date_format_problem,
    parse_date_format,
)


def parts(format_: str, text: str) -> dict[str, str] | None:
    """Read a text by a format: the parts it has, None where it does not fit."""
    match = re.search(parse_date_format(format_).pattern, text)
    return match.groupdict() if match else None


@pytest.mark.parametrize(
    ("format_", "text", "expected"),
    [
        ("DD/MM/YYYY", "24/10/2026", "2026 10 24"),
        ("DD/MM/YYYY", "4/1/2026", "2026 1 4"),
        ("D/M/YYYY", "24/10/2026", "2026 10 24"),
        ("MM-DD-YYYY", "10-24-2026", "2026 10 24"),
        ("YYYY.MM.DD", "2026.10.24", "2026 10 24"),
        ("YYYYMMDD", "20261024", "2026 10 24"),
        ("DD MM YYYY", "24 10 2026", "2026 10 24"),
        ("DD/MM/YYYY HH:mm", "24/10/2026 9:30", "2026 10 24 9 30"),
        ("DD/MM/YYYY H:mm", "24/10/2026 09:30", "2026 10 24 09 30"),
        ("YYYY-MM-DD HH:mm:ss", "2026-10-24 09:30:15", "2026 10 24 09 30 15"),
        ("YYYY-MM-DDTHH:mm:ss", "2026-10-24T09:30:15", "2026 10 24 09 30 15"),
        ("YYYYMMDDTHHmmss", "20261024T093015", "2026 10 24 09 30 15"),
        ("HH:mm DD/MM/YYYY", "09:30 24/10/2026", "2026 10 24 09 30"),
    ],
)
def test_a_format_reads_what_is_written_in_it(format_: str, text: str, expected: str) -> None:
    found = parts(format_, text)
    assert found is not None
    names = ("year", "month", "day", "hour", "minute", "second")
    assert " ".join(found[name] for name in names if name in found) == expected
    assert parse_date_format(format_).timed == ("hour" in found)


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("DD/MM/YYYY", "24-10-2026"),
        ("DD/MM/YYYY", "24/10/26"),
        ("DD/MM/YYYY", "024/10/2026"),
        ("DD/MM/YYYY", "24/10/20261"),
        ("DD/MM/YYYY", "24/10/2026 09:30"),
        ("DD/MM/YYYY", "x24/10/2026"),
        ("DD/MM/YYYY", "٢٤/١٠/٢٠٢٦"),
        ("DD.MM.YYYY", "24/10/2026"),
        ("DD/MM/YYYY HH:mm", "24/10/2026"),
        ("DD/MM/YYYY HH:mm", "24/10/2026 9:3"),
        ("YYYY-MM-DDTHH:mm", "2026-10-24 09:30"),
    ],
)
def test_a_format_reads_nothing_else(format_: str, text: str) -> None:
    assert parts(format_, text) is None


@pytest.mark.parametrize("text", ["2026111", "202611", "2026 1 1"])
def test_digits_that_run_together_are_not_guessed_at(text: str) -> None:
    assert parts("YYYYMMDD", text) is None


@pytest.mark.parametrize(
    ("format_", "said"),
    [
        ("DD/MM/YY", "has a year of two digits"),
        ("dd/mm/yyyy", '"dd" in the format "dd/mm/yyyy" is not understood'),
        ("JJ/MM/AAAA", '"JJ" in the format "JJ/MM/AAAA" is not understood'),
        ("%d/%m/%Y", "is not understood"),
        ("DD MMM YYYY", "has the month twice"),
        ("HH:MM DD/MM/YYYY", "has the month twice"),
        ("DD/MM/YYYY hh:mm", '"hh" in'),
        ("THURS DD/MM/YYYY", '"H" in the format "THURS DD/MM/YYYY" runs into its neighbour'),
        ("DDTMM/YYYY", "is not understood"),
        ("DD/MM/YYYY T", '"T" in'),
        ("", "lacks the year"),
        ("MM/YYYY", "lacks the day"),
        ("DD/YYYY", "lacks the month"),
        ("HH:mm", "lacks the year"),
        ("DD/MM/YYYY HH", "has hours and no minutes"),
        ("DD/MM/YYYY HH ss", "has hours and no minutes"),
        ("DD/MM/YYYY mm", "has minutes or seconds and no hours"),
        ("DD/MM/YYYY ss", "has minutes or seconds and no hours"),
        ("YYYYMD", '"M" in the format "YYYYMD" runs into its neighbour: write MM'),
        ("DMM/YYYY", '"D" in the format "DMM/YYYY" runs into its neighbour'),
    ],
)
def test_a_format_that_is_none_is_refused_with_a_sentence(format_: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as raised:
        parse_date_format(format_)
    assert date_format_problem(format_, timed=False) == str(raised.value)


def test_a_date_time_needs_a_time_and_a_date_may_have_one() -> None:
    assert "no time of day" in date_format_problem("DD/MM/YYYY", timed=True)
    assert date_format_problem("DD/MM/YYYY HH:mm", timed=True) == ""
    assert date_format_problem("DD/MM/YYYY HH:mm", timed=False) == ""
    assert date_format_problem("DD/MM/YYYY", timed=False) == ""


def test_signs_of_regular_expressions_are_plain_between_the_parts() -> None:
    assert parts("DD.MM.YYYY", "24x10x2026") is None
    assert parts("(DD)+MM*YYYY$", "(24)+10*2026$") is not None


@pytest.mark.parametrize(
    ("pattern", "good", "wrong"),
    [
        (f"{ISO_DATE}$", ["2026-10-24"], ["2026-1-4", "2026-10-24 09:30"]),
        (ISO_DATE + ISO_TIME, ["2026-10-24T09:30", "2026-10-24 09:30:15"], ["2026-10-24 9:30"]),
        (YEAR_FIRST, ["2026-10-24", "2026/1/4", "2026.10.4"], ["24-10-2026", "2026-10-24 09:30"]),
        (YEAR_FIRST_TIME, ["2026-1-4 9:30", "2026/10/24T09:30:15"], ["2026-10-24", "2026-10-24 9"]),
    ],
)
def test_the_forms_that_need_no_format(pattern: str, good: list[str], wrong: list[str]) -> None:
    assert all(re.search(pattern, text) for text in good)
    assert not any(re.search(pattern, text) for text in wrong)


@given(st.text(alphabet="YMDHms/-: T.xé\\(", max_size=24) | st.text(max_size=24))
def test_any_text_is_a_format_or_a_sentence(text: str) -> None:
    problem = date_format_problem(text, timed=False)
    if problem:
        assert text in problem
    else:
        assert {"year", "month", "day"} <= set(
            re.compile(parse_date_format(text).pattern).groupindex
        )


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_compact_date_is_read_as_it_was_written(day: date) -> None:
    text = f"{day:%Y%m%d}"
    assert parts("YYYYMMDD", text) == {"year": text[:4], "month": text[4:6], "day": text[6:]}
