from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

if TYPE_CHECKING:
    from tests.offices import Office

ROWS = [["Prénom", "n"], ["Hélène", "1.5"], ['two,\n"lines"', "-3"]]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    made = openpyxl.Workbook()
    first = made.active
    assert first is not None
    first.title = "Bons"
    for row in ["Prénom", "n"], ["Hélène", 1.5], ['two,\n"lines"', -3]:
        first.append(row)
    second = made.create_sheet("À corriger")
    second.append(["=1+1"])
    path = tmp_path / "contacts - é.xlsx"
    made.save(path)
    return path


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_workbook_becomes_a_table_of_its_first_sheet_or_the_one_asked_for(
    converted: Office, book: Path
) -> None:
    assert rows_of(converted(book)) == ROWS
    assert rows_of(converted(book, sheet=2)) == [["2"]]


def test_every_sheet_is_given_by_its_name(converted: Office, book: Path) -> None:
    sheets = converted.sheets(book)
    assert {name: rows_of(path) for name, path in sheets.items()} == {
        "Bons": ROWS,
        "À corriger": [["2"]],
    }


def test_a_formula_is_told_from_a_text_in_a_flat_document(
    converted: Office, tmp_path: Path
) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("a;b\né;'=1+1\n=1+1;3\n", encoding="utf-8")
    document = converted(path, to="fods", separator=";").read_text(encoding="utf-8")
    assert "<text:p>é</text:p>" in document
    assert document.count("table:formula") == 1


def test_a_file_that_cannot_be_opened_is_told(converted: Office, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"no office opens missing\.xlsx"):
        converted(tmp_path / "missing.xlsx")
