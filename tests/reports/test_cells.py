from __future__ import annotations

import csv
import io
import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer import guards
from importer.guards import unguarded_column
from importer.reports.cells import guarded, guarded_row, written, written_column

STARTERS = "=+-@\t\r＝＋－＠"
cells = st.one_of(
    st.text(),
    st.text(alphabet="'=+-@\t\r＝＋－＠0123456789 .,;\"\n()%\xa0\x00ab", max_size=12),
    st.from_regex(r"[+-]?[0-9 .()\-]{0,12}", fullmatch=True),
)


def unguarded(cell: str) -> str:
    """Take the apostrophes off, as the contract says that a file of ours is read."""
    texts = unguarded_column(pa.array([cell], pa.large_string())).to_pylist()
    assert texts == [guards.unguarded(cell)]
    return str(texts[0])


@given(cell=cells)
@settings(max_examples=500)
def test_guarding_is_taken_back_by_reading_a_file_of_ours(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell


@given(cell=cells)
@settings(max_examples=500)
def test_no_cell_that_could_run_is_left_unguarded(cell: str) -> None:
    if guarded(cell)[:1] in tuple(STARTERS):
        assert re.fullmatch(r"[+-]?[0-9][0-9 \xa0\u202f]*([.,][0-9]+)?%?", cell) or is_phone(cell)


def is_phone(cell: str) -> bool:
    """Tell numbers as people write them from sums: two groups of digits with nothing that adds."""
    beginning = re.match(r"\+[0-9]{1,3}(?:[ \xa0]\(?|\()[0-9]", cell)
    dotted = re.fullmatch(r"\+[0-9]+\.[0-9]+(\.[0-9]+)+", cell)
    return bool((beginning and re.fullmatch(r"[+0-9 .()\xa0-]+", cell)) or dotted)


@given(cell=st.text())
def test_cells_that_begin_like_text_stay_as_they_are(cell: str) -> None:
    text = "a" + cell
    assert guarded(text)[:1] == "a"
    assert guarded("'" + text)[:2] == "'a"


@pytest.mark.parametrize("sign", STARTERS)
@pytest.mark.parametrize("rest", ["", "1+1", "cmd|' /C calc'!A0", "SUM(A1:A9)", "a"])
def test_formulas_get_one_apostrophe(sign: str, rest: str) -> None:
    if sign not in "+-" or not rest[:1].isdigit():
        assert guarded(sign + rest) == "'" + sign + rest
    assert guarded("'" + sign + rest) == "''" + sign + rest
    assert guarded("''" + sign + rest) == "'''" + sign + rest


@pytest.mark.parametrize(
    "cell",
    [
        "-5",
        "+5",
        "-12,50",
        "-1234.5",
        "-1 234,56",
        "-1\u202f234,56",
        "+3%",
        "+15145550123",
        "+33612345678",
        "+1 514-555-0123",
        "+1 514 555 0123",
        "+1 (514) 555-0123",
        "+1(514) 555-0123",
        "+33 6 12 34 56 78",
        "+33\xa06\xa012\xa034\xa056\xa078",
        "+33 (0)6 12 34 56 78",
        "+33.6.12.34.56.78",
        "514-555-0123",
        "'n Beetje",
        "O'Brien",
        "",
        "marie@example.com",
        "1-2",
    ],
)
def test_numbers_phones_and_plain_text_stay_readable(cell: str) -> None:
    assert guarded(cell) == cell


@pytest.mark.parametrize(
    "cell",
    [
        "+1-514-555-0123",
        "+1.5-3",
        "+1 -3",
        "+1 - 3",
        "+1+1",
        "-1-1",
        "-5*3",
        "+1 (-3)",
        "+A1",
        "-1e5",
        "+1 514 555 0123+1",
        "+1 514 555 0123\n",
        "-",
        "+",
        "=",
        "@marie",
        "@SUM(1)",
        "－5",
        "＋33612345678",
        "'-5",
        "'+15145550123",
        " =1+1",
        "\x00=1+1",
        "\xa0=1+1",
        "\ufeff+1+1",
        "\u2028@SUM(1)",
    ],
)
def test_what_a_spreadsheet_would_calculate_is_guarded(cell: str) -> None:
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x,=1+1", "x,'=1+1"),
        ("x\t=1+1", "x\t'=1+1"),
        ("x\n=1+1", "x\n'=1+1"),
        ("x\r\n=1+1", "x\r\n'=1+1"),
        ("\n=1+1", "\n'=1+1"),
        ("=1;=1", "'=1;'=1"),
        ("x; =1", "x;' =1"),
        ('x;"=1', "x;'\"=1"),
        ("x;'=1", "x;''=1"),
        ("x;＝1", "x;'＝1"),
        ("x;-1,5+cmd|' /C calc'!A0", "x;'-1,5+cmd|' /C calc'!A0"),
        ("- a\n- b", "'- a\n'- b"),
    ],
)
def test_what_runs_where_a_program_cuts_at_another_delimiter_is_guarded_too(
    cell: str, expected: str
) -> None:
    assert guarded(cell) == expected
    assert unguarded(expected) == cell


@pytest.mark.parametrize(
    "cell",
    ["1,-5", "514 555-0123; +1 514 555-0124", "a\n-5", "x;-5;-6", 'x,"-5"', " -5", "a-b;c+d"],
)
def test_numbers_and_phones_inside_a_text_stay_readable(cell: str) -> None:
    assert guarded(cell) == cell


def test_a_row_keeps_what_is_no_text() -> None:
    assert guarded_row(["=1", 2, "b", None, -3]) == ["'=1", 2, "b", None, -3]


# --- cells as they stand in a CSV file ------------------------------------------------------------

nasty = st.one_of(
    cells, st.text(alphabet="'\"=+-@\t\r\n,;|＝＋－＠é\U0001f600\x00\u2028 a1", max_size=9)
)
delimiters = st.sampled_from([",", ";", "\t"])


def by_csv_writer(rows: list[list[str]], delimiter: str) -> list[str]:
    """Write guarded rows with ``csv.writer``, each by itself and without its line end."""
    lines = []
    for row in rows:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
        writer.writerow([guarded(cell) for cell in row])
        lines.append(stream.getvalue()[:-2])
    return lines


@given(rows=st.lists(st.tuples(nasty, nasty), max_size=5), delimiter=delimiters)
def test_rows_are_written_as_csv_writer_does(rows: list[tuple[str, str]], delimiter: str) -> None:
    assert written(rows, delimiter) == by_csv_writer([list(row) for row in rows], delimiter)


@given(column=st.lists(nasty, max_size=8), delimiter=delimiters, skipped=st.integers(0, 3))
@settings(max_examples=500)
def test_a_column_is_written_as_csv_writer_writes_its_cells(
    column: list[str], delimiter: str, skipped: int
) -> None:
    texts = pa.array(column, pa.large_string()).slice(skipped)
    beside = by_csv_writer([[cell, "x"] for cell in column[skipped:]], delimiter)
    found = written_column(texts, delimiter)
    assert [cell + delimiter + "x" for cell in found.to_pylist()] == beside


@pytest.mark.parametrize("column", [[], [""], ["", "", ""]])
def test_a_column_without_any_text_stays_as_it_is(column: list[str]) -> None:
    assert written_column(pa.array(column, pa.large_string()), ",").to_pylist() == column


def test_a_column_of_plain_texts_is_not_copied() -> None:
    texts = pa.array(["marie@example.com", "O'Brien", "é", ""], pa.large_string())
    assert written_column(texts, ",") is texts
