"""What a table leaves open until the mapping settles it or a person has seen it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.mapping import bind, unsettled
from importer.tables import TableDescription
from tests.mapping.reading import EVERYONE, HEAD, RUN_DATE, mapping_of, table_of

ANSWERS = (
    f"{HEAD}  Infolettre: optin_News\n  Date: dtTrackingConsent\n  Ville: f_City\n"
    f"computed: {{hasTrackingConsent: '{{Suivi}}'}}\n{EVERYONE}"
)
TABLE = table_of(
    *("Courriel", "Infolettre", "Date", "Ville", "Suivi", "Notes"),
    file="contacts.xlsx", sheet="Contacts",
)  # fmt: skip


def sentences(table: TableDescription, source: str = "") -> tuple[str, ...]:
    return unsettled(bind(mapping_of(ANSWERS + source), table, run_date=RUN_DATE), table)


def test_nothing_is_open_in_an_ordinary_table() -> None:
    assert sentences(TABLE) == ()


def test_hidden_rows_are_counted_with_the_line_that_settles_them() -> None:
    assert sentences(replace(TABLE, hidden=12)) == (
        "contacts.xlsx, sheet Contacts: 12 rows are hidden in the sheet, and are imported like "
        "the others: `source: {hidden_rows: leave-out}` leaves them out, `include` says that "
        "this is meant.",
    )
    (one,) = sentences(replace(TABLE, hidden=12_000))
    assert ": 12,000 rows are hidden" in one
    (one,) = sentences(replace(TABLE, hidden=1))
    assert "1 row is hidden in the sheet, and is imported like any other: " in one
    assert "leaves it out" in one


@pytest.mark.parametrize("choice", ["include", "leave-out"])
def test_hidden_rows_are_settled_by_either_word(choice: str) -> None:
    assert sentences(replace(TABLE, hidden=12), f"source: {{hidden_rows: {choice}}}\n") == ()


def test_answers_that_formulas_compute_are_counted_with_the_line_that_settles_them() -> None:
    assert sentences(replace(TABLE, computed=(("Infolettre", 120),))) == (
        'contacts.xlsx, sheet Contacts: the answers of "Infolettre" are computed by formulas in '
        "120 cells: `source: {formulas: refuse}` refuses such rows, `accept` says that this is "
        "meant.",
    )
    (one,) = sentences(replace(TABLE, computed=(("Infolettre", 12_000),)))
    assert " in 12,000 cells: " in one


@pytest.mark.parametrize("column", ["Infolettre", "Date", "Suivi"])
def test_consents_their_dates_and_what_they_are_made_of_are_answers(column: str) -> None:
    (one,) = sentences(replace(TABLE, computed=((column, 1),)))
    assert f'"{column}" are computed by formulas in 1 cell:' in one


@pytest.mark.parametrize("column", ["Ville", "Notes"])
def test_formulas_elsewhere_leave_nothing_open(column: str) -> None:
    assert sentences(replace(TABLE, computed=((column, 120), ("Infolettre", 0)))) == ()


@pytest.mark.parametrize("choice", ["accept", "refuse"])
def test_formulas_are_settled_by_either_word(choice: str) -> None:
    table = replace(TABLE, computed=(("Infolettre", 120),))
    assert sentences(table, f"source: {{formulas: {choice}}}\n") == ()
    assert len(sentences(replace(table, hidden=2), f"source: {{formulas: {choice}}}\n")) == 1


def test_what_a_format_does_not_tell_is_open_until_the_mapping_settles_both() -> None:
    table = replace(TABLE, format="xls", unknown=("hidden rows", "formulas"))
    (one,) = sentences(table)
    assert "an .xls file does not tell which rows are hidden" in one
    assert sentences(table, "source: {hidden_rows: include}\n") == (one,)
    assert sentences(table, "source: {hidden_rows: include, formulas: accept}\n") == ()
