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
    formats_problem,
    month_number,
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
        ("dd/mm/yyyy", '"dd" in the format "dd/mm/yyyy" is not understood'),
        ("JJ/MM/AAAA", '"JJ" in the format "JJ/MM/AAAA" is not understood'),
        ("%d/%m/%Y", "is not understood"),
        ("DD MM MMM YYYY", "has the month twice"),
        ("DD/MM/YY YYYY", "has the year twice"),
        ("HH:MM DD/MM/YYYY", "has the month twice"),
        (
            "DD/MM/YYYY hh:mm",
            '"hh" in the format "DD/MM/YYYY hh:mm" counts hours to 12 and needs A for AM and PM '
            "beside it; HH counts them to 24: write DD/MM/YYYY HH:mm",
        ),
        ("DD/MM/YYYY h:mm", "H counts them to 24: write DD/MM/YYYY H:mm"),
        (
            "DD/MM/YYYY HH:mm A",
            "has A for AM and PM, and no hours that count to 12: write DD/MM/YYYY hh:mm A",
        ),
        ("DD/MM/YYYY HHh", "has hours and no minutes"),
        ("YYYY-DD-MM", "has the day before the month after the year: no such date"),
        ("HH:mm YYYY-DD-MM", "has the day before the month after the year: no such date"),
        ("excel DD", '"excel" in the format "excel DD" is not understood'),
        ("DDD/MM/YYYY", "has the day twice"),
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


@pytest.mark.parametrize(
    ("format_", "right"),
    [
        ("dd/mm/yyyy", "DD/MM/YYYY"),
        ("jj/mm/aaaa", "DD/MM/YYYY"),
        ("JJ/MM/AA", "DD/MM/YY"),
        ("d/m/Y", "D/M/YYYY"),
        ("mm/dd/yy", "MM/DD/YY"),
        ("mm/DD/YYYY", "MM/DD/YYYY"),
        ("jj mmmm aaaa", "DD MMMM YYYY"),
        ("jjjj j mmmm aaaa", "dddd D MMMM YYYY"),
        ("ddmmyyyy", "DDMMYYYY"),
        ("yyyy-MM-dd HH:mm:ss", "YYYY-MM-DD HH:mm:ss"),
        ("yyyy-mm-ddThh:mm:ss", "YYYY-MM-DDTHH:mm:ss"),
        ("DD/MM/YYYY HH:MM", "DD/MM/YYYY HH:mm"),
        ("dd/mm/yyyy hh:mm am/pm", "DD/MM/YYYY hh:mm A"),
        ("dd/MM/yyyy h:mm tt", "DD/MM/YYYY h:mm A"),
        ("dd/MM/yyyy h:mm a", "DD/MM/YYYY h:mm A"),
        ("%d/%m/%Y", "DD/MM/YYYY"),
        ("%-d/%-m/%y", "D/M/YY"),
        ("%d %B %Y %H:%M:%S", "DD MMMM YYYY HH:mm:ss"),
        ("%A %d %b %Y, %I:%M %p", "dddd DD MMM YYYY, hh:mm A"),
        ("%F %T", "YYYY-MM-DD HH:mm:ss"),
    ],
)
def test_what_other_programs_write_is_refused_with_the_right_spelling(
    format_: str, right: str
) -> None:
    problem = date_format_problem(format_, timed=False)
    assert format_ in problem
    assert problem.endswith(f": write {right}")
    assert date_format_problem(right, timed=False) == ""


@pytest.mark.parametrize("format_", ["%j/%Y", "%Q", "day/month/year", "dmy", "dd/mm", "Q3 YYYY"])
def test_what_no_spelling_mends_gets_no_advice_that_is_wrong(format_: str) -> None:
    problem = date_format_problem(format_, timed=False)
    assert problem
    advised = problem.rpartition(": write ")[2].split(",")[0]
    assert advised in {problem, "YYYY"} or date_format_problem(advised, timed=False)


@pytest.mark.parametrize(
    ("format_", "text", "expected"),
    [
        ("D MMMM YYYY", "3 avril 2026", "3 avril 2026"),
        ("D MMMM YYYY", "1er août 2026", "1 août 2026"),
        ("D MMM YYYY", "03 AOUT 2026", "03 AOUT 2026"),
        ("D MMM YYYY", "3 janv. 2026", "3 janv 2026"),
        ("D MMM. YYYY", "3 mai 2026", "3 mai 2026"),
        ("D MMM. YYYY", "3 déc. 2026", "3 déc 2026"),
        ("D MMMM YYYY", "3\u00a0de\u0301cembre\u202f2026", "3 de\u0301cembre 2026"),
        ("D MMMM YYYY", "3  Fevrier 2026", "3 Fevrier 2026"),
        ("MMMM D, YYYY", "April 3rd, 2026", "April 3 2026"),
        ("MMM D, YYYY", "Sept. 22nd, 2026", "Sept 22 2026"),
        ("DDMMMYYYY", "03APR2026", "03 APR 2026"),
        ("D-MMM-YY", "3-Aug-26", "3 Aug 26"),
        ("dddd D MMMM YYYY", "Vendredi 3 avril 2026", "3 avril 2026"),
        ("ddd, MMM D, YYYY", "Fri., Apr 3, 2026", "Apr 3 2026"),
        ("YYYY D MMMM", "2026 3 avril", "2026 3 avril"),
        ("DD/MM/YY", "03/04/26", "03 04 26"),
        ("DD/MM/YYYY h:mm A", "03/04/2026 9:30 p.m.", "03 04 2026 9 30 p.m."),
        ("DD/MM/YYYY hh:mm:ss A", "03/04/2026 09:30:15AM", "03 04 2026 09 30 15 AM"),
        ("DD/MM/YYYY hh:mm A", "03/04/2026 09:30 a. m.", "03 04 2026 09 30 a. m."),
        ("YYYY-MM-DD HHhmm", "2026-04-03 14h30", "2026 04 03 14 30"),
        ("YYYY-MM-DD HH h mm", "2026-04-03 14 h 30", "2026 04 03 14 30"),
        ("excel", "45954", "45954"),
        ("Excel", "45954.5", "45954 5"),
        ("excel-1904", "44492,25", "44492 25"),
    ],
)
def test_a_format_reads_names_short_years_halves_and_serials(
    format_: str, text: str, expected: str
) -> None:
    found = parts(format_, text)
    assert found is not None
    assert " ".join(value for value in found.values() if value) == expected


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("D MMMM YYYY", "3 brumaire 2026"),
        ("D MMMM YYYY", "3 avrilo 2026"),
        ("D MMMM YYYY", "3 04 2026"),
        ("D MMMM YYYY", "3ter avril 2026"),
        ("D MMMM YYYY", "3avril 2026"),
        ("DD/MM/YY", "03/04/2026"),
        ("DD/MM/YYYY", "1er/04/2026"),
        ("DD/MM/YYYY h:mm A", "03/04/2026 9:30"),
        ("DD/MM/YYYY h:mm A", "03/04/2026 9:30 xm"),
        ("dddd D MMMM YYYY", "octidi 3 avril 2026"),
        ("excel", "2026-04-03"),
        ("excel", "-5"),
        ("excel", "45954."),
        ("excel", "12345678"),
    ],
)
def test_names_and_serials_are_not_guessed_at(format_: str, text: str) -> None:
    assert parts(format_, text) is None


def test_a_format_says_what_it_cannot_tell_alone() -> None:
    assert parse_date_format("DD/MM/YY").short_year
    assert not parse_date_format("DD/MM/YYYY").short_year
    assert not parse_date_format("excel").short_year
    assert parse_date_format("excel").serial
    assert parse_date_format("excel").timed
    assert parse_date_format("D MMM YY HH:mm").date_order == ("day", "month_name", "short_year")


@pytest.mark.parametrize(
    ("name", "number"),
    [("janv", 1), ("FÉVR", 2), ("fe\u0301v", 2), ("Feb", 2), ("mars", 3), ("mai", 5), ("AOUT", 8),
     ("aou\u0302t", 8), ("Sept", 9), ("décembre", 12), ("", None), ("lundi", None), ("ju", None)],
)  # fmt: skip
def test_a_month_is_known_by_its_names_in_two_languages(name: str, number: int | None) -> None:
    assert month_number(name) == number


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("DD/MM/YYYY",),
        ("DD/MM/YYYY", "YYYY-MM-DD"),
        ("DD/MM/YYYY", "DD-MM-YYYY", "DD/MM/YY"),
        ("DD/MM/YYYY", "D/M/YYYY"),
        ("D MMM YYYY", "D MMMM YYYY", "MMMM D, YYYY", "dddd D MMMM YYYY"),
        ("DD/MM/YYYY", "excel"),
        ("YYYYMMDD", "excel"),
        ("DD/MM/YYYY HH:mm", "DD/MM/YYYY"),
        ("DD/MM/YYYY HH:mm", "DD/MM/YYYY hh:mm A"),
    ],
)
def test_formats_that_read_no_text_in_two_ways_may_stand_together(texts: tuple[str, ...]) -> None:
    assert formats_problem(texts, timed=False) == ""


@pytest.mark.parametrize(
    ("one", "other", "example"),
    [
        ("DD/MM/YYYY", "MM/DD/YYYY", "05/04/2003"),
        ("D/M/YYYY", "MM/DD/YYYY", "05/04/2003"),
        ("DD/MM/YY", "YY/MM/DD", "05/04/03"),
        ("YYYYMMDD", "DDMMYYYY", "20030405"),
        ("DDMMYY", "excel", "050403"),
        ("excel", "excel-1904", "37716"),
        ("DD/MM/YYYY HH:mm", "MM/DD/YYYY HH:mm", "05/04/2003 06:07"),
    ],
)
def test_formats_that_read_one_text_in_two_ways_are_refused(
    one: str, other: str, example: str
) -> None:
    for texts in ((one, other), ("YYYY-MM-DD", other, one)):
        problem = formats_problem(texts, timed=False)
        assert "in two ways: keep one of them, or give each a column of its own" in problem
        assert f'"{one}"' in problem
        assert f'"{other}"' in problem
    assert f'read "{example}" in two ways' in formats_problem((one, other), timed=False)


def test_each_of_several_formats_must_serve_alone() -> None:
    problem = formats_problem(["DD/MM/YYYY", "dd-mm-yyyy", "MM/YYYY"], timed=False)
    assert "write DD-MM-YYYY; " in problem
    assert problem.endswith('the format "MM/YYYY" lacks the day')
    assert "no time of day" in formats_problem(["YYYY-MM-DD HH:mm", "DD/MM/YYYY"], timed=True)


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


@given(st.text(alphabet="YMDHhAdms/-: T.xé\\(", max_size=24) | st.text(max_size=24))
def test_any_text_is_a_format_or_a_sentence(text: str) -> None:
    problem = date_format_problem(text, timed=False)
    if problem:
        assert text in problem
    else:
        form = parse_date_format(text)
        assert set(form.parts) <= set(re.compile(form.pattern).groupindex)
        assert len(form.date_order) == 3 or form.serial


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_compact_date_is_read_as_it_was_written(day: date) -> None:
    text = f"{day:%Y%m%d}"
    assert parts("YYYYMMDD", text) == {"year": text[:4], "month": text[4:6], "day": text[6:]}
