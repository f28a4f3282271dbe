"""From the last imported files to the guards of the next."""

from __future__ import annotations

from typing import Any

import pytest

from importer.job_settings import GuardsSection
from importer.jobs.guarding import facts_of_imported, guards_from
from importer.run_folder import ColumnFacts, Guards
from importer.tables import LeftOut, Part
from tests.reports.made_up import csv_file, rows, summary

EMAIL = ColumnFacts(filled=100, rows=120, looks_like="email", looks={"email": 0.9, "text": 0.1})


def facts(rows: int, **others: Any) -> dict[str, Any]:
    return {"rows": rows, "columns": {}, "ends_in_line_break": True} | others


def section(**members: Any) -> GuardsSection:
    return GuardsSection(**members)


# --- how few rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "written", "fewest"),
    [
        ((100, 90, 110), "50%", 50),
        ((100, 90, 110, 1_000, 1, 1, 1), "50%", 50),  # only the last five count
        ((3, 4, 5), "50%", 2),
        ((100, 90), "50%", 0),  # too few files to know what is usual
        ((), "50%", 0),
        ((), "200", 200),
        ((100, 90, 110), "200", 200),
        ((100, 90, 110), False, 0),
        ((100, 100, 100), "7 %", 7),  # and not 8, as floats would have it
        ((3, 3, 3), "33,5%", 2),
    ],
)
def test_the_fewest_rows_are_a_number_or_a_share_of_what_is_usual(
    sizes: tuple[int, ...], written: Any, fewest: int
) -> None:
    found = guards_from(section(fewest_rows=written), [facts(size) for size in sizes])
    assert found.fewest_rows == fewest


def test_what_is_usual_is_told_beside_it() -> None:
    found = guards_from(section(), [facts(size) for size in (90, 100, 4_000)])
    assert (found.usual_rows, found.fewest_rows) == (100, 60)
    assert guards_from(section(), []).usual_rows == 0


def test_a_share_is_one_of_contacts_too_and_a_number_only_one_of_rows() -> None:
    last = [facts(size, contacts=size // 2) for size in (90, 100, 110)]
    found = guards_from(section(), last)
    assert (found.usual_contacts, found.fewest_contacts) == (50, 30)
    assert guards_from(section(fewest_rows="80"), last).fewest_contacts == 0
    assert guards_from(section(fewest_rows=False), last).fewest_contacts == 0
    assert guards_from(section(), [facts(100)] * 3).fewest_contacts == 60


# --- the others -----------------------------------------------------------------------------------


def test_a_job_that_imported_nothing_yet_has_nothing_to_compare_with() -> None:
    assert guards_from(section(), []) == Guards(fill_change=0.5, types=True, cut_off=True)


def test_files_of_which_nothing_is_known_are_passed_over() -> None:
    known = facts(10, columns={"Email": EMAIL.model_dump()})
    found = guards_from(section(), [{}, known, {}])
    assert (found.usual_rows, found.columns) == (10, {"Email": EMAIL})


def test_columns_are_those_of_the_newest_file() -> None:
    older = EMAIL.model_copy(update={"filled": 1})
    last = [facts(1, columns={"Email": one.model_dump()}) for one in (EMAIL, older)]
    assert guards_from(section(), last).columns == {"Email": EMAIL}


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([True, True], True),
        ([False, False], False),
        ([True, False], None),
        ([True, None], None),
        ([None], None),
    ],
)
def test_how_files_end_counts_only_where_all_of_the_last_ones_are_alike(
    ends: list[bool | None], expected: bool | None
) -> None:
    last = [facts(1, ends_in_line_break=end) for end in ends]
    assert guards_from(section(), last).ends_in_line_break is expected


def test_each_guard_can_be_turned_off() -> None:
    off = section(fewest_rows=False, fill=False, types=False, cut_off=False)
    found = guards_from(off, [facts(100)] * 3)
    assert (found.fewest_rows, found.fill_change, found.types, found.cut_off) == (
        0, None, False, False,
    )  # fmt: skip


# --- what is kept of an imported file -------------------------------------------------------------


def test_facts_are_the_rows_less_blank_ones_the_columns_and_how_the_file_ends() -> None:
    one = csv_file(
        columns={"Email": EMAIL},
        ends_in_line_break=True,
        left_out=(
            LeftOut(Part.BLANK_ROWS, 3, 9, 2),
            LeftOut(Part.FOOTER, 121, 121, 1),
        ),
    )
    found = facts_of_imported(summary(files=(one,), rows=rows(created=117, skipped=3)))
    assert found == {
        "rows": 118,
        "contacts": 118,
        "columns": {"Email": EMAIL.model_dump()},
        "ends_in_line_break": True,
    }


def test_columns_of_several_tables_are_put_together() -> None:
    text = ColumnFacts(filled=100, rows=100, looks_like="text", looks={"text": 1.0})
    empty = ColumnFacts(filled=0, rows=50, looks_like="empty")
    files = (
        csv_file(columns={"A": EMAIL, "B": EMAIL, "C": empty}, ends_in_line_break=True),
        csv_file(columns={"A": text, "B": empty, "C": empty}, ends_in_line_break=False),
        csv_file(format="xlsx"),
    )
    found = facts_of_imported(summary(files=files))
    assert found["ends_in_line_break"] is False
    columns = found["columns"]
    assert (columns["A"]["filled"], columns["A"]["rows"]) == (200, 220)
    assert columns["A"]["looks_like"] == "text"
    assert columns["A"]["looks"] == {"email": 0.45, "text": 0.55}
    assert (columns["B"]["looks_like"], columns["B"]["looks"]) == ("email", EMAIL.looks)
    assert (columns["C"]["looks_like"], columns["C"]["looks"]) == ("empty", {})


def test_of_a_workbook_nobody_asks_for_a_line_break() -> None:
    assert facts_of_imported(summary())["ends_in_line_break"] is None


def test_what_is_kept_of_a_file_makes_guards_again() -> None:
    kept = facts_of_imported(summary(files=(csv_file(columns={"Email": EMAIL}),)))
    found = guards_from(section(), [kept])
    assert found == Guards.model_validate_json(found.model_dump_json())
    assert found.columns == {"Email": EMAIL}
